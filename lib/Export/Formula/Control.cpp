//===- Control.cpp - Loops and branches as expressions --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The body of a loop is a function of the carries and rows that closes over all else; the loop is
// a call that is given the function. A branch is a choice between two expressions, or between two
// functions where one of the branches has definitions of its own, a loop for example: those have a
// value only where the branch is taken.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "dialects/sym/NodeNames.h"
#include "lib/Export/Formula/Reader.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace symc;
using namespace symc::formula;

static bool isTruth(Value v) { return getElementTypeOrSelf(v.getType()).isInteger(1); }

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

void ValueNames::addLocal(Operation *op) {
  for (Region &region : op->getRegions()) {
    std::string scope = scopeOf(region);
    llvm::MapVector<StringRef, Value> nodes; // of several ops of a node the last has its value
    for (Operation &inner : region.front().without_terminator()) {
      StringRef name = nodeName(inner.getLoc()), local = nameWithin(scope, name);
      if (local != name && inner.getNumResults() == 1 && !isControlFlow(&inner))
        nodes[local] = inner.getResult(0);
      addLocal(&inner);
    }
    for (auto &[name, value] : nodes)
      // y/sub is a part of the expression of y.
      if (StringRef owner = name.rsplit('/').first; owner == name || !nodes.count(owner))
        local[value] = name.str();
  }
}

/// What the argument is called in the file, where it has such a name.
static StringRef wantedName(BlockArgument argument) {
  std::string scope = scopeOf(*argument.getOwner()->getParent());
  return scope.empty() ? "" : nameWithin(scope, nodeName(argument.getLoc()));
}

std::string GraphReader::nameWanted(Value yielded) const {
  if (auto argument = dyn_cast<BlockArgument>(yielded))
    return wantedName(argument).str();
  return localName(yielded);
}

/// What has the name of the result where that is one of a loop or branch, as Formula.cpp makes it; else the result.
static Value namedResult(Value result) {
  for (Operation *user : result.getUsers())
    if (isa<sym::StopGradientOp>(user) && user->getLoc() == result.getLoc())
      return user->getResult(0);
  return result;
}
std::string GraphReader::graphName(Value v) const { return names.graph.lookup(namedResult(v)); }
std::string GraphReader::localName(Value v) const { return names.local.lookup(namedResult(v)); }

std::string GraphReader::argumentName(BlockArgument argument) {
  OpOperand *operand = operandOf(argument);
  std::string row = operand ? rowNames.lookup(operand->get()) : "";
  bool isRow = !row.empty() && operand->getOperandNumber() >= carryCount(operand->getOwner());
  return fresh(isRow ? StringRef(row) : wantedName(argument));
}

