/* Pairs of words that stand together more often than by chance are joined, by word2phrase.c's formula and
   never across lines, for any number of threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/corpus.h>
#include <descent/file.h>
#include <descent/rng.h>

#include "test.h"

#include "directory.h"

static void expect_phrases(const char *directory, const char *from, const char *to,
                           const dsc_phrases_options *options, uint64_t joined)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    directory_put(directory, "from", from);
    const dsc_phrases *phrases =
        dsc_phrases_write(scope, directory_path(directory, "from"), directory_path(directory, "to"), options);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(phrases->joined, joined);
    const dsc_bytes written = dsc_file_read(scope, directory_path(directory, "to"), 10000);
    assert_string_equal((const char *)written.data, to);
    dsc_scope_close(&scope);
}

static const dsc_phrases_options small = { .min_count = 1, .threshold = 1 };

/* new and york three times each among 8 words, together three times: (3 - 1) / 3 / 3 * 8 = 1.78. */
static void small_texts(void **state)
{
    expect_phrases(*state, "new york\nnew york\nnew york\nold town\n",
                   "new_york\nnew_york\nnew_york\nold town\n", &small, 3);
    expect_phrases(*state, "new york\nnew york\nnew york\nold town\n",
                   "new york\nnew york\nnew york\nold town\n",
                   &(dsc_phrases_options){ .min_count = 1, .threshold = 1.78 }, 0);
    expect_phrases(*state, "new york\nnew york\nnew york\nold town\n",
                   "new_york\nnew_york\nnew_york\nold town\n",
                   &(dsc_phrases_options){ .min_count = 1, .threshold = 1.77 }, 3);
    /* the defaults: 5 and 100 */
    expect_phrases(*state, "a b a b a b a b a b a b", "a b a b a b a b a b a b", NULL, 0);
    /* nothing across a line end, though the pair is frequent elsewhere */
    expect_phrases(*state, "new\nyork\nnew york new york new york\n",
                   "new\nyork\nnew_york new_york new_york\n",
                   &(dsc_phrases_options){ .min_count = 1, .threshold = .5 }, 3);
    expect_phrases(*state, "new\nyork\nnew\nyork\nnew\nyork\n", "new\nyork\nnew\nyork\nnew\nyork\n", &small,
                   0);
    /* a word is joined once; blanks become one */
    expect_phrases(*state, "a  b\tc \n a b c\na b c\r\n\na b c", "a_b c\na_b c\na_b c\n\na_b c", &small, 4);
    expect_phrases(*state, "a_b c\na_b c\na_b c\n\na_b c", "a_b_c\na_b_c\na_b_c\n\na_b_c", &small, 4);
}

static void a_text_is_replaced_by_its_phrases(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    directory_put(*state, "text", "a b c\na b c\na b c\na b c\n");
    const char *path = directory_path(*state, "text");
    assert_non_null(dsc_phrases_write(scope, path, path, &small));
    assert_non_null(dsc_phrases_write(scope, path, path, &small));
    assert_string_equal((const char *)dsc_file_read(scope, path, 1000).data, "a_b_c\na_b_c\na_b_c\na_b_c\n");
    dsc_scope_close(&scope);
}

/* Both pairs are frequent, of 502 and of 1002 bytes. */
static void what_would_be_too_long_is_not_joined(void **state)
{
    char word[DSC_WORD_BYTES], from[8 * DSC_WORD_BYTES] = "", to[8 * DSC_WORD_BYTES] = "";
    memset(word, 'x', sizeof word);
    for (int i = 0; i < 3; i++) {
        sprintf(from + strlen(from), "a %.500s\n%.500s %.501s\n", word, word, word);
        sprintf(to + strlen(to), "a_%.500s\n%.500s %.501s\n", word, word, word);
    }
    expect_phrases(*state, from, to, &(dsc_phrases_options){ .min_count = 1, .threshold = .5 }, 3);
}

enum { DIFFERENT = 40, MIN_COUNT = 3000 };

/* A text of words 00 to 39, of which each likes to be followed by the next: mostly in one line. */
static void make_words(int *words, size_t count)
{
    const dsc_rng rng = dsc_rng_make(5, DSC_STREAM_SAMPLING);
    for (size_t i = 0; i < count; i++) {
        const uint64_t any = dsc_rng_below(rng, (uint32_t)i, 0, DIFFERENT * 3);
        const bool after = i > 0 && words[i - 1] >= 0 && any >= DIFFERENT;
        words[i] = after ? (words[i - 1] + 1) % DIFFERENT : (int)(any % DIFFERENT);
        if (dsc_rng_below(rng, (uint32_t)i, 1, 4000) == 0)
            words[i] = -1;
    }
}

