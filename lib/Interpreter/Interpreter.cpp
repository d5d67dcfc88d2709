//===- Interpreter.cpp - Functions of sym, evaluated in f64 ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Interpreter/Interpreter.h"
#include "lib/Interpreter/Rules.h"
#include "llvm/ADT/MapVector.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

//===----------------------------------------------------------------------===//
// Rules and scopes
//===----------------------------------------------------------------------===//

const Rules &Rules::get() {
  static const Rules all = [] {
    Rules rules;
    for (auto add :
         {addControlRules, addElementwiseRules, addActivationRules, addReductionRules, addMoveRules, addIndexingRules,
          addSelectionRules, addProductRules, addConvolutionRules, addWindowRules, addImageRules, addNormalizationRules,
          addLossRules, addLinearAlgebraRules, addRandomRules, addRecurrentRules})
      add(rules);
    return rules;
  }();
  return all;
}

int64_t Scope::size(Dim dim) const {
  std::optional<int64_t> value = symc::evaluate(dim, [&](StringRef name) -> std::optional<int64_t> {
    auto found = options.dims.find(name);
    return found == options.dims.end() ? std::nullopt : std::optional(found->second);
  });
  assert(value && "a dimension without a value");
  return value.value_or(0);
}

Sizes Scope::sizes(ArrayRef<Dim> dims) const {
  return llvm::map_to_vector<4>(dims, [&](Dim dim) { return size(dim); });
}
Sizes Scope::sizes(Type tensor) const {
  Sizes result = sizes(dimsOf(tensor));
  for (int64_t &size : result)
    if (size < 0) {
      error = error.empty() ? "a size is negative" : error;
      size = 0;
    }
  return result;
}

/// A number from -1 to 1.
static double jitter(std::mt19937_64 &random) {
  return static_cast<double>(static_cast<int64_t>(random() >> 32) - (int64_t(1) << 31)) * 0x1p-31;
}

double Scope::sum(double exact, double magnitude, Type element) {
  if (!options.perturbation || !std::isfinite(magnitude))
    return exact;
  return exact + jitter(random) * epsilonOf(element) * magnitude;
}

double Scope::sum(const Sum &sum, Type element) {
  double inTurn = sum.inTurn(element);
  bool moved = options.perturbation && std::isfinite(inTurn);
  return this->sum(moved ? inTurn : sum.exact, sum.magnitude, element);
}

/// Moves values as roundings to their type may. What it cannot hold overflows, or becomes 0.
static void perturb(Array &array, std::mt19937_64 &random) {
  if (!array.isReal())
    return;
  double epsilon = epsilonOf(array.element) / 2, largest = largestOf(array.element);
  double normal = smallestNormalOf(array.element), tiny = normal * epsilon;
  for (double &value : array.reals) {
    if (std::abs(value) >= normal)
      value += value * epsilon * jitter(random);
    else
      value += tiny * jitter(random);
    if (std::abs(value) > largest)
      value = std::copysign(HUGE_VAL, value);
    else if (std::abs(value) < tiny)
      value = 0;
  }
}

Array Scope::rounded(Array array) {
  if (options.perturbation)
    perturb(array, random);
  return array;
}

void Sum::add(double term) {
  double next = high + term;
  if (std::isfinite(next))
    low += std::abs(high) >= std::abs(term) ? high - next + term : term - next + high;
  high = next;
  exact = std::isfinite(high) ? high + low : high;
  magnitude += std::abs(term);
  narrow += static_cast<float>(term);
}

