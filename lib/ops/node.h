/* node.h - nodes and graphs. A graph is a list of nodes in the order of their execution. A node applies an op
 * to tensors and makes tensors; as these never change, a gradient that comes from several uses is a chain of
 * additions in the order of the uses. The same structures hold the network as it was built (batch 1, no
 * engines) and each execution made of it.
 */
#ifndef DESCENT_OPS_NODE_H
#define DESCENT_OPS_NODE_H

#include <stdint.h>

#include <descent/activation.h>
#include <descent/rng.h>

#include "ops/tensor.h"

enum { DSCI_MAX_INPUTS = 12, DSCI_MAX_OUTPUTS = 6 };

typedef struct dsci_op dsci_op;
typedef struct dsci_graph dsci_graph;

/* Draws the initial values of a parameter; low and high mean what fill says they do. */
typedef struct dsci_initializer dsci_initializer;
typedef void dsci_fill_fn(const dsci_initializer *initializer, dsc_rng rng, uint32_t major, double *dst,
                          size_t n);
struct dsci_initializer {
    dsci_fill_fn *fill; /* NULL: zeros */
    double low, high;
    double shift; /* added to shift_count values from number shift_first on */
    size_t shift_first, shift_count;
    size_t columns;      /* of the matrix that is filled */
    const float *values; /* that are copied */
    bool workspace;      /* dst has room for n more */
};

/* A window that moves over an image: height, width. */
typedef struct dsci_window {
    size_t kernel[2], stride[2], dilation[2];
    size_t before[2], after[2]; /* padding */
} dsci_window;

/* The kinds of the two general losses. Files hold the numbers: never renumber. */
typedef enum dsci_label_kind { DSCI_LABEL_SOFTMAX = 0, DSCI_LABEL_NLL, DSCI_LABEL_HINGE } dsci_label_kind;

