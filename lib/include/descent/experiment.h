/* experiment.h - an experiment is data and one function: parameters, axes, outputs, figures, and the cell.
 *
 * The runner sweeps the product of the axes and the seeds, one cell per core, and gives the experiment its
 * command line, results file, resume, statistics, figures, verification and dry run. A cell is a pure
 * function of (parameters, axis values, seed): its numbers may depend on nothing else.
 */
#ifndef DESCENT_EXPERIMENT_H
#define DESCENT_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/claim.h>
#include <descent/engine.h>
#include <descent/figure.h>
#include <descent/known_data.h>
#include <descent/record.h>
#include <descent/scope.h>

/* How a parameter or axis is typed and stored in the experiment's struct of hyperparameters. */
typedef enum dsc_kind {
    DSC_KIND_INTEGER = 0, /* int64_t */
    DSC_KIND_REAL,        /* double */
    DSC_KIND_CHOICE,      /* const char *, one of "a|b|c" */
    DSC_KIND_TEXT         /* const char *, any text on one line, such as the name of a column */
} dsc_kind;

typedef struct dsc_param {
    const char *name;
    dsc_kind kind;
    size_t offset;       /* in the hyperparameters */
    const char *value;   /* default, as a person would type it */
    double min, max;     /* inclusive range of a number; both 0: any */
    const char *choices; /* of a DSC_KIND_CHOICE */
    const char *help;    /* with the unit */
} dsc_param;

/* The offset of a field after a check of its type: comparing unlike pointers is a warning. */
#define DSC_FIELD(struct_type, field, type)                                                                  \
    (offsetof(struct_type, field) + 0 * sizeof((type *)0 == &((struct_type *)0)->field))
#define DSC_PARAM_INTEGER(struct_type, field, default_value, low, high, help_text)                           \
    {                                                                                                        \
        .name = #field, .kind = DSC_KIND_INTEGER, .offset = DSC_FIELD(struct_type, field, int64_t),          \
        .value = (default_value), .min = (low), .max = (high), .help = (help_text)                           \
    }
#define DSC_PARAM_REAL(struct_type, field, default_value, low, high, help_text)                              \
    {                                                                                                        \
        .name = #field, .kind = DSC_KIND_REAL, .offset = DSC_FIELD(struct_type, field, double),              \
        .value = (default_value), .min = (low), .max = (high), .help = (help_text)                           \
    }
#define DSC_PARAM_CHOICE(struct_type, field, default_value, choice_list, help_text)                          \
    {                                                                                                        \
        .name = #field, .kind = DSC_KIND_CHOICE, .offset = DSC_FIELD(struct_type, field, const char *),      \
        .value = (default_value), .choices = (choice_list), .help = (help_text)                              \
    }
#define DSC_PARAM_TEXT(struct_type, field, default_value, help_text)                                         \
    {                                                                                                        \
        .name = #field, .kind = DSC_KIND_TEXT, .offset = DSC_FIELD(struct_type, field, const char *),        \
        .value = (default_value), .help = (help_text)                                                        \
    }

/* A swept value. `--set NAME=LIST` replaces its values (value.h has the syntax of lists). */
typedef struct dsc_axis {
    dsc_param param;   /* name, type, range and help; value is the default list; kind INTEGER or REAL. With
                          choices ("mlp|cnn") an INTEGER's values are 0, 1, ..., typed and shown by name */
    const char *units; /* "1" if it has none */
    const char *long_name; /* axis label */
    bool inner;            /* runs inside the cell, which puts one value per point; its knob is not set */
    bool classes;          /* the classes of the data set, shown by their names where it has some */
    bool fixed;            /* the cell counts on the table's values (pixels, classes): others are refused */
    /* If not NULL: makes the default list from the parameters; returns how many of capacity it wrote. */
    size_t (*derive)(const void *hyperparameters, double *values, size_t capacity);
} dsc_axis;

typedef struct dsc_output {
    const char *name, *units, *long_name;
    const char *inner; /* names of the inner axes it also runs over, in the order of the table, a space
                          between them; NULL: one value per cell */
} dsc_output;

typedef struct dsc_preset {
    const char *name; /* "quick", "default", "paper" */
    const char
        *settings; /* "epochs=40 width=4,16,64 seeds=2": the same names as --set; a value may hold spaces */
    const char *help;
} dsc_preset;

/* What a cell takes: floating-point operations in all, and bytes at the same time. */
typedef struct dsc_cost {
    double flops, bytes;
} dsc_cost;

typedef struct dsc_cell dsc_cell;
typedef struct dsc_data_notes dsc_data_notes;
typedef struct dsc_plan dsc_plan;

