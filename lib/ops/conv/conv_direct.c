/* conv_direct.c - convolution of images of few channels along their rows, which are read where they lie: a
 * matrix of windows would take longer to lay out than to multiply. An output is the chain of multiply-adds
 * that gemm.inl defines, over (window row, window column, channel).
 */
#include "ops/conv/conv_native.h"
#include "ops/conv/conv_rows.h"

bool dsci_conv_direct_supports(const dsci_node *node)
{
    enum { MOST_CHANNELS = 8, MOST_WEIGHTS = 1 << 14, LEAST_COLUMNS = 6 };
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return s.groups == 1 && s.channels <= MOST_CHANNELS && s.window.dilation[1] == 1 &&
           dsci_conv_depth(&s) <= DSCI_GEMM_K_BLOCK && !dsci_conv_is_pointwise(&s) &&
           dsci_conv_depth(&s) * s.filters <= MOST_WEIGHTS && s.dst[1] >= LEAST_COLUMNS;
}

/* In the workspace: rows of padded images, then the address of the row for each row of the window. */
dsc_status dsci_conv_direct_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const dsci_conv_layout layout = dsci_conv_layout_of(&s, s.channels, 1);
    booking->worker_bytes =
        (dsci_conv_rows_floats(&layout) + dsci_conv_words(s.window.kernel[0])) * sizeof(float);
    dsci_conv_book_product(node, booking, dsci_conv_depth(&s), s.filters);
    return DSC_OK;
}

/* One row of the output after the other. */
void dsci_conv_direct_run(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const dsci_conv_block block = dsci_conv_block_of(o, &s, dsci_conv_depth(&s), s.filters, part.index);
    const float *bias = o->in[2];
    const dsci_conv_rows rows = { .kernels = o->kernels,
                                  .shape = &s,
                                  .layout = dsci_conv_layout_of(&s, s.channels, 1),
                                  .src = o->in[0],
                                  .channels = s.channels,
                                  .floats = part.workspace };
    const float **starts =
        (const float **)(void *)((float *)part.workspace + dsci_conv_rows_floats(&rows.layout));
    dsci_window_sums w = { .filters = block.columns.count,
                           .runs = s.window.kernel[0],
                           .run_length = s.window.kernel[1] * s.channels,
                           .step = s.window.stride[1] * s.channels,
                           .starts = starts,
                           .weights = (const float *)o->in[1] + block.columns.first,
                           .bias = bias ? bias + block.columns.first : NULL,
                           .dst = (float *)o->out[0] + block.pixels.first * s.filters + block.columns.first,
                           .ld_weights = s.filters,
                           .ld_dst = s.filters,
                           .activation = o->node->attributes.conv.activation };
    dsci_conv_pixel at = dsci_conv_pixel_at(&s, block.pixels.first);
    dsci_conv_rows_clear(&rows);
    for (size_t done = 0; done < block.pixels.count; done += w.pixels) {
        w.pixels = dsci_least(s.dst[1] - at.x, block.pixels.count - done);
        for (size_t ky = 0; ky < w.runs; ky++)
            starts[ky] =
                dsci_conv_row(&rows, at.example, at.y * s.window.stride[0] + ky * s.window.dilation[0]) +
                at.x * w.step;
        o->kernels->window_sums(&w);
        w.dst += w.pixels * s.filters;
        dsci_conv_skip(&s, &at, w.pixels);
    }
}

const char *dsci_conv_direct_describe(const dsci_node *node)
{
    (void)node;
    return "direct";
}
