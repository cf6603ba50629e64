/* Update rules and schedules take the course that PyTorch's take from the same start (pytorch.py). */
#include "pytorch_file.h"

#include <math.h>

#include "nn/optimizer.h"
#include "update.h"

enum { WEIGHTS = 17 };

struct setting {
    dsc_dtype dtype;
    double tolerance, worst;
    size_t failures;
    bool rules[DSC_OPTIMIZER_COUNT], schedules[DSC_SCHEDULE_COUNT]; /* what occurred */
};

static dsc_schedule schedule_of(const struct golden_case *c)
{
    if (H5Aexists(c->group, "schedule") <= 0)
        return (dsc_schedule){ .kind = DSC_SCHEDULE_CONSTANT };
    return (dsc_schedule){ .kind = dsc_schedule_parse(c->scope, golden_text(c, "schedule")),
                           .factor = golden_real(c, "factor"),
                           .period = golden_real(c, "period"),
                           .minimum = golden_real(c, "minimum"),
                           .warmup = golden_real(c, "warmup"),
                           .patience = golden_size(c, "patience"),
                           .cooldown = golden_size(c, "cooldown"),
                           .threshold = golden_real(c, "threshold"),
                           .rise = golden_real(c, "rise"),
                           .divide = golden_real(c, "divide"),
                           .divide_at_end = golden_real(c, "divide_at_end"),
                           .momentum_low = golden_real(c, "momentum_low"),
                           .momentum_high = golden_real(c, "momentum_high") };
}

static dsc_optimizer optimizer_of(const struct golden_case *c)
{
    return (dsc_optimizer){ .kind = dsc_optimizer_parse(c->scope, golden_text(c, "kind")),
                            .lr = golden_real(c, "lr"),
                            .momentum = golden_real(c, "momentum"),
                            .beta1 = golden_real(c, "beta1"),
                            .beta2 = golden_real(c, "beta2"),
                            .epsilon = golden_real(c, "epsilon"),
                            .weight_decay = golden_real(c, "weight_decay"),
                            .l1 = golden_real(c, "l1"),
                            .l2 = golden_real(c, "l2"),
                            .clip_norm = golden_real(c, "clip_norm"),
                            .clip_value = golden_real(c, "clip_value"),
                            .centered = golden_size(c, "centered"),
                            .schedule = schedule_of(c) };
}

static void expect(const struct golden_case *c, struct setting *s, const char *what, size_t step,
                   double value, double expected, double tolerance)
{
    const double error = fabs(value - expected) / fmax(1, fabs(expected));
    s->worst = fmax(s->worst, error);
    if (error <= tolerance)
        return;
    s->failures++;
    print_error("%s: %s of step %zu is %.17g, PyTorch has %.17g\n", c->name, what, step, value, expected);
}

/* One step, from the gradient of the sum of scale (w - centre)^2 / 2 + sin(2 w) / 4. */
static void step(dsci_optimizer_state *optimizer, double *w, const double *scale, const double *centre)
{
    double g[WEIGHTS];
    float narrow_w[WEIGHTS], narrow_g[WEIGHTS];
    for (size_t i = 0; i < WEIGHTS; i++) {
        g[i] = scale[i] * (w[i] - centre[i]) + cos(2 * w[i]) / 2;
        narrow_w[i] = (float)w[i];
        narrow_g[i] = (float)g[i];
    }
    if (optimizer->dtype == DSC_DTYPE_F64) {
        update_on(optimizer, w, g, 1);
        return;
    }
    update_on(optimizer, narrow_w, narrow_g, 1);
    for (size_t i = 0; i < WEIGHTS; i++)
        w[i] = (double)narrow_w[i];
}

static void check(struct golden_case *c, void *user)
{
    struct setting *s = user;
    const dsc_optimizer options = optimizer_of(c);
    const struct golden_array w = golden_array(c, "", "start"), scale = golden_array(c, "", "scale");
    const struct golden_array centre = golden_array(c, "", "centre"), course = golden_array(c, "", "course");
    const struct golden_array rates = golden_array(c, "", "rates"), momenta = golden_array(c, "", "momenta");
    const struct golden_array losses = golden_array(c, "", "losses");
    double steps[16];
    const size_t rows = golden_numbers(c, "steps", steps, 16);
    assert_true(w.count == WEIGHTS && course.count == rows * WEIGHTS);
    dsci_optimizer_state optimizer;
    if (dsci_optimizer_make(c->scope, &optimizer, &options, s->dtype, NULL, 0, WEIGHTS) != DSC_OK)
        fail_msg("%s: %s", c->name, dsc_scope_message(c->scope));
    s->rules[options.kind] = s->schedules[options.schedule.kind] = true;
    for (size_t t = 0, row = 0; row < rows; t++) {
        step(&optimizer, w.values, scale.values, centre.values);
        for (size_t i = 0; i < WEIGHTS && t + 1 == (size_t)steps[row]; i++)
            expect(c, s, "a weight", t, w.values[i], course.values[row * WEIGHTS + i], s->tolerance);
        row += t + 1 == (size_t)steps[row];
        if (rates.values)
            expect(c, s, "the rate", t, optimizer.lr, rates.values[t], 1e-12);
        if (momenta.values)
            expect(c, s, "the momentum", t, dsc_schedule_momentum(&options.schedule, t, 0), momenta.values[t],
                   1e-12);
        if (losses.values)
            dsci_optimizer_epoch(&optimizer, losses.values[t]);
    }
}

static void check_all(struct setting *s)
{
    const hid_t file = golden_open("pytorch_optimizers.h5");
    golden_each(file, check, s);
    H5Fclose(file);
    print_message("largest difference: %.2g\n", s->worst);
    assert_int_equal(s->failures, 0);
}

static void rules_agree_in_double(void **state)
{
    (void)state;
    check_all(&(struct setting){ .dtype = DSC_DTYPE_F64, .tolerance = 1e-12 });
}

static void rules_agree_in_single_by_its_rounding(void **state)
{
    (void)state;
    check_all(&(struct setting){ .dtype = DSC_DTYPE_F32, .tolerance = 1e-5 });
}

static void every_rule_and_schedule_is_compared(void **state)
{
    (void)state;
    struct setting s = { .dtype = DSC_DTYPE_F64, .tolerance = 1 };
    check_all(&s);
    for (int i = 0; i < DSC_OPTIMIZER_COUNT; i++)
        if (!s.rules[i] && i != DSC_OPTIMIZER_DELTA_BAR_DELTA)
            fail_msg("%s has no case in pytorch.py", dsc_optimizer_name((dsc_optimizer_kind)i));
    for (int i = 0; i < DSC_SCHEDULE_COUNT; i++)
        if (!s.schedules[i])
            fail_msg("%s has no case in pytorch.py", dsc_schedule_name((dsc_schedule_kind)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_agree_in_double),
        cmocka_unit_test(rules_agree_in_single_by_its_rounding),
        cmocka_unit_test(every_rule_and_schedule_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
