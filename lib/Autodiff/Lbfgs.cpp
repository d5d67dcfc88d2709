//===- Lbfgs.cpp - Limited-memory BFGS ------------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The two-loop recursion of Nocedal (1980) over the last `history` pairs, without a line
// search: w += s with s = -lr H g. A pair is s and y = g' - g with the gradient g' behind it.
// Inner products run over all parameters together, in f64 from one parameter's sum on. Row
// history - 1 of the stacks is the newest pair; a row that has none yet has ρ = 0 and adds nothing.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Build.h"
#include "lib/Autodiff/Optimizers.h"

using namespace mlir;
using namespace symc;

namespace {

/// A scalar in the sizes and element type of `like`, built where `like` is.
Tensor spreadLike(Tensor scalar, Tensor like) {
  Tensor converted = convert(like.with(scalar.value), elementOf(like.value));
  return like.with(broadcastLike(like.b, like.loc, converted.value, like.value.getType()));
}

/// The sum over i of Σ a[i] b[i], as f64.
Tensor dot(ArrayRef<Tensor> as, ArrayRef<Tensor> bs) {
  std::optional<Tensor> total;
  for (auto [x, y] : llvm::zip_equal(as, bs)) {
    auto axes = llvm::to_vector(llvm::seq<int64_t>(cast<RankedTensorType>(x.value.getType()).getRank()));
    Tensor sum = x.with(sumOver(x.b, x.loc, (x * y).value, axes, false));
    Tensor wide = convert(sum, x.b.getF64Type());
    total.emplace(total ? *total + wide : wide);
  }
  return *total;
}

class Lbfgs : public Optimizer {
public:
  // As a double the largest integer is none any more; what is too large is an error of the state's types.
  explicit Lbfgs(const MethodOptions &o) : history(static_cast<int64_t>(std::min(o.number("history"), 0x1p62))) {}

  std::vector<Tensor> step(UpdateScope &s, const StepScalar &rate, ArrayRef<TrainedParameter> parameters) override {
    if (parameters.empty())
      return {};
    remember(s, parameters);
    std::vector<Tensor> next;
    for (auto [p, before, direction] : llvm::zip_equal(parameters, moves, directions(s, parameters))) {
      Tensor move = -times(s, rate, direction);
      s.update(before, move);
      next.push_back(p.w + move);
    }
    return next;
  }

private:
  int64_t history;
  std::vector<Tensor> moves;         // of the last update, by parameter
  std::vector<Tensor> ss, ys;        // stacks of pairs, by parameter
  std::optional<Tensor> rhos, gamma; // 1 / yᵀs by pair; sᵀy / yᵀy of the newest

  /// Puts the pair of the last update on the stacks, unless it shows no positive curvature.
  void remember(UpdateScope &s, ArrayRef<TrainedParameter> parameters) {
    std::vector<Tensor> changes;
    for (const TrainedParameter &p : parameters) {
      Type type = p.w.value.getType();
      moves.push_back(s.state(("lbfgs/move/" + p.name).str(), type));
      Tensor before = s.state(("lbfgs/g/" + p.name).str(), type);
      s.update(before, p.g);
      changes.push_back(p.g - before);
    }
    Tensor curvature = dot(changes, moves), square = dot(changes, changes);
    Tensor accepted = bitAnd(bitAnd(curvature > 0.0, square > 0.0), s.updatesDone() > 0.0);
    for (auto [p, move, change] : llvm::zip_equal(parameters, moves, changes)) {
      ss.push_back(pushed(s, ("lbfgs/s/" + p.name).str(), move, accepted));
      ys.push_back(pushed(s, ("lbfgs/y/" + p.name).str(), change, accepted));
    }
    rhos.emplace(pushed(s, "lbfgs/rho", 1.0 / curvature, accepted));
    Tensor before = s.state("lbfgs/gamma", curvature.value.getType(), 1);
    gamma.emplace(where(accepted, curvature / square, before));
    s.update(before, *gamma);
  }

  /// A stack whose rows move up by one, with `row` as the newest, if that is accepted.
  Tensor pushed(UpdateScope &s, const std::string &slot, Tensor row, Tensor accepted) const {
    OpBuilder &b = s.b;
    Type type = stackedType(constantDim(b.getContext(), history), row.value.getType());
    Tensor before = s.state(slot, type);
    Tensor moved =
        before.with(sym::RotateOp::create(b, s.loc, before.value, b.getI64IntegerAttr(-1), b.getI64IntegerAttr(0)));
    auto shape = sym::DimsAttr::get(b.getContext(), dimsOf(before.value));
    Tensor number =
        before.with(sym::IotaOp::create(b, s.loc, shape, b.getI64IntegerAttr(0), TypeAttr::get(b.getI64Type())));
    Tensor newest = equal(number, static_cast<double>(history - 1));
    Tensor rows = before.with(broadcastLike(b, s.loc, row.value, type));
    Tensor condition = before.with(broadcastLike(b, s.loc, accepted.value, type));
    Tensor next = where(condition, where(newest, rows, moved), before);
    s.update(before, next);
    return next;
  }

