/* cos_sin.c - cosine and sine by SLEEF's functions that give the same bits with and without vectors and FMA.
 */
#include "linalg/cos_sin.h"

#include <sleef.h>

#include <descent/cpu.h>
#include <descent/linalg.h>

void dsci_cos_sin_scalar(const double *angles, double *cosines, double *sines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const Sleef_double_2 both = Sleef_cinz_sincosd1_u10purec(angles[i]);
        if (cosines)
            cosines[i] = both.y;
        if (sines)
            sines[i] = both.x;
    }
}

void dsc_cos_sin(const double *angles, double *cosines, double *sines, size_t n)
{
    static dsci_cos_sin_fn *const levels[] = {
        [DSC_ISA_AUTO] = dsci_cos_sin_scalar,
        [DSC_ISA_SCALAR] = dsci_cos_sin_scalar,
        [DSC_ISA_AVX2] = dsci_cos_sin_avx2,
        [DSC_ISA_AVX512] = dsci_cos_sin_avx512,
    };
    const unsigned mode = dsc_float_mode_enter();
    levels[dsc_isa_effective()](angles, cosines, sines, n);
    dsc_float_mode_leave(mode);
}
