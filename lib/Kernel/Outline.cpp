//===- Outline.cpp - Functions become programs ----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Legal before: func, sym.fused, sym.constant, sym.reshape, loops and branches of sym. Legal
// after: programs of func.call and the kernel dialect on memrefs; kernels of kernel.read, sym
// ops and kernel.write. A result of a model function that is an update is written into the slot
// itself when nothing reads the old value, and the call cannot fail any more, afterwards; else
// it is copied there at the end. Any other result is written into an argument. So a call that
// fails has changed no slot.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Requirements.h"
#include "lib/Kernel/Passes.h"
#include "lib/Kernel/Program.h"

namespace symc {
#define GEN_PASS_DEF_OUTLINEPASS
#include "lib/Kernel/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {

class FunctionOutliner {
public:
  FunctionOutliner(func::FuncOp old, KernelTable &kernels) : old(old), kernels(kernels) {}

  void run() {
    makeFunction();
    OpBuilder b = OpBuilder::atBlockBegin(&function.getBody().front());
    ProgramBuilder program(b, kernels);
    for (BlockArgument argument : old.getArguments())
      program.buffers[argument] = function.getArgument(argument.getArgNumber());
    program.build(old.getBody().front(), places, /*failing=*/true);
    func::ReturnOp::create(b, old.getLoc());
    noteRequirements(b);
    function.setSymName(old.getSymName());
  }

private:
  bool isUpdate(unsigned result) { return resultRoleOf(old, result) == sym::Role::update; }

  void noteRequirements(OpBuilder &b) {
    SmallVector<Attribute> list;
    for (const SizeRequirement &requirement : sizeRequirements(old)) {
      int64_t code = internCheck(old->getParentOfType<ModuleOp>(), requirement.message);
      list.push_back(b.getArrayAttr({sym::DimsAttr::get(b.getContext(), {requirement.size}),
                                     b.getI64IntegerAttr(requirement.least), b.getI64IntegerAttr(code)}));
    }
    if (!list.empty())
      function->setAttr(kRequiresAttr, b.getArrayAttr(list));
  }

  /// A function on the buffers of the arguments and of the results that are no updates.
  void makeFunction() {
    OpBuilder b(old);
    SmallVector<Type> types;
    SmallVector<DictionaryAttr> attributes;
    auto add = [&](Type tensor, DictionaryAttr known) {
      NamedAttrList list(known);
      list.set(kDimsAttr, sym::DimsAttr::get(b.getContext(), dimsOf(tensor)));
      list.set(kTypeAttr, TypeAttr::get(tensor));
      types.push_back(bufferType(tensor));
      attributes.push_back(list.getDictionary(b.getContext()));
    };
    for (BlockArgument argument : old.getArguments())
      add(argument.getType(), old.getArgAttrDict(argument.getArgNumber()));
    DenseMap<unsigned, unsigned> argumentOf; // result → argument of the new function
    for (auto [i, type] : llvm::enumerate(old.getResultTypes()))
      if (!isUpdate(i)) {
        NamedAttrList list(old.getResultAttrDict(i));
        list.set(kResultAttr, b.getUnitAttr());
        argumentOf[i] = types.size();
        add(type, list.getDictionary(b.getContext()));
      }
    function =
        func::FuncOp::create(b, old.getLoc(), (old.getSymName() + ".outlined").str(), b.getFunctionType(types, {}));
    for (NamedAttribute attribute : old->getDiscardableAttrs())
      function->setDiscardableAttr(attribute.getName(), attribute.getValue());
    Block *body = function.addEntryBlock();
    function.setAllArgAttrs(SmallVector<Attribute>(attributes.begin(), attributes.end()));
    for (unsigned i = 0; i < old.getNumResults(); ++i) {
      if (!isUpdate(i)) {
        places.push_back({body->getArgument(argumentOf[i]), {}});
        continue;
      }
      BlockArgument slot = slotOf(resultNameOf(old, i));
      places.push_back({body->getArgument(slot.getArgNumber()), slot});
    }
  }

  BlockArgument slotOf(StringRef name) {
    for (sym::Role role : {sym::Role::parameter, sym::Role::state})
      if (BlockArgument argument = findArgument(old, role, name))
        return argument;
    llvm_unreachable("an update of a slot that the function does not take");
  }

  func::FuncOp old, function;
  KernelTable &kernels;
  SmallVector<Place> places; // one a result
};

struct OutlinePass : symc::impl::OutlinePassBase<OutlinePass> {
  void runOnOperation() override {
    KernelTable kernels(getOperation());
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      FunctionOutliner(function, kernels).run();
    for (func::FuncOp function : functions)
      function.erase();
  }
};

} // namespace
