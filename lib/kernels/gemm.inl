/* gemm.inl - matrix multiplication (part of body.inl).
 *
 * The definition, whatever the level, tile or chunk. k is cut into blocks of DSCI_GEMM_K_BLOCK; of each block
 *     B = fma(a[i,p], b[p,j], ...) over p in increasing order, starting from +0,
 * and c = activation((((B0 + B1) + B2) + ...) + bias), or c = c + (((B0 + B1) + B2) + ...) if accumulate. A
 * missing bias adds nothing; k = 0 is one empty block, B0 = +0.
 *
 * The order of work, from outside: chunks of columns of b, blocks of k, chunks of rows of a (second-level
 * cache), panels of columns of b (first-level cache), tiles of c (registers); of few steps, tiles of rows
 * outside their panels. Sums of earlier blocks wait in c, or in the workspace if c has to keep its old value.
 * Where rows of b lie far apart, or b is transposed, its panels are packed first. Rows that are a power of
 * two apart fall on few sets of the caches and each on a page of its own, so large products have both
 * operands packed, once for all parts. A panel that comes from far would stop the first tile that reads it:
 * it is fetched while the tiles of the panel before it run, and so are the tiles' rows of c.
 */
#ifndef DESCENT_KERNELS_GEMM_INL
#define DESCENT_KERNELS_GEMM_INL

/* One tile of c: what is the same for all tiles of a panel, and the tile's place. */
typedef struct tile {
    const float *a, *b;
    float *partial, *c;
    const float *bias;
    size_t depth, lda, ldb, ld_partial, ldc;
    vec_mask last_columns; /* valid lanes of the tile's last vector */
    float floor;           /* 0 for ReLU, else -infinity */
    int first, final;      /* block of k */
    int accumulate;
} tile;

/* Vector j of a row of the tile: all but the last are whole. */
ALWAYS_INLINE vec tile_load(const float *row, size_t j, size_t vectors, vec_mask last_columns)
{
    return j + 1 < vectors ? vec_load(row + DSCI_LANES * j)
                           : vec_load_mask(row + DSCI_LANES * j, last_columns);
}

ALWAYS_INLINE void tile_store(float *row, size_t j, size_t vectors, vec_mask last_columns, vec x)
{
    if (j + 1 < vectors)
        vec_store(row + DSCI_LANES * j, x);
    else
        vec_store_mask(row + DSCI_LANES * j, last_columns, x);
}

/* Runs a statement for each vector sums[i][j] of a tile, with all indices constant. */
#define EACH_SUM(statement)                                                                                  \
    do {                                                                                                     \
        UNROLL                                                                                               \
        for (size_t i = 0; i < rows; i++) {                                                                  \
            UNROLL                                                                                           \
            for (size_t j = 0; j < vectors; j++)                                                             \
                statement;                                                                                   \
        }                                                                                                    \
    } while (0)

#define LOAD(row)     tile_load(row, j, vectors, last)
#define STORE(row, x) tile_store(row, j, vectors, last, x)

/* by_rows says whether a row of op(a) is contiguous, or a column. It, rows and vectors are constants once
 * inlined. */
ALWAYS_INLINE void tile_run(const tile *t, size_t rows, size_t vectors, int by_rows)
{
    vec sums[TILE_ROWS][TILE_VECTORS];
    const vec_mask last = t->last_columns;
    const float *a = t->a, *b = t->b;
    const size_t row_step = by_rows ? t->lda : 1, k_step = by_rows ? 1 : t->lda, ldb = t->ldb;
    EACH_SUM(sums[i][j] = vec_set(0.0f));
    for (size_t p = t->depth; p > 0; p--, a += k_step, b += ldb) {
        vec columns[TILE_VECTORS];
        UNROLL
        for (size_t j = 0; j < vectors; j++)
            columns[j] = LOAD(b);
        EACH_SUM(sums[i][j] = vec_fma(vec_set(a[i * row_step]), columns[j], sums[i][j]));
    }
    if (!t->first)
        EACH_SUM(sums[i][j] = vec_add(LOAD(t->partial + i * t->ld_partial), sums[i][j]));
    if (!t->final) {
        EACH_SUM(STORE(t->partial + i * t->ld_partial, sums[i][j]));
        return;
    }
    if (t->bias)
        EACH_SUM(sums[i][j] = vec_add(sums[i][j], LOAD(t->bias)));
    EACH_SUM(sums[i][j] = vec_max(vec_set(t->floor), sums[i][j]));
    if (t->accumulate)
        EACH_SUM(sums[i][j] = vec_add(LOAD(t->c + i * t->ldc), sums[i][j]));
    EACH_SUM(STORE(t->c + i * t->ldc, sums[i][j]));
}

