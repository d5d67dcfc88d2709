//===- KernelsToLLVM.cpp - Everything to the LLVM dialect -----------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Elementary functions become calls of lib/Lowering/CPU/VectorMath, which linkVectorMath
// resolves; the rest goes through MLIR's own conversions in one pass. Legal after: llvm.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Passes.h"
#include "lib/Lowering/CPU/VectorMath/VectorMath.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/DialectConversion.h"
#include "llvm/ADT/StringSwitch.h"

namespace symc {
#define GEN_PASS_DEF_KERNELSTOLLVMPASS
#include "lib/Lowering/CPU/Passes.h.inc"
} // namespace symc

using namespace mlir;
using namespace symc;

namespace {

/// Replaces calls of elementary functions in one function.
class MathCalls {
public:
  explicit MathCalls(ModuleOp module) : module(module) {}

  void replace(Operation *op, StringRef name) {
    OpBuilder b(op);
    Type type = op->getResult(0).getType(), element = getElementTypeOrSelf(type);
    bool isDouble = element.isF64();
    int64_t least = isDouble ? 2 : 4, most = isDouble ? 8 : 16;
    auto vector = dyn_cast<VectorType>(type);
    int64_t lanes = vector ? vector.getNumElements() : 1;
    int64_t width = std::clamp<int64_t>(lanes, least, most);
    Location loc = op->getLoc();
    SmallVector<Value> parts;
    for (int64_t first = 0; first < lanes; first += width) {
      SmallVector<Value> arguments;
      for (Value operand : op->getOperands())
        arguments.push_back(part(b, loc, operand, first, lanes, width));
      auto function = declare(vectorMathName(name, width, isDouble), VectorType::get(width, element), arguments.size());
      parts.push_back(LLVM::CallOp::create(b, loc, function, arguments).getResult());
    }
    op->getResult(0).replaceAllUsesWith(whole(b, loc, parts, lanes, width, type));
    op->erase();
  }

private:
  /// Lanes [first, first + width) of a value of `lanes` lanes; what is beyond repeats lane 0.
  Value part(OpBuilder &b, Location loc, Value value, int64_t first, int64_t lanes, int64_t width) {
    if (!isa<VectorType>(value.getType()))
      return vector::BroadcastOp::create(b, loc, VectorType::get(width, value.getType()), value);
    if (lanes == width)
      return value;
    SmallVector<int32_t> which;
    for (int64_t i = 0; i < width; ++i)
      which.push_back(first + i < lanes ? first + i : 0);
    return LLVM::ShuffleVectorOp::create(b, loc, value, value, which);
  }

  Value whole(OpBuilder &b, Location loc, ArrayRef<Value> parts, int64_t lanes, int64_t width, Type type) {
    if (!isa<VectorType>(type)) {
      Value zero = LLVM::ConstantOp::create(b, loc, b.getI64IntegerAttr(0));
      return LLVM::ExtractElementOp::create(b, loc, parts[0], zero);
    }
    SmallVector<Value> level(parts);
    while (level.size() > 1) {
      SmallVector<Value> next;
      int64_t each = cast<VectorType>(level[0].getType()).getNumElements();
      SmallVector<int32_t> both;
      for (int64_t i = 0; i < 2 * each; ++i)
        both.push_back(i);
      for (size_t i = 0; i + 1 < level.size(); i += 2)
        next.push_back(LLVM::ShuffleVectorOp::create(b, loc, level[i], level[i + 1], both));
      level = next;
    }
    if (lanes == width || parts.size() > 1)
      return level[0];
    SmallVector<int32_t> few;
    for (int64_t i = 0; i < lanes; ++i)
      few.push_back(i);
    return LLVM::ShuffleVectorOp::create(b, loc, level[0], level[0], few);
  }

  LLVM::LLVMFuncOp declare(const std::string &name, Type type, unsigned arguments) {
    LLVM::LLVMFuncOp &function = declared[name];
    if (!function)
      function = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
    if (!function) {
      OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
      auto functionType = LLVM::LLVMFunctionType::get(type, SmallVector<Type>(arguments, type));
      function = LLVM::LLVMFuncOp::create(b, module.getLoc(), name, functionType);
    }
    return function;
  }

  ModuleOp module;
  llvm::StringMap<LLVM::LLVMFuncOp> declared;
};

bool isConstant(Value value) {
  auto spread = value.getDefiningOp<vector::BroadcastOp>();
  return matchPattern(spread ? spread.getSource() : value, m_Constant());
}

/// The larger, or the smaller, of two values, with IEEE's order of zeros and NaN of any NaN. Of x86's instruction both
/// operands' orders are asked: the answers differ only for zeros, where their common bits are +0 (of the smaller: all
/// bits, -0), and for NaN, which is put in its place. LLVM's own sequence is twice as long, from one maximum to the
/// next.
Value expandExtremum(Operation *op) {
  OpBuilder b(op);
  Location loc = op->getLoc();
  bool larger = isa<arith::MaximumFOp>(op);
  auto predicate = larger ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT;
  Value x = op->getOperand(0), y = op->getOperand(1);
  Type type = x.getType(), element = getElementTypeOrSelf(type);
  Type bits = b.getIntegerType(element.getIntOrFloatBitWidth());
  if (auto vector = dyn_cast<VectorType>(type))
    bits = vector.clone(bits);
  auto answer = [&](Value first, Value second) -> Value {
    Value test = arith::CmpFOp::create(b, loc, predicate, first, second);
    Value chosen = arith::SelectOp::create(b, loc, test, first, second);
    return arith::BitcastOp::create(b, loc, bits, chosen);
  };
  Value one = answer(x, y), other = answer(y, x);
  Value both =
      larger ? arith::AndIOp::create(b, loc, one, other).getResult() : arith::OrIOp::create(b, loc, one, other);
  Value unordered = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x, y);
  Value isNaN = arith::ExtSIOp::create(b, loc, bits, unordered);
  return arith::BitcastOp::create(b, loc, type, arith::OrIOp::create(b, loc, both, isNaN));
}

struct KernelsToLLVMPass : symc::impl::KernelsToLLVMPassBase<KernelsToLLVMPass> {
  void runOnOperation() override {
    MathCalls calls(getOperation());
    SmallVector<std::pair<Operation *, StringRef>> functions;
    getOperation().walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()))
        if (StringRef name = functionOf(op); !name.empty())
          functions.push_back({op, name});
    });
    for (auto [op, name] : functions)
      calls.replace(op, name);
    getOperation().walk([](Operation *op) { // of a constant LLVM knows the sign
      if (!isa<arith::MaximumFOp, arith::MinimumFOp>(op) || llvm::any_of(op->getOperands(), isConstant))
        return;
      op->getResult(0).replaceAllUsesWith(expandExtremum(op));
      op->erase();
    });
    // The same in the rounding mode that everything else takes for granted; every C library has it as a function, for
    // machines without the instruction.
    getOperation().walk([](math::RoundEvenOp op) {
      OpBuilder b(op);
      op.replaceAllUsesWith(LLVM::RintOp::create(b, op.getLoc(), op.getType(), op.getOperand()).getResult());
      op.erase();
    });
    LowerToLLVMOptions options(&getContext());
    LLVMTypeConverter converter(&getContext(), options);
    RewritePatternSet patterns(&getContext());
    populateSCFToControlFlowConversionPatterns(patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    populateMathToLLVMConversionPatterns(converter, patterns);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp>();
    if (failed(applyFullConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
