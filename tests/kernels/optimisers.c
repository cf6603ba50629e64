/* Optimiser updates follow their published rules, worked out here in double, and have the same bits at every
 * level. */
#include "kernel_test.h"

enum { LONGEST = 67, STEPS = 5 };

/* Parameters, two vectors of state and a gradient, as a level left them. */
typedef struct vectors {
    float *w, *m, *v;
    const float *g;
    size_t n;
} vectors;

typedef void (*update)(const dsci_kernels *k, const vectors *x);
typedef void (*rule)(double *w, double *m, double *v, double g);

static vectors make_vectors(size_t n)
{
    return (vectors){ guarded_uniform(n, -1.0f, 1.0f, 1), guarded_uniform(n, -0.5f, 0.5f, 2),
                      guarded_uniform(n, 0.01f, 1.0f, 3), guarded_uniform(n, -1.0f, 1.0f, 4), n };
}

static void check_rule(update run, rule exact, const char *what)
{
    for (size_t n = 0; n < LONGEST; n++) {
        const vectors start = make_vectors(n), scalar = make_vectors(n);
        for (int step = 0; step < STEPS; step++)
            run(dsci_kernels_for(DSC_ISA_SCALAR), &scalar);
        for (size_t i = 0; i < n; i++) {
            double w = (double)start.w[i], m = (double)start.m[i], v = (double)start.v[i];
            for (int step = 0; step < STEPS; step++)
                exact(&w, &m, &v, (double)start.g[i]);
            check_near((double)scalar.w[i], w, 2e-6, what);
            check_near((double)scalar.m[i], m, 2e-6, what);
            check_near((double)scalar.v[i], v, 2e-6, what);
        }
        FOR_LEVELS(level)
        {
            const vectors x = make_vectors(n);
            for (int step = 0; step < STEPS; step++)
                run(dsci_kernels_for(level), &x);
            check_bits(x.w, scalar.w, n, what);
            check_bits(x.m, scalar.m, n, what);
            check_bits(x.v, scalar.v, n, what);
        }
        release_guarded(what);
    }
}

static void run_sgd(const dsci_kernels *k, const vectors *x)
{
    k->sgd(x->w, x->g, x->n, 0.1f, 0.01f);
}

static void exact_sgd(double *w, double *m, double *v, double g)
{
    (void)m;
    (void)v;
    *w -= 0.1 * (g + 0.01 * *w);
}

static void run_momentum(const dsci_kernels *k, const vectors *x)
{
    k->momentum(x->w, x->m, x->g, x->n, 0.1f, 0.9f, 0.01f, 0);
}

static void exact_momentum(double *w, double *m, double *v, double g)
{
    (void)v;
    *m = 0.9 * *m + g + 0.01 * *w;
    *w -= 0.1 * *m;
}

static void run_nesterov(const dsci_kernels *k, const vectors *x)
{
    k->momentum(x->w, x->m, x->g, x->n, 0.1f, 0.9f, 0.01f, 1);
}

static void exact_nesterov(double *w, double *m, double *v, double g)
{
    const double gradient = g + 0.01 * *w;
    (void)v;
    *m = 0.9 * *m + gradient;
    *w -= 0.1 * (gradient + 0.9 * *m);
}

static void run_adam(const dsci_kernels *k, const vectors *x)
{
    const dsci_adam step = {
        .beta1 = 0.9f, .beta2 = 0.99f, .epsilon = 1e-3f, .step_size = 0.1f, .root_correction = 1.5f
    };
    k->adam(x->w, x->m, x->v, x->g, x->n, &step, 0.01f);
}

static void exact_adam(double *w, double *m, double *v, double g)
{
    const double gradient = g + 0.01 * *w;
    *m = 0.9 * *m + 0.1 * gradient;
    *v = 0.99 * *v + 0.01 * gradient * gradient;
    *w -= 0.1 * *m / (1.5 * sqrt(*v) + 1e-3);
}

static void gradient_descent(void **state)
{
    (void)state;
    check_rule(run_sgd, exact_sgd, "sgd");
}

static void heavy_ball(void **state)
{
    (void)state;
    check_rule(run_momentum, exact_momentum, "momentum");
}

static void nesterov(void **state)
{
    (void)state;
    check_rule(run_nesterov, exact_nesterov, "nesterov");
}

static void adam(void **state)
{
    (void)state;
    check_rule(run_adam, exact_adam, "adam");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_descent),
        cmocka_unit_test(heavy_ball),
        cmocka_unit_test(nesterov),
        cmocka_unit_test(adam),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
