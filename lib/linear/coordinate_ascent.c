/* coordinate_ascent.c - the support vector machine with squared hinge loss, by ascent in the dual, one row at
 * a time (Hsieh, Chang, Lin, Keerthi and Sundararajan 2008, algorithm 3).
 *
 * The dual is sum a - |sum y a x|^2 / 2 - sum a^2 / (4 c), a >= 0. Rows whose a is 0 and whose gradient is
 * beyond that of the last round's active rows are left out until the others are solved. */
#include <math.h>

#include <descent/rng.h>

#include "linear/problem.h"

struct ascent {
    const dsci_problem *problem;
    double *w, *dual, *norms, *scores;
    uint32_t *active, *turns;
    size_t active_count;
    double bound; /* rows of a larger gradient at a = 0 are left out */
};

/* The largest less the smallest projected gradient of a round, and the largest. */
struct range {
    double low, high;
};

static double margin(const struct ascent *s, size_t row)
{
    const dsc_sparse *x = s->problem->x;
    double sum = s->problem->size > x->columns ? s->w[x->columns] : 0;
    for (size_t e = x->starts[row]; e < x->starts[row + 1]; e++)
        sum += x->values[e] * s->w[x->index[e]];
    return s->problem->y[row] * sum;
}

static void add_row(const struct ascent *s, size_t row, double factor)
{
    const dsc_sparse *x = s->problem->x;
    for (size_t e = x->starts[row]; e < x->starts[row + 1]; e++)
        s->w[x->index[e]] += factor * x->values[e];
    if (s->problem->size > x->columns)
        s->w[x->columns] += factor;
}

/* Maximises over one a; false: the row is left out from now on. */
static bool visit(const struct ascent *s, size_t row, struct range *range)
{
    const double ridge = 0.5 / s->problem->options->c, a = s->dual[row];
    const double gradient = margin(s, row) - 1 + ridge * a;
    double projected = gradient;
    if (a == 0) {
        if (gradient > s->bound)
            return false;
        projected = fmin(gradient, 0);
    }
    range->low = fmin(range->low, projected);
    range->high = fmax(range->high, projected);
    if (projected != 0) {
        s->dual[row] = fmax(a - gradient / (s->norms[row] + ridge), 0);
        add_row(s, row, (s->dual[row] - a) * s->problem->y[row]);
    }
    return true;
}

/* Visits every active row once, in random order. */
static struct range visit_all(struct ascent *s, uint32_t round)
{
    const dsc_rng rng = dsc_rng_make(s->problem->options->seed, DSC_STREAM_SHUFFLE);
    struct range range = { INFINITY, -INFINITY };
    dsc_rng_permutation(rng, round, s->turns, s->active_count);
    for (size_t i = 0; i < s->active_count; i++)
        if (!visit(s, s->active[s->turns[i]], &range))
            s->active[s->turns[i]] = UINT32_MAX;
    size_t kept = 0;
    for (size_t i = 0; i < s->active_count; i++)
        if (s->active[i] != UINT32_MAX)
            s->active[kept++] = s->active[i];
    s->active_count = kept;
    return range;
}

static void activate_all(struct ascent *s)
{
    s->active_count = s->problem->x->rows;
    for (size_t i = 0; i < s->active_count; i++)
        s->active[i] = (uint32_t)i;
    s->bound = INFINITY;
}

/* The objective, and how far it is above the dual's, as a share of it. */
static double measure(const struct ascent *s, double *objective)
{
    const dsci_problem *problem = s->problem;
    const double c = problem->options->c, half = 0.5 * dsci_dot(s->w, s->w, problem->size);
    double losses = 0, sum = 0, squares = 0;
    dsci_problem_scores(problem, s->w, s->scores);
    for (size_t i = 0; i < problem->x->rows; i++) {
        const double short_of = fmax(1 - problem->y[i] * s->scores[i], 0);
        losses += short_of * short_of;
        sum += s->dual[i];
        squares += s->dual[i] * s->dual[i];
    }
    *objective = half + c * losses;
    const double dual = sum - half - squares / (4 * c);
    return *objective > 0 ? (*objective - dual) / *objective : 0;
}

static bool make_room(dsc_scope *scope, struct ascent *s)
{
    const dsc_sparse *x = s->problem->x;
    s->dual = dsc_scope_alloc(scope, x->rows, sizeof *s->dual);
    s->norms = dsc_scope_alloc(scope, x->rows, sizeof *s->norms);
    s->scores = dsc_scope_alloc(scope, x->rows, sizeof *s->scores);
    s->active = dsc_scope_alloc(scope, x->rows, sizeof *s->active);
    s->turns = dsc_scope_alloc(scope, x->rows, sizeof *s->turns);
    if (dsc_scope_status(scope) != DSC_OK)
        return false;
    for (size_t i = 0; i < x->rows; i++) {
        const double *values = x->values + x->starts[i];
        s->norms[i] = dsci_dot(values, values, x->starts[i + 1] - x->starts[i]) +
                      (s->problem->size > x->columns ? 1 : 0);
    }
    return true;
}

dsci_solution dsci_solve_coordinate_ascent(dsc_scope *scope, const dsci_problem *problem, double *w)
{
    struct ascent s = { .problem = problem, .w = w };
    dsci_solution solution = { .residual = 1 };
    if (!make_room(scope, &s))
        return solution;
    activate_all(&s);
    double spread = 0.1; /* of the gradients of a round that is worth a look at the duality gap */
    while (solution.iterations < problem->options->max_iterations && dsc_scope_goes_on(scope)) {
        const struct range range = visit_all(&s, (uint32_t)solution.iterations++);
        if (range.high - range.low > spread) {
            s.bound = range.high > 0 ? range.high : INFINITY;
            continue;
        }
        const bool all = s.active_count == problem->x->rows;
        solution.residual = measure(&s, &solution.objective);
        if (solution.residual <= problem->options->tolerance)
            return solution;
        if (all)
            spread /= 4;
        activate_all(&s);
    }
    solution.residual = measure(&s, &solution.objective);
    return solution;
}
