/* A GEMM is the chain of fused multiply-adds that its contract writes out, to the bit, at every level, for
   every shape, transposition, bias and activation; it reads and writes nothing outside its matrices. */
#include "kernel_test.h"
#include "ops/parts.h"

typedef struct shape {
    size_t m, n, k;
    size_t pad; /* of the leading dimensions */
} shape;

static float element(const float *x, size_t ld, int transpose, size_t i, size_t j)
{
    return transpose ? x[j * ld + i] : x[i * ld + j];
}

/* The definition. */
static float chain(const dsci_gemm *g, size_t i, size_t j)
{
    float total = 0.0f;
    size_t start = 0;
    do {
        const size_t end = g->k - start < DSCI_GEMM_K_BLOCK ? g->k : start + DSCI_GEMM_K_BLOCK;
        float block = 0.0f;
        for (size_t p = start; p < end; p++)
            block = fmaf(element(g->a, g->lda, g->transpose_a, i, p),
                         element(g->b, g->ldb, g->transpose_b, p, j), block);
        total = start == 0 ? block : total + block;
        start = end;
    } while (start < g->k);
    return total;
}

static void defined_gemm(const dsci_gemm *g)
{
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->n; j++) {
            float *c = &g->c[i * g->ldc + j];
            const float total = chain(g, i, j), sum = g->bias ? total + g->bias[j] : total;
            *c = g->accumulate                          ? *c + sum
                 : g->activation == DSC_ACTIVATION_RELU ? (0.0f > sum ? 0.0f : sum)
                                                        : sum;
        }
    if (g->activation > DSC_ACTIVATION_RELU)
        for (size_t i = 0; i < g->m; i++)
            dsci_kernels_for(DSC_ISA_SCALAR)
                ->activation_forward(g->activation, 0.0f, g->c + i * g->ldc, g->c + i * g->ldc, g->n);
}

/* Floats of a matrix whose last row ends with its last element. */
static size_t extent(size_t rows, size_t cols, size_t ld)
{
    return rows > 0 && cols > 0 ? (rows - 1) * ld + cols : 0;
}

static dsci_gemm make_problem(shape s, int transpose_a, int transpose_b)
{
    const size_t a_rows = transpose_a ? s.k : s.m, a_cols = transpose_a ? s.m : s.k;
    const size_t b_rows = transpose_b ? s.n : s.k, b_cols = transpose_b ? s.k : s.n;
    dsci_gemm g = { .m = s.m, .n = s.n, .k = s.k, .transpose_a = transpose_a, .transpose_b = transpose_b };
    g.lda = a_cols + s.pad;
    g.ldb = b_cols + s.pad;
    g.ldc = s.n + s.pad;
    g.a = guarded_uniform(extent(a_rows, a_cols, g.lda), -1.0f, 1.0f, 1);
    g.b = guarded_uniform(extent(b_rows, b_cols, g.ldb), -1.0f, 1.0f, 2);
    return g;
}

/* Runs g at `level` on a copy of c0 and compares every float of c, the padding too. */
static void check_problem(dsci_gemm g, dsc_isa level, const float *c0, const float *expected)
{
    const size_t c_size = extent(g.m, g.n, g.ldc), workspace = dsci_gemm_workspace(&g);
    char what[160];
    snprintf(what, sizeof what,
             "gemm %c%c m=%zu n=%zu k=%zu ld=%zu,%zu,%zu bias=%d accumulate=%d activation=%d isa=%s",
             g.transpose_a ? 't' : 'n', g.transpose_b ? 't' : 'n', g.m, g.n, g.k, g.lda, g.ldb, g.ldc,
             g.bias != NULL, g.accumulate, (int)g.activation, dsc_isa_name(level));
    g.c = guarded_copy(c0, c_size);
    g.workspace = workspace > 0 ? guarded((workspace + 15) / 16 * 16) : NULL;
    dsci_kernels_for(level)->gemm(&g);
    check_bits(g.c, expected, c_size, what);
}

/* The same by parts, with operands that all of them share. */
static void check_shared(dsci_gemm g, dsc_isa level, const float *c0, const float *expected)
{
    const dsci_kernels *kernels = dsci_kernels_for(level);
    const size_t c_size = extent(g.m, g.n, g.ldc), floats = (dsci_gemm_shared_floats(&g) + 15) / 16 * 16;
    char what[120];
    snprintf(what, sizeof what, "shared gemm %c%c m=%zu n=%zu k=%zu isa=%s", g.transpose_a ? 't' : 'n',
             g.transpose_b ? 't' : 'n', g.m, g.n, g.k, dsc_isa_name(level));
    g.c = guarded_copy(c0, c_size);
    dsci_gemm_share(&g, guarded(floats));
    for (size_t i = dsci_gemm_pack_parts(&g); i-- > 0;)
        kernels->gemm_pack(&g, dsci_gemm_piece_of(&g, i));
    for (size_t i = 0; i < dsci_gemm_parts(&g); i++) {
        const dsci_gemm part = dsci_gemm_part(&g, i);
        kernels->gemm(&part);
    }
    check_bits(g.c, expected, c_size, what);
}

