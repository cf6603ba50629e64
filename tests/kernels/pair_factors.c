/* A step of a factorization is the gradient of its loss, divided as AdaGrad does, and has the same bits at
   every level. */
#include "kernel_test.h"

#define FOR_ALL_LEVELS(level) for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++)

enum { ROWS = 5, COLUMNS = 4, PAIRS = 30 };

struct problem {
    float *rows, *columns;
    dsci_pair_target pairs[PAIRS];
    size_t width;
};

/* Two elements more than `dimension` that stay: one of each factor. */
static struct problem make(size_t dimension)
{
    struct problem p = { .width = dsci_vector_floats(dimension) };
    p.rows = guarded_uniform(ROWS * 2 * p.width, 0.5f, 1.5f, 1);
    p.columns = guarded_uniform(COLUMNS * 2 * p.width, 0.5f, 1.5f, 2);
    for (size_t i = 0; i < 2 * p.width * ROWS; i++)
        if (i % (2 * p.width) < p.width)
            p.rows[i] = i % p.width < dimension ? p.rows[i] - 1 : 0;
    for (size_t i = 0; i < 2 * p.width * COLUMNS; i++)
        if (i % (2 * p.width) < p.width)
            p.columns[i] = i % p.width < dimension ? p.columns[i] - 1 : 0;
    p.rows[p.width] = p.columns[2 * p.width + p.width + dimension - 1] = INFINITY;
    for (uint32_t i = 0; i < PAIRS; i++)
        p.pairs[i] =
            (dsci_pair_target){ i * 7 % ROWS, i * i % COLUMNS, (float)i / 10 - 1, 1 / (1 + (float)i) };
    return p;
}

/* The definition, 16 lanes and their tree written out. */
static double step(const struct problem *p, const dsci_pair_target *pair, double rate)
{
    float *a = p->rows + pair->row * 2 * p->width, *b = p->columns + pair->column * 2 * p->width;
    float lanes[DSCI_LANES] = { 0 };
    double tree[DSCI_LANES];
    for (size_t i = 0; i < p->width; i++)
        lanes[i % DSCI_LANES] = fmaf(a[i], b[i], lanes[i % DSCI_LANES]);
    for (size_t i = 0; i < DSCI_LANES; i++)
        tree[i] = (double)lanes[i];
    for (size_t half = DSCI_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            tree[i] += tree[i + half];
    const double d = tree[0] - (double)pair->target, weighted = (double)pair->weight * d;
    const float factor = (float)(rate * weighted);
    for (size_t i = 0; i < p->width; i++) {
        const float x = a[i], y = b[i], gx = factor * y, gy = factor * x;
        a[i] = x - gx / sqrtf(a[p->width + i]);
        b[i] = y - gy / sqrtf(b[p->width + i]);
        a[p->width + i] = fmaf(gx, gx, a[p->width + i]);
        b[p->width + i] = fmaf(gy, gy, b[p->width + i]);
    }
    return 0.5 * weighted * d;
}

static void steps_have_the_bits_of_their_definition_at_every_level(void **state)
{
    (void)state;
    for (size_t dimension = 1; dimension < 70; dimension += 4) {
        const struct problem expected = make(dimension);
        double loss = 0;
        for (size_t i = 0; i < PAIRS; i++)
            loss += step(&expected, &expected.pairs[i], 0.05);
        FOR_ALL_LEVELS(level)
        {
            const struct problem p = make(dimension);
            const dsci_pair_factors factors = { p.rows, p.columns, p.width, 0.05 };
            check_same_double(dsci_kernels_for(level)->pair_factors(&factors, p.pairs, PAIRS), loss, "loss");
            check_bits(p.rows, expected.rows, ROWS * 2 * p.width, "rows");
            check_bits(p.columns, expected.columns, COLUMNS * 2 * p.width, "columns");
        }
        release_guarded("pair_factors");
    }
}

static double loss_of(const double *a, const double *b, size_t n, const dsci_pair_target *pair)
{
    double d = -(double)pair->target;
    for (size_t i = 0; i < n; i++)
        d += a[i] * b[i];
    return 0.5 * (double)pair->weight * d * d;
}

/* With sums of squares of 1 and a rate of 1 the step is minus the gradient. */
static void a_first_step_is_the_gradient_by_finite_differences(void **state)
{
    (void)state;
    enum { DIMENSION = 19, WIDTH = 32 };
    const struct problem p = make(DIMENSION), old = make(DIMENSION);
    const dsci_pair_target pair = { 2, 3, 0.7f, 0.4f };
    double x[2][DIMENSION];
    for (size_t i = 0; i < 2 * WIDTH * ROWS; i++)
        if (i % (2 * WIDTH) >= WIDTH)
            p.rows[i] = 1;
    for (size_t i = 0; i < 2 * WIDTH * COLUMNS; i++)
        if (i % (2 * WIDTH) >= WIDTH)
            p.columns[i] = 1;
    for (size_t i = 0; i < DIMENSION; i++) {
        x[0][i] = (double)old.rows[2 * 2 * WIDTH + i];
        x[1][i] = (double)old.columns[3 * 2 * WIDTH + i];
    }
    const dsci_pair_factors factors = { p.rows, p.columns, WIDTH, 1 };
    dsci_kernels_for(DSC_ISA_AUTO)->pair_factors(&factors, &pair, 1);
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < DIMENSION; i++) {
            const double h = 1e-5, at = x[side][i];
            x[side][i] = at + h;
            const double above = loss_of(x[0], x[1], DIMENSION, &pair);
            x[side][i] = at - h;
            const double below = loss_of(x[0], x[1], DIMENSION, &pair);
            x[side][i] = at;
            const float now = side ? p.columns[3 * 2 * WIDTH + i] : p.rows[2 * 2 * WIDTH + i];
            check_near(at - (double)now, (above - below) / (2 * h), 1e-6, "gradient");
        }
    release_guarded("pair_factors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_have_the_bits_of_their_definition_at_every_level),
        cmocka_unit_test(a_first_step_is_the_gradient_by_finite_differences),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
