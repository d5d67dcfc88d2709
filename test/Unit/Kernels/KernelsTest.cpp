//===- KernelsTest.cpp - Elementwise and reduction kernels, run -----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Each kernel is compiled for every level that the machine runs, compared with plain loops,
// and run with its outermost loop cut in three ways: the bits are the same.
//
//===----------------------------------------------------------------------===//
#include "test/Unit/Kernels/Harness.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <map>

using namespace symc;
using namespace symc::test;

namespace {

const char *kLevels[] = {"x86-64-v4", "x86-64-v3", "x86-64-v2"};

/// "batch, 10" and "f32" to the type of a tensor.
std::string type(const std::string &dims, const std::string &element) {
  std::string shape, one, text = dims + ",";
  bool symbolic = false;
  for (char c : text) {
    if (c == ' ')
      continue;
    if (c != ',') {
      one += c;
      continue;
    }
    if (one.empty())
      continue;
    bool number = one.find_first_not_of("0123456789") == std::string::npos;
    symbolic |= !number;
    shape += (number ? one : "?") + "x";
    one.clear();
  }
  return "tensor<" + shape + element + (symbolic ? ", #sym.dims<" + dims + ">" : "") + ">";
}

struct Tensor {
  std::string dims, element = "f32";
  std::string str() const { return type(dims, element); }
};

/// A module with one function of one region. Arguments are %a0, %a1, …
std::string module(const std::string &kind, const std::vector<Tensor> &inputs, const std::vector<Tensor> &outputs,
                   const std::string &body) {
  std::string text = "module @m attributes {sym.dim_bounds = [#sym.dim_bound<\"batch\", min = 1, max = 100000, "
                     "multipleOf = 1>, #sym.dim_bound<\"len\", min = 1, max = 100000, multipleOf = 1>]} {\n"
                     "func.func @f(";
  std::string region, results, resultTypes;
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::string n = std::to_string(i);
    text +=
        (i ? ", %x" : "%x") + n + ": " + inputs[i].str() + " {sym.name = \"x" + n + "\", sym.role = #sym.role<input>}";
    region += (i ? ", %a" : "%a") + n + " = %x" + n + " : " + inputs[i].str();
  }
  text += ") -> (";
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::string n = std::to_string(i);
    text += (i ? ", " : "") + outputs[i].str() + " {sym.name = \"y" + n + "\", sym.role = #sym.role<output>}";
    resultTypes += (i ? ", " : "") + outputs[i].str();
    results += (i ? ", %y#" : "%y#") + n;
  }
  text += ") {\n %y:" + std::to_string(outputs.size()) + " = sym.fused \"" + kind + "\" (" + region + ") -> (" +
          resultTypes + ") {\n" + body + "\n}\n return " + results + " : " + resultTypes + "\n}\n}\n";
  return text;
}

template <class T> std::vector<T> numbers(size_t count, unsigned seed) {
  std::vector<T> result(count);
  uint32_t state = seed * 2654435761u + 1;
  for (T &value : result) {
    state = state * 1664525u + 1013904223u;
    if constexpr (std::is_floating_point_v<T>)
      value = static_cast<T>(static_cast<int32_t>(state >> 8) - (1 << 23)) / (1 << 22);
    else
      value = static_cast<T>(state >> 20) % 100;
  }
  return result;
}

/// Runs @f on every level with every cut; `check` sees the outputs of each.
void forAll(const std::string &text, const std::vector<const void *> &inputs, const std::vector<size_t> &outputBytes,
            const std::vector<int64_t> &dims,
            const std::function<void(const std::vector<std::vector<char>> &)> &check) {
  for (const char *level : kLevels) {
    if (!Program::supports(level))
      continue;
    SCOPED_TRACE(level);
    std::unique_ptr<Program> program = Program::compile(text, level);
    ASSERT_TRUE(program) << text;
    std::vector<std::vector<char>> first;
    for (Cut cut : {Cut::Whole, Cut::Grain, Cut::Odd}) {
      std::vector<std::vector<char>> outputs;
      std::vector<void *> pointers;
      for (size_t bytes : outputBytes) {
        outputs.emplace_back(bytes + 64, '\x5a');
        pointers.push_back(outputs.back().data());
      }
      EXPECT_EQ(program->run("f", inputs, pointers, dims, cut).code, 0);
      for (size_t i = 0; i < outputs.size(); ++i)
        for (size_t j = outputBytes[i]; j < outputs[i].size(); ++j)
          ASSERT_EQ(outputs[i][j], '\x5a') << "wrote behind output " << i;
      if (cut == Cut::Whole) {
        check(outputs);
        first = outputs;
      } else {
        EXPECT_EQ(outputs, first) << "bits depend on the cut";
      }
    }
  }
}

