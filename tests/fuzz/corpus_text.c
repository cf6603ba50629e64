/* Any bytes are a text whose vocabulary and numbers agree with each other for every number of threads, or
   refused with a message. */
#include "fuzz/target.h"

#include <descent/corpus.h>
#include <descent/text.h>

#include "directory.h"
#include "gzip.h"

static void check_word(const char *word)
{
    assert_true(*word && strlen(word) <= DSC_WORD_BYTES);
    for (size_t bytes; *word; word += bytes) {
        assert_true(*word != ' ' && *word != '\t' && *word != '\n' && *word != '\r');
        bytes = dsc_utf8_read(word, NULL);
        assert_true(bytes > 0);
    }
}

static void check_vocabulary(const dsc_vocabulary *v)
{
    uint64_t total = 0;
    assert_true(v->count >= 2);
    for (size_t i = 0; i < v->count; i++) {
        check_word(v->words[i]);
        assert_int_equal(dsc_vocabulary_find(v, v->words[i], strlen(v->words[i])), i);
        assert_true(i < 2 || v->counts[i] <= v->counts[i - 1]);
        total += v->counts[i];
    }
    assert_true(total == v->total && total + v->dropped_total == v->text_words);
}

static void check_numbers(const dsc_vocabulary *v, const dsc_corpus *corpus)
{
    uint64_t *counts = calloc(v->count, sizeof *counts);
    assert_non_null(counts);
    for (uint64_t i = 0; i < corpus->count; i++) {
        assert_true(corpus->ids[i] < v->count);
        counts[corpus->ids[i]]++;
    }
    assert_memory_equal(counts, v->counts, v->count * sizeof *counts);
    assert_int_equal(corpus->count, v->total);
    assert_int_equal(corpus->unknown, v->dropped_total);
    free(counts);
}

static bool read_text(const char *directory, const unsigned char *data, size_t size)
{
    directory_put_bytes(directory, "text", data, size);
    const char *path = directory_path(directory, "text"), *out = directory_path(directory, "out");
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_vocabulary *one =
        dsc_vocabulary_count(scope, path, &(dsc_vocabulary_options){ .min_count = 2, .threads = 1 });
    const bool good = dsc_scope_status(scope) == DSC_OK;
    if (good) {
        const dsc_vocabulary *two =
            dsc_vocabulary_count(scope, path, &(dsc_vocabulary_options){ .min_count = 2, .threads = 2 });
        const dsc_corpus *corpus = dsc_corpus_read(scope, path, two, &(dsc_corpus_options){ .threads = 2 });
        const dsc_phrases *phrases = dsc_phrases_write(
            scope, path, out, &(dsc_phrases_options){ .min_count = 1, .threshold = 1, .threads = 2 });
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(one->count, two->count);
        check_vocabulary(one);
        check_numbers(one, corpus);
        assert_true(phrases->joined <= phrases->words / 2);
    } else {
        assert_non_null(strstr(dsc_scope_message(scope), path));
    }
    dsc_scope_close(&scope);
    return good;
}

static void texts(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    static const char text[] =
        "\xef\xbb\xbfthe cat and the dog\r\n\n\xd0\xb6\xd0\xb6 the caf\xe9 new york, new york\t\xe8\xaa\x9e "
        "\xe8\xaa\x9e eighteen-bytes-long eighteen-bytes-long end";
    static char long_words[3000];
    unsigned char packed[1000];
    memset(long_words, 'w', sizeof long_words);
    memcpy(long_words + 998, "\xe2\x82\xac and ", 8);
    memcpy(long_words + 2300, "\xf0\x9f\x98\x80 and", 8);
    seed(user, text, sizeof text - 1);
    seed(user, long_words, sizeof long_words);
    size_t size = gzip_pack(text, 40, packed, sizeof packed);
    size += gzip_pack(text + 40, sizeof text - 41, packed + size, sizeof packed - size);
    seed(user, packed, size);
}

const fuzz_target fuzz_subject = { .seeds = texts, .read = read_text, .inputs = 700 };
