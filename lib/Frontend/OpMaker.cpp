//===- OpMaker.cpp - Builds an op from its schema -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Any op of the dialect is built the same way: its schema tells operands and attributes, its shape function the types
// of the results. What it says against them becomes a located diagnostic.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/ContractNames.h"
#include "lib/Frontend/ImportContext.h"
#include "lib/Frontend/OtherNames.h"
#include "lib/Support/Suggest.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <cstddef>

using namespace mlir;
using namespace symc;

void symc::reportUnknown(const Reporter &report, TextRange range, std::string_view code, std::string message,
                         const std::string &suggestion) {
  report.error(range, code, std::move(message), {"", suggestion, {}});
}

const OpSchema *OpMaker::find(std::string_view name, TextRange range, ArrayRef<std::string> alsoCallable) {
  if (const OpSchema *schema = findOpSchema(ref(name)))
    return schema;
  if (isFormatOp(name)) {
    context.report.error(range, code::OpNotYet, "this version of symc does not have the op " + quoted(name));
    return nullptr;
  }
  if (const OtherName *other = findOtherName(otherOps, name)) {
    context.report.error(range, code::UnknownOp, "unknown op " + quoted(name),
                         {std::string(other->hint), std::string(other->here), {}});
    return nullptr;
  }
  Suggestion nearest(name);
  for (const OpSchema &schema : opSchemas())
    nearest.consider(view(schema.mnemonic));
  for (const std::string &other : alsoCallable)
    nearest.consider(other);
  reportUnknown(context.report, range, code::UnknownOp, "unknown op " + quoted(name), nearest.best());
  return nullptr;
}

bool OpMaker::isLayer(const OpSchema &schema) {
  auto info = RegisteredOperationName::lookup(("sym." + schema.mnemonic).str(), context.context);
  return info && info->hasInterface<LayerOpInterface>();
}

//===----------------------------------------------------------------------===//
// Attributes and operands
//===----------------------------------------------------------------------===//

bool OpMaker::readAttributes(const OpSchema &schema, ArrayRef<Operand> operands,
                             ArrayRef<AttributeArgument> attributes, const OpPlace &place, NamedAttrList &out,
                             std::vector<std::string> &meant) {
  bool good = true;
  size_t positional = llvm::count_if(operands, [](const Operand &operand) { return operand.name.empty(); });
  auto isGiven = [&](StringRef name) {
    return llvm::any_of(attributes, [&](const AttributeArgument &other) { return ref(other.name) == name; }) ||
           llvm::any_of(operands, [&](const Operand &operand) { return ref(operand.name) == name; });
  };
  for (const AttributeArgument &argument : attributes) {
    const AttrSchema *found = nullptr;
    for (const AttrSchema &candidate : schema.attributes)
      if (candidate.name == ref(argument.name))
        found = &candidate;
    if (!found) {
      std::string hint;
      Suggestion nearest(argument.name);
      for (const AttrSchema &candidate : schema.attributes)
        if (!isGiven(candidate.name))
          nearest.consider(view(candidate.name));
      for (auto [i, operand] : llvm::enumerate(schema.operands)) {
        if (operand.name == ref(argument.name))
          hint = "it is an operand: it stands among the inputs";
        else if (place.inExpression && !operand.variadic && i >= positional && !isGiven(operand.name))
          nearest.consider(view(operand.name));
      }
      if (hint.empty() && nearest.best().empty()) {
        hint = schema.attributes.empty() ? "it has no attributes" : "it has ";
        for (const AttrSchema &candidate : schema.attributes)
          hint += (&candidate == schema.attributes.begin() ? "" : ", ") + quoted(candidate.name);
      }
      context.report.error(argument.nameRange, code::UnknownAttribute,
                           quoted(schema.mnemonic) + " has no attribute " + quoted(argument.name),
                           {hint, hint.empty() ? nearest.best() : "", {}});
      meant.push_back(nearest.best());
      good = false;
      continue;
    }
    if (argument.value.kind == Literal::Null && !found->required)
      continue; // null says what leaving it out says
    if (Attribute attribute = readAttribute(context, schema, *found, argument.value))
      out.append(found->name, attribute);
    else
      good = false;
  }
  for (const AttrSchema &attribute : schema.attributes)
    if (attribute.required && !llvm::is_contained(meant, attribute.name) &&
        llvm::none_of(attributes, [&](const AttributeArgument &argument) {
          return ref(argument.name) == attribute.name;
        })) {
      bool function = place.inExpression && attribute.kind == AttrKind::Function;
      context.report.error(place.op, code::MissingAttribute,
                           quoted(schema.mnemonic) + " lacks the attribute " + quoted(attribute.name),
                           function ? "a function is given by its name: " + attribute.name.str() + "='f'" : "");
      good = false;
    }
  return good;
}

