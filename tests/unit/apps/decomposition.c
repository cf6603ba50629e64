/* Decompositions of errors, beside examples that were worked out by hand. */
#include <math.h>

#include <decomposition.h>

#include "test.h"

/* cmocka's comparison of this kind is in single precision. */
static void assert_near(double value, double expected, double bound)
{
    if (!(fabs(value - expected) <= bound))
        fail_msg("%.17g, expected %.17g within %g", value, expected, bound);
}

/* One example, one output, target 1; two training sets of two models: 0 and 2, 4 and 6. Means 1 and 5, in all
   3. */
static void squared_error_splits_as_by_hand(void **state)
{
    (void)state;
    const double values[] = { 0, 2, 4, 6 }, target = 1;
    const replicates r = { .sets = 2, .inits = 2, .examples = 1, .outputs = 1, .values = values };
    const squared_decomposition d = decompose_squared(&r, &target);
    assert_near(d.error, (1 + 1 + 9 + 25) / 4.0, 1e-12);
    assert_near(d.plugin_bias, 4, 1e-12);
    assert_near(d.plugin_variance, 5, 1e-12);
    assert_near(d.plugin_optimization, 1, 1e-12);
    assert_near(d.plugin_sampling, 4, 1e-12);
    /* Between sets 2 * 4 = 8 with one degree of freedom, within 2: sampling 8 - 2 / 2, bias^2 4 - 8 / 2. */
    assert_near(d.optimization, 2, 1e-12);
    assert_near(d.sampling, 7, 1e-12);
    assert_near(d.variance, 9, 1e-12);
    assert_near(d.bias, 0, 1e-12);
    assert_near(d.residual, 0, 1e-12);
    assert_near(d.total_residual, 0, 1e-12);
}

static void one_model_a_set_has_no_optimisation_variance(void **state)
{
    (void)state;
    const double values[] = { 0, 1, 2, 5 }, targets[] = { 1, 1 }; /* two sets, two examples */
    const replicates r = { .sets = 2, .inits = 1, .examples = 2, .outputs = 1, .values = values };
    const squared_decomposition d = decompose_squared(&r, targets);
    assert_near(d.plugin_variance, (1 + 4) / 2.0, 1e-12);
    assert_near(d.variance, 5, 1e-12);
    assert_near(d.plugin_bias, (0 + 4) / 2.0, 1e-12);
    assert_near(d.bias, 2 - 5 / 2.0, 1e-12);
    assert_true(isnan(d.optimization) && isnan(d.sampling));
}

/* Two classes, label 1 with probability 0.1; models say (1, 0) and (0, 1): mean (0.5, 0.5). */
static void noisy_labels_add_their_noise(void **state)
{
    (void)state;
    const double values[] = { 1, 0, 0, 1 }, probabilities[] = { 0.9, 0.1 };
    const replicates r = { .sets = 2, .inits = 1, .examples = 1, .outputs = 2, .values = values };
    const class_decomposition d = decompose_classes(&r, probabilities);
    assert_near(d.noise, 2 * 0.9 * 0.1, 1e-12);
    assert_near(d.squared.error, 1, 1e-12); /* 0 or 2, each half of the time */
    assert_near(d.squared.plugin_bias, 2 * 0.16, 1e-12);
    assert_near(d.squared.plugin_variance, 0.5, 1e-12);
    assert_near(d.squared.residual, 0, 1e-12);
}

/* Three classes, the optimal one is 0. First example: predictions 0 0 1, unbiased. Second: 1 1 0 2... biased,
   where variance helps if it predicts 0. */
static void zero_one_loss_splits_as_by_hand(void **state)
{
    (void)state;
    const double values[] = {
        1, 0, 0, /**/ 0, 1, 0, /* model 0: says 0, 1 */
        1, 0, 0, /**/ 0, 1, 0, /* model 1: 0, 1 */
        0, 1, 0, /**/ 1, 0, 0, /* model 2: 1, 0 */
        1, 0, 0, /**/ 0, 0, 1, /* model 3: 0, 2 */
    };
    const replicates r = { .sets = 4, .inits = 1, .examples = 2, .outputs = 3, .values = values };
    const double certain[] = { 1, 0, 0, 1, 0, 0 };
    const zero_one_decomposition d = decompose_zero_one(&r, certain);
    assert_near(d.error, (0.25 + 0.75) / 2, 1e-12);
    assert_near(d.bias, 0.5, 1e-12);
    assert_near(d.variance, (0.25 + 0.5) / 2, 1e-12);
    assert_near(d.net_variance, (0.25 - 0.25) / 2, 1e-12); /* c2 of the second: -1/2 */
    assert_near(d.noise_effect, 0, 1e-12);
    assert_near(d.residual, 0, 1e-12);

    /* Labels that are wrong with probability 0.2, evenly: noise helps where the prediction is wrong. */
    const double noisy[] = { 0.8, 0.1, 0.1, 0.8, 0.1, 0.1 };
    const zero_one_decomposition n = decompose_zero_one(&r, noisy);
    assert_near(n.error, (0.75 * 0.2 + 0.25 * 0.9 + 0.25 * 0.2 + 0.75 * 0.9) / 2, 1e-12);
    assert_near(n.noise, 0.2, 1e-12);
    /* c1 = 3/4 - 1/4 * 1/2 and 1/4 - 3/4 * 1/2 */
    assert_near(n.noise_effect, 0.2 * ((0.75 - 0.125) + (0.25 - 0.375)) / 2, 1e-12);
    assert_near(n.residual, 0, 1e-12);
}

