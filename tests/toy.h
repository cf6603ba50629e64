/* toy.h - a made-up experiment of pure arithmetic, for tests of the runner. */
#ifndef DESCENT_TESTS_TOY_H
#define DESCENT_TESTS_TOY_H

#include <math.h>
#include <stdio.h>
#include <time.h>

#include <descent/lab.h>

struct toy_hyperparameters {
    int64_t n, width, epoch, fail_at, sleep_ms;
    double noise;
    const char *flavour;
};

static const dsc_param toy_params[] = {
    DSC_PARAM_INTEGER(struct toy_hyperparameters, n, "5", 1, 1000, "examples"),
    DSC_PARAM_REAL(struct toy_hyperparameters, noise, "0.25", 0, 1, "variance"),
    DSC_PARAM_CHOICE(struct toy_hyperparameters, flavour, "sweet", "sweet|sour", "taste"),
    DSC_PARAM_INTEGER(struct toy_hyperparameters, fail_at, "0", 0, 4096, "width that fails; 0: none"),
    DSC_PARAM_INTEGER(struct toy_hyperparameters, sleep_ms, "0", 0, 10000, "milliseconds that a cell takes"),
    { .name = NULL },
};

static const dsc_axis toy_axes[] = {
    { .param =
          DSC_PARAM_INTEGER(struct toy_hyperparameters, width, "1..6", 1, 4096, "units in each hidden layer"),
      .units = "1",
      .long_name = "width" },
    { .param = DSC_PARAM_INTEGER(struct toy_hyperparameters, epoch, "1, 2, 4", 1, 1000, "passes"),
      .units = "1",
      .long_name = "epoch",
      .inner = true },
    { .param = { .name = NULL } },
};

static const dsc_output toy_outputs[] = {
    { .name = "error", .units = "1", .long_name = "error" },
    { .name = "loss", .units = "nat", .long_name = "loss over epochs", .inner = "epoch" },
    { .name = "odd", .units = "1", .long_name = "not a number for even widths" },
    { .name = NULL },
};

static const dsc_preset toy_presets[] = {
    { .name = "quick", .settings = "width=1..3 seeds=2 noise=0.5", .help = "seconds" },
    { .name = "spaced", .settings = "width=2..8 step 2 n=7", .help = "a list with spaces" },
    { .name = "broken", .settings = "wdith=3", .help = "a slip" },
    { .name = NULL },
};

/* Some arithmetic whose result depends on every bit of its input. */
static inline double toy_stir(double x, int64_t steps)
{
    for (int64_t i = 0; i < steps; i++)
        x = 3.9 * x * (1 - x);
    return x;
}

static inline void toy_sleep(dsc_cell *cell, int64_t milliseconds)
{
    const struct timespec nap = { 0, 1000000 };
    for (int64_t i = 0; i < milliseconds && dsc_cell_progress(cell, (double)i / (double)milliseconds); i++)
        nanosleep(&nap, NULL);
}

static inline void toy_run(dsc_cell *cell)
{
    const struct toy_hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    size_t epochs;
    const double *epoch = dsc_cell_axis(cell, "epoch", &epochs);
    if (k->width == k->fail_at)
        dsc_scope_fail(scope, DSC_ERROR_NUMERIC, "loss is not finite at width %d", (int)k->width);
    const double start =
        0.1 + 0.001 * (double)k->width + 1e-6 * (double)dsc_cell_seed(cell) + 1e-9 * (double)k->n;
    toy_sleep(cell, k->sleep_ms);
    const double x = toy_stir(start, 1000 * k->width);
    dsc_put(cell, "error", x + k->noise);
    for (size_t i = 0; i < epochs; i++)
        dsc_put_at(cell, "loss", i, toy_stir(x, (int64_t)epoch[i]));
    dsc_put(cell, "odd", k->width % 2 ? x : (double)NAN);
    dsc_cell_hash(cell, &x, sizeof x);
}

static inline dsc_cost toy_cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    const double width = (double)((const struct toy_hyperparameters *)hyperparameters)->width;
    return (dsc_cost){ .flops = 4000 * width, .bytes = 100 * width };
}

static const dsc_case toy_case = { .name = "toy",
                                   .summary = "Arithmetic",
                                   .reference = "nobody",
                                   .hyperparameters_size = sizeof(struct toy_hyperparameters),
                                   .params = toy_params,
                                   .axes = toy_axes,
                                   .outputs = toy_outputs,
                                   .presets = toy_presets,
                                   .seeds = 3,
                                   .run = toy_run,
                                   .cost = toy_cost };

static inline dsc_plan *toy_plan_of(dsc_scope *scope, const dsc_case *kase, const dsc_setting *settings,
                                    size_t count)
{
    const dsc_case **cases = dsc_scope_alloc(scope, 2, sizeof *cases);
    dsc_experiment *experiment = dsc_scope_alloc(scope, 1, sizeof *experiment);
    if (!cases || !experiment)
        return NULL;
    cases[0] = kase;
    *experiment = (dsc_experiment){ .name = "toys", .summary = "Toys", .cases = cases, .version = "1" };
    return dsc_plan_make(scope, experiment,
                         &(dsc_plan_options){ .settings = settings, .setting_count = count });
}

#endif
