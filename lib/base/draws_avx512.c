/* draws_avx512.c - random numbers in bulk for AVX-512. */
#include "base/lanes_avx512.h"
#define LEVEL_TABLE dsci_random_avx512
#include "base/draws.h"