template <class T> const T *as(const std::vector<char> &bytes) { return reinterpret_cast<const T *>(bytes.data()); }

const int64_t kSizes[] = {1, 3, 10, 17, 64, 1000};

TEST(Kernels, AddWithBroadcast) {
  for (int64_t c : kSizes)
    for (int64_t batch : {1, 5, 33}) {
      SCOPED_TRACE(testing::Message() << batch << "x" << c);
      std::string n = std::to_string(c), full = type("batch, " + n, "f32"), row = type(n, "f32");
      auto x = numbers<float>(batch * c, 1), y = numbers<float>(c, 2);
      forAll(module("elementwise", {{"batch, " + n}, {n}}, {{"batch, " + n}},
                    "%0 = sym.broadcast_to %a1 {shape = #sym.dims<batch, " + n + ">} : (" + row + ") -> " + full +
                        "\n%1 = sym.add %a0, %0 : " + full + "\nsym.yield %1 : " + full),
             {x.data(), y.data()}, {x.size() * 4}, {batch, 1}, [&](auto &out) {
               for (size_t i = 0; i < x.size(); ++i)
                 ASSERT_EQ(as<float>(out[0])[i], x[i] + y[i % c]) << i;
             });
    }
}

TEST(Kernels, Softmax) {
  for (int64_t c : kSizes) {
    int64_t batch = 19;
    SCOPED_TRACE(c);
    std::string n = std::to_string(c), full = type("batch, " + n, "f32"), one = type("batch, 1", "f32");
    auto x = numbers<float>(batch * c, 3);
    auto spread = [&](const char *to, const char *from) {
      return std::string(to) + " = sym.broadcast_to " + from + " {shape = #sym.dims<batch, " + n + ">} : (" + one +
             ") -> " + full + "\n";
    };
    std::string body = "%m = sym.max %a0 {axis = array<i64: 1>, keepdims = true} : (" + full + ") -> " + one + "\n" +
                       spread("%mb", "%m") + "%d = sym.sub %a0, %mb : " + full + "\n%e = sym.exp %d : " + full +
                       "\n%s = sym.sum %e {axis = array<i64: 1>, keepdims = true} : (" + full + ") -> " + one + "\n" +
                       spread("%sb", "%s") + "%r = sym.div %e, %sb : " + full + "\nsym.yield %r : " + full;
    forAll(module("reduction", {{"batch, " + n}}, {{"batch, " + n}}, body), {x.data()}, {x.size() * 4}, {batch, 1},
           [&](auto &out) {
             for (int64_t b = 0; b < batch; ++b) {
               double most = -1e9, sum = 0;
               for (int64_t i = 0; i < c; ++i)
                 most = std::max<double>(most, x[b * c + i]);
               for (int64_t i = 0; i < c; ++i)
                 sum += std::exp(x[b * c + i] - most);
               for (int64_t i = 0; i < c; ++i)
                 ASSERT_NEAR(as<float>(out[0])[b * c + i], std::exp(x[b * c + i] - most) / sum, 2e-6) << b << "," << i;
             }
           });
  }
}

