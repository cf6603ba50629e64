/* depthwise.inl - convolution of each channel by itself (part of body.inl).
 *
 * Some pixels are computed together, vector after vector of their channels: memory is read and written in as
 * many streams as there are pixels. Going over the pixels with one vector instead meets few cache sets where
 * the channels are a power of 2 (512 of them, floats in the second-level cache: 4.3 cycles to read a vector,
 * 16 to write one; in streams 2.1 for either).
 */
#ifndef DESCENT_KERNELS_DEPTHWISE_INL
#define DESCENT_KERNELS_DEPTHWISE_INL

/* Rows and pixels of dst together at most, a power of 2: their sums, and nine weights, are kept in
   registers. */
#if TILE_ROWS >= 12
enum { CHANNEL_TILE = 4 };
#else
enum { CHANNEL_TILE = 2 };
#endif

/* How many of the `rest` rows or pixels that are left make the next tile. */
static inline size_t channel_tile(size_t rest)
{
    return rest >= CHANNEL_TILE ? CHANNEL_TILE : rest >= 2 ? 2 : 1;
}

/* The floats at p in the given lanes; full: a constant 1 where the compiler may leave the mask out, as all
   lanes are given. */
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

/* Runs step for channels i = 0, 16, ... < n. If `plain`, whole vectors are run without a mask (full = 1), and
   the lanes that are left with one (full = 0); else all with one. Only large tiles have code for both. */
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

/* The rows and columns of the image that the windows of a tile meet, padding among them. Bit i of row_bits
   says whether row i of them, counted from the first, is inside the image; column_bits likewise. */
typedef struct window_tile {
    ptrdiff_t at; /* floats from the start of the image to the first of them, which may lie before it */
    size_t row;
    unsigned row_bits, column_bits;
} window_tile;

ALWAYS_INLINE int has_row(const window_tile *t, size_t i)
{
    return t->row_bits >> i & 1;
}

ALWAYS_INLINE int has_column(const window_tile *t, size_t j)
{
    return t->column_bits >> j & 1;
}

/* Rows of the image, or columns, that `windows` windows meet together, each `stride` after the one before. */
ALWAYS_INLINE size_t met_by(size_t windows, size_t stride)
{
    return (windows - 1) * stride + SMALL_KERNEL;
}

/* Reads each vector of the image once and adds it to all sums of the tile that it is a term of. inside: all
   rows and columns that the tile meets lie in the image, so that no bit need be looked at. */
ALWAYS_INLINE void window_tile_lanes(const dsci_channel_windows *w, const window_tile *t, float *dst,
                                     size_t dst_row, size_t channel, size_t rows, size_t pixels,
                                     size_t stride, int inside, vec_mask lanes, int full, int fused)
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
    for (size_t i = 0; i < met_by(rows, stride); i++) {
        if (!inside && !has_row(t, i))
            continue;
        const ptrdiff_t row = t->at + (ptrdiff_t)(i * t->row + channel);
        UNROLL
        for (size_t j = 0; j < met_by(pixels, stride); j++) {
            if (!inside && !has_column(t, j))
                continue;
            const vec x = load_channels(w->src + (row + (ptrdiff_t)(j * w->pixel)), lanes, full);
            UNROLL
            for (size_t p = 0; p < pixels; p++)
                UNROLL
            for (size_t r = 0; r < rows; r++) {
                const size_t ky = i - r * stride, kx = j - p * stride;
                if (ky < K && kx < K)
                    sums[r][p] = add_term(sums[r][p], x, weights[ky * K + kx], fused);
            }
        }
    }
    UNROLL
    for (size_t r = 0; r < rows; r++)
        UNROLL
    for (size_t p = 0; p < pixels; p++)
        store_sum(dst + r * dst_row + p * w->pixel + channel, sums[r][p], bias, w->floor, lanes, full);
}

static inline int is_inside(const window_tile *t, size_t rows, size_t columns)
{
    return t->row_bits == (1U << rows) - 1 && t->column_bits == (1U << columns) - 1;
}

