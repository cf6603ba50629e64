/* N-grams are counted as a plain search counts them, and their rows are weighted as scikit-learn 1.9.1 does
   it (TfidfVectorizer, sublinear_tf, n-grams of 1 and 2 words). */
#include <math.h>
#include <string.h>

#include <descent/rng.h>
#include <descent/text.h>

#include "test.h"

#include "lists.h"

static const char *const films[] = { "the film is good , not bad", "the film is not good", "bad bad film",
                                     "so so" };

static size_t gram_of(dsc_scope *scope, const dsc_ngrams *grams, const char *text)
{
    for (size_t g = 0; g < grams->count; g++)
        if (strcmp(dsc_ngram_text(scope, grams, g), text) == 0)
            return g;
    return SIZE_MAX;
}

static double value_of(const dsc_sparse *x, size_t row, size_t column)
{
    for (size_t e = x->starts[row]; e < x->starts[row + 1]; e++)
        if (x->index[e] == column)
            return x->values[e];
    return 0;
}

static void weights_are_those_of_scikit_learn(void **state)
{
    (void)state;
    static const struct {
        size_t row;
        const char *gram;
        double value;
    } expected[] = { { 0, "the", 0.252382998306 },
                     { 0, "film", 0.204325788485 },
                     { 0, ",", 0.320115831324 },
                     { 0, "the film", 0.252382998306 },
                     { 0, "not bad", 0.320115831324 },
                     { 1, "film", 0.257655346455 },
                     { 1, "not good", 0.403666889222 },
                     { 2, "bad", 0.652189554569 },
                     { 2, "bad bad", 0.488569311744 },
                     { 2, "film", 0.311847462961 },
                     { 3, "so", 0.861036995944 },
                     { 3, "so so", 0.508542320378 },
                     { 3, "bad", 0 } };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_tokens_lists *lists = lists_of(scope, films, 4, NULL);
    const dsc_ngrams *grams = dsc_ngrams_count(scope, lists, &(dsc_ngrams_options){ .longest = 2 });
    const dsc_sparse x = dsc_ngrams_rows(
        scope, grams, lists, &(dsc_weighting){ .sublinear = true, .inverse = true, .unit = true });
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(dsc_sparse_check(scope, &x), DSC_OK);
    assert_int_equal(x.starts[4], 13 + 9 + 4 + 2);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const size_t gram = gram_of(scope, grams, expected[i].gram);
        assert_true(gram != SIZE_MAX);
        assert_true(fabs(value_of(&x, expected[i].row, gram) - expected[i].value) < 1e-11);
    }
    const dsc_sparse counts = dsc_ngrams_rows(scope, grams, lists, NULL);
    const dsc_sparse binary = dsc_ngrams_rows(scope, grams, lists, &(dsc_weighting){ .binary = true });
    assert_true(value_of(&counts, 2, gram_of(scope, grams, "bad")) == 2);
    assert_true(value_of(&binary, 2, gram_of(scope, grams, "bad")) == 1);
    dsc_scope_close(&scope);
}

static void rare_and_surplus_ones_are_left_out(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_tokens_lists *lists = lists_of(scope, films, 4, NULL);
    const dsc_ngrams *twice =
        dsc_ngrams_count(scope, lists, &(dsc_ngrams_options){ .longest = 2, .min_documents = 2 });
    assert_int_equal(twice->count, 8); /* the, film, is, good, not, bad, the film, film is */
    for (size_t g = 0; g < twice->count; g++)
        assert_true(twice->documents[g] >= 2);
    const dsc_ngrams *three = dsc_ngrams_count(scope, lists, &(dsc_ngrams_options){ .most = 3 });
    assert_int_equal(three->count, 3);
    assert_int_equal(gram_of(scope, three, "film"), 1); /* in 3 documents; of those in 2 the first */
    assert_int_equal(gram_of(scope, three, "the"), 0);
    assert_int_equal(gram_of(scope, three, "is"), 2);
    assert_null(dsc_ngrams_count(scope, lists, &(dsc_ngrams_options){ .min_documents = 5 }));
    assert_non_null(strstr(dsc_scope_message(scope), "occurs in 5 documents or more"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    lists = lists_of(scope, films, 4, NULL);
    const dsc_tokens_lists *others = lists_of(scope, films, 2, NULL);
    const dsc_ngrams *grams = dsc_ngrams_count(scope, lists, NULL);
    assert_int_equal(dsc_ngrams_rows(scope, grams, others, NULL).rows, 0);
    assert_non_null(strstr(dsc_scope_message(scope), "another vocabulary"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    lists = lists_of(scope, films, 4, NULL);
    assert_null(dsc_ngrams_count(scope, lists, &(dsc_ngrams_options){ .longest = 4 }));
    assert_non_null(strstr(dsc_scope_message(scope), "expected at most 3 words, found 4"));
    dsc_scope_close(&scope);
}

/* Random documents over few words, so that n-grams repeat; unknown words among them. */
enum { DOCUMENTS = 40, LENGTH = 30, WORDS = 6 };

static size_t occurrences(const dsc_tokens_lists *lists, size_t document, const uint32_t *gram)
{
    size_t length = 1, count = 0;
    while (length < DSC_LONGEST_NGRAM && gram[length])
        length++;
    for (size_t t = lists->starts[document]; t + length <= lists->starts[document + 1]; t++)
        count += memcmp(lists->ids + t, gram, length * sizeof *gram) == 0;
    return count;
}

static void counts_are_those_of_a_plain_search(void **state)
{
    (void)state;
    static uint32_t ids[DOCUMENTS * LENGTH];
    size_t starts[DOCUMENTS + 1] = { 0 };
    const dsc_rng rng = dsc_rng_make(3, DSC_STREAM_DATA);
    for (size_t d = 0; d < DOCUMENTS; d++) {
        const size_t length = (size_t)dsc_rng_below(rng, 0, d, LENGTH);
        for (size_t t = 0; t < length; t++)
            ids[starts[d] + t] = 1 + (uint32_t)dsc_rng_below(rng, 1, d * LENGTH + t, WORDS);
        starts[d + 1] = starts[d] + length;
    }
    const dsc_vocabulary none = { 0 };
    const dsc_tokens_lists lists = {
        .count = DOCUMENTS, .starts = starts, .ids = ids, .unknown = WORDS, .vocabulary = &none
    };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_ngrams *grams = dsc_ngrams_count(scope, &lists, &(dsc_ngrams_options){ .longest = 3 });
    const dsc_sparse x = dsc_ngrams_rows(scope, grams, &lists, NULL);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_true(grams->count > 100);
    for (size_t g = 0; g < grams->count; g++) {
        size_t documents = 0;
        for (size_t i = 0; i < DSC_LONGEST_NGRAM; i++)
            assert_true(grams->ids[g][i] != WORDS);
        for (size_t d = 0; d < DOCUMENTS; d++) {
            const size_t count = occurrences(&lists, d, grams->ids[g]);
            assert_true(value_of(&x, d, g) == (double)count);
            documents += count > 0;
        }
        assert_int_equal(documents, grams->documents[g]);
    }
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_those_of_scikit_learn),
        cmocka_unit_test(rare_and_surplus_ones_are_left_out),
        cmocka_unit_test(counts_are_those_of_a_plain_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
