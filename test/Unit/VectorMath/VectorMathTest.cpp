//===- VectorMathTest.cpp - Accuracy of the vector functions --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Compares every 97th bit pattern of f32, and a spread of those of f64, with the C library in
// twice the precision. Built once for each x86-64 level, with that level's vector length.
//
//===----------------------------------------------------------------------===//
#include <cmath>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#define PREFIX_F(name) symc_v16_##name##f
#define PREFIX_D(name) symc_v8_##name
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#define PREFIX_F(name) symc_v8_##name##f
#define PREFIX_D(name) symc_v4_##name
#else
constexpr int kLanes = 4;
#define PREFIX_F(name) symc_v4_##name##f
#define PREFIX_D(name) symc_v2_##name
#endif
typedef float F __attribute__((ext_vector_type(kLanes)));
typedef double D __attribute__((ext_vector_type(kLanes / 2)));

#define UNARY(X)                                                                                                       \
  X(exp)                                                                                                               \
  X(exp2)                                                                                                              \
  X(expm1)                                                                                                             \
  X(log)                                                                                                               \
  X(log2) X(log10) X(log1p) X(tanh) X(sinh) X(cosh) X(asinh) X(acosh) X(atanh) X(sin) X(cos) X(tan) X(asin) X(acos)    \
      X(atan) X(erf) X(erfc) X(cbrt) X(rsqrt)
#define BINARY(X) X(pow) X(atan2)

extern "C" {
#define DECLARE(f)                                                                                                     \
  F PREFIX_F(f)(F);                                                                                                    \
  D PREFIX_D(f)(D);
UNARY(DECLARE)
#define DECLARE2(f)                                                                                                    \
  F PREFIX_F(f)(F, F);                                                                                                 \
  D PREFIX_D(f)(D, D);
BINARY(DECLARE2)
}

