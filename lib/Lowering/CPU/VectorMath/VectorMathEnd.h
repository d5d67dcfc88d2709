//===- VectorMathEnd.h - Takes an instance's macros back ----------*- C -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#undef NAME
#undef LOCAL
#undef V
#undef I
#undef L
#undef polynomial
#undef BITS
#undef REAL
#undef MANTISSA
#undef BIAS
#undef MAGIC
#undef LN2_HI
#undef LN2_LO
#undef MIN_NORMAL
#undef SCALE_UP
#undef SCALE_UP_LOG
#undef EXP_MIN
#undef EXP_MAX
#undef TANH_MAX
#undef BIG
#undef TINY
#undef EXP_POLY
#undef ATAN_POLY
#undef ASIN_POLY
#undef PIO2_HI
#undef PIO2_LO
#undef logRest
#undef SIGN
#undef INF
#undef NOT_A_NUMBER
#undef magnitude
#undef withSign
#undef powerOf2
#undef scale
#undef expReduce
#undef expShift
#undef exponential
#undef quarterExpm1
#undef logReduce
#undef logSpecial
#undef logOnePlus
#undef angle
#undef reduce
#undef sine
#undef cosine
#undef sineOf
#undef erfcTail
