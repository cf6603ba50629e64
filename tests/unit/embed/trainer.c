/* The trainer of word vectors: equal to word2vec's steps written plainly, the same bits whatever threads and
 * instruction sets, resumed to the same bits; its samples and its tree are what they should be. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/embed.h>
#include <descent/hash.h>
#include <descent/rng.h>

#include "directory.h"
#include "embed/trainer.h"
#include "test.h"

enum { WORDS = 40, TOKENS = 3000, DIMENSION = 19 };

/* A text of words by a falling law, with lines of up to 30. */
typedef struct text {
    uint32_t ids[TOKENS];
    uint64_t counts[WORDS];
    const char *words[WORDS];
    char names[WORDS][8];
    dsc_vocabulary vocabulary;
    dsc_corpus corpus;
} text;

static void make_text(text *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    const dsc_rng rng = dsc_rng_make(seed, DSC_STREAM_DATA);
    size_t line = 0;
    for (size_t i = 0; i < TOKENS; i++, line++) {
        const double u = dsc_rng_uniform(rng, 0, i);
        const bool ends = line >= dsc_rng_below(rng, 1, i, 30);
        t->ids[i] = ends ? 0 : 1 + (uint32_t)((WORDS - 1) * u * u);
        line = ends ? 0 : line;
        t->counts[t->ids[i]]++;
    }
    for (size_t w = 0; w < WORDS; w++) {
        snprintf(t->names[w], sizeof t->names[w], "w%zu", w);
        t->words[w] = t->names[w];
    }
    t->vocabulary =
        (dsc_vocabulary){ .count = WORDS, .words = t->words, .counts = t->counts, .total = TOKENS };
    t->corpus = (dsc_corpus){ .ids = t->ids, .count = TOKENS };
}

static dsc_embedding *open_training(dsc_scope *scope, const text *t, const dsc_embed_options *options)
{
    dsc_embedding *e = dsc_embed_open(scope, &t->vocabulary, &t->corpus, options);
    assert_string_equal(dsc_scope_message(scope), "");
    return e;
}

static void train_all(dsc_embedding *e)
{
    while (dsc_embed_progress_of(e).words < dsc_embed_progress_of(e).all_words)
        assert_int_equal(dsc_embed_train(e, 500), DSC_OK);
}

/* --- The plain reference --- */

/* word2vec.c's loops in double, a word after the other, each window one small step. Random numbers and tables
   are the trainer's. */
typedef struct reference {
    const dsc_embedding *e;
    double *rows;
    double rate;
} reference;

static double *row_of(const reference *r, size_t row)
{
    return r->rows + row * DIMENSION;
}

/* One prediction: adds what the source is to change by to errors, and what the output is to to changes. */
static void predict(const reference *r, const double *source, size_t output, double label, double *error,
                    double *changes)
{
    double score = 0;
    for (size_t i = 0; i < DIMENSION; i++)
        score += source[i] * row_of(r, output)[i];
    const double g = r->rate * (label - 1 / (1 + exp(-score)));
    for (size_t i = 0; i < DIMENSION; i++) {
        error[i] += g * row_of(r, output)[i];
        changes[output * DIMENSION + i] += g * source[i];
    }
}

static void predict_all(const reference *r, const double *source, uint32_t centre, const uint32_t *negatives,
                        double *error, double *changes)
{
    const dsc_embedding *e = r->e;
    if (e->options.negatives > 0)
        predict(r, source, e->rows.outputs + centre, 1, error, changes);
    for (size_t i = 0; i < e->options.negatives; i++)
        if (negatives[i] != centre)
            predict(r, source, e->rows.outputs + negatives[i], 0, error, changes);
    if (e->options.hierarchical_softmax)
        for (size_t i = e->tree.first[centre]; i < e->tree.first[centre + 1]; i++)
            predict(r, source, e->rows.nodes + e->tree.nodes[i], e->tree.turns[i] ? 0 : 1, error, changes);
}

