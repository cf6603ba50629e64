/* data.h - data sets: generated, embedded, and read from files. */
#ifndef DESCENT_DATA_H
#define DESCENT_DATA_H

#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/linalg.h>
#include <descent/scope.h>

/* Labelled examples. x: count x features, row-major, fp64 as generated or read; labels: count integers in
   0..classes-1 (NULL for regression, then y: count x targets). */
typedef struct dsc_dataset {
    const char *name;
    size_t count, features, classes, targets;
    size_t height, width, channels; /* of an image example, features = channels * height * width; else 0 */
    double *x, *y;
    int32_t *labels;
} dsc_dataset;

typedef struct dsc_split {
    dsc_dataset train, test;
} dsc_split;

/* x as a matrix over the data set's own memory. */
static inline dsc_matrix dsc_dataset_matrix(const dsc_dataset *data)
{
    return (dsc_matrix){ data->count, data->features, data->x };
}

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

/* A pair of IDX files (Yann LeCun's format), gzip or not: images of bytes, and as many labels from 0 to 9.
   The header's sizes are checked against the file's before anything is allocated; at most 1 GiB decompressed.
   Pixels are scaled to 0..1. */
DSC_API dsc_dataset dsc_idx_images(dsc_scope *scope, const char *images_path, const char *labels_path);

/* MNIST or Fashion-MNIST from a directory that holds the four files train-images-idx3-ubyte,
   train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each with or without ".gz". */
DSC_API dsc_split dsc_idx_directory(dsc_scope *scope, const char *directory);

/* A data set that Descent knows: what `descent data` lists, checks and exports. */
typedef struct dsc_known_file {
    const char *name; /* file name inside the directory */
    uint64_t size;
    const char *sha256; /* 64 hexadecimal digits */
} dsc_known_file;

typedef struct dsc_known_data {
    const char *name;            /* "mnist1d", "mnist", "fashion-mnist" */
    const char *summary;         /* one line */
    const char *origin;          /* "generated", "embedded", or where the files come from */
    const dsc_known_file *files; /* NULL: none needed */
    size_t file_count;
} dsc_known_data;

/* The table of them; *count entries. */
DSC_API const dsc_known_data *dsc_known_data_list(size_t *count);

/* Where a data set's files are: directory itself if it holds them, else directory/name. directory NULL means
   $DESCENT_DATA. Fails the scope, saying what was looked for and where, if there is none. "" for a data set
   without files. */
DSC_API const char *dsc_data_directory(dsc_scope *scope, const dsc_known_data *known, const char *directory);

/* The path of one of a data set's files, as it is read: directory/name, or without ".gz" if only that exists.
   Fails the scope if neither does. For digests (dsc_sha256_file) and a run's provenance. */
DSC_API const char *dsc_data_file(dsc_scope *scope, const char *directory, const char *name);

#endif
