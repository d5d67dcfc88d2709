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

#include "lib/Frontend/ImportContext.h"
#include "lib/Support/OtherNames.h"
#include "lib/Support/Suggest.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
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
  if (const OtherName *other = findOtherName(otherOps, name)) {
    context.report.error(range, code::UnknownOp, "unknown op " + quoted(name),
                         {std::string(other->hint), std::string(other->here), {}});
    return nullptr;
  }
  Suggestion nearest(name);
  if (context.report.hasRoom()) {
    for (const OpSchema &schema : opSchemas())
      nearest.consider(view(schema.mnemonic));
    for (const std::string &other : alsoCallable)
      nearest.consider(other);
  }
  reportUnknown(context.report, range, code::UnknownOp, "unknown op " + quoted(name), nearest.best());
  return nullptr;
}

bool OpMaker::isLayer(const OpSchema &schema) {
  auto info = RegisteredOperationName::lookup(("sym." + schema.mnemonic).str(), context.context);
  return info && info->hasInterface<LayerOpInterface>();
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

bool OpMaker::readAttributes(const OpSchema &schema, ArrayRef<Operand> operands, ArrayRef<AttributeArgument> attributes,
                             const OpPlace &place, NamedAttrList &out, std::vector<std::string> &meant) {
  bool good = true;
  size_t positional =
      llvm::count_if(operands, [](const Operand &operand) { return operand.name.empty() && !operand.absent; });
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
      if (hint.empty() && isLayer(schema) && ref(argument.name).ends_with("_initializer")) // as in Keras
        hint = "declare the parameter with its 'init' and give it to the layer as an operand";
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
        llvm::none_of(attributes,
                      [&](const AttributeArgument &argument) { return ref(argument.name) == attribute.name; })) {
      bool function = place.inExpression && attribute.kind == AttrKind::Function;
      context.report.error(place.op, code::MissingAttribute,
                           quoted(schema.mnemonic) + " lacks the attribute " + quoted(attribute.name),
                           function ? "a function is given by its name: " + attribute.name.str() + "='f'" : "");
      good = false;
    }
  return good;
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
  std::string hint = takeHint(text);
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
                       : axis != dims.end() ? "the size of axis " + std::to_string(axis - dims.begin()) +
                                                  " of the result does not fit in 63 bits"
                                            : "the bytes of the result " + printType(type) + " do not fit in 63 bits");
  return false;
}

/// A number that becomes an element is one of the result's element type.
bool OpMaker::checkNumbers(const OpSchema &schema, const NamedAttrList &attrs, ArrayRef<AttributeArgument> attributes,
                           Type result) {
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

/// Keeps the first error that an op says against its operands and attributes; it is reported with the op's place.
class FirstError : public ScopedDiagnosticHandler {
public:
  FirstError(MLIRContext *context, std::string &said)
      : ScopedDiagnosticHandler(context, [&said](mlir::Diagnostic &diagnostic) {
          if (said.empty() && diagnostic.getSeverity() == DiagnosticSeverity::Error)
            said = diagnostic.str();
          return success();
        }) {}
};

} // namespace

/// The parameters that a layer makes for what it is not given.
static FailureOr<SmallVector<LayerParameter>> layerParameters(RegisteredOperationName info, Location loc,
                                                              DictionaryAttr attributes, ArrayRef<Value> operands,
                                                              std::string &said) {
  SmallVector<RankedTensorType> types;
  for (Value operand : operands)
    types.push_back(operand ? cast<RankedTensorType>(operand.getType()) : RankedTensorType());
  FirstError handler(loc.getContext(), said);
  return info.getInterface<LayerOpInterface>()->getLayerParameters(loc, attributes, types);
}

/// How many of the operands each operand of the schema stands for; null ones are left out.
static SmallVector<int32_t> operandSegments(const OpSchema &schema, ArrayRef<Value> operands) {
  SmallVector<int32_t> segments;
  size_t fixed = llvm::count_if(schema.operands, [](const OperandSchema &o) { return !o.variadic; });
  for (const OperandSchema &operand : schema.operands) {
    size_t here =
        operand.variadic ? operands.size() - std::min(operands.size(), fixed) : std::min<size_t>(1, operands.size());
    segments.push_back(
        static_cast<int32_t>(llvm::count_if(operands.take_front(here), [](Value v) { return bool(v); })));
    operands = operands.drop_front(here);
  }
  return segments;
}

