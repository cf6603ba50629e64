/* train.h - what `descent embed -train` is asked for. */
#ifndef EMBED_TRAIN_H
#define EMBED_TRAIN_H

#include <descent/embed.h>

#include "command.h"

/* word2vec.c's flags, and ours. Integers are those of the command line. */
typedef struct embed_training {
    const char *train, *output, *save_vocab, *read_vocab;
    int64_t size, window, hs, negative, iter, min_count, debug, binary, cbow, classes, seed;
    int64_t blocks, block_words, shared_windows;
    double alpha, sample, most_deltas;
    int threads;
    dsc_embed_context context;
    bool racy;
} embed_training;

extern const embed_training embed_training_default;
extern const cli_option embed_train_options[];

const char *embed_context_name(dsc_embed_context context);

/* False, and a failed scope, for what does not go together. */
bool embed_training_check(dsc_scope *scope, const embed_training *training);

dsc_embed_options embed_options_of(const embed_training *training);

/* `descent embed` without a verb behind it. */
dsc_exit embed_train(dsc_call *call);

#endif
