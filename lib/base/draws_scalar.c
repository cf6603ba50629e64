/* draws_scalar.c - random numbers in bulk in plain C. */
#include "base/lanes_scalar.h"
#define LEVEL_TABLE dsci_random_scalar
#include "base/draws.h"
