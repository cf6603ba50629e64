/* nyse.c - the volume of trade at the New York Stock Exchange from returns, volumes and volatilities of the
 * days before (James, Witten, Hastie, Tibshirani and Taylor 2023, An Introduction to Statistical Learning
 * with Python, section 10.9.6). One step ahead: the other two quantities are not forecast, so there is no
 * fixed origin. Training starts at the sixth day whatever the lags, as in the book. */
#include "time_series.h"

#include <math.h>

static const dsc_param params[] = {
    DSC_PARAM_CHOICE(struct hyperparameters, dataset, "auto", "auto|generated|nyse",
                     "what is forecast; auto: the exchange's file if --data DIR has it, else generated days"),
    COMMON_PARAMS("5", "0", "0", "0.7", "120", "z"),
    DSC_PARAM_INTEGER(struct hyperparameters, history, "5", 0, 10000,
                      "days at the beginning that nothing is fitted to, so that all lags have the same days"),
    NETWORK_PARAMS("rmsprop", "0.001", "64", "200", "20", "32", "12", "0.1", "0.5"),
    { 0 },
};

static const dsc_axis axes[] = {
    METHOD_AXIS(METHODS DAY_METHODS, "persistence,seasonal,linear,mlp,rnn,lstm,gru,linear-day,mlp-day"),
    LAGS_AXIS("1,3,5"),
    STEP_AXIS,
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "test_rmse", "1", "root mean squared error one day ahead on the test part", NULL },
    { "test_mse", "1", "mean squared error one day ahead on the test part", NULL },
    { "test_r2", "1", "R squared one day ahead on the test part", NULL },
    { "to_persistence", "1", "test_rmse over that of persistence", NULL },
    { "train_rmse", "1", "root mean squared error one day ahead on the training part", NULL },
    { "train_r2", "1", "R squared one day ahead on the training part", NULL },
    { "observed", "1", "log volume of a test day", "step" },
    { "forecast", "1", "its forecast one day ahead", "step" },
    { "residual", "1", "log volume less its forecast", "step" },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "lags=1,5 epochs=10 mlp_epochs=20 seeds=3", "shorter training, 3 seeds: seconds" },
    { "default", "seeds=5", "the book's setting, 5 seeds: seconds" },
    { 0 },
};

static void *prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory)
{
    const struct hyperparameters *k = hyperparameters;
    const dsc_known_data *known = dsc_plan_data(plan);
    return known ? read_nyse(scope, dsc_data_file(scope, directory, known->files[0].name))
                 : generate_exchange(scope, (uint64_t)k->data_seed);
}

static void run(dsc_cell *cell)
{
    measure(cell, false);
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    return method_cost(scope, plan, hyperparameters, 3, 5, 4276);
}

/* Of the book's runs with five lags. */
static const dsc_series published = {
    .label = "published, five lags, one run each",
    .style = DSC_SERIES_PUBLISHED,
    .reference_count = 5,
    .reference_x = { 0, 2, 4, 7, 8 },
    .reference_y = { 0.1803, 0.4129, 0.4150, 0.4596, 0.4660 },
};

/* The panels of figures over time, which have room for six. */
#define SHOWN "lags=last method=persistence,linear,linear-day,mlp-day,rnn,lstm"

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 4)
        return 0;
    figures[0] = (dsc_figure){
        .name = "forecast",
        .title = "Forecasts of the first test days",
        .x = "step",
        .x_label = "test day",
        .y_label = "log volume",
        .panels = "method",
        .series = { { .output = "observed", .label = "observed", .where = SHOWN, .style = DSC_SERIES_THEORY },
                    { .output = "forecast", .label = "one day ahead", .where = SHOWN } },
    };
    figures[1] = (dsc_figure){
        .name = "r2",
        .title = "Share of the variance of log volume that is forecast",
        .x = "method",
        .x_label = "method",
        .y_label = "R squared on the test part",
        .by = "lags",
        .series = { { .output = "test_r2", .label = "test" }, published },
    };
    figures[2] = (dsc_figure){
        .name = "lags",
        .title = "The same over the number of lags",
        .x = "lags",
        .x_label = "lags",
        .y_label = "R squared on the test part",
        .by = "method",
        .series = { { .output = "test_r2",
                      .label = "test",
                      .where = "method=persistence,linear,linear-day,mlp,mlp-day,rnn,lstm,gru" } },
    };
    figures[3] = (dsc_figure){
        .name = "residuals",
        .title = "What the forecasts leave",
        .x = "step",
        .x_label = "test day",
        .y_label = "observed - forecast",
        .panels = "method",
        .series = { { .output = "residual", .label = "residual", .where = SHOWN } },
    };
    return 4;
}

