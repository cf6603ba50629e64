/* body.inl - the kernels of one level: included once by each kernels_LEVEL.c after its vector header. */
#include "base/philox.h"
#include "kernels/levels.h"

#include "kernels/elementary.inl"

#include "kernels/activation.inl"
#include "kernels/elementwise.inl"
#include "kernels/optimizer.inl"
#include "kernels/peak.inl"
#include "kernels/recurrent.inl"
#include "kernels/reduction.inl"

#include "kernels/depthwise.inl"
#include "kernels/gemm.inl"

#include "kernels/array.inl"
#include "kernels/direct_convolution.inl"
#include "kernels/function.inl"
#include "kernels/loss.inl"
#include "kernels/normalization.inl"
#include "kernels/pair_factors.inl"
#include "kernels/pooling.inl"
#include "kernels/row_products.inl"
#include "kernels/rowwise.inl"
#include "kernels/weighted_loss.inl"

const dsci_kernels LEVEL_TABLE = {
    .isa = LEVEL_ISA,
    .gemm = gemm,
    .gemm_pack = gemm_pack,
    .column_sums = column_sums,
    .sum = sum,
    .dot = dot,
    .activation_forward = activation_forward,
    .activation_backward = activation_backward,
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .log_softmax = log_softmax,
    .log_softmax_backward = log_softmax_backward,
    .layer_norm = layer_norm,
    .layer_norm_backward = layer_norm_backward,
    .softmax_cross_entropy = softmax_cross_entropy,
    .squared_error = squared_error,
    .label_loss = label_loss,
    .target_loss = target_loss,
    .count_errors = count_errors,
    .sgd = sgd,
    .momentum = momentum,
    .adam = adam,
    .velocity = velocity,
    .adagrad = adagrad,
    .rmsprop = rmsprop,
    .adadelta = adadelta,
    .amsgrad = amsgrad,
    .adamax = adamax,
    .nadam = nadam,
    .rprop = rprop,
    .delta_bar_delta = delta_bar_delta,
    .shape_gradient = shape_gradient,
    .bound_columns = bound_columns,
    .to_bf16 = to_bf16,
    .from_bf16 = from_bf16,
    .column_moments = column_moments,
    .affine_columns = affine_columns,
    .affine_pair_columns = affine_pair_columns,
    .add = add,
    .multiply = multiply,
    .scale = scale,
    .dropout = dropout,
    .alpha_dropout = alpha_dropout,
    .max_pool = max_pool,
    .average_pool = average_pool,
    .average_pool_backward = average_pool_backward,
    .copy_rows = copy_rows,
    .add_rows = add_rows,
    .channel_sums = channel_sums,
    .channel_windows = channel_windows,
    .channel_products = channel_products,
    .channel_window_products = channel_window_products,
    .window_sums = window_sums,
    .window_products = window_products,
    .gather_rows = gather_rows,
    .pair_factors = pair_factors,
    .dot_rows = dot_rows,
    .combine_rows = combine_rows,
    .add_differences = add_differences,
    .pair_gradients = pair_gradients,
    .gates = gates,
    .binary = binary,
    .function = function,
    .function_backward = function_backward,
    .reduce_rows = reduce_rows,
    .reduce_columns = reduce_columns,
    .fused_chains = fused_chains,
    .fused_chain_flops = 2.0 * DSCI_LANES * TILE_ROWS,
    .stream = stream,
    .fused_chains_f64 = fused_chains_f64,
    .fused_chain_f64_flops = 2.0 * DSCI_LANES * WIDE_CHAINS,
};
