/* Update rules follow the traces of their sources on f = (x1^2 + 10 x2^2) / 2, from (1, 1), after 5 steps;
   schedules those of PyTorch; regularisers, clipping and groups do what they say. */
#include <math.h>
#include <string.h>

#include "nn/optimizer.h"
#include "test.h"
#include "update.h"

enum { STEPS = 5 };

static const struct trace {
    dsc_optimizer rule;
    double x[2];
} traces[] = {
    { { .kind = DSC_OPTIMIZER_SGD, .lr = 0.05 }, { 0.7737809375, 0.03125 } },
    { { .kind = DSC_OPTIMIZER_MOMENTUM, .lr = 0.05, .momentum = 0.9 }, { 0.4171559375, -0.5218 } },
    { { .kind = DSC_OPTIMIZER_MOMENTUM, .lr = 0.05, .sutskever = true }, { 0.4171559375, -0.5218 } },
    { { .kind = DSC_OPTIMIZER_MOMENTUM, .lr = 0.05, .weight_decay = 0.1 },
      { 0.36667665959062495, -0.5086752161906251 } },
    { { .kind = DSC_OPTIMIZER_NESTEROV, .lr = 0.05, .momentum = 0.9 }, { 0.315942305066, -0.0111371875 } },
    { { .kind = DSC_OPTIMIZER_NESTEROV, .lr = 0.05, .sutskever = true }, { 0.315942305066, -0.0111371875 } },
    { { .kind = DSC_OPTIMIZER_ADAM, .lr = 0.1 }, { 0.507963661927, 0.507963657134 } },
    { { .kind = DSC_OPTIMIZER_ADAM, .lr = 0.1, .weight_decay = 0.1 }, { 0.507963661443, 0.507963657129 } },
    { { .kind = DSC_OPTIMIZER_ADAGRAD, .lr = 0.1 }, { 0.697714862064824, 0.697714862045977 } },
    { { .kind = DSC_OPTIMIZER_RMSPROP, .lr = 0.01 }, { 0.696465799281033, 0.696465780303947 } },
    { { .kind = DSC_OPTIMIZER_RMSPROP, .lr = 0.01, .beta2 = 0.9 }, { 0.895506712204884, 0.895506710054774 } },
    { { .kind = DSC_OPTIMIZER_RMSPROP, .lr = 0.01, .centered = true, .momentum = 0.5 },
      { 0.49398310809589, 0.493983075944802 } },
    { { .kind = DSC_OPTIMIZER_RMSPROP, .lr = 0.01, .momentum = 0.5 },
      { 0.4990830526912371, 0.499083021074003 } },
    { { .kind = DSC_OPTIMIZER_ADADELTA }, { 0.983631387348616, 0.983631303666795 } },
    { { .kind = DSC_OPTIMIZER_ADADELTA, .beta2 = 0.95 }, { 0.9773408496842643, 0.977340622367577 } },
    { { .kind = DSC_OPTIMIZER_ADAMAX, .lr = 0.1 }, { 0.551553805050643, 0.551553801469702 } },
    { { .kind = DSC_OPTIMIZER_NADAM, .lr = 0.1 }, { 0.623662893783, 0.623662890407 } },
    { { .kind = DSC_OPTIMIZER_AMSGRAD, .lr = 0.1 }, { 0.507963661927221, 0.507963657134039 } },
    { { .kind = DSC_OPTIMIZER_AMSGRAD, .lr = 0.1, .beta2 = 0.5 },
      { 0.5010972094537932, 0.5010972047569769 } },
    { { .kind = DSC_OPTIMIZER_ADAMW, .lr = 0.1, .weight_decay = 0.1 },
      { 0.469952659618807, 0.469952654890928 } },
    { { .kind = DSC_OPTIMIZER_RPROP, .lr = 0.01 }, { 0.925584, 0.925584 } },
    { { .kind = DSC_OPTIMIZER_RPROP, .lr = 0.5 }, { 0.2, 0.2 } },
    { { .kind = DSC_OPTIMIZER_DELTA_BAR_DELTA, .lr = 0.05 }, { 0.75360512784375, 0.01816875 } },
    { { .kind = DSC_OPTIMIZER_DELTA_BAR_DELTA, .lr = 0.15 }, { 0.40574872665625, -0.022578125 } },
    { { .kind = DSC_OPTIMIZER_DELTA_BAR_DELTA, .lr = 0.15, .momentum = 0.5 },
      { 0.1164759180625, -0.0007159284124176026 } },
};
enum { TRACES = sizeof traces / sizeof traces[0] };

