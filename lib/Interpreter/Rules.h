//===- Rules.h - How ops are evaluated ----------------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A rule is the definition of an op: a function of the op and of the Scope that has its
// operands. The families of ops, a file each, put their rules into one table.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_LIB_INTERPRETER_RULES_H
#define SYMC_LIB_INTERPRETER_RULES_H

#include "dialects/sym/SymOps.h"
#include "lib/Interpreter/Interpreter.h"
#include "llvm/ADT/DenseMap.h"
#include <random>

namespace symc::interpreter {

using Results = llvm::SmallVector<Array, 1>;

/// Which random numbers ops draw that stand in a loop or a called function.
struct Draws {
  uint64_t seed;
  /// How far the seeds of neighbouring iterations of the next loop are apart: another power of it for loops in loops.
  uint64_t stride = weyl;
  /// The call, and those around it, whose copy of the function has streams of its own; empty: none.
  std::string call;

  Draws inIteration(int64_t i) const { return {seed + static_cast<uint64_t>(i) * stride, stride * weyl, call}; }
  Draws inCall(llvm::StringRef node) const {
    return {seed, stride, call.empty() || node.empty() ? call + node.str() : call + "/" + node.str()};
  }

private:
  static constexpr uint64_t weyl = 0x9E3779B97F4A7C15; // of the golden ratio
};

/// A sum of reals, the sum of their absolute values, and the sum as one addition after another makes it. Compensated,
/// since it stands beside sums in f64 (A. Neumaier, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
/// Summen, ZAMM 54, 1974).
struct Sum {
  double exact = 0, magnitude = 0;
  void add(double term);
  void add(double x, double y) { add(x * y); }
  /// In f64 for f64, else in f32, in which narrower types are added up.
  double inTurn(mlir::Type element) const { return element.isF64() ? high : narrow; }

private:
  double high = 0, low = 0;
  float narrow = 0;
};

/// What a rule sees: values of operands, sizes, and where it says that the call fails.
class Scope {
public:
  Scope(const Options &options, const Rules &rules, std::mt19937_64 &random, std::string &error, Draws draws)
      : options(options), draws(std::move(draws)), rules(rules), random(random), error(error) {}

  const Array &operator[](mlir::Value value) const { return values.find(value)->second; }
  void bind(mlir::Value value, Array array) { values[value] = std::move(array); }
  void forget(mlir::Value value) { values.erase(value); }

  int64_t size(Dim dim) const;
  Sizes sizes(llvm::ArrayRef<Dim> dims) const;
  Sizes sizes(mlir::Type tensor) const;
  /// Zeros, with the type of the value.
  Array zeros(mlir::Value like) const { return Array(elementOf(like), sizes(like.getType())); }

  /// Of several messages the first counts.
  void fail(std::string message) {
    if (error.empty())
      error = std::move(message);
  }
  bool failed() const { return !error.empty(); }

  /// A number that is computed in `element`: exact, but where values are perturbed, by a rounding of that magnitude.
  double sum(double exact, double magnitude, mlir::Type element);
  /// A sum of terms: perturbed, one made in turn, since equal terms round alike and roundings at random do not tell how
  /// far off their sum may be.
  double sum(const Sum &sum, mlir::Type element);
  /// With roundings of its own where values are perturbed: of an operand that is given twice, say.
  Array rounded(Array array);
  /// Evaluates what the terminator of the block reads in a scope of its own.
  Results evaluate(mlir::Block &block, llvm::ArrayRef<Array> arguments) { return evaluate(block, arguments, draws); }
  Results evaluate(mlir::Block &block, llvm::ArrayRef<Array> arguments, Draws drawsInside);

  const Options &options;
  const Draws draws;

private:
  const Rules &rules;
  std::mt19937_64 &random;
  std::string &error;
  llvm::DenseMap<mlir::Value, Array> values;

  static mlir::Type elementOf(mlir::Value tensor) {
    return llvm::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
  }
  friend class Evaluation;
};

/// Whether an op's results are among the numbers that it is given, or integers: then a compiled one is the same to the
/// bit, and nothing is perturbed.
enum class Computes { Rounded, Exactly };

class Rules {
public:
  using Rule = std::function<Results(mlir::Operation *, Scope &)>;
  struct Entry {
    Rule rule;
    Computes computes;
  };

  /// All families.
  static const Rules &get();

