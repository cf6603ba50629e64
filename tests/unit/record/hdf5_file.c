/* HDF5 files of every form are read as the HDF5 library writes them, and what is false in them, under right
 * checksums, is "damaged": in no time, in no memory, without a crash. */
#include <math.h>
#include <sys/resource.h>

#include "hdf5_checksums.h"
#include "record/container.h"
#include "test.h"

/* --- What is right --- */

static dsc_bytes read_sample(dsc_scope *scope, const char *directory, bool young, unsigned many)
{
    const char *path = directory_path(directory, "sample.h5");
    hdf5_write_sample(path, young, many);
    return dsc_file_read(scope, path, 1 << 24);
}

/* Few links and attributes lie in headers, many in heaps and trees of several levels. */
static void files_of_all_ages_and_sizes_are_read_whole(void **state)
{
    static const unsigned counts[] = { 0, 1, 3, 12, 700 };
    for (size_t i = 0; i < 10; i++) {
        const unsigned many = counts[i / 2];
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_bytes bytes = read_sample(scope, *state, i % 2, many);
        const struct hdf5_reading reading = hdf5_read_all(scope, bytes.data, bytes.size);
        assert_string_equal(dsc_scope_message(scope), "");
        assert_int_equal(reading.objects, 1 + 5 + many); /* the root twice: a circle leads back to it */
        assert_true(reading.attributes >= 2 * many);
        assert_int_equal(reading.values, 60);
        for (unsigned k = 0; k < many; k++) {
            const char *name = dsc_scope_format(scope, "number %u", k);
            assert_non_null(dsci_h5_find(reading.file, NULL, dsc_scope_format(scope, "many/%s", name)));
            assert_string_equal(dsci_h5_text(reading.file, dsci_h5_find(reading.file, NULL, "/texts/"), name),
                                name);
        }
        dsc_scope_close(&scope);
    }
}

static void links_out_of_the_file_lead_nowhere(void **state)
{
    for (int young = 0; young < 2; young++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_bytes bytes = read_sample(scope, *state, young, 20);
        dsci_h5_file *file = dsci_h5_open(scope, "x.h5", bytes);
        assert_non_null(dsci_h5_find(file, NULL, "many/circle/many/circle/whole"));
        assert_null(dsci_h5_find(file, NULL, "many/soft"));
        assert_null(dsci_h5_find(file, NULL, "many/external"));
        assert_null(dsci_h5_find(file, NULL, "many/number 1/none"));
        assert_null(dsci_h5_find(file, NULL, "man"));
        assert_string_equal(dsc_scope_message(scope), "");
        dsc_scope_close(&scope);
    }
}

static hid_t half_type(void)
{
    const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_ebias(half, 15);
    H5Tset_size(half, 2);
    return half;
}

static void numbers_of_every_type_and_form_come_back(void **state)
{
    const hid_t half = half_type();
    const hid_t types[] = { H5T_IEEE_F64LE, H5T_IEEE_F64BE, H5T_IEEE_F32LE, H5T_IEEE_F32BE, half,
                            H5T_STD_I8LE,   H5T_STD_U8LE,   H5T_STD_I16BE,  H5T_STD_U16LE,  H5T_STD_I32LE,
                            H5T_STD_I32BE,  H5T_STD_U32LE,  H5T_STD_I64LE,  H5T_STD_U64BE };
    for (size_t i = 0; i < 2 * sizeof types / sizeof types[0]; i++) {
        const char *path = directory_path(*state, "numbers.h5");
        const hid_t out = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        hdf5_put_numbers(out, "x", types[i / 2], i % 2);
        H5Fclose(out);
        dsc_scope *scope = dsc_scope_open(NULL);
        dsci_h5_file *file = dsci_h5_open(scope, path, dsc_file_read(scope, path, 1 << 20));
        size_t rank, shape[DSC_RECORD_MAX_AXES];
        const dsci_h5_object *x = dsci_h5_dataset(file, NULL, "x", 100, &rank, shape);
        assert_non_null(x);
        assert_true(rank == 2 && shape[0] == 6 && shape[1] == 5);
        double wide[30];
        float narrow[30];
        int32_t whole[30];
        uint64_t bits[30];
        assert_true(dsci_h5_read(file, x, "x", DSCI_H5_F64, wide) &&
                    dsci_h5_read(file, x, "x", DSCI_H5_F32, narrow) &&
                    dsci_h5_read(file, x, "x", DSCI_H5_I32, whole));
        if (i / 2 > 4)
            assert_true(dsci_h5_read(file, x, "x", DSCI_H5_U64, bits));
        for (int k = 0; k < 30; k++)
            assert_true(wide[k] == k && narrow[k] == (float)k && whole[k] == k &&
                        (i / 2 <= 4 || bits[k] == (uint64_t)k));
        assert_null(dsci_h5_dataset(file, NULL, "x", 29, &rank, shape));
        dsc_scope_close(&scope);
    }
    H5Tclose(half);
}