bool OpMaker::arrange(const OpSchema &schema, SmallVectorImpl<Operand> &operands, const OpPlace &place) {
  if (llvm::none_of(operands, [](const Operand &operand) { return !operand.name.empty(); }))
    return true;
  SmallVector<Operand *> places(schema.operands.size());
  SmallVector<Operand> arranged;
  size_t next = 0;
  for (Operand &operand : operands) {
    size_t at = next++;
    if (!operand.name.empty()) {
      const auto *slot = llvm::find_if(schema.operands, [&](const OperandSchema &candidate) {
        return candidate.name == ref(operand.name) && !candidate.variadic;
      });
      at = slot - schema.operands.begin();
      if (slot == schema.operands.end()) {
        Suggestion nearest(operand.name);
        for (const OperandSchema &candidate : schema.operands)
          if (!candidate.variadic)
            nearest.consider(view(candidate.name));
        context.report.error(operand.nameRange, code::OperandCount,
                             quoted(schema.mnemonic) + " has no operand " + quoted(operand.name),
                             {"", nearest.best(), {}});
        return false;
      }
    }
    if (at >= places.size())
      return checkCount(schema, operands.size(), isLayer(schema), place);
    if (places[at]) {
      context.report.error(operand.nameRange, code::OperandCount,
                           "the operand " + quoted(operand.name) + " of " + quoted(schema.mnemonic) +
                               " is given twice");
      return false;
    }
    places[at] = &operand;
  }
  for (size_t at = 0; arranged.size() < operands.size(); ++at) {
    if (!places[at]) {
      context.report.error(place.op, code::OperandCount,
                           quoted(schema.mnemonic) + " lacks the operand " + quoted(schema.operands[at].name));
      return false;
    }
    arranged.push_back(std::move(*places[at]));
  }
  operands = std::move(arranged);
  return true;
}

const OperandSchema &OpMaker::slot(const OpSchema &schema, size_t index) {
  for (const OperandSchema &operand : schema.operands) {
    if (operand.variadic || index == 0)
      return operand;
    --index;
  }
  return schema.operands.back();
}

bool OpMaker::checkCount(const OpSchema &schema, size_t given, bool layer, const OpPlace &place) {
  size_t least = 0, most = 0;
  bool variadic = false;
  std::string names;
  for (const OperandSchema &operand : schema.operands) {
    least += !operand.optional;
    ++most;
    variadic |= operand.variadic;
    names += (names.empty() ? "" : ", ") + operand.name.str() +
             (operand.variadic   ? ", …"
              : operand.optional ? "?"
                                 : "");
  }
  if (layer) // it makes what is left out
    least = std::min<size_t>(least, 1);
  if (given >= least && (variadic || given <= most))
    return true;
  std::string range = least == most && !variadic ? std::to_string(least)
                      : variadic                 ? std::to_string(least) + " or more"
                                                 : std::to_string(least) + " to " + std::to_string(most);
  context.report.error(place.op, code::OperandCount,
                       quoted(schema.mnemonic) + " takes " + range + (range == "1" ? " input" : " inputs") +
                           (names.empty() ? "" : " (" + names + ")") + ", not " + std::to_string(given));
  return false;
}

static std::string_view classText(OperandClass operandClass) {
  switch (operandClass) {
  case OperandClass::Float:
    return "floating operands";
  case OperandClass::Int:
    return "operands of integers";
  case OperandClass::Bool:
    return "operands of bool";
  case OperandClass::Number:
    return "operands of numbers";
  case OperandClass::Any:
    break;
  }
  return "operands";
}

static bool accepts(OperandClass operandClass, Type element) {
  switch (operandClass) {
  case OperandClass::Any:
    return true;
  case OperandClass::Number:
    return !element.isInteger(1);
  case OperandClass::Float:
    return isa<FloatType>(element);
  case OperandClass::Int:
    return isa<IntegerType>(element) && !element.isInteger(1);
  case OperandClass::Bool:
    return element.isInteger(1);
  }
  return false;
}

