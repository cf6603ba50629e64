/* scaling.c - what the rows of the suite `scaling` say together: speed-up, efficiency, serial share. */
#include "present.h"

#include <math.h>
#include <string.h>

#include "terminal.h"

/* Another number of threads of the same network. */
static bool is_beside(const bench_result *one, const bench_result *r)
{
    const size_t length = strcspn(one->row.name, "/") + 1;
    return !r->absent && !r->hidden && r->threads > 1 && strcmp(r->row.suite, one->row.suite) == 0 &&
           strncmp(r->row.name, one->row.name, length) == 0;
}

/* s of time(n) = time(1) (s + (1 - s) / n), Amdahl's law (1967), by least squares; the times in one round. */
static double fit_round(const bench_results *results, const bench_result *one, size_t round)
{
    double products = 0, squares = 0;
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (!is_beside(one, r))
            continue;
        const double x = 1 - 1.0 / r->threads;
        products += x * (r->seconds[round] / one->seconds[round] - 1.0 / r->threads);
        squares += x * x;
    }
    return products / squares;
}

/* Times are divided within rounds, as what disturbs the machine for longer disturbs a whole round. */
bench_serial bench_serial_fit(const bench_results *results, size_t at)
{
    const bench_result *one = &results->items[at];
    bench_serial serial = { 0 };
    for (size_t i = 0; i < results->count; i++)
        serial.n += is_beside(one, &results->items[i]);
    if (serial.n == 0)
        return serial;
    double shares[BENCH_ROUNDS];
    for (size_t i = 0; i < BENCH_ROUNDS; i++)
        shares[i] = fit_round(results, one, i);
    const dsc_interval s = dsc_summarize(shares, BENCH_ROUNDS);
    serial.share = s.median;
    serial.low = s.low;
    serial.high = s.high;
    return serial;
}

/* The row on most threads. */
static const bench_result *last_of(const bench_results *results, const bench_result *one)
{
    const bench_result *last = one;
    for (size_t i = 0; i < results->count; i++)
        if (is_beside(one, &results->items[i]) && results->items[i].threads > last->threads)
            last = &results->items[i];
    return last;
}

static void print_scaling(const bench_results *results, size_t at)
{
    const bench_result *one = &results->items[at], *last = last_of(results, one);
    const bench_serial serial = bench_serial_fit(results, at);
    if (serial.n == 0)
        return;
    double ratios[BENCH_ROUNDS];
    for (size_t i = 0; i < BENCH_ROUNDS; i++)
        ratios[i] = one->seconds[i] / last->seconds[i];
    const dsc_interval up = dsc_summarize(ratios, BENCH_ROUNDS);
    cli_print("%.*s: %.2f times as fast on %d threads (%.2f to %.2f), efficiency %.0f %%, ",
              (int)strcspn(one->row.name, "/"), one->row.name, up.median, last->threads, up.low, up.high,
              100 * up.median / last->threads);
    if (up.median >= 1.005 * last->threads)
        cli_print("more than all threads can give: one of the two was disturbed\n");
    else if (bench_steadiness_of(&up) == BENCH_LOOSE)
        cli_print("too uncertain to say anything\n");
    else if (up.low > 1)
        cli_print("serial share %.1f %% (%.1f to %.1f)\n", 100 * fmax(0, serial.share),
                  100 * fmax(0, serial.low), 100 * fmax(0, serial.high));
    else
        cli_print("no speed-up shown\n");
}

void bench_print_scalings(const bench_results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (strcmp(r->row.suite, "scaling") == 0 && r->threads == 1 && !r->absent)
            print_scaling(results, i);
    }
}
