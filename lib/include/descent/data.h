/* data.h - data sets: generated, embedded, read from files and tables, and brought to a common scale. */
#ifndef DESCENT_DATA_H
#define DESCENT_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/linalg.h>
#include <descent/scope.h>

/* Labelled examples. x: count x features, row-major, fp64 as generated or read. Where files hold bytes they
   stay bytes: x is NULL, bytes are as many, and value j of an example stands for levels[j %
   level_groups][byte]. labels: count integers in 0..classes-1 (NULL for regression, then y: count x targets).
 */
typedef struct dsc_dataset {
    const char *name;
    size_t count, features, classes, targets;
    size_t height, width, channels; /* of an image example, features = height * width * channels; else 0 */
    double *x, *y;
    const uint8_t *bytes;
    const double *levels; /* level_groups x 256 */
    size_t level_groups;
    int32_t *labels;
    const char *const *class_names; /* classes of them, or NULL */
} dsc_dataset;

typedef struct dsc_split {
    dsc_dataset train, test;
} dsc_split;

/* A feature of an example, held as a double or as a byte. */
static inline double dsc_dataset_value(const dsc_dataset *data, size_t example, size_t feature)
{
    const size_t at = example * data->features + feature;
    return data->x ? data->x[at] : data->levels[feature % data->level_groups * 256 + data->bytes[at]];
}

/* All features as a matrix: over the data set's own x, or of bytes a copy in the scope. */
DSC_API dsc_matrix dsc_dataset_matrix(dsc_scope *scope, const dsc_dataset *data);

/* count x classes, 1 where the label is and 0 elsewhere. */
DSC_API dsc_matrix dsc_one_hot(dsc_scope *scope, const dsc_dataset *data);

/* A copy of x in single precision, for training. */
DSC_API float *dsc_to_f32(dsc_scope *scope, const double *x, size_t n);

/* The first count examples (a view on the same memory). More than there are fails the scope. */
DSC_API dsc_dataset dsc_dataset_head(dsc_scope *scope, const dsc_dataset *data, size_t count);

/* MNIST-1D (Greydanus and Kobak, ICML 2024): ten templates of 12 points, padded, scaled, shifted, sheared and
   noised to 40 points. The published generator's numbers, drawn in its order from NumPy's legacy Mersenne
   Twister, so that the frozen data set is reproduced for any seed and size. Zeros mean the published
   defaults, options NULL all of them (seed 42). Label noise is the published double-descent notebook's: drawn
   after everything else, one number for each training label and then, where it is below the probability, the
   new label; it never touches x or the test set. */
typedef struct dsc_mnist1d_options {
    size_t samples;        /* in all; 0: 5000; a multiple of 10, at most 10 million */
    double train_fraction; /* 0: 0.8; the number of training examples is rounded down */
    uint32_t seed;         /* taken as it is: 0 is a seed; the published one is 42 */
    double label_noise;    /* probability that a training label is replaced by one of the ten, drawn on */
    int shuffle_positions; /* permute the 40 positions of every example alike (published "shuffled" variant:
                              drawn after the order of the examples) */
} dsc_mnist1d_options;
DSC_API dsc_split dsc_mnist1d(dsc_scope *scope, const dsc_mnist1d_options *options);

/* Gaussian teacher: rows x ~ N(0, I_p), y = x b + e with ||b||^2 = signal, var e = noise; b is uniform on the
   sphere. Streams DATA (b at major 0, row i at major i + 1) and NOISE of seed: an example does not depend on
   how many are asked for. coefficients (p) may be NULL. */
typedef struct dsc_teacher_options {
    uint64_t seed;
    size_t count, features;
    double signal, noise;
} dsc_teacher_options;
DSC_API dsc_dataset dsc_teacher(dsc_scope *scope, const dsc_teacher_options *options, double **coefficients);

/* The 20 points of ISLR (2nd edition) figures 10.20 and 10.21: x one feature, y one target. */
DSC_API dsc_dataset dsc_spline_points(dsc_scope *scope);

/* A pair of IDX files (Yann LeCun's format), gzip or not: images of bytes, and as many labels of a byte.
   There are 10 classes, as in MNIST, or as many as the largest label asks for (27 for EMNIST's
   letters 1..26). The header's sizes are checked against the file's before anything is allocated; at most 1
   GiB decompressed. Pixels stay bytes and stand for 0..1. */
