/* toy.c - an experiment of arithmetic alone, for tests of the command line and the runner. */
#include <descent/experiment.h>

#include <string.h>
#include <time.h>

#include <descent/known_data.h>
#include <descent/rng.h>

struct hyperparameters {
    int64_t width, milliseconds, fail_at;
    double scale;
    const char *mode;
};

static void nap(int64_t milliseconds)
{
    nanosleep(&(struct timespec){ .tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000 },
              NULL);
}

/* Waits in slices, so that a request to stop is heard. */
static bool wait_for(dsc_cell *cell, int64_t milliseconds)
{
    for (int64_t i = 0; i < milliseconds; i++) {
        if (!dsc_cell_progress(cell, (double)i / (double)milliseconds))
            return false;
        nap(1);
    }
    return true;
}

static void run_sum(dsc_cell *cell)
{
    const struct hyperparameters *hyperparameters = dsc_cell_hyperparameters(cell);
    if (hyperparameters->width == hyperparameters->fail_at) {
        dsc_scope_fail(dsc_cell_scope(cell), DSC_ERROR_NUMERIC, "width %d was told to fail",
                       (int)hyperparameters->width);
        return;
    }
    if (!wait_for(cell, hyperparameters->milliseconds))
        return;
    const dsc_rng rng = dsc_rng_make(dsc_cell_seed(cell), DSC_STREAM_SAMPLING);
    const double noise = dsc_rng_uniform(rng, 0, (uint64_t)hyperparameters->width);
    const double size = (double)hyperparameters->width;
    dsc_put(cell, "total",
            hyperparameters->scale * (strcmp(hyperparameters->mode, "square") == 0 ? size * size : size) +
                noise);
    dsc_put(cell, "noise", noise);
}

static void run_curve(dsc_cell *cell)
{
    size_t count = 0;
    const double *steps = dsc_cell_axis(cell, "step", &count);
    const dsc_rng rng = dsc_rng_make(dsc_cell_seed(cell), DSC_STREAM_SAMPLING);
    for (size_t i = 0; steps && i < count; i++)
        dsc_put_at(cell, "height", i, steps[i] + dsc_rng_uniform(rng, 1, i));
}

static const dsc_known_data *digits(void)
{
    size_t count = 0;
    const dsc_known_data *known = dsc_known_data_list(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(known[i].name, "mnist") == 0)
            return &known[i];
    return NULL;
}

static void *load_digits(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                         const char *data_directory)
{
    (void)plan, (void)hyperparameters;
    const char *directory = dsc_data_directory(scope, digits(), data_directory);
    dsc_split *split = directory ? dsc_scope_alloc(scope, 1, sizeof *split) : NULL;
    if (split)
        *split = dsc_idx_directory(scope, directory);
    return split;
}

static void run_digits(dsc_cell *cell)
{
    const dsc_split *split = dsc_cell_shared(cell);
    double sum = 0;
    for (size_t i = 0; i < split->train.count; i++)
        for (size_t j = 0; j < split->train.features; j++)
            sum += dsc_dataset_value(&split->train, i, j);
    dsc_put(cell, "ink", sum / (double)split->train.count);
}

static dsc_cost sum_cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    return (dsc_cost){ .flops = 1e6 * (double)((const struct hyperparameters *)hyperparameters)->width };
}

static size_t sum_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){ .name = "total",
                               .title = "Total over width",
                               .x = "width",
                               .x_label = "width",
                               .y_label = "total",
                               .series = { { .output = "total", .label = "measured" } } };
    return 1;
}

static const dsc_param sum_params[] = {
    DSC_PARAM_REAL(struct hyperparameters, scale, "1", 0, 10, "factor of the width"),
    DSC_PARAM_CHOICE(struct hyperparameters, mode, "plain", "plain|square", "what is summed"),
    DSC_PARAM_INTEGER(struct hyperparameters, milliseconds, "0", 0, 60000, "how long a cell waits, in ms"),
    DSC_PARAM_INTEGER(struct hyperparameters, fail_at, "0", 0, 1000, "the width whose cells fail; 0: none"),
    { .name = NULL },
};

static const dsc_axis sum_axes[] = {
    { .param = DSC_PARAM_INTEGER(struct hyperparameters, width, "1..6", 1, 1000, "size of the sum"),
      .units = "1",
      .long_name = "width" },
    { .param = { .name = NULL } },
};

static const dsc_output sum_outputs[] = {
    { .name = "total", .units = "1", .long_name = "scaled width and noise" },
    { .name = "noise", .units = "1", .long_name = "noise alone" },
    { .name = NULL },
};

