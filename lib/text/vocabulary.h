/* vocabulary.h - making vocabularies of counted words, and finding words by their hash. */
#ifndef DESCENT_TEXT_VOCABULARY_H
#define DESCENT_TEXT_VOCABULARY_H

#include <descent/vocabulary.h>

#include "text/word_table.h"

/* What stands for the end of a line. */
#define DSCI_LINE_END "</s>"

/* All counted words, in any order, "</s>" not among them; the array is sorted. The rest of *counted are the
   numbers that are known before: text_words, forgotten with dropped_total, most_undercount, mended. path is
   for messages. */
const dsc_vocabulary *dsci_vocabulary_make(dsc_scope *scope, const char *path, dsci_counted_word *words,
                                           size_t count, uint64_t line_ends, const dsc_vocabulary *counted,
                                           const dsc_vocabulary_options *options);

/* The words of tables in one array, to be freed, "</s>" not among them: its count is added to *line_ends.
   NULL if memory is out; else *count of them. The tables keep the bytes. */
dsci_counted_word *dsci_vocabulary_gather(const dsci_word_table *tables, size_t table_count, size_t *count,
                                          uint64_t *line_ends);

/* dsc_vocabulary_find() of a word whose hash is known. */
size_t dsci_vocabulary_lookup(const dsc_vocabulary *vocabulary, const dsci_word *word);

#endif
