/* Spearman's rank correlation of judgements and cosines, from every form of file that there is. */
#include <math.h>
#include <string.h>

#include <descent/word_vectors.h>

#include "directory.h"
#include "test.h"

/* Cosines with "a": b 1, c 0.8, d 0.6, e 0.6, f -1. */
static const char *const words[] = { "a", "b", "c", "d", "e", "f", "zero" };
static const float vectors[] = { 1, 0, 2, 0, 4, 3, 3, 4, 3, -4, -1, 0, 0, 0 };
static const dsc_word_vectors sample = { .count = 7, .dimension = 2, .words = words, .vectors = vectors };

static dsc_similarity compare(const char *directory, const char *text, const dsc_word_test_options *options,
                              const char *error)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    directory_put(directory, "pairs", text);
    const dsc_similarity result =
        dsc_word_similarity(scope, &sample, directory_path(directory, "pairs"), options);
    assert_int_equal(dsc_scope_status(scope), *error ? DSC_ERROR_FORMAT : DSC_OK);
    if (!strstr(dsc_scope_message(scope), error))
        fail_msg("expected \"%s\", found \"%s\"", error, dsc_scope_message(scope));
    dsc_scope_close(&scope);
    return result;
}

static void ranks_of_equal_values_are_their_mean(void **state)
{
    /* scipy.stats.spearmanr([10, 7, 7, 2, 1], [1, .8, .6, .6, -1]) and with d and f exchanged */
    const dsc_similarity ties = compare(*state, "a b 10\na c 7\na d 7\na e 2\na f 1\n", NULL, "");
    assert_int_equal(ties.pairs, 5);
    assert_int_equal(ties.found, 5);
    assert_true(fabs(ties.spearman - 0.9210526315789475) < 1e-15);
    const dsc_similarity other = compare(*state, "a b 10\na c 7\na f 7\na e 2\na d 1\n", NULL, "");
    assert_true(fabs(other.spearman - 0.5263157894736843) < 1e-15);
}

static void every_form_of_file_is_read(void **state)
{
    static const char *const forms[] = {
        "a\tb\t3\na\tc\t2\na\tf\t1\n",
        "a\tb\t3\t17\tx\r\na\tc\t2\r\na\tf\t1",
        "# judged by people\nWord 1,Word 2,Human (mean)\na,b,3\na, c, 2\n\na,f,1\n",
        "a b 3.0\na  c   2\na f 1e0\n",
        "A b 3\na C 2\na F 1\nb ghost 9\nghost a 1\n",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const dsc_similarity found = compare(*state, forms[i], NULL, "");
        assert_int_equal(found.found, 3);
        assert_int_equal(found.pairs, i == 4 ? 5 : 3);
        assert_true(found.spearman == 1);
    }
    const dsc_word_test_options exact = { .exact_case = true };
    assert_int_equal(compare(*state, forms[4], &exact, "").found, 0);
    const dsc_word_test_options few = { .limit = 3 };
    assert_int_equal(compare(*state, forms[0], &few, "").found, 2);
}

static void without_an_order_there_is_no_correlation(void **state)
{
    assert_true(isnan(compare(*state, "a b 1\n", NULL, "").spearman));
    assert_true(isnan(compare(*state, "a b 1\na c 1\n", NULL, "").spearman));
    assert_true(isnan(compare(*state, "a zero 1\nb zero 2\n", NULL, "").spearman));
    compare(*state, "a b 1\na c\n", NULL, "line 2: expected two words and a number");
    compare(*state, "a b 1\na c x\n", NULL, "line 2: expected two words and a number");
    compare(*state, "a\n", NULL, "line 1: expected two words and a number");
    compare(*state, "word word score\n", NULL, "has no pairs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_of_equal_values_are_their_mean),
        cmocka_unit_test(every_form_of_file_is_read),
        cmocka_unit_test(without_an_order_there_is_no_correlation),
    };
    return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