typedef struct dsc_case {
    const char *name, *summary, *reference;
    size_t hyperparameters_size;
    const dsc_param *params; /* each table ends with an entry without a name */
    const dsc_axis *axes;
    const dsc_output *outputs;
    const dsc_preset *presets;
    int64_t seeds;  /* default number; 0: 3 */
    bool uses_data; /* takes --data DIR */
    /* Name of the parameter that says what the case is computed on, a DSC_KIND_CHOICE
       "auto|GENERATED|SET|...": something generated, or one of the known data sets; or "file", one's own,
       where the list has it: then --data is that file, and auto chooses it if --data is no folder. The plan
       puts what auto stands for in its place, as dsc_data_choose() says, so that the recipe tells; it notes
       the set's files, and titles begin with the set's. NULL: there is no such choice. */
    const char *data_choice;
    bool whole_machine; /* cells run one after the other, each on all threads: for large networks */
    bool uses_lapack;   /* bits depend on the LAPACK core type: recorded, and compared by verify */

    /* Names every file that the numbers depend on, with dsc_data_note(), before anything is computed. May be
     * NULL. */
    void (*identify)(dsc_data_notes *notes, const void *hyperparameters, const char *data_directory);
    /* Loads what all cells share, read-only afterwards; dsc_plan_axis() tells what they will ask for, and
       dsc_plan_data() what was chosen, whose files are in data_directory then (one's own file is that). May
       be NULL. The result is dsc_cell_shared(). Lives in scope. */
    void *(*prepare)(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                     const char *data_directory);
    /* Computes one cell. */
    void (*run)(dsc_cell *cell);
    /* What a cell with these hyperparameters takes, the data that all share left out: for the schedule
       (longest first), the number of cells at the same time and the dry run. Asked once for all seeds, before
       prepare and without computing anything; of a network dsc_train_cost() tells it (study.h). What is made
       in the scope is closed afterwards; if that fails, or without the function, nothing is known. */
    dsc_cost (*cost)(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters);
    /* Fills figures (zeroed, capacity of them) from the parameters; returns how many. */
    size_t (*figures)(const void *hyperparameters, dsc_figure *figures, size_t capacity);
    const dsc_claims *claims; /* by their sources, ended by an entry without one; NULL: none */
} dsc_case;

typedef struct dsc_experiment {
    const char *name, *summary, *reference;
    const dsc_case *const *cases; /* NULL-terminated; the first is the default */
    const char *version;          /* changed when the numbers change: part of the recipe */
} dsc_experiment;

/* Puts a data file into the recipe and the provenance by its SHA-256: a results file is then refused when its
   data have changed. name is what the file is called wherever it lies ("mnist/train-images-idx3-ubyte.gz"),
   path where it is now. */
DSC_API void dsc_data_note(dsc_data_notes *notes, const char *name, const char *path);
/* All files of a data set in the directory that dsc_data_choose() found; none of one that is generated
 * (NULL). */
DSC_API void dsc_data_note_files(dsc_data_notes *notes, const dsc_known_data *known, const char *directory);
DSC_API dsc_scope *dsc_data_notes_scope(const dsc_data_notes *notes); /* of the plan, for paths and errors */

/* The known data set that the case's data_choice came to; NULL: none that is read from files. */
DSC_API const dsc_known_data *dsc_plan_data(const dsc_plan *plan);

/* The values of one of the case's axes; NULL and a count of 0 if it has none of this name. */
DSC_API const double *dsc_plan_axis(const dsc_plan *plan, const char *name, size_t *count);

/* What a cell function sees. */
DSC_API dsc_scope *dsc_cell_scope(dsc_cell *cell); /* its seed is the cell's; closed after the cell */
DSC_API const void *
dsc_cell_hyperparameters(const dsc_cell *cell); /* parameters and this cell's axis values */
DSC_API uint64_t dsc_cell_seed(const dsc_cell *cell);
DSC_API const void *dsc_cell_shared(const dsc_cell *cell);
/* The file that the cell's trained network is to be kept in, "DIR/EXPERIMENT-CASE-width-47-seed-1.h5", if the
   run keeps networks (--models DIR); else NULL. No number may depend on it. In the cell's scope. */
DSC_API const char *dsc_cell_model_path(dsc_cell *cell);
DSC_API dsc_engine dsc_cell_engine(const dsc_cell *cell);
DSC_API const double *dsc_cell_axis(const dsc_cell *cell, const char *name,
                                    size_t *count); /* an axis's values, in the order that was asked for */
/* The index of a value on an axis; SIZE_MAX if it is not asked for. */
DSC_API size_t dsc_cell_axis_index(const dsc_cell *cell, const char *name, double value);

/* Leaves a number: an output that the table does not name, or a second value, fails the cell. */
DSC_API void dsc_put(dsc_cell *cell, const char *output, double value);
/* The index is row-major over the output's inner axes. */
DSC_API void dsc_put_at(dsc_cell *cell, const char *output, size_t inner_index, double value);

/* Adds bytes (final parameters) to the cell's hash; the outputs are added by the runner. */
DSC_API void dsc_cell_hash(dsc_cell *cell, const void *data, size_t size);

/* Names what computed the cell's numbers, such as dsc_model_implementations(), a line each: the provenance of
   the file lists the different lines of all cells. */
DSC_API void dsc_cell_note(dsc_cell *cell, const char *lines);

/* Says how far the cell is (0..1), for progress and estimates. False: stop now (a signal, a time limit): the
   cell returns at once and counts as missing. */
DSC_API bool dsc_cell_progress(dsc_cell *cell, double fraction);

#endif