/// Operands of one group have one element type: values, indices, conditions.
static unsigned group(OperandClass operandClass) {
  return operandClass == OperandClass::Int ? 1 : operandClass == OperandClass::Bool ? 2 : 0;
}

Value OpMaker::scalar(Location loc, Type element, double real, int64_t integer, bool isReal) {
  // One with '.' or an exponent needs a floating operand.
  if (isReal && !isa<FloatType>(element))
    return {};
  Builder &b = context.b;
  TypedAttr number =
      Number(isReal ? TypedAttr(b.getF64FloatAttr(real)) : TypedAttr(b.getI64IntegerAttr(integer))).as(element);
  if (!number)
    return {};
  auto type = RankedTensorType::get({}, element);
  return sym::ConstantOp::create(context.b, loc, type, DenseElementsAttr::get(type, Attribute(number)));
}

/// Gives every literal the element type of the tensors that it meets.
bool OpMaker::typeLiterals(const OpSchema &schema, MutableArrayRef<Operand> operands,
                           ArrayRef<AttributeArgument> attributes, const OpPlace &place) {
  for (size_t i = 0; i < operands.size(); ++i) {
    Operand &literal = operands[i];
    if (literal.value)
      continue;
    // `concat(x, y, -1)`: among tensors that are joined a number can only be the axis.
    int64_t axis;
    bool joined = slot(schema, i).variadic && i + 1 == operands.size() &&
                  !StringRef(literal.text).getAsInteger(10, axis);
    if (joined && llvm::any_of(schema.attributes, [](const AttrSchema &a) { return a.name == "axis"; }) &&
        llvm::any_of(operands, [](const Operand &o) { return o.value && !dimsOf(o.value).empty(); })) {
      context.report.error(literal.range, code::ExprOperand,
                           quoted(literal.text) + " stands among the operands of " + quoted(schema.mnemonic),
                           "attributes are given by name: axis=" + literal.text);
      return false;
    }
    OperandClass wanted = slot(schema, i).operandClass;
    Type element;
    for (size_t j = 0; j < operands.size() && !element; ++j)
      if (operands[j].value && group(slot(schema, j).operandClass) == group(wanted))
        element = elementOf(operands[j].value);
    if (!element && wanted == OperandClass::Int)
      element = context.b.getI64Type();
    if (!element && (wanted == OperandClass::Bool || literal.isBool))
      element = context.b.getI1Type();
    // `cast(2, 'f64')` says itself what the literal is.
    for (const AttributeArgument &argument : attributes)
      for (const AttrSchema &attribute : schema.attributes)
        if (!element && attribute.kind == AttrKind::DType && attribute.name == ref(argument.name))
          if (auto type = dyn_cast_or_null<TypeAttr>(readAttribute(context, schema, attribute, argument.value)))
            element = type.getValue();
    if (!element) {
      context.report.error(literal.range, code::ExprLiteralOnly,
                           "the element type of " + quoted(literal.text) + " is unknown: it meets no tensor",
                           "cast(" + printable(literal.text, 20) + ", 'f32') gives it one");
      return false;
    }
    literal.value = literal.build(element);
    if (!literal.value)
      return false;
  }
  return true;
}

/// Whether `a` holds the values of `b` better than the other way round: float before integer, then more bits.
static bool isWider(Type a, Type b) {
  auto rank = [](Type type) { return std::pair(isa<FloatType>(type), type.getIntOrFloatBitWidth()); };
  return rank(a) >= rank(b);
}

/// The layer that gave `value` its element type, as its only floating operands are parameters that it made.
Operation *OpMaker::layerBehind(Value value) const {
  Type element = elementOf(value);
  SmallVector<Value> left{value};
  llvm::SmallPtrSet<Operation *, 16> seen;
  while (!left.empty()) {
    Operation *op = left.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (typedByThemselves.contains(op))
      return op;
    for (Value operand : op->getOperands())
      if (elementOf(operand) == element)
        left.push_back(operand);
  }
  return nullptr;
}

