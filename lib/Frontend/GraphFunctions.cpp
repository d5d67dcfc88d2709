//===- GraphFunctions.cpp - The functions of a file and their uses --------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A function becomes a block of its own. What it reads of the graph, parameters and constants, and the parameters that
// its layers make are arguments of the block behind its inputs: whoever uses the function, a call or a loop, in the
// graph or in another function, gives them.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/DependencyOrder.h"
#include "lib/Frontend/GraphImporter.h"
#include "lib/Support/Suggest.h"

using namespace mlir;
using namespace symc;

constexpr size_t inlineLimit = 1000000;

//===----------------------------------------------------------------------===//
// Bodies
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
  for (Operation &op : *body.block)
    op.walk([&](Operation *) { ++body.operations; });
  body.bad = decl.bad || report.diagnostics.errorCount() != before ||
             llvm::any_of(body.results, [](Value value) { return !value; });
}

/// Callees first, so that a use copies a finished body. A body without types waits for a use that gives it some: those
/// alone recur, which `functionDepthLimit` bounds.
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

//===----------------------------------------------------------------------===//
// Which body a use means
//===----------------------------------------------------------------------===//

FunctionBody *GraphImporter::findFunction(std::string_view name, TextRange range) {
  if (isFunction(name))
    return &functions[symbols[names[ref(name)]].index];
  Suggestion nearest(name);
  for (const FunctionDecl &decl : graph.functions)
    nearest.consider(decl.name.text);
  reportUnknown(report, range, code::UnknownFunction, "unknown function " + quoted(name), nearest.best());
  return nullptr;
}

bool GraphImporter::checkInputs(const FunctionBody &function, MutableArrayRef<Operand> operands, const OpPlace &place,
                                std::string hint) {
  const FunctionDecl &decl = *function.decl;
  if (operands.size() != decl.inputs.size()) {
    report.error(place.op, code::OperandCount,
                 "the function " + quoted(decl.name.text) + " takes " + std::to_string(decl.inputs.size()) +
                     (decl.inputs.size() == 1 ? " input, not " : " inputs, not ") + std::to_string(operands.size()),
                 {std::move(hint), "", {report.note(decl.name.range, "the function is here")}});
    return false;
  }
  if (function.bad)
    return false; // reported in the function
  bool good = true;
  for (auto [input, operand] : llvm::zip_equal(decl.inputs, operands)) {
    if (operand.value)
      continue;
    if (decl.typed) {
      operand.value = operand.build(mlirType(context.context, input.type->element));
    } else {
      report.error(operand.range, code::ExprLiteralOnly,
                   "the element type of " + quoted(operand.text) + " is unknown: the function " +
                       quoted(decl.name.text) + " takes its types from the call",
                   "cast(" + printable(operand.text, 20) + ", 'f32') gives it one");
      return false;
    }
    good &= bool(operand.value);
  }
  return good;
}

/// The body of the function for inputs of these types; null after reporting.
FunctionBody *GraphImporter::bodyFor(FunctionBody &function, ArrayRef<FunctionInput> inputs, const OpPlace &place) {
  const FunctionDecl &decl = *function.decl;
  if (!decl.typed)
    return instanceFor(function, inputs, place);
  bool good = true;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    auto wanted = cast<RankedTensorType>(function.block->getArgument(i).getType());
    if (input.type == wanted)
      continue;
    bool element = cast<RankedTensorType>(input.type).getElementType() != wanted.getElementType();
    report.error(place.inExpression ? input.range : place.op, element ? code::ElementTypeMismatch : code::ShapeMismatch,
                 "the input " + quoted(decl.inputs[i].name.text) + " of the function " + quoted(decl.name.text) +
                     " is " + printType(wanted) + ", not " + printType(input.type) + input.said,
                 {"", "", {report.note(decl.inputs[i].name.range, "the input is here")}});
    good = false;
  }
  return good ? &function : nullptr;
}

