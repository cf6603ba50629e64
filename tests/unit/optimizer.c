/* Update rules follow the traces of their sources on f = (x1^2 + 10 x2^2) / 2, from (1, 1), after 5 steps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nn/optimizer.h"

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
    { { .kind = DSC_ADAGRAD, .lr = 0.1 }, { 0.697714862064824, 0.697714862045977 } },
    { { .kind = DSC_RMSPROP, .lr = 0.01 }, { 0.696465799281033, 0.696465780303947 } },
    { { .kind = DSC_RMSPROP, .lr = 0.01, .beta2 = 0.9 }, { 0.895506712204884, 0.895506710054774 } },
    { { .kind = DSC_RMSPROP, .lr = 0.01, .centered = true, .momentum = 0.5 },
      { 0.49398310809589, 0.493983075944802 } },
    { { .kind = DSC_ADADELTA }, { 0.983631387348616, 0.983631303666795 } },
    { { .kind = DSC_ADAMAX, .lr = 0.1 }, { 0.551553805050643, 0.551553801469702 } },
    { { .kind = DSC_NADAM, .lr = 0.1 }, { 0.623662893783, 0.623662890407 } },
    { { .kind = DSC_AMSGRAD, .lr = 0.1 }, { 0.507963661927221, 0.507963657134039 } },
    { { .kind = DSC_ADAMW, .lr = 0.1, .weight_decay = 0.1 }, { 0.469952659618807, 0.469952654890928 } },
    { { .kind = DSC_RPROP, .lr = 0.01 }, { 0.925584, 0.925584 } },
};
enum { TRACES = sizeof traces / sizeof traces[0] };

static void double_traces_agree(void **state)
{
    (void)state;
    for (int i = 0; i < TRACES; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer optimizer;
        assert_int_equal(dsci_optimizer_make(scope, &optimizer, &traces[i].rule, DSC_F64, NULL, 0, 2),
                         DSC_OK);
        double x[2] = { 1, 1 };
        for (int t = 0; t < STEPS; t++)
            dsci_optimizer_update(&optimizer, x, (double[]){ x[0], 10 * x[1] }, 2);
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
        assert_int_equal(dsci_optimizer_make(scope, &optimizer, &traces[i].rule, DSC_F32, NULL, 0, 2),
                         DSC_OK);
        float x[2] = { 1, 1 };
        for (int t = 0; t < STEPS; t++)
            dsci_optimizer_update(&optimizer, x, (float[]){ x[0], 10 * x[1] }, 2);
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
    assert_int_equal(dsci_optimizer_make(scope, &optimizer, &rule, DSC_F64, NULL, 0, 1), DSC_OK);
    double x = 1, w = 1, velocity = 0;
    for (int t = 0; t < 50; t++) {
        dsci_optimizer_update(&optimizer, &x, &(double){ 4 * x }, 2);
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
        { .lr = -1 },
        { .lr = NAN },
        { .lr = INFINITY },
        { .momentum = 1 },
        { .beta1 = 1 },
        { .beta2 = -0.5 },
        { .clip_norm = -1 },
        { .l1 = NAN },
        { .group_count = 1 },
        { .schedule = { .kind = DSC_COSINE } },
        { .epsilon = -1 },
        { .weight_decay = NAN },
        { .kind = (dsc_optimizer_kind)99 },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer optimizer;
        assert_int_equal(dsci_optimizer_make(scope, &optimizer, &wrong[i], DSC_F32, NULL, 0, 4),
                         DSC_ERROR_ARGUMENT);
        assert_true(dsc_scope_message(scope)[0] != '\0');
        dsc_scope_close(&scope);
    }
}

/* PyTorch 2.13's rates from 0.5. */
static const struct curve {
    dsc_schedule schedule;
    double rates[12];
} curves[] = { { { .kind = DSC_STEPWISE, .factor = 0.3, .period = 4 },
                 { 0.5, 0.5, 0.5, 0.5, 0.15, 0.15, 0.15, 0.15, 0.045, 0.045, 0.045, 0.045 } },
               { { .kind = DSC_EXPONENTIAL, .factor = 0.9 },
                 { 0.5, 0.45, 0.405, 0.36450000000000005, 0.32805000000000006, 0.2952450000000001,
                   0.2657205000000001, 0.23914845000000007, 0.21523360500000008, 0.19371024450000007,
                   0.17433922005000008, 0.15690529804500009 } },
               { { .kind = DSC_INVERSE_TIME, .factor = 0.5 },
                 { 0.5, 0.3333333333333333, 0.25, 0.2, 0.16666666666666666, 0.14285714285714285, 0.125,
                   0.1111111111111111, 0.1, 0.09090909090909091, 0.08333333333333333, 0.07692307692307693 } },
               { { .kind = DSC_COSINE, .period = 11, .minimum = 0.01 },
                 { 0.5, 0.4900757785355519, 0.4611071155436394, 0.41544087981659494, 0.35677667818546227,
                   0.2898671353769549, 0.22013286462304524, 0.1532233218145379, 0.09455912018340519,
                   0.04889288445636064, 0.019924221464448146, 0.01 } },
               { { .kind = DSC_WARM_RESTARTS, .period = 3, .factor = 2, .minimum = 0.01 },
                 { 0.5, 0.3775, 0.13250000000000006, 0.5, 0.4671762239271875, 0.3775, 0.255,
                   0.13250000000000006, 0.04282377607281252, 0.5, 0.4916518274408217, 0.4671762239271875 } },
               { { .kind = DSC_TRIANGULAR, .period = 3, .minimum = 0.1 },
                 { 0.1, 0.2333333333333334, 0.3666666666666666, 0.5, 0.3666666666666668, 0.23333333333333323,
                   0.1, 0.2333333333333336, 0.3666666666666665, 0.5, 0.3666666666666665,
                   0.2333333333333336 } },
               { { .kind = DSC_TRIANGULAR2, .period = 3, .minimum = 0.1 },
                 { 0.1, 0.2333333333333334, 0.3666666666666666, 0.5, 0.3666666666666668, 0.23333333333333323,
                   0.1, 0.1666666666666668, 0.23333333333333323, 0.30000000000000004, 0.23333333333333323,
                   0.1666666666666668 } },
               { { .kind = DSC_ONE_CYCLE, .period = 12 },
                 { 0.020000000000000018, 0.17489482710979154, 0.43964257956106434, 0.49720771772545586,
                   0.46650648492070584, 0.4058728269748815, 0.32368949884755166, 0.23131855133348753,
                   0.14153049910434962, 0.0667387650944153, 0.01728349371269761, 2e-06 } } };

