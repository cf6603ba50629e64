/* draws_avx2.c - random numbers in bulk for AVX2. */
#include "base/lanes_avx2.h"
#define LEVEL_TABLE dsci_random_avx2
#include "base/draws.h"
