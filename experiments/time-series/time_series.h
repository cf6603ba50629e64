/* time_series.h - the cases of the time-series experiment, and what they share. */
#ifndef TIME_SERIES_H
#define TIME_SERIES_H

#include <descent.h>

extern const dsc_case time_series_airline, time_series_sunspots, time_series_temperature, time_series_nyse;

/* Number of entries of an array. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What forecasts. The first two have nothing to fit and stand first in every table. */
enum method {
    PERSISTENCE, /* the value before */
    SEASONAL,    /* the value a season before */
    LINEAR,      /* least squares on the lags */
    MLP,         /* a perceptron on the lags */
    RNN,         /* recurrent layers that read the lags one after the other */
    LSTM,
    GRU,
    LINEAR_DAY, /* with the day of the week of what is forecast */
    MLP_DAY
};
#define METHODS     "persistence|seasonal|linear|mlp|rnn|lstm|gru"
#define DAY_METHODS "|linear-day|mlp-day"

/* Parameters and axes of every case. */
struct hyperparameters {
    const char *dataset, *column, *scaler, *scaling, *optimizer;
    int64_t method, lags, season, skip, history, test, refit, shown, data_seed;
    int64_t hidden, units, batch, epochs, mlp_epochs;
    double train_share, lr, clip, dropout, mlp_dropout;
};

/* Several quantities at the same times, one of which is forecast. */
struct series {
    size_t count, features, target;
    double *values; /* count x features */
    size_t days;    /* kinds of day; 0: not known */
    double *day;    /* count x days, 1 at the kind of the day and 0 elsewhere: known ahead */
    size_t train;   /* how many the file says are for training; 0: it does not say */
};

/* The column of a file, by name or number, that is one series. */
struct series *read_series(dsc_scope *scope, const char *path, const char *column);
/* The days of the New York Stock Exchange as ISLP publishes them: return, volume (which is forecast) and
   volatility; the days of the week by their names in the file. */
struct series *read_nyse(dsc_scope *scope, const char *path);

/* A trend, a season around it, and an autoregressive noise of order 1. */
struct form {
    size_t count;
    double level, slope, amplitude, growth; /* the season's amplitude grows by that share of it in a season */
    double correlation, noise; /* of neighbouring values of the noise; its innovations' deviation */
    double least;              /* values below become this */
};
struct series *generate_series(dsc_scope *scope, const struct form *form, size_t season, uint64_t seed);
/* Three quantities that depend on each other as those of the stock exchange do, and a day of the week. */
struct series *generate_exchange(dsc_scope *scope, uint64_t seed);

/* What a cell has fitted to the values before some time. Everything in it, the scaling too, is a function of
   those values alone (but for the control scaler=all). */
struct forecaster {
    dsc_cell *cell;
    const struct hyperparameters *k;
    const struct series *series;
    dsc_scaler scaler;  /* of each quantity */
    double *scaled;     /* count x features; what lies behind the training part is scaled as that is */
    dsc_matrix weights; /* of linear methods: a constant, lags from the oldest on, days but the last */
    dsc_model *model;   /* of networks */
    dsc_node *output;
};

/* Fits the cell's method to the values first..end-1. progress and share: how far the cell is, and by how much
   this gets it on. NULL if the cell's scope failed or the run is to stop. */
struct forecaster *fit(dsc_cell *cell, const struct series *series, size_t first, size_t end, double progress,
                       double share);
/* The first value that the method can be fitted to, from first on. */
size_t first_target(const struct hyperparameters *k, size_t first);
/* Forecasts of the values from..from+count-1, each from the true values before it. */
void forecast(const struct forecaster *f, size_t from, size_t count, double *dst);
/* Forecasts from a fixed origin: each from the true values before `origin` and the forecasts since. Of series
   of one quantity. */
void forecast_from(const struct forecaster *f, size_t origin, size_t count, double *dst);

/* The network and its training, for the dry run. */
dsc_cost method_cost(dsc_scope *scope, const dsc_plan *plan, const struct hyperparameters *k, size_t features,
                     size_t days, size_t examples);

/* Fits and forecasts, and leaves all outputs; origin: the case has the outputs of a fixed origin. */
void measure(dsc_cell *cell, bool origin);

/* The axis `step` of figures over time: 1 to hyperparameters.shown. */
size_t shown_steps(const void *hyperparameters, double *values, size_t capacity);

