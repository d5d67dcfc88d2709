//===- LoopProducts.cpp - Products out of loops ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A loop of small products runs at the speed of its memory: each reads a weight again, or adds to its gradient. One
// product over all iterations does not.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Contraction.h"
#include "lib/Autodiff/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace symc {
#define GEN_PASS_DEF_LOOPPRODUCTSPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;
using namespace symc::sym;

namespace {
class LoopProducts {
public:
  explicit LoopProducts(ScanOp scan) : scan(scan), body(scan.getBody().front()), before(scan), after(scan) {
    after.setInsertionPointAfter(scan);
  }

  void run() {
    for (MatmulOp product : llvm::make_early_inc_range(body.getOps<MatmulOp>()))
      if (isOfMatrices(product) && elementBehind(product.getA()) && isInvariant(product.getB()))
        multiplyRow(product);
    for (unsigned i = 0; i < scan.getCarryCount(); ++i)
      if (Value added = addedTo(i); added && isSummand(added))
        sums.push_back({i, added});
    collectStacks();
    for (auto [i, row] : llvm::enumerate(scan.getYield()->getOperands()))
      if (auto product = row.getDefiningOp<MatmulOp>(); product && i >= scan.getCarryCount() && isOfMatrices(product) &&
                                                        isStacked(product.getA()) && isInvariant(product.getB()))
        stackedProducts.push_back({unsigned(i), product});
    if (!moreXs.empty() || !sums.empty() || !stackedProducts.empty()) {
      rebuild();
      for (auto [carry, added] : sums)
        addUp(cast<OpResult>(scan.getResult(carry)), added);
      for (auto [result, product] : stackedProducts)
        multiplyStack(cast<OpResult>(scan.getResult(result)), product);
    }
    for (MatmulOp product : llvm::make_early_inc_range(body.getOps<MatmulOp>()))
      if (isOfMatrices(product) && product.getTransposeB() && isInvariant(product.getB()))
        turnOnce(product);
  }

private:
  /// What an iteration adds to a carry that nothing else reads.
  struct Sum {
    unsigned carry;
    Value added;
  };
  /// A product that is a row of a result.
  struct StackedProduct {
    unsigned result;
    MatmulOp product;
  };

  ScanOp scan;
  Block &body;
  OpBuilder before, after; // the loop
  SmallVector<Sum> sums;
  SmallVector<StackedProduct> stackedProducts;
  SmallVector<Value> moreXs;     // operands of the loop; their rows have arguments behind those of its own
  SmallVector<Value> moreStacks; // values of the body
  DenseMap<Value, Value> turned; // invariants, arguments of the body

  Block::BlockArgListType elements() {
    return body.getArguments().slice(1 + scan.getInits().size(), scan.getXs().size() + moreXs.size());
  }
  bool isInvariant(Value v) {
    return llvm::is_contained(body.getArguments().take_back(scan.getInvariants().size()), v);
  }
  Value invariantBehind(Value argument) {
    return scan.getInvariants()[scan.getInvariants().size() - body.getNumArguments() +
                                cast<BlockArgument>(argument).getArgNumber()];
  }
  static Value withoutReshape(Value v) {
    while (auto reshape = v.getDefiningOp<ReshapeOp>())
      v = reshape.getX();
    return v;
  }
  /// The scanned row that a value has the elements of.
  Value elementBehind(Value v) {
    v = withoutReshape(v);
    return llvm::is_contained(elements(), v) ? v : Value();
  }
  /// What is scanned in these rows.
  Value scanned(Value element) {
    unsigned number = cast<BlockArgument>(element).getArgNumber() - 1 - scan.getInits().size();
    return number < scan.getXs().size() ? scan.getXs()[number] : moreXs[number - scan.getXs().size()];
  }
  /// The result in which the elements of the value are stacked.
  std::optional<unsigned> stackNumber(Value v) {
    for (auto [i, yielded] : llvm::enumerate(scan.getBody().front().getTerminator()->getOperands()))
      if (i >= scan.getInits().size() && withoutReshape(yielded) == withoutReshape(v))
        return i;
    return std::nullopt;
  }
  bool isStacked(Value v) { return stackNumber(v) || llvm::is_contained(moreStacks, v); }

