/* vector_hdf5.c - vectors in an HDF5 file. */
#include <limits.h>
#include <string.h>

#include "embed/vector_file.h"
#include "record/hdf5.h"
#include "record/hdf5_file.h"
#include "record/kind.h"

static const char format[] = "descent vectors 1";
static const size_t MOST_VALUES = SIZE_MAX / 16;

static void put(dsc_scope *scope, hid_t file, const struct dsci_hdf5_array *array, const hid_t *scales)
{
    const hid_t dataset = dsci_hdf5_put_array(scope, file, array);
    for (size_t i = 0; i < array->rank; i++)
        dsci_hdf5_attach(scope, dataset, array->name, scales[i], i);
    H5Dclose(dataset);
}

/* Words are stored in the length of the longest, so that the dataset's checksums cover their bytes. */
static void put_words(dsc_scope *scope, hid_t file, const dsc_word_vectors *vectors, const hid_t *scales)
{
    size_t bytes = 0;
    for (size_t i = 0; i < vectors->count; i++) {
        const size_t length = strlen(vectors->words[i]) + 1;
        bytes = length > bytes ? length : bytes;
    }
    char *words = dsc_scope_alloc(scope, vectors->count, bytes);
    for (size_t i = 0; words && i < vectors->count; i++)
        memcpy(words + i * bytes, vectors->words[i], strlen(vectors->words[i]));
    const hid_t type = dsci_hdf5_text_type(bytes);
    if (words)
        put(scope, file,
            &(struct dsci_hdf5_array){ .name = "words",
                                       .long_name = "words by row",
                                       .file_type = type,
                                       .memory_type = type,
                                       .rank = 1,
                                       .shape = &vectors->count,
                                       .data = words },
            scales);
    H5Tclose(type);
}

static void put_losses(dsc_scope *scope, hid_t file, const dsc_word_vectors_notes *notes)
{
    const hid_t scale = dsci_hdf5_put_places(scope, file, "pass", notes->passes);
    put(scope, file,
        &(struct dsci_hdf5_array){ .name = "losses",
                                   .units = "1",
                                   .long_name = notes->objective ? notes->objective : "loss",
                                   .file_type = H5T_IEEE_F64LE,
                                   .memory_type = H5T_NATIVE_DOUBLE,
                                   .rank = 1,
                                   .shape = &notes->passes,
                                   .data = notes->losses },
        &scale);
    H5Dclose(scale);
}

static dsc_bytes image_of(dsc_scope *scope, const dsc_word_vectors *vectors,
                          const dsc_word_vectors_notes *notes)
{
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    const hid_t file = dsci_hdf5_create(scope);
    const size_t shape[] = { vectors->count, vectors->dimension };
    dsci_hdf5_put_text(scope, file, "format", format);
    dsci_hdf5_put_text(scope, file, "readme",
                       "row i of `vectors` belongs to words[i]; `counts`: how often it is in the text");
    if (notes && notes->recipe)
        dsci_hdf5_put_text(scope, file, "recipe", notes->recipe);
    const hid_t scales[] = { dsci_hdf5_put_places(scope, file, "word", shape[0]),
                             dsci_hdf5_put_places(scope, file, "component", shape[1]) };
    put(scope, file,
        &(struct dsci_hdf5_array){ .name = "vectors",
                                   .units = "1",
                                   .long_name = "vectors of words",
                                   .file_type = H5T_IEEE_F32LE,
                                   .memory_type = H5T_NATIVE_FLOAT,
                                   .rank = 2,
                                   .shape = shape,
                                   .data = vectors->vectors,
                                   .uncompressed = true },
        scales);
    put_words(scope, file, vectors, scales);
    if (vectors->counts)
        put(scope, file,
            &(struct dsci_hdf5_array){ .name = "counts",
                                       .units = "1",
                                       .long_name = "how often each word is in the text",
                                       .file_type = H5T_STD_U64LE,
                                       .memory_type = H5T_NATIVE_UINT64,
                                       .rank = 1,
                                       .shape = shape,
                                       .data = vectors->counts },
            scales);
    if (notes && notes->passes)
        put_losses(scope, file, notes);
    H5Dclose(scales[0]);
    H5Dclose(scales[1]);
    const dsc_bytes image = dsci_hdf5_finish(scope, file);
    dsci_hdf5_leave(before);
    return image;
}

dsc_status dsc_word_vectors_write_hdf5(dsc_scope *scope, const dsc_word_vectors *vectors, const char *path,
                                       const dsc_word_vectors_notes *notes)
{
    if (!vectors || dsc_scope_status(scope) != DSC_OK || dsci_word_vectors_check(scope, vectors) != DSC_OK)
        return dsc_scope_status(scope);
    dsc_scope *own = dsc_scope_open_within(scope, 0);
    const dsc_bytes image = image_of(own, vectors, notes);
    if (image.data && dsc_scope_status(own) == DSC_OK)
        dsc_file_replace(own, path, image.data, image.size);
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
    return dsc_scope_status(scope);
}

