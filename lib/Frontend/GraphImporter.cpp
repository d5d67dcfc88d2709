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
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace symc;

constexpr size_t inlineLimit = 1000000;

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
    return {building->block ? building->block->getArgument(reference.index) : Value(), {}};
  case Reference::Global:
    break;
  }
  const Symbol &symbol = symbols[reference.index];
  if (symbol.kind == Symbol::Dim)
    return {{}, context.dims.lookup(ref(name)).size};
  return {symbol.value, {}};
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
  view.call = [&](std::string_view function, ArrayRef<Operand> operands, const OpPlace &place) {
    return callFunction(function, operands, place);
  };
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
    bool bad = false;
    for (auto [i, input] : llvm::enumerate(node.inputs)) {
      Operand operand;
      if (i < node.operands.size()) {
        operand.name = node.operands[i].text;
        operand.nameRange = node.operands[i].range;
      }
      operand.value = resolve(scope, input->string(), input->range).value;
      operand.bad = !operand.value;
      operand.range = input->range;
      bad |= operand.bad;
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
    if (node.op->string() == "call") {
      const AttributeArgument *function = nullptr;
      bool misspelt = false;
      for (const AttributeArgument &argument : attributes) {
        if (argument.name == "function")
          function = &argument;
        else {
          std::string nearest = suggest(argument.name, std::vector<std::string_view>{"function"});
          misspelt |= !nearest.empty();
          reportUnknown(report, argument.nameRange, code::UnknownAttribute,
                        "'call' has no attribute " + quoted(argument.name), nearest);
        }
      }
      if (!function) {
        if (!misspelt)
          report.error(place.op, code::MissingAttribute, "'call' lacks the attribute 'function'");
      } else if (function->value.kind != Literal::String)
        report.error(function->value.range, code::AttributeKind, "attribute 'function' of 'call' must be a string");
      else if (!isFunction(function->value.text)) {
        Suggestion nearest(function->value.text);
        for (const FunctionDecl &decl : graph.functions)
          nearest.consider(decl.name.text);
        reportUnknown(report, function->value.range, code::UnknownFunction,
                      "unknown function " + quoted(function->value.text), nearest.best());
      } else if (!bad)
        values = callFunction(function->value.text, operands, place);
    } else {
      std::string_view name = node.op->string();
      if (isFunction(name) && !findOpSchema(ref(name))) {
        report.error(node.op->range, code::UnknownOp, quoted(name) + " is a function, not an op",
                     "write \"op\": \"call\" with \"attrs\": { \"function\": " + jsonQuoted(name) + " }");
      } else if (const OpSchema *schema = maker.find(name, node.op->range)) {
        if (maker.arrange(*schema, operands, place))
          values = maker.make(*schema, operands, attributes, place);
      }
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
// Functions
//===----------------------------------------------------------------------===//

void GraphImporter::buildFunction(FunctionBody &body, ArrayRef<Type> types) {
  const FunctionDecl &decl = *body.decl;
  size_t before = report.diagnostics.errorCount();
  Scope scope;
  scope.nodes = &decl.nodes;
  scope.function = &decl;
  body.block = std::make_unique<Block>();
  bool typed = true;
  llvm::StringMap<TextRange> declared;
  auto declare = [&](const DeclaredName &name, uint32_t node, uint32_t index) {
    auto [first, isNew] = declared.try_emplace(ref(name.text), name.range);
    auto global = names.find(ref(name.text));
    bool taken = global != names.end() && symbols[global->second].kind != Symbol::Node &&
                 symbols[global->second].kind != Symbol::Input;
    if (!isNew || taken) {
      report.error(
          name.range, code::DuplicateName, "the name " + quoted(name.text) + " is defined twice",
          {"", "", {report.note(isNew ? symbols[global->second].range : first->second, "first defined here")}});
      return;
    }
    scope.local[ref(name.text)] = {node, index};
  };
  for (auto [i, input] : llvm::enumerate(decl.inputs)) {
    declare(input.name, Scope::inputNode, i);
    typed &= input.type.has_value() || !decl.typed;
    if (input.type)
      for (const DimText &dim : input.type->dims)
        typed &= !dim.symbolic || bool(context.dimension(dim.name, dim.range));
  }
  for (size_t i = 0; i < decl.nodes.size(); ++i)
    for (size_t r = 0; r < decl.nodes[i].names.size(); ++r)
      declare(decl.nodes[i].names[r], i, r);
  if (!typed) { // without its inputs nothing of it can be built
    body.bad = true;
    return;
  }
  for (auto [i, input] : llvm::enumerate(decl.inputs))
    body.block->addArgument(decl.typed ? context.tensorType(*input.type) : types[i],
                            context.location(input.name.range, ref(input.name.text)));
  FunctionBody *caller = building;
  bool callerLayerSeen = layerSeen;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(body.block.get());
  building = &body;
  buildNodes(scope);
  for (const JsonValue *output : decl.outputs) {
    Reference reference = lookup(scope, output->string());
    std::vector<uint32_t> dependencies;
    bool isName = reference.kind != Reference::None;
    bool good = isName ? refer(scope, output->string(), output->range, dependencies, false, false)
                       : referExpression(scope, *output, dependencies);
    if (!good)
      continue;
    Value value;
    if (isName)
      value = resolve(scope, output->string(), output->range).value;
    else if (SmallVector<Value> values = buildText(scope, *output, "out", output->range); values.size() == 1)
      value = values[0];
    body.results.push_back(value);
  }
  building = caller;
  layerSeen = callerLayerSeen;
  body.operations = std::distance(body.block->begin(), body.block->end());
  body.bad = decl.bad || report.diagnostics.errorCount() != before ||
             llvm::any_of(body.results, [](Value value) { return !value; });
}

/// Callees first, so that inlining copies finished bodies. A body without types waits for a call that gives it some:
/// those alone recur, which `functionDepthLimit` bounds.
void GraphImporter::buildFunctions() {
  std::vector<std::vector<uint32_t>> calls(graph.functions.size());
  functions.resize(graph.functions.size());
  for (size_t i = 0; i < graph.functions.size(); ++i) {
    functions[i].decl = &graph.functions[i];
    calledFunctions(graph.functions[i], calls[i]);
  }
  DependencyOrder order = orderByDependencies(calls);
  for (const std::vector<uint32_t> &cycle : order.cycles) {
    std::string path;
    for (uint32_t function : cycle)
      path += printable(graph.functions[function].name.text) + " → ";
    path += printable(graph.functions[cycle[0]].name.text);
    report.error(graph.functions[cycle[0]].name.range, code::RecursiveFunction,
                 "the function " + quoted(graph.functions[cycle[0]].name.text) + " calls itself: " + path);
  }
  for (uint32_t i : order.order)
    if (!order.inCycle[i] && graph.functions[i].typed)
      buildFunction(functions[i]);
    else if (!order.inCycle[i])
      functions[i].bad = graph.functions[i].bad;
}

/// The body of a function whose types come from this call; null after reporting.
FunctionBody *GraphImporter::instanceFor(FunctionBody &body, ArrayRef<Operand> operands, const OpPlace &place) {
  SmallVector<Type> types;
  for (const Operand &operand : operands) {
    if (!operand.value) {
      report.error(operand.range, code::ExprLiteralOnly,
                   "the element type of " + quoted(operand.text) + " is unknown: the function " +
                       quoted(body.decl->name.text) + " takes its types from the call",
                   "cast(" + printable(operand.text, 20) + ", 'f32') gives it one");
      return nullptr;
    }
    types.push_back(operand.value.getType());
  }
  for (auto &[known, instance] : body.instances)
    if (known == types)
      return instance.get();
  if (report.within.size() >= functionDepthLimit) {
    report.error(place.op, code::InlineLimit,
                 "calls of functions without types nest deeper than " + std::to_string(functionDepthLimit) + " levels",
                 "with the types of its inputs a function is built once, whoever calls it");
    body.bad = true;
    return nullptr;
  }
  auto instance = std::make_unique<FunctionBody>();
  instance->decl = body.decl;
  std::string given;
  for (Type type : types)
    given += (given.empty() ? "" : ", ") + printType(type);
  report.within.push_back(report.note(place.op, "called here" + (given.empty() ? "" : " with " + given)));
  buildFunction(*instance, types);
  report.within.pop_back();
  context.inlined += instance->operations;
  body.bad |= instance->bad; // reported once
  body.instances.emplace_back(std::move(types), std::move(instance));
  return body.instances.back().second.get();
}

SmallVector<Value> GraphImporter::callFunction(std::string_view name, ArrayRef<Operand> operands,
                                               const OpPlace &place) {
  if (!isFunction(name)) {
    Suggestion nearest(name);
    for (const FunctionDecl &decl : graph.functions)
      nearest.consider(decl.name.text);
    reportUnknown(report, place.op, code::UnknownFunction, "unknown function " + quoted(name), nearest.best());
    return {};
  }
  FunctionBody &function = functions[symbols[names[ref(name)]].index];
  const FunctionDecl &decl = *function.decl;
  if (operands.size() != decl.inputs.size()) {
    report.error(place.op, code::OperandCount,
                 "the function " + quoted(name) + " takes " + std::to_string(decl.inputs.size()) +
                     (decl.inputs.size() == 1 ? " input, not " : " inputs, not ") + std::to_string(operands.size()),
                 {"", "", {report.note(decl.name.range, "the function is here")}});
    return {};
  }
  if (function.bad)
    return {}; // reported in the function
  for (const Operand &operand : operands)
    if (!operand.name.empty()) {
      report.error(operand.nameRange, code::OperandCount, "the inputs of a function are given in their order",
                   "\"inputs\" of a call is a list");
      return {};
    }
  FunctionBody *made = decl.typed ? &function : instanceFor(function, operands, place);
  if (!made || made->bad)
    return {};
  FunctionBody &body = *made;
  IRMapping mapping;
  bool good = true;
  for (auto [i, operand] : llvm::enumerate(operands)) {
    RankedTensorType wanted = cast<RankedTensorType>(body.block->getArgument(i).getType());
    Value value = operand.value ? operand.value : operand.build(wanted.getElementType());
    if (value && value.getType() != wanted) {
      bool element = elementOf(value) != wanted.getElementType();
      report.error(place.inExpression ? operand.range : place.op,
                   element ? code::ElementTypeMismatch : code::ShapeMismatch,
                   "the input " + quoted(decl.inputs[i].name.text) + " of the function " + quoted(name) + " is " +
                       printType(wanted) + ", not " + printType(value.getType()),
                   {"", "", {report.note(decl.inputs[i].name.range, "the input is here")}});
      value = {};
    }
    good &= bool(value);
    if (value)
      mapping.map(body.block->getArgument(i), value);
  }
  if (!good)
    return {};
  context.inlined += body.operations;
  if (context.inlined > inlineLimit) {
    report.error(place.op, code::InlineLimit,
                 "the calls of functions expand to more than " + std::to_string(inlineLimit) + " operations");
    return {};
  }
  for (auto [i, made] : llvm::enumerate(body.made)) {
    Value value = addMade(place.name + "/" + made.name, made, place.nodeRange);
    if (!value)
      return {};
    mapping.map(body.block->getArgument(decl.inputs.size() + i), value);
  }
  for (Operation &op : *body.block) {
    Operation *copy = builder.clone(op, mapping);
    auto named = dyn_cast<NameLoc>(op.getLoc());
    std::string inner = place.name + "/" + (named ? named.getName().str() : op.getName().stripDialect().str());
    copy->setLoc(NameLoc::get(builder.getStringAttr(inner), named ? named.getChildLoc() : op.getLoc()));
    if (!building)
      generatedName(inner, place.nodeRange);
  }
  SmallVector<Value> results;
  for (Value result : body.results)
    results.push_back(mapping.lookupOrDefault(result));
  return results;
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
    slot.argument = building->block->addArgument(slot.type, loc);
    building->made.push_back(slot);
    return slot.argument;
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
  // The functions' bodies have been copied into their callers. Bodies may refer to values of the model, not the
  // other way round, and to each other not at all.
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
