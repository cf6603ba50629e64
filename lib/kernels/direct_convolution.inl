/* direct_convolution.inl - convolution along rows of an image, which are read where they lie (part of
 * body.inl). Elements of a window that lie together in a row of the image are a run, and the next pixel's run
 * starts a fixed number of floats further on, so that no matrix of windows is needed. Tiles are those of
 * gemm.inl: 16 filters a vector, and broadcast floats of the image.
 */
#ifndef DESCENT_KERNELS_DIRECT_CONVOLUTION_INL
#define DESCENT_KERNELS_DIRECT_CONVOLUTION_INL

#define LOAD(row)     tile_load(row, j, vectors, last)
#define STORE(row, x) tile_store(row, j, vectors, last, x)

/* --- Sums over windows: tiles are pixels by filters --- */

/* At the tile's first pixel and filter. */
typedef struct sums_tile {
    const dsci_window_sums *w;
    size_t pixel, filter;
    const float *weights;
    vec_mask last_columns;
    float floor;
} sums_tile;

ALWAYS_INLINE void sums_tile_run(const sums_tile *t, size_t rows, size_t vectors)
{
    vec sums[TILE_ROWS][TILE_VECTORS];
    const dsci_window_sums *w = t->w;
    const vec_mask last = t->last_columns;
    const float *b = t->weights, *bias = w->bias ? w->bias + t->filter : NULL;
    float *dst = w->dst + t->pixel * w->ld_dst + t->filter;
    const size_t step = w->step, ldb = w->ld_weights, ld_dst = w->ld_dst;
    EACH_SUM(sums[i][j] = vec_set(0.0f));
    for (size_t run = 0; run < w->runs; run++) {
        const float *a = w->starts[run] + t->pixel * step;
        for (size_t e = w->run_length; e > 0; e--, a++, b += ldb) {
            vec columns[TILE_VECTORS];
            UNROLL
            for (size_t j = 0; j < vectors; j++)
                columns[j] = LOAD(b);
            EACH_SUM(sums[i][j] = vec_fma(vec_set(a[i * step]), columns[j], sums[i][j]));
        }
    }
    if (bias)
        EACH_SUM(sums[i][j] = vec_add(sums[i][j], LOAD(bias)));
    EACH_SUM(sums[i][j] = vec_max(vec_set(t->floor), sums[i][j]));
    EACH_SUM(STORE(dst + i * ld_dst, sums[i][j]));
}

#define TILE(rows, vectors)                                                                                  \
    static void sums_tile_##rows##x##vectors(const sums_tile *t)                                             \
    {                                                                                                        \
        sums_tile_run(t, rows, vectors);                                                                     \
    }
#include "kernels/tiles.h"
#undef TILE

#define TILE(rows, vectors) [rows - 1][vectors - 1] = sums_tile_##rows##x##vectors,
static void (*const sums_tiles[TILE_ROWS][TILE_VECTORS])(const sums_tile *) = {
#include "kernels/tiles.h"
};
#undef TILE

static void window_sums(const dsci_window_sums *w)
{
    const int is_floor = dsci_activation_is_floor(w->activation);
    sums_tile t = { .w = w, .floor = dsci_activation_floor(w->activation) };
    for (size_t j = 0; j < w->filters; j += PANEL_COLUMNS) {
        const size_t width = panel_width(w->filters - j), vectors = width / DSCI_LANES;
        const size_t count = w->filters - j < width ? w->filters - j : width;
        t.filter = j;
        t.weights = w->weights + j;
        t.last_columns = vec_first(count - (vectors - 1) * DSCI_LANES);
        for (size_t taken, p = 0; p < w->pixels; p += taken) {
            taken = tile_rows(w->pixels - p);
            t.pixel = p;
            sums_tiles[taken - 1][vectors - 1](&t);
            for (size_t i = p; !is_floor && i < p + taken; i++) {
                float *dst = w->dst + i * w->ld_dst + j;
                activation_forward(w->activation, 0.0f, dst, dst, count);
            }
        }
    }
}

/* --- Sums over pixels: tiles are elements of the window, of one run or of two, by filters --- */