static dsci_optimizer_state make(dsc_scope *scope, const dsc_optimizer *rule, dsc_dtype dtype,
                                 size_t elements)
{
    dsci_optimizer_state optimizer;
    assert_int_equal(dsci_optimizer_make(scope, &optimizer, rule, dtype, NULL, 0, elements), DSC_OK);
    return optimizer;
}

static void double_traces_agree(void **state)
{
    (void)state;
    for (int i = 0; i < TRACES; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer_state optimizer = make(scope, &traces[i].rule, DSC_DTYPE_F64, 2);
        double x[2] = { 1, 1 };
        for (int t = 0; t < STEPS; t++)
            update_on(&optimizer, x, (double[]){ x[0], 10 * x[1] }, 2);
        assert_true(fabs(x[0] - traces[i].x[0]) <= 1e-12 && fabs(x[1] - traces[i].x[1]) <= 1e-12);
        dsc_scope_close(&scope);
    }
}

static void single_precision_follows_by_its_rounding(void **state)
{
    (void)state;
    for (int i = 0; i < TRACES; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer_state optimizer = make(scope, &traces[i].rule, DSC_DTYPE_F32, 2);
        float x[2] = { 1, 1 };
        for (int t = 0; t < STEPS; t++)
            update_on(&optimizer, x, (float[]){ x[0], 10 * x[1] }, 2);
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
    const dsc_optimizer rule = { .kind = DSC_OPTIMIZER_NESTEROV, .lr = lr, .momentum = mu };
    dsci_optimizer_state optimizer = make(scope, &rule, DSC_DTYPE_F64, 1);
    double x = 1, w = 1, velocity = 0;
    for (int t = 0; t < 50; t++) {
        update_on(&optimizer, &x, &(double){ 4 * x }, 2);
        velocity = mu * velocity - lr * 4 * (w + mu * velocity);
        w += velocity;
        assert_true(fabs(x - (w + mu * velocity)) <= 1e-12);
    }
    dsc_scope_close(&scope);
}

/* The trace of Sutskever's w is the look-ahead point less mu v, in both forms. */
static void both_forms_of_nesterov_hold_sutskevers_point(void **state)
{
    (void)state;
    static const double published[2] = { 0.450443604969, -0.101753125 };
    for (int form = 0; form < 2; form++) {
        const dsc_optimizer rule = { .kind = DSC_OPTIMIZER_NESTEROV, .lr = 0.05, .sutskever = form };
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer_state optimizer = make(scope, &rule, DSC_DTYPE_F64, 2);
        double x[2] = { 1, 1 };
        for (int t = 0; t < STEPS; t++)
            update_on(&optimizer, x, (double[]){ x[0], 10 * x[1] }, 1);
        for (int j = 0; j < 2; j++) {
            const double first = ((const double *)optimizer.first)[j], v = form ? first : -0.05 * first;
            assert_true(fabs(x[j] - 0.9 * v - published[j]) <= 1e-12);
        }
        dsc_scope_close(&scope);
    }
}

/* When the rate falls, momentum keeps the old steps with the rate inside, and shrinks them without. */
static void the_forms_of_momentum_differ_when_the_rate_changes(void **state)
{
    (void)state;
    static const double after[] = { 1 - 0.1 - 0.01 * (0.5 + 1), 1 - 0.1 - (0.5 * 0.1 + 0.01) };
    for (int form = 0; form < 2; form++) {
        const dsc_optimizer rule = { .kind = DSC_OPTIMIZER_MOMENTUM,
                                     .lr = 0.1,
                                     .momentum = 0.5,
                                     .sutskever = form,
                                     .schedule = { .kind = DSC_SCHEDULE_STEPWISE, .period = 1 } };
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer_state optimizer = make(scope, &rule, DSC_DTYPE_F64, 1);
        double x = 1;
        for (int t = 0; t < 2; t++)
            update_on(&optimizer, &x, &(double){ 1 }, 1);
        assert_true(fabs(x - after[form]) <= 1e-15);
        dsc_scope_close(&scope);
    }
}

/* The paper's AMSGrad is ours with lr (1 - beta1^t) / r and eps / r, r^2 = 1 - beta2^t. */
static void amsgrad_without_its_corrections_is_the_papers(void **state)
{
    (void)state;
    const dsc_optimizer rule = { .kind = DSC_OPTIMIZER_AMSGRAD };
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_optimizer_state optimizer = make(scope, &rule, DSC_DTYPE_F64, 2);
    double x[2] = { 1, 1 };
    for (int t = 1; t <= STEPS; t++) {
        const double r = sqrt(1 - pow(0.999, t));
        optimizer.options.lr = 0.1 * (1 - pow(0.9, t)) / r;
        optimizer.options.epsilon = 1e-8 / r;
        update_on(&optimizer, x, (double[]){ x[0], 10 * x[1] }, 1);
    }
    assert_true(fabs(x[0] + 0.676072562940) <= 1e-12 && fabs(x[1] + 0.676072659751) <= 1e-12);
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
        { .schedule = { .kind = DSC_SCHEDULE_COSINE } },
        { .epsilon = -1 },
        { .weight_decay = NAN },
        { .kind = (dsc_optimizer_kind)99 },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer_state optimizer;
        assert_int_equal(dsci_optimizer_make(scope, &optimizer, &wrong[i], DSC_DTYPE_F32, NULL, 0, 4),
                         DSC_ERROR_ARGUMENT);
        assert_true(dsc_scope_message(scope)[0] != '\0');
        dsc_scope_close(&scope);
    }
}

