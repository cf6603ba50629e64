/* Optimizer updates follow their published rules, worked out here in double, and have the same bits at every
 * level. */
#include "kernel_test.h"

#include <stddef.h>

enum { LONGEST = 67, STEPS = 5, VECTORS = 4 };

static const dsci_rule_step common = { .lr = 0.1f,
                                       .momentum = 0.8f,
                                       .beta1 = 0.9f,
                                       .beta2 = 0.97f,
                                       .epsilon = 1e-3f,
                                       .weight_decay = 0.01f,
                                       .step_size = 0.2f,
                                       .root_correction = 1.5f,
                                       .gradient_step = 0.05f };

/* --- The rules: x is a weight, then its memory --- */

#define VALUE(name) ((double)common.name)

static double sign(double x)
{
    return (x > 0) - (x < 0);
}

static double mix(double keep, double old, double fresh)
{
    return keep * old + (1 - keep) * fresh;
}

static void exact_sgd(double *x, double g)
{
    x[0] -= VALUE(lr) * g;
}

static void exact_momentum(double *x, double g)
{
    x[1] = VALUE(momentum) * x[1] + g;
    x[0] -= VALUE(lr) * x[1];
}

static void exact_nesterov(double *x, double g)
{
    x[1] = VALUE(momentum) * x[1] + g;
    x[0] -= VALUE(lr) * (g + VALUE(momentum) * x[1]);
}

static void exact_velocity(double *x, double g)
{
    x[1] = VALUE(momentum) * x[1] - VALUE(lr) * g;
    x[0] += x[1];
}

static void exact_look_ahead(double *x, double g)
{
    x[1] = VALUE(momentum) * x[1] - VALUE(lr) * g;
    x[0] += VALUE(momentum) * x[1] - VALUE(lr) * g;
}

static void exact_adagrad(double *x, double g)
{
    x[1] += g * g;
    x[0] -= VALUE(lr) * g / (sqrt(x[1]) + VALUE(epsilon));
}

static void exact_rmsprop(double *x, double g)
{
    x[1] = mix(VALUE(beta2), x[1], g * g);
    x[0] -= VALUE(lr) * g / (sqrt(x[1]) + VALUE(epsilon));
}

static void exact_rmsprop_momentum(double *x, double g)
{
    x[1] = mix(VALUE(beta2), x[1], g * g);
    x[3] = VALUE(momentum) * x[3] + g / (sqrt(x[1]) + VALUE(epsilon));
    x[0] -= VALUE(lr) * x[3];
}

static void exact_centered(double *x, double g)
{
    x[1] = mix(VALUE(beta2), x[1], g * g);
    x[2] = mix(VALUE(beta2), x[2], g);
    x[0] -= VALUE(lr) * g / (sqrt(fmax(0, x[1] - x[2] * x[2])) + VALUE(epsilon));
}

static void exact_adadelta(double *x, double g)
{
    x[1] = mix(VALUE(beta2), x[1], g * g);
    const double step = sqrt(x[2] + VALUE(epsilon)) / sqrt(x[1] + VALUE(epsilon)) * g;
    x[2] = mix(VALUE(beta2), x[2], step * step);
    x[0] -= VALUE(lr) * step;
}

static void average(double *x, double g)
{
    x[1] = mix(VALUE(beta1), x[1], g);
    x[2] = mix(VALUE(beta2), x[2], g * g);
}

static double root(double square)
{
    return VALUE(root_correction) * sqrt(square) + VALUE(epsilon);
}

static void exact_adam(double *x, double g)
{
    average(x, g);
    x[0] -= VALUE(step_size) * x[1] / root(x[2]);
}

static void exact_amsgrad(double *x, double g)
{
    average(x, g);
    x[3] = fmax(x[3], x[2]);
    x[0] -= VALUE(step_size) * x[1] / root(x[3]);
}

static void exact_nadam(double *x, double g)
{
    average(x, g);
    x[0] -= (VALUE(gradient_step) * g + VALUE(step_size) * x[1]) / root(x[2]);
}

static void exact_adamax(double *x, double g)
{
    x[1] = mix(VALUE(beta1), x[1], g);
    x[2] = fmax(VALUE(beta2) * x[2], fabs(g) + VALUE(epsilon));
    x[0] -= VALUE(step_size) * x[1] / x[2];
}

