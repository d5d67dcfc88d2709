//===- ExpressionCalls.cpp - f(a, b, axis=1) as operations ----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Frontend/ExpressionEvaluator.h"

using namespace mlir;
using namespace symc;

/// `f(a, b)` of a function of the file.
Part ExprBuilder::callFunction(uint32_t i) {
  const ExprNode &call = node(i);
  Slice<uint32_t> arguments = expression.partsOf(call);
  size_t positional = arguments.size() - call.keywordCount;
  Part out;
  for (uint32_t k = 0; k < call.keywordCount; ++k) {
    const ExprKeyword &keyword = expression.keywords[call.firstKeyword + k];
    if (parts[arguments[positional + k]].kind == Part::Bad)
      continue;
    context.report.error(inText(keyword.range), code::ExprCall,
                         "a call of a function has no argument " + quoted(keyword.name));
    return out;
  }
  SmallVector<Operand> operands;
  for (size_t k = 0; k < positional; ++k)
    operands.push_back(operand(arguments[k]));
  if (llvm::any_of(operands, [](const Operand &operand) { return operand.bad; }))
    return out;
  out.values = scope.call(call.text, operands, place(i, ref(call.text), true));
  out.kind = out.values.empty() ? Part::Bad : Part::Tensor;
  return out;
}

/// A call of an op: its arguments are told apart into operands and attributes.
class ExprBuilder::OpCall {
public:
  OpCall(ExprBuilder &builder, uint32_t i, const OpSchema &schema)
      : builder(builder), i(i), call(builder.node(i)), schema(schema), arguments(builder.expression.partsOf(call)),
        positional(arguments.size() - call.keywordCount), takesFunctions(schema.takesFunctions()),
        variadic(llvm::any_of(schema.operands, [](const OperandSchema &o) { return o.variadic; })) {
    site.op = builder.inText(call.token);
    site.inExpression = true;
  }

  Part build();

private:
  void sortKeywords();
  bool takePositional();
  void takeNamedOperands();
  void takeNamedAttributes();
  bool checkOnce(size_t byPosition);
  bool comparesSizes() const;
  Part finish();

  bool standsForParameter(uint32_t argument) const;
  void refuseForParameter(uint32_t argument);
  void refuseTooMany(uint32_t argument);

  const Part &part(uint32_t argument) const { return builder.parts[argument]; }
  const ExprKeyword &keyword(uint32_t k) const { return builder.expression.keywords[call.firstKeyword + k]; }
  bool isAttribute(StringRef name) const {
    return llvm::any_of(schema.attributes, [&](const AttrSchema &a) { return a.name == name; });
  }
  void addAttribute(const AttrSchema &attribute, uint32_t argument) {
    attributes.push_back({view(attribute.name), builder.rangeOf(argument), builder.literal(argument)});
  }

  ExprBuilder &builder;
  uint32_t i;
  const ExprNode &call;
  const OpSchema &schema;
  Slice<uint32_t> arguments; // those by keyword stand last
  size_t positional;
  bool takesFunctions, variadic;
  OpPlace site;

  SmallVector<bool> isOperand; // of the keywords
  bool allKnown = true;        // a keyword that is not may stand for any operand
  bool tooMany = false;        // reported
  SmallVector<Operand> operands;
  SmallVector<AttributeArgument> attributes;
};

/// Operands first, then attributes in the order of the op's signature.
Part ExprBuilder::OpCall::build() {
  sortKeywords();
  if (!takePositional())
    return Part();
  takeNamedOperands();
  if (!tooMany && allKnown && !builder.maker.arrange(schema, operands, site))
    return Part();
  size_t byPosition = attributes.size();
  takeNamedAttributes();
  if (!checkOnce(byPosition) || tooMany)
    return Part();
  return finish();
}

void ExprBuilder::OpCall::sortKeywords() {
  for (uint32_t k = 0; k < call.keywordCount; ++k) {
    StringRef name = ref(keyword(k).name);
    isOperand.push_back(!takesFunctions && llvm::any_of(schema.operands, [&](const OperandSchema &operand) {
      return operand.name == name && !operand.variadic;
    }));
    allKnown &= isOperand[k] || isAttribute(name);
  }
}

/// False after reporting what leaves nothing more to say.
bool ExprBuilder::OpCall::takePositional() {
  size_t next = 0;
  // `einsum('ij,jk->ik', a, b)`: a string cannot be an operand, so a first one is the first attribute.
  if (variadic && positional && part(arguments[0]).kind == Part::String && !schema.attributes.empty() &&
      !takesFunctions)
    addAttribute(schema.attributes[0], arguments[next++]);
  for (; next < positional; ++next) {
    uint32_t argument = arguments[next];
    if (variadic && part(argument).kind == Part::List) {
      for (uint32_t item : builder.expression.partsOf(builder.node(argument)))
        operands.push_back(builder.operand(item));
    } else if (variadic || operands.size() < schema.operands.size()) {
      if (standsForParameter(argument)) {
        refuseForParameter(argument);
        return false;
      }
      operands.push_back(builder.operand(argument));
    } else if (attributes.size() < schema.attributes.size()) {
      addAttribute(schema.attributes[attributes.size()], argument);
    } else {
      refuseTooMany(argument);
      break;
    }
  }
  return true;
}

