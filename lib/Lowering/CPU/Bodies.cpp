//===- Bodies.cpp - Programs become code over a frame ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Expr.h"
#include "lib/Kernel/TracePoints.h"
#include "lib/Lowering/CPU/Frame.h"
#include "lib/Lowering/CPU/KernelShell.h"
#include "lib/Lowering/CPU/Passes.h"
#include "mlir/Pass/Pass.h"

namespace symc {
#define GEN_PASS_DEF_BODIESPASS
#include "lib/Lowering/CPU/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {

/// Emits `body_NAME`.
class BodyEmitter : FrameCode {
public:
  BodyEmitter(ModuleOp module, func::FuncOp program, const Lives &lives, bool poison)
      : FrameCode(module, program), lives(lives), poison(poison) {
    unsigned slot = 0;
    for (auto parameter : module.getOps<sym::ParameterOp>())
      slotIndex[parameter.getSlot()] = slot++;
    for (auto state : module.getOps<sym::StateOp>())
      slotIndex[state.getSlot()] = slot++;
  }

  void emit() {
    body = declare(("body_" + program.getSymName()).str(), b.getI32Type(), {pointer});
    entry = body.addEntryBlock(b);
    frame = body.getArgument(0);
    b.setInsertionPointToEnd(entry);
    dimensions = field(Dimensions);
    size_t most = 1;
    program.walk([&](func::CallOp call) { most = std::max<size_t>(most, call.getNumOperands()); });
    arguments = LLVM::AllocaOp::create(b, loc, pointer, pointer, constant(most), /*alignment=*/8);
    size_t rank = 1; // of what is printed
    program.walk([&](kernel::PrintOp print) { rank = std::max(rank, dimsOf(print.getTensor()).size()); });
    shape = LLVM::AllocaOp::create(b, loc, pointer, i64, constant(rank), /*alignment=*/8);
    emitSteps(program.getBody().front());
    LLVM::ReturnOp::create(b, loc, status(0));
    if (failed) {
      b.setInsertionPointToEnd(failed);
      LLVM::ReturnOp::create(b, loc, status(1));
    }
  }

private:
  //===--------------------------------------------------------------------===//
  // Addresses
  //===--------------------------------------------------------------------===//

  /// A field of the frame, loaded once.
  Value field(FrameOffset offset) {
    Value &known = fields[offset];
    if (!known) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(entry);
      known = load(pointer, frame, offset);
    }
    return known;
  }

