/* container.h - arrays by name, in groups, and texts, in a plain HDF5 file: models and checkpoints.
 *
 * Values are stored as they are, with checksums. A file is read into memory whole; every name, type and size
 * in it is checked before use, links that lead out of it are not followed. Errors go to the container's
 * scope.
 */
#ifndef DESCENT_RECORD_CONTAINER_H
#define DESCENT_RECORD_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/file.h>
#include <descent/record.h>

typedef enum dsci_element { DSCI_ELEMENT_F32 = 0, DSCI_ELEMENT_F64, DSCI_ELEMENT_I32 } dsci_element;

typedef struct dsci_container_array {
    const char *name; /* "parameters/dense1/weights": groups are made as they are needed */
    dsci_element type;
    size_t rank, shape[DSC_RECORD_MAX_AXES];
    const void *data;
} dsci_container_array;

/* Replaces the file at once. The same arrays and texts give the same bytes. */
dsc_status dsci_container_write(dsc_scope *scope, const char *path, const dsci_container_array *arrays,
                                size_t count, const dsc_attribute *texts, size_t text_count);

/* A file that has been opened; closed with the scope. */
typedef struct dsci_container dsci_container;

/* NULL, with the error in the scope, if it is not HDF5. */
dsci_container *dsci_container_open(dsc_scope *scope, const char *path);
/* The same of bytes that stay as they are; path is for messages. */
dsci_container *dsci_container_of(dsc_scope *scope, const char *path, dsc_bytes bytes);

/* Fails the scope unless the file is of this kind, saying what it is and what reads it. */
dsc_status dsci_container_expect(const dsci_container *container, dsc_file_kind kind);

/* Bytes of the file: with the values stored as they are, more than its arrays have. */
size_t dsci_container_bytes(const dsci_container *container);

/* Whether there is a group or an array of that name. */
bool dsci_container_has(const dsci_container *container, const char *name);

/* The paths of all groups and arrays, in the order of their names; *count of them. Once for a container. */
const char **dsci_container_paths(const dsci_container *container, size_t *count);

/* Whether there is a text of that name at a group ("": the file itself). */
bool dsci_container_has_text(const dsci_container *container, const char *group, const char *name);
/* One text; "" and an error if there is none. */
const char *dsci_container_text(const dsci_container *container, const char *group, const char *name);
/* Fails the scope unless the text `recipe` of a checkpoint is the one wanted, with the first line that
 * differs. */
dsc_status dsci_container_expect_recipe(const dsci_container *container, const char *wanted);
/* A list of texts; *count 0 and NULL, and an error, if there is none. */
const char **dsci_container_texts(const dsci_container *container, const char *group, const char *name,
                                  size_t *count);

/* Whether a number that was read is a count, of at most so many. */
bool dsci_is_count(double value, double most);

/* The rank and shape of an array of numbers; false, and an error, if there is none that can be read. */
bool dsci_container_find(const dsci_container *container, const char *name, dsci_container_array *found);

/* Reads the values, in the type asked for, of an array whose rank and shape are those given. */
dsc_status dsci_container_read(const dsci_container *container, const dsci_container_array *expected,
                               void *values);

#endif
