/* minimize.c - steepest descent and L-BFGS with line searches; equations and algorithms are Nocedal and
   Wright's (Numerical Optimization, 2nd edition). */
#include <descent/minimize.h>

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <descent/cpu.h>

enum {
    LANES = 8,       /* of sums */
    MAX_TRIALS = 60, /* of one search: halving so often is less than rounding */
    MAX_HISTORY = 1000
};

/* A point on the line x + step direction, with the value and slope there. */
struct point {
    double *x, *gradient; /* NULL where only the numbers are known */
    double step, value, slope;
};

/* A displacement, the change of the gradient along it, 1 / their product, and the recursion's coefficient. */
struct pair {
    double *s, *y;
    double rho, alpha;
};

struct search {
    size_t n;
    dsc_objective_fn *objective;
    void *user;
    dsc_minimize_options options;
    double *x; /* the caller's */
    struct point base, trial, best;
    double *direction;
    double gradient_norm, next_step;
    struct pair *pairs; /* a ring */
    size_t pair_count, newest;
    dsc_minimize_result result;
};

enum outcome { FOUND, NOT_FOUND, OUT_OF_EVALUATIONS };

/* --- Vectors --- */

static double dot(const double *a, const double *b, size_t n)
{
    double lanes[LANES] = { 0 }, sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            lanes[j] += a[i + j] * b[i + j];
    for (size_t j = 0; i + j < n; j++)
        lanes[j] += a[i + j] * b[i + j];
    for (size_t j = 0; j < LANES; j++)
        sum += lanes[j];
    return sum;
}

static void add_scaled(double *dst, double factor, const double *src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] += factor * src[i];
}

static void multiply(double *x, double factor, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= factor;
}

static bool all_finite(const double *x, size_t n)
{
    bool finite = true;
    for (size_t i = 0; i < n; i++)
        finite &= fabs(x[i]) <= DBL_MAX;
    return finite;
}

/* Scaled by the largest, so that squares do not overflow. */
static double norm(const double *x, size_t n)
{
    double most = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        most = fabs(x[i]) > most ? fabs(x[i]) : most;
    if (most == 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] / most) * (x[i] / most);
    return most * sqrt(sum);
}

/* --- Line searches --- */

/* Evaluates the point at a step; what is not finite gets the value infinity. False if no evaluation is left.
 */
static bool evaluate(struct search *s, double step)
{
    struct point *p = &s->trial;
    if (s->result.evaluations >= s->options.max_evaluations)
        return false;
    s->result.evaluations++;
    for (size_t i = 0; i < s->n; i++)
        p->x[i] = s->base.x[i] + step * s->direction[i];
    p->step = step;
    p->value = s->objective(s->user, p->x, p->gradient);
    p->slope = dot(p->gradient, s->direction, s->n);
    if (!isfinite(p->value) || !isfinite(p->slope) || !all_finite(p->gradient, s->n)) {
        p->value = INFINITY;
        p->slope = NAN;
    }
    return true;
}

static void keep_trial(struct search *s)
{
    const struct point old = s->best;
    s->best = s->trial;
    s->trial = old;
}

/* Equation 3.6a. */
static bool falls_enough(const struct search *s, const struct point *p)
{
    return p->value <= s->base.value + s->options.c1 * p->step * s->base.slope;
}

/* Equation 3.7b. */
static bool is_flat_enough(const struct search *s, const struct point *p)
{
    return fabs(p->slope) <= s->options.c2 * fabs(s->base.slope);
}

/* Where the cubic through two values and slopes is lowest (equation 3.59), kept away from the ends; the
   middle if there is no such place. */
static double interpolate(const struct point *low, const struct point *high)
{
    const double width = high->step - low->step, middle = low->step + 0.5 * width;
    if (!isfinite(high->value))
        return middle;
    const double d1 = low->slope + high->slope - 3 * (low->value - high->value) / (low->step - high->step);
    const double square = d1 * d1 - low->slope * high->slope;
    if (!(square >= 0))
        return middle;
    const double d2 = width > 0 ? sqrt(square) : -sqrt(square);
    const double share = 1 - (high->slope + d2 - d1) / (high->slope - low->slope + 2 * d2);
    if (!isfinite(share))
        return middle;
    const double margin = 1e-3;
    return low->step + width * (share < margin ? margin : share > 1 - margin ? 1 - margin : share);
}

