/* ops.h - the graph's vocabulary: tensors, nodes, and one table entry for each op.
 *
 * A graph is a list of nodes in the order of their execution. A node applies an op to tensors and makes
 * tensors; a tensor is written once and never changed, so a gradient that comes from several uses is a chain
 * of additions in the order of the uses. The same structures hold the network as it was built (batch 1, no
 * engines) and each plan made of it. Everything lives in a scope; functions that cannot go on leave their
 * error there and return NULL or false.
 */
#ifndef DESCENT_OPS_OPS_H
#define DESCENT_OPS_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/engine.h>
#include <descent/rng.h>
#include <descent/scope.h>
#include <descent/tensor.h>

#include "kernels/kernels.h"

enum {
    DSCI_MAX_RANK = DSC_MAX_RANK + 1, /* the batch and the dimensions of an example */
    DSCI_MAX_INPUTS = 12,
    DSCI_MAX_OUTPUTS = 6,
    DSCI_MAX_IMPLEMENTATIONS = 8
};

typedef struct dsci_op dsci_op;
typedef struct dsci_node dsci_node;
typedef struct dsci_tensor dsci_tensor;
typedef struct dsci_graph dsci_graph;

/* --- Tensors --- */

typedef enum dsci_type { DSCI_F32 = 0, DSCI_F64, DSCI_I32, DSCI_BF16 } dsci_type;

size_t dsci_type_size(dsci_type type);
const char *dsci_type_name(dsci_type type);

/* The type of the parameters, and of their gradients, of a network whose activations are of type real. */
static inline dsci_type dsci_master_type(dsci_type real)
{
    return real == DSCI_BF16 ? DSCI_F32 : real;
}

/* Row-major. The first dimension is the batch, except in parameters; rank 0 is a scalar. */
typedef struct dsci_shape {
    size_t rank, dim[DSCI_MAX_RANK];
} dsci_shape;

/* The number of elements, at most the largest that fits into memory as doubles; 0 if there are none or too
 * many. */
size_t dsci_shape_elements(const dsci_shape *shape);

/* A batch of examples of that shape. */
dsci_shape dsci_shape_batched(size_t batch, const dsci_shape *example);

/* "32x40", or "scalar". Returns text. */
const char *dsci_shape_text(const dsci_shape *shape, char text[128]);

/* Where a tensor's memory is. */
typedef enum dsci_storage {
    DSCI_STORAGE_ARENA = 0, /* in the plan's arena, while it is needed */
    DSCI_STORAGE_PARAMETERS,
    DSCI_STORAGE_GRADIENTS,
    DSCI_STORAGE_STATE,   /* what a model learns without a gradient: the only inputs that an op may write */
    DSCI_STORAGE_EXTERNAL /* the caller's: bound before a run */
} dsci_storage;

/* A place that holds the address of an external tensor. */
typedef struct dsci_relocation {
    struct dsci_relocation *next;
    const void **slot;
} dsci_relocation;

struct dsci_tensor {
    dsci_type type;
    dsci_shape shape;
    size_t elements;
    dsci_node *producer;
    dsci_storage storage;
    bool needs_gradient; /* it depends on a parameter */
    dsci_tensor *diff;   /* the gradient of the loss with respect to it, as far as it has been summed */
    size_t uses;         /* how many node inputs read it */
    size_t first, last;  /* the stages that write it and that read it last */
    const dsci_node *last_reader; /* of those that read it, the last in the plan's order */
    bool result;                  /* a caller reads it after the run */
    size_t offset;                /* bytes from the start of its storage */
    dsci_tensor *shares;          /* whose arena memory it takes over, or NULL */
    void *data;                   /* resolved address, unless it is external */
    const void *bound;            /* external: where it is read */
    dsci_relocation *relocations;
    dsci_tensor *image; /* its copy in the plan that is being built, else NULL */
};

static inline size_t dsci_tensor_bytes(const dsci_tensor *tensor)
{
    return tensor->elements * dsci_type_size(tensor->type);
}

/* Examples in a batched tensor, and elements of each. */
static inline size_t dsci_tensor_rows(const dsci_tensor *tensor)
{
    return tensor->shape.dim[0];
}

static inline size_t dsci_tensor_cols(const dsci_tensor *tensor)
{
    return tensor->elements / tensor->shape.dim[0];
}

/* --- Nodes --- */

