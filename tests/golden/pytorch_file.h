/* pytorch_file.h - reading the files that pytorch.py writes: a group a case. What a case lacks is zero or
 * NULL; a file that cannot be read fails the test.
 */
#ifndef DESCENT_TESTS_PYTORCH_FILE_H
#define DESCENT_TESTS_PYTORCH_FILE_H

#include <stdio.h>
#include <string.h>

#include <hdf5.h>

#include <descent/graph.h>

#include "test.h"

struct golden_case {
    hid_t group;
    char name[64];
    dsc_scope *scope;   /* of what is read */
    dsc_node *identity; /* a matrix: its product with weights has their values, and their gradient */
};

static inline hid_t golden_open(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", DESCENT_GOLDEN, name);
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
        fail_msg("cannot read '%s'", path);
    return file;
}

/* Calls check for every case of a file; returns their number. */
static inline size_t golden_each(hid_t file, void (*check)(struct golden_case *c, void *user), void *user)
{
    H5G_info_t info;
    assert_true(H5Gget_info(file, &info) >= 0);
    for (hsize_t i = 0; i < info.nlinks; i++) {
        struct golden_case c = { .scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 }) };
        H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, c.name, sizeof c.name, H5P_DEFAULT);
        c.group = H5Gopen2(file, c.name, H5P_DEFAULT);
        assert_true(c.group >= 0);
        check(&c, user);
        H5Gclose(c.group);
        dsc_scope_close(&c.scope);
    }
    return (size_t)info.nlinks;
}

/* The numbers of an attribute, at most so many; returns how many there are. */
static inline size_t golden_numbers(const struct golden_case *c, const char *name, double *values,
                                    size_t most)
{
    if (H5Aexists(c->group, name) <= 0)
        return 0;
    const hid_t attribute = H5Aopen(c->group, name, H5P_DEFAULT), space = H5Aget_space(attribute);
    const size_t count = (size_t)H5Sget_simple_extent_npoints(space);
    assert_true(count <= most && H5Aread(attribute, H5T_NATIVE_DOUBLE, values) >= 0);
    H5Sclose(space);
    H5Aclose(attribute);
    return count;
}

static inline double golden_real(const struct golden_case *c, const char *name)
{
    double value = 0;
    golden_numbers(c, name, &value, 1);
    return value;
}

static inline size_t golden_size(const struct golden_case *c, const char *name)
{
    return (size_t)golden_real(c, name);
}

/* A text of variable length, in the scope. */
static inline const char *golden_text(const struct golden_case *c, const char *name)
{
    char *text = NULL;
    const hid_t attribute = H5Aopen(c->group, name, H5P_DEFAULT), type = H5Aget_type(attribute);
    assert_true(H5Aread(attribute, type, &text) >= 0);
    const char *copy = dsc_scope_format(c->scope, "%s", text);
    H5free_memory(text);
    H5Tclose(type);
    H5Aclose(attribute);
    return copy;
}

struct golden_array {
    double *values; /* NULL: there is no such array */
    size_t count, rank, shape[DSC_MAX_RANK];
};

/* A link "folder/name", with slashes in name as dots. */
static inline struct golden_array golden_array(const struct golden_case *c, const char *folder,
                                               const char *name)
{
    struct golden_array array = { .count = 1 };
    char path[200];
    const int length = snprintf(path, sizeof path, "%s%s", folder, *folder ? "/" : "");
    snprintf(path + length, sizeof path - (size_t)length, "%s", name);
    for (char *at = path + length; (at = strchr(at, '/'));)
        *at = '.';
    if ((*folder && H5Lexists(c->group, folder, H5P_DEFAULT) <= 0) ||
        H5Lexists(c->group, path, H5P_DEFAULT) <= 0)
        return (struct golden_array){ .values = NULL };
    const hid_t dataset = H5Dopen2(c->group, path, H5P_DEFAULT), space = H5Dget_space(dataset);
    hsize_t shape[H5S_MAX_RANK];
    array.rank = (size_t)H5Sget_simple_extent_dims(space, shape, NULL);
    assert_true(array.rank <= DSC_MAX_RANK);
    for (size_t i = 0; i < array.rank; i++)
        array.count *= array.shape[i] = (size_t)shape[i];
    array.values = dsc_scope_alloc(c->scope, array.count, sizeof *array.values);
    assert_non_null(array.values);
    assert_true(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values) >= 0);
    H5Sclose(space);
    H5Dclose(dataset);
    return array;
}

#endif