/* Least, subnormal and largest numbers of 16 bits, and what is none. */
static void half_precision_has_all_its_values(void **state)
{
    static const double values[] = {
        0, -2, 65504, 0x1p-24, 0x3ffp-24, 0x1p-14, 1.0009765625, -0.333251953125
    };
    static const hsize_t length = 9;
    const char *path = directory_path(*state, "half.h5");
    const hid_t out = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), half = half_type();
    const hid_t space = H5Screate_simple(1, &length, NULL);
    const hid_t dataset = H5Dcreate2(out, "x", half, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    double written[9] = { [8] = INFINITY }, read[9];
    memcpy(written, values, sizeof values);
    H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, written);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Tclose(half);
    H5Fclose(out);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_h5_file *file = dsci_h5_open(scope, path, dsc_file_read(scope, path, 1 << 20));
    assert_true(dsci_h5_read(file, dsci_h5_find(file, NULL, "x"), "x", DSCI_H5_F64, read));
    assert_memory_equal(read, written, sizeof read);
    dsc_scope_close(&scope);
}

static void what_was_never_written_is_the_fill_value(void **state)
{
    static const hsize_t shape[] = { 5, 3 }, chunk[] = { 2, 2 };
    const char *path = directory_path(*state, "fill.h5");
    const double fill = -1.5;
    const hid_t out = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(2, shape, NULL);
    for (int chunked = 0; chunked < 2; chunked++) {
        const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &fill);
        if (chunked)
            H5Pset_chunk(creation, 2, chunk);
        H5Dclose(H5Dcreate2(out, chunked ? "chunks" : "whole", H5T_IEEE_F32BE, space, H5P_DEFAULT, creation,
                            H5P_DEFAULT));
        H5Pclose(creation);
    }
    H5Sclose(space);
    H5Fclose(out);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_h5_file *file = dsci_h5_open(scope, path, dsc_file_read(scope, path, 1 << 20));
    double values[15];
    for (int chunked = 0; chunked < 2; chunked++) {
        const char *name = chunked ? "chunks" : "whole";
        assert_true(dsci_h5_read(file, dsci_h5_find(file, NULL, name), name, DSCI_H5_F64, values));
        for (size_t i = 0; i < 15; i++)
            assert_true(values[i] == fill);
    }
    dsc_scope_close(&scope);
}

/* --- What is false --- */

static size_t place_of(const dsc_bytes *bytes, const char *signature)
{
    const unsigned char *found = memmem(bytes->data, bytes->size, signature, 4);
    assert_non_null(found);
    return (size_t)(found - bytes->data);
}

/* Writes a number into a part of a copy of the file, puts the checksums right, and reads all. */
static void expect_damaged(const dsc_bytes *bytes, const checksums *parts, const char *signature,
                           size_t offset, size_t width, uint64_t value)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    unsigned char *copy = dsc_scope_alloc(scope, bytes->size, 1);
    memcpy(copy, bytes->data, bytes->size);
    for (size_t i = 0; i < width; i++)
        copy[place_of(bytes, signature) + offset + i] = (unsigned char)(value >> 8 * i);
    checksums_repair(parts, copy, bytes->size);
    hdf5_read_all(scope, copy, bytes->size);
    if (dsc_scope_status(scope) != DSC_ERROR_FORMAT || !strstr(dsc_scope_message(scope), "is damaged: "))
        fail_msg("%s + %zu = %llx: '%s'", signature, offset, (unsigned long long)value,
                 dsc_scope_message(scope));
    dsc_scope_close(&scope);
}

#define FAR (UINT64_C(1) << 61)