/* PyTorch 2.13's rates from 0.5. */
static const struct curve {
    dsc_schedule schedule;
    double rates[12];
} curves[] = { { { .kind = DSC_SCHEDULE_STEPWISE, .factor = 0.3, .period = 4 },
                 { 0.5, 0.5, 0.5, 0.5, 0.15, 0.15, 0.15, 0.15, 0.045, 0.045, 0.045, 0.045 } },
               { { .kind = DSC_SCHEDULE_EXPONENTIAL, .factor = 0.9 },
                 { 0.5, 0.45, 0.405, 0.36450000000000005, 0.32805000000000006, 0.2952450000000001,
                   0.2657205000000001, 0.23914845000000007, 0.21523360500000008, 0.19371024450000007,
                   0.17433922005000008, 0.15690529804500009 } },
               { { .kind = DSC_SCHEDULE_INVERSE_TIME, .factor = 0.5 },
                 { 0.5, 0.3333333333333333, 0.25, 0.2, 0.16666666666666666, 0.14285714285714285, 0.125,
                   0.1111111111111111, 0.1, 0.09090909090909091, 0.08333333333333333, 0.07692307692307693 } },
               { { .kind = DSC_SCHEDULE_COSINE, .period = 11, .minimum = 0.01 },
                 { 0.5, 0.4900757785355519, 0.4611071155436394, 0.41544087981659494, 0.35677667818546227,
                   0.2898671353769549, 0.22013286462304524, 0.1532233218145379, 0.09455912018340519,
                   0.04889288445636064, 0.019924221464448146, 0.01 } },
               { { .kind = DSC_SCHEDULE_WARM_RESTARTS, .period = 3, .factor = 2, .minimum = 0.01 },
                 { 0.5, 0.3775, 0.13250000000000006, 0.5, 0.4671762239271875, 0.3775, 0.255,
                   0.13250000000000006, 0.04282377607281252, 0.5, 0.4916518274408217, 0.4671762239271875 } },
               { { .kind = DSC_SCHEDULE_TRIANGULAR, .period = 3, .minimum = 0.1 },
                 { 0.1, 0.2333333333333334, 0.3666666666666666, 0.5, 0.3666666666666668, 0.23333333333333323,
                   0.1, 0.2333333333333336, 0.3666666666666665, 0.5, 0.3666666666666665,
                   0.2333333333333336 } },
               { { .kind = DSC_SCHEDULE_TRIANGULAR2, .period = 3, .minimum = 0.1 },
                 { 0.1, 0.2333333333333334, 0.3666666666666666, 0.5, 0.3666666666666668, 0.23333333333333323,
                   0.1, 0.1666666666666668, 0.23333333333333323, 0.30000000000000004, 0.23333333333333323,
                   0.1666666666666668 } },
               { { .kind = DSC_SCHEDULE_ONE_CYCLE, .period = 12 },
                 { 0.020000000000000018, 0.17489482710979154, 0.43964257956106434, 0.49720771772545586,
                   0.46650648492070584, 0.4058728269748815, 0.32368949884755166, 0.23131855133348753,
                   0.14153049910434962, 0.0667387650944153, 0.01728349371269761, 2e-06 } },
               { { .warmup = 5 }, { 0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5 } },
               { { .kind = DSC_SCHEDULE_COSINE, .period = 6, .minimum = 0.01, .warmup = 5 },
                 { 0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.4671762239271875, 0.3775, 0.255, 0.13250000000000006,
                   0.04282377607281252, 0.01 } } };
