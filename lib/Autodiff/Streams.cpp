//===- Streams.cpp - Functions that take one step at a time ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The function of all steps, for one step: time is of size 1, a loop over time is its body, a
// window looks back at what is kept of the steps before. What is kept is state, which begins
// anew when the model is reset.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/Expr.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Shape.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/Passes.h"
#include "lib/Autodiff/StreamAxes.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/IRMapping.h"

namespace symc {
#define GEN_PASS_DEF_STREAMSPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;
using namespace symc::sym;

namespace {
class StreamFunction {
public:
  StreamFunction(func::FuncOp function, StringRef time)
      : function(function), b(function.getContext()), axes(function.getContext(), time) {}

  LogicalResult run() {
    eraseDeadOps(function);
    fixBounded();
    Block &block = function.front();
    if (llvm::none_of(block.getArguments(), [&](BlockArgument x) { return axes.mentions(x.getType()); }))
      return emitError(block.getTerminator()->getOperand(0).getLoc(), "S0712: no input of '")
             << function.getName() << "' has the dimension '" << axes.getTime().getName()
             << "' of its stream; a size that --dim gives is none";
    if (failed(axes.analyze(block)))
      return failure();
    for (Operation &op : block)
      if (changes(&op))
        changed.push_back(&op);
    // Before types change: what each value was.
    results = resultsOf(function);
    for (const FunctionResult &result : results)
      if (!isOneStep(result.value))
        return emitError(result.value.getLoc(), "S0712: a result of '")
               << function.getName() << "' has more than one step of '" << axes.getTime().getName()
               << "': " << printType(result.value.getType());
    fixTime();
    dropFromArguments();
    for (Operation *op : changed)
      if (failed(rewrite(op)))
        return failure();
    dropFromResults();
    if (counter) {
      Tensor steps = atEnd(counter);
      results.push_back({(steps + 1.0).value, updateOf(counter)});
    }
    setResults(function, results);
    return success();
  }

private:
  func::FuncOp function;
  OpBuilder b;
  StreamAxes axes;
  SmallVector<Operation *> changed;
  SmallVector<FunctionResult> results;
  BlockArgument counter; // of the steps before this one; null where nothing asks

  /// Whether the value has no axis of time, or one that is nothing else.
  bool isOneStep(Value v) {
    StreamAxis axis = axes.of(v);
    if (axis.kind == StreamAxis::Frames)
      return axis.lead == 0 && dimOf(v.getType(), axis.axis) == axes.getTime();
    return axis.kind != StreamAxis::Spread;
  }

  /// Whether the op is another one when there is one step.
  bool changes(Operation *op) {
    if (auto scan = dyn_cast<ScanOp>(op))
      return scan.getTripCount() == axes.getTime();
    if (op->getNumResults() != 1)
      return false;
    StreamAxis axis = axes.of(op->getResult(0));
    if (axis.kind != StreamAxis::Frames)
      return false;
    if (auto iota = dyn_cast<IotaOp>(op))
      return iota.getAxis() == int64_t(axis.axis);
    if (auto place = dyn_cast<PlaceOp>(op))
      return constantValue(place.getOffsets().getExprs()[axis.axis]) != 0;
    if (auto convolution = dyn_cast<ConvolutionOp>(op))
      return axis.axis != 0 && constantValue(convolution.getPadding().getExprs()[2 * (axis.axis - 1)]) != 0;
    return false;
  }

  /// What has one size in the file, `"min": 1, "max": 1`, is that number: states have known sizes.
  void fixBounded() {
    auto bounds = function->getParentOfType<ModuleOp>()->getAttrOfType<ArrayAttr>(kBoundsAttr);
    if (!bounds)
      return;
    for (auto bound : bounds.getAsRange<DimBoundAttr>())
      if (bound.getMin() == bound.getMax() && bound.getName() != axes.getTime().getName())
        fix(bound.getName(), bound.getMin());
  }

  /// One step.
  void fixTime() { fix(axes.getTime().getName(), 1); }

  /// Gives a dimension its value in all types, and in the sizes that ops have for attributes.
  void fix(StringRef name, int64_t value) {
    auto fixed = [&](ArrayRef<Dim> sizes) {
      return llvm::map_to_vector<4>(sizes, [&](Dim size) { return withValue(size, name, value); });
    };
    AttrTypeReplacer replacer;
    replacer.addReplacement([&](RankedTensorType type) -> std::optional<std::pair<Type, WalkResult>> {
      return std::pair(tensorType(fixed(dimsOf(type)), type.getElementType()), WalkResult::skip());
    });
    replacer.addReplacement([&](DimsAttr sizes) -> std::optional<std::pair<Attribute, WalkResult>> {
      return std::pair(DimsAttr::get(sizes.getContext(), fixed(sizes.getExprs())), WalkResult::skip());
    });
    replacer.recursivelyReplaceElementsIn(function, /*replaceAttrs=*/true, /*replaceLocs=*/false,
                                          /*replaceTypes=*/true);
  }

