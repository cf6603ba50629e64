/* batch_rows.c - batches of small products in the suite `gemm`: c[i] = a[i] b[i] by the native kernel, the
 * products shared among the threads in runs of neighbours, each product on one thread. Matrices are packed as
 * they come: nothing is kept from one run to the next.
 */
#include "bench/session.h"

#include <omp.h>

struct batch {
    const dsci_kernels *kernels;
    dsci_bench_batch_shape shape;
    float *a, *b, *c;
    float **workspace; /* of each thread */
};

static void run(const dsc_bench_task *task, size_t count)
{
    const struct batch *batch = task->state;
    const size_t n = batch->shape.size, area = n * n;
#pragma omp parallel num_threads(task->threads)
    {
        const unsigned mode = dsc_float_mode_enter();
        float *workspace = batch->workspace[omp_get_thread_num()];
        for (size_t i = 0; i < count; i++) {
#pragma omp for schedule(static)
            for (size_t p = 0; p < batch->shape.count; p++) {
                const dsci_gemm product = { .m = n,
                                            .n = n,
                                            .k = n,
                                            .lda = n,
                                            .ldb = n,
                                            .ldc = n,
                                            .a = batch->a + p * area,
                                            .b = batch->b + p * area,
                                            .c = batch->c + p * area,
                                            .workspace = workspace };
                batch->kernels->gemm(&product);
            }
        }
        dsc_float_mode_leave(mode);
    }
}

static float **make_workspaces(dsc_scope *scope, int threads, size_t n)
{
    const dsci_gemm product = { .m = n, .n = n, .k = n, .lda = n, .ldb = n, .ldc = n };
    const size_t floats = dsci_gemm_workspace(&product);
    float **workspaces = dsc_scope_alloc(scope, (size_t)threads, sizeof *workspaces);
    for (int t = 0; workspaces && floats && t < threads; t++)
        workspaces[t] = dsc_scope_alloc(scope, floats, sizeof(float));
    return workspaces;
}

void dsci_batch_setup(dsc_bench *bench, dsc_bench_task *task, dsc_engine engine)
{
    (void)engine;
    const dsci_bench_batch_shape shape = *(const dsci_bench_batch_shape *)task->row->details;
    const size_t n = shape.size, floats = shape.count * n * n;
    struct batch *batch = dsc_scope_alloc(bench->scope, 1, sizeof *batch);
    if (!batch)
        return;
    *batch = (struct batch){ bench->kernels,
                             shape,
                             dsci_bench_values(bench->scope, floats),
                             dsci_bench_values(bench->scope, floats),
                             dsci_bench_values(bench->scope, floats),
                             make_workspaces(bench->scope, task->threads, n) };
    task->state = batch;
    task->run = run;
    task->engine = dsc_engine_name(DSC_ENGINE_NATIVE);
    task->implementation = dsc_isa_name(bench->kernels->isa);
    task->flops = 2 * (double)floats * (double)n;
    task->bytes = task->footprint = 3 * sizeof(float) * (double)floats;
    task->items = (double)shape.count;
    task->item = "products";
}
