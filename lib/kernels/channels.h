/* channels.h - convolution of each channel by itself (part of body.h).
 *
 * Some pixels are computed together, vector after vector of their channels: memory is read and written in as
 * many streams as there are pixels. Going over the pixels with one vector instead meets few cache sets where
 * the channels are a power of 2 (512 of them, floats in the second-level cache: 4.3 cycles to read a vector,
 * 16 to write one; in streams 2.1 for either).
 */
#ifndef DESCENT_KERNELS_CHANNELS_H
#define DESCENT_KERNELS_CHANNELS_H

/* Rows and pixels of dst together at most, a power of 2: their sums, and nine weights, are kept in
   registers. */
#if TILE_ROWS >= 12
enum { CHANNEL_TILE = 4 };
#else
enum { CHANNEL_TILE = 2 };
#endif

/* How many of so many rows or pixels go together. */
static inline size_t channel_tile(size_t rest)
{
    return rest >= CHANNEL_TILE ? CHANNEL_TILE : rest >= 2 ? 2 : 1;
}

/* full: all lanes, and known to be so. */
ALWAYS_INLINE vec load_channels(const float *p, vec_mask lanes, int full)
{
    return full ? vec_load(p) : vec_load_mask(p, lanes);
}

ALWAYS_INLINE void store_sum(float *dst, vec sum, const float *bias, float floor, vec_mask lanes, int full)
{
    if (bias)
        sum = vec_max(vec_set(floor), vec_add(sum, load_channels(bias, lanes, full)));
    if (full)
        vec_store(dst, sum);
    else
        vec_store_mask(dst, lanes, sum);
}

ALWAYS_INLINE vec add_term(vec sum, vec x, vec weight, int fused)
{
    return fused ? vec_fma(x, weight, sum) : vec_add(sum, vec_mul(x, weight));
}

/* Runs step for channels i = 0, 16, ... < n: for whole vectors, if they are `plain`, with full = 1, for all
   else with full = 0 and the lanes that there are. Only the largest tile has code for both. */
#define EACH_CHANNELS(n, plain, step)                                                                        \
    do {                                                                                                     \
        size_t i = 0;                                                                                        \
        if (plain)                                                                                           \
            for (const vec_mask lanes = vec_first(DSCI_LANES); i + DSCI_LANES <= (n); i += DSCI_LANES) {     \
                enum { full = 1 };                                                                           \
                step;                                                                                        \
            }                                                                                                \
        for (; i < (n); i += DSCI_LANES) {                                                                   \
            enum { full = 0 };                                                                               \
            const vec_mask lanes = vec_first((n)-i);                                                         \
            step;                                                                                            \
        }                                                                                                    \
    } while (0)

/* Calls statement with the constants ROWS and PIXELS of a tile of rows x pixels. */
#define CHANNEL_CASE(r, p, statement)                                                                        \
    if (rows == (r) && pixels == (p)) {                                                                      \
        enum { ROWS = (r), PIXELS = (p) };                                                                   \
        statement;                                                                                           \
    }
#define SMALL_TILES(statement)                                                                               \
    CHANNEL_CASE(2, 2, statement)                                                                            \
    CHANNEL_CASE(2, 1, statement)                                                                            \
    CHANNEL_CASE(1, 2, statement)                                                                            \
    CHANNEL_CASE(1, 1, statement)
#if TILE_ROWS >= 12
#define CHANNEL_TILES(statement)                                                                             \
    CHANNEL_CASE(4, 4, statement)                                                                            \
    CHANNEL_CASE(4, 2, statement)                                                                            \
    CHANNEL_CASE(4, 1, statement)                                                                            \
    CHANNEL_CASE(2, 4, statement)                                                                            \
    CHANNEL_CASE(1, 4, statement)                                                                            \
    SMALL_TILES(statement)
#else
#define CHANNEL_TILES SMALL_TILES
#endif

/* --- Sums over taps --- */

