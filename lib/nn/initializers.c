/* initializers.c - initial values of weights and biases. */
#include <math.h>

#include "nn/initializers.h"

static void fill_uniform(const dsci_initializer *initializer, dsc_rng rng, uint32_t major, double *dst,
                         size_t n)
{
    dsc_rng_fill_uniform(rng, major, initializer->low, initializer->high, dst, n);
}

static void fill_normal(const dsci_initializer *initializer, dsc_rng rng, uint32_t major, double *dst,
                        size_t n)
{
    dsc_rng_fill_normal(rng, major, initializer->low, initializer->high, dst, n);
}

static void fill_constant(const dsci_initializer *initializer, dsc_rng rng, uint32_t major, double *dst,
                          size_t n)
{
    (void)rng, (void)major;
    for (size_t i = 0; i < n; i++)
        dst[i] = initializer->high;
}

enum { CHAINS = 8 };

/* The number of partial sums is fixed, whatever the vectors of the machine, so that the bits are the same
   everywhere. */
static double dot(const double *a, const double *b, size_t n)
{
    double chain[CHAINS] = { 0 }, total = 0;
    size_t i = 0;
    for (; i + CHAINS <= n; i += CHAINS)
        for (size_t c = 0; c < CHAINS; c++)
            chain[c] += a[i + c] * b[i + c];
    for (; i < n; i++)
        total += a[i] * b[i];
    for (size_t c = 0; c < CHAINS; c++)
        total += chain[c];
    return total;
}

static void project_out(double *vector, const double *basis, size_t count, size_t length)
{
    for (size_t j = 0; j < count; j++) {
        const double *unit = basis + j * length, along = dot(unit, vector, length);
        for (size_t i = 0; i < length; i++)
            vector[i] -= along * unit[i];
    }
}

/* Modified Gram-Schmidt. A vector that becomes much shorter when the projections are taken off has lost
   digits to cancellation, and is projected once more (Daniel et al. 1976). The signs are those of a QR
   decomposition with a positive diagonal, which makes Q of a normal matrix uniformly distributed (Mezzadri
   2007). */
static void orthonormalize(double *basis, size_t count, size_t length)
{
    for (size_t k = 0; k < count; k++) {
        double *vector = basis + k * length;
        const double before = dot(vector, vector, length);
        project_out(vector, basis, k, length);
        double square = dot(vector, vector, length);
        for (int pass = 0; pass < 2 && square < before / 4; pass++) {
            project_out(vector, basis, k, length);
            square = dot(vector, vector, length);
        }
        const double norm = sqrt(square);
        for (size_t i = 0; i < length; i++)
            vector[i] /= norm;
    }
}

/* The rows of a wide matrix, the columns of a tall one. */
static void fill_orthogonal(const dsci_initializer *initializer, dsc_rng rng, uint32_t major, double *dst,
                            size_t n)
{
    const size_t columns = initializer->columns, rows = n / columns;
    const bool tall = rows > columns;
    const size_t count = tall ? columns : rows, length = tall ? rows : columns;
    double *basis = tall ? dst + n : dst;
    dsc_rng_fill_normal(rng, major, 0, 1, basis, n);
    orthonormalize(basis, count, length);
    for (size_t i = 0; i < n; i++)
        dst[i] = initializer->high * (tall ? basis[i % columns * length + i / columns] : basis[i]);
}

/* Uniform: bound = sqrt(scale / fan); normal: deviation = sqrt(scale / fan). fan counts the inputs and maybe
   the outputs. A rule without a scale takes the layer's, or a usual one. */
static const struct rule {
    dsci_fill_fn *fill;
    double scale;
    int outputs;
    double usual;
} rules[] = {
    [DSC_INIT_DEFAULT] = { fill_uniform, 1, 0, 0 },
    [DSC_INIT_ZEROS] = { NULL, 0, 0, 0 },
    [DSC_INIT_GLOROT_UNIFORM] = { fill_uniform, 6, 1, 0 },
    [DSC_INIT_GLOROT_NORMAL] = { fill_normal, 2, 1, 0 },
    [DSC_INIT_HE_UNIFORM] = { fill_uniform, 6, 0, 0 },
    [DSC_INIT_HE_NORMAL] = { fill_normal, 2, 0, 0 },
    [DSC_INIT_LECUN_NORMAL] = { fill_normal, 1, 0, 0 },
    [DSC_INIT_LECUN_UNIFORM] = { fill_uniform, 3, 0, 0 },
    [DSC_INIT_ONES] = { fill_constant, 0, 0, 1 },
    [DSC_INIT_CONSTANT] = { fill_constant, 0, 0, 0 },
    [DSC_INIT_UNIFORM] = { fill_uniform, 0, 0, 0.05 },
    [DSC_INIT_NORMAL] = { fill_normal, 0, 0, 0.05 },
    [DSC_INIT_ORTHOGONAL] = { fill_orthogonal, 0, 0, 1 },
};

static double spread_of(const struct rule *rule, const dsci_initialization *initialization)
{
    const double fan = (double)initialization->fan_in + (rule->outputs ? (double)initialization->fan_out : 0);
    if (rule->scale > 0)
        return sqrt(rule->scale / fan);
    return initialization->scale == 0 || initialization->init == DSC_INIT_ONES ? rule->usual
                                                                               : initialization->scale;
}

const char *dsci_initializer_make(dsci_initializer *initializer, const dsci_initialization *initialization,
                                  const dsci_shape *shape)
{
    const dsc_init init = initialization->init;
    if ((unsigned)init >= sizeof rules / sizeof rules[0])
        return "an initialiser of dsc_init";
    const struct rule *rule = &rules[init];
    const double spread = spread_of(rule, initialization);
    if (!isfinite(spread) || (spread < 0 && init != DSC_INIT_CONSTANT))
        return "a finite init_scale, at least 0 unless it is a constant's";
    *initializer = (dsci_initializer){ .fill = rule->fill,
                                       .low = rule->fill == fill_uniform ? -spread : 0,
                                       .high = spread,
                                       .columns = shape->rank ? shape->dim[shape->rank - 1] : 1,
                                       .workspace = init == DSC_INIT_ORTHOGONAL };
    return NULL;
}
