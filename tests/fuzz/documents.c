/* Any bytes are lines of documents in UTF-8, whose tokens, sequences and n-grams agree with each other, or
   refused with a message that names the file. */
#include "fuzz/target.h"

#include <descent/text.h>
#include <descent/tokens.h>

#include "directory.h"

static void check_text(const char *text)
{
    for (size_t bytes; *text; text += bytes) {
        bytes = dsc_utf8_read(text, NULL);
        assert_true(bytes > 0 && *text != '\n');
    }
}

static void check_rows(const dsc_sparse *x, const dsc_tokens_lists *lists)
{
    for (size_t i = 0; i < x->rows; i++) {
        double sum = 0;
        size_t known = 0;
        for (size_t e = x->starts[i]; e < x->starts[i + 1]; e++)
            sum += x->values[e];
        for (size_t t = lists->starts[i]; t < lists->starts[i + 1]; t++)
            known += lists->ids[t] != lists->unknown;
        assert_true(sum >= (double)known && sum <= (double)(known * DSC_LONGEST_NGRAM));
    }
}

static void check_tokens(dsc_scope *scope, const dsc_documents *documents, dsc_token_rule rule)
{
    const dsc_token_options options = { .rule = rule };
    const dsc_vocabulary *words = dsc_tokens_vocabulary(
        scope, documents, &options, &(dsc_vocabulary_options){ .min_count = 1, .max_words = 20 });
    if (!words) /* blanks and controls alone */
        return;
    const dsc_tokens_lists *lists = dsc_tokens_read(scope, documents, words, &options);
    assert_int_equal(lists->starts[lists->count] - lists->unknown_total + words->counts[0], words->total);
    const int32_t *sequences = dsc_tokens_sequences(scope, lists, &(dsc_sequence_options){ .steps = 5 });
    for (size_t i = 0; i < 5 * lists->count; i++)
        assert_true(sequences[i] >= 0 && sequences[i] <= (int32_t)lists->unknown);
    const dsc_ngrams *grams = dsc_ngrams_count(scope, lists, &(dsc_ngrams_options){ .longest = 3 });
    const dsc_sparse x = dsc_ngrams_rows(scope, grams, lists, NULL);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(dsc_sparse_check(scope, &x), DSC_OK);
    check_rows(&x, lists);
}

static bool read_documents(const char *directory, const unsigned char *data, size_t size)
{
    directory_put_bytes(directory, "documents", data, size);
    const char *path = directory_path(directory, "documents");
    bool good = false;
    for (int encoding = DSC_ENCODING_UTF8; encoding <= DSC_ENCODING_ISO_8859_1; encoding++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_documents *documents = dsc_documents_read_lines(
            scope, path, &(dsc_documents_options){ .fields = 2, .encoding = (dsc_encoding)encoding });
        if (documents) {
            good = true;
            for (size_t i = 0; i < documents->count; i++)
                check_text(documents->texts[i]);
            check_tokens(scope, documents, DSC_TOKENS_WORDS);
            dsc_scope *other = dsc_scope_open(NULL);
            check_tokens(other, documents, DSC_TOKENS_BLANKS);
            dsc_scope_close(&other);
        } else {
            assert_non_null(strstr(dsc_scope_message(scope), path));
        }
        dsc_scope_close(&scope);
    }
    return good;
}

static void texts(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    static const char text[] =
        "1\tA good film, isn't it?<br />yes yes yes\r\n0\tcaf\xc3\xa9 \xe2\x80\x99t bad\n\n"
        "12\tthe film the film \xf0\x9f\x98\x80";
    static const char plain[] = "0\t\n1\tx\n";
    seed(user, text, sizeof text - 1);
    seed(user, plain, sizeof plain - 1);
}

const fuzz_target fuzz_subject = { .seeds = texts, .read = read_documents, .inputs = 1500 };
