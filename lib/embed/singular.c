/* singular.c - word vectors from the largest singular values of a table, by random projection. */
#include <descent/factorization.h>

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include <sleef.h>

#include <descent/cpu.h>
#include <descent/linalg.h>
#include <descent/rng.h>

#include "base/region.h"
#include "base/sizes.h"
#include "embed/pair_table.h"

/* Columns of a dense matrix that are multiplied at a time: a line of the cache for each word, so that the
   columns of all words stay in the caches while the records pass. */
enum { TILE = 8 };

/* dst = table src, or table' src: words x cols, row-major. Each element of dst is one sum over the records in
   their order, whoever computes it. */
struct product {
    const dsc_cooccurrences *table;
    bool transpose;
    size_t cols;
    const double *src;
    double *dst;
    double *tiles; /* of each thread: words x TILE of src and of dst */
    atomic_size_t next;
};

static void load_tile(double *tile, const double *src, size_t words, size_t cols, size_t first)
{
    const size_t count = dsci_least(cols - first, TILE);
    memset(tile, 0, words * TILE * sizeof *tile);
    for (size_t w = 0; w < words; w++)
        memcpy(tile + w * TILE, src + w * cols + first, count * sizeof *tile);
}

static void store_tile(double *dst, const double *tile, size_t words, size_t cols, size_t first)
{
    const size_t count = dsci_least(cols - first, TILE);
    for (size_t w = 0; w < words; w++)
        memcpy(dst + w * cols + first, tile + w * TILE, count * sizeof *tile);
}

static void multiply_tile(const dsc_cooccurrences *table, double *restrict dst, const double *restrict src)
{
    for (size_t w = 0; w < table->words; w++) {
        double sums[TILE] = { 0 };
        for (uint64_t i = table->rows[w]; i < table->rows[w + 1]; i++) {
            const double weight = table->records[i].weight;
            const double *x = src + (size_t)table->records[i].context * TILE;
            for (size_t j = 0; j < TILE; j++)
                sums[j] += weight * x[j];
        }
        memcpy(dst + w * TILE, sums, sizeof sums);
    }
}

static void multiply_tile_transposed(const dsc_cooccurrences *table, double *restrict dst,
                                     const double *restrict src)
{
    memset(dst, 0, table->words * TILE * sizeof *dst);
    for (size_t w = 0; w < table->words; w++) {
        double x[TILE];
        memcpy(x, src + w * TILE, sizeof x);
        for (uint64_t i = table->rows[w]; i < table->rows[w + 1]; i++) {
            const double weight = table->records[i].weight;
            double *sums = dst + (size_t)table->records[i].context * TILE;
            for (size_t j = 0; j < TILE; j++)
                sums[j] += weight * x[j];
        }
    }
}

static void multiply_tiles(void *user, dsci_region region)
{
    struct product *p = user;
    const size_t words = p->table->words;
    double *src = p->tiles + (size_t)region.thread * 2 * words * TILE, *dst = src + words * TILE;
    for (size_t first; (first = atomic_fetch_add(&p->next, TILE)) < p->cols;) {
        load_tile(src, p->src, words, p->cols, first);
        if (p->transpose)
            multiply_tile_transposed(p->table, dst, src);
        else
            multiply_tile(p->table, dst, src);
        store_tile(p->dst, dst, words, p->cols, first);
    }
}

/* What the decomposition works with: q spans the largest left vectors' space, z the right ones'. */
struct decomposition {
    dsc_scope *scope, *work;
    const dsc_cooccurrences *table;
    int threads;
    double *tiles;
    dsc_matrix q, z;
};

static void multiply(struct decomposition *d, dsc_matrix dst, dsc_matrix src, bool transpose)
{
    if (!dsc_scope_goes_on(d->scope) || dsc_scope_status(d->work) != DSC_OK)
        return;
    struct product p = { .table = d->table,
                         .transpose = transpose,
                         .cols = src.cols,
                         .src = src.data,
                         .dst = dst.data,
                         .tiles = d->tiles };
    dsci_region_run(d->threads, multiply_tiles, &p);
}

/* Afterwards table = q b, b' = z r with orthonormal q and z. */
static dsc_matrix find_range(struct decomposition *d, const dsc_embed_svd_options *o)
{
    dsc_matrix r = { 0 };
    dsc_rng_fill_normal(dsc_rng_make(o->seed, DSC_STREAM_INIT), 0, 0, 1, d->z.data, d->z.rows * d->z.cols);
    multiply(d, d->q, d->z, false);
    dsc_orthonormalize(d->work, d->q, NULL, d->threads);
    const size_t iterations = o->iterations ? o->iterations : 4;
    for (size_t i = 0; i <= iterations; i++) {
        multiply(d, d->z, d->q, true);
        dsc_orthonormalize(d->work, d->z, &r, d->threads);
        if (i == iterations || dsc_scope_status(d->scope) != DSC_OK)
            break;
        multiply(d, d->q, d->z, false);
        dsc_orthonormalize(d->work, d->q, NULL, d->threads);
    }
    return r;
}

/* vectors += basis rotation' diag(scale), or basis rotation diag(scale). Rows of words without records stay
   0: a rank-deficient table's further vectors are arbitrary there. */