#define BOOK "data=nyse skip=0 test=0 history=5 refit=0"
#define NETS BOOK " lr=0.001 batch=64 optimizer=rmsprop hidden=32 units=12 dropout=0.1 mlp_dropout=0.5"

#define EXACT(sentence, place, value, number)                                                                \
    {                                                                                                        \
        .text = (sentence), .expected = (number), .needs = BOOK,                                             \
        .measured = { .output = "test_r2", .where = (place) }, .low = (value)-1e-9, .high = (value) + 1e-9   \
    }

static const dsc_claims claims[] = {
    { .source = "James et al., An Introduction to Statistical Learning, 10.9.6, and its laboratory",
      .setting = "R squared on 1,770 test days; linear models are exact, networks single runs",
      .claims = DSC_CLAIMS(
          EXACT("The volume of the day before", "method=persistence lags=5", 0.18026287838158628, "0.18"),
          EXACT("Least squares on one day", "method=linear lags=1", 0.34496133493730996, "0.345"),
          EXACT("On three days", "method=linear lags=3", 0.38677179717582477, "0.387"),
          EXACT("On five days", "method=linear lags=5", 0.4128912938562521, "0.4129"),
          EXACT("On five days, and the day of the week", "method=linear-day lags=5", 0.4595563133053,
                "0.4596"),
          { .text = "A recurrent network of 12 units does as well as least squares",
            .expected = "0.4150",
            .needs = NETS " epochs=200",
            .measured = { .output = "test_r2", .where = "method=rnn lags=5" },
            .low = 0.39,
            .high = 0.44,
            .seeds = 3 },
          { .text = "A perceptron that knows the day of the week",
            .expected = "0.4660",
            .needs = NETS " mlp_epochs=20",
            .measured = { .output = "test_r2", .where = "method=mlp-day lags=5" },
            .low = 0.44,
            .high = 0.49,
            .seeds = 3 }) },
    { .source = "lecture notes: prediction from delay taps, hidden layers and kept states form a ladder",
      .setting = "here: R squared with five lags, 5 networks of each kind, less that of the rung below",
      .claims = DSC_CLAIMS({ .text = "Prediction from delay taps beats the value before",
                             .expected = "more",
                             .needs = BOOK,
                             .measured = { .output = "test_r2", .where = "method=linear lags=5" },
                             .against = { .output = "test_r2", .where = "method=persistence lags=5" },
                             .low = 0,
                             .high = INFINITY,
                             .seeds = 5 },
                           { .text = "A hidden layer over the taps generalises it",
                             .expected = "no less",
                             .needs = BOOK,
                             .measured = { .output = "test_r2", .where = "method=mlp lags=5" },
                             .against = { .output = "test_r2", .where = "method=linear lags=5" },
                             .low = 0,
                             .high = INFINITY,
                             .seeds = 5 },
                           { .text = "A network that keeps a state does as well as one that sees the taps",
                             .expected = "no less",
                             .needs = BOOK,
                             .measured = { .output = "test_r2", .where = "method=rnn lags=5" },
                             .against = { .output = "test_r2", .where = "method=mlp lags=5" },
                             .low = 0,
                             .high = INFINITY,
                             .seeds = 5 },
                           { .text = "A state with gates does as well as one without",
                             .expected = "no less",
                             .needs = BOOK,
                             .measured = { .output = "test_r2", .where = "method=lstm lags=5" },
                             .against = { .output = "test_r2", .where = "method=rnn lags=5" },
                             .low = 0,
                             .high = INFINITY,
                             .seeds = 5 }) },
    { .source = NULL },
};

const dsc_case time_series_nyse = {
    .name = "nyse",
    .summary = "Volume of trade at the New York Stock Exchange from three quantities of the days before",
    .reference = "James et al., An Introduction to Statistical Learning with Python, 10.9.6",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 5,
    .uses_data = true,
    .data_choice = "dataset",
    .uses_lapack = true,
    .prepare = prepare,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};
