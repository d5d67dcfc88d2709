//===- Bodies.cpp - Model functions become code over a frame --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A model function becomes two llvm.funcs, `body_NAME(frame)` (symc_body) and
// `sizes_NAME(dims, bytes, shapes, check)` (symc_entry::sizes). The offsets of frame fields are
// those of symc_frame in lib/Support/Program.h.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Plan.h"
#include "lib/Lowering/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace symc {
#define GEN_PASS_DEF_BODIESPASS
#include "lib/Lowering/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {

enum FrameOffset {
  Dimensions = 0,
  Inputs = 8,
  Outputs = 16,
  Slots = 24,
  Arena = 32,
  Offsets = 40,
  Seed = 56,
  Step = 64,
  Check = 72
};

class BodyEmitter {
public:
  BodyEmitter(ModuleOp module, func::FuncOp function, bool poison)
      : module(module), function(function), plan(function), poison(poison), b(module.getContext()),
        loc(function.getLoc()), pointer(LLVM::LLVMPointerType::get(module.getContext())), i64(b.getI64Type()) {
    if (auto bounds = module->getAttrOfType<ArrayAttr>(kBoundsAttr))
      for (auto [i, bound] : llvm::enumerate(bounds.getAsRange<sym::DimBoundAttr>()))
        dimIndex[bound.getName()] = i;
    unsigned slot = 0;
    for (auto parameter : module.getOps<sym::ParameterOp>())
      slotIndex[parameter.getSymName()] = slot++;
    for (auto state : module.getOps<sym::StateOp>())
      slotIndex[state.getSymName()] = slot++;
  }

  void emit() {
    emitBody();
    emitSizes();
    function.erase();
  }

private:
  //===--------------------------------------------------------------------===//
  // Addresses and sizes
  //===--------------------------------------------------------------------===//

