//===- Outline.cpp - Regions become kernels on buffers --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Legal before: func, sym.fused, sym.constant, sym.reshape. Legal after: model functions of
// func.call, sym.alloc, sym.view, sym.get_global on memrefs; kernels of sym.read, sym ops and
// sym.write. A result of a model function that is an update is written into the slot itself
// when nothing reads the old value, and the call cannot fail any more, afterwards; else it is
// copied there at the end. Any other result is written into an argument. So a call that fails
// has changed no slot.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Requirements.h"
#include "lib/Fusion/Access.h"
#include "lib/Lowering/CPU/Kernels.h"
#include "lib/Lowering/Passes.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OperationSupport.h"
#include "mlir/Pass/Pass.h"

namespace symc {
#define GEN_PASS_DEF_OUTLINEPASS
#include "lib/Lowering/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// The kernels of a module; structurally equal regions share one.
class KernelTable {
public:
  explicit KernelTable(ModuleOp module) : module(module) {}

  /// The kernel for a region, reading and writing buffers of the operands' and results' types.
  func::FuncOp get(sym::FusedOp region) {
    for (auto [other, kernel] : known)
      if (sameKernel(other, region))
        return kernel;
    func::FuncOp kernel = build(region, region.getKind());
    known.push_back({region, kernel});
    return kernel;
  }

  /// The kernel that copies a tensor of this type.
  func::FuncOp getCopy(Location loc, Type type) {
    func::FuncOp &kernel = copies[type];
    if (kernel)
      return kernel;
    OpBuilder b(module.getContext());
    kernel = create(loc, {type}, {type}, sym::FusionKind::elementwise);
    b.setInsertionPointToStart(&kernel.getBody().front());
    Value value = sym::ReadOp::create(b, loc, type, kernel.getArgument(0));
    sym::WriteOp::create(b, loc, value, kernel.getArgument(1));
    return kernel;
  }

private:
  static bool sameKernel(sym::FusedOp a, sym::FusedOp b) {
    return a.getKind() == b.getKind() && a.getInputs().getTypes() == b.getInputs().getTypes() &&
           a.getOuts().getTypes() == b.getOuts().getTypes() &&
           OperationEquivalence::isRegionEquivalentTo(&a.getBody(), &b.getBody(),
                                                      OperationEquivalence::Flags::IgnoreLocations);
  }

  func::FuncOp create(Location loc, TypeRange inputs, TypeRange outputs, sym::FusionKind kind) {
    OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
    SmallVector<Type> types;
    for (Type type : llvm::concat<const Type>(SmallVector<Type>(inputs), SmallVector<Type>(outputs)))
      types.push_back(bufferType(type));
    std::string name;
    do
      name = ("k" + Twine(count++)).str();
    while (module.lookupSymbol(name)); // an entry point may have such a name
    auto kernel = func::FuncOp::create(b, loc, name, b.getFunctionType(types, {}));
    kernel.setPrivate();
    kernel->setAttr(kKernelAttr, b.getUnitAttr());
    kernel->setAttr(kKindAttr, sym::FusionKindAttr::get(b.getContext(), kind));
    unsigned i = 0;
    for (Type type : llvm::concat<const Type>(SmallVector<Type>(inputs), SmallVector<Type>(outputs)))
      kernel.setArgAttr(i++, kDimsAttr, sym::DimsAttr::get(b.getContext(), dimsOf(type)));
    b.setInsertionPointToEnd(kernel.addEntryBlock());
    func::ReturnOp::create(b, loc);
    return kernel;
  }

  func::FuncOp build(sym::FusedOp region, sym::FusionKind kind) {
    Location loc = region.getLoc();
    func::FuncOp kernel = create(loc, region.getInputs().getTypes(), region.getOuts().getTypes(), kind);
    OpBuilder b = OpBuilder::atBlockBegin(&kernel.getBody().front());
    IRMapping map;
    for (auto [argument, buffer] : llvm::zip(region.getBody().getArguments(), kernel.getArguments()))
      map.map(argument, sym::ReadOp::create(b, loc, argument.getType(), buffer).getResult());
    for (Operation &op : region.getBody().front().without_terminator())
      b.clone(op, map);
    Operation *yield = region.getBody().front().getTerminator();
    for (auto [i, value] : llvm::enumerate(yield->getOperands()))
      sym::WriteOp::create(b, loc, map.lookup(value), kernel.getArgument(region.getInputs().size() + i));
    return kernel;
  }

