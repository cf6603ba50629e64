/* Words are what word2vec.c takes for words, their counts are right whatever the text is like and however
   many threads count, and vocabulary files are read back as they were written or refused with the line named.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <descent/file.h>
#include <descent/rng.h>
#include <descent/text.h>
#include <descent/vocabulary.h>

#include "test.h"

#include "directory.h"
#include "gzip.h"

static const dsc_vocabulary_options all = { .min_count = 1 };

/* The vocabulary as text: "word count" and blanks between; or the error's message. */
static char *listed(const char *path, const dsc_vocabulary_options *options, dsc_vocabulary *copy)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_vocabulary *v = dsc_vocabulary_count(scope, path, options);
    dsc_text *text = dsc_text_open(scope);
    for (size_t i = 0; v && i < v->count; i++) {
        dsc_text_format(text, "%s%s %llu", i ? ", " : "", v->words[i], (unsigned long long)v->counts[i]);
        assert_int_equal(dsc_vocabulary_find(v, v->words[i], strlen(v->words[i])), i);
    }
    if (v && copy)
        *copy = *v;
    char *result = strdup(v ? dsc_text_string(text) : dsc_scope_message(scope));
    dsc_scope_close(&scope);
    return result;
}

static void expect_words(const char *directory, const char *content, const char *words)
{
    directory_put(directory, "text", content);
    for (int threads = 1; threads <= 3; threads++) {
        const dsc_vocabulary_options options = { .min_count = 1, .threads = threads };
        char *list = listed(directory_path(directory, "text"), &options, NULL);
        assert_string_equal(list, words);
        free(list);
    }
}

static void words_are_between_blanks(void **state)
{
    expect_words(*state, "the cat the dog\n", "</s> 1, the 2, cat 1, dog 1");
    expect_words(*state, "  the\t\tcat \n\n the \n", "</s> 3, the 2, cat 1");
    expect_words(*state, "no line end at all", "</s> 0, all 1, at 1, end 1, line 1, no 1");
    expect_words(*state, "a", "</s> 0, a 1");
    expect_words(*state, "b b a a c\r\nc b\r\n", "</s> 2, b 3, a 2, c 2");
    expect_words(*state, "in\rside \r \r\r\n", "</s> 1, inside 1");
    expect_words(*state, "marked </s> by hand </s>\n", "</s> 3, by 1, hand 1, marked 1");
    expect_words(*state, "\xef\xbb\xbfmark mark\n", "</s> 1, mark 2");
    expect_words(*state, "form\ffeed a\vb\n", "</s> 1, a\vb 1, form\ffeed 1");
    /* of 7, 8, 9, 16 and 17 bytes, and prefixes of each other */
    expect_words(*state, "abcdefg abcdefgh abcdefghi abcdefghijklmnop abcdefghijklmnopq abcdefgh",
                 "</s> 0, abcdefgh 2, abcdefg 1, abcdefghi 1, abcdefghijklmnop 1, abcdefghijklmnopq 1");
    expect_words(*state,
                 "\xd1\x81\xd0\xbb\xd0\xbe\xd0\xb2\xd0\xbe \xe8\xaa\x9e \xe8\xaa\x9e \xf0\x9f\x98\x80\n",
                 "</s> 1, \xe8\xaa\x9e 2, \xd1\x81\xd0\xbb\xd0\xbe\xd0\xb2\xd0\xbe 1, \xf0\x9f\x98\x80 1");
}

static void bytes_that_are_not_utf8_are_replaced_and_told(void **state)
{
    dsc_vocabulary v;
    directory_put(*state, "latin", "plain words caf\xe9 au lait, na\xefve and cut \xe2\x82\n");
    char *list = listed(directory_path(*state, "latin"), &all, &v);
    assert_non_null(strstr(list, "caf\xef\xbf\xbd 1"));
    assert_non_null(strstr(list, "na\xef\xbf\xbdve 1"));
    assert_non_null(strstr(list, "\xef\xbf\xbd\xef\xbf\xbd 1"));
    assert_int_equal(v.mended.invalid_bytes, 4);
    assert_int_equal(v.mended.first_invalid, 15);
    assert_int_equal(v.mended.cut_words, 0);
    free(list);
}

