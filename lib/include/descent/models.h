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

/* SqueezeNet 1.1 (Iandola et al. 2016) over images of three channels: the feature maps of a fire module, or
   with classes the logits. Its layers are called as in the Keras weights that are found for it:
   dsc_model_read_keras().
 */
typedef struct dsc_squeezenet_spec {
    size_t height, width; /* 0: 227 */
    size_t classes;       /* 0: no classifier */
    size_t last;          /* fire module, 2 to 9; 0: 9 */
} dsc_squeezenet_spec;
DSC_API dsc_node *dsc_squeezenet(dsc_scope *scope, const dsc_squeezenet_spec *spec);

#endif
