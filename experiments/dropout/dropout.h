/* dropout.h - the cases of the dropout experiment, and what they share.
 *
 * Conventions, since texts differ. p is the probability that a unit is KEPT, as in Srivastava et al. 2014
 * (axis keep); the layers of the library, like Keras and PyTorch, are told the rate of dropping, 1 - p.
 * Dropout is inverted: what is kept is divided by p in training, so the trained weights are used as they are
 * (u below); Srivastava et al. train unscaled weights w and use p w. Masks are drawn anew for every example
 * in every step, not once an epoch. The L2 penalty is l2/2 ||w||^2, its gradient l2 w; biases are not
 * penalised. */
#ifndef DROPOUT_H
#define DROPOUT_H

#include <descent.h>

extern const dsc_case dropout_methods, dropout_rate, dropout_size, dropout_linear, dropout_uncertainty;

/* Number of entries of an array. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CLASSES = 10 };

/* Parameters and axes of the cases that train classifiers. */
struct hyperparameters {
    int64_t examples, test, epochs, noise_epochs, steps, batch, width, layers, last_width, data_seed;
    int64_t fixed; /* of the case rate */
    const char *dataset, *precision, *combined, *optimizer;
    double lr, momentum, l1, l2, max_norm, rate, input_rate, held_out, keep, clip;
};

#define COMMON_PARAMS                                                                                        \
    DSC_PARAM_CHOICE(struct hyperparameters, dataset, "auto", "auto|mnist1d|mnist|fashion-mnist",            \
                     "data set; auto: the one whose files --data DIR has, MNIST-1D without it"),             \
        DSC_PARAM_INTEGER(struct hyperparameters, test, "10000", 10, 1000000, "test examples, at most"),     \
        DSC_PARAM_REAL(struct hyperparameters, held_out, "0", 0, 0.9,                                        \
                       "share of the training examples that is kept back and measured instead of the test "  \
                       "set: to choose settings by"),                                                        \
        DSC_PARAM_INTEGER(struct hyperparameters, batch, "100", 1, 100000, "examples per step"),             \
        DSC_PARAM_CHOICE(struct hyperparameters, optimizer, "momentum", "momentum|adam", "update rule"),     \
        DSC_PARAM_REAL(struct hyperparameters, lr, "0.1", 1e-9, 1e3,                                         \
                       "learning rate at the start; it falls to 0 along half a cosine"),                     \
        DSC_PARAM_REAL(struct hyperparameters, momentum, "0.9", 0, 0.999999, "momentum"),                    \
        DSC_PARAM_REAL(struct hyperparameters, clip, "1", 0, 1e6,                                            \
                       "largest norm of a step's gradient; 0: any"),                                         \
        DSC_PARAM_CHOICE(struct hyperparameters, precision, "fp32", "fp32|bf16",                             \
                         "of activations and products; sums and parameters are always fp32"),                \
        DSC_PARAM_INTEGER(struct hyperparameters, layers, "2", 1, 16, "hidden layers"),                      \
        DSC_PARAM_INTEGER(struct hyperparameters, last_width, "0", 0, 16384,                                 \
                          "units in the last hidden layer; 0: as in the others"),                            \
        DSC_PARAM_INTEGER(struct hyperparameters, data_seed, "42", 0, 4294967295,                            \
                          "seed of the MNIST-1D generator")

/* --- Data (images.c) --- */

/* What all cells read. */
struct shared {
    dsc_examples train, test;
};

/* dsc_case.prepare: MNIST-1D generated, or the images in a directory. Training examples are the
   first; as many of them as the case can ask for. */
void *images_prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *directory);

/* --- Training (networks.c) --- */

typedef enum noise_kind { NOISE_NONE = 0, NOISE_BERNOULLI, NOISE_GAUSSIAN } noise_kind;

/* How one network is regularised; zeros: not at all. */
typedef struct regularisation {
    noise_kind noise;  /* of the hidden units */
    double rate;       /* 1 - p */
    double input_rate; /* of dropped inputs */
    double l1, l2, max_norm;
} regularisation;

/* A perceptron's training in a cell: done and share of the cell's progress are before it and its own. */
typedef struct perceptron_training {
    dsc_cell *cell;
    const dsc_examples *train, *test;
    size_t width;   /* of the hidden layers */
    int64_t epochs; /* 0: those of the hyperparameters */
    regularisation regularisation;
    double done, share;
} perceptron_training;

typedef struct outcome {
    dsc_metrics test, train; /* measured without noise */
    double weight_norm;      /* Euclidean, of all weights; not of biases */
    double largest_norm;     /* of the weights into a hidden unit */
    double parameters;
} outcome;

/* The first count training examples and the test set; or, with a share held out, the rest of them instead. */
typedef struct networks_sets {
    dsc_examples train, test;
} networks_sets;
networks_sets networks_hold_out(const struct shared *shared, size_t count, double held_out);

/* How many of the training examples are left when a share of them is held out. */
size_t networks_kept(size_t examples, double held_out);

/* Trains one network and measures it. False if it was stopped or failed. */
bool networks_train(const perceptron_training *training, outcome *result);

/* What training one network on that number of examples, and measuring it, takes. Of training the width, the
   epochs and the regularisation count. */
dsc_cost networks_cost(dsc_scope *scope, const dsc_plan *plan, const struct hyperparameters *k,
                       const perceptron_training *training, size_t examples);

#endif
