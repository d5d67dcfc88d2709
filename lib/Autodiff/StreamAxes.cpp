//===- StreamAxes.cpp - Where time stands in values -----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/StreamAxes.h"
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Check.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/OpSchema.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

bool StreamAxes::mentions(Dim size) const { return llvm::is_contained(namesIn(size), time.getName()); }
bool StreamAxes::mentions(Type type) const {
  return llvm::any_of(dimsOf(type), [&](Dim size) { return mentions(size); });
}

int64_t symc::lookBack(ConvolutionOp op, unsigned spaceAxis) {
  return (*constantValue(dimOf(op.getB().getType(), spaceAxis)) - 1) * op.getDilations()[spaceAxis];
}

/// "… cannot be taken one step of 'time' at a time": why, as a clause.
static LogicalResult refuse(Operation *op, Dim time, const Twine &why) {
  // An op that no file has is part of what its node is.
  StringRef said = op->getName().stripDialect(), node = nodeName(op->getLoc());
  if (!findOpSchema(said) && !node.empty())
    said = node;
  return op->emitError("S0712: '") << said << "' cannot be computed one step of '" << time.getName()
                                   << "' at a time: " << why;
}

std::optional<StreamAxis> StreamAxes::asFrames(Type type) const {
  std::optional<StreamAxis> found;
  for (auto [axis, size] : llvm::enumerate(dimsOf(type))) {
    if (!mentions(size))
      continue;
    if (found || size != time)
      return std::nullopt;
    found = StreamAxis{StreamAxis::Frames, unsigned(axis), constantDim(time.getContext(), 1), 0};
  }
  return found;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// Of an op that looks at its operands as wholes.
StreamAxis::Kind StreamAxes::generalKind(Operation *op) const {
  auto kind = StreamAxis::Fixed;
  for (Value operand : op->getOperands())
    kind = std::max(kind, of(operand).kind);
  return kind;
}

FailureOr<StreamAxis> StreamAxes::join(Operation *op, StreamAxis a, StreamAxis b) const {
  if (a.kind < b.kind)
    std::swap(a, b);
  if (a.kind == StreamAxis::Frames && b.kind == StreamAxis::Frames && !(a == b))
    return refuse(op, time, "its operands are of different steps");
  // What is the latest of all steps would be that of the last one.
  if ((a.kind == StreamAxis::Latest && b.kind == StreamAxis::Spread) ||
      (a.kind == StreamAxis::Frames && b.kind == StreamAxis::Latest))
    return refuse(op, time, "it takes the end of all steps together with steps");
  return a;
}

FailureOr<StreamAxis> StreamAxes::ofElementwise(Operation *op) const {
  StreamAxis all;
  for (Value operand : op->getOperands()) {
    FailureOr<StreamAxis> joined = join(op, all, of(operand));
    if (failed(joined))
      return failure();
    all = *joined;
  }
  return all;
}

FailureOr<StreamAxis> StreamAxes::ofReduction(Operation *op, ArrayRef<int64_t> reduced, bool keeps) const {
  StreamAxis x = of(op->getOperand(0));
  if (x.kind == StreamAxis::Spread)
    if (std::optional<StreamAxis> frames = asFrames(op->getOperand(0).getType()))
      x = *frames;
  if (x.kind == StreamAxis::Spread || (x.kind == StreamAxis::Frames && llvm::is_contained(reduced, x.axis)))
    return refuse(op, time, "it takes all steps together");
  if (x.kind == StreamAxis::Frames && !keeps)
    x.axis -= llvm::count_if(reduced, [&](int64_t axis) { return axis < int64_t(x.axis); });
  return x;
}

FailureOr<StreamAxis> StreamAxes::ofProduct(MatmulOp op) const {
  StreamAxis a = of(op.getA()), b = of(op.getB());
  unsigned rank = rankOf(op.getA()),
           inner[2] = {op.getTransposeA() ? rank - 2 : rank - 1, op.getTransposeB() ? rank - 1 : rank - 2};
  for (auto [x, summed] : {std::pair(&a, inner[0]), {&b, inner[1]}}) {
    bool isB = x == &b;
    if (x->kind == StreamAxis::Spread)
      if (std::optional<StreamAxis> frames = asFrames(op->getOperand(isB).getType()))
        *x = *frames;
    if (x->kind == StreamAxis::Spread || (x->kind == StreamAxis::Frames && x->axis == summed))
      return refuse(op, time, "it takes all steps together");
    if (x->kind == StreamAxis::Frames && x->axis + 2 >= rank)
      x->axis = isB ? rank - 1 : rank - 2; // of the result
  }
  return join(op, a, b);
}

FailureOr<StreamAxis> StreamAxes::ofConvolution(ConvolutionOp op) const {
  StreamAxis x = of(op.getA());
  if (of(op.getB()).kind != StreamAxis::Fixed)
    return refuse(op, time, "its kernel changes");
  if (x.kind != StreamAxis::Frames)
    return x.kind == StreamAxis::Spread ? FailureOr<StreamAxis>(refuse(op, time, "it takes all steps together")) : x;
  if (x.axis == 0)
    return x;
  if (x.axis == 3 || !isOne(x.inner))
    return refuse(op, time, "it takes all steps together");
  unsigned space = x.axis - 1;
  ArrayRef<Dim> padding = op.getPadding().getExprs();
  std::optional<int64_t> before = constantValue(padding[2 * space]), after = constantValue(padding[2 * space + 1]);
  if (op.getStrides()[space] != 1)
    return refuse(op, time, "its stride leaves steps out");
  int64_t back = lookBack(op, space);
  if (!before || !after || *before + x.lead != back || *after != 0)
    return refuse(op, time,
                  "a window of " + Twine(back + 1) +
                      " steps must end with the step itself; hint: pad the front alone, padding: [[" + Twine(back) +
                      ", 0]]");
  x.lead = 0;
  return x;
}

FailureOr<StreamAxis> StreamAxes::ofReshape(ReshapeOp op) const {
  StreamAxis x = of(op.getX());
  Dims from = dimsOf(op.getX()), to = dimsOf(op.getType());
  if (x.kind == StreamAxis::Spread)
    if (std::optional<StreamAxis> frames = asFrames(op.getX().getType()))
      x = *frames;
  if (x.kind != StreamAxis::Frames)
    return x;
  MLIRContext *context = op.getContext();
  // How many elements a step is apart from the next stays the same.
  Dim apart = x.inner * symc::product(context, ArrayRef(from).drop_front(x.axis + 1));
  for (unsigned axis = 0; axis < to.size(); ++axis) {
    Dim behind = symc::product(context, ArrayRef(to).drop_front(axis + 1)), inner = apart.floorDiv(behind);
    Dim step = time * inner;
    bool whole = x.lead == 0 ? to[axis].floorDiv(step) * step == to[axis] : isOne(inner) && to[axis] == from[x.axis];
    if (mentions(to[axis]) && whole && inner * behind == apart)
      return StreamAxis{StreamAxis::Frames, axis, inner, x.lead};
  }
  return refuse(op, time, "it mixes steps with other axes");
}

/// Padding: in front of time it stands for what was before the stream.
FailureOr<StreamAxis> StreamAxes::ofPlace(PlaceOp op) const {
  StreamAxis x = of(op.getX());
  if (x.kind != StreamAxis::Frames)
    return ofMove(op);
  Dim offset = op.getOffsets().getExprs()[x.axis], size = op.getSizes().getExprs()[x.axis];
  Dim own = dimOf(op.getX().getType(), x.axis);
  std::optional<int64_t> before = constantValue(offset);
  if (!before || op.getSteps()[x.axis] != 1 || size != own + *before || (*before != 0 && !isOne(x.inner)))
    return refuse(op, time, "it pads what is behind the last step");
  x.lead += *before;
  return x;
}

/// By the places at which an element of the result reads.
FailureOr<StreamAxis> StreamAxes::ofMove(Operation *op) const {
  MLIRContext *context = op->getContext();
  Type type = op->getResult(0).getType();
  Dims sizes = dimsOf(type);
  Indices index;
  for (unsigned i = 0; i < sizes.size(); ++i)
    index.push_back(LinearForm::loop(context, i));
  auto usesTime = [&](const LinearForm &form) {
    bool does = mentions(form.base);
    for (unsigned i = 0; i < form.coefs.size(); ++i)
      does |= constantValue(form.coefs[i]) != 0 && mentions(sizes[i]);
    return does;
  };
  StreamAxis all{mentions(type) ? StreamAxis::Spread : StreamAxis::Fixed};
  std::string problem;
  Block scratch;
  OpBuilder b(context);
  b.setInsertionPointToStart(&scratch);
  Location loc = op->getLoc();
  ElementBuilder builder{b, loc,
                         [&](unsigned number, ArrayRef<Index> at) -> Value {
                           Value operand = op->getOperand(number);
                           StreamAxis x = of(operand);
                           if (x.kind == StreamAxis::Frames) {
                             std::optional<unsigned> loop = at[x.axis].asLoop();
                             if (!loop || sizes[*loop] != dimOf(operand.getType(), x.axis))
                               problem = "an element of its result is not of the step that it reads";
                             else
                               x.axis = *loop;
                           } else if (x.kind == StreamAxis::Latest && mentions(type)) {
                             problem = "it spreads the end of all steps over the steps";
                           }
                           if (problem.empty()) {
                             if (x.kind == StreamAxis::Frames && all.kind == StreamAxis::Frames && !(x == all))
                               problem = "its operands are of different steps";
                             if (x.kind > all.kind)
                               all = x;
                           }
                           return scratch.addArgument(bodyType(elementOf(operand)), loc);
                         },
                         [&](const LinearForm &form) -> Value {
                           if (usesTime(form))
                             problem = "it depends on the number of the step or of all steps";
                           return scratch.addArgument(b.getIndexType(), loc);
                         },
                         [&](Value, Value, Value, std::string) {}};
  cast<ElementOpInterface>(op).buildElement(builder, index);
  scratch.dropAllReferences();
  scratch.clear();
  if (!problem.empty())
    return refuse(op, time, problem);
  return all;
}

/// A loop over time is a step of it: its carries are the latest ones, its stacks have a row a step.
LogicalResult StreamAxes::visitScan(ScanOp op) {
  if (op.getTripCount() != time) {
    if (generalKind(op) == StreamAxis::Frames || llvm::any_of(op.getResultTypes(), [&](Type t) { return mentions(t); }))
      return refuse(op, time, "a loop over something else reads its steps");
    for (Value result : op.getResults())
      axes[result].kind = generalKind(op);
    return success();
  }
  if (op.getReverse())
    return refuse(op, time, "it begins with the last step");
  for (Value init : op.getInits())
    if (of(init).kind != StreamAxis::Fixed)
      return refuse(op, time, "what it begins with depends on the steps");
  for (Value x : op.getXs())
    if (StreamAxis a = of(x);
        a.kind != StreamAxis::Spread && !(a.kind == StreamAxis::Frames && a.axis == 0 && a.lead == 0 && isOne(a.inner)))
      return refuse(op, time, "it does not run over the steps in their order");
  for (Value invariant : op.getInvariants())
    if (of(invariant).kind != StreamAxis::Fixed || mentions(invariant.getType()))
      return refuse(op, time, "what all its iterations read depends on the steps");
  WalkResult inner = op.getBody().walk([&](Operation *part) {
    if (isa<RandomOpInterface, SeedOp>(part))
      return WalkResult(refuse(part, time, "each iteration draws other numbers"));
    return llvm::any_of(part->getResultTypes(), [&](Type t) { return isa<RankedTensorType>(t) && mentions(t); }) ||
                   (isa<SizeOp>(part) && mentions(cast<SizeOp>(part).getSize().getExprs()[0]))
               ? WalkResult(refuse(part, time, "it takes all steps together"))
               : WalkResult::advance();
  });
  if (inner.wasInterrupted())
    return failure();
  for (auto [i, result] : llvm::enumerate(op.getResults()))
    axes[result] = i < op.getCarryCount() ? StreamAxis{StreamAxis::Latest}
                                          : StreamAxis{StreamAxis::Frames, 0, constantDim(op.getContext(), 1), 0};
  return success();
}

LogicalResult StreamAxes::visit(Operation *op) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return visitScan(scan);
  if (op->getNumResults() == 0)
    return success();
  FailureOr<StreamAxis> axis = llvm::TypeSwitch<Operation *, FailureOr<StreamAxis>>(op)
                                   .Case([&](MatmulOp product) { return ofProduct(product); })
                                   .Case([&](ConvolutionOp convolution) { return ofConvolution(convolution); })
                                   .Case([&](ReshapeOp reshape) { return ofReshape(reshape); })
                                   .Case([&](PlaceOp place) { return ofPlace(place); })
                                   .Case([&](IotaOp iota) -> FailureOr<StreamAxis> {
                                     // Of the number of the step there is a counter.
                                     std::optional<StreamAxis> frames = asFrames(iota.getType());
                                     if (frames && iota.getAxis() == int64_t(frames->axis))
                                       return *frames;
                                     return ofMove(iota);
                                   })
                                   .Default([&](Operation *other) -> FailureOr<StreamAxis> {
                                     if (isa<ScalarBodyOpInterface, PrintOp>(other))
                                       return ofElementwise(other);
                                     if (auto reduction = dyn_cast<ReductionOpInterface>(other))
                                       return ofReduction(other, reduction.getReducedAxes(), reduction.keepsAxes());
                                     if (isa<ElementOpInterface>(other))
                                       return ofMove(other);
                                     StreamAxis all{generalKind(other)};
                                     if (all.kind == StreamAxis::Frames || all.kind == StreamAxis::Spread ||
                                         mentions(other->getResult(0).getType()))
                                       return refuse(other, time,
                                                     isa<OpaqueKernelOpInterface>(other)
                                                         ? "the function of the library that computes it takes its "
                                                           "operands as wholes and cannot be cut into steps"
                                                         : "its bodies are not cut into steps");
                                     return all;
                                   });
  if (failed(axis))
    return failure();
  if (axis->kind == StreamAxis::Frames)
    for (auto [i, size] : llvm::enumerate(dimsOf(op->getResult(0))))
      if (i != axis->axis && mentions(size))
        return refuse(op, time, "its result has as many as there are steps along another axis");
  for (Value result : op->getResults())
    axes[result] = *axis;
  return success();
}

LogicalResult StreamAxes::analyze(Block &block) {
  for (BlockArgument argument : block.getArguments()) {
    if (!mentions(argument.getType()))
      continue;
    std::optional<StreamAxis> frames = asFrames(argument.getType());
    if (!frames)
      return emitError(argument.getLoc(), "S0712: an input of a stream has '")
             << time.getName() << "' as one of its sizes, not as in " << printType(argument.getType());
    axes[argument] = *frames;
  }
  for (Operation &op : block)
    if (failed(visit(&op)))
      return failure();
  return success();
}
