/* decomposition.h - errors of many trained models, split into bias, variance and noise.
 *
 * Every term is a mean over examples. Variance is the variance, not its square root, the standard deviation;
 * squared error decomposes into the square of the bias. */
#ifndef DECOMPOSITION_H
#define DECOMPOSITION_H

#include <stddef.h>

/* What sets x inits models say about the same examples: one training set after the other, of each the models
   that differ by initialisation and shuffling alone. values: sets x inits x examples x outputs, row-major. */
typedef struct replicates {
    size_t sets, inits, examples, outputs;
    const double *values;
} replicates;

/* Squared error, summed over outputs. The plug-in terms take the drawn models for all there are: for them the
   identities hold to rounding. The estimates are unbiased for the distribution that the sets were drawn from:
   the plug-in bias^2 is too large by the variance of the mean model, the plug-in variance too small. */
typedef struct squared_decomposition {
    double error; /* mean of (target - prediction)^2 */
    double plugin_bias, plugin_variance;
    double plugin_optimization;    /* E_S Var_O, variance between the models of one training set */
    double plugin_sampling;        /* Var_S E_O, variance of their means between training sets */
    double bias, variance;         /* estimates; NaN of a single training set */
    double optimization, sampling; /* they add up to the variance; NaN if a training set has one model */
    double residual;               /* error - plug-in bias^2 - plug-in variance */
    double total_residual;         /* of the law of total variance (Neal et al., arXiv 1810.08591) */
} squared_decomposition;

/* targets (examples x outputs) are the expected ones, without noise. */
squared_decomposition decompose_squared(const replicates *r, const double *targets);

/* The same for classes whose label is random: targets (examples x classes) are their probabilities. error and
   residual then have the noise in them. */
typedef struct class_decomposition {
    squared_decomposition squared;
    double noise; /* mean squared distance of the label, one-hot, from its probabilities */
} class_decomposition;
class_decomposition decompose_classes(const replicates *r, const double *probabilities);

/* Zero-one loss of several classes (Domingos, ICML 2000, theorem 2): error = noise_effect + bias +
   net_variance. The main prediction is the most frequent one, the first of equals; the optimal one is the
   most probable label, of equals the main prediction if it is among them, else the first. */
typedef struct zero_one_decomposition {
    double error;        /* of a label drawn anew */
    double noise;        /* probability that the label is not the optimal one */
    double noise_effect; /* mean of c1 noise */
    double bias;         /* fraction of examples whose main prediction is not optimal */
    double variance;     /* probability that a prediction is not the main one */
    double net_variance; /* mean of c2 variance: where the main prediction is wrong, variance helps */
    double residual;
} zero_one_decomposition;

/* values are scores or log-probabilities, the largest is the prediction; probabilities as above. A label that
   is not the optimal one is taken to be any of the others with its own probability, whatever was predicted.
 */
zero_one_decomposition decompose_zero_one(const replicates *r, const double *probabilities);

/* Cross-entropy in nats (Yang et al., ICML 2020): error = noise + bias + variance with the mean model
   proportional to exp(E log p). Plug-in terms: no unbiased estimate is known. values are log-probabilities,
   -INFINITY of what a model holds impossible; of a label that occurs the error is then infinite, and where
   every class is impossible for some model there is no mean model: terms are NaN. */
typedef struct cross_entropy_decomposition {
    double error;
    double noise;    /* entropy of the label */
    double bias;     /* KL(label || mean model) */
    double variance; /* E KL(mean model || model) */
    double residual;
} cross_entropy_decomposition;
cross_entropy_decomposition decompose_cross_entropy(const replicates *r, const double *probabilities);

#endif
