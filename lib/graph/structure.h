/* structure.h - a network as text, and a network from text. */
#ifndef DESCENT_GRAPH_STRUCTURE_H
#define DESCENT_GRAPH_STRUCTURE_H

#include "graph/model.h"

/* The network of a model in JSON: its nodes in the order of their execution, each with its op, name,
   attributes and inputs. In the scope; NULL on failure. */
const char *dsci_structure_write(dsc_scope *scope, const dsc_model *model);

/* What it takes to trust a description: the network's parameters and the activations of one example. */
typedef struct dsci_structure {
    dsc_node *root;
    double parameters, activations;
} dsci_structure;

/* Builds the network in the scope; path is for messages. The root is NULL on failure: DSC_ERROR_FORMAT for
   what is no description, or one of ops and attributes that there are none of. */
dsci_structure dsci_structure_read(dsc_scope *scope, const char *path, const char *json);

/* Whether every parameter and value of state in the description is one of the model's: else the model's scope
   fails with DSC_ERROR_MISMATCH that names it. */
bool dsci_structure_fits(const dsc_model *model, const char *path, const char *json);

#endif
