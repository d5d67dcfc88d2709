/* elementary.cpp [--all | --step N] [--seed S] [--only NAME] LIBRARY...: the elementary functions of f32, as models
   have them, against the C library in f64.

   Part of symc, under the Apache License v2.0 with LLVM Exceptions.

   Each library is elementary.json, compiled for another instruction set. Inputs are taken in the order of their bits,
   that is of their magnitudes: every N-th of the 2^32, beginning at S, and with --all every one. Held are: the distance
   from the true value, in units of the last place; bounds that a result never crosses; that near such a bound a
   function that is monotone stays so; and that an element has the same bits in the middle of a long tensor, at the end
   of one and in a short one. */
#include "symc/runtime.h"
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <limits>
#include <string>
#include <vector>

namespace {
constexpr double inf = std::numeric_limits<double>::infinity(), pi = 3.14159265358979323846;
constexpr double maxUlps = 4; // what symc promises
constexpr int64_t blockSize = 4096;

struct Function {
  const char *name;
  double (*reference)(double);
  double low, high; // of all results
  int slope;        // 1: never falls, -1: never rises, 0: neither
};
const Function functions[] = {
    {"exp", std::exp, 0, inf, 1},
    {"expm1", std::expm1, -1, inf, 1},
    {"log", std::log, -inf, inf, 1},
    {"log1p", std::log1p, -inf, inf, 1},
    {"sqrt", std::sqrt, 0, inf, 1},
    {"rsqrt", [](double x) { return 1 / std::sqrt(x); }, -inf, inf, 0},
    {"cbrt", std::cbrt, -inf, inf, 1},
    {"reciprocal", [](double x) { return 1 / x; }, -inf, inf, 0},
    {"sin", std::sin, -1, 1, 0},
    {"cos", std::cos, -1, 1, 0},
    {"tan", std::tan, -inf, inf, 0},
    {"asin", std::asin, -pi / 2, pi / 2, 1},
    {"acos", std::acos, 0, pi, -1},
    {"atan", std::atan, -pi / 2, pi / 2, 1},
    {"sinh", std::sinh, -inf, inf, 1},
    {"cosh", std::cosh, 1, inf, 0},
    {"tanh", std::tanh, -1, 1, 1},
    {"asinh", std::asinh, -inf, inf, 1},
    {"acosh", std::acosh, 0, inf, 1},
    {"atanh", std::atanh, -inf, inf, 1},
    {"erf", std::erf, -1, 1, 1},
    {"erfc", std::erfc, 0, 2, -1},
    {"sigmoid", [](double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }, 0, 1, 1},
    {"softplus", [](double x) { return std::isnan(x) ? x : std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }, 0,
     inf, 1},
};

[[noreturn]] void fail(const std::string &message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

bool isOrdinary(float x) { return (std::bit_cast<uint32_t>(x) & 0x7fffffff) - 1 < 0x7f7fffff; } // not 0, inf, NaN

/// The distance of `got` from `expected` in units of the last place of an f32 that large; the largest finite number is
/// one step from infinity.
double ulps(float got, double expected) {
  float rounded = static_cast<float>(expected);
  if (!isOrdinary(got) || !isOrdinary(rounded)) {
    if (std::isnan(got) || std::isnan(rounded))
      return std::isnan(got) && std::isnan(rounded) ? 0 : inf;
    if (got == rounded)
      return std::signbit(got) == std::signbit(rounded) ? 0 : inf;
    if (std::isinf(got) || std::isinf(rounded))
      return std::fabs(std::isinf(got) ? rounded : got) == std::numeric_limits<float>::max() && got * rounded > 0 ? 1
                                                                                                                  : inf;
  }
  int exponent = static_cast<int>(std::bit_cast<uint32_t>(rounded) >> 23 & 255);
  double perUnit = std::bit_cast<double>(static_cast<uint64_t>(1023 + 150 - (exponent < 1 ? 1 : exponent)) << 52);
  return std::fabs(got - expected) * perUnit;
}

class Library {
public:
  explicit Library(const char *path) : path(path) {
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    auto *reflect = handle ? reinterpret_cast<const symc_model *(*)()>(dlsym(handle, "elementary_model")) : nullptr;
    if (!reflect)
      fail(std::string(path) + ": " + dlerror());
    model = reflect();
    symc_options options = {};
    options.size = sizeof(options);
    options.threads = 1;
    if (model->create(model, &options, &instance) != SYMC_OK)
      fail(std::string(path) + ": " + model->error(nullptr));
  }

  int32_t find(const char *name) const {
    for (int32_t i = 0; i < model->function_count; ++i)
      if (std::strcmp(model->functions[i].name, name) == 0)
        return i;
    fail(std::string(path) + " has no function " + name);
  }

  void call(int32_t function, const float *x, float *y, int64_t n) const {
    DLTensor in = {const_cast<float *>(x), {1, 0}, 1, {2, 32, 1}, &n, nullptr, 0}, out = in;
    out.data = y;
    if (model->call(instance, function, &in, &out) != SYMC_OK)
      fail(std::string(path) + ": " + model->error(instance));
  }

  const char *path;

private:
  const symc_model *model = nullptr;
  symc_instance *instance = nullptr;
};

/// What was seen of one function in one library.
struct Findings {
  double worst = 0;
  float where = 0, value = 0;
  int64_t outside = 0, turns = 0,
          moved = 0; // results beyond a bound, falls of what rises, bits that depend on the place
  float before = 0;

  bool bad() const { return worst > maxUlps || outside || turns || moved; }
};

bool isNear(float y, double bound) {
  return std::isfinite(bound) && std::fabs(y - bound) <= std::fmax(std::fabs(bound) / 256, 0x1p-126);
}

void compare(const Function &f, const std::vector<float> &x, const std::vector<double> &expected,
             const std::vector<float> &y, Findings &findings) {
  float low = static_cast<float>(f.low), high = static_cast<float>(f.high);
  for (size_t i = 0; i < x.size(); ++i) {
    double error = ulps(y[i], expected[i]);
    if (error > findings.worst)
      findings.worst = error, findings.where = x[i], findings.value = y[i];
    findings.outside += y[i] < low || y[i] > high;
    // Bits that grow are numbers that grow, but below zero.
    float step = (y[i] - findings.before) * static_cast<float>(f.slope) * (std::signbit(x[i]) ? -1.0f : 1.0f);
    findings.turns += step < 0 && (isNear(y[i], f.low) || isNear(y[i], f.high));
    findings.before = y[i];
  }
}

/// Once more in tensors of 1, 2, ... 33 elements: what was in the middle stands at an end now.
void compareShort(const Library &library, int32_t function, const std::vector<float> &x, const std::vector<float> &y,
                  Findings &findings) {
  std::vector<float> again(x.size());
  for (size_t begin = 0, size = 1; begin < x.size(); begin += size, size = size % 33 + 1)
    library.call(function, x.data() + begin, again.data() + begin,
                 static_cast<int64_t>(size < x.size() - begin ? size : x.size() - begin));
  for (size_t i = 0; i < x.size(); ++i)
    findings.moved += std::memcmp(&y[i], &again[i], sizeof(float)) != 0 && !(std::isnan(y[i]) && std::isnan(again[i]));
}

bool check(const Function &f, const std::vector<Library> &libraries, uint64_t step, uint64_t first) {
  std::vector<Findings> findings(libraries.size());
  std::vector<float> x, y;
  std::vector<double> expected;
  uint64_t blocks = 0;
  for (uint64_t bits = first; bits < uint64_t(1) << 32; ++blocks) {
    x.clear(), expected.clear();
    // A block has one sign: the order turns round at zero.
    uint64_t sign = bits >> 31;
    bool turned = bits - first < step || (bits - step) >> 31 != sign;
    for (; static_cast<int64_t>(x.size()) < blockSize && bits >> 31 == sign; bits += step) {
      x.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
      expected.push_back(f.reference(x.back()));
    }
    y.resize(x.size());
    for (size_t i = 0; i < libraries.size(); ++i) {
      int32_t function = libraries[i].find(f.name);
      libraries[i].call(function, x.data(), y.data(), static_cast<int64_t>(x.size()));
      if (turned)
        findings[i].before = std::numeric_limits<float>::quiet_NaN(); // which nothing is less than
      compare(f, x, expected, y, findings[i]);
      if (blocks % 16 == 0)
        compareShort(libraries[i], function, x, y, findings[i]);
    }
  }
  bool good = true;
  for (size_t i = 0; i < libraries.size(); ++i) {
    const Findings &found = findings[i];
    std::printf("%-10s %s: %.3f ulp at %a, which gives %a; %lld outside, %lld turns, %lld moved%s\n", f.name,
                libraries[i].path, found.worst, found.where, found.value, static_cast<long long>(found.outside),
                static_cast<long long>(found.turns), static_cast<long long>(found.moved), found.bad() ? ": BAD" : "");
    good &= !found.bad();
  }
  std::fflush(stdout);
  return good;
}
} // namespace

int main(int argc, char **argv) {
  uint64_t step = 4093, seed = 1; // a prime: all endings of the bits come up
  std::string only;
  std::vector<Library> libraries;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--all")
      step = 1;
    else if (argument.substr(0, 2) != "--")
      libraries.emplace_back(argv[i]);
    else if (++i == argc)
      fail(argument + " needs a value");
    else if (argument == "--only")
      only = argv[i];
    else if (uint64_t value = std::strtoull(argv[i], nullptr, 10); argument == "--step" && value > 0)
      step = value;
    else if (argument == "--seed")
      seed = value;
    else
      fail("elementary [--all | --step N] [--seed S] [--only NAME] LIBRARY...");
  }
  int bad = 0, checked = 0;
  for (const Function &f : functions)
    if (only.empty() || only == f.name)
      bad += !check(f, libraries, step, seed % step), ++checked;
  std::printf("%d functions, %d bad\n", checked, bad);
  return bad > 0 || checked == 0;
}
