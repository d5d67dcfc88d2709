//===- ReverseMode.cpp - Reverse-mode differentiation ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Two walks over one block. Forward, along the ops that the loss needs, finds the active
// values: the floating ones that depend on `wrt`. Backward along the active ops asks each for
// its vector-Jacobian product and adds up the cotangents, in the order of the walk and then of
// the operands, so that the sum of several contributions is always the same expression.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/ReverseMode.h"
#include "dialects/sym/Build.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace symc;

namespace {
bool isFloating(Value v) { return isa<FloatType>(getElementTypeOrSelf(v.getType())); }

class ReverseMode {
public:
  ReverseMode(OpBuilder &b, ArrayRef<Value> outputs, ArrayRef<Value> wrt) : outputs(outputs), b(b), wrt(wrt) {}

  /// `seeds`: cotangents of the outputs, null for zero; without any, 1 for each.
  FailureOr<SmallVector<Value>> run(ArrayRef<Value> seeds) {
    for (Value v : wrt)
      active.insert(v);
    for (Value output : outputs)
      if (Operation *def = output.getDefiningOp())
        findNeeded(def);
    for (Operation &op : llvm::make_early_inc_range(llvm::make_range(b.getBlock()->begin(), b.getInsertionPoint())))
      if (needed.contains(&op))
        visit(&op);
    before = b.getInsertionPoint() == b.getBlock()->begin() ? nullptr : &*std::prev(b.getInsertionPoint());
    for (auto [i, output] : llvm::enumerate(outputs))
      if (active.contains(output) && (seeds.empty() || seeds[i]))
        addCotangent(output.getLoc(), output,
                     seeds.empty() ? splat(b, output.getLoc(), output.getType(), 1.0) : seeds[i]);
    for (Operation *op : llvm::reverse(tape))
      if (failed(propagate(op)))
        return failure();
    SmallVector<Value> results;
    for (Value v : wrt)
      results.push_back(cotangents.lookup(v));
    dropDead(results);
    return results;
  }

  SmallVector<Value> outputs; // as they are called after composite ops were replaced

private:
  OpBuilder &b;
  SmallVector<Value> wrt;
  llvm::DenseSet<Operation *> needed;
  llvm::DenseSet<Value> active;
  SmallVector<Operation *> tape; // active ops, in program order
  DenseMap<Value, Value> cotangents;
  Operation *before = nullptr; // what stands in front of the derivative

  void findNeeded(Operation *last) {
    SmallVector<Operation *> stack{last};
    while (!stack.empty()) {
      Operation *op = stack.pop_back_val();
      if (!needed.insert(op).second)
        continue;
      for (Value operand : op->getOperands())
        if (Operation *def = operand.getDefiningOp())
          stack.push_back(def);
    }
  }

  /// Puts the op on the tape when it is active, or its parts when it has no derivative of its own.
  void visit(Operation *op) {
    if (llvm::none_of(op->getOperands(), [&](Value v) { return active.contains(v); }) ||
        llvm::none_of(op->getResults(), isFloating))
      return;
    auto composite = dyn_cast<DecomposableOpInterface>(op);
    if (composite && !isa<DifferentiableOpInterface>(op)) {
      replaceByParts(composite);
      return;
    }
    tape.push_back(op);
    for (Value result : op->getResults())
      if (isFloating(result))
        active.insert(result);
  }

  void replaceByParts(DecomposableOpInterface composite) {
    Operation *op = composite, *before = op->getPrevNode();
    OpBuilder parts(op);
    SmallVector<Value> values = composite.decompose(parts);
    Operation *part = before ? before->getNextNode() : &op->getBlock()->front();
    while (part != op) {
      Operation *next = part->getNextNode();
      visit(part);
      part = next;
    }
    replace(op, values);
  }

  /// A result may be asked for itself: its value takes the place.
  void replace(Operation *op, ValueRange values) {
    for (auto [result, value] : llvm::zip_equal(op->getResults(), values)) {
      if (active.erase(result))
        active.insert(value);
      llvm::replace(outputs, Value(result), value);
      llvm::replace(wrt, Value(result), value);
      if (Value known = cotangents.lookup(result); known && cotangents.erase(result))
        cotangents[value] = known;
      result.replaceAllUsesWith(value);
    }
    if (op == before)
      before = op->getPrevNode();
    op->erase();
  }

  void addCotangent(Location loc, Value v, Value d) {
    Value &sum = cotangents[v];
    sum = sum ? sym::AddOp::create(b, loc, sum, d).getResult() : d;
  }

  LogicalResult propagate(Operation *op) {
    SmallVector<Value> incoming;
    for (Value result : op->getResults())
      incoming.push_back(cotangents.lookup(result));
    if (llvm::none_of(incoming, [](Value v) { return bool(v); }))
      return success();
    if (auto control = dyn_cast<DifferentiableRegionOpInterface>(op))
      return propagate(control, incoming);
    auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
    if (!differentiable)
      return op->emitError("S0711: '") << op->getName().stripDialect()
                                       << "' has no derivative, but one is taken through it";
    addCotangents(op, differentiable.buildVjp(b, incoming));
    return success();
  }

  LogicalResult propagate(DifferentiableRegionOpInterface control, ValueRange incoming) {
    llvm::BitVector wanted(control->getNumOperands());
    for (OpOperand &operand : control->getOpOperands())
      wanted[operand.getOperandNumber()] = active.contains(operand.get());
    FailureOr<RegionVjp> vjp = control.buildRegionVjp(b, incoming, wanted, differentiateBody);
    if (failed(vjp))
      return failure();
    addCotangents(control, vjp->cotangents);
    replace(control, vjp->results);
    return success();
  }

  static FailureOr<SmallVector<Value>> differentiateBody(OpBuilder &b, ArrayRef<Value> outputs, ArrayRef<Value> seeds,
                                                         ArrayRef<Value> wrt) {
    return ReverseMode(b, outputs, wrt).run(seeds);
  }

  void addCotangents(Operation *op, ArrayRef<Value> outgoing) {
    for (auto [operand, d] : llvm::zip_equal(op->getOperands(), outgoing))
      if (d && active.contains(operand))
        addCotangent(op->getLoc(), operand, d);
  }

  /// A vector-Jacobian product is built for all operands; what belongs to inactive ones goes again.
  void dropDead(ArrayRef<Value> results) {
    llvm::DenseSet<Operation *> kept;
    for (Value v : results)
      if (v && v.getDefiningOp())
        kept.insert(v.getDefiningOp());
    auto it = b.getInsertionPoint();
    while (it != b.getBlock()->begin()) {
      Operation *op = &*std::prev(it);
      if (op == before)
        break;
      if (!kept.contains(op) && isOpTriviallyDead(op))
        op->erase();
      else
        it = op->getIterator();
    }
  }
};
} // namespace

DerivativeNote::DerivativeNote(Location loc, std::string note)
    : ScopedDiagnosticHandler(loc.getContext(), [=](Diagnostic &diagnostic) {
        diagnostic.attachNote(loc) << note;
        return failure(); // others report it
      }) {}

FailureOr<SmallVector<Value>> symc::gradients(OpBuilder &b, Value &loss, ArrayRef<Value> wrt) {
  ReverseMode reverse(b, loss, wrt);
  FailureOr<SmallVector<Value>> found = reverse.run({});
  loss = reverse.outputs.front();
  return found;
}
