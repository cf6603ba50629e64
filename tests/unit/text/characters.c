/* Characters of a text as numbers, and the counts that predict them: exact, and every bad text refused by
   name and place. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/characters.h>
#include <descent/rng.h>

#include "test.h"

static dsc_bytes bytes_of(const char *text)
{
    return (dsc_bytes){ (unsigned char *)(uintptr_t)text, strlen(text) };
}

static void a_text_is_its_numbers(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes text = bytes_of("b\xc3\xa9 \xe2\x82\xac\xf0\x9f\x98\x80\n\xc3\xa9");
    const dsc_characters *characters = dsc_characters_of(scope, text, DSC_CHARACTER_UTF8, "text");
    const dsc_character_ids ids = dsc_characters_number(scope, characters, text, "text");
    static const uint32_t codes[] = { '\n', ' ', 'b', 0xe9, 0x20ac, 0x1f600 };
    static const int32_t expected[] = { 2, 3, 1, 4, 5, 0, 3 };
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(characters->count, 6);
    assert_memory_equal(characters->codes, codes, sizeof codes);
    assert_int_equal(ids.count, 7);
    assert_memory_equal(ids.ids, expected, sizeof expected);
    char again[32];
    size_t length = 0;
    for (size_t i = 0; i < ids.count; i++)
        length += dsc_characters_write(characters, (size_t)ids.ids[i], again + length);
    assert_int_equal(length, text.size);
    assert_memory_equal(again, text.data, length);
    assert_int_equal(dsc_characters_write(characters, 6, again), 0);
    dsc_scope_close(&scope);
}

/* Every code point there is: the numbers are those of the codes, and the bytes the text's. */
static void all_characters_come_back(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    uint32_t *codes = malloc(0x110000 * sizeof *codes);
    char *text = malloc(0x110000 * DSC_CHARACTER_BYTES);
    size_t count = 0, length = 0;
    for (uint32_t code = 0; code < 0x110000; code++)
        if (code < 0xd800 || code > 0xdfff)
            codes[count++] = code;
    const dsc_characters *all = dsc_characters_make(scope, DSC_CHARACTER_UTF8, codes, count, "all");
    for (size_t i = 0; i < count; i++)
        length += dsc_characters_write(all, i, text + length);
    const dsc_bytes whole = { (unsigned char *)text, length };
    const dsc_characters *found = dsc_characters_of(scope, whole, DSC_CHARACTER_UTF8, "all");
    const dsc_character_ids ids = dsc_characters_number(scope, found, whole, "all");
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(found->count, count);
    assert_int_equal(ids.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(ids.ids[i], i);
    free(text);
    free(codes);
    dsc_scope_close(&scope);
}

static void bytes_are_characters_if_asked_for(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes text = bytes_of("\xff\x80z\xff");
    const dsc_characters *characters = dsc_characters_of(scope, text, DSC_CHARACTER_BYTE, "text");
    const dsc_character_ids ids = dsc_characters_number(scope, characters, text, "text");
    char byte[DSC_CHARACTER_BYTES];
    assert_int_equal(characters->count, 3);
    assert_int_equal(ids.count, 4);
    assert_int_equal(ids.ids[3], 2);
    assert_int_equal(dsc_characters_write(characters, 2, byte), 1);
    assert_int_equal((unsigned char)byte[0], 0xff);
    dsc_scope_close(&scope);
}

static void refuses(const char *text, const char *known, const char *part)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_characters *characters =
        dsc_characters_of(scope, bytes_of(known ? known : text), DSC_CHARACTER_UTF8, "a.txt");
    const dsc_character_ids ids = dsc_characters_number(scope, characters, bytes_of(text), "a.txt");
    assert_null(ids.ids);
    assert_int_not_equal(dsc_scope_status(scope), DSC_OK);
    if (!strstr(dsc_scope_message(scope), part))
        fail_msg("'%s' lacks '%s'", dsc_scope_message(scope), part);
    dsc_scope_close(&scope);
}

static void bad_texts_are_refused(void **state)
{
    (void)state;
    refuses("", NULL, "'a.txt' is empty");
    refuses("one\ntwo\xff", NULL, "byte 7 (line 2) is 0xff");
    refuses("cut \xe2\x82", NULL, "byte 4 (line 1) is 0xe2");
    refuses("\xed\xa0\x80", NULL, "byte 0 (line 1) is 0xed"); /* a surrogate */
    refuses("ab\nz", "ab\n", "byte 3 (line 2) is 'z', U+007A, which the vocabulary of 3 characters");
    refuses("", "ab", "is empty");
}

static void bad_vocabularies_are_refused(void **state)
{
    (void)state;
    static const uint32_t falling[] = { 3, 2 }, twice[] = { 3, 3 }, surrogate[] = { 0xd800 },
                          large[] = { 0x110000 }, byte[] = { 0x100 };
    const struct {
        const uint32_t *codes;
        size_t count;
        dsc_character_kind kind;
    } bad[] = { { falling, 2, DSC_CHARACTER_UTF8 },   { twice, 2, DSC_CHARACTER_UTF8 },
                { surrogate, 1, DSC_CHARACTER_UTF8 }, { large, 1, DSC_CHARACTER_UTF8 },
                { byte, 1, DSC_CHARACTER_BYTE },      { byte, 0, DSC_CHARACTER_UTF8 },
                { NULL, 1, DSC_CHARACTER_UTF8 } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(dsc_characters_make(scope, bad[i].kind, bad[i].codes, bad[i].count, "v"));
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        dsc_scope_close(&scope);
    }
}