  static Dims without(ArrayRef<Dim> sizes, unsigned axis) {
    Dims rest(sizes);
    rest.erase(rest.begin() + axis);
    return rest;
  }

  /// What callers give has no axis of time.
  void dropFromArguments() {
    b.setInsertionPointToStart(&function.front());
    for (BlockArgument argument : function.getArguments()) {
      StreamAxis axis = axes.of(argument);
      if (axis.kind != StreamAxis::Frames)
        continue;
      Dims sizes = dimsOf(argument.getType());
      argument.setType(tensorType(without(sizes, axis.axis), elementOf(argument)));
      Value whole = symc::reshape(b, argument.getLoc(), argument, sizes);
      argument.replaceAllUsesExcept(whole, whole.getDefiningOp());
      for (FunctionResult &result : results)
        if (result.value == argument)
          result.value = whole;
      axes.rename(argument, whole);
    }
    function.setFunctionType(
        FunctionType::get(function.getContext(), function.front().getArgumentTypes(), function.getResultTypes()));
  }

  void dropFromResults() {
    Operation *end = function.front().getTerminator();
    b.setInsertionPoint(end);
    for (FunctionResult &result : results)
      if (StreamAxis axis = axes.of(result.value); axis.kind == StreamAxis::Frames)
        result.value = symc::reshape(b, result.value.getLoc(), result.value, without(dimsOf(result.value), axis.axis));
  }

  //===--------------------------------------------------------------------===//
  // State
  //===--------------------------------------------------------------------===//

  Tensor atEnd(Value v) {
    b.setInsertionPoint(function.front().getTerminator());
    return {b, function.getLoc(), v};
  }
  DictionaryAttr updateOf(BlockArgument state) {
    return named(b.getContext(), nameOf(function, state.getArgNumber()), Role::update);
  }

  /// A state that begins with the elements of `init`, where these are known, else with anything.
  FailureOr<BlockArgument> addState(Operation *op, StringRef part, Type type, Value init) {
    if (!cast<RankedTensorType>(type).hasStaticShape())
      return op->emitError("S0712: what a stream keeps has a known size, not ")
                 << printType(type) << "; give the dimension a number, --dim NAME=NUMBER",
             failure();
    if (isTooLarge(type))
      return op->emitError("S0318: what the stream keeps would be ") << printType(type) << ", beyond 63 bits",
             failure();
    std::string node = nodeName(op->getLoc()).str(), name = function.getName().str() + "/" + node;
    if (!part.empty())
      name += (node.empty() ? "" : "/") + part.str();
    std::optional<double> number = init ? splatValue(init) : std::nullopt;
    auto constant = init ? init.getDefiningOp<ConstantOp>() : ConstantOp();
    MLIRContext *context = op->getContext();
    bool data = constant && !number;
    InitAttr first = data ? InitAttr::get(context, InitKind::data)
                          : InitAttr::get(context, number.value_or(0) == 0 ? InitKind::zeros : InitKind::constant,
                                          number.value_or(0));
    return symc::addState(function, name, type, first, data ? constant.getValue() : ElementsAttr(), /*resets=*/true);
  }

  BlockArgument countedSteps(Operation *op) {
    if (!counter)
      counter = symc::addState(function, function.getName().str() + "/steps", RankedTensorType::get({}, b.getI64Type()),
                               InitAttr::get(b.getContext(), InitKind::zeros), {}, /*resets=*/true);
    return counter;
  }

  /// A carry before the step: what is kept, but in the first step what the loop begins with.
  FailureOr<BlockArgument> keptCarry(ScanOp scan, unsigned number) {
    StringRef name = nodeName(scan.getCarryArguments()[number].getLoc());
    return addState(scan, name.substr(name.rfind('/') + 1), scan.getInits()[number].getType(), scan.getInits()[number]);
  }
  Value firstOr(ScanOp scan, Value init, Value kept) {
    if (splatValue(init) || init.getDefiningOp<ConstantOp>())
      return kept;
    Tensor steps{b, scan.getLoc(), countedSteps(scan)}, state{b, scan.getLoc(), kept};
    Tensor first = equal(steps, 0.0);
    Value all = broadcastLike(b, scan.getLoc(), first.value, tensorType(dimsOf(kept), b.getI1Type()));
    return where(first.with(all), state.with(init), state).value;
  }

  /// `x` behind the last `size` rows of an axis that were before it: how the result is kept, too.
  FailureOr<Value> behindPast(Operation *op, Value x, unsigned axis, int64_t size, Value fill) {
    Dims kept = dimsOf(x);
    kept[axis] = constantDim(b.getContext(), size);
    FailureOr<BlockArgument> past = addState(op, "past", tensorType(kept, elementOf(x)), fill);
    if (failed(past))
      return failure();
    Value all = ConcatOp::create(b, op->getLoc(), ValueRange{*past, x}, b.getI64IntegerAttr(axis));
    Value next = cropAxis(b, op->getLoc(), all, axis, constantDim(b.getContext(), 1), kept[axis]);
    results.push_back({next, updateOf(*past)});
    return all;
  }