/* 998 bytes of ASCII, then characters of three bytes: the first would end at byte 1001. */
static void long_words_are_cut_between_characters(void **state)
{
    char text[3000] = "short ";
    memset(text + 6, 'x', 998);
    strcpy(text + 1004, "\xe2\x82\xac\xe2\x82\xac behind\n");
    directory_put(*state, "long", text);
    dsc_vocabulary v;
    char *list = listed(directory_path(*state, "long"), &all, &v);
    const char *word = strchr(list, 'x');
    assert_non_null(word);
    assert_int_equal(strspn(word, "x"), 998);
    assert_int_equal(word[998], ' ');
    assert_non_null(strstr(list, "behind 1"));
    assert_int_equal(v.mended.cut_words, 1);
    assert_int_equal(v.mended.first_cut, 6);
    assert_int_equal(v.mended.invalid_bytes, 0);
    free(list);
    memset(text, 'y', DSC_WORD_BYTES);
    text[DSC_WORD_BYTES] = '\0';
    directory_put(*state, "long", text);
    list = listed(directory_path(*state, "long"), &all, &v);
    assert_int_equal(v.mended.cut_words, 0);
    assert_int_equal(strlen(strchr(list, 'y')), DSC_WORD_BYTES + 2);
    free(list);
}

static void rare_words_are_dropped_and_told(void **state)
{
    dsc_vocabulary v;
    directory_put(*state, "text", "a a a b b c\na d d d d d\n");
    const char *path = directory_path(*state, "text");
    char *list = listed(path, &(dsc_vocabulary_options){ .min_count = 2 }, &v);
    assert_string_equal(list, "</s> 2, d 5, a 4, b 2");
    assert_true(v.total == 13 && v.text_words == 14 && v.text_distinct == 5 && v.dropped == 1 &&
                v.dropped_total == 1 && v.forgotten == 0 && v.most_undercount == 0);
    free(list);
    list = listed(path, &(dsc_vocabulary_options){ .min_count = 1, .max_words = 2 }, &v);
    assert_string_equal(list, "</s> 2, d 5, a 4");
    assert_true(v.dropped == 2 && v.dropped_total == 3 && v.total == 11);
    free(list);
    list = listed(path, NULL, NULL); /* 5 */
    assert_string_equal(list, "</s> 2, d 5");
    free(list);
    list = listed(path, &(dsc_vocabulary_options){ .min_count = 6 }, NULL);
    assert_non_null(strstr(list,
                           "no word that occurs at least 6 times (the minimum count, by default 5): found 12 "
                           "words, 4 of them different, the most frequent one 5 times"));
    free(list);
}

static void expect_refusal(const char *path, const char *message)
{
    char *list = listed(path, &all, NULL);
    if (!strstr(list, path) || !strstr(list, message))
        fail_msg("expected '%s' in '%s'", message, list);
    free(list);
}

static void what_is_no_text_is_refused(void **state)
{
    expect_refusal(directory_path(*state, "missing"), "No such file");
    expect_refusal(*state, "Is a directory");
    directory_put(*state, "empty", "");
    expect_refusal(directory_path(*state, "empty"), "found 0 words");
    directory_put_bytes(*state, "zeros", "some words\0and\0zeros", 20);
    expect_refusal(directory_path(*state, "zeros"), "is not a text");
    directory_put_bytes(*state, "wide",
                        "\xff\xfe"
                        "w\0o\0r\0d\0",
                        10);
    expect_refusal(directory_path(*state, "wide"), "text in UTF-16: save it as UTF-8");
    char other[400];
    for (int i = 0; i < 399; i++)
        other[i] = (char)(i % 6 == 5 ? ' ' : 0xc1 + i % 30);
    other[399] = '\0';
    directory_put(*state, "cyrillic", other);
    expect_refusal(directory_path(*state, "cyrillic"), "convert it (iconv -t UTF-8)");
}

/* A text of words of all kinds, larger than a window of the reader, so that words lie across every boundary
   that there is. */
