/* lasso.c - logistic regression with the penalty |w|_1, by newGLMNET (Yuan, Ho and Lin 2012, JMLR 13,
 * algorithm 2): a quadratic model of the loss is minimised by coordinate descent, and a step towards its
 * minimum is taken.
 */
#include <float.h>
#include <math.h>

#include <descent/rng.h>

#include "linear/problem.h"

enum { MOST_PASSES = 1000, MOST_HALVINGS = 40 };

/* Keeps the model strictly convex where a column's curvature vanishes. */
static const double least_curvature = 1e-12;

struct lasso {
    const dsci_problem *problem;
    double *w, *gradient, *diagonal, *step;
    double *scores, *change, *curvature, *pull;
    uint32_t *active, *turns, *order; /* columns; those that are not left out, in the order of the passes */
    size_t active_count;
};

static bool make_room(dsc_scope *scope, struct lasso *s)
{
    double **const weights[] = { &s->gradient, &s->diagonal, &s->step };
    double **const rows[] = { &s->scores, &s->change, &s->curvature, &s->pull };
    uint32_t **const columns[] = { &s->active, &s->turns, &s->order };
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        *weights[i] = dsc_scope_alloc(scope, s->problem->size, sizeof **weights[i]);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        *rows[i] = dsc_scope_alloc(scope, s->problem->x->rows, sizeof **rows[i]);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        *columns[i] = dsc_scope_alloc(scope, s->problem->size, sizeof **columns[i]);
    return dsc_scope_status(scope) == DSC_OK;
}

static void differentiate(struct lasso *s)
{
    const dsci_problem *problem = s->problem;
    const double c = problem->options->c;
    for (size_t i = 0; i < problem->x->rows; i++) {
        double share;
        dsci_logistic_loss(problem->y[i] * s->scores[i], &share);
        s->pull[i] = -c * problem->y[i] * share;
        s->curvature[i] = c * share * (1 - share);
    }
    dsci_problem_sums(problem, s->pull, false, s->gradient);
    dsci_problem_sums(problem, s->curvature, true, s->diagonal);
    for (size_t j = 0; j < problem->size; j++)
        s->diagonal[j] += least_curvature;
}

/* How far the nearest subgradient is from 0 at a weight. */
static double violation(double w, double gradient)
{
    return w > 0 ? fabs(gradient + 1) : w < 0 ? fabs(gradient - 1) : fmax(fabs(gradient) - 1, 0);
}

/* Lists the columns that are 0 with a subgradient well inside apart from the others; returns the sum of the
   violations. slack: how much inside. */
static double choose_active(struct lasso *s, double slack)
{
    double sum = 0;
    s->active_count = 0;
    for (size_t j = 0; j < s->problem->size; j++) {
        sum += violation(s->w[j], s->gradient[j]);
        if (s->w[j] != 0 || fabs(s->gradient[j]) > 1 - slack)
            s->active[s->active_count++] = (uint32_t)j;
    }
    return sum;
}

/* The element that the quadratic model wants to move by. */
static double coordinate_step(double w, double slope, double curvature)
{
    const double most = 10;
    double z = -w;
    if (slope + 1 < curvature * w)
        z = -(slope + 1) / curvature;
    else if (slope - 1 > curvature * w)
        z = -(slope - 1) / curvature;
    return fmax(-most, fmin(most, z));
}

/* Minimises the model along one column; returns the violation that was there. */
static double visit(struct lasso *s, size_t j)
{
    const dsc_sparse *columns = s->problem->by_column;
    const bool is_bias = j == columns->rows;
    const size_t begin = is_bias ? 0 : columns->starts[j];
    const size_t end = is_bias ? s->problem->x->rows : columns->starts[j + 1];
    double slope = s->gradient[j] + least_curvature * s->step[j];
    for (size_t e = begin; e < end; e++) {
        const size_t i = is_bias ? e : columns->index[e];
        slope += (is_bias ? 1 : columns->values[e]) * s->curvature[i] * s->change[i];
    }
    const double at = s->w[j] + s->step[j], z = coordinate_step(at, slope, s->diagonal[j]);
    if (z == 0)
        return violation(at, slope);
    s->step[j] += z;
    for (size_t e = begin; e < end; e++)
        s->change[is_bias ? e : columns->index[e]] += z * (is_bias ? 1 : columns->values[e]);
    return violation(at, slope);
}

/* Passes over the active columns until the sum of violations is small; returns how many it took. */
static int find_step(struct lasso *s, double enough, uint32_t round)
{
    for (size_t j = 0; j < s->problem->size; j++)
        s->step[j] = 0;
    for (size_t i = 0; i < s->problem->x->rows; i++)
        s->change[i] = 0;
    dsc_rng_permutation(dsc_rng_make(s->problem->options->seed, DSC_STREAM_SHUFFLE), round, s->turns,
                        s->active_count);
    for (size_t i = 0; i < s->active_count; i++)
        s->order[i] = s->active[s->turns[i]];
    int pass = 0;
    for (double sum = INFINITY; sum > enough && pass < MOST_PASSES; pass++) {
        sum = 0;
        for (size_t i = 0; i < s->active_count; i++)
            sum += visit(s, s->order[i]);
    }
    return pass;
}

static double absolute_sum(const double *w, const double *step, double length, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += fabs(w[j] + length * step[j]);
    return sum;
}

/* Takes the step, halved until the objective falls by a hundredth of what the model promises, but for
   the rounding of the objective; false if it never does. */
static bool take_step(struct lasso *s, double *objective)
{
    const dsci_problem *problem = s->problem;
    const size_t size = problem->size;
    const double promised = dsci_dot(s->gradient, s->step, size) + absolute_sum(s->w, s->step, 1, size) -
                            absolute_sum(s->w, s->step, 0, size);
    const double rounding = 4 * DBL_EPSILON * fabs(*objective);
    double length = 1;
    for (int halving = 0; halving < MOST_HALVINGS; halving++, length /= 2) {
        const double value = absolute_sum(s->w, s->step, length, size) +
                             dsci_logistic_sum(problem, s->scores, s->change, length);
        if (!(value - *objective <= 0.01 * length * promised + rounding))
            continue;
        *objective = value;
        for (size_t j = 0; j < size; j++)
            s->w[j] += length * s->step[j];
        for (size_t i = 0; i < problem->x->rows; i++)
            s->scores[i] += length * s->change[i];
        return true;
    }
    return false;
}

dsci_solution dsci_solve_lasso(dsc_scope *scope, const dsci_problem *problem, double *w)
{
    struct lasso s = { .problem = problem, .w = w };
    dsci_solution solution = { 0 };
    if (!make_room(scope, &s))
        return solution;
    solution.objective = dsci_logistic_sum(problem, s.scores, NULL, 0);
    double first = 0, enough = 0, slack = INFINITY;
    for (;;) {
        differentiate(&s);
        const double sum = choose_active(&s, slack);
        if (solution.iterations == 0)
            first = enough = sum;
        slack = sum / (double)problem->x->rows;
        solution.residual = sum > 0 ? sum / (first * problem->balance) : 0;
        if (!(solution.residual > problem->options->tolerance) ||
            solution.iterations == problem->options->max_iterations || !dsc_scope_goes_on(scope))
            return solution;
        if (find_step(&s, enough, (uint32_t)solution.iterations) == 1)
            enough /= 4;
        if (!take_step(&s, &solution.objective))
            return solution;
        solution.iterations++;
    }
}