std::string GraphReader::nameResult(Value result, StringRef wanted) {
  std::string name = graphName(result), local = localName(result);
  if (name.empty())
    name = fresh(local.empty() ? wanted : StringRef(local));
  expressions[result] = algebra.ref(name, dimsOf(result), isTruth(result));
  return name;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

Ex GraphReader::passed(Value v) {
  Ex e = expressionOf(v);
  return e->truth && !isTruth(v) ? algebra.indicator(e) : e;
}

Ex GraphReader::passed(ValueRange values) {
  std::vector<Ex> operands;
  for (Value v : values)
    operands.push_back(passed(v));
  return algebra.tuple(std::move(operands));
}

void GraphReader::bindInvariants(Operation *loop) {
  OperandRange invariants = invariantsOf(loop);
  for (auto [i, value] : llvm::enumerate(invariants)) {
    Ex e = expressionOf(value);
    if (e->operations > kInlineOperations) {
      std::string name = fresh("");
      define({name}, e);
      expressions[value] = e = algebra.ref(name, dimsOf(value), e->truth);
    }
    for (Region &region : loop->getRegions())
      expressions[invariantArgument(region, invariants, i)] = e;
  }
}

void GraphReader::enterBody(Operation *op) {
  Scope scope{names.taken, {}};
  for (Value value : invariantsOf(op))
    addNames(expressionOf(value), scope.names);
  scopes.push_back(std::move(scope));
}

Ex GraphReader::defineFunction(Region &body, ArrayRef<BlockArgument> arguments, ArrayRef<Value> values) {
  Function function;
  enterBody(body.getParentOp());
  for (BlockArgument argument : arguments) {
    function.parameters.push_back(argumentName(argument));
    expressions[argument] = algebra.ref(function.parameters.back(), dimsOf(argument), isTruth(argument));
  }
  for (Operation &op : body.front().without_terminator())
    readOp(&op);
  function.value = passed(values);
  function.definitions = neededBy(function.value, std::move(scopes.back().definitions));
  scopes.pop_back();
  return defineFunction(body, std::move(function));
}

Ex GraphReader::defineFunction(Region &body, Function function) {
  // A function that two calls of another are given is one.
  for (const Definition &known : scopes.back().definitions)
    if (known.function && function.definitions.empty() && known.function->definitions.empty() &&
        known.function->value == function.value && known.function->parameters == function.parameters)
      return algebra.ref(known.names.front(), {});
  std::string scope = scopeOf(body), name = fresh(scope.empty() ? "body" : StringRef(scope).rsplit('/').second);
  scopes.back().definitions.push_back({{name}, nullptr, std::make_shared<const Function>(std::move(function))});
  return algebra.ref(name, {});
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

SmallVector<Value> GraphReader::yieldedBy(Operation *loop, Block &body) {
  unsigned carries = carryCount(loop);
  SmallVector<Value> values;
  for (auto [i, value] : llvm::enumerate(body.getTerminator()->getOperands()))
    if (i < carries || !llvm::is_contained(ArrayRef(values).drop_front(carries), value))
      values.push_back(value);
  return values;
}

std::vector<std::string> GraphReader::nameResults(Operation *loop, Block &body) {
  unsigned carries = carryCount(loop);
  std::vector<std::string> given;
  llvm::DenseMap<Value, Value> stacks; // by what is stacked
  for (auto [i, value] : llvm::enumerate(body.getTerminator()->getOperands())) {
    Value result = loop->getResult(i);
    if (i < carries) {
      given.push_back(result.use_empty() ? "" : nameResult(result, wantedName(body.getArgument(1 + i))));
      continue;
    }
    auto [known, isNew] = stacks.try_emplace(value, result);
    if (!isNew) {
      expressions[result] = expressions.at(known->second);
      rowNames[result] = rowNames.at(known->second);
      continue;
    }
    // Rows without a name are t1, t2, …, in stacks t1s, t2s, …
    std::string row = nameWanted(value);
    for (size_t number = 1; row.empty() || (number > 1 && isTaken(row + "s")); ++number)
      row = "t" + std::to_string(number);
    rowNames[result] = row;
    given.push_back(nameResult(result, row + "s"));
  }
  return given;
}

/// Whether all that a loop goes over has a row for each of its `count` iterations, and no more.
static bool rowsTellCount(sym::ScanOp scan) {
  return !scan.getXs().empty() && llvm::all_of(scan.getXs(), [&](Value x) {
    if (auto other = x.getDefiningOp<sym::ScanOp>())
      return other.getCount() == scan.getCount();
    auto loop = x.getDefiningOp<sym::WhileOp>();
    return loop && loop.getCount() == scan.getCount();
  });
}

void GraphReader::readScan(sym::ScanOp scan) {
  Block &body = scan.getBody().front();
  bindInvariants(scan);
  std::vector<Ex> operands{nullptr, passed(scan.getInits()), passed(scan.getXs())};
  if (scan.getCount() && !rowsTellCount(scan))
    operands.push_back(expressionOf(scan.getCount()));
  else if (scan.getXs().empty())
    operands.push_back(algebra.size(scan.getTripCount()));
  SmallVector<BlockArgument> arguments(scan.getCarryArguments());
  llvm::append_range(arguments, scan.getElementArguments());
  operands.front() = defineFunction(scan.getBody(), arguments, yieldedBy(scan, body));
  std::vector<Argument> attributes;
  if (scan.getReverse())
    attributes.push_back({"reverse", "True"});
  define(nameResults(scan, body), algebra.call("scan", std::move(operands), std::move(attributes), {}));
}

void GraphReader::readWhile(sym::WhileOp loop) {
  Block &body = loop.getBody().front();
  unsigned carries = loop.getCarryCount();
  bindInvariants(loop);
  Ex inits = passed(loop.getInits());
  auto carried = [&](Region &region) { return SmallVector<BlockArgument>(region.getArguments().slice(1, carries)); };
  Ex condition = defineFunction(loop.getCondition(), carried(loop.getCondition()),
                                loop.getCondition().front().getTerminator()->getOperand(0));
  Ex function = defineFunction(loop.getBody(), carried(loop.getBody()), yieldedBy(loop, body));
  std::vector<std::string> results = nameResults(loop, body);
  std::vector<Argument> attributes;
  if (loop.getMaxIterations())
    attributes.push_back({"max_iterations", std::to_string(*loop.getMaxIterations())});
  bool isCounted = llvm::any_of(loop.getCount().getUsers(), [&](Operation *user) {
    auto scan = dyn_cast<sym::ScanOp>(user);
    return !scan || scan.getCount() != loop.getCount() || !rowsTellCount(scan);
  });
  if (isCounted) {
    results.push_back(nameResult(loop.getCount(), "count"));
    attributes.push_back({"count", "True"});
  }
  define(std::move(results), algebra.call("while_loop", {condition, function, inits}, std::move(attributes), {}));
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

void GraphReader::readCond(sym::CondOp cond) {
  Ex condition = expressionOf(cond.getPredicate());
  std::array<Function, 2> branches;
  std::array<SmallVector<Ex>, 2> values; // by branch and result
  for (auto [number, region] : llvm::enumerate(cond->getRegions())) {
    // Of another choice by the same condition, as the derivative reads, this one knows the outcome.
    for (auto [argument, input] : llvm::zip_equal(region.getArguments(), cond.getInputs()))
      expressions[argument] = algebra.given(expressionOf(input), condition, number == 0);
    enterBody(cond);
    for (Operation &op : region.front().without_terminator())
      readOp(&op);
    for (Value value : region.front().getTerminator()->getOperands())
      values[number].push_back(passed(value));
    branches[number].value = algebra.tuple({values[number].begin(), values[number].end()});
    branches[number].definitions = neededBy(branches[number].value, std::move(scopes.back().definitions));
    scopes.pop_back();
  }
  if (branches[0].definitions.empty() && branches[1].definitions.empty()) {
    for (auto [result, a, b] : llvm::zip_equal(cond.getOuts(), values[0], values[1]))
      settle(result, algebra.choose(condition, a, b, dimsOf(result)));
    return;
  }
  Ex taken = defineFunction(cond.getTrueBranch(), std::move(branches[0]));
  Ex other = defineFunction(cond.getFalseBranch(), std::move(branches[1]));
  std::vector<std::string> results;
  for (auto [result, value] :
       llvm::zip_equal(cond.getOuts(), cond.getTrueBranch().front().getTerminator()->getOperands()))
    results.push_back(nameResult(result, nameWanted(value)));
  define(std::move(results), algebra.call("cond", {condition, taken, other}, {}, {}));
}
