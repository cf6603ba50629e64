/* cases.c - models that predict the next character of a text, each beside what counting alone predicts. */
#include "char_lm.h"

const dsc_experiment char_lm_experiment = {
    .name = "char-lm",
    .summary = "Networks that predict the next character of a text, beside counts of its neighbours",
    .reference = "Karpathy, The Unreasonable Effectiveness of Recurrent Neural Networks, 2015; nanoGPT, 2022",
    .cases = (const dsc_case *const[]){ &char_lm_lstm, &char_lm_gru, &char_lm_rnn, &char_lm_transformer,
                                        &char_lm_ngram, NULL },
    .version = "1",
};
