/* width_figures.c - the figures of the width case. */
#include "width.h"

#include <string.h>

/* One figure over the width, a panel for each level of label noise. where picks the training sets. */
static dsc_figure over_width(const char *name, const char *title, const char *y_label, double y_scale,
                             const char *where, const char *const (*series)[2])
{
    dsc_figure figure = {
        .name = name,
        .title = title,
        .x = "width",
        .x_label = "width (hidden units)",
        .y_label = y_label,
        .log_x = true,
        .y_scale = y_scale,
        .panels = "label_noise",
    };
    for (size_t i = 0; series[i][0]; i++)
        figure.series[i] = (dsc_series){ .output = series[i][0], .label = series[i][1], .where = where };
    return figure;
}

static const char *const squared[][2] = { { "squared_error", "error" },
                                          { "squared_bias", "bias²" },
                                          { "squared_variance", "variance" },
                                          { "squared_noise", "noise" },
                                          { NULL, NULL } };
static const char *const split[][2] = { { "squared_variance", "variance" },
                                        { "squared_optimisation", "by optimisation" },
                                        { "squared_sampling", "by sampling" },
                                        { NULL, NULL } };
static const char *const zero_one[][2] = { { "zero_one_error", "error" },
                                           { "zero_one_bias", "bias" },
                                           { "zero_one_net_variance", "net variance" },
                                           { "zero_one_noise_effect", "effect of noise" },
                                           { NULL, NULL } };
static const char *const cross_entropy[][2] = { { "cross_entropy_error", "error" },
                                                { "cross_entropy_bias", "bias" },
                                                { "cross_entropy_variance", "variance" },
                                                { "cross_entropy_noise", "noise" },
                                                { NULL, NULL } };

static const char fresh[] = "scheme=fresh", splits[] = "scheme=splits";

size_t width_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    const dsc_figure all[] = {
        over_width("squared", "Squared error over width, fresh training sets", "squared error", 0, fresh,
                   squared),
        over_width("squared-splits", "Squared error over width, training sets by disjoint splits",
                   "squared error", 0, splits, squared),
        over_width("variance", "Variance over width, split into its sources", "variance of squared error", 0,
                   fresh, split),
        over_width("zero-one", "Zero-one error over width (Domingos)", "error (%)", 100, fresh, zero_one),
        over_width("cross-entropy", "Cross-entropy over width", "cross-entropy (nat)", 0, fresh,
                   cross_entropy),
    };
    const size_t count = sizeof all / sizeof all[0];
    if (capacity < count)
        return 0;
    memcpy(figures, all, sizeof all);
    return count;
}
