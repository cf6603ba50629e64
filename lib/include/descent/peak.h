/* peak.h - the arithmetic that a machine is capable of, measured. */
#ifndef DESCENT_PEAK_H
#define DESCENT_PEAK_H

#include <descent/export.h>

/* Single-precision operations a second of fused multiply-adds in registers on that number of threads, at
   the level in use (dsc_isa_effective()): the best of several short runs, about 0.1 s in all. */
DSC_API double dsc_peak_flops(int threads);

/* The same of bfloat16: products of AMX tiles, else dot products, else what such a processor does instead,
   fused multiply-adds of floats. */
DSC_API double dsc_peak_flops_bf16(int threads);

#endif
