/* cos_sin_avx512.c - eight angles at a time. */
#include "linalg/cos_sin.h"

#include <immintrin.h>
#include <sleef.h>

void dsci_cos_sin_avx512(const double *angles, double *cosines, double *sines, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const Sleef___m512d_2 both = Sleef_cinz_sincosd8_u10avx512fnofma(_mm512_loadu_pd(angles + i));
        if (cosines)
            _mm512_storeu_pd(cosines + i, both.y);
        if (sines)
            _mm512_storeu_pd(sines + i, both.x);
    }
    dsci_cos_sin_scalar(angles + i, cosines ? cosines + i : NULL, sines ? sines + i : NULL, n - i);
}
