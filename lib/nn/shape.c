/* shape.c - layers that reshape, join and cut tensors. */
#include <descent/nn.h>

#include "nn/layer.h"

dsc_node *dsc_reshape_with(dsc_node *x, const size_t *shape)
{
    if (!x || !shape)
        return NULL;
    const char *name = dsci_layer_name(x, DSCI_OP_RESHAPE, "reshape", NULL);
    dsci_attributes attributes = { .example = { .rank = 0 } };
    while (attributes.example.rank < DSC_MAX_RANK && shape[attributes.example.rank]) {
        attributes.example.dim[attributes.example.rank] = shape[attributes.example.rank];
        attributes.example.rank++;
    }
    return dsci_layer_make(&dsci_op_reshape, name, &attributes, &x, 1);
}

dsc_node *dsc_flatten(dsc_node *x)
{
    return x ? dsc_reshape_with(x, (const size_t[]){ dsci_node_example_elements(x), 0 }) : NULL;
}

/* Of the batched shape; a negative one counts from the last. One that does not exist is refused by the op. */
static size_t batched_axis(const dsc_node *x, int axis)
{
    const long rank = (long)x->tensor->shape.rank;
    const long at = axis < 0 ? rank + axis : (long)axis + 1;
    return at < 1 ? (size_t)rank : (size_t)at;
}

dsc_node *dsc_concat_with(dsc_node *const *nodes, size_t count, int axis)
{
    if (!nodes || count == 0 || !nodes[0])
        return NULL;
    dsc_node *joined = nodes[0];
    /* An op has at most DSCI_MAX_INPUTS inputs: with more nodes, the first ones are joined before the rest.
     */
    for (size_t done = 1; done < count || (count == 1 && done == 1);) {
        dsc_node *inputs[DSCI_MAX_INPUTS] = { joined };
        size_t taken = 1;
        while (taken < DSCI_MAX_INPUTS && done < count)
            inputs[taken++] = nodes[done++];
        const dsci_attributes attributes = { .range = { .axis = batched_axis(joined, axis) } };
        const char *name = dsci_layer_name_over(inputs, taken, DSCI_OP_CONCAT, "concat", NULL);
        joined = dsci_layer_make(&dsci_op_concat, name, &attributes, inputs, taken);
        if (!joined || count == 1)
            return joined;
    }
    return joined;
}

dsc_node *dsc_slice_of(dsc_node *x, int axis, size_t first, size_t count)
{
    if (!x)
        return NULL;
    const dsci_attributes attributes = {
        .range = { .axis = batched_axis(x, axis), .first = first, .count = count }
    };
    return dsci_layer_make(&dsci_op_slice, dsci_layer_name(x, DSCI_OP_SLICE, "slice", NULL), &attributes, &x,
                           1);
}
