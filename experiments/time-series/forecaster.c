/* forecaster.c - fits a method to the values before some time, and forecasts what comes then. */
#include "time_series.h"

#include <string.h>

static bool is_linear(const struct hyperparameters *k)
{
    return k->method == LINEAR || k->method == LINEAR_DAY;
}

static bool is_network(const struct hyperparameters *k)
{
    return k->method > SEASONAL && !is_linear(k);
}

/* The kinds of day that the method knows; 0: it does not look at days. */
static size_t days_of(const struct hyperparameters *k, size_t days)
{
    return k->method == LINEAR_DAY || k->method == MLP_DAY ? days : 0;
}

size_t first_target(const struct hyperparameters *k, size_t first)
{
    const size_t before = k->method == PERSISTENCE ? 1
                          : k->method == SEASONAL  ? (size_t)k->season
                                                   : (size_t)k->lags;
    return first + (before > (size_t)k->history ? before : (size_t)k->history);
}

/* --- Scaling --- */

/* By the values first..end-1 alone (those behind them, too, as a control); all are scaled. */
static void scale(struct forecaster *f, size_t first, size_t end)
{
    dsc_scope *scope = dsc_cell_scope(f->cell);
    const struct series *series = f->series;
    const size_t values = series->count * series->features;
    const dsc_dataset seen = { .name = "series",
                               .count =
                                   strcmp(f->k->scaler, "all") == 0 ? series->count - first : end - first,
                               .features = series->features,
                               .x = series->values + first * series->features };
    f->scaler =
        dsc_scaler_fit(scope, &seen, strcmp(f->k->scaling, "z") == 0 ? DSC_SCALING_Z : DSC_SCALING_MIN_MAX,
                       DSC_SCALING_SCOPE_FEATURES);
    f->scaled = dsc_scope_alloc(scope, values, sizeof *f->scaled);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    if (f->scaler.factor[series->target] == 0)
        dsc_scope_fail(scope, DSC_ERROR_NUMERIC,
                       "the series is constant over the %zu values that train: there is nothing to forecast",
                       end - first);
    for (size_t i = 0; i < values; i++) {
        const size_t feature = i % series->features;
        f->scaled[i] = (series->values[i] - f->scaler.offset[feature]) * f->scaler.factor[feature];
    }
}

static double unscale(const struct forecaster *f, double value)
{
    const size_t target = f->series->target;
    return value / f->scaler.factor[target] + f->scaler.offset[target];
}

/* --- Least squares --- */

/* Numbers that a linear method multiplies with: 1, the lags, and days but the last, which follows from them.
 */
static size_t regressors(const struct forecaster *f)
{
    const size_t days = days_of(f->k, f->series->days);
    return 1 + (size_t)f->k->lags * f->series->features + (days ? days - 1 : 0);
}

static void put_regressors(const struct forecaster *f, const double *scaled, size_t t, double *row)
{
    const size_t width = (size_t)f->k->lags * f->series->features, days = days_of(f->k, f->series->days);
    row[0] = 1;
    memcpy(row + 1, scaled + (t - (size_t)f->k->lags) * f->series->features, width * sizeof *row);
    if (days)
        memcpy(row + 1 + width, f->series->day + t * days, (days - 1) * sizeof *row);
}

static void fit_linear(struct forecaster *f, size_t from, size_t end)
{
    dsc_scope *scope = dsc_cell_scope(f->cell);
    const size_t columns = regressors(f), features = f->series->features;
    const dsc_matrix x = dsc_matrix_make(scope, end - from, columns),
                     y = dsc_matrix_make(scope, end - from, 1);
    for (size_t t = from; dsc_scope_status(scope) == DSC_OK && t < end; t++) {
        put_regressors(f, f->scaled, t, x.data + (t - from) * columns);
        y.data[t - from] = f->scaled[t * features + f->series->target];
    }
    f->weights = dsc_least_squares(scope, x, y, NULL).weights;
    if (dsc_scope_status(scope) == DSC_OK)
        dsc_cell_hash(f->cell, f->weights.data, columns * sizeof *f->weights.data);
}

