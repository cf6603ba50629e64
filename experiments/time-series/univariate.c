/* univariate.c - one series: airline passengers, sunspots, temperatures, or a column of one's own file.
 *
 * Two ways to evaluate. One step ahead: each test value is forecast from all true values before it, with what
 * was fitted to the training part (walk forward; --set refit=N fits anew every N values). From a fixed
 * origin: all are forecast at the end of the training part, each from the forecasts before it. */
#include "time_series.h"

#include <math.h>
#include <string.h>

#define UNIVARIATE_PARAMS(set)                                                                               \
    DSC_PARAM_CHOICE(                                                                                        \
        struct hyperparameters, dataset, "auto", "auto|generated|" set "|file",                              \
        "what is forecast; auto: the data set's file if --data DIR has it, one's own if --data is "          \
        "a file, else a generated series of the same form"),                                                 \
        DSC_PARAM_TEXT(struct hyperparameters, column, "2", "the file's column, by name or number")

static const dsc_param airline_params[] = {
    UNIVARIATE_PARAMS("airline-passengers"),
    COMMON_PARAMS("12", "0", "0", "0.67", "48", "min-max"),
    NETWORK_PARAMS("adam", "0.005", "8", "200", "200", "16", "16", "0", "0"),
    { 0 },
};
static const dsc_param sunspots_params[] = {
    UNIVARIATE_PARAMS("monthly-sunspots"),
    COMMON_PARAMS("132", "0", "0", "0.8", "60", "z"),
    NETWORK_PARAMS("adam", "0.002", "64", "40", "40", "16", "16", "0", "0"),
    { 0 },
};
static const dsc_param temperature_params[] = {
    UNIVARIATE_PARAMS("daily-min-temperatures"),
    COMMON_PARAMS("365", "1", "7", "0.8", "7", "z"),
    NETWORK_PARAMS("adam", "0.002", "64", "20", "20", "16", "16", "0", "0"),
    { 0 },
};

static const dsc_axis airline_axes[] = {
    METHOD_AXIS(METHODS, "persistence,seasonal,linear,mlp,rnn,lstm,gru"),
    LAGS_AXIS("1,12,13"),
    STEP_AXIS,
    { .param = { 0 } },
};
static const dsc_axis sunspots_axes[] = {
    METHOD_AXIS(METHODS, "persistence,seasonal,linear,mlp,rnn,lstm,gru"),
    LAGS_AXIS("2,9,24"),
    STEP_AXIS,
    { .param = { 0 } },
};
static const dsc_axis temperature_axes[] = {
    METHOD_AXIS(METHODS, "persistence,seasonal,linear,mlp,rnn,lstm,gru"),
    LAGS_AXIS("1,7,29"),
    STEP_AXIS,
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "test_rmse", "1", "root mean squared error one step ahead on the test part", NULL },
    { "test_mse", "1", "mean squared error one step ahead on the test part", NULL },
    { "test_r2", "1", "R squared one step ahead on the test part", NULL },
    { "to_persistence", "1", "test_rmse over that of persistence", NULL },
    { "train_rmse", "1", "root mean squared error one step ahead on the training part", NULL },
    { "train_r2", "1", "R squared one step ahead on the training part", NULL },
    { "origin_rmse", "1", "root mean squared error from the fixed origin, of the values that are shown",
      NULL },
    { "origin_mse", "1", "mean squared error from the fixed origin, of the values that are shown", NULL },
    { "observed", "1", "test value", "step" },
    { "forecast", "1", "forecast one step ahead", "step" },
    { "residual", "1", "test value less its forecast one step ahead", "step" },
    { "origin_forecast", "1", "forecast from the fixed origin", "step" },
    { 0 },
};

static const dsc_preset airline_presets[] = {
    { "quick", "lags=1,12 epochs=100 mlp_epochs=100 seeds=3", "shorter training, 3 seeds: seconds" },
    { "default", "seeds=5", "5 seeds: seconds" },
    { "paper",
      "method=persistence,seasonal,linear,lstm lags=1 units=4 lr=0.001 batch=1 epochs=100 scaler=all",
      "the tutorial's LSTM, scaled by the future, too" },
    { 0 },
};
static const dsc_preset sunspots_presets[] = {
    { "quick", "lags=2,9 epochs=10 mlp_epochs=20 seeds=3", "shorter training, 3 seeds: seconds" },
    { "default", "seeds=5", "5 seeds: seconds" },
    { 0 },
};
static const dsc_preset temperature_presets[] = {
    { "quick", "lags=1,7 epochs=5 mlp_epochs=10 seeds=3", "shorter training, 3 seeds: seconds" },
    { "default", "seeds=5", "5 seeds: seconds" },
    { 0 },
};

static const struct form airline_form = { 144, 110, 2.4, 25, 0.3, 0.8, 6, -INFINITY };
static const struct form sunspots_form = { 2820, 50, 0, 45, 0, 0.9, 12, 0 };
static const struct form temperature_form = { 3650, 11, 0, 4.2, 0, 0.6, 2.2, -INFINITY };

