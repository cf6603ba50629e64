/* nn.h - layers, losses, initialisers.
 *
 * Tensors are row-major and channels come last: images are (height, width, channels), sequences are (steps,
 * features), each with the batch before it. A layer takes a node and gives a node; what it needs beside its
 * size is a designated field of its specification, in which zero means the documented default:
 *
 *     dsc_node *h = dsc_relu(dsc_conv2d(x, 32, .kernel = { 5, 5 }, .padding = DSC_PADDING_SAME));
 *     h = dsc_max_pool(h, .window = { 2, 2 });
 *     h = dsc_dense(h, 512, .weights_init = DSC_INIT_HE_NORMAL);
 *
 * Every specification has a name; NULL gives the kind and a number ("conv2d1"), in the order of creation over
 * each input; where layers over several inputs meet, those of the second go on from those of the first. A
 * name may have slashes, as a path has ("block1/conv"); one that a model's file could not hold is refused.
 * Errors of shape name the layer, what was expected and what was found.
 */
#ifndef DESCENT_NN_H
#define DESCENT_NN_H

#include <descent/activation.h>
#include <descent/graph.h>
#include <descent/ops.h>
#include <descent/optimizer.h>

/* --- Initialisers --- */

/* Initial values of weights; fan_in and fan_out are those of the layer (of a convolution: times the window's
   elements, over the groups). */
typedef enum dsc_init {
    DSC_INIT_DEFAULT = 0, /* PyTorch's: U(-1/sqrt(fan_in), 1/sqrt(fan_in)), for biases too */
    DSC_INIT_ZEROS,
    DSC_INIT_GLOROT_UNIFORM, /* U(+-sqrt(6 / (fan_in + fan_out))) (Glorot and Bengio 2010) */
    DSC_INIT_GLOROT_NORMAL,
    DSC_INIT_HE_UNIFORM, /* U(+-sqrt(6 / fan_in)) (He et al. 2015) */
    DSC_INIT_HE_NORMAL,
    DSC_INIT_LECUN_NORMAL,
    DSC_INIT_LECUN_UNIFORM, /* U(+-sqrt(3 / fan_in)) (LeCun et al. 1998) */
    DSC_INIT_ONES,
    DSC_INIT_CONSTANT,  /* init_scale */
    DSC_INIT_UNIFORM,   /* U(-init_scale, init_scale); 0: 0.05 */
    DSC_INIT_NORMAL,    /* N(0, init_scale^2); 0: 0.05 */
    DSC_INIT_ORTHOGONAL /* init_scale (0: 1) times a random matrix of orthonormal rows or columns (Saxe et al.
                           2014) */
} dsc_init;

/* --- Parameters that are no layer's --- */

/* What is trained beside the weights of layers: an image, a table of positions, a factor. */
typedef struct dsc_parameter_spec {
    size_t shape[DSC_MAX_RANK]; /* ended by the first 0; no batch: the same for all examples */
    const float *values;        /* to begin with, row-major, copied; NULL: by init */
    dsc_init init;              /* fan_out is the last dimension, fan_in the product of the others */
    double init_scale;
    const char *name; /* NULL: "parameter" */
} dsc_parameter_spec;
/* Returns values without a batch. The arithmetic of ops.h takes them directly; a layer, which wants a batch,
   takes dsc_batched() of them. */
DSC_API dsc_node *dsc_parameter(dsc_scope *scope, const dsc_parameter_spec *spec);

/* A batch in which every example has the values of x, which are the same for all: a parameter, or what is
   made of parameters alone. An image that is trained enters a convolution so: as a batch of as many copies as
   the network is compiled for, of one by default. Its gradient is the sum of the examples'. */
DSC_API dsc_node *dsc_batched(dsc_node *x);

/* --- Dense, convolution, pooling --- */

/* y = x w + b: x (batch, fan_in), w (fan_in, units), b (units). An input of higher rank is flattened, or with
   per_step each vector along its last dimension is taken by itself: (batch, ..., fan_in) to (batch, ...,
   units). */
