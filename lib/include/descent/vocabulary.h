/* vocabulary.h - the words of a text, counted.
 *
 *     const dsc_vocabulary *words = dsc_vocabulary_count(scope, "wiki.txt.gz", NULL);
 *     dsc_vocabulary_write(scope, words, "vocabulary.txt");
 *
 * What a word is, is word2vec.c's (Mikolov et al. 2013, arXiv 1301.3781, and its program): bytes between
 * spaces, tabs and line feeds; carriage returns are dropped; each line feed is a word of its own, "</s>".
 * Unlike there the last word of a text counts without a line feed behind it, bytes that are not UTF-8 become
 * U+FFFD, and words longer than DSC_WORD_BYTES are cut between two characters: the result tells how many and
 * where. Texts may be compressed by gzip. All results are the same for any number of threads.
 */
#ifndef DESCENT_VOCABULARY_H
#define DESCENT_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>

enum {
    DSC_WORD_BYTES = 1000,           /* of a word, at most */
    DSC_VOCABULARY_MOST = 1000000000 /* words of a vocabulary */
};

/* What had to be mended in a text, and the first place of each kind: its byte of the (unpacked) text, counted
   from 0. */
typedef struct dsc_text_mended {
    uint64_t invalid_bytes, first_invalid; /* not UTF-8 (RFC 3629), or zero */
    uint64_t cut_words, first_cut; /* longer than DSC_WORD_BYTES: occurrences, where the first begins */
} dsc_text_mended;

typedef struct dsc_vocabulary {
    size_t count; /* words, by falling count, ties in the order of their bytes; word 0 is "</s>", the
                     end of a line, whatever its count */
    const char *const *words; /* UTF-8, without white space, each ended by a zero byte */
    const uint64_t *counts;   /* of each in the text; of "</s>" the line ends */
    uint64_t total;           /* of all counts */

    uint64_t text_words;      /* all words of the text, line ends among them: total + dropped_total */
    uint64_t text_distinct;   /* different words that were seen, "</s>" among them; with forgotten words an
                                 upper bound, as some are seen again */
    uint64_t dropped;         /* different words that were left out, being rarer than min_count or beyond
                                 max_words, or forgotten */
    uint64_t dropped_total;   /* how often they occur */
    uint64_t forgotten;       /* of those dropped: forgotten while counting, because of the table's limit */
    uint64_t most_undercount; /* no count is too small by more than this; 0: nothing was forgotten */
    dsc_text_mended mended;   /* in the text; zeros of a vocabulary that was read from a file */
    const void *index;        /* for dsc_vocabulary_find() */
} dsc_vocabulary;

/* Zeros mean the defaults. */
typedef struct dsc_vocabulary_options {
    uint64_t min_count; /* words that occur less often are dropped; 0: 5 (1 keeps all) */
    size_t max_words; /* the most frequent ones that are kept, "</s>" not counted; 0: as many as there are */
    size_t table_limit; /* different words that are held while counting; 0: 21 million, as in word2vec.c. When
                           there are more (looked at every 8 MiB of text), the rarest are forgotten until
                           three quarters of the limit are left, and the result says so. A word takes about 70
                           bytes of memory */
    int threads;        /* 0: as many as dsc_threads_choose() finds */
} dsc_vocabulary_options;

/* Counts the words of a text: a file, which is mapped into memory if it is a plain one, or a pipe. options
   may be NULL. Errors: a file that cannot be read (DSC_ERROR_FILE); one that is not text, a damaged gzip
   file, no word that occurs min_count times (DSC_ERROR_FORMAT, and what was found); out of memory. NULL after
   one. */
DSC_API const dsc_vocabulary *dsc_vocabulary_count(dsc_scope *scope, const char *path,
                                                   const dsc_vocabulary_options *options);

/* Reads a vocabulary as word2vec.c's -save-vocab writes it: lines of a word, a space and its count. Words are
   sorted again, and dropped as the options say; "</s>" is word 0 wherever it stands, of count 0 if it is
   missing. A word that is not UTF-8 has U+FFFD for what is wrong. Errors name the line: no count, no word,
   more than two things on a line, a count that is negative or beyond 64 bits, a word twice, a sum of counts
   beyond 64 bits, a word longer than DSC_WORD_BYTES (DSC_ERROR_FORMAT). */
DSC_API const dsc_vocabulary *dsc_vocabulary_read(dsc_scope *scope, const char *path,
                                                  const dsc_vocabulary_options *options);

/* Writes it in that form, replacing the file at once (dsc_file_replace()). */
DSC_API dsc_status dsc_vocabulary_write(dsc_scope *scope, const dsc_vocabulary *vocabulary, const char *path);

/* Where a word, given by its first byte and its length, stands in the vocabulary; SIZE_MAX if it does not. */
DSC_API size_t dsc_vocabulary_find(const dsc_vocabulary *vocabulary, const char *word, size_t length);

#endif
