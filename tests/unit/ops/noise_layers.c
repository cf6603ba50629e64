/* What the noise layers draw has the moments of its definition, is drawn anew each step, and is nothing
 * outside training. */
#include <math.h>

#include <descent/rng.h>
#include <descent/train.h>

#include "graph/model.h"
#include "test.h"

enum { BATCH = 200, STEPS = 4, CHANNELS = 250, FEATURES = STEPS * CHANNELS, COUNT = BATCH * FEATURES };

enum inputs { ZEROS, ONES, NORMALS };

static const struct noise {
    const char *name;
    dsc_node *(*layer)(dsc_node *x, double size);
    double size;
    enum inputs inputs;
    double mean, variance; /* of the outputs */
    double fourth;         /* central moment of the outputs */
    size_t draws;          /* independent ones in a batch */
} noises[] = {
    { "dropout", dsc_dropout, 0.3, ONES, 1, 3.0 / 7, 0.3 + 0.7 * 0.03373594335693, COUNT },
    { "channel dropout", dsc_channel_dropout, 0.3, ONES, 1, 3.0 / 7, 0.3 + 0.7 * 0.03373594335693,
      COUNT / STEPS },
    { "gaussian dropout", dsc_gaussian_dropout, 0.3, ONES, 1, 3.0 / 7, 3 * 9.0 / 49, COUNT },
    { "gaussian noise", dsc_gaussian_noise, 0.7, ZEROS, 0, 0.49, 3 * 0.49 * 0.49, COUNT },
    /* of standard normals: a mixture of scaled ones and one value, whose fourth moment is below 4 */
    { "alpha dropout", dsc_alpha_dropout, 0.2, NORMALS, 0, 1, 4, COUNT },
    { "no dropout", dsc_gaussian_dropout, 0, ONES, 1, 0, 0, COUNT },
};
enum { NOISES = sizeof noises / sizeof noises[0] };

struct trial {
    dsc_scope *scope;
    dsc_model *model;
    float *x, *targets;
};

/* The mean square of a layer's outputs less the targets. */
static struct trial begin(const struct noise *noise, dsc_dtype dtype)
{
    struct trial t = { .scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 }) };
    dsc_node *x = dsc_input(t.scope, &(dsc_input_spec){ .shape = { STEPS, CHANNELS } });
    dsc_node *targets = dsc_targets(t.scope, &(dsc_input_spec){ .shape = { STEPS, CHANNELS } });
    dsc_node *y = noise->layer(x, noise->size);
    t.model =
        dsc_compile(dsc_squared_loss(y, targets), &(dsc_compile_options){ .batch = BATCH, .dtype = dtype });
    t.x = dsc_scope_alloc(t.scope, COUNT, sizeof *t.x);
    t.targets = dsc_scope_alloc(t.scope, COUNT, sizeof *t.targets);
    if (!t.model || !t.targets)
        fail_msg("%s: %s", noise->name, dsc_scope_message(t.scope));
    const float deviation = noise->inputs == NORMALS, mean = noise->inputs == ONES;
    dsc_rng_fill_normal_f32(dsc_rng_make(9, DSC_STREAM_DATA), 0, mean, deviation, t.x, COUNT);
    return t;
}

static double mean_square(const struct trial *t, float target, dsci_mode mode)
{
    for (size_t i = 0; i < COUNT; i++)
        t->targets[i] = target;
    dsci_execution *plan = dsci_model_execution(t->model, BATCH, mode);
    dsci_execution_bind(plan->inputs[0], t->x);
    dsci_execution_bind(plan->expected[0], t->targets);
    dsci_execution_run(plan);
    return *plan->loss;
}

static void check_moments(const struct noise *noise, dsc_dtype dtype, double rounding)
{
    struct trial t = begin(noise, dtype);
    const double about_0 = mean_square(&t, 0, DSCI_TRAINING), about_1 = mean_square(&t, 1, DSCI_TRAINING);
    const double mean = (about_0 - about_1 + 1) / 2, variance = about_0 - mean * mean;
    const double draws = (double)noise->draws;
    const double mean_bound = 5 * sqrt(noise->variance / draws) + rounding,
                 variance_bound =
                     5 * sqrt((noise->fourth - noise->variance * noise->variance) / draws) + 4 * rounding;
    if (!(fabs(mean - noise->mean) <= mean_bound) || !(fabs(variance - noise->variance) <= variance_bound))
        fail_msg("%s: mean %.6f, expected %.6f +- %.6f; variance %.6f, expected %.6f +- %.6f (N = %zu)",
                 noise->name, mean, noise->mean, mean_bound, variance, noise->variance, variance_bound,
                 noise->draws);
    dsc_scope_close(&t.scope);
}

static void outputs_have_the_moments_of_the_definition(void **state)
{
    (void)state;
    for (int i = 0; i < NOISES; i++) {
        check_moments(&noises[i], DSC_DTYPE_F32, 1e-6);
        check_moments(&noises[i], DSC_DTYPE_BF16, 1e-2);
    }
}