/* What an op needs to know beside its inputs; each op reads the member of its name. */
typedef union dsci_attributes {
    dsci_shape example; /* targets, reshape: the shape without the batch */
    struct {
        dsci_shape example;
        bool unbatched; /* the example is the whole tensor */
    } input;
    struct {
        dsci_shape example;
        size_t classes;
    } labels; /* example: rank 0, or the steps of a sequence */
    struct {
        dsci_shape example;
        size_t vocabulary;
        bool unbatched; /* the example is the whole tensor */
    } tokens;
    struct {
        dsci_shape shape;
        dsci_initializer initializer;
    } parameter;
    struct {
        dsci_shape shape;
        const double *values; /* as many as the shape has elements */
    } constant;
    struct {
        dsc_activation activation; /* applied to the output */
        bool bias;                 /* dense_backward_weights: sum diff_dst into a second output */
        bool per_step;             /* each vector along the last dimension is taken by itself */
    } dense;
    struct {
        dsci_window window;
        size_t groups;
        dsc_activation activation; /* applied to the output */
        bool bias;                 /* backward_weights: sum diff_dst into a second output */
        dsci_shape example;        /* backward_data: of src; backward_weights: of the weights */
        size_t output_pad[2];      /* transposed: rows and columns behind those that windows make */
    } conv;
    struct {
        dsci_window window; /* without dilation */
        bool global;        /* one window over all positions: the result has none */
        bool count_padding; /* average: over the window's whole area */
        dsci_shape example; /* backward: of src */
    } pool;
    struct {
        size_t size[2]; /* of dst: height, width; of a sequence the first: steps */
        bool bilinear, align_corners;
        dsci_shape example; /* backward: of src */
    } upsample;
    struct {
        dsc_activation kind;
        double alpha; /* of the kinds that have one */
    } activation;
    struct {
        size_t axis; /* of the batched shape: 1 is the first of the example */
        size_t first, count, whole;
    } range; /* concat: axis alone; slice_backward: whole is the dimension to be filled */
    struct {
        double momentum, epsilon;
        bool scale, shift;         /* has such parameters */
        dsc_activation activation; /* applied to the output: LINEAR or RELU */
    } batch_norm;
    struct {
        double epsilon;
        bool scale, shift; /* has such parameters */
    } layer_norm;
    struct {
        int kind;            /* dsci_reduction */
        size_t first, count; /* dimensions of the whole shape */
        bool keep;           /* those of the example, with 1 element */
        dsci_shape example;  /* backward: of src */
        bool unbatched;      /* likewise */
    } reduce;
    struct {
        bool transpose_a, transpose_b;
        bool sums;      /* a gradient: adds up to this shape, of an example or of an unbatched tensor */
        bool unbatched; /* likewise */
        dsci_shape to;
    } matmul;
    struct {
        int kind;    /* dsci_function */
        double a, b; /* its parameters */
    } function;
    struct {
        size_t count, order[DSC_MAX_RANK]; /* of the example's `count` dimensions: which of the
                                              input's each is */
    } permute;
    struct {
        dsci_shape table; /* backward: of an example's or the one */
        bool unbatched;
    } gather;
    size_t pieces;    /* maxout */
    double factor;    /* scale */
    double rate;      /* the dropouts */
    double deviation; /* gaussian_noise */
    struct {
        size_t vocabulary; /* rows of the table */
        size_t padding;    /* 1 + the token whose vector is zero; 0: none */
    } embedding;
    struct {
        int cell;                     /* dsc_recurrent_cell */
        size_t units, outputs;        /* outputs: of a Jordan network, else units */
        size_t steps, features;       /* of the input */
        size_t truncate;              /* 0: never */
        size_t roles;                 /* bit r: it has the input r of dsci_recurrent_role */
        bool reverse, sequence;       /* reads backwards; gives all outputs */
        bool moves_state;             /* it leaves a stateful layer's state where it ends */
        bool output_diff, final_diff; /* backward: the gradients it is given */
        bool x_diff, initial_diff;    /* backward: those that it makes beside the gates' */
    } recurrent;
    struct {
        int kind;                    /* dsci_label_kind, dsci_target_kind */
        const double *class_weights; /* label_loss: one a class, or NULL */
        double weights[2];           /* binary targets: of 0 and of 1 */
        double smoothing, delta;
        size_t ignore; /* 1 + the label that counts for nothing; also of count_errors. 0: none */
    } loss;
    const double *weights; /* loss_sum: one an input */
    dsci_type cast;        /* to this type */
} dsci_attributes;

typedef struct dsci_implementation dsci_implementation;

/* How an implementation divides the work of a node, and the memory that it wants. All of it is a function of
 * the node alone, never of the number of threads: parts are what threads share, so they are also what sums
 * must not depend on, or depend on in a fixed way. */
typedef struct dsci_booking {
    size_t parts; /* of run; 0: 1 */
    /* Part p of run reads and writes the examples of shard p alone (and reads parameters): parts is
       dsci_shards(node). Such steps in a row run shard by shard, without waiting for each other. */
    bool by_batch;
    size_t prepare_parts;            /* 0: 1 */
    size_t pack_parts, finish_parts; /* 0: the node has no such phase */
    bool finish_by_batch;  /* part p of finish touches the examples of shard p alone: what follows may go on
                              with it */
    size_t prepared_bytes; /* written by prepare, read by run and finish */
    size_t scratch_bytes;  /* shared by all parts of pack and run, then read by finish */
    size_t worker_bytes;   /* of each thread: nothing in it outlives the part */
} dsci_booking;

