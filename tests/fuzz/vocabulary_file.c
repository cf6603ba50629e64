/* Any bytes are a vocabulary that is written and read back the same, or refused with the file and, where
   there is one, the line. */
#include "fuzz/target.h"

#include <descent/vocabulary.h>

#include "directory.h"

static bool read_vocabulary(const char *directory, const unsigned char *data, size_t size)
{
    static const dsc_vocabulary_options all = { .min_count = 1 };
    directory_put_bytes(directory, "vocabulary", data, size);
    const char *path = directory_path(directory, "vocabulary"), *again = directory_path(directory, "again");
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_vocabulary *v = dsc_vocabulary_read(scope, path, &all);
    const bool good = v != NULL;
    assert_true(good == (dsc_scope_status(scope) == DSC_OK));
    if (good) {
        dsc_vocabulary_write(scope, v, again);
        const dsc_vocabulary *w = dsc_vocabulary_read(scope, again, &all);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_true(w->count == v->count && w->total == v->total && v->count <= size + 1);
        for (size_t i = 0; i < v->count; i++) {
            assert_string_equal(v->words[i], w->words[i]);
            assert_int_equal(v->counts[i], w->counts[i]);
            assert_int_equal(dsc_vocabulary_find(v, w->words[i], strlen(w->words[i])), i);
        }
    } else {
        assert_non_null(strstr(dsc_scope_message(scope), path));
    }
    dsc_scope_close(&scope);
    return good;
}

static void vocabularies(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    static const char words[] = "</s> 3\nthe 12\nof 7\n\xd0\xb6 5\na_long_word 5\n",
                      other[] = "b 5\r\na 18446744073709551610";
    seed(user, words, sizeof words - 1);
    seed(user, other, sizeof other - 1);
}

const fuzz_target fuzz_subject = { .seeds = vocabularies, .read = read_vocabulary, .inputs = 3000 };