/// Makes the parameters and puts them among the operands; false after reporting, or where one that is needed is neither
/// given nor made.
bool OpMaker::makeParameters(const OpSchema &schema, SmallVectorImpl<Value> &operands, ArrayRef<LayerParameter> made,
                             const OpPlace &place) {
  operands.resize(std::max(operands.size(), schema.operands.size()));
  for (const LayerParameter &parameter : made) {
    size_t at = llvm::find_if(schema.operands, [&](const OperandSchema &o) { return o.name == parameter.name; }) -
                schema.operands.begin();
    if (operands[at])
      continue; // given by its name
    operands[at] = makeParameter(place, parameter);
    if (!operands[at])
      return false;
  }
  for (auto [at, operand] : llvm::enumerate(schema.operands))
    if (!operand.optional && !operands[at]) {
      reportLacking(schema, at, place);
      return false;
    }
  return true;
}

static LogicalResult inferTypes(RegisteredOperationName info, OperationState &state, DictionaryAttr attributes,
                                std::string &said) {
  FirstError handler(state.getContext(), said);
  Properties properties(info);
  auto emit = [&] { return emitError(state.location); };
  if (info.getOpPropertyByteSize() != 0 &&
      failed(info.setOpPropertiesFromAttribute(info, properties.get(), attributes, emit)))
    return failure();
  auto *infer = info.getInterface<InferTypeOpInterface>();
  return success(infer && succeeded(infer->inferReturnTypes(state.getContext(), state.location, state.operands,
                                                            attributes, properties.get(), {}, state.types)));
}

ArrayRef<Value> symc::withoutUnnamed(ArrayRef<Value> results) {
  Operation *op = results.empty() ? nullptr : results[0].getDefiningOp();
  const OpSchema *schema = op ? findOpSchema(op->getName().stripDialect()) : nullptr;
  return schema && schema->firstAlone ? results.take_front() : results;
}

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
  warnOfProbabilities(schema, operands, place);
  Location loc = context.location(place.op, place.name);
  if (schema.broadcasts && !broadcast(operands, loc, place))
    return {};

  std::string said;
  auto refuse = [&] {
    reportInference(said.empty() ? StringRef("the op does not take these operands") : StringRef(said), schema, operands,
                    attributes, place);
    return SmallVector<Value>();
  };
  SmallVector<Value> values;
  for (const Operand &operand : operands)
    values.push_back(operand.value);
  if (layer) {
    auto made = layerParameters(*info, loc, attrs.getDictionary(context.context), values, said);
    if (failed(made))
      return refuse();
    if (!makeParameters(schema, values, *made, place))
      return {};
  }
  if (info->hasTrait<OpTrait::AttrSizedOperandSegments>())
    attrs.append("operandSegmentSizes", context.b.getDenseI32ArrayAttr(operandSegments(schema, values)));
  llvm::erase(values, Value());

  OperationState state(loc, *info);
  state.addOperands(values);
  if (failed(inferTypes(*info, state, attrs.getDictionary(context.context), said)))
    return refuse();
  if (!llvm::all_of(state.types, [&](Type type) { return checkResult(type, place); }))
    return {};
  if (!state.types.empty() && !checkNumbers(schema, attrs, attributes, state.types.front()))
    return {};
  state.attributes = attrs;
  Operation *op = context.b.create(state);
  if (auto random = dyn_cast<RandomOpInterface>(op))
    random.setStreamAttr(sym::StreamAttr::get(context.context, place.name));
  if (layer && llvm::none_of(operands, [](const Operand &o) { return o.value && isa<FloatType>(elementOf(o.value)); }))
    typedByThemselves.insert(op);
  return SmallVector<Value>(op->getResults());
}