typedef struct dsc_dense_spec {
    size_t units;
    dsc_init weights_init, bias_init;
    double init_scale;
    bool no_bias, per_step;
    const char *name;
} dsc_dense_spec;
DSC_API dsc_node *dsc_dense_with(dsc_node *x, const dsc_dense_spec *spec);
/* dsc_dense(x, 32), dsc_dense(x, 32, .weights_init = DSC_INIT_HE_NORMAL) */
#define dsc_dense(x, ...) dsc_dense_with((x), &(dsc_dense_spec){ .units = __VA_ARGS__ })

typedef enum dsc_padding {
    DSC_PADDING_EXPLICIT = 0, /* pad[]: as many zeros before as behind; by default none */
    DSC_PADDING_SAME          /* dst = ceil(src / stride); an odd rest goes behind (TensorFlow's rule) */
} dsc_padding;

/* Cross-correlation of images (height, width, channels) with weights (kernel[0], kernel[1], channels /
   groups, filters): dst = floor((src + 2 pad - dilation (kernel - 1) - 1) / stride) + 1 in each dimension. */
typedef struct dsc_conv2d_spec {
    size_t filters;
    size_t kernel[2];              /* height, width; 0: 3 (of the second: the first) */
    size_t stride[2], dilation[2]; /* 0: 1 (of the second: the first) */
    size_t pad[2];                 /* the second is taken as it is */
    dsc_padding padding;
    size_t groups; /* 0: 1; channels and filters are multiples of it */
    dsc_init weights_init, bias_init;
    double init_scale;
    bool no_bias;
    const char *name;
} dsc_conv2d_spec;
DSC_API dsc_node *dsc_conv2d_with(dsc_node *x, const dsc_conv2d_spec *spec);
#define dsc_conv2d(x, ...) dsc_conv2d_with((x), &(dsc_conv2d_spec){ .filters = __VA_ARGS__ })

/* The same over sequences (steps, channels), weights (kernel, channels / groups, filters). */
typedef struct dsc_conv1d_spec {
    size_t filters, kernel, stride, dilation, pad; /* kernel 0: 3; stride, dilation 0: 1 */
    dsc_padding padding;
    size_t groups;
    dsc_init weights_init, bias_init;
    double init_scale;
    bool no_bias;
    const char *name;
} dsc_conv1d_spec;
DSC_API dsc_node *dsc_conv1d_with(dsc_node *x, const dsc_conv1d_spec *spec);
#define dsc_conv1d(x, ...) dsc_conv1d_with((x), &(dsc_conv1d_spec){ .filters = __VA_ARGS__ })

/* Transposed convolution of images (height, width, channels), by which they grow: the gradient of a
   convolution by its input (Dumoulin and Visin 2016, arXiv 1603.07285), plus a bias. dst = (src - 1) stride -
   2 pad + dilation (kernel - 1) + output_pad + 1 in each dimension; with DSC_PADDING_SAME dst = src * stride,
   an odd rest is cut off behind. Weights are those of that convolution, (kernel[0], kernel[1], filters /
   groups, channels): what is w[y][x][f][c] here is weight[c][f][y][x] in PyTorch. As there, fan_in is the
   window's area times the filters of a group; fan_out is the area times the channels of a group. The bias is
   added by a layer of its own, "name/add". */
typedef struct dsc_conv2d_transposed_spec {
    size_t filters;
    size_t kernel[2];              /* height, width; 0: 3 (of the second: the first) */
    size_t stride[2], dilation[2]; /* 0: 1 (of the second: the first) */
    size_t pad[2];                 /* pixels cut off at both ends; pad[1] does not follow pad[0] */
    size_t output_pad[2];          /* more rows and columns behind, below the stride; likewise */
    dsc_padding padding;           /* DSC_PADDING_SAME: pad and output_pad are not used */
    size_t groups;                 /* 0: 1; channels and filters are multiples of it */
    dsc_init weights_init, bias_init;
    double init_scale;
    bool no_bias;
    const char *name;
} dsc_conv2d_transposed_spec;
DSC_API dsc_node *dsc_conv2d_transposed_with(dsc_node *x, const dsc_conv2d_transposed_spec *spec);
/* dsc_conv2d_transposed(x, 16, .kernel = { 4 }, .stride = { 2 }, .pad = { 1, 1 }) doubles height and width */
#define dsc_conv2d_transposed(x, ...)                                                                        \
    dsc_conv2d_transposed_with((x), &(dsc_conv2d_transposed_spec){ .filters = __VA_ARGS__ })

