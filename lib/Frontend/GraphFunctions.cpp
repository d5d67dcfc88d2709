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

#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Roles.h"
#include "lib/Frontend/DependencyOrder.h"
#include "lib/Frontend/GraphParts.h"
#include "lib/Support/Suggest.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace symc;

static constexpr size_t inlineLimit = 1000000;

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

/// Enters the names of a function in its scope. False where an input has no type, which is reported.
bool FunctionTable::declareLocals(Scope &scope) {
  const FunctionDecl &decl = *scope.function;
  bool typed = true;
  auto declare = [&](const DeclaredName &name, uint32_t node, uint32_t index) {
    auto [first, isNew] = scope.local.try_emplace(ref(name.text), Scope::Local{node, index, name.range});
    const Symbol *global = parts.names.find(name.text);
    bool taken = global && global->kind != Symbol::Node && global->kind != Symbol::Input;
    first->second.unresolved |= !isNew || taken;
    if (!isNew || taken)
      report.error(name.range, code::DuplicateName, "the name " + quoted(name.text) + " is defined twice",
                   {"", "", {report.note(isNew ? global->range : first->second.range, "first defined here")}});
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
  return typed;
}

/// `types`: those of the inputs where the function has none; without them only what does not depend on them is checked.
void FunctionTable::buildBody(FunctionBody &body, ArrayRef<Type> types) {
  const FunctionDecl &decl = *body.decl;
  size_t before = report.diagnostics.errorCount();
  Scope scope;
  scope.nodes = &decl.nodes;
  scope.function = &decl;
  body.own = std::make_unique<Block>();
  body.block = body.own.get();
  if (!declareLocals(scope)) { // without its inputs nothing of it can be built
    body.bad = true;
    return;
  }
  bool known = decl.typed || types.size() == decl.inputs.size();
  for (auto [i, input] : llvm::enumerate(decl.inputs))
    if (known)
      body.block->addArgument(decl.typed ? context.tensorType(*input.type) : types[i],
                              context.location(input.name.range, ref(input.name.text)));
    else
      scope.local[ref(input.name.text)].unresolved = true;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(body.block);
  llvm::SaveAndRestore caller(building, &body);
  auto callerNode = parts.nodes.interrupt();
  auto ownNames = parts.names.enter(scope);
  parts.nodes.build(scope);
  for (auto [i, output] : llvm::enumerate(decl.outputs)) {
    std::string holder = i ? "out_" + std::to_string(i) : "out";
    while (scope.local.contains(holder)) // the file has no say in this name
      holder += "_";
    body.results.push_back(parts.nodes.buildValue(scope, *output, holder, output->range));
  }
  parts.names.noteUnused(scope);
  for (Operation &op : *body.block)
    op.walk([&](Operation *inner) {
      auto call = dyn_cast<func::CallOp>(inner);
      body.operations += 1 + (call ? called.lookup(call.getCallee())->operations : 0);
    });
  body.bad = decl.bad || report.diagnostics.errorCount() != before ||
             llvm::any_of(body.results, [](Value value) { return !value; });
}

/// Callees first, so that a use copies a finished body. A body without types waits for a use that gives it some: those
/// alone recur, which `functionDepthLimit` bounds.
void FunctionTable::build() {
  std::vector<std::vector<uint32_t>> calls(graph.functions.size());
  functions.resize(graph.functions.size());
  for (size_t i = 0; i < graph.functions.size(); ++i) {
    functions[i].decl = &graph.functions[i];
    parts.names.collectCalls(graph.functions[i], calls[i]);
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
      buildBody(functions[i]);
    else if (!order.inCycle[i])
      functions[i].bad = graph.functions[i].bad;
}

//===----------------------------------------------------------------------===//
// Which body a use means
//===----------------------------------------------------------------------===//

FunctionBody *FunctionTable::find(std::string_view name, TextRange range) {
  if (parts.names.isFunction(name))
    return &functions[parts.names.find(name)->index];
  if (parts.names.isHiddenFunction(name))
    return nullptr;
  Suggestion nearest(name);
  if (report.hasRoom())
    for (const FunctionDecl &decl : graph.functions)
      nearest.consider(decl.name.text);
  reportUnknown(report, range, code::UnknownFunction, "unknown function " + quoted(name), nearest.best());
  return nullptr;
}

bool FunctionTable::checkInputs(const FunctionBody &function, MutableArrayRef<Operand> operands, const OpPlace &place,
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
FunctionBody *FunctionTable::bodyFor(FunctionBody &function, ArrayRef<FunctionInput> inputs, const OpPlace &place) {
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
FunctionBody *FunctionTable::instanceFor(FunctionBody &function, ArrayRef<FunctionInput> inputs, const OpPlace &place) {
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
  buildBody(*instance, types);
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
Value FunctionTable::visible(Value outer) {
  if (!building || !outer)
    return outer;
  BlockArgument &argument = building->seen[outer];
  if (!argument) {
    argument = building->block->addArgument(outer.getType(), outer.getLoc());
    building->needs.push_back({outer, {}});
  }
  return argument;
}

Value FunctionTable::addMade(const std::string &name, const ParameterSlot &like, TextRange range) {
  parts.names.takeGenerated(name, range);
  ParameterSlot slot = like;
  slot.name = name;
  slot.range = range;
  slot.order = parts.nodes.number();
  if (!building)
    return parts.parameters.make(std::move(slot));
  building->needs.push_back({{}, slot});
  return building->block->addArgument(slot.type, context.location(range, name));
}

/// Values for the body's needs; parameters that it makes are named in `scope`. False after reporting.
bool FunctionTable::supply(const FunctionBody &body, const std::string &scope, const OpPlace &place,
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
bool FunctionTable::countCopy(const FunctionBody &body, unsigned depth, const OpPlace &place) {
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

/// Takes the names that the operations of the body, and of the functions that it calls, have in this scope.
void FunctionTable::takeNames(const FunctionBody &body, std::string scope, TextRange holder) {
  SmallVector<std::pair<const FunctionBody *, std::string>> open;
  open.emplace_back(&body, std::move(scope));
  while (!open.empty()) {
    auto [next, prefix] = open.pop_back_val();
    for (Operation &op : *next->block)
      op.walk([&, &prefix = prefix](Operation *inner) {
        if (isa<func::ReturnOp>(inner))
          return;
        std::string name = prefix + "/" + nodeName(inner->getLoc()).str();
        parts.names.takeGenerated(name, holder);
        if (auto call = dyn_cast<func::CallOp>(inner))
          open.emplace_back(called.lookup(call.getCallee()), std::move(name));
      });
  }
}

/// Copies the operations of the body to where the builder stands, named in `scope`; the results.
SmallVector<Value> FunctionTable::copyBody(const FunctionBody &body, IRMapping &mapping, const std::string &scope,
                                           TextRange holder) {
  for (Operation &op : *body.block)
    if (!isa<func::ReturnOp>(op))
      nameInScope(builder.clone(op, mapping), scope);
  takeNames(body, scope, holder);
  SmallVector<Value> results;
  for (Value result : body.results)
    results.push_back(mapping.lookup(result));
  return results;
}

/// A private function of the module, behind those that it calls. It has the body's block from now on.
void FunctionTable::makeFunction(FunctionBody &body) {
  std::string first(body.decl->name.text), name = first;
  auto isTaken = [&](size_t number) {
    return name == parts.model.getSymName() || (number && parts.names.find(name)) ||
           !called.try_emplace(name, &body).second;
  };
  for (size_t number = 0; isTaken(number);)
    name = first + "_" + std::to_string(++number);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(parts.model->getBlock());
  Location loc = context.location(body.decl->name.range, name);
  body.function = func::FuncOp::create(
      builder, loc, name, builder.getFunctionType(body.block->getArgumentTypes(), ValueRange(body.results).getTypes()));
  body.function.setPrivate();
  builder.setInsertionPointToEnd(body.block);
  func::ReturnOp::create(builder, loc, body.results);
  body.function.getBody().push_back(body.own.release());
}

SmallVector<Value> FunctionTable::call(std::string_view name, MutableArrayRef<Operand> operands, const OpPlace &place) {
  FunctionBody *function = find(name, place.op);
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
  if (!body->function)
    makeFunction(*body);
  takeNames(*body, place.name, place.nodeRange);
  auto call = func::CallOp::create(builder, context.location(place.op, place.name), body->function, given);
  call->setAttr(kNodeAttr, builder.getStringAttr(place.name));
  return call.getResults();
}

void FunctionTable::finish() {
  // What nothing calls is checked as far as it goes without types.
  for (FunctionBody &function : functions)
    if (!function.decl->typed && function.instances.empty() && !function.bad)
      buildBody(function, {});
  auto drop = [](FunctionBody &body) {
    if (!body.own)
      return;
    body.own->dropAllReferences();
    body.own->dropAllDefinedValueUses();
    body.own.reset();
  };
  for (FunctionBody &body : functions) {
    drop(body);
    for (auto &[types, instance] : body.instances)
      drop(*instance);
  }
  llvm::DenseSet<Operation *> reached{parts.model};
  SmallVector<func::FuncOp> open{parts.model};
  while (!open.empty())
    open.pop_back_val().walk([&](func::CallOp call) {
      func::FuncOp function = called.lookup(call.getCallee())->function;
      if (reached.insert(function).second)
        open.push_back(function);
    });
  for (auto &entry : called)
    if (func::FuncOp function = entry.getValue()->function; !reached.contains(function))
      function.erase();
}