/// Whether a literal stands where a layer takes a parameter.
bool ExprBuilder::OpCall::standsForParameter(uint32_t argument) const {
  Part::Kind kind = part(argument).kind;
  return builder.maker.isLayer(schema) && !operands.empty() && kind != Part::Tensor && kind != Part::Bad;
}

void ExprBuilder::OpCall::refuseForParameter(uint32_t argument) {
  std::string text = builder.textOf(argument);
  builder.error(argument, code::ExprOperand,
                quoted(text) + " stands for the operand " + quoted(schema.operands[operands.size()].name) + " of " +
                    quoted(schema.mnemonic),
                schema.attributes.empty()
                    ? ""
                    : "attributes are given by name: " + schema.attributes[0].name.str() + "=" + printable(text, 20));
}

void ExprBuilder::OpCall::refuseTooMany(uint32_t argument) {
  size_t most = schema.operands.size() + schema.attributes.size();
  builder.error(argument, code::ExprCall,
                quoted(schema.mnemonic) + " takes at most " + std::to_string(most) +
                    (most == 1 ? " argument, not " : " arguments, not ") + std::to_string(positional));
  tooMany = true;
}

void ExprBuilder::OpCall::takeNamedOperands() {
  for (uint32_t k = 0; k < call.keywordCount; ++k)
    if (isOperand[k]) {
      operands.push_back(builder.operand(arguments[positional + k]));
      operands.back().name = keyword(k).name;
      operands.back().nameRange = builder.inText(keyword(k).range);
    }
}

void ExprBuilder::OpCall::takeNamedAttributes() {
  for (uint32_t k = 0; k < call.keywordCount; ++k) {
    if (isOperand[k])
      continue;
    // What is no attribute is reported as that, whatever its value is.
    Literal value;
    value.kind = Literal::Bad;
    if (isAttribute(ref(keyword(k).name)))
      value = builder.literal(arguments[positional + k]);
    attributes.push_back({keyword(k).name, builder.inText(keyword(k).range), std::move(value)});
  }
}

/// Whether no attribute by name is one of those by position; false after reporting.
bool ExprBuilder::OpCall::checkOnce(size_t byPosition) {
  const Reporter &report = builder.context.report;
  bool good = true;
  for (const AttributeArgument &named : ArrayRef(attributes).drop_front(byPosition))
    for (const AttributeArgument &other : ArrayRef(attributes).take_front(byPosition))
      if (named.name == other.name) {
        report.error(named.nameRange, code::ExprCall, "the argument " + quoted(named.name) + " is given twice",
                     {"", "", {report.note(other.nameRange, "first given here")}});
        good = false;
      }
  return good;
}

/// `greater(n, 3)` says what `n > 3` says.
bool ExprBuilder::OpCall::comparesSizes() const {
  if (positional != 2 || operands.size() != 2 || !attributes.empty() || !isComparison(schema.mnemonic))
    return false;
  const Part &a = part(arguments[0]), &b = part(arguments[1]);
  return a.isScalar() && b.isScalar() && !(a.kind == Part::Number && b.kind == Part::Number);
}

Part ExprBuilder::OpCall::finish() {
  if (takesFunctions) {
    bool bad = llvm::any_of(operands, [](const Operand &operand) { return operand.bad; });
    Part out;
    out.values =
        builder.scope.control(schema, operands, attributes, bad ? site : builder.place(i, schema.mnemonic, true));
    out.kind = out.values.empty() ? Part::Bad : Part::Tensor;
    return out;
  }
  // `pow(x, 2)` says what `x ** 2` says.
  if (schema.mnemonic == "pow" && positional == 2 && operands.size() == 2 && operands[0].value && !operands[0].bad &&
      part(arguments[1]).kind == Part::Number && !part(arguments[1]).isReal && attributes.empty())
    return builder.power(i, operands[0].value, part(arguments[1]).integer);
  if (comparesSizes())
    return builder.compareSizes(i, schema.mnemonic, arguments[0], arguments[1]);
  // A literal that is the whole expression has no type to become a node.
  if (i + 1 != builder.expression.nodes.size())
    if (auto folded = builder.foldCall(i, schema, attributes))
      return *folded;
  return builder.makeOp(i, schema.mnemonic, operands, attributes);
}

Part ExprBuilder::evaluateCall(uint32_t i) {
  const ExprNode &call = node(i);
  bool isOp = findOpSchema(ref(call.text));
  if (scope.isFunction(call.text) && (call.quotedName || !isOp))
    return callFunction(i);
  if (!isOp && scope.isTensor(call.text)) {
    context.report.error(inText(call.token), code::ExprCall, quoted(call.text) + " is a tensor, not an op",
                         "a product is written '*', an element " + std::string(call.text) + "[0]");
    return Part();
  }
  const OpSchema *schema = maker.find(call.text, inText(call.token));
  return schema ? OpCall(*this, i, *schema).build() : Part();
}
