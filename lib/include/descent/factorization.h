/* factorization.h - word vectors as factors of a table of co-occurrences: singular vectors, GloVe. */
#ifndef DESCENT_FACTORIZATION_H
#define DESCENT_FACTORIZATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/cooccurrence.h>
#include <descent/export.h>
#include <descent/scope.h>
#include <descent/vocabulary.h>
#include <descent/word_vectors.h>

/* Zeros mean the defaults. */
typedef struct dsc_embed_svd_options {
    size_t dimension;    /* singular values that are kept; 0: 100 */
    size_t oversampling; /* directions beyond them while it is computed; 0: 10 */
    size_t iterations;   /* of the power method; 0: 4 */
    double exponent;   /* of the singular values, above 0; 0: 0.5, as Levy et al. (2015) advise; 1 is worse */
    bool unweighted;   /* exponent 0: the left singular vectors alone */
    bool add_contexts; /* words' and contexts' vectors added ("w + c") */
    uint64_t seed;
    int threads;     /* 0: dsc_threads_choose() */
    double **values; /* not NULL: receives the `dimension` singular values, in the scope */
} dsc_embed_svd_options;

/* The truncated singular value decomposition of a table, words x contexts = U S V', by random directions that
   the power method turns towards the largest singular values (Halko, Martinsson & Tropp, SIAM Review 53,
   2011, algorithms 4.4 and 5.1), in double precision. Vectors are the rows of U S^p, or of (U + V) S^p. Meant
   for dsc_cooccurrences_ppmi(). words are the vocabulary's; one without records gets zeros.

   The same bits for any number of threads on one core type of OpenBLAS, which follows from the
   instruction-set level in use (linalg.h): another level may give other last bits. Memory: 3 x 8 bytes for
   each word and each of dimension + oversampling. Everything lives in the scope, words and counts stay the
   vocabulary's. Errors: more dimensions than words, sizes that differ, weights that are not positive and
   finite, memory, no OpenBLAS. options may be NULL. */
DSC_API const dsc_word_vectors *dsc_embed_svd(dsc_scope *scope, const dsc_vocabulary *vocabulary,
                                              const dsc_cooccurrences *table,
                                              const dsc_embed_svd_options *options);

/* Zeros mean the defaults, which are those of the authors' program but for the dimension. */
typedef struct dsc_embed_glove_options {
    size_t dimension; /* 0: 100 */
    size_t epochs;    /* passes over the table; 0: 25 */
    double rate;      /* the learning rate at the start; 0: 0.05 */
    double most;      /* x_max: counts from here on weigh 1; 0: 100 */
    double exponent;  /* alpha: what smaller ones weigh is (count / most)^alpha; 0: 0.75 */
    size_t groups;    /* of words and of contexts, see below; 0: 64 */
    bool words_alone; /* the words' vectors; else the sums of words' and contexts' */
    uint64_t seed;
    int threads;           /* 0: dsc_threads_choose(); changes no bit */
    const char *directory; /* of a temporary file, as in <descent/cooccurrence.h> */
    size_t memory;
    /* Called after each epoch with the mean of the weighted squared errors, halved, that the program prints.
       May be NULL. */
    void (*on_epoch)(void *user, size_t epoch, double loss);
    void *user;
} dsc_embed_glove_options;

/* GloVe (Pennington, Socher & Manning, EMNLP 2014): vectors w, v and biases b, c such that w_i . v_j + b_i +
   c_j is near log x_ij, each square weighed by min(1, x_ij / most)^exponent, by AdaGrad (Duchi, Hazan &
   Singer 2011) over the records of a table one by one. Initial values are uniform in +-0.5 / dimension; sums
   of squares begin at 1 and are, as in the authors' program, of the gradients times the rate.

   Their program's threads write into one another's rows, and no two runs are alike. Here words and contexts
   are dealt out into `groups` groups each, which cut the table into groups^2 blocks. Blocks that have neither
   words nor contexts in common touch different parameters: as many as there are groups of them are trained at
   the same time, in no order, and still give what one after the other would (Gemulla, Nijkamp, Haas &
   Sismanis, KDD 2011). Nothing is copied, summed or approximated. Within a block records are in a random
   order, blocks in another at each epoch; one group is the plain method over records in random order. The
   same bits for any number of threads, of which as many as groups can work, and at any instruction-set level.

   The records are kept once more, in the order in which they are used: in memory or a temporary file. Memory:
   16 bytes a word and dimension. Words without records get
   zeros. Everything lives in the scope, words and counts stay the vocabulary's. Errors: sizes that differ,
   weights or options that are not positive and finite, memory, disk; numbers that are not finite, with the
   epoch and the rate (DSC_ERROR_NUMERIC). options may be NULL. */
DSC_API const dsc_word_vectors *dsc_embed_glove(dsc_scope *scope, const dsc_vocabulary *vocabulary,
                                                const dsc_cooccurrences *table,
                                                const dsc_embed_glove_options *options);

#endif
