/* embed.h - word vectors by word2vec's models, with the same bits on any number of threads.
 *
 * Continuous bag of words and skip-gram (Mikolov, Chen, Corrado & Dean 2013) with negative sampling (Mikolov
 * et al. 2013b) and hierarchical softmax, in the terms of word2vec.c: flags, defaults, sub-sampling, windows
 * and the schedule of the rate are its own. What differs is how threads work together. The original's threads
 * write into one another's rows (Recht, Re, Wright & Niu 2011), and no two runs are alike. Here the text is
 * cut into blocks of some words; `blocks` blocks in a row make a round. All blocks of a round start from the
 * same vectors, each trains by itself, on copies of the rows that other blocks of the round use too, and
 * what each changed there is added to the vectors in the order of the blocks. Every random number is drawn by
 * the position in the text. So the result is a function of the text and the options alone.
 *
 *     dsc_embedding *e = dsc_embed_open(scope, words, text, &(dsc_embed_options){ .dimension = 200 });
 *     while (dsc_embed_progress_of(e).words < dsc_embed_progress_of(e).all_words)
 *         if (dsc_embed_train(e, 1000000) != DSC_OK)
 *             break;
 *     dsc_word_vectors_write(scope, dsc_embed_vectors(scope, e), "vec.bin", DSC_VECTORS_BINARY);
 */
#ifndef DESCENT_EMBED_H
#define DESCENT_EMBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/corpus.h>
#include <descent/export.h>
#include <descent/scope.h>
#include <descent/vocabulary.h>
#include <descent/word_vectors.h>

typedef enum dsc_embed_model {
    DSC_EMBED_CBOW = 0,  /* a word from the words around it */
    DSC_EMBED_SKIP_GRAM, /* the words around it from a word: trained, as word2vec does, the other way round */
} dsc_embed_model;

/* What CBOW predicts from, and what each of n context words gets of the gradient. */
typedef enum dsc_embed_context {
    DSC_CONTEXT_MEAN = 0,     /* the mean; the whole gradient, as word2vec.c */
    DSC_CONTEXT_MEAN_DIVIDED, /* the mean; its n-th part, which is the mean's true gradient */
    DSC_CONTEXT_SUM,          /* the sum; the whole, which is the sum's true gradient */
} dsc_embed_context;

/* Zeros mean the defaults, word2vec.c's where it has them. */
typedef struct dsc_embed_options {
    dsc_embed_model model;
    dsc_embed_context context;
    size_t dimension; /* 0: 100 */
    size_t window;    /* the largest distance of a context word; 0: 5 */
    size_t negatives; /* samples a pair; 0: 5, or none with hierarchical softmax alone */
    bool hierarchical_softmax;
    double sample; /* words more frequent than this share are thinned out; 0: 1e-3, below 0: none is */
    double rate;   /* the learning rate at the start; 0: 0.05 of CBOW, 0.025 of skip-gram */
    size_t passes; /* over the text; 0: 5 */
    uint64_t seed;
    int threads;           /* 0: the effective number (<descent/cpu.h>); changes no bit */
    size_t blocks;         /* of a round; 0: 64, with hierarchical softmax 16, as all change the tree's top */
    size_t block_words;    /* of the text, in each; 0: 64 */
    size_t shared_windows; /* windows in a row that share their negative samples; 0: 2 in skip-gram with
                              negative sampling alone, else 1 */
    double most_deltas; /* of a vector that more blocks of a round change than this, the sum of the changes is
                           scaled down to that of as many; 0: 8, with hierarchical softmax 4. As many as
                           there are blocks: never */
    bool racy;          /* word2vec.c's way: threads write into the vectors as they go. Not reproducible */
} dsc_embed_options;

typedef struct dsc_embedding dsc_embedding;

/* Checks options and sizes, allocates and draws the vectors. The vocabulary and the corpus must outlive it.
   Errors: a corpus without words, options out of range, memory (with what is needed). */
DSC_API dsc_embedding *dsc_embed_open(dsc_scope *scope, const dsc_vocabulary *vocabulary,
                                      const dsc_corpus *corpus, const dsc_embed_options *options);

/* Trains on about that many more words of the text (whole rounds, at least one), or to the end. Errors:
   numbers that are no longer finite (DSC_ERROR_NUMERIC), which name the rate and the place. */
DSC_API dsc_status dsc_embed_train(dsc_embedding *embedding, uint64_t words);

/* Its options, with what zeros stood for. */
DSC_API dsc_embed_options dsc_embed_options_of(const dsc_embedding *embedding);

/* How far a training is. */
typedef struct dsc_embed_progress {
    uint64_t words, all_words; /* of the text, over all passes: done, and in the end */
    size_t pass;               /* that the next word is in, from 0 */
    double rate;               /* of the next word */
    double loss; /* mean negative log-likelihood of the pairs of the pass so far, in nats; NaN before the
                    first */
} dsc_embed_progress;
DSC_API dsc_embed_progress dsc_embed_progress_of(const dsc_embedding *embedding);

/* The mean loss of each pass that is done. */
DSC_API const double *dsc_embed_losses(const dsc_embedding *embedding, size_t *passes);

/* Writes everything that a training goes on from, replacing the file at once; reads it into a training of the
   same text, vocabulary and options (but for threads), which goes on to the same bits as if it had never
   stopped. Errors: a file that cannot be written or read; one of another training, with what differs
   (DSC_ERROR_MISMATCH); a damaged one (DSC_ERROR_FORMAT). The training is as it was after one. */
DSC_API dsc_status dsc_embed_save(dsc_embedding *embedding, const char *path);
DSC_API dsc_status dsc_embed_restore(dsc_embedding *embedding, const char *path);

/* A copy of the words' vectors in the scope, which may be another. */
DSC_API const dsc_word_vectors *dsc_embed_vectors(dsc_scope *scope, const dsc_embedding *embedding);

/* The same of the vectors that negative sampling predicts words by: the other factor of what it learns (Levy
   and Goldberg 2014). Without negative sampling there are none: DSC_ERROR_ARGUMENT. */
DSC_API const dsc_word_vectors *dsc_embed_output_vectors(dsc_scope *scope, const dsc_embedding *embedding);

#endif