static const dsc_preset sum_presets[] = {
    { .name = "quick", .settings = "width=1,2 seeds=2", .help = "two widths, two seeds" },
    { .name = "default", .settings = "", .help = "six widths, three seeds" },
    { .name = NULL },
};

#define GROWTH(sentence, what, least)                                                                        \
    {                                                                                                        \
        .text = sentence, .needs = what, .scale = 1,                                                         \
        .measured = { .output = "total", .statistic = DSC_STATISTIC_RISE }, .low = least, .high = 1e9        \
    }

/* One that holds, one that doesn't, one about another setting. */
static const dsc_claims sum_claims[] = {
    { .source = "Euclid",
      .setting = "numbers",
      .claims =
          DSC_CLAIMS(GROWTH("The total grows", NULL, 0), GROWTH("The total grows beyond measure", NULL, 1e6),
                     GROWTH("Squares grow faster", "mode=square", 3)) },
    { .source = NULL },
};

static const dsc_case sum_case = {
    .name = "sum",
    .summary = "a number for each width",
    .reference = "Euclid, Elements, book VII",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = sum_params,
    .axes = sum_axes,
    .outputs = sum_outputs,
    .presets = sum_presets,
    .run = run_sum,
    .cost = sum_cost,
    .figures = sum_figures,
    .claims = sum_claims,
};

static const dsc_axis curve_axes[] = {
    { .param = { .name = "step",
                 .kind = DSC_KIND_INTEGER,
                 .value = "1..5",
                 .min = 1,
                 .max = 100,
                 .help = "where" },
      .units = "1",
      .long_name = "step",
      .inner = true },
    { .param = { .name = NULL } },
};

static const dsc_output curve_outputs[] = {
    { .name = "height", .units = "m", .long_name = "height", .inner = "step" },
    { .name = NULL },
};

static const dsc_param no_params[] = { { .name = NULL } };

static const dsc_case curve_case = {
    .name = "curve",
    .summary = "a curve for each seed",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = no_params,
    .axes = curve_axes,
    .outputs = curve_outputs,
    .run = run_curve,
};

static const dsc_axis digits_axes[] = { { .param = { .name = NULL } } };

static const dsc_output digits_outputs[] = {
    { .name = "ink", .units = "1", .long_name = "mean sum of an image's pixels" },
    { .name = NULL },
};

static const dsc_case digits_case = {
    .name = "digits",
    .summary = "the ink of handwritten digits",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = no_params,
    .axes = digits_axes,
    .outputs = digits_outputs,
    .seeds = 1,
    .uses_data = true,
    .prepare = load_digits,
    .run = run_digits,
};

struct load {
    int64_t gibibytes, milliseconds;
    const char *hears;
};

/* Needs what it says and takes none of it; hears no request to stop if so told. */
static void run_heavy(dsc_cell *cell)
{
    const struct load *load = dsc_cell_hyperparameters(cell);
    if (strcmp(load->hears, "no") == 0)
        nap(load->milliseconds);
    else
        wait_for(cell, load->milliseconds);
    dsc_put(cell, "weight", (double)load->gibibytes);
}

static dsc_cost heavy_cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    return (dsc_cost){ .bytes = 0x1p30 * (double)((const struct load *)hyperparameters)->gibibytes };
}

static const dsc_param heavy_params[] = {
    DSC_PARAM_INTEGER(struct load, milliseconds, "0", 0, 60000, "how long a cell waits, in ms"),
    DSC_PARAM_CHOICE(struct load, hears, "yes", "yes|no", "whether a cell hears that it should stop"),
    { .name = NULL },
};

static const dsc_axis heavy_axes[] = {
    { .param = DSC_PARAM_INTEGER(struct load, gibibytes, "0,1", 0, 1000000, "memory of a cell"),
      .units = "GiB",
      .long_name = "memory" },
    { .param = { .name = NULL } },
};

static const dsc_output heavy_outputs[] = {
    { .name = "weight", .units = "GiB", .long_name = "memory that was not taken" },
    { .name = NULL },
};

static const dsc_case heavy_case = {
    .name = "heavy",
    .summary = "cells that need much memory, or do not stop",
    .hyperparameters_size = sizeof(struct load),
    .params = heavy_params,
    .axes = heavy_axes,
    .outputs = heavy_outputs,
    .seeds = 1,
    .run = run_heavy,
    .cost = heavy_cost,
};

static const dsc_case *const cases[] = { &sum_case, &curve_case, &digits_case, &heavy_case, NULL };

extern const dsc_experiment toy_experiment;
const dsc_experiment toy_experiment = {
    .name = "toy",
    .summary = "arithmetic for tests",
    .reference = "Euclid, Elements",
    .cases = cases,
    .version = "1",
};