static char *write_words(const int *words, size_t count, const bool *joined)
{
    char *text = malloc(3 * count + 1), *at = text;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && words[i] >= 0 && words[i - 1] >= 0)
            *at++ = joined && joined[i] ? '_' : ' ';
        if (words[i] < 0)
            *at++ = '\n';
        else
            at += sprintf(at, "%02d", words[i]);
    }
    *at = '\0';
    return text;
}

/* The formula as it stands. */
static void join_plainly(const int *words, size_t count, double threshold, bool *joined)
{
    static double single[DIFFERENT], pairs[DIFFERENT][DIFFERENT];
    double n = 0;
    for (size_t i = 0; i < count; i++) {
        joined[i] = false;
        if (words[i] < 0)
            continue;
        n++;
        single[words[i]]++;
        if (i > 0 && words[i - 1] >= 0)
            pairs[words[i - 1]][words[i]]++;
    }
    for (size_t i = 1; i < count; i++) {
        if (words[i] < 0 || words[i - 1] < 0 || joined[i - 1])
            continue;
        const double a = single[words[i - 1]], b = single[words[i]], ab = pairs[words[i - 1]][words[i]];
        joined[i] = ab >= MIN_COUNT && (ab - MIN_COUNT) / a / b * n > threshold;
    }
}

static void phrases_are_those_of_the_plain_formula(void **state)
{
    const size_t count = (10 << 20) / 3;
    int *words = malloc(count * sizeof *words);
    bool *joined = malloc(count * sizeof *joined);
    make_words(words, count);
    join_plainly(words, count, 20, joined);
    char *from = write_words(words, count, NULL), *to = write_words(words, count, joined);
    directory_put(*state, "from", from);
    for (int threads = 1; threads <= 3; threads++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_phrases *phrases = dsc_phrases_write(
            scope, directory_path(*state, "from"), directory_path(*state, "to"),
            &(dsc_phrases_options){ .min_count = MIN_COUNT, .threshold = 20, .threads = threads });
        assert_string_equal(dsc_scope_message(scope), "");
        assert_true(phrases->joined > 100000 && phrases->joined < phrases->words / 2);
        const dsc_bytes written = dsc_file_read(scope, directory_path(*state, "to"), SIZE_MAX);
        assert_int_equal(written.size, strlen(to));
        assert_memory_equal(written.data, to, written.size);
        dsc_scope_close(&scope);
    }
    free(words);
    free(joined);
    free(from);
    free(to);
}

static void refuse(const char *from, const char *to, const dsc_phrases_options *options, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_phrases_write(scope, from, to, options));
    if (!strstr(dsc_scope_message(scope), message))
        fail_msg("expected '%s' in '%s'", message, dsc_scope_message(scope));
    dsc_scope_close(&scope);
}

static void errors_leave_the_old_file(void **state)
{
    directory_put(*state, "from", "a b c\n");
    directory_put(*state, "to", "old");
    directory_put_bytes(*state, "zeros", "a\0b", 3);
    const char *from = directory_path(*state, "from"), *to = directory_path(*state, "to");
    refuse(from, to, &(dsc_phrases_options){ .threshold = -1 }, "the threshold is -1");
    refuse(from, to, &(dsc_phrases_options){ .threshold = NAN }, "the threshold is nan");
    refuse(directory_path(*state, "zeros"), to, NULL, "is not a text");
    refuse(directory_path(*state, "missing"), to, NULL, "No such file");
    refuse(from, *state, NULL, "cannot write");
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_string_equal((const char *)dsc_file_read(scope, to, 100).data, "old");
    assert_false(dsc_file_exists(directory_path(*state, "to.partial")));
    dsc_scope_close(&scope);
}

int main(void)
{
#define in_directory(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        in_directory(small_texts),
        in_directory(a_text_is_replaced_by_its_phrases),
        in_directory(what_would_be_too_long_is_not_joined),
        in_directory(phrases_are_those_of_the_plain_formula),
        in_directory(errors_leave_the_old_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
