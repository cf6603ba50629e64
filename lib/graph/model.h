/* model.h - compiled networks: parameters, and plans that run them at one batch size. */
#ifndef DESCENT_GRAPH_MODEL_H
#define DESCENT_GRAPH_MODEL_H

#include <descent/graph.h>

#include "ops/ops.h"

typedef enum dsci_mode { DSCI_TRAINING = 0, DSCI_EVALUATION } dsci_mode;

typedef struct dsci_step {
    dsci_step_fn *run;
    const dsci_operands *operands;
} dsci_step;

/* An executable for one batch size: a flat list of steps over resolved addresses. Plans of a model share its
   parameters and gradients. */
typedef struct dsci_plan {
    struct dsci_plan *next;
    dsci_mode mode;
    size_t batch;
    dsci_graph graph;
    dsci_step *steps;
    size_t step_count, arena_bytes;
    dsci_tensor *input, *expected; /* external: examples, and labels or targets; NULL if there is none */
    size_t input_count;
    const double *loss;
    const double *errors; /* wrong classes; NULL if not measured */
} dsci_plan;

struct dsc_model {
    dsc_scope *scope;
    const dsci_tensor *loss; /* of the network */
    dsc_compile_options options;
    uint64_t seed;
    dsc_slice *slices;
    size_t slice_count, parameter_count;
    size_t elements; /* of each flat vector, padding included */
    void *parameters, *gradients;
    uint32_t step; /* training steps so far: moves the masks of dropout on */
    dsci_plan *plans;
};

static inline dsci_type dsci_model_type(const dsc_model *model)
{
    return model->options.dtype == DSC_F64 ? DSCI_F64 : DSCI_F32;
}

/* The plan for a batch size and mode; it is made, in the model's scope, when it is first asked for. NULL on
 * failure. */
dsci_plan *dsci_model_plan(dsc_model *model, size_t batch, dsci_mode mode);

/* Makes a plan read an external tensor from data. Free when the address has not changed. */
void dsci_plan_bind(dsci_tensor *external, const void *data);

void dsci_plan_run(const dsci_plan *plan);

/* Floating-point operations of a run; of its forward nodes alone. */
double dsci_plan_flops(const dsci_plan *plan, bool forward_only);

#endif
