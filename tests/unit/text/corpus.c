/* A text becomes the numbers of its words in their order, in memory and in a file alike, for any number of
   threads. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <descent/corpus.h>
#include <descent/rng.h>

#include "test.h"

#include "directory.h"
#include "gzip.h"

static const dsc_vocabulary_options all = { .min_count = 1 };

static void a_small_text(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    directory_put(*state, "text", "the cat sat\n\nthe dog \xd0\xb6 sat the end");
    const char *path = directory_path(*state, "text");
    const dsc_vocabulary *words =
        dsc_vocabulary_count(scope, path, &(dsc_vocabulary_options){ .min_count = 2 });
    const dsc_corpus *text = dsc_corpus_read(scope, path, words, NULL);
    assert_string_equal(dsc_scope_message(scope), "");
    static const uint32_t expected[] = { 1, 2, 0, 0, 1, 2, 1 }; /* the sat . . the sat the */
    assert_int_equal(text->count, 7);
    assert_memory_equal(text->ids, expected, sizeof expected);
    assert_int_equal(text->unknown, 4);
    assert_int_equal(text->mapped, 0);
    dsc_scope_close(&scope);
}

static char *make_text(size_t size)
{
    char *text = malloc(size + 32);
    const dsc_rng rng = dsc_rng_make(3, DSC_STREAM_SAMPLING);
    size_t at = 0;
    for (uint32_t i = 0; at < size; i++) {
        const uint64_t word = dsc_rng_below(rng, i, 0, 20000), end = dsc_rng_below(rng, i, 1, 9);
        at += (size_t)sprintf(text + at, "%s%llu%s", word % 5 ? "w" : "\xc3\xa9",
                              (unsigned long long)(word * word), end == 0 ? "\n" : " ");
    }
    text[size] = '\0';
    return text;
}

/* The numbers one after the other, found word by word. */
static uint32_t *plain_ids(const char *text, const dsc_vocabulary *words, size_t *count)
{
    uint32_t *ids = malloc(strlen(text) * sizeof *ids);
    *count = 0;
    while (*text) {
        size_t length =
            0; /* by hand: strcspn() may look at all of the text that follows, under a sanitizer */
        while (text[length] && text[length] != ' ' && text[length] != '\n')
            length++;
        const size_t id = dsc_vocabulary_find(words, text, length);
        if (length > 0 && id != SIZE_MAX)
            ids[(*count)++] = (uint32_t)id;
        text += length;
        if (*text == '\n')
            ids[(*count)++] = 0;
        text += *text != '\0';
    }
    return ids;
}

static void ids_are_those_of_a_plain_reference(void **state)
{
    static const int threads[] = { 1, 2, 3, 8 };
    char *text = make_text((9 << 20) + 4321);
    unsigned char *packed = malloc(12 << 20);
    directory_put(*state, "text", text);
    directory_put_bytes(*state, "text.gz", packed, gzip_pack(text, strlen(text), packed, 12 << 20));
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_vocabulary *words = dsc_vocabulary_count(scope, directory_path(*state, "text"),
                                                       &(dsc_vocabulary_options){ .min_count = 40 });
    assert_true(words->dropped > 1000 && words->count > 1000);
    size_t count;
    uint32_t *expected = plain_ids(text, words, &count);
    for (size_t t = 0; t < 16; t++) {
        const dsc_corpus_options options = { .threads = threads[t % 4],
                                             .directory = *state,
                                             .memory = t / 4 % 2 ? 1 << 20 : 0 };
        const dsc_corpus *read =
            dsc_corpus_read(scope, directory_path(*state, t < 8 ? "text" : "text.gz"), words, &options);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(read->count, count);
        assert_int_equal(read->count, words->total);
        assert_int_equal(read->unknown, words->dropped_total);
        assert_int_equal(read->mapped, t / 4 % 2);
        assert_memory_equal(read->ids, expected, count * sizeof *expected);
    }
    dsc_scope_close(&scope);
    free(expected);
    free(packed);
    free(text);
}

static void a_text_of_other_words_is_refused(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    directory_put(*state, "text", "a b c");
    directory_put(*state, "other", "d e f");
    const dsc_vocabulary *words = dsc_vocabulary_count(scope, directory_path(*state, "text"), &all);
    assert_null(dsc_corpus_read(scope, directory_path(*state, "other"), words, NULL));
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_MISMATCH);
    assert_non_null(strstr(dsc_scope_message(scope), "found 3 words, none of its 4"));
    dsc_scope_close(&scope);
}

/* A limit on the size of files stands for a full disk. */
static void a_full_disk_is_told_with_its_directory(void **state)
{
    char *text = make_text(4 << 20);
    directory_put(*state, "text", text);
    free(text);
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *path = directory_path(*state, "text");
    const dsc_vocabulary *words = dsc_vocabulary_count(scope, path, &all);
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 1 << 20;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_null(
        dsc_corpus_read(scope, path, words, &(dsc_corpus_options){ .memory = 1, .directory = *state }));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FILE);
    assert_non_null(strstr(dsc_scope_message(scope), "temporary file in"));
    assert_non_null(strstr(dsc_scope_message(scope), *state));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    words = dsc_vocabulary_count(scope, path, &all);
    const char *missing = directory_path(*state, "missing");
    assert_null(
        dsc_corpus_read(scope, path, words, &(dsc_corpus_options){ .memory = 1, .directory = missing }));
    assert_non_null(strstr(dsc_scope_message(scope), missing));
    dsc_scope_close(&scope);
}

int main(void)
{
#define in_directory(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        in_directory(a_small_text),
        in_directory(ids_are_those_of_a_plain_reference),
        in_directory(a_text_of_other_words_is_refused),
        in_directory(a_full_disk_is_told_with_its_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
