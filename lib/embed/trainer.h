/* trainer.h - the parts of a word2vec trainer. */
#ifndef DESCENT_EMBED_TRAINER_H
#define DESCENT_EMBED_TRAINER_H

#include <stdatomic.h>

#include <descent/embed.h>

#include "kernels/kernels.h"

/* Rows are dealt out by their number to shards; while what blocks changed is added up, one thread has a shard
   to itself. Their number changes no result. */
enum { DSCI_MOST_SHARDS = 256, DSCI_THREAD_SHARDS = 4 };

/* All that is trained, one row after the other: of each word its vector and, with negative sampling, its
   output; then, with hierarchical softmax, the inner nodes of the tree. Rows are whole vectors of 16 floats,
   zeros behind the dimension. */
typedef struct dsci_rows {
    float *data;
    size_t count, stride;
    size_t outputs, nodes; /* the rows where these begin */
} dsci_rows;

static inline float *dsci_row(const dsci_rows *rows, size_t row)
{
    return rows->data + row * rows->stride;
}

/* How likely each word is to be kept, and to be drawn as a negative sample. */
typedef struct dsci_sampling {
    uint32_t *keep; /* a word is kept if 32 random bits are not above this */
    struct dsci_alias_column {
        uint32_t threshold, alias;
    } * columns; /* Walker's alias table: column c gives c if 32 random bits are below the threshold, else
                    alias */
    size_t count;
} dsci_sampling;

void dsci_sampling_make(dsc_scope *scope, const dsc_vocabulary *vocabulary, double sample, bool negatives,
                        dsci_sampling *sampling);
uint32_t dsci_sampling_draw(const dsci_sampling *sampling, const uint32_t bits[2]);

/* A word's way from the root of Huffman's tree: the inner nodes and the turns at each. */
typedef struct dsci_tree {
    size_t *first;   /* of each word, and the end: where its way begins in the following */
    uint32_t *nodes; /* 0..words - 2 */
    uint8_t *turns;
    size_t longest;
} dsci_tree;

void dsci_tree_make(dsc_scope *scope, const uint64_t *counts, size_t count, dsci_tree *tree);

/* What a block changed: the numbers of the rows in order of their shard, and of each where its difference is,
   in strides. The block's copies of the rows are made there, and become differences in the end. */
typedef struct dsci_changes {
    uint32_t *rows, *places;
    float *copies; /* as many as the block's rows and a group's outputs */
    size_t first[DSCI_MOST_SHARDS + 1];
    double loss, pairs;
} dsci_changes;

typedef struct dsci_worker dsci_worker;

struct dsc_embedding {
    dsc_scope *scope;
    dsc_embed_options options; /* none is 0 where 0 means a default */
    const dsc_vocabulary *vocabulary;
    const dsc_corpus *corpus;
    const dsci_kernels *kernels;
    dsci_rows rows;
    dsci_sampling sampling;
    dsci_tree tree;
    dsci_changes *changes; /* of each block of a round */
    dsci_worker **workers; /* of each thread */
    uint16_t *touched;     /* of each row, by how many blocks of the round; NULL without most_deltas */
    size_t shards;
    atomic_size_t *taken; /* of each thread's blocks and shards in a round, a cache line each */
    uint64_t position;    /* in the text */
    size_t pass;
    double loss, pairs; /* of the pass */
    double *losses;     /* of the passes that are done */
    const char *recipe; /* what a checkpoint is compared by; NULL until the first */
};

/* The learning rate at a position. */
double dsci_embed_rate(const dsc_embedding *embedding);

/* --- A block --- */

/* Room for the changes of a block. */
void dsci_changes_make(dsc_embedding *embedding, dsci_changes *changes);

dsci_worker *dsci_worker_make(dsc_embedding *embedding);

/* Trains on the words first..last - 1 of the text, on copies of their rows, and says what changed; racy: on
   the rows themselves. */
void dsci_block_train(const dsc_embedding *embedding, dsci_worker *worker, uint64_t first, uint64_t last,
                      float rate, dsci_changes *changes);

/* --- Within a block --- */

/* A kept word. Of a centre the window holds the tokens that are its context, itself left out. */
typedef struct dsci_token {
    uint64_t position; /* in the text */
    uint32_t word;
    uint32_t input;    /* its local row */
    uint32_t sentence; /* the token that its sentence begins with */
    uint32_t radius;   /* of its window */
    uint32_t window_begin, window_end;
} dsci_token;

/* A row that only one group changes, as most samples, needs no copy: its values are read where they are, and
   what is written is the difference itself. */
typedef enum dsci_row_state {
    DSCI_ROW_UNCHANGED = 0, /* read in the vectors of all */
    DSCI_ROW_DIFFERENCE,    /* its place among the block's copies holds what one group changed */
    DSCI_ROW_COPIED         /* a copy that changes */
} dsci_row_state;

/* Rows are known by local numbers, in order of their first use. The place of a row is the copy of that
   number; a group's outputs that are copies take turns with the places behind. */
struct dsci_worker {
    dsci_token *tokens; /* the block's kept words and their neighbours */
    size_t token_count, centre_begin, centre_end;

    uint32_t *targets;    /* local rows that each centre predicts: its own output, the nodes of its way */
    float *labels;        /* of them */
    size_t *target_begin; /* of each centre, counted from centre_begin, and the end */
    uint32_t *negatives;  /* words drawn, for each group of centres */
    uint32_t *negative_rows;

    uint32_t *row_numbers; /* of each local row */
    float **local;         /* where its values are */
    uint8_t *states;       /* of each, a dsci_row_state */
    size_t row_count;
    uint32_t *slots; /* hash table of row_numbers: local row + 1, or 0 */
    size_t slot_mask;
    float *copies; /* of the block: its changes' own, or room for a group's outputs if it is racy */

    /* Of a group. Outputs are its distinct target rows. Sources are the rows that are multiplied with them.
     */
    uint32_t *outputs;
    float **fresh; /* of each output: its next values */
    size_t output_count;
    uint32_t *target_outputs, *negative_outputs; /* of the group's targets, of its samples */
    uint32_t *centres;                           /* whose windows a source is in */
    int32_t *output_of;                          /* of each local row its output, or -1 */
    float **sources;
    size_t *source_begin; /* of each source its pairs; and the end */
    size_t source_count, pair_count;
    uint32_t *pair_outputs;
    const float **pair_rows;
    float *scores, *pair_labels, *weights, *gradients;
    size_t *output_begin; /* of each output its pairs, once they are sorted by it; and the end */
    const float **sorted_rows;
    float *sorted_gradients;
    float *hidden, *errors; /* CBOW: of each centre of a group the context and its gradient */

    double loss, pairs;
};

/* Trains the centres begin..end - 1 on their windows, with the block's negative samples from `negatives` on.
 */
void dsci_group_train(const dsc_embedding *embedding, dsci_worker *worker, size_t begin, size_t end,
                      size_t negatives, float rate);

#endif
