/* GloVe is what the authors' program computes over the records in our order; the order takes each record
   once, and neither threads nor levels nor memory change a bit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/factorization.h>

#include "embed/glove.h"
#include "tables.h"
#include "test.h"

enum { WORDS = 90, DIMENSION = 13 };

static const dsc_cooccurrences *some_table(dsc_scope *scope)
{
    const dsc_corpus corpus = random_text(scope, 6000, WORDS);
    return dsc_cooccurrences_count(scope, &corpus, WORDS, NULL);
}

static int by_pair(const void *left, const void *right)
{
    const dsci_pair_target *a = left, *b = right;
    const uint64_t x = (uint64_t)a->row << 32 | a->column, y = (uint64_t)b->row << 32 | b->column;
    return (x > y) - (x < y);
}

static void each_record_is_in_its_block_once(void **state)
{
    (void)state;
    for (size_t groups = 1; groups <= 9; groups += 4) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_cooccurrences *table = some_table(scope);
        const dsc_embed_glove_options o = { .groups = groups, .most = 4, .exponent = .5, .threads = 2 };
        const dsci_glove_blocks b = dsci_glove_blocks_make(scope, table, &o);
        for (size_t g = 0; g < groups * groups; g++)
            for (uint64_t i = b.starts[g]; i < b.starts[g + 1]; i++)
                assert_true(b.pairs[i].row % groups == g / groups &&
                            b.pairs[i].column % groups == g % groups);
        assert_int_equal(b.starts[groups * groups], table->count);
        size_t in_order = 0;
        for (uint64_t i = 1; i < b.starts[1]; i++)
            in_order += by_pair(&b.pairs[i - 1], &b.pairs[i]) < 0;
        assert_true(in_order > b.starts[1] * 2 / 5 && in_order < b.starts[1] * 3 / 5);
        qsort(b.pairs, table->count, sizeof *b.pairs, by_pair);
        for (uint64_t i = 0; i < table->count; i++) {
            const dsc_cooccurrence *r = &table->records[i];
            assert_true(b.pairs[i].row == r->word && b.pairs[i].column == r->context);
            assert_true(fabs((double)b.pairs[i].target - log(r->weight)) < 1e-6);
            assert_true(fabs((double)b.pairs[i].weight - fmin(1, sqrt(r->weight / 4))) < 1e-6);
        }
        dsc_scope_close(&scope);
    }
}

/* The authors' program in double precision: vectors and bias in a row, words before contexts. */
struct plain {
    double value[2 * WORDS][DIMENSION + 1], squares[2 * WORDS][DIMENSION + 1];
};

static void plain_start(struct plain *p)
{
    for (size_t row = 0; row < 2 * WORDS; row++)
        for (size_t i = 0; i <= DIMENSION; i++) {
            const uint64_t place = row % WORDS * (DIMENSION + 1) + i;
            const double u =
                dsc_rng_uniform(dsc_rng_make(5, DSC_STREAM_INIT), (uint32_t)(row / WORDS), place);
            p->value[row][i] = (u - 0.5) / DIMENSION;
            p->squares[row][i] = 1;
        }
}

static double plain_step(struct plain *p, const dsci_pair_target *pair, double rate)
{
    double *a = p->value[pair->row], *b = p->value[WORDS + pair->column];
    double *a_squares = p->squares[pair->row], *b_squares = p->squares[WORDS + pair->column];
    double d = a[DIMENSION] + b[DIMENSION] - (double)pair->target;
    for (size_t i = 0; i < DIMENSION; i++)
        d += a[i] * b[i];
    const double g = rate * (double)pair->weight * d;
    for (size_t i = 0; i <= DIMENSION; i++) {
        const double by_a = g * (i < DIMENSION ? b[i] : 1), by_b = g * (i < DIMENSION ? a[i] : 1);
        a[i] -= by_a / sqrt(a_squares[i]);
        b[i] -= by_b / sqrt(b_squares[i]);
        a_squares[i] += by_a * by_a;
        b_squares[i] += by_b * by_b;
    }
    return 0.5 * (double)pair->weight * d * d;
}

static double last_loss;
static void keep_loss(void *user, size_t epoch, double loss)
{
    assert_int_equal(epoch, ++*(size_t *)user);
    last_loss = loss;
}

