/* Any file of word vectors is finite vectors of different words within the bytes that are there, or refused
 * with a message. */
#include "fuzz/target.h"

#include <math.h>

#include <descent/file.h>
#include <descent/word_vectors.h>

#include "directory.h"

static bool read_vectors(const char *directory, const unsigned char *bytes, size_t size)
{
    directory_put_bytes(directory, "vectors", bytes, size);
    const char *path = directory_path(directory, "vectors");
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_word_vectors *read = dsc_word_vectors_read(scope, path, NULL);
    const bool good = dsc_scope_status(scope) == DSC_OK;
    if (good) {
        assert_true(read->count > 0 && read->dimension > 0);
        for (size_t i = 0; i < read->count * read->dimension; i++)
            assert_true(isfinite(read->vectors[i]));
        for (size_t i = 0; i < read->count; i++) {
            assert_true(*read->words[i] != 0 && !strpbrk(read->words[i], " \t\n"));
            assert_true(dsc_word_vectors_find(read, read->words[i]) == i);
        }
        const dsc_word_vectors *first =
            dsc_word_vectors_read(scope, path, &(dsc_word_vectors_read_options){ .limit = 1 });
        assert_true(first && first->count == 1);
    } else {
        assert_null(read);
        assert_non_null(strstr(dsc_scope_message(scope), path));
    }
    dsc_scope_close(&scope);
    return good;
}

static void files(const char *directory, fuzz_seed_fn *seed, void *user)
{
    static const char *const words[] = { "</s>", "the", "of" };
    static const float values[] = { 0.5f, -1, 2, 1e-9f, 3, 0, -0.25f, 7, 1 };
    static const uint64_t counts[] = { 9, 5, 5 };
    const dsc_word_vectors vectors = {
        .count = 3, .dimension = 3, .words = words, .vectors = values, .counts = counts
    };
    static const char glove[] = "the 0.5 -1 2\nof 3 0 1e-3\n";
    seed(user, glove, sizeof glove - 1);
    dsc_scope *scope = dsc_scope_open(NULL);
    for (int format = DSC_VECTORS_TEXT; format <= DSC_VECTORS_HDF5; format++) {
        const char *path = directory_path(directory, "seed");
        assert_int_equal(dsc_word_vectors_write(scope, &vectors, path, (dsc_vector_format)format), DSC_OK);
        const dsc_bytes bytes = dsc_file_read(scope, path, 1 << 20);
        seed(user, bytes.data, bytes.size);
    }
    dsc_scope_close(&scope);
}

const fuzz_target fuzz_subject = { .seeds = files, .read = read_vectors, .inputs = 500 };
