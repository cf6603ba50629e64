/* Any text is analogy questions or judged pairs whose counts add up, or refused with a message. */
#include "fuzz/target.h"

#include <math.h>

#include <descent/word_vectors.h>

#include "directory.h"

static const char *const words[] = { "man", "woman", "king", "queen", "apple" };
static const float values[] = { 1, 0, 1, 1, 3, 0, 3, 1, -1, 2 };
static const dsc_word_vectors vectors = { .count = 5, .dimension = 2, .words = words, .vectors = values };

static bool ask(const char *path, size_t size)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_analogies *found =
        dsc_word_analogies(scope, &vectors, path, &(dsc_word_test_options){ .threads = 1 });
    if (found) {
        size_t questions = 0;
        for (size_t i = 0; i < found->section_count; i++)
            questions += found->sections[i].questions;
        assert_true(questions == found->total.questions && questions > 0 && questions <= size);
        assert_true(found->total.asked <= questions && found->total.add <= found->total.asked);
        assert_true(found->total.mul <= found->total.asked);
    } else {
        assert_non_null(strstr(dsc_scope_message(scope), path));
    }
    dsc_scope_close(&scope);
    return found != NULL;
}

static bool compare(const char *path, size_t size)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_similarity found = dsc_word_similarity(scope, &vectors, path, NULL);
    const bool good = dsc_scope_status(scope) == DSC_OK;
    assert_true(good ? found.pairs > 0 && found.pairs <= size : found.pairs == 0);
    assert_true(found.found <= found.pairs);
    assert_true(isnan(found.spearman) || (found.spearman >= -1.000001 && found.spearman <= 1.000001));
    if (!good)
        assert_non_null(strstr(dsc_scope_message(scope), path));
    dsc_scope_close(&scope);
    return good;
}

static bool read_test(const char *directory, const unsigned char *text, size_t size)
{
    directory_put_bytes(directory, "test", text, size);
    const char *path = directory_path(directory, "test");
    const bool questions = ask(path, size), pairs = compare(path, size);
    return questions || pairs;
}

static void tests(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    static const char questions[] =
        ": royal\nman woman king queen\r\nMan Woman apple queen\n: zoo\nman woman king cat\n",
                      tabs[] = "man\twoman\t5\nman\tking\t9.5\textra\nman\tcat\t1e0\n",
                      commas[] = "word,word,mean\nman,king,1\nking, queen ,3\n# note\nman,apple,2\n";
    seed(user, questions, sizeof questions - 1);
    seed(user, tabs, sizeof tabs - 1);
    seed(user, commas, sizeof commas - 1);
}

const fuzz_target fuzz_subject = { .seeds = tests, .read = read_test, .inputs = 500 };
