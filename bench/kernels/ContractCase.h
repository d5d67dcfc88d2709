//===- ContractCase.h - One contraction to check or measure -------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_BENCH_KERNELS_CONTRACTCASE_H
#define SYMC_BENCH_KERNELS_CONTRACTCASE_H

#include <cstdint>
#include <string>
#include <vector>

namespace symc {

enum class Form { Matmul, Conv, ConvInput, ConvFilter };
/// None: the sum. Relu: max(sum + bias along the last axis, 0). Update: p - 0.5*sum in place of p, and p > 0 as a
/// second result. Add: sum + another tensor of the result's shape.
enum class Finish { None, Relu, Update, Add };

struct ContractCase {
  Form form = Form::Matmul;
  Finish finish = Finish::None;
  bool f64 = false;
  bool dynamicBatch = true; // matmul: see dynamicAxis; convolutions: the number of images
  // Matmul: [batch] m n k; batch 0 is rank 2. dynamicAxis: 'm' 'k' 'n' 'b' or '-'.
  int64_t batch = 0, m = 1, n = 1, k = 1;
  char dynamicAxis = 'm';
  bool transposeA = false, transposeB = false;
  // Convolutions, by the image.
  int64_t images = 1, height = 1, width = 1, channels = 1, filters = 1, kernelHeight = 1, kernelWidth = 1;
  int64_t stride = 1, dilation = 1, groups = 1, top = 0, bottom = 0, left = 0, right = 0;

  int64_t outHeight() const { return (height + top + bottom - (kernelHeight - 1) * dilation - 1) / stride + 1; }
  int64_t outWidth() const { return (width + left + right - (kernelWidth - 1) * dilation - 1) / stride + 1; }
  void samePadding();
  double flops() const;
  std::vector<int64_t> shapeA() const, shapeB() const, shapeOut() const;
  std::string describe() const;
  /// The axis of an operand (0: a, 1: b) or of the result (2) that is the symbolic one; -1: none.
  int symbolicAxis(int operand) const;
  /// The module with the kernel and @main(a, b[, extra][, outs]).
  std::string module() const;
  /// What the kernel does with an accumulated element, in type `element`.
  std::string epilogue(const std::string &element) const;
  /// Value of each dimension in module order.
  std::vector<int64_t> dimValues() const;
  /// The sum in double, and the sum of magnitudes, by definition.
  void reference(const std::vector<double> &a, const std::vector<double> &b, std::vector<double> &sum,
                 std::vector<double> &magnitude) const;
};

inline int64_t count(const std::vector<int64_t> &shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

} // namespace symc
#endif