  ModuleOp module;
  unsigned count = 0;
  std::vector<std::pair<sym::FusedOp, func::FuncOp>> known;
  DenseMap<Type, func::FuncOp> copies;
};

//===----------------------------------------------------------------------===//
// Model functions
//===----------------------------------------------------------------------===//

/// The value whose memory `value` is: reshapes only rename it.
Value memoryOf(Value value) {
  while (auto reshape = value.getDefiningOp<sym::ReshapeOp>())
    value = reshape.getX();
  return value;
}

/// Whether the region reads this argument only at the element that it writes.
bool readsInPlace(sym::FusedOp region, unsigned argument, Type result) {
  BlockArgument value = region.getBody().getArgument(argument);
  if (region.getKind() != sym::FusionKind::elementwise || value.getType() != result)
    return false;
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return isa<ScalarBodyOpInterface, sym::YieldOp>(user) &&
           llvm::all_of(user->getResultTypes(), [&](Type type) { return sameDims(dimsOf(type), dimsOf(result)); });
  });
}

class FunctionOutliner {
public:
  FunctionOutliner(func::FuncOp old, KernelTable &kernels, unsigned &globals)
      : old(old), kernels(kernels), globals(globals) {}

  void run() {
    OpBuilder b(old);
    makeFunction(b);
    b.setInsertionPointToStart(&function.getBody().front());
    planResults();
    if (!lastCheck)
      copyArguments(b);
    for (Operation &op : old.getBody().front().without_terminator()) {
      convert(b, op);
      if (&op == lastCheck)
        copyArguments(b);
    }
    copyResults(b);
    func::ReturnOp::create(b, old.getLoc());
    noteRequirements(b);
    function.setSymName(old.getSymName());
  }

private:
  Operation *terminator() { return old.getBody().front().getTerminator(); }
  bool isUpdate(unsigned result) {
    auto kind = old.getResultAttrOfType<StringAttr>(result, kKindAttr);
    return kind && kind.getValue() == "update";
  }

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
  void makeFunction(OpBuilder &b) {
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
    for (auto [i, type] : llvm::enumerate(old.getResultTypes()))
      if (!isUpdate(i)) {
        NamedAttrList list(old.getResultAttrDict(i));
        list.set("sym.result", b.getUnitAttr());
        resultArgument[i] = types.size();
        add(type, list.getDictionary(b.getContext()));
      }
    function =
        func::FuncOp::create(b, old.getLoc(), (old.getSymName() + ".outlined").str(), b.getFunctionType(types, {}));
    for (NamedAttribute attribute : old->getDiscardableAttrs())
      function->setDiscardableAttr(attribute.getName(), attribute.getValue());
    Block *body = function.addEntryBlock();
    function.setAllArgAttrs(SmallVector<Attribute>(attributes.begin(), attributes.end()));
    for (auto [from, to] : llvm::zip(old.getArguments(), body->getArguments()))
      buffers[from] = to;
    for (auto [result, argument] : resultArgument)
      resultBuffer[result] = body->getArgument(argument);
    for (auto [i, type] : llvm::enumerate(old.getResultTypes()))
      if (isUpdate(i))
        resultBuffer[i] = body->getArgument(slotArgument(old.getResultAttrOfType<StringAttr>(i, kNameAttr)));
    AccessMap accesses;
    auto nothing = [](Value) { return false; };
    unsigned position = 0;
    for (Operation &op : old.getBody().front()) {
      order[&op] = position++;
      if (auto region = dyn_cast<sym::FusedOp>(op))
        if (llvm::any_of(region.getBody().front().without_terminator(),
                         [&](Operation &inner) { return accesses.mayFail(&inner, nothing); }))
          lastCheck = &op;
    }
  }

  unsigned slotArgument(StringAttr name) {
    for (BlockArgument argument : old.getArguments()) {
      auto kind = old.getArgAttrOfType<StringAttr>(argument.getArgNumber(), kKindAttr);
      if (kind && (kind.getValue() == "parameter" || kind.getValue() == "state") &&
          old.getArgAttr(argument.getArgNumber(), kNameAttr) == name)
        return argument.getArgNumber();
    }
    llvm_unreachable("an update of a slot that the function does not take");
  }

  /// Chooses for every value of a region the argument that it can be written to directly.
  void planResults() {
    for (auto [i, returned] : llvm::enumerate(terminator()->getOperands())) {
      Value memory = memoryOf(returned);
      auto region = memory.getDefiningOp<sym::FusedOp>();
      if (!region || destination.count(memory))
        continue;
      if (!isUpdate(i) || canOverwrite(region, memory, cast<BlockArgument>(oldSlot(i)))) {
        destination[memory] = i;
        direct.insert(i);
      }
    }
  }

  Value oldSlot(unsigned result) {
    return old.getArgument(slotArgument(old.getResultAttrOfType<StringAttr>(result, kNameAttr)));
  }

