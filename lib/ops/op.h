/* op.h - what an op is: its shapes, its gradient, and the implementations that compute it. ops.def lists all.
 */
#ifndef DESCENT_OPS_OP_H
#define DESCENT_OPS_OP_H

#include <descent/engine.h>

#include "kernels/kernels.h"
#include "ops/node.h"
#include "ops/parts.h"
#include "ops/schema.h"

enum { DSCI_MAX_IMPLEMENTATIONS = 16 };

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
#define DSCI_OP(ID, name)          DSCI_OP_##ID,
#define DSCI_OP_NO_LOOPS(ID, name) DSCI_OP_##ID,
#include "ops/ops.def"
    DSCI_OP_COUNT
} dsci_op_id;

struct dsci_op {
    const char *name;
    dsci_op_id id;
    bool leaf;          /* computes nothing: its tensor comes from outside */
    bool training_only; /* without training or noise its output is its first input */
    bool in_place;      /* the first output may overwrite the first input */
    bool loss;          /* a scalar in double that training can minimise */
    bool (*infer)(const dsci_context *context, dsci_node *node);
    /* Appends the nodes that compute the gradients of the inputs from out[0]->diff (a loss: from 1). NULL:
       the op stops gradients. */
    void (*gradient)(dsci_graph *graph, dsci_node *node);
    /* Appends nodes that a test of the network is interested in. NULL: none. */
    void (*measure)(dsci_graph *graph, dsci_node *node);
    double (*flops)(const dsci_node *node); /* NULL: none worth counting */
    dsci_op_schema schema;                  /* for files; without inputs: networks are not built of it */
    dsci_implementation
        implementations[DSCI_MAX_IMPLEMENTATIONS]; /* in order of preference, ended by run NULL */
};

#define DSCI_OP(ID, name)          extern const dsci_op dsci_op_##name;
#define DSCI_OP_NO_LOOPS(ID, name) extern const dsci_op dsci_op_##name;
#include "ops/ops.def"

/* Every op, by its id. */
extern const dsci_op *const dsci_ops[DSCI_OP_COUNT];

/* The type that an op computes in: real, or single precision where a bfloat16 graph has an op that is not
   made for it (losses, rare layers). */
dsci_type dsci_op_working_type(const dsci_op *op, dsci_type real);

/* The op of that name that networks are built of; NULL if there is none. */
const dsci_op *dsci_op_named(const char *name);

/* For infer functions: true if the tensor is a batch of examples, else fails the scope. */
bool dsci_expect_batch(const dsci_context *context, const dsci_node *node, const dsci_tensor *tensor);

/* True if the tensor holds real values, batched or not, else fails the scope. */
bool dsci_expect_real(const dsci_context *context, const dsci_node *node, const dsci_tensor *tensor);

/* True if the tensors have such a dimension behind the batch, else fails the scope. */
bool dsci_expect_axis(const dsci_context *context, const dsci_node *node, size_t axis);

/* For ops that make as many elements as their first input has. */
bool dsci_infer_same(const dsci_context *context, dsci_node *node);
double dsci_flops_elementwise(const dsci_node *node);

#endif