enum { CURVES = sizeof curves / sizeof curves[0] };

static void schedules_have_pytorchs_rates(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++)
        for (uint64_t t = 0; t < 12; t++) {
            dsc_schedule by_epoch = curves[i].schedule;
            by_epoch.by_epoch = true;
            assert_true(fabs(dsc_schedule_rate(&curves[i].schedule, 0.5, t, 0) - curves[i].rates[t]) <=
                        1e-12);
            assert_true(fabs(dsc_schedule_rate(&by_epoch, 0.5, 99, t) - curves[i].rates[t]) <= 1e-12);
        }
}

static void schedules_begin_after_their_warmup(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++)
        for (uint64_t t = 0; t < 12; t++) {
            dsc_schedule later = curves[i].schedule;
            later.warmup += 4;
            if (curves[i].schedule.warmup == 0)
                assert_true(fabs(dsc_schedule_rate(&later, 0.5, t + 4, 0) - curves[i].rates[t]) <= 1e-12);
            if (t < 4)
                assert_true(fabs(dsc_schedule_rate(&later, 0.5, t, 0) -
                                 0.5 * (double)(t + 1) / later.warmup) <= 1e-12);
        }
}

static void one_cycle_moves_momentum_against_the_rate(void **state)
{
    (void)state;
    static const double momenta[12] = { 0.95,
                                        0.9177302443521267,
                                        0.8625744625914449,
                                        0.8505584586887436,
                                        0.856698729810778,
                                        0.8688255099070633,
                                        0.8852622412794547,
                                        0.9037365046793212,
                                        0.9216941869558779,
                                        0.9366525935914912,
                                        0.9465436874322102,
                                        0.95 };
    const dsc_schedule cycle = { .kind = DSC_SCHEDULE_ONE_CYCLE, .period = 12 }, constant = { .warmup = 3 };
    for (uint64_t t = 0; t < 12; t++) {
        assert_true(fabs(dsc_schedule_momentum(&cycle, t, 0) - momenta[t]) <= 1e-12);
        assert_true(isnan(dsc_schedule_momentum(&constant, t, 0)));
    }
}

