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
                         "`descent show` describes it, dsc_model_load() and dsc_model_read() read it" },
    [DSC_FILE_CHECKPOINT] = { "a checkpoint of a training",
                              "the program that wrote it goes on from it, by dsc_fit()" },
    [DSC_FILE_DATA] = { "data of `descent data export`",
                        "`descent show` lists its arrays, h5py and xarray read them" },
    [DSC_FILE_KERAS] = { "a file of Keras", "dsc_model_read_keras() reads its weights into a model" },
};

const char *dsc_file_kind_name(dsc_file_kind kind)
{
    return kinds[kind].name;
}

const char *dsc_file_kind_reader(dsc_file_kind kind)
{
    return kinds[kind].reader;
}

static bool has_attribute(hid_t file, const char *name)
{
    return H5Aexists(file, name) > 0;
}

/* What the attribute `format` of models, checkpoints and data says. */
static dsc_file_kind kind_by_format(const char *path, hid_t file)
{
    static const struct {
        const char *begin;
        dsc_file_kind kind;
    } formats[] = { { "descent model ", DSC_FILE_MODEL },
                    { "descent checkpoint ", DSC_FILE_CHECKPOINT },
                    { "descent data ", DSC_FILE_DATA } };
    dsc_scope *own = dsc_scope_open(NULL);
    const char *format = has_attribute(file, "format") ? dsci_hdf5_text(own, path, file, "format") : NULL;
    dsc_file_kind kind = DSC_FILE_OTHER;
    for (size_t i = 0; format && i < sizeof formats / sizeof formats[0]; i++)
        if (strncmp(format, formats[i].begin, strlen(formats[i].begin)) == 0)
            kind = formats[i].kind;
    dsc_scope_close(&own);
    return kind;
}

static dsc_file_kind kind_of(const char *path, hid_t file)
{
    const dsc_file_kind kind = kind_by_format(path, file);
    if (kind != DSC_FILE_OTHER)
        return kind;
    if (has_attribute(file, "schema_version") && has_attribute(file, "experiment"))
        return DSC_FILE_RESULTS;
    if (has_attribute(file, "layer_names") || has_attribute(file, "keras_version") ||
        dsci_hdf5_has(file, "model_weights") || dsci_hdf5_has(file, "_layer_checkpoint_dependencies") ||
        (dsci_hdf5_has(file, "layers") && dsci_hdf5_has(file, "vars")))
        return DSC_FILE_KERAS;
    return DSC_FILE_OTHER;
}

void dsci_kind_expect(dsc_scope *scope, const char *path, hid_t file, dsc_file_kind expected)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    const dsc_file_kind kind = kind_of(path, file);
    const bool might_be =
        kind == DSC_FILE_OTHER && expected == DSC_FILE_KERAS; /* its marks have changed often */
    if (kind != expected && !might_be)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s' is %s, not %s%s%s", path, kinds[kind].name,
                       kinds[expected].name, *kinds[kind].reader ? ": " : "", kinds[kind].reader);
}

/* ---- what lies in a file ---- */

struct listing {
    dsc_scope *scope;
    const char *path;
    hid_t file;
    size_t bytes, count;
    dsc_array *arrays;
};

/* Hard links alone lead to what lies in the file itself; what is no array of numbers is passed over. */
static herr_t list_link(hid_t group, const char *name, const H5L_info_t *link, void *user)
{
    struct listing *listing = user;
    H5O_info_t object;
    if (link->type != H5L_TYPE_HARD ||
        H5Oget_info_by_name2(group, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) < 0 ||
        object.type != H5O_TYPE_DATASET)
        return 0;
    dsc_scope *own = dsc_scope_open(NULL);
    dsc_array *array = &listing->arrays[listing->count];
    const hid_t dataset = dsci_hdf5_dataset(own, listing->path, listing->file, name, listing->bytes,
                                            &array->rank, array->shape);
    if (dataset >= 0) {
        array->name = dsc_scope_copy(listing->scope, name);
        listing->count++;
        H5Dclose(dataset);
    }
    dsc_scope_close(&own);
    return listing->count == ARRAYS_MOST;
}

/* An HDF5 file that is open, for one look at it. */
struct look {
    dsc_scope *own;
    struct dsci_hdf5 before;
    dsc_bytes bytes;
    hid_t file;
};

static struct look look_begin(dsc_scope *scope, const char *path)
{
    struct look look = { .own = dsc_scope_open(NULL), .file = -1 };
    look.bytes = dsci_file_read_regular(look.own, path, FILE_BYTES_MAX);
    look.before = dsci_hdf5_enter();
    if (look.bytes.data && dsc_scope_status(scope) == DSC_OK)
        look.file = dsci_hdf5_open(look.own, path, look.bytes);
    return look;
}

static void look_end(dsc_scope *scope, struct look *look)
{
    if (look->file >= 0)
        H5Fclose(look->file);
    dsci_hdf5_leave(look->before);
    dsc_scope_adopt_error(scope, look->own);
    dsc_scope_close(&look->own);
}

dsc_file_kind dsc_file_kind_of(dsc_scope *scope, const char *path)
{
    struct look look = look_begin(scope, path);
    const dsc_file_kind kind = look.file >= 0 ? kind_of(path, look.file) : DSC_FILE_OTHER;
    look_end(scope, &look);
    return kind;
}

const dsc_array *dsc_arrays_list(dsc_scope *scope, const char *path, size_t *count)
{
    struct listing listing = { .scope = scope,
                               .path = path,
                               .arrays = dsc_scope_alloc(scope, ARRAYS_MOST, sizeof *listing.arrays) };
    *count = 0;
    if (!listing.arrays)
        return NULL;
    struct look look = look_begin(scope, path);
    listing.file = look.file;
    listing.bytes = look.bytes.size;
    if (look.file >= 0 && H5Lvisit(look.file, H5_INDEX_NAME, H5_ITER_INC, list_link, &listing) < 0)
        dsci_hdf5_fail(scope, DSC_ERROR_FORMAT, "'%s' is damaged: its list of arrays cannot be read", path);
    look_end(scope, &look);
    *count = listing.count;
    return dsc_scope_status(scope) == DSC_OK ? listing.arrays : NULL;
}