namespace {
bool supported() {
#if defined(__AVX512F__)
  return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
#elif defined(__AVX2__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return true;
#endif
}

template <class T> T rsqrtOf(T x) { return 1 / std::sqrt(x); }
double rsqrt(double x) { return rsqrtOf(x); }
long double rsqrt(long double x) { return rsqrtOf(x); }
using std::acos, std::acosh, std::asin, std::asinh, std::atan, std::atan2, std::atanh, std::cbrt, std::cos, std::cosh,
    std::erf, std::erfc, std::exp, std::exp2, std::expm1, std::log, std::log10, std::log1p, std::log2, std::pow,
    std::sin, std::sinh, std::tan, std::tanh;

/// Distance in units of the last place of `expected`, whose precision is higher.
template <class T, class Wide> double ulps(T got, Wide expected) {
  T rounded = static_cast<T>(expected);
  if (std::isnan(rounded) || std::isnan(got))
    return std::isnan(rounded) && std::isnan(got) ? 0 : 1e30;
  if (got == rounded)
    return rounded == 0 && std::signbit(got) != std::signbit(rounded) ? 1e30 : 0;
  if (std::isinf(rounded) || std::isinf(got))
    // The largest finite number is one step from infinity.
    return std::fabs(std::isinf(got) ? rounded : got) == std::numeric_limits<T>::max() ? 1 : 1e30;
  int exponent = rounded == 0 ? std::numeric_limits<T>::min_exponent : std::ilogb(rounded) + 1;
  exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
  Wide unit = std::ldexp(static_cast<Wide>(1), exponent - std::numeric_limits<T>::digits);
  return static_cast<double>(std::fabs(static_cast<Wide>(got) - expected) / unit);
}

template <class T, class V, class Wide>
void check(const char *name, V (*function)(V), Wide (*reference)(Wide), double bound, const std::vector<T> &inputs) {
  constexpr int n = sizeof(V) / sizeof(T);
  double worst = 0;
  T where = 0, value = 0;
  for (size_t i = 0; i < inputs.size(); i += n) {
    V x = {};
    for (int k = 0; k < n; ++k)
      x[k] = inputs[std::min(i + k, inputs.size() - 1)];
    V y = function(x);
    for (int k = 0; k < n; ++k) {
      double error = ulps<T, Wide>(y[k], reference(static_cast<Wide>(x[k])));
      if (error > worst)
        worst = error, where = x[k], value = y[k];
    }
  }
  EXPECT_LE(worst, bound) << name << "(" << where << ") = " << value << ", not " << reference(static_cast<Wide>(where));
  ::testing::Test::RecordProperty(name, std::to_string(worst));
  if (getenv("SYMC_PRINT_ULPS"))
    printf("%-8s %s %.3f at %.9g\n", name, sizeof(T) == 4 ? "f32" : "f64", worst, static_cast<double>(where));
}

template <class T, class V, class Wide>
void check2(const char *name, V (*function)(V, V), Wide (*reference)(Wide, Wide), double bound, const std::vector<T> &a,
            const std::vector<T> &b) {
  double worst = 0;
  T wx = 0, wy = 0, value = 0;
  for (T y : b)
    for (T x : a) {
      V r = function(V(x), V(y));
      double error = ulps<T, Wide>(r[0], reference(static_cast<Wide>(x), static_cast<Wide>(y)));
      if (error > worst)
        worst = error, wx = x, wy = y, value = r[0];
    }
  EXPECT_LE(worst, bound) << name << "(" << wx << ", " << wy << ") = " << value << ", not "
                          << reference(static_cast<Wide>(wx), static_cast<Wide>(wy));
  if (getenv("SYMC_PRINT_ULPS"))
    printf("%-8s %s %.3f at %.9g, %.9g\n", name, sizeof(T) == 4 ? "f32" : "f64", worst, static_cast<double>(wx),
           static_cast<double>(wy));
}

template <class T, class Bits> std::vector<T> patterns(Bits step) {
  std::vector<T> result;
  for (T special : {T(0), -T(0), T(1), T(-1), std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity(),
                    std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::max(), std::numeric_limits<T>::min(),
                    std::numeric_limits<T>::denorm_min(), -std::numeric_limits<T>::denorm_min(), T(0.5), T(-0.5), T(2)})
    result.push_back(special);
  Bits bits = 0, before;
  do {
    T value;
    std::memcpy(&value, &bits, sizeof(T));
    result.push_back(value);
    before = bits;
    bits += step;
  } while (bits > before);
  // More where functions bend.
  for (int i = -40000; i <= 40000; ++i)
    result.push_back(static_cast<T>(i * 0.0009765625 * 0.9990234375));
  return result;
}

#define CHECK_F(f) check<float, F, double>(#f, PREFIX_F(f), f, 4.0, inputs);
#define CHECK_D(f) check<double, D, long double>(#f, PREFIX_D(f), f, 4.0, inputs);

TEST(VectorMath, FloatOverTheWholeDomain) {
  ASSERT_TRUE(supported()) << "this CPU lacks the instruction set of the build";
  std::vector<float> inputs =
      patterns<float, uint32_t>(getenv("SYMC_ULPS_STEP") ? atoi(getenv("SYMC_ULPS_STEP")) : 9973);
  UNARY(CHECK_F)
}
TEST(VectorMath, DoubleOverTheWholeDomain) {
  ASSERT_TRUE(supported()) << "this CPU lacks the instruction set of the build";
  std::vector<double> inputs = patterns<double, uint64_t>(0x0000123456789abdu * 16 + 1);
  UNARY(CHECK_D)
}
TEST(VectorMath, Binary) {
  ASSERT_TRUE(supported()) << "this CPU lacks the instruction set of the build";
  std::vector<float> a = patterns<float, uint32_t>(9973 * 97), b = patterns<float, uint32_t>(9973 * 997);
  for (std::vector<float> *list : {&a, &b})
    list->resize(std::min<size_t>(list->size(), list == &a ? 4454 : 444));
  for (int i = -40; i < 40; ++i)
    b.push_back(i * 0.37f), a.push_back(1 + i * 0.017f);
  for (int i = -9; i < 9; ++i)
    b.push_back(i);
  check2<float, F, double>("pow", PREFIX_F(pow), pow, 4.0, a, b);
  check2<float, F, double>("atan2", PREFIX_F(atan2), atan2, 4.0, a, b);
  std::vector<double> c(a.begin(), a.end()), d(b.begin(), b.end());
  for (double y : {1e-200, 700.25, -1000.5, 1e17, 3e300})
    d.push_back(y);
  for (double x : {1.0000001, 0.9999999, 1e300, 5e-324, 1e-310})
    c.push_back(x);
  check2<double, D, long double>("pow", PREFIX_D(pow), pow, 4.0, c, d);
  check2<double, D, long double>("atan2", PREFIX_D(atan2), atan2, 4.0, c, d);
}
} // namespace
