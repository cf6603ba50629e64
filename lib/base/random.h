/* random.h - random numbers in bulk at each instruction-set level: one body, the same bits. */
#ifndef DESCENT_BASE_RANDOM_H
#define DESCENT_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/rng.h>

/* Elements first, first + 1, ... of a bulk draw (<descent/rng.h>): offset + factor x in double, x uniform in
   [0, 1) or standard normal. An offset of -0 and a factor of 1 give x itself. */
typedef struct dsci_draw {
    dsc_rng rng;
    uint32_t major;
    uint64_t first;
    double offset, factor;
} dsci_draw;

typedef struct dsci_random {
    void (*uniform)(double *dst, size_t n, const dsci_draw *draw);
    void (*normal)(double *dst, size_t n, const dsci_draw *draw);
    void (*uniform_f32)(float *dst, size_t n, const dsci_draw *draw); /* rounded once more */
    void (*normal_f32)(float *dst, size_t n, const dsci_draw *draw);
} dsci_random;

/* The functions of a level that the machine has; DSC_ISA_AUTO: of dsc_isa_effective(). */
const dsci_random *dsci_random_for(dsc_isa isa);

extern const dsci_random dsci_random_scalar, dsci_random_avx2, dsci_random_avx512;

#endif