ALWAYS_INLINE void window_tile_channels(const dsci_channel_windows *w, const window_tile *t, float *dst,
                                        size_t dst_row, size_t rows, size_t pixels, size_t stride, int fused)
{
    const int large = rows * stride * pixels == CHANNEL_TILE * CHANNEL_TILE;
    if (large && is_inside(t, met_by(rows, stride), met_by(pixels, stride)))
        EACH_CHANNELS(w->channels, 1,
                      window_tile_lanes(w, t, dst, dst_row, i, rows, pixels, stride, 1, lanes, full, fused));
    else
        EACH_CHANNELS(w->channels, large,
                      window_tile_lanes(w, t, dst, dst_row, i, rows, pixels, stride, 0, lanes, full, fused));
}

/* Bit i of `count`: whether position place + i of the padded image, which has `before` positions of padding
   in front, is one of the image's `size`. */
static inline unsigned bits_inside(size_t place, size_t count, size_t before, size_t size)
{
    unsigned bits = 0;
    for (size_t i = 0; i < count; i++)
        bits |= (unsigned)(place + i >= before && place + i - before < size) << i;
    return bits;
}

/* The tile of windows from (y, x) on. */
static inline window_tile window_tile_at(const dsci_channel_windows *w, size_t y, size_t x, size_t rows,
                                         size_t pixels)
{
    const size_t top = y * w->stride, left = x * w->stride, row = w->src_columns * w->pixel;
    return (window_tile){
        .at = ((ptrdiff_t)top - (ptrdiff_t)w->before[0]) * (ptrdiff_t)row +
              ((ptrdiff_t)left - (ptrdiff_t)w->before[1]) * (ptrdiff_t)w->pixel,
        .row = row,
        .row_bits = bits_inside(top, met_by(rows, w->stride), w->before[0], w->src_rows),
        .column_bits = bits_inside(left, met_by(pixels, w->stride), w->before[1], w->src_columns),
    };
}

ALWAYS_INLINE void window_tiles(const dsci_channel_windows *w, size_t stride, int fused)
{
    const size_t dst_row = w->columns * w->pixel, end = w->first + w->rows;
    for (size_t y = w->first, rows; y < end; y += rows) {
        rows = channel_tile(end - y);
        rows = rows * stride > CHANNEL_TILE ? CHANNEL_TILE / stride : rows;
        for (size_t x = 0, pixels; x < w->columns; x += pixels) {
            float *dst = w->dst + y * dst_row + x * w->pixel;
            pixels = channel_tile(w->columns - x);
            const window_tile t = window_tile_at(w, y, x, rows, pixels);
            CHANNEL_TILES({
                if (ROWS * stride <= CHANNEL_TILE || ROWS == 1)
                    window_tile_channels(w, &t, dst, dst_row, ROWS, PIXELS, stride, fused);
            })
        }
    }
}