/* Algorithm 3.6 between the best point, which falls enough, and high. A point found is the best. Every third
   trial is the middle, so that the interval shrinks. */
static enum outcome zoom(struct search *s, struct point high)
{
    for (int i = 1; i < MAX_TRIALS; i++) {
        const double middle = s->best.step + 0.5 * (high.step - s->best.step);
        const double step = i % 3 ? interpolate(&s->best, &high) : middle;
        if (step == s->best.step || step == high.step)
            break;
        if (!evaluate(s, step))
            return OUT_OF_EVALUATIONS;
        const struct point *p = &s->trial;
        if (!falls_enough(s, p) || p->value >= s->best.value) {
            high = *p;
        } else {
            if (is_flat_enough(s, p)) {
                keep_trial(s);
                return FOUND;
            }
            if (p->slope * (high.step - s->best.step) >= 0)
                high = s->best;
            keep_trial(s);
        }
    }
    return NOT_FOUND;
}

/* Algorithm 3.5, from step 1, doubling. */
static enum outcome search_wolfe(struct search *s)
{
    double step = 1;
    for (int i = 0; i < MAX_TRIALS; i++, step *= 2) {
        if (!evaluate(s, step))
            return OUT_OF_EVALUATIONS;
        const struct point *p = &s->trial;
        if (!falls_enough(s, p) || (i > 0 && p->value >= s->best.value))
            return zoom(s, *p);
        const struct point before = s->best;
        keep_trial(s);
        if (is_flat_enough(s, &s->best))
            return FOUND;
        if (s->best.slope >= 0)
            return zoom(s, before);
    }
    return NOT_FOUND;
}

/* Whether a step is one at all: where values differ by rounding alone, the slope decides. */
static bool gets_on(const struct search *s, const struct point *p)
{
    return p->value < s->base.value || (p->value == s->base.value && fabs(p->slope) < fabs(s->base.slope));
}

/* Algorithm 3.1. */
static enum outcome search_armijo(struct search *s)
{
    double step = s->next_step;
    for (int i = 0; i < MAX_TRIALS; i++, step *= 0.5) {
        if (!evaluate(s, step))
            return OUT_OF_EVALUATIONS;
        if (falls_enough(s, &s->trial) && gets_on(s, &s->trial)) {
            keep_trial(s);
            s->next_step = 2 * step;
            return FOUND;
        }
    }
    return NOT_FOUND;
}

/* The search begins with the base point as the best: its numbers, in vectors of its own. */
static enum outcome search_line(struct search *s)
{
    s->base.slope = dot(s->base.gradient, s->direction, s->n);
    s->base.step = 0;
    s->best.step = 0;
    s->best.value = s->base.value;
    s->best.slope = s->base.slope;
    if (!(s->base.slope < 0) || !isfinite(s->base.slope))
        return NOT_FOUND;
    return s->options.method == DSC_MINIMIZE_LBFGS ? search_wolfe(s) : search_armijo(s);
}

/* --- Directions --- */

static struct pair *pair_before_newest(const struct search *s, size_t back)
{
    return &s->pairs[(s->newest + s->options.history - back) % s->options.history];
}

/* Against the gradient; for L-BFGS no longer than 1, for want of a scale. */
static void descend(struct search *s)
{
    const bool shorten = s->options.method == DSC_MINIMIZE_LBFGS && s->gradient_norm > 1;
    const double factor = shorten ? 1 / s->gradient_norm : 1;
    for (size_t i = 0; i < s->n; i++)
        s->direction[i] = -factor * s->base.gradient[i];
}

/* Algorithm 7.4 with the scale of equation 7.20. */
static void recurse(struct search *s)
{
    double *q = s->direction;
    const struct pair *newest = pair_before_newest(s, 0);
    for (size_t i = 0; i < s->n; i++)
        q[i] = -s->base.gradient[i];
    for (size_t back = 0; back < s->pair_count; back++) {
        struct pair *p = pair_before_newest(s, back);
        p->alpha = p->rho * dot(p->s, q, s->n);
        add_scaled(q, -p->alpha, p->y, s->n);
    }
    multiply(q, 1 / (newest->rho * dot(newest->y, newest->y, s->n)), s->n);
    for (size_t back = s->pair_count; back-- > 0;) {
        const struct pair *p = pair_before_newest(s, back);
        add_scaled(q, p->alpha - p->rho * dot(p->y, q, s->n), p->s, s->n);
    }
}

