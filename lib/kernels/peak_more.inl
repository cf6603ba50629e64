/* peak_more.inl - the rates of instructions that not every level has, for a processor that was seen to have
 * them. Each does `rounds` rounds of the operations that it names in registers and returns a number that
 * depends on all of them.
 */
#ifndef DESCENT_KERNELS_PEAK_MORE_INL
#define DESCENT_KERNELS_PEAK_MORE_INL

#include <stdbool.h>
#include <stddef.h>

/* Dot products of pairs of bfloat16 added to floats (AVX512_BF16). */
double dsci_peak_bf16_chains(size_t rounds);
double dsci_peak_bf16_flops(void);

/* Asks the system for the tile registers of AMX, for the process. False: refused. */
bool dsci_peak_tiles_allow(void);

/* Products of tiles of bfloat16, of bytes. */
double dsci_peak_tile_bf16_chains(size_t rounds);
double dsci_peak_tile_bf16_flops(void);
double dsci_peak_tile_int8_chains(size_t rounds);
double dsci_peak_tile_int8_flops(void);

/* A chain of rounds dependent integer multiplications, and the cycles that one takes: three on every x86-64
   processor since 2008. */
double dsci_peak_cycle_chain(size_t rounds);
double dsci_peak_cycles(void);

#endif
