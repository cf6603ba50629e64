/* The dropout cases agree with the exact theory of linear units and with the orderings that are published
   (each test names its source and how strong it is: exact, Monte Carlo, shape). */
#include "experiment_result.h"

#include <math.h>
#include <string.h>

extern const dsc_experiment dropout_experiment;

static struct result run_case(const char *case_name, const dsc_setting *settings, size_t setting_count,
                              int64_t seeds)
{
    return result_of(&dropout_experiment, &(dsc_plan_options){ .case_name = case_name,
                                                               .settings = settings,
                                                               .setting_count = setting_count,
                                                               .seeds = seeds });
}

/* None of the case's claims differs from what was measured, and at least so many of them agree. */
static void assert_claims_agree(struct result *result, size_t least)
{
    size_t agree = 0;
    const dsc_claims *group = dsc_claims_of(result->scope, &dropout_experiment, result->record);
    for (; group && group->source; group++)
        for (const dsc_claim *claim = group->claims; claim->text; claim++) {
            const dsc_claim_result found = dsc_claim_check(result->scope, result->record, claim);
            if (found.verdict == DSC_VERDICT_DIFFERS)
                fail_msg("%s: %s, expected %s", claim->text, found.number, found.expected);
            agree += found.verdict == DSC_VERDICT_AGREES;
        }
    if (agree < least)
        fail_msg("%zu claims agree, expected %zu", agree, least);
}

static size_t seed_count(const struct result *result)
{
    const dsc_record_spec *spec = dsc_record_describe(result->record);
    return spec->axes[spec->cell_axes - 1].count;
}

/* An output's values of one point of the first axis, over the seeds. */
static dsc_interval over_seeds(const struct result *result, const char *output, size_t point)
{
    const size_t seeds = seed_count(result);
    return dsc_summarize(all(result, output)->values + point * seeds, seeds);
}

/* Exact (Srivastava et al. 2014, section 9.1; Baldi and Sadowski 2013): the expected loss over all masks, in
   unscaled and in effective weights, and its gradient are the formulas'. */
static void the_expected_loss_over_all_masks_is_a_penalised_one(void **state)
{
    (void)state;
    static const char *const residuals[] = { "unscaled_residual", "effective_residual", "gradient_residual" };
    const dsc_setting settings[] = { { "steps", "10" }, { "draws", "10" } };
    struct result r = run_case("linear", settings, 2, 10);
    for (size_t i = 0; i < sizeof residuals / sizeof residuals[0]; i++)
        for (size_t j = 0; j < all(&r, residuals[i])->count; j++)
            if (!(all(&r, residuals[i])->values[j] < 1e-12))
                fail_msg("%s is %g", residuals[i], all(&r, residuals[i])->values[j]);
    close_result(&r);
}

/* Monte Carlo: every drawn mean within 4.5 standard errors of its formula (300 comparisons: about one in 500
   such runs of correct code would fail, but the draws are fixed); and their squared deviations, in these
   units, are about 1. */
static void drawn_masks_and_gaussian_factors_agree_with_the_formula(void **state)
{
    (void)state;
    static const char *const names[][3] = {
        { "unscaled_monte_carlo", "unscaled_loss", "unscaled_error" },
        { "effective_monte_carlo", "effective_loss", "effective_error" },
        { "gaussian_monte_carlo", "effective_loss", "gaussian_error" },
    };
    const dsc_setting settings[] = { { "steps", "10" },
                                     { "keep", "0.1,0.3,0.5,0.7,0.9" },
                                     { "draws", "400" } };
    struct result r = run_case("linear", settings, 3, 20);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const dsc_record_output *mean = all(&r, names[i][0]);
        double squares = 0;
        for (size_t j = 0; j < mean->count; j++) {
            const double deviation =
                (mean->values[j] - all(&r, names[i][1])->values[j]) / all(&r, names[i][2])->values[j];
            if (!(fabs(deviation) <= 4.5))
                fail_msg("%s: %g standard errors off", names[i][0], deviation);
            squares += deviation * deviation / (double)mean->count;
        }
        assert_true(squares > 0.6 && squares < 1.5);
    }
    assert_claims_agree(&r, 7);
    close_result(&r);
}

/* Exact: at fixed unscaled weights the penalty is largest at p = 1/2, at fixed effective weights it falls
   from the smallest p to 0 at p = 1; the weights that minimise the loss grow with p throughout. */
static void a_half_is_the_most_effective_probability_for_unscaled_weights_alone(void **state)
{
    (void)state;
    const dsc_setting settings[] = { { "steps", "10" }, { "draws", "10" } };
    struct result r = run_case("linear", settings, 2, 10);
    size_t largest = 0;
    for (size_t i = 0; i < axis(&r, 0)->count; i++) {
        if (over_seeds(&r, "unscaled_penalty", i).median > over_seeds(&r, "unscaled_penalty", largest).median)
            largest = i;
        if (i > 0) {
            assert_true(over_seeds(&r, "effective_penalty", i).median <
                        over_seeds(&r, "effective_penalty", i - 1).median);
            for (size_t s = 0; s < seed_count(&r); s++)
                assert_true(all(&r, "norm")->values[i * seed_count(&r) + s] >
                            all(&r, "norm")->values[(i - 1) * seed_count(&r) + s]);
        }
    }
    assert_float_equal(axis(&r, 0)->values[largest], 0.5, 1e-12);
    close_result(&r);
}

/* Monte Carlo: a linear unit trained behind the library's dropout layer ends at the closed form. The rest is
   the noise of the steps, which averaging takes down. */