/* --- n-grams --- */

/* By counting anew for every place, in the plain way. */
static double plain_loss(const int32_t *ids, size_t train, size_t all, size_t vocabulary, size_t context,
                         double a)
{
    double sum = 0;
    for (size_t i = train; i < all; i++) {
        double seen = 0, of = 0;
        for (size_t j = context; j < train; j++) {
            const int same =
                context == 0 || memcmp(ids + j - context, ids + i - context, context * sizeof *ids) == 0;
            of += same;
            seen += same && ids[j] == ids[i];
        }
        sum -= log((seen + a) / (of + a * (double)vocabulary));
    }
    return sum / (double)(all - train);
}

static void counts_predict_as_in_the_plain_way(void **state)
{
    (void)state;
    const dsc_rng rng = dsc_rng_make(4, DSC_STREAM_DATA);
    for (uint32_t trial = 0; trial < 60; trial++) {
        enum { MOST = 300 };
        int32_t ids[MOST];
        const size_t vocabulary = 1 + (size_t)dsc_rng_below(rng, trial, 1, 5),
                     context = (size_t)dsc_rng_below(rng, trial, 2, 5),
                     all = context + 2 + (size_t)dsc_rng_below(rng, trial, 3, MOST - 8),
                     train = context + 1 + (size_t)dsc_rng_below(rng, trial, 4, all - context - 1);
        const double a = trial % 3 ? 0.01 * trial : 0;
        for (size_t i = 0; i < all; i++)
            ids[i] = (int32_t)dsc_rng_below(rng, trial, 10 + i, vocabulary);
        dsc_scope *scope = dsc_scope_open(NULL);
        const double loss = dsc_ngram_loss(
            scope, ids, train, all,
            &(dsc_ngram_options){ .vocabulary = vocabulary, .context = context, .smoothing = a });
        assert_string_equal(dsc_scope_message(scope), "");
        assert_true(fabs(loss - plain_loss(ids, train, all, vocabulary, context, a > 0 ? a : 0.01)) < 1e-12);
        dsc_scope_close(&scope);
    }
}

static void bad_counts_are_refused(void **state)
{
    (void)state;
    static const int32_t ids[] = { 0, 1, 2, 0, 1, 2, 9, -1 };
    const struct {
        size_t train, all;
        dsc_ngram_options options;
        const char *part;
    } bad[] = { { 3, 3, { .vocabulary = 3 }, "3 of 3 to count" },
                { 0, 3, { .vocabulary = 3 }, "0 of 3 to count" },
                { 2, 5, { .vocabulary = 3, .context = 2 }, "the 2 of a context" },
                { 3, 6, { 0 }, "a vocabulary" },
                { 3, 7, { .vocabulary = 3 }, "integer 6 is 9" },
                { 3, 8, { .vocabulary = 10 }, "integer 7 is -1" },
                { 3, 6, { .vocabulary = 3, .smoothing = -1 }, "a smoothing of 0 or more" },
                { 3, 6, { .vocabulary = (size_t)1 << 33, .context = 1 }, "64 bits" } };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_true(isnan(dsc_ngram_loss(scope, ids, bad[i].train, bad[i].all, &bad[i].options)));
        if (!strstr(dsc_scope_message(scope), bad[i].part))
            fail_msg("'%s' lacks '%s'", dsc_scope_message(scope), bad[i].part);
        dsc_scope_close(&scope);
    }
}

/* The published ladder of tinyshakespeare, the last tenth predicted from the rest. */
static void shakespeare_has_its_ladder(void **state)
{
    (void)state;
    static const double ladder[] = { 3.3473, 2.4875, 2.0658, 1.7959, 1.7704 };
    const char *given = getenv("DESCENT_DATA");
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *path =
        dsc_path_join(scope, given && *given ? given : DESCENT_SHARED_DATA, "tinyshakespeare/input.txt");
    if (!dsc_file_exists(path)) {
        print_message("skipped: no %s\n", path);
        dsc_scope_close(&scope);
        skip();
    }
    const dsc_bytes text = dsc_file_read(scope, path, 1 << 24);
    const dsc_characters *characters = dsc_characters_of(scope, text, DSC_CHARACTER_UTF8, path);
    const dsc_character_ids ids = dsc_characters_number(scope, characters, text, path);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(characters->count, 65);
    assert_int_equal(ids.count, 1115394);
    for (size_t context = 0; context < sizeof ladder / sizeof ladder[0]; context++) {
        const dsc_ngram_options options = { .vocabulary = 65, .context = context };
        const double loss = dsc_ngram_loss(scope, ids.ids, ids.count * 9 / 10, ids.count, &options);
        assert_true(fabs(loss - ladder[context]) < 1e-4);
    }
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_its_numbers),
        cmocka_unit_test(all_characters_come_back),
        cmocka_unit_test(bytes_are_characters_if_asked_for),
        cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(bad_vocabularies_are_refused),
        cmocka_unit_test(counts_predict_as_in_the_plain_way),
        cmocka_unit_test(bad_counts_are_refused),
        cmocka_unit_test(shakespeare_has_its_ladder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