static void exact_rprop(double *x, double g)
{
    const double agreement = sign(g) * sign(x[1]);
    x[2] = fmin(50, fmax(1e-6, x[2] * (agreement > 0 ? 1.2 : agreement < 0 ? 0.5 : 1)));
    x[1] = agreement < 0 ? 0 : g;
    x[0] -= sign(x[1]) * x[2];
}

static double gained(double *x, double g)
{
    const double agreement = sign(g) * sign(x[1]);
    x[2] = fmin(10, fmax(0.1, agreement > 0 ? x[2] + 0.05 : agreement < 0 ? x[2] * 0.95 : x[2]));
    x[1] = mix(VALUE(beta1), x[1], g);
    return x[2] * g;
}

static void exact_gains(double *x, double g)
{
    x[0] -= VALUE(lr) * gained(x, g);
}

static void exact_gains_momentum(double *x, double g)
{
    x[3] = VALUE(momentum) * x[3] + gained(x, g);
    x[0] -= VALUE(lr) * x[3];
}

/* Which of the three vectors of memory the kernel gets. */
static const struct rule {
    const char *name;
    void (*exact)(double *x, double g);
    size_t kernel; /* offset in the table */
    bool has[VECTORS];
    int nesterov;
} rules[] = {
#define KERNEL(name) offsetof(dsci_kernels, name)
    { "sgd", exact_sgd, KERNEL(sgd), { true }, 0 },
    { "momentum", exact_momentum, KERNEL(momentum), { true, true }, 0 },
    { "nesterov", exact_nesterov, KERNEL(momentum), { true, true }, 1 },
    { "velocity", exact_velocity, KERNEL(velocity), { true, true }, 0 },
    { "velocity, look-ahead", exact_look_ahead, KERNEL(velocity), { true, true }, 1 },
    { "adam", exact_adam, KERNEL(adam), { true, true, true }, 0 },
    { "adagrad", exact_adagrad, KERNEL(adagrad), { true, true }, 0 },
    { "rmsprop", exact_rmsprop, KERNEL(rmsprop), { true, true }, 0 },
    { "rmsprop with momentum", exact_rmsprop_momentum, KERNEL(rmsprop), { true, true, false, true }, 0 },
    { "rmsprop, centered", exact_centered, KERNEL(rmsprop), { true, true, true }, 0 },
    { "adadelta", exact_adadelta, KERNEL(adadelta), { true, true, true }, 0 },
    { "amsgrad", exact_amsgrad, KERNEL(amsgrad), { true, true, true, true }, 0 },
    { "adamax", exact_adamax, KERNEL(adamax), { true, true, true }, 0 },
    { "nadam", exact_nadam, KERNEL(nadam), { true, true, true }, 0 },
    { "rprop", exact_rprop, KERNEL(rprop), { true, true, true }, 0 },
    { "delta-bar-delta", exact_gains, KERNEL(delta_bar_delta), { true, true, true }, 0 },
    { "delta-bar-delta with momentum",
      exact_gains_momentum,
      KERNEL(delta_bar_delta),
      { true, true, true, true },
      0 },
};
enum { RULES = sizeof rules / sizeof rules[0] };

/* --- Running the kernels --- */

/* A vector of weights, their memory and the gradients of the steps. */
typedef struct memory {
    float *x[VECTORS];
    const float *g[STEPS];
    size_t n;
} memory;

static memory make_memory(size_t n)
{
    memory m = { .n = n };
    static const float low[VECTORS] = { -1.0f, 0.01f, 0.01f, 0.01f };
    for (uint32_t i = 0; i < VECTORS; i++)
        m.x[i] = guarded_uniform(n, low[i], 1.0f, i);
    for (uint32_t i = 0; i < STEPS; i++)
        m.g[i] = guarded_uniform(n, -1.0f, 1.0f, 10 + i);
    return m;
}

static void run(dsc_isa level, const struct rule *rule, const memory *m)
{
    dsci_rule_step step = common;
    dsci_update_fn *kernel = NULL;
    float *x[VECTORS];
    memcpy(&kernel, (const char *)dsci_kernels_for(level) + rule->kernel, sizeof kernel);
    step.nesterov = rule->nesterov;
    for (int j = 0; j < VECTORS; j++)
        x[j] = rule->has[j] ? m->x[j] : NULL;
    for (int t = 0; t < STEPS; t++)
        kernel(x[0], m->g[t], x[1], x[2], x[3], m->n, &step);
}

