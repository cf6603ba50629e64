/* mt19937.h - NumPy's legacy random numbers: the Mersenne Twister and what RandomState makes of it.
 *
 * Only for data sets that were published as a seed of this generator; everything else draws from
 * descent/rng.h.
 */
#ifndef DESCENT_DATA_MT19937_H
#define DESCENT_DATA_MT19937_H

#include <stddef.h>
#include <stdint.h>

typedef struct dsci_mt19937 {
    uint32_t key[624];
    unsigned position;
    int has_normal; /* the polar method makes two normals at a time and keeps one */
    double normal;
} dsci_mt19937;

/* np.random.seed(seed) */
void dsci_mt19937_seed(dsci_mt19937 *mt, uint32_t seed);
/* np.random.rand(): [0, 1), 53 bits */
double dsci_mt19937_uniform(dsci_mt19937 *mt);
/* np.random.randn() */
double dsci_mt19937_normal(dsci_mt19937 *mt);
/* np.random.randint(0, last + 1): masked words, too large ones drawn again */
uint32_t dsci_mt19937_up_to(dsci_mt19937 *mt, uint32_t last);
/* np.random.permutation(n) */
void dsci_mt19937_permutation(dsci_mt19937 *mt, uint32_t *dst, size_t n);

#endif
