/* The networks of the MNIST-1D benchmark come as far as the published notebook's (Greydanus and Kobak, ICML
   2024; published bands around single runs, one to three seeds). */
#include "experiment_result.h"

extern const dsc_experiment mnist1d_experiment;

/* Mean test accuracy over the seeds, in percent: of plain positions and of shuffled ones. */
static void accuracies(const char *network, const char *steps, int64_t seeds, double mean[2])
{
    const dsc_setting settings[] = { { "network", network }, { "steps", steps } };
    struct result result = result_of(
        &mnist1d_experiment, &(dsc_plan_options){ .settings = settings, .setting_count = 2, .seeds = seeds });
    assert_string_equal(dsc_record_axis_text(result.scope, axis(&result, 0), 0, 6), network);
    const double *accuracy = all(&result, "test_accuracy")->values;
    for (size_t shuffled = 0; shuffled < 2; shuffled++)
        mean[shuffled] = 100 * dsc_summarize(accuracy + shuffled * (size_t)seeds, (size_t)seeds).mean;
    close_result(&result);
}

static void between(double value, double low, double high)
{
    if (!(value >= low && value <= high))
        fail_msg("accuracy %g %%; expected %g to %g %%", value, low, high);
}

/* Published: 31.5 %, whatever the order of the positions. */
static void logistic_regression_is_as_published(void **state)
{
    (void)state;
    double mean[2];
    accuracies("logistic", "6000", 2, mean);
    between(mean[0], 30.5, 32.5);
    between(mean[1], 30.5, 32.5);
}

/* Published: 65.1 % and shuffled 66.0 %; own runs 63.5 to 68. */
static void the_perceptron_is_as_published(void **state)
{
    (void)state;
    double mean[2];
    accuracies("mlp", "6000", 3, mean);
    between(mean[0], 63, 69);
    between(mean[1], 62, 69);
}

/* Published: 92.3 % and shuffled 58.7 %. */
static void the_convolutional_network_needs_its_neighbourhood(void **state)
{
    (void)state;
    double mean[2];
    accuracies("cnn", "6000", 1, mean);
    between(mean[0], 91.5, 95);
    between(mean[1], 53, 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logistic_regression_is_as_published),
        cmocka_unit_test(the_perceptron_is_as_published),
        cmocka_unit_test(the_convolutional_network_needs_its_neighbourhood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
