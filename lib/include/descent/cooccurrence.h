/* cooccurrence.h - which words of a text stand near which, as a sparse table.
 *
 * A table is a sparse matrix in the order of its rows. It may exceed memory: beyond a bound it lies in an
 * unnamed temporary file that is mapped, and is read from its beginning to its end.
 */
#ifndef DESCENT_COOCCURRENCE_H
#define DESCENT_COOCCURRENCE_H

#include <stddef.h>
#include <stdint.h>

#include <descent/corpus.h>
#include <descent/export.h>
#include <descent/scope.h>

/* One element that is not 0. */
typedef struct dsc_cooccurrence {
    uint32_t word, context;
    double weight;
} dsc_cooccurrence;

typedef struct dsc_cooccurrences {
    size_t words;                    /* rows and columns */
    uint64_t count;                  /* of records */
    const dsc_cooccurrence *records; /* sorted by (word, context), each pair once */
    const uint64_t *rows;            /* words + 1: row w is records[rows[w]] up to records[rows[w + 1]] */
} dsc_cooccurrences;

/* What a context counts at a distance of d words. */
typedef enum dsc_window_weight {
    DSC_WINDOW_INVERSE = 0, /* 1 / d: GloVe (Pennington, Socher & Manning 2014) */
    DSC_WINDOW_FLAT         /* 1 */
} dsc_window_weight;

/* Zeros mean the defaults. */
typedef struct dsc_cooccurrence_options {
    size_t window;            /* words to each side; 0: 5 */
    dsc_window_weight weight; /* by distance */
    int threads;              /* 0: dsc_threads_choose() */
    const char *directory;    /* of temporary files; NULL: $TMPDIR or /tmp */
    size_t memory;            /* bytes kept in memory; 0: a quarter of what this process can use */
} dsc_cooccurrence_options;

/* Counts the words around every word of a corpus whose ids are below `words`: row w, column c holds the sum
   of the weights of all c in the windows around all w, and the table is symmetric. Windows end at ends of
   lines (id 0), which are no words: row and column 0 are empty. Words that sub-sampling would drop are
   dropped by the caller, and windows reach over them.

   The weights are added as whole multiples of one over the least common multiple of the distances (beyond 22
   words: the nearest multiple of 1 / 232,792,560): sums are exact, and the table is the same to the bit for
   any number of threads and any bound on memory. Without a bound on the text: parts of it that fit are
   counted one by one into sorted tables, in temporary files where they do not fit, which are merged; disk
   is needed for these and for the result at the same time. Each thread takes 8 bytes a word beyond the bound.

   Lives in the scope. Errors: an id that is no word, windows of more than 65,535 words (DSC_ERROR_ARGUMENT);
   memory; a temporary file that cannot be written, with its directory (DSC_ERROR_FILE). options may be NULL.
 */
DSC_API const dsc_cooccurrences *dsc_cooccurrences_count(dsc_scope *scope, const dsc_corpus *corpus,
                                                         size_t words,
                                                         const dsc_cooccurrence_options *options);

/* Zeros mean the defaults of Levy, Goldberg & Dagan, "Improving distributional similarity with lessons
   learned from word embeddings", TACL 3 (2015). */
typedef struct dsc_ppmi_options {
    double smoothing; /* exponent of the contexts' probabilities; 0: 0.75; 1: none */
    double shift;     /* k of the shift log k, at least 1; 0: 1, no shift */
    int threads;
    const char *directory; /* as above */
    size_t memory;
} dsc_ppmi_options;

/* Positive pointwise mutual information: max(0, log(n_wc sum_c' n_c'^a / (n_w n_c^a)) - log k), with n_w and
   n_c the sums of rows and columns of the table, a the smoothing and k the shift; elements that are 0 are
   left out. A table in the scope; the other is not changed. Has the same bits for any number of threads and
   at any instruction-set level. Errors: options out of their range, weights that are not positive and finite
   (DSC_ERROR_ARGUMENT, DSC_ERROR_NUMERIC), memory, disk. options may be NULL. */
DSC_API const dsc_cooccurrences *dsc_cooccurrences_ppmi(dsc_scope *scope, const dsc_cooccurrences *table,
                                                        const dsc_ppmi_options *options);

#endif
