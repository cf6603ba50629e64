/* conv_rows.c - rows of padded images: a row of zeros, then slots that are taken in turn, each with the
 * number of its row in a list behind them. */
#include "ops/conv/conv_rows.h"

#include <string.h>

/* Rows of an image that windows reach, or columns. */
static size_t extent_of(const dsci_conv_shape *s, size_t dimension)
{
    return (s->dst[dimension] - 1) * s->window.stride[dimension] + dsci_window_reach(&s->window, dimension);
}

size_t dsci_conv_rows_of(const dsci_conv_shape *s, size_t pixels)
{
    return (pixels + s->dst[1] - 2) / s->dst[1] + 1;
}

/* Rows of padded images that the windows of `pixels` pixels meet together, at most. From one row of the
   output to the next, windows move by the stride; where the next row is that of another image, by all of a
   window. */
static size_t rows_together(const dsci_conv_shape *s, size_t pixels)
{
    const size_t rows = dsci_conv_rows_of(s, pixels), reach = dsci_window_reach(&s->window, 0),
                 stride = s->window.stride[0];
    const size_t images = s->batch > 1 && rows > 1 ? (rows - 2) / s->dst[0] + 1 : 0;
    return (rows - 1) * stride + reach + (reach > stride ? images * (reach - stride) : 0);
}

dsci_conv_layout dsci_conv_layout_of(const dsci_conv_shape *s, size_t channels, size_t pixels)
{
    dsci_conv_layout layout = { .channels = channels, .columns = extent_of(s, 1) };
    layout.in_place = channels == s->channels && s->window.before[1] == 0 && layout.columns <= s->src[1];
    layout.pitch = dsci_vector_floats(layout.columns * channels);
    layout.slots = layout.in_place ? 0 : rows_together(s, pixels);
    return layout;
}

/* Floats in whole vectors that hold the slots' numbers of rows. */
static size_t number_floats(const dsci_conv_layout *layout)
{
    return dsci_vector_floats(layout->slots * (sizeof(size_t) / sizeof(float)));
}

size_t dsci_conv_rows_floats(const dsci_conv_layout *layout)
{
    return (layout->slots + 1) * layout->pitch + number_floats(layout);
}

static size_t *numbers_of(const dsci_conv_rows *rows)
{
    return (size_t *)(void *)(rows->floats + (rows->layout.slots + 1) * rows->layout.pitch);
}

void dsci_conv_rows_clear(const dsci_conv_rows *rows)
{
    memset(rows->floats, 0, rows->layout.pitch * sizeof(float));
    for (size_t i = 0; i < rows->layout.slots; i++)
        numbers_of(rows)[i] = SIZE_MAX;
}

static void fill_row(const dsci_conv_rows *rows, const float *src, float *row)
{
    const dsci_conv_shape *s = rows->shape;
    const size_t channels = rows->channels, columns = rows->layout.columns;
    const size_t before = dsci_least(s->window.before[1], columns);
    const size_t count = dsci_least(columns - before, s->src[1]);
    memset(row, 0, before * channels * sizeof *row);
    row += before * channels;
    if (channels == s->channels)
        memcpy(row, src, count * channels * sizeof *row);
    else
        rows->kernels->copy_rows(row, channels, src, s->channels, count, channels);
    memset(row + count * channels, 0, (columns - before - count) * channels * sizeof *row);
}

const float *dsci_conv_kept_row(const dsci_conv_rows *rows, const float *src, size_t example, size_t row)
{
    const size_t number = example * extent_of(rows->shape, 0) + row, slot = number % rows->layout.slots;
    float *floats = rows->floats + (slot + 1) * rows->layout.pitch;
    if (numbers_of(rows)[slot] != number) {
        fill_row(rows, src, floats);
        numbers_of(rows)[slot] = number;
    }
    return floats;
}
