/* corpus.h - a text as the numbers of its words, and with its phrases joined.
 *
 *     const dsc_corpus *text = dsc_corpus_read(scope, "wiki.txt.gz", words, NULL);
 *     for (uint64_t i = 0; i < text->count; i++)
 *         use(words->words[text->ids[i]]);
 */
#ifndef DESCENT_CORPUS_H
#define DESCENT_CORPUS_H

#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>
#include <descent/vocabulary.h>

typedef struct dsc_corpus {
    const uint32_t *ids; /* the words in order, 0 ("</s>") at each line end; words that are not in the
                            vocabulary are left out. In memory, or mapped from an unnamed file */
    uint64_t count;
    uint64_t unknown;       /* words that were left out */
    dsc_text_mended mended; /* what had to be mended in the text */
    int mapped;             /* whether the ids are in a file */
} dsc_corpus;

/* Zeros mean the defaults. */
typedef struct dsc_corpus_options {
    int threads;           /* 0: as many as dsc_threads_choose() finds */
    const char *directory; /* of the file that holds the ids when memory does not; NULL: $TMPDIR, else /tmp */
    size_t memory; /* bytes of ids that are kept in memory before that; 0: an eighth of what the process
                      can use (dsc_memory_get()) */
} dsc_corpus_options;

/* Reads a text (as dsc_vocabulary_count() does) into numbers. options may be NULL. The file with the ids has
   no name and is gone with the scope. Errors, beside those of reading: a disk that is full or cannot be
   written, which names the directory (DSC_ERROR_FILE); no word of the vocabulary in the text
   (DSC_ERROR_MISMATCH). NULL after one. */
DSC_API const dsc_corpus *dsc_corpus_read(dsc_scope *scope, const char *path,
                                          const dsc_vocabulary *vocabulary,
                                          const dsc_corpus_options *options);

/* Zeros mean the defaults. */
typedef struct dsc_phrases_options {
    uint64_t min_count; /* of both words and of the pair; 0: 5 */
    double threshold; /* of the score: higher means fewer phrases; 0: 100 (a tiny number joins whatever occurs
                         more than min_count times) */
    size_t table_limit; /* different words and pairs that are held, as in <descent/vocabulary.h> */
    int threads;        /* 0: as many as dsc_threads_choose() finds */
} dsc_phrases_options;

typedef struct dsc_phrases {
    uint64_t words, joined;   /* of the text, line ends not among them; pairs that were joined */
    uint64_t distinct;        /* different words and pairs that were held at last */
    uint64_t forgotten;       /* of them, because of the table's limit; then no count is too small by more */
    uint64_t most_undercount; /*   than this */
    dsc_text_mended mended;   /* in the text */
} dsc_phrases;

/* Writes a text with its phrases joined by '_': "new york" becomes "new_york" where the two words stand
   together far more often than their counts would have it (Mikolov et al. 2013, arXiv 1310.4546, equation 6,
   as word2phrase.c scales it):

       (count(a b) - min_count) / count(a) / count(b) * words > threshold

   From left to right, and a word is joined only once; the result, read again, gives phrases of three and four
   words. Words and pairs are counted in one table: a word "new_york" of the text counts for the pair. Unlike
   there no pair reaches across a line end, and nothing of a pair that would be longer than DSC_WORD_BYTES is
   joined. The words of a line are written with one space between them. `to` is replaced at once when all is
   written (dsc_file_replace()); it may be the text itself. The text is read twice. Errors: those of reading
   and writing; a threshold that is negative or not finite (DSC_ERROR_ARGUMENT); a text that changed between,
   as a pipe does (DSC_ERROR_FILE). NULL after one. */
DSC_API const dsc_phrases *dsc_phrases_write(dsc_scope *scope, const char *from, const char *to,
                                             const dsc_phrases_options *options);

#endif
