/* nn.h - layers, losses, initialisers, optimisers. */
#ifndef DESCENT_NN_H
#define DESCENT_NN_H

#include <descent/graph.h>

/* Initial values of weights; fan_in and fan_out are those of the layer. */
typedef enum dsc_init {
    DSC_INIT_DEFAULT = 0, /* PyTorch's: U(-1/sqrt(fan_in), 1/sqrt(fan_in)), for biases too */
    DSC_INIT_ZEROS,
    DSC_INIT_GLOROT_UNIFORM, /* U(+-sqrt(6 / (fan_in + fan_out))) (Glorot and Bengio 2010) */
    DSC_INIT_GLOROT_NORMAL,
    DSC_INIT_HE_UNIFORM, /* U(+-sqrt(6 / fan_in)) (He et al. 2015) */
    DSC_INIT_HE_NORMAL,
    DSC_INIT_LECUN_NORMAL
} dsc_init;

/* y = x w + b: x (batch, fan_in), w (fan_in, units), b (units). An input of higher rank is flattened. */
typedef struct dsc_dense_spec {
    size_t units;
    dsc_init weights_init, bias_init;
    bool no_bias;
    const char *name; /* NULL: "dense1", "dense2", ... in order of creation */
} dsc_dense_spec;
DSC_API dsc_node *dsc_dense_spec_make(dsc_node *x, const dsc_dense_spec *spec);
/* dsc_dense(x, 32), dsc_dense(x, 32, .weights_init = DSC_INIT_HE_NORMAL) */
#define dsc_dense(x, ...) dsc_dense_spec_make((x), &(dsc_dense_spec){ .units = __VA_ARGS__ })

DSC_API dsc_node *dsc_relu(dsc_node *x);
DSC_API dsc_node *dsc_sigmoid(dsc_node *x);
DSC_API dsc_node *dsc_tanh(dsc_node *x);

/* Inverted dropout with probability rate of zeroing an element; identity outside training. */
DSC_API dsc_node *dsc_dropout(dsc_node *x, double rate);

/* Mean over the batch of -log softmax(logits)[label]. */
DSC_API dsc_node *dsc_softmax_cross_entropy(dsc_node *logits, dsc_node *labels);

/* Mean over batch and outputs of (x - target)^2. */
DSC_API dsc_node *dsc_squared_loss(dsc_node *x, dsc_node *targets);

/* Update rules; zeros are the documented defaults. */
typedef enum dsc_optimizer_kind { DSC_SGD = 0, DSC_MOMENTUM, DSC_NESTEROV, DSC_ADAM } dsc_optimizer_kind;

typedef struct dsc_optimizer {
    dsc_optimizer_kind kind;
    double lr;           /* 0: 0.01 (Adam: 0.001) */
    double momentum;     /* 0: 0.9 for MOMENTUM and NESTEROV */
    double beta1, beta2; /* 0: 0.9, 0.999 */
    double epsilon;      /* 0: 1e-8 */
    double weight_decay; /* L2: gradient + weight_decay * w */
} dsc_optimizer;

#endif
