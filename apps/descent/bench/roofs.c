/* roofs.c - what the machine allows a row: the roofline (Williams, Waterman and Patterson, Communications of
 * the ACM 2009). */
#include "measure.h"

#include <math.h>
#include <string.h>

static const bench_result *find(const bench_results *results, size_t first, const char *suite,
                                const char *name)
{
    for (size_t i = first; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (!r->absent && strcmp(r->row.suite, suite) == 0 && strcmp(r->row.name, name) == 0)
            return r;
    }
    return NULL;
}

const bench_result *bench_roof_find(const bench_results *results, const char *suite, const char *name)
{
    const bench_result *best = NULL;
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (find(results, i, suite, name) == r && (!best || bench_best(r) < bench_best(best)))
            best = r;
    }
    return best;
}

double bench_best(const bench_result *result)
{
    double least = result->seconds[0];
    for (size_t i = 1; i < BENCH_ROUNDS; i++)
        least = fmin(least, result->seconds[i]);
    return least;
}

/* The arithmetic roof of a type; of bfloat16 the faster of the two. */
static const bench_result *arithmetic_roof(const bench_results *results, size_t first,
                                           dsc_bench_arithmetic arithmetic)
{
    if (arithmetic == DSC_BENCH_F64)
        return find(results, first, "peak", "fma-fp64/all");
    if (arithmetic != DSC_BENCH_BF16)
        return find(results, first, "peak", "fma-fp32/all");
    const bench_result *tile = find(results, first, "peak", "tile-bf16/all");
    const bench_result *dot = tile ? tile : find(results, first, "peak", "dot-bf16/all");
    return dot ? dot : find(results, first, "peak", "fma-fp32/all");
}

/* The smallest level of memory that holds what a row touches. */
static const bench_result *memory_roof(const bench_results *results, size_t first, const bench_result *r,
                                       const dsc_cpu *cpu)
{
    const double threads = r->threads;
    if (r->footprint <= threads * (double)cpu->l1d_bytes)
        return find(results, first, "memory", "triad/L1");
    if (r->footprint <= threads * (double)cpu->l2_bytes)
        return find(results, first, "memory", "triad/L2");
    return find(results, first, "memory", r->footprint <= (double)cpu->l3_bytes ? "triad/L3" : "triad/DRAM");
}

/* oneDNN knows no level below SSE4.1, whose vectors are not bounded by what scalar instructions reach. */
static bool is_above_level(const bench_result *r)
{
    return dsc_isa_effective() == DSC_ISA_SCALAR &&
           strcmp(r->engine, dsc_engine_name(DSC_ENGINE_ONEDNN)) == 0;
}

/* The arithmetic's rate, or the memory's times the intensity: what bounds the row is the one that takes
 * longer. */
static void set_roof(const bench_results *results, size_t first, bench_result *r, const dsc_cpu *cpu)
{
    const bench_result *clock = find(results, first, "peak", "clock/1");
    if (clock && r->flops > 0 && r->arithmetic != DSC_BENCH_CYCLES)
        r->per_cycle = r->flops / r->time.median / r->threads / (clock->flops / bench_best(clock));
    if (strcmp(r->row.suite, "peak") == 0 || is_above_level(r))
        return;
    const bench_result *top = arithmetic_roof(results, first, r->arithmetic);
    const bench_result *slope = r->bytes > 0 ? memory_roof(results, first, r, cpu) : NULL;
    const double by_arithmetic =
        top && r->flops > 0 ? r->flops / (top->flops / bench_best(top)) * top->threads / r->threads : 0;
    const double by_memory = slope ? r->bytes / (slope->bytes / bench_best(slope)) : 0;
    const double least = fmax(by_arithmetic, by_memory);
    if (least <= 0)
        return;
    const bench_result *roof = by_arithmetic > by_memory ? top : slope;
    r->share = least / r->time.median;
    r->roof = roof->row.name;
    r->roof_row = (double)(roof - results->items);
    r->roof_flops = r->flops / least;
}

/* What rounds to 100 % is not beyond it. */
bool bench_beyond_roof(const bench_result *result)
{
    return result->share >= 1.005;
}

void bench_set_roofs(bench_results *results, size_t first, const dsc_cpu *cpu)
{
    for (size_t i = first; i < results->count; i++)
        if (!results->items[i].absent)
            set_roof(results, first, &results->items[i], cpu);
}