  /// The address of a buffer; rows and what loops carry have theirs since they were met.
  Value address(Value buffer) {
    while (auto view = buffer.getDefiningOp<kernel::ViewOp>())
      buffer = view.getBuffer();
    Value &known = addresses[buffer];
    if (known)
      return known;
    // Where it is first used dominates what follows, but for loops and branches: then in front of these.
    OpBuilder::InsertionGuard guard(b);
    if (around)
      b.setInsertionPoint(around);
    if (buffer.getDefiningOp<kernel::AllocOp>()) {
      Value offset = load(i64, field(Offsets), 8 * lives.bufferNumber.lookup(buffer));
      return known = LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), field(Arena), ArrayRef<LLVM::GEPArg>{offset});
    }
    if (auto global = buffer.getDefiningOp<kernel::GetGlobalOp>())
      return known = LLVM::AddressOfOp::create(b, loc, pointer, global.getName());
    return known = argumentAddress(cast<BlockArgument>(buffer).getArgNumber());
  }

  Value argumentAddress(unsigned argument) {
    auto isResult = [&](unsigned i) { return bool(program.getArgAttr(i, kResultAttr)); };
    auto isInput = [&](unsigned i) { return roleOf(program, i) == sym::Role::input && !isResult(i); };
    auto before = [&](auto wanted) { return llvm::count_if(llvm::seq(argument), wanted); };
    if (isResult(argument))
      return load(pointer, field(Outputs), 8 * before(isResult));
    switch (roleOf(program, argument).value_or(sym::Role::input)) { // of a program that was written by hand
    case sym::Role::input:
      return load(pointer, field(Inputs), 8 * before(isInput));
    case sym::Role::step:
      return at(frame, Step);
    case sym::Role::seed:
      return at(frame, Seed);
    case sym::Role::check:
      return at(frame, Check);
    default: // a parameter or state
      return load(pointer, field(Slots), 8 * slotIndex.at(nameOf(program, argument)));
    }
  }

  //===--------------------------------------------------------------------===//
  // Steps
  //===--------------------------------------------------------------------===//

  void emitSteps(Block &block) {
    for (Operation &op : block) {
      if (poison && lives.step.count(&op))
        poisonBuffers(lives.step.lookup(&op));
      if (auto call = dyn_cast<func::CallOp>(op))
        emitCall(call);
      else if (auto loop = dyn_cast<kernel::LoopOp>(op))
        emitLoop(loop);
      else if (auto branches = dyn_cast<kernel::IfOp>(op))
        emitIf(branches);
      else if (auto leave = dyn_cast<kernel::LeaveUnlessOp>(op))
        goOnIf(flag(leave.getFlag()), leaveTo);
      else if (auto store = dyn_cast<kernel::StoreIndexOp>(op))
        LLVM::StoreOp::create(b, loc, indices.lookup(store.getIndex()), address(store.getBuffer()));
      else if (auto row = dyn_cast<kernel::RowOp>(op))
        emitRow(row);
      else if (auto print = dyn_cast<kernel::PrintOp>(op))
        emitPrint(print);
    }
  }

  /// Fills what begins to live at this step, so that nothing that was there before is taken for a value.
  void poisonBuffers(int32_t step) {
    for (Lives::Buffer buffer : lives.buffers)
      if (buffer.first == step) {
        Value ones = LLVM::ConstantOp::create(b, loc, b.getI8Type(), -1);
        Value bytes = size(byteSize(buffer.alloc.getType(), buffer.alloc.getDims().getExprs()));
        LLVM::MemsetOp::create(b, loc, address(buffer.alloc), ones, bytes, /*isVolatile=*/false);
      }
  }

  void emitCall(func::CallOp call) {
    auto kernel = module.lookupSymbol<LLVM::LLVMFuncOp>(call.getCallee());
    unsigned position = 0;
    for (Value operand : call.getOperands())
      if (isa<MemRefType>(operand.getType()))
        LLVM::StoreOp::create(b, loc, address(operand), at(arguments, 8 * position++));
    auto extent = kernel->getAttrOfType<sym::DimsAttr>(kExtentAttr);
    auto grain = kernel->getAttrOfType<sym::DimsAttr>(kGrainAttr);
    Dim trips = extent ? extent.getExprs()[0] : constantDim(b.getContext(), 1);
    Dim one = grain ? grain.getExprs()[1] : trips;
    std::optional<int64_t> fixed = constantValue(trips), fixedOne = constantValue(one);
    auto trace = call->getAttrOfType<StringAttr>(kTraceAttr);
    if (trips == one || (fixed && fixedOne && *fixed <= *fixedOne)) {
      if (trace)
        emitTraced(call, addressOf(kernel), size(trips), constant(-1));
      else
        LLVM::CallOp::create(b, loc, kernel, ValueRange{arguments, dimensions, constant(0), size(trips)});
    } else {
      Value code = addressOf(kernel);
      auto number = [&](Dim dim) { return constantValue(dim) ? constant(*constantValue(dim)) : size(dim); };
      Value all = number(trips), chunk = number(grain.getExprs()[0]);
      if (grain.getExprs()[0] != one) {
        Value few = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::sle, all, number(one));
        chunk = LLVM::SelectOp::create(b, loc, few, all, chunk);
      }
      if (trace) {
        emitTraced(call, code, all, chunk);
      } else {
        Type none = LLVM::LLVMVoidType::get(b.getContext());
        auto parallel = declare("symc_rt_parallel", none, {pointer, pointer, pointer, i64, i64});
        LLVM::CallOp::create(b, loc, parallel, ValueRange{frame, code, arguments, all, chunk});
      }
    }
    if (!mayFail(call))
      return;
    // A failed check ends the call with 1.
    if (!failed)
      failed = body.addBlock();
    goOnIf(LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, load(i64, frame, Check), constant(0)), failed);
  }

  Value addressOf(LLVM::LLVMFuncOp kernel) { return LLVM::AddressOfOp::create(b, loc, pointer, kernel.getSymName()); }

  /// The call through the runtime, which tells the caller's hook of it.
  void emitTraced(func::CallOp call, Value code, Value extent, Value grain) {
    ArrayRef<Dim> work = call->getAttrOfType<sym::DimsAttr>(kWorkAttr).getExprs();
    Type none = LLVM::LLVMVoidType::get(b.getContext());
    auto traced = declare("symc_rt_traced", none, {pointer, pointer, pointer, i64, i64, pointer, i64, i64, i64});
    Value about = text(call->getAttrOfType<StringAttr>(kTraceAttr).getValue());
    LLVM::CallOp::create(
        b, loc, traced,
        ValueRange{frame, code, arguments, extent, grain, about, size(work[0]), size(work[1]), size(work[2])});
  }

  /// Goes on in a new block, or to `otherwise`.
  void goOnIf(Value condition, Block *otherwise) {
    Block *next = body.addBlock();
    LLVM::CondBrOp::create(b, loc, condition, next, otherwise);
    b.setInsertionPointToEnd(next);
  }

  Value flag(Value buffer) {
    Value byte = load(b.getI8Type(), address(buffer), 0);
    Value zero = LLVM::ConstantOp::create(b, loc, b.getI8Type(), 0);
    return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, byte, zero);
  }

  void emitRow(kernel::RowOp row) {
    Value bytes = size(byteSize(row.getType(), row.getDims().getExprs()));
    Value offset = LLVM::MulOp::create(b, loc, indices.lookup(row.getIndex()), bytes);
    addresses[row] =
        LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), address(row.getStack()), ArrayRef<LLVM::GEPArg>{offset});
  }

  void emitPrint(kernel::PrintOp print) {
    Dims dims = dimsOf(print.getTensor());
    for (auto [axis, dim] : llvm::enumerate(dims))
      LLVM::StoreOp::create(b, loc, size(dim), at(shape, 8 * axis));
    ElementType element = elementTypeOf(cast<RankedTensorType>(print.getTensor()).getElementType());
    auto hand = declare("symc_rt_print", LLVM::LLVMVoidType::get(b.getContext()),
                        {pointer, pointer, pointer, b.getI32Type(), b.getI32Type(), b.getI32Type(), pointer});
    LLVM::CallOp::create(b, loc, hand,
                         ValueRange{frame, text(print.getLabel()), address(print.getBuffer()),
                                    status(static_cast<int32_t>(infoOf(element).kind)), status(8 * byteSize(element)),
                                    status(dims.size()), shape});
  }

  /// The address of a C string.
  Value text(StringRef bytes) {
    OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
    std::string name = ("text." + program.getSymName() + "." + Twine(texts++)).str();
    auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size() + 1);
    LLVM::GlobalOp::create(top, loc, type, /*isConstant=*/true, LLVM::Linkage::Private, name,
                           b.getStringAttr(bytes.str() + '\0'));
    return LLVM::AddressOfOp::create(b, loc, pointer, name);
  }

  /// What is emitted in front of the outermost loop or branch dominates all of it: addresses go there.
  template <class Emit> void inside(Operation *entering, Emit emit) {
    Operation *outer = around;
    if (!around)
      around = entering;
    emit();
    around = outer;
  }

  void emitLoop(kernel::LoopOp loop) {
    Value trips = loop.getCount()   ? load(i64, address(loop.getCount()), 0)
                  : loop.getTrips() ? size(loop.getTrips()->getExprs()[0])
                                    : Value();
    SmallVector<Value> state{constant(0)};
    for (Value init : loop.getInits())
      state.push_back(address(init));
    Block *header = body.addBlock(), *first = body.addBlock(), *exit = body.addBlock();
    SmallVector<Location> locations(state.size(), loc);
    header->addArguments(ValueRange(state).getTypes(), locations);
    Operation *entering = LLVM::BrOp::create(b, loc, state, header);
    b.setInsertionPointToEnd(header);
    Value iteration = header->getArgument(0);
    if (trips)
      LLVM::CondBrOp::create(b, loc, LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::slt, iteration, trips), first,
                             exit);
    else
      LLVM::BrOp::create(b, loc, first);
    b.setInsertionPointToEnd(first);
    indices[loop.getRow()] = iteration;
    if (loop.getReverse())
      indices[loop.getRow()] = LLVM::SubOp::create(b, loc, LLVM::SubOp::create(b, loc, trips, constant(1)), iteration);
    for (auto [argument, value] : llvm::zip_equal(loop.getCarried(), header->getArguments().drop_front()))
      addresses[argument] = value;
    Block *outerExit = std::exchange(leaveTo, exit);
    inside(entering, [&] {
      emitSteps(loop.getBody().front());
      SmallVector<Value> next{LLVM::AddOp::create(b, loc, iteration, constant(1))};
      for (Value buffer : loop.getBody().front().getTerminator()->getOperands())
        next.push_back(address(buffer));
      LLVM::BrOp::create(b, loc, next, header);
    });
    leaveTo = outerExit;
    b.setInsertionPointToEnd(exit);
    indices[loop.getIterations()] = iteration;
    for (auto [result, value] : llvm::zip_equal(loop.getOuts(), header->getArguments().drop_front()))
      addresses[result] = value;
  }

  void emitBranch(Block *block, Block &steps, Block *after) {
    b.setInsertionPointToEnd(block);
    emitSteps(steps);
    LLVM::BrOp::create(b, loc, after);
  }

  void emitIf(kernel::IfOp branches) {
    Block *then = body.addBlock(), *otherwise = body.addBlock(), *after = body.addBlock();
    Operation *entering = LLVM::CondBrOp::create(b, loc, flag(branches.getFlag()), then, otherwise);
    inside(entering, [&] {
      emitBranch(then, branches.getThen().front(), after);
      emitBranch(otherwise, branches.getOtherwise().front(), after);
    });
    b.setInsertionPointToEnd(after);
  }

  const Lives &lives;
  bool poison;
  LLVM::LLVMFuncOp body;
  Value frame, arguments, shape;
  unsigned texts = 0; // that have been made
  Block *failed = nullptr, *leaveTo = nullptr;
  Operation *around = nullptr; // where the outermost loop or branch is entered
  std::map<StringRef, unsigned> slotIndex;
  DenseMap<int, Value> fields;
  DenseMap<Value, Value> addresses, indices;
};

