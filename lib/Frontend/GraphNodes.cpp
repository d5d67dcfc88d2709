//===- GraphNodes.cpp - Nodes as operations -------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Nodes are built in the order of their dependencies. A node whose mistake has been reported has no values, and what
// depends on it is not built, so that a mistake is reported once and everything independent of it is still checked.
//
//===----------------------------------------------------------------------===//

#include "dialects/sym/Bodies.h"
#include "lib/Frontend/DependencyOrder.h"
#include "lib/Frontend/GraphParts.h"
#include "lib/Support/Json.h"

using namespace mlir;
using namespace symc;

//===----------------------------------------------------------------------===//
// Texts
//===----------------------------------------------------------------------===//

Resolved NodeBuilder::resolve(const Scope &scope, std::string_view name, TextRange range) {
  if (parts.names.isUnresolved(scope, name))
    return {};
  NameTable::Reference reference = parts.names.lookup(scope, name);
  switch (reference.kind) {
  case NameTable::Reference::None:
    return {};
  case NameTable::Reference::Local: {
    ArrayRef<Value> values = scope.values[reference.index];
    return {reference.result < values.size() ? values[reference.result] : Value(), {}};
  }
  case NameTable::Reference::FunctionInput:
    return {parts.functions.current()->block->getArgument(reference.index), {}};
  case NameTable::Reference::Global:
    break;
  }
  const Symbol &symbol = parts.names.symbol(reference);
  if (symbol.kind == Symbol::Dim)
    return {{}, context.dims.lookup(ref(name)).size};
  return {parts.functions.visible(symbol.value), {}};
}

SmallVector<Value> NodeBuilder::buildText(Scope &scope, const JsonValue &text, std::string_view holder,
                                          TextRange holderRange) {
  SyntaxError mistake;
  std::optional<Expression> expression = parseExpression(text.string(), mistake);
  if (!expression)
    return {}; // reported when its names were looked up
  StringPlaces places(report.source.text(), text);
  ExpressionScope view;
  view.resolve = [&](std::string_view name, TextRange range) { return resolve(scope, name, range); };
  view.isFunction = [&](std::string_view name) {
    return parts.names.isFunction(name) || parts.names.isHiddenFunction(name);
  };
  view.isTensor = [&](std::string_view name) {
    NameTable::Reference reference = parts.names.lookup(scope, name);
    return reference.kind == NameTable::Reference::Local || reference.kind == NameTable::Reference::FunctionInput ||
           (reference.kind == NameTable::Reference::Global && parts.names.symbol(reference).kind != Symbol::Function &&
            parts.names.symbol(reference).kind != Symbol::Dim);
  };
  view.call = [&](std::string_view function, MutableArrayRef<Operand> operands, const OpPlace &place) {
    return parts.functions.call(function, operands, place);
  };
  view.control = [&](const OpSchema &schema, MutableArrayRef<Operand> operands, ArrayRef<AttributeArgument> attributes,
                     const OpPlace &place) { return parts.control.build(schema, operands, attributes, place); };
  view.named = [&](StringRef name, TextRange range) { parts.names.takeGenerated(name, range); };
  layer.reset();
  return buildExpression(context, parts.maker, view, *expression, places, holder, holderRange);
}

