//===- OtherNames.h - What other libraries call things --------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Names of NumPy, PyTorch, TensorFlow and Keras that no edit distance leads from to the name here. They serve hints
// only. A name that symc has itself is found before this table is asked.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_OTHERNAMES_H
#define SYMC_SUPPORT_OTHERNAMES_H

#include <string_view>

namespace symc {

struct OtherName {
  std::string_view name;
  std::string_view here; // the name here; or, where it is not one name,
  std::string_view hint; // how the same is written
};

inline constexpr OtherName otherOps[] = {
    {"absolute", "abs", ""},
    {"fabs", "abs", ""},
    {"add_n", "", "a sum is written x + y"},
    {"arange", "iota", ""},
    {"range", "iota", ""},
    {"astype", "cast", ""},
    {"to", "cast", ""},
    {"binary_cross_entropy", "sigmoid_cross_entropy", ""},
    {"bmm", "matmul", ""},
    {"mm", "matmul", ""},
    {"cat", "concat", ""},
    {"concatenate", "concat", ""},
    {"clamp", "clip", ""},
    {"cross_entropy", "softmax_cross_entropy", ""},
    {"divide", "", "a quotient is written x / y"},
    {"true_divide", "", "a quotient is written x / y"},
    {"flatten", "", "write reshape(x, [batch, -1]), with the sizes that stay"},
    {"full", "", "a literal takes the shape of what it meets; broadcast_to gives it one of its own"},
    {"full_like", "", "a literal takes the shape of what it meets; broadcast_to gives it one of its own"},
    {"ones", "", "a literal takes the shape of what it meets; broadcast_to gives it one of its own"},
    {"ones_like", "", "a literal takes the shape of what it meets; broadcast_to gives it one of its own"},
    {"zeros", "", "a literal takes the shape of what it meets; broadcast_to gives it one of its own"},
    {"zeros_like", "", "a literal takes the shape of what it meets; broadcast_to gives it one of its own"},
    {"index_select", "gather", ""},
    {"take", "gather", ""},
    {"l1_loss", "mae", ""},
    {"linear", "dense", ""},
    {"fully_connected", "dense", ""},
    {"logistic", "sigmoid", ""},
    {"mean_absolute_error", "mae", ""},
    {"mean_squared_error", "mse", ""},
    {"mse_loss", "mse", ""},
    {"multiply", "", "a product is written x * y"},
    {"negative", "neg", ""},
    {"permute", "transpose", ""},
    {"swapaxes", "transpose", ""},
    {"power", "", "a power is written x ** y"},
    {"float_power", "", "a power is written x ** y"},
    {"reduce_max", "max", ""},
    {"reduce_mean", "mean", ""},
    {"reduce_min", "min", ""},
    {"reduce_prod", "prod", ""},
    {"reduce_sum", "sum", ""},
    {"subtract", "", "a difference is written x - y"},
    {"swish", "silu", ""},
    {"unsqueeze", "expand_dims", ""},
    {"view", "reshape", ""},
};

inline constexpr OtherName otherInitializers[] = {
    {"kaiming_normal", "he_normal", ""},       {"kaiming_uniform", "he_uniform", ""},
    {"random_normal", "normal", ""},           {"random_uniform", "uniform", ""},
    {"xavier_normal", "glorot_normal", ""},    {"xavier_uniform", "glorot_uniform", ""},
};

/// The entry of `name`; null when there is none.
template <size_t Size> const OtherName *findOtherName(const OtherName (&table)[Size], std::string_view name) {
  for (const OtherName &entry : table)
    if (entry.name == name)
      return &entry;
  return nullptr;
}

} // namespace symc

#endif // SYMC_SUPPORT_OTHERNAMES_H
