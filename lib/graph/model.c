/* model.c - compiling a network: parameters in one flat vector, initialised by counter. */
#include "graph/model.h"

#include <stdio.h>
#include <string.h>

#include <omp.h>

#include <descent/cpu.h>

#include "base/patterns.h"
#include "graph/memory.h"
#include "graph/network.h"
#include "graph/passes.h"
#include "ops/touched_rows.h"

static size_t count_nodes(const dsci_graph *graph, const dsci_op *op)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->count; i++)
        count += graph->nodes[i]->op == op;
    return count;
}

/* Whether values of both names can be in a file: it has one of a name, and no other below it. */
static bool go_together(const char *a, const char *b)
{
    const size_t length = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
    const char *longer = strlen(a) < strlen(b) ? b : a;
    return strncmp(a, b, length) != 0 || (longer[length] != '\0' && longer[length] != '/');
}

static dsc_status check_names(const dsc_model *model, const dsc_slice *slices, size_t count, const char *kind)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            const char *name = slices[i].name, *other = slices[j].name;
            if (go_together(name, other))
                continue;
            if (strcmp(name, other) == 0)
                return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                                      "two %s are called '%s': expected distinct names; set .name of one of "
                                      "their layers",
                                      kind, name);
            return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                                  "two %s are called '%s' and '%s': expected names of which none begins with "
                                  "another and a slash; set .name of one of their layers",
                                  kind, other, name);
        }
    return dsc_scope_status(model->scope);
}

/* Named slices of one flat vector. */
struct layout {
    dsc_slice *slices;
    size_t slice_count, elements, count; /* elements: with padding */
};

/* Lays the tensors of all nodes of one op out in one vector, each at a multiple of the alignment. */
static struct layout lay_out(const dsc_model *model, const dsci_graph *graph, const dsci_op *op)
{
    const size_t alignment = DSCI_ALIGNMENT / dsci_type_size(dsci_model_master_type(model));
    struct layout layout = { .slices =
                                 dsc_scope_alloc(model->scope, count_nodes(graph, op), sizeof(dsc_slice)) };
    for (size_t i = 0; layout.slices && i < graph->count; i++) {
        const dsci_node *node = graph->nodes[i];
        if (node->op != op)
            continue;
        dsc_slice *slice = &layout.slices[layout.slice_count++];
        *slice = (dsc_slice){ .name = node->name,
                              .offset = layout.elements,
                              .count = node->out[0]->elements,
                              .frozen = !node->out[0]->needs_gradient };
        memcpy(slice->shape, node->out[0]->shape.dim, sizeof slice->shape);
        const size_t padded = (slice->count + alignment - 1) / alignment * alignment;
        if (padded > (size_t)PTRDIFF_MAX / sizeof(double) - layout.elements) {
            dsc_scope_fail(model->scope, DSC_ERROR_MEMORY,
                           "out of memory: the parameters up to '%s' exceed the address space", slice->name);
            break;
        }
        layout.elements += padded;
        layout.count += slice->count;
    }
    return layout;
}

static dsc_status lay_out_all(dsc_model *model, const dsci_graph *graph)
{
    const struct layout parameters = lay_out(model, graph, &dsci_op_parameter);
    const struct layout state = lay_out(model, graph, &dsci_op_state);
    const size_t size = dsci_type_size(dsci_model_master_type(model));
    model->slices = parameters.slices;
    model->slice_count = parameters.slice_count;
    model->parameter_count = parameters.count;
    model->elements = parameters.elements;
    model->state_slices = state.slices;
    model->state_count = state.slice_count;
    model->state_elements = state.elements;
    model->touched = dsc_scope_alloc(model->scope, model->slice_count, sizeof(struct dsci_touched_rows *));
    if (!model->outline) {
        model->parameters = dsc_scope_alloc(model->scope, model->elements, size);
        model->gradients = dsc_scope_alloc(model->scope, model->elements, size);
        model->state = dsc_scope_alloc(model->scope, model->state_elements, size);
    }
    check_names(model, model->slices, model->slice_count, "parameters");
    return check_names(model, model->state_slices, model->state_count, "values of state");
}