  Value constant(int64_t value) { return LLVM::ConstantOp::create(b, loc, i64, value); }
  Value at(Value base, int64_t bytes) {
    if (bytes == 0)
      return base;
    return LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), base,
                               ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
  }
  Value load(Type type, Value base, int64_t bytes) { return LLVM::LoadOp::create(b, loc, type, at(base, bytes)); }
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

  Value dimValue(unsigned symbol) {
    Value &known = dims[symbol];
    if (!known) {
      StringRef name = module.getContext()->getLoadedDialect<sym::SymDialect>()->dimName(symbol);
      Value base = dimsPointer;
      OpBuilder::InsertionGuard guard(b);
      if (!base) {
        base = field(Dimensions);
        b.setInsertionPointAfterValue(base);
      } else {
        b.setInsertionPointToStart(entry);
      }
      known = load(i64, base, 8 * dimIndex.at(name));
    }
    return known;
  }

  /// The value of a size as i64.
  Value size(AffineExpr expr) {
    if (auto value = constantValue(expr))
      return constant(*value);
    if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
      return dimValue(symbol.getPosition());
    auto binary = cast<AffineBinaryOpExpr>(expr);
    Value x = size(binary.getLHS()), y = size(binary.getRHS());
    switch (expr.getKind()) {
    case AffineExprKind::Add:
      return LLVM::AddOp::create(b, loc, x, y);
    case AffineExprKind::Mul:
      return LLVM::MulOp::create(b, loc, x, y);
    case AffineExprKind::FloorDiv: {
      // Sizes are not negative, but what a floor is taken of may be: floor = (x - mod(x, y)) / y.
      Value remainder = LLVM::SRemOp::create(b, loc, x, y);
      Value negative = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::slt, remainder, constant(0));
      Value adjusted = LLVM::SelectOp::create(b, loc, negative, LLVM::AddOp::create(b, loc, remainder, y), remainder);
      return LLVM::SDivOp::create(b, loc, LLVM::SubOp::create(b, loc, x, adjusted), y);
    }
    default:
      return LLVM::SRemOp::create(b, loc, x, y);
    }
  }

  /// The address of a buffer.
  Value address(Value buffer) {
    while (auto view = buffer.getDefiningOp<sym::ViewOp>())
      buffer = view.getBuffer();
    Value &known = addresses[buffer];
    if (known)
      return known;
    if (buffer.getDefiningOp<sym::AllocOp>()) {
      Value offset = load(i64, field(Offsets), 8 * plan.bufferNumber.lookup(buffer));
      return known = LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), field(Arena), ArrayRef<LLVM::GEPArg>{offset});
    }
    if (auto global = buffer.getDefiningOp<sym::GetGlobalOp>())
      return known = LLVM::AddressOfOp::create(b, loc, pointer, global.getName());
    return known = argumentAddress(cast<BlockArgument>(buffer).getArgNumber());
  }

  Value argumentAddress(unsigned argument) {
    if (function.getArgAttr(argument, "sym.result"))
      return load(pointer, field(Outputs), 8 * countBefore(argument, "sym.result"));
    StringRef kind = function.getArgAttrOfType<StringAttr>(argument, kKindAttr).getValue();
    if (kind == "input")
      return load(pointer, field(Inputs), 8 * inputNumber(argument));
    if (kind == "step")
      return at(frame, Step);
    if (kind == "seed")
      return at(frame, Seed);
    if (kind == "check")
      return at(frame, Check);
    StringRef name = function.getArgAttrOfType<StringAttr>(argument, kNameAttr).getValue();
    return load(pointer, field(Slots), 8 * slotIndex.at(name));
  }

  unsigned countBefore(unsigned argument, StringRef attribute) {
    unsigned count = 0;
    for (unsigned i = 0; i < argument; ++i)
      count += bool(function.getArgAttr(i, attribute));
    return count;
  }
  unsigned inputNumber(unsigned argument) {
    unsigned count = 0;
    for (unsigned i = 0; i < argument; ++i) {
      auto kind = function.getArgAttrOfType<StringAttr>(i, kKindAttr);
      count += kind && kind.getValue() == "input" && !function.getArgAttr(i, "sym.result");
    }
    return count;
  }

  //===--------------------------------------------------------------------===//
  // body_NAME
  //===--------------------------------------------------------------------===//

  LLVM::LLVMFuncOp declare(StringRef name, Type result, ArrayRef<Type> arguments) {
    if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return known;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(module.getBody());
    return LLVM::LLVMFuncOp::create(b, loc, name, LLVM::LLVMFunctionType::get(result, arguments));
  }

  void emitBody() {
    auto body = declare(("body_" + function.getSymName()).str(), b.getI32Type(), {pointer});
    entry = body.addEntryBlock(b);
    frame = body.getArgument(0);
    b.setInsertionPointToEnd(entry);
    size_t most = 1;
    for (func::CallOp call : plan.steps)
      most = std::max<size_t>(most, call.getNumOperands());
    arguments = LLVM::AllocaOp::create(b, loc, pointer, pointer, constant(most), /*alignment=*/8);
    Block *failed = nullptr;
    for (auto [step, call] : llvm::enumerate(plan.steps)) {
      if (poison)
        poisonBuffers(step);
      emitCall(call);
      if (mayFail(call))
        failed = leaveOnFailure(body, failed);
    }
    LLVM::ReturnOp::create(b, loc, LLVM::ConstantOp::create(b, loc, b.getI32Type(), 0));
    if (failed) {
      b.setInsertionPointToEnd(failed);
      LLVM::ReturnOp::create(b, loc, LLVM::ConstantOp::create(b, loc, b.getI32Type(), 1));
    }
  }

  /// Fills what begins to live at this step, so that nothing that was there before is taken for a value.
  void poisonBuffers(int32_t step) {
    for (FunctionPlan::Buffer buffer : plan.buffers)
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
    auto grain = kernel->getAttrOfType<IntegerAttr>(kGrainAttr);
    AffineExpr trips = extent ? extent.getExprs()[0] : constantDim(b.getContext(), 1);
    Value dimensions = field(Dimensions);
    std::optional<int64_t> fixed = constantValue(trips);
    if (!grain || (fixed && *fixed <= grain.getInt())) {
      LLVM::CallOp::create(b, loc, kernel, ValueRange{arguments, dimensions, constant(0), size(trips)});
      return;
    }
    Type none = LLVM::LLVMVoidType::get(b.getContext());
    auto parallel = declare("symc_rt_parallel", none, {pointer, pointer, pointer, i64, i64});
    Value code = LLVM::AddressOfOp::create(b, loc, pointer, kernel.getSymName());
    LLVM::CallOp::create(b, loc, parallel, ValueRange{frame, code, arguments, size(trips), constant(grain.getInt())});
  }

  /// Ends the call with 1 when a check has failed. What was emitted before dominates what follows.
  Block *leaveOnFailure(LLVM::LLVMFuncOp body, Block *failed) {
    Value code = load(i64, frame, Check);
    Value bad = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, code, constant(0));
    if (!failed)
      failed = body.addBlock();
    Block *next = body.addBlock();
    LLVM::CondBrOp::create(b, loc, bad, failed, next);
    b.setInsertionPointToEnd(next);
    return failed;
  }

  //===--------------------------------------------------------------------===//
  // sizes_NAME
  //===--------------------------------------------------------------------===//

  void emitSizes() {
    auto sizes =
        declare(("sizes_" + function.getSymName()).str(), b.getI32Type(), {pointer, pointer, pointer, pointer});
    entry = sizes.addEntryBlock(b);
    dims.clear();
    dimsPointer = sizes.getArgument(0);
    b.setInsertionPointToEnd(entry);
    emitRequirements(sizes);
    for (auto [i, buffer] : llvm::enumerate(plan.buffers)) {
      AffineExpr bytes = byteSize(buffer.alloc.getType(), buffer.alloc.getDims().getExprs());
      LLVM::StoreOp::create(b, loc, size(bytes), at(sizes.getArgument(1), 8 * i));
    }
    unsigned position = 0;
    for (unsigned argument = 0; argument < function.getNumArguments(); ++argument)
      if (function.getArgAttr(argument, "sym.result"))
        for (AffineExpr dim : dimsOfArgument(function, argument))
          LLVM::StoreOp::create(b, loc, size(dim), at(sizes.getArgument(2), 8 * position++));
    LLVM::ReturnOp::create(b, loc, LLVM::ConstantOp::create(b, loc, b.getI32Type(), 0));
  }

  /// Ends with 1 and a note in `check` at the first size that is too small.
  void emitRequirements(LLVM::LLVMFuncOp sizes) {
    auto requirements = function->getAttrOfType<ArrayAttr>(kRequiresAttr);
    if (!requirements)
      return;
    Block *failed = sizes.addBlock();
    for (unsigned i = 0; i < 3; ++i)
      failed->addArgument(i64, loc);
    for (auto requirement : requirements.getAsRange<ArrayAttr>()) {
      Value have = size(cast<sym::DimsAttr>(requirement[0]).getExprs()[0]);
      Value least = constant(cast<IntegerAttr>(requirement[1]).getInt());
      Value code = constant(cast<IntegerAttr>(requirement[2]).getInt());
      Value bad = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::slt, have, least);
      Block *next = sizes.addBlock();
      LLVM::CondBrOp::create(b, loc, bad, failed, ValueRange{code, have, least}, next, ValueRange{});
      b.setInsertionPointToEnd(next);
    }
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(failed);
    for (unsigned i = 0; i < 3; ++i)
      LLVM::StoreOp::create(b, loc, failed->getArgument(i), at(sizes.getArgument(3), 8 * i));
    LLVM::ReturnOp::create(b, loc, LLVM::ConstantOp::create(b, loc, b.getI32Type(), 1));
  }

  ModuleOp module;
  func::FuncOp function;
  FunctionPlan plan;
  bool poison;
  OpBuilder b;
  Location loc;
  Type pointer, i64;
  std::map<StringRef, unsigned> dimIndex, slotIndex;
  Block *entry = nullptr;
  Value frame, arguments, dimsPointer;
  DenseMap<int, Value> fields;
  DenseMap<unsigned, Value> dims;
  DenseMap<Value, Value> addresses;
};

/// Globals become private constants of the module.
void convertGlobals(ModuleOp module) {
  for (auto global : llvm::make_early_inc_range(module.getOps<sym::GlobalOp>())) {
    OpBuilder b(global);
    auto value = cast<DenseElementsAttr>(global.getValue());
    Type element = value.getElementType();
    if (element.isInteger(1)) { // a byte each
      SmallVector<int8_t> bytes;
      for (bool bit : value.getValues<bool>())
        bytes.push_back(bit);
      value = DenseElementsAttr::get(RankedTensorType::get(value.getType().getShape(), b.getI8Type()), ArrayRef(bytes));
      element = b.getI8Type();
    } else if (element.isUnsignedInteger()) {
      element = b.getIntegerType(element.getIntOrFloatBitWidth());
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
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (!isKernel(function))
        BodyEmitter(getOperation(), function, arena == ArenaMode::Poisoned).emit();
    // The description has what these say.
    for (Operation &op : llvm::make_early_inc_range(*getOperation().getBody()))
      if (isa<sym::ParameterOp, sym::StateOp>(op))
        op.erase();
  }
};

} // namespace