typedef struct random_text {
    char *text;
    size_t size;
} random_text;

static random_text make_random(uint64_t seed, size_t size, size_t different)
{
    random_text made = { .text = malloc(size + 64) };
    const dsc_rng rng = dsc_rng_make(seed, DSC_STREAM_SAMPLING);
    for (uint32_t i = 0; made.size < size; i++) {
        const uint64_t kind = dsc_rng_below(rng, i, 0, 40);
        /* the square of a uniform number: some words are frequent */
        const double u = (double)dsc_rng_below(rng, i, 1, 1 << 20) / (1 << 20);
        const unsigned word = (unsigned)(u * u * (double)different);
        made.size += (size_t)sprintf(made.text + made.size, "%s%x%s%s%s", word % 7 == 0 ? "\xd0\xb6" : "w",
                                     word, word % 11 == 0 ? "_long_behind_" : "", kind == 0 ? "\r" : "",
                                     kind < 4    ? "\n"
                                     : kind == 5 ? "\t  "
                                                 : " ");
    }
    return made;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The words of a text, sorted, and how many line ends it has. */
typedef struct plain_words {
    char *text, **words;
    size_t count, line_ends;
} plain_words;

static plain_words sort_words(random_text made)
{
    plain_words plain = { .text = malloc(made.size + 1), .words = malloc(made.size * sizeof *plain.words) };
    size_t length = 0;
    for (size_t i = 0; i < made.size; i++) {
        plain.line_ends += made.text[i] == '\n';
        if (made.text[i] != '\r')
            plain.text[length++] = made.text[i];
    }
    plain.text[length] = '\0';
    /* By hand: strtok() may look at all of the text that follows, under a sanitizer. */
    for (size_t i = 0; i < length; i++) {
        const bool blank = plain.text[i] == ' ' || plain.text[i] == '\t' || plain.text[i] == '\n';
        if (blank)
            plain.text[i] = '\0';
        else if (i == 0 || plain.text[i - 1] == '\0')
            plain.words[plain.count++] = plain.text + i;
    }
    qsort(plain.words, plain.count, sizeof *plain.words, by_bytes);
    return plain;
}

static void expect_plain_counts(const plain_words *plain, const dsc_vocabulary *v)
{
    size_t different = 0;
    assert_int_equal(v->counts[0], plain->line_ends);
    assert_int_equal(v->total, plain->count + plain->line_ends);
    for (size_t i = 0, j; i < plain->count; i = j, different++) {
        for (j = i; j < plain->count && strcmp(plain->words[i], plain->words[j]) == 0; j++)
            ;
        const size_t id = dsc_vocabulary_find(v, plain->words[i], strlen(plain->words[i]));
        assert_true(id > 0 && id < v->count);
        assert_int_equal(v->counts[id], j - i);
    }
    assert_int_equal(v->count, different + 1);
}

/* Two members of gzip. */
static void put_packed(const char *directory, const char *name, random_text made)
{
    unsigned char *packed = malloc(made.size + 1000);
    const size_t half = made.size / 2 + 3;
    size_t size = gzip_pack(made.text, half, packed, made.size + 1000);
    size += gzip_pack(made.text + half, made.size - half, packed + size, made.size + 1000 - size);
    directory_put_bytes(directory, name, packed, size);
    free(packed);
}

static void counts_are_those_of_a_plain_reference(void **state)
{
    static const size_t sizes[] = { 100, 70000, 1 << 20, (9 << 20) + 12345 };
    static const int threads[] = { 1, 2, 3, 8 };
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const random_text made = make_random(s + 1, sizes[s], sizes[s] / 40 + 3);
        directory_put_bytes(*state, "text", made.text, made.size);
        put_packed(*state, "text.gz", made);
        const plain_words plain = sort_words(made);
        for (size_t t = 0; t < 8; t++) {
            dsc_scope *scope = dsc_scope_open(NULL);
            const dsc_vocabulary *v =
                dsc_vocabulary_count(scope, directory_path(*state, t < 4 ? "text" : "text.gz"),
                                     &(dsc_vocabulary_options){ .min_count = 1, .threads = threads[t % 4] });
            assert_string_equal(dsc_scope_message(scope), "");
            expect_plain_counts(&plain, v);
            for (size_t i = 2; i < v->count; i++)
                assert_true(v->counts[i - 1] > v->counts[i] ||
                            (v->counts[i - 1] == v->counts[i] && strcmp(v->words[i - 1], v->words[i]) < 0));
            dsc_scope_close(&scope);
        }
        free(plain.words);
        free(plain.text);
        free(made.text);
    }
}

