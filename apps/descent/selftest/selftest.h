/* selftest.h - the checks of `descent selftest`, each a row of what was found. */
#ifndef SELFTEST_H
#define SELFTEST_H
#include "command.h"

#include <descent/graph.h>

#include "progress.h"

/* Printed in README.md, too: the same on every processor. */
#define DSC_SELFTEST_HASH "32b0a861b0702907"

typedef enum dsc_selftest_group {
    DSC_SELFTEST_KERNELS = 0, /* native kernels at every level against the reference */
    DSC_SELFTEST_ONEDNN,      /* oneDNN at each of its instruction sets against the reference */
    DSC_SELFTEST_PROMISES     /* the same bits whatever happens */
} dsc_selftest_group;

typedef struct dsc_selftest_row {
    dsc_selftest_group group;
    const char *name;
    const char *over; /* what is compared: levels, numbers of threads, runs */
    double error;     /* of KERNELS and ONEDNN: largest, relative to the largest value of its tensor; NaN: not
                         measured */
    double allowed;
    const char *bits;     /* the hash, if all that is compared has it; NULL: bits differ */
    const char *expected; /* the hash that was expected; NULL: any */
    const char *message;  /* why it could not be told; NULL: it could */
    bool passed;
} dsc_selftest_row;

enum { DSC_SELFTEST_MOST_ROWS = 128, DSC_SELFTEST_MOST_LEVELS = 3 };

typedef struct dsc_selftest {
    dsc_scope *scope;
    cli_progress_view progress;
    double begun;
    size_t planned;       /* rows that there will be */
    const char *expected; /* the hash of the short experiment */
    dsc_selftest_row rows[DSC_SELFTEST_MOST_ROWS];
    size_t count;
} dsc_selftest;

/* Appends a row and shows the progress. */
void dsc_selftest_add(dsc_selftest *test, const dsc_selftest_row *row);

/* Sixteen digits, in the scope. */
const char *dsc_selftest_hash_text(dsc_scope *scope, uint64_t hash);

/* Every native kernel, as networks use it, at every level of this processor. Changes the level in use. */
void dsc_selftest_kernels(dsc_selftest *test);
size_t dsc_selftest_kernels_count(void);

/* Random convolutions by oneDNN, held back to each of its instruction sets up to the level in use, in
   processes of their own. To be called before anything else has started threads, or used oneDNN. */
void dsc_selftest_onednn(dsc_selftest *test);
size_t dsc_selftest_onednn_count(void);

/* Random convolutions' references, trained in double precision; in the scope. NULL: the scope has failed. */
typedef struct dsc_selftest_convolutions dsc_selftest_convolutions;
dsc_selftest_convolutions *dsc_selftest_convolutions_make(dsc_scope *scope);

/* The largest error of loss, gradients and parameters when oneDNN trains them, and what is allowed. */
double dsc_selftest_convolutions_error(dsc_scope *scope, const dsc_selftest_convolutions *references,
                                       dsc_dtype dtype);
double dsc_selftest_convolutions_allowed(dsc_dtype dtype);

/* A run that is killed and resumed, and a short experiment's hash. Starts processes: to be called before
   anything else has started threads. */
void dsc_selftest_experiment(dsc_selftest *test);
enum { DSC_SELFTEST_EXPERIMENT_ROWS = 2 };

/* Networks trained on 1, 2 and 3 threads. */
void dsc_selftest_threads(dsc_selftest *test);
enum { DSC_SELFTEST_THREADS_ROWS = 2 };

#endif