/* The same over sequences (steps, channels), weights (kernel, filters / groups, channels). */
typedef struct dsc_conv1d_transposed_spec {
    size_t filters, kernel, stride, dilation, pad, output_pad; /* kernel 0: 3; stride, dilation 0: 1 */
    dsc_padding padding;
    size_t groups;
    dsc_init weights_init, bias_init;
    double init_scale;
    bool no_bias;
    const char *name;
} dsc_conv1d_transposed_spec;
DSC_API dsc_node *dsc_conv1d_transposed_with(dsc_node *x, const dsc_conv1d_transposed_spec *spec);
#define dsc_conv1d_transposed(x, ...)                                                                        \
    dsc_conv1d_transposed_with((x), &(dsc_conv1d_transposed_spec){ .filters = __VA_ARGS__ })

/* Pooling of images, or of sequences with window[0] alone. Padding never is a maximum; averages are over the
   window's elements inside the image, or with count_padding over all of them (PyTorch's default). */
typedef struct dsc_pool_spec {
    size_t window[2]; /* 0: 2 (of the second: the first) */
    size_t stride[2]; /* 0: the window */
    size_t pad[2];
    dsc_padding padding;
    bool count_padding;
    const char *name;
} dsc_pool_spec;
DSC_API dsc_node *dsc_max_pool_with(dsc_node *x, const dsc_pool_spec *spec);
DSC_API dsc_node *dsc_average_pool_with(dsc_node *x, const dsc_pool_spec *spec);
#define dsc_max_pool(x, ...)     dsc_max_pool_with((x), &(dsc_pool_spec){ __VA_ARGS__ })
#define dsc_average_pool(x, ...) dsc_average_pool_with((x), &(dsc_pool_spec){ __VA_ARGS__ })

/* The maximum, the mean over all positions of an image or sequence: (batch, ..., channels) to (batch,
   channels). */
DSC_API dsc_node *dsc_global_max_pool(dsc_node *x);
DSC_API dsc_node *dsc_global_average_pool(dsc_node *x);

typedef enum dsc_upsample_mode {
    DSC_UPSAMPLE_NEAREST = 0, /* the pixel at floor(i src / dst) */
    DSC_UPSAMPLE_BILINEAR     /* between the two neighbours in each dimension (of a sequence: linear) */
} dsc_upsample_mode;

/* Images (batch, height, width, channels) made larger, or sequences (batch, steps, channels) with factor[0]
   or size[0] alone. Pixel i of dst pixels, bilinear, lies at (i + 1/2) src / dst - 1/2 of the src pixels, but
   not before the first or behind the last: centres of pixels are kept. With align_corners it lies at i (src -
   1) / (dst - 1): the first and last pixels are kept, and the step depends on the sizes. These are the rules
   of PyTorch's interpolate. A size may be smaller than the input's: pixels are picked by the same rules,
   without a filter before. */
typedef struct dsc_upsample_spec {
    size_t factor[2]; /* height, width; 0: 2 (of the second: the first) */
    size_t size[2];   /* of dst; 0: src times the factor (of the second: the first, if that is given) */
    dsc_upsample_mode mode;
    bool align_corners; /* bilinear */
    const char *name;
} dsc_upsample_spec;
DSC_API dsc_node *dsc_upsample_with(dsc_node *x, const dsc_upsample_spec *spec);
/* dsc_upsample(x), dsc_upsample(x, .size = { 28, 28 }, .mode = DSC_UPSAMPLE_BILINEAR) */
#define dsc_upsample(x, ...) dsc_upsample_with((x), &(dsc_upsample_spec){ __VA_ARGS__ })

/* --- Shape --- */

DSC_API dsc_node *dsc_flatten(dsc_node *x);
/* The same elements as examples of another shape, ended by the first 0: dsc_reshape(x, 7, 7, 64). */
DSC_API dsc_node *dsc_reshape_with(dsc_node *x, const size_t *shape);
#define dsc_reshape(x, ...) dsc_reshape_with((x), (const size_t[DSC_MAX_RANK + 1]){ __VA_ARGS__ })
/* Joins count tensors along a dimension of the example (0: the first; negative: from the last, -1 the
   channels); the others agree. */
