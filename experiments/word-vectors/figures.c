/* figures.c - what the cases draw. */
#include <string.h>

#include "word_vectors_experiment.h"

/* Analogies over a setting, a curve for each model. */
static size_t over(dsc_figure *figures, size_t capacity, const char *axis, const char *title,
                   const char *label, bool log_x)
{
    if (capacity < 2)
        return 0;
    figures[0] = (dsc_figure){ .name = "analogies",
                               .title = title,
                               .x = axis,
                               .x_label = label,
                               .y_label = "analogies answered right (%)",
                               .y_scale = 100,
                               .log_x = log_x,
                               .by = "model",
                               .series = { { .output = "analogies", .label = "analogies" } } };
    figures[1] = (dsc_figure){ .name = "loss",
                               .title = "Loss of a prediction in the last pass",
                               .x = axis,
                               .x_label = label,
                               .y_label = "mean loss (nat)",
                               .log_x = log_x,
                               .by = "model",
                               .series = { { .output = "loss", .label = "loss" } } };
    return 2;
}

size_t window_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    return over(figures, capacity, "window", "Analogies over the window",
                "largest distance of a context word", true);
}

size_t dimensions_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    return over(figures, capacity, "dimension", "Analogies over the dimension", "numbers of a vector", true);
}

size_t size_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    return over(figures, capacity, "words", "Analogies over the size of the text", "words of the text", true);
}

size_t negatives_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    return over(figures, capacity, "negatives", "Analogies over the negative samples",
                "negative samples a pair", true);
}

size_t subsampling_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    return over(figures, capacity, "sample", "Analogies over the thinning of frequent words",
                "share of the text from which on a word is thinned out", true);
}

size_t blocks_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){ .name = "analogies",
                               .title = "Analogies over the blocks of a round",
                               .x = "blocks",
                               .x_label = "blocks that start from the same vectors",
                               .y_label = "analogies answered right (%)",
                               .y_scale = 100,
                               .log_x = true,
                               .by = "block_words",
                               .series = { { .output = "analogies", .label = "analogies" } } };
    return 1;
}

/* Conditions, and behind the equals sign the names. */
static const char *const file_sections[FILE_SECTIONS] = {
    "section=common-capitals", "section=capitals",    "section=currencies",    "section=cities",
    "section=family",          "section=adverbs",     "section=opposites",     "section=comparatives",
    "section=superlatives",    "section=participles", "section=nationalities", "section=past-tenses",
    "section=plurals",         "section=verb-plurals"
};
static const char *const planted_sections[PLANTED_SECTIONS] = { "section=a-b", "section=c-d", "section=e-f",
                                                                "section=g-h" };
enum { SKIP = sizeof "section=" - 1 };

/* The made-up text has no other sections than its own, and nobody has judged its words. */
size_t models_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    const bool wiki = strcmp(k->dataset, WIKI) == 0;
    if (capacity < 3)
        return 0;
    figures[0] = (dsc_figure){ .name = "analogies",
                               .title = "Analogies answered right",
                               .x = "model",
                               .x_label = "model",
                               .y_label = "analogies (%)",
                               .y_scale = 100,
                               .series = { { .output = "analogies", .label = "all, 3CosAdd" } } };
    figures[1] = (dsc_figure){ .name = "sections",
                               .title = "Analogies by section",
                               .x = "model",
                               .x_label = "model",
                               .y_label = "analogies (%)",
                               .y_scale = 100 };
    for (size_t i = 0; i < (wiki ? FILE_SECTIONS : PLANTED_SECTIONS); i++)
        figures[1].series[i] =
            (dsc_series){ .output = "section_analogies",
                          .label = wiki ? file_sections[i] + SKIP : planted_sections[i] + SKIP,
                          .where = wiki ? file_sections[i] : planted_sections[i] };
    for (size_t f = 0; !wiki && f < 2; f++) { /* all near 100 %: the axis shows how near */
        figures[f].y_min = -2;
        figures[f].y_max = 102;
    }
    if (!wiki)
        return 2;
    figures[0].series[1] = (dsc_series){ .output = "analogies_mul", .label = "all, 3CosMul" };
    figures[0].series[2] = (dsc_series){ .output = "semantic", .label = "semantic" };
    figures[0].series[3] = (dsc_series){ .output = "syntactic", .label = "syntactic" };
    figures[2] = (dsc_figure){ .name = "similarity",
                               .title = "Rank correlation with people's judgements",
                               .x = "model",
                               .x_label = "model",
                               .y_label = "rank correlation",
                               .series = { { .output = "wordsim", .label = "WordSim-353" },
                                           { .output = "simlex", .label = "SimLex-999" },
                                           { .output = "men", .label = "MEN" } } };
    return 3;
}

size_t map_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){ .name = "map",
                               .title = "Words on two principal components",
                               .x = "word",
                               .x_output = "first",
                               .names = true,
                               .x_label = "first principal component",
                               .y_label = "second principal component",
                               .by = "model",
                               .series = { { .output = "second", .label = "words" } } };
    return 1;
}
