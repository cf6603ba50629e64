/* Co-occurrences are those that a hand counts, for any number of threads and any bound on memory; PPMI is its
   formula. */
#include <math.h>
#include <signal.h>
#include <string.h>

#include <sys/resource.h>

#include <descent/cooccurrence.h>
#include <descent/cpu.h>

#include "tables.h"
#include "test.h"

static dsc_corpus corpus_of(const uint32_t *ids, uint64_t count)
{
    return (dsc_corpus){ .ids = ids, .count = count };
}

static double weight_of(const dsc_cooccurrences *table, size_t word, size_t context)
{
    for (uint64_t i = table->rows[word]; i < table->rows[word + 1]; i++)
        if (table->records[i].context == context)
            return table->records[i].weight;
    return 0;
}

static void check_same(const dsc_cooccurrences *a, const dsc_cooccurrences *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->rows, b->rows, (a->words + 1) * sizeof *a->rows);
    assert_memory_equal(a->records, b->records, a->count * sizeof *a->records);
}

static void pairs_are_those_that_a_hand_counts(void **state)
{
    (void)state;
    /* "a b a c </s> b a": a and b are neighbours three times, a and c once, a and a, b and c at distance 2.
     */
    static const uint32_t ids[] = { 1, 2, 1, 3, 0, 2, 1 };
    static const dsc_cooccurrence expected[] = { { 1, 1, 1 },  { 1, 2, 3 }, { 1, 3, 1 }, { 2, 1, 3 },
                                                 { 2, 3, .5 }, { 3, 1, 1 }, { 3, 2, .5 } };
    const dsc_corpus corpus = corpus_of(ids, 7);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_cooccurrences *t =
        dsc_cooccurrences_count(scope, &corpus, 5, &(dsc_cooccurrence_options){ .window = 2 });
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(t->words, 5);
    assert_int_equal(t->count, 7);
    assert_memory_equal(t->records, expected, sizeof expected);
    const dsc_cooccurrences *flat = dsc_cooccurrences_count(
        scope, &corpus, 5, &(dsc_cooccurrence_options){ .window = 2, .weight = DSC_WINDOW_FLAT });
    assert_true(weight_of(flat, 1, 1) == 2 && weight_of(flat, 2, 3) == 1 && weight_of(flat, 1, 2) == 3);
    assert_int_equal(flat->rows[1], 0);
    assert_int_equal(flat->rows[5], flat->rows[4]);
    dsc_scope_close(&scope);
}

static void tables_equal_a_plain_count(void **state)
{
    (void)state;
    enum { COUNT = 3000, WORDS = 130 };
    static const size_t windows[] = { 1, 5, 15, 30 };
    for (size_t k = 0; k < 8; k++) {
        const size_t window = windows[k / 2];
        const dsc_window_weight rule = k % 2 ? DSC_WINDOW_FLAT : DSC_WINDOW_INVERSE;
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_corpus corpus = random_text(scope, COUNT, WORDS);
        const uint32_t *ids = corpus.ids;
        double *plain = dsc_scope_alloc(scope, WORDS * WORDS, sizeof *plain);
        for (size_t i = 0; i < COUNT; i++)
            for (size_t d = 1; d <= window && i + d < COUNT && ids[i] && ids[i + d]; d++) {
                const double weight = rule == DSC_WINDOW_FLAT ? 1 : 1 / (double)d;
                plain[ids[i] * WORDS + ids[i + d]] += weight;
                plain[ids[i + d] * WORDS + ids[i]] += weight;
            }
        const dsc_cooccurrences *t = dsc_cooccurrences_count(
            scope, &corpus, WORDS, &(dsc_cooccurrence_options){ .window = window, .weight = rule });
        size_t filled = 0;
        for (size_t i = 0; i < WORDS * WORDS; i++) {
            const double found = weight_of(t, i / WORDS, i % WORDS);
            filled += plain[i] > 0;
            assert_true(fabs(found - plain[i]) <= (window > 22 ? 1e-7 : 1e-13) * plain[i]);
        }
        assert_int_equal(t->count, filled);
        dsc_scope_close(&scope);
    }
}

static void neither_threads_nor_memory_change_a_bit(void **state)
{
    (void)state;
    enum { COUNT = 20000, WORDS = 5000 };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_corpus corpus = random_text(scope, COUNT, WORDS);
    const dsc_cooccurrences *expected = dsc_cooccurrences_count(
        scope, &corpus, WORDS, &(dsc_cooccurrence_options){ .window = 15, .threads = 1 });
    const dsc_cooccurrences *ppmi =
        dsc_cooccurrences_ppmi(scope, expected, &(dsc_ppmi_options){ .threads = 1 });
    assert_string_equal(dsc_scope_message(scope), "");
    static const int threads[] = { 2, 3, 8 };
    static const size_t memory[] = { 0, 1, 100000, 400000 };
    for (size_t i = 0; i < 12; i++) {
        const dsc_cooccurrences *t = dsc_cooccurrences_count(
            scope, &corpus, WORDS,
            &(dsc_cooccurrence_options){ .window = 15, .threads = threads[i / 4], .memory = memory[i % 4] });
        assert_string_equal(dsc_scope_message(scope), "");
        check_same(t, expected);
        check_same(dsc_cooccurrences_ppmi(
                       scope, t, &(dsc_ppmi_options){ .threads = threads[i / 4], .memory = memory[i % 4] }),
                   ppmi);
    }
    for (dsc_isa isa = DSC_ISA_SCALAR; isa <= dsc_isa_detected(); isa++) {
        dsc_isa_select(scope, isa);
        check_same(dsc_cooccurrences_ppmi(scope, expected, NULL), ppmi);
    }
    dsc_isa_select(scope, DSC_ISA_AUTO);
    dsc_scope_close(&scope);
}

