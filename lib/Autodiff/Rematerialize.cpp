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
    Value reached; // how far the derivative has come: the copies that an op is the first to need wait for that
    for (Operation *op : derivative) {
      for (Value operand : op->getOperands())
        if (own.contains(operand.getDefiningOp()))
          reached = operand;
      if (reached)
        for (OpOperand &operand : op->getOpOperands())
          if (isForgotten(operand.get()))
            operand.set(again(operand.get(), op, reached));
      if (op->getNumOperands() > 0 && !op->use_empty())
        reached = op->getResult(0);
    }
  }

private:
  static bool isConstant(Value v) { return isa_and_nonnull<sym::ConstantOp, sym::SizeOp>(v.getDefiningOp()); }
  /// Whether the value is of a node that is computed again; what is made of constants costs nothing to keep.
  bool isForgotten(Value v) {
    Operation *def = v.getDefiningOp();
    return def && !own.contains(def) && !llvm::all_of(def->getOperands(), isConstant) && remat.matches(def);
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
    for (Value operand : op->getOperands())
      if (!copies.contains(operand) && !isConstant(operand))
        copies.map(operand, sym::AfterOp::create(b, op->getLoc(), operand, reached).getResult());
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