#undef LOAD
#undef STORE

#define TILE(rows, vectors)                                                                                  \
    static void tile_##rows##x##vectors##_columns(const tile *t)                                             \
    {                                                                                                        \
        tile_run(t, rows, vectors, 0);                                                                       \
    }                                                                                                        \
    static void tile_##rows##x##vectors##_rows(const tile *t)                                                \
    {                                                                                                        \
        tile_run(t, rows, vectors, 1);                                                                       \
    }
#include "kernels/tiles.h"
#undef TILE

/* By rows - 1, vectors - 1 and whether rows of op(a) are contiguous. */
#define TILE(rows, vectors)                                                                                  \
    [rows - 1][vectors - 1] = { tile_##rows##x##vectors##_columns, tile_##rows##x##vectors##_rows },
static void (*const tiles[TILE_ROWS][TILE_VECTORS][2])(const tile *) = {
#include "kernels/tiles.h"
};
#undef TILE

enum { PANEL_COLUMNS = TILE_VECTORS * DSCI_LANES };

/* Columns of the next panel, in whole vectors. */
static size_t panel_width(size_t left)
{
    return left < PANEL_COLUMNS ? (left + DSCI_LANES - 1) / DSCI_LANES * DSCI_LANES : PANEL_COLUMNS;
}

/* panel (depth x width) = the first `columns` columns of b stored by columns, then zeros: in squares of 16.
 */
static void pack_columns(float *panel, size_t width, const float *b, size_t ldb, size_t depth, size_t columns)
{
    for (size_t j = 0; j < width; j += DSCI_LANES)
        for (size_t p = 0; p < depth; p += DSCI_LANES) {
            const size_t steps = depth - p < DSCI_LANES ? depth - p : DSCI_LANES;
            vec square[DSCI_LANES];
            for (size_t l = 0; l < DSCI_LANES; l++)
                square[l] = j + l < columns ? load_lanes(b + (j + l) * ldb + p, steps) : vec_set(0.0f);
            vec_transpose(square);
            for (size_t l = 0; l < steps; l++)
                vec_store(panel + (p + l) * width + j, square[l]);
        }
}

enum { PACK_STEPS = 8 };

/* panel (depth x width) = the first `columns` columns of b, then zeros. */
static void pack_rows(float *panel, size_t width, const float *b, size_t ldb, size_t depth, size_t columns)
{
    if (width == PANEL_COLUMNS && columns >= PANEL_COLUMNS) {
        for (size_t p = 0; p < depth; p++, panel += PANEL_COLUMNS, b += ldb) {
            UNROLL
            for (size_t j = 0; j < PANEL_COLUMNS; j += DSCI_LANES)
                vec_store(panel + j, vec_load(b + j));
        }
        return;
    }
    for (size_t p = 0; p < depth; p++, panel += width, b += ldb)
        for (size_t j = 0; j < width; j += DSCI_LANES)
            vec_store(panel + j, load_lanes(b + j, columns - j));
}

/* The lanes beyond n are written too, with zeros. */
static void copy_lanes(float *dst, const float *src, size_t n)
{
    size_t i = 0;
    for (; i + DSCI_LANES <= n; i += DSCI_LANES)
        vec_store(dst + i, vec_load(src + i));
    if (i < n)
        vec_store(dst + i, vec_load_mask(src + i, vec_first(n - i)));
}

/* Some rows of b, `first` steps into their block of k, in panels. */
static void pack_b_rows(float *panels, const dsci_gemm *g, const float *b, size_t depth, size_t first,
                        size_t count, size_t columns)
{
    for (size_t p = first; p < first + count; p += PACK_STEPS, b += PACK_STEPS * g->ldb) {
        const size_t steps = first + count - p < PACK_STEPS ? first + count - p : PACK_STEPS;
        for (size_t j = 0; j < columns; j += PANEL_COLUMNS) {
            const size_t width = panel_width(columns - j);
            pack_rows(panels + j * depth + p * width, width, b + j, g->ldb, steps, columns - j);
        }
    }
}

/* A block of op(b) in panels of PANEL_COLUMNS columns, the last as many as are left in whole vectors. */
static void pack_b(float *panels, const dsci_gemm *g, const float *b, size_t depth, size_t columns)
{
    if (!g->transpose_b)
        pack_b_rows(panels, g, b, depth, 0, depth, columns);
    else
        for (size_t j = 0; j < columns; j += PANEL_COLUMNS)
            pack_columns(panels + j * depth, panel_width(columns - j), b + j * g->ldb, g->ldb, depth,
                         columns - j);
}

/* Rows of the next tile of a panel: shared out evenly, since a last tile of few would have too few sums in
 * flight. */
static size_t tile_rows(size_t left)
{
    const size_t count = (left + TILE_ROWS - 1) / TILE_ROWS;
    return (left + count - 1) / count;
}

/* Some rows of transposed a, `first` steps into their block of k, as the columns of tiles of TILE_ROWS rows
 * of op(a). */
static void pack_a_columns(float *packed, const dsci_gemm *g, const float *a, size_t first, size_t count,
                           size_t stride, size_t rows)
{
    for (size_t p = first; p < first + count; p += PACK_STEPS, a += PACK_STEPS * g->lda) {
        const size_t steps = first + count - p < PACK_STEPS ? first + count - p : PACK_STEPS;
        for (size_t i = 0; i < rows; i += TILE_ROWS) {
            const size_t width = rows - i < TILE_ROWS ? rows - i : TILE_ROWS;
            const vec_mask mask = vec_first(width);
            float *columns = packed + i * stride + p * width;
            for (size_t q = 0; q < steps; q++)
                vec_store_mask(columns + q * width, mask, vec_load_mask(a + q * g->lda + i, mask));
        }
    }
}

/* Pieces are rows of the stored matrices. */
static void gemm_pack(const dsci_gemm *g, dsci_gemm_piece piece)
{
    const int by_k = piece.of_b ? !g->transpose_b : g->transpose_a;
    const float *from = piece.of_b ? g->b + piece.first * g->ldb : g->a + piece.first * g->lda;
    size_t p = by_k ? piece.first / DSCI_GEMM_K_BLOCK * DSCI_GEMM_K_BLOCK : 0;
    const size_t end = by_k ? piece.first + piece.count : g->k;
    for (; p < end; p += DSCI_GEMM_K_BLOCK) {
        const size_t depth = dsci_gemm_block_depth(g, p), stride = dsci_gemm_stride(depth);
        if (piece.of_b && by_k)
            pack_b_rows(dsci_gemm_shared_b(g, p), g, from, depth, piece.first - p, piece.count, g->n);
        else if (piece.of_b)
            pack_b(dsci_gemm_shared_b(g, p) + piece.first * depth, g, from + p, depth, piece.count);
        else if (by_k)
            pack_a_columns(dsci_gemm_shared_a(g, p), g, from, piece.first - p, piece.count, stride, g->m);
        else
            for (size_t i = 0; i < piece.count; i++)
                copy_lanes(dsci_gemm_shared_a(g, p) + (piece.first + i) * stride, from + i * g->lda + p,
                           depth);
    }
}

/* Steps of a tile that take as long as memory takes to arrive. */
enum { FETCH_DEPTH = 128 };

/* Memory that will be read soon. */
static void fetch(const float *x, size_t floats)
{
    for (size_t i = 0; i < floats; i += DSCI_LANES)
        __builtin_prefetch(x + i);
}

typedef struct stretch {
    const float *at;
    size_t floats, step;
} stretch;

static void fetch_step(stretch *s)
{
    const size_t floats = s->floats < s->step ? s->floats : s->step;
    fetch(s->at, floats);
    s->at += floats;
    s->floats -= floats;
}

/* Tiles down one panel. */
ALWAYS_INLINE void run_panel(const dsci_gemm *g, tile t, size_t row_step, size_t rows, size_t columns,
                             size_t vectors, stretch next, int fetch_a)
{
    const int shared = g->shared.floats != NULL;
    const int fetch_c = t.depth >= FETCH_DEPTH || dsci_gemm_by_strips(g);
    const size_t count = (rows + TILE_ROWS - 1) / TILE_ROWS;
    next.step = next.floats ? dsci_vector_floats((next.floats + count - 1) / count) : 0;
    while (rows > 0) {
        const size_t taken = shared ? (rows < TILE_ROWS ? rows : TILE_ROWS) : tile_rows(rows);
        fetch_step(&next);
        if (fetch_a && rows > taken)
            fetch(t.a + taken * row_step, (rows - taken < TILE_ROWS ? rows - taken : TILE_ROWS) * row_step);
        for (size_t i = 0; fetch_c && i < taken; i++)
            fetch(t.partial + i * t.ld_partial, columns);
        if (shared && g->transpose_a)
            t.lda = taken;
        tiles[taken - 1][vectors - 1][!g->transpose_a](&t);
        if (t.final && !dsci_activation_is_floor(g->activation))
            for (size_t i = 0; i < taken; i++)
                activation_forward(g->activation, 0.0f, t.c + i * t.ldc, t.c + i * t.ldc, columns);
        t.a += taken * row_step;
        t.partial += taken * t.ld_partial;
        t.c += taken * t.ldc;
        rows -= taken;
    }
}

/* The panels of a chunk of rows. t has the place of the first; next is the panel after the last. */
ALWAYS_INLINE void run_panels(const dsci_gemm *g, tile t, size_t row_step, size_t rows, size_t columns,
                              int packed, stretch next)
{
    const int shared = g->shared.floats != NULL;
    const float *b = t.b;
    for (size_t j = 0, count; j < columns; j += count) {
        const size_t width = panel_width(columns - j), vectors = width / DSCI_LANES;
        count = columns - j < width ? columns - j : width;
        t.b = packed ? b + j * t.depth : b + j;
        t.ldb = packed ? width : g->ldb;
        t.last_columns = vec_first(count - (vectors - 1) * DSCI_LANES);
        stretch s = next;
        if (j + width < columns)
            s = (stretch){ t.b + width * t.depth, packed ? t.depth * panel_width(columns - j - width) : 0,
                           0 };
        run_panel(g, t, row_step, rows, count, vectors, s, shared && j == 0);
        t.c += count;
        t.partial += count;
        t.bias = t.bias ? t.bias + count : NULL;
    }
}

/* Few steps for outputs far apart: panels inside, so that rows of c are written in long pieces, and each
 * tile's columns of a side by side, as they are read for every panel. */
static void run_strips(const dsci_gemm *g, tile t, size_t row_step, size_t rows, size_t columns, int packed)
{
    float strip[TILE_ROWS * DSCI_GEMM_STRIP_DEPTH];
    for (size_t taken; rows > 0; rows -= taken) {
        tile s = t;
        taken = tile_rows(rows);
        if (g->transpose_a) {
            pack_a_columns(strip, g, t.a, 0, t.depth, 0, taken);
            s.a = strip;
            s.lda = taken;
        }
        run_panels(g, s, row_step, taken, columns, packed, (stretch){ NULL, 0, 0 });
        t.a += taken * row_step;
        t.c += taken * t.ldc;
        t.partial += taken * t.ld_partial;
    }
}

/* One block of k, from p on, for some rows and columns of c; t has what is the same for all of it. */
ALWAYS_INLINE void run_block(const dsci_gemm *g, tile t, size_t p, size_t i, size_t j, size_t rows,
                             size_t columns)
{
    const int shared = g->shared.floats != NULL, packs = dsci_gemm_packs(g);
    const size_t stride = dsci_gemm_stride(t.depth), chunk = dsci_gemm_chunk(rows);
    const size_t row_step = shared ? stride : g->transpose_a ? 1 : g->lda;
    const float *b = g->b + (g->transpose_b ? j * g->ldb + p : p * g->ldb + j);
    t.a = shared ? dsci_gemm_shared_a(g, p) + (g->shared.row + i) * stride
                 : g->a + (g->transpose_a ? p * g->lda + i : i * g->lda + p);
    t.b = shared ? dsci_gemm_shared_b(g, p) + (g->shared.column + j) * t.depth : packs ? g->workspace : b;
    t.lda = shared ? stride : g->lda;
    if (packs && !shared)
        pack_b(g->workspace, g, b, t.depth, columns);
    if (dsci_gemm_by_strips(g) && !shared) {
        run_strips(g, t, row_step, rows, columns, packs);
        return;
    }
    for (size_t r = 0; r < rows; r += chunk) {
        const size_t count = rows - r < chunk ? rows - r : chunk;
        stretch next = { t.b, t.depth * panel_width(columns), 0 };
        if (!shared)
            next.floats = 0;
        else if (r + count == rows && p + t.depth < g->k) {
            next.floats = dsci_gemm_block_depth(g, p + t.depth) * panel_width(columns);
            next.at = dsci_gemm_shared_b(g, p + t.depth) +
                      (g->shared.column + j) * dsci_gemm_block_depth(g, p + t.depth);
        }
        run_panels(g, t, row_step, count, columns, shared || packs, next);
        t.a += count * row_step;
        t.c += count * t.ldc;
        t.partial += count * t.ld_partial;
    }
}

/* Rows and columns of c whose sums go through the blocks of k together. */
static void run_blocks(const dsci_gemm *g, size_t i, size_t j, size_t rows, size_t columns)
{
    const int keeps = dsci_gemm_keeps_partial(g);
    float *c = g->c + i * g->ldc + j, *partial = keeps ? g->workspace + dsci_gemm_panel_floats(g) : c;
    size_t p = 0;
    do {
        const size_t depth = dsci_gemm_block_depth(g, p);
        const tile t = { .partial = partial,
                         .c = c,
                         .bias = g->bias ? g->bias + j : NULL,
                         .depth = depth,
                         .ld_partial = keeps ? columns : g->ldc,
                         .ldc = g->ldc,
                         .floor = dsci_activation_floor(g->activation),
                         .first = p == 0,
                         .final = p + depth == g->k,
                         .accumulate = g->accumulate };
        run_block(g, t, p, i, j, rows, columns);
        p += depth;
    } while (p < g->k);
}

static void gemm(const dsci_gemm *g)
{
    const size_t rows = dsci_gemm_keeps_partial(g) ? dsci_gemm_chunk(g->m) : g->m;
    /* Few rows of a stay in the caches: then a panel is packed just before it is used. */
    const int by_panel = g->transpose_b && g->m <= DSCI_GEMM_ROW_CHUNK && !dsci_gemm_by_strips(g);
    const size_t columns = g->shared.floats ? g->n : by_panel ? DSCI_GEMM_PANEL : DSCI_GEMM_COLUMN_CHUNK;
    for (size_t j = 0; j < g->n; j += columns)
        for (size_t i = 0; i < g->m; i += rows)
            run_blocks(g, i, j, g->m - i < rows ? g->m - i : rows, g->n - j < columns ? g->n - j : columns);
}

#endif
