//===- Control.cpp - Functions, loops and branches ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Rules.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

static Array iterationNumber(Operation *op, int64_t i) {
  Array number(IntegerType::get(op->getContext(), 64), {});
  number.set(0, i);
  return number;
}

static Array rowOf(const Array &x, int64_t row) {
  Array result(x.element, Sizes(ArrayRef(x.sizes).drop_front()));
  int64_t count = result.count();
  for (int64_t i = 0; i < count; ++i)
    result.copy(i, x, row * count + i);
  return result;
}

static void setRow(Array &x, int64_t row, const Array &value) {
  int64_t count = value.count();
  for (int64_t i = 0; i < count; ++i)
    x.copy(row * count + i, value, i);
}

static Results values(Scope &s, ValueRange range) {
  return llvm::map_to_vector<1>(range, [&](Value value) { return s[value]; });
}

static Results evaluateScan(sym::ScanOp op, Scope &s) {
  Results carries = values(s, op.getInits()), stacks;
  size_t count = carries.size();
  for (Value out : op.getOuts().drop_front(count))
    stacks.push_back(s.zeros(out));
  int64_t trips = s.size(op.getTripCount());
  if (op.getCount())
    trips = std::min(trips, static_cast<int64_t>(s[op.getCount()].integer(0)));
  for (int64_t k = 0; k < trips && !s.failed(); ++k) {
    int64_t i = op.getReverse() ? trips - 1 - k : k;
    Results arguments{iterationNumber(op, i)};
    llvm::append_range(arguments, carries);
    for (Value x : op.getXs())
      arguments.push_back(rowOf(s[x], i));
    llvm::append_range(arguments, values(s, op.getInvariants()));
    Results next = s.evaluate(op.getBody().front(), arguments);
    if (s.failed())
      return {};
    for (size_t stack = 0; stack < stacks.size(); ++stack)
      setRow(stacks[stack], i, next[count + stack]);
    next.truncate(count);
    carries = std::move(next);
  }
  llvm::append_range(carries, stacks);
  return carries;
}

static Results evaluateWhile(sym::WhileOp op, Scope &s) {
  Results carries = values(s, op.getInits()), stacks;
  size_t count = carries.size();
  for (Value out : op.getOuts().drop_front(count))
    stacks.push_back(s.zeros(out));
  constexpr int64_t most = 1'000'000; // of a loop without a bound
  int64_t i = 0;
  for (; !op.getMaxIterations() || i < static_cast<int64_t>(*op.getMaxIterations()); ++i) {
    Results arguments{iterationNumber(op, i)};
    llvm::append_range(arguments, carries);
    llvm::append_range(arguments, values(s, op.getInvariants()));
    Results goesOn = s.evaluate(op.getCondition().front(), arguments);
    if (s.failed())
      return {};
    if (goesOn[0].integers[0] == 0)
      break;
    if (i == most) {
      s.fail("a loop goes on after " + std::to_string(most) + " iterations");
      return {};
    }
    Results next = s.evaluate(op.getBody().front(), arguments);
    if (s.failed())
      return {};
    for (size_t stack = 0; stack < stacks.size(); ++stack)
      setRow(stacks[stack], i, next[count + stack]);
    next.truncate(count);
    carries = std::move(next);
  }
  llvm::append_range(carries, stacks);
  Array iterations = s.zeros(op.getCount());
  iterations.set(0, i);
  carries.push_back(std::move(iterations));
  return carries;
}

void interpreter::addControlRules(Rules &rules) {
  rules.add<sym::ScanOp>(evaluateScan, Computes::Exactly);
  rules.add<sym::WhileOp>(evaluateWhile, Computes::Exactly);
  rules.add<sym::CondOp>(
      [](sym::CondOp op, Scope &s) {
        Region &branch = s[op.getPredicate()].integers[0] ? op.getTrueBranch() : op.getFalseBranch();
        return s.evaluate(branch.front(), values(s, op.getInputs()));
      },
      Computes::Exactly);
  rules.add<sym::FusedOp>(
      [](sym::FusedOp op, Scope &s) { return s.evaluate(op.getBody().front(), values(s, op.getInputs())); },
      Computes::Exactly);
  rules.add<func::CallOp>(
      [](func::CallOp op, Scope &s) {
        auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, op.getCalleeAttr());
        return s.evaluate(callee.getBody().front(), values(s, op.getOperands()));
      },
      Computes::Exactly);
  rules.add<sym::UndefinedOp>([](sym::UndefinedOp op, Scope &s) { return s.zeros(op.getOut()); }, Computes::Exactly);
  rules.add<sym::AfterOp>([](sym::AfterOp op, Scope &s) { return s[op.getX()]; }, Computes::Exactly);
  // Shows nothing here.
  rules.add<sym::PrintOp>([](sym::PrintOp op, Scope &s) { return s[op.getX()]; }, Computes::Exactly);
  rules.add<sym::AssertOp>(
      [](sym::AssertOp op, Scope &s) {
        const Array &condition = s[op.getCondition()];
        if (llvm::is_contained(condition.integers, 0))
          s.fail("assertion failed: " + op.getMessage().str());
        return s[op.getX()];
      },
      Computes::Exactly);
}
