/* The sentiment experiment on generated reviews: linear models reach their optimum, pairs of words help where
   denials turn their meaning, and padding that is read as words leaves a recurrent network at chance (shape;
   the reviews are drawn, so the numbers are fixed). With the data at hand naive Bayes and NBSVM on
   rt-polarity are what Wang and Manning 2012 publish (published band: ± 0.7 points). */
#include "experiment_result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

extern const dsc_experiment sentiment_experiment;

static struct result run_case(const char *case_name, const char *data, const dsc_setting *settings,
                              size_t setting_count, int64_t seeds)
{
    return result_of(&sentiment_experiment, &(dsc_plan_options){ .case_name = case_name,
                                                                 .settings = settings,
                                                                 .setting_count = setting_count,
                                                                 .data_directory = data,
                                                                 .seeds = seeds });
}

static double value(const struct result *result, const char *output, size_t i)
{
    return all(result, output)->values[i];
}

static void linear_models_are_solved_and_pairs_help(void **state)
{
    (void)state;
    const dsc_setting settings[] = { { "documents", "800" },
                                     { "examples", "800" },
                                     { "model", "svm,nbsvm-2,nb-logistic-2,logistic,lasso,tfidf-2" } };
    struct result r = run_case("documents", NULL, settings, 3, 1);
    for (size_t i = 0; i < 6; i++) {
        assert_true(value(&r, "residual", i) <= 1e-3);
        assert_true(value(&r, "tested", i) == 800);
        const double share = value(&r, "accuracy", i);
        assert_true(value(&r, "accuracy_low", i) < share && value(&r, "accuracy_high", i) > share);
    }
    assert_true(value(&r, "accuracy", 1) > value(&r, "accuracy", 0) + 0.05);
    assert_true(value(&r, "accuracy", 5) > value(&r, "accuracy", 3) + 0.05);
    close_result(&r);
}

static void every_sentence_is_tested_once(void **state)
{
    (void)state;
    const dsc_setting settings[] = {
        { "documents", "203" }, { "folds", "7" }, { "model", "nb,average" }, { "epochs", "1" }
    };
    struct result r = run_case("sentences", NULL, settings, 4, 2);
    for (size_t i = 0; i < 4; i++)
        assert_true(value(&r, "tested", i) == 203);
    close_result(&r);
}

static void padding_that_is_read_behind_hides_the_words(void **state)
{
    (void)state;
    const dsc_setting settings[] = {
        { "documents", "1000" }, { "examples", "1000" }, { "model", "rnn-behind,gru" }, { "lr", "0.01" }
    };
    struct result r = run_case("documents", NULL, settings, 4, 1);
    assert_true(fabs(value(&r, "accuracy", 0) - 0.5) < 0.05); /* rnn-behind: in the order of the models */
    if (!(value(&r, "accuracy", 1) > 0.75))
        fail_msg("the accuracy of a GRU is %g", value(&r, "accuracy", 1));
    close_result(&r);
}

static void rt_polarity_is_as_published(void **state)
{
    (void)state;
    const char *data = getenv("DESCENT_DATA");
    struct stat info;
    data = data && *data ? data : DESCENT_SHARED_DATA;
    char path[4096];
    snprintf(path, sizeof path, "%s/sentiment-sentences/rt-polarity.pos", data);
    if (stat(path, &info) != 0)
        skip();
    const dsc_setting settings[] = { { "dataset", "rt-polarity" }, { "model", "nb,nb-2,nbsvm-2" } };
    struct result r = run_case("sentences", data, settings, 2, 1);
    static const double published[] = { 0.7794, 0.7903, 0.7938 };
    for (size_t i = 0; i < 3; i++)
        if (!(fabs(value(&r, "accuracy", i) - published[i]) <= 0.007))
            fail_msg("model %zu: accuracy %g, published %g", i, value(&r, "accuracy", i), published[i]);
    close_result(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_models_are_solved_and_pairs_help),
        cmocka_unit_test(every_sentence_is_tested_once),
        cmocka_unit_test(padding_that_is_read_behind_hides_the_words),
        cmocka_unit_test(rt_polarity_is_as_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