/* ---- reading ---- */

struct reader {
    dsc_scope *scope; /* of what is kept */
    dsc_scope *own;   /* of the rest, and of errors */
    const char *path;
    dsci_h5_file *file;
};

/* A dataset of one value a row; NULL, and an error, unless it is one of that class. */
static const dsci_h5_object *find_column(struct reader *r, const char *name, dsci_h5_class class, size_t rows,
                                         size_t *bytes)
{
    size_t rank = 0, shape[DSC_RECORD_MAX_AXES];
    const dsci_h5_object *column = dsci_h5_dataset(r->file, NULL, name, MOST_VALUES, &rank, shape);
    if (!column)
        return NULL;
    if (rank == 1 && shape[0] == rows && dsci_h5_class_of(column, bytes) == class && *bytes > 0)
        return column;
    dsc_scope_fail(r->own, DSC_ERROR_FORMAT, "'%s': dataset '%s' is expected to have %zu %s", r->path, name,
                   rows, class == DSCI_H5_TEXT ? "words of a fixed length" : "integers");
    return NULL;
}

/* Words from a table of a fixed number of bytes each, filled up with zeros. */
static const char **read_words(struct reader *r, size_t rows)
{
    size_t bytes = 0;
    const dsci_h5_object *column = find_column(r, "words", DSCI_H5_TEXT, rows, &bytes);
    char *table = column ? dsc_scope_alloc(r->own, rows, bytes) : NULL;
    const char **words = table ? dsc_scope_alloc(r->scope, rows, sizeof *words) : NULL;
    if (!words || !dsci_h5_read(r->file, column, "words", DSCI_H5_AS_STORED, table))
        return NULL;
    for (size_t i = 0; i < rows; i++)
        words[i] =
            dsc_scope_format(r->scope, "%.*s", (int)(bytes < INT_MAX ? bytes : INT_MAX), table + i * bytes);
    return words;
}

static const uint64_t *read_counts(struct reader *r, size_t rows)
{
    size_t bytes = 0;
    const dsci_h5_object *column = find_column(r, "counts", DSCI_H5_INTEGER, rows, &bytes);
    uint64_t *counts = column ? dsc_scope_alloc(r->scope, rows, sizeof *counts) : NULL;
    return counts && dsci_h5_read(r->file, column, "counts", DSCI_H5_U64, counts) ? counts : NULL;
}

static dsc_word_vectors *read_all(struct reader *r)
{
    size_t rank = 0, shape[DSC_RECORD_MAX_AXES], bytes = 0;
    const dsci_h5_object *table = dsci_h5_dataset(r->file, NULL, "vectors", MOST_VALUES, &rank, shape);
    if (!table)
        return NULL;
    if (rank != 2 || dsci_h5_class_of(table, &bytes) != DSCI_H5_REAL) {
        dsc_scope_fail(r->own, DSC_ERROR_FORMAT, "'%s': dataset 'vectors' is expected to have rows of reals",
                       r->path);
        return NULL;
    }
    float *values = dsc_scope_alloc(r->scope, shape[0], shape[1] * sizeof *values);
    const char **words = values ? read_words(r, shape[0]) : NULL;
    dsc_word_vectors *vectors = words ? dsc_scope_alloc(r->scope, 1, sizeof *vectors) : NULL;
    if (!vectors || !dsci_h5_read(r->file, table, "vectors", DSCI_H5_F32, values))
        return NULL;
    *vectors =
        (dsc_word_vectors){ .count = shape[0], .dimension = shape[1], .words = words, .vectors = values };
    if (dsci_h5_find(r->file, NULL, "counts"))
        vectors->counts = read_counts(r, shape[0]);
    return dsc_scope_status(r->scope) == DSC_OK ? vectors : NULL;
}

const dsc_word_vectors *dsci_vectors_from_hdf5(dsc_scope *scope, const char *path, dsc_bytes bytes,
                                               size_t limit)
{
    dsc_scope *own = dsc_scope_open_within(scope, 0);
    struct reader reader = { .scope = scope, .own = own, .path = path };
    reader.file = dsci_h5_open(own, path, bytes);
    dsci_kind_expect(own, path, reader.file, DSC_FILE_VECTORS);
    dsc_word_vectors *vectors = dsc_scope_status(own) == DSC_OK ? read_all(&reader) : NULL;
    if (vectors && limit && limit < vectors->count)
        vectors->count = limit;
    if (vectors && dsc_scope_status(own) == DSC_OK && dsci_word_vectors_check(own, vectors) != DSC_OK)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s': %s", path, dsc_scope_message(own));
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
    return dsc_scope_status(scope) == DSC_OK ? vectors : NULL;
}