/* Draws in double and rounds, so that all types start from the same network. */
static void initialize(const dsc_model *model, const dsci_graph *graph, const dsci_op *op,
                       const dsc_slice *slices, void *vector)
{
    dsc_scope *local = dsc_scope_open(NULL);
    const dsc_rng rng = dsc_rng_make(model->seed, DSC_STREAM_INIT);
    uint32_t index = 0;
    for (size_t i = 0; i < graph->count; i++) {
        const dsci_node *node = graph->nodes[i];
        if (node->op != op)
            continue;
        const dsci_initializer *initializer = &node->attributes.parameter.initializer;
        const dsc_slice *slice = &slices[index++];
        if (!initializer->fill && initializer->shift == 0)
            continue;
        double *values =
            dsc_scope_alloc(local, slice->count, (initializer->workspace ? 2 : 1) * sizeof *values);
        if (!values)
            break;
        if (initializer->fill)
            initializer->fill(initializer, rng, index - 1, values, slice->count);
        for (size_t j = 0; j < initializer->shift_count; j++)
            values[initializer->shift_first + j] += initializer->shift;
        for (size_t j = 0; j < slice->count; j++)
            if (model->options.dtype == DSC_DTYPE_F64)
                ((double *)vector)[slice->offset + j] = values[j];
            else
                ((float *)vector)[slice->offset + j] = (float)values[j];
    }
    dsc_scope_adopt_error(model->scope, local);
    dsc_scope_close(&local);
}

enum { LEAST_SHARD = 8 };

/* Operations of a shard's forward pass: with fewer, a thread spends much of its time on taking shards. */
static const double SHARD_FLOPS = 4e6;

/* Examples in a shard, from the work that an example takes: a function of the network alone. */
static size_t choose_shard(const dsci_graph *example)
{
    double flops = 1;
    for (size_t i = 0; i < example->count; i++)
        if (example->nodes[i]->op->flops)
            flops += example->nodes[i]->op->flops(example->nodes[i]);
    const double rows = SHARD_FLOPS / flops;
    return rows <= LEAST_SHARD ? LEAST_SHARD : (size_t)(rows < 1e6 ? rows : 1e6);
}

/* A caller that computes several models at once has set its OpenMP threads to 1. */
static int choose_threads(int requested)
{
    if (requested > 0)
        return requested;
    const int allowed = omp_in_parallel() ? 1 : omp_get_max_threads();
    const int cores = allowed > 1 ? dsc_threads_choose(0).count : 1;
    return cores < allowed ? cores : allowed;
}

static const char *slice_name_at(const void *slices, size_t i)
{
    return ((const dsc_slice *)slices)[i].name;
}

dsc_status dsci_slices_fail_unmatched(dsc_scope *scope, const char *what, const char *pattern,
                                      const dsc_slice *slices, size_t count)
{
    return dsci_fail_unmatched(scope, what, pattern, count, slice_name_at, slices);
}

/* The caller's patterns may go. */
static void copy_frozen(dsc_model *model)
{
    const size_t count = model->options.frozen_count;
    const char *const *patterns = model->options.frozen;
    const char **copies = dsc_scope_alloc(model->scope, count, sizeof(char *));
    for (size_t i = 0; copies && i < count; i++) {
        copies[i] = patterns && patterns[i] ? dsc_scope_copy(model->scope, patterns[i]) : NULL;
        if (!copies[i])
            dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                           "compile: expected a pattern of names for pattern %zu of .frozen, found none", i);
    }
    model->options.frozen = copies;
}

static dsc_status check_frozen(const dsc_model *model)
{
    for (size_t i = 0; i < model->options.frozen_count; i++) {
        const char *pattern = model->options.frozen[i];
        bool matched = false;
        for (size_t j = 0; j < model->slice_count && !matched; j++)
            matched = dsci_pattern_matches(pattern, model->slices[j].name);
        char what[64];
        snprintf(what, sizeof what, "compile: expected pattern %zu of .frozen", i);
        if (!matched)
            return dsci_slices_fail_unmatched(model->scope, what, pattern, model->slices, model->slice_count);
    }
    return DSC_OK;
}

/* A node that can be trained: a loss, or what is made into one, a single value. NULL on failure. */
static dsc_node *trainable(dsc_node *root)
{
    const dsci_node *last = root->tensor->producer;
    if (last->op->loss)
        return root;
    if (root->tensor->elements == 1 && root->tensor->type == DSCI_F32 && !last->op->leaf)
        return dsci_layer_make(&dsci_op_mean_loss,
                               dsci_layer_name(root, DSCI_OP_MEAN_LOSS, "mean_loss", NULL), NULL, &root, 1);
    dsc_scope_fail(
        root->scope, DSC_ERROR_ARGUMENT,
        "compile: expected a loss such as dsc_softmax_cross_entropy() at the end of the network, or "
        "one value an example, found '%s'; dsc_mean_loss() makes a loss of any values, .inference "
        "takes any node",
        last->name);
    return NULL;
}