ALWAYS_INLINE void sum_tile_lanes(const dsci_channel_sums *s, float *dst, const float *src, size_t channel,
                                  size_t rows, size_t pixels, vec_mask lanes, int full, int fused)
{
    const float *weights = s->weights + channel * s->elements, *bias = s->bias ? s->bias + channel : NULL;
    vec sums[CHANNEL_TILE][CHANNEL_TILE];
    UNROLL
    for (size_t r = 0; r < rows; r++)
        UNROLL
    for (size_t p = 0; p < pixels; p++)
        sums[r][p] = vec_set(0.0f);
    for (size_t t = 0; t < s->tap_count; t++) {
        const vec weight = vec_load(weights + s->taps[t].element * DSCI_LANES);
        const float *at = src + s->taps[t].pixel + channel;
        UNROLL
        for (size_t r = 0; r < rows; r++)
            UNROLL
        for (size_t p = 0; p < pixels; p++)
            sums[r][p] =
                add_term(sums[r][p], load_channels(at + r * s->src_row + p * s->src_pixel, lanes, full),
                         weight, fused);
    }
    UNROLL
    for (size_t r = 0; r < rows; r++)
        UNROLL
    for (size_t p = 0; p < pixels; p++)
        store_sum(dst + r * s->dst_row + p * s->dst_pixel + channel, sums[r][p], bias, s->floor, lanes, full);
}

ALWAYS_INLINE void sum_tile(const dsci_channel_sums *s, float *dst, const float *src, size_t rows,
                            size_t pixels, int fused)
{
    EACH_CHANNELS(s->channels, rows * pixels == CHANNEL_TILE * CHANNEL_TILE,
                  sum_tile_lanes(s, dst, src, i, rows, pixels, lanes, full, fused));
}

ALWAYS_INLINE void sum_tiles(const dsci_channel_sums *s, int fused)
{
    for (size_t y = 0, rows; y < s->rows; y += rows) {
        rows = channel_tile(s->rows - y);
        for (size_t x = 0, pixels; x < s->pixels; x += pixels) {
            float *dst = s->dst + y * s->dst_row + x * s->dst_pixel;
            const float *src = s->src + y * s->src_row + x * s->src_pixel;
            pixels = channel_tile(s->pixels - x);
            CHANNEL_TILES(sum_tile(s, dst, src, ROWS, PIXELS, fused))
        }
    }
}

static void channel_sums(const dsci_channel_sums *s)
{
    if (s->fused)
        sum_tiles(s, 1);
    else
        sum_tiles(s, 0);
}

/* --- Windows of 3 x 3 --- */

enum { SMALL_KERNEL = 3 };

/* A tile's rows and columns of the image, from the first that its windows meet on, and which of them are
   inside: a bit each. */
typedef struct window_tile {
    ptrdiff_t at; /* where the first of them is or would be in the image */
    size_t row;
    unsigned row_bits, column_bits;
} window_tile;

/* Each vector of the image is read once, into all sums that it is a term of. */
ALWAYS_INLINE void window_tile_lanes(const dsci_channel_windows *w, const window_tile *t, float *dst,
                                     size_t dst_row, size_t channel, size_t rows, size_t pixels,
                                     vec_mask lanes, int full, int fused)
{
    enum { K = SMALL_KERNEL };
    const float *packed = w->weights + channel * K * K, *bias = w->bias ? w->bias + channel : NULL;
    vec weights[K * K], sums[CHANNEL_TILE][CHANNEL_TILE];
    UNROLL
    for (size_t k = 0; k < K * K; k++)
        weights[k] = vec_load(packed + k * DSCI_LANES);
    UNROLL
    for (size_t r = 0; r < rows; r++)
        UNROLL
    for (size_t p = 0; p < pixels; p++)
        sums[r][p] = vec_set(0.0f);
    UNROLL
    for (size_t i = 0; i < rows + K - 1; i++) {
        if (!full && !(t->row_bits >> i & 1))
            continue;
        const ptrdiff_t row = t->at + (ptrdiff_t)(i * t->row + channel);
        UNROLL
        for (size_t j = 0; j < pixels + K - 1; j++) {
            if (!full && !(t->column_bits >> j & 1))
                continue;
            const vec x = load_channels(w->src + (row + (ptrdiff_t)(j * w->pixel)), lanes, full);
            UNROLL
            for (size_t kx = 0; kx < K; kx++)
                UNROLL
            for (size_t r = 0; r < rows; r++)
                if (j >= kx && j - kx < pixels && i >= r && i - r < K)
                    sums[r][j - kx] = add_term(sums[r][j - kx], x, weights[(i - r) * K + kx], fused);
        }
    }
    UNROLL
    for (size_t r = 0; r < rows; r++)
        UNROLL
    for (size_t p = 0; p < pixels; p++)
        store_sum(dst + r * dst_row + p * w->pixel + channel, sums[r][p], bias, w->floor, lanes, full);
}

