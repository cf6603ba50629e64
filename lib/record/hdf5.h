/* hdf5.h - writing HDF5 in memory, with errors in a scope. hdf5_file.h reads it.
 *
 * The HDF5 library need not be made for threads, and its high-level part never is: every call stands between
 * dsci_hdf5_enter() and dsci_hdf5_leave(), which also keep it from printing. Functions that take a scope do
 * nothing once it is poisoned.
 */
#ifndef DESCENT_RECORD_HDF5_H
#define DESCENT_RECORD_HDF5_H

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdbool.h>

#include <descent/file.h>
#include <descent/record.h>

/* What HDF5 did with errors before; handed back on leaving. */
struct dsci_hdf5 {
    H5E_auto2_t report;
    void *user;
};
struct dsci_hdf5 dsci_hdf5_enter(void);
void dsci_hdf5_leave(struct dsci_hdf5 before);

/* Fails the scope with what was attempted and HDF5's own innermost reason. */
dsc_status dsci_hdf5_fail(dsc_scope *scope, dsc_status status, const char *format, ...) DSC_PRINTF(3, 4);

/* A new file in memory; its bytes, which also closes it. */
hid_t dsci_hdf5_create(dsc_scope *scope);
dsc_bytes dsci_hdf5_finish(dsc_scope *scope, hid_t file);

hid_t dsci_hdf5_group(dsc_scope *scope, hid_t parent, const char *name);

/* The type of UTF-8 texts of size bytes, the NUL at the end included, or of any length (H5T_VARIABLE); the
 * caller closes it. */
hid_t dsci_hdf5_text_type(size_t size);

/* Attributes: a text, an integer. */
void dsci_hdf5_put_text(dsc_scope *scope, hid_t object, const char *name, const char *text);
void dsci_hdf5_put_integer(dsc_scope *scope, hid_t object, const char *name, int value);

/* Says what the values of an int8 dataset mean (CF conventions): one word each. */
void dsci_hdf5_put_flags(dsc_scope *scope, hid_t object, const signed char *values, size_t count,
                         const char *meanings);

/* A dataset, compressed and with checksums; the caller closes it. Rank 0 is a scalar. */
struct dsci_hdf5_array {
    const char *name, *units, *long_name; /* units may be NULL */
    hid_t file_type, memory_type;
    size_t rank;
    const size_t *shape;
    const void *data;
    bool fill_nan;     /* says in _FillValue that NaN means missing */
    bool uncompressed; /* for values that do not shrink: only with checksums */
};
hid_t dsci_hdf5_put_array(dsc_scope *scope, hid_t parent, const struct dsci_hdf5_array *array);

/* The same of an axis of other datasets: a dimension scale. */
hid_t dsci_hdf5_put_scale(dsc_scope *scope, hid_t parent, const struct dsci_hdf5_array *array);

/* A dimension scale that counts from 0, where an axis has no values of its own. */
hid_t dsci_hdf5_put_places(dsc_scope *scope, hid_t parent, const char *name, size_t length);

/* Makes an axis of a dataset, which is called name, that of the scale. */
void dsci_hdf5_attach(dsc_scope *scope, hid_t dataset, const char *name, hid_t scale, size_t axis);

#endif
