/* optimizer.c - SGD, momentum, Nesterov and Adam: kernels in single precision, plain loops in double. */
#include "train/optimizer.h"

#include <math.h>
#include <stdbool.h>

#include "kernels/kernels.h"

static void sgd_f32(dsci_optimizer *o, float *w, const float *g)
{
    dsci_kernels_for(DSC_ISA_AUTO)
        ->sgd(w, g, o->elements, (float)o->options.lr, (float)o->options.weight_decay);
}

static void sgd_f64(dsci_optimizer *o, double *w, const double *g)
{
    for (size_t i = 0; i < o->elements; i++)
        w[i] -= o->options.lr * (g[i] + o->options.weight_decay * w[i]);
}

static void momentum_f32(dsci_optimizer *o, float *w, const float *g)
{
    dsci_kernels_for(DSC_ISA_AUTO)
        ->momentum(w, o->first, g, o->elements, (float)o->options.lr, (float)o->options.momentum,
                   (float)o->options.weight_decay, o->options.kind == DSC_NESTEROV);
}

/* v = mu v + g; w -= lr v. Nesterov, as in PyTorch: w -= lr (g + mu v), which is the look-ahead point of
   Sutskever's form (2013). */
static void momentum_f64(dsci_optimizer *o, double *w, const double *g)
{
    const double mu = o->options.momentum;
    double *v = o->first;
    for (size_t i = 0; i < o->elements; i++) {
        const double gradient = g[i] + o->options.weight_decay * w[i];
        v[i] = mu * v[i] + gradient;
        w[i] -= o->options.lr * (o->options.kind == DSC_NESTEROV ? gradient + mu * v[i] : v[i]);
    }
}

/* The step size and the root's correction of step t, after beta^t has been updated. */
static void adam_coefficients(dsci_optimizer *o, double *step_size, double *root_correction)
{
    o->beta1_power *= o->options.beta1;
    o->beta2_power *= o->options.beta2;
    *step_size = o->options.lr / (1 - o->beta1_power);
    *root_correction = 1 / sqrt(1 - o->beta2_power);
}

static void adam_f32(dsci_optimizer *o, float *w, const float *g)
{
    double step_size, root_correction;
    adam_coefficients(o, &step_size, &root_correction);
    const dsci_adam step = { .beta1 = (float)o->options.beta1,
                             .beta2 = (float)o->options.beta2,
                             .epsilon = (float)o->options.epsilon,
                             .step_size = (float)step_size,
                             .root_correction = (float)root_correction };
    dsci_kernels_for(DSC_ISA_AUTO)
        ->adam(w, o->first, o->second, g, o->elements, &step, (float)o->options.weight_decay);
}

/* Kingma and Ba 2015, algorithm 1, with the corrections as PyTorch applies them. */
static void adam_f64(dsci_optimizer *o, double *w, const double *g)
{
    double step_size, root_correction, *m = o->first, *v = o->second;
    adam_coefficients(o, &step_size, &root_correction);
    for (size_t i = 0; i < o->elements; i++) {
        const double gradient = g[i] + o->options.weight_decay * w[i];
        m[i] = o->options.beta1 * m[i] + (1 - o->options.beta1) * gradient;
        v[i] = o->options.beta2 * v[i] + (1 - o->options.beta2) * gradient * gradient;
        w[i] -= step_size * m[i] / (sqrt(v[i]) * root_correction + o->options.epsilon);
    }
}

static const struct rule {
    const char *name;
    double lr, momentum; /* defaults */
    int moments;
    void (*update_f32)(dsci_optimizer *, float *, const float *);
    void (*update_f64)(dsci_optimizer *, double *, const double *);
} rules[] = {
    [DSC_SGD] = { "sgd", 0.01, 0, 0, sgd_f32, sgd_f64 },
    [DSC_MOMENTUM] = { "momentum", 0.01, 0.9, 1, momentum_f32, momentum_f64 },
    [DSC_NESTEROV] = { "nesterov", 0.01, 0.9, 1, momentum_f32, momentum_f64 },
    [DSC_ADAM] = { "adam", 0.001, 0, 2, adam_f32, adam_f64 },
};

static void fill_defaults(dsc_optimizer *options, const struct rule *rule)
{
    options->lr = options->lr == 0 ? rule->lr : options->lr;
    options->momentum = options->momentum == 0 ? rule->momentum : options->momentum;
    options->beta1 = options->beta1 == 0 ? 0.9 : options->beta1;
    options->beta2 = options->beta2 == 0 ? 0.999 : options->beta2;
    options->epsilon = options->epsilon == 0 ? 1e-8 : options->epsilon;
}

/* What each number may be: 0 <= value < limit. */
static dsc_status check(dsc_scope *scope, const dsc_optimizer *options, const char *rule)
{
    const struct {
        const char *name;
        double value, limit;
    } numbers[] = {
        { "lr", options->lr, INFINITY },
        { "momentum", options->momentum, 1 },
        { "beta1", options->beta1, 1 },
        { "beta2", options->beta2, 1 },
        { "epsilon", options->epsilon, INFINITY },
        { "weight_decay", options->weight_decay, INFINITY },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!(numbers[i].value >= 0 && numbers[i].value < numbers[i].limit))
            return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                                  "optimiser %s: expected %s from 0 to below %g, found %g", rule,
                                  numbers[i].name, numbers[i].limit, numbers[i].value);
    return dsc_scope_status(scope);
}

dsc_status dsci_optimizer_make(dsc_scope *scope, dsci_optimizer *optimizer, const dsc_optimizer *options,
                               dsc_dtype dtype, size_t elements)
{
    if ((unsigned)options->kind >= sizeof rules / sizeof rules[0])
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "optimiser: expected a rule of dsc_optimizer_kind, found %d",
                              (int)options->kind);
    const struct rule *rule = &rules[options->kind];
    const size_t size = dtype == DSC_F64 ? sizeof(double) : sizeof(float);
    *optimizer = (dsci_optimizer){
        .options = *options, .dtype = dtype, .elements = elements, .beta1_power = 1, .beta2_power = 1
    };
    fill_defaults(&optimizer->options, rule);
    if (dtype == DSC_F32) { /* the corrections must belong to the betas that the kernel multiplies by */
        optimizer->options.beta1 = (double)(float)optimizer->options.beta1;
        optimizer->options.beta2 = (double)(float)optimizer->options.beta2;
    }
    if (rule->moments > 0)
        optimizer->first = dsc_scope_alloc(scope, elements, size);
    if (rule->moments > 1)
        optimizer->second = dsc_scope_alloc(scope, elements, size);
    return check(scope, &optimizer->options, rule->name);
}

void dsci_optimizer_update(dsci_optimizer *optimizer, void *parameters, const void *gradients)
{
    const struct rule *rule = &rules[optimizer->options.kind];
    if (optimizer->dtype == DSC_F64)
        rule->update_f64(optimizer, parameters, gradients);
    else
        rule->update_f32(optimizer, parameters, gradients);
}