  static bool isOfMatrices(MatmulOp product) {
    return rankOf(product.getA()) == 2 && rankOf(product.getB()) == 2 && !product.getTransposeA();
  }

  /// What is added to the carry in each iteration, null where it is used in another way.
  Value addedTo(unsigned carry) {
    BlockArgument argument = scan.getCarryArguments()[carry];
    auto add = scan.getYield()->getOperand(carry).getDefiningOp<AddOp>();
    if (!add || !argument.hasOneUse() || !add->hasOneUse() || scan.getCount())
      return {};
    for (unsigned i : {0, 1})
      if (add->getOperand(i) == argument)
        return add->getOperand(1 - i);
    return {};
  }

  /// Whether the sum of the value over all iterations is one op on stacks: a product of two matrices that change, or a
  /// sum over what is stacked in any case.
  bool isSummand(Value v) {
    Operation *op = v.getDefiningOp();
    if (!op || !v.hasOneUse())
      return false;
    if (isa<AddOp>(op))
      return isSummand(op->getOperand(0)) && isSummand(op->getOperand(1));
    if (auto product = dyn_cast<MatmulOp>(op))
      return rankOf(product.getA()) == 2 && rankOf(product.getB()) == 2 && !isInvariant(product.getA()) &&
             !isInvariant(product.getB());
    if (auto sum = dyn_cast<SumOp>(op))
      return elementBehind(sum.getX()) || stackNumber(sum.getX());
    return false;
  }

  /// What the sums need stacks of.
  void collectStacks() {
    SmallVector<Value> left;
    for (const Sum &sum : sums)
      left.push_back(sum.added);
    while (!left.empty()) {
      Operation *op = left.pop_back_val().getDefiningOp();
      if (isa<AddOp>(op))
        left.append({op->getOperand(1), op->getOperand(0)});
      else if (auto product = dyn_cast<MatmulOp>(op))
        for (Value factor : {product.getA(), product.getB()})
          if (!elementBehind(factor) && !isStacked(factor))
            moreStacks.push_back(factor);
    }
  }

  /// `x`, which has a row for each iteration, with the sizes of `row` behind that axis.
  Value withRows(OpBuilder &b, Value x, Value row) {
    Dims dims = dimsOf(row);
    dims.insert(dims.begin(), scan.getTripCount());
    return symc::reshape(b, row.getLoc(), x, dims);
  }
  /// The first two axes of x in one.
  static Value merged(OpBuilder &b, Location loc, Value x) {
    Dims dims = dimsOf(x);
    dims[1] = dims[0] * dims[1];
    return symc::reshape(b, loc, x, ArrayRef(dims).drop_front());
  }
  /// All rows of `product`, whose left factors are `rows`.
  Value multiplied(OpBuilder &b, Value rows, MatmulOp product) {
    Value all = multiply(b, product.getLoc(), merged(b, product.getLoc(), rows), invariantBehind(product.getB()), false,
                         product.getTransposeB());
    return withRows(b, all, product);
  }

  /// The product of a scanned row becomes a row of the product of all.
  void multiplyRow(MatmulOp product) {
    Value rows = withRows(before, scanned(elementBehind(product.getA())), product.getA());
    Value all = multiplied(before, rows, product);
    unsigned place = 1 + scan.getCarryCount() + scan.getXs().size() + moreXs.size();
    product.replaceAllUsesWith(Value(body.insertArgument(place, product.getType(), product.getLoc())));
    product.erase();
    moreXs.push_back(all);
  }

