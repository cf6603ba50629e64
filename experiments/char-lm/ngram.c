/* ngram.c - how well counts alone predict a text: the yardstick of every network. */
#include "char_lm.h"

#include <math.h>

static const dsc_param params[] = {
    TEXT_PARAMS,
    DSC_PARAM_REAL(struct hyperparameters, smoothing, "0.01", 1e-9, 100, "added to each count"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param = DSC_PARAM_INTEGER(struct hyperparameters, context, "0..6", 0, 16,
                                 "characters before it that are looked at (the order)"),
      .units = "1",
      .long_name = "characters before it" },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "validation_loss", "nat", "mean -log p of a character of the held out part", NULL },
    { "train_loss", "nat", "the same of the part that is counted, without smoothing's prior knowledge",
      NULL },
    { "uniform", "nat", "of a uniform guess", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "context=0..4 length=50000", "a generated text: seconds" },
    { "default", "seeds=1", "orders 0 to 6: seconds" },
    { 0 },
};

/* Of the counted part itself: what is predicted is a copy of what was counted. */
static double train_loss(dsc_scope *scope, const struct text *text, const struct hyperparameters *k)
{
    int32_t *twice = dsc_scope_alloc(scope, 2 * text->train, sizeof *twice);
    for (size_t i = 0; twice && i < 2 * text->train; i++)
        twice[i] = text->ids[i % text->train];
    return dsc_ngram_loss(scope, twice, text->train, 2 * text->train,
                          &(dsc_ngram_options){ .vocabulary = text->characters->count,
                                                .context = (size_t)k->context,
                                                .smoothing = k->smoothing });
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const struct text *text = dsc_cell_shared(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    dsc_put(cell, "validation_loss", text_ladder(scope, text, 1 + (size_t)k->context, k->smoothing));
    dsc_put(cell, "train_loss", train_loss(scope, text, k));
    dsc_put(cell, "uniform", text_ladder(scope, text, 0, k->smoothing));
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){
        .name = "loss",
        .title = "Counts of characters predict the next one",
        .x = "context",
        .x_label = "characters before it that are looked at",
        .y_label = "-log p (nats a character)",
        .series = { { .output = "validation_loss", .label = "held out part" },
                    { .output = "train_loss", .label = "counted part" },
                    { .output = "uniform", .label = "uniform guess", .style = DSC_SERIES_THEORY } },
    };
    return 1;
}

#define RUNG(sentence, order, nats)                                                                          \
    {                                                                                                        \
        .text = sentence, .expected = #nats " nats",                                                         \
        .needs = "data=tinyshakespeare held_out=0.1 smoothing=0.01 characters=utf8",                         \
        .measured = { .output = "validation_loss", .where = "context=" #order }, .units = "nats",            \
        .low = (nats)-1e-4, .high = (nats) + 1e-4                                                            \
    }

static const dsc_claims claims[] = {
    { .source = "Counting by definition",
      .setting = "tinyshakespeare, the last tenth predicted, 0.01 added to each count",
      .claims = DSC_CLAIMS(
          { .text = "A uniform guess costs log 65",
            .expected = "4.1744 nats",
            .needs = "data=tinyshakespeare characters=utf8",
            .measured = { .output = "uniform" },
            .units = "nats",
            .low = 4.1743,
            .high = 4.1745 },
          RUNG("Frequencies of characters", 0, 3.3473), RUNG("Counts of pairs of characters", 1, 2.4875),
          RUNG("Counts behind two characters", 2, 2.0658), RUNG("Counts behind three characters", 3, 1.7959),
          RUNG("Counts behind four characters", 4, 1.7704)) },
    { .source = NULL },
};

const dsc_case char_lm_ngram = {
    .name = "ngram",
    .summary = "Smoothed counts of what follows 0 to 6 characters: the ladder beside every network",
    .reference = "Jurafsky and Martin, Speech and Language Processing, chapter 3",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 1,
    .uses_data = true,
    .identify = text_identify,
    .prepare = text_prepare,
    .run = run,
    .figures = figures,
    .claims = claims,
};
