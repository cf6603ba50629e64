/* hdf5_file.h - reading HDF5 files that anybody may have written.
 *
 * The HDF5 library trusts what a file says of itself: with false contents under valid checksums it reads
 * beyond its memory, asks for gigabytes or walks in circles. So it only writes our files. They, Keras's and
 * other programs' are read here, from bytes in memory, straight by the format's specification (HDF5 File
 * Format Specification 3.0): every address is checked before it is followed, every size before it is
 * believed, and a file's bytes are looked at only so often that nothing can be walked for ever.
 *
 * Read are superblocks 0 to 3; groups and attributes of every form; links to objects in the file itself;
 * numbers of IEEE types and integers of 8 to 64 bits, of both byte orders; texts of fixed and of variable
 * length; contiguous, compact and chunked data (B-trees of version 1 and single chunks) under deflate,
 * shuffle and fletcher32. Anything else is found, but has no values.
 *
 * Memory and errors are the scope's; nothing is done once it is poisoned. A file is for one thread at a time;
 * there is no lock. The bytes must stay as they are while it is used.
 */
#ifndef DESCENT_RECORD_HDF5_FILE_H
#define DESCENT_RECORD_HDF5_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/file.h>
#include <descent/record.h>

typedef struct dsci_h5_file dsci_h5_file;
typedef struct dsci_h5_object dsci_h5_object; /* a group or a dataset */
typedef struct dsci_h5_attribute dsci_h5_attribute;

/* NULL, and an error, if the bytes are not an HDF5 file. path is for messages. */
dsci_h5_file *dsci_h5_open(dsc_scope *scope, const char *path, dsc_bytes bytes);

/* What a path leads to from a group (NULL: the root); NULL without an error if there is nothing, or a link
   that leads out of the file. "": the group itself. */
const dsci_h5_object *dsci_h5_find(dsci_h5_file *file, const dsci_h5_object *from, const char *path);

/* Hands over every object that hard links lead to, in the order of the names, with its path. Once for a file.
 */
typedef void dsci_h5_visit_fn(void *user, const char *path, const dsci_h5_object *object);
void dsci_h5_visit(dsci_h5_file *file, dsci_h5_visit_fn *use, void *user);

/* Attributes, in the order of their creation where the file keeps it; NULL if there is none. */
size_t dsci_h5_attribute_count(const dsci_h5_object *object);
const char *dsci_h5_attribute_name(const dsci_h5_object *object, size_t i);
const dsci_h5_attribute *dsci_h5_attribute_find(const dsci_h5_object *object, const char *name);

/* The one text, the one integer of an attribute: what is missing or of another type is an error. */
const char *dsci_h5_text(dsci_h5_file *file, const dsci_h5_object *object, const char *name);
int dsci_h5_integer(dsci_h5_file *file, const dsci_h5_object *object, const char *name);

/* The texts of an attribute; NULL if it does not hold texts. An empty list of any type is not NULL. */
const char **dsci_h5_texts(dsci_h5_file *file, const dsci_h5_attribute *attribute, size_t *count);

/* The rank and shape of a dataset whose values can be read: 1 to most of them, no more than the file can
   hold, over at most DSC_RECORD_MAX_AXES axes. False: it is something else. */
bool dsci_h5_shape(const dsci_h5_object *dataset, size_t most, size_t *rank,
                   size_t shape[DSC_RECORD_MAX_AXES]);

/* The same of what lies at a path below a group; NULL, and an error, if it cannot be read. */
const dsci_h5_object *dsci_h5_dataset(dsci_h5_file *file, const dsci_h5_object *parent, const char *path,
                                      size_t most, size_t *rank, size_t shape[DSC_RECORD_MAX_AXES]);

typedef enum dsci_h5_class { DSCI_H5_OTHER = 0, DSCI_H5_INTEGER, DSCI_H5_REAL, DSCI_H5_TEXT } dsci_h5_class;

/* What a dataset holds, and the bytes of one value in the file. Texts are of fixed length here. */
dsci_h5_class dsci_h5_class_of(const dsci_h5_object *dataset, size_t *size);

/* What values become in memory. Numbers beyond an integer's range become its nearest. */
typedef enum dsci_h5_memory {
    DSCI_H5_F64 = 0,
    DSCI_H5_F32,
    DSCI_H5_I32,
    DSCI_H5_I8,
    DSCI_H5_U64,
    DSCI_H5_AS_STORED
} dsci_h5_memory;

/* Reads all values of a dataset that dsci_h5_dataset() has found. name is for messages. */
bool dsci_h5_read(dsci_h5_file *file, const dsci_h5_object *dataset, const char *name, dsci_h5_memory memory,
                  void *values);

#endif
