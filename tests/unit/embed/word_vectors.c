/* Files of word vectors: what the programs of the field write is read, what is damaged is refused with the
 * row and the word; and neighbours. */
#include <math.h>
#include <string.h>

#include <descent/record.h>
#include <descent/word_vectors.h>

#include "directory.h"
#include "gzip.h"
#include "test.h"

static const char *const words[] = { "</s>", "the", "caf\303\251" };
static const float values[] = { 0.25f, -1.5f, 1e-7f, 0.1f, 3.0e38f, -0.0f };
static const uint64_t counts[] = { 7, UINT64_C(1) << 40, 1 };
static const dsc_word_vectors sample = {
    .count = 3, .dimension = 2, .words = words, .vectors = values, .counts = counts
};

static void check_sample(const dsc_word_vectors *read)
{
    assert_non_null(read);
    assert_int_equal(read->count, 3);
    assert_int_equal(read->dimension, 2);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(read->words[i], words[i]);
    assert_memory_equal(read->vectors, values, sizeof values);
}

static void what_is_written_is_read_back_to_the_bit(void **state)
{
    static const dsc_vector_format formats[] = { DSC_VECTORS_TEXT, DSC_VECTORS_BINARY, DSC_VECTORS_HDF5 };
    const char *path = directory_path(*state, "vectors");
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_int_equal(dsc_word_vectors_write(scope, &sample, path, formats[i]), DSC_OK);
        const dsc_word_vectors *read = dsc_word_vectors_read(scope, path, NULL);
        assert_string_equal(dsc_scope_message(scope), "");
        check_sample(read);
        assert_int_equal(read->counts != NULL, formats[i] == DSC_VECTORS_HDF5);
        if (read->counts)
            assert_memory_equal(read->counts, counts, sizeof counts);
        const dsc_word_vectors *two =
            dsc_word_vectors_read(scope, path, &(dsc_word_vectors_read_options){ .limit = 2 });
        assert_int_equal(two->count, 2);
        assert_string_equal(two->words[1], "the");
        assert_int_equal(dsc_vector_format_parse(scope, dsc_vector_format_name(formats[i])), formats[i]);
        dsc_scope_close(&scope);
    }
}

/* More rows than are written at a time. */
static void many_rows_are_read_back(void **state)
{
    enum { ROWS = 2500 };
    static float numbers[ROWS];
    const char *path = directory_path(*state, "many");
    for (int format = DSC_VECTORS_TEXT; format <= DSC_VECTORS_HDF5; format++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const char **names = dsc_scope_alloc(scope, ROWS, sizeof *names);
        for (size_t i = 0; i < ROWS; i++) {
            names[i] = dsc_scope_format(scope, "%zu", i);
            numbers[i] = (float)i / 3;
        }
        const dsc_word_vectors many = { .count = ROWS, .dimension = 1, .words = names, .vectors = numbers };
        assert_int_equal(dsc_word_vectors_write(scope, &many, path, (dsc_vector_format)format), DSC_OK);
        const dsc_word_vectors *read = dsc_word_vectors_read(scope, path, NULL);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(read->count, ROWS);
        assert_memory_equal(read->vectors, numbers, sizeof numbers);
        for (size_t i = 0; i < ROWS; i++)
            assert_string_equal(read->words[i], names[i]);
        dsc_scope_close(&scope);
    }
}

static void notes_go_into_the_hdf5_file(void **state)
{
    static const double losses[] = { 2.5, 2.25 };
    const char *path = directory_path(*state, "vectors.h5");
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_word_vectors_notes notes = { .recipe = "{}", .losses = losses, .passes = 2 };
    assert_int_equal(dsc_word_vectors_write_hdf5(scope, &sample, path, &notes), DSC_OK);
    assert_int_equal(dsc_file_kind_of(scope, path), DSC_FILE_VECTORS);
    size_t count = 0, found = 0;
    const dsc_array *arrays = dsc_arrays_list(scope, path, &count);
    for (size_t i = 0; i < count; i++)
        found += strcmp(arrays[i].name, "losses") == 0 && arrays[i].shape[0] == 2;
    assert_int_equal(found, 1);
    check_sample(dsc_word_vectors_read(scope, path, NULL));
    assert_string_equal(dsc_scope_message(scope), "");
    dsc_scope_close(&scope);
}

/* 1 is 00 00 80 3f, -2 is 00 00 00 c0. */
#define ONE     "\0\0\200\77"
#define MINUS_2 "\0\0\0\300"