/* The window of one centre: its context's rows and the outputs change together. */
static void step(const reference *r, const uint32_t *context, size_t count, uint32_t centre,
                 const uint32_t *negatives)
{
    const dsc_embedding *e = r->e;
    double *changes = calloc(e->rows.count * DIMENSION, sizeof *changes);
    double *errors = calloc(count * DIMENSION, sizeof *errors);
    assert_true(changes && errors);
    if (e->options.model == DSC_EMBED_SKIP_GRAM)
        for (size_t c = 0; c < count; c++)
            predict_all(r, row_of(r, context[c]), centre, negatives, errors + c * DIMENSION, changes);
    else {
        double mean[DIMENSION] = { 0 }, error[DIMENSION] = { 0 };
        const double n = (double)count;
        for (size_t c = 0; c < count; c++)
            for (size_t i = 0; i < DIMENSION; i++)
                mean[i] += row_of(r, context[c])[i] / (e->options.context == DSC_CONTEXT_SUM ? 1 : n);
        predict_all(r, mean, centre, negatives, error, changes);
        for (size_t c = 0; c < count; c++)
            for (size_t i = 0; i < DIMENSION; i++)
                errors[c * DIMENSION + i] =
                    error[i] / (e->options.context == DSC_CONTEXT_MEAN_DIVIDED ? n : 1);
    }
    for (size_t c = 0; c < count; c++)
        for (size_t i = 0; i < DIMENSION; i++)
            row_of(r, context[c])[i] += errors[c * DIMENSION + i];
    for (size_t i = 0; i < e->rows.count * DIMENSION; i++)
        r->rows[i] += changes[i];
    free(changes);
    free(errors);
}

static bool keeps(const dsc_embedding *e, uint32_t pass, uint64_t position, size_t *radius)
{
    uint32_t bits[4];
    dsc_rng_block(dsc_rng_make(e->options.seed, DSC_STREAM_SAMPLING), pass, position, bits);
    *radius = 1 + (size_t)((double)bits[1] / 0x1p32 * (double)e->options.window);
    return bits[0] <= e->sampling.keep[e->corpus->ids[position]];
}

/* Words kept on one side of a centre, nearest first, up to the end of the line. */
static size_t look(const dsc_embedding *e, uint32_t pass, uint64_t centre, int direction, size_t radius,
                   uint32_t *context)
{
    size_t count = 0, unused;
    for (uint64_t p = centre + (uint64_t)(int64_t)direction; p < e->corpus->count && count < radius;
         p += (uint64_t)(int64_t)direction) {
        if (e->corpus->ids[p] == 0)
            break;
        if (keeps(e, pass, p, &unused))
            context[count++] = e->corpus->ids[p];
    }
    return count;
}

static void reference_word(const reference *r, uint32_t pass, uint64_t p)
{
    const dsc_embedding *e = r->e;
    const size_t negatives = e->options.negatives;
    uint32_t context[64], samples[64], bits[4];
    size_t radius;
    if (e->corpus->ids[p] == 0 || !keeps(e, pass, p, &radius))
        return;
    size_t count = look(e, pass, p, -1, radius, context);
    count += look(e, pass, p, 1, radius, context + count);
    for (size_t i = 0; i < negatives; i++) {
        dsc_rng_block(dsc_rng_make(e->options.seed, DSC_STREAM_NEGATIVES), pass,
                      p * ((negatives + 1) / 2) + i / 2, bits);
        samples[i] = dsci_sampling_draw(&e->sampling, bits + 2 * (i % 2));
    }
    if (count > 0)
        step(r, context, count, e->corpus->ids[p], samples);
}

/* What each block changes from the round's start, added up; of a row that more blocks than most_deltas
   changed, scaled down. */
static void reference_round(reference *r, uint32_t pass, uint64_t first, uint64_t last)
{
    const dsc_embedding *e = r->e;
    const size_t rows = e->rows.count, bytes = rows * DIMENSION * sizeof(double);
    double *start = malloc(bytes), *sums = calloc(rows * DIMENSION, sizeof *sums), *all = r->rows;
    size_t *touched = calloc(rows, sizeof *touched);
    assert_true(start && sums && touched);
    memcpy(start, all, bytes);
    for (uint64_t block = first; block < last; block += e->options.block_words) {
        memcpy(all, start, bytes);
        for (uint64_t p = block; p < last && p < block + e->options.block_words; p++)
            reference_word(r, pass, p);
        for (size_t row = 0; row < rows; row++) {
            touched[row] +=
                memcmp(all + row * DIMENSION, start + row * DIMENSION, DIMENSION * sizeof *all) != 0;
            for (size_t i = row * DIMENSION; i < (row + 1) * DIMENSION; i++)
                sums[i] += all[i] - start[i];
        }
    }
    for (size_t i = 0; i < rows * DIMENSION; i++)
        all[i] =
            start[i] + sums[i] * fmin(1, e->options.most_deltas / fmax(1, (double)touched[i / DIMENSION]));
    free(start);
    free(sums);
    free(touched);
}

