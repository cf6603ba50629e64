/* word_vectors.h - vectors of words: their files, neighbours, and what they are judged by.
 *
 * Files of word2vec (text and binary), GloVe and gensim are read and written as those programs read and write
 * them, beside an HDF5 file of our own that also keeps the counts of the words and how they were made.
 */
#ifndef DESCENT_WORD_VECTORS_H
#define DESCENT_WORD_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/linalg.h>
#include <descent/scope.h>

/* A word a row, in the order of the file: by falling frequency in those of the programs above. Words are
   different from each other and hold no white space; values are finite. */
typedef struct dsc_word_vectors {
    size_t count, dimension;
    const char *const *words; /* count of them, ended by a zero byte; bytes as they are in the file */
    const float *vectors;     /* (count, dimension), row-major */
    const uint64_t *counts;   /* how often each word is in the text; NULL: not known */
} dsc_word_vectors;

/* How vectors lie in a file. */
typedef enum dsc_vector_format {
    DSC_VECTORS_TEXT = 0, /* word2vec: "COUNT DIMENSION", then a line a word with its numbers */
    DSC_VECTORS_BINARY,   /* word2vec: the same line, then word, blank, little-endian floats, line feed */
    DSC_VECTORS_HDF5      /* datasets `words`, `vectors` and, if known, `counts` */
} dsc_vector_format;

DSC_API const char *dsc_vector_format_name(dsc_vector_format format); /* "text", "binary", "hdf5" */
/* Finds a format by name; an unknown name fails the scope. */
DSC_API dsc_vector_format dsc_vector_format_parse(dsc_scope *scope, const char *name);

typedef struct dsc_word_vectors_read_options {
    size_t limit; /* words read from the beginning of the file; 0: all. What follows is not looked at. */
} dsc_word_vectors_read_options;

/* Reads a file of any of these formats, told apart by what is in it: word2vec's text (with or without a blank
   at the end of a line), word2vec's binary (with or without a line feed behind each row), GloVe's text, which
   has no first line, and HDF5; any of them may be compressed by gzip. Everything lives in the scope. NULL
   and DSC_ERROR_FORMAT, with the row and the word where there is one, if the file is cut short, has more or
   fewer rows than it promises, a row of another length, a word twice, or a number that is none or not
   finite. No memory is taken for a promise before the file's size is seen to keep it. options may be NULL. */
DSC_API const dsc_word_vectors *dsc_word_vectors_read(dsc_scope *scope, const char *path,
                                                      const dsc_word_vectors_read_options *options);

/* Replaces the file at once. Numbers of a text have nine significant digits: read again they are the same
   floats. Errors: no words, dimension 0, a word that is empty, there twice or holds white space, which would
   end it (DSC_ERROR_ARGUMENT); a value that is not finite (DSC_ERROR_NUMERIC), with row and word; what
   dsc_file_replace() refuses. */
DSC_API dsc_status dsc_word_vectors_write(dsc_scope *scope, const dsc_word_vectors *vectors, const char *path,
                                          dsc_vector_format format);

/* How vectors were made, for the HDF5 file. */
typedef struct dsc_word_vectors_notes {
    const char *recipe;    /* JSON: everything that the vectors depend on; NULL: not known */
    const char *objective; /* what the losses are means of; NULL: "loss" */
    const double *losses;  /* by pass over the text */
    size_t passes;
} dsc_word_vectors_notes;

/* dsc_word_vectors_write() as HDF5, with notes, which may be NULL. */
DSC_API dsc_status dsc_word_vectors_write_hdf5(dsc_scope *scope, const dsc_word_vectors *vectors,
                                               const char *path, const dsc_word_vectors_notes *notes);

/* The row of a word; SIZE_MAX if it is none of them. Words are compared from the first on: for many questions
   make a table of your own. */
DSC_API size_t dsc_word_vectors_find(const dsc_word_vectors *vectors, const char *word);

/* The words nearest to a sum of unit vectors, those of `plus` added and those of `minus` taken away, by
   cosine: one word for its neighbours; b and c plus, a minus for "b is to a as c is to ..." (3CosAdd, Mikolov
   et al. 2013). The words of the query are left out. */
typedef struct dsc_word_query {
    const size_t *plus, *minus; /* rows */
    size_t plus_count, minus_count;
    size_t nearest; /* how many are wanted; 0: 10 */
} dsc_word_query;

typedef struct dsc_neighbor {
    size_t row;
    double cosine;
} dsc_neighbor;

/* *count neighbors, in the scope: as many as are wanted, or all words if these are fewer, the largest cosine
   first and of equal ones the first row. NULL on failure: a row beyond the last (DSC_ERROR_ARGUMENT), memory.
   A vector of zeros has cosine 0 with every other. The same bits at every instruction-set level. */
