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
    // Layers and losses of Keras and PyTorch.
    {"average_pooling1d", "avg_pool", ""},
    {"average_pooling2d", "avg_pool", ""},
    {"batch_normalization", "batch_norm", ""},
    {"bce_with_logits", "sigmoid_cross_entropy", ""},
    {"bidirectional", "", "write two layers, one with reverse=true, and concat their results"},
    {"binary_crossentropy", "sigmoid_cross_entropy", ""},
    {"categorical_crossentropy", "softmax_cross_entropy", ""},
    {"conv2d_transpose", "conv_transpose2d", ""},
    {"convolution2d", "conv2d", ""},
    {"global_average_pooling1d", "global_avg_pool", ""},
    {"global_average_pooling2d", "global_avg_pool", ""},
    {"global_max_pooling1d", "global_max_pool", ""},
    {"global_max_pooling2d", "global_max_pool", ""},
    {"group_normalization", "group_norm", ""},
    {"layer_normalization", "layer_norm", ""},
    {"max_pooling1d", "max_pool", ""},
    {"max_pooling2d", "max_pool", ""},
    {"multi_head_attention", "attention", "heads are a leading axis: [batch, heads, time, features]"},
    {"nll_loss", "nll", ""},
    {"repeat_vector", "broadcast_to", ""},
    {"sigmoid_cross_entropy_with_logits", "sigmoid_cross_entropy", ""},
    {"simple_rnn", "rnn", ""},
    {"smooth_l1_loss", "huber", ""},
    {"softmax_cross_entropy_with_logits", "softmax_cross_entropy", ""},
    {"sparse_categorical_crossentropy", "sparse_softmax_cross_entropy", ""},
    {"time_distributed", "", "dense works on the last axis of any tensor"},
    {"up_sampling2d", "resize", ""},
    {"upsample", "resize", ""},
    {"zero_padding2d", "pad", ""},
};

inline constexpr OtherName otherInitializers[] = {
    {"kaiming_normal", "he_normal", ""},    {"kaiming_uniform", "he_uniform", ""},
    {"random_normal", "normal", ""},        {"random_uniform", "uniform", ""},
    {"xavier_normal", "glorot_normal", ""}, {"xavier_uniform", "glorot_uniform", ""},
};

/// Of optimizers, schedules and metrics.
inline constexpr OtherName otherMethods[] = {
    {"acc", "accuracy", ""},
    {"categorical_accuracy", "accuracy", ""},
    {"cosine_annealing", "cosine", ""},
    {"cosine_decay", "cosine", ""},
    {"exponential_decay", "exponential", ""},
    {"f1_score", "f1", ""},
    {"iou", "mean_iou", ""},
    {"mean_absolute_error", "mae", ""},
    {"mean_squared_error", "mse", ""},
    {"momentum", "sgd", "it is an option of sgd: { \"sgd\": { \"momentum\": 0.9 } }"},
    {"multi_step", "piecewise", ""},
    {"piecewise_constant", "piecewise", ""},
    {"piecewise_constant_decay", "piecewise", ""},
    {"polynomial_decay", "polynomial", ""},
    {"precision_score", "precision", ""},
    {"recall_score", "recall", ""},
    {"sparse_categorical_accuracy", "accuracy", ""},
    {"top_k_categorical_accuracy", "top_5_accuracy", ""},
    {"warmup", "linear_warmup", ""},
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