  /// `rule` is a function of (Op, Scope &) that gives an Array, or Results.
  template <class Op, class F> void add(F rule, Computes computes = Computes::Rounded) {
    entries[mlir::TypeID::get<Op>()] = {
        [rule](mlir::Operation *op, Scope &scope) {
          Results results;
          if constexpr (std::is_same_v<decltype(rule(llvm::cast<Op>(op), scope)), Array>)
            results.push_back(rule(llvm::cast<Op>(op), scope));
          else
            results = rule(llvm::cast<Op>(op), scope);
          return results;
        },
        computes};
  }
  /// What copies or chooses elements.
  template <class Op> void addExact(Array (*rule)(Op, Scope &)) { add<Op>(rule, Computes::Exactly); }
  bool knows(mlir::OperationName name) const { return entries.count(name.getTypeID()); }
  /// Null where the op is not known.
  const Entry *find(mlir::Operation *op) const {
    auto found = entries.find(op->getName().getTypeID());
    return found == entries.end() ? nullptr : &found->second;
  }

private:
  llvm::DenseMap<mlir::TypeID, Entry> entries;
};

/// A sum of integers, which wraps.
struct WideSum {
  Wide exact = 0;
  void add(Wide term) { exact += term; }
  void add(Wide x, Wide y) { exact = wrappedSum(exact, x, y); }

private:
  static Wide wrappedSum(Wide sum, Wide x, Wide y);
};

/// A sum of elements, or of products of two, of arrays of reals or of integers.
class Total {
public:
  void add(const Array &x, int64_t i) {
    if (x.isReal())
      real.add(x.reals[i]);
    else
      wide.add(x.integer(i));
  }
  void add(const Array &x, int64_t i, const Array &y, int64_t j) {
    if (x.isReal())
      real.add(x.reals[i], y.reals[j]);
    else
      wide.add(x.integer(i), y.integer(j));
  }
  void put(Scope &s, Array &out, int64_t i) const {
    if (out.isReal())
      out.set(i, s.sum(real, out.element));
    else
      out.set(i, wide.exact);
  }
  /// One for each element.
  static void putAll(Scope &s, Array &out, llvm::ArrayRef<Total> totals) {
    for (auto [i, total] : llvm::enumerate(totals))
      total.put(s, out, static_cast<int64_t>(i));
  }

private:
  Sum real;
  WideSum wide;
};

// The families.
void addControlRules(Rules &rules);
void addElementwiseRules(Rules &rules);
void addActivationRules(Rules &rules);
void addReductionRules(Rules &rules);
void addMoveRules(Rules &rules);
void addIndexingRules(Rules &rules);
void addSelectionRules(Rules &rules);
void addProductRules(Rules &rules);
void addConvolutionRules(Rules &rules);
void addWindowRules(Rules &rules);
void addImageRules(Rules &rules);
void addNormalizationRules(Rules &rules);
void addLossRules(Rules &rules);
void addLinearAlgebraRules(Rules &rules);
void addRandomRules(Rules &rules);
void addRecurrentRules(Rules &rules);

//===----------------------------------------------------------------------===//
// What families share
//===----------------------------------------------------------------------===//

double sigmoid(double x);
double softplus(double x);
/// The activation of one number that an attribute names.
double activate(std::optional<llvm::StringRef> name, double x);
/// An axis counted from the front.
inline int64_t fromFront(int64_t axis, int64_t rank) { return axis < 0 ? axis + rank : axis; }
/// Which axes a list names; all without one.
llvm::BitVector axesOf(std::optional<llvm::ArrayRef<int64_t>> axes, int64_t rank);

/// The array with these axes, for each place of the others: `body` is given the numbers of the elements of a slice, in
/// row-major order, and the number of the slice.
void forEachSlice(const Array &x, const llvm::BitVector &axes,
                  llvm::function_ref<void(llvm::ArrayRef<int64_t> elements, int64_t slice)> body);

/// The logarithm of the sum of the exponentials of a slice.
double logSumExp(Scope &s, const Array &x, llvm::ArrayRef<int64_t> elements);

/// softmax over the slices of these axes, or its logarithm, in place.
void normalizeExponentials(Scope &s, Array &x, const llvm::BitVector &axes, bool logarithm);

/// An array of elements of x: `source` gives the number of each, -1 for a 0.
Array taken(const Array &x, Sizes sizes, llvm::function_ref<int64_t(Place)> source);
Array transposed(const Array &x, llvm::ArrayRef<int64_t> axes);
/// As NumPy broadcasts.
Array broadcast(const Array &x, llvm::ArrayRef<int64_t> sizes);
/// An image in NHWC, whatever its layout, and back.
Array imageToNHWC(const Array &x, sym::Layout layout);
Array imageFromNHWC(const Array &x, sym::Layout layout);
/// A number of an attribute, in the element type of the array.
void setNumber(Array &out, int64_t i, mlir::TypedAttr number);
/// The entry of an axis in a list that may have one for all.
inline int64_t entryOf(llvm::ArrayRef<int64_t> list, size_t axis) { return list.size() == 1 ? list[0] : list[axis]; }
/// How much padding there is before an axis of a window: half of what "same" needs, the odd pixel being at the end.
int64_t paddingBefore(sym::PaddingAttr padding, size_t axis, int64_t in, int64_t out, int64_t stride, int64_t extent);
/// An index that may count from the end; fails where it is out of range.
int64_t checkedIndex(Scope &scope, const Array &indices, int64_t i, int64_t size, bool fromEnd = true);

} // namespace symc::interpreter
#endif