/* Every update has the rate and the momentum of its step: with momentum, the velocity; with Adam, beta1. */
static void updates_take_the_rates_of_the_schedule(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++)
        for (int adam = 0; adam < 2; adam++) {
            const dsc_optimizer rule = { .kind = adam ? DSC_OPTIMIZER_ADAM : DSC_OPTIMIZER_MOMENTUM,
                                         .lr = 0.5,
                                         .momentum = 0.6,
                                         .beta1 = 0.6,
                                         .schedule = curves[i].schedule };
            dsc_scope *scope = dsc_scope_open(NULL);
            dsci_optimizer_state optimizer = make(scope, &rule, DSC_DTYPE_F64, 1);
            double x = 0, velocity = 0;
            for (uint64_t t = 0; t < 12; t++) {
                const double scheduled = dsc_schedule_momentum(&curves[i].schedule, t, 0);
                const double mu = isnan(scheduled) ? 0.6 : scheduled;
                velocity = mu * velocity + (adam ? 1 - mu : 1);
                update_on(&optimizer, &x, &(double){ 1 }, 1);
                assert_true(fabs(optimizer.lr - curves[i].rates[t]) <= 1e-12);
                assert_true(fabs(*(const double *)optimizer.first - velocity) <= 1e-12);
            }
            dsc_scope_close(&scope);
        }
}

/* PyTorch's rates, with what the loss must fall by, a rest after each cut and a floor. */
static void plateau_rests_after_a_cut_and_stops_at_its_minimum(void **state)
{
    (void)state;
    const dsc_optimizer rule = { .lr = 1,
                                 .schedule = { .kind = DSC_SCHEDULE_PLATEAU,
                                               .patience = 1,
                                               .cooldown = 2,
                                               .minimum = 0.005,
                                               .threshold = 0.1 } };
    static const double losses[] = { 3, 2.9, 2.8, 2.5, 2.4, 2.4, 2.3, 2.2, 2.2, 2.2, 2.2, 2.2, 2.2 };
    static const double rates[] = { 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.005, 0.005, 0.005 };
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_optimizer_state optimizer = make(scope, &rule, DSC_DTYPE_F64, 1);
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        double x = 0, g = 0;
        dsci_optimizer_epoch(&optimizer, losses[i]);
        update_on(&optimizer, &x, &g, 1);
        assert_true(fabs(optimizer.lr - rates[i]) <= 1e-12);
    }
    dsc_scope_close(&scope);
}

static void plateau_cuts_the_rate_after_its_patience(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_optimizer rule = { .lr = 1,
                                 .schedule = { .kind = DSC_SCHEDULE_PLATEAU, .patience = 2, .factor = 0.5 } };
    dsci_optimizer_state optimizer = make(scope, &rule, DSC_DTYPE_F64, 1);
    static const double losses[] = { 3, 2, 2, 2, 2, 1, 1, 1, 1 };
    static const double rates[] = { 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25 };
    for (size_t i = 0; i < 9; i++) {
        double x = 0, g = 0;
        dsci_optimizer_epoch(&optimizer, losses[i]);
        update_on(&optimizer, &x, &g, 1);
        assert_true(optimizer.lr == rates[i]);
    }
    dsc_scope_close(&scope);
}

static void on_a_plateau_what_is_not_finite_is_no_fall(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_optimizer rule = { .lr = 1,
                                 .schedule = { .kind = DSC_SCHEDULE_PLATEAU, .patience = 1, .factor = 0.5 } };
    dsci_optimizer_state optimizer = make(scope, &rule, DSC_DTYPE_F64, 1);
    static const double losses[] = { NAN, INFINITY, 3, -INFINITY, NAN, 2, 2, 2 };
    static const double rates[] = { 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125 };
    for (size_t i = 0; i < 8; i++) {
        double x = 0, g = 0;
        dsci_optimizer_epoch(&optimizer, losses[i]);
        update_on(&optimizer, &x, &g, 1);
        assert_true(optimizer.lr == rates[i]);
    }
    dsc_scope_close(&scope);
}