static void training_with_dropout_finds_the_ridge_solution(void **state)
{
    (void)state;
    const dsc_setting settings[] = { { "keep", "0.3,0.5,0.8" }, { "draws", "2" }, { "steps", "40000" } };
    struct result r = run_case("linear", settings, 3, 4);
    for (size_t i = 0; i < 3; i++) {
        const double distance = over_seeds(&r, "distance", i).median;
        if (!(distance < 1e-2))
            fail_msg("p = %g: %g from the closed form", axis(&r, 0)->values[i], distance);
    }
    close_result(&r);
}

/* Mean paired difference to no regularisation of one method (by its place in the run), and its standard
 * error. */
static dsc_interval difference(const struct result *result, size_t method)
{
    const dsc_record_output *output = all(result, "difference");
    const size_t seeds = seed_count(result), methods = output->count / seeds;
    double values[16];
    assert_true(seeds <= 16);
    for (size_t s = 0; s < seeds; s++)
        values[s] = output->values[s * methods + method];
    return dsc_summarize(values, seeds);
}

/* Shape (Srivastava et al. 2014, tables 9 and 10, on other data): dropout, by masks or by Gaussian factors,
   alone or with a penalty, has a lower test error than no regularisation; the mean paired difference over
   five seeds is more than 3 standard errors and 1.5 percentage points below 0. The plain network fits its
   training set. */
static void dropout_lowers_the_test_error_on_mnist1d(void **state)
{
    (void)state;
    const dsc_setting settings[] = {
        { "method", "none,dropout,gaussian,dropout+max-norm" },
        { "epochs", "30" },
        { "width", "128" },
        { "rate", "0.2" },
        { "test", "4000" },
    };
    struct result r = run_case("methods", settings, 5, 5);
    const dsc_record_output *train = all(&r, "train_error");
    for (size_t method = 0; method < 4; method++) {
        const dsc_interval d = difference(&r, method);
        if (method == 0)
            assert_float_equal(d.low, 0, 0);
        else if (!(d.mean < -0.015 && d.mean < -3 * d.standard_error))
            fail_msg("method %zu: difference %g, standard error %g", method, d.mean, d.standard_error);
    }
    for (size_t s = 0; s < 5; s++)
        assert_true(train->values[s * 4] < 0.01);
    for (size_t s = 0; s < 5; s++)
        assert_true(all(&r, "largest_norm")->values[s * 4 + 3] < 2.0001);
    assert_claims_agree(&r, 2);
    close_result(&r);
}

/* Shape (Srivastava et al. 2014, figure 9): with n units in each layer the best p is neither the smallest,
   which underfits, nor 1; the margins are half of what three seeds gave. */
static void a_middle_probability_of_keeping_is_best(void **state)
{
    (void)state;
    const dsc_setting settings[] = { { "fixed", "n-fixed" },
                                     { "keep", "0.2,0.8,1" },
                                     { "epochs", "60" },
                                     { "width", "96" },
                                     { "test", "4000" } };
    struct result r = run_case("rate", settings, 5, 3);
    const dsc_record_output *test = all(&r, "test_error"), *train = all(&r, "train_error");
    for (size_t s = 0; s < 3; s++) {
        assert_true(test->values[3 + s] < test->values[6 + s] - 0.015);
        assert_true(test->values[3 + s] < test->values[s] - 0.15);
        assert_true(train->values[s] > 0.4 && train->values[6 + s] < 0.05);
    }
    assert_claims_agree(&r, 2);
    close_result(&r);
}

/* Shape (figure 10 there): little is gained with 100 examples, more with 1000. */
static void the_gain_of_dropout_grows_from_very_few_examples_on(void **state)
{
    (void)state;
    const dsc_setting settings[] = {
        { "examples", "100,1000" }, { "steps", "1500" }, { "width", "128" }, { "test", "4000" }
    };
    struct result r = run_case("size", settings, 4, 3);
    const dsc_record_output *gain = all(&r, "gain");
    for (size_t s = 0; s < 3; s++)
        assert_true(gain->values[3 + s] > gain->values[s] + 0.02);
    assert_claims_agree(&r, 1);
    close_result(&r);
}

/* Shape (Gal and Ghahramani 2016): the predictions spread more away from the training points; near them,
   where the truth lies within the band at most places, the network fits them. */
static void monte_carlo_dropout_is_less_certain_away_from_the_data(void **state)
{
    (void)state;
    const dsc_setting settings[] = { { "steps", "1500" }, { "width", "128" }, { "passes", "100" } };
    struct result r = run_case("uncertainty", settings, 3, 3);
    for (size_t s = 0; s < 3; s++) {
        assert_true(all(&r, "ratio")->values[s] > 1.5);
        assert_true(all(&r, "train_loss")->values[s] < 0.1);
    }
    assert_claims_agree(&r, 1);
    close_result(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_expected_loss_over_all_masks_is_a_penalised_one),
        cmocka_unit_test(drawn_masks_and_gaussian_factors_agree_with_the_formula),
        cmocka_unit_test(a_half_is_the_most_effective_probability_for_unscaled_weights_alone),
        cmocka_unit_test(training_with_dropout_finds_the_ridge_solution),
        cmocka_unit_test(dropout_lowers_the_test_error_on_mnist1d),
        cmocka_unit_test(a_middle_probability_of_keeping_is_best),
        cmocka_unit_test(the_gain_of_dropout_grows_from_very_few_examples_on),
        cmocka_unit_test(monte_carlo_dropout_is_less_certain_away_from_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