bool OpMaker::checkElementTypes(const OpSchema &schema, ArrayRef<Operand> operands, const OpPlace &place) {
  bool allInt =
      llvm::all_of(schema.operands, [](const OperandSchema &o) { return o.operandClass == OperandClass::Int; });
  const Operand *first[3] = {};
  for (auto [i, operand] : llvm::enumerate(operands)) {
    OperandClass wanted = slot(schema, i).operandClass;
    Type element = elementOf(operand.value);
    TextRange range = place.inExpression ? operand.range : place.op;
    if (!accepts(wanted, element)) {
      std::string hint;
      if (element.isInteger(1))
        hint = "cast(…, 'f32') makes numbers of bool";
      else if (wanted == OperandClass::Float && i > 0 && findOpSchema(("sparse_" + schema.mnemonic).str()))
        hint = "for labels that are indices of classes there is 'sparse_" + schema.mnemonic.str() + "'";
      else if (wanted == OperandClass::Float)
        hint = "cast(…, 'f32') makes floating numbers of integers";
      else if (wanted == OperandClass::Bool)
        hint = "a comparison gives bool, and so does cast(…, 'bool')";
      else if (wanted == OperandClass::Int)
        hint = "cast(…, 'i64') makes integers";
      context.report.error(range, code::ElementTypeUnsupported,
                           quoted(schema.mnemonic) + " takes " + std::string(classText(wanted)) + ", not " +
                               printType(operand.value.getType()),
                           hint);
      return false;
    }
    unsigned g = group(wanted);
    if (g == 1 && !allInt)
      continue; // indices may be of any integer type
    if (!first[g]) {
      first[g] = &operand;
    } else if (elementOf(first[g]->value) != element) {
      Reporter::More more;
      Type wider = isWider(elementOf(first[g]->value), element) ? elementOf(first[g]->value) : element;
      more.hint = "element types are not converted silently; cast(…, '" + printElementType(wider) + "') converts";
      if (place.inExpression)
        more.notes.push_back(context.report.note(first[g]->range, "this is " + printType(first[g]->value.getType())));
      for (Value value : {first[g]->value, operand.value})
        if (Operation *layer = layerBehind(value); layer) {
          more.hint = quoted(layer->getName().stripDialect()) + " makes its parameters of " +
                      printElementType(elementOf(value)) +
                      "; for another type declare a parameter and pass it to the layer";
          break;
        }
      context.report.error(range, code::ElementTypeMismatch,
                           quoted(schema.mnemonic) + " takes operands of one element type, not " +
                               printType(first[g]->value.getType()) + " and " + printType(operand.value.getType()),
                           std::move(more));
      return false;
    }
  }
  return true;
}

