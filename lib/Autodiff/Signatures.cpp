//===- Signatures.cpp - The arguments that functions use ------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Drops what no result needs: ops and then arguments. An input that only gives the value of a
// symbolic dimension stays. Reads of the step counter and the seed become arguments.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/SymOps.h"
#include "lib/Autodiff/Functions.h"
#include "lib/Autodiff/Passes.h"
#include "llvm/ADT/BitVector.h"

using namespace mlir;
using namespace symc;

namespace {
struct Signatures : PassWrapper<Signatures, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Signatures)
  StringRef getArgument() const override { return "sym-signatures"; }
  StringRef getDescription() const override { return "Gives every function the arguments that it uses"; }

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      eraseDeadOps(function);
      makeArgument(function, "sym.step", "step");
      makeArgument(function, "sym.seed", "seed");
      dropUnused(function);
    }
    for (sym::TrainOp train : llvm::make_early_inc_range(getOperation().getOps<sym::TrainOp>()))
      train.erase();
  }

private:
  static void makeArgument(func::FuncOp function, StringRef op, StringRef name) {
    for (Operation &read : llvm::make_early_inc_range(function.front())) {
      if (read.getName().getStringRef() != op)
        continue;
      BlockArgument argument = findArgument(function, name, name);
      if (!argument)
        argument = addArgument(function, read.getResult(0).getType(), name, name);
      read.getResult(0).replaceAllUsesWith(argument);
      read.erase();
    }
  }

  static void addSymbols(llvm::BitVector &set, Type type) {
    for (AffineExpr size : dimsOf(type))
      for (unsigned symbol : symbolsIn(size)) {
        set.resize(std::max(set.size(), symbol + 1));
        set.set(symbol);
      }
  }

  static void dropUnused(func::FuncOp function) {
    llvm::BitVector unused(function.getNumArguments()), needed, known;
    for (BlockArgument argument : function.getArguments()) {
      unused[argument.getArgNumber()] = argument.use_empty();
      if (!argument.use_empty() && argumentKind(function, argument.getArgNumber()) == "input")
        addSymbols(known, argument.getType());
    }
    for (Operation &op : function.front())
      for (Type type : op.getResultTypes())
        addSymbols(needed, type);
    for (BlockArgument argument : function.getArguments()) {
      unsigned i = argument.getArgNumber();
      if (!unused[i] || argumentKind(function, i) != "input")
        continue;
      llvm::BitVector given;
      addSymbols(given, argument.getType());
      given &= needed;
      given.reset(known);
      if (given.none())
        continue;
      unused.reset(i);
      known |= given;
    }
    (void)function.eraseArguments(unused);
  }
};
} // namespace

std::unique_ptr<Pass> symc::createSignaturesPass() { return std::make_unique<Signatures>(); }
