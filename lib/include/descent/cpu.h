/* cpu.h - the machine: instruction-set levels, caches, threads, memory. */
#ifndef DESCENT_CPU_H
#define DESCENT_CPU_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/export.h>
#include <descent/scope.h>

/* Levels of the native kernels. A higher one contains the lower ones; all give the same bits. */
typedef enum dsc_isa {
    DSC_ISA_AUTO = 0, /* the highest that the processor and the system support */
    DSC_ISA_SCALAR,   /* baseline x86-64, fused multiply-add by fmaf() */
    DSC_ISA_AVX2,     /* AVX2 and FMA (Haswell and later) */
    DSC_ISA_AVX512    /* AVX-512 F, BW, CD, DQ, VL (Skylake-X, Zen 4 and later) */
} dsc_isa;

DSC_API const char *dsc_isa_name(dsc_isa isa); /* "auto", "scalar", "avx2", "avx512" */

/* Finds a level by name; an unknown name fails the scope. */
DSC_API dsc_isa dsc_isa_parse(dsc_scope *scope, const char *name);

/* The best level of this machine, and the one in use. The level in use is chosen at the first call from
   $DESCENT_ISA, else the best; dsc_isa_select() changes it for what is computed later, and is to be called
   while nothing is computed. A model keeps the level at which it was compiled. It can only be lowered: asking
   for more than the machine has is DSC_ERROR_UNSUPPORTED. DSC_ISA_AUTO selects what $DESCENT_ISA says, else
   the best, and fails the scope if the variable holds an unknown name or more than the machine has; a program
   calls it first, because dsc_isa_effective() alone cannot report that and takes the best. */
DSC_API dsc_isa dsc_isa_detected(void);
DSC_API dsc_isa dsc_isa_effective(void);
DSC_API dsc_status dsc_isa_select(dsc_scope *scope, dsc_isa isa);

typedef struct dsc_cpu {
    char model[64];                       /* brand string */
    int logical, physical;                /* processors that are online; cores among them */
    size_t l1d_bytes, l2_bytes, l3_bytes; /* of one core's caches (l3: the whole slice it sees); 0: unknown */
    bool fma, avx2, avx512, avx512_bf16, amx_bf16, amx_int8;
} dsc_cpu;

DSC_API const dsc_cpu *dsc_cpu_get(void);

/* How many threads to use and why. */
typedef struct dsc_thread_choice {
    int count;           /* at least 1 */
    int online;          /* processors of the machine */
    int affinity;        /* allowed by the affinity mask */
    double cgroup_quota; /* processors' worth of time that the control group grants; 0: no limit */
    int slurm;           /* SLURM_CPUS_PER_TASK (or SLURM_CPUS_ON_NODE); 0: not under Slurm */
    int openmp;          /* OMP_NUM_THREADS; 0: not set */
    int physical;        /* cores among the allowed processors */
    char reason[160]; /* one line for people: "2: physical cores in the affinity mask (2 of 2 processors)" */
} dsc_thread_choice;

/* requested = 0 chooses: the cores that are allowed, or fewer if Slurm, OMP_NUM_THREADS or the control group
   grant fewer. requested > 0 is taken as it is. */
DSC_API dsc_thread_choice dsc_threads_choose(int requested);

/* How much memory this process can use and why, in bytes. */
typedef struct dsc_memory {
    double usable;   /* the smallest of the limits below */
    double physical; /* of the machine */
    double cgroup;   /* limit of the control groups; 0: none */
    double process;  /* limit of the address space or of its data (ulimit -v, -d); 0: none */
    char reason[96]; /* one line for people: "2.0 GiB: limit of the control group" */
} dsc_memory;

/* Asks anew at each call: limits can be changed from outside. */
DSC_API dsc_memory dsc_memory_get(void);

/* The mode in which every thread computes (the numerics contract): denormal numbers are flushed to zero,
   rounding is to nearest, exceptions are masked. Enter returns the caller's mode (MXCSR) to hand back to
   leave; every thread of a parallel region calls both. */
DSC_API unsigned dsc_float_mode_enter(void);
DSC_API void dsc_float_mode_leave(unsigned saved);

#endif