static double linear_forecast(const struct forecaster *f, const double *scaled, size_t t, double *row)
{
    double sum = 0;
    put_regressors(f, scaled, t, row);
    for (size_t i = 0; i < f->weights.rows; i++)
        sum += f->weights.data[i] * row[i];
    return sum;
}

/* --- Networks --- */

static dsc_node *perceptron(dsc_scope *scope, const struct hyperparameters *k, dsc_node *x, size_t days)
{
    x = dsc_flatten(x);
    if (days)
        x = dsc_concat(-1, x, dsc_input(scope, &(dsc_input_spec){ .shape = { days }, .name = "day" }));
    dsc_node *h = dsc_relu(dsc_dense(x, (size_t)k->hidden));
    return dsc_dense(k->mlp_dropout > 0 ? dsc_dropout(h, k->mlp_dropout) : h, 1);
}

static dsc_node *network(dsc_scope *scope, const struct hyperparameters *k, size_t features, size_t days)
{
    static const dsc_recurrent_cell cells[] = {
        [RNN] = DSC_RECURRENT_TANH, [LSTM] = DSC_RECURRENT_LSTM, [GRU] = DSC_RECURRENT_GRU_LBR
    };
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { (size_t)k->lags, features } });
    if (k->method == MLP || k->method == MLP_DAY)
        return perceptron(scope, k, x, days);
    dsc_node *h = dsc_recurrent(x, (size_t)k->units, .cell = cells[k->method]);
    return dsc_dense(k->dropout > 0 ? dsc_dropout(h, k->dropout) : h, 1);
}

static dsc_node *loss_of(dsc_scope *scope, dsc_node *output)
{
    return dsc_squared_loss(output, dsc_targets(scope, &(dsc_input_spec){ .shape = { 1 } }));
}

static dsc_cell_training training_of(const struct hyperparameters *k, size_t examples)
{
    const bool perceptron = k->method == MLP || k->method == MLP_DAY;
    return (dsc_cell_training){
        .compile = { .batch = (size_t)k->batch < examples ? (size_t)k->batch : examples },
        .fit = { .optimizer = { .kind = strcmp(k->optimizer, "adam") == 0 ? DSC_OPTIMIZER_ADAM
                                                                          : DSC_OPTIMIZER_RMSPROP,
                                .lr = k->lr,
                                .clip_norm = k->clip },
                 .epochs = (size_t)(perceptron ? k->mlp_epochs : k->epochs) }
    };
}

/* The examples whose targets are the values from..from+count-1: windows into the series. */
static dsc_examples examples_of(dsc_scope *scope, const struct forecaster *f, const double *scaled,
                                size_t from, size_t count)
{
    const size_t features = f->series->features, width = (size_t)f->k->lags * features,
                 length = (count - 1) * features + width, days = days_of(f->k, f->series->days);
    const double *first = scaled + (from - (size_t)f->k->lags) * features;
    dsc_examples examples = { .count = count,
                              .columns = { { "input", width, .f32 = dsc_to_f32(scope, first, length),
                                             .stride = features, .length = length } } };
    if (days)
        examples.columns[1] =
            (dsc_column){ "day", days, .f32 = dsc_to_f32(scope, f->series->day + from * days, count * days) };
    return examples;
}

static void fit_network(struct forecaster *f, size_t from, size_t end, double progress, double share)
{
    dsc_scope *scope = dsc_cell_scope(f->cell);
    const struct series *series = f->series;
    double *targets = dsc_scope_alloc(scope, end - from, sizeof *targets);
    for (size_t t = from; targets && t < end; t++)
        targets[t - from] = f->scaled[t * series->features + series->target];
    dsc_examples examples = examples_of(scope, f, f->scaled, from, end - from);
    examples = dsc_examples_with(
        scope, &examples,
        &(dsc_column){ "targets", 1, .f32 = targets ? dsc_to_f32(scope, targets, end - from) : NULL });
    f->output = network(scope, f->k, series->features, days_of(f->k, series->days));
    dsc_cell_training training = training_of(f->k, end - from);
    training.progress = progress;
    training.progress_share = share;
    f->model = dsc_cell_train(f->cell, loss_of(scope, f->output), &examples, &training);
}

