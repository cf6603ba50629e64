/* ref.c - the reference engine in float and in double. */
#include "ops/ref.h"

#include <math.h>

#include "ops/conv.h"
#include "ops/dropout.h"
#include "ops/pool.h"

#define REAL     float
#define NAME(op) dsci_ref_##op##_f32
#define LOCAL(f) f##_f32
#include "ops/ref.inl"
#include "ops/ref_window.inl"
#undef REAL
#undef NAME
#undef LOCAL

#define REAL     double
#define NAME(op) dsci_ref_##op##_f64
#define LOCAL(f) f##_f64
#include "ops/ref.inl"
#include "ops/ref_window.inl"
