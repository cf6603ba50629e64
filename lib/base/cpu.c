/* cpu.c - instruction-set levels, caches, floating-point mode. */
#include <descent/cpu.h>

#include <cpuid.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

#include "base/threads.h"

static const char *const isa_names[] = {
    [DSC_ISA_AUTO] = "auto",
    [DSC_ISA_SCALAR] = "scalar",
    [DSC_ISA_AVX2] = "avx2",
    [DSC_ISA_AVX512] = "avx512",
};
enum { ISA_COUNT = sizeof isa_names / sizeof isa_names[0] };

struct cpuid {
    unsigned eax, ebx, ecx, edx;
};

/* The registers of a CPUID leaf; all zeros for a leaf that the processor does not have. */
static struct cpuid cpuid(unsigned leaf, unsigned subleaf)
{
    struct cpuid r = { 0 };
    __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
    return r;
}

static bool bit(unsigned word, unsigned i)
{
    return (word >> i & 1) != 0;
}

/* The register states that the operating system saves (XCR0); 0 if it doesn't use XSAVE. */
static uint64_t saved_states(void)
{
    if (!bit(cpuid(1, 0).ecx, 27))
        return 0;
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low | (uint64_t)high << 32;
}

/* An instruction set counts only if the system also saves its registers. */
static void detect_features(dsc_cpu *cpu)
{
    enum { AVX_STATE = 0x6, AVX512_STATE = 0xe6, AMX_STATE = 0x60000 };
    const uint64_t states = saved_states();
    const bool avx = (states & AVX_STATE) == AVX_STATE && bit(cpuid(1, 0).ecx, 28);
    const bool zmm = avx && (states & AVX512_STATE) == AVX512_STATE;
    const bool tile = (states & AMX_STATE) == AMX_STATE && bit(cpuid(7, 0).edx, 24);
    const struct cpuid leaf7 = cpuid(7, 0);
    const unsigned f_dq_cd_bw_vl = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;

    cpu->fma = avx && bit(cpuid(1, 0).ecx, 12);
    cpu->avx2 = avx && bit(leaf7.ebx, 5);
    cpu->avx512 = zmm && (leaf7.ebx & f_dq_cd_bw_vl) == f_dq_cd_bw_vl;
    cpu->avx512_bf16 = cpu->avx512 && bit(cpuid(7, 1).eax, 5);
    cpu->amx_bf16 = tile && bit(leaf7.edx, 22);
    cpu->amx_int8 = tile && bit(leaf7.edx, 25);
}

static void detect_model(dsc_cpu *cpu)
{
    char brand[49] = { 0 };
    for (size_t i = 0; i < 3; i++) {
        const struct cpuid part = cpuid(0x80000002 + (unsigned)i, 0);
        memcpy(brand + 16 * i, &part, sizeof part);
    }
    const char *start = brand + strspn(brand, " ");
    size_t length = strlen(start);
    while (length > 0 && start[length - 1] == ' ')
        length--;
    memcpy(cpu->model, start, length);
    if (length == 0)
        strcpy(cpu->model, "unknown x86-64");
}

/* Intel's leaf 4 and AMD's 0x8000001D list the caches of the calling core in the same layout. */
static void detect_caches(dsc_cpu *cpu)
{
    enum { DATA = 1, UNIFIED = 3, MOST_CACHES = 16 };
    const unsigned leaf = cpuid(4, 0).eax & 0x1f ? 4 : 0x8000001d;
    for (unsigned i = 0; i < MOST_CACHES; i++) {
        const struct cpuid r = cpuid(leaf, i);
        const unsigned type = r.eax & 0x1f, level = r.eax >> 5 & 7;
        if (type == 0)
            break;
        const size_t line = (r.ebx & 0xfff) + 1, partitions = (r.ebx >> 12 & 0x3ff) + 1;
        const size_t ways = (r.ebx >> 22) + 1, sets = (size_t)r.ecx + 1;
        const size_t bytes = line * partitions * ways * sets;
        if (level == 1 && type == DATA)
            cpu->l1d_bytes = bytes;
        else if (level == 2 && (type == DATA || type == UNIFIED))
            cpu->l2_bytes = bytes;
        else if (level == 3)
            cpu->l3_bytes = bytes;
    }
}

