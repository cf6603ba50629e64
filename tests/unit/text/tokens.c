/* Tokens follow the stated rules, documents become the numbers of their words, and sequences are cut and
   padded at the side that was asked for. */
#include <string.h>

#include <descent/text.h>

#include "test.h"

#include "lists.h"

/* The tokens of a text with a bar between them. */
static void expect_tokens(const char *text, const dsc_token_options *options, const char *expected)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_tokens_lists *lists = lists_of(scope, &text, 1, options);
    dsc_text *list = dsc_text_open(scope);
    for (size_t t = 0; t < lists->starts[1]; t++)
        dsc_text_format(list, "%s%s", t ? "|" : "", lists->vocabulary->words[lists->ids[t]]);
    assert_string_equal(dsc_text_string(list), expected);
    assert_int_equal(lists->unknown_total, 0);
    dsc_scope_close(&scope);
}

static void words_and_marks_are_tokens(void **state)
{
    (void)state;
    expect_tokens("It's GREAT, isn't it?!", NULL, "it's|great|,|isn't|it|?|!");
    expect_tokens("a<br />b<BR>c<br/>d <b>e", NULL, "a|b|c|d|<|b|>|e");
    expect_tokens("'quoted' rock'n'roll '80s dogs'", NULL, "'|quoted|'|rock'n'roll|'|80s|dogs|'");
    expect_tokens("don\xe2\x80\x99t \xe2\x80\x9csay\xe2\x80\x9d\xe2\x80\xa6", NULL,
                  "don't|\xe2\x80\x9c|say|\xe2\x80\x9d|\xe2\x80\xa6");
    expect_tokens("CR\xc3\x88ME \xc3\x97 na\xc3\xafve\xc2\xa0x_1", NULL,
                  "cr\xc3\xa8me|\xc3\x97|na\xc3\xafve|x_1");
    expect_tokens("Keep CASE.", &(dsc_token_options){ .keep_case = true }, "Keep|CASE|.");
    expect_tokens("Drop, the (marks)!", &(dsc_token_options){ .drop_punctuation = true }, "drop|the|marks");
    expect_tokens(" It's as\tIT is, <br />.\n", &(dsc_token_options){ .rule = DSC_TOKENS_BLANKS },
                  "it's|as|it|is,|<br|/>.");
}

static void long_tokens_are_cut(void **state)
{
    (void)state;
    char text[3 * DSC_WORD_BYTES];
    memset(text, 'w', sizeof text);
    memcpy(text + DSC_WORD_BYTES - 1, "\xc3\xa9 end", 7);
    const char *one = text;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_tokens_lists *lists = lists_of(scope, &one, 1, NULL);
    assert_int_equal(lists->starts[1], 2);
    assert_int_equal(strlen(lists->vocabulary->words[lists->ids[0]]), DSC_WORD_BYTES - 1);
    dsc_scope_close(&scope);
}

static void unknown_words_have_the_last_number(void **state)
{
    (void)state;
    static const char *const texts[] = { "b a b c", "a b", "" }, *const others[] = { "a z b </s>" };
    const dsc_token_options blanks = { .rule = DSC_TOKENS_BLANKS };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_documents seen = documents_of(texts, 3), unseen = documents_of(others, 1);
    const dsc_vocabulary *words =
        dsc_tokens_vocabulary(scope, &seen, &blanks, &(dsc_vocabulary_options){ .min_count = 2 });
    assert_int_equal(words->count, 3); /* </s>, b, a */
    const dsc_tokens_lists *lists = dsc_tokens_read(scope, &seen, words, &blanks);
    assert_memory_equal(lists->ids, ((const uint32_t[]){ 1, 2, 1, 3, 2, 1 }), 6 * sizeof(uint32_t));
    assert_memory_equal(lists->starts, ((const size_t[]){ 0, 4, 6, 6 }), 4 * sizeof(size_t));
    assert_true(lists->unknown == 3 && lists->unknown_total == 1);
    const dsc_tokens_lists *more = dsc_tokens_read(scope, &unseen, words, &blanks);
    assert_memory_equal(more->ids, ((const uint32_t[]){ 2, 3, 1, 3 }), 4 * sizeof(uint32_t));
    const dsc_tokens_lists *turned = dsc_tokens_select(scope, lists, (const uint32_t[]){ 1, 2, 0 }, 3);
    assert_memory_equal(turned->ids, ((const uint32_t[]){ 2, 1, 1, 2, 1, 3 }), 6 * sizeof(uint32_t));
    assert_int_equal(turned->unknown_total, 1);
    assert_null(dsc_tokens_select(scope, lists, (const uint32_t[]){ 3 }, 1));
    dsc_scope_close(&scope);
}