DSC_API dsc_node *dsc_concat_with(dsc_node *const *nodes, size_t count, int axis);
#define dsc_concat(axis, ...)                                                                                \
    dsc_concat_with((dsc_node *[]){ __VA_ARGS__ },                                                           \
                    sizeof((dsc_node *[]){ __VA_ARGS__ }) / sizeof(dsc_node *), (axis))
/* count elements from first on, along a dimension of the example. */
DSC_API dsc_node *dsc_slice_of(dsc_node *x, int axis, size_t first, size_t count);

/* Rows of a table (vocabulary, dimension) by tokens (batch, steps): (batch, steps, dimension). The default
   initialiser is N(0, 1), PyTorch's. The token `padding - 1` gives zeros, and its row gets no gradient, if
   padding > 0. */
typedef struct dsc_embedding_spec {
    size_t dimension;
    dsc_init weights_init;
    double init_scale;
    size_t padding; /* 1 + the token that stands for nothing; 0: none */
    const char *name;
} dsc_embedding_spec;
DSC_API dsc_node *dsc_embedding_with(dsc_node *tokens, const dsc_embedding_spec *spec);
#define dsc_embedding(tokens, ...)                                                                           \
    dsc_embedding_with((tokens), &(dsc_embedding_spec){ .dimension = __VA_ARGS__ })

/* --- Activations --- */

typedef struct dsc_activation_spec {
    dsc_activation kind;
    double alpha; /* of the kinds that have one; 0: the default */
    const char *name;
} dsc_activation_spec;
DSC_API dsc_node *dsc_activate(dsc_node *x, const dsc_activation_spec *spec);

DSC_API dsc_node *dsc_relu(dsc_node *x);
DSC_API dsc_node *dsc_sigmoid(dsc_node *x);
DSC_API dsc_node *dsc_tanh(dsc_node *x);
DSC_API dsc_node *dsc_leaky_relu(dsc_node *x);
DSC_API dsc_node *dsc_elu(dsc_node *x);
DSC_API dsc_node *dsc_selu(dsc_node *x);
DSC_API dsc_node *dsc_gelu(dsc_node *x);
DSC_API dsc_node *dsc_swish(dsc_node *x);
DSC_API dsc_node *dsc_softplus(dsc_node *x);
DSC_API dsc_node *dsc_hard_sigmoid(dsc_node *x);
/* The largest of pieces neighbouring channels: (batch, ..., units * pieces) to (batch, ..., units)
   (Goodfellow et al. 2013); after a dense or convolutional layer of units * pieces. */
DSC_API dsc_node *dsc_maxout(dsc_node *x, size_t pieces);
/* Over the last dimension. */
DSC_API dsc_node *dsc_softmax(dsc_node *x);
DSC_API dsc_node *dsc_log_softmax(dsc_node *x);

/* --- Normalisation --- */

/* Over the batch and all positions, for each channel (Ioffe and Szegedy 2015): in training by the batch's
   mean and biased variance, else by the running ones: running = (1 - momentum) running + momentum batch's,
   with the unbiased variance, as PyTorch does. The running values are state of the model, not parameters.
   One value of a channel has no variance: training in such batches is refused; the rest of an epoch, if it is
   such a batch, is normalised by the running values, which it leaves as they are. */
typedef struct dsc_batch_norm_spec {
    double momentum, epsilon; /* 0: 0.1, 1e-5 */
    bool no_scale, no_shift;
    const char *name;
} dsc_batch_norm_spec;
DSC_API dsc_node *dsc_batch_norm_with(dsc_node *x, const dsc_batch_norm_spec *spec);
#define dsc_batch_norm(x, ...) dsc_batch_norm_with((x), &(dsc_batch_norm_spec){ .name = NULL, __VA_ARGS__ })

/* Over the last dimension of each position (Ba et al. 2016). */
typedef struct dsc_layer_norm_spec {
    double epsilon; /* 0: 1e-5 */
    bool no_scale, no_shift;
    const char *name;
} dsc_layer_norm_spec;
DSC_API dsc_node *dsc_layer_norm_with(dsc_node *x, const dsc_layer_norm_spec *spec);
#define dsc_layer_norm(x, ...) dsc_layer_norm_with((x), &(dsc_layer_norm_spec){ .name = NULL, __VA_ARGS__ })

/* --- Noise: nothing but the identity outside training --- */

