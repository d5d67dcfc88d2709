//===- FormRegions.cpp - Ops into regions that become kernels -------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Legal afterwards in functions and in the bodies of loops and branches: sym.fused,
// sym.constant, sym.reshape, sym.undefined, and loops and branches themselves. Which ops share
// a region is decided in Clusters.cpp; here the regions are built.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "lib/Fusion/Clusters.h"
#include "lib/Fusion/Passes.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/SetVector.h"

namespace symc {
#define GEN_PASS_DEF_FORMREGIONSPASS
#include "lib/Fusion/Passes.h.inc"
#define GEN_PASS_DEF_VERIFYREGIONSPASS
#include "lib/Fusion/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {
class RegionBuilder {
public:
  RegionBuilder(Block &body, const Clusters &clusters)
      : clusters(clusters), terminator(body.getTerminator()), b(terminator) {
    for (Operation &op : body)
      old.push_back(&op);
  }

  void run() {
    for (const Cluster &cluster : clusters.all())
      build(cluster);
    for (OpOperand &result : terminator->getOpOperands())
      result.set(outside(result.get()));
    for (Operation *op : llvm::reverse(old))
      if (op != terminator)
        op->erase();
  }

private:
  const Clusters &clusters;
  Operation *terminator;
  OpBuilder b;
  SmallVector<Operation *> old;
  IRMapping values; // of the old body to the new one

  /// The value in the new body: arguments stay; reshapes, constants, loops and branches are built when first used.
  Value outside(Value v) {
    if (Value known = values.lookupOrNull(v))
      return known;
    Operation *def = v.getDefiningOp();
    if (!def)
      return v;
    SmallVector<Value> operands;
    for (Value operand : def->getOperands())
      operands.push_back(outside(operand));
    Operation *copy = b.clone(*def);
    copy->setOperands(operands);
    values.map(def->getResults(), copy->getResults());
    return values.lookup(v);
  }

  void build(const Cluster &cluster) {
    SmallVector<Operation *> ops; // with the moves that are read through
    llvm::SmallDenseSet<Operation *, 32> inside;
    llvm::SetVector<Value> inputs;
    for (Operation *op : cluster.ops)
      inside.insert(op);
    std::function<void(Operation *)> collect = [&](Operation *op) {
      for (Value operand : op->getOperands()) {
        Operation *def = operand.getDefiningOp();
        if (def && inside.contains(def))
          continue;
        // A library function reads memory: constants and renamed values stay outside of its region. So does a product
        // its operands.
        bool evaluated = isSplat(operand) || (def && isMove(def) && !clusters.isStored(def) && !isContraction(op));
        if (evaluated && cluster.kind != sym::FusionKind::opaque) {
          inside.insert(def);
          collect(def);
        } else {
          inputs.insert(operand);
        }
      }
      ops.push_back(op);
    };
    for (Operation *op : cluster.ops)
      collect(op);

    SmallVector<Value> results;
    for (Operation *op : cluster.ops)
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !inside.contains(user); }))
          results.push_back(result);
    SmallVector<Value> operands;
    for (Value input : inputs)
      operands.push_back(outside(input));
    SmallVector<Location> locations;
    for (Operation *op : cluster.ops)
      locations.push_back(op->getLoc());
    auto fused =
        sym::FusedOp::create(b, b.getFusedLoc(locations), ValueRange(results).getTypes(), cluster.kind, operands);
    Block &block = fused.getBody().emplaceBlock();
    IRMapping inner;
    for (Value input : inputs)
      inner.map(input, block.addArgument(input.getType(), input.getLoc()));
    OpBuilder body = OpBuilder::atBlockEnd(&block);
    for (Operation *op : ops)
      body.clone(*op, inner);
    SmallVector<Value> yielded;
    for (auto [result, out] : llvm::zip_equal(results, fused.getOuts())) {
      yielded.push_back(inner.lookup(result));
      values.map(result, out);
    }
    sym::YieldOp::create(body, fused.getLoc(), yielded);
  }
};

struct FormRegions : symc::impl::FormRegionsPassBase<FormRegions> {
  using Base::Base;
  FormRegions(const FusionCosts &costs, FormRegionsPassOptions options) : Base(std::move(options)), costs(costs) {}

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    // Inner bodies first: those around them copy them as they are then.
    function.walk([&](Operation *op) {
      if (isControlFlow(op))
        for (Region &region : op->getRegions())
          form(region.front());
    });
    if (!function.isExternal())
      form(function.front());
  }

private:
  void form(Block &body) {
    Clusters clusters(body, costs, fuse);
    if (!clusters.complete()) {
      body.getParentOp()->emitError("fusion made clusters of ops that need each other");
      return signalPassFailure();
    }
    RegionBuilder(body, clusters).run();
  }

  FusionCosts costs;
};

struct VerifyRegions : symc::impl::VerifyRegionsPassBase<VerifyRegions> {
  void runOnOperation() override {
    getOperation().walk([&](sym::FusedOp region) {
      if (failed(verifyRegion(region)))
        signalPassFailure();
    });
  }
};
} // namespace

std::unique_ptr<Pass> symc::createFormRegionsPass(const FusionCosts &costs, FormRegionsPassOptions options) {
  return std::make_unique<FormRegions>(costs, std::move(options));
}