static void add_vectors(struct decomposition *d, float *vectors, dsc_matrix basis, dsc_matrix rotation,
                        int transpose, const double *scale, size_t dimension, const bool *has_records)
{
    const dsc_matrix product = dsc_matrix_make(d->work, basis.rows, basis.cols);
    if (!product.data ||
        dsc_matrix_product(d->work, product, basis, rotation,
                           &(dsc_matrix_product_options){ .transpose_b = transpose }) != DSC_OK)
        return;
    for (size_t w = 0; w < basis.rows; w++)
        for (size_t k = 0; k < dimension && has_records[w]; k++)
            vectors[w * dimension + k] += (float)(product.data[w * basis.cols + k] * scale[k]);
}

static void take_vectors(struct decomposition *d, dsc_matrix r, const dsc_embed_svd_options *o,
                         size_t dimension, float *vectors)
{
    /* r = left diag(values) right', so table = (q right) diag(values) (z left)'. */
    dsc_matrix left, right;
    const double *values = dsc_singular_vectors(d->work, r, &left, &right);
    double *scale = dsc_scope_alloc(d->work, dimension, sizeof *scale);
    bool *has_row = dsc_scope_alloc(d->work, d->table->words, sizeof *has_row);
    bool *has_column = dsc_scope_alloc(d->work, d->table->words, sizeof *has_column);
    if (o->values)
        *o->values = dsc_scope_alloc(d->scope, dimension, sizeof **o->values);
    if (!values || !scale || !has_row || !has_column || dsc_scope_status(d->scope) != DSC_OK)
        return;
    const double exponent = o->unweighted ? 0 : o->exponent > 0 ? o->exponent : 0.5;
    for (size_t k = 0; k < dimension; k++) {
        scale[k] = Sleef_cinz_powd1_u10purec(values[k], exponent);
        if (o->values)
            (*o->values)[k] = values[k];
    }
    for (uint64_t i = 0; i < d->table->count; i++)
        has_row[d->table->records[i].word] = has_column[d->table->records[i].context] = true;
    add_vectors(d, vectors, d->q, right, 1, scale, dimension, has_row);
    if (o->add_contexts)
        add_vectors(d, vectors, d->z, left, 0, scale, dimension, has_column);
}

static dsc_status check(dsc_scope *scope, const dsc_vocabulary *vocabulary, const dsc_cooccurrences *table,
                        const dsc_embed_svd_options *o, size_t dimension)
{
    static const char name[] = "singular vectors";
    if (dsci_table_check(scope, table, name) != DSC_OK)
        return dsc_scope_status(scope);
    if (!vocabulary || vocabulary->count != table->words)
        return dsc_scope_fail(scope, DSC_ERROR_SHAPE, "%s: the table is of %zu words, the vocabulary has %zu",
                              name, table->words, vocabulary ? vocabulary->count : 0);
    if (dimension > table->words)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "%s: %zu dimensions of %zu words; expected at most as many dimensions as words",
                              name, dimension, table->words);
    if (!(o->exponent >= 0) || !isfinite(o->exponent))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "%s: exponent is %g; expected a number of at least 0 (0: the default, 0.5)",
                              name, o->exponent);
    return DSC_OK;
}

const dsc_word_vectors *dsc_embed_svd(dsc_scope *scope, const dsc_vocabulary *vocabulary,
                                      const dsc_cooccurrences *table, const dsc_embed_svd_options *options)
{
    const dsc_embed_svd_options o = options ? *options : (dsc_embed_svd_options){ 0 };
    const size_t dimension = o.dimension ? o.dimension : 100;
    if (check(scope, vocabulary, table, &o, dimension) != DSC_OK)
        return NULL;
    const size_t words = table->words;
    const size_t more = o.oversampling ? o.oversampling : 10;
    const size_t cols = more < words - dimension ? dimension + more : words;
    dsc_word_vectors *result = dsc_scope_alloc(scope, 1, sizeof *result);
    float *vectors = dsc_scope_alloc(scope, words * dimension, sizeof *vectors);
    struct decomposition d = { .scope = scope,
                               .work = dsc_scope_open_within(scope, 0),
                               .table = table,
                               .threads = dsc_threads_choose(o.threads).count };
    d.threads = (int)dsci_least((size_t)d.threads, dsci_ceiling(cols, TILE));
    d.q = dsc_matrix_make(d.work, words, cols);
    d.z = dsc_matrix_make(d.work, words, cols);
    d.tiles = dsc_scope_alloc(d.work, words * TILE, (size_t)d.threads * 2 * sizeof *d.tiles);
    if (result && vectors && dsc_scope_status(d.work) == DSC_OK) {
        const dsc_matrix r = find_range(&d, &o);
        if (dsc_scope_status(d.work) == DSC_OK && dsc_scope_status(scope) == DSC_OK)
            take_vectors(&d, r, &o, dimension, vectors);
        *result = (dsc_word_vectors){ words, dimension, vocabulary->words, vectors, vocabulary->counts };
    }
    dsc_scope_adopt_error(scope, d.work);
    dsc_scope_close(&d.work);
    return dsc_scope_status(scope) == DSC_OK ? result : NULL;
}
