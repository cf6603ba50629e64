/* schedules.c - the learning rate as a function of the step or epoch. */
#include <descent/optimizer.h>

#include <math.h>

#include <descent/value.h>

#include "nn/optimizer.h"

static const char *const names[] = {
    [DSC_SCHEDULE_CONSTANT] = "constant",       [DSC_SCHEDULE_STEPWISE] = "stepwise",
    [DSC_SCHEDULE_EXPONENTIAL] = "exponential", [DSC_SCHEDULE_INVERSE_TIME] = "inverse-time",
    [DSC_SCHEDULE_COSINE] = "cosine",           [DSC_SCHEDULE_WARM_RESTARTS] = "warm-restarts",
    [DSC_SCHEDULE_PLATEAU] = "plateau",         [DSC_SCHEDULE_TRIANGULAR] = "triangular",
    [DSC_SCHEDULE_TRIANGULAR2] = "triangular2", [DSC_SCHEDULE_ONE_CYCLE] = "one-cycle",
};

static const char *name_at(const void *user, size_t i)
{
    return ((const char *const *)user)[i];
}

int dsci_parse_name(dsc_scope *scope, const char *what, const char *name, const char *const *table,
                    size_t count)
{
    for (size_t i = 0; name && i < count; i++) {
        const char *a = table[i], *b = name;
        while (*a && *a == *b)
            a++, b++;
        if (*a == *b)
            return (int)i;
    }
    const char *nearest = dsc_nearest_name(name, count, name_at, table);
    if (nearest)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown %s '%s'; did you mean '%s'?", what, name, nearest);
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown %s '%s'; expected a name such as '%s' or '%s'",
                       what, name ? name : "", table[0], table[count - 1]);
    return -1;
}

const char *dsc_schedule_name(dsc_schedule_kind kind)
{
    return (unsigned)kind < DSC_SCHEDULE_COUNT ? names[kind] : "unknown";
}

dsc_schedule_kind dsc_schedule_parse(dsc_scope *scope, const char *name)
{
    const int kind = dsci_parse_name(scope, "schedule", name, names, DSC_SCHEDULE_COUNT);
    return kind < 0 ? DSC_SCHEDULE_CONSTANT : (dsc_schedule_kind)kind;
}

static double or_default(double value, double other)
{
    return value == 0 ? other : value;
}

static dsc_schedule with_defaults(const dsc_schedule *schedule)
{
    dsc_schedule s = *schedule;
    if (s.kind == DSC_SCHEDULE_STEPWISE || s.kind == DSC_SCHEDULE_PLATEAU)
        s.factor = or_default(s.factor, 0.1);
    if (s.kind == DSC_SCHEDULE_WARM_RESTARTS)
        s.factor = or_default(s.factor, 1);
    if (s.kind == DSC_SCHEDULE_TRIANGULAR || s.kind == DSC_SCHEDULE_TRIANGULAR2)
        s.period = or_default(s.period, 2000);
    s.patience = s.patience ? s.patience : 10;
    s.threshold = or_default(s.threshold, 1e-4);
    s.rise = or_default(s.rise, 0.3);
    s.divide = or_default(s.divide, 25);
    s.divide_at_end = or_default(s.divide_at_end, 1e4);
    s.momentum_low = or_default(s.momentum_low, 0.85);
    s.momentum_high = or_default(s.momentum_high, 0.95);
    return s;
}

dsc_status dsci_schedule_check(dsc_scope *scope, dsc_schedule *schedule)
{
    if ((unsigned)schedule->kind >= DSC_SCHEDULE_COUNT)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "schedule: expected a kind of dsc_schedule_kind, found %d",
                              (int)schedule->kind);
    *schedule = with_defaults(schedule);
    const dsc_schedule_kind kind = schedule->kind;
    const bool needs_period = kind == DSC_SCHEDULE_STEPWISE || kind == DSC_SCHEDULE_COSINE ||
                              kind == DSC_SCHEDULE_WARM_RESTARTS || kind == DSC_SCHEDULE_TRIANGULAR ||
                              kind == DSC_SCHEDULE_TRIANGULAR2 || kind == DSC_SCHEDULE_ONE_CYCLE;
    const bool needs_factor = kind == DSC_SCHEDULE_EXPONENTIAL || kind == DSC_SCHEDULE_INVERSE_TIME;
    const struct {
        const char *name;
        double value, least, limit;
    } numbers[] = {
        { "factor", schedule->factor, needs_factor ? 0x1p-1022 : kind == DSC_SCHEDULE_WARM_RESTARTS,
          INFINITY },
        { "period", schedule->period, needs_period, INFINITY },
        { "minimum", schedule->minimum, 0, INFINITY },
        { "warmup", schedule->warmup, 0, INFINITY },
        { "threshold", schedule->threshold, 0, 1 },
        { "rise", schedule->rise, 0, 1 },
        { "divide", schedule->divide, 1, INFINITY },
        { "divide_at_end", schedule->divide_at_end, 1, INFINITY },
        { "momentum_low", schedule->momentum_low, 0, 1 },
        { "momentum_high", schedule->momentum_high, 0, 1 },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!(numbers[i].value >= numbers[i].least && numbers[i].value < numbers[i].limit))
            return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                                  "schedule %s: expected %s from %g to below %g, found %g", names[kind],
                                  numbers[i].name, numbers[i].least, numbers[i].limit, numbers[i].value);
    if (kind == DSC_SCHEDULE_WARM_RESTARTS && schedule->factor != floor(schedule->factor))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "schedule %s: expected a whole number as factor, found %g", names[kind],
                              schedule->factor);
    return dsc_scope_status(scope);
}

