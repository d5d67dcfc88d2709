//===- Gradient.cpp - Reverse-mode differentiation ------------------------===//
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
#include "lib/Autodiff/Gradient.h"
#include "dialects/sym/Build.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace symc;

namespace {
bool isFloating(Value v) { return isa<FloatType>(getElementTypeOrSelf(v.getType())); }

class ReverseMode {
public:
  ReverseMode(OpBuilder &b, Value &loss, ArrayRef<Value> wrt) : b(b), loss(loss), wrt(wrt) {}

  FailureOr<SmallVector<Value>> run() {
    Operation *last = loss.getDefiningOp();
    for (Value v : wrt)
      active.insert(v);
    if (last) {
      findNeeded(last);
      for (Operation &op :
           llvm::make_early_inc_range(llvm::make_range(last->getBlock()->begin(), ++last->getIterator())))
        if (needed.contains(&op))
          visit(&op);
    }
    Operation *before = b.getInsertionPoint() == b.getBlock()->begin() ? nullptr : &*std::prev(b.getInsertionPoint());
    if (active.contains(loss))
      cotangents[loss] = splat(b, loss.getLoc(), loss.getType(), 1.0);
    for (Operation *op : llvm::reverse(tape))
      if (failed(propagate(op)))
        return failure();
    SmallVector<Value> results;
    for (Value v : wrt)
      results.push_back(cotangents.lookup(v));
    dropDead(before, results);
    return results;
  }

private:
  OpBuilder &b;
  Value &loss;
  SmallVector<Value> wrt;
  llvm::DenseSet<Operation *> needed;
  llvm::DenseSet<Value> active;
  SmallVector<Operation *> tape; // active ops, in program order
  DenseMap<Value, Value> cotangents;

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
    for (auto [result, value] : llvm::zip_equal(op->getResults(), values)) {
      if (loss == result)
        loss = value;
      // A composite's result may be asked for itself: its value takes the place.
      if (active.contains(result))
        active.insert(value);
      llvm::replace(wrt, Value(result), value);
      result.replaceAllUsesWith(value);
    }
    op->erase();
  }

  LogicalResult propagate(Operation *op) {
    SmallVector<Value> incoming;
    for (Value result : op->getResults())
      incoming.push_back(cotangents.lookup(result));
    if (llvm::none_of(incoming, [](Value v) { return bool(v); }))
      return success();
    auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
    if (!differentiable)
      return op->emitError("S0711: '")
             << op->getName().stripDialect()
             << "' has no derivative, but the loss depends on a trainable parameter through it";
    SmallVector<Value> outgoing = differentiable.buildVjp(b, incoming);
    for (auto [operand, d] : llvm::zip_equal(op->getOperands(), outgoing)) {
      if (!d || !active.contains(operand))
        continue;
      Value &sum = cotangents[operand];
      sum = sum ? sym::AddOp::create(b, op->getLoc(), sum, d).getResult() : d;
    }
    return success();
  }

  /// A vector-Jacobian product is built for all operands; what belongs to inactive ones goes again.
  void dropDead(Operation *before, ArrayRef<Value> results) {
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

FailureOr<SmallVector<Value>> symc::gradients(OpBuilder &b, Value &loss, ArrayRef<Value> wrt) {
  return ReverseMode(b, loss, wrt).run();
}