/* Inverted dropout with probability rate of zeroing an element (Srivastava et al. 2014); of an input: the
 * same. */
DSC_API dsc_node *dsc_dropout(dsc_node *x, double rate);
/* Whole channels at once (Tompson et al. 2015). */
DSC_API dsc_node *dsc_channel_dropout(dsc_node *x, double rate);
/* x times N(1, rate / (1 - rate)) (Srivastava et al. 2014, section 10). */
DSC_API dsc_node *dsc_gaussian_dropout(dsc_node *x, double rate);
/* Keeps mean and variance of SELU's outputs (Klambauer et al. 2017). */
DSC_API dsc_node *dsc_alpha_dropout(dsc_node *x, double rate);
/* x + N(0, deviation^2). */
DSC_API dsc_node *dsc_gaussian_noise(dsc_node *x, double deviation);

/* --- Recurrent layers --- */

typedef enum dsc_recurrent_cell {
    DSC_RECURRENT_TANH = 0, /* Elman 1990: h = tanh(W x + U h' + b) */
    DSC_RECURRENT_RELU,
    DSC_RECURRENT_JORDAN, /* Jordan 1986: h = tanh(W x + U y' + b), y = V h + c; gives y */
    DSC_RECURRENT_LSTM, /* Hochreiter and Schmidhuber 1997, with forget gate (Gers et al. 2000); gates i f g o
                         */
    DSC_RECURRENT_GRU,  /* Cho et al. 2014: h~ = tanh(W x + U (r h') + b); gates u r o */
    DSC_RECURRENT_GRU_LBR /* linear before reset (PyTorch, cuDNN): h~ = tanh(W x + b + r (U h' + b')) */
} dsc_recurrent_cell;

/* x (batch, steps, features) to (batch, units), the last output, or to (batch, steps, units), all of them;
   twice the units if bidirectional (forward first). Weights are (features, gates units), recurrent weights
   (units, gates units), biases (gates units); GRU_LBR has a recurrent bias, too, as all cells have with
   two_biases. Beyond its length an example keeps its state (in a sequence of outputs, zeros stand there). */
typedef struct dsc_recurrent_spec {
    size_t units;
    dsc_recurrent_cell cell;
    bool sequence;      /* give all outputs */
    bool bidirectional; /* a second layer that reads backwards, beside it (Schuster and Paliwal 1997) */
    bool reverse;       /* read backwards */
    bool peephole;      /* LSTM: the gates see the cell (Gers and Schmidhuber 2000) */
    size_t outputs;     /* JORDAN: of y; 0: units */
    size_t layers;      /* stacked; 0: 1 */
    double dropout;     /* between stacked layers */
    size_t truncate;    /* steps after which the gradient is cut (Williams and Peng 1990); 0: never */
    dsc_node *lengths;  /* (batch) valid steps of each example: dsc_lengths(). NULL: all */
    dsc_node *initial;  /* state before the first step: (batch, units), of an LSTM (batch, 2 * units), h then
                           c.  NULL: zeros. Not with layers or bidirectional */
    size_t stateful; /* the most examples of a batch, each of which starts from where the batch before ended;
                        the state is the model's, training moves it on. 0: not stateful */
    bool two_biases; /* a recurrent bias beside the bias, as PyTorch has it */
    dsc_init weights_init, recurrent_init, bias_init; /* DEFAULT: U(+-1/sqrt(units)), PyTorch's */
    double init_scale;
    double forget_bias; /* LSTM: added to the initial bias of the forget gate */
    const char *name;
} dsc_recurrent_spec;
DSC_API dsc_node *dsc_recurrent_with(dsc_node *x, const dsc_recurrent_spec *spec);
#define dsc_recurrent(x, ...) dsc_recurrent_with((x), &(dsc_recurrent_spec){ .units = __VA_ARGS__ })
/* The state of a recurrent layer after its last step, laid out as .initial. */
DSC_API dsc_node *dsc_final_state(dsc_node *recurrent);
/* Steps of each example up to the last token that is not padding (at least 1). */
DSC_API dsc_node *dsc_lengths(dsc_node *tokens, size_t padding);

/* --- Losses: means over the batch, 0 if nothing in it counts --- */

