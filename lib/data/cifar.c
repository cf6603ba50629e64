/* cifar.c - CIFAR-10 in its binary layout (Krizhevsky 2009). */
#include <descent/file.h>
#include <descent/known_data.h>

#include "base/content.h"
#include "data/dataset.h"

enum {
    CLASSES = 10,
    SIDE = 32,
    PIXELS = SIDE * SIDE,
    CHANNELS = 3,
    FEATURES = PIXELS * CHANNELS,
    RECORD_BYTES = 1 + FEATURES,
    LIMIT_BYTES = 1 << 30, /* of one file, decompressed: more than thirty times a published one */
    BATCHES = 5
};

static void unpack(const unsigned char *record, uint8_t *pixels, int32_t *label)
{
    *label = record[0];
    for (size_t c = 0; c < CHANNELS; c++)
        for (size_t i = 0; i < PIXELS; i++)
            pixels[i * CHANNELS + c] = record[1 + c * PIXELS + i];
}

/* True if the file is whole records with labels in range. */
static bool check(dsc_scope *work, const char *path, dsc_bytes bytes)
{
    if (!bytes.data)
        return false;
    if (bytes.size == 0 || bytes.size % RECORD_BYTES != 0) {
        const char *guess = dsci_content_guess(work, bytes);
        dsc_scope_fail(
            work, DSC_ERROR_FORMAT,
            "%s: expected CIFAR-10 records of %d bytes, found %s: get the binary version%s", path,
            (int)RECORD_BYTES,
            guess ? guess : dsc_scope_format(work, "%zu bytes, which is no whole number of them", bytes.size),
            bytes.size && bytes.size % (RECORD_BYTES + 1) == 0 ? " of CIFAR-10; these may be CIFAR-100's"
                                                               : " again");
        return false;
    }
    for (size_t i = 0; i < bytes.size / RECORD_BYTES; i++)
        if (bytes.data[i * RECORD_BYTES] >= CLASSES) {
            dsc_scope_fail(work, DSC_ERROR_FORMAT, "%s: the label of record %zu is %u; expected 0 to %d",
                           path, i, bytes.data[i * RECORD_BYTES], CLASSES - 1);
            return false;
        }
    return true;
}

/* The records of some files, one after the other. */
static dsc_dataset read_files(dsc_scope *scope, const char *const *paths, size_t files)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_dataset){ 0 };
    dsc_scope *work = dsc_scope_open(NULL);
    dsc_bytes bytes[BATCHES] = { 0 };
    size_t count = 0;
    for (size_t f = 0; f < files; f++) {
        bytes[f] = dsc_file_read(work, paths[f], LIMIT_BYTES);
        count += check(work, paths[f], bytes[f]) ? bytes[f].size / RECORD_BYTES : 0;
    }
    dsc_scope_adopt_error(scope, work);
    dsc_dataset data = { .name = dsc_scope_copy(scope, paths[0]),
                         .count = count,
                         .features = FEATURES,
                         .classes = CLASSES,
                         .height = SIDE,
                         .width = SIDE,
                         .channels = CHANNELS,
                         .levels = dsci_byte_levels(scope),
                         .level_groups = 1,
                         .class_names = dsc_known_data_find("cifar-10")->class_names };
    uint8_t *pixels = dsc_scope_alloc(scope, count, FEATURES);
    data.bytes = pixels;
    data.labels = dsc_scope_alloc(scope, count, sizeof *data.labels);
    size_t example = 0;
    for (size_t f = 0; data.labels && f < files; f++)
        for (size_t i = 0; i < bytes[f].size / RECORD_BYTES; i++, example++)
            unpack(bytes[f].data + i * RECORD_BYTES, pixels + example * FEATURES, &data.labels[example]);
    dsc_scope_close(&work);
    return dsc_scope_status(scope) == DSC_OK ? data : (dsc_dataset){ 0 };
}

dsc_dataset dsc_cifar10_file(dsc_scope *scope, const char *path)
{
    return read_files(scope, &path, 1);
}

/* The part of a data set from its example first on. */
static dsc_dataset part(const dsc_dataset *data, size_t first, size_t count)
{
    dsc_dataset view = *data;
    view.count = count;
    view.bytes += first * data->features;
    view.labels += first;
    return view;
}

/* Four fifths of a file to train, in its order, the rest to test. */
static dsc_split split_file(dsc_scope *scope, const char *path)
{
    const dsc_dataset all = dsc_cifar10_file(scope, path);
    const size_t train = all.count - all.count / 5;
    if (!all.bytes)
        return (dsc_split){ 0 };
    return (dsc_split){ part(&all, 0, train), part(&all, train, all.count - train) };
}

static bool holds(dsc_scope *scope, const char *directory, const char *name)
{
    const char *path = dsc_path_join(scope, directory, name);
    const char *packed = path ? dsc_scope_format(scope, "%s.gz", path) : NULL;
    return packed && (dsc_file_exists(path) || dsc_file_exists(packed));
}

dsc_split dsc_cifar10_directory(dsc_scope *scope, const char *directory)
{
    if (!holds(scope, directory, "data_batch_1.bin") && holds(scope, directory, "data_batch_1_first4000.bin"))
        return split_file(scope, dsc_data_file(scope, directory, "data_batch_1_first4000.bin.gz"));
    const char *paths[BATCHES];
    for (size_t i = 0; i < BATCHES; i++) {
        const char *name = dsc_scope_format(scope, "data_batch_%zu.bin.gz", i + 1);
        if (!name || !(paths[i] = dsc_data_file(scope, directory, name)))
            return (dsc_split){ 0 };
    }
    const char *test = dsc_data_file(scope, directory, "test_batch.bin.gz");
    const dsc_split split = { read_files(scope, paths, BATCHES),
                              test ? dsc_cifar10_file(scope, test) : (dsc_dataset){ 0 } };
    return dsc_scope_status(scope) == DSC_OK ? split : (dsc_split){ 0 };
}