static void *series_of(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                       const char *directory, const struct form *form)
{
    const struct hyperparameters *k = hyperparameters;
    const dsc_known_data *known = dsc_plan_data(plan);
    if (known)
        return read_series(scope, dsc_data_file(scope, directory, known->files[0].name), k->column);
    if (strcmp(k->dataset, "file") == 0)
        return read_series(scope, directory, k->column);
    return generate_series(scope, form, (size_t)k->season, (uint64_t)k->data_seed);
}

static void *prepare_airline(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                             const char *directory)
{
    return series_of(scope, plan, hyperparameters, directory, &airline_form);
}

static void *prepare_sunspots(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                              const char *directory)
{
    return series_of(scope, plan, hyperparameters, directory, &sunspots_form);
}

static void *prepare_temperature(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                                 const char *directory)
{
    return series_of(scope, plan, hyperparameters, directory, &temperature_form);
}

static void run(dsc_cell *cell)
{
    measure(cell, true);
}

/* The length of one's own file is not known before it is read: it is taken for the known series'. */
static dsc_cost airline_cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    return method_cost(scope, plan, hyperparameters, 1, 0, 96);
}

static dsc_cost sunspots_cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    return method_cost(scope, plan, hyperparameters, 1, 0, 2256);
}

static dsc_cost temperature_cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    return method_cost(scope, plan, hyperparameters, 1, 0, 3642);
}

/* The panels of figures over time, which have room for six. */
#define SHOWN "lags=last method=persistence,seasonal,linear,mlp,rnn,lstm"

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 4)
        return 0;
    figures[0] = (dsc_figure){
        .name = "forecast",
        .title = "Forecasts of the first test values",
        .x = "step",
        .x_label = "test value",
        .y_label = "value",
        .panels = "method",
        .series = { { .output = "observed", .label = "observed", .where = SHOWN, .style = DSC_SERIES_THEORY },
                    { .output = "forecast", .label = "one step ahead", .where = SHOWN },
                    { .output = "origin_forecast", .label = "from the fixed origin", .where = SHOWN } },
    };
    figures[1] = (dsc_figure){
        .name = "error",
        .title = "Error one step ahead, beside persistence",
        .x = "method",
        .x_label = "method",
        .y_label = "root mean squared error / persistence's",
        .by = "lags",
        .series = { { .output = "to_persistence", .label = "test" } },
    };
    figures[2] = (dsc_figure){
        .name = "lags",
        .title = "Error over the number of lags",
        .x = "lags",
        .x_label = "lags",
        .y_label = "root mean squared error",
        .by = "method",
        .series = { { .output = "test_rmse", .label = "test" } },
    };
    figures[3] = (dsc_figure){
        .name = "residuals",
        .title = "What the forecasts one step ahead leave",
        .x = "step",
        .x_label = "test value",
        .y_label = "observed - forecast",
        .panels = "method",
        .series = { { .output = "residual", .label = "residual", .where = SHOWN } },
    };
    return 4;
}

/* A deterministic number that others publish or that follows from the data. */
#define EXACT(sentence, output_name, place, value, number, setting)                                          \
    {                                                                                                        \
        .text = (sentence), .expected = (number), .needs = setting " refit=0",                               \
        .measured = { .output = (output_name), .where = (place) }, .low = (value)-1e-6,                      \
        .high = (value) + 1e-6                                                                               \
    }

/* Each rung against the one below it. */
#define NOTES "lecture notes: prediction from delay taps, hidden layers and kept states form a ladder"
#define LADDER(data, above, below, sentence)                                                                 \
    {                                                                                                        \
        .text = (sentence), .needs = data, .expected = "no worse: ratio of the errors at most 1",            \
        .measured = { .output = "test_rmse", .where = "method=" above " lags=last" },                        \
        .against = { .output = "test_rmse", .where = "method=" below " lags=last" },                         \
        .relation = DSC_RELATION_RATIO, .low = 0, .high = 1, .seeds = 5                                      \
    }
#define LADDER_CLAIMS(data)                                                                                  \
    {                                                                                                        \
        .source = NOTES, .setting = "here: one step ahead with the most lags, 5 networks of each kind",      \
        .claims = DSC_CLAIMS(                                                                                \
            LADDER(data, "linear", "persistence", "Prediction from delay taps beats the value before"),      \
            LADDER(data, "mlp", "linear", "A hidden layer over the taps generalises it"),                    \
            LADDER(data, "rnn", "mlp",                                                                       \
                   "A network that keeps a state does as well as one that sees the taps"),                   \
            LADDER(data, "lstm", "rnn", "A state with gates does as well as one without"))                   \
    }