static void reference_train(reference *r)
{
    const dsc_embedding *e = r->e;
    const uint64_t words = (uint64_t)e->options.blocks * e->options.block_words;
    for (uint32_t pass = 0; pass < e->options.passes; pass++)
        for (uint64_t p = 0; p < e->corpus->count; p += words) {
            const double done = (double)pass * TOKENS + (double)p;
            r->rate = e->options.rate * fmax(1 - done / ((double)e->options.passes * TOKENS), 1e-4);
            reference_round(r, pass, p, p + words < e->corpus->count ? p + words : e->corpus->count);
        }
}

/* One window a group: within a block nothing happens at the same time. */
static void check_against_reference(dsc_embed_options options)
{
    text t;
    make_text(&t, 3);
    options.dimension = DIMENSION;
    options.passes = 2;
    options.blocks = options.blocks ? options.blocks : 1;
    options.block_words = 100 / options.blocks;
    options.shared_windows = 1;
    options.rate = options.rate > 0 ? options.rate : 0.1;
    options.sample = 0.02;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_embedding *e = open_training(scope, &t, &options);
    /* Outputs begin at zero: words would not change at first. */
    for (size_t row = e->rows.outputs; row < e->rows.count; row++)
        for (size_t i = 0; i < DIMENSION; i++)
            dsci_row(&e->rows, row)[i] = 0.05f * (float)sin((double)(row * DIMENSION + i));
    reference r = { .e = e, .rows = calloc(e->rows.count * DIMENSION, sizeof(double)) };
    for (size_t i = 0; i < e->rows.count * DIMENSION; i++)
        r.rows[i] = (double)dsci_row(&e->rows, i / DIMENSION)[i % DIMENSION];
    train_all(e);
    reference_train(&r);
    double size = 0;
    for (size_t i = 0; i < e->rows.count * DIMENSION; i++) {
        size = fmax(size, fabs(r.rows[i]));
        if (fabs((double)dsci_row(&e->rows, i / DIMENSION)[i % DIMENSION] - r.rows[i]) > 2e-5)
            fail_msg("row %zu, number %zu: %g, expected %g", i / DIMENSION, i % DIMENSION,
                     (double)dsci_row(&e->rows, i / DIMENSION)[i % DIMENSION], r.rows[i]);
    }
    assert_true(size > 4 * 0.5 / DIMENSION); /* they have moved from where they began */
    free(r.rows);
    dsc_scope_close(&scope);
}

static void skip_gram_takes_the_steps_of_its_plain_form(void **state)
{
    (void)state;
    check_against_reference((dsc_embed_options){ .model = DSC_EMBED_SKIP_GRAM, .window = 4, .negatives = 5 });
    check_against_reference(
        (dsc_embed_options){ .model = DSC_EMBED_SKIP_GRAM, .hierarchical_softmax = true });
    check_against_reference((dsc_embed_options){
        .model = DSC_EMBED_SKIP_GRAM, .window = 2, .negatives = 2, .hierarchical_softmax = true });
}

static void cbow_takes_the_steps_of_its_plain_form(void **state)
{
    (void)state;
    for (int context = DSC_CONTEXT_MEAN; context <= DSC_CONTEXT_SUM; context++) {
        check_against_reference(
            (dsc_embed_options){ .context = (dsc_embed_context)context, .window = 4, .negatives = 3 });
        check_against_reference(
            (dsc_embed_options){ .context = (dsc_embed_context)context, .hierarchical_softmax = true });
    }
}

/* The rate is small: no score may come to where it counts as sure, which the plain form does not know. */
static void rounds_of_blocks_add_up_what_each_changed(void **state)
{
    (void)state;
    for (size_t blocks = 2; blocks <= 10; blocks += 4) {
        check_against_reference((dsc_embed_options){
            .model = DSC_EMBED_SKIP_GRAM, .negatives = 5, .rate = 0.03, .blocks = blocks, .most_deltas = 3 });
        check_against_reference((dsc_embed_options){
            .hierarchical_softmax = true, .rate = 0.03, .blocks = blocks, .most_deltas = 100 });
    }
}

/* --- The same bits --- */

