/* corpus.h - a text as the numbers of its words.
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

#endif
