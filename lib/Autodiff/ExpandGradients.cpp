//===- ExpandGradients.cpp - sym.grad as its derivative -------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Autodiff/ExpandGradients.h"
#include "dialects/sym/Build.h"
#include "dialects/sym/NodeNames.h"
#include "lib/Autodiff/Passes.h"
#include "lib/Autodiff/ReverseMode.h"

namespace symc {
#define GEN_PASS_DEF_EXPANDGRADIENTSPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

/// Names the ops from `first` up to `end` after the node, `NODE/h`: each has the name h of what it is the derivative
/// of.
static void nameAfter(StringRef node, Operation *first, Operation *end) {
  StringRef scope = node.contains('/') ? node.rsplit('/').first : "";
  for (Operation *op = first; op != end; op = op->getNextNode())
    renameAll(op, [&](StringRef name) {
      return name.empty() ? std::string() : (node + "/" + nameWithin(scope, name)).str();
    });
}

static LogicalResult expand(sym::GradOp grad) {
  OpBuilder b(grad);
  Location loc = grad.getLoc();
  DerivativeNote note(loc, "this 'grad' takes it");
  Operation *border = sym::UndefinedOp::create(b, loc, RankedTensorType::get({}, b.getI64Type()));
  Value y = grad.getY();
  FailureOr<SmallVector<Value>> found = gradients(b, y, SmallVector<Value>(grad.getXs()));
  if (failed(found))
    return failure();
  if (StringRef node = nodeName(loc); !node.empty())
    nameAfter(node, border->getNextNode(), grad);
  border->erase();
  for (auto [result, value] : llvm::zip_equal(grad.getOuts(), *found)) {
    if (!value)
      value = splat(b, loc, result.getType(), 0.0);
    else if (grad.getNumResults() == 1)
      value.getDefiningOp()->setLoc(loc); // it is the node now
    result.replaceAllUsesWith(value);
  }
  grad.erase();
  return success();
}

namespace {
/// Takes `remat` away while it lives. What `grad` gives is a value of the graph: its own derivative would come another way,
/// and with other roundings, out of a loop that computes again what the loop in front of it did.
class KeepAll {
public:
  explicit KeepAll(ModuleOp module) {
    for (auto train : module.getOps<sym::TrainOp>())
      if (ArrayAttr patterns = train.getRematAttr()) {
        taken.push_back({train, patterns});
        train.removeRematAttr();
      }
  }
  ~KeepAll() {
    for (auto [train, patterns] : taken)
      train.setRematAttr(patterns);
  }

private:
  SmallVector<std::pair<sym::TrainOp, ArrayAttr>> taken;
};
} // namespace

LogicalResult symc::expandGradients(Operation *root) {
  SmallVector<sym::GradOp> grads; // those in bodies stand before those behind the loop
  root->walk([&](sym::GradOp grad) { grads.push_back(grad); });
  return failure(llvm::any_of(grads, [](sym::GradOp grad) { return failed(expand(grad)); }));
}

namespace {
struct ExpandGradients : symc::impl::ExpandGradientsPassBase<ExpandGradients> {
  void runOnOperation() override {
    KeepAll kept(getOperation());
    if (failed(expandGradients(getOperation())))
      signalPassFailure();
  }
};
} // namespace
