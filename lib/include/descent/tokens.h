/* tokens.h - documents cut into words, as numbers of a vocabulary, as sequences, as counts of n-grams.
 *
 *     const dsc_vocabulary *words = dsc_tokens_vocabulary(scope, reviews, NULL, NULL);
 *     const dsc_tokens_lists *lists = dsc_tokens_read(scope, reviews, words, NULL);
 *     const int32_t *tokens = dsc_tokens_sequences(scope, lists, &(dsc_sequence_options){ .steps = 500 });
 *
 *     const dsc_ngrams *grams = dsc_ngrams_count(scope, lists, &(dsc_ngrams_options){ .longest = 2 });
 *     dsc_sparse x = dsc_ngrams_rows(scope, grams, lists, &(dsc_weighting){ .binary = true });
 */
#ifndef DESCENT_TOKENS_H
#define DESCENT_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/documents.h>
#include <descent/export.h>
#include <descent/scope.h>
#include <descent/sparse.h>
#include <descent/vocabulary.h>

/* Where one token ends and the next begins. */
typedef enum dsc_token_rule {
    /* For running text. A word is a run of letters, digits and underscores; an apostrophe (' or U+2019, which
       becomes ') between two of them is part of it. Every other character that is not blank is a token of its
       own. Of characters beyond ASCII, punctuation (U+00A1 to U+00BF but for U+00AA, U+00B5 and U+00BA;
       U+00D7, U+00F7, U+2010 to U+205E, U+3001 to U+303F) is that, blanks (U+0085, U+00A0, U+2000 to U+200F,
       U+2028, U+2029, U+202F, U+3000) are blanks, and all else are letters. Controls are blanks, and so is
       the line break of HTML ("<br>", "<br/>", "<br />"). */
    DSC_TOKENS_WORDS = 0,
    DSC_TOKENS_BLANKS /* for text that was cut before: tokens are what stands between ASCII blanks */
} dsc_token_rule;

/* Zeros mean the defaults. Letters are made small (A to Z and U+00C0 to U+00DE) unless keep_case. A token
   that is longer than DSC_WORD_BYTES loses what is beyond, between two characters. */
typedef struct dsc_token_options {
    dsc_token_rule rule;
    bool keep_case;
    bool drop_punctuation; /* with DSC_TOKENS_WORDS: the tokens that are no words are left out */
} dsc_token_options;

/* The tokens of documents, counted (vocabulary.h; options may be NULL). Errors: no token that occurs
   min_count times (DSC_ERROR_FORMAT), out of memory. NULL after one. */
DSC_API const dsc_vocabulary *dsc_tokens_vocabulary(dsc_scope *scope, const dsc_documents *documents,
                                                    const dsc_token_options *options,
                                                    const dsc_vocabulary_options *vocabulary_options);

/* Documents as numbers: a word of the vocabulary is its place there, 1 and above; a token that is not among
   them is `unknown`, the vocabulary's count; 0, the place of "</s>", stands for nothing and pads sequences.
   An embedding of them has unknown + 1 rows. */
typedef struct dsc_tokens_lists {
    size_t count;         /* of documents */
    const size_t *starts; /* count + 1: document i has the ids starts[i]..starts[i + 1] - 1 */
    const uint32_t *ids;
    uint32_t unknown;
    uint64_t unknown_total;           /* tokens that are not in the vocabulary */
    const dsc_vocabulary *vocabulary; /* that they were read with */
} dsc_tokens_lists;

/* Reads documents with a vocabulary of the same or other documents; the options are those that it was made
   with. NULL if the scope fails. */
DSC_API const dsc_tokens_lists *dsc_tokens_read(dsc_scope *scope, const dsc_documents *documents,
                                                const dsc_vocabulary *vocabulary,
                                                const dsc_token_options *options);

/* The documents named by index, in that order: a copy. */
DSC_API const dsc_tokens_lists *dsc_tokens_select(dsc_scope *scope, const dsc_tokens_lists *lists,
                                                  const uint32_t *index, size_t count);

/* Zeros mean the defaults. */
typedef struct dsc_sequence_options {
    size_t steps;      /* of each sequence; at least 1 */
    bool keep_first;   /* of a longer document the first tokens are kept; by default the last ones are */
    bool pad_in_front; /* of a shorter one; by default zeros stand behind it, as dsc_lengths() counts */
    size_t most_ids;   /* ids from here on are taken for unknown, which is then this number: the vocabulary
                          without its rarer words. 0: all are kept */
} dsc_sequence_options;