static void schedules_have_pytorchs_rates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
        for (uint64_t t = 0; t < 12; t++) {
            dsc_schedule by_epoch = curves[i].schedule;
            by_epoch.by_epoch = true;
            assert_true(fabs(dsc_schedule_rate(&curves[i].schedule, 0.5, t, 0) - curves[i].rates[t]) <=
                        1e-12);
            assert_true(fabs(dsc_schedule_rate(&by_epoch, 0.5, 99, t) - curves[i].rates[t]) <= 1e-12);
        }
}

static void plateau_cuts_the_rate_after_its_patience(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_optimizer optimizer;
    const dsc_optimizer rule = { .lr = 1, .schedule = { .kind = DSC_PLATEAU, .patience = 2, .factor = 0.5 } };
    assert_int_equal(dsci_optimizer_make(scope, &optimizer, &rule, DSC_F64, NULL, 0, 1), DSC_OK);
    static const double losses[] = { 3, 2, 2, 2, 2, 1, 1, 1, 1 };
    static const double rates[] = { 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25 };
    for (size_t i = 0; i < 9; i++) {
        double x = 0, g = 0;
        dsci_optimizer_epoch(&optimizer, losses[i]);
        dsci_optimizer_update(&optimizer, &x, &g, 1);
        assert_true(optimizer.lr == rates[i]);
    }
    dsc_scope_close(&scope);
}

