/* language_sampling.c - texts that a model of language writes. */
#include <math.h>
#include <sleef.h>
#include <string.h>

#include <descent/rng.h>

#include "graph/model.h"
#include "language/writing.h"

/* A text that is being written. */
struct writer {
    dsc_language *language;
    const dsc_language_sampling *options;
    double temperature, *weights;
    int32_t *ids; /* the prime, then what is written */
    size_t count;
};

/* The size of the k-th largest logit: what is smaller is not drawn. */
static double threshold(const struct writer *w, const float *logits)
{
    const size_t count = w->language->characters->count, k = w->options->top_k;
    double *sorted = w->weights;
    if (k == 0 || k >= count)
        return -INFINITY;
    for (size_t i = 0; i < count; i++) { /* by insertion: there are few */
        size_t at = i < k ? i : k;
        const double value = (double)logits[i];
        for (; at > 0 && sorted[at - 1] < value; at--)
            if (at < k)
                sorted[at] = sorted[at - 1];
        if (at < k)
            sorted[at] = value;
    }
    return sorted[k - 1];
}

/* Draws from softmax(logits / temperature) among the most likely ones. */
static int32_t draw(const struct writer *w, const float *logits, uint64_t position)
{
    const size_t count = w->language->characters->count;
    const double least = threshold(w, logits);
    double largest = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, (double)logits[i]);
    for (size_t i = 0; i < count; i++) {
        const double distance = ((double)logits[i] - largest) / w->temperature;
        sum += w->weights[i] = (double)logits[i] < least ? 0 : Sleef_cinz_expd1_u10purec(distance);
    }
    const dsc_rng rng = dsc_rng_make(w->options->seed, DSC_STREAM_SAMPLING);
    double rest = dsc_rng_uniform(rng, 0, position) * sum;
    size_t last = 0;
    for (size_t i = 0; i < count; i++) {
        if (w->weights[i] == 0)
            continue;
        last = i;
        if (rest < w->weights[i])
            break;
        rest -= w->weights[i];
    }
    return (int32_t)last;
}

/* The logits behind the last character, of which all before were read if the network keeps its state. */
static const float *next_logits(const struct writer *w, size_t read)
{
    dsc_language *l = w->language;
    const size_t steps = l->steps, characters = l->characters->count;
    const float *logits = NULL;
    if (dsci_language_keeps_state(l)) {
        for (; read < w->count; read++) {
            l->tokens[0] = w->ids[read];
            if (!(logits = dsc_predictor_run(l->predictor)))
                return NULL;
        }
        return logits;
    }
    const size_t seen = w->count < steps ? w->count : steps;
    memset(l->tokens, 0, steps * sizeof *l->tokens);
    memcpy(l->tokens, w->ids + w->count - seen, seen * sizeof *l->tokens);
    logits = dsc_predictor_run(l->predictor);
    return logits ? logits + (seen - 1) * characters : NULL;
}

/* The numbers of the characters before the first that is written. */
static dsc_character_ids read_prime(dsc_scope *scope, const dsc_language *l, const char *prime)
{
    if (prime) {
        const dsc_bytes text = { (unsigned char *)(uintptr_t)prime, strlen(prime) };
        return dsc_characters_number(scope, l->characters, text, "the prime");
    }
    int32_t *first = dsc_scope_alloc(scope, 1, sizeof *first);
    for (size_t i = 0; first && i < l->characters->count; i++)
        if (l->characters->codes[i] == '\n')
            *first = (int32_t)i;
    return (dsc_character_ids){ first, 1 };
}

static bool check(dsc_scope *scope, const dsc_language *l, const dsc_language_sampling *options,
                  const dsc_character_ids *prime)
{
    const bool keeps = dsci_language_keeps_state(l);
    if (!(options->temperature >= 0) || !isfinite(options->temperature))
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "sample: expected a temperature above 0, found %g",
                       options->temperature);
    else if (keeps && l->steps != 1)
        dsc_scope_fail(scope, DSC_ERROR_MISMATCH,
                       "sample: expected a recurrent network of one step that keeps its state, found one of "
                       "%zu steps",
                       l->steps);
    else if (!keeps && prime->count > l->steps)
        dsc_scope_fail(
            scope, DSC_ERROR_MISMATCH,
            "sample: the prime has %zu characters, and the model positions for %zu; give a shorter "
            "one",
            prime->count, l->steps);
    return dsc_scope_status(scope) == DSC_OK;
}

dsc_character_ids dsc_language_sample(dsc_scope *scope, dsc_language *language,
                                      const dsc_language_sampling *options)
{
    const dsc_character_ids none = { NULL, 0 };
    if (!language || !options || dsc_scope_status(scope) != DSC_OK)
        return none;
    const dsc_character_ids prime = read_prime(scope, language, options->prime);
    if (!prime.ids || !check(scope, language, options, &prime))
        return none;
    struct writer w = { .language = language,
                        .options = options,
                        .temperature = options->temperature > 0 ? options->temperature : 1,
                        .weights = dsc_scope_alloc(scope, language->characters->count, sizeof *w.weights),
                        .count = prime.count };
    if (options->length <= SIZE_MAX - prime.count)
        w.ids = dsc_scope_alloc(scope, prime.count + options->length, sizeof *w.ids);
    if (!w.ids || !w.weights)
        return none;
    memcpy(w.ids, prime.ids, prime.count * sizeof *w.ids);
    dsci_language_begin(language);
    for (size_t i = 0; i < options->length; i++) {
        const float *logits = next_logits(&w, i == 0 ? 0 : w.count - 1);
        if (!logits || !dsc_scope_goes_on(language->model->scope)) {
            dsc_scope_adopt_error(scope, language->model->scope);
            return none;
        }
        w.ids[w.count++] = draw(&w, logits, i);
    }
    return (dsc_character_ids){ w.ids + prime.count, options->length };
}