static void channel_windows(const dsci_channel_windows *w)
{
    if (w->stride == 2)
        window_tiles(w, 2, 1);
    else if (w->fused)
        window_tiles(w, 1, 1);
    else
        window_tiles(w, 1, 0);
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

/* Of windows of 3 x 3: how many packs of 16 channels, and rows of the window, have their chains of
   multiply-adds in registers along a run of pixels. */
#if TILE_ROWS >= 12
enum { CHAIN_PACKS = 2, CHAIN_ROWS = SMALL_KERNEL };
#else
enum { CHAIN_PACKS = 1, CHAIN_ROWS = 1 };
#endif

/* What the chains of some packs and some rows of the window read. */
typedef struct chain_run {
    const float *rows[CHAIN_ROWS], *diff; /* of the packs; where the first window starts */
    float *keep;
    size_t row_pixels[CHAIN_ROWS], keep_pixel, diff_pixel;
    vec_mask lanes;
} chain_run;

typedef struct window_chains {
    vec sums[CHAIN_PACKS][CHAIN_ROWS][SMALL_KERNEL], bias[CHAIN_PACKS];
} window_chains;

/* Constants that a run is compiled for. full: all lanes of the packs are channels. whole: none of the rows
   lies outside the image. keeps: the last of the rows is copied to `keep`. */
typedef struct chain_case {
    size_t packs, stride;
    int full, whole, keeps;
} chain_case;

ALWAYS_INLINE void load_diff(window_chains *c, const chain_run *r, size_t pixel, chain_case is, vec *diff)
{
    const float *at = r->diff + pixel * r->diff_pixel;
    UNROLL
    for (size_t k = 0; k < is.packs; k++) {
        diff[k] = load_channels(at + k * DSCI_LANES, r->lanes, is.full);
        c->bias[k] = vec_add(c->bias[k], diff[k]);
    }
}

/* Adds a column of the image to the chains of the elements of the window that `met` has a bit for. Columns
   are counted from the first column of the first window; diff[kx] is the gradient of the pixel of the output
   whose window meets the column with its column kx. */
ALWAYS_INLINE void add_column(window_chains *c, const chain_run *r, size_t column,
                              vec diff[SMALL_KERNEL][CHAIN_PACKS], unsigned met, chain_case is)
{
    UNROLL
    for (size_t i = 0; i < CHAIN_ROWS; i++) {
        if (!is.whole && !r->rows[i])
            continue;
        const float *at = r->rows[i] + (ptrdiff_t)column * (ptrdiff_t)r->row_pixels[i];
        UNROLL
        for (size_t k = 0; k < is.packs; k++) {
            const vec x = load_channels(at + k * DSCI_LANES, r->lanes, is.full);
            if (is.keeps && i == CHAIN_ROWS - 1)
                vec_store(r->keep + (ptrdiff_t)column * (ptrdiff_t)r->keep_pixel + k * DSCI_LANES, x);
            UNROLL
            for (size_t kx = 0; kx < SMALL_KERNEL; kx++)
                if (met >> kx & 1)
                    c->sums[k][i][kx] = vec_fma(x, diff[kx][k], c->sums[k][i][kx]);
        }
    }
}

/* The columns that lie inside the image, counted from the first column of the first window. */
typedef struct column_range {
    ptrdiff_t first, end;
} column_range;

ALWAYS_INLINE void add_column_inside(window_chains *c, const chain_run *r, size_t column, column_range inside,
                                     vec diff[SMALL_KERNEL][CHAIN_PACKS], unsigned met, chain_case is)
{
    if ((ptrdiff_t)column >= inside.first && (ptrdiff_t)column < inside.end)
        add_column(c, r, column, diff, met, is);
}

ALWAYS_INLINE void add_pixel(window_chains *c, const chain_run *r, size_t pixel, column_range inside,
                             chain_case is)
{
    vec diff[SMALL_KERNEL][CHAIN_PACKS];
    load_diff(c, r, pixel, is, diff[0]);
    UNROLL
    for (size_t k = 0; k < is.packs; k++)
        diff[1][k] = diff[2][k] = diff[0][k];
    UNROLL
    for (size_t kx = 0; kx < SMALL_KERNEL; kx++)
        add_column_inside(c, r, pixel * is.stride + kx, inside, diff, 1U << kx, is);
}

/* Moves the gradients of two pixels on by a column of the window, since the next column of the image meets
   their windows one column further on: diff[0] is free for the next pixel's. */
ALWAYS_INLINE void pass_on(vec diff[SMALL_KERNEL][CHAIN_PACKS], size_t packs)
{
    UNROLL
    for (size_t k = 0; k < packs; k++) {
        diff[2][k] = diff[1][k];
        diff[1][k] = diff[0][k];
    }
}

/* A run of two pixels at least, whose windows move by 1, column after column of the image, each of which is
   read once. At most two columns of padding lie before the image and after it, so only the outermost are
   checked. */
ALWAYS_INLINE void add_neighbours(window_chains *c, const chain_run *r, size_t count, column_range inside,
                                  chain_case is)
{
    vec diff[SMALL_KERNEL][CHAIN_PACKS];
    UNROLL
    for (size_t k = 0; k < is.packs; k++)
        diff[1][k] = vec_set(0.0f);
    load_diff(c, r, 0, is, diff[0]);
    add_column_inside(c, r, 0, inside, diff, 1, is);
    pass_on(diff, is.packs);
    load_diff(c, r, 1, is, diff[0]);
    add_column_inside(c, r, 1, inside, diff, 3, is);
    for (size_t pixel = 2; pixel < count; pixel++) {
        pass_on(diff, is.packs);
        load_diff(c, r, pixel, is, diff[0]);
        add_column(c, r, pixel, diff, 7, is);
    }
    pass_on(diff, is.packs);
    add_column_inside(c, r, count, inside, diff, 6, is);
    pass_on(diff, is.packs);
    add_column_inside(c, r, count + 1, inside, diff, 4, is);
}

ALWAYS_INLINE void add_pixels(window_chains *c, const chain_run *r, size_t count, column_range inside,
                              chain_case is)
{
    if (is.stride == 1 && count > 1)
        add_neighbours(c, r, count, inside, is);
    else
        for (size_t pixel = 0; pixel < count; pixel++)
            add_pixel(c, r, pixel, inside, is);
}

/* Goes through a run of pixels with the chains of the packs from `channel` on and the rows of the window from
   `row` on; sums and bias are those of the first pack. */
ALWAYS_INLINE void add_run(float *sums, float *bias, const dsci_window_run *run, size_t channel, size_t row,
                           chain_case is)
{
    enum { K = SMALL_KERNEL };
    const ptrdiff_t left = (ptrdiff_t)(run->first * is.stride) - (ptrdiff_t)run->before;
    const column_range inside = { -left, (ptrdiff_t)run->columns - left };
    chain_run r = { .diff = run->diff + channel,
                    .keep_pixel = run->keep_pixel,
                    .diff_pixel = run->diff_pixel,
                    .lanes = vec_first(run->channels - channel) };
    if (is.keeps)
        r.keep = run->keep + left * (ptrdiff_t)run->keep_pixel + channel;
    UNROLL
    for (size_t i = 0; i < CHAIN_ROWS; i++) {
        r.row_pixels[i] = run->row_pixels[row + i];
        r.rows[i] = run->rows[row + i];
        if (is.whole || r.rows[i])
            r.rows[i] += left * (ptrdiff_t)r.row_pixels[i] + (ptrdiff_t)channel;
    }
    window_chains c;
    UNROLL
    for (size_t k = 0; k < is.packs; k++) {
        c.bias[k] = vec_load(bias + k * DSCI_LANES);
        UNROLL
        for (size_t i = 0; i < CHAIN_ROWS * K; i++)
            c.sums[k][i / K][i % K] = vec_load(sums + (k * K * K + row * K + i) * DSCI_LANES);
    }
    add_pixels(&c, &r, run->count, inside, is);
    UNROLL
    for (size_t k = 0; k < is.packs; k++) {
        if (row == 0)
            vec_store(bias + k * DSCI_LANES, c.bias[k]);
        UNROLL
        for (size_t i = 0; i < CHAIN_ROWS * K; i++)
            vec_store(sums + (k * K * K + row * K + i) * DSCI_LANES, c.sums[k][i / K][i % K]);
    }
}

ALWAYS_INLINE void add_runs(float *sums, float *bias, const dsci_window_run *run, size_t stride)
{
    enum { K = SMALL_KERNEL, WIDTH = CHAIN_PACKS * DSCI_LANES };
    const int whole = run->rows[0] && run->rows[1] && run->rows[2];
    const int kept = stride == 1 && whole && run->keep;
    size_t i = 0;
    for (; i + WIDTH <= run->channels; i += WIDTH)
        for (size_t row = 0; row < K; row += CHAIN_ROWS) {
            if (kept && row + CHAIN_ROWS == K)
                add_run(sums + i * K * K, bias + i, run, i, row, (chain_case){ CHAIN_PACKS, 1, 1, 1, 1 });
            else if (whole)
                add_run(sums + i * K * K, bias + i, run, i, row,
                        (chain_case){ CHAIN_PACKS, stride, 1, 1, 0 });
            else
                add_run(sums + i * K * K, bias + i, run, i, row,
                        (chain_case){ CHAIN_PACKS, stride, 1, 0, 0 });
        }
    for (; i < run->channels; i += DSCI_LANES)
        for (size_t row = 0; row < K; row += CHAIN_ROWS) {
            if (kept && row + CHAIN_ROWS == K)
                add_run(sums + i * K * K, bias + i, run, i, row, (chain_case){ 1, 1, 0, 1, 1 });
            else
                add_run(sums + i * K * K, bias + i, run, i, row, (chain_case){ 1, stride, 0, 0, 0 });
        }
}

static void channel_window_products(float *sums, float *bias, const dsci_window_run *run)
{
    if (run->stride == 2)
        add_runs(sums, bias, run, 2);
    else
        add_runs(sums, bias, run, 1);
}

#undef EACH_CHANNELS

#endif