static const struct falsehood {
    const char *signature;
    size_t offset, width;
    uint64_t values[3];
} of_young[] = {
    { "BTHD", 5, 1, { 77, 6, 255 } },              /* kind of tree */
    { "BTHD", 6, 4, { 0, 9, 12 } },                /* bytes of a node */
    { "BTHD", 10, 2, { 0, 1, 0xffff } },           /* bytes of a record */
    { "BTHD", 12, 2, { 1, 0xff, 0xffff } },        /* depth */
    { "BTHD", 16, 8, { 0, FAR, UINT64_MAX - 1 } }, /* root */
    { "BTHD", 24, 2, { 0xffff, 0x7fff, 0xfff } },  /* records in the root */
    { "BTLF", 5, 1, { 1, 7, 255 } },               /* kind of tree */
    { "FRHP", 5, 2, { 0, 99, 0xffff } },           /* bytes of an identifier */
    { "FRHP", 7, 2, { 1, 8, 0xffff } },            /* bytes about filters */
    { "FRHP", 110, 2, { 0, 3, 0xffff } },          /* blocks in a row */
    { "FRHP", 112, 8, { 0, 3, FAR } },             /* bytes of the first block */
    { "FRHP", 120, 8, { 0, 100, FAR << 2 } },      /* bytes of the largest block */
    { "FRHP", 128, 2, { 0, 1, 0xffff } },          /* bits of an offset */
    { "FRHP", 132, 8, { 0, FAR, UINT64_MAX } },    /* root */
    { "FRHP", 140, 2, { 7, 60, 0xffff } },         /* rows of a root that is a block */
    { "OHDR", 4, 1, { 0, 3, 255 } }, /* version */
}, of_old[] = {
    { "TREE", 4, 1, { 2, 1, 255 } },                    /* kind of tree */
    { "TREE", 5, 1, { 1, 16, 255 } },                   /* level: what lies below is no tree */
    { "TREE", 6, 2, { 2000, 0x7fff, 0xffff } },         /* children */
    { "TREE", 32, 8, { 0, FAR, UINT64_MAX - 3 } },      /* the first of them */
    { "SNOD", 6, 2, { 0x2000, 0x7fff, 0xffff } },       /* links */
    { "SNOD", 8, 8, { 1 << 20, FAR, UINT64_MAX } },     /* name */
    { "SNOD", 16, 8, { 1, FAR, UINT64_MAX - 1 } },      /* object */
    { "HEAP", 8, 8, { FAR, 1, UINT64_MAX } },           /* bytes of names */
    { "HEAP", 24, 8, { FAR, UINT64_MAX, UINT64_MAX } }, /* where they are */
    { "GCOL", 8, 8, { 0, 15, FAR } },                   /* bytes of texts */
    { "GCOL", 16, 2, { 900, 0x7fff, 0xffff } },         /* number of the first */
    { "GCOL", 24, 8, { 1 << 16, FAR, UINT64_MAX } },    /* its bytes */
    { "GCOL", 24, 8, { 0, 1, 2 } },
};

static void expect_all_damaged(void **state, bool young, const struct falsehood *falsehoods, size_t count)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes bytes = read_sample(scope, *state, young, 12);
    checksums parts;
    checksums_find(&parts, bytes.data, bytes.size);
    assert_true(!young || parts.count > 20);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < 3; k++)
            if (falsehoods[i].values[k] !=
                dsci_h5_number(bytes.data + place_of(&bytes, falsehoods[i].signature) + falsehoods[i].offset,
                               falsehoods[i].width))
                expect_damaged(&bytes, &parts, falsehoods[i].signature, falsehoods[i].offset,
                               falsehoods[i].width, falsehoods[i].values[k]);
    dsc_scope_close(&scope);
}

static void false_trees_and_heaps_are_damage(void **state)
{
    expect_all_damaged(state, true, of_young, sizeof of_young / sizeof of_young[0]);
}

static void false_groups_of_the_first_form_are_damage(void **state)
{
    expect_all_damaged(state, false, of_old, sizeof of_old / sizeof of_old[0]);
}

/* A part of a header that says it goes on where it is itself. */
static void headers_that_go_on_in_a_circle_are_damage(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes bytes = read_sample(scope, *state, true, 6);
    checksums parts;
    checksums_find(&parts, bytes.data, bytes.size);
    const size_t at = place_of(&bytes, "OCHK");
    size_t length = 0;
    for (size_t i = 0; i < parts.count; i++)
        length = parts.parts[i].at == at ? parts.parts[i].size + 4 : length;
    assert_true(length > 32);
    unsigned char *message = bytes.data + at + 4; /* type, size, flags, (order,) address, length */
    message[0] = 0x10;
    message[1] = 16;
    message[2] = message[3] = 0;
    for (size_t i = 0; i < 8; i++) {
        message[4 + i] = (unsigned char)(at >> 8 * i);
        message[12 + i] = (unsigned char)(length >> 8 * i);
    }
    message[20] = 0; /* and nothing more */
    message[21] = (unsigned char)(length - 8 - 24);
    message[22] = message[23] = 0;
    checksums_repair(&parts, bytes.data, bytes.size);
    hdf5_read_all(scope, bytes.data, bytes.size);
    assert_non_null(strstr(dsc_scope_message(scope), "linked in a circle"));
    dsc_scope_close(&scope);
}