/* A matrix whose rows and columns fit neither the chunks nor the lanes, and a bias. */
enum { ROWS = 211, UNITS = 247, MATRIX = ROWS * UNITS, LARGE = MATRIX + UNITS };

static void train_large(const dsc_optimizer *rule, dsc_dtype dtype, void *w, int threads)
{
    static double wide[LARGE];
    static float narrow[LARGE];
    const bool f64 = dtype == DSC_DTYPE_F64;
    const dsc_slice slices[] = { { .name = "weights", .count = MATRIX, .shape = { ROWS, UNITS } },
                                 { .name = "bias", .offset = MATRIX, .count = UNITS, .shape = { UNITS } } };
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_optimizer_state optimizer;
    assert_int_equal(dsci_optimizer_make(scope, &optimizer, rule, dtype, slices, 2, LARGE), DSC_OK);
    assert_true(optimizer.chunk_count > 3);
    for (size_t i = 0; i < LARGE; i++) {
        const double start = (double)(i % 101) / 50 - 1;
        if (f64)
            ((double *)w)[i] = start;
        else
            ((float *)w)[i] = (float)start;
    }
    for (int t = 0; t < 3; t++) {
        for (size_t i = 0; i < LARGE; i++) {
            wide[i] = (f64 ? ((double *)w)[i] : (double)((float *)w)[i]) * (double)(1 + i % 7) - 0.25;
            narrow[i] = (float)wide[i];
        }
        update_on(&optimizer, w, f64 ? (void *)wide : narrow, threads);
    }
    dsc_scope_close(&scope);
}

static void check_threads(const dsc_optimizer *rule)
{
    static double one[LARGE], many[LARGE];
    for (int dtype = 0; dtype < 2; dtype++)
        for (int threads = 2; threads <= 5; threads++) {
            const size_t bytes = LARGE * (dtype ? sizeof(double) : sizeof(float));
            train_large(rule, dtype ? DSC_DTYPE_F64 : DSC_DTYPE_F32, one, 1);
            train_large(rule, dtype ? DSC_DTYPE_F64 : DSC_DTYPE_F32, many, threads);
            assert_memory_equal(one, many, bytes);
        }
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    for (int kind = 0; kind < DSC_OPTIMIZER_COUNT; kind++)
        for (int variant = 0; variant < 2; variant++)
            check_threads(&(dsc_optimizer){ .kind = (dsc_optimizer_kind)kind,
                                            .momentum = variant ? 0.5 : 0,
                                            .centered = variant,
                                            .sutskever = variant,
                                            .clip_norm = 1,
                                            .clip_value = variant ? 0.5 : 0,
                                            .l1 = 1e-3,
                                            .l2 = 1e-2,
                                            .max_norm = 2,
                                            .decoupled_decay = 0.1 });
}

