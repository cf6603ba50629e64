/* examples.h - examples as training reads them: named columns, views and parts of them, cross-validation.
 *
 *     const dsc_examples all = { .count = 1000,
 *                                .columns = { { "input", 40, .f32 = x }, { "labels", 1, .i32 = labels } } };
 *
 * An input of a network, and what a loss compares with, takes the column of its own name: "input", "tokens",
 * "labels" and "targets", unless their specifications say another .name.
 */
#ifndef DESCENT_EXAMPLES_H
#define DESCENT_EXAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/data.h>
#include <descent/export.h>
#include <descent/scope.h>

/* Values of every example, which stay the caller's: one of f32, i32 and u8 is set. dsc_input() and
   dsc_targets() take f32 or u8, dsc_tokens() and dsc_labels() i32. An example's values lie one behind the
   other, and the examples do, too, unless it is said otherwise. */
typedef struct dsc_column {
    const char *name;
    size_t width; /* values an example; of an unbatched column, in all */
    const float *f32;
    const int32_t *i32;
    const uint8_t *u8; /* bytes become float when they are fed */
    /* What bytes stand for, channels x 256: an example's value j is levels[j % channels][byte]. NULL: byte /
       255. channels 0: 1. */
    const float *levels;
    size_t channels;
    /* Windows into one long array of length values, which may overlap (the words of a text): example i begins
       at starts[i], or without starts at i * stride. stride 0: width. length 0: count * width. */
    size_t stride;
    const size_t *starts; /* count of them, or NULL */
    size_t length;
    bool unbatched; /* the same for every example: for an input that is unbatched, too */
} dsc_column;

enum { DSC_MAX_COLUMNS = 8 };

typedef struct dsc_examples {
    size_t count;
    dsc_column columns[DSC_MAX_COLUMNS]; /* ended by the first without a name */
} dsc_examples;

/* The columns "input" (x or bytes), "labels" and "targets" (y) of a data set, as far as it has them. x and y
   are copied in single precision, in the scope; bytes and labels are read where they are, in the data set. */
DSC_API dsc_examples dsc_examples_from(dsc_scope *scope, const dsc_dataset *data);

/* The column of that name; NULL if there is none. It may be changed if the examples may. */
DSC_API dsc_column *dsc_examples_column(const dsc_examples *examples, const char *name);

/* An example's values of a column of reals or bytes, as they are fed: width floats. The example is one of the
   examples' (of an unbatched column 0), and the column fits them. */
DSC_API void dsc_column_read(const dsc_column *column, size_t example, float *dst);

/* The integers of the column "labels"; NULL if there is none of integers. */
DSC_API const int32_t *dsc_examples_labels(const dsc_examples *examples);

/* The examples with another column: in the place of the one of its name, or behind the others. Fails the
   scope if there are DSC_MAX_COLUMNS. */
DSC_API dsc_examples dsc_examples_with(dsc_scope *scope, const dsc_examples *examples,
                                       const dsc_column *column);

/* The examples first..first + count - 1 (as many of them as there are), a view. */
DSC_API dsc_examples dsc_examples_range(const dsc_examples *examples, size_t first, size_t count);

/* The examples named by index (NULL fails), a copy in the scope. Of windows the starts alone are new, and
   unbatched columns are the same: both still read the caller's values. */
DSC_API dsc_examples dsc_examples_select(dsc_scope *scope, const dsc_examples *examples,
                                         const uint32_t *index, size_t count);

/* Fold (0..folds-1) of a k-fold cross-validation: the examples are shuffled by seed and cut into folds of
   sizes that differ by 1 at most (stratified: class by class, of the column "labels"); one is kept to test,
   the others train. */
typedef struct dsc_fold_options {
    size_t folds; /* at least 2 */
    uint64_t seed;
    bool stratified;
} dsc_fold_options;
typedef struct dsc_examples_split {
    dsc_examples train, test;
} dsc_examples_split;
DSC_API dsc_examples_split dsc_fold(dsc_scope *scope, const dsc_examples *examples, size_t fold,
                                    const dsc_fold_options *options);

/* A share of the examples, drawn by seed, is kept back: train, and test for validation. */
DSC_API dsc_examples_split dsc_hold_out(dsc_scope *scope, const dsc_examples *examples, double share,
                                        uint64_t seed);

/* Weights that make every class count alike: count / (classes * count of the class) (0 for a class without
   examples). classes of them, in the scope. For dsc_loss_spec. */
DSC_API double *dsc_balanced_class_weights(dsc_scope *scope, const int32_t *labels, size_t count,
                                           size_t classes);

#endif
