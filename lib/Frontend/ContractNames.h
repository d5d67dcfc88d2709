//===- ContractNames.h - Names of the format that may be absent here ------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The names of operators in format version 1. It is used for one thing only: an op of the format that this version of
// symc does not have is reported as such, and not as a misspelling. What an op is comes from the dialect.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FRONTEND_CONTRACTNAMES_H
#define SYMC_FRONTEND_CONTRACTNAMES_H

#include <string_view>

namespace symc {

inline constexpr std::string_view formatOps =
    " add sub mul div floor_div mod pow minimum maximum atan2 neg abs sign exp expm1 log log1p sqrt rsqrt cbrt square "
    "reciprocal sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc floor ceil round trunc is_nan "
    "is_inf "
    "is_finite clip select cast equal not_equal less less_equal greater greater_equal logical_and logical_or "
    "logical_xor "
    "logical_not bit_and bit_or bit_xor bit_not shift_left shift_right relu relu6 leaky_relu elu selu celu softplus "
    "softsign sigmoid hard_sigmoid silu hard_swish mish gelu prelu softmax log_softmax sum mean prod max min any all "
    "argmax argmin logsumexp var std norm cumsum cumprod matmul dot einsum transpose cholesky triangular_solve solve "
    "lstsq inv det qr trace reshape broadcast_to concat stack split slice pad tile squeeze expand_dims reverse gather "
    "gather_nd scatter scatter_add roll tril triu one_hot where take_along_axis sort top_k iota dynamic_slice "
    "dynamic_update_slice dense conv1d conv2d conv3d conv_transpose2d depthwise_conv2d max_pool avg_pool "
    "global_avg_pool "
    "global_max_pool batch_norm layer_norm rms_norm group_norm instance_norm dropout embedding attention rnn lstm gru "
    "resize space_to_depth depth_to_space mse mae huber softmax_cross_entropy sparse_softmax_cross_entropy "
    "sigmoid_cross_entropy nll kl_divergence hinge call cond while scan stop_gradient print assert random_uniform "
    "grad random_normal random_truncated_normal random_bernoulli random_categorical ";

inline bool isFormatOp(std::string_view name) {
  size_t at = name.find(' ') == std::string_view::npos && !name.empty() ? formatOps.find(name) : std::string_view::npos;
  while (at != std::string_view::npos) {
    if (formatOps[at - 1] == ' ' && formatOps[at + name.size()] == ' ')
      return true;
    at = formatOps.find(name, at + 1);
  }
  return false;
}

} // namespace symc

#endif // SYMC_FRONTEND_CONTRACTNAMES_H