/// NumPy's rule, made explicit. A symbolic size is never taken for 1.
bool OpMaker::broadcast(MutableArrayRef<Operand> operands, Location loc, const OpPlace &place) {
  Dims common;
  for (const Operand &operand : operands)
    if (Dims dims = dimsOf(operand.value); dims.size() > common.size())
      common = dims;
  size_t rank = common.size();
  SmallVector<const Operand *> from(rank, nullptr); // the operand that a size comes from
  for (AffineExpr &dim : common)
    dim = constantDim(context.context, 1);
  for (const Operand &operand : operands) {
    Dims dims = dimsOf(operand.value);
    for (size_t i = 0; i < dims.size(); ++i) {
      size_t axis = rank - dims.size() + i;
      if (isOne(dims[i]) || (from[axis] && sameDim(common[axis], dims[i])))
        continue;
      if (!from[axis]) {
        common[axis] = dims[i];
        from[axis] = &operand;
        continue;
      }
      const Operand &other = *from[axis];
      Reporter::More more;
      bool symbolic = !constantValue(common[axis]) || !constantValue(dims[i]);
      if (symbolic)
        more.hint = "sizes are equal when they are written the same; a symbolic size is never taken for 1";
      if (place.inExpression)
        more.notes.push_back(context.report.note(other.range, "this is " + printType(other.value.getType())));
      context.report.error(place.inExpression ? operand.range : place.op, code::ShapeMismatch,
                           "cannot broadcast " + printType(other.value.getType()) + " with " +
                               printType(operand.value.getType()) + ": sizes " + printDim(common[axis]) + " and " +
                               printDim(dims[i]) + " differ",
                           std::move(more));
      return false;
    }
  }
  auto shape = sym::DimsAttr::get(context.context, common);
  for (Operand &operand : operands)
    if (!sameDims(dimsOf(operand.value), common))
      operand.value = sym::BroadcastToOp::create(context.b, loc, operand.value, shape);
  return true;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// Adds the place to what a shape function says: the attribute that it speaks of, the only operand, or the op.
void OpMaker::reportInference(StringRef message, const OpSchema &schema, ArrayRef<Operand> operands,
                              ArrayRef<AttributeArgument> attributes, const OpPlace &place) {
  std::string_view code = code::AttributeValue;
  if (message.size() > 7 && message[0] == 'S' && message.substr(5, 2) == ": " &&
      llvm::all_of(message.substr(1, 4), llvm::isDigit)) {
    code = view(message.take_front(5));
    message = message.drop_front(7);
  }
  message.consume_front("'sym." + schema.mnemonic.str() + "' op ");
  TextRange range = place.op;
  bool shape = code == code::ShapeMismatch || code == code::RankMismatch;
  if (place.inExpression && !operands.empty() && (operands.size() == 1 || shape))
    range = operands.back().range;
  auto mentions = [&](StringRef word) {
    for (size_t at = message.find(word); at != StringRef::npos; at = message.find(word, at + 1)) {
      auto isWord = [](char c) { return llvm::isAlnum(c) || c == '_'; };
      bool begins = at == 0 || !isWord(message[at - 1]);
      if (begins && (at + word.size() == message.size() || !isWord(message[at + word.size()])))
        return true;
    }
    return false;
  };
  for (const AttributeArgument &argument : attributes)
    if (!shape && mentions(ref(argument.name))) {
      range = argument.value.range;
      break;
    }
  std::string text(view(message));
  std::string hint;
  if (size_t at = message.find("; hint: "); at != StringRef::npos) {
    hint = message.substr(at + 8).str();
    text = message.take_front(at).str();
  }
  context.report.error(range, code, std::move(text), std::move(hint));
}

bool OpMaker::checkResult(Type type, const OpPlace &place) {
  auto tensor = cast<RankedTensorType>(type);
  bool tooMany = static_cast<size_t>(tensor.getRank()) > dimensionLimit;
  if (!tooMany && !isTooLarge(type))
    return true;
  Dims dims = dimsOf(type);
  const auto *axis = llvm::find_if(dims, isOverflown);
  context.report.error(place.op, code::ResultLimit,
                       tooMany ? "the result has " + std::to_string(tensor.getRank()) + " dimensions, more than " +
                                     std::to_string(dimensionLimit)
                       : axis != dims.end()
                           ? "the size of axis " + std::to_string(axis - dims.begin()) +
                                 " of the result does not fit in 63 bits"
                           : "the bytes of the result " + printType(type) + " do not fit in 63 bits");
  return false;
}

/// A number that becomes an element is one of the result's element type.
bool OpMaker::checkNumbers(const OpSchema &schema, const NamedAttrList &attrs,
                           ArrayRef<AttributeArgument> attributes, Type result) {
  bool good = true;
  Type element = cast<RankedTensorType>(result).getElementType();
  for (const AttributeArgument &argument : attributes)
    for (const AttrSchema &attribute : schema.attributes) {
      if (attribute.name != ref(argument.name) || !attribute.isElement(element))
        continue;
      Attribute value = attrs.get(attribute.name);
      std::string misfit = value ? attribute.misfit(value, element) : "";
      if (misfit.empty())
        continue;
      context.report.error(argument.value.range, code::LiteralType,
                           quoted(attribute.name) + " of " + quoted(schema.mnemonic) + " is " +
                               printable(context.textOf(argument.value.range)) + ", " + misfit);
      good = false;
    }
  return good;
}

namespace {
/// Storage for the properties of an op that does not exist yet.
class Properties {
public:
  explicit Properties(RegisteredOperationName info) : info(info), size(info.getOpPropertyByteSize()) {
    if (size == 0)
      return;
    storage.reset(new std::max_align_t[(size + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t)]());
    info.initOpProperties(get(), OpaqueProperties(nullptr));
    info.populateDefaultProperties(get());
  }
  ~Properties() {
    if (size)
      info.destroyOpProperties(get());
  }
  OpaqueProperties get() const { return OpaqueProperties(storage.get()); }

private:
  RegisteredOperationName info;
  int size;
  std::unique_ptr<std::max_align_t[]> storage;
};
} // namespace

SmallVector<Value> OpMaker::make(const OpSchema &schema, MutableArrayRef<Operand> operands,
                                 ArrayRef<AttributeArgument> attributes, const OpPlace &place) {
  auto info = RegisteredOperationName::lookup(("sym." + schema.mnemonic).str(), context.context);
  if (!info)
    return {};
  bool layer = info->hasInterface<LayerOpInterface>();
  NamedAttrList attrs;
  std::vector<std::string> meant; // by misspelt names, which are reported: those are not missing
  bool good = readAttributes(schema, operands, attributes, place, attrs, meant);
  if (llvm::none_of(schema.operands, [&](const OperandSchema &o) { return llvm::is_contained(meant, o.name); }))
    good &= checkCount(schema, operands.size(), layer, place);
  for (const Operand &operand : operands)
    good &= !operand.bad;
  if (!good || !typeLiterals(schema, operands, attributes, place) || !checkElementTypes(schema, operands, place))
    return {};
  Location loc = context.location(place.op, place.name);
  if (schema.broadcasts && !broadcast(operands, loc, place))
    return {};

  // What the op says against its operands and attributes is collected and reported with its place.
  std::string said;
  auto listen = [&](mlir::Diagnostic &diagnostic) {
    if (said.empty() && diagnostic.getSeverity() == DiagnosticSeverity::Error)
      said = diagnostic.str();
    return success();
  };
  auto refuse = [&] {
    reportInference(said.empty() ? StringRef("the op does not take these operands") : StringRef(said), schema, operands,
                    attributes, place);
    return SmallVector<Value>();
  };
  SmallVector<Value> values;
  for (const Operand &operand : operands)
    values.push_back(operand.value);
  if (layer) {
    SmallVector<RankedTensorType> types;
    for (Value value : values)
      types.push_back(cast<RankedTensorType>(value.getType()));
    FailureOr<SmallVector<LayerParameter>> made = failure();
    {
      ScopedDiagnosticHandler handler(context.context, listen);
      made =
          info->getInterface<LayerOpInterface>()->getLayerParameters(loc, attrs.getDictionary(context.context), types);
    }
    if (failed(made))
      return refuse();
    for (const LayerParameter &parameter : *made) {
      Value value = makeParameter(place, parameter);
      if (!value)
        return {};
      values.push_back(value);
    }
    if (!checkCount(schema, values.size(), /*layer=*/false, place))
      return {};
  }
  if (info->hasTrait<OpTrait::AttrSizedOperandSegments>()) {
    SmallVector<int32_t> segments;
    size_t fixed = llvm::count_if(schema.operands, [](const OperandSchema &o) { return !o.variadic; });
    size_t left = values.size();
    for (const OperandSchema &operand : schema.operands) {
      size_t count = operand.variadic ? values.size() - std::min(values.size(), fixed) : std::min<size_t>(1, left);
      segments.push_back(static_cast<int32_t>(count));
      left -= std::min(left, count);
    }
    attrs.append("operandSegmentSizes", context.b.getDenseI32ArrayAttr(segments));
  }

  OperationState state(loc, *info);
  state.addOperands(values);
  DictionaryAttr dictionary = attrs.getDictionary(context.context);
  {
    ScopedDiagnosticHandler handler(context.context, listen);
    Properties properties(*info);
    auto emit = [&] { return emitError(loc); };
    auto *infer = info->getInterface<InferTypeOpInterface>();
    bool hasProperties = info->getOpPropertyByteSize() != 0;
    if ((hasProperties && failed(info->setOpPropertiesFromAttribute(*info, properties.get(), dictionary, emit))) ||
        !infer ||
        failed(infer->inferReturnTypes(context.context, loc, state.operands, dictionary, properties.get(), {},
                                       state.types)))
      return refuse();
  }
  for (Type type : state.types)
    if (!checkResult(type, place))
      return {};
  if (!state.types.empty() && !checkNumbers(schema, attrs, attributes, state.types.front()))
    return {};
  state.attributes = attrs;
  Operation *op = context.b.create(state);
  if (auto random = dyn_cast<RandomOpInterface>(op))
    random.setStreamAttr(sym::StreamAttr::get(context.context, place.name));
  if (layer && llvm::none_of(operands, [](const Operand &o) { return isa<FloatType>(elementOf(o.value)); }))
    typedByThemselves.insert(op);
  return SmallVector<Value>(op->getResults());
}
