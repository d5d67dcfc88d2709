//===- Rematerialize.cpp - Computing activations again --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/Rematerialize.h"
#include "dialects/sym/Remat.h"
#include "dialects/sym/SymOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace symc;

namespace {
class Rematerializer {
public:
  Rematerializer(Operation *border, Operation *end, Remat &remat) : remat(remat) {
    for (Operation *op = border->getNextNode(); op != end; op = op->getNextNode())
      derivative.push_back(op);
    own.insert(derivative.begin(), derivative.end());
  }

  void run() {
    for (Operation *op : derivative) {
      // How far the derivative has come: the copies that this op is the first to need wait for that.
      Value reached;
      for (Value operand : op->getOperands())
        if (own.contains(operand.getDefiningOp()))
          reached = operand;
      if (!reached)
        continue;
      for (OpOperand &operand : op->getOpOperands())
        if (isForgotten(operand.get()))
          operand.set(again(operand.get(), op, reached));
    }
  }

private:
  /// Whether the value is of a node that is computed again; what costs nothing to keep is not.
  bool isForgotten(Value v) {
    Operation *def = v.getDefiningOp();
    return def && !own.contains(def) && def->getNumOperands() > 0 && remat.matches(def);
  }

  /// The copy of a value, with copies of what it is made of, in front of `user`.
  Value again(Value v, Operation *user, Value reached) {
    SmallVector<Operation *> stack{v.getDefiningOp()};
    while (!stack.empty()) {
      Operation *op = stack.back();
      size_t before = stack.size();
      for (Value operand : op->getOperands())
        if (!copies.contains(operand) && isForgotten(operand))
          stack.push_back(operand.getDefiningOp());
      if (stack.size() != before)
        continue;
      stack.pop_back();
      if (!copies.contains(op->getResult(0)))
        copy(op, user, reached);
    }
    return copies.lookup(v);
  }

  void copy(Operation *op, Operation *user, Value reached) {
    OpBuilder b(user);
    auto wait = [&](Value operand) {
      copies.map(operand, sym::AfterOp::create(b, op->getLoc(), operand, reached).getResult());
    };
    auto isMade = [&](Value v) { return v.getDefiningOp() && v.getDefiningOp()->getNumOperands() == 0; };
    bool waits = false;
    for (Value operand : op->getOperands()) {
      if (!copies.contains(operand) && !isMade(operand))
        wait(operand);
      waits |= copies.contains(operand);
    }
    if (!waits) // a random op, of its seed
      wait(op->getOperand(0));
    own.insert(b.clone(*op, copies)); // maps the results
  }

  Remat &remat;
  SmallVector<Operation *> derivative;
  llvm::DenseSet<Operation *> own;
  IRMapping copies;
};
} // namespace

void symc::rematerialize(Operation *border, Operation *end) {
  Remat remat(border->getParentOfType<ModuleOp>());
  if (!remat.empty())
    Rematerializer(border, end, remat).run();
}
