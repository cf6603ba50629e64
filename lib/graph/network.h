/* network.h - what lies behind dsc_node: the network as it is built, before any batch is known. */
#ifndef DESCENT_GRAPH_NETWORK_H
#define DESCENT_GRAPH_NETWORK_H

#include <descent/graph.h>

#include "ops/ops.h"

/* How many layers of each op have been made over one input: where automatic names come from. */
typedef struct dsci_names {
    size_t made[DSCI_OP_COUNT];
} dsci_names;

struct dsc_node {
    dsc_scope *scope;
    dsci_names *names;
    dsci_tensor *tensor;
};

/* The name of a new layer over x: requested, or the kind and a number ("dense2"). NULL if x is NULL or memory
 * is out. */
const char *dsci_layer_name(dsc_node *x, dsci_op_id id, const char *kind, const char *requested);

/* Applies an op to nodes. If one of them is NULL, or they are not of one scope, that scope fails. Shapes are
   inferred at once, so that an error appears where it was made. */
dsc_node *dsci_layer_make(const dsci_op *op, const char *name, const dsci_attributes *attributes,
                          dsc_node *const *inputs, size_t input_count);

/* A parameter of the layer, in the scope of x; it is called "layer/name". */
dsc_node *dsci_parameter_make(dsc_node *x, const char *layer, const char *name, const dsci_shape *shape,
                              const dsci_initializer *initializer);

/* The same for values that training changes without a gradient. */
dsc_node *dsci_state_make(dsc_node *x, const char *layer, const char *name, const dsci_shape *shape,
                          const dsci_initializer *initializer);

/* Elements of one example of x; 0 if x is not a batch of examples. */
size_t dsci_node_example_elements(const dsc_node *x);

#endif
