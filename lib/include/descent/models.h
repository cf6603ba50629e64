/* models.h - ready-made networks. */
#ifndef DESCENT_MODELS_H
#define DESCENT_MODELS_H

#include <descent/nn.h>

/* A multilayer perceptron: dense layers with an activation between them; the last one gives the logits. */
typedef struct dsc_mlp_spec {
    size_t inputs;
    const size_t *hidden; /* units of each hidden layer, ended by 0 */
    size_t outputs;
    dsc_node *(*activation)(dsc_node *); /* NULL: dsc_relu */
    dsc_init init;                       /* of the weights; biases start at 0 unless it is DSC_INIT_DEFAULT */
} dsc_mlp_spec;

/* The logits of a perceptron over a fresh input. */
DSC_API dsc_node *dsc_mlp(dsc_scope *scope, const dsc_mlp_spec *spec);

#endif
