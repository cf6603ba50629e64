/* Minimisers reach known minima, keep their line search's conditions and limits, and survive hostile
 * objectives. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <descent/minimize.h>

#include "test.h"

enum { MOST = 20 };

/* What an objective and a watcher are given. */
struct problem {
    size_t n;
    size_t calls,
        hostile_from; /* hostile_from: the call from which the objective answers nonsense; 0: never */
    double c1, c2;    /* to be checked at each accepted point; 0: not */
    double x[MOST], gradient[MOST], value;
    size_t seen, stop_at;
    double highest;
};

static double quadratic(void *user, const double *x, double *gradient)
{
    struct problem *p = user;
    double value = 0;
    p->calls++;
    for (size_t i = 0; i < p->n; i++) {
        const double curvature = (double)(1 + i * i), d = x[i] - (double)i;
        gradient[i] = curvature * d;
        value += curvature / 2 * d * d;
    }
    return value;
}

/* Rosenbrock's valley, chained: the sum of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2; its minimum is 0 at ones.
 */
static double rosenbrock(void *user, const double *x, double *gradient)
{
    struct problem *p = user;
    double value = 0;
    p->calls++;
    memset(gradient, 0, p->n * sizeof *gradient);
    for (size_t i = 0; i + 1 < p->n; i++) {
        const double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        value += 100 * a * a + b * b;
        gradient[i] += -400 * a * x[i] - 2 * b;
        gradient[i + 1] += 200 * a;
    }
    return value;
}

static dsc_minimize_result minimize(dsc_objective_fn *objective, struct problem *p, double *x,
                                    const dsc_minimize_options *options)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_minimize_result result = dsc_minimize(scope, p->n, x, objective, p, options);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_scope_close(&scope);
    return result;
}

static void start_in_the_valley(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = i % 2 ? 1 : -1.2;
}

/* With exact line searches L-BFGS takes the steps of conjugate gradients: n of them for n variables. */
static void a_quadratic_takes_as_many_steps_as_variables(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 6; n++) {
        struct problem p = { .n = n };
        double x[MOST] = { 0 };
        for (size_t i = 0; i < n; i++)
            x[i] = -3 + 2 * (double)(i % 3);
        const dsc_minimize_options options = { .c2 = 1e-6, .c1 = 1e-7, .gradient_tolerance = 1e-6 };
        const dsc_minimize_result result = minimize(quadratic, &p, x, &options);
        assert_int_equal(result.reason, DSC_MINIMIZE_CONVERGED);
        assert_true(result.iterations <= n);
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(x[i] - (double)i) <= 1e-6);
    }
}

static void lbfgs_finds_the_end_of_rosenbrocks_valley(void **state)
{
    (void)state;
    static const size_t sizes[] = { 2, 20 };
    for (int i = 0; i < 2; i++) {
        struct problem p = { .n = sizes[i] };
        double x[MOST];
        start_in_the_valley(x, p.n);
        const dsc_minimize_result result = minimize(rosenbrock, &p, x, NULL);
        assert_int_equal(result.reason, DSC_MINIMIZE_CONVERGED);
        assert_int_equal(result.evaluations, p.calls);
        assert_true(result.evaluations <= (i == 0 ? 60 : 200));
        assert_true(result.value >= 0 && result.value <= 1e-16 && result.gradient_norm <= 1e-8);
        for (size_t j = 0; j < p.n; j++)
            assert_true(fabs(x[j] - 1) <= 1e-8);
    }
}

static void gradient_descent_crawls_to_the_same_place(void **state)
{
    (void)state;
    struct problem p = { .n = 2 };
    double x[2] = { -1.2, 1 };
    const dsc_minimize_options options = { .method = DSC_MINIMIZE_GRADIENT_DESCENT,
                                           .max_iterations = 200000,
                                           .max_evaluations = 1000000,
                                           .gradient_tolerance = 1e-7 };
    const dsc_minimize_result result = minimize(rosenbrock, &p, x, &options);
    assert_int_equal(result.reason, DSC_MINIMIZE_CONVERGED);
    assert_true(fabs(x[0] - 1) <= 1e-6 && fabs(x[1] - 1) <= 1e-6);
    assert_true(result.iterations > 500); /* what L-BFGS is for */
}

