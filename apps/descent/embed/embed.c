/* embed.c - `descent embed`: word vectors, a verb a file. */
#include "embed.h"

#include <descent/value.h>

#include "train.h"

static const char *word_at(const void *vectors, size_t i)
{
    return ((const dsc_word_vectors *)vectors)->words[i];
}

size_t embed_find(dsc_scope *scope, const dsc_word_vectors *vectors, const char *path, const char *word)
{
    const size_t row = dsc_word_vectors_find(vectors, word);
    const char *nearest = row == SIZE_MAX ? dsc_nearest_name(word, vectors->count, word_at, vectors) : NULL;
    if (row == SIZE_MAX && nearest)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown word '%s': did you mean '%s'?", word, nearest);
    else if (row == SIZE_MAX)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "unknown word '%s': none of the %zu words in '%s' is spelled like it", word,
                       vectors->count, path);
    return row;
}

void embed_read_format(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    (void)option;
    *(dsc_vector_format *)field = dsc_vector_format_parse(scope, text);
}

void embed_say_mended(cli_terminal *terminal, const char *path, const dsc_text_mended *mended)
{
    if (mended->invalid_bytes)
        cli_say(terminal, CLI_TONE_WARNING,
                "%s: %llu bytes are not UTF-8, the first at byte %llu; they became U+FFFD", path,
                (unsigned long long)mended->invalid_bytes, (unsigned long long)mended->first_invalid);
    if (mended->cut_words)
        cli_say(terminal, CLI_TONE_WARNING, "%s: %llu words were cut to %d bytes, the first at byte %llu",
                path, (unsigned long long)mended->cut_words, DSC_WORD_BYTES,
                (unsigned long long)mended->first_cut);
}

static const dsc_verb *const verbs[] = { &embed_verb_accuracy, &embed_verb_similarity, &embed_verb_neighbours,
                                         &embed_verb_analogy,  &embed_verb_convert,    &embed_verb_phrases,
                                         &embed_verb_svd,      &embed_verb_glove,      NULL };

const dsc_verb dsc_verb_embed = {
    .name = "embed",
    .words = "[VERB]",
    .summary = "word vectors: train them, judge them, ask and convert them",
    .verbs = verbs,
    .options = embed_train_options,
    .run = embed_train,
    .examples = "  descent embed -train text.txt -output vec.bin -size 200 -cbow 0 -sample 1e-4 -binary 1\n"
                "  descent embed accuracy vec.bin questions-words.txt\n"
                "  descent embed neighbours vec.bin paris berlin\n"
                "  descent embed analogy vec.bin man woman king\n"
                "  descent embed convert vec.bin vec.txt --format text\n",
};
