/* hdf5_checksums.h - HDF5 files whose contents are false and whose checksums are right: small files of all
 * forms, and the checksums of a file put right after its bytes were changed.
 *
 * Include after cmocka.h.
 */
#ifndef DESCENT_TESTS_HDF5_CHECKSUMS_H
#define DESCENT_TESTS_HDF5_CHECKSUMS_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "directory.h"
#include "record/hdf5_parts.h"

/* --- Checksums --- */

enum { CHECKSUMS_MAX = 400, CHECKSUM_PART_MAX = 1024, CHECKSUM_BLOCK_MAX = 1 << 16 };

/* A part of a file and where its checksum is: behind it, or inside a block of a heap. */
struct checksummed {
    size_t at, size, place;
};

typedef struct checksums {
    size_t count;
    struct checksummed parts[CHECKSUMS_MAX];
} checksums;

static inline uint32_t checksum_of(unsigned char *data, const struct checksummed *part)
{
    unsigned char *place = data + part->place, kept[4];
    memcpy(kept, place, sizeof kept);
    memset(place, 0, part->place < part->at + part->size ? sizeof kept : 0);
    const uint32_t checksum = dsci_h5_checksum(data + part->at, part->size);
    memcpy(place, kept, sizeof kept);
    return checksum;
}

static inline bool checksum_add(checksums *list, unsigned char *data, size_t size, struct checksummed part)
{
    const size_t end = part.at + part.size > part.place + 4 ? part.at + part.size : part.place + 4;
    if (end > size || list->count == CHECKSUMS_MAX ||
        checksum_of(data, &part) != dsci_h5_number(data + part.place, 4))
        return false;
    list->parts[list->count++] = part;
    return true;
}

/* The parts of a valid file: they begin with letters, and their checksum tells how long they are. */
static inline void checksums_find(checksums *list, unsigned char *data, size_t size)
{
    static const char *const signatures[] = { "OHDR", "OCHK", "FRHP", "FHIB", "BTHD", "BTIN", "BTLF" };
    list->count = 0;
    for (size_t at = 0; at + 8 < size; at++) {
        for (size_t s = 0; s < sizeof signatures / sizeof signatures[0]; s++)
            for (size_t length = 8; memcmp(data + at, signatures[s], 4) == 0 && length < CHECKSUM_PART_MAX;
                 length++)
                if (checksum_add(list, data, size, (struct checksummed){ at, length, at + length }))
                    break;
        for (size_t length = 512; memcmp(data + at, "FHDB", 4) == 0 && length <= CHECKSUM_BLOCK_MAX;
             length *= 2)
            if (checksum_add(list, data, size, (struct checksummed){ at, length, at + 17 }) ||
                checksum_add(list, data, size, (struct checksummed){ at, length, at + 18 }))
                break;
    }
}

static inline void checksums_repair(const checksums *list, unsigned char *data, size_t size)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct checksummed *part = &list->parts[i];
        if (part->at + part->size > size || part->place + 4 > size)
            continue;
        const uint32_t checksum = checksum_of(data, part);
        for (size_t k = 0; k < 4; k++)
            data[part->place + k] = (unsigned char)(checksum >> 8 * k);
    }
}

/* --- Files --- */

static inline void hdf5_put_text(hid_t object, const char *name, const char *text, bool variable)
{
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, variable ? H5T_VARIABLE : strlen(text) + 1);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, variable ? (const void *)&text : text) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

/* 6 x 5 numbers 0, 1, ...: in one piece, or in chunks under all filters. */
static inline void hdf5_put_numbers(hid_t parent, const char *name, hid_t type, bool chunked)
{
    static const hsize_t shape[] = { 6, 5 }, chunk[] = { 4, 2 };
    double values[30];
    for (size_t i = 0; i < 30; i++)
        values[i] = (double)i;
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, shape, NULL);
    if (chunked) {
        H5Pset_chunk(creation, 2, chunk);
        H5Pset_shuffle(creation);
        H5Pset_deflate(creation, 4);
        H5Pset_fletcher32(creation);
    }
    const hid_t dataset = H5Dcreate2(parent, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(creation);
}

/* A file with a group "many" of so many groups, as many texts at the root and in the group "texts", and two
   datasets "whole" and "chunks". Young: of HDF5 1.8, with checksums; else of the first form. */
static inline void hdf5_write_sample(const char *path, bool young, unsigned many)
{
    char name[40];
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (young)
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    const hid_t groups = H5Gcreate2(file, "many", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t texts = H5Gcreate2(file, "texts", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0 && groups >= 0 && texts >= 0);
    for (unsigned i = 0; i < many; i++) {
        snprintf(name, sizeof name, "number %u", i);
        H5Gclose(H5Gcreate2(groups, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        hdf5_put_text(texts, name, name, i % 2);
        hdf5_put_text(file, name, name, false);
    }
    hdf5_put_numbers(file, "whole", H5T_IEEE_F32BE, false);
    hdf5_put_numbers(file, "chunks", H5T_IEEE_F64LE, true);
    H5Lcreate_hard(file, "/", groups, "circle", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/whole", groups, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/x", groups, "external", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(texts);
    H5Gclose(groups);
    assert_true(H5Fclose(file) >= 0);
    H5Pclose(access);
}

/* --- Reading all of it --- */

struct hdf5_reading {
    dsc_scope *scope;
    dsci_h5_file *file;
    size_t objects, attributes, values;
};

static inline void hdf5_read_object(void *user, const char *path, const dsci_h5_object *object)
{
    struct hdf5_reading *reading = user;
    size_t rank, shape[DSC_RECORD_MAX_AXES], bytes, count = 1;
    reading->objects++;
    for (size_t i = 0; i < dsci_h5_attribute_count(object); i++) {
        const char *name = dsci_h5_attribute_name(object, i);
        assert_true(strlen(name) < SIZE_MAX);
        const dsci_h5_attribute *attribute = dsci_h5_attribute_find(object, name);
        assert_non_null(attribute);
        reading->attributes += dsci_h5_texts(reading->file, attribute, &count) != NULL;
    }
    if (!dsci_h5_shape(object, 1 << 20, &rank, shape))
        return;
    dsci_h5_class_of(object, &bytes);
    count = 1;
    for (size_t i = 0; i < rank; i++)
        count *= shape[i];
    double *values = dsc_scope_alloc(reading->scope, count, sizeof *values);
    reading->values += values && dsci_h5_read(reading->file, object, path, DSCI_H5_F64, values) ? count : 0;
}

/* Reads whatever is in the bytes, which may change; the error's message stays in the scope. */
static inline struct hdf5_reading hdf5_read_all(dsc_scope *scope, const unsigned char *data, size_t size)
{
    struct hdf5_reading reading = { .scope = scope };
    unsigned char *copy = dsc_scope_alloc(scope, size + 1, 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    reading.file = dsci_h5_open(scope, "x.h5", (dsc_bytes){ copy, size });
    if (reading.file) {
        hdf5_read_object(&reading, "", dsci_h5_find(reading.file, NULL, ""));
        dsci_h5_visit(reading.file, hdf5_read_object, &reading);
    }
    return reading;
}

#endif
