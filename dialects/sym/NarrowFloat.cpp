//===- NarrowFloat.cpp - Conversions of f16 and bf16 ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/NarrowFloat.h"

using namespace mlir;
using namespace symc;

namespace {
/// Shorthands for arithmetic on the bits of numbers.
struct Bits {
  Scalar like; // for the builder and the shape
  Type i16 = like.b.getI16Type(), i32 = like.b.getI32Type(), f32 = like.b.getF32Type(), f64 = like.b.getF64Type();

  Scalar cast(Scalar x, Type type) const {
    return x.with(arith::BitcastOp::create(x.b, x.loc, shaped(x, type), x.value), type);
  }
  Scalar number(Scalar x, int64_t c) const { return integerLiteral(x, c); }
  Scalar both(Scalar x, int64_t mask) const { return bitAnd(x, number(x, mask)); }
  Scalar with(Scalar x, int64_t bits) const { return bitOr(x, number(x, bits)); }
  Scalar plus(Scalar x, int64_t c) const { return x + number(x, c); }
  Scalar right(Scalar x, int64_t by) const {
    return x.with(arith::ShRUIOp::create(x.b, x.loc, x.value, number(x, by).value));
  }
  Scalar left(Scalar x, int64_t by) const {
    return x.with(arith::ShLIOp::create(x.b, x.loc, x.value, number(x, by).value));
  }
  Scalar extended(Scalar x) const { return x.with(arith::ExtUIOp::create(x.b, x.loc, shaped(x, i32), x.value), i32); }
};
} // namespace

Scalar symc::widenFloat(Scalar x) {
  Bits bits{x};
  Scalar wide = bits.extended(x);
  if (x.type.isBF16())
    return bits.cast(bits.left(wide, 16), bits.f32);
  // The magnitude at its place in f32 is 2^-112 of the number: a product gives it, of subnormal ones too.
  Scalar magnitude = bits.left(bits.both(wide, 0x7fff), 13);
  Scalar scaled = bits.cast(bits.cast(magnitude, bits.f32) * 0x1p112, bits.i32);
  Scalar isSpecial = magnitude >= bits.number(magnitude, 0x1f << 23); // infinity and NaN
  Scalar positive = where(isSpecial, bits.with(magnitude, 0xff << 23), scaled);
  return bits.cast(bitOr(positive, bits.left(bits.both(wide, 0x8000), 16)), bits.f32);
}

/// A finite number's bits without the last `drop`, rounded; a carry goes to the exponent.
static Scalar rounded(const Bits &bits, Scalar x, int drop) {
  Scalar odd = bits.both(bits.right(x, drop), 1);
  return bits.right(bits.plus(x, (1 << (drop - 1)) - 1) + odd, drop);
}

static Scalar fromF32(Scalar x, Type element) {
  Bits bits{x};
  Scalar all = bits.cast(x, bits.i32), result = all;
  if (element.isBF16()) {
    Scalar quiet = bits.with(bits.right(all, 16), 0x40);
    result.value = where(isNan(x), quiet, rounded(bits, all, 16)).value;
  } else {
    Scalar magnitude = bits.both(all, 0x7fffffff);
    Scalar normal = bits.plus(rounded(bits, magnitude, 13), -(112 << 10));
    // Added to 0.5, whose last place is that of the subnormal numbers, the sum is rounded as they are.
    Scalar half = bits.cast(bits.cast(magnitude, bits.f32) + 0.5, bits.i32);
    Scalar subnormal = bits.plus(half, -(126 << 23));
    Scalar large = where(isNan(x), bits.number(all, 0x7e00), bits.number(all, 0x7c00));
    Scalar positive = where(magnitude < bits.number(all, 113 << 23), subnormal,
                            where(magnitude < bits.number(all, 143 << 23), normal, large));
    result.value = bitOr(positive, bits.both(bits.right(all, 16), 0x8000)).value;
  }
  return x.with(arith::TruncIOp::create(x.b, x.loc, shaped(x, bits.i16), result.value), element);
}

/// To f32, where what is not exact becomes odd: rounded again, to fewer bits, it is as if it had been rounded once.
static Scalar toOddF32(Scalar x) {
  Bits bits{x};
  Scalar nearest = convert(x, bits.f32), back = convert(nearest, bits.f64);
  Scalar all = bits.cast(nearest, bits.i32);
  Scalar cut = where(abs(back) > abs(x), bits.plus(all, -1), all);
  return bits.cast(where(notEqual(back, x), bits.with(cut, 1), all), bits.f32);
}

/// An integer of 64 bits that f64 has, on the same side of every number of few bits.
static Scalar shortened(Scalar x) {
  Bits bits{x};
  Scalar rest = bits.both(x, 0xfff), whole = bits.both(x, ~int64_t(0xfff));
  Scalar sticky = where(notEqual(rest, 0.0), bits.with(whole, 0x800), whole);
  Scalar large = x > bits.number(x, int64_t(1) << 53);
  if (!x.isUnsigned())
    large.value = bitOr(large, x < bits.number(x, -(int64_t(1) << 53))).value;
  return where(large, sticky, x);
}

Scalar symc::narrowFloat(Scalar x, Type element) {
  Type f32 = x.b.getF32Type(), f64 = x.b.getF64Type();
  if (x.type == f64)
    return fromF32(toOddF32(x), element);
  if (x.isFloat() || x.width() <= 16) // exact in f32
    return fromF32(convert(x, f32), element);
  return fromF32(toOddF32(convert(x.width() == 64 ? shortened(x) : x, f64)), element);
}