/* Notes the step from the base to the best point, unless rounding took its curvature away. */
static void remember(struct search *s)
{
    const size_t slot = (s->newest + 1) % s->options.history;
    struct pair *p = &s->pairs[slot];
    for (size_t i = 0; i < s->n; i++) {
        p->s[i] = s->best.x[i] - s->base.x[i];
        p->y[i] = s->best.gradient[i] - s->base.gradient[i];
    }
    const double curvature = dot(p->s, p->y, s->n), change = dot(p->y, p->y, s->n);
    if (!(curvature > DBL_EPSILON * change) || !isfinite(1 / curvature) || !isfinite(change)) {
        s->pair_count = 0; /* the slot may have held the oldest pair */
        return;
    }
    p->rho = 1 / curvature;
    s->newest = slot;
    s->pair_count += s->pair_count < s->options.history;
}

/* --- Iterations --- */

static void accept(struct search *s)
{
    const struct point old = s->base;
    s->base = s->best;
    s->best = old;
    s->gradient_norm = norm(s->base.gradient, s->n);
    s->result.iterations++;
}

/* A better point that a search came upon before it gave up. */
static bool is_better(const struct search *s)
{
    return s->best.step > 0 && s->best.value < s->base.value;
}

/* One accepted step. After a failure along a remembered direction it tries the gradient. */
static enum outcome iterate(struct search *s)
{
    if (s->pair_count > 0)
        recurse(s);
    else
        descend(s);
    enum outcome outcome = search_line(s);
    if (outcome == NOT_FOUND && !is_better(s) && s->pair_count > 0) {
        s->pair_count = 0;
        descend(s);
        outcome = search_line(s);
    }
    if (outcome != FOUND && !is_better(s))
        return outcome;
    if (s->options.method == DSC_MINIMIZE_LBFGS)
        remember(s);
    accept(s);
    return outcome == OUT_OF_EVALUATIONS ? OUT_OF_EVALUATIONS : FOUND;
}

static bool goes_on(struct search *s)
{
    const dsc_iterate now = { .iteration = s->result.iterations,
                              .evaluations = s->result.evaluations,
                              .x = s->base.x,
                              .gradient = s->base.gradient,
                              .value = s->base.value,
                              .gradient_norm = s->gradient_norm };
    return !s->options.watch || s->options.watch(s->user, &now);
}

static dsc_minimize_reason run(struct search *s)
{
    while (true) {
        const size_t before = s->result.iterations;
        if (!goes_on(s))
            return DSC_MINIMIZE_STOPPED;
        if (s->gradient_norm <= s->options.gradient_tolerance)
            return DSC_MINIMIZE_CONVERGED;
        if (before >= s->options.max_iterations)
            return DSC_MINIMIZE_MAX_ITERATIONS;
        const enum outcome outcome = iterate(s);
        if (outcome == NOT_FOUND)
            return DSC_MINIMIZE_NO_PROGRESS;
        if (outcome == OUT_OF_EVALUATIONS && s->result.iterations == before)
            return DSC_MINIMIZE_MAX_EVALUATIONS;
    }
}

/* --- Making --- */

static void fill_defaults(dsc_minimize_options *o)
{
    o->history = o->history == 0 ? 10 : o->history;
    o->max_iterations = o->max_iterations == 0 ? 1000 : o->max_iterations;
    o->max_evaluations = o->max_evaluations == 0 ? 10000 : o->max_evaluations;
    o->gradient_tolerance = o->gradient_tolerance == 0 ? 1e-8 : o->gradient_tolerance;
    o->c1 = o->c1 == 0 ? 1e-4 : o->c1;
    o->c2 = o->c2 == 0 ? 0.9 : o->c2;
    o->first_step = o->first_step == 0 ? 1 : o->first_step;
}

