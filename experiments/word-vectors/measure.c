/* measure.c - trains the vectors of a cell, and what they are worth. */
#include <math.h>
#include <string.h>

#include "word_vectors_experiment.h"

enum { STRIDE = 200000 }; /* words between two reports of progress */

/* What is known of a training. Numbers that a model does not have are NaN. */
struct trained {
    const dsc_word_vectors *vectors;
    double loss, loss_at_first, count_bytes, correlation, correlation_alike;
};

/* The text of the cell: the first words of it where the case asks for fewer. */
static bool text_of(dsc_cell *cell, struct text *text)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    *text = *(const struct text *)dsc_cell_shared(cell);
    const uint64_t words = (uint64_t)k->words;
    if (words == 0 || words >= text->corpus.count)
        return true;
    return text_make(dsc_cell_scope(cell), text, text->vocabulary->words, text->vocabulary->count,
                     text->corpus.ids, words, text->questions ? (uint64_t)k->least : 1);
}

/* Correlation of w . c with the pointwise mutual information of words and contexts, over the pairs for which
   it is positive, each weighing as often as it occurs, as it does in the loss, or all alike: with k negatives
   the optimum is PMI - log k (Levy and Goldberg 2014, equation 11; contexts smoothed by the power 3/4, as
   samples are drawn). information has some of the table's pairs, in the same order. */
static double correlate(dsc_scope *scope, const dsc_embedding *e, const dsc_word_vectors *words,
                        const dsc_cooccurrences *table, const dsc_cooccurrences *information, bool alike)
{
    const dsc_word_vectors *contexts = dsc_embed_output_vectors(scope, e);
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (uint64_t i = 0, j = 0; contexts && i < information->count; i++) {
        const dsc_cooccurrence *pair = &information->records[i];
        while (table->records[j].word != pair->word || table->records[j].context != pair->context)
            j++;
        const double weight = alike ? 1 : table->records[j].weight;
        const float *w = words->vectors + pair->word * words->dimension;
        const float *c = contexts->vectors + pair->context * words->dimension;
        double product = 0;
        for (size_t d = 0; d < words->dimension; d++)
            product += (double)w[d] * (double)c[d];
        n += weight;
        x += weight * product;
        y += weight * pair->weight;
        xx += weight * product * product;
        yy += weight * pair->weight * pair->weight;
        xy += weight * product * pair->weight;
    }
    const double spread = (n * xx - x * x) * (n * yy - y * y);
    return spread > 0 ? (n * xy - x * y) / sqrt(spread) : (double)NAN;
}

static const dsc_cooccurrences *table_of(dsc_scope *scope, const struct text *text,
                                         const struct hyperparameters *k, dsc_window_weight weight)
{
    return dsc_cooccurrences_count(
        scope, &text->corpus, text->vocabulary->count,
        &(dsc_cooccurrence_options){ .window = (size_t)k->window, .weight = weight, .threads = 1 });
}

/* Counting is worth its time where it is compared with: in the case of the models. */
static void compare_with_counts(dsc_cell *cell, const struct text *text, const dsc_embedding *e,
                                struct trained *trained)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    if (k->model != SG_NS)
        return;
    const dsc_cooccurrences *table = table_of(scope, text, k, DSC_WINDOW_FLAT);
    const dsc_cooccurrences *information =
        table ? dsc_cooccurrences_ppmi(scope, table, &(dsc_ppmi_options){ .threads = 1 }) : NULL;
    if (!information)
        return;
    trained->count_bytes = (double)table->count * 8; /* a context's number and a float */
    trained->correlation = correlate(scope, e, trained->vectors, table, information, false);
    trained->correlation_alike = correlate(scope, e, trained->vectors, table, information, true);
}

static bool train_predictive(dsc_cell *cell, const struct text *text, struct trained *trained)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const bool tree = k->model == CBOW_HS || k->model == SG_HS;
    const dsc_embed_options options = {
        .model = k->model == SG_NS || k->model == SG_HS ? DSC_EMBED_SKIP_GRAM : DSC_EMBED_CBOW,
        .dimension = (size_t)k->dimension,
        .window = (size_t)k->window,
        .negatives = tree ? 0 : (size_t)k->negatives,
        .hierarchical_softmax = tree,
        .sample = k->sample > 0 ? k->sample : -1,
        .passes = (size_t)k->passes,
        .seed = dsc_cell_seed(cell),
        .threads = 1, /* cells are at work beside each other */
        .blocks = (size_t)k->blocks,
        .block_words = (size_t)k->block_words,
    };
    dsc_embedding *e = dsc_embed_open(scope, text->vocabulary, &text->corpus, &options);
    if (!e)
        return false;
    for (;;) {
        const dsc_embed_progress at = dsc_embed_progress_of(e);
        if (!dsc_cell_progress(cell, (double)at.words / (double)at.all_words))
            return false;
        if (at.words >= at.all_words)
            break;
        if (dsc_embed_train(e, STRIDE) != DSC_OK)
            return false;
    }
    size_t passes;
    const double *losses = dsc_embed_losses(e, &passes);
    trained->loss_at_first = losses[0];
    trained->loss = losses[passes - 1];
    trained->vectors = dsc_embed_vectors(scope, e);
    if (trained->vectors)
        compare_with_counts(cell, text, e, trained);
    return dsc_scope_status(scope) == DSC_OK;
}