static void foreign_files_are_read(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } files[] = {
#define FILE_OF(text) { text, sizeof text - 1 }
        FILE_OF("2 2\na 1 -2\nb -2 1\n"),
        FILE_OF("2 2\na 1.000000 -2.000000 \nb -2.000000 1.000000 \n"), /* as word2vec.c writes */
        FILE_OF("2 2\r\na 1e0 -2\r\nb\t-2.\t+1\r\n\r\n"),
        FILE_OF("2 2\na 1 -2\nb -2 1"),
        FILE_OF("a 1 -2\nb -2 1\n"), /* GloVe */
        FILE_OF("a 1 -2\nb -2 1"),
        FILE_OF("a 1 -2\r\nb -2 1\r\n\r\n \n"),
        FILE_OF("\357\273\2772 2\na 1 -2\nb -2 1\n"),           /* with a byte order mark */
        FILE_OF("2 2\na " ONE MINUS_2 "\nb " MINUS_2 ONE "\n"), /* as word2vec.c writes */
        FILE_OF("2 2\na " ONE MINUS_2 "b " MINUS_2 ONE),        /* as gensim writes */
#undef FILE_OF
    };
    static const float expected[] = { 1, -2, -2, 1 };
    unsigned char packed[200];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        for (int gzip = 0; gzip < 2; gzip++) {
            dsc_scope *scope = dsc_scope_open(NULL);
            directory_put_bytes(*state, "file", files[i].bytes, files[i].size);
            if (gzip)
                directory_put_bytes(
                    *state, "file", packed,
                    gzip_pack((const unsigned char *)files[i].bytes, files[i].size, packed, sizeof packed));
            const dsc_word_vectors *read = dsc_word_vectors_read(scope, directory_path(*state, "file"), NULL);
            assert_string_equal(dsc_scope_message(scope), "");
            assert_int_equal(read->count, 2);
            assert_int_equal(read->dimension, 2);
            assert_string_equal(read->words[0], "a");
            assert_string_equal(read->words[1], "b");
            assert_memory_equal(read->vectors, expected, sizeof expected);
            assert_null(read->counts);
            dsc_scope_close(&scope);
        }
    }
}

static void damaged_files_are_refused_by_row_and_word(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *message;
    } files[] = {
#define FILE_OF(text, message) { text, sizeof text - 1, message }
        FILE_OF("", "holds no word vectors"),
        FILE_OF("<html>", "holds no word vectors"),
        FILE_OF("2 0\n", "says dimension 0"),
        FILE_OF("0 2\n", "says 0 words"),
        FILE_OF("2 2\na 1 -2\nb -2",
                "row 2 ('b'): expected 2 numbers behind the word, found 1, where the file ends"),
        FILE_OF("2 2\na 1\nb -2 1\n", "row 1 ('a'): expected 2 numbers behind the word, found 1"),
        FILE_OF("2 2\na b 1 2\nb -2 1\n",
                "row 1 ('a'): expected 2 numbers behind the word, found 3; a word cannot hold blanks"),
        FILE_OF("3 2\na 1 -2\nb -2 1\n", "row 3: the file ends before it"),
        FILE_OF("1 2\na 1 -2\nb -2 1\n", "7 bytes follow the 1 rows"),
        FILE_OF("2 2\na 1 -2\na -2 1\n", "rows 1 and 2 are both 'a'"),
        FILE_OF("2 2\na 1 -2\nb nan 1\n", "row 2 ('b'): number 1 is 'nan'"),
        FILE_OF("2 2\na 1 0x2\nb 2 1\n", "row 1 ('a'): number 2 is '0x2'"),
        FILE_OF("2 2\na 1 1e99\nb 2 1\n", "row 1 ('a'): number 2 is '1e99'"),
        FILE_OF("2 2\na 1 2\n\n", "row 2: expected a word"),
        FILE_OF("a 1 2\nb 1\n", "row 2 ('b'): expected 2 numbers"),
        FILE_OF("2 2\na " ONE MINUS_2 "\nb " MINUS_2,
                "row 2 ('b'): expected 8 bytes of numbers behind the word, found 4"),
        FILE_OF("3 2\na " ONE MINUS_2 "\nb " MINUS_2 ONE "\n", "row 3: the file ends before it"),
        FILE_OF("2 2\na " ONE MINUS_2 "\nb", "row 2: the file ends in its word"),
        FILE_OF("1 2\na " ONE MINUS_2 "\nb " MINUS_2 ONE, "10 bytes follow the 1 rows"),
        FILE_OF("2 2\na " ONE MINUS_2 "\na " MINUS_2 ONE, "rows 1 and 2 are both 'a'"),
        FILE_OF("2 2\na " ONE "\0\0\300\177"
                "\nb " MINUS_2 ONE,
                "row 1 ('a'): number 2 is nan"),
        /* A promise of more memory than there is, in a file of a few bytes. */
        FILE_OF("99999999999 300\na " ONE MINUS_2,
                "promises 99999999999 words of 300 numbers, and 10 bytes follow"),
        FILE_OF("99999999999 2\na " ONE MINUS_2, "row 2: the file ends before it"),
        FILE_OF("2 2\na"
                "\tb " MINUS_2 MINUS_2,
                "row 1: expected a word of at most 4096 bytes without white"),
        FILE_OF("2 999999999999999999\na 1 2\n",
                "promises 2 words of 999999999999999999 numbers, and 6 bytes follow"),
#undef FILE_OF
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        directory_put_bytes(*state, "file", files[i].bytes, files[i].size);
        const char *path = directory_path(*state, "file");
        assert_null(dsc_word_vectors_read(scope, path, NULL));
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        assert_non_null(strstr(dsc_scope_message(scope), path));
        if (!strstr(dsc_scope_message(scope), files[i].message))
            fail_msg("file %zu: expected \"%s\", found \"%s\"", i, files[i].message,
                     dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
}

static void what_no_file_can_hold_is_not_written(void **state)
{
    static const struct {
        const char *words[2];
        float last;
        dsc_status status;
        const char *message;
    } cases[] = {
        { { "new york", "a" }, 1, DSC_ERROR_ARGUMENT, "row 1 ('new york') is a word with white space" },
        { { "a", "b\n" }, 1, DSC_ERROR_ARGUMENT, "row 2 ('b" },
        { { "a", "" }, 1, DSC_ERROR_ARGUMENT, "row 2 has an empty word" },
        { { "a", "a" }, 1, DSC_ERROR_ARGUMENT, "rows 1 and 2 are both 'a'" },
        { { "a", "b" }, NAN, DSC_ERROR_NUMERIC, "row 2 ('b'): number 1 is" },
    };
    const char *path = directory_path(*state, "out");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int format = DSC_VECTORS_TEXT; format <= DSC_VECTORS_HDF5; format++) {
            dsc_scope *scope = dsc_scope_open(NULL);
            const float vectors[] = { 1, cases[i].last };
            const dsc_word_vectors bad = {
                .count = 2, .dimension = 1, .words = cases[i].words, .vectors = vectors
            };
            assert_int_equal(dsc_word_vectors_write(scope, &bad, path, (dsc_vector_format)format),
                             cases[i].status);
            assert_non_null(strstr(dsc_scope_message(scope), cases[i].message));
            assert_int_equal(access(path, F_OK), -1);
            dsc_scope_close(&scope);
        }
}

