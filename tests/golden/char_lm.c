/* The character models on a generated text: every network comes below what two characters tell by counting
   (shape; the text is drawn, so the numbers are fixed), the best measurement is what is kept, counts are
   those of the library. With tinyshakespeare at hand the ladder of counts is exact. */
#include "experiment_result.h"

#include <math.h>
#include <stdlib.h>

extern const dsc_experiment char_lm_experiment;

static struct result run_case(const char *case_name, const char *data, const dsc_setting *settings,
                              size_t setting_count)
{
    return result_of(&char_lm_experiment, &(dsc_plan_options){ .case_name = case_name,
                                                               .preset = "quick",
                                                               .settings = settings,
                                                               .setting_count = setting_count,
                                                               .data_directory = data,
                                                               .seeds = 1 });
}

static void networks_learn_more_than_pairs_tell(void **state)
{
    (void)state;
    static const char *const cases[] = { "lstm", "gru", "rnn", "transformer" };
    static const dsc_setting settings[] = { { "length", "30000" }, { "iterations", "300" },
                                            { "batch", "16" },     { "units", "32" },
                                            { "lr", "0.01" },      { "lr_end", "0.001" } };
    for (size_t c = 0; c < 4; c++) {
        struct result r = run_case(cases[c], NULL, settings, 6);
        const dsc_record_output *losses = all(&r, "validation_loss");
        const double best = all(&r, "best_loss")->values[0];
        double least = INFINITY;
        for (size_t i = 0; i < losses->count; i++)
            least = fmin(least, losses->values[i]);
        assert_int_equal(losses->count, 8);
        assert_true(best == least);
        if (!(best < all(&r, "order1")->values[0] - 0.3))
            fail_msg("%s: the best loss is %g", cases[c], best);
        close_result(&r);
    }
}

static void shakespeare_has_its_ladder(void **state)
{
    (void)state;
    static const double ladder[] = { 3.3473, 2.4875, 2.0658, 1.7959, 1.7704 };
    const char *given = getenv("DESCENT_DATA");
    const char *data = given && *given ? given : DESCENT_SHARED_DATA;
    dsc_scope *scope = dsc_scope_open(NULL);
    const bool there = dsc_file_exists(dsc_path_join(scope, data, "tinyshakespeare/input.txt"));
    dsc_scope_close(&scope);
    if (!there) {
        print_message("skipped: no tinyshakespeare in %s (set DESCENT_DATA)\n", data);
        skip();
    }
    struct result r = run_case("ngram", data, NULL, 0);
    for (size_t i = 0; i < 5; i++)
        assert_true(fabs(all(&r, "validation_loss")->values[i] - ladder[i]) < 1e-4);
    assert_true(fabs(all(&r, "uniform")->values[0] - log(65)) < 1e-12);
    close_result(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_learn_more_than_pairs_tell),
        cmocka_unit_test(shakespeare_has_its_ladder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
