//===- GraphImporter.cpp - Builds the module of a graph -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Nodes are built in the order of their dependencies. A node whose mistake has been reported has no values, and what
// depends on it is not built, so that a mistake is reported once and everything independent of it is still checked.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/GraphImporter.h"
#include "lib/Frontend/DependencyOrder.h"
#include "lib/Support/Json.h"
#include "lib/Support/Suggest.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace symc;

//===----------------------------------------------------------------------===//
// Parameters and constants
//===----------------------------------------------------------------------===//

void GraphImporter::buildParameters() {
  Block &entry = model.getBody().front();
  for (auto [i, input] : llvm::enumerate(graph.inputs)) {
    if (!input.type)
      continue;
    Value argument =
        entry.addArgument(context.tensorType(*input.type), context.location(input.name.range, ref(input.name.text)));
    auto it = names.find(ref(input.name.text));
    if (symbols[it->second].kind == Symbol::Input && symbols[it->second].index == i)
      symbols[it->second].value = argument;
  }
  for (auto [i, decl] : llvm::enumerate(graph.parameters)) {
    if (!decl.type)
      continue;
    RankedTensorType type = context.tensorType(*decl.type);
    Attribute init = readInitializer(context, decl, type);
    Location loc = context.location(decl.name.range, ref(decl.name.text));
    ParameterSlot slot{std::string(decl.name.text),  type, init, decl.trainable, std::string(decl.doc), decl.name.range,
                       entry.addArgument(type, loc), 0};
    Symbol &symbol = symbols[names[ref(decl.name.text)]];
    if (symbol.kind == Symbol::Parameter && symbol.index == i)
      symbol.value = slot.argument;
    parameters.push_back(std::move(slot));
  }
}