  //===--------------------------------------------------------------------===//
  // Ops
  //===--------------------------------------------------------------------===//

  void replace(Value old, Value value) {
    for (FunctionResult &result : results)
      if (result.value == old)
        result.value = value;
    axes.rename(old, value);
    old.replaceAllUsesWith(value);
  }

  LogicalResult rewrite(Operation *op) {
    b.setInsertionPoint(op);
    if (auto scan = dyn_cast<ScanOp>(op))
      return step(scan);
    if (auto iota = dyn_cast<IotaOp>(op)) {
      Tensor number{b, op->getLoc(), countedSteps(op)};
      Tensor own = convert(number, elementOf(iota.getOut()));
      replace(iota.getOut(), broadcastLike(b, op->getLoc(), own.value, iota.getType()));
    } else if (auto place = dyn_cast<PlaceOp>(op)) {
      return pad(place);
    } else {
      return padImage(cast<ConvolutionOp>(op));
    }
    op->erase();
    return success();
  }

  LogicalResult pad(PlaceOp place) {
    unsigned axis = axes.of(place.getOut()).axis;
    int64_t before = *constantValue(place.getOffsets().getExprs()[axis]);
    Dims offsets(place.getOffsets().getExprs()), sizes(place.getSizes().getExprs());
    offsets[axis] = constantDim(b.getContext(), 0);
    sizes[axis] = dimOf(place.getX().getType(), axis);
    Value inside = place.getX();
    Type element = elementOf(inside);
    if (!sameDims(sizes, dimsOf(inside)))
      inside =
          PlaceOp::create(b, place.getLoc(), tensorType(sizes, element), inside, DimsAttr::get(b.getContext(), offsets),
                          place.getStepsAttr(), DimsAttr::get(b.getContext(), sizes), place.getValueAttr());
    Value fill = splat(b, place.getLoc(), RankedTensorType::get({}, element), Number(place.getValue()).as(element));
    FailureOr<Value> all = behindPast(place, inside, axis, before, fill);
    if (failed(all))
      return failure();
    replace(place.getOut(), *all);
    place.erase();
    return success();
  }

  LogicalResult padImage(ConvolutionOp convolution) {
    unsigned axis = axes.of(convolution.getOut()).axis;
    Dims padding(convolution.getPadding().getExprs());
    Dim &before = padding[2 * (axis - 1)];
    Value fill = splat(b, convolution.getLoc(), RankedTensorType::get({}, elementOf(convolution.getA())), 0);
    FailureOr<Value> all = behindPast(convolution, convolution.getA(), axis, *constantValue(before), fill);
    if (failed(all))
      return failure();
    before = constantDim(b.getContext(), 0);
    convolution.setOperand(0, *all);
    convolution.setPaddingAttr(DimsAttr::get(b.getContext(), padding));
    return success();
  }

  /// The body of a loop over time, once.
  LogicalResult step(ScanOp scan) {
    Location loc = scan.getLoc();
    Block &body = scan.getBody().front();
    IRMapping map;
    if (!scan.getIteration().use_empty())
      map.map(scan.getIteration(), countedSteps(scan));
    SmallVector<BlockArgument> kept;
    for (auto [i, carry] : llvm::enumerate(scan.getCarryArguments())) {
      kept.emplace_back();
      if (carry.use_empty())
        continue; // nothing depends on what was before
      FailureOr<BlockArgument> state = keptCarry(scan, i);
      if (failed(state))
        return failure();
      kept.back() = *state;
      map.map(carry, firstOr(scan, scan.getInits()[i], *state));
    }
    for (auto [row, x] : llvm::zip_equal(scan.getElementArguments(), scan.getXs()))
      map.map(row, symc::reshape(b, loc, x, dimsOf(row.getType())));
    for (auto [argument, invariant] : llvm::zip_equal(scan.getInvariantArguments(), scan.getInvariants()))
      map.map(argument, invariant);
    for (Operation &op : body.without_terminator())
      b.clone(op, map);
    for (auto [i, yielded] : llvm::enumerate(scan.getYield()->getOperands())) {
      Value value = map.lookup(yielded);
      if (i < kept.size() && kept[i])
        results.push_back({value, updateOf(kept[i])});
      replace(scan.getResult(i), symc::reshape(b, loc, value, dimsOf(scan.getResult(i).getType())));
    }
    scan.erase();
    return success();
  }
};

struct Streams : symc::impl::StreamsPassBase<Streams> {
  void runOnOperation() override {
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      for (unsigned i = 0; i < function.getNumResults(); ++i)
        if (auto time = function.getResultAttrOfType<StringAttr>(i, kStreamAttr)) {
          if (failed(StreamFunction(function, time).run()))
            signalPassFailure();
          function->setAttr(kStreamAttr, time);
          break;
        }
  }
};
} // namespace
