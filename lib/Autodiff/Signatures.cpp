//===- Signatures.cpp - The arguments that functions use ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Drops what no result needs: ops and then arguments. An input that only gives the value of a
// symbolic dimension stays, be that a size or a number of the computation. Reads of the step counter and the seed
// become arguments.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Expr.h"
#include "dialects/sym/SymOps.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/Passes.h"
#include "llvm/ADT/BitVector.h"

namespace symc {
#define GEN_PASS_DEF_SIGNATURESPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {
struct Signatures : symc::impl::SignaturesPassBase<Signatures> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      eraseDeadOps(function);
      liftFrameValues(function);
      makeArgument<sym::StepOp>(function, sym::Role::step);
      makeArgument<sym::SeedOp>(function, sym::Role::seed);
      dropUnused(function);
    }
    for (sym::TrainOp train : llvm::make_early_inc_range(getOperation().getOps<sym::TrainOp>()))
      train.erase();
  }

private:
  /// Reads of the frame inside of loops and branches become operands of these. Each iteration has a seed of its own.
  static void liftFrameValues(func::FuncOp function) {
    SmallVector<Operation *> reads;
    function.walk([&](Operation *op) {
      if (isa<sym::SeedOp, sym::StepOp>(op) && op->getParentOp() != function)
        reads.push_back(op);
    });
    while (!reads.empty()) {
      Operation *read = reads.pop_back_val(), *control = read->getParentOp();
      OpBuilder before(control), b(read);
      Operation *outer = before.clone(*read);
      if (control->getParentOp() != function)
        reads.push_back(outer);
      addInvariant(control, outer->getResult(0));
      Region &body = *read->getParentRegion();
      Tensor seed{b, read->getLoc(), body.getArguments().back()};
      Value value = seed.value;
      // Weyl's sequence of the golden ratio, by another power of it in a loop within a loop: then no two iterations of
      // them meet.
      if (isa<sym::SeedOp>(read) && isLoop(control))
        value = (seed + seed.with(body.getArgument(0)) * seed.with(weyl(b, seed.loc, loopsAround(read)))).value;
      read->getResult(0).replaceAllUsesWith(value);
      read->erase();
    }
  }

  static bool isLoop(Operation *op) {
    auto control = dyn_cast<ControlFlowOpInterface>(op);
    return control && control.isLoop();
  }
  static unsigned loopsAround(Operation *op) {
    unsigned count = 0;
    for (Operation *around = op->getParentOp(); around; around = around->getParentOp())
      count += isLoop(around);
    return count;
  }

  static Value weyl(OpBuilder &b, Location loc, unsigned power) {
    uint64_t number = 1;
    for (; power > 0; --power)
      number *= 0x9E3779B97F4A7C15;
    auto type = RankedTensorType::get({}, b.getI64Type());
    return sym::ConstantOp::create(b, loc, type, DenseElementsAttr::get(type, static_cast<int64_t>(number)));
  }

  template <class Op> static void makeArgument(func::FuncOp function, sym::Role role) {
    for (Op read : llvm::make_early_inc_range(function.getOps<Op>())) {
      read.getResult().replaceAllUsesWith(frameArgument(function, read.getType(), role));
      read.erase();
    }
  }

  using Names = llvm::SmallSetVector<StringRef, 4>;

  static void addDimensions(Names &names, Type type) {
    for (Dim size : dimsOf(type))
      names.insert_range(namesIn(size));
  }

  static void dropUnused(func::FuncOp function) {
    llvm::BitVector unused(function.getNumArguments());
    Names needed, known;
    for (BlockArgument argument : function.getArguments()) {
      unused[argument.getArgNumber()] = argument.use_empty();
      if (!argument.use_empty() && roleOf(argument) == sym::Role::input)
        addDimensions(known, argument.getType());
    }
    AttrTypeWalker sizes; // of types and of attributes: lengths of loops, sizes as values, places of slices
    sizes.addWalk([&](Dim size) {
      needed.insert_range(namesIn(size));
      return WalkResult::skip();
    });
    for (Operation &inner : function.getOps())
      inner.walk([&](Operation *op) {
        sizes.walk(op->getAttrDictionary());
        for (Type type : op->getResultTypes())
          sizes.walk(type);
      });
    for (BlockArgument argument : function.getArguments()) {
      unsigned i = argument.getArgNumber();
      if (!unused[i] || roleOf(argument) != sym::Role::input)
        continue;
      Names given;
      addDimensions(given, argument.getType());
      given.remove_if([&](StringRef name) { return !needed.contains(name) || known.contains(name); });
      if (given.empty())
        continue;
      unused.reset(i);
      known.insert_range(given);
    }
    (void)function.eraseArguments(unused);
  }
};
} // namespace