typedef struct products_tile {
    const dsci_window_products *w;
    size_t run, element, filter;
    vec_mask last_columns;
    dsci_fetch next;
} products_tile;

ALWAYS_INLINE void products_tile_run(const products_tile *t, size_t runs, size_t elements, size_t vectors)
{
    const size_t rows = runs * elements;
    vec sums[TILE_ROWS][TILE_VECTORS];
    const dsci_window_products *w = t->w;
    const vec_mask last = t->last_columns;
    const float *b = w->diff + t->filter;
    const size_t step = w->step, ldb = w->ld_diff;
    const float *next = t->next.at ? t->next.at : b;
    const size_t next_step = t->next.at ? t->next.step : ldb;
    EACH_SUM(sums[i][j] = vec_set(0.0f));
    for (size_t s = 0; s < w->stretches; s++) {
        const size_t at = t->run * w->stretches + s, offset = w->offset + t->element;
        const float *a = w->starts[at] + offset;
        const float *a2 = runs > 1 ? w->starts[at + w->stretches] + offset : a;
        for (size_t p = w->counts[s]; p > 0; p--, a += step, a2 += step, b += ldb) {
            vec columns[TILE_VECTORS];
            __builtin_prefetch(next);
            next += next_step;
            UNROLL
            for (size_t j = 0; j < vectors; j++)
                columns[j] = LOAD(b);
            EACH_SUM(sums[i][j] =
                         vec_fma(vec_set(i < elements ? a[i] : a2[i - elements]), columns[j], sums[i][j]));
        }
    }
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        const size_t element = t->element + i % elements;
        float *c = w->sums + (t->run + i / elements) * w->run_step + element / w->channels * w->column_step +
                   element % w->channels * w->channel_step + t->filter;
        if (w->accumulate) {
            UNROLL
            for (size_t j = 0; j < vectors; j++)
                sums[i][j] = vec_add(LOAD(c), sums[i][j]);
        }
        UNROLL
        for (size_t j = 0; j < vectors; j++)
            STORE(c, sums[i][j]);
    }
}

#define TILE(rows, vectors)                                                                                  \
    static void products_tile_##rows##x##vectors(const products_tile *t)                                     \
    {                                                                                                        \
        products_tile_run(t, 1, rows, vectors);                                                              \
    }                                                                                                        \
    static void products_pair_##rows##x##vectors(const products_tile *t)                                     \
    {                                                                                                        \
        enum { elements = 2 * rows <= TILE_ROWS ? rows : 1 };                                                \
        products_tile_run(t, 2, elements, vectors);                                                          \
    }
#include "kernels/tiles.h"
#undef TILE

/* By elements - 1, vectors - 1, and whether there are two runs: then of up to half of TILE_ROWS elements. */
#define TILE(rows, vectors)                                                                                  \
    [rows - 1][vectors - 1] = { products_tile_##rows##x##vectors, products_pair_##rows##x##vectors },
static void (*const products_tiles[TILE_ROWS][TILE_VECTORS][2])(const products_tile *) = {
#include "kernels/tiles.h"
};
#undef TILE

static void window_products(const dsci_window_products *w)
{
    products_tile t = { .w = w };
    const size_t length = w->columns * w->channels;
    size_t tile_count = 0;
    for (; t.filter < w->filters; t.filter += PANEL_COLUMNS) {
        const size_t width = panel_width(w->filters - t.filter), vectors = width / DSCI_LANES;
        const size_t count = w->filters - t.filter < width ? w->filters - t.filter : width;
        t.last_columns = vec_first(count - (vectors - 1) * DSCI_LANES);
        for (size_t together, run = 0; run < w->runs; run += together) {
            together = 2 * length <= TILE_ROWS && run + 1 < w->runs ? 2 : 1;
            t.run = run;
            for (size_t taken, e = 0; e < length; e += taken) {
                taken = tile_rows(length - e);
                t.element = e;
                t.next = tile_count < DSCI_FETCHES ? w->next[tile_count++] : (dsci_fetch){ NULL, 0 };
                products_tiles[taken - 1][vectors - 1][together - 1](&t);
            }
        }
    }
}

#undef LOAD
#undef STORE

#endif