/* Any prediction is optimal where all labels are equally probable, so none is biased, whichever is the most
   frequent. Here 2 is, with two of three votes. */
static void what_cannot_be_bettered_is_not_biased(void **state)
{
    (void)state;
    const double values[] = { 0, 0, 1, /**/ 0, 0, 1, /**/ 0, 1, 0 };
    const replicates r = { .sets = 3, .inits = 1, .examples = 1, .outputs = 3, .values = values };
    const double even[] = { 1 / 3.0, 1 / 3.0, 1 / 3.0 };
    const zero_one_decomposition d = decompose_zero_one(&r, even);
    assert_near(d.error, 2 / 3.0, 1e-12);
    assert_near(d.bias, 0, 0);
    assert_near(d.net_variance, 1 / 3.0, 1e-12);
    assert_near(d.noise_effect, 1 / 3.0, 1e-12); /* c1 = 2/3 - 1/3 * 1/2 */
    assert_near(d.residual, 0, 1e-12);

    const double first_two[] = { 0.5, 0.5, 0 }; /* the main prediction is not among the optimal ones */
    const zero_one_decomposition biased = decompose_zero_one(&r, first_two);
    assert_near(biased.bias, 1, 0);
    assert_near(biased.error, 5 / 6.0, 1e-12);
    assert_near(biased.residual, 0, 1e-12);
}

/* Two classes, label 0; models give it 1/2 and 4/5. Geometric means sqrt(2/5) and sqrt(1/10), which are as 2
   to 1: the mean model says 2/3. */
static void cross_entropy_splits_as_by_hand(void **state)
{
    (void)state;
    const double values[] = { log(0.5), log(0.5), log(0.8), log(0.2) }, certain[] = { 1, 0 };
    const replicates r = { .sets = 2, .inits = 1, .examples = 1, .outputs = 2, .values = values };
    const cross_entropy_decomposition d = decompose_cross_entropy(&r, certain);
    assert_near(d.error, -(log(0.5) + log(0.8)) / 2, 1e-12);
    assert_near(d.noise, 0, 1e-12);
    assert_near(d.bias, -log(2 / 3.0), 1e-12);
    /* minus the logarithm of the sum of the geometric means, 3 sqrt(1/10) */
    assert_near(d.variance, -log(3 * sqrt(0.1)), 1e-12);
    assert_near(d.residual, 0, 1e-12);

    const double noisy[] = { 0.75, 0.25 };
    const cross_entropy_decomposition n = decompose_cross_entropy(&r, noisy);
    assert_near(n.noise, -(0.75 * log(0.75) + 0.25 * log(0.25)), 1e-12);
    assert_near(n.variance, d.variance, 1e-12);
    assert_near(n.residual, 0, 1e-12);
}

/* A third class that no model thinks possible, and that never occurs, changes nothing. */
static void an_impossible_class_adds_nothing_to_the_cross_entropy(void **state)
{
    (void)state;
    const double values[] = { log(0.5), log(0.5), -INFINITY, log(0.8), log(0.2), -INFINITY };
    const replicates r = { .sets = 2, .inits = 1, .examples = 1, .outputs = 3, .values = values };
    const double labels[] = { 0.75, 0.25, 0 };
    const cross_entropy_decomposition d = decompose_cross_entropy(&r, labels);
    assert_near(d.error, -(0.75 * (log(0.5) + log(0.8)) + 0.25 * (log(0.5) + log(0.2))) / 2, 1e-12);
    assert_near(d.variance, -log(3 * sqrt(0.1)), 1e-12);
    assert_near(d.residual, 0, 1e-12);

    const double occurs[] = { 0.5, 0.25, 0.25 };
    assert_true(decompose_cross_entropy(&r, occurs).error == INFINITY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squared_error_splits_as_by_hand),
        cmocka_unit_test(one_model_a_set_has_no_optimisation_variance),
        cmocka_unit_test(noisy_labels_add_their_noise),
        cmocka_unit_test(zero_one_loss_splits_as_by_hand),
        cmocka_unit_test(what_cannot_be_bettered_is_not_biased),
        cmocka_unit_test(cross_entropy_splits_as_by_hand),
        cmocka_unit_test(an_impossible_class_adds_nothing_to_the_cross_entropy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
