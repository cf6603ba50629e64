/* A model of texts that is read back from its one file gives the same bits for raw text; notes that were
   tampered with are refused with the line. */
#include <string.h>

#include <descent/tokens.h>
#include <descent/train.h>

#include "test.h"

#include "directory.h"

enum { CLASSES = 2, STEPS = 6 };

static const char *const texts[] = { "a Good film , not bad", "the film is not good", "bad bad film", "so so",
                                     "caf\xc3\xa9 isn't good , is it ?" };
static const int32_t labels[5] = { 1, 0, 0, 1, 1 };
static const dsc_documents documents = {
    .name = "test", .count = 5, .texts = texts, .labels = labels, .classes = CLASSES
};

static dsc_reader make_reader(dsc_scope *scope)
{
    return (dsc_reader){ .vocabulary = dsc_tokens_vocabulary(scope, &documents, NULL,
                                                             &(dsc_vocabulary_options){ .min_count = 2 }),
                         .sequences = { .steps = STEPS, .pad_in_front = true, .most_ids = 8 } };
}

/* What a model makes of the documents, read as the reader says. */
static const float *scores_of(dsc_scope *scope, dsc_model *model, const dsc_node *logits,
                              const dsc_reader *reader)
{
    const dsc_tokens_lists *lists = dsc_tokens_read(scope, &documents, reader->vocabulary, &reader->tokens);
    const dsc_examples examples = { .count = 5,
                                    .columns = {
                                        { .name = "tokens",
                                          .width = reader->sequences.steps,
                                          .i32 = dsc_tokens_sequences(scope, lists, &reader->sequences) } } };
    return dsc_predict(scope, model, logits, &examples);
}

static void a_model_that_is_read_back_gives_the_same_numbers(void **state)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
    const dsc_reader reader = make_reader(scope);
    dsc_node *x = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = STEPS, .vocabulary = 9 });
    dsc_node *logits = dsc_dense(dsc_recurrent(dsc_embedding(x, 5), 4, .cell = DSC_RECURRENT_LSTM), CLASSES,
                                 .name = "logits");
    dsc_model *model = dsc_compile(logits, &(dsc_compile_options){ .inference = true });
    const float *before = scores_of(scope, model, logits, &reader);
    const dsc_attribute note = { "reader", dsc_reader_text(scope, &reader) };
    const char *path = directory_path(*state, "model.h5");
    assert_int_equal(dsc_model_save_with(model, path, &note, 1), DSC_OK);

    dsc_scope *other = dsc_scope_open(NULL);
    dsc_model *loaded = dsc_model_load(other, path, &(dsc_compile_options){ .inference = true });
    const dsc_reader *kept = dsc_reader_parse(other, dsc_model_note(other, path, "reader"));
    assert_string_equal(dsc_scope_message(other), "");
    assert_int_equal(kept->vocabulary->count, reader.vocabulary->count);
    const float *after = scores_of(other, loaded, dsc_model_node(loaded, "logits"), kept);
    assert_string_equal(dsc_scope_message(other), "");
    assert_memory_equal(before, after, 5 * CLASSES * sizeof(float));
    assert_string_equal(dsc_reader_text(other, kept), note.text);
    dsc_scope_close(&other);
    dsc_scope_close(&scope);
}

static void expect_refusal(const char *text, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_reader_parse(scope, text));
    if (!strstr(dsc_scope_message(scope), message))
        fail_msg("expected '%s' in: %s", message, dsc_scope_message(scope));
    dsc_scope_close(&scope);
}

static void notes_that_are_none_are_refused(void **state)
{
    (void)state;
#define LINE "descent-reader-1 rule=0 case=0 marks=0 steps=6 first=0 front=1 most=8\n"
    expect_refusal(NULL, "no note of how it reads texts");
    expect_refusal("", "line 1: there are no options");
    expect_refusal("descent-reader-1 rule=2 case=0 marks=0 steps=6 first=0 front=1 most=8\na 1\n", "line 1");
    expect_refusal("descent-reader-1 rule=0 case=0 marks=0 steps=-6 first=0 front=1 most=8\na 1\n", "line 1");
    expect_refusal("descent-reader-1 rule=0 case=0 marks=0 steps=6 first=0 front=1 most=8", "line 1");
    expect_refusal(LINE, "has no word");
    expect_refusal(LINE "a 1\nb\n", "line 3: there is no word with a count behind it");
    expect_refusal(LINE "a 1\n\n", "line 3: there is no word");
    expect_refusal(LINE "a 1\na 2\n", "line 3: the word stands in an earlier line, too");
    expect_refusal(LINE "a 1234567890123456789\n", "line 2: there is no word");
    expect_refusal(LINE "\xff 1\n", "line 2: the word is too long, or not UTF-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_model_that_is_read_back_gives_the_same_numbers, directory_make,
                                        directory_remove),
        cmocka_unit_test(notes_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