/* With a small table the result is the same for any number of threads, and what it says of the errors holds.
 */
static void a_full_table_forgets_alike_and_tells(void **state)
{
    const random_text made = make_random(9, 17 << 20, 400000);
    directory_put_bytes(*state, "text", made.text, made.size);
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *path = directory_path(*state, "text");
    const dsc_vocabulary *whole = dsc_vocabulary_count(scope, path, &all);
    const dsc_vocabulary *first = NULL;
    for (int threads = 1; threads <= 4; threads++) {
        const dsc_vocabulary *v = dsc_vocabulary_count(
            scope, path,
            &(dsc_vocabulary_options){ .min_count = 1, .table_limit = 100000, .threads = threads });
        assert_string_equal(dsc_scope_message(scope), "");
        assert_true(v->count <= 100001 && v->forgotten > 0 && v->most_undercount > 0);
        assert_int_equal(v->total + v->dropped_total, v->text_words);
        assert_int_equal(v->text_words, whole->text_words);
        assert_true(v->text_distinct >= whole->text_distinct);
        for (size_t i = 0; i < whole->count; i++) {
            const size_t id = dsc_vocabulary_find(v, whole->words[i], strlen(whole->words[i]));
            const uint64_t count = id == SIZE_MAX ? 0 : v->counts[id];
            assert_true(count <= whole->counts[i] && whole->counts[i] - count <= v->most_undercount);
        }
        if (!first)
            first = v;
        assert_int_equal(v->count, first->count);
        assert_memory_equal(v->counts, first->counts, v->count * sizeof *v->counts);
        for (size_t i = 0; i < v->count; i++)
            assert_string_equal(v->words[i], first->words[i]);
    }
    dsc_scope_close(&scope);
    free(made.text);
}

/* A word that no buffer holds, and a text of nothing but line ends. */
static void extreme_texts(void **state)
{
    const size_t size = 20 << 20;
    char *text = malloc(size);
    memset(text, 'x', size);
    directory_put_bytes(*state, "word", text, size);
    dsc_vocabulary v;
    char *list = listed(directory_path(*state, "word"), &all, &v);
    assert_int_equal(v.mended.cut_words, v.text_words);
    assert_true(v.text_words == 3);
    free(list);
    memset(text, '\n', size);
    text[77] = 'w';
    directory_put_bytes(*state, "lines", text, size);
    list = listed(directory_path(*state, "lines"), &all, &v);
    assert_string_equal(list, "</s> 20971519, w 1");
    free(list);
    free(text);
}

static void files_are_read_back_as_written(void **state)
{
    directory_put(*state, "text", "b b a a c\n \xd0\xb6 c b\n");
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_vocabulary *v = dsc_vocabulary_count(scope, directory_path(*state, "text"), &all);
    const char *path = directory_path(*state, "vocabulary");
    assert_int_equal(dsc_vocabulary_write(scope, v, path), DSC_OK);
    const dsc_bytes bytes = dsc_file_read(scope, path, 1000);
    assert_string_equal((const char *)bytes.data, "</s> 2\nb 3\na 2\nc 2\n\xd0\xb6 1\n");
    const dsc_vocabulary *again = dsc_vocabulary_read(scope, path, &all);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(again->count, v->count);
    assert_int_equal(again->total, v->total);
    for (size_t i = 0; i < v->count; i++) {
        assert_string_equal(again->words[i], v->words[i]);
        assert_int_equal(again->counts[i], v->counts[i]);
    }
    const dsc_vocabulary *frequent =
        dsc_vocabulary_read(scope, path, &(dsc_vocabulary_options){ .min_count = 3 });
    assert_int_equal(frequent->count, 2);
    assert_int_equal(frequent->dropped, 3);
    assert_int_equal(frequent->dropped_total, 5);
    dsc_scope_close(&scope);
}

