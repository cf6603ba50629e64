/* model.c - compiling a network: parameters in one flat vector, initialised by counter. */
#include "graph/model.h"

#include <string.h>

#include "graph/memory.h"
#include "graph/network.h"
#include "graph/passes.h"

static size_t count_parameters(const dsci_graph *graph)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->count; i++)
        count += graph->nodes[i]->op == &dsci_op_parameter;
    return count;
}

static dsc_status check_names(const dsc_model *model)
{
    for (size_t i = 0; i < model->slice_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(model->slices[i].name, model->slices[j].name) == 0)
                return dsc_scope_fail(
                    model->scope, DSC_ERROR_ARGUMENT,
                    "two parameters are called '%s': expected distinct names; set .name of one "
                    "of their layers",
                    model->slices[i].name);
    return dsc_scope_status(model->scope);
}

/* Lays all parameters out in one vector, each at a multiple of the alignment. */
static dsc_status lay_out(dsc_model *model, const dsci_graph *graph)
{
    const size_t alignment = DSCI_ALIGNMENT / dsci_type_size(dsci_model_type(model));
    model->slices = dsc_scope_alloc(model->scope, count_parameters(graph), sizeof *model->slices);
    if (!model->slices)
        return dsc_scope_status(model->scope);
    for (size_t i = 0; i < graph->count; i++) {
        const dsci_node *node = graph->nodes[i];
        if (node->op != &dsci_op_parameter)
            continue;
        dsc_slice *slice = &model->slices[model->slice_count++];
        *slice =
            (dsc_slice){ .name = node->name, .offset = model->elements, .count = node->out[0]->elements };
        memcpy(slice->shape, node->out[0]->shape.dim, sizeof slice->shape);
        const size_t padded = (slice->count + alignment - 1) / alignment * alignment;
        if (padded > (size_t)PTRDIFF_MAX / sizeof(double) - model->elements)
            return dsc_scope_fail(model->scope, DSC_ERROR_MEMORY,
                                  "out of memory: the parameters up to '%s' exceed the address space",
                                  slice->name);
        model->elements += padded;
        model->parameter_count += slice->count;
    }
    model->parameters =
        dsc_scope_alloc(model->scope, model->elements, dsci_type_size(dsci_model_type(model)));
    model->gradients = dsc_scope_alloc(model->scope, model->elements, dsci_type_size(dsci_model_type(model)));
    return check_names(model);
}

/* Draws in double and rounds, so that both types start from the same network. */
static void initialize(dsc_model *model, const dsci_graph *graph)
{
    dsc_scope *local = dsc_scope_open(NULL);
    size_t largest = 0;
    for (size_t i = 0; i < model->slice_count; i++)
        largest = model->slices[i].count > largest ? model->slices[i].count : largest;
    double *values = dsc_scope_alloc(local, largest, sizeof *values);
    const dsc_rng rng = dsc_rng_make(model->seed, DSC_STREAM_INIT);
    for (size_t i = 0, index = 0; values && i < graph->count; i++) {
        const dsci_node *node = graph->nodes[i];
        if (node->op != &dsci_op_parameter)
            continue;
        const dsci_initializer *initializer = &node->attributes.parameter.initializer;
        const dsc_slice *slice = &model->slices[index];
        if (initializer->fill) {
            initializer->fill(initializer, rng, (uint32_t)index, values, slice->count);
            for (size_t j = 0; j < slice->count; j++)
                if (model->options.dtype == DSC_F64)
                    ((double *)model->parameters)[slice->offset + j] = values[j];
                else
                    ((float *)model->parameters)[slice->offset + j] = (float)values[j];
        }
        index++;
    }
    dsc_scope_adopt_error(model->scope, local);
    dsc_scope_close(&local);
}

dsc_model *dsc_compile(dsc_node *loss, const dsc_compile_options *options)
{
    if (!loss)
        return NULL;
    dsc_scope *scope = loss->scope;
    const dsci_node *last = loss->tensor->producer;
    if (!last->op->loss) {
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "compile: expected a loss such as dsc_softmax_cross_entropy() at the end of the network, "
            "found '%s'",
            last->name);
        return NULL;
    }
    dsc_model *model = dsc_scope_alloc(scope, 1, sizeof *model);
    if (!model)
        return NULL;
    model->scope = scope;
    model->loss = loss->tensor;
    model->seed = dsc_scope_seed(scope);
    if (options)
        model->options = *options;
    if (model->options.batch == 0)
        model->options.batch = 1;
    dsci_graph graph = { .setting = {
                             .scope = scope, .real = dsci_model_type(model), .batch = 1, .training = true } };
    dsci_pass_build(&graph, model->loss);
    if (dsc_scope_status(scope) != DSC_OK || lay_out(model, &graph) != DSC_OK)
        return NULL;
    initialize(model, &graph);
    return dsci_model_plan(model, model->options.batch,
                           model->options.inference ? DSCI_EVALUATION : DSCI_TRAINING)
               ? model
               : NULL;
}

size_t dsc_model_slices(const dsc_model *model, const dsc_slice **slices)
{
    if (slices)
        *slices = model ? model->slices : NULL;
    return model ? model->slice_count : 0;
}

size_t dsc_model_parameter_count(const dsc_model *model)
{
    return model ? model->parameter_count : 0;
}

void *dsc_model_parameters(dsc_model *model, size_t *elements)
{
    if (elements)
        *elements = model ? model->elements : 0;
    return model ? model->parameters : NULL;
}

void *dsc_model_gradients(dsc_model *model, size_t *elements)
{
    if (elements)
        *elements = model ? model->elements : 0;
    return model ? model->gradients : NULL;
}

double dsc_model_step_flops(const dsc_model *model)
{
    return model ? dsci_plan_flops(model->plans, false) : 0;
}

double dsc_model_forward_flops(const dsc_model *model)
{
    return model ? dsci_plan_flops(model->plans, true) : 0;
}
