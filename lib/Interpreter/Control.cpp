//===- Control.cpp - Functions, loops and branches ------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Roles.h"
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

namespace {
/// What a loop carries and stacks from one iteration to the next.
class Loop {
public:
  template <class Op> Loop(Op op, Scope &s) : s(s), carries(values(s, op.getInits())), count(carries.size()) {
    for (Value out : op.getOuts().drop_front(count))
      stacks.push_back(s.zeros(out));
  }

  /// The arguments of a body: the number of the iteration, the carries, its own elements, the invariants.
  Results arguments(Operation *op, int64_t i, Results elements, ValueRange invariants) const {
    Results all{iterationNumber(op, i)};
    llvm::append_range(all, carries);
    llvm::append_range(all, elements);
    llvm::append_range(all, values(s, invariants));
    return all;
  }
  /// Runs iteration i; not to be gone on with where that fails.
  bool step(Block &body, int64_t i, ArrayRef<Array> arguments) {
    Results next = s.evaluate(body, arguments, s.draws.inIteration(i));
    if (s.failed())
      return false;
    for (auto [stack, row] : llvm::zip_equal(stacks, ArrayRef(next).drop_front(count)))
      setRow(stack, i, row);
    next.truncate(count);
    carries = std::move(next);
    return true;
  }
  Results results() const {
    Results all = carries;
    llvm::append_range(all, stacks);
    return all;
  }

private:
  Scope &s;
  Results carries, stacks;
  size_t count;
};
} // namespace

static Results evaluateScan(sym::ScanOp op, Scope &s) {
  Loop loop(op, s);
  int64_t trips = s.size(op.getTripCount());
  if (op.getCount())
    trips = std::min(trips, static_cast<int64_t>(s[op.getCount()].integer(0)));
  for (int64_t k = 0; k < trips; ++k) {
    int64_t i = op.getReverse() ? trips - 1 - k : k;
    Results rows = llvm::map_to_vector<1>(op.getXs(), [&](Value x) { return rowOf(s[x], i); });
    if (!loop.step(op.getBody().front(), i, loop.arguments(op, i, rows, op.getInvariants())))
      return {};
  }
  return loop.results();
}

static Results evaluateWhile(sym::WhileOp op, Scope &s) {
  constexpr int64_t most = 1'000'000; // of a loop without a bound
  Loop loop(op, s);
  int64_t i = 0;
  for (; !op.getMaxIterations() || i < static_cast<int64_t>(*op.getMaxIterations()); ++i) {
    Results arguments = loop.arguments(op, i, {}, op.getInvariants());
    Results goesOn = s.evaluate(op.getCondition().front(), arguments, s.draws.inIteration(i));
    if (s.failed())
      return {};
    if (goesOn[0].integers[0] == 0)
      break;
    if (i == most) {
      s.fail("a loop goes on after " + std::to_string(most) + " iterations");
      return {};
    }
    if (!loop.step(op.getBody().front(), i, arguments))
      return {};
  }
  Results results = loop.results();
  results.push_back(s.zeros(op.getCount()));
  results.back().set(0, i);
  return results;
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
        auto node = op->getAttrOfType<StringAttr>(kNodeAttr); // none in a module that was written by hand
        return s.evaluate(callee.getBody().front(), values(s, op.getOperands()),
                          s.draws.inCall(node ? node.getValue() : ""));
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