Value NodeBuilder::buildValue(Scope &scope, const JsonValue &text, std::string_view holder, TextRange holderRange) {
  std::vector<uint32_t> dependencies;
  // A text that is a name of the scope is that name: `a/b` is no division then.
  if (parts.names.lookup(scope, text.string()).kind != NameTable::Reference::None) {
    if (!parts.names.refer(scope, text.string(), text.range, dependencies, false, /*dimsAllowed=*/false))
      return {};
    return resolve(scope, text.string(), text.range).value;
  }
  if (!parts.names.referExpression(scope, text, dependencies))
    return {};
  SmallVector<Value> all = buildText(scope, text, holder, holderRange);
  ArrayRef<Value> values = withoutUnnamed(all);
  if (values.size() > 1) {
    report.error(text.range, code::ResultCount,
                 "the expression has " + std::to_string(values.size()) + " results where one is needed",
                 "make it a node with a list of names");
    return {};
  }
  return values.empty() ? Value() : values[0];
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

/// The results of a node with 'op'; empty after reporting.
SmallVector<Value> NodeBuilder::buildOp(Scope &scope, const NodeDecl &node) {
  SmallVector<Operand> operands;
  for (auto [i, input] : llvm::enumerate(node.inputs)) {
    Operand operand;
    if (i < node.operands.size()) {
      operand.name = node.operands[i].text;
      operand.nameRange = node.operands[i].range;
    }
    operand.value = resolve(scope, input->string(), input->range).value;
    operand.bad = !operand.value;
    operand.range = input->range;
    operands.push_back(std::move(operand));
  }
  SmallVector<AttributeArgument> attributes;
  if (node.attrs)
    for (const JsonMember &member : node.attrs->members())
      attributes.push_back({member.key, member.keyRange, context.literal(member.value)});
  OpPlace place;
  place.op = place.whole = node.op->range;
  place.name = std::string(node.names[0].text);
  place.node = node.names[0].text;
  place.nodeRange = node.names[0].range;
  layer.reset();
  std::string_view name = node.op->string();
  if (parts.names.isFunction(name) && !findOpSchema(ref(name))) {
    report.error(node.op->range, code::UnknownOp, quoted(name) + " is a function, not an op",
                 "write \"op\": \"call\" with \"attrs\": { \"function\": " + jsonQuoted(name) + " }");
  } else if (const OpSchema *schema = parts.maker.find(name, node.op->range)) {
    if (schema->takesFunctions())
      return parts.control.build(*schema, operands, attributes, place);
    if (parts.maker.arrange(*schema, operands, place))
      return parts.maker.make(*schema, operands, attributes, place);
  }
  return {};
}

/// The results of a node with 'expr'. One that only renames a value gets one of its own: `grad` may be by either.
SmallVector<Value> NodeBuilder::buildExpr(Scope &scope, const NodeDecl &node) {
  Block *block = builder.getInsertionBlock();
  Operation *before = block->empty() ? nullptr : &block->back();
  SmallVector<Value> values = buildText(scope, *node.expr, node.names[0].text, node.names[0].range);
  auto isNew = [&](Operation *op) {
    for (Operation *last = block->empty() ? nullptr : &block->back(); last != before; last = last->getPrevNode())
      if (last == op)
        return true;
    return false;
  };
  for (Value &value : values)
    if (!isNew(value.getDefiningOp()))
      value = sym::ReshapeOp::create(builder, context.location(node.expr->range, ref(node.names[0].text)), value,
                                     sym::DimsAttr::get(context.context, dimsOf(value)));
  return values;
}

/// Gives the node its results, as many as it has names; one name takes the first of a recurrent layer's. Of several
/// each is named by an op of its own; the first one of a loop or branch has the name of that.
void NodeBuilder::setValues(Scope &scope, uint32_t index, ArrayRef<Value> values) {
  const NodeDecl &node = (*scope.nodes)[index];
  if (node.names.size() == 1)
    values = withoutUnnamed(values);
  llvm::SmallDenseSet<StringRef> different;
  for (const DeclaredName &name : node.names)
    different.insert(ref(name.text));
  if (different.size() != node.names.size())
    return; // a name twice is reported
  if (values.size() != node.names.size()) {
    report.error(node.names.back().range, code::ResultCount,
                 "the node has " + std::to_string(values.size()) + (values.size() == 1 ? " result" : " results") +
                     ", but " + std::to_string(node.names.size()) + (node.names.size() == 1 ? " name" : " names"),
                 values.size() > node.names.size() ? "several results are named by a list: \"name\": [\"a\", \"b\"]"
                                                   : "");
    if (values.size() < node.names.size())
      return;
  }
  scope.values[index].assign(values.begin(), values.end());
  if (node.names.size() == 1)
    return;
  for (auto [name, value] : llvm::zip(node.names, scope.values[index]))
    if (!isControlFlow(value.getDefiningOp()) || value != values[0])
      value = sym::ReshapeOp::create(builder, context.location(name.range, ref(name.text)), value,
                                     sym::DimsAttr::get(context.context, dimsOf(value)));
}

void NodeBuilder::buildNode(Scope &scope, uint32_t index) {
  const NodeDecl &node = (*scope.nodes)[index];
  if (node.bad || node.names.empty() || (!node.expr && !node.op))
    return;
  if (!parts.functions.current())
    nodeNumber = index;
  SmallVector<Value> values = node.expr ? buildExpr(scope, node) : buildOp(scope, node);
  if (!values.empty())
    setValues(scope, index, values);
}

void NodeBuilder::build(Scope &scope) {
  const std::vector<NodeDecl> &nodes = *scope.nodes;
  scope.values.resize(nodes.size());
  std::vector<std::vector<uint32_t>> dependencies(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i)
    parts.names.referNode(scope, nodes[i], dependencies[i]);
  DependencyOrder order = orderByDependencies(dependencies);
  for (const std::vector<uint32_t> &cycle : order.cycles) {
    auto nameOf = [&](uint32_t node) {
      return nodes[node].names.empty() ? std::string("?") : printable(nodes[node].names[0].text);
    };
    std::string path;
    for (size_t i = 0; i < cycle.size() && i < 20; ++i)
      path += nameOf(cycle[i]) + " → ";
    if (cycle.size() > 20)
      path += "… → ";
    path += nameOf(cycle[0]);
    Reporter::More more;
    for (size_t i = 1; i < cycle.size() && i < 20; ++i)
      if (!nodes[cycle[i]].names.empty())
        more.notes.push_back(
            report.note(nodes[cycle[i]].names[0].range, nameOf(cycle[i - 1]) + " uses " + nameOf(cycle[i])));
    const NodeDecl &first = nodes[cycle[0]];
    report.error(first.names.empty() ? first.object : first.names[0].range, code::Cycle,
                 cycle.size() == 1 ? "the node " + quoted(std::string_view(nameOf(cycle[0]))) + " depends on itself"
                                   : "nodes depend on each other in a circle: " + path,
                 std::move(more));
  }
  // With an unknown name the rest of a node is still checked, up to what the name takes part in.
  for (uint32_t node : order.order)
    if (!order.inCycle[node])
      buildNode(scope, node);
}

void NodeBuilder::buildGraph() {
  main.nodes = &graph.nodes;
  build(main);
  nodeNumber = uint32_t(graph.nodes.size());
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Value NodeBuilder::makeParameter(const OpPlace &place, const LayerParameter &parameter) {
  if (layer && layer->begin != place.op.begin) {
    report.error(place.op, code::ExprTwoLayers,
                 "a second layer in one expression would own parameters of the same names",
                 {"make it a node of its own", "", {report.note(*layer, "the first layer is here")}});
    return {};
  }
  layer = place.op;
  auto type = cast<RankedTensorType>(parameter.type);
  uint64_t bytes = std::max(1u, type.getElementType().getIntOrFloatBitWidth() / 8);
  for (int64_t size : type.getShape())
    if (size < 1 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes) || bytes > uint64_t(INT64_MAX)) {
      report.error(place.op, size < 1 ? code::ParameterShape : code::TensorTooLarge,
                   "the parameter " + quoted(std::string_view(parameter.name)) + " would be " + printType(type));
      return {};
    }
  ParameterSlot slot{"",    type,  parameter.init, parameter.trainable, "", place.nodeRange, {}, 0,
                     false, false, parameter.data, parameter.measured};
  return parts.functions.addMade(std::string(place.node) + "/" + parameter.name, slot, place.nodeRange);
}