DSC_API const dsc_neighbor *dsc_word_neighbors(dsc_scope *scope, const dsc_word_vectors *vectors,
                                               const dsc_word_query *query, size_t *count);

/* What comparisons with people's answers have in common. Zeros mean the defaults. */
typedef struct dsc_word_test_options {
    size_t limit;    /* words that take part, from the first on; 0: analogies 30000, similarities all */
    bool exact_case; /* A..Z differ from a..z; else they are the same, and the first of such words counts */
    int threads;     /* 0: the effective number; the result is the same for all */
} dsc_word_test_options;

/* Questions "a is to b as c is to ...", answered twice: by the word d of the largest cos(d, b) - cos(d, a) +
   cos(d, c) (3CosAdd, Mikolov et al. 2013), and of the largest cos(d, b) cos(d, c) / (cos(d, a) + 0.001), the
   cosines shifted to 0..1 (3CosMul, Levy and Goldberg 2014). The words of the question are no answers; of
   equal ones the first is. */
typedef struct dsc_analogy_score {
    size_t questions; /* in the file */
    size_t asked;     /* those whose four words are all there: the others are dropped */
    size_t add, mul;  /* right answers */
} dsc_analogy_score;

typedef struct dsc_analogies {
    const char *const *names; /* of the sections */
    const dsc_analogy_score *sections;
    size_t section_count;
    dsc_analogy_score semantic, syntactic, total; /* semantic: the first five sections */
} dsc_analogies;

/* Asks the questions of a file in the form of questions-words.txt: ": SECTION" begins a section, each other
   line has four words. In the scope; NULL on failure. Errors: a line of another form, with its number
   (DSC_ERROR_FORMAT); no question at all. The same counts for any number of threads and at every
   instruction-set level, and those of word2vec's compute-accuracy for 3CosAdd, which differs in one thing: it
   takes no answer whose cosine is not above 0. */
DSC_API const dsc_analogies *dsc_word_analogies(dsc_scope *scope, const dsc_word_vectors *vectors,
                                                const char *path, const dsc_word_test_options *options);

/* Pairs of words whose similarity people have judged, against the cosines of their vectors. */
typedef struct dsc_similarity {
    size_t pairs, found; /* in the file; those with both words there: the others are left out */
    double spearman; /* rank correlation of judgements and cosines, equal values at their mean rank; NaN: of
                        fewer than two pairs, or all judgements or all cosines are equal */
} dsc_similarity;

/* Reads a line a pair: two words and a number, tabs, else commas, else blanks between them; what follows is
   not looked at, nor a first line without a number (a head) and lines that begin with '#'. So are
   WordSim-353, SimLex-999, MEN and Rare Words as most programs come with them. Errors: a line of another
   form, with its number, no pair at all (DSC_ERROR_FORMAT); found is 0 then. */
DSC_API dsc_similarity dsc_word_similarity(dsc_scope *scope, const dsc_word_vectors *vectors,
                                           const char *path, const dsc_word_test_options *options);

/* Classes of words, as word2vec's -classes makes them: k-means on the sphere. Word i begins in class i mod
   classes; then, 10 times, each class gets the direction of the sum of its vectors, and each word goes to the
   class whose direction has the largest product with its vector, of equal ones to the first. */
typedef struct dsc_word_classes_options {
    size_t classes;    /* at most as many as words; 0: 500, or as many as words */
    size_t iterations; /* 0: 10 */
    int threads;       /* 0: the effective number; the classes are the same for all */
} dsc_word_classes_options;

/* The class of each word, 0 .. classes - 1; some may have no word. In the scope; NULL on failure: more
   classes than words (DSC_ERROR_ARGUMENT), memory. The same for any number of threads and at every
   instruction-set level. */
DSC_API const uint32_t *dsc_word_vectors_classes(dsc_scope *scope, const dsc_word_vectors *vectors,
                                                 const dsc_word_classes_options *options);

/* Principal components of vectors (Pearson 1901), in fp64 through LAPACK. */
typedef struct dsc_word_components {
    dsc_matrix scores;       /* (count, components): the vectors less their mean, along the directions */
    dsc_matrix directions;   /* (components, dimension): unit rows, the entry of largest size positive */
    const double *variances; /* of the scores, divided by count - 1, in falling order */
    double total;            /* variance along all directions */
} dsc_word_components;

/* The first `components` of them, 1 .. dimension, of at least two words. To map some words make a struct of
   those alone. In the scope; all zero on failure. The same bits for any number of threads on one core type of
   OpenBLAS (linalg.h). */
DSC_API dsc_word_components dsc_word_vectors_pca(dsc_scope *scope, const dsc_word_vectors *vectors,
                                                 size_t components);

#endif