static void neighbors_are_the_largest_cosines(void **state)
{
    (void)state;
    static const char *const names[] = { "east", "north", "northeast", "far east", "nowhere", "west" };
    static const float places[] = { 1, 0, 0, 1, 1, 1, 5, 0, 0, 0, -1, 0 };
    const dsc_word_vectors map = { .count = 6, .dimension = 2, .words = names, .vectors = places };
    dsc_scope *scope = dsc_scope_open(NULL);
    const size_t east = dsc_word_vectors_find(&map, "east"), north = dsc_word_vectors_find(&map, "north");
    size_t count = 0;
    const dsc_neighbor *near =
        dsc_word_neighbors(scope, &map, &(dsc_word_query){ .plus = &east, .plus_count = 1 }, &count);
    static const size_t order[] = { 3, 2, 1, 4, 5 };
    static const double cosines[] = { 1, 0.70710678118654752, 0, 0, -1 };
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(near[i].row, order[i]);
        assert_true(fabs(near[i].cosine - cosines[i]) < 1e-12);
    }
    const dsc_word_query query = {
        .plus = &north, .plus_count = 1, .minus = &east, .minus_count = 1, .nearest = 1
    };
    near = dsc_word_neighbors(scope, &map, &query, &count);
    assert_int_equal(count, 1);
    assert_int_equal(near[0].row, 5);
    assert_int_equal(dsc_word_vectors_find(&map, "south"), SIZE_MAX);
    const size_t none = 6;
    assert_null(dsc_word_neighbors(scope, &map, &(dsc_word_query){ .plus = &none, .plus_count = 1 }, &count));
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back_to_the_bit),
        cmocka_unit_test(many_rows_are_read_back),
        cmocka_unit_test(notes_go_into_the_hdf5_file),
        cmocka_unit_test(foreign_files_are_read),
        cmocka_unit_test(damaged_files_are_refused_by_row_and_word),
        cmocka_unit_test(what_no_file_can_hold_is_not_written),
        cmocka_unit_test(neighbors_are_the_largest_cosines),
    };
    return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