/* Draws the initial values of a parameter; low and high mean what fill says they do. */
typedef struct dsci_initializer dsci_initializer;
typedef void dsci_fill_fn(const dsci_initializer *initializer, dsc_rng rng, uint32_t major, double *dst,
                          size_t n);
struct dsci_initializer {
    dsci_fill_fn *fill; /* NULL: zeros */
    double low, high;
    double shift; /* added to so many values from shift_first on */
    size_t shift_first, shift_count;
    size_t columns; /* of the matrix that is filled */
    bool workspace; /* dst has room for n more */
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
    dsci_shape example; /* input, targets, reshape: the shape without the batch */
    struct {
        dsci_shape example;
        size_t classes;
    } labels; /* example: rank 0, or the steps of a sequence */
    struct {
        dsci_shape example;
        size_t vocabulary;
    } tokens;
    struct {
        dsci_shape shape;
        dsci_initializer initializer;
    } parameter;
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
    } conv;
    struct {
        dsci_window window; /* without dilation */
        bool global;        /* one window over all positions: the result has none */
        bool count_padding; /* average: over the window's whole area */
        dsci_shape example; /* backward: of src */
    } pool;
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
    size_t pieces;    /* maxout */
    bool whole;       /* add: of gradients of a parameter, which have no batch */
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
        bool training;                /* it keeps a stateful layer's state */
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
    dsci_type cast; /* to this type */
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
    size_t batch;          /* examples of the plan */
    size_t shard_rows;     /* examples in each shard of the batch but the last; 0: one shard */
    dsci_booking booking;  /* how its work is divided */
    size_t begin, end;     /* the stages of its run and of its last phase */
    dsci_tensor *prepared; /* memory of the step from its prepare phase on, or NULL */
    dsci_tensor *scratch;  /* memory of the step from its pack or run phase to its finish, or NULL */
    void *state;           /* what book() made, or NULL */
};

/* The examples of one shard of the batch. */
typedef struct dsci_range {
    size_t first, count;
} dsci_range;

/* The batch is cut into shards of node->shard_rows examples, the last of which may have fewer. Where the cuts
 * are belongs to the recipe. */
size_t dsci_shards(const dsci_node *node);
dsci_range dsci_shard(const dsci_node *node, size_t shard);

/* For kernels that go through the elements of batched tensors: part p's elements of a tensor of so many
 * examples. */
dsci_range dsci_shard_elements(const dsci_node *node, const dsci_tensor *tensor, size_t shard);

static inline size_t dsci_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Elements of an even division of so many. */
static inline dsci_range dsci_piece(size_t size, size_t index, size_t count)
{
    const size_t first = size * index / count;
    return (dsci_range){ first, size * (index + 1) / count - first };
}

/* Part p's columns of an even division of so many in whole vectors. */
dsci_range dsci_whole_vectors(size_t columns, size_t part, size_t parts);

/* What shapes and types are inferred for. */
typedef struct dsci_context {
    dsc_scope *scope;
    dsci_type real; /* type of the node's activations; its parameters are of the master type */
    size_t batch, shard_rows;
    bool training; /* with dropout and gradients */
    bool noisy;    /* outside training: with dropout, all else as it is there */
} dsci_context;

/* Makes a node and infers its outputs; attributes may be NULL. NULL if an input is NULL or it fails. */
dsci_node *dsci_node_make(const dsci_context *context, const dsci_op *op, const char *name,
                          const dsci_attributes *attributes, dsci_tensor *const *inputs, size_t input_count);

/* For infer and gradient functions: adds output i, the next one. False, with the layer's name in the scope's
   error, if it is empty or too large. */
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

/* --- Steps --- */

/* What a step computes with: addresses in the order of the node's tensors. */
typedef struct dsci_operands {
    const void *in[DSCI_MAX_INPUTS];
    void *out[DSCI_MAX_OUTPUTS];
    void *prepared, *scratch;
    const dsci_node *node; /* shapes and attributes */
    const dsci_kernels *kernels;
    void *state;
    const uint32_t *step; /* of the training: the major position of dropout's random numbers */
    uint64_t seed;
} dsci_operands;

/* One part of a step, on the thread whose workspace (64-byte aligned) it is given. */
typedef struct dsci_part {
    size_t index;
    void *workspace;
} dsci_part;

typedef void dsci_step_fn(const dsci_operands *operands, dsci_part part);

/* --- Ops --- */