static dsc_status check(dsc_scope *scope, const struct search *s)
{
    const dsc_minimize_options *o = &s->options;
    if (s->n == 0 || !s->x || !s->objective)
        return dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "minimise: expected an objective of at least one variable, found %zu variables%s%s", s->n,
            s->x ? "" : ", no starting point", s->objective ? "" : ", no objective");
    if (o->method != DSC_MINIMIZE_LBFGS && o->method != DSC_MINIMIZE_GRADIENT_DESCENT)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "minimise: expected a method of dsc_minimizer, found %d", (int)o->method);
    if (o->history > MAX_HISTORY)
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "minimise: expected a history of at most %d pairs, found %zu", MAX_HISTORY,
                              o->history);
    if (!(o->c1 > 0 && o->c1 < 1) || (o->method == DSC_MINIMIZE_LBFGS && !(o->c1 < o->c2 && o->c2 < 1)))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "minimise: expected 0 < c1 < c2 < 1, found c1 %g, c2 %g", o->c1, o->c2);
    if (!(o->gradient_tolerance > 0) || !(o->first_step > 0) || !isfinite(o->first_step))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "minimise: expected gradient_tolerance and first_step above 0, found %g and %g",
                              o->gradient_tolerance, o->first_step);
    return dsc_scope_status(scope);
}

/* The next n numbers of memory that is shared out. */
static double *take(double **memory, size_t n)
{
    double *vector = *memory;
    *memory += n;
    return vector;
}

static dsc_status allocate(dsc_scope *scope, struct search *s)
{
    enum { FIXED = 7 }; /* vectors beside the pairs */
    const size_t pairs = s->options.method == DSC_MINIMIZE_LBFGS ? s->options.history : 0;
    if (s->n > SIZE_MAX / sizeof(double))
        return dsc_scope_fail(scope, DSC_ERROR_MEMORY, "minimise: %zu variables do not fit into memory",
                              s->n);
    double *memory = dsc_scope_alloc(scope, FIXED + 2 * pairs, s->n * sizeof *memory);
    s->pairs = dsc_scope_alloc(scope, pairs, sizeof *s->pairs);
    if (!memory || dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    s->base.x = take(&memory, s->n);
    s->base.gradient = take(&memory, s->n);
    s->trial.x = take(&memory, s->n);
    s->trial.gradient = take(&memory, s->n);
    s->best.x = take(&memory, s->n);
    s->best.gradient = take(&memory, s->n);
    s->direction = take(&memory, s->n);
    for (size_t i = 0; i < pairs; i++) {
        s->pairs[i].s = take(&memory, s->n);
        s->pairs[i].y = take(&memory, s->n);
    }
    return DSC_OK;
}

static dsc_status start(dsc_scope *scope, struct search *s)
{
    memcpy(s->base.x, s->x, s->n * sizeof *s->x); /* the direction is 0 yet */
    evaluate(s, 0);
    if (!all_finite(s->x, s->n) || s->trial.value == INFINITY)
        return dsc_scope_fail(
            scope, DSC_ERROR_NUMERIC,
            "minimise: expected a finite value and gradient at the starting point, found others; "
            "start inside the objective's domain");
    const struct point old = s->base;
    s->base = s->trial;
    s->trial = old;
    s->gradient_norm = norm(s->base.gradient, s->n);
    s->next_step = s->options.first_step;
    return DSC_OK;
}

static void search_in_mode(dsc_scope *scope, struct search *s)
{
    const unsigned mode = dsc_float_mode_enter();
    if (start(scope, s) == DSC_OK) {
        s->result.reason = run(s);
        s->result.value = s->base.value;
        s->result.gradient_norm = s->gradient_norm;
        memcpy(s->x, s->base.x, s->n * sizeof *s->x);
    }
    dsc_float_mode_leave(mode);
}

dsc_minimize_result dsc_minimize(dsc_scope *scope, size_t n, double *x, dsc_objective_fn *objective,
                                 void *user, const dsc_minimize_options *options)
{
    struct search s = { .n = n,
                        .objective = objective,
                        .user = user,
                        .options = options ? *options : (dsc_minimize_options){ 0 },
                        .x = x,
                        .result = { .value = NAN, .gradient_norm = NAN } };
    fill_defaults(&s.options);
    if (dsc_scope_status(scope) != DSC_OK || check(scope, &s) != DSC_OK)
        return s.result;
    dsc_scope *inner = dsc_scope_open(NULL);
    if (allocate(inner, &s) == DSC_OK && s.base.x)
        search_in_mode(inner, &s);
    dsc_scope_adopt_error(scope, inner);
    dsc_scope_close(&inner);
    return s.result;
}

const char *dsc_minimize_reason_name(dsc_minimize_reason reason)
{
    static const char *const names[] = { "failed",         "converged",       "no progress",
                                         "max iterations", "max evaluations", "stopped" };
    return (unsigned)reason < sizeof names / sizeof names[0] ? names[reason] : "unknown";
}
