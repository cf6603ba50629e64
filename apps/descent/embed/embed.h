/* embed.h - the verbs of `descent embed`. */
#ifndef EMBED_H
#define EMBED_H

#include <descent/vocabulary.h>
#include <descent/word_vectors.h>

#include "command.h"

/* One row a verb, in its own file. */
extern const dsc_verb embed_verb_accuracy, embed_verb_analogy, embed_verb_convert, embed_verb_neighbours,
    embed_verb_phrases, embed_verb_similarity;
extern const dsc_verb embed_verb_glove, embed_verb_svd;

/* The kind of option that is a dsc_vector_format. */
cli_option_read_fn embed_read_format;

/* Says what had to be mended in a text. */
void embed_say_mended(cli_terminal *terminal, const char *path, const dsc_text_mended *mended);

/* The row of a word, SIZE_MAX and a failed scope with the nearest word there is if it is none. */
size_t embed_find(dsc_scope *scope, const dsc_word_vectors *vectors, const char *path, const char *word);

#endif