/// Globals become private constants of the module.
void convertGlobals(ModuleOp module) {
  for (auto global : llvm::make_early_inc_range(module.getOps<kernel::GlobalOp>())) {
    OpBuilder b(global);
    auto value = cast<DenseElementsAttr>(global.getValue());
    Type element = value.getElementType();
    if (element.isInteger(1)) { // a byte each
      SmallVector<int8_t> bytes;
      for (bool bit : value.getValues<bool>())
        bytes.push_back(bit);
      value = DenseElementsAttr::get(RankedTensorType::get(value.getType().getShape(), b.getI8Type()), ArrayRef(bytes));
      element = b.getI8Type();
    } else {
      element = bodyType(element);
      value = value.bitcast(element);
    }
    value = value.reshape(RankedTensorType::get({value.getNumElements()}, element));
    auto type = LLVM::LLVMArrayType::get(element, value.getNumElements());
    LLVM::GlobalOp::create(b, global.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::Private, global.getSymName(),
                           value,
                           /*alignment=*/64);
    global.erase();
  }
}

struct BodiesPass : symc::impl::BodiesPassBase<BodiesPass> {
  using Base::Base;

  void runOnOperation() override {
    convertGlobals(getOperation());
    nameKernels(getOperation()); // bodies call the code itself
    SmallVector<func::FuncOp> programs(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp program : programs) {
      Lives lives(program);
      BodyEmitter(getOperation(), program, lives, arena == ArenaMode::Poisoned).emit();
      emitSizes(getOperation(), program, lives);
      program.erase();
    }
    // The description has what these say.
    for (Operation &op : llvm::make_early_inc_range(*getOperation().getBody()))
      if (isa<sym::ParameterOp, sym::StateOp>(op))
        op.erase();
  }
};

} // namespace