  using Row = function_ref<std::vector<Tensor>(ArrayRef<Tensor> carries, ArrayRef<Tensor> ss, ArrayRef<Tensor> ys,
                                               ArrayRef<Tensor> scalars)>;

  /// A loop over the pairs. `body` gives the next carries, then scalars, which are stacked.
  std::vector<Tensor> loop(UpdateScope &s, bool fromNewest, ArrayRef<Tensor> carries, ArrayRef<Tensor> scalars,
                           unsigned stacks, Row body) const {
    MLIRContext *context = s.b.getContext();
    auto valuesOf = [](ArrayRef<Tensor> tensors) {
      return llvm::to_vector(llvm::map_range(tensors, [](const Tensor &t) { return t.value; }));
    };
    Dim trips = constantDim(context, history);
    SmallVector<Value> inits = valuesOf(carries), xs = valuesOf(ss);
    llvm::append_range(xs, valuesOf(ys));
    llvm::append_range(xs, valuesOf(scalars));
    SmallVector<Type> types(ValueRange(inits).getTypes());
    types.append(stacks, stackedType(trips, RankedTensorType::get({}, s.b.getF64Type())));
    auto scan =
        sym::ScanOp::create(s.b, s.loc, types, sym::DimsAttr::get(context, trips), s.b.getBoolAttr(fromNewest), inits,
                            xs, /*count=*/Value(), /*invariants=*/ValueRange(), /*recompute=*/UnitAttr());
    Block &block = scan.getBody().emplaceBlock();
    block.addArgument(RankedTensorType::get({}, s.b.getI64Type()), s.loc);
    OpBuilder b = OpBuilder::atBlockEnd(&block);
    std::vector<Tensor> arguments;
    for (Type type : ValueRange(inits).getTypes())
      arguments.push_back({b, s.loc, block.addArgument(type, s.loc)});
    for (Type type : ValueRange(xs).getTypes())
      arguments.push_back({b, s.loc, block.addArgument(rowType(type), s.loc)});
    ArrayRef<Tensor> rest(arguments);
    auto take = [&](size_t count) {
      ArrayRef<Tensor> front = rest.take_front(count);
      rest = rest.drop_front(count);
      return front;
    };
    ArrayRef<Tensor> values = take(carries.size()), s1 = take(ss.size()), y1 = take(ys.size());
    sym::YieldOp::create(b, s.loc, valuesOf(body(values, s1, y1, rest)));
    std::vector<Tensor> results;
    for (Value result : scan.getOuts())
      results.push_back({s.b, s.loc, result});
    return results;
  }

  /// H g by parameter.
  std::vector<Tensor> directions(UpdateScope &s, ArrayRef<TrainedParameter> parameters) const {
    auto plus = [](ArrayRef<Tensor> xs, Tensor factor, ArrayRef<Tensor> ds) {
      std::vector<Tensor> sums;
      for (auto [x, d] : llvm::zip_equal(xs, ds))
        sums.push_back(x + spreadLike(factor, x) * d);
      return sums;
    };
    std::vector<Tensor> q;
    for (const TrainedParameter &p : parameters)
      q.push_back(p.g);
    // α = ρ sᵀq; q -= α y
    std::vector<Tensor> first = loop(s, /*fromNewest=*/true, q, *rhos, 1, [&](auto q, auto s, auto y, auto scalars) {
      Tensor alpha = scalars[0] * dot(s, q);
      std::vector<Tensor> next = plus(q, -alpha, y);
      next.push_back(alpha);
      return next;
    });
    Tensor alphas = first.back();
    first.pop_back();
    for (Tensor &r : first)
      r.value = (spreadLike(*gamma, r) * r).value;
    // β = ρ yᵀr; r += (α - β) s
    Tensor scalars[] = {*rhos, alphas};
    return loop(s, /*fromNewest=*/false, first, scalars, 0,
                [&](auto r, auto s, auto y, auto scalars) { return plus(r, scalars[1] - scalars[0] * dot(y, r), s); });
  }
};
} // namespace

std::unique_ptr<Optimizer> symc::createLbfgs(const MethodOptions &options) { return std::make_unique<Lbfgs>(options); }
