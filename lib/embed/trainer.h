/* trainer.h - the parts of a word2vec trainer. */
#ifndef DESCENT_EMBED_TRAINER_H
#define DESCENT_EMBED_TRAINER_H

#include <stdatomic.h>

#include <descent/embed.h>

#include "kernels/kernels.h"

/* Rows are dealt out by their number to shards; while what blocks changed is added up, one thread has a shard
   to itself. Their number changes no result. */
enum { DSCI_MOST_SHARDS = 256, DSCI_THREAD_SHARDS = 4 };

enum { DSCI_ROUND_PHASES = 4, DSCI_CACHE_LINE = 64 };

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

/* A kept word. Of a centre the window holds the tokens that are its context, itself left out. */
typedef struct dsci_token {
    uint64_t position; /* in the text */
    uint32_t word;
    uint32_t input;    /* its local row */
    uint32_t sentence; /* the token that its sentence begins with */
    uint32_t radius;   /* of its window */
    uint32_t window_begin, window_end;
} dsci_token;

/* A block of the text: first what it is trained on, then what training changes. Its rows are known by local
   numbers, in order of their first use. A row that no other block of the round uses is trained where it is;
   of the others the block trains copies, that are made when they are first changed. */
typedef struct dsci_block {
    dsci_token *tokens; /* the kept words and their neighbours outside the block */
    size_t token_count, centre_begin, centre_end;
    uint32_t *targets;    /* local rows that each centre predicts: its own output, the nodes of its way */
    float *labels;        /* of them */
    size_t *target_begin; /* of each centre, counted from centre_begin, and the end */
    uint32_t *negatives;  /* words drawn, for each group of centres */
    uint32_t *negative_rows;

    uint32_t *rows; /* of each local row its number in the vectors */
    size_t row_count;
    uint32_t *by_shard; /* local rows in order of their shard */
    size_t shard_begin[DSCI_MOST_SHARDS + 1];
    bool *shared; /* of each in that order, whether another block of the round uses the row */

    float **values, **places; /* of each local row where its values are, and where new ones are written */
    float *copies;            /* room for as many as there are rows */
    double loss, pairs;
} dsci_block;

/* A row that blocks of a round use, and the place behind its uses in the list of them. */
typedef struct dsci_used_row {
    uint32_t row, count;
    size_t uses_end;
} dsci_used_row;

/* By which block, and where in its order by shard. */
typedef struct dsci_use {
    uint32_t block, at;
} dsci_use;

/* The rows that a round's blocks use, shard after shard. */
typedef struct dsci_round_rows {
    uint32_t *seen;      /* of each row of the vectors, its number among its shard's + 1, or 0 */
    dsci_used_row *used; /* the shards' rows begin where their uses do */
    dsci_use *uses;      /* of the rows of more than one block, blocks in order */
    size_t used_counts[DSCI_MOST_SHARDS];
} dsci_round_rows;

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
    dsci_block *blocks;    /* of a round */
    dsci_worker **workers; /* of each thread */
    dsci_round_rows round;
    size_t shards;
    atomic_size_t *taken; /* of each thread's pieces in each phase of a round, a cache line each */
    uint64_t position;    /* in the text */
    size_t pass;
    double loss, pairs; /* of the pass */
    double *losses;     /* of the passes that are done */
    const char *recipe; /* what a checkpoint is compared by; NULL until the first */
};

/* The learning rate at a position. */
double dsci_embed_rate(const dsc_embedding *embedding);

/* --- A block --- */

/* The most rows that a block uses. */
size_t dsci_most_rows(const dsc_embedding *embedding);

void dsci_block_make(dsc_embedding *embedding, dsci_block *block);

/* Finds out which of the words first..last - 1 of the text are kept, what they predict, and the rows. */
void dsci_block_plan(const dsc_embedding *embedding, dsci_worker *worker, dsci_block *block, uint64_t first,
                     uint64_t last);

/* Trains a block that was planned. */
void dsci_block_train(const dsc_embedding *embedding, dsci_worker *worker, dsci_block *block, float rate);

/* --- The blocks of a round together --- */

/* Which rows of a shard several blocks use. */
void dsci_shard_count(dsc_embedding *embedding, size_t blocks, size_t shard);

/* Adds to a shard's rows what the blocks changed in their copies, in the order of the blocks. */
void dsci_shard_merge(dsc_embedding *embedding, dsci_worker *worker, size_t blocks, size_t shard);

/* --- Within a block --- */

struct dsci_worker {
    uint32_t *slots; /* hash table of a block's rows: local row + 1, or 0 */
    size_t slot_mask;
    const float **copies; /* of a row that blocks share */

    /* Of a group: the distinct rows that are predicted, by which sources, and matrices of sources x outputs.
     */
    uint32_t *outputs;         /* local rows */
    const float **output_rows; /* their values, */
    float **output_places;     /* and where new ones are written */
    size_t output_count;
    uint32_t *target_outputs, *negative_outputs; /* of the group's targets, of its samples */
    int32_t *output_of;                          /* of each local row its output, or -1 */
    const float **sources;
    uint32_t *source_tokens; /* skip-gram: of each source the token; CBOW: its centre */
    size_t source_count;
    float *centre_positives, *centre_pairs; /* of each centre with each output */
    float *positives, *pairs, *scores, *gradients;
    const float **context; /* CBOW: the rows of a window */
    float *hidden;         /* CBOW: of each centre the mean of its context */
    float **errors;        /* of each source what it changes by */
};

dsci_worker *dsci_worker_make(dsc_embedding *embedding);

/* Trains the centres begin..end - 1 on their windows, with the block's negative samples from `negatives` on.
 */
void dsci_group_train(const dsc_embedding *embedding, dsci_worker *worker, dsci_block *block, size_t begin,
                      size_t end, size_t negatives, float rate);

#endif