static pthread_once_t detected_once = PTHREAD_ONCE_INIT;
static dsc_cpu detected_cpu;
static atomic_int effective_isa; /* DSC_ISA_AUTO until it is first asked for */

static void detect(void)
{
    detect_features(&detected_cpu);
    detect_model(&detected_cpu);
    detect_caches(&detected_cpu);
    dsci_cores_count(&detected_cpu.logical, &detected_cpu.physical);
}

const dsc_cpu *dsc_cpu_get(void)
{
    pthread_once(&detected_once, detect);
    return &detected_cpu;
}

const char *dsc_isa_name(dsc_isa isa)
{
    const unsigned i = (unsigned)isa;
    return i < ISA_COUNT ? isa_names[i] : "unknown";
}

/* False if the name is unknown. */
static bool isa_find(const char *name, dsc_isa *isa)
{
    for (unsigned i = 0; i < ISA_COUNT; i++) {
        if (strcmp(name, isa_names[i]) == 0) {
            *isa = (dsc_isa)i;
            return true;
        }
    }
    return false;
}

dsc_isa dsc_isa_parse(dsc_scope *scope, const char *name)
{
    dsc_isa isa = DSC_ISA_AUTO;
    if (dsc_scope_status(scope) == DSC_OK && (!name || !isa_find(name, &isa)))
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "unknown instruction set '%s': expected auto, scalar, avx2 or avx512",
                       name ? name : "");
    return isa;
}

dsc_isa dsc_isa_detected(void)
{
    const dsc_cpu *cpu = dsc_cpu_get();
    if (cpu->avx512)
        return DSC_ISA_AVX512;
    return cpu->avx2 && cpu->fma ? DSC_ISA_AVX2 : DSC_ISA_SCALAR;
}

/* $DESCENT_ISA as it was typed, "auto" if it isn't set. */
static const char *environment_isa(void)
{
    const char *name = getenv("DESCENT_ISA");
    return name && *name ? name : isa_names[DSC_ISA_AUTO];
}

dsc_isa dsc_isa_effective(void)
{
    int current = atomic_load(&effective_isa);
    if (current == DSC_ISA_AUTO) {
        const dsc_isa best = dsc_isa_detected();
        dsc_isa wanted = best;
        if (!isa_find(environment_isa(), &wanted) || wanted == DSC_ISA_AUTO || wanted > best)
            wanted = best;
        /* Of several threads that come first together, one decides. */
        if (atomic_compare_exchange_strong(&effective_isa, &current, (int)wanted))
            current = (int)wanted;
    }
    return (dsc_isa)current;
}

dsc_status dsc_isa_select(dsc_scope *scope, dsc_isa isa)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    const dsc_isa best = dsc_isa_detected();
    const char *origin = "";
    if (isa == DSC_ISA_AUTO) {
        origin = "$DESCENT_ISA: ";
        if (!isa_find(environment_isa(), &isa))
            return dsc_scope_fail(
                scope, DSC_ERROR_ARGUMENT,
                "$DESCENT_ISA: unknown instruction set '%s': expected auto, scalar, avx2 or "
                "avx512; correct or unset it",
                environment_isa());
        if (isa == DSC_ISA_AUTO)
            isa = best;
    }
    if (isa < DSC_ISA_AUTO || isa >= (int)ISA_COUNT)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown instruction set number %d", (int)isa);
    if (isa > best)
        return dsc_scope_fail(
            scope, DSC_ERROR_UNSUPPORTED,
            "%sinstruction set '%s' was asked for, but this machine (%s) has no more than '%s': "
            "choose that or a lower one",
            origin, dsc_isa_name(isa), dsc_cpu_get()->model, dsc_isa_name(best));
    atomic_store(&effective_isa, (int)isa);
    return DSC_OK;
}

/* MXCSR: exceptions masked, rounding to nearest, flush-to-zero (results) and denormals-are-zero (operands).
 */
unsigned dsc_float_mode_enter(void)
{
    enum { DEFAULT = 0x1f80, FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x0040 };
    const unsigned saved = _mm_getcsr();
    _mm_setcsr(DEFAULT | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
    return saved;
}

void dsc_float_mode_leave(unsigned saved)
{
    _mm_setcsr(saved);
}
