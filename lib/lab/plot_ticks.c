/* plot_ticks.c - where an axis has ticks, and what they say. */
#include "lab/plot.h"

#include <math.h>
#include <stdio.h>

static void tick_add(dsci_ticks *ticks, double at)
{
    const size_t i = ticks->count++;
    ticks->at[i] = at;
    const double size = fabs(at);
    const int power = size > 0 ? (int)floor(log10(size) + 1e-9) : 0;
    if (size == 0 || (size > 0.9e-3 && size < 0.9e5)) {
        snprintf(ticks->text[i], sizeof ticks->text[i], "%.6g", at);
        snprintf(ticks->latex[i], sizeof ticks->latex[i], at < 0 ? "$%.6g$" : "%.6g", at);
        return;
    }
    const double digits = at / pow(10, power);
    snprintf(ticks->text[i], sizeof ticks->text[i], "%.4ge%d", digits, power);
    if (fabs(digits - 1) < 1e-9)
        snprintf(ticks->latex[i], sizeof ticks->latex[i], "$10^{%d}$", power);
    else
        snprintf(ticks->latex[i], sizeof ticks->latex[i], "$%.4g \\cdot 10^{%d}$", digits, power);
}

static dsci_ticks ticks_linear(dsci_range range, size_t most)
{
    static const double steps[] = { 1, 2, 5, 10 };
    const double least = (range.high - range.low) / (double)most, power = pow(10, floor(log10(least)));
    double step = 10 * power;
    for (size_t i = 4; i-- > 0;)
        if (steps[i] * power >= least)
            step = steps[i] * power;
    dsci_ticks ticks = { 0 };
    const double first = ceil(range.low / step - 1e-9);
    for (double k = first; k * step <= range.high + 1e-9 * step && ticks.count < DSCI_MAX_TICKS; k++)
        tick_add(&ticks, k == 0 ? 0 : k * step);
    return ticks;
}

/* The densest pattern of digits, in every so many decades, that has at most `most` ticks, no two of them
   nearer than a label is wide. */
static dsci_ticks ticks_log(dsci_range range, size_t most)
{
    static const struct {
        int every;
        const char *digits;
        double gap; /* the smallest distance of two ticks, in decades */
    } patterns[] = { { 1, "123456789", 0.045 },
                     { 1, "12357", 0.146 },
                     { 1, "125", 0.301 },
                     { 1, "1", 1 },
                     { 2, "1", 2 },
                     { 3, "1", 3 },
                     { 5, "1", 5 },
                     { 10, "1", 10 },
                     { 20, "1", 20 },
                     { 50, "1", 50 },
                     { 100, "1", 100 } };
    dsci_ticks ticks = { 0 };
    const int first = (int)floor(log10(range.low)), last = (int)ceil(log10(range.high));
    const bool long_labels = range.low < 0.009 || range.high > 9e3; /* "0.005", "20000" */
    const double nearest = (long_labels ? 1.0 : 0.7) * log10(range.high / range.low) / (double)most;
    size_t p = 0;
    while (p + 1 < sizeof patterns / sizeof patterns[0] && patterns[p].gap < nearest)
        p++;
    for (int power = first; power <= last; power++)
        for (const char *digit = patterns[p].digits; power % patterns[p].every == 0 && *digit; digit++) {
            const double at = (*digit - '0') * pow(10, power);
            if (at >= range.low * (1 - 1e-9) && at <= range.high * (1 + 1e-9) && ticks.count < DSCI_MAX_TICKS)
                tick_add(&ticks, at);
        }
    return ticks;
}

dsci_ticks dsci_ticks_make(dsci_range range, size_t most)
{
    if (most < 2 || most > DSCI_MAX_TICKS)
        most = DSCI_MAX_TICKS;
    if (!range.log)
        return ticks_linear(range, most);
    const dsci_ticks ticks = ticks_log(range, most);
    return ticks.count >= 2 ? ticks : ticks_linear(range, most);
}
