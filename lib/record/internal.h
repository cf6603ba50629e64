/* internal.h - a record's memory, and its image as a file. */
#ifndef DESCENT_RECORD_INTERNAL_H
#define DESCENT_RECORD_INTERNAL_H

#include <descent/file.h>
#include <descent/record.h>

enum { DSCI_RECORD_SCHEMA = 1, DSCI_RECORD_NAME_BYTES = 64, DSCI_RECORD_MESSAGE_BYTES = 512 };

struct dsci_record_text {
    const char *name, *text;
};

struct dsc_record {
    dsc_scope *scope; /* of its own, so that an error elsewhere does not stop it from growing */
    dsc_record_spec spec;
    dsc_record_axis *axes;
    dsc_record_output *outputs;
    size_t cell_count;
    dsc_record_cell *cells;
    size_t provenance_count, provenance_capacity;
    struct dsci_record_text *provenance;
    size_t summary_count, summary_capacity;
    dsc_record_output *summaries;
};

/* The bytes of the file, in the scope: the same for the same record. */
dsc_bytes dsci_record_image(dsc_scope *scope, const dsc_record *record);

/* The version of the HDF5 library that runs, "1.10.8". */
const char *dsci_hdf5_version(void);

/* True for a letter followed by letters, digits and underscores, short enough: names of axes and outputs are
   identifiers in every language that reads the file. */
bool dsci_record_name_valid(const char *name);

/* Product of the lengths of an output's axes; 0 if it has none of them or exceeds DSC_RECORD_MAX_VALUES. */
size_t dsci_record_count(const dsc_record_axis *axes, const dsc_record_output *output);

#endif