  /// The loop with what is scanned and stacked beyond. What its carries and results were is handed on or left unused.
  void rebuild() {
    Operation *yield = body.getTerminator();
    SmallVector<Value> xs(scan.getXs()), yielded(yield->getOperands());
    SmallVector<Type> types(scan.getOuts().getTypes());
    llvm::append_range(xs, moreXs);
    for (const Sum &sum : sums)
      yielded[sum.carry] = scan.getCarryArguments()[sum.carry];
    for (Value value : moreStacks) {
      yielded.push_back(value);
      types.push_back(stackedType(scan.getTripCount(), value.getType()));
    }
    yield->setOperands(yielded);
    auto fresh = ScanOp::create(before, scan.getLoc(), types, scan.getTripsAttr(), scan.getReverseAttr(),
                                scan.getInits(), xs, scan.getCount(), scan.getInvariants(), scan.getRecomputeAttr());
    for (auto [old, value] : llvm::zip(scan.getResults(), fresh.getResults()))
      old.replaceAllUsesWith(value);
    fresh.getBody().takeBody(scan.getBody());
    scan.erase();
    scan = fresh;
    moreXs.clear();
  }

  /// All rows of a value that is scanned or stacked.
  Value stackOf(Value v) {
    Value element = elementBehind(v);
    return withRows(after, element ? scanned(element) : Value(scan.getResult(*stackNumber(v))), v);
  }
  /// A factor of all products, with the axis that is summed over in front.
  Value factorOf(Value v, bool summedFirst) {
    Value stack = stackOf(v);
    if (!summedFirst)
      stack = TransposeOp::create(after, v.getLoc(), stack, after.getDenseI64ArrayAttr({0, 2, 1}));
    return merged(after, v.getLoc(), stack);
  }

  /// The sum of a summand over all iterations.
  Value total(Value v) {
    Operation *op = v.getDefiningOp();
    Location loc = op->getLoc();
    if (isa<AddOp>(op)) {
      Value x = total(op->getOperand(0)), y = total(op->getOperand(1));
      return AddOp::create(after, loc, x, y);
    }
    if (auto product = dyn_cast<MatmulOp>(op)) {
      Value a = factorOf(product.getA(), product.getTransposeA());
      return multiply(after, loc, a, factorOf(product.getB(), !product.getTransposeB()), /*tx=*/true);
    }
    auto sum = cast<SumOp>(op);
    SmallVector<int64_t> axes{0};
    for (int64_t axis : sum.getReducedAxes())
      axes.push_back(axis + 1);
    return reshapeLike(after, loc, sumOver(after, loc, stackOf(sum.getX()), axes, false), v.getType());
  }

  void addUp(OpResult carry, Value added) {
    Value all = total(added), init = scan.getInits()[carry.getResultNumber()];
    if (splatValue(init) != 0.0)
      all = AddOp::create(after, added.getLoc(), init, all);
    carry.replaceAllUsesWith(all);
  }
  /// Kernels turn a factor whose rows run along what is summed; one that is the same in all iterations is turned in
  /// front of the loop. A narrow product reads such rows as they are.
  void turnOnce(MatmulOp product) {
    constexpr int64_t kNarrow = 16;
    if (std::optional<int64_t> columns = constantValue(dimOf(product.getType(), 1)); !columns || *columns <= kNarrow)
      return;
    Value factor = invariantBehind(product.getB()), &once = turned[factor];
    if (!once) {
      before.setInsertionPoint(scan);
      Value all = TransposeOp::create(before, product.getLoc(), factor, before.getDenseI64ArrayAttr({1, 0}));
      addInvariant(scan, all);
      once = body.getArguments().back();
    }
    OpBuilder b(product);
    product.replaceAllUsesWith(multiply(b, product.getLoc(), product.getA(), once));
    product.erase();
  }
  void multiplyStack(OpResult result, MatmulOp product) {
    result.replaceAllUsesWith(multiplied(after, stackOf(product.getA()), product));
  }
};

struct Pass : symc::impl::LoopProductsPassBase<Pass> {
  void runOnOperation() override {
    SmallVector<ScanOp> loops;
    getOperation().walk([&](ScanOp scan) { loops.push_back(scan); });
    for (ScanOp scan : loops)
      if (!scan.getRecompute()) // which is there so that no stack is
        LoopProducts(scan).run();
  }
};
} // namespace
