/* Update rules follow the traces of their sources on f = (x1^2 + 10 x2^2) / 2, from (1, 1), after 5 steps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "train/optimizer.h"

enum { STEPS = 5 };

static const struct trace {
    dsc_optimizer rule;
    double x[2];
} traces[] = {
    { { .kind = DSC_SGD, .lr = 0.05 }, { 0.7737809375, 0.03125 } },
    { { .kind = DSC_MOMENTUM, .lr = 0.05, .momentum = 0.9 }, { 0.4171559375, -0.5218 } },
    { { .kind = DSC_NESTEROV, .lr = 0.05, .momentum = 0.9 }, { 0.315942305066, -0.0111371875 } },
    { { .kind = DSC_ADAM, .lr = 0.1 }, { 0.507963661927, 0.507963657134 } },
    { { .kind = DSC_ADAM, .lr = 0.1, .weight_decay = 0.1 }, { 0.507963661443, 0.507963657129 } },
};
enum { TRACES = sizeof traces / sizeof traces[0] };

static void double_traces_agree(void **state)
{
    (void)state;
    for (int i = 0; i < TRACES; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer optimizer;
        assert_int_equal(dsci_optimizer_make(scope, &optimizer, &traces[i].rule, DSC_F64, 2), DSC_OK);
        double x[2] = { 1, 1 };
        for (int t = 0; t < STEPS; t++)
            dsci_optimizer_update(&optimizer, x, (double[]){ x[0], 10 * x[1] });
        assert_true(fabs(x[0] - traces[i].x[0]) <= 1e-12 && fabs(x[1] - traces[i].x[1]) <= 1e-12);
        dsc_scope_close(&scope);
    }
}

static void single_precision_follows_by_its_rounding(void **state)
{
    (void)state;
    for (int i = 0; i < TRACES; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer optimizer;
        assert_int_equal(dsci_optimizer_make(scope, &optimizer, &traces[i].rule, DSC_F32, 2), DSC_OK);
        float x[2] = { 1, 1 };
        for (int t = 0; t < STEPS; t++)
            dsci_optimizer_update(&optimizer, x, (float[]){ x[0], 10 * x[1] });
        for (int j = 0; j < 2; j++)
            assert_true(fabs((double)x[j] - traces[i].x[j]) <= 1e-6);
        dsc_scope_close(&scope);
    }
}

/* PyTorch's w is the look-ahead point v + mu u of Sutskever's form, whose gradient is taken there. */
static void nesterov_is_sutskevers_look_ahead(void **state)
{
    (void)state;
    const double lr = 0.03, mu = 0.85;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_optimizer optimizer;
    const dsc_optimizer rule = { .kind = DSC_NESTEROV, .lr = lr, .momentum = mu };
    assert_int_equal(dsci_optimizer_make(scope, &optimizer, &rule, DSC_F64, 1), DSC_OK);
    double x = 1, w = 1, velocity = 0;
    for (int t = 0; t < 50; t++) {
        dsci_optimizer_update(&optimizer, &x, &(double){ 4 * x });
        velocity = mu * velocity - lr * 4 * (w + mu * velocity);
        w += velocity;
        assert_true(fabs(x - (w + mu * velocity)) <= 1e-12);
    }
    dsc_scope_close(&scope);
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    static const dsc_optimizer wrong[] = {
        { .lr = -1 },      { .lr = NAN },           { .lr = INFINITY },
        { .momentum = 1 }, { .beta1 = 1 },          { .beta2 = -0.5 },
        { .epsilon = -1 }, { .weight_decay = NAN }, { .kind = (dsc_optimizer_kind)99 },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer optimizer;
        assert_int_equal(dsci_optimizer_make(scope, &optimizer, &wrong[i], DSC_F32, 4), DSC_ERROR_ARGUMENT);
        assert_true(dsc_scope_message(scope)[0] != '\0');
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_traces_agree),
        cmocka_unit_test(single_precision_follows_by_its_rounding),
        cmocka_unit_test(nesterov_is_sutskevers_look_ahead),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
