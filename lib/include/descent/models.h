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
   dsc_model_read_keras_weights().
 */
typedef struct dsc_squeezenet_spec {
    size_t height, width; /* 0: 227 */
    size_t classes;       /* 0: no classifier */
    size_t last;          /* fire module, 2 to 9; 0: 9 */
} dsc_squeezenet_spec;
DSC_API dsc_node *dsc_squeezenet(dsc_scope *scope, const dsc_squeezenet_spec *spec);

/* Networks for images of height x width x channels; a sequence has height 1. Each gives the logits over a
   fresh input, PyTorch's initialisation. */
typedef struct dsc_image_network_spec {
    size_t height, width, channels, classes;
} dsc_image_network_spec;

/* Multinomial logistic regression: one dense layer. */
DSC_API dsc_node *dsc_logistic(dsc_scope *scope, const dsc_image_network_spec *spec);

/* In the manner of LeNet-5 (LeCun et al. 1998), with ReLU: convolution 5 x 5 to 32 channels, max-pool 2,
   convolution 5 x 5 to 64, max-pool 2, dense 512, dense. At least 4 x 4 pixels. */
DSC_API dsc_node *dsc_lenet(dsc_scope *scope, const dsc_image_network_spec *spec);

/* The five-layer network of Nakkiran et al. 2019, standard width: four times convolution 3 x 3 without bias,
   batch norm, ReLU with 64, 128, 256, 512 channels, max-pool 2 behind the last three, max-pool over what is
   left (4 of a 32 x 32 image), dense. At least 8 x 8 pixels. */
DSC_API dsc_node *dsc_cnn5(dsc_scope *scope, const dsc_image_network_spec *spec);

/* A small residual network in the manner of He et al. 2015 for CIFAR-10: convolution 3 x 3, batch norm, ReLU,
   three residual blocks of 16, 32 and 64 channels, the last two with stride 2, global average, dense. At
   least 4 x 4 pixels. */
DSC_API dsc_node *dsc_resnet_small(dsc_scope *scope, const dsc_image_network_spec *spec);

/* A small network of inception blocks in the manner of Szegedy et al. 2014: convolution 3 x 3 to 32 channels,
   ReLU, max-pool 2, two inception blocks, max-pool 2, one more, global average, dense. At least 4 x 4 pixels.
 */
DSC_API dsc_node *dsc_inception_small(dsc_scope *scope, const dsc_image_network_spec *spec);

/* relu(F(x) + x): F is convolution 3 x 3, batch norm, ReLU, convolution 3 x 3, batch norm (He et al. 2015).
   Where stride or channels change, x passes a convolution 1 x 1 and batch norm. */
DSC_API dsc_node *dsc_residual_block(dsc_node *x, size_t channels, size_t stride);

/* Four branches beside one another, joined along the channels (Szegedy et al. 2014): convolution 1 x 1; 1 x 1
   then 3 x 3; 1 x 1 then 5 x 5; max-pool 3 then 1 x 1. ReLU behind each convolution. */
typedef struct dsc_inception_spec {
    size_t one, reduce_three, three, reduce_five, five, pool; /* channels */
} dsc_inception_spec;
DSC_API dsc_node *dsc_inception_block(dsc_node *x, const dsc_inception_spec *spec);

/* Tokens, embedding (0: of 128 dimensions), one recurrent layer (0: of 128 units), logits on its last output;
   of a bidirectional one, with so many units in each direction, on those of both. */
typedef struct dsc_sequence_network_spec {
    size_t steps, vocabulary, classes, embedding, units;
    dsc_recurrent_cell cell;
    bool bidirectional;
} dsc_sequence_network_spec;
DSC_API dsc_node *dsc_sequence_classifier(dsc_scope *scope, const dsc_sequence_network_spec *spec);

/* The largest responses of filters that see 3, 4 and 5 steps of a sequence (Kim 2014, EMNLP, equations 2 to
   4): x (batch, steps, features) of at least 5 steps to (batch, 3 * filters), by ReLU. */
DSC_API dsc_node *dsc_text_convolutions(dsc_node *x, size_t filters);

/* Kim's network: tokens, embedding, those convolutions, half of whose values are dropped in training, and the
   logits. */
typedef struct dsc_text_cnn_spec {
    size_t steps, vocabulary, classes;
    size_t embedding, filters; /* 0: 300, 100 */
} dsc_text_cnn_spec;
DSC_API dsc_node *dsc_text_cnn(dsc_scope *scope, const dsc_text_cnn_spec *spec);

/* Steps of one sequence that look at all steps of another: softmax of scores over the sources, and the memory
   mixed by these shares. The score of a query q and a source m is their product (Luong et al. 2015, "dot"),
   or v . tanh(W q + b + U m) (Bahdanau et al. 2015), whose layers are called dense1, dense2 and dense3 or as
   the network's numbers go on. */
typedef struct dsc_attention_spec {
    dsc_node *queries, *memory; /* (targets, features), (sources, features) of an example; of products as many
                                   features */
    size_t additive_units;      /* of the additive score; 0: products */
} dsc_attention_spec;
typedef struct dsc_attended {
    dsc_node *shares,
        *context; /* (targets, sources), (targets, features of memory); NULL if the scope failed */
} dsc_attended;
DSC_API dsc_attended dsc_attention(dsc_scope *scope, const dsc_attention_spec *spec);

/* A decoder of a transformer (Vaswani et al. 2017) as GPT-2 has it (Radford et al. 2019): embedded tokens and
   learned positions; blocks of causal attention and of a perceptron of 4 width units with GELU, each behind a
   layer norm and added to its input; a layer norm; logits by the embedding's table again (tied, Press and
   Wolf 2017). Weights begin as N(0, 0.02^2), those that end a branch divided by sqrt(2 blocks), biases as 0.
 */
typedef struct dsc_transformer_spec {
    size_t vocabulary;
    size_t context;              /* steps: how far a position sees back, itself included */
    size_t width, heads, blocks; /* 0: 128, 4, 4; the width is a multiple of the heads */
    double dropout;              /* of the embedded tokens, of the shares of attention, behind each branch */
    bool no_bias;                /* in dense layers and norms */
} dsc_transformer_spec;
/* The logits (context, vocabulary) of each next token over fresh "tokens". */
DSC_API dsc_node *dsc_transformer(dsc_scope *scope, const dsc_transformer_spec *spec);

#endif