static bool train(dsc_cell *cell, const struct text *text, struct trained *trained)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const double nan = (double)NAN;
    *trained = (struct trained){
        .loss = nan, .loss_at_first = nan, .count_bytes = nan, .correlation = nan, .correlation_alike = nan
    };
    if (k->model != SVD && k->model != GLOVE)
        return train_predictive(cell, text, trained);
    const dsc_cooccurrences *table =
        table_of(scope, text, k, k->model == SVD ? DSC_WINDOW_FLAT : DSC_WINDOW_INVERSE);
    if (table && k->model == SVD) {
        const dsc_cooccurrences *information =
            dsc_cooccurrences_ppmi(scope, table, &(dsc_ppmi_options){ .threads = 1 });
        trained->vectors = information
                               ? dsc_embed_svd(scope, text->vocabulary, information,
                                               &(dsc_embed_svd_options){ .dimension = (size_t)k->dimension,
                                                                         .threads = 1,
                                                                         .seed = dsc_cell_seed(cell) })
                               : NULL;
    } else if (table)
        trained->vectors = dsc_embed_glove(scope, text->vocabulary, table,
                                           &(dsc_embed_glove_options){ .dimension = (size_t)k->dimension,
                                                                       .threads = 1,
                                                                       .seed = dsc_cell_seed(cell) });
    return trained->vectors != NULL;
}

static double share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : (double)NAN;
}

static void put_section(dsc_cell *cell, size_t section, double value)
{
    const size_t at = dsc_cell_axis_index(cell, "section", (double)section);
    if (at != SIZE_MAX)
        dsc_put_at(cell, "section_analogies", at, value);
}

static bool put_planted(dsc_cell *cell, const dsc_word_vectors *vectors)
{
    static const char *const lacking[] = { "analogies_mul", "semantic", "syntactic",
                                           "wordsim",       "simlex",   "men" };
    size_t right[PLANTED_SECTIONS], asked, all = 0;
    if (!planted_analogies(dsc_cell_scope(cell), vectors, right, &asked))
        return false;
    for (size_t s = 0; s < FILE_SECTIONS; s++)
        put_section(cell, s, (double)NAN);
    for (size_t s = 0; s < PLANTED_SECTIONS; s++) {
        put_section(cell, FILE_SECTIONS + s, share(right[s], asked));
        all += right[s];
    }
    dsc_put(cell, "analogies", share(all, PLANTED_SECTIONS * asked));
    dsc_put(cell, "asked", (double)(PLANTED_SECTIONS * asked));
    for (size_t i = 0; i < COUNT(lacking); i++)
        dsc_put(cell, lacking[i], (double)NAN);
    return true;
}

static bool put_tests(dsc_cell *cell, const struct text *text, const dsc_word_vectors *vectors)
{
    dsc_scope *scope = dsc_cell_scope(cell);
    const dsc_word_test_options alone = { .threads = 1 };
    const dsc_analogies *found = dsc_word_analogies(scope, vectors, text->questions, &alone);
    if (!found)
        return false;
    for (size_t s = 0; s < SECTION_COUNT; s++)
        put_section(cell, s,
                    s < FILE_SECTIONS && s < found->section_count
                        ? share(found->sections[s].add, found->sections[s].asked)
                        : (double)NAN);
    dsc_put(cell, "analogies", share(found->total.add, found->total.asked));
    dsc_put(cell, "analogies_mul", share(found->total.mul, found->total.asked));
    dsc_put(cell, "semantic", share(found->semantic.add, found->semantic.asked));
    dsc_put(cell, "syntactic", share(found->syntactic.add, found->syntactic.asked));
    dsc_put(cell, "asked", (double)found->total.asked);
    dsc_put(cell, "wordsim", dsc_word_similarity(scope, vectors, text->wordsim, &alone).spearman);
    dsc_put(cell, "simlex", dsc_word_similarity(scope, vectors, text->simlex, &alone).spearman);
    dsc_put(cell, "men", dsc_word_similarity(scope, vectors, text->men, &alone).spearman);
    return dsc_scope_status(scope) == DSC_OK;
}