ALWAYS_INLINE void window_tile_channels(const dsci_channel_windows *w, const window_tile *t, float *dst,
                                        size_t dst_row, size_t rows, size_t pixels, int fused)
{
    const int inside = t->row_bits == (1U << (rows + SMALL_KERNEL - 1)) - 1 &&
                       t->column_bits == (1U << (pixels + SMALL_KERNEL - 1)) - 1;
    EACH_CHANNELS(w->channels, rows * pixels == CHANNEL_TILE * CHANNEL_TILE && inside,
                  window_tile_lanes(w, t, dst, dst_row, i, rows, pixels, lanes, full, fused));
}

/* Bit i: place + i - before is one of `size`. */
static inline unsigned bits_inside(size_t place, size_t count, size_t before, size_t size)
{
    unsigned bits = 0;
    for (size_t i = 0; i < count; i++)
        bits |= (unsigned)(place + i >= before && place + i - before < size) << i;
    return bits;
}

ALWAYS_INLINE void window_tiles(const dsci_channel_windows *w, int fused)
{
    const size_t dst_row = w->columns * w->pixel, end = w->first + w->rows;
    window_tile t = { .row = w->src_columns * w->pixel };
    for (size_t y = w->first, rows; y < end; y += rows) {
        rows = channel_tile(end - y);
        t.row_bits = bits_inside(y, rows + SMALL_KERNEL - 1, w->before[0], w->src_rows);
        for (size_t x = 0, pixels; x < w->columns; x += pixels) {
            float *dst = w->dst + y * dst_row + x * w->pixel;
            pixels = channel_tile(w->columns - x);
            t.column_bits = bits_inside(x, pixels + SMALL_KERNEL - 1, w->before[1], w->src_columns);
            t.at = ((ptrdiff_t)y - (ptrdiff_t)w->before[0]) * (ptrdiff_t)t.row +
                   ((ptrdiff_t)x - (ptrdiff_t)w->before[1]) * (ptrdiff_t)w->pixel;
            CHANNEL_TILES(window_tile_channels(w, &t, dst, dst_row, ROWS, PIXELS, fused))
        }
    }
}

static void channel_windows(const dsci_channel_windows *w)
{
    if (w->fused)
        window_tiles(w, 1);
    else
        window_tiles(w, 0);
}

#undef CHANNEL_TILES
#undef SMALL_TILES
#undef CHANNEL_CASE

/* --- Products for the gradient of the weights --- */

enum { PRODUCT_PIXELS = 4 }; /* of diff, in registers */

ALWAYS_INLINE void add_products(float *sums, const float *diff, const float *src, const dsci_channel_sums *s,
                                size_t pixels, vec_mask lanes, int full)
{
    vec d[PRODUCT_PIXELS];
    UNROLL
    for (size_t p = 0; p < pixels; p++)
        d[p] = load_channels(diff + p * s->dst_pixel, lanes, full);
    for (size_t t = 0; t < s->tap_count; t++) {
        float *sum = sums + s->taps[t].element * DSCI_LANES;
        const float *at = src + s->taps[t].pixel;
        vec chain = vec_load(sum);
        UNROLL
        for (size_t p = 0; p < pixels; p++)
            chain = vec_fma(load_channels(at + p * s->src_pixel, lanes, full), d[p], chain);
        vec_store(sum, chain);
    }
}

ALWAYS_INLINE void product_tile(float *sums, const float *diff, const float *src, const dsci_channel_sums *s,
                                size_t pixels)
{
    EACH_CHANNELS(s->channels, 1,
                  add_products(sums + i * s->elements, diff + i, src + i, s, pixels, lanes, full));
}

static void channel_products(float *sums, const float *diff, const dsci_channel_sums *s)
{
    for (size_t y = 0; y < s->rows; y++) {
        const float *d = diff + y * s->dst_row, *src = s->src + y * s->src_row;
        size_t x = 0;
        for (; x + PRODUCT_PIXELS <= s->pixels; x += PRODUCT_PIXELS)
            product_tile(sums, d + x * s->dst_pixel, src + x * s->src_pixel, s, PRODUCT_PIXELS);
        for (; x < s->pixels; x++)
            product_tile(sums, d + x * s->dst_pixel, src + x * s->src_pixel, s, 1);
    }
}

#undef EACH_CHANNELS

#endif