#define AIRLINE "data=airline-passengers skip=0 test=0 train_share=0.67"
static const dsc_claims airline_claims[] = {
    { .source = "Brownlee, Time Series Prediction with LSTM Recurrent Neural Networks",
      .setting = "airline passengers, two thirds train, errors of 46 test values; here: of all 48, and what "
                 "scales is fitted to the training part alone",
      .claims =
          DSC_CLAIMS(EXACT("The value before", "test_rmse", "method=persistence lags=12", 48.04121494439263,
                           "48.04", AIRLINE " lags=12"),
                     EXACT("The value a year before", "test_rmse", "method=seasonal lags=12",
                           41.85366371856431, "41.85", AIRLINE " lags=12"),
                     EXACT("Least squares on twelve lags", "test_rmse", "method=linear lags=12",
                           20.952388107897463, "20.95", AIRLINE),
                     EXACT("On thirteen: with the month before the one a year ago", "test_rmse",
                           "method=linear lags=13", 14.257586217752086, "14.26", AIRLINE),
                     { .text = "An LSTM that sees one lag does what persistence does: ratio of the errors",
                       .expected = "47.53 / 48.66 = 0.98",
                       .needs = AIRLINE,
                       .measured = { .output = "to_persistence", .where = "method=lstm lags=1" },
                       .low = 0.9,
                       .high = 1.2,
                       .seeds = 5 }) },
    LADDER_CLAIMS(AIRLINE),
    { .source = NULL },
};

#define SUNSPOTS "data=monthly-sunspots skip=0 test=0 train_share=0.8"
static const dsc_claims sunspots_claims[] = {
    { .source = "Monthly sunspots, recomputed with NumPy",
      .setting = "the first 80 % train; least squares one step ahead",
      .claims = DSC_CLAIMS(
          EXACT("The value before", "test_rmse", "method=persistence lags=2", 20.090703894555897, "20.091",
                SUNSPOTS " lags=2"),
          EXACT("Two lags", "test_rmse", "method=linear lags=2", 19.37316923554464, "19.373", SUNSPOTS),
          EXACT("Nine lags", "test_rmse", "method=linear lags=9", 18.83331724518917, "18.833", SUNSPOTS),
          EXACT("Twenty-four lags", "test_rmse", "method=linear lags=24", 18.206268918834695, "18.206",
                SUNSPOTS)) },
    LADDER_CLAIMS(SUNSPOTS),
    { .source = NULL },
};

#define TEMPERATURES "data=daily-min-temperatures skip=1 test=7 shown=7"
static const dsc_claims temperature_claims[] = {
    { .source = "Brownlee, Autoregression Models for Time Series Forecasting With Python",
      .setting = "minimum temperatures, the last 7 days test, all but the first before train",
      .claims =
          DSC_CLAIMS(EXACT("The value before: squared error", "test_mse", "method=persistence lags=29",
                           3.4228571428571413, "3.423", TEMPERATURES " lags=29"),
                     EXACT("Least squares on 29 lags from the fixed origin: squared error", "origin_mse",
                           "method=linear lags=29", 1.501525231006982, "1.5015", TEMPERATURES),
                     EXACT("Its first forecast", "origin_forecast", "method=linear lags=29 step=1",
                           11.87127485, "11.871275", TEMPERATURES),
                     EXACT("Its second forecast", "origin_forecast", "method=linear lags=29 step=2",
                           13.05379422, "13.053794", TEMPERATURES),
                     EXACT("Its third forecast", "origin_forecast", "method=linear lags=29 step=3",
                           13.53259095, "13.532591", TEMPERATURES),
                     EXACT("One step ahead: squared error", "test_mse", "method=linear lags=29",
                           1.4506829660623755, "1.4507", TEMPERATURES)) },
    LADDER_CLAIMS(TEMPERATURES),
    { .source = NULL },
};

const dsc_case time_series_airline = {
    .name = "airline",
    .summary = "Airline passengers, or a column of one's own file: trend and season",
    .reference = "Box and Jenkins 1976, series G; Brownlee, Time Series Prediction with LSTM",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = airline_params,
    .axes = airline_axes,
    .outputs = outputs,
    .presets = airline_presets,
    .seeds = 5,
    .uses_data = true,
    .data_choice = "dataset",
    .uses_lapack = true,
    .prepare = prepare_airline,
    .run = run,
    .cost = airline_cost,
    .figures = figures,
    .claims = airline_claims,
};

const dsc_case time_series_sunspots = {
    .name = "sunspots",
    .summary = "Monthly sunspot numbers: a cycle of about eleven years",
    .reference = "Yule 1927 (autoregression of sunspot numbers); Andrews and Herzberg 1985",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = sunspots_params,
    .axes = sunspots_axes,
    .outputs = outputs,
    .presets = sunspots_presets,
    .seeds = 5,
    .uses_data = true,
    .data_choice = "dataset",
    .uses_lapack = true,
    .prepare = prepare_sunspots,
    .run = run,
    .cost = sunspots_cost,
    .figures = figures,
    .claims = sunspots_claims,
};

const dsc_case time_series_temperature = {
    .name = "temperature",
    .summary = "Daily minimum temperatures, a week ahead from a fixed origin",
    .reference = "Brownlee, Autoregression Models for Time Series Forecasting With Python",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = temperature_params,
    .axes = temperature_axes,
    .outputs = outputs,
    .presets = temperature_presets,
    .seeds = 5,
    .uses_data = true,
    .data_choice = "dataset",
    .uses_lapack = true,
    .prepare = prepare_temperature,
    .run = run,
    .cost = temperature_cost,
    .figures = figures,
    .claims = temperature_claims,
};
