/* lab.h - the runner: sweeps, resumes, verifies, compares and merges results. Prints nothing; programs do. */
#ifndef DESCENT_LAB_H
#define DESCENT_LAB_H

#include <descent/cpu.h>
#include <descent/experiment.h>
#include <descent/statistics.h>

/* NAME=TEXT, from --set, a configuration file or a preset. A name is a parameter, an axis (its list of
   values), or one of case, preset, engine, seeds (how many) and seed (the first). Later settings replace
   earlier ones; all replace the preset's, and the fields of dsc_plan_options replace all. */
typedef struct dsc_setting {
    const char *name, *value;
} dsc_setting;

/* A plan is an experiment's case with every parameter, axis value and seed resolved: the recipe. */

typedef struct dsc_plan_options {
    const char *case_name; /* NULL: the settings' or the first */
    const char *preset;    /* NULL: the settings' or "default" */
    const dsc_setting *settings;
    size_t setting_count;
    int64_t seeds;      /* 0: the preset's or the case's number */
    int64_t first_seed; /* 0: 1 */
    dsc_engine engine;
    const char *data_directory;
    const char
        *models_directory; /* where cells keep their trained networks; NULL: nowhere. Not in the recipe */
} dsc_plan_options;

/* Resolves names and values; an unknown name is an error with the nearest one. In the scope. */
DSC_API dsc_plan *dsc_plan_make(dsc_scope *scope, const dsc_experiment *experiment,
                                const dsc_plan_options *options);

/* The plan that a results file was made by. */
DSC_API dsc_plan *dsc_plan_from_record(dsc_scope *scope, const dsc_experiment *experiment,
                                       const dsc_record *record, const char *data_directory);

DSC_API const char *dsc_plan_recipe(const dsc_plan *plan); /* canonical JSON */
DSC_API const char *dsc_plan_config(dsc_scope *scope,
                                    const dsc_plan *plan); /* as dsc_config_read() takes it */
DSC_API const dsc_case *dsc_plan_case(const dsc_plan *plan);
/* What the plan computes on, for people ("MNIST-1D"), if the case has a choice of data; else NULL. */
DSC_API const char *dsc_plan_data_title(const dsc_plan *plan);
DSC_API size_t dsc_plan_cells(const dsc_plan *plan);

/* Reads the settings of a JSON configuration file (an object of names and numbers, texts or lists). */
DSC_API const dsc_setting *dsc_config_read(dsc_scope *scope, const char *path, size_t *count);

typedef struct dsc_progress {
    size_t cells, done, failed; /* cells of this run's share; done before counts as done */
    double work, work_done;     /* in floating-point operations, running cells by their fraction */
    double elapsed, remaining;  /* seconds; remaining is NaN while unknown */
} dsc_progress;
typedef void dsc_progress_fn(void *user, const dsc_progress *progress);

typedef struct dsc_run_result {
    dsc_record *record;
    size_t computed, kept, failed, missing; /* cells */
    double seconds;
    bool stopped; /* by signal or time limit: run again to resume */
} dsc_run_result;

/* Ends the process. result is NULL if there is none, when a file is verified. */
typedef void dsc_overdue_fn(void *user, const dsc_run_result *result);

typedef struct dsc_run_options {
    const char *out;       /* path of the results file */
    int threads;           /* 0: dsc_threads_choose() */
    double max_time;       /* seconds; 0: none */
    double write_interval; /* seconds between writes of the file; 0: 2, more if writing is slow */
    int shard, shards;     /* cell i belongs to shard 1 + i % shards; 0: all */
    dsc_isa isa; /* the level that was asked for and selected. DSC_ISA_AUTO, and no $DESCENT_ISA: what
                    oneDNN computed of an earlier run is gone on with, or verified, at that run's level */
    int argc;    /* command line for the provenance */
    char **argv;
    volatile int *stop;        /* set by a signal handler, or atomically by a thread, to stop; may be NULL */
    dsc_progress_fn *progress; /* called about ten times a second by a thread of its own */
    void *progress_user;
    bool force; /* cells that cannot fit into memory are tried, too */
    /* Called when cells are still at work seconds after they were to stop, because a call of LAPACK takes
       that long; the results file is written then. It ends the process: their memory is in use. NULL: wait.
     */
    dsc_overdue_fn *overdue;
    void *overdue_user;
    const dsc_plot_options *figures; /* how they will be drawn: what could not be written is refused before
                                        anything is computed; NULL: they will not be */
} dsc_run_options;

/* Runs the missing cells of a plan and keeps the file up to date (atomically, every write_interval and at the
   end). A file of the same experiment with fewer seeds or axis values is extended: its cells are kept to the
   bit. A file of another recipe is DSC_ERROR_MISMATCH, naming what differs; a cell that needs more memory
   than this process can have is DSC_ERROR_MEMORY before anything is computed. A stop is heeded within cells.
 */
DSC_API dsc_run_result dsc_run(dsc_scope *scope, const dsc_plan *plan, const dsc_run_options *options);

/* Notes the command line, the build, the libraries, the machine, the threads and the time in a record's
   provenance; runs of plans do it themselves. threads: as dsc_threads_choose() takes them. */
DSC_API void dsc_provenance_note(dsc_record *record, int threads, int argc, char **argv);

/* What a run would cost, from the arithmetic of the plan and a short calibration (about a second). */
typedef struct dsc_estimate {
    size_t cells, missing, fitting;         /* of those missing, cells that fit into memory */
    double flops, memory_bytes, disk_bytes; /* memory with `threads` threads */
    double usable_bytes;                    /* memory that this process can have; INFINITY: not known */
    double seconds;                         /* with `threads` threads; NaN: not known */
    int threads;
} dsc_estimate;
DSC_API dsc_estimate dsc_estimate_run(dsc_scope *scope, const dsc_plan *plan, const dsc_run_options *options);

/* One difference between a file and a second computation, or between two files. */
typedef struct dsc_difference {
    size_t cell;        /* row-major over the cell axes */
    const char *where;  /* "width=47 seed=2", with inner axes "width=47 seed=2 epoch=3" */
    const char *output; /* "test_error", or "cell_hash" */
    double expected, found;
    uint64_t expected_bits, found_bits; /* of the two numbers; of cell_hash, the hashes themselves */
} dsc_difference;

typedef struct dsc_comparison {
    size_t cells, different, missing; /* cells compared, those that differ, those that only one side has */
    size_t count;
    const dsc_difference *differences; /* by cell; the first thousand that were found */
    const char
        *note; /* what may explain them: another LAPACK core or level of oneDNN; NULL if nothing is known */
} dsc_comparison;

/* Computes every finished cell of a record again (sample > 0: that many, evenly spread) and compares bits. */
DSC_API dsc_comparison dsc_verify(dsc_scope *scope, const dsc_plan *plan, dsc_record *record, size_t sample,
                                  const dsc_run_options *options);

/* Compares two records cell by cell, bit by bit; recipes that differ are DSC_ERROR_MISMATCH. */
DSC_API dsc_comparison dsc_diff(dsc_scope *scope, dsc_record *a, dsc_record *b);

/* Joins shards of one recipe into a new record. Cells that two files hold must agree. */
DSC_API dsc_record *dsc_merge(dsc_scope *scope, dsc_record *const *records, const char *const *paths,
                              size_t count);

/* The claims of the experiment's case that made a record; NULL if the experiment has no such case or it
   claims nothing. */
DSC_API const dsc_claims *dsc_claims_of(dsc_scope *scope, const dsc_experiment *experiment,
                                        const dsc_record *record);

#endif
