/* MNIST-1D is the published data set, for any seed and size: against numbers made with NumPy's generator and
   SciPy's filter (mnist1d.py), and those of the frozen set. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/data.h>
#include <descent/hash.h>

enum { POINTS = 40 };

struct golden {
    size_t samples;
    double train_fraction;
    uint32_t seed;
    double label_noise;
    int shuffle_positions;
    size_t train, changed;      /* training examples; labels that noise really changes */
    double weighted, train_sum; /* mean of value i times i mod 1009; sum of the training values */
    int64_t weighted_labels;    /* sum of label i times i mod 1009 */
    int32_t labels[10];         /* the first ones */
    double first[POINTS], last[POINTS];
};

#include "golden/mnist1d_values.h"
#include "test.h"

static dsc_split generate(dsc_scope *scope, const struct golden *c, double label_noise)
{
    return dsc_mnist1d(scope, &(dsc_mnist1d_options){ .samples = c->samples,
                                                      .train_fraction = c->train_fraction,
                                                      .seed = c->seed,
                                                      .label_noise = label_noise,
                                                      .shuffle_positions = c->shuffle_positions });
}

static void check_row(const double *found, const double *expected)
{
    for (size_t i = 0; i < POINTS; i++)
        assert_true(fabs(found[i] - expected[i]) < 1e-12);
}

static void values_and_labels_equal_those_of_numpy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct golden *c = &cases[i];
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_split split = generate(scope, c, c->label_noise), clean = generate(scope, c, 0);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(split.train.count, c->train);
        assert_int_equal(split.test.count, c->samples - c->train);
        assert_int_equal(split.train.features, POINTS);
        assert_ptr_equal(split.test.x, split.train.x + c->train * POINTS);
        const double *x = split.train.x;
        double weighted = 0, train_sum = 0;
        for (size_t j = 0; j < c->samples * POINTS; j++) {
            weighted += x[j] * (double)(j % 1009);
            train_sum += j < c->train * POINTS ? x[j] : 0;
        }
        assert_true(fabs(weighted / (double)(c->samples * POINTS) - c->weighted) < 1e-11);
        assert_true(fabs(train_sum - c->train_sum) < 1e-9);
        check_row(x, c->first);
        check_row(x + (c->samples - 1) * POINTS, c->last);
        int64_t weighted_labels = 0;
        size_t changed = 0;
        for (size_t j = 0; j < c->samples; j++) {
            weighted_labels += split.train.labels[j] * (int64_t)(j % 1009);
            changed += split.train.labels[j] != clean.train.labels[j];
        }
        assert_int_equal(weighted_labels, c->weighted_labels);
        assert_int_equal(changed, c->changed);
        assert_memory_equal(split.train.labels, c->labels, sizeof c->labels);
        dsc_scope_close(&scope);
    }
}

/* Numbers quoted from the frozen data set of the publication. */
static void defaults_are_the_frozen_set(void **state)
{
    (void)state;
    static const int32_t train[] = { 2, 6, 4, 5, 6, 6, 6, 0, 3, 1, 6, 9, 4, 3, 4, 5, 1, 9, 0, 3 };
    static const int32_t test[] = { 2, 6, 3, 9, 4, 3, 1, 9, 5, 2 };
    static const double start[] = { -.332006, -.471910, -.778697, -1.009741, -.882353 };
    static const size_t counts[] = { 398, 396, 411, 394, 394, 402, 401, 404, 402, 398 };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_split split = dsc_mnist1d(scope, NULL);
    assert_int_equal(split.train.count, 4000);
    assert_int_equal(split.test.count, 1000);
    assert_memory_equal(split.train.labels, train, sizeof train);
    assert_memory_equal(split.test.labels, test, sizeof test);
    size_t found[10] = { 0 };
    for (size_t i = 0; i < split.train.count; i++)
        found[split.train.labels[i]]++;
    assert_memory_equal(found, counts, sizeof counts);
    for (size_t i = 0; i < 5; i++)
        assert_true(fabs(split.train.x[i] - start[i]) < 1e-6);
    dsc_scope_close(&scope);
}

static void the_bits_are_the_same_on_every_machine_and_in_every_float_mode(void **state)
{
    (void)state;
    dsc_digest digests[2];
    for (int i = 0; i < 2; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const unsigned mode = i ? dsc_float_mode_enter() : 0;
        const dsc_split split = dsc_mnist1d(scope, NULL);
        if (i)
            dsc_float_mode_leave(mode);
        digests[i] = dsc_sha256(split.train.x, 5000 * POINTS * sizeof(double));
        dsc_scope_close(&scope);
    }
    assert_memory_equal(&digests[0], &digests[1], sizeof digests[0]);
    /* Every addition, root and logarithm is exactly specified: one digest for all machines and compilers. */
    char hex[65];
    assert_string_equal(dsc_digest_hex(digests[0], hex),
                        "b1c7cd06ccabe4b371a6be738197b533bece4550bb14237ded4f40949ead5cb3");
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    static const struct {
        dsc_mnist1d_options options;
        const char *says;
    } wrong[] = {
        { { .samples = 5 }, "samples is 5" },
        { { .samples = 5001 }, "samples is 5001; expected a multiple of 10" },
        { { .samples = 4000000000 }, "up to 10000000" },
        { { .train_fraction = 1.5 }, "train_fraction is 1.5" },
        { { .train_fraction = -1 }, "train_fraction is -1" },
        { { .train_fraction = NAN }, "train_fraction is nan" },
        { { .samples = 10, .train_fraction = 0.05 }, "at least one of 10" },
        { { .label_noise = 1.01 }, "label_noise is 1.01" },
        { { .label_noise = NAN }, "label_noise is nan" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_split split = dsc_mnist1d(scope, &wrong[i].options);
        assert_null(split.train.x);
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
        assert_non_null(strstr(dsc_scope_message(scope), wrong[i].says));
        dsc_scope_close(&scope);
    }
    assert_null(dsc_mnist1d(NULL, NULL).train.x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_labels_equal_those_of_numpy),
        cmocka_unit_test(defaults_are_the_frozen_set),
        cmocka_unit_test(the_bits_are_the_same_on_every_machine_and_in_every_float_mode),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