/* The Taylor series about 0 for |x| <= pi / 4, to the last bit or two: first term 1 (cosine) or x (sine). */
static double series(double term, double x, int first)
{
    double sum = 0;
    for (int k = first; k < first + 20; k += 2) {
        sum += term;
        term *= -x * x / ((k + 1) * (k + 2));
    }
    return sum;
}

/* cos(pi x) for 0 <= x <= 1, with the same bits whatever the C library. */
static double cosine_of_share(double x)
{
    static const double PI = 3.14159265358979323846;
    if (x > 0.5)
        return -cosine_of_share(1 - x);
    return x <= 0.25 ? series(1, PI * x, 0) : series(PI * (0.5 - x), PI * (0.5 - x), 1);
}

static double anneal(double from, double to, double share)
{
    return to + (from - to) / 2 * (1 + cosine_of_share(share < 1 ? share : 1));
}

/* base^exponent for whole exponents >= 0. */
static double whole_power(double base, double exponent)
{
    double result = 1;
    uint64_t n = exponent < 0x1p63 ? (uint64_t)exponent : UINT64_MAX;
    for (; n > 0; n >>= 1, base *= base)
        if (n & 1)
            result *= base;
    return result;
}

static double triangle(const dsc_schedule *s, double lr, double t)
{
    const double cycle = floor(1 + t / (2 * s->period)), x = fabs(t / s->period - 2 * cycle + 1);
    const double height = s->kind == DSC_SCHEDULE_TRIANGULAR2 ? whole_power(0.5, cycle - 1) : 1;
    return s->minimum + (lr - s->minimum) * (x < 1 ? 1 - x : 0) * height;
}

/* The last steps of the two halves are rise period - 1 and period - 1, as in PyTorch. */
static double one_cycle(const dsc_schedule *s, double start, double top, double end, double t)
{
    const double up = s->rise * s->period - 1, last = s->period - 1;
    if (t <= up)
        return anneal(start, top, up > 0 ? t / up : 1);
    return anneal(top, end, t < last && last > up ? (t - up) / (last - up) : 1);
}

static double restarts(const dsc_schedule *s, double lr, double t)
{
    double length = s->period;
    if (s->factor == 1)
        t = fmod(t, length);
    for (; t >= length; length *= s->factor)
        t -= length;
    return anneal(lr, s->minimum, t / length);
}

static double time_of(const dsc_schedule *s, uint64_t step, uint64_t epoch)
{
    return (double)(s->by_epoch ? epoch : step);
}

double dsc_schedule_rate(const dsc_schedule *schedule, double lr, uint64_t step, uint64_t epoch)
{
    const dsc_schedule s = with_defaults(schedule);
    double t = time_of(&s, step, epoch);
    if (t < s.warmup)
        return t + 1 < s.warmup ? lr * (t + 1) / s.warmup : lr;
    t -= s.warmup;
    switch (s.kind) {
    case DSC_SCHEDULE_STEPWISE: return lr * whole_power(s.factor, floor(t / s.period));
    case DSC_SCHEDULE_EXPONENTIAL: return lr * whole_power(s.factor, floor(t));
    case DSC_SCHEDULE_INVERSE_TIME: return lr / (1 + s.factor * t);
    case DSC_SCHEDULE_COSINE: return anneal(lr, s.minimum, t / s.period);
    case DSC_SCHEDULE_WARM_RESTARTS: return restarts(&s, lr, t);
    case DSC_SCHEDULE_TRIANGULAR:
    case DSC_SCHEDULE_TRIANGULAR2: return triangle(&s, lr, t);
    case DSC_SCHEDULE_ONE_CYCLE: return one_cycle(&s, lr / s.divide, lr, lr / s.divide / s.divide_at_end, t);
    case DSC_SCHEDULE_CONSTANT:
    case DSC_SCHEDULE_PLATEAU:
    case DSC_SCHEDULE_COUNT: break;
    }
    return lr;
}

double dsc_schedule_momentum(const dsc_schedule *schedule, uint64_t step, uint64_t epoch)
{
    const dsc_schedule s = with_defaults(schedule);
    const double t = time_of(&s, step, epoch) - s.warmup;
    if (s.kind != DSC_SCHEDULE_ONE_CYCLE)
        return NAN;
    return one_cycle(&s, s.momentum_high, s.momentum_low, s.momentum_high, t > 0 ? t : 0);
}
