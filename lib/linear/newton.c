/* newton.c - logistic regression with the penalty |w|^2 / 2: Newton's method with conjugate gradients. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "linear/problem.h"

enum { MOST_INNER = 500, MOST_HALVINGS = 40 };

/* Vectors of a solver: of the weights, then of the rows. */
struct newton {
    const dsci_problem *problem;
    double *w, *gradient, *step, *residual, *direction, *product, *diagonal;
    double *scores, *change, *curvature, *pull;
    double first_norm; /* of the gradient at w = 0 */
};

static bool make_room(dsc_scope *scope, struct newton *n)
{
    double **const weights[] = { &n->gradient,  &n->step,    &n->residual,
                                 &n->direction, &n->product, &n->diagonal };
    double **const rows[] = { &n->scores, &n->change, &n->curvature, &n->pull };
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        *weights[i] = dsc_scope_alloc(scope, n->problem->size, sizeof **weights[i]);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        *rows[i] = dsc_scope_alloc(scope, n->problem->x->rows, sizeof **rows[i]);
    return dsc_scope_status(scope) == DSC_OK;
}

/* The gradient, and the diagonal of the Hessian, at w, whose scores are there. */
static void differentiate(struct newton *n)
{
    const dsci_problem *problem = n->problem;
    const double c = problem->options->c;
    for (size_t i = 0; i < problem->x->rows; i++) {
        double share;
        dsci_logistic_loss(problem->y[i] * n->scores[i], &share);
        n->pull[i] = -c * problem->y[i] * share;
        n->curvature[i] = c * share * (1 - share);
    }
    dsci_problem_sums(problem, n->pull, false, n->gradient);
    dsci_problem_sums(problem, n->curvature, true, n->diagonal);
    for (size_t j = 0; j < problem->size; j++) {
        n->gradient[j] += n->w[j];
        n->diagonal[j] += 1;
    }
}

/* product = Hessian . direction. */
static void apply_hessian(struct newton *n)
{
    dsci_problem_scores(n->problem, n->direction, n->change);
    for (size_t i = 0; i < n->problem->x->rows; i++)
        n->change[i] *= n->curvature[i];
    dsci_problem_sums(n->problem, n->change, false, n->product);
    for (size_t j = 0; j < n->problem->size; j++)
        n->product[j] += n->direction[j];
}

/* residual . residual / diagonal, with direction = residual / diagonal + momentum direction behind it. */
static double preconditioned(const struct newton *n)
{
    double sum[2] = { 0 };
    for (size_t j = 0; j < n->problem->size; j++)
        sum[j % 2] += n->residual[j] * n->residual[j] / n->diagonal[j];
    return sum[0] + sum[1];
}

/* The step that Newton's method takes, until what is left of the gradient is the given share of it. */
static void find_step(struct newton *n, double share)
{
    const size_t size = n->problem->size;
    memset(n->step, 0, size * sizeof *n->step);
    for (size_t j = 0; j < size; j++) {
        n->residual[j] = -n->gradient[j];
        n->direction[j] = n->residual[j] / n->diagonal[j];
    }
    double power = preconditioned(n);
    const double enough = share * share * power;
    for (int inner = 0; inner < MOST_INNER && power > enough; inner++) {
        apply_hessian(n);
        const double length = power / dsci_dot(n->direction, n->product, size);
        for (size_t j = 0; j < size; j++) {
            n->step[j] += length * n->direction[j];
            n->residual[j] -= length * n->product[j];
        }
        const double next = preconditioned(n), momentum = next / power;
        power = next;
        for (size_t j = 0; j < size; j++)
            n->direction[j] = n->residual[j] / n->diagonal[j] + momentum * n->direction[j];
    }
}

/* Takes the step, halved until the objective falls by a hundredth of what the slope promises, but for the
   rounding of the objective; false if it never does. */
static bool take_step(struct newton *n, double *objective)
{
    const dsci_problem *problem = n->problem;
    const size_t size = problem->size;
    dsci_problem_scores(problem, n->step, n->change);
    const double slope = dsci_dot(n->gradient, n->step, size);
    const double ww = dsci_dot(n->w, n->w, size), ws = dsci_dot(n->w, n->step, size),
                 ss = dsci_dot(n->step, n->step, size);
    const double rounding = 4 * DBL_EPSILON * fabs(*objective);
    double length = 1;
    for (int halving = 0; halving < MOST_HALVINGS; halving++, length /= 2) {
        const double value = 0.5 * (ww + length * (2 * ws + length * ss)) +
                             dsci_logistic_sum(problem, n->scores, n->change, length);
        if (!(value - *objective <= 0.01 * length * slope + rounding))
            continue;
        *objective = value;
        for (size_t j = 0; j < size; j++)
            n->w[j] += length * n->step[j];
        for (size_t i = 0; i < problem->x->rows; i++)
            n->scores[i] += length * n->change[i];
        return true;
    }
    return false;
}

dsci_solution dsci_solve_newton(dsc_scope *scope, const dsci_problem *problem, double *w)
{
    struct newton n = { .problem = problem, .w = w };
    dsci_solution solution = { 0 };
    if (!make_room(scope, &n))
        return solution;
    solution.objective = dsci_logistic_sum(problem, n.scores, NULL, 0);
    for (;;) {
        differentiate(&n);
        const double norm = sqrt(dsci_dot(n.gradient, n.gradient, problem->size));
        n.first_norm = solution.iterations == 0 ? norm : n.first_norm;
        solution.residual = norm > 0 ? norm / (n.first_norm * problem->balance) : 0;
        if (!(solution.residual > problem->options->tolerance) ||
            solution.iterations == problem->options->max_iterations || !dsc_scope_goes_on(scope))
            return solution;
        find_step(&n, fmin(0.1, sqrt(norm / n.first_norm)));
        if (!take_step(&n, &solution.objective))
            return solution;
        solution.iterations++;
    }
}