/* Real targets are those of dsc_targets(), or the values of any node, as many an example as x has: of an
   autoencoder its input. Gradients flow into them, too, where they depend on parameters; not into those of
   cross-entropies and KL, which fails when it is compiled. */

/* Zeros: no weights, no smoothing, no mask. */
typedef struct dsc_loss_spec {
    /* One a class: the mean is over the sum of the weights (PyTorch's); NULL: ones. Binary cross-entropy
       takes two, of the targets 0 and 1; other real targets take none. */
    const double *class_weights;
    double label_smoothing; /* targets (1 - s) one_hot + s / classes (Szegedy et al. 2016); cross-entropies,
                               NLL and KL */
    double delta;           /* Huber: where the square ends; 0: 1 */
    size_t ignore; /* 1 + the label that counts for nothing (with labels); 0: none. Real targets: NaN counts
                      for nothing */
    const char *name;
} dsc_loss_spec;

/* -log softmax(logits)[label]. With logits (batch, steps, classes), labels (batch, steps): over all
 * positions. */
DSC_API dsc_node *dsc_softmax_cross_entropy(dsc_node *logits, dsc_node *labels);
DSC_API dsc_node *dsc_softmax_cross_entropy_with(dsc_node *logits, dsc_node *labels,
                                                 const dsc_loss_spec *spec);
/* -log_probabilities[label]: after dsc_log_softmax(). */
DSC_API dsc_node *dsc_nll_loss(dsc_node *log_probabilities, dsc_node *labels, const dsc_loss_spec *spec);
/* -(t log sigmoid(x) + (1 - t) log(1 - sigmoid(x))), mean over all elements; targets in 0..1. */
DSC_API dsc_node *dsc_binary_cross_entropy(dsc_node *logits, dsc_node *targets, const dsc_loss_spec *spec);
/* Of one output max(0, 1 - y x), y = 1 or -1 by the label 1 or 0. Of several the mean over the classes j
   other than the label of max(0, 1 + x[j] - x[label]) (Weston and Watkins 1999; PyTorch's multi-margin). */
DSC_API dsc_node *dsc_hinge_loss(dsc_node *x, dsc_node *labels, const dsc_loss_spec *spec);
/* Mean over batch and outputs of (x - target)^2. */
DSC_API dsc_node *dsc_squared_loss(dsc_node *x, dsc_node *targets);
DSC_API dsc_node *dsc_squared_loss_with(dsc_node *x, dsc_node *targets, const dsc_loss_spec *spec);
/* Of |x - target|. */
DSC_API dsc_node *dsc_absolute_loss(dsc_node *x, dsc_node *targets, const dsc_loss_spec *spec);
/* Of e^2 / 2 if |e| <= delta, else delta (|e| - delta / 2) (Huber 1964). */
DSC_API dsc_node *dsc_huber_loss(dsc_node *x, dsc_node *targets, const dsc_loss_spec *spec);
/* Sum over the last dimension of t (log t - x), x the log-probabilities, mean over the batch (PyTorch's
   batchmean), or over all positions of a batch of sequences. */
DSC_API dsc_node *dsc_kl_loss(dsc_node *log_probabilities, dsc_node *targets, const dsc_loss_spec *spec);
/* The mean over batch and elements of any real values: how a loss of one's own ends. Of the specification the
   name alone counts. */
DSC_API dsc_node *dsc_mean_loss(dsc_node *x, const dsc_loss_spec *spec);

/* weight times loss. */
typedef struct dsc_loss_term {
    double weight;
    dsc_node *loss;
} dsc_loss_term;
/* The sum of the terms, at most DSC_MOST_LOSSES; sums of sums are sums. Each loss is the mean over what
   counts for it, over the batch as over an epoch, and is reported under its layer's name (dsc_metrics,
   dsc_epoch):

       dsc_loss_sum({ 1, dsc_softmax_cross_entropy(logits, labels) }, { 0.1, dsc_squared_loss(decoded, x) })
 */
DSC_API dsc_node *dsc_loss_sum_with(const dsc_loss_term *terms, size_t count);
#define dsc_loss_sum(...)                                                                                    \
    dsc_loss_sum_with((const dsc_loss_term[]){ __VA_ARGS__ },                                                \
                      sizeof((const dsc_loss_term[]){ __VA_ARGS__ }) / sizeof(dsc_loss_term))

#endif