void GraphImporter::buildConstants() {
  StringRef folder = llvm::sys::path::parent_path(report.source.name());
  for (auto [i, decl] : llvm::enumerate(graph.constants)) {
    if (!decl.type)
      continue;
    ElementsAttr value = readConstant(context, decl, folder);
    Symbol &symbol = symbols[names[ref(decl.name.text)]];
    if (value && symbol.kind == Symbol::Constant && symbol.index == i)
      symbol.value = sym::ConstantOp::create(builder, context.location(decl.name.range, ref(decl.name.text)),
                                             value.getShapedType(), value);
  }
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

Resolved GraphImporter::resolve(const Scope &scope, std::string_view name, TextRange range) {
  Reference reference = lookup(scope, name);
  switch (reference.kind) {
  case Reference::None:
    return {};
  case Reference::Local: {
    ArrayRef<Value> values = scope.values[reference.index];
    return {reference.result < values.size() ? values[reference.result] : Value(), {}};
  }
  case Reference::FunctionInput:
    return {building->block->getArgument(reference.index), {}};
  case Reference::Global:
    break;
  }
  const Symbol &symbol = symbols[reference.index];
  if (symbol.kind == Symbol::Dim)
    return {{}, context.dims.lookup(ref(name)).size};
  return {visible(symbol.value), {}};
}

SmallVector<Value> GraphImporter::buildText(Scope &scope, const JsonValue &text, std::string_view holder,
                                            TextRange holderRange) {
  SyntaxError mistake;
  std::optional<Expression> expression = parseExpression(text.string(), mistake);
  if (!expression)
    return {}; // reported when its names were looked up
  StringPlaces places(report.source.text(), text);
  ExpressionScope view;
  view.resolve = [&](std::string_view name, TextRange range) { return resolve(scope, name, range); };
  view.isFunction = [&](std::string_view name) { return isFunction(name); };
  view.isTensor = [&](std::string_view name) {
    Reference reference = lookup(scope, name);
    return reference.kind == Reference::Local || reference.kind == Reference::FunctionInput ||
           (reference.kind == Reference::Global && symbols[reference.index].kind != Symbol::Function &&
            symbols[reference.index].kind != Symbol::Dim);
  };
  view.call = [&](std::string_view function, MutableArrayRef<Operand> operands, const OpPlace &place) {
    return callFunction(function, operands, place);
  };
  view.control = [&](const OpSchema &schema, MutableArrayRef<Operand> operands, ArrayRef<AttributeArgument> attributes,
                     const OpPlace &place) { return buildControl(schema, operands, attributes, place); };
  view.named = [&](StringRef name, TextRange range) {
    if (!building)
      generatedName(name, range);
  };
  layerSeen = false;
  return buildExpression(context, maker, view, *expression, places, holder, holderRange);
}

void GraphImporter::buildNode(Scope &scope, uint32_t index) {
  const NodeDecl &node = (*scope.nodes)[index];
  if (node.bad || node.names.empty() || (!node.expr && !node.op))
    return;
  nodeNumber = building ? nodeNumber : index;
  SmallVector<Value> values;
  if (node.expr) {
    values = buildText(scope, *node.expr, node.names[0].text, node.names[0].range);
  } else {
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
    layerSeen = false;
    std::string_view name = node.op->string();
    if (isFunction(name) && !findOpSchema(ref(name))) {
      report.error(node.op->range, code::UnknownOp, quoted(name) + " is a function, not an op",
                   "write \"op\": \"call\" with \"attrs\": { \"function\": " + jsonQuoted(name) + " }");
    } else if (const OpSchema *schema = maker.find(name, node.op->range)) {
      if (schema->takesFunctions())
        values = buildControl(*schema, operands, attributes, place);
      else if (maker.arrange(*schema, operands, place))
        values = maker.make(*schema, operands, attributes, place);
    }
  }
  if (values.empty())
    return;
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
}

void GraphImporter::buildNodes(Scope &scope) {
  const std::vector<NodeDecl> &nodes = *scope.nodes;
  scope.values.resize(nodes.size());
  scope.used.resize(nodes.size());
  std::vector<std::vector<uint32_t>> dependencies(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i)
    referNode(scope, nodes[i], dependencies[i]);
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

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Value GraphImporter::addMade(const std::string &name, const ParameterSlot &like, TextRange range) {
  ParameterSlot slot = like;
  slot.name = name;
  slot.range = range;
  slot.order = nodeNumber;
  Location loc = context.location(range, name);
  if (building) {
    building->needs.push_back({{}, slot});
    return building->block->addArgument(slot.type, loc);
  }
  if (!madeNames.insert(name).second) {
    report.error(range, code::GeneratedName, "two layers make the parameter " + quoted(StringRef(name)));
    return {};
  }
  generatedName(name, range);
  slot.argument = model.getBody().front().addArgument(slot.type, loc);
  parameters.push_back(slot);
  return slot.argument;
}

Value GraphImporter::makeParameter(const OpPlace &place, const LayerParameter &parameter) {
  if (layerSeen && layerOf.begin != place.op.begin) {
    report.error(place.op, code::ExprTwoLayers,
                 "a second layer in one expression would own parameters of the same names",
                 {"make it a node of its own", "", {report.note(layerOf, "the first layer is here")}});
    return {};
  }
  layerSeen = true;
  layerOf = place.op;
  auto type = cast<RankedTensorType>(parameter.type);
  uint64_t bytes = std::max(1u, type.getElementType().getIntOrFloatBitWidth() / 8);
  for (int64_t size : type.getShape())
    if (size < 1 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes) || bytes > uint64_t(INT64_MAX)) {
      report.error(place.op, size < 1 ? code::ParameterShape : code::TensorTooLarge,
                   "the parameter " + quoted(std::string_view(parameter.name)) + " would be " + printType(type));
      return {};
    }
  ParameterSlot slot{"", type, parameter.init, parameter.trainable, "", place.nodeRange, {}, 0};
  return addMade(std::string(place.node) + "/" + parameter.name, slot, place.nodeRange);
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

OwningOpRef<ModuleOp> GraphImporter::import() {
  context.context->loadDialect<sym::SymDialect, func::FuncDialect>();
  declareDims();
  declareNames();
  Location loc = FileLineColLoc::get(context.fileName, 1, 1);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc, ref(graph.name));
  builder.setInsertionPointToEnd(module->getBody());
  if (graph.train)
    buildTrain(context, *graph.train);
  model = func::FuncOp::create(builder, loc, "model", builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(model.addEntryBlock());
  buildParameters();
  buildConstants();
  buildFunctions();
  main.nodes = &graph.nodes;
  buildNodes(main);
  nodeNumber = graph.nodes.size();
  buildResults();
  // The functions' bodies have been copied to where they are used.
  auto drop = [](FunctionBody &body) {
    if (!body.block)
      return;
    body.block->dropAllReferences();
    body.block->dropAllDefinedValueUses();
    body.block.reset();
  };
  for (FunctionBody &body : functions) {
    drop(body);
    for (auto &[types, instance] : body.instances)
      drop(*instance);
  }
  if (report.diagnostics.hasErrors())
    return nullptr;
  finishModule(*module);
  if (report.diagnostics.hasErrors())
    return nullptr;
  warnUnused();
  std::string said;
  ScopedDiagnosticHandler handler(context.context, [&](mlir::Diagnostic &diagnostic) {
    if (said.empty())
      said = diagnostic.str();
    return success();
  });
  if (failed(verify(*module))) {
    report.error({0, 0}, code::Internal, "the module of the graph is not well formed: " + said,
                 "please report this with the graph file");
    return nullptr;
  }
  return module;
}

OwningOpRef<ModuleOp> symc::importGraphText(std::string text, StringRef name, MLIRContext *context,
                                            const ImportOptions &options, Diagnostics &diagnostics) {
  const SourceText &source = diagnostics.ownSource(name.str(), std::move(text));
  std::unique_ptr<JsonDocument> document = readJson(source, diagnostics);
  if (!document)
    return nullptr;
  Reporter report(source, diagnostics);
  GraphDecl graph = readGraph(document->root, report, options.reserved);
  if (!document->root.is(JsonValue::Object))
    return nullptr;
  return GraphImporter(report, context, options, graph).import();
}
