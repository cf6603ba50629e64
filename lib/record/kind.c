/* kind.c - which of our files, or whose, an HDF5 file is, and what lies in it. */
#include "record/kind.h"

#include <string.h>

#include "base/file.h"

enum { ARRAYS_MOST = 1000 };
static const size_t FILE_BYTES_MAX = (size_t)4 << 30;

static const struct {
    const char *name, *reader;
} kinds[] = {
    [DSC_FILE_OTHER] = { "an HDF5 file of another program, or damaged", "" },
    [DSC_FILE_RESULTS] = { "a results file", "`descent show` tells what it holds" },
    [DSC_FILE_MODEL] = { "a model",
                         "`descent show` describes it, dsc_model_load() and dsc_model_read_weights() read it" },
    [DSC_FILE_CHECKPOINT] = { "a checkpoint of a training",
                              "the program that wrote it goes on from it, by dsc_fit()" },
    [DSC_FILE_DATA] = { "data of `descent data export`",
                        "`descent show` lists its arrays, h5py and xarray read them" },
    [DSC_FILE_VECTORS] = { "word vectors", "`descent embed` reads them" },
    [DSC_FILE_KERAS] = { "a file of Keras", "dsc_model_read_keras_weights() reads its weights into a model" },
};

const char *dsc_file_kind_name(dsc_file_kind kind)
{
    return kinds[kind].name;
}

const char *dsc_file_kind_reader(dsc_file_kind kind)
{
    return kinds[kind].reader;
}

static const dsci_h5_attribute *find_attribute(dsci_h5_file *file, const char *name)
{
    const dsci_h5_object *root = dsci_h5_find(file, NULL, "");
    return root ? dsci_h5_attribute_find(root, name) : NULL;
}

static bool has_attribute(dsci_h5_file *file, const char *name)
{
    return find_attribute(file, name) != NULL;
}

static bool has(dsci_h5_file *file, const char *name)
{
    return dsci_h5_find(file, NULL, name) != NULL;
}

/* What the attribute `format` of models, checkpoints and data says. */
static dsc_file_kind kind_by_format(dsci_h5_file *file)
{
    static const struct {
        const char *begin;
        dsc_file_kind kind;
    } formats[] = { { "descent model ", DSC_FILE_MODEL },
                    { "descent checkpoint ", DSC_FILE_CHECKPOINT },
                    { "descent data ", DSC_FILE_DATA },
                    { "descent vectors ", DSC_FILE_VECTORS } };
    size_t count = 0;
    const dsci_h5_attribute *attribute = find_attribute(file, "format");
    const char **texts = attribute ? dsci_h5_texts(file, attribute, &count) : NULL;
    const char *format = count == 1 ? texts[0] : NULL;
    dsc_file_kind kind = DSC_FILE_OTHER;
    for (size_t i = 0; format && i < sizeof formats / sizeof formats[0]; i++)
        if (strncmp(format, formats[i].begin, strlen(formats[i].begin)) == 0)
            kind = formats[i].kind;
    return kind;
}

static dsc_file_kind kind_of(dsci_h5_file *file)
{
    const dsc_file_kind kind = kind_by_format(file);
    if (kind != DSC_FILE_OTHER)
        return kind;
    if (has_attribute(file, "schema_version") && has_attribute(file, "experiment"))
        return DSC_FILE_RESULTS;
    if (has_attribute(file, "layer_names") || has_attribute(file, "keras_version") ||
        has(file, "model_weights") || has(file, "_layer_checkpoint_dependencies") ||
        (has(file, "layers") && has(file, "vars")))
        return DSC_FILE_KERAS;
    return DSC_FILE_OTHER;
}

void dsci_kind_expect(dsc_scope *scope, const char *path, dsci_h5_file *file, dsc_file_kind expected)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    const dsc_file_kind kind = kind_of(file);
    const bool might_be =
        kind == DSC_FILE_OTHER && expected == DSC_FILE_KERAS; /* its marks have changed often */
    if (kind != expected && !might_be)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s' is %s, not %s%s%s", path, kinds[kind].name,
                       kinds[expected].name, *kinds[kind].reader ? ": " : "", kinds[kind].reader);
}

/* ---- what lies in a file ---- */

struct listing {
    dsc_scope *scope;
    dsc_array *arrays;
    size_t count;
};

/* What is no array that can be read is passed over. */
static void list_object(void *user, const char *path, const dsci_h5_object *object)
{
    struct listing *listing = user;
    if (listing->count == ARRAYS_MOST)
        return;
    dsc_array *array = &listing->arrays[listing->count];
    if (dsci_h5_shape(object, DSC_RECORD_MAX_VALUES, &array->rank, array->shape)) {
        array->name = dsc_scope_copy(listing->scope, path);
        listing->count++;
    }
}

static dsci_h5_file *open_file(dsc_scope *scope, const char *path)
{
    const dsc_bytes bytes = dsci_file_read_regular(scope, path, FILE_BYTES_MAX);
    return bytes.data ? dsci_h5_open(scope, path, bytes) : NULL;
}

dsc_file_kind dsc_file_kind_of(dsc_scope *scope, const char *path)
{
    dsc_scope *own = dsc_scope_open(NULL);
    dsci_h5_file *file = dsc_scope_status(scope) == DSC_OK ? open_file(own, path) : NULL;
    const dsc_file_kind kind = file ? kind_of(file) : DSC_FILE_OTHER;
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
    return kind;
}

const dsc_array *dsc_arrays_list(dsc_scope *scope, const char *path, size_t *count)
{
    *count = 0;
    struct listing listing = { .scope = scope,
                               .arrays = dsc_scope_alloc(scope, ARRAYS_MOST, sizeof *listing.arrays) };
    if (!listing.arrays)
        return NULL;
    dsc_scope *own = dsc_scope_open(NULL);
    dsci_h5_file *file = open_file(own, path);
    if (file)
        dsci_h5_visit(file, list_object, &listing);
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
    *count = listing.count;
    return dsc_scope_status(scope) == DSC_OK ? listing.arrays : NULL;
}