/* One step of the rate 0.5 from w with the gradient g. */
static void regularisers_and_clipping_follow_their_formulas(void **state)
{
    (void)state;
    enum { N = 3 };
    static const double w[N] = { 2, -3, 0 }, g[N] = { 3, -4, 12 };
    static const struct {
        dsc_optimizer rule;
        double expected[N];
    } cases[] = {
        { { .l1 = 0.5 }, { 2 - 1.75, -3 + 2.25, -6 } },
        { { .l2 = 0.5 }, { 2 - 2, -3 + 2.75, -6 } },
        { { .weight_decay = 0.5 }, { 2 - 2, -3 + 2.75, -6 } },
        { { .l1 = 0.5, .l2 = 0.5, .weight_decay = 0.25 }, { 2 - 2.5, -3 + 3.375, -6 } },
        { { .decoupled_decay = 0.5 }, { 1.5 - 1.5, -2.25 + 2, -6 } },
        { { .clip_norm = 6.5 }, { 2 - 0.75, -3 + 1, -3 } },
        { { .clip_norm = 13 }, { 2 - 1.5, -3 + 2, -6 } },
        { { .clip_value = 3.5 }, { 2 - 1.5, -3 + 1.75, -1.75 } },
        { { .clip_value = 2, .clip_norm = 1 },
          { 2 - 0.28867513459481287, -3 + 0.28867513459481287, -0.28867513459481287 } },
        { { .clip_norm = 6.5, .l1 = 0.5, .l2 = 1 }, { 2 - 2, -3 + 2.75, -3 } },
        { { .kind = DSC_OPTIMIZER_ADAMW, .weight_decay = 0.5, .epsilon = 1e-30 }, { 1, -1.75, -0.5 } },
        { { .kind = DSC_OPTIMIZER_ADAM, .decoupled_decay = 0.5, .epsilon = 1e-30 }, { 1, -1.75, -0.5 } },
        { { .kind = DSC_OPTIMIZER_RPROP, .decoupled_decay = 0.5 }, { 1, -1.75, -0.5 } },
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int dtype = 0; dtype < 2; dtype++) {
            dsc_optimizer rule = cases[c].rule;
            rule.lr = 0.5;
            dsc_scope *scope = dsc_scope_open(NULL);
            dsci_optimizer_state optimizer = make(scope, &rule, dtype ? DSC_DTYPE_F64 : DSC_DTYPE_F32, N);
            double wide[N], slope[N];
            float narrow[N], narrow_slope[N];
            for (int i = 0; i < N; i++) {
                narrow[i] = (float)(wide[i] = w[i]);
                narrow_slope[i] = (float)(slope[i] = g[i]);
            }
            update_on(&optimizer, dtype ? (void *)wide : narrow, dtype ? (void *)slope : narrow_slope, 2);
            for (int i = 0; i < N; i++)
                assert_true(fabs((dtype ? wide[i] : (double)narrow[i]) - cases[c].expected[i]) <=
                            (dtype ? 1e-14 : 1e-6));
            dsc_scope_close(&scope);
        }
}

/* From w = 2 without a gradient of the loss; AdamW's step is then the rate. */
static void groups_have_their_own_regularisers(void **state)
{
    (void)state;
    static const dsc_slice slices[] = { { .name = "a/weights", .offset = 0, .count = 1, .shape = { 1, 1 } },
                                        { .name = "b/weights", .offset = 1, .count = 1, .shape = { 1, 1 } },
                                        { .name = "c/weights", .offset = 2, .count = 1, .shape = { 1, 1 } },
                                        { .name = "d/weights", .offset = 3, .count = 1, .shape = { 1, 1 } } };
    static const dsc_parameter_group groups[] = { { .match = "a/*", .l1 = 0.5, .max_norm = 1 },
                                                  { .match = "*b*", .l2 = 0.5, .lr_factor = 0.5 },
                                                  { .match = "c/weights", .no_decay = true },
                                                  { .match = "*", .weight_decay = 1 } };
    static const dsc_optimizer_kind kinds[] = { DSC_OPTIMIZER_SGD, DSC_OPTIMIZER_ADAMW };
    static const double expected[2][4] = { { 1, 1.5625, 2, 0.625 }, { 1, 1.625, 2, 0.5 } };
    for (int k = 0; k < 2; k++) {
        const dsc_optimizer rule = { .kind = kinds[k],
                                     .lr = 0.5,
                                     .epsilon = 1e-30,
                                     .l1 = 0.25,
                                     .l2 = 0.25,
                                     .weight_decay = 0.25,
                                     .groups = groups,
                                     .group_count = 4 };
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer_state optimizer;
        assert_int_equal(dsci_optimizer_make(scope, &optimizer, &rule, DSC_DTYPE_F64, slices, 4, 4), DSC_OK);
        double w[4] = { 2, 2, 2, 2 }, g[4] = { 0 };
        update_on(&optimizer, w, g, 2);
        for (int i = 0; i < 4; i++)
            assert_true(fabs(w[i] - expected[k][i]) <= 1e-14);
        dsc_scope_close(&scope);
    }
}