struct dsci_implementation {
    dsc_engine engine;
    dsci_type type;                          /* of the node's activations */
    bool (*supports)(const dsci_node *node); /* NULL: every node */
    /* Under AUTO: whether it is preferred to those after it in the list. NULL: always. */
    bool (*prefers)(const dsci_node *node);
    /* Before memory is planned: may make node->state and fill in the booking. NULL: one part, no memory. */
    dsc_status (*book)(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
    dsci_step_fn
        *prepare;       /* from parameters alone, before anything else runs: packed weights. NULL: nothing */
    dsci_step_fn *pack; /* from the inputs into scratch memory, before any part of run: packed operands, if
                           the booking has pack_parts. NULL: nothing */
    dsci_step_fn *run;
    dsci_step_fn *finish; /* after all parts of run: sums over shards. NULL: nothing */
    const char *(*describe)(
        const dsci_node *node); /* how it computes ("im2col + gemm"). NULL: nothing to say */
};

typedef enum dsci_op_id {
    DSCI_OP_INPUT = 0,
    DSCI_OP_LABELS,
    DSCI_OP_TARGETS,
    DSCI_OP_PARAMETER,
    DSCI_OP_TOKENS,
    DSCI_OP_STATE,
    DSCI_OP_CAST,
    DSCI_OP_DENSE,
    DSCI_OP_DENSE_BACKWARD_DATA,
    DSCI_OP_DENSE_BACKWARD_WEIGHTS,
    DSCI_OP_CONV,
    DSCI_OP_CONV_BACKWARD_DATA,
    DSCI_OP_CONV_BACKWARD_WEIGHTS,
    DSCI_OP_MAX_POOL,
    DSCI_OP_MAX_POOL_BACKWARD,
    DSCI_OP_AVERAGE_POOL,
    DSCI_OP_AVERAGE_POOL_BACKWARD,
    DSCI_OP_ACTIVATION,
    DSCI_OP_ACTIVATION_BACKWARD,
    DSCI_OP_DROPOUT,
    DSCI_OP_ADD,
    DSCI_OP_MULTIPLY,
    DSCI_OP_SCALE,
    DSCI_OP_RESHAPE,
    DSCI_OP_CONCAT,
    DSCI_OP_SLICE,
    DSCI_OP_SLICE_BACKWARD,
    DSCI_OP_BATCH_NORM,
    DSCI_OP_BATCH_NORM_BACKWARD,
    DSCI_OP_SOFTMAX,
    DSCI_OP_SOFTMAX_BACKWARD,
    DSCI_OP_LOG_SOFTMAX,
    DSCI_OP_LOG_SOFTMAX_BACKWARD,
    DSCI_OP_MAXOUT,
    DSCI_OP_MAXOUT_BACKWARD,
    DSCI_OP_LAYER_NORM,
    DSCI_OP_LAYER_NORM_BACKWARD,
    DSCI_OP_SOFTMAX_CROSS_ENTROPY,
    DSCI_OP_SQUARED_LOSS,
    DSCI_OP_LABEL_LOSS,
    DSCI_OP_TARGET_LOSS,
    DSCI_OP_COUNT_ERRORS,
    DSCI_OP_EMBEDDING,
    DSCI_OP_EMBEDDING_BACKWARD,
    DSCI_OP_LENGTHS,
    DSCI_OP_RECURRENT,
    DSCI_OP_RECURRENT_BACKWARD,
    DSCI_OP_RECURRENT_BACKWARD_WEIGHTS,
    DSCI_OP_CHANNEL_DROPOUT,
    DSCI_OP_GAUSSIAN_DROPOUT,
    DSCI_OP_ALPHA_DROPOUT,
    DSCI_OP_ALPHA_DROPOUT_BACKWARD,
    DSCI_OP_GAUSSIAN_NOISE,
    DSCI_OP_COUNT
} dsci_op_id;

struct dsci_op {
    const char *name;
    dsci_op_id id;
    bool leaf;          /* computes nothing: its tensor comes from outside */
    bool training_only; /* without training or noise its output is its first input */
    bool in_place;      /* the first output may overwrite the first input */
    bool loss;          /* a scalar that training minimises */
    bool (*infer)(const dsci_context *context, dsci_node *node);
    /* Appends the nodes that compute the gradients of the inputs from out[0]->diff (a loss: from 1). NULL:
       the op stops gradients. */
    void (*gradient)(dsci_graph *graph, dsci_node *node);
    /* Appends nodes that a test of the network is interested in. NULL: none. */
    void (*measure)(dsci_graph *graph, dsci_node *node);
    double (*flops)(const dsci_node *node); /* NULL: none worth counting */
    dsci_implementation
        implementations[DSCI_MAX_IMPLEMENTATIONS]; /* in order of preference, ended by run NULL */
};

extern const dsci_op dsci_op_input, dsci_op_label_loss, dsci_op_target_loss;
extern const dsci_op dsci_op_labels;
extern const dsci_op dsci_op_targets;
extern const dsci_op dsci_op_parameter;
extern const dsci_op dsci_op_tokens;
extern const dsci_op dsci_op_state;
extern const dsci_op dsci_op_cast;
extern const dsci_op dsci_op_dense;
extern const dsci_op dsci_op_dense_backward_data;
extern const dsci_op dsci_op_dense_backward_weights;
extern const dsci_op dsci_op_conv;
extern const dsci_op dsci_op_conv_backward_data;
extern const dsci_op dsci_op_conv_backward_weights;
extern const dsci_op dsci_op_max_pool;
extern const dsci_op dsci_op_max_pool_backward;
extern const dsci_op dsci_op_average_pool;
extern const dsci_op dsci_op_average_pool_backward;
extern const dsci_op dsci_op_activation;
extern const dsci_op dsci_op_activation_backward;
extern const dsci_op dsci_op_dropout;
extern const dsci_op dsci_op_add;
extern const dsci_op dsci_op_softmax;
extern const dsci_op dsci_op_softmax_backward;
extern const dsci_op dsci_op_log_softmax;
extern const dsci_op dsci_op_log_softmax_backward;
extern const dsci_op dsci_op_maxout;
extern const dsci_op dsci_op_maxout_backward;
extern const dsci_op dsci_op_layer_norm;
extern const dsci_op dsci_op_layer_norm_backward;
extern const dsci_op dsci_op_softmax_cross_entropy;
extern const dsci_op dsci_op_squared_loss;
extern const dsci_op dsci_op_count_errors;
extern const dsci_op dsci_op_multiply;
extern const dsci_op dsci_op_scale;
extern const dsci_op dsci_op_reshape;
extern const dsci_op dsci_op_concat;
extern const dsci_op dsci_op_slice;
extern const dsci_op dsci_op_slice_backward;
extern const dsci_op dsci_op_batch_norm;
extern const dsci_op dsci_op_batch_norm_backward;
extern const dsci_op dsci_op_embedding;
extern const dsci_op dsci_op_embedding_backward;
extern const dsci_op dsci_op_lengths;
extern const dsci_op dsci_op_recurrent;
extern const dsci_op dsci_op_recurrent_backward;
extern const dsci_op dsci_op_recurrent_backward_weights;
extern const dsci_op dsci_op_channel_dropout;
extern const dsci_op dsci_op_gaussian_dropout;
extern const dsci_op dsci_op_alpha_dropout;
extern const dsci_op dsci_op_alpha_dropout_backward;
extern const dsci_op dsci_op_gaussian_noise;

/* Every op, by its id. */
extern const dsci_op *const dsci_ops[DSCI_OP_COUNT];

/* For implementations whose parts are the shards of the batch. */
dsc_status dsci_book_shards(dsc_scope *scope, dsci_node *node, dsci_booking *booking);

/* For those that go through the elements of their output one by one: the shards of the batch, or, where there
   is but one and it is large, pieces of it. */
dsc_status dsci_book_elements(dsc_scope *scope, dsci_node *node, dsci_booking *booking);

/* Part p's elements of a tensor that has as many as the output. */
dsci_range dsci_part_elements(const dsci_node *node, const dsci_tensor *tensor, size_t part);

/* Pieces that so many elements of a single shard are worth; 1: it stays whole. */
size_t dsci_element_parts(const dsci_node *node, size_t elements);

/* For infer functions: true if the tensor is a batch of examples, else fails the scope. */
bool dsci_expect_batch(const dsci_context *context, const dsci_node *node, const dsci_tensor *tensor);

/* True if the tensors have such a dimension behind the batch, else fails the scope. */
bool dsci_expect_axis(const dsci_context *context, const dsci_node *node, size_t axis);

/* For ops that make as many elements as their first input has. */
bool dsci_infer_same(const dsci_context *context, dsci_node *node);
double dsci_flops_elementwise(const dsci_node *node);

#endif