void run_scores(dsc_cell *cell)
{
    struct text text;
    struct trained trained;
    if (!text_of(cell, &text) || !train(cell, &text, &trained))
        return;
    const dsc_word_vectors *vectors = trained.vectors;
    dsc_cell_hash(cell, vectors->vectors, vectors->count * vectors->dimension * sizeof *vectors->vectors);
    if (!(text.questions ? put_tests(cell, &text, vectors) : put_planted(cell, vectors)))
        return;
    dsc_put(cell, "loss", trained.loss);
    dsc_put(cell, "loss_at_first", trained.loss_at_first);
    dsc_put(cell, "vector_bytes", (double)(vectors->count * vectors->dimension * sizeof(float)));
    dsc_put(cell, "count_bytes", trained.count_bytes);
    dsc_put(cell, "pmi_correlation", trained.correlation);
    dsc_put(cell, "pmi_correlation_alike", trained.correlation_alike);
}

/* The vectors of the places that are words, at unit length; index[i] is which place the i-th is. */
static dsc_word_vectors places_of(dsc_scope *scope, const dsc_word_vectors *vectors, size_t *index)
{
    char *names = dsc_scope_copy(scope, PLACES), *rest = NULL;
    float *values = dsc_scope_alloc(scope, PLACE_COUNT, vectors->dimension * sizeof *values);
    dsc_word_vectors places = { .dimension = vectors->dimension, .vectors = values };
    size_t place = 0;
    for (const char *name = names && values ? strtok_r(names, "|", &rest) : NULL; name;
         name = strtok_r(NULL, "|", &rest), place++) {
        const size_t row = dsc_word_vectors_find(vectors, name);
        if (row == SIZE_MAX)
            continue;
        const float *src = vectors->vectors + row * vectors->dimension;
        float *dst = values + places.count * vectors->dimension;
        double squares = 0;
        for (size_t d = 0; d < vectors->dimension; d++)
            squares += (double)src[d] * (double)src[d];
        for (size_t d = 0; d < vectors->dimension; d++)
            dst[d] = squares > 0 ? (float)((double)src[d] / sqrt(squares)) : 0;
        index[places.count++] = place;
    }
    return places;
}

/* How alike the steps from one word of a pair to the other are: the mean cosine of two pairs' differences. */
static double parallel(dsc_scope *scope, const dsc_word_vectors *places)
{
    const size_t dimension = places->dimension, pairs = places->count / 2;
    double *sum = dsc_scope_alloc(scope, dimension, sizeof *sum);
    if (!sum || pairs < 2)
        return (double)NAN;
    for (size_t p = 0; p < pairs; p++) {
        const float *from = places->vectors + 2 * p * dimension, *to = from + dimension;
        double squares = 0;
        for (size_t d = 0; d < dimension; d++)
            squares += ((double)to[d] - (double)from[d]) * ((double)to[d] - (double)from[d]);
        for (size_t d = 0; squares > 0 && d < dimension; d++)
            sum[d] += ((double)to[d] - (double)from[d]) / sqrt(squares);
    }
    double squares = 0;
    for (size_t d = 0; d < dimension; d++)
        squares += sum[d] * sum[d];
    return (squares - (double)pairs) / (double)(pairs * (pairs - 1));
}

void run_map(dsc_cell *cell)
{
    struct text text;
    struct trained trained;
    size_t index[PLACE_COUNT], back[PLACE_COUNT];
    if (!text_of(cell, &text) || !train(cell, &text, &trained))
        return;
    dsc_scope *scope = dsc_cell_scope(cell);
    const dsc_word_vectors *vectors = trained.vectors;
    const dsc_word_vectors places = places_of(scope, vectors, index);
    if (places.count != FILE_PLACES)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "the map: expected %d words, found %zu of them in the text; set more words",
                       FILE_PLACES, places.count);
    const dsc_word_components map = dsc_word_vectors_pca(scope, &places, 2);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    dsc_cell_hash(cell, vectors->vectors, vectors->count * vectors->dimension * sizeof *vectors->vectors);
    for (size_t p = 0; p < PLACE_COUNT; p++)
        back[p] = SIZE_MAX;
    for (size_t i = 0; i < places.count; i++)
        back[index[i]] = i;
    for (size_t p = 0; p < PLACE_COUNT; p++) {
        const size_t at = dsc_cell_axis_index(cell, "word", (double)p);
        if (at == SIZE_MAX)
            continue;
        dsc_put_at(cell, "first", at, back[p] == SIZE_MAX ? (double)NAN : map.scores.data[2 * back[p]]);
        dsc_put_at(cell, "second", at, back[p] == SIZE_MAX ? (double)NAN : map.scores.data[2 * back[p] + 1]);
    }
    dsc_put(cell, "explained", (map.variances[0] + map.variances[1]) / map.total);
    dsc_put(cell, "parallel", parallel(scope, &places));
}
