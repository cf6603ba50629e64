/* word_vectors_experiment.h - the cases of the word-vectors experiment, and what they share.
 *
 * A cell trains the vectors of one model on a text and scores them. The text is English Wikipedia, or one
 * that is made up: words of a grid, each of one role and one filler ("a7": role a, filler 7), stand among
 * words that tell their role and words that tell their filler, so that "a1 is to b1 as a2 is to b2" can be
 * found. */
#ifndef WORD_VECTORS_EXPERIMENT_H
#define WORD_VECTORS_EXPERIMENT_H

#include <descent.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define WIKI "wiki-text"

struct hyperparameters {
    int64_t model, dimension, window, negatives, words, passes, blocks, block_words, least, data_seed;
    double sample;
    const char *dataset;
};

/* --- Models --- */

#define MODELS "cbow-ns|cbow-hs|sg-ns|sg-hs|svd|glove"
enum { CBOW_NS = 0, CBOW_HS, SG_NS, SG_HS, SVD, GLOVE, MODEL_COUNT };

/* --- Texts (text.c, planted.c) --- */

/* A text and what its vectors are tested by. */
struct text {
    const dsc_vocabulary *vocabulary;
    dsc_corpus corpus;
    const char *questions, *wordsim, *simlex, *men; /* files of word tests; NULL: the text is made up */
};

void identify(dsc_data_notes *notes, const void *hyperparameters, const char *directory);
void *prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters, const char *directory);

/* The text's first words (0: all), of which words that occur less often than `least` are left out. ids are
   numbers of names, of which 0 is the end of a line. False: the scope failed. */
bool text_make(dsc_scope *scope, struct text *text, const char *const *names, size_t name_count,
               const uint32_t *ids, uint64_t count, uint64_t least);

/* The text that is made up. */
bool planted_make(dsc_scope *scope, struct text *text, uint64_t seed, uint64_t words);

/* Analogies that were planted: sections of a pair of roles each. */
enum { PLANTED_SECTIONS = 4, PLANTED_FILLERS = 12 };
/* Asks them all: right answers by section, of *asked in each. False: the scope failed. */
bool planted_analogies(dsc_scope *scope, const dsc_word_vectors *vectors, size_t right[PLANTED_SECTIONS],
                       size_t *asked);

/* --- What a cell leaves (measure.c) --- */

/* The sections of questions-words.txt in the order of the file, then the planted ones. */
#define SECTIONS                                                                                             \
    "common-capitals|capitals|currencies|cities|family|adverbs|opposites|comparatives|superlatives|"         \
    "participles|nationalities|past-tenses|plurals|verb-plurals|a-b|c-d|e-f|g-h"
enum { FILE_SECTIONS = 14, SECTION_COUNT = FILE_SECTIONS + PLANTED_SECTIONS };

/* Words of the map: pairs one after the other, of either text. */
#define PLACES                                                                                               \
    "greece|athens|germany|berlin|spain|madrid|italy|rome|france|paris|russia|moscow|japan|tokyo|china|"     \
    "beijing|england|london|egypt|cairo|a1|b1|a2|b2|a3|b3|a4|b4|a5|b5|a6|b6|a7|b7|a8|b8|a9|b9|a10|b10"
enum { FILE_PLACES = 20, PLACE_COUNT = 40 };

void run_scores(dsc_cell *cell);
void run_map(dsc_cell *cell);

size_t models_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);
size_t window_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);
size_t dimensions_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);
size_t size_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);
size_t negatives_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);
size_t subsampling_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);
size_t blocks_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);
size_t map_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity);

extern const dsc_claims models_claims[], blocks_claims[], size_claims[], map_claims[];

#endif
