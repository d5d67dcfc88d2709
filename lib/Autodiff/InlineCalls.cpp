//===- InlineCalls.cpp - Functions of the file into their callers ---------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What follows works on one block and those of its loops and branches: derivatives, fusion and memory cross the borders
// of the file's functions. Copies are named after the calls that they stand for, so that random streams differ.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Roles.h"
#include "lib/Autodiff/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace symc {
#define GEN_PASS_DEF_INLINECALLSPASS
#include "lib/Autodiff/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {
struct InlineCalls : symc::impl::InlineCallsPassBase<InlineCalls> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<func::CallOp> calls;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isPrivate())
        function.walk([&](func::CallOp call) { calls.push_back(call); });
    while (!calls.empty()) {
      func::CallOp call = calls.pop_back_val();
      expand(call, symbols.lookup<func::FuncOp>(call.getCallee()), calls);
    }
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (function.isPrivate())
        function.erase();
  }

private:
  /// Calls in the copy join `calls`.
  static void expand(func::CallOp call, func::FuncOp function, SmallVectorImpl<func::CallOp> &calls) {
    IRMapping mapping;
    mapping.map(function.getArguments(), call.getOperands());
    OpBuilder b(call);
    for (Operation &op : function.front().without_terminator()) {
      Operation *copy = b.clone(op, mapping);
      if (auto node = call->getAttrOfType<StringAttr>(kNodeAttr)) // none in a module that was written by hand
        nameInScope(copy, node.getValue());
      copy->walk([&](func::CallOp inner) { calls.push_back(inner); });
    }
    for (auto [result, value] : llvm::zip_equal(call.getResults(), function.front().getTerminator()->getOperands()))
      result.replaceAllUsesWith(mapping.lookup(value));
    call.erase();
  }
};
} // namespace
