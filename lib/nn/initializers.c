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

static void fill_ones(const dsci_initializer *initializer, dsc_rng rng, uint32_t major, double *dst, size_t n)
{
    (void)initializer, (void)rng, (void)major;
    for (size_t i = 0; i < n; i++)
        dst[i] = 1;
}

/* Uniform: bound = sqrt(scale / fan); normal: deviation = sqrt(scale / fan). fan counts the inputs and maybe
   the outputs. */
static const struct rule {
    dsci_fill_fn *fill;
    double scale;
    int outputs;
} rules[] = {
    [DSC_INIT_DEFAULT] = { fill_uniform, 1, 0 },        [DSC_INIT_ZEROS] = { NULL, 0, 0 },
    [DSC_INIT_GLOROT_UNIFORM] = { fill_uniform, 6, 1 }, [DSC_INIT_GLOROT_NORMAL] = { fill_normal, 2, 1 },
    [DSC_INIT_HE_UNIFORM] = { fill_uniform, 6, 0 },     [DSC_INIT_HE_NORMAL] = { fill_normal, 2, 0 },
    [DSC_INIT_LECUN_NORMAL] = { fill_normal, 1, 0 },    [DSC_INIT_ONES] = { fill_ones, 0, 0 },
};

bool dsci_initializer_make(dsci_initializer *initializer, dsc_init kind, size_t fan_in, size_t fan_out)
{
    if ((unsigned)kind >= sizeof rules / sizeof rules[0])
        return false;
    const struct rule *rule = &rules[kind];
    const double fan = (double)fan_in + (rule->outputs ? (double)fan_out : 0);
    const double spread = sqrt(rule->scale / fan);
    *initializer = (dsci_initializer){ .fill = rule->fill,
                                       .low = rule->fill == fill_uniform ? -spread : 0,
                                       .high = spread };
    return true;
}
