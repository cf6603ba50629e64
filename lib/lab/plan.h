/* plan.h - a plan's inside: every parameter, axis value and seed of a run. */
#ifndef DESCENT_LAB_PLAN_H
#define DESCENT_LAB_PLAN_H

#include <descent/lab.h>

enum { DSCI_PLAN_SCHEMA = 1, DSCI_AXIS_MAX = 100000, DSCI_SEEDS_MAX = 100000 };

struct dsci_sweep_axis {
    const dsc_axis *axis; /* NULL: the seeds */
    const char *name;
    bool integer;
    size_t count;
    double *values;
};

struct dsci_noted_file {
    const char *name, *sha256;
    struct dsci_noted_file *next;
};

struct dsc_data_notes {
    dsc_scope *scope;
    struct dsci_noted_file *first;
};

struct dsc_plan {
    dsc_scope *scope;
    const dsc_experiment *experiment;
    const dsc_case *kase;
    dsc_engine engine;
    const char *data_directory;       /* as it was given */
    const char *models_directory;     /* likewise */
    const dsc_known_data *known_data; /* that the case's choice came to; NULL: none that is read from files */
    const char *known_directory, *data_title; /* of its files; of what is computed on, NULL: no choice */
    void *hyperparameters;                    /* parameters; the fields of axes are zero */
    size_t axis_count, cell_axes, seed_axis;
    struct dsci_sweep_axis axes[DSC_RECORD_MAX_AXES]; /* of cells as in the case's table, seeds, inner ones */
    size_t cells;
    dsc_cost *costs; /* of the cells of one seed, found when they are first asked for: flops 0 until then */
    dsc_data_notes data;
    const char *recipe;
};

/* The hyperparameters of one cell: the parameters and the cell's axis values. There is room for the case's
 * hyperparameters_size. */
void dsci_plan_hyperparameters(const dsc_plan *plan, size_t cell, void *hyperparameters);
uint64_t dsci_plan_seed(const dsc_plan *plan, size_t cell);

/* The recipe of a plan: canonical JSON (sorted keys, no spaces, 17 digits). */
const char *dsci_recipe_of(dsc_scope *scope, const dsc_plan *plan);

/* Whether two recipes, as JSON, say the same. False and a failed scope when memory is out. */
bool dsci_recipe_same(dsc_scope *scope, const char *a, const char *b);

/* A recipe in the scope, in the words of the other one; NULL if it is none, or memory is out. */
struct json_t *dsci_recipe_like(dsc_scope *scope, const char *recipe, const char *other);

/* What differs between two recipes, for people: "parameters.n: 200 in the file, 4000 asked for; ...". "" if
 * nothing. Fails the scope when memory is out. */
const char *dsci_recipe_differences(dsc_scope *scope, const char *file, const char *asked,
                                    const char *in_file, const char *in_asked);

/* Whether a record has a plan's axes with the same values, from the first of that index on, and as many
 * others. */
bool dsci_plan_has_axes(const dsc_plan *plan, const dsc_record_spec *spec, size_t first);

/* Fails the scope with DSC_ERROR_MISMATCH unless the record was made by this plan's recipe and has its
 * arrays. */
dsc_status dsci_plan_check(dsc_scope *scope, const dsc_plan *plan, const dsc_record *record,
                           const char *path);

#endif