static void vectors_are_those_of_a_plain_program(void **state)
{
    (void)state;
    for (size_t groups = 1; groups <= 7; groups += 6) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_cooccurrences *table = some_table(scope);
        size_t epochs = 0;
        dsc_embed_glove_options o = { .dimension = DIMENSION,
                                      .epochs = 4,
                                      .rate = .05,
                                      .most = 10,
                                      .exponent = .75,
                                      .groups = groups,
                                      .seed = 5,
                                      .threads = 1,
                                      .on_epoch = keep_loss,
                                      .user = &epochs };
        const dsc_word_vectors *sums = dsc_embed_glove(scope, vocabulary_of(scope, WORDS), table, &o);
        assert_string_equal(dsc_scope_message(scope), "");
        const double loss = last_loss;
        o.words_alone = true;
        epochs = 0;
        const dsc_word_vectors *alone = dsc_embed_glove(scope, vocabulary_of(scope, WORDS), table, &o);
        const dsci_glove_blocks b = dsci_glove_blocks_make(scope, table, &o);
        struct plain *p = dsc_scope_alloc(scope, 1, sizeof *p);
        uint32_t order[7];
        double expected_loss = 0;
        plain_start(p);
        for (size_t epoch = 1; epoch <= o.epochs; epoch++) {
            expected_loss = 0;
            dsci_glove_strata(&o, epoch, order);
            for (size_t block = 0; block < groups * groups; block++) {
                const size_t g = block % groups, h = (g + order[block / groups]) % groups;
                for (uint64_t i = b.starts[g * groups + h]; i < b.starts[g * groups + h + 1]; i++)
                    expected_loss += plain_step(p, &b.pairs[i], o.rate);
            }
        }
        assert_true(fabs(loss - expected_loss / (double)table->count) < 1e-5 * loss);
        for (size_t i = 0; i < WORDS * DIMENSION; i++) {
            const double w = p->value[i / DIMENSION][i % DIMENSION];
            const double sum = w + p->value[WORDS + i / DIMENSION][i % DIMENSION];
            assert_true(fabs((double)alone->vectors[i] - (i < DIMENSION ? 0 : w)) < 2e-5);
            assert_true(fabs((double)sums->vectors[i] - (i < DIMENSION ? 0 : sum)) < 2e-5);
        }
        dsc_scope_close(&scope);
    }
}

static void neither_threads_nor_level_nor_memory_change_a_bit(void **state)
{
    (void)state;
    static const int threads[] = { 1, 2, 3, 8 };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_cooccurrences *table = some_table(scope);
    const dsc_vocabulary *vocabulary = vocabulary_of(scope, WORDS);
    const dsc_word_vectors *expected = NULL;
    for (dsc_isa isa = DSC_ISA_SCALAR; isa <= dsc_isa_detected(); isa++)
        for (size_t i = 0; i < 8; i++) {
            dsc_isa_select(scope, isa);
            const dsc_word_vectors *v = dsc_embed_glove(
                scope, vocabulary, table,
                &(dsc_embed_glove_options){
                    .dimension = DIMENSION, .epochs = 3, .threads = threads[i / 2], .memory = i % 2 });
            assert_string_equal(dsc_scope_message(scope), "");
            if (expected)
                assert_memory_equal(v->vectors, expected->vectors, WORDS * DIMENSION * sizeof *v->vectors);
            expected = v;
        }
    dsc_isa_select(scope, DSC_ISA_AUTO);
    dsc_scope_close(&scope);
}

static void planted_analogies_are_found(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_corpus corpus = planted_text(scope, 20000);
    const dsc_cooccurrences *table = dsc_cooccurrences_count(scope, &corpus, PLANTED, NULL);
    const dsc_word_vectors *v =
        dsc_embed_glove(scope, vocabulary_of(scope, PLANTED), table,
                        &(dsc_embed_glove_options){ .dimension = 20, .epochs = 60, .groups = 8 });
    assert_string_equal(dsc_scope_message(scope), "");
    const double found = planted_found(v->vectors, v->dimension);
    if (!(found > 0.9))
        fail_msg("found %g of the planted analogies", found);
    dsc_scope_close(&scope);
}

static void check_failure(const dsc_embed_glove_options *options, dsc_status status, const char *words)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_cooccurrences *table = some_table(scope);
    assert_null(dsc_embed_glove(scope, vocabulary_of(scope, WORDS), table, options));
    assert_int_equal(dsc_scope_status(scope), status);
    if (!strstr(dsc_scope_message(scope), words))
        fail_msg("'%s' is not in '%s'", words, dsc_scope_message(scope));
    dsc_scope_close(&scope);
}

static void errors_say_what_is_wrong(void **state)
{
    (void)state;
    check_failure(&(dsc_embed_glove_options){ .rate = 1e30, .epochs = 3 }, DSC_ERROR_NUMERIC,
                  "not finite in epoch 1 of 3, at a rate of 1e+30; choose a smaller rate");
    check_failure(&(dsc_embed_glove_options){ .rate = -1 }, DSC_ERROR_ARGUMENT, "rate -1");
    check_failure(&(dsc_embed_glove_options){ .groups = 5000 }, DSC_ERROR_ARGUMENT, "5000 groups");
    check_failure(&(dsc_embed_glove_options){ .memory = 1, .directory = "/no/such/place" }, DSC_ERROR_FILE,
                  "temporary file in '/no/such/place'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_in_its_block_once),
        cmocka_unit_test(vectors_are_those_of_a_plain_program),
        cmocka_unit_test(neither_threads_nor_level_nor_memory_change_a_bit),
        cmocka_unit_test(planted_analogies_are_found),
        cmocka_unit_test(errors_say_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
