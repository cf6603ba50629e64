/* ref.c - the reference engine in float and in double. */
#include "ops/ref/ref.h"

#include <math.h>

#include "ops/broadcast.h"
#include "ops/conv/conv.h"
#include "ops/dense.h"
#include "ops/dropout.h"
#include "ops/elementwise.h"
#include "ops/loss.h"
#include "ops/noise.h"
#include "ops/pool.h"
#include "ops/recurrent/recurrent.h"
#include "ops/reduce.h"
#include "ops/upsample.h"

static bool dsci_ref_activation_is_exact(dsc_activation kind)
{
    return kind == DSC_ACTIVATION_LINEAR || kind == DSC_ACTIVATION_RELU;
}

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x / sqrt(2));
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

/* 2 sqrt(2 / pi) (x + 0.044715 x^3): GELU's approximation is x logistic of it. */
static double gelu_argument(double x)
{
    return 1.5957691216057308 * (x + 0.044715 * x * x * x);
}

static double dsci_ref_activate(dsc_activation kind, double alpha, double x)
{
    switch (kind) {
    case DSC_ACTIVATION_LINEAR: return x;
    case DSC_ACTIVATION_RELU: return x <= 0 ? 0 : x; /* NaN stays */
    case DSC_ACTIVATION_SIGMOID: return logistic(x);
    case DSC_ACTIVATION_TANH: return tanh(x);
    case DSC_ACTIVATION_STEP: return x > 0 ? 1 : 0;
    case DSC_ACTIVATION_LEAKY_RELU: return x > 0 ? x : alpha * x;
    case DSC_ACTIVATION_ELU: return x > 0 ? x : alpha * expm1(x);
    case DSC_ACTIVATION_SELU: return DSCI_SELU_SCALE * (x > 0 ? x : DSCI_SELU_ALPHA * expm1(x));
    case DSC_ACTIVATION_GELU: return x * normal_cdf(x);
    case DSC_ACTIVATION_GELU_TANH: return x * logistic(gelu_argument(x));
    case DSC_ACTIVATION_SWISH: return x * logistic(x);
    case DSC_ACTIVATION_MISH: return x * tanh(softplus(x));
    case DSC_ACTIVATION_SOFTPLUS: return softplus(x);
    case DSC_ACTIVATION_HARD_SIGMOID: return x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5;
    case DSC_ACTIVATION_COUNT: break;
    }
    return 0;
}

/* The derivatives that are functions of the input. */
static double dsci_ref_slope(dsc_activation kind, double x)
{
    const double gate = logistic(kind == DSC_ACTIVATION_GELU_TANH ? gelu_argument(x) : x),
                 t = tanh(softplus(x));
    switch (kind) {
    case DSC_ACTIVATION_GELU: return normal_cdf(x) + x * exp(-0.5 * x * x) * 0.3989422804014327;
    case DSC_ACTIVATION_GELU_TANH:
        return gate + x * gate * (1 - gate) * 1.5957691216057308 * (1 + 3 * 0.044715 * x * x);
    case DSC_ACTIVATION_SWISH: return gate + x * gate * (1 - gate);
    case DSC_ACTIVATION_MISH: return t + x * (1 - t * t) * gate;
    case DSC_ACTIVATION_SOFTPLUS: return gate;
    default: return fabs(x) < 3 ? 1.0 / 6 : 0; /* hard sigmoid */
    }
}

#define TANH(x)  tanh((double)(x))
#define REAL     float
#define NAME(op) dsci_ref_##op##_f32
#define LOCAL(f) f##_f32
#include "ops/ref/ref.inl"
#include "ops/ref/ref_array.inl"
#include "ops/ref/ref_loss.inl"
#include "ops/ref/ref_noise.inl"
#include "ops/ref/ref_recurrent.inl"
#include "ops/ref/ref_rowwise.inl"
#include "ops/ref/ref_window.inl"
#undef REAL
#undef NAME
#undef LOCAL

#define REAL     double
#define NAME(op) dsci_ref_##op##_f64
#define LOCAL(f) f##_f64
#include "ops/ref/ref.inl"
#include "ops/ref/ref_array.inl"
#include "ops/ref/ref_loss.inl"
#include "ops/ref/ref_noise.inl"
#include "ops/ref/ref_recurrent.inl"
#include "ops/ref/ref_rowwise.inl"
#include "ops/ref/ref_window.inl"