static void check_levels(const struct rule *rule, const memory *start, const memory *scalar)
{
    FOR_LEVELS(level)
    {
        memory m = *start;
        for (int j = 0; j < VECTORS; j++)
            m.x[j] = guarded_copy(start->x[j], start->n);
        run(level, rule, &m);
        for (int j = 0; j < VECTORS; j++)
            check_bits(m.x[j], scalar->x[j], m.n, rule->name);
    }
}

static void check_rule(const struct rule *rule, size_t n)
{
    const memory start = make_memory(n), scalar = make_memory(n);
    run(DSC_ISA_SCALAR, rule, &scalar);
    for (size_t i = 0; i < n; i++) {
        double x[VECTORS];
        for (int j = 0; j < VECTORS; j++)
            x[j] = (double)start.x[j][i];
        for (int t = 0; t < STEPS; t++)
            rule->exact(x, (double)start.g[t][i] + VALUE(weight_decay) * x[0]);
        for (int j = 0; j < VECTORS; j++)
            check_near((double)scalar.x[j][i], x[j], 2e-5, rule->name);
    }
    check_levels(rule, &start, &scalar);
    release_guarded(rule->name);
}

static void rules_are_followed_with_the_same_bits_at_every_level(void **state)
{
    (void)state;
    for (size_t r = 0; r < RULES; r++)
        for (size_t n = 0; n < LONGEST; n += n < 18 ? 1 : 12)
            check_rule(&rules[r], n);
}

/* Zeros, infinities, NaN and numbers whose squares are beyond the range. A NaN in the gradient shows in the
   weight, but for RPROP, which sees no sign. */
static void strange_numbers_have_the_same_bits_at_every_level(void **state)
{
    (void)state;
    static const float strange[] = { 0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e-30f, -1e30f, 0.5f };
    enum { KINDS = 8, N = KINDS * KINDS };
    for (size_t r = 0; r < RULES; r++) {
        memory start = make_memory(N), scalar = start;
        for (size_t i = 0; i < N; i++) {
            start.x[0][i] = strange[i % KINDS];
            for (int t = 0; t < STEPS; t++)
                ((float *)start.g[t])[i] = strange[(i / KINDS + (size_t)t / 2) % KINDS];
        }
        for (int j = 0; j < VECTORS; j++)
            scalar.x[j] = guarded_copy(start.x[j], N);
        run(DSC_ISA_SCALAR, &rules[r], &scalar);
        check_levels(&rules[r], &start, &scalar);
        for (size_t i = 0; i < N && rules[r].exact != exact_rprop; i++)
            if (isnan(start.g[0][i]) || isnan(start.x[0][i]))
                assert_true(isnan(scalar.x[0][i]));
        release_guarded(rules[r].name);
    }
}

static void gradients_are_clipped_scaled_and_penalised(void **state)
{
    (void)state;
    static const float g[] = { 3.0f, -3.0f, 0.25f, NAN, INFINITY, -0.5f };
    static const float w[] = { 1.0f, -2.0f, 0.0f, 1.0f, -0.0f, 5.0f };
    static const float shaped[] = { 1.125f, -1.125f, 0.125f, NAN, 1.0f, -0.125f };
    for (dsc_isa level = DSC_ISA_SCALAR; level <= dsc_isa_detected(); level++) {
        float *x = guarded_copy(g, 6);
        dsci_kernels_for(level)->shape_gradient(x, w, 6, 0.5f, 2.0f, 0.125f);
        check_bits(x, shaped, 6, "shaped");
        release_guarded("shape_gradient");
        for (size_t n = 0; n < LONGEST; n++) {
            float *y = guarded_uniform(n, -1.0f, 1.0f, 1), *same = guarded_copy(y, n);
            dsci_kernels_for(level)->shape_gradient(y, same, n, 1.0f, INFINITY, 0.0f);
            check_bits(y, same, n, "unchanged");
            release_guarded("shape_gradient");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_followed_with_the_same_bits_at_every_level),
        cmocka_unit_test(strange_numbers_have_the_same_bits_at_every_level),
        cmocka_unit_test(gradients_are_clipped_scaled_and_penalised),
    };
    return cmocka_run_group_tests(tests, enter_float_mode, leave_float_mode);
}
