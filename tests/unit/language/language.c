/* Models of language: the loss of a whole text with its state carried over, texts that are the same for any
   number of threads, files that hold all of it, and spans that two texts share. */
#include <math.h>
#include <string.h>

#include <descent/language.h>
#include <descent/models.h>
#include <descent/rng.h>

#include "test.h"

#include "directory.h"

static const char TEXT[] = "the quick brown fox jumps over the lazy dog\n";

static dsc_bytes bytes_of(const char *text)
{
    return (dsc_bytes){ (unsigned char *)(uintptr_t)text, strlen(text) };
}

static dsc_language *recurrent(dsc_scope *scope, size_t steps, int threads)
{
    const dsc_characters *characters = dsc_characters_of(scope, bytes_of(TEXT), DSC_CHARACTER_UTF8, "text");
    dsc_node *x = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = steps, .vocabulary = characters->count });
    dsc_node *h =
        dsc_recurrent(dsc_embedding(x, 9), 20, .cell = DSC_RECURRENT_LSTM, .sequence = true, .stateful = 1);
    dsc_node *logits = dsc_dense(h, characters->count, .per_step = true, .name = "logits");
    return dsc_language_make(
        dsc_compile(logits, &(dsc_compile_options){ .inference = true, .threads = threads }), characters);
}

static dsc_language *transformer(dsc_scope *scope, size_t context)
{
    const dsc_characters *characters = dsc_characters_of(scope, bytes_of(TEXT), DSC_CHARACTER_UTF8, "text");
    const dsc_transformer_spec spec = {
        .vocabulary = characters->count, .context = context, .width = 12, .heads = 2, .blocks = 1
    };
    return dsc_language_make(
        dsc_compile(dsc_transformer(scope, &spec), &(dsc_compile_options){ .inference = true }), characters);
}

static dsc_scope *open(void)
{
    return dsc_scope_open(&(dsc_scope_options){ .seed = 8 });
}

static void windows_of_any_length_give_one_loss(void **state)
{
    (void)state;
    double losses[3];
    static const size_t steps[] = { 1, 7, 43 }; /* 43 characters are predicted */
    for (size_t i = 0; i < 3; i++) {
        dsc_scope *scope = open();
        dsc_language *language = recurrent(scope, steps[i], 1);
        const dsc_character_ids ids =
            dsc_characters_number(scope, language->characters, bytes_of(TEXT), "text");
        losses[i] = dsc_language_loss(language, ids.ids, 1, ids.count);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_true(losses[i] == dsc_language_loss(language, ids.ids, 1, ids.count)); /* it begins anew */
        dsc_scope_close(&scope);
    }
    assert_true(fabs(losses[0] - log(28)) < 0.2); /* an untrained network knows nothing */
    assert_true(losses[0] == losses[1] && losses[1] == losses[2]);
}

/* Of a window of all characters and of one by one: a position sees nothing behind it. */
static void the_future_is_not_seen(void **state)
{
    (void)state;
    dsc_scope *scope = open();
    dsc_language *language = transformer(scope, 16);
    const dsc_character_ids ids = dsc_characters_number(scope, language->characters, bytes_of(TEXT), "text");
    double sum = 0;
    for (size_t i = 1; i <= 16; i++)
        sum += dsc_language_loss(language, ids.ids, 1, i + 1) * (double)i -
               (i > 1 ? dsc_language_loss(language, ids.ids, 1, i) * (double)(i - 1) : 0);
    const double whole = dsc_language_loss(language, ids.ids, 1, 17);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_true(fabs(sum / 16 - whole) < 1e-12);
    dsc_scope_close(&scope);
}

static void texts_are_the_same_again(void **state)
{
    (void)state;
    int32_t first[200];
    for (int trial = 0; trial < 4; trial++) {
        dsc_scope *scope = open();
        dsc_language *language = recurrent(scope, 1, trial + 1);
        const dsc_language_sampling options = {
            .length = 200, .temperature = 0.7, .top_k = 9, .prime = "fox ", .seed = 3
        };
        for (int again = 0; again < 2; again++) {
            const dsc_character_ids ids = dsc_language_sample(scope, language, &options);
            assert_string_equal(dsc_scope_message(scope), "");
            assert_int_equal(ids.count, 200);
            if (trial == 0 && again == 0)
                memcpy(first, ids.ids, sizeof first);
            assert_memory_equal(ids.ids, first, sizeof first);
        }
        dsc_scope_close(&scope);
    }
}

/* The chi-squared distance of what is drawn from softmax(logits / temperature) over the k largest. */
static void draws_have_their_shares(void **state)
{
    (void)state;
    dsc_scope *scope = open();
    dsc_language *language = transformer(scope, 1); /* every draw is behind the same character */
    enum { DRAWS = 4000, K = 5 };
    double logits[64], counts[64] = { 0 }, sum = 0, distance = 0;
    const size_t n = language->characters->count;
    language->tokens[0] = 0;
    const float *values = dsc_predictor_run(language->predictor);
    for (size_t i = 0; i < n; i++)
        logits[i] = (double)values[i] / 0.05;
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        const dsc_language_sampling options = { .length = 1, .temperature = 0.05, .top_k = K, .seed = seed };
        counts[dsc_language_sample(scope, language, &options).ids[0]]++;
    }
    double shares[64];
    for (size_t i = 0; i < n; i++) {
        size_t larger = 0;
        for (size_t j = 0; j < n; j++)
            larger += logits[j] > logits[i];
        shares[i] = larger < K ? exp(logits[i]) : 0;
        sum += shares[i];
    }
    for (size_t i = 0; i < n; i++) {
        const double expected = DRAWS * shares[i] / sum;
        assert_true(expected > 0 || counts[i] == 0);
        distance += expected > 0 ? (counts[i] - expected) * (counts[i] - expected) / expected : 0;
    }
    assert_true(distance < 23.5); /* chi-squared of 4 degrees of freedom: p = 1e-4 */
    dsc_scope_close(&scope);
}