static const dsc_embed_options recipes[] = {
    { .model = DSC_EMBED_SKIP_GRAM, .dimension = 20, .negatives = 5 },
    { .model = DSC_EMBED_SKIP_GRAM,
      .dimension = 150,
      .negatives = 4,
      .shared_windows = 8,
      .block_words = 37,
      .blocks = 7 },
    { .model = DSC_EMBED_SKIP_GRAM, .dimension = 33, .hierarchical_softmax = true, .most_deltas = 3 },
    { .model = DSC_EMBED_CBOW, .dimension = 64, .negatives = 5, .window = 11, .block_words = 20 },
    { .model = DSC_EMBED_CBOW,
      .dimension = 8,
      .hierarchical_softmax = true,
      .context = DSC_CONTEXT_SUM,
      .rate = 0.01 },
};
enum { RECIPES = sizeof recipes / sizeof recipes[0] };

static uint64_t hash_of(const dsc_embedding *e)
{
    return dsc_digest_64(dsc_sha256(e->rows.data, e->rows.count * e->rows.stride * sizeof(float)));
}

static uint64_t trained_hash(const text *t, const dsc_embed_options *recipe, int threads)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_embed_options options = *recipe;
    options.threads = threads;
    options.passes = 2;
    dsc_embedding *e = open_training(scope, t, &options);
    train_all(e);
    const uint64_t hash = hash_of(e);
    dsc_scope_close(&scope);
    return hash;
}

static void any_number_of_threads_and_level_gives_the_same_bits(void **state)
{
    (void)state;
    static const int threads[] = { 2, 3, 8 };
    text t;
    make_text(&t, 5);
    const dsc_isa level = dsc_isa_effective();
    for (size_t r = 0; r < RECIPES; r++) {
        const uint64_t expected = trained_hash(&t, &recipes[r], 1);
        for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++)
            assert_int_equal(trained_hash(&t, &recipes[r], threads[i]), expected);
        for (dsc_isa isa = DSC_ISA_SCALAR; isa < level; isa++) {
            dsc_isa_select(NULL, isa);
            assert_int_equal(trained_hash(&t, &recipes[r], 2), expected);
            dsc_isa_select(NULL, level);
        }
    }
}

static void a_stopped_training_goes_on_to_the_same_bits(void **state)
{
    const char *path = directory_path(*state, "words.checkpoint");
    text t;
    make_text(&t, 6);
    for (size_t r = 0; r < RECIPES; r++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_embedding *whole = open_training(scope, &t, &recipes[r]);
        dsc_embedding *first = open_training(scope, &t, &recipes[r]);
        dsc_embedding *second = open_training(scope, &t, &recipes[r]);
        train_all(whole);
        dsc_embed_train(first, TOKENS + 1000); /* into the second pass */
        assert_int_equal(dsc_embed_save(first, path), DSC_OK);
        assert_int_equal(dsc_embed_restore(second, path), DSC_OK);
        assert_int_equal(dsc_embed_progress_of(second).words, dsc_embed_progress_of(first).words);
        train_all(second);
        assert_int_equal(hash_of(second), hash_of(whole));
        size_t passes, expected;
        const double *losses = dsc_embed_losses(second, &passes),
                     *wanted = dsc_embed_losses(whole, &expected);
        assert_int_equal(passes, expected);
        assert_memory_equal(losses, wanted, passes * sizeof *losses);
        dsc_scope_close(&scope);
    }
}