static void other_orders_and_line_ends_are_read(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    directory_put(*state, "vocabulary", "zero 0\r\na 7\r\nb 9\r\n</s> 18446744073709551599\r\n");
    const dsc_vocabulary *v = dsc_vocabulary_read(scope, directory_path(*state, "vocabulary"), NULL);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_true(v->count == 3 && v->counts[0] == 18446744073709551599U && v->total == UINT64_MAX);
    assert_string_equal(v->words[1], "b");
    directory_put(*state, "vocabulary", "a 7\nb 9");
    v = dsc_vocabulary_read(scope, directory_path(*state, "vocabulary"), NULL);
    assert_true(v->count == 3 && v->counts[0] == 0 && v->counts[1] == 9);
    dsc_scope_close(&scope);
}

static void bad_files_are_refused_with_the_line(void **state)
{
    static const struct {
        const char *content, *message;
    } cases[] = {
        { "a 5\nb\n", "line 2: there is no count" },
        { "a 5\n\nb 6\n", "line 2: it is empty" },
        { "a -5\n", "line 1: the count is negative" },
        { "</s> 1\na 5x\n", "line 2: the count is not a whole number" },
        { "a 1.5\n", "line 1: the count is not a whole number" },
        { "a 18446744073709551616\n", "line 1: the count is larger than 64 bits hold" },
        { "a 99999999999999999999999\n", "line 1: the count is larger than 64 bits hold" },
        { "a 18446744073709551615\nb 1\n", "line 2: the sum of all counts" },
        { "a 5\nb 6\na 7\n", "line 3: the word stands in an earlier line" },
        { "</s> 5\n</s> 6\n", "line 2: the word stands in an earlier line" },
        { "new york 5\n", "line 1: the count is not a whole number" },
        { "a 5 6\n", "line 1: something follows the count" },
        { "a 2\n", "no word that occurs at least 5 times" },
        { "", "no word that occurs at least 5 times" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        directory_put(*state, "vocabulary", cases[i].content);
        dsc_scope *scope = dsc_scope_open(NULL);
        const char *path = directory_path(*state, "vocabulary");
        assert_null(dsc_vocabulary_read(scope, path, NULL));
        if (!strstr(dsc_scope_message(scope), cases[i].message) || !strstr(dsc_scope_message(scope), path))
            fail_msg("expected '%s' in '%s'", cases[i].message, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
}

static void endless_lines_are_refused(void **state)
{
    static char line[300000];
    memset(line, 'w', sizeof line);
    dsc_scope *scope = dsc_scope_open(NULL);
    directory_put_bytes(*state, "vocabulary", line, sizeof line);
    assert_null(dsc_vocabulary_read(scope, directory_path(*state, "vocabulary"), NULL));
    assert_non_null(strstr(dsc_scope_message(scope), "line 1: it is longer than"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    memcpy(line + 1500, " 5\n", 3);
    directory_put_bytes(*state, "vocabulary", line, 1503);
    assert_null(dsc_vocabulary_read(scope, directory_path(*state, "vocabulary"), NULL));
    assert_non_null(strstr(dsc_scope_message(scope), "line 1: the word is longer than 1000 bytes"));
    dsc_scope_close(&scope);
}

int main(void)
{
#define in_directory(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        in_directory(words_are_between_blanks),
        in_directory(bytes_that_are_not_utf8_are_replaced_and_told),
        in_directory(long_words_are_cut_between_characters),
        in_directory(rare_words_are_dropped_and_told),
        in_directory(what_is_no_text_is_refused),
        in_directory(counts_are_those_of_a_plain_reference),
        in_directory(a_full_table_forgets_alike_and_tells),
        in_directory(extreme_texts),
        in_directory(files_are_read_back_as_written),
        in_directory(other_orders_and_line_ends_are_read),
        in_directory(bad_files_are_refused_with_the_line),
        in_directory(endless_lines_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
