/* model.h - compiled networks: parameters, and plans that run them at one batch size. */
#ifndef DESCENT_GRAPH_MODEL_H
#define DESCENT_GRAPH_MODEL_H

#include <descent/graph.h>

#include "base/region.h"
#include "graph/schedule.h"
#include "ops/op.h"

/* SAMPLING is evaluation with the noise of training, STEPWISE one in which layers that keep their state move
   it on. */
typedef enum dsci_mode { DSCI_TRAINING = 0, DSCI_EVALUATION, DSCI_SAMPLING, DSCI_STEPWISE } dsci_mode;

/* A phase over resolved addresses. */
typedef struct dsci_step {
    dsci_step_fn *run;
    const dsci_operands *operands;
    double *seconds; /* of each thread, if the model is profiled; else NULL */
    const dsci_phase *phase;
} dsci_step;

/* A loss that the root is, or that it is a sum of. */
typedef struct dsci_loss {
    const char *name;
    size_t index;         /* of its layer */
    double factor;        /* in the root */
    const double *mean;   /* over what counts in the batch */
    const double *weight; /* how much that is, in examples */
    const double *errors; /* wrong classes, and of how many; NULL if not measured */
} dsci_loss;

enum { DSCI_SECONDS_STRIDE = 8 /* doubles: one cache line for each thread's time */ };

/* An executable for one batch size: a flat list of steps over resolved addresses. Plans of a model share its
   parameters and gradients. */
typedef struct dsci_execution {
    struct dsci_execution *next;
    dsci_mode mode;
    size_t batch;
    const dsci_tensor *root; /* of the network: what is computed, and all it depends on */
    dsci_graph graph;
    dsci_step *steps; /* one a phase */
    dsci_stage *stages;
    size_t step_count, stage_count, arena_bytes;
    void **workspaces; /* of each thread, workspace_bytes of them */
    size_t workspace_bytes;
    int threads;
    dsci_tensor **inputs, **expected; /* external: examples and tokens; labels and targets */
    size_t input_count, expected_count;
    const void *result; /* the root's value */
    const double *loss; /* the same, of a root that is a loss; else NULL */
    dsci_loss losses[DSC_MOST_LOSSES];
    size_t loss_count;
    uint64_t runs;  /* since it was made */
    double seconds; /* of all runs, if the model is profiled */
} dsci_execution;

struct dsc_model {
    dsc_scope *scope;
    const dsci_tensor *root;  /* of the network: what is trained, or computed */
    struct dsci_names *names; /* of the network */
    dsc_compile_options options;
    uint64_t seed;
    dsc_slice *slices;
    size_t slice_count, parameter_count;
    size_t elements; /* of each flat vector, padding included */
    void *parameters, *gradients;
    struct dsci_touched_rows *
        *touched; /* of each slice: the rows of its gradient that are not zero. NULL: all */
    dsc_slice *state_slices;
    size_t state_count, state_elements;
    void *state; /* of the master type */
    size_t shard_rows;
    int threads;
    uint32_t step;         /* training steps so far: moves the masks of dropout on */
    uint32_t draw;         /* of SAMPLING plans: moves their masks on */
    double update_seconds; /* of the optimizer, if the model is profiled */
    uint64_t updates;
    bool
        outline; /* its plans are made, and their memory is not: it tells what it would take, and can't run */
    dsci_execution *plans;
};

/* Compiles a network into an outline: as dsc_compile(), without taking memory of the network's size. NULL on
   failure. */
dsc_model *dsci_model_outline(dsc_node *root, const dsc_compile_options *options);

/* Bytes of its parameters, gradients and state, and of the plans made so far; of an outline those that they
   would have. */
double dsci_model_bytes(const dsc_model *model);

static inline dsci_type dsci_model_type(const dsc_model *model)
{
    static const dsci_type types[] = {
        [DSC_DTYPE_F32] = DSCI_F32, [DSC_DTYPE_F64] = DSCI_F64, [DSC_DTYPE_BF16] = DSCI_BF16
    };
    return types[model->options.dtype];
}

/* The type of its parameters, gradients and state. */
static inline dsci_type dsci_model_master_type(const dsc_model *model)
{
    return dsci_master_type(dsci_model_type(model));
}

/* The plan for a batch size and mode; it is made, in the model's scope, when it is first asked for. NULL on
 * failure. */
dsci_execution *dsci_model_execution(dsc_model *model, size_t batch, dsci_mode mode);

/* The same for the value of any tensor of the network, in evaluation or sampling. */
dsci_execution *dsci_model_execution_of(dsc_model *model, const dsci_tensor *root, size_t batch,
                                        dsci_mode mode);

/* Makes a plan read an external tensor from data. Free when the address has not changed. */
void dsci_execution_bind(dsci_tensor *external, const void *data);

/* On the plan's threads. The calling thread's float mode is set in all of them. */
void dsci_execution_run(dsci_execution *plan);

/* The same on the threads of a region, as many of them as the plan takes. */
void dsci_execution_run_in(dsci_execution *plan, dsci_region region);

/* Floating-point operations of a run; of its forward nodes alone. */
double dsci_execution_flops(const dsci_execution *plan, bool forward_only);

/* Fails for a pattern that matches no slice, with the name that was probably meant; what says whose it is. */
dsc_status dsci_slices_fail_unmatched(dsc_scope *scope, const char *what, const char *pattern,
                                      const dsc_slice *slices, size_t count);

#endif
