/* passes.h - the passes of compilation, each a function of the graph alone. They leave an error in the
 * graph's scope and then do nothing more.
 */
#ifndef DESCENT_GRAPH_PASSES_H
#define DESCENT_GRAPH_PASSES_H

#include <descent/engine.h>

#include "ops/node.h"

/* Copies the network that ends in root into the graph, in topological order, and infers its shapes for the
   graph's context. Ops that only training has are left out elsewhere. Layers are numbered in the order of the
   network that ends in whole; those that it does not have come after them, in the order of creation. Returns
   root's copy. */
dsci_tensor *dsci_pass_build(dsci_graph *graph, const dsci_tensor *root, const dsci_tensor *whole);

/* Sets each loss's factor in the root, which is a loss or none. */
void dsci_pass_losses(dsci_graph *graph, const dsci_tensor *root);

/* Appends the nodes that compute the gradients of all parameters. */
void dsci_pass_gradients(dsci_graph *graph);

/* Appends the nodes that measure the network beside its loss. */
void dsci_pass_measures(dsci_graph *graph);

/* Merges an activation into the dense layer before it if nothing else reads what lies between. */
void dsci_pass_fuse(dsci_graph *graph);

/* Chooses the implementation of each node: of the engine asked for, or under AUTO the first of the op's list
   that has the graph's type and supports the node. */
void dsci_pass_engines(dsci_graph *graph, dsc_engine engine);

/* Finds each tensor's lifetime, in stages of the schedule, and its offset in the arena. Returns its bytes. */
size_t dsci_pass_memory(dsci_graph *graph, size_t stages);

#endif