  /// Whether writing `value` over the slot is seen by no reader of the slot's old contents, and by no failed call.
  bool canOverwrite(sym::FusedOp region, Value value, BlockArgument slot) {
    if (lastCheck && order[region] <= order[lastCheck])
      return false;
    SmallVector<Value> views = {slot};
    for (size_t v = 0; v < views.size(); ++v)
      for (OpOperand &use : views[v].getUses()) {
        Operation *user = use.getOwner();
        if (auto reshape = dyn_cast<sym::ReshapeOp>(user)) {
          views.push_back(reshape.getOut());
          continue;
        }
        if (user == terminator())
          continue; // copied before, see copyArguments
        if (order[user] > order[region])
          return false;
        if (user == region && !readsInPlace(region, use.getOperandNumber(), value.getType()))
          return false;
      }
    return true;
  }

  void copy(OpBuilder &b, Location loc, Type type, Value from, Value to) {
    func::CallOp::create(b, loc, kernels.getCopy(loc, type),
                         ValueRange{view(b, loc, from, type), view(b, loc, to, type)});
  }

  Value view(OpBuilder &b, Location loc, Value buffer, Type tensor) {
    MemRefType type = bufferType(tensor);
    return buffer.getType() == type ? buffer : sym::ViewOp::create(b, loc, type, buffer).getResult();
  }

  /// Results that are arguments are copied before anything is overwritten.
  void copyArguments(OpBuilder &b) {
    for (auto [i, returned] : llvm::enumerate(terminator()->getOperands())) {
      auto argument = dyn_cast<BlockArgument>(memoryOf(returned));
      if (!argument || buffers[argument] == resultBuffer[i])
        continue;
      copy(b, old.getLoc(), returned.getType(), buffers[argument], resultBuffer[i]);
    }
  }

  /// Results that stand elsewhere are copied when all else is done.
  void copyResults(OpBuilder &b) {
    for (auto [i, returned] : llvm::enumerate(terminator()->getOperands()))
      if (!direct.contains(i) && !isa<BlockArgument>(memoryOf(returned)))
        copy(b, old.getLoc(), returned.getType(), buffers[returned], resultBuffer[i]);
  }

  void convert(OpBuilder &b, Operation &op) {
    Location loc = op.getLoc();
    if (auto constant = dyn_cast<sym::ConstantOp>(op)) {
      if (constant->use_empty())
        return;
      std::string name;
      do
        name = ("constant" + Twine(globals++)).str();
      while (old->getParentOfType<ModuleOp>().lookupSymbol(name));
      OpBuilder top = OpBuilder::atBlockBegin(old->getParentOfType<ModuleOp>().getBody());
      sym::GlobalOp::create(top, loc, name, constant.getValue());
      buffers[constant] = sym::GetGlobalOp::create(b, loc, bufferType(constant.getType()), name);
    } else if (auto reshape = dyn_cast<sym::ReshapeOp>(op)) {
      buffers[reshape] = view(b, loc, buffers[reshape.getX()], reshape.getType());
    } else {
      convertRegion(b, cast<sym::FusedOp>(op));
    }
  }

  void convertRegion(OpBuilder &b, sym::FusedOp region) {
    Location loc = region.getLoc();
    SmallVector<Value> operands;
    for (Value input : region.getInputs())
      operands.push_back(buffers[input]);
    for (Value out : region.getOuts()) {
      auto direct = destination.find(out);
      if (direct != destination.end())
        buffers[out] = view(b, loc, resultBuffer[direct->second], out.getType());
      else
        buffers[out] =
            sym::AllocOp::create(b, loc, bufferType(out.getType()), sym::DimsAttr::get(b.getContext(), dimsOf(out)));
      operands.push_back(buffers[out]);
    }
    func::CallOp::create(b, loc, kernels.get(region), operands);
  }

  func::FuncOp old, function;
  KernelTable &kernels;
  unsigned &globals;
  DenseMap<Value, Value> buffers;              // tensor of the old function → buffer
  std::map<unsigned, unsigned> resultArgument; // result → argument of the new function
  DenseMap<unsigned, Value> resultBuffer;      // result → buffer that it ends in
  DenseMap<Value, unsigned> destination;       // value of a region → result that it is written as
  DenseSet<unsigned> direct;                   // results that need no copy
  DenseMap<Operation *, unsigned> order;
  Operation *lastCheck = nullptr; // the last region in which the call may fail
};

struct OutlinePass : symc::impl::OutlinePassBase<OutlinePass> {
  void runOnOperation() override {
    KernelTable kernels(getOperation());
    unsigned globals = 0;
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      FunctionOutliner(function, kernels, globals).run();
    for (func::FuncOp function : functions)
      function.erase();
  }
};

} // namespace