static void each_step_draws_anew_and_repeats_itself(void **state)
{
    (void)state;
    for (int i = 0; i < NOISES - 1; i++) {
        struct trial t = begin(&noises[i], DSC_DTYPE_F32);
        const double first = mean_square(&t, 0.5F, DSCI_TRAINING);
        t.model->step++;
        const double second = mean_square(&t, 0.5F, DSCI_TRAINING);
        t.model->step--;
        assert_true(first != second);
        assert_true(first == mean_square(&t, 0.5F, DSCI_TRAINING));
        dsc_scope_close(&t.scope);
    }
}

static void nothing_is_drawn_outside_training(void **state)
{
    (void)state;
    for (int i = 0; i < NOISES; i++) {
        struct trial t = begin(&noises[i], DSC_DTYPE_F32);
        double sum = 0;
        for (size_t k = 0; k < COUNT; k++)
            sum += (double)t.x[k] * (double)t.x[k];
        assert_true(fabs(mean_square(&t, 0, DSCI_EVALUATION) - sum / COUNT) <= 1e-12 * sum / COUNT);
        dsc_scope_close(&t.scope);
    }
}

enum { EXAMPLES = 40, UNITS = 30, VALUES = EXAMPLES * UNITS };

/* Two branches of equal values, joined; beside them two layers that the loss does not see, one of which is
   made before and one after it. */
struct branches {
    dsc_scope *scope;
    dsc_model *model;
    dsc_node *layers[4], *joined;
    dsc_examples examples;
};

static struct branches make_branches(const struct noise *noise, dsc_dtype dtype, bool with_others)
{
    struct branches b = { .scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 }) };
    float *ones = dsc_scope_alloc(b.scope, VALUES, sizeof *ones);
    for (size_t i = 0; i < VALUES; i++)
        ones[i] = 1;
    b.examples = (dsc_examples){ .count = EXAMPLES, .columns = { { "input", UNITS, .f32 = ones } } };
    dsc_node *x = dsc_input(b.scope, &(dsc_input_spec){ .shape = { UNITS } });
    if (with_others)
        b.layers[2] = noise->layer(x, noise->size);
    for (size_t i = 0; i < 2; i++)
        b.layers[i] = noise->layer(x, noise->size);
    b.joined = dsc_concat(0, b.layers[0], b.layers[1]);
    dsc_node *targets = dsc_targets(b.scope, &(dsc_input_spec){ .shape = { 1 } });
    b.model = dsc_compile(dsc_squared_loss(dsc_dense(b.joined, 1), targets),
                          &(dsc_compile_options){ .dtype = dtype });
    if (with_others)
        b.layers[3] = noise->layer(x, noise->size);
    return b;
}

static const float *predict(const struct branches *b, const dsc_node *node)
{
    const float *values = dsc_predict_noisy(b->scope, b->model, node, &b->examples, 3);
    if (!values)
        fail_msg("%s", dsc_scope_message(b->scope));
    return values;
}

/* What a layer draws depends neither on what else is computed nor on what else there is. */
static void layers_draw_their_own_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < NOISES - 1; i++)
        for (int dtype = 0; dtype < 2; dtype++) {
            struct branches b = make_branches(&noises[i], dtype ? DSC_DTYPE_F64 : DSC_DTYPE_F32, true);
            const float *values[4], *both = predict(&b, b.joined);
            for (size_t k = 0; k < 4; k++) {
                values[k] = predict(&b, b.layers[k]);
                for (size_t j = 0; j < k; j++)
                    assert_memory_not_equal(values[k], values[j], VALUES * sizeof *both);
            }
            for (size_t e = 0; e < EXAMPLES; e++)
                for (size_t k = 0; k < 2; k++)
                    assert_memory_equal(both + (2 * e + k) * UNITS, values[k] + e * UNITS,
                                        UNITS * sizeof *both);
            struct branches alone = make_branches(&noises[i], dtype ? DSC_DTYPE_F64 : DSC_DTYPE_F32, false);
            for (size_t k = 0; k < 2; k++)
                assert_memory_equal(predict(&alone, alone.layers[k]), values[k], VALUES * sizeof *both);
            dsc_scope_close(&b.scope);
            dsc_scope_close(&alone.scope);
        }
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    static const double wrong[] = { -0.1, NAN, INFINITY };
    for (int i = 0; i < NOISES; i++)
        for (int k = 0; k < 4; k++) {
            const bool is_rate = noises[i].layer != dsc_gaussian_noise;
            if (k == 3 && !is_rate)
                continue;
            dsc_scope *scope = dsc_scope_open(NULL);
            dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 3 } });
            dsc_node *y = noises[i].layer(x, k == 3 ? 1 : wrong[k]);
            dsc_node *loss = dsc_squared_loss(y, dsc_targets(scope, &(dsc_input_spec){ .shape = { 3 } }));
            assert_null(dsc_compile(loss, NULL));
            assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
            dsc_scope_close(&scope);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_have_the_moments_of_the_definition),
        cmocka_unit_test(each_step_draws_anew_and_repeats_itself),
        cmocka_unit_test(nothing_is_drawn_outside_training),
        cmocka_unit_test(layers_draw_their_own_numbers),
        cmocka_unit_test(impossible_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