/* Sequences of one length, count x steps, for dsc_tokens(). Sizes that overflow fail the scope. */
DSC_API const int32_t *dsc_tokens_sequences(dsc_scope *scope, const dsc_tokens_lists *lists,
                                            const dsc_sequence_options *options);

/* All that makes the numbers a network reads of a text: kept as a note of the model's file (train.h), so that
   a model that is read back gives the same numbers for the same text.

       dsc_attribute note = { "reader", dsc_reader_text(scope, &reader) };
       dsc_model_save_with(model, "lstm.h5", &note, 1);
       const dsc_reader *kept = dsc_reader_parse(scope, dsc_model_note(scope, "lstm.h5", "reader"));
 */
typedef struct dsc_reader {
    const dsc_vocabulary *vocabulary;
    dsc_token_options tokens;
    dsc_sequence_options sequences;
} dsc_reader;

/* It as text, in the scope: a line of the options, then one for each word with its count. */
DSC_API const char *dsc_reader_text(dsc_scope *scope, const dsc_reader *reader);

/* It from that text (NULL fails). What is no such text is refused with the line (DSC_ERROR_FORMAT). NULL
   after an error. */
DSC_API const dsc_reader *dsc_reader_parse(dsc_scope *scope, const char *text);

/* An order of the documents in which each `batch` that follow one another are about as long: sorted by length
   (ties as they stand), cut into batches, the batches in the random order of seed and epoch, the smaller last
   one at its end. NULL if the scope fails. */
DSC_API const uint32_t *dsc_tokens_batches(dsc_scope *scope, const dsc_tokens_lists *lists, size_t batch,
                                           uint64_t seed, uint32_t epoch);

/* Words that follow one another in a document, which may not have an unknown one between them. */
enum { DSC_LONGEST_NGRAM = 3 };

typedef struct dsc_ngrams {
    size_t count; /* different ones, in the order of their first occurrence, which of several that begin with
                     one token is the shortest's */
    const uint32_t (*ids)[DSC_LONGEST_NGRAM]; /* of their words, zeros behind shorter ones */
    const uint32_t *documents;                /* that each occurs in */
    size_t document_count;                    /* that were counted */
    size_t seen; /* different ones before those that are too rare, or beyond most, were left out */
    const dsc_vocabulary *vocabulary;
    const void *index;
} dsc_ngrams;

/* Zeros mean the defaults. */
typedef struct dsc_ngrams_options {
    size_t longest;         /* words of the longest; 0: 1 */
    uint32_t min_documents; /* in which one must occur; 0: 1 */
    size_t most;            /* that are kept: those in most documents, of equals the first; 0: all */
} dsc_ngrams_options;

/* Counts the n-grams of 1 to longest words. Errors: longest beyond DSC_LONGEST_NGRAM, no n-gram in
   min_documents documents (DSC_ERROR_FORMAT), more than 2^32 - 2 of them, out of memory. NULL after one. */
DSC_API const dsc_ngrams *dsc_ngrams_count(dsc_scope *scope, const dsc_tokens_lists *lists,
                                           const dsc_ngrams_options *options);

/* An n-gram as text: its words with blanks between. In the scope. */
DSC_API const char *dsc_ngram_text(dsc_scope *scope, const dsc_ngrams *grams, size_t gram);

/* What stands for an n-gram that occurs tf times in a document. All false: tf. */
typedef struct dsc_weighting {
    bool binary;    /* 1 */
    bool sublinear; /* 1 + log tf */
    bool inverse;   /* times log((1 + n) / (1 + df)) + 1, of n documents that were counted df had it:
                       scikit-learn's smoothed inverse document frequency */
    bool unit;      /* rows are divided by their Euclidean norm */
} dsc_weighting;

/* A row for each document, a column for each n-gram; n-grams that were not counted are left out. A row's
   columns stand in the order of their first occurrence in the document. The lists must have been read with
   the vocabulary of the n-grams' (DSC_ERROR_MISMATCH). rows is 0 after an error. */
DSC_API dsc_sparse dsc_ngrams_rows(dsc_scope *scope, const dsc_ngrams *grams, const dsc_tokens_lists *lists,
                                   const dsc_weighting *weighting);

#endif