/* Shapes and chunks of so many values that they cannot be in the file: no memory is asked for. */
static void impossible_sizes_take_no_memory(void **state)
{
    static const uint64_t lengths[] = { 1 << 20, 1 << 30, UINT64_C(1) << 40, UINT64_C(1) << 62, UINT64_MAX };
    static const unsigned char shape[] = { 6, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0 },
                               chunk[] = { 4, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0 };
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    for (size_t i = 0; i < 2 * sizeof lengths / sizeof lengths[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_bytes bytes = read_sample(scope, *state, true, 1);
        checksums parts;
        checksums_find(&parts, bytes.data, bytes.size);
        for (unsigned char *at = bytes.data; at < bytes.data + bytes.size - sizeof shape; at++)
            if (i % 2 ? memcmp(at, shape, sizeof shape) == 0 : memcmp(at, chunk, sizeof chunk) == 0)
                for (size_t k = 0; k < (i % 2 ? 8 : 4); k++)
                    at[k] = (unsigned char)(lengths[i / 2] >> 8 * k);
        checksums_repair(&parts, bytes.data, bytes.size);
        const struct hdf5_reading reading = hdf5_read_all(scope, bytes.data, bytes.size);
        assert_true(reading.values <= (i % 2 ? 0 : 30));
        dsc_scope_close(&scope);
    }
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 64 * 1024L);
}

/* Every byte of every part, and of the old form every byte at all, in turn. */
static void any_byte_may_be_false(void **state)
{
    static const unsigned char changes[] = { 0x01, 0x80, 0xff, 0x10 };
    for (int young = 0; young < 2; young++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_bytes bytes = read_sample(scope, *state, young, 9);
        checksums parts;
        checksums_find(&parts, bytes.data, bytes.size);
        size_t refused = 0;
        for (size_t i = 0; i < bytes.size; i++) {
            const unsigned char kept = bytes.data[i];
            if (kept == 0 && i % 4 != 0)
                continue; /* much of a file is empty */
            dsc_scope *own = dsc_scope_open(NULL);
            bytes.data[i] ^= changes[i % sizeof changes];
            checksums_repair(&parts, bytes.data, bytes.size);
            hdf5_read_all(own, bytes.data, bytes.size);
            refused += dsc_scope_status(own) == DSC_ERROR_FORMAT;
            assert_true(dsc_scope_status(own) == DSC_OK || dsc_scope_status(own) == DSC_ERROR_FORMAT);
            bytes.data[i] = kept;
            dsc_scope_close(&own);
        }
        assert_true(refused > 100);
        dsc_scope_close(&scope);
    }
}

/* A checksum that is wrong is found, wherever it is. */
static void wrong_checksums_are_damage(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes bytes = read_sample(scope, *state, true, 12);
    checksums parts;
    checksums_find(&parts, bytes.data, bytes.size);
    for (size_t i = 0; i < parts.count; i++) {
        dsc_scope *own = dsc_scope_open(NULL);
        bytes.data[parts.parts[i].place] ^= 1;
        hdf5_read_all(own, bytes.data, bytes.size);
        assert_int_equal(dsc_scope_status(own), DSC_ERROR_FORMAT);
        bytes.data[parts.parts[i].place] ^= 1;
        dsc_scope_close(&own);
    }
    dsc_scope_close(&scope);
}

int main(void)
{
#define in_directory(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        in_directory(files_of_all_ages_and_sizes_are_read_whole),
        in_directory(links_out_of_the_file_lead_nowhere),
        in_directory(numbers_of_every_type_and_form_come_back),
        in_directory(half_precision_has_all_its_values),
        in_directory(what_was_never_written_is_the_fill_value),
        in_directory(false_trees_and_heaps_are_damage),
        in_directory(false_groups_of_the_first_form_are_damage),
        in_directory(headers_that_go_on_in_a_circle_are_damage),
        in_directory(impossible_sizes_take_no_memory),
        in_directory(any_byte_may_be_false),
        in_directory(wrong_checksums_are_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