TEST(Kernels, SumsOverEitherAxis) {
  for (int64_t c : kSizes)
    for (int64_t batch : {1, 7, 130}) {
      SCOPED_TRACE(testing::Message() << batch << "x" << c);
      std::string n = std::to_string(c), full = type("batch, " + n, "f32");
      auto x = numbers<float>(batch * c, 4);
      auto sumOver = [&](const std::string &axes, const std::string &dims) {
        return module("reduction", {{"batch, " + n}}, {{dims}},
                      "%0 = sym.sum %a0 {axis = array<i64: " + axes + ">} : (" + full + ") -> " + type(dims, "f32") +
                          "\nsym.yield %0 : " + type(dims, "f32"));
      };
      forAll(sumOver("0", n), {x.data()}, {size_t(c) * 4}, {batch, 1}, [&](auto &out) {
        for (int64_t i = 0; i < c; ++i) {
          double sum = 0;
          for (int64_t b = 0; b < batch; ++b)
            sum += x[b * c + i];
          ASSERT_NEAR(as<float>(out[0])[i], sum, 1e-4) << i;
        }
      });
      forAll(sumOver("1", "batch"), {x.data()}, {size_t(batch) * 4}, {batch, 1}, [&](auto &out) {
        for (int64_t b = 0; b < batch; ++b) {
          double sum = 0;
          for (int64_t i = 0; i < c; ++i)
            sum += x[b * c + i];
          ASSERT_NEAR(as<float>(out[0])[b], sum, 1e-3) << b;
        }
      });
      forAll(sumOver("0, 1", ""), {x.data()}, {4}, {batch, 1}, [&](auto &out) {
        double sum = 0;
        for (float v : x)
          sum += v;
        ASSERT_NEAR(as<float>(out[0])[0], sum, 1e-2);
      });
    }
}

TEST(Kernels, Argmax) {
  for (int64_t c : kSizes)
    for (int axis : {0, 1}) {
      int64_t batch = 21;
      SCOPED_TRACE(testing::Message() << c << " axis " << axis);
      std::string n = std::to_string(c), full = type("batch, " + n, "f32"), dims = axis ? "batch" : n;
      auto x = numbers<float>(batch * c, 5);
      x[x.size() / 2] = x[x.size() / 3] = 3; // equal ones
      size_t kept = axis ? batch : c, reduced = axis ? c : batch;
      forAll(module("reduction", {{"batch, " + n}}, {{dims, "i64"}},
                    "%0 = sym.argmax %a0 {axis = array<i64: " + std::to_string(axis) + ">} : (" + full + ") -> " +
                        type(dims, "i64") + "\nsym.yield %0 : " + type(dims, "i64")),
             {x.data()}, {kept * 8}, {batch, 1}, [&](auto &out) {
               for (size_t k = 0; k < kept; ++k) {
                 size_t best = 0;
                 auto at = [&](size_t r) { return axis ? x[k * c + r] : x[r * c + k]; };
                 for (size_t r = 1; r < reduced; ++r)
                   if (at(r) > at(best))
                     best = r;
                 ASSERT_EQ(as<int64_t>(out[0])[k], int64_t(best)) << k;
               }
             });
    }
}

TEST(Kernels, Transpose) {
  for (int64_t c : kSizes) {
    int64_t batch = 37;
    std::string n = std::to_string(c), from = type("batch, " + n, "f32"), to = type(n + ", batch", "f32");
    auto x = numbers<float>(batch * c, 6);
    forAll(module("elementwise", {{"batch, " + n}}, {{n + ", batch"}},
                  "%0 = sym.transpose %a0 : (" + from + ") -> " + to + "\nsym.yield %0 : " + to),
           {x.data()}, {x.size() * 4}, {batch, 1}, [&](auto &out) {
             for (int64_t b = 0; b < batch; ++b)
               for (int64_t i = 0; i < c; ++i)
                 ASSERT_EQ(as<float>(out[0])[i * batch + b], x[b * c + i]);
           });
  }
}

TEST(Kernels, OtherElementTypes) {
  auto check = [](auto zero, const std::string &element) {
    using T = decltype(zero);
    for (int64_t count : {1, 15, 100, 5000}) {
      auto x = numbers<T>(count, 7), y = numbers<T>(count, 8);
      std::string t = type("batch", element);
      forAll(module("elementwise", {{"batch", element}, {"batch", element}}, {{"batch", element}, {"batch", "i1"}},
                    "%0 = sym.mul %a0, %a1 : " + t + "\n%1 = sym.sub %0, %a1 : " + t +
                        "\n%2 = sym.greater %a0, %a1 : " + t + " -> " + type("batch", "i1") +
                        "\nsym.yield %1, %2 : " + t + ", " + type("batch", "i1")),
             {x.data(), y.data()}, {count * sizeof(T), size_t(count)}, {count, 1}, [&](auto &out) {
               for (int64_t i = 0; i < count; ++i) {
                 if constexpr (std::is_floating_point_v<T>)
                   ASSERT_NEAR(as<T>(out[0])[i], x[i] * y[i] - y[i], 1e-6) << i;
                 else
                   ASSERT_EQ(as<T>(out[0])[i], static_cast<T>(x[i] * y[i] - y[i])) << i;
                 ASSERT_EQ(out[1][i], x[i] > y[i]) << i;
               }
             });
    }
  };
  check(0.0f, "f32");
  check(0.0, "f64");
  check(int32_t(0), "i32");
  check(int64_t(0), "i64");
  check(uint8_t(0), "ui8");
}