static void check_shape(shape s, int transpose_a, int transpose_b, int scalar_too)
{
    static const struct {
        int bias, accumulate;
        dsc_activation activation;
    } forms[] = {
        { 0, 0, DSC_ACTIVATION_LINEAR }, { 1, 0, DSC_ACTIVATION_LINEAR },  { 1, 0, DSC_ACTIVATION_RELU },
        { 1, 0, DSC_ACTIVATION_TANH },   { 0, 0, DSC_ACTIVATION_SIGMOID }, { 0, 1, DSC_ACTIVATION_LINEAR },
    };
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        const int shares = s.k > 0 && !(forms[f].accumulate && s.k > DSCI_GEMM_K_BLOCK);
        dsci_gemm g = make_problem(s, transpose_a, transpose_b);
        g.bias = forms[f].bias ? guarded_uniform(s.n, -1.0f, 1.0f, 3) : NULL;
        g.accumulate = forms[f].accumulate;
        g.activation = forms[f].activation;
        const size_t c_size = extent(g.m, g.n, g.ldc);
        const float *c0 = g.accumulate ? guarded_uniform(c_size, -1.0f, 1.0f, 4) : guarded(c_size);
        g.c = guarded_copy(c0, c_size);
        defined_gemm(&g);
        for (dsc_isa level = scalar_too ? DSC_ISA_SCALAR : DSC_ISA_AVX2; level <= dsc_isa_detected(); level++)
            check_problem(g, level, c0, g.c);
        for (dsc_isa level = DSC_ISA_AVX2; shares && level <= dsc_isa_detected(); level++)
            check_shared(g, level, c0, g.c);
        release_guarded("gemm");
    }
}

static void check_all_transpositions(shape s)
{
    for (int t = 0; t < 4; t++)
        check_shape(s, t & 1, t >> 1, 1);
}

static void every_small_size(void **state)
{
    (void)state;
    for (size_t m = 0; m <= 14; m++)
        check_all_transpositions((shape){ m, 5, 3, 1 });
    for (size_t n = 0; n <= 50; n++)
        check_all_transpositions((shape){ 3, n, 4, n % 3 });
    for (size_t k = 0; k <= 34; k++)
        check_all_transpositions((shape){ 2, 3, k, k % 2 });
}

static void shapes_of_networks_and_blocks(void **state)
{
    static const shape shapes[] = {
        { 32, 32, 40, 0 },  { 32, 10, 32, 0 },  { 1, 300, 7, 0 },   { 47, 33, 17, 2 },  { 49, 65, 31, 5 },
        { 13, 17, 255, 0 }, { 13, 17, 256, 1 }, { 13, 17, 257, 0 }, { 50, 19, 513, 3 }, { 241, 18, 9, 0 },
        { 250, 7, 300, 1 }, { 1, 1, 800, 0 },   { 50, 520, 9, 0 },  { 48, 21, 7, 600 },
    };
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        check_all_transpositions(shapes[s]);
}

static void random_shapes(void **state)
{
    const dsc_rng rng = dsc_rng_make(2, DSC_STREAM_NOISE);
    (void)state;
    for (uint64_t i = 0; i < 40; i++) {
        const shape s = { (size_t)dsc_rng_below(rng, 0, i, 130), (size_t)dsc_rng_below(rng, 1, i, 130),
                          (size_t)dsc_rng_below(rng, 2, i, 400), (size_t)dsc_rng_below(rng, 3, i, 4) };
        check_shape(s, i & 1, (i >> 1) & 1, 0);
    }
}

/* Cut by rows and by columns, with several chunks, panels and blocks of k in a part. */
static void large_shapes(void **state)
{
    static const shape shapes[] = { { 290, 330, 270, 0 }, { 500, 150, 131, 3 }, { 130, 600, 64, 0 } };
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (int t = 0; t < 4; t++)
            check_shape(shapes[s], t & 1, t >> 1, 0);
}

/* NaN and infinity go where the arithmetic takes them, and no further. */
static void special_values_stay_in_their_row_and_column(void **state)
{
    (void)state;
    for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
        dsci_gemm g = make_problem((shape){ 20, 37, 9, 0 }, 0, 0);
        ((float *)(uintptr_t)g.a)[3 * 9 + 4] = NAN;
        ((float *)(uintptr_t)g.b)[2 * 37 + 36] = INFINITY;
        g.activation = DSC_ACTIVATION_RELU;
        g.c = guarded(20 * 37);
        g.workspace = guarded((dsci_gemm_workspace(&g) + 15) / 16 * 16);
        dsci_kernels_for(level)->gemm(&g);
        for (size_t i = 0; i < 20; i++)
            for (size_t j = 0; j < 37; j++) {
                const float x = g.c[i * 37 + j];
                assert_true(i == 3 ? isnan(x) : j == 36 ? x == 0.0f || isinf(x) : isfinite(x));
            }
        release_guarded("gemm");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_size),
        cmocka_unit_test(shapes_of_networks_and_blocks),
        cmocka_unit_test(random_shapes),
        cmocka_unit_test(large_shapes),
        cmocka_unit_test(special_values_stay_in_their_row_and_column),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
