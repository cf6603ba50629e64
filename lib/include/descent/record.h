/* record.h - the results file: labelled arrays over named axes in one HDF5 file.
 *
 * A record lives in memory and is written whole: an HDF5 image is made in memory, then the file is replaced
 * at once (file.h). A reader therefore always finds a complete file, whatever was killed. Axes are HDF5
 * dimension scales, so xarray and netCDF-4 open the file as it is.
 */
#ifndef DESCENT_RECORD_H
#define DESCENT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>

enum {
    DSC_RECORD_MAX_AXES = 8,
    DSC_RECORD_MAX_OUTPUTS = 64,
    DSC_RECORD_MAX_CELLS = 10000000,  /* points of the cell axes */
    DSC_RECORD_MAX_VALUES = 100000000 /* of one output */
};

typedef struct dsc_record dsc_record;

typedef struct dsc_record_axis {
    const char *name, *units, *long_name;
    bool integer; /* stored as int64, else as float64 */
    size_t count;
    const double *values; /* count of them */
    const char *names;    /* "a|b|c": what the values 0, 1, 2 stand for; NULL: numbers */
} dsc_record_axis;

/* A value of an axis as people read it: its name, or a number as dsc_number_text() writes it. In the scope.
 */
DSC_API const char *dsc_record_axis_text(dsc_scope *scope, const dsc_record_axis *axis, size_t index,
                                         int digits);

/* An array of doubles over some of the axes (in the order of the record's axes), NaN where nothing was put.
   An output of cells begins with all cell axes; inner axes follow. Summaries leave axes out. */
typedef struct dsc_record_output {
    const char *name, *units, *long_name;
    size_t rank;
    size_t axes[DSC_RECORD_MAX_AXES]; /* indices into the record's axes */
    size_t count;                     /* product of their lengths */
    double *values;                   /* row-major */
} dsc_record_output;

typedef enum dsc_cell_status { DSC_CELL_MISSING = 0, DSC_CELL_DONE = 1, DSC_CELL_FAILED = 2 } dsc_cell_status;

/* What a cell (one point of the first cell_axes axes) leaves besides its outputs. */
typedef struct dsc_record_cell {
    uint64_t hash; /* of the final parameters and outputs; 0: missing */
    double seconds;
    dsc_cell_status status;
    const char *message; /* why it failed; of others a note that is written and not read again, or NULL */
} dsc_record_cell;

typedef struct dsc_record_spec {
    const char *experiment; /* program name */
    const char *title, *reference, *readme;
    const char *recipe;  /* JSON: everything that the numbers depend on */
    const char *figures; /* JSON: the figures as data, see figure.h */
    const dsc_record_axis *axes;
    size_t axis_count;
    size_t cell_axes; /* the first cell_axes axes span the cells; the others lie inside a cell */
    const dsc_record_output *outputs; /* name, units, long_name, rank, axes are read */
    size_t output_count;
    bool deterministic;
} dsc_record_spec;

/* An empty record (every cell missing), in the scope. */
DSC_API dsc_record *dsc_record_make(dsc_scope *scope, const dsc_record_spec *spec);

DSC_API const dsc_record_spec *dsc_record_describe(const dsc_record *record);
DSC_API size_t dsc_record_cells(const dsc_record *record);
DSC_API dsc_record_cell *dsc_record_cell_at(dsc_record *record, size_t cell);
DSC_API dsc_record_output *dsc_record_output_find(dsc_record *record, const char *name);

/* Notes that a cell failed and why (the message is copied). */
DSC_API dsc_status dsc_record_cell_fail(dsc_record *record, size_t cell, double seconds, const char *message);

/* The coordinates of a cell: one index per cell axis. */
DSC_API void dsc_record_cell_index(const dsc_record *record, size_t cell, size_t index[DSC_RECORD_MAX_AXES]);

/* The block of an output that belongs to a cell: one value, or as many as the inner axes have points. */
DSC_API double *dsc_record_cell_values(dsc_record *record, const dsc_record_output *output, size_t cell,
                                       size_t *count);

/* Text attributes of /provenance, in the order of their first setting. Setting one again replaces it. */
DSC_API dsc_status dsc_record_provenance_set(dsc_record *record, const char *name, const char *text);
DSC_API const char *dsc_record_provenance_get(const dsc_record *record, const char *name);
DSC_API size_t dsc_record_provenance_count(const dsc_record *record);
DSC_API void dsc_record_provenance_at(const dsc_record *record, size_t i, const char **name,
                                      const char **text);

/* Derived arrays, written to /summary with the axes' scales attached. */
DSC_API dsc_status dsc_record_summary_set(dsc_record *record, const dsc_record_output *summary);
DSC_API const dsc_record_output *dsc_record_summary_find(const dsc_record *record, const char *name);

/* True when every cell is done. */
DSC_API bool dsc_record_complete(const dsc_record *record);

/* Writes the file (atomically), reads one. Reading checks every size and type before use: a foreign or
   damaged file is DSC_ERROR_FORMAT with what was expected and found. Safe to call from several threads (HDF5
   is serialised). */
DSC_API dsc_status dsc_record_write(dsc_scope *scope, const dsc_record *record, const char *path);
DSC_API dsc_record *dsc_record_read(dsc_scope *scope, const char *path);

/* What an HDF5 file is, by its attributes and groups. */
typedef enum dsc_file_kind {
    DSC_FILE_OTHER = 0,
    DSC_FILE_RESULTS,    /* dsc_record_write() */
    DSC_FILE_MODEL,      /* dsc_model_save() */
    DSC_FILE_CHECKPOINT, /* dsc_fit() */
    DSC_FILE_DATA,       /* `descent data export` */
    DSC_FILE_VECTORS,    /* dsc_word_vectors_write() */
    DSC_FILE_KERAS
} dsc_file_kind;
/* Fails the scope if the file cannot be read or is not HDF5. */
DSC_API dsc_file_kind dsc_file_kind_of(dsc_scope *scope, const char *path);
/* For messages: "a model", and what reads such a file, "" if nothing here does. */
DSC_API const char *dsc_file_kind_name(dsc_file_kind kind);
DSC_API const char *dsc_file_kind_reader(dsc_file_kind kind);

/* A plain HDF5 file of named arrays, for `descent data export`. Each axis that an array names becomes a
   dimension scale that counts from 0; arrays of the same axis must have the same length along it. */
typedef struct dsc_array {
    const char *name, *units, *long_name; /* units: NULL for none; long_name: NULL for the name */
    size_t rank, shape[DSC_RECORD_MAX_AXES];
    const char *axes[DSC_RECORD_MAX_AXES]; /* rank names, or NULL */
    const char *meanings;                  /* of the integers 0, 1, ...: a word each, or NULL */
    const double *real;                    /* one of the two is set */
    const int32_t *integer;
} dsc_array;
typedef struct dsc_attribute {
    const char *name, *text;
} dsc_attribute;
DSC_API dsc_status dsc_arrays_write(dsc_scope *scope, const char *path, const dsc_array *arrays, size_t count,
                                    const dsc_attribute *attributes, size_t attribute_count);
/* Names ("dense1/weights") and shapes of the arrays of numbers in an HDF5 file, at most a thousand, without
   their values. In the scope; NULL, and the scope fails, if it cannot be read. */
DSC_API const dsc_array *dsc_arrays_list(dsc_scope *scope, const char *path, size_t *count);

#endif
