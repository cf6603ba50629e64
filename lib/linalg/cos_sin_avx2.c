/* cos_sin_avx2.c - four angles at a time. */
#include "linalg/cos_sin.h"

#include <immintrin.h>
#include <sleef.h>

void dsci_cos_sin_avx2(const double *angles, double *cosines, double *sines, size_t n)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const Sleef___m256d_2 both = Sleef_cinz_sincosd4_u10avx(_mm256_loadu_pd(angles + i));
        if (cosines)
            _mm256_storeu_pd(cosines + i, both.y);
        if (sines)
            _mm256_storeu_pd(sines + i, both.x);
    }
    dsci_cos_sin_scalar(angles + i, cosines ? cosines + i : NULL, sines ? sines + i : NULL, n - i);
}
