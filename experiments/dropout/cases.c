/* cases.c - dropout: what it does beside other regularisers, at which rate, with how much data, and why. */
#include "dropout.h"

static const dsc_case *const cases[] = { &dropout_methods, &dropout_rate,        &dropout_size,
                                         &dropout_linear,  &dropout_uncertainty, NULL };

const dsc_experiment dropout_experiment = {
    .name = "dropout",
    .summary =
        "Dropout beside other regularisers: test error, rate, size of the data, exact theory, uncertainty",
    .reference = "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, JMLR 15, 2014",
    .cases = cases,
    .version = "1",
};