struct dsci_node {
    const dsci_op *op;
    const char *name; /* the layer's, for messages; backward nodes bear their layer's name */
    size_t made;      /* of a network as it was built: its number in the scope */
    dsci_node *older; /* of a network as it was built: what was made over its input before it */
    size_t index;     /* number of the layer in the model, the same in each of its plans */
    size_t position;  /* in the plan's order */
    bool backward;
    dsci_attributes attributes;
    size_t input_count, output_count;
    dsci_tensor *in[DSCI_MAX_INPUTS], *out[DSCI_MAX_OUTPUTS];
    const dsci_implementation *implementation;
    dsci_type real;        /* that it computes in */
    double loss_factor;    /* of a loss: what it is multiplied by in the root */
    size_t batch;          /* examples of the plan; 1 if all inputs are unbatched */
    size_t shard_rows;     /* examples in each shard of the batch but the last; 0: one shard */
    dsci_booking booking;  /* how its work is divided */
    size_t begin, end;     /* the stages of its run and of its last phase */
    dsci_tensor *prepared; /* memory of the step from its prepare phase on, or NULL */
    dsci_tensor *scratch;  /* memory of the step from its pack or run phase to its finish, or NULL */
    void *state;           /* what book() made, or NULL */
    struct dsci_touched_rows *touched; /* of the gradient of a table: the rows of it that are not zero, kept
                                          from step to step. NULL: all of it is written */
};

/* The examples of one shard of the batch. */
typedef struct dsci_range {
    size_t first, count;
} dsci_range;

/* The batch is cut into shards of node->shard_rows examples, the last of which may have fewer. Where the cuts
 * are belongs to the recipe. */
size_t dsci_shards(const dsci_node *node);
dsci_range dsci_shard(const dsci_node *node, size_t shard);

/* For kernels that go through the elements of batched tensors: the elements of a shard's examples. */
dsci_range dsci_shard_elements(const dsci_node *node, const dsci_tensor *tensor, size_t shard);

/* Piece number `index` of `size` elements that are divided evenly into `count` pieces. */
static inline dsci_range dsci_piece(size_t size, size_t index, size_t count)
{
    const size_t first = size * index / count;
    return (dsci_range){ first, size * (index + 1) / count - first };
}

/* What shapes and types are inferred for. */
typedef struct dsci_context {
    dsc_scope *scope;
    dsci_type real; /* type of the node's activations; its parameters are of the master type */
    size_t batch, shard_rows;
    bool training;             /* with dropout and gradients */
    const char *const *frozen; /* patterns of the parameters that need no gradient */
    size_t frozen_count;
    bool input_gradients; /* real-valued inputs need one */
    bool noisy;           /* outside training: dropout and its like draw noise as in training */
    bool stepwise;        /* outside training: layers that keep their state move it on as in training */
} dsci_context;

/* Makes a node and infers its outputs; attributes may be NULL. NULL if an input is NULL or it fails. */
dsci_node *dsci_node_make(const dsci_context *context, const dsci_op *op, const char *name,
                          const dsci_attributes *attributes, dsci_tensor *const *inputs, size_t input_count);

/* For infer and gradient functions: adds output i, the next one, unbatched if it is a scalar or all inputs
   are unbatched. False, with the layer's name in the scope's error, if it is empty or too large. */
bool dsci_node_output(const dsci_context *context, dsci_node *node, dsci_type type, const dsci_shape *shape);

/* Where an op keeps the activation that it applies to its output; NULL: it applies none. */
dsc_activation *dsci_node_activation(dsci_node *node);

/* What the table shows: the op's name, or that of the activation. */
const char *dsci_node_kind(const dsci_node *node);

/* --- Graphs --- */

struct dsci_graph {
    dsci_context context;
    dsci_node **nodes;
    size_t count, capacity;
    const dsci_node *origin; /* the forward node whose gradient or measure is being appended */
};

dsc_status dsci_graph_push(dsci_graph *graph, dsci_node *node);

/* Appends a node on behalf of the origin. Returns it, or NULL. */
dsci_node *dsci_graph_append(dsci_graph *graph, const dsci_op *op, const dsci_attributes *attributes,
                             dsci_tensor *const *inputs, size_t input_count);

/* Adds diff to the gradient of tensor: the first becomes it, later ones are added in order. NULL: nothing. */
void dsci_gradient_add(dsci_graph *graph, dsci_tensor *tensor, dsci_tensor *diff);

#endif