/* At each accepted point: c1 decrease and, with c2, curvature against the point before. Slopes are those
   along the displacement, in which the step's length cancels. */
static bool check_conditions(void *user, const dsc_iterate *now)
{
    struct problem *p = user;
    assert_int_equal(now->iteration, p->seen);
    if (now->iteration > 0) {
        double before = 0, after = 0;
        for (size_t i = 0; i < p->n; i++) {
            before += p->gradient[i] * (now->x[i] - p->x[i]);
            after += now->gradient[i] * (now->x[i] - p->x[i]);
        }
        assert_true(before < 0);
        assert_true(now->value <= p->value + p->c1 * before + 1e-15 * p->value);
        if (p->c2 > 0)
            assert_true(fabs(after) <= p->c2 * fabs(before) * (1 + 1e-9));
    }
    memcpy(p->x, now->x, p->n * sizeof *p->x);
    memcpy(p->gradient, now->gradient, p->n * sizeof *p->gradient);
    p->value = now->value;
    p->seen++;
    return p->stop_at == 0 || p->seen < p->stop_at;
}

static void accepted_steps_keep_the_wolfe_conditions(void **state)
{
    (void)state;
    static const double c2[] = { 0.9, 0.3, 0.05 };
    for (int i = 0; i < 3; i++)
        for (size_t n = 2; n <= MOST; n += 6) {
            struct problem p = { .n = n, .c1 = 1e-4, .c2 = c2[i] };
            double x[MOST];
            start_in_the_valley(x, n);
            const dsc_minimize_options options = {
                .c2 = c2[i], .gradient_tolerance = 1e-5, .history = n % 4 ? 1 : 5, .watch = check_conditions
            };
            const dsc_minimize_result result = minimize(rosenbrock, &p, x, &options);
            assert_int_equal(result.reason, DSC_MINIMIZE_CONVERGED);
            assert_int_equal(p.seen, result.iterations + 1);
        }
}

static void backtracking_keeps_the_armijo_condition(void **state)
{
    (void)state;
    struct problem p = { .n = 6, .c1 = 0.2 };
    double x[MOST];
    start_in_the_valley(x, p.n);
    const dsc_minimize_options options = {
        .method = DSC_MINIMIZE_GRADIENT_DESCENT, .c1 = 0.2, .max_iterations = 300, .watch = check_conditions
    };
    assert_int_equal(minimize(rosenbrock, &p, x, &options).reason, DSC_MINIMIZE_MAX_ITERATIONS);
}

static void repetition_gives_the_same_bits(void **state)
{
    (void)state;
    for (int method = DSC_MINIMIZE_LBFGS; method <= DSC_MINIMIZE_GRADIENT_DESCENT; method++) {
        const dsc_minimize_options options = { .method = (dsc_minimizer)method, .max_iterations = 40 };
        double x[2][MOST];
        dsc_minimize_result result[2];
        for (int i = 0; i < 2; i++) {
            struct problem p = { .n = MOST };
            start_in_the_valley(x[i], MOST);
            result[i] = minimize(rosenbrock, &p, x[i], &options);
        }
        assert_memory_equal(x[0], x[1], sizeof x[0]);
        assert_memory_equal(&result[0].value, &result[1].value, sizeof(double));
        assert_int_equal(result[0].evaluations, result[1].evaluations);
    }
}

/* -log x + x has no value for x <= 0, where the first step leads. */
static double logarithm(void *user, const double *x, double *gradient)
{
    struct problem *p = user;
    p->calls++;
    gradient[0] = 1 - 1 / x[0];
    return x[0] - log(x[0]);
}

static void steps_out_of_the_domain_are_shortened(void **state)
{
    (void)state;
    for (int method = DSC_MINIMIZE_LBFGS; method <= DSC_MINIMIZE_GRADIENT_DESCENT; method++) {
        struct problem p = { .n = 1 };
        double x = method == DSC_MINIMIZE_LBFGS ? 40 : 1.5;
        const dsc_minimize_options options = { .method = (dsc_minimizer)method, .first_step = 1e5 };
        assert_int_equal(minimize(logarithm, &p, &x, &options).reason, DSC_MINIMIZE_CONVERGED);
        assert_true(fabs(x - 1) <= 1e-7);
    }
}