enum { LARGE = 3 * DSCI_UPDATE_CHUNK + 5 };

static void train_large(const dsc_optimizer *rule, float *w, int threads)
{
    static float g[LARGE];
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_optimizer optimizer;
    assert_int_equal(dsci_optimizer_make(scope, &optimizer, rule, DSC_F32, NULL, 0, LARGE), DSC_OK);
    for (size_t i = 0; i < LARGE; i++)
        w[i] = (float)(i % 101) / 50 - 1;
    for (int t = 0; t < 3; t++) {
        for (size_t i = 0; i < LARGE; i++)
            g[i] = w[i] * (float)(1 + i % 7) - 0.25f;
        dsci_optimizer_update(&optimizer, w, g, threads);
    }
    dsc_scope_close(&scope);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    static float one[LARGE], many[LARGE];
    for (int kind = 0; kind < DSC_OPTIMIZER_COUNT; kind++) {
        const dsc_optimizer rule = { .kind = (dsc_optimizer_kind)kind,
                                     .clip_norm = 1,
                                     .clip_value = 2,
                                     .l1 = 1e-3,
                                     .l2 = 1e-2,
                                     .decoupled_decay = 0.1 };
        train_large(&rule, one, 1);
        train_large(&rule, many, 3);
        assert_memory_equal(one, many, sizeof one);
    }
}

static void groups_and_norms_apply_to_their_slices(void **state)
{
    (void)state;
    static const dsc_slice slices[] = {
        { .name = "a/weights", .offset = 0, .count = 4, .shape = { 2, 2 } },
        { .name = "a/bias", .offset = 8, .count = 2, .shape = { 2 } },
        { .name = "b/weights", .offset = 16, .count = 1, .shape = { 1, 1 } }
    };
    static const dsc_parameter_group groups[] = { { .match = "*/bias", .no_decay = true, .lr_factor = 2 },
                                                  { .match = "b/*", .frozen = true } };
    const dsc_optimizer rule = {
        .lr = 0.5, .l2 = 1, .max_norm = 1, .clip_norm = 5, .groups = groups, .group_count = 2
    };
    double w[17] = { 6, 0, 8, 1, [8] = 1, 1, [16] = 7 }, g[17] = { [8] = 6, 8, [16] = 100 };
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_optimizer optimizer;
    assert_int_equal(dsci_optimizer_make(scope, &optimizer, &rule, DSC_F64, slices, 3, 17), DSC_OK);
    assert_true(dsci_optimizer_penalty(&optimizer, w) == 50.5);
    dsci_optimizer_update(&optimizer, w, g, 2);
    static const double expected[17] = { 0.6, 0, 0.8, 0.5, [8] = -2, -3, [16] = 7 };
    assert_true(optimizer.gradient_norm == 10);
    for (size_t i = 0; i < 17; i++)
        assert_true(fabs(w[i] - expected[i]) <= 1e-15);
    dsc_scope_close(&scope);
}

static void names_are_parsed_and_suggested(void **state)
{
    (void)state;
    for (int kind = 0; kind < DSC_OPTIMIZER_COUNT; kind++)
        assert_int_equal(dsc_optimizer_parse(NULL, dsc_optimizer_name((dsc_optimizer_kind)kind)), kind);
    for (int kind = 0; kind < DSC_SCHEDULE_COUNT; kind++)
        assert_int_equal(dsc_schedule_parse(NULL, dsc_schedule_name((dsc_schedule_kind)kind)), kind);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_optimizer_parse(scope, "adagard");
    assert_string_equal(dsc_scope_message(scope), "unknown optimiser 'adagard'; did you mean 'adagrad'?");
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_traces_agree),
        cmocka_unit_test(single_precision_follows_by_its_rounding),
        cmocka_unit_test(nesterov_is_sutskevers_look_ahead),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(schedules_have_pytorchs_rates),
        cmocka_unit_test(plateau_cuts_the_rate_after_its_patience),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(groups_and_norms_apply_to_their_slices),
        cmocka_unit_test(names_are_parsed_and_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