/// The update of a parameter and its two moments, as one kernel of three outputs.
std::string adam(const std::string &count) {
  std::string t = type(count, "f32");
  std::string body;
  int next = 0;
  auto splat = [&](double value) {
    std::string name = "%k" + std::to_string(next++);
    body += name + " = sym.constant dense<" + std::to_string(value) + "> : " + t + "\n";
    return name;
  };
  auto op = [&](const std::string &name, const std::string &x, const std::string &y = "") {
    std::string result = "%v" + std::to_string(next++);
    body += result + " = sym." + name + " " + x + (y.empty() ? "" : ", " + y) + " : " + t + "\n";
    return result;
  };
  std::string m = op("add", op("mul", "%a1", splat(0.9)), op("mul", "%a0", splat(0.1)));
  std::string v = op("add", op("mul", "%a2", splat(0.999)), op("mul", op("mul", "%a0", "%a0"), splat(0.001)));
  std::string step = op("div", op("mul", m, splat(0.01)), op("add", op("sqrt", v), splat(1e-6)));
  std::string w = op("sub", "%a3", step);
  body += "sym.yield " + w + ", " + m + ", " + v + " : " + t + ", " + t + ", " + t;
  return module("elementwise", {{count}, {count}, {count}, {count}}, {{count}, {count}, {count}}, body);
}

TEST(Kernels, AdamUpdate) {
  size_t count = 1003;
  auto g = numbers<float>(count, 9), m = numbers<float>(count, 10), v = numbers<float>(count, 11),
       w = numbers<float>(count, 12);
  for (float &x : v)
    x = std::fabs(x);
  forAll(adam("1003"), {g.data(), m.data(), v.data(), w.data()}, {count * 4, count * 4, count * 4}, {1, 1},
         [&](auto &out) {
           for (size_t i = 0; i < count; ++i) {
             double m1 = 0.9 * m[i] + 0.1 * g[i], v1 = 0.999 * v[i] + 0.001 * g[i] * g[i];
             ASSERT_NEAR(as<float>(out[1])[i], m1, 1e-6);
             ASSERT_NEAR(as<float>(out[2])[i], v1, 1e-6);
             ASSERT_NEAR(as<float>(out[0])[i], w[i] - 0.01 * m1 / (std::sqrt(v1) + 1e-6), 1e-5);
           }
         });
}

TEST(Kernels, ElementaryFunctions) {
  for (const char *element : {"f32", "f64"})
    for (int64_t count : {1, 21}) {
      std::string t = type("batch", element);
      auto x = numbers<float>(count, 13);
      std::vector<double> wide(x.begin(), x.end());
      bool isDouble = element[1] == '6';
      forAll(module("elementwise", {{"batch", element}}, {{"batch", element}},
                    "%0 = sym.tanh %a0 : " + t + "\n%1 = sym.exp %0 : " + t + "\nsym.yield %1 : " + t),
             {isDouble ? static_cast<const void *>(wide.data()) : x.data()}, {size_t(count) * (isDouble ? 8 : 4)},
             {count, 1}, [&](auto &out) {
               for (int64_t i = 0; i < count; ++i) {
                 double expected = std::exp(std::tanh(wide[i]));
                 if (isDouble)
                   ASSERT_NEAR(as<double>(out[0])[i], expected, 1e-14);
                 else
                   ASSERT_NEAR(as<float>(out[0])[i], expected, 1e-6);
               }
             });
    }
}
} // namespace
