/* ticks.c - where an axis has ticks, and what they say. */
#include "plot/plot.h"

#include <math.h>
#include <stdio.h>

/* digits: significant ones that tell it from its neighbours. */
static void tick_add(dsci_ticks *ticks, double at, int digits)
{
    if (ticks->count == DSCI_MAX_TICKS)
        return;
    const size_t i = ticks->count++;
    ticks->at[i] = at;
    const double size = fabs(at);
    const int power = size > 0 ? (int)floor(log10(size) + 1e-9) : 0;
    if (size == 0 || (size > 0.9e-3 && size < 0.9e5)) {
        snprintf(ticks->text[i], sizeof ticks->text[i], "%.*g", digits > 6 ? digits : 6, at);
        snprintf(ticks->latex[i], sizeof ticks->latex[i], at < 0 ? "$%.*g$" : "%.*g", digits > 6 ? digits : 6,
                 at);
        return;
    }
    const double lead = at / pow(10, power);
    snprintf(ticks->text[i], sizeof ticks->text[i], "%.*ge%d", digits > 4 ? digits : 4, lead, power);
    if (fabs(lead - 1) < 1e-9)
        snprintf(ticks->latex[i], sizeof ticks->latex[i], "$10^{%d}$", power);
    else
        snprintf(ticks->latex[i], sizeof ticks->latex[i], "$%.*g \\cdot 10^{%d}$", digits > 4 ? digits : 4,
                 lead, power);
}

static dsci_ticks ticks_linear(dsci_span range, size_t most)
{
    static const double steps[] = { 1, 2, 5, 10 };
    const double wanted = (range.high - range.low) / (double)most;
    const double least = range.whole ? fmax(wanted, 1) : wanted, power = pow(10, floor(log10(least)));
    double step = 10 * power;
    for (size_t i = 4; i-- > 0;)
        if (steps[i] * power >= least * (1 - 1e-9))
            step = steps[i] * power;
    const double size = fmax(fabs(range.low), fabs(range.high));
    const int digits = 1 + (int)ceil(log10(size / step) + 1e-9);
    dsci_ticks ticks = { 0 };
    const double first = ceil(range.low / step - 1e-9);
    for (size_t k = 0; k < DSCI_MAX_TICKS && (first + (double)k) * step <= range.high + 1e-9 * step; k++)
        tick_add(&ticks, first + (double)k == 0 ? 0 : (first + (double)k) * step, digits < 15 ? digits : 15);
    return ticks;
}

struct pattern {
    int every;
    const char *digits;
    double gap; /* the smallest distance of two ticks, in decades */
};

static dsci_ticks ticks_of(dsci_span range, const struct pattern *pattern)
{
    const int first = (int)floor(log10(range.low)), last = (int)ceil(log10(range.high));
    dsci_ticks ticks = { 0 };
    for (int power = first; power <= last; power++)
        for (const char *digit = pattern->digits; power % pattern->every == 0 && *digit; digit++) {
            const double at = (*digit - '0') * pow(10, power);
            if (at >= range.low * (1 - 1e-9) && at <= range.high * (1 + 1e-9) && (!range.whole || power >= 0))
                tick_add(&ticks, at, 1);
        }
    return ticks;
}

/* Where the last tick leaves much of a short axis unlabelled, one more, at least a gap beyond it. */
static void fill_end(dsci_ticks *ticks, dsci_span range, double gap)
{
    static const double leads[] = { 8, 7, 6, 5, 4, 3, 2.5, 2, 1.5, 1.2 };
    const double length = log10(range.high / range.low), last = ticks->at[ticks->count - 1];
    const double power = pow(10, floor(log10(range.high) + 1e-9));
    if (length > 2 || log10(range.high / last) < 0.18 * length)
        return;
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        const double at = leads[i] * power;
        if (at <= range.high * (1 + 1e-9) && log10(at / last) >= gap && (!range.whole || at == floor(at))) {
            tick_add(ticks, at, 2);
            return;
        }
    }
}

/* The densest pattern of digits, repeated in every decade or every second, third, ... one, that has at most
   `most` ticks, no two of them nearer than a label is wide; a denser one where that leaves less than two. */
static dsci_ticks ticks_log(dsci_span range, size_t most)
{
    static const struct pattern patterns[] = { { 1, "123456789", 0.045 },
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
    const bool long_labels = range.low < 0.009 || range.high > 9e3; /* "0.005", "20000" */
    const double nearest = (long_labels ? 1.0 : 0.7) * log10(range.high / range.low) / (double)most;
    size_t p = 0;
    while (p + 1 < sizeof patterns / sizeof patterns[0] && patterns[p].gap < nearest)
        p++;
    dsci_ticks ticks = ticks_of(range, &patterns[p]);
    while (p > 0 && ticks.count < 2)
        ticks = ticks_of(range, &patterns[--p]);
    if (ticks.count)
        fill_end(&ticks, range, nearest);
    return ticks;
}

dsci_ticks dsci_ticks_make(dsci_span range, size_t most)
{
    if (most < 2 || most > DSCI_MAX_TICKS)
        most = DSCI_MAX_TICKS;
    dsci_ticks ticks = { 0 };
    if (range.log)
        ticks = ticks_log(range, most);
    if (ticks.count < 2) {
        const dsci_ticks linear = ticks_linear(range, most);
        ticks = linear.count > ticks.count ? linear : ticks;
    }
    return ticks;
}
