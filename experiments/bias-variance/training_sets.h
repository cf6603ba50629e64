/* training_sets.h - many training sets of one kind, by disjoint splits or drawn afresh. */
#ifndef TRAINING_SETS_H
#define TRAINING_SETS_H

#include "bias_variance.h"

enum { CLASSES = 10 };

/* The data that all training sets are made from, and the test set. */
typedef struct pool {
    dsc_examples train, test;
    bool generated; /* MNIST-1D: more of the kind can be had */
} pool;

/* known NULL: MNIST-1D. Of the training and the test set the first examples and tests are taken; 0: all. */
pool pool_read(dsc_scope *scope, const dsc_known_data *known, const char *directory, size_t examples,
               size_t tests);

typedef enum scheme {
    SCHEME_FRESH = 0, /* sets of their own: MNIST-1D of a new seed; of files, drawn anew from the pool, so
                         that sets overlap */
    SCHEME_SPLITS     /* disjoint parts of the pool (Yang et al. 2020) */
} scheme;

typedef struct training_set_spec {
    scheme scheme;
    size_t set, sets; /* the number of this one, from 0, and how many there are */
    size_t examples;  /* of each; 0: a share of the pool */
    double label_noise;
} training_set_spec;

/* How many examples each set has. */
size_t training_set_size(const pool *p, const training_set_spec *spec);

/* One training set, drawn by seed: the same for the same seed and spec. Labels are replaced by one of the ten
   with probability label_noise (those of splits once for all sets). In the scope, with one-hot targets. */
dsc_examples training_set_make(dsc_scope *scope, const pool *p, uint64_t seed, const training_set_spec *spec);

/* Probabilities of a test example's label (count x CLASSES) under label noise. In the scope. */
double *label_probabilities(dsc_scope *scope, const dsc_examples *examples, double label_noise);

#endif
