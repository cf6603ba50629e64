/* language.c - how well a model of language predicts a text. */
#include <descent/language.h>

#include <math.h>
#include <sleef.h>
#include <string.h>

#include "graph/model.h"
#include "language/writing.h"

/* Whether the network's logits are those of as many characters as there are. */
static bool fits(dsc_scope *scope, const dsc_node *logits, const dsc_characters *characters, size_t *steps)
{
    size_t shape[DSC_MAX_RANK];
    if (!logits || dsc_node_shape(logits, shape) != 2 || shape[1] != characters->count) {
        dsc_scope_fail(scope, DSC_ERROR_MISMATCH,
                       "model of language: expected logits (steps, %zu), one for each character of the "
                       "vocabulary, found %zu; the vocabulary belongs to another model",
                       characters->count, logits ? shape[1] : 0);
        return false;
    }
    *steps = shape[0];
    return true;
}

dsc_language *dsc_language_make(dsc_model *model, const dsc_characters *characters)
{
    dsc_language *made = model && characters ? dsc_scope_alloc(model->scope, 1, sizeof *made) : NULL;
    const dsc_node *logits = made ? dsc_model_node(model, "logits") : NULL;
    if (!logits || !fits(model->scope, logits, characters, &made->steps))
        return NULL;
    *made = (dsc_language){
        .model = model, .characters = characters, .steps = made->steps, .text = "", .text_sha256 = ""
    };
    made->tokens = dsc_scope_alloc(model->scope, made->steps, sizeof *made->tokens);
    const dsc_examples one = { .count = 1, .columns = { { "tokens", made->steps, .i32 = made->tokens } } };
    made->predictor = made->tokens ? dsc_predictor_make(model, logits, &one) : NULL;
    return made->predictor ? made : NULL;
}

void dsci_language_begin(dsc_language *language)
{
    size_t elements;
    void *state = dsc_model_state(language->model, &elements);
    memset(state, 0, elements * sizeof(float));
}

bool dsci_language_keeps_state(const dsc_language *language)
{
    return dsc_model_state_slices(language->model, NULL) > 0;
}

/* -log softmax(logits)[id] */
static double surprise(const float *logits, size_t count, size_t id)
{
    double largest = (double)logits[0], sum = 0;
    for (size_t i = 1; i < count; i++)
        largest = fmax(largest, (double)logits[i]);
    for (size_t i = 0; i < count; i++)
        sum += Sleef_cinz_expd1_u10purec((double)logits[i] - largest);
    return largest - (double)logits[id] + Sleef_cinz_logd1_u10purec(sum);
}

double dsc_language_loss(dsc_language *language, const int32_t *ids, size_t first, size_t count)
{
    if (!language || dsc_scope_status(language->model->scope) != DSC_OK)
        return NAN;
    dsc_scope *scope = language->model->scope;
    if (!ids || first == 0 || first >= count) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "model of language: expected a character to begin from and one to predict, found %zu "
                       "and %zu",
                       first, count > first ? count - first : 0);
        return NAN;
    }
    const size_t characters = language->characters->count;
    double sum = 0;
    dsci_language_begin(language);
    for (size_t at = first; at < count && dsc_scope_goes_on(scope); at += language->steps) {
        const size_t left = count - at, steps = left < language->steps ? left : language->steps;
        memset(language->tokens, 0, language->steps * sizeof *ids);
        memcpy(language->tokens, ids + at - 1, steps * sizeof *ids);
        const float *logits = dsc_predictor_run(language->predictor);
        for (size_t s = 0; logits && s < steps; s++)
            sum += surprise(logits + s * characters, characters, (size_t)ids[at + s]);
    }
    return dsc_scope_status(scope) == DSC_OK ? sum / (double)(count - first) : (double)NAN;
}