static void information_is_its_formula(void **state)
{
    (void)state;
    enum { COUNT = 5000, WORDS = 60 };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_corpus corpus = random_text(scope, COUNT, WORDS);
    const dsc_cooccurrences *t = dsc_cooccurrences_count(scope, &corpus, WORDS, NULL);
    static const struct {
        double smoothing, shift;
    } cases[] = { { 0, 0 }, { 1, 1 }, { .75, 5 }, { .5, 2 } };
    for (size_t k = 0; k < 4; k++) {
        const double a = cases[k].smoothing > 0 ? cases[k].smoothing : .75,
                     shift = cases[k].shift > 0 ? cases[k].shift : 1;
        const dsc_cooccurrences *p = dsc_cooccurrences_ppmi(
            scope, t, &(dsc_ppmi_options){ .smoothing = cases[k].smoothing, .shift = cases[k].shift });
        double row[WORDS] = { 0 }, column[WORDS] = { 0 }, all = 0, smooth = 0;
        for (uint64_t i = 0; i < t->count; i++) {
            row[t->records[i].word] += t->records[i].weight;
            column[t->records[i].context] += t->records[i].weight;
            all += t->records[i].weight;
        }
        for (size_t c = 0; c < WORDS; c++)
            smooth += pow(column[c], a);
        size_t kept = 0;
        for (size_t w = 0; w < WORDS; w++)
            for (size_t c = 0; c < WORDS; c++) {
                const double joint = weight_of(t, w, c) / all;
                const double independent = row[w] / all * pow(column[c], a) / smooth;
                const double value = joint > 0 ? log(joint / independent / shift) : 0;
                kept += value > 0;
                assert_true(fabs(weight_of(p, w, c) - fmax(value, 0)) < 1e-12);
            }
        assert_int_equal(p->count, kept);
    }
    dsc_scope_close(&scope);
}

static void check_failure(dsc_scope **scope, dsc_status status, const char *words)
{
    assert_int_equal(dsc_scope_status(*scope), status);
    assert_non_null(strstr(dsc_scope_message(*scope), words));
    dsc_scope_close(scope);
    *scope = dsc_scope_open(NULL);
}

static void errors_say_what_is_wrong(void **state)
{
    (void)state;
    static const uint32_t ids[] = { 1, 2, 7 };
    const dsc_corpus corpus = corpus_of(ids, 3), part = corpus_of(ids, 2);
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_cooccurrences_count(scope, &corpus, 7, NULL));
    check_failure(&scope, DSC_ERROR_ARGUMENT, "word 2 of the corpus has the id 7; expected ids below 7");
    assert_null(dsc_cooccurrences_count(scope, &part, 7, &(dsc_cooccurrence_options){ .window = 70000 }));
    check_failure(&scope, DSC_ERROR_ARGUMENT, "window is 70000");
    assert_null(dsc_cooccurrences_count(
        scope, &part, 7, &(dsc_cooccurrence_options){ .memory = 1, .directory = "/no/such/place" }));
    check_failure(&scope, DSC_ERROR_FILE, "cannot write a temporary file in '/no/such/place'");
    const dsc_cooccurrences *t = dsc_cooccurrences_count(scope, &part, 7, NULL);
    assert_null(dsc_cooccurrences_ppmi(scope, t, &(dsc_ppmi_options){ .shift = .5 }));
    check_failure(&scope, DSC_ERROR_ARGUMENT, "shift 0.5");
    const dsc_cooccurrence bad = { 1, 2, NAN };
    const uint64_t rows[] = { 0, 0, 1, 1 };
    const dsc_cooccurrences table = { 3, 1, &bad, rows };
    assert_null(dsc_cooccurrences_ppmi(scope, &table, NULL));
    check_failure(&scope, DSC_ERROR_NUMERIC, "weight of (1, 2) is nan");
    dsc_scope_close(&scope);
}

/* A small memory file system is not at hand, a small /dev/full cannot be mapped: a limit on the size of files
   is refused by the same call. */
static void a_full_disk_names_the_directory(void **state)
{
    (void)state;
    static const uint32_t ids[] = { 1, 2, 1, 2 };
    const dsc_corpus corpus = corpus_of(ids, 4);
    struct rlimit old;
    getrlimit(RLIMIT_FSIZE, &old);
    const struct rlimit small = { 1000, old.rlim_max };
    setrlimit(RLIMIT_FSIZE, &small);
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_cooccurrences_count(scope, &corpus, 3,
                                        &(dsc_cooccurrence_options){ .memory = 1, .directory = "/tmp" }));
    setrlimit(RLIMIT_FSIZE, &old);
    check_failure(&scope, DSC_ERROR_FILE, "cannot write a temporary file in '/tmp'");
    dsc_scope_close(&scope);
}

int main(void)
{
    signal(SIGXFSZ, SIG_IGN); /* as the programs do */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_those_that_a_hand_counts),
        cmocka_unit_test(tables_equal_a_plain_count),
        cmocka_unit_test(neither_threads_nor_memory_change_a_bit),
        cmocka_unit_test(information_is_its_formula),
        cmocka_unit_test(errors_say_what_is_wrong),
        cmocka_unit_test(a_full_disk_names_the_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
