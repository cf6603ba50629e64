/* language.h - models of language: how well they predict a text, what they write, and their files.
 *
 *     const dsc_language *language = dsc_language_load(scope, "lstm.h5");
 *     const dsc_language_sampling sampling = { .length = 500, .temperature = 0.8, .prime = "KING " };
 *     const dsc_character_ids written = dsc_language_sample(scope, language, &sampling);
 *
 * A model of language reads the characters "tokens" (steps) and gives "logits" (steps, characters) of each
 * next one. A recurrent network that keeps the state of one sequence (.stateful = 1) goes on where it was,
 * whatever its steps are; any other sees as many characters back as it has steps.
 */
#ifndef DESCENT_LANGUAGE_H
#define DESCENT_LANGUAGE_H

#include <descent/characters.h>
#include <descent/train.h>

typedef struct dsc_language {
    dsc_model *model;
    const dsc_characters *characters;
    size_t steps;
    const char *text, *text_sha256; /* what it was trained on, and its digest; "" where it says nothing */
    dsc_predictor *predictor;
    int32_t *tokens; /* that the predictor reads */
} dsc_language;

/* A compiled model (for inference, on one thread if it is small) as one of language. Lives as long as the
   model. Errors: no "tokens" or "logits", or as many of them as there are characters (DSC_ERROR_MISMATCH).
   NULL after one. */
DSC_API dsc_language *dsc_language_make(dsc_model *model, const dsc_characters *characters);

/* The mean over ids[first..count - 1] of -log p, in nats, each predicted from those before it: with the state
   carried over from zeros before `first` on, or in windows of `steps` one after the other. first is at
   least 1. NaN after an error, which is in the model's scope. */
DSC_API double dsc_language_loss(dsc_language *language, const int32_t *ids, size_t first, size_t count);

/* Zeros mean the defaults. */
typedef struct dsc_language_sampling {
    size_t length;      /* characters */
    double temperature; /* the logits are divided by it; 0: 1 */
    size_t top_k;       /* the most likely ones that may be drawn; 0: all */
    const char *prime;  /* what is read before, UTF-8 or bytes as the characters are; NULL: a line feed, if
                           there is one among the characters, else the first of them */
    uint64_t seed;      /* character i is drawn at position i of the stream SAMPLING */
} dsc_language_sampling;

/* The numbers of the characters that it writes behind the prime; the same on any number of threads. In the
   scope. Errors: a temperature that is not above 0 (DSC_ERROR_ARGUMENT); a prime with other characters, or,
   of a model without state, longer than its steps (DSC_ERROR_MISMATCH). */
DSC_API dsc_character_ids dsc_language_sample(dsc_scope *scope, dsc_language *language,
                                              const dsc_language_sampling *options);

/* Saves the model with its vocabulary and the text it was trained on (a path or a description, and a SHA-256
   in hexadecimal or NULL), all in one file. */
DSC_API dsc_status dsc_language_save(dsc_language *language, const char *path, const char *text,
                                     const char *text_sha256);

/* Reads such a file. Errors, beside those of dsc_model_load(): a model without a vocabulary, or one that does
   not fit it (DSC_ERROR_MISMATCH). NULL after one. */
DSC_API dsc_language *dsc_language_load(dsc_scope *scope, const char *path);

#endif
