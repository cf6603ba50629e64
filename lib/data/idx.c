/* idx.c - images and labels in Yann LeCun's IDX format. */
#include <string.h>

#include <descent/file.h>
#include <descent/known_data.h>

#include "base/content.h"
#include "data/dataset.h"

enum {
    CLASSES = 10, /* at least */
    DIMENSIONS_MAX = 3,
    LIMIT_BYTES =
        1 << 30 /* decompressed: twenty times MNIST, far below what a forged gzip stream could claim */
};

/* A checked file: its dimensions multiply to the number of bytes behind the header. */
struct idx {
    size_t size[DIMENSIONS_MAX];
    const unsigned char *values;
};

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static struct idx read_idx(dsc_scope *work, const char *path, unsigned dimensions, const char *what)
{
    const struct idx none = { 0 };
    const dsc_bytes bytes = dsc_file_read(work, path, LIMIT_BYTES);
    if (!bytes.data)
        return none;
    const size_t header = 4 + 4 * (size_t)dimensions;
    const uint32_t magic = 0x0800 | dimensions, found = bytes.size >= 4 ? big_endian(bytes.data) : 0;
    if (bytes.size < header || found != magic) {
        dsc_scope_fail(
            work, DSC_ERROR_FORMAT,
            "%s: expected an IDX file of %s, a header of %zu bytes that begins with 0x%08x; found %s", path,
            what, header, magic, dsci_content_text(work, bytes));
        return none;
    }
    struct idx idx = { .values = bytes.data + header };
    uint64_t total = 1;
    for (unsigned d = 0; d < dimensions; d++) {
        idx.size[d] = big_endian(bytes.data + 4 + 4 * (size_t)d);
        total = idx.size[d] && total <= LIMIT_BYTES ? total * idx.size[d] : 0; /* below 2^62 */
    }
    if (total == 0 || total != bytes.size - header) {
        dsc_scope_fail(
            work, DSC_ERROR_FORMAT,
            "%s: the header says %zu x %zu x %zu %s, %zu bytes follow it; the file is truncated, damaged or "
            "has something behind its end: get it again",
            path, idx.size[0], dimensions > 1 ? idx.size[1] : 1, dimensions > 2 ? idx.size[2] : 1, what,
            bytes.size - header);
        return none;
    }
    return idx;
}

static dsc_dataset read_pair(dsc_scope *scope, dsc_scope *work, const char *images_path,
                             const char *labels_path)
{
    const struct idx labels = read_idx(work, labels_path, 1, "labels");
    const struct idx images = labels.values ? read_idx(work, images_path, 3, "images") : labels;
    if (!images.values)
        return (dsc_dataset){ 0 };
    const size_t count = images.size[0], features = images.size[1] * images.size[2];
    if (labels.size[0] != count)
        dsc_scope_fail(work, DSC_ERROR_FORMAT, "%s has %zu labels, %s has %zu images; expected as many",
                       labels_path, labels.size[0], images_path, count);
    size_t classes = CLASSES;
    for (size_t i = 0; i < labels.size[0]; i++)
        classes = labels.values[i] < classes ? classes : labels.values[i] + (size_t)1;
    if (dsc_scope_status(work) != DSC_OK)
        return (dsc_dataset){ 0 };
    dsc_dataset data = { .name = dsc_scope_copy(scope, images_path),
                         .count = count,
                         .features = features,
                         .classes = classes,
                         .height = images.size[1],
                         .width = images.size[2],
                         .channels = 1,
                         .levels = dsci_byte_levels(scope),
                         .level_groups = 1 };
    uint8_t *bytes = dsc_scope_alloc(scope, count, features);
    data.bytes = bytes;
    data.labels = dsc_scope_alloc(scope, count, sizeof *data.labels);
    if (!bytes || !data.levels || !data.labels)
        return (dsc_dataset){ 0 };
    memcpy(bytes, images.values, count * features);
    for (size_t i = 0; i < count; i++)
        data.labels[i] = labels.values[i];
    return data;
}

dsc_dataset dsc_idx_images(dsc_scope *scope, const char *images_path, const char *labels_path)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_dataset){ 0 };
    dsc_scope *work = dsc_scope_open(NULL);
    const dsc_dataset data = read_pair(scope, work, images_path, labels_path);
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return data;
}

dsc_split dsc_idx_directory(dsc_scope *scope, const char *directory)
{
    static const char *const names[] = { "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                         "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz" };
    const char *paths[4];
    for (size_t i = 0; i < 4; i++)
        if (!(paths[i] = dsc_data_file(scope, directory, names[i])))
            return (dsc_split){ 0 };
    dsc_split split = { dsc_idx_images(scope, paths[0], paths[1]),
                        dsc_idx_images(scope, paths[2], paths[3]) };
    if (split.train.height != split.test.height || split.train.width != split.test.width)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "%s: images of %zu x %zu, %s: images of %zu x %zu; expected one size", paths[0],
                       split.train.height, split.train.width, paths[2], split.test.height, split.test.width);
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_split){ 0 };
    const size_t classes =
        split.train.classes > split.test.classes ? split.train.classes : split.test.classes;
    split.train.classes = split.test.classes = classes;
    return split;
}
