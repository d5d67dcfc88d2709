//===- InverseNormal.h - Coefficients of the normal quantile --*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution,
// Applied Statistics 37 (1988), PPND16: with q = p - 1/2, the quantile is q N(r)/D(r) of
// r = 0.180625 - q^2 where |q| <= 0.425, else +-N(r)/D(r) of r = sqrt(-log min(p, 1 - p)) - 1.6
// for 1e-11 < p < 1 - 1e-11. Lowest power first. The initialisers of parameters (runtime) and
// the random ops of a graph (dialect) have to give the same numbers.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_INVERSENORMAL_H
#define SYMC_SUPPORT_INVERSENORMAL_H

namespace symc::ppnd16 {
inline constexpr double middleAbove[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                         1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                         3.3430575583588128105e+4, 2.5090809287301226727e+3};
inline constexpr double middleBelow[] = {1,
                                         4.2313330701600911252e+1,
                                         6.8718700749205790830e+2,
                                         5.3941960214247511077e+3,
                                         2.1213794301586595867e+4,
                                         3.9307895800092710610e+4,
                                         2.8729085735721942674e+4,
                                         5.2264952788528545610e+3};
inline constexpr double tailAbove[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                       3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                       2.27238449892691845833e-2, 7.74545014278341407640e-4};
inline constexpr double tailBelow[] = {1,
                                       2.05319162663775882187e0,
                                       1.67638483018380384940e0,
                                       6.89767334985100004550e-1,
                                       1.48103976427480074590e-1,
                                       1.51986665636164571966e-2,
                                       5.47593808499534494600e-4,
                                       1.05075007164441684324e-9};
} // namespace symc::ppnd16

#endif