static double turning_hostile(void *user, const double *x, double *gradient)
{
    struct problem *p = user;
    const double value = rosenbrock(user, x, gradient);
    if (p->hostile_from == 0 || p->calls < p->hostile_from)
        return value;
    if (p->calls % 3 == 0)
        gradient[p->n - 1] = INFINITY;
    return p->calls % 3 == 1 ? NAN : p->calls % 3 == 2 ? -INFINITY : value - 1;
}

static void an_objective_that_turns_hostile_leaves_the_last_good_point(void **state)
{
    (void)state;
    for (int method = DSC_MINIMIZE_LBFGS; method <= DSC_MINIMIZE_GRADIENT_DESCENT; method++)
        for (size_t from = 2; from < 30; from++) {
            struct problem p = { .n = 3, .hostile_from = from }, plain = { .n = 3 };
            double x[MOST], gradient[MOST];
            const dsc_minimize_options options = { .method = (dsc_minimizer)method };
            start_in_the_valley(x, p.n);
            const double first = rosenbrock(&plain, x, gradient);
            const dsc_minimize_result result = minimize(turning_hostile, &p, x, &options);
            assert_int_equal(result.reason, DSC_MINIMIZE_NO_PROGRESS);
            assert_true(result.value == rosenbrock(&plain, x, gradient) && result.value <= first);
            assert_true(result.evaluations < from + 200);
        }
}

/* The gradient's sign is wrong: no step along it can help. */
static double uphill(void *user, const double *x, double *gradient)
{
    const double value = quadratic(user, x, gradient);
    gradient[0] = -gradient[0];
    return value;
}

static void a_wrong_gradient_ends_without_progress(void **state)
{
    (void)state;
    for (int method = DSC_MINIMIZE_LBFGS; method <= DSC_MINIMIZE_GRADIENT_DESCENT; method++) {
        struct problem p = { .n = 1 };
        double x = 2;
        const dsc_minimize_options options = { .method = (dsc_minimizer)method };
        assert_int_equal(minimize(uphill, &p, &x, &options).reason, DSC_MINIMIZE_NO_PROGRESS);
        assert_true(x == 2);
    }
}

static void limits_are_respected(void **state)
{
    (void)state;
    for (int method = DSC_MINIMIZE_LBFGS; method <= DSC_MINIMIZE_GRADIENT_DESCENT; method++)
        for (size_t most = 1; most < 25; most++) {
            struct problem p = { .n = 2 }, q = { .n = 2 };
            double x[2] = { -1.2, 1 }, y[2] = { -1.2, 1 };
            const dsc_minimize_options evaluations = { .method = (dsc_minimizer)method,
                                                       .max_evaluations = most };
            dsc_minimize_result result = minimize(rosenbrock, &p, x, &evaluations);
            assert_int_equal(result.reason, DSC_MINIMIZE_MAX_EVALUATIONS);
            assert_int_equal(p.calls, most);
            assert_int_equal(result.evaluations, most);
            double gradient[2];
            assert_true(rosenbrock(&p, x, gradient) == result.value);
            const dsc_minimize_options iterations = { .method = (dsc_minimizer)method,
                                                      .max_iterations = most };
            result = minimize(rosenbrock, &q, y, &iterations);
            assert_int_equal(result.reason, DSC_MINIMIZE_MAX_ITERATIONS);
            assert_int_equal(result.iterations, most);
        }
}

static void a_watcher_stops_it(void **state)
{
    (void)state;
    struct problem p = { .n = 2, .c1 = 1e-4, .c2 = 0.9, .stop_at = 4 };
    double x[2] = { -1.2, 1 };
    const dsc_minimize_options options = { .watch = check_conditions };
    const dsc_minimize_result result = minimize(rosenbrock, &p, x, &options);
    assert_int_equal(result.reason, DSC_MINIMIZE_STOPPED);
    assert_int_equal(result.iterations, 3);
    assert_true(x[0] == p.x[0] && x[1] == p.x[1]);
    assert_string_equal(dsc_minimize_reason_name(result.reason), "stopped");
}

