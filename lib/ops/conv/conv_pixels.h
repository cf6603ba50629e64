/* conv_pixels.h - pixels of a convolution's output and runs of them. */
#ifndef DESCENT_OPS_CONV_PIXELS_H
#define DESCENT_OPS_CONV_PIXELS_H

#include "ops/conv/conv_parts.h"

/* Pixels of a tile whose memory holds `fit` of them: at least as many as fill the registers, and no more than
   make the tile worth its start. */
static inline size_t dsci_conv_tile_of(size_t fit)
{
    enum { LEAST = 24, MOST = 960 };
    return fit < LEAST ? LEAST : fit < MOST ? fit : MOST;
}

/* Pixels whose windows make up a tile. */
static inline size_t dsci_conv_tile_pixels(const dsci_conv_shape *s)
{
    enum { FLOATS = 40 * 1024 }; /* in the second-level cache */
    return dsci_conv_tile_of(FLOATS / dsci_conv_depth(s));
}

/* A pixel of the output, counted through the whole batch. */
typedef struct dsci_conv_pixel {
    size_t example, y, x;
} dsci_conv_pixel;

static inline dsci_conv_pixel dsci_conv_pixel_at(const dsci_conv_shape *s, size_t index)
{
    const size_t row = index / s->dst[1];
    return (dsci_conv_pixel){ row / s->dst[0], row % s->dst[0], index % s->dst[1] };
}

static inline void dsci_conv_next(const dsci_conv_shape *s, dsci_conv_pixel *p)
{
    if (++p->x < s->dst[1])
        return;
    p->x = 0;
    if (++p->y < s->dst[0])
        return;
    p->y = 0;
    p->example++;
}

/* Elements of a window that lie together in the image: a whole row of it if there is one group and no gaps,
   else a pixel's. */
static inline size_t dsci_conv_whole_columns(const dsci_conv_shape *s)
{
    return s->groups == 1 && s->window.dilation[1] == 1 ? s->window.kernel[1] : 1;
}

/* How many of the `count` pixels from p on, up to the end of p's row of the output, have windows whose
   columns all lie inside the image. Their rows may lie outside. */
static inline size_t dsci_conv_run_inside(const dsci_conv_shape *s, const dsci_conv_pixel *p, size_t count)
{
    const dsci_window *w = &s->window;
    const size_t reach = dsci_window_reach(w, 1), padded = s->src[1] + w->before[1];
    if (p->x * w->stride[1] < w->before[1] || padded < reach)
        return 0;
    const size_t positions = dsci_least((padded - reach) / w->stride[1] + 1, s->dst[1]);
    return p->x < positions ? dsci_least(positions - p->x, count) : 0;
}

/* Moves p forward by `run` pixels that lie in one row of the output, to the next row after its last. */
static inline void dsci_conv_skip(const dsci_conv_shape *s, dsci_conv_pixel *p, size_t run)
{
    p->x += run - 1;
    dsci_conv_next(s, p);
}

/* A window of one pixel that takes every pixel: the image is the matrix of windows. */
static inline bool dsci_conv_is_pointwise(const dsci_conv_shape *s)
{
    const dsci_window *w = &s->window;
    return w->kernel[0] * w->kernel[1] * w->stride[0] * w->stride[1] == 1 &&
           w->before[0] + w->before[1] + w->after[0] + w->after[1] == 0;
}

#endif