Wide WideSum::wrappedSum(Wide sum, Wide x, Wide y) {
  // Modulo 2^64, which all element types divide.
  return static_cast<Wide>(static_cast<uint64_t>(sum) + static_cast<uint64_t>(x) * static_cast<uint64_t>(y));
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

namespace symc::interpreter {
/// Evaluates a block: the ops that are needed, in their order.
class Evaluation {
public:
  Evaluation(Scope &scope, const Rules &rules, std::mt19937_64 &random) : scope(scope), rules(rules), random(random) {}

  Results run(Block &block, ArrayRef<Array> arguments, const llvm::BitVector &wanted, bool observed,
              Operation **failed = nullptr) {
    for (auto [argument, value] : llvm::zip_equal(block.getArguments(), arguments))
      scope.bind(argument, value);
    Operation *terminator = block.getTerminator();
    llvm::DenseMap<Value, unsigned> uses = usesOf(block, wanted);
    for (Operation &op : block.without_terminator()) {
      if (llvm::none_of(op.getResults(), [&](Value result) { return uses.count(result); }))
        continue;
      step(op, observed);
      if (scope.failed()) {
        if (failed)
          *failed = &op;
        return {};
      }
      for (Value operand : op.getOperands())
        if (operand.getDefiningOp() && --uses[operand] == 0)
          scope.forget(operand);
    }
    Results results;
    for (auto [i, value] : llvm::enumerate(terminator->getOperands()))
      results.push_back(wanted.test(i) ? scope[value] : Array());
    return results;
  }

private:
  Scope &scope;
  const Rules &rules;
  std::mt19937_64 &random;

  /// How often each value of the block is read by what is needed.
  static llvm::DenseMap<Value, unsigned> usesOf(Block &block, const llvm::BitVector &wanted) {
    llvm::DenseMap<Value, unsigned> uses;
    for (auto [i, value] : llvm::enumerate(block.getTerminator()->getOperands()))
      if (wanted.test(i))
        ++uses[value];
    for (Operation &op : llvm::reverse(block.without_terminator()))
      if (llvm::any_of(op.getResults(), [&](Value result) { return uses.count(result); }))
        for (Value operand : op.getOperands())
          ++uses[operand];
    return uses;
  }

  /// The first op without a rule among this one, those of its bodies and of the functions that they call; null: none.
  Operation *undefinedIn(Operation &op) const {
    Operation *undefined = nullptr;
    op.walk<WalkOrder::PreOrder>([&](Operation *part) {
      if (!rules.find(part) && !part->hasTrait<OpTrait::IsTerminator>())
        undefined = part;
      auto call = dyn_cast<func::CallOp>(part);
      auto function = call ? SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr()) : nullptr;
      if (function)
        for (Operation &inner : function.getBody().front().without_terminator())
          if (!undefined)
            undefined = undefinedIn(inner);
      return undefined ? WalkResult::interrupt() : WalkResult::advance();
    });
    return undefined;
  }

  void step(Operation &op, bool observed) {
    const Rules::Entry *entry = rules.find(&op);
    if (!entry)
      return stepWithoutRule(op, op, observed);
    if (observed && (op.getNumRegions() || isa<func::CallOp>(op)))
      if (Operation *undefined = undefinedIn(op))
        return stepWithoutRule(op, *undefined, observed);
    bool perturbs = scope.options.perturbation && entry->computes == Computes::Rounded;
    llvm::SmallMapVector<Value, Array, 4> exact;
    if (perturbs)
      for (Value operand : op.getOperands())
        if (exact.insert({operand, scope[operand]}).second)
          perturb(scope.values[operand], random);
    Results results = entry->rule(&op, scope);
    for (auto &[operand, value] : exact)
      scope.values[operand] = std::move(value);
    if (scope.failed())
      return;
    if (perturbs)
      for (Array &result : results)
        perturb(result, random);
    if (observed && scope.options.observe)
      scope.options.observe(&op, results);
    for (auto [value, result] : llvm::zip_equal(op.getResults(), results))
      scope.bind(value, std::move(result));
  }

  /// The derivative of `grad`, say, is defined by those of all ops: who observes may know it, or what the loop gives
  /// that has it in its body.
  void stepWithoutRule(Operation &op, Operation &undefined, bool observed) {
    Results results;
    if (observed && scope.options.observe)
      scope.options.observe(&op, results);
    if (results.size() != op.getNumResults())
      return scope.fail("the reference has no definition of '" + undefined.getName().stripDialect().str() + "'");
    for (auto [value, result] : llvm::zip_equal(op.getResults(), results))
      scope.bind(value, std::move(result));
  }
};
} // namespace symc::interpreter

Results Scope::evaluate(Block &block, ArrayRef<Array> arguments, Draws drawsInside) {
  Scope inner(options, rules, random, error, std::move(drawsInside));
  return Evaluation(inner, rules, random)
      .run(block, arguments, llvm::BitVector(block.getTerminator()->getNumOperands(), true), /*observed=*/false);
}

/// Outside of all loops and called functions.
static Draws outermost(const Options &options) {
  Draws draws{};
  draws.seed = static_cast<uint64_t>(options.seed);
  return draws;
}

Interpreter::Interpreter(Options options) : options(std::move(options)), rules(Rules::get()) {}
Interpreter::~Interpreter() = default;

Outcome Interpreter::evaluate(func::FuncOp function, ArrayRef<Array> arguments, const llvm::BitVector &wanted) {
  Outcome outcome;
  std::mt19937_64 random(options.perturbation);
  Scope scope(options, rules, random, outcome.error, outermost(options));
  llvm::BitVector all(function.getNumResults(), true);
  outcome.results = Evaluation(scope, rules, random)
                        .run(function.getBody().front(), arguments, wanted.empty() ? all : wanted, /*observed=*/true,
                             &outcome.failed);
  return outcome;
}

Array Interpreter::constant(Operation *op) const {
  std::string error;
  std::mt19937_64 random;
  Scope scope(options, rules, random, error, outermost(options));
  const Rules::Entry *entry = rules.find(op);
  assert(entry && op->hasTrait<OpTrait::ConstantLike>() && "an op with operands");
  return entry->rule(op, scope)[0];
}