static void bad_wishes_are_refused(void **state)
{
    (void)state;
    static const struct {
        dsc_language_sampling options;
        const char *part;
    } bad[] = { { { .length = 5, .temperature = -1 }, "a temperature above 0, found -1" },
                { { .length = 5, .temperature = NAN }, "a temperature above 0" },
                { { .length = 5, .prime = "fo\xc3\xa9" }, "byte 2 (line 1) is '\xc3\xa9', U+00E9" },
                { { .length = 5, .prime = "" }, "is empty" },
                { { .length = 5, .prime = "the quick brown fox" },
                  "19 characters, and the model positions for 16" } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        dsc_scope *scope = open();
        assert_null(dsc_language_sample(scope, transformer(scope, 16), &bad[i].options).ids);
        if (!strstr(dsc_scope_message(scope), bad[i].part))
            fail_msg("'%s' lacks '%s'", dsc_scope_message(scope), bad[i].part);
        dsc_scope_close(&scope);
    }
}

static void a_file_holds_all_of_it(void **state)
{
    const char *path = directory_path(*state, "model.h5"), *plain = directory_path(*state, "plain.h5");
    dsc_scope *scope = open(), *other = dsc_scope_open(NULL), *third = dsc_scope_open(NULL);
    dsc_language *language = recurrent(scope, 1, 1);
    const dsc_language_sampling options = { .length = 50 };
    const dsc_character_ids written = dsc_language_sample(scope, language, &options);
    assert_int_equal(dsc_language_save(language, path, "fox.txt", "ab12"), DSC_OK);
    dsc_language *loaded = dsc_language_load(other, path);
    const dsc_character_ids again = dsc_language_sample(other, loaded, &options);
    assert_string_equal(dsc_scope_message(other), "");
    assert_string_equal(loaded->text, "fox.txt");
    assert_string_equal(loaded->text_sha256, "ab12");
    assert_memory_equal(again.ids, written.ids, 50 * sizeof *written.ids);
    /* Another vocabulary, and none. */
    const dsc_characters *few = dsc_characters_of(scope, bytes_of("abc"), DSC_CHARACTER_UTF8, "few");
    assert_int_equal(dsc_model_save(language->model, plain), DSC_OK);
    assert_null(dsc_language_make(language->model, few));
    assert_non_null(strstr(dsc_scope_message(scope), "expected logits (steps, 3)"));
    assert_null(dsc_language_load(third, plain));
    assert_non_null(strstr(dsc_scope_message(third), "without a vocabulary of characters"));
    dsc_scope_close(&third);
    dsc_scope_close(&other);
    dsc_scope_close(&scope);
}

static size_t plain_span(const int32_t *a, size_t a_count, const int32_t *b, size_t b_count)
{
    size_t longest = 0;
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = 0; j < b_count; j++) {
            size_t length = 0;
            while (i + length < a_count && j + length < b_count && a[i + length] == b[j + length])
                length++;
            longest = length > longest ? length : longest;
        }
    return longest;
}

static void shared_spans_are_found(void **state)
{
    (void)state;
    const dsc_rng rng = dsc_rng_make(2, DSC_STREAM_DATA);
    for (uint32_t trial = 0; trial < 200; trial++) {
        enum { MOST = 60 };
        int32_t a[MOST], b[MOST];
        const uint64_t letters = 1 + trial % 4;
        const dsc_character_ids of_a = { a, 1 + (size_t)dsc_rng_below(rng, trial, 0, MOST) },
                                of_b = { b, 1 + (size_t)dsc_rng_below(rng, trial, 1, MOST) };
        for (size_t i = 0; i < MOST; i++) {
            a[i] = (int32_t)dsc_rng_below(rng, trial, 10 + i, letters);
            b[i] = (int32_t)dsc_rng_below(rng, trial, 100 + i, letters) + (trial % 7 == 0 ? 10 : 0);
        }
        dsc_scope *scope = open();
        const dsc_shared_span span = dsc_longest_span(scope, of_a, of_b);
        assert_int_equal(span.length, plain_span(a, of_a.count, b, of_b.count));
        assert_memory_equal(a + span.at_a, b + span.at_b, span.length * sizeof *a);
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_of_any_length_give_one_loss),
        cmocka_unit_test(the_future_is_not_seen),
        cmocka_unit_test(texts_are_the_same_again),
        cmocka_unit_test(draws_have_their_shares),
        cmocka_unit_test(bad_wishes_are_refused),
        cmocka_unit_test_setup_teardown(a_file_holds_all_of_it, directory_make, directory_remove),
        cmocka_unit_test(shared_spans_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
