//===- Code.cpp - Shorthands for emitting kernels -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Lowering/CPU/Contraction/Code.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace symc::contraction;

static unsigned bytesOf(Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    type = vector.getElementType();
  return isa<LLVM::LLVMPointerType>(type) ? 8 : (type.getIntOrFloatBitWidth() + 7) / 8;
}

Value Code::add(Value x, Value y) {
  auto a = known(x), d = known(y);
  if (a && d)
    return c(*a + *d);
  if (a == 0)
    return y;
  if (d == 0)
    return x;
  return arith::AddIOp::create(b, loc, x, y);
}

Value Code::sub(Value x, Value y) {
  auto a = known(x), d = known(y);
  if (a && d)
    return c(*a - *d);
  return d == 0 ? x : arith::SubIOp::create(b, loc, x, y).getResult();
}

Value Code::mul(Value x, Value y) {
  auto a = known(x), d = known(y);
  if (a && d)
    return c(*a * *d);
  if (a == 0 || d == 1)
    return x;
  if (d == 0 || a == 1)
    return y;
  return arith::MulIOp::create(b, loc, x, y);
}

Value Code::div(Value x, Value y) {
  auto a = known(x), d = known(y);
  if (a && d && *d > 0)
    return c(*a / *d);
  return d == 1 ? x : arith::DivUIOp::create(b, loc, x, y).getResult();
}
Value Code::div(Value x, int64_t y) { return div(x, c(y)); }

Value Code::rem(Value x, Value y) {
  auto a = known(x), d = known(y);
  if (a && d && *d > 0)
    return c(*a % *d);
  return d == 1 ? c(0) : arith::RemUIOp::create(b, loc, x, y).getResult();
}
Value Code::rem(Value x, int64_t y) { return rem(x, c(y)); }

Value Code::min(Value x, Value y) {
  auto a = known(x), d = known(y);
  if (a && d)
    return c(std::min(*a, *d));
  return x == y ? x : arith::MinSIOp::create(b, loc, x, y).getResult();
}

Value Code::max(Value x, Value y) {
  auto a = known(x), d = known(y);
  if (a && d)
    return c(std::max(*a, *d));
  return x == y ? x : arith::MaxSIOp::create(b, loc, x, y).getResult();
}

Value Code::at(Value base, int64_t offset, Type element) {
  if (offset == 0)
    return base;
  if (!llvm::isInt<31>(offset))
    return LLVM::GEPOp::create(b, loc, pointer, element, base, ValueRange{c(offset)});
  return LLVM::GEPOp::create(b, loc, pointer, element, base, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
}

Value Code::at(Value base, Value offset, Type element) {
  if (auto constant = known(offset))
    return at(base, *constant, element);
  return LLVM::GEPOp::create(b, loc, pointer, element, base, ValueRange{offset});
}

Value Code::selectOnce(Value condition, Value x, Value y) {
  Value chosen = select(condition, x, y);
  return LLVM::InlineAsmOp::create(b, loc, chosen.getType(), ValueRange{chosen}, /*asm_string=*/"",
                                   /*constraints=*/"=r,0", /*has_side_effects=*/false, /*is_align_stack=*/false,
                                   LLVM::tailcallkind::TailCallKind::None, LLVM::AsmDialectAttr(), ArrayAttr())
      .getResult(0);
}

Value Code::load(Type type, Value address) { return LLVM::LoadOp::create(b, loc, type, address, bytesOf(type)); }

Value Code::loadMasked(Type vector, Value address, Value mask) {
  return LLVM::MaskedLoadOp::create(b, loc, vector, address, mask, zero(vector), bytesOf(vector));
}

void Code::store(Value value, Value address) {
  LLVM::StoreOp::create(b, loc, value, address, bytesOf(value.getType()));
}

void Code::storeMasked(Value value, Value address, Value mask) {
  LLVM::MaskedStoreOp::create(b, loc, value, address, mask, b.getI32IntegerAttr(bytesOf(value.getType())));
}

Value Code::splat(Value scalar, unsigned lanes) {
  return vector::BroadcastOp::create(b, loc, VectorType::get(lanes, scalar.getType()), scalar);
}

Value Code::multiplyAdd(Value x, Value y, Value z) {
  if (isa<VectorType>(z.getType()) && isa<FloatType>(getElementTypeOrSelf(z.getType())))
    return vector::FMAOp::create(b, loc, x, y, z);
  if (isa<FloatType>(z.getType()))
    return LLVM::FMulAddOp::create(b, loc, x, y, z);
  return arith::AddIOp::create(b, loc, arith::MulIOp::create(b, loc, x, y), z);
}

Value Code::plus(Value x, Value y) {
  if (isa<FloatType>(getElementTypeOrSelf(x.getType())))
    return arith::AddFOp::create(b, loc, x, y);
  return arith::AddIOp::create(b, loc, x, y);
}

Value Code::mask(Value count, unsigned lanes) {
  auto type = VectorType::get(lanes, b.getI1Type());
  if (auto constant = known(count)) {
    if (*constant >= lanes)
      return {};
    SmallVector<bool> bits(lanes);
    for (unsigned i = 0; i < lanes; ++i)
      bits[i] = i < *constant;
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, ArrayRef(bits)));
  }
  SmallVector<int32_t> numbers(lanes);
  for (unsigned i = 0; i < lanes; ++i)
    numbers[i] = i;
  Value iota = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(VectorType::get(lanes, b.getI32Type()), ArrayRef(numbers)));
  Value narrow = arith::TruncIOp::create(b, loc, b.getI32Type(), min(count, c(lanes)));
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, iota, splat(narrow, lanes));
}

void Code::loop(Value from, Value to, Value step, Body body) {
  loop(from, to, step, ValueRange{}, [&](Value iv, ValueRange) {
    body(iv);
    return Values{};
  });
}

Values Code::loop(Value from, Value to, Value step, ValueRange carried, CarryBody body) {
  auto lower = known(from), upper = known(to), stride = known(step);
  if (lower && upper && *upper <= *lower)
    return Values(carried);
  if (lower && upper && stride && *upper - *lower <= *stride)
    return body(from, carried);
  auto loop = scf::ForOp::create(b, loc, from, to, step, carried,
                                 [&](OpBuilder &inner, Location, Value iv, ValueRange arguments) {
                                   OpBuilder::InsertionGuard guard(b);
                                   b.setInsertionPoint(inner.getInsertionBlock(), inner.getInsertionPoint());
                                   Values next = body(iv, arguments);
                                   scf::YieldOp::create(b, loc, next);
                                 });
  return Values(loop.getResults());
}

void Code::when(Value condition, function_ref<void()> then, function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/bool(otherwise));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  then();
  if (otherwise) {
    b.setInsertionPointToStart(branch.elseBlock());
    otherwise();
  }
}