/// The same of a function whose types come from its uses.
FunctionBody *GraphImporter::instanceFor(FunctionBody &function, ArrayRef<FunctionInput> inputs, const OpPlace &place) {
  SmallVector<Type> types;
  for (const FunctionInput &input : inputs)
    types.push_back(input.type);
  for (auto &[known, instance] : function.instances)
    if (known == types)
      return instance->bad ? nullptr : instance.get();
  if (report.within.size() >= functionDepthLimit) {
    report.error(place.op, code::InlineLimit,
                 "calls of functions without types nest deeper than " + std::to_string(functionDepthLimit) + " levels",
                 "with the types of its inputs a function is built once, whoever calls it");
    function.bad = true;
    return nullptr;
  }
  auto instance = std::make_unique<FunctionBody>();
  instance->decl = function.decl;
  std::string given;
  for (Type type : types)
    given += (given.empty() ? "" : ", ") + printType(type);
  report.within.push_back(report.note(place.op, "called here" + (given.empty() ? "" : " with " + given)));
  buildFunction(*instance, types);
  report.within.pop_back();
  context.inlined += instance->operations;
  function.bad |= instance->bad; // reported once
  function.instances.emplace_back(std::move(types), std::move(instance));
  FunctionBody *body = function.instances.back().second.get();
  return body->bad ? nullptr : body;
}

//===----------------------------------------------------------------------===//
// Uses
//===----------------------------------------------------------------------===//

/// A value of the graph where an op is being built: in a function it is one of its needs.
Value GraphImporter::visible(Value outer) {
  if (!building || !outer)
    return outer;
  BlockArgument &argument = building->seen[outer];
  if (!argument) {
    argument = building->block->addArgument(outer.getType(), outer.getLoc());
    building->needs.push_back({outer, {}});
  }
  return argument;
}

/// Values for the body's needs; parameters that it makes are named in `scope`. False after reporting.
bool GraphImporter::supply(const FunctionBody &body, const std::string &scope, const OpPlace &place,
                           SmallVectorImpl<Value> &values) {
  for (const FunctionBody::Need &need : body.needs) {
    values.push_back(need.outer ? visible(need.outer)
                                : addMade(scope + "/" + need.made.name, need.made, place.nodeRange));
    if (!values.back())
      return false;
  }
  return true;
}

/// Counts a copy of the body, which stands `depth` loops and branches deep; false after reporting that it is too much.
bool GraphImporter::countCopy(const FunctionBody &body, unsigned depth, const OpPlace &place) {
  context.inlined += body.operations;
  if (context.inlined > inlineLimit) {
    report.error(place.op, code::InlineLimit,
                 "the calls of functions expand to more than " + std::to_string(inlineLimit) + " operations");
    return false;
  }
  if (body.depth + depth > functionDepthLimit) {
    report.error(place.op, code::InlineLimit,
                 "loops and branches nest deeper than " + std::to_string(functionDepthLimit) + " levels");
    return false;
  }
  if (building)
    building->depth = std::max(building->depth, body.depth + depth);
  return true;
}

/// Copies the operations of the body to where the builder stands, named in `scope`; the results.
SmallVector<Value> GraphImporter::copyBody(const FunctionBody &body, IRMapping &mapping, const std::string &scope,
                                           TextRange holder) {
  auto inScope = [&](Location loc) -> Location {
    auto named = dyn_cast<NameLoc>(loc);
    std::string name = scope + "/" + (named ? named.getName().str() : "");
    return NameLoc::get(builder.getStringAttr(name), named ? named.getChildLoc() : loc);
  };
  for (Operation &op : *body.block)
    builder.clone(op, mapping)->walk([&](Operation *copy) {
      copy->setLoc(inScope(copy->getLoc()));
      for (Region &region : copy->getRegions())
        for (BlockArgument argument : region.getArguments())
          argument.setLoc(inScope(argument.getLoc()));
      if (!building)
        generatedName(cast<NameLoc>(copy->getLoc()).getName(), holder);
    });
  SmallVector<Value> results;
  for (Value result : body.results)
    results.push_back(mapping.lookup(result));
  return results;
}

SmallVector<Value> GraphImporter::callFunction(std::string_view name, MutableArrayRef<Operand> operands,
                                               const OpPlace &place) {
  FunctionBody *function = findFunction(name, place.op);
  if (!function || !checkInputs(*function, operands, place))
    return {};
  SmallVector<FunctionInput> inputs;
  for (const Operand &operand : operands)
    inputs.push_back({operand.value.getType(), operand.range, ""});
  FunctionBody *body = bodyFor(*function, inputs, place);
  if (!body || !countCopy(*body, 0, place))
    return {};
  SmallVector<Value> given;
  for (const Operand &operand : operands)
    given.push_back(operand.value);
  if (!supply(*body, place.name, place, given))
    return {};
  IRMapping mapping;
  mapping.map(body->block->getArguments(), given);
  return copyBody(*body, mapping, place.name, place.nodeRange);
}