static void groups_without_a_parameter_are_refused(void **state)
{
    (void)state;
    static const dsc_slice slices[] = { { .name = "conv1/weights", .offset = 0, .count = 1, .shape = { 1 } },
                                        { .name = "dense1/weights", .offset = 1, .count = 1, .shape = { 1 } },
                                        { .name = "dense1/bias", .offset = 2, .count = 1, .shape = { 1 } } };
    static const struct {
        const char *before, *match, *says;
    } cases[] = {
        { "*/bias", "dense_1/weights", "for 'dense_1/weights'; did you mean 'dense1/weights'?" },
        { "*/bias", "dense_1/*", "for 'dense_1/*'; did you mean 'dense1/weights'?" },
        { "conv*", "*/biases", "for '*/biases'; did you mean 'dense1/bias'?" },
        { "conv*", "", "names such as 'conv1/weights' or 'dense1/bias'" },
        { "*", "*/bias",
          "'*/bias', to have a parameter, but groups before it have all that it matches, such as "
          "'dense1/bias'" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const dsc_parameter_group groups[] = { { .match = cases[i].before, .lr_factor = 2 },
                                               { .match = cases[i].match, .frozen = true } };
        const dsc_optimizer rule = { .groups = groups, .group_count = 2 };
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_optimizer_state optimizer;
        assert_int_equal(dsci_optimizer_make(scope, &optimizer, &rule, DSC_DTYPE_F32, slices, 3, 3),
                         DSC_ERROR_ARGUMENT);
        if (!strstr(dsc_scope_message(scope), cases[i].says) || !strstr(dsc_scope_message(scope), "group 1"))
            fail_msg("expected '%s' in '%s'", cases[i].says, dsc_scope_message(scope));
        dsc_scope_close(&scope);
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
    dsci_optimizer_state optimizer;
    assert_int_equal(dsci_optimizer_make(scope, &optimizer, &rule, DSC_DTYPE_F64, slices, 3, 17), DSC_OK);
    assert_true(dsci_optimizer_penalty(&optimizer, w) == 50.5);
    update_on(&optimizer, w, g, 2);
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
    assert_string_equal(dsc_scope_message(scope), "unknown optimizer 'adagard'; did you mean 'adagrad'?");
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_traces_agree),
        cmocka_unit_test(single_precision_follows_by_its_rounding),
        cmocka_unit_test(nesterov_is_sutskevers_look_ahead),
        cmocka_unit_test(both_forms_of_nesterov_hold_sutskevers_point),
        cmocka_unit_test(the_forms_of_momentum_differ_when_the_rate_changes),
        cmocka_unit_test(amsgrad_without_its_corrections_is_the_papers),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(schedules_have_pytorchs_rates),
        cmocka_unit_test(schedules_begin_after_their_warmup),
        cmocka_unit_test(one_cycle_moves_momentum_against_the_rate),
        cmocka_unit_test(updates_take_the_rates_of_the_schedule),
        cmocka_unit_test(plateau_rests_after_a_cut_and_stops_at_its_minimum),
        cmocka_unit_test(on_a_plateau_what_is_not_finite_is_no_fall),
        cmocka_unit_test(plateau_cuts_the_rate_after_its_patience),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(regularisers_and_clipping_follow_their_formulas),
        cmocka_unit_test(groups_have_their_own_regularisers),
        cmocka_unit_test(groups_without_a_parameter_are_refused),
        cmocka_unit_test(groups_and_norms_apply_to_their_slices),
        cmocka_unit_test(names_are_parsed_and_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
