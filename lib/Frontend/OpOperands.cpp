//===- OpOperands.cpp - The operands of an op that is made ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Each gets its place, literals and broadcasting what the others say; what does not fit together is reported.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/ImportContext.h"
#include "lib/Support/Suggest.h"

using namespace mlir;
using namespace symc;

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

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
  while (!places.back())
    places.pop_back();
  for (auto [at, given] : llvm::enumerate(places)) {
    if (!given && !schema.operands[at].optional && !isLayer(schema)) {
      reportLacking(schema, at, place);
      return false;
    }
    Operand none;
    none.absent = true;
    arranged.push_back(given ? std::move(*given) : none);
  }
  operands = std::move(arranged);
  return true;
}

void OpMaker::reportLacking(const OpSchema &schema, size_t operand, const OpPlace &place) {
  context.report.error(place.op, code::OperandCount,
                       quoted(schema.mnemonic) + " lacks the operand " + quoted(schema.operands[operand].name));
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

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

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
    if (literal.value || literal.absent)
      continue;
    // `concat(x, y, -1)`: among tensors that are joined a number can only be the axis.
    int64_t axis;
    bool joined =
        slot(schema, i).variadic && i + 1 == operands.size() && !StringRef(literal.text).getAsInteger(10, axis);
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
  auto info = RegisteredOperationName::lookup(("sym." + schema.mnemonic).str(), context.context);
  bool mixed = info && info->hasTrait<MixedElementTypes>();
  const Operand *first[3] = {};
  for (auto [i, operand] : llvm::enumerate(operands)) {
    if (operand.absent)
      continue;
    OperandClass wanted = slot(schema, i).operandClass;
    Type element = elementOf(operand.value);
    TextRange range = place.inExpression ? operand.range : place.op;
    if (!accepts(wanted, element)) {
      std::string hint;
      StringRef ofOneHot = schema.mnemonic;
      if (!ofOneHot.consume_front("sparse_") || !findOpSchema(ofOneHot))
        ofOneHot = "";
      if (element.isInteger(1))
        hint = "cast(…, 'f32') makes numbers of bool";
      else if (wanted == OperandClass::Float && i > 0 && findOpSchema(("sparse_" + schema.mnemonic).str()))
        hint = "for labels that are indices of classes there is 'sparse_" + schema.mnemonic.str() + "'";
      else if (wanted == OperandClass::Float)
        hint = "cast(…, 'f32') makes floating numbers of integers";
      else if (wanted == OperandClass::Bool)
        hint = "a comparison gives bool, and so does cast(…, 'bool')";
      else if (wanted == OperandClass::Int && !ofOneHot.empty() &&
               sameDims(dimsOf(operand.value), dimsOf(operands[0].value)))
        hint = "for labels that say something of each class, as one-hot vectors do, there is '" + ofOneHot.str() + "'";
      else if (wanted == OperandClass::Int)
        hint = "cast(…, 'i64') makes integers";
      context.report.error(range, code::ElementTypeUnsupported,
                           quoted(schema.mnemonic) + " takes " + std::string(classText(wanted)) + ", not " +
                               printType(operand.value.getType()),
                           hint);
      return false;
    }
    unsigned g = group(wanted);
    if (mixed || (g == 1 && !allInt))
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

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// NumPy's rule, made explicit. A symbolic size is never taken for 1.
bool OpMaker::broadcast(MutableArrayRef<Operand> operands, Location loc, const OpPlace &place) {
  Dims common;
  for (const Operand &operand : operands)
    if (Dims dims = dimsOf(operand.value); dims.size() > common.size())
      common = dims;
  size_t rank = common.size();
  SmallVector<const Operand *> from(rank, nullptr); // the operand that a size comes from
  for (Dim &dim : common)
    dim = constantDim(context.context, 1);
  for (const Operand &operand : operands) {
    Dims dims = dimsOf(operand.value);
    for (size_t i = 0; i < dims.size(); ++i) {
      size_t axis = rank - dims.size() + i;
      if (isOne(dims[i]) || (from[axis] && common[axis] == dims[i]))
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
  warnOfPairs(operands, rank, place);
  auto shape = sym::DimsAttr::get(context.context, common);
  for (Operand &operand : operands)
    if (!sameDims(dimsOf(operand.value), common))
      operand.value = sym::BroadcastToOp::create(context.b, loc, operand.value, shape);
  return true;
}
