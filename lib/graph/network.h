/* network.h - what lies behind dsc_node: the network as it is built, before any batch is known. */
#ifndef DESCENT_GRAPH_NETWORK_H
#define DESCENT_GRAPH_NETWORK_H

#include <descent/graph.h>

#include "ops/op.h"

/* The names of what has been made over an input. */
typedef struct dsci_names dsci_names;

struct dsc_node {
    dsc_scope *scope;
    dsci_names *names;
    dsci_tensor *tensor;
};

dsci_names *dsci_names_make(dsc_scope *scope);

/* Notes a node that was made over the input; one that has a name of its own counts in those that are made. */
void dsci_names_add(dsc_scope *scope, dsci_names *names, dsci_node *node);
void dsci_names_add_named(dsc_scope *scope, dsci_names *names, dsci_node *node);

/* From now on what is named keeps its name, whatever it is joined with. */
void dsci_names_settle(dsci_names *names);

/* What was expected of a name that no file could hold ("a name ..."), or NULL. With check: false, the scope
   then fails. */
const char *dsci_name_problem(const char *name);
bool dsci_name_check(dsc_scope *scope, const char *kind, const char *name);

/* The name of a new layer over x: requested, or the kind and a number ("dense2"). NULL if x is NULL, the name
   is none for a layer, or memory is out. Of a layer over several nodes (NULL ones are passed over): they then
   share their names. */
const char *dsci_layer_name(dsc_node *x, dsci_op_id id, const char *kind, const char *requested);
const char *dsci_layer_name_over(dsc_node *const *inputs, size_t count, dsci_op_id id, const char *kind,
                                 const char *requested);

/* Applies an op to nodes. If one of them is NULL, or they are not of one scope, that scope fails. Shapes are
   inferred at once, so that an error appears where it was made. */
dsc_node *dsci_layer_make(const dsci_op *op, const char *name, const dsci_attributes *attributes,
                          dsc_node *const *inputs, size_t input_count);

/* A parameter of its own, of that name or "parameter". */
dsc_node *dsci_parameter_leaf(dsc_scope *scope, const char *name, const dsci_shape *shape,
                              const dsci_initializer *initializer);

/* A parameter of the layer, in the scope of x; it is called "layer/name". */
dsc_node *dsci_parameter_make(dsc_node *x, const char *layer, const char *name, const dsci_shape *shape,
                              const dsci_initializer *initializer);

/* Values that are the same for all examples and are never trained. */
dsc_node *dsci_constant_leaf(dsc_scope *scope, const char *name, const dsci_shape *shape,
                             const double *values);

/* The same for values that training changes without a gradient. */
dsc_node *dsci_state_make(dsc_node *x, const char *layer, const char *name, const dsci_shape *shape,
                          const dsci_initializer *initializer);

/* Elements of one example of x; 0 if x is not a batch of examples. */
size_t dsci_node_example_elements(const dsc_node *x);

#endif