static void network_forecast(const struct forecaster *f, const double *scaled, size_t from, size_t count,
                             double *dst)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples examples = examples_of(scope, f, scaled, from, count);
    const float *values = dsc_predict(scope, f->model, f->output, &examples);
    for (size_t i = 0; values && i < count; i++)
        dst[i] = values[i];
    dsc_scope_adopt_error(dsc_cell_scope(f->cell), scope);
    dsc_scope_close(&scope);
}

dsc_cost method_cost(dsc_scope *scope, const dsc_plan *plan, const struct hyperparameters *k, size_t features,
                     size_t days, size_t examples)
{
    const double columns = (double)k->lags * (double)features + 1, rows = (double)examples;
    if (!is_network(k))
        return (dsc_cost){ .flops = is_linear(k) ? 2 * rows * columns * columns : rows,
                           .bytes = 16 * rows * columns };
    const dsc_cell_training training = training_of(k, examples);
    dsc_node *output = network(scope, k, features, days_of(k, days));
    return dsc_train_cost(plan, loss_of(scope, output), examples, &training);
}

/* --- All methods --- */

/* Scaled forecasts of the values from..from+count-1 of a scaled series. */
static void forecast_scaled(const struct forecaster *f, const double *scaled, size_t from, size_t count,
                            double *dst)
{
    const size_t features = f->series->features, before = f->k->method == SEASONAL ? (size_t)f->k->season : 1;
    dsc_scope *work = dsc_scope_open(NULL);
    double *row = is_linear(f->k) ? dsc_scope_alloc(work, regressors(f), sizeof *row) : NULL;
    if (is_network(f->k))
        network_forecast(f, scaled, from, count, dst);
    for (size_t t = from; !is_network(f->k) && t < from + count; t++)
        dst[t - from] =
            row ? linear_forecast(f, scaled, t, row) : scaled[(t - before) * features + f->series->target];
    dsc_scope_adopt_error(dsc_cell_scope(f->cell), work);
    dsc_scope_close(&work);
}

struct forecaster *fit(dsc_cell *cell, const struct series *series, size_t first, size_t end, double progress,
                       double share)
{
    dsc_scope *scope = dsc_cell_scope(cell);
    struct forecaster *f = dsc_scope_alloc(scope, 1, sizeof *f);
    if (!f)
        return NULL;
    *f = (struct forecaster){ .cell = cell, .k = dsc_cell_hyperparameters(cell), .series = series };
    scale(f, first, end);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    const size_t from = first_target(f->k, first);
    if (is_linear(f->k))
        fit_linear(f, from, end);
    if (is_network(f->k))
        fit_network(f, from, end, progress, share);
    return dsc_scope_status(scope) == DSC_OK && (f->model || !is_network(f->k)) ? f : NULL;
}

void forecast(const struct forecaster *f, size_t from, size_t count, double *dst)
{
    forecast_scaled(f, f->scaled, from, count, dst);
    for (size_t i = 0; i < count; i++)
        dst[i] = unscale(f, dst[i]);
}

void forecast_from(const struct forecaster *f, size_t origin, size_t count, double *dst)
{
    dsc_scope *work = dsc_scope_open(NULL);
    double *known = dsc_scope_alloc(work, origin + count, sizeof *known);
    if (known)
        memcpy(known, f->scaled, origin * sizeof *known);
    for (size_t i = 0; known && i < count; i++) {
        forecast_scaled(f, known, origin + i, 1, &known[origin + i]);
        dst[i] = unscale(f, known[origin + i]);
    }
    dsc_scope_adopt_error(dsc_cell_scope(f->cell), work);
    dsc_scope_close(&work);
}
