/* The word-vectors experiment on its made-up text: CBOW and skip-gram, with negative sampling and
   hierarchical softmax, find more than 90 % of the planted analogies (shape; the text is drawn, so the
   numbers are fixed). */
#include "experiment_result.h"

#include <string.h>

extern const dsc_experiment word_vectors_experiment;

static void planted_analogies_are_found(void **state)
{
    (void)state;
    const dsc_setting settings[] = { { "preset", "quick" }, { "model", "cbow-ns,cbow-hs,sg-ns,sg-hs" } };
    struct result r = result_of(
        &word_vectors_experiment,
        &(dsc_plan_options){ .case_name = "models", .settings = settings, .setting_count = 2, .seeds = 1 });
    for (size_t i = 0; i < 4; i++) {
        const double share = all(&r, "analogies")->values[i];
        if (!(share > 0.9))
            fail_msg("model %zu finds %g of the planted analogies", i, share);
        assert_true(all(&r, "loss")->values[i] < all(&r, "loss_at_first")->values[i]);
    }
    close_result(&r);
}

static void steps_of_the_map_are_alike(void **state)
{
    (void)state;
    const dsc_setting settings[] = { { "preset", "quick" } };
    struct result r = result_of(
        &word_vectors_experiment,
        &(dsc_plan_options){ .case_name = "map", .settings = settings, .setting_count = 1, .seeds = 1 });
    assert_true(all(&r, "parallel")->values[0] > 0.2);
    close_result(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_analogies_are_found),
        cmocka_unit_test(steps_of_the_map_are_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
