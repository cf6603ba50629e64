/* cases.c - time series: what a forecast is worth beside the value before it. */
#include "time_series.h"

static const dsc_case *const cases[] = { &time_series_airline, &time_series_sunspots,
                                         &time_series_temperature, &time_series_nyse, NULL };

const dsc_experiment time_series_experiment = {
    .name = "time-series",
    .summary = "Forecasts of time series: persistence, seasonal naive, linear, perceptron, RNN, LSTM, GRU",
    .reference = "Hyndman and Athanasopoulos, Forecasting: Principles and Practice; James et al., ISLP, 10.9",
    .cases = cases,
    .version = "1",
};
