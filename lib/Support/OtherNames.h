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

#include <algorithm>
#include <string_view>

namespace symc {

struct OtherName {
  std::string_view names; // with blanks between them
  std::string_view here;  // the name here; or, where it is not one name,
  std::string_view hint;  // how the same is written
};

/// Functions and layers.
inline constexpr OtherName otherOps[] = {
    {"absolute fabs", "abs", ""},
    {"add_n", "", "a sum is written x + y"},
    {"arange range", "iota", ""},
    {"astype to", "cast", ""},
    {"binary_cross_entropy bce_with_logits sigmoid_cross_entropy_with_logits bce_with_logits_loss",
     "sigmoid_cross_entropy", ""},
    {"bmm mm", "matmul", ""},
    {"cat concatenate", "concat", ""},
    {"clamp", "clip", ""},
    {"cross_entropy categorical_crossentropy softmax_cross_entropy_with_logits", "softmax_cross_entropy", ""},
    {"divide true_divide", "", "a quotient is written x / y"},
    {"flatten", "", "write reshape(x, [batch, -1]), with the sizes that stay"},
    {"full full_like ones ones_like zeros zeros_like", "",
     "a literal takes the shape of what it meets; broadcast_to gives it one of its own"},
    {"index_select take", "gather", ""},
    {"l1_loss mean_absolute_error", "mae", ""},
    {"linear fully_connected", "dense", ""},
    {"logistic", "sigmoid", ""},
    {"mean_squared_error mse_loss", "mse", ""},
    {"multiply", "", "a product is written x * y"},
    {"negative", "neg", ""},
    {"permute swapaxes", "transpose", ""},
    {"power float_power", "", "a power is written x ** y"},
    {"reduce_max", "max", ""},
    {"reduce_mean average", "mean", ""},
    {"reduce_min", "min", ""},
    {"reduce_prod", "prod", ""},
    {"reduce_sum", "sum", ""},
    {"subtract", "", "a difference is written x - y"},
    {"swish", "silu", ""},
    {"unsqueeze", "expand_dims", ""},
    {"view", "reshape", ""},
    {"average_pooling1d average_pooling2d avg_pool1d avg_pool2d", "avg_pool", ""},
    {"batch_normalization batch_norm1d batch_norm2d", "batch_norm", ""},
    {"bidirectional", "", "write two layers, one with reverse=true, and concat their results"},
    {"conv2d_transpose", "conv_transpose2d", ""},
    {"convolution2d", "conv2d", ""},
    {"global_average_pooling1d global_average_pooling2d adaptive_avg_pool adaptive_avg_pool2d global_average_pooling",
     "global_avg_pool", ""},
    {"global_max_pooling1d global_max_pooling2d", "global_max_pool", ""},
    {"group_normalization", "group_norm", ""},
    {"layer_normalization", "layer_norm", ""},
    {"max_pooling1d max_pooling2d max_pool1d max_pool2d max_pooling", "max_pool", ""},
    {"multi_head_attention", "attention", "in 'attention' heads are a leading axis: [batch, heads, time, features]"},
    {"nll_loss", "nll", ""},
    {"repeat_vector", "broadcast_to", ""},
    {"simple_rnn", "rnn", ""},
    {"smooth_l1_loss", "huber", ""},
    {"sparse_categorical_crossentropy", "sparse_softmax_cross_entropy", ""},
    {"time_distributed", "", "dense works on the last axis of any tensor"},
    {"up_sampling2d upsample", "resize", ""},
    {"zero_padding2d zero_padding1d", "pad", ""},
    {"bce bce_loss", "sigmoid_cross_entropy",
     "'sigmoid_cross_entropy' takes logits: what a sigmoid would be applied to"},
    {"cross_entropy_loss", "sparse_softmax_cross_entropy",
     "'sparse_softmax_cross_entropy' takes labels that are numbers of classes"},
    {"gru_cell", "gru", ""},
    {"kl_div_loss", "kl_divergence", ""},
    {"lstm_cell", "lstm", ""},
    {"eye", "", "iota([n])[:, None] == iota([n])[None, :] is true on the diagonal; cast(…, 'f32') makes numbers of it"},
    {"linspace", "", "from a to b in n numbers: a + (b - a) / (n - 1) * iota([n], dtype='f32')"},
    {"len shape size", "",
     "a size is written as the types of the inputs write it: by the name of its dimension, or as a number"},
};

/// Initialisers.
inline constexpr OtherName otherInitializers[] = {
    {"kaiming_normal he", "he_normal", ""}, {"kaiming_uniform kaiming", "he_uniform", ""},
    {"random_normal", "normal", ""},        {"random_uniform", "uniform", ""},
    {"xavier_normal", "glorot_normal", ""}, {"xavier_uniform xavier glorot", "glorot_uniform", ""},
    {"lecun", "lecun_normal", ""},
};

/// Metrics.
inline constexpr OtherName otherMetrics[] = {
    {"acc categorical_accuracy sparse_categorical_accuracy", "accuracy", ""},
    {"f1_score", "f1", ""},
    {"iou", "mean_iou", ""},
    {"mean_absolute_error", "mae", ""},
    {"mean_squared_error", "mse", ""},
    {"precision_score", "precision", ""},
    {"recall_score", "recall", ""},
    {"top_k_categorical_accuracy", "top_5_accuracy", ""},
    {"auc roc_auc", "",
     "no metric that adds up over batches gives it: `symc run --out` writes the outputs that it is made of"},
};

/// Optimizers.
inline constexpr OtherName otherOptimizers[] = {
    {"momentum", "sgd", "it is an option of sgd: { \"sgd\": { \"momentum\": 0.9 } }"},
};

/// Schedules of the learning rate.
inline constexpr OtherName otherSchedules[] = {
    {"cosine_annealing cosine_decay cosine_annealing_lr", "cosine", ""},
    {"exponential_decay exponential_lr", "exponential", ""},
    {"multi_step piecewise_constant piecewise_constant_decay", "piecewise", ""},
    {"polynomial_decay", "polynomial", ""},
    {"warmup", "linear_warmup", ""},
    {"step_lr", "step", ""},
    {"reduce_lr_on_plateau", "",
     "schedules are functions of the step; `symc train --patience` ends a run that gets no better"},
};

/// Keys of `train`, and arguments of training loops: settings that have another place here.
inline constexpr OtherName otherSettings[] = {
    {"batch_size", "", "`symc train --batch-size 32` says it"},
    {"callbacks", "", "options of `symc train` do what callbacks do: --save-best, --patience, --checkpoint, --logdir"},
    {"class_weight sample_weight", "",
     "weights of examples are an input: mean(w * sigmoid_cross_entropy(z, y, reduction='none'))"},
    {"clip_grad_norm clip_norm", "clip_global_norm", "a key of 'train': \"clip_global_norm\": 1.0"},
    {"clip_grad_value clip_value", "clip_global_norm",
     "gradients are clipped by the norm of all together, not one by one: \"clip_global_norm\": 1.0"},
    {"early_stopping", "",
     "`symc train --patience 5` ends a run that gets no better, --save-best keeps its best parameters"},
    {"epochs", "", "`symc train --epochs 10` says it"},
    {"gradient_accumulation", "accumulate_steps", "a key of 'train': \"accumulate_steps\": 4"},
    {"l1", "", "a term of the loss: \"loss\": \"J + 0.01 * sum(abs(W))\""},
    {"l2 regularizer", "weight_decay",
     "\"weight_decay\" in 'train' is of all parameters; of some it is a term of the loss: J + 0.01 * sum(W**2)"},
    {"learning_rate lr", "", "an option of the optimizer: \"optimizer\": { \"adam\": { \"learning_rate\": 0.01 } }"},
    {"lr_scheduler schedule scheduler", "learning_rate_schedule", ""},
    {"model_checkpoint", "",
     "`symc train --checkpoint DIR` keeps a run that can be resumed, --save-best FILE the best parameters"},
    {"seed", "", "`symc train --seed 1` says it"},
    {"shuffle", "", "`symc train` shuffles the examples anew in every epoch"},
    {"validation_split", "", "`symc train --validation-split 0.2` says it"},
};

/// Sections of a graph file.
inline constexpr OtherName otherSections[] = {
    {"layers", "nodes", "a layer is an op of one of the 'nodes': { \"name\": \"h\", \"expr\": \"dense(x, units=8)\" }"},
    {"loss metrics optimizer", "train", "it is a key of 'train'"},
    {"ops", "nodes", ""},
    {"variables weights", "parameters", ""},
};

/// Commands.
inline constexpr OtherName otherCommands[] = {
    {"benchmark", "bench", ""},
    {"build", "compile", ""},
    {"derive gradient differentiate", "grad", ""},
    {"evaluate test", "eval", ""},
    {"fit", "train", ""},
    {"infer predict", "run", ""},
    {"info", "inspect", ""},
    {"validate verify", "check", ""},
};

/// Whether two names differ in small and capital letters and in '_' alone: `MaxPooling2D` and `max_pooling2d`.
constexpr bool sameWords(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  while (true) {
    while (i < a.size() && a[i] == '_')
      ++i;
    while (j < b.size() && b[j] == '_')
      ++j;
    if (i == a.size() || j == b.size())
      return i == a.size() && j == b.size();
    auto small = [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; };
    if (small(a[i++]) != small(b[j++]))
      return false;
  }
}

/// The entry of `name`, which may be written as a class is; null when there is none.
template <size_t Size> const OtherName *findOtherName(const OtherName (&table)[Size], std::string_view name) {
  for (const OtherName &entry : table)
    for (std::string_view rest = entry.names; !rest.empty();) {
      std::string_view word = rest.substr(0, rest.find(' '));
      if (sameWords(word, name))
        return &entry;
      rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
  return nullptr;
}

} // namespace symc

#endif // SYMC_SUPPORT_OTHERNAMES_H