DSC_API dsc_dataset dsc_idx_images(dsc_scope *scope, const char *images_path, const char *labels_path);

/* MNIST or Fashion-MNIST from a directory that holds the four files train-images-idx3-ubyte,
   train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each as dsc_data_file() finds it.
 */
DSC_API dsc_split dsc_idx_directory(dsc_scope *scope, const char *directory);

/* CIFAR-10's binary layout (Krizhevsky 2009), gzip or not: records of a label and 3 x 1024 bytes, red, green,
   blue. Pixels stay bytes, put channels last, and stand for 0..1. */
DSC_API dsc_dataset dsc_cifar10_file(dsc_scope *scope, const char *path);

/* CIFAR-10 from a directory that holds data_batch_1.bin to data_batch_5.bin and test_batch.bin, each with or
   without ".gz"; or, without the first of them, data_batch_1_first4000.bin, whose first four fifths (3,200)
   then train and whose rest (800) tests. */
DSC_API dsc_split dsc_cifar10_directory(dsc_scope *scope, const char *directory);

/* Whether the first row of a table is a header. DSC_CSV_HEADER_AUTO: it is if a column is asked for by a name
   in it, or all its fields are words; or some are words that stand above numbers, and the others are empty. A
   row with words above numbers and with numbers, too, is a header if the numbers are whole and either there
   are two such words or the numbers count the columns (0 1 2 target); else it may as well be an example with
   a value that cannot be read, and the reader fails and asks for this option. Every other first row is an
   example. Words do not begin as numbers do, and are none of those that stand for missing values (?, NA, nan,
   null, ...). */
typedef enum dsc_csv_header {
    DSC_CSV_HEADER_AUTO = 0,
    DSC_CSV_HEADER_ROW, /* it is one, of numbers too */
    DSC_CSV_HEADER_NONE
} dsc_csv_header;
/* A table of numbers, separated by commas, tabs or semicolons (gzip or not, at most 256 MiB). Columns are
   chosen by name, or, where no column is called so, by number from 1 ("3"); NULL: all but the target. Names
   that are asked for and that two columns have fail. Lines end in LF, CR LF or CR; quotes (RFC 4180) are
   understood, empty lines skipped (in a table of one column only those at its ends). A field that is no
   number fails, with its line and column: there are no missing values. */
typedef struct dsc_csv_options {
    const char *const *columns; /* ended by NULL */
    const char *target;         /* the column of y, or of labels; NULL: none */
    bool labels;                /* the target is a class: its distinct values, numbers by size and then words
                                   by their bytes, become 0, 1, ... and class_names */
    dsc_csv_header header;
} dsc_csv_options;
DSC_API dsc_dataset dsc_csv_read(dsc_scope *scope, const char *path, const dsc_csv_options *options);

/* How features are brought to a common scale, by statistics of the training examples alone. */
typedef enum dsc_scaling {
    DSC_SCALING_NONE = 0,
    DSC_SCALING_MIN_MAX,   /* to 0..1 */
    DSC_SCALING_SYMMETRIC, /* to -1..1 */
    DSC_SCALING_Z          /* mean 0, variance 1 (the mean of the squares, not their sum over n - 1) */
} dsc_scaling;
/* Of each feature, of each channel, or of all values together. A constant feature becomes 0. */
typedef enum dsc_scaling_scope {
    DSC_SCALING_SCOPE_FEATURES = 0,
    DSC_SCALING_SCOPE_CHANNELS,
    DSC_SCALING_SCOPE_ALL
} dsc_scaling_scope;
typedef struct dsc_scaler {
    size_t count;            /* of offsets and factors: features, channels or 1 */
    double *offset, *factor; /* scaled = (x - offset) factor */
} dsc_scaler;
DSC_API dsc_scaler dsc_scaler_fit(dsc_scope *scope, const dsc_dataset *train, dsc_scaling scaling,
                                  dsc_scaling_scope over);
/* In place; bytes stay as they are, and stand for other levels, in the scope. The data set has the features
   (or channels) of the one that was fitted. */
DSC_API dsc_status dsc_scaler_apply(dsc_scope *scope, const dsc_scaler *scaler, dsc_dataset *data);

#endif
