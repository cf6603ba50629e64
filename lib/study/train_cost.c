/* train_cost.c - what training a network takes, from its graph alone. */
#include <math.h>

#include "graph/model.h"
#include "lab/plan.h"
#include "nn/optimizer.h"
#include "study/training.h"
#include "train/evaluate.h"

/* Examples that all steps read: whole epochs, whose last batch may be smaller, and then full batches. */
static double examples_read(const dsci_training_length *length, size_t examples, size_t batch)
{
    const double epochs = floor(length->steps / (double)length->epoch_steps);
    const double steps = length->steps - epochs * (double)length->epoch_steps;
    return epochs * (double)examples + steps * (double)batch;
}

/* Of those that differ from example to example. */
static double bytes_of(dsci_tensor *const *tensors, size_t count)
{
    double bytes = 0;
    for (size_t i = 0; i < count; i++)
        if (!tensors[i]->unbatched)
            bytes += (double)(tensors[i]->elements * dsci_type_size(tensors[i]->type));
    return bytes;
}

/* Bytes that examples take when they are gathered into a batch. */
static double gathered_bytes(const dsci_execution *plan)
{
    return bytes_of(plan->inputs, plan->input_count) + bytes_of(plan->expected, plan->expected_count);
}

/* The optimizer's vectors, and the best parameters and state where they are kept. */
static double copies_bytes(const dsc_model *model, const dsc_fit_options *fit)
{
    const double size = (double)dsci_type_size(dsci_model_master_type(model));
    double elements = (double)model->elements * dsci_optimizer_vectors(&fit->optimizer);
    if (fit->patience > 0 || fit->keep_best)
        elements += (double)(model->elements + model->state_elements);
    return size * elements;
}

dsc_cost dsc_train_cost(const dsc_plan *plan, dsc_node *loss, size_t examples,
                        const dsc_cell_training *training)
{
    const dsc_cost unknown = { 0, 0 };
    if (!plan || !training || examples == 0)
        return unknown;
    dsc_compile_options compile = training->compile;
    if (compile.engine == DSC_ENGINE_AUTO)
        compile.engine = plan->engine;
    if (compile.threads == 0 && !plan->kase->whole_machine)
        compile.threads = 1;
    dsc_model *model = dsci_model_outline(loss, &compile);
    if (!model)
        return unknown;
    const dsci_execution *step = model->plans;
    const size_t batch = step->batch;
    const size_t rows = dsci_evaluation_rows(step), rest = examples % rows;
    if (examples % batch && !dsci_model_execution(model, examples % batch, DSCI_TRAINING))
        return unknown;
    if (!dsci_model_execution(model, rows, DSCI_EVALUATION) ||
        (rest && !dsci_model_execution(model, rest, DSCI_EVALUATION)))
        return unknown;
    const dsci_training_length length = dsci_training_length_of(training, examples);
    return (dsc_cost){ .flops = dsci_execution_flops(step, false) / (double)batch *
                                examples_read(&length, examples, batch),
                       .bytes = dsci_model_bytes(model) + gathered_bytes(step) +
                                copies_bytes(model, &training->fit) + 4 * (double)examples };
}

dsc_cost dsc_evaluate_cost(dsc_node *root, size_t examples)
{
    const dsc_cost unknown = { 0, 0 };
    dsc_model *model = dsci_model_outline(root, &(dsc_compile_options){ .inference = true, .threads = 1 });
    if (!model || examples == 0)
        return unknown;
    const dsci_execution *one = model->plans;
    const double before = dsci_model_bytes(model);
    const size_t most = dsci_evaluation_rows(one), rows = examples < most ? examples : most;
    const size_t rest = examples % rows;
    if (!dsci_model_execution(model, rows, DSCI_EVALUATION) ||
        (rest && !dsci_model_execution(model, rest, DSCI_EVALUATION)))
        return unknown;
    return (dsc_cost){ .flops = dsci_execution_flops(one, true) * (double)examples,
                       .bytes = dsci_model_bytes(model) - before };
}