/* The parameters of every case but for its defaults, which are named as the parameters are. */
#define COMMON_PARAMS(season_value, skip_value, test_value, share_value, shown_value, scaling_value)         \
    DSC_PARAM_INTEGER(struct hyperparameters, season, season_value, 1, 100000,                               \
                      "values in a season, for the seasonal naive forecast"),                                \
        DSC_PARAM_INTEGER(struct hyperparameters, skip, skip_value, 0, 100000000,                            \
                          "values at the beginning that are left out"),                                      \
        DSC_PARAM_INTEGER(struct hyperparameters, test, test_value, 0, 100000000,                            \
                          "values at the end that test; 0: by train_share"),                                 \
        DSC_PARAM_REAL(struct hyperparameters, train_share, share_value, 0.01, 0.99,                         \
                       "share of the values that trains, rounded down"),                                     \
        DSC_PARAM_CHOICE(                                                                                    \
            struct hyperparameters, scaler, "train", "train|all",                                            \
            "values that mean and deviation of the networks' inputs are of; all looks into the "             \
            "future, as many tutorials do: a control"),                                                      \
        DSC_PARAM_CHOICE(struct hyperparameters, scaling, scaling_value, "z|min-max",                        \
                         "to mean 0 and variance 1, or to 0..1"),                                            \
        DSC_PARAM_INTEGER(struct hyperparameters, refit, "0", 0, 100000000,                                  \
                          "test values after which everything is fitted again, to all before; 0: never"),    \
        DSC_PARAM_INTEGER(struct hyperparameters, shown, shown_value, 1, 10000,                              \
                          "test values that are drawn, and forecast from the fixed origin")
#define NETWORK_PARAMS(optimizer_value, lr_value, batch_value, epochs_value, mlp_epochs_value, hidden_value, \
                       units_value, dropout_value, mlp_dropout_value)                                        \
    DSC_PARAM_CHOICE(struct hyperparameters, optimizer, optimizer_value, "adam|rmsprop",                     \
                     "update rule of the networks"),                                                         \
        DSC_PARAM_REAL(struct hyperparameters, lr, lr_value, 1e-9, 10, "learning rate"),                     \
        DSC_PARAM_REAL(struct hyperparameters, clip, "1", 0, 1e9, "largest norm of the gradient; 0: any"),   \
        DSC_PARAM_INTEGER(struct hyperparameters, batch, batch_value, 1, 100000, "examples per step"),       \
        DSC_PARAM_INTEGER(struct hyperparameters, epochs, epochs_value, 1, 1000000,                          \
                          "passes of the recurrent networks"),                                               \
        DSC_PARAM_INTEGER(struct hyperparameters, mlp_epochs, mlp_epochs_value, 1, 1000000,                  \
                          "passes of the perceptron"),                                                       \
        DSC_PARAM_INTEGER(struct hyperparameters, hidden, hidden_value, 1, 8192,                             \
                          "units of the perceptron's hidden layer"),                                         \
        DSC_PARAM_INTEGER(struct hyperparameters, units, units_value, 1, 4096, "units of recurrent layers"), \
        DSC_PARAM_REAL(struct hyperparameters, dropout, dropout_value, 0, 0.9,                               \
                       "rate of dropout behind recurrent layers"),                                           \
        DSC_PARAM_REAL(struct hyperparameters, mlp_dropout, mlp_dropout_value, 0, 0.9,                       \
                       "rate of dropout behind the perceptron's hidden layer"),                              \
        DSC_PARAM_INTEGER(struct hyperparameters, data_seed, "1", 0, 4294967295,                             \
                          "seed of a generated series; seeds of the run change the networks")

#define METHOD_AXIS(choice_list, values)                                                                     \
    {                                                                                                        \
        .param = { .name = "method",                                                                         \
                   .kind = DSC_KIND_INTEGER,                                                                 \
                   .offset = DSC_FIELD(struct hyperparameters, method, int64_t),                             \
                   .value = (values),                                                                        \
                   .choices = (choice_list),                                                                 \
                   .help = "what forecasts" },                                                               \
        .units = "1", .long_name = "method"                                                                  \
    }
#define LAGS_AXIS(values)                                                                                    \
    {                                                                                                        \
        .param = { .name = "lags",                                                                           \
                   .kind = DSC_KIND_INTEGER,                                                                 \
                   .offset = DSC_FIELD(struct hyperparameters, lags, int64_t),                               \
                   .value = (values),                                                                        \
                   .min = 1,                                                                                 \
                   .max = 10000,                                                                             \
                   .help = "values before it that a value is forecast from" },                               \
        .units = "1", .long_name = "lags"                                                                    \
    }
#define STEP_AXIS                                                                                            \
    {                                                                                                        \
        .param = { .name = "step",                                                                           \
                   .kind = DSC_KIND_INTEGER,                                                                 \
                   .value = "1",                                                                             \
                   .min = 1,                                                                                 \
                   .max = 10000,                                                                             \
                   .help = "test values, from the first on (set shown)" },                                   \
        .units = "1", .long_name = "test value", .inner = true, .derive = shown_steps                        \
    }

#endif
