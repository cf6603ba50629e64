/* network.c - building a network: inputs, and ops applied to nodes. */
#include "graph/network.h"

static dsc_node *wrap(dsc_scope *scope, dsci_names *names, const dsci_op *op, const char *name,
                      const dsci_attributes *attributes, dsci_tensor *const *inputs, size_t input_count)
{
    /* Built for a batch of one in single precision; each plan infers its own. */
    const dsci_context context = { .scope = scope, .real = DSCI_F32, .batch = 1, .training = true };
    dsc_node *handle = dsc_scope_alloc(scope, 1, sizeof *handle);
    dsci_node *node = handle ? dsci_node_make(&context, op, name, attributes, inputs, input_count) : NULL;
    if (!node)
        return NULL;
    dsci_names_add(scope, names, node);
    *handle = (dsc_node){ .scope = scope, .names = names, .tensor = node->out[0] };
    return handle;
}

static dsc_node *leaf(dsc_scope *scope, const dsci_op *op, const char *name,
                      const dsci_attributes *attributes)
{
    if (name && !dsci_name_check(scope, op->name, name))
        return NULL;
    dsci_names *names = dsci_names_make(scope);
    const char *copy = dsc_scope_copy(scope, name ? name : op->name);
    return names && copy ? wrap(scope, names, op, copy, attributes, NULL, 0) : NULL;
}

/* The shape that a specification says; of rank 0, and the scope fails, if it says none. */
static dsci_shape shape_of(dsc_scope *scope, const dsci_op *op, const dsc_input_spec *spec)
{
    dsci_shape shape = { .rank = 0 };
    while (spec && shape.rank < DSC_MAX_RANK && spec->shape[shape.rank]) {
        shape.dim[shape.rank] = spec->shape[shape.rank];
        shape.rank++;
    }
    if (shape.rank == 0)
        dsc_scope_fail(scope, DSC_ERROR_SHAPE,
                       "%s '%s': expected the shape of one example, for example .shape = { 40 }, found none",
                       op->name, spec && spec->name ? spec->name : op->name);
    return shape;
}

dsc_node *dsc_input(dsc_scope *scope, const dsc_input_spec *spec)
{
    const dsci_shape shape = shape_of(scope, &dsci_op_input, spec);
    if (shape.rank == 0)
        return NULL;
    return leaf(scope, &dsci_op_input, spec->name,
                &(dsci_attributes){ .input = { .example = shape, .unbatched = spec->unbatched } });
}

dsc_node *dsc_targets(dsc_scope *scope, const dsc_input_spec *spec)
{
    const dsci_shape shape = shape_of(scope, &dsci_op_targets, spec);
    if (shape.rank == 0)
        return NULL;
    if (spec->unbatched) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "targets '%s': expected targets of every example, found .unbatched",
                       spec->name ? spec->name : "targets");
        return NULL;
    }
    return leaf(scope, &dsci_op_targets, spec->name, &(dsci_attributes){ .example = shape });
}

dsc_node *dsc_labels_with(dsc_scope *scope, const dsc_labels_spec *spec)
{
    if (!spec || spec->classes == 0 || spec->classes > INT32_MAX) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "labels: expected 1 to %d classes, found %zu", INT32_MAX,
                       spec ? spec->classes : 0);
        return NULL;
    }
    const dsci_shape example = { .rank = spec->steps > 0, .dim = { spec->steps } };
    return leaf(scope, &dsci_op_labels, spec->name,
                &(dsci_attributes){ .labels = { .example = example, .classes = spec->classes } });
}

dsc_node *dsc_tokens(dsc_scope *scope, const dsc_tokens_spec *spec)
{
    if (!spec || spec->steps == 0 || spec->vocabulary == 0 || spec->vocabulary > INT32_MAX) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "tokens '%s': expected at least 1 step and a vocabulary of 1 to %d, found %zu and %zu",
                       spec && spec->name ? spec->name : "tokens", INT32_MAX, spec ? spec->steps : 0,
                       spec ? spec->vocabulary : 0);
        return NULL;
    }
    const dsci_attributes attributes = { .tokens = { .example = { .rank = 1, .dim = { spec->steps } },
                                                     .vocabulary = spec->vocabulary,
                                                     .unbatched = spec->unbatched } };
    return leaf(scope, &dsci_op_tokens, spec->name, &attributes);
}

dsc_node *dsci_parameter_leaf(dsc_scope *scope, const char *name, const dsci_shape *shape,
                              const dsci_initializer *initializer)
{
    return leaf(scope, &dsci_op_parameter, name,
                &(dsci_attributes){ .parameter = { .shape = *shape, .initializer = *initializer } });
}

dsc_node *dsci_constant_leaf(dsc_scope *scope, const char *name, const dsci_shape *shape,
                             const double *values)
{
    return leaf(scope, &dsci_op_constant, name,
                &(dsci_attributes){ .constant = { .shape = *shape, .values = values } });
}

dsc_node *dsci_layer_make(const dsci_op *op, const char *name, const dsci_attributes *attributes,
                          dsc_node *const *inputs, size_t input_count)
{
    dsci_tensor *tensors[DSCI_MAX_INPUTS] = { NULL };
    const dsc_node *first = NULL;
    bool whole = name != NULL;
    for (size_t i = 0; i < input_count; i++) {
        whole = whole && inputs[i];
        first = first ? first : inputs[i];
        tensors[i] = inputs[i] ? inputs[i]->tensor : NULL;
    }
    if (!first)
        return NULL;
    if (!whole) {
        dsc_scope_fail(first->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': an input is missing, because the call that makes it failed or is NULL",
                       name ? name : op->name);
        return NULL;
    }
    for (size_t i = 0; i < input_count; i++)
        if (inputs[i]->scope != first->scope) {
            dsc_scope_fail(first->scope, DSC_ERROR_ARGUMENT,
                           "layer '%s': its inputs come from different scopes; build a network in one scope",
                           name);
            return NULL;
        }
    return wrap(first->scope, first->names, op, name, attributes, tensors, input_count);
}

dsc_node *dsci_parameter_make(dsc_node *x, const char *layer, const char *name, const dsci_shape *shape,
                              const dsci_initializer *initializer)
{
    if (!x || !layer)
        return NULL;
    const char *full = dsc_scope_format(x->scope, "%s/%s", layer, name);
    const dsci_attributes attributes = { .parameter = { .shape = *shape, .initializer = *initializer } };
    return full ? wrap(x->scope, x->names, &dsci_op_parameter, full, &attributes, NULL, 0) : NULL;
}

dsc_node *dsci_state_make(dsc_node *x, const char *layer, const char *name, const dsci_shape *shape,
                          const dsci_initializer *initializer)
{
    if (!x || !layer)
        return NULL;
    const char *full = dsc_scope_format(x->scope, "%s/%s", layer, name);
    const dsci_attributes attributes = { .parameter = { .shape = *shape, .initializer = *initializer } };
    return full ? wrap(x->scope, x->names, &dsci_op_state, full, &attributes, NULL, 0) : NULL;
}

size_t dsci_node_example_elements(const dsc_node *x)
{
    return x->tensor->shape.rank >= 2 ? dsci_tensor_cols(x->tensor) : 0;
}

size_t dsc_node_shape(const dsc_node *node, size_t shape[DSC_MAX_RANK])
{
    if (!node || dsc_scope_status(node->scope) != DSC_OK)
        return 0;
    const dsci_shape example = dsci_tensor_example(node->tensor);
    for (size_t i = 0; i < example.rank; i++)
        shape[i] = example.dim[i];
    return example.rank;
}
