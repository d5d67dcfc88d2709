//===- caller.cpp - Trains a compiled model from C++ ----------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "perceptron.h"

#include <cmath>
#include <cstdio>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/// An instance that releases itself, and statuses as exceptions. The compiled library itself throws none.
class Perceptron {
public:
  explicit Perceptron(uint64_t seed) {
    perceptron_options options = perceptron_options_default();
    options.seed = seed;
    perceptron *created = nullptr;
    check(perceptron_create(&options, &created));
    model.reset(created);
  }

  float step(const std::vector<float> &x, const std::vector<float> &y) {
    float loss = 0;
    check(perceptron_train_step(model.get(), count(y), x.data(), y.data(), &loss));
    return loss;
  }

  std::vector<float> predict(const std::vector<float> &x) {
    std::vector<float> yhat(x.size() / 2);
    check(perceptron_predict(model.get(), count(yhat), x.data(), yhat.data()));
    return yhat;
  }

  void save(const std::string &path) { check(perceptron_save_parameters(model.get(), path.c_str())); }
  void load(const std::string &path) { check(perceptron_load_parameters(model.get(), path.c_str())); }

private:
  struct Destroy {
    void operator()(perceptron *m) const { perceptron_destroy(m); }
  };

  static int64_t count(const std::vector<float> &values) { return static_cast<int64_t>(values.size()); }

  void check(perceptron_status status) const {
    if (status != PERCEPTRON_OK)
      throw std::runtime_error(perceptron_error(model.get()));
  }

  std::unique_ptr<perceptron, Destroy> model;
};

} // namespace

int main() try {
  std::mt19937 random(1);
  std::vector<float> x, y;
  for (int i = 0; i < 256; ++i) { // exclusive or: opposite corners of a square are one class
    for (int axis = 0; axis < 2; ++axis) {
      float noise = static_cast<float>(random() % 1000) / 2500.0f - 0.2f;
      x.push_back(static_cast<float>((axis ? i / 2 : i) % 2) * 2.0f - 1.0f + noise);
    }
    y.push_back(static_cast<float>((i ^ (i / 2)) % 2));
  }

  Perceptron model(1);
  float first = model.step(x, y), last = first;
  for (int step = 1; step < 1000; ++step)
    last = model.step(x, y);
  std::printf("loss %.4f, then %.6f\n", static_cast<double>(first), static_cast<double>(last));
  model.save("perceptron-cpp.safetensors");

  Perceptron copy(2);
  copy.load("perceptron-cpp.safetensors");
  std::remove("perceptron-cpp.safetensors");
  std::vector<float> yhat = copy.predict(x);
  int right = 0;
  for (size_t i = 0; i < y.size(); ++i)
    right += (yhat[i] > 0.5f) == (y[i] > 0.5f);
  std::printf("%d of %zu points are right\n", right, y.size());
  try {
    copy.load("no-such-file.safetensors");
    return 1;
  } catch (const std::runtime_error &error) {
    std::printf("as it should be: %s\n", error.what());
  }
  return right == static_cast<int>(y.size()) ? 0 : 1;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