static void a_minimum_at_the_start_costs_one_evaluation(void **state)
{
    (void)state;
    struct problem p = { .n = 3 };
    double x[3] = { 0, 1, 2 };
    const dsc_minimize_result result = minimize(quadratic, &p, x, NULL);
    assert_int_equal(result.reason, DSC_MINIMIZE_CONVERGED);
    assert_true(result.evaluations == 1 && result.iterations == 0 && result.value == 0);
}

/* A slope that never ends: the limits end it, nothing overflows into the point returned. */
static double slope(void *user, const double *x, double *gradient)
{
    struct problem *p = user;
    p->calls++;
    gradient[0] = -1;
    return -x[0];
}

static void an_objective_without_minimum_ends(void **state)
{
    (void)state;
    for (int method = DSC_MINIMIZE_LBFGS; method <= DSC_MINIMIZE_GRADIENT_DESCENT; method++) {
        struct problem p = { .n = 1 };
        double x = 0;
        const dsc_minimize_options options = { .method = (dsc_minimizer)method };
        const dsc_minimize_result result = minimize(slope, &p, &x, &options);
        assert_true(result.reason != DSC_MINIMIZE_CONVERGED && result.reason != DSC_MINIMIZE_FAILED);
        assert_true(isfinite(x) && isfinite(result.value) && x > 1e6);
    }
}

static void expect_failure(dsc_status status, size_t n, double *x, dsc_objective_fn *objective,
                           const dsc_minimize_options *options)
{
    struct problem p = { .n = n < MOST ? n : 0, .hostile_from = 1 };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_minimize_result result = dsc_minimize(scope, n, x, objective, &p, options);
    assert_int_equal(dsc_scope_status(scope), status);
    assert_int_equal(result.reason, DSC_MINIMIZE_FAILED);
    assert_true(strstr(dsc_scope_message(scope), "minimise") || status == DSC_ERROR_MEMORY);
    dsc_scope_close(&scope);
}

static void wrong_use_is_refused(void **state)
{
    (void)state;
    static const dsc_minimize_options wrong[] = {
        { .method = (dsc_minimizer)7 },
        { .history = 1001 },
        { .c1 = 0.95 },
        { .c1 = NAN },
        { .c2 = 1 },
        { .c2 = 1e-5 },
        { .first_step = -1 },
        { .c1 = -1 },
        { .first_step = NAN },
        { .gradient_tolerance = -1e-8 },
        { .first_step = INFINITY },
        { .gradient_tolerance = NAN },
    };
    double x[MOST] = { 0 };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_failure(DSC_ERROR_ARGUMENT, 2, x, rosenbrock, &wrong[i]);
    expect_failure(DSC_ERROR_ARGUMENT, 0, x, rosenbrock, NULL);
    expect_failure(DSC_ERROR_ARGUMENT, 2, NULL, rosenbrock, NULL);
    expect_failure(DSC_ERROR_ARGUMENT, 2, x, NULL, NULL);
    expect_failure(DSC_ERROR_MEMORY, SIZE_MAX / 4, x, rosenbrock, NULL);
    expect_failure(DSC_ERROR_MEMORY, SIZE_MAX / 16, x, rosenbrock, NULL);
    expect_failure(DSC_ERROR_NUMERIC, 2, x, turning_hostile, NULL);
    x[1] = NAN;
    expect_failure(DSC_ERROR_NUMERIC, 2, x, rosenbrock, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quadratic_takes_as_many_steps_as_variables),
        cmocka_unit_test(lbfgs_finds_the_end_of_rosenbrocks_valley),
        cmocka_unit_test(gradient_descent_crawls_to_the_same_place),
        cmocka_unit_test(accepted_steps_keep_the_wolfe_conditions),
        cmocka_unit_test(backtracking_keeps_the_armijo_condition),
        cmocka_unit_test(repetition_gives_the_same_bits),
        cmocka_unit_test(steps_out_of_the_domain_are_shortened),
        cmocka_unit_test(an_objective_that_turns_hostile_leaves_the_last_good_point),
        cmocka_unit_test(a_wrong_gradient_ends_without_progress),
        cmocka_unit_test(limits_are_respected),
        cmocka_unit_test(a_watcher_stops_it),
        cmocka_unit_test(a_minimum_at_the_start_costs_one_evaluation),
        cmocka_unit_test(an_objective_without_minimum_ends),
        cmocka_unit_test(wrong_use_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