static void sequences_are_cut_and_padded_at_either_side(void **state)
{
    (void)state;
    static const char *const texts[] = { "d d d d c c c b b a", "a b", "" };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_tokens_lists *lists = lists_of(scope, texts, 3, NULL); /* d 1, b 2 or c 2 by the bytes */
    const uint32_t b = lists->ids[11], a = lists->ids[10];
    const int32_t *last = dsc_tokens_sequences(scope, lists, &(dsc_sequence_options){ .steps = 3 });
    const int32_t expected[] = { (int32_t)b, (int32_t)b, (int32_t)a, (int32_t)a, (int32_t)b, 0, 0, 0, 0 };
    assert_memory_equal(last, expected, sizeof expected);
    const int32_t *first = dsc_tokens_sequences(
        scope, lists, &(dsc_sequence_options){ .steps = 3, .keep_first = true, .pad_in_front = true });
    const int32_t front[] = { 1, 1, 1, 0, (int32_t)a, (int32_t)b, 0, 0, 0 };
    assert_memory_equal(first, front, sizeof front);
    const int32_t *few =
        dsc_tokens_sequences(scope, lists, &(dsc_sequence_options){ .steps = 10, .most_ids = 2 });
    const int32_t rare[] = { 1, 1, 1, 1, 2, 2, 2, 2, 2, 2 };
    assert_memory_equal(few, rare, sizeof rare);
    assert_null(dsc_tokens_sequences(scope, lists, &(dsc_sequence_options){ 0 }));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    lists = lists_of(scope, texts, 3, NULL);
    assert_null(dsc_tokens_sequences(scope, lists, &(dsc_sequence_options){ .steps = SIZE_MAX / 2 }));
    assert_non_null(strstr(dsc_scope_message(scope), "fit into memory"));
    dsc_scope_close(&scope);
}

static void batches_are_of_like_length(void **state)
{
    (void)state;
    static const char *const texts[] = { "a b c d e", "a", "a b c", "a b", "", "a b c d", "a b c" };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_tokens_lists *lists = lists_of(scope, texts, 7, NULL);
    bool moved = false;
    for (uint32_t epoch = 0; epoch < 8; epoch++) {
        const uint32_t *order = dsc_tokens_batches(scope, lists, 2, 1, epoch);
        bool found[7] = { false };
        for (size_t i = 0; i < 7; i++)
            found[order[i]] = true;
        for (size_t i = 0; i < 7; i++)
            assert_true(found[i]);
        assert_int_equal(order[6], 0);
        for (size_t i = 0; i < 6; i += 2) {
            const size_t one = strlen(texts[order[i]]), two = strlen(texts[order[i + 1]]);
            assert_true(two >= one && two - one <= 2);
        }
        moved = moved || order[0] != 4;
    }
    assert_true(moved);
    assert_null(dsc_tokens_batches(scope, lists, 0, 1, 0));
    dsc_scope_close(&scope);
}

static void a_text_without_words_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "  " };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_documents documents = documents_of(texts, 2);
    assert_null(dsc_tokens_vocabulary(scope, &documents, NULL, NULL));
    assert_non_null(strstr(dsc_scope_message(scope), "'test' has no word that occurs at least 5 times"));
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_marks_are_tokens),
        cmocka_unit_test(long_tokens_are_cut),
        cmocka_unit_test(unknown_words_have_the_last_number),
        cmocka_unit_test(sequences_are_cut_and_padded_at_either_side),
        cmocka_unit_test(batches_are_of_like_length),
        cmocka_unit_test(a_text_without_words_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
