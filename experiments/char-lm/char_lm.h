/* char_lm.h - the cases of the character-level language models, and what they share. */
#ifndef CHAR_LM_H
#define CHAR_LM_H

#include <descent.h>

extern const dsc_case char_lm_lstm, char_lm_gru, char_lm_rnn, char_lm_transformer, char_lm_ngram;

/* Parameters and axes of all cases. */
struct hyperparameters {
    int64_t length, text_seed; /* of generated text */
    const char *characters;
    int64_t context, iterations, batch, steps, units, layers, heads;
    double held_out, smoothing, lr, lr_end, warmup, beta2, clip, dropout, decay;
};

#define TEXT_PARAMS                                                                                          \
    DSC_PARAM_CHOICE(struct hyperparameters, characters, "utf8", "utf8|byte",                                \
                     "what the text of --data is a sequence of"),                                            \
        DSC_PARAM_REAL(struct hyperparameters, held_out, "0.1", 0.001, 0.9,                                  \
                       "share at the text's end that is predicted, not trained on"),                         \
        DSC_PARAM_INTEGER(struct hyperparameters, length, "200000", 100, 100000000,                          \
                          "characters of the generated text, without --data"),                               \
        DSC_PARAM_INTEGER(struct hyperparameters, text_seed, "1", 0, 4294967295,                             \
                          "seed of the generated text")

/* A text in two parts: ids[0..train - 1] are trained on, ids[train..count - 1] predicted. */
struct text {
    const dsc_characters *characters;
    const int32_t *ids;
    size_t train, count;
    const char *name, *sha256; /* of its file; of generated text a description and "" */
};

/* Names the text's file, which is --data itself or tinyshakespeare's in that directory. */
void text_identify(dsc_data_notes *notes, const void *hyperparameters, const char *data);

/* Reads or generates it; a struct text, in the scope. */
void *text_prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters, const char *data);

/* A generated text of `length` characters: dialogues by a small grammar. The scope owns it. */
dsc_bytes generated_text(dsc_scope *scope, size_t length, uint64_t seed);

/* Counts of what follows up to 4 characters; the first is without counts: a uniform guess. */
enum { LADDER = 6 };
double text_ladder(dsc_scope *scope, const struct text *text, size_t rung, double smoothing);

#endif
