/* region.c - parallel regions. */
#include "base/region.h"

#include <omp.h>

#include <descent/cpu.h>

void dsci_region_run(int threads, dsci_region_fn *work, void *user)
{
    if (threads <= 1) {
        const unsigned mode = dsc_float_mode_enter();
        work(user, (dsci_region){ 0, 1 });
        dsc_float_mode_leave(mode);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        const unsigned mode = dsc_float_mode_enter();
        work(user, (dsci_region){ omp_get_thread_num(), omp_get_num_threads() });
        dsc_float_mode_leave(mode);
    }
}

/* A thread alone has no region of its own: a barrier would wait for its caller's. */
void dsci_region_wait(dsci_region region)
{
    if (region.threads > 1) {
#pragma omp barrier
    }
}