static dsc_node *computable(dsc_node *root)
{
    if (!root->tensor->producer->op->leaf)
        return root;
    dsc_scope_fail(root->scope, DSC_ERROR_ARGUMENT, "compile: expected a layer or a loss, found '%s'",
                   root->tensor->producer->name);
    return NULL;
}

static dsc_model *compile(dsc_node *root, const dsc_compile_options *options, bool outline)
{
    root = root && options && options->inference ? computable(root) : root ? trainable(root) : NULL;
    if (!root)
        return NULL;
    dsc_scope *scope = root->scope;
    dsc_model *model = dsc_scope_alloc(scope, 1, sizeof *model);
    if (!model)
        return NULL;
    model->scope = scope;
    model->outline = outline;
    model->root = root->tensor;
    model->names = root->names;
    dsci_names_settle(model->names);
    model->seed = dsc_scope_seed(scope);
    if (options)
        model->options = *options;
    if (model->options.batch == 0)
        model->options.batch = 1;
    copy_frozen(model);
    dsci_graph graph = { .context = { .scope = scope,
                                      .real = dsci_model_type(model),
                                      .batch = 1,
                                      .training = true,
                                      .frozen = model->options.frozen,
                                      .frozen_count = model->options.frozen_count } };
    dsci_pass_build(&graph, model->root, model->root);
    if (dsc_scope_status(scope) != DSC_OK || lay_out_all(model, &graph) != DSC_OK ||
        check_frozen(model) != DSC_OK)
        return NULL;
    if (!outline) {
        initialize(model, &graph, &dsci_op_parameter, model->slices, model->parameters);
        initialize(model, &graph, &dsci_op_state, model->state_slices, model->state);
    }
    model->shard_rows = model->options.shard ? model->options.shard : choose_shard(&graph);
    model->threads = choose_threads(model->options.threads);
    return dsci_model_execution(model, model->options.batch,
                                model->options.inference ? DSCI_EVALUATION : DSCI_TRAINING)
               ? model
               : NULL;
}

dsc_model *dsc_compile(dsc_node *root, const dsc_compile_options *options)
{
    return compile(root, options, false);
}

dsc_model *dsci_model_outline(dsc_node *root, const dsc_compile_options *options)
{
    return compile(root, options, true);
}

double dsci_model_bytes(const dsc_model *model)
{
    const size_t size = dsci_type_size(dsci_model_master_type(model));
    double bytes = (double)size * (2 * (double)model->elements + (double)model->state_elements);
    for (const dsci_execution *plan = model->plans; plan; plan = plan->next)
        bytes += (double)plan->arena_bytes + plan->threads * (double)plan->workspace_bytes;
    return bytes;
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
    for (size_t i = 0; model && i < model->slice_count; i++)
        if (model->touched[i])
            dsci_touched_rows_spoil(model->touched[i]); /* the caller may write */
    return model ? model->gradients : NULL;
}

const void *dsc_model_input_gradient(dsc_model *model, const dsc_node *input, size_t *elements)
{
    const dsci_tensor *diff = NULL;
    if (elements)
        *elements = 0;
    if (!model || !input || dsc_scope_status(model->scope) != DSC_OK)
        return NULL;
    const dsci_execution *plan = model->plans; /* the first is that of the full batch */
    for (size_t i = 0; i < plan->input_count; i++)
        if (strcmp(plan->inputs[i]->producer->name, input->tensor->producer->name) == 0)
            diff = plan->inputs[i]->diff;
    if (!diff) {
        dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                       "input gradient: expected a real-valued input on which the loss depends, of a model "
                       "compiled with .input_gradients, found '%s'",
                       input->tensor->producer->name);
        return NULL;
    }
    if (elements)
        *elements = diff->elements;
    return diff->data;
}

size_t dsc_model_state_slices(const dsc_model *model, const dsc_slice **slices)
{
    if (slices)
        *slices = model ? model->state_slices : NULL;
    return model ? model->state_count : 0;
}

void *dsc_model_state(dsc_model *model, size_t *elements)
{
    if (elements)
        *elements = model ? model->state_elements : 0;
    return model ? model->state : NULL;
}

double dsc_model_step_flops(const dsc_model *model)
{
    return model ? dsci_execution_flops(model->plans, false) : 0;
}

double dsc_model_forward_flops(const dsc_model *model)
{
    return model ? dsci_execution_flops(model->plans, true) : 0;
}