static void a_checkpoint_of_another_training_is_refused(void **state)
{
    const char *path = directory_path(*state, "words.checkpoint");
    text t, other;
    make_text(&t, 6);
    make_text(&other, 7);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_embed_save(open_training(scope, &t, &recipes[0]), path);
    dsc_embed_options options = recipes[0];
    options.rate = 0.5;
    assert_int_equal(dsc_embed_restore(open_training(scope, &t, &options), path), DSC_ERROR_MISMATCH);
    assert_non_null(strstr(dsc_scope_message(scope), "rate=0.5"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    assert_int_equal(dsc_embed_restore(open_training(scope, &other, &recipes[0]), path), DSC_ERROR_MISMATCH);
    dsc_scope_close(&scope);
}

/* --- Samples and tree --- */

static void samples_have_the_power_of_their_counts(void **state)
{
    (void)state;
    text t;
    make_text(&t, 8);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_sampling sampling = { 0 };
    dsci_sampling_make(scope, &t.vocabulary, 1e-3, true, &sampling);
    double share[WORDS] = { 0 }, total = 0;
    for (size_t w = 0; w < WORDS; w++) {
        const double own = sampling.columns[w].threshold / 0x1p32;
        share[w] += own / WORDS;
        share[sampling.columns[w].alias] += (1 - own) / WORDS;
    }
    for (size_t w = 1; w < WORDS; w++)
        total += pow((double)t.counts[w], 0.75);
    assert_true(share[0] == 0);
    for (size_t w = 1; w < WORDS; w++)
        assert_true(fabs(share[w] - pow((double)t.counts[w], 0.75) / total) < 1e-8);
    dsc_scope_close(&scope);
}

static void ways_through_the_tree_are_shortest_and_tell_words_apart(void **state)
{
    (void)state;
    /* Fibonacci's numbers give the deepest tree: each word one step deeper than the one before. */
    enum { N = 60 };
    uint64_t counts[N] = { 0 };
    counts[N - 1] = counts[N - 2] = 1;
    for (size_t w = N - 2; w-- > 1;)
        counts[w] = counts[w + 1] + counts[w + 2];
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_tree tree = { 0 };
    dsci_tree_make(scope, counts, N, &tree);
    assert_int_equal(tree.longest, N - 2);
    double kraft = 0;
    for (size_t w = 1; w < N; w++) {
        const size_t length = tree.first[w + 1] - tree.first[w];
        kraft += ldexp(1, -(int)length);
        if (length != (w < N - 1 ? w : N - 2))
            fail_msg("word %zu has %zu turns", w, length);
        assert_int_equal(tree.nodes[tree.first[w]], N - 3); /* the root */
    }
    assert_true(kraft == 1);
    dsc_scope_close(&scope);
}

/* --- Errors --- */

static void expect_refused(const text *t, const dsc_embed_options *options, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_embed_open(scope, &t->vocabulary, &t->corpus, options));
    if (!strstr(dsc_scope_message(scope), message))
        fail_msg("'%s' does not say '%s'", dsc_scope_message(scope), message);
    dsc_scope_close(&scope);
}

static void what_cannot_be_trained_is_refused(void **state)
{
    (void)state;
    text t;
    make_text(&t, 9);
    expect_refused(&t, &(dsc_embed_options){ .dimension = SIZE_MAX }, "dimension is at most");
    expect_refused(&t, &(dsc_embed_options){ .window = SIZE_MAX }, "window is at most");
    expect_refused(&t, &(dsc_embed_options){ .rate = NAN }, "rate above 0");
    expect_refused(&t, &(dsc_embed_options){ .rate = -1 }, "rate above 0");
    expect_refused(&t, &(dsc_embed_options){ .shared_windows = 65 }, "share samples");
    t.vocabulary.count = 2;
    expect_refused(&t, NULL, "two different words");
}

static void numbers_that_are_not_finite_stop_with_rate_and_place(void **state)
{
    (void)state;
    text t;
    make_text(&t, 10);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_embedding *e = open_training(
        scope, &t, &(dsc_embed_options){ .context = DSC_CONTEXT_SUM, .rate = 1e30, .dimension = 8 });
    dsc_status status = DSC_OK;
    while (status == DSC_OK && dsc_embed_progress_of(e).words < dsc_embed_progress_of(e).all_words)
        status = dsc_embed_train(e, 1);
    assert_int_equal(status, DSC_ERROR_NUMERIC);
    assert_non_null(strstr(dsc_scope_message(scope), "learning rate"));
    assert_non_null(strstr(dsc_scope_message(scope), "at word"));
    dsc_scope_close(&scope);
}

static void racy_training_learns_too(void **state)
{
    (void)state;
    text t;
    make_text(&t, 11);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_embedding *e = open_training(
        scope, &t,
        &(dsc_embed_options){ .racy = true, .threads = 1, .rate = 0.05, .passes = 10, .sample = -1 });
    train_all(e);
    size_t passes;
    const double *losses = dsc_embed_losses(e, &passes);
    assert_int_equal(passes, 10);
    assert_true(losses[9] < losses[0]);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skip_gram_takes_the_steps_of_its_plain_form),
        cmocka_unit_test(cbow_takes_the_steps_of_its_plain_form),
        cmocka_unit_test(rounds_of_blocks_add_up_what_each_changed),
        cmocka_unit_test(any_number_of_threads_and_level_gives_the_same_bits),
        cmocka_unit_test(a_stopped_training_goes_on_to_the_same_bits),
        cmocka_unit_test(a_checkpoint_of_another_training_is_refused),
        cmocka_unit_test(samples_have_the_power_of_their_counts),
        cmocka_unit_test(ways_through_the_tree_are_shortest_and_tell_words_apart),
        cmocka_unit_test(what_cannot_be_trained_is_refused),
        cmocka_unit_test(numbers_that_are_not_finite_stop_with_rate_and_place),
        cmocka_unit_test(racy_training_learns_too),
    };
    return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
