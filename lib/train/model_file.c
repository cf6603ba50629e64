/* model_file.c - saving models, and reading them back. */
#include "train/model_file.h"

#include <string.h>

#include <descent/train.h>

#include "graph/structure.h"

static const char FORMAT[] = "descent model 1";

static size_t element_bytes(const dsc_model *model)
{
    return dsci_type_size(dsci_model_master_type(model));
}

dsci_container_array dsci_slice_array(const dsc_model *model, const char *name, const dsc_slice *slice)
{
    dsci_container_array array = { .name = name,
                                   .type = dsci_model_master_type(model) == DSCI_F64 ? DSCI_ELEMENT_F64
                                                                                     : DSCI_ELEMENT_F32 };
    while (array.rank < DSC_MAX_RANK && slice->shape[array.rank]) {
        array.shape[array.rank] = slice->shape[array.rank];
        array.rank++;
    }
    return array;
}

/* --- Saving --- */

/* The slices of a vector as arrays of a group. Returns how many. */
static size_t add_slices(dsc_scope *scope, const dsc_model *model, const char *group, const dsc_slice *slices,
                         size_t count, const void *vector, dsci_container_array *arrays)
{
    for (size_t i = 0; i < count; i++) {
        arrays[i] =
            dsci_slice_array(model, dsc_scope_format(scope, "%s/%s", group, slices[i].name), &slices[i]);
        arrays[i].data = (const char *)vector + slices[i].offset * element_bytes(model);
    }
    return count;
}

/* The file's own texts, and the notes behind them. */
enum { OWN_TEXTS = 2 };

static const dsc_attribute *gather_texts(dsc_scope *local, const dsc_model *model, const dsc_attribute *notes,
                                         size_t count)
{
    dsc_attribute *texts = dsc_scope_alloc(local, OWN_TEXTS + count, sizeof *texts);
    if (!texts)
        return NULL;
    texts[0] = (dsc_attribute){ "format", FORMAT };
    texts[1] = (dsc_attribute){ "network", dsci_structure_write(local, model) };
    for (size_t i = 0; i < count; i++) {
        texts[OWN_TEXTS + i] = notes[i];
        for (size_t j = 0; j < OWN_TEXTS + i; j++)
            if (strcmp(texts[j].name, notes[i].name) == 0)
                dsc_scope_fail(local, DSC_ERROR_ARGUMENT,
                               "save: expected notes of names of their own, found '%s', which is taken",
                               notes[i].name);
    }
    return texts;
}

static dsc_status save(dsc_scope *local, const dsc_model *model, const char *path, const dsc_attribute *notes,
                       size_t note_count)
{
    const dsc_attribute *texts = gather_texts(local, model, notes, note_count);
    dsci_container_array *arrays =
        dsc_scope_alloc(local, model->slice_count + model->state_count, sizeof *arrays);
    if (!arrays)
        return dsc_scope_status(local);
    size_t count =
        add_slices(local, model, "parameters", model->slices, model->slice_count, model->parameters, arrays);
    count += add_slices(local, model, "state", model->state_slices, model->state_count, model->state,
                        arrays + count);
    return dsci_container_write(local, path, arrays, count, texts, OWN_TEXTS + note_count);
}

dsc_status dsc_model_save(dsc_model *model, const char *path)
{
    return dsc_model_save_with(model, path, NULL, 0);
}

dsc_status dsc_model_save_with(dsc_model *model, const char *path, const dsc_attribute *notes, size_t count)
{
    if (!model)
        return DSC_ERROR_ARGUMENT;
    if (dsc_scope_status(model->scope) != DSC_OK)
        return dsc_scope_status(model->scope);
    if (!path)
        return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT, "save: expected a path, found NULL");
    dsc_scope *local = dsc_scope_open(NULL);
    save(local, model, path, notes, count);
    const dsc_status status = dsc_scope_adopt_error(model->scope, local);
    dsc_scope_close(&local);
    return status;
}

/* --- Reading --- */

/* The shape of an array; that of a scalar, which fits no slice, if it has more dimensions than tensors have.
 */
static dsci_shape shape_of(const dsci_container_array *array)
{
    dsci_shape shape = { .rank = array->rank <= DSC_MAX_RANK ? array->rank : 0 };
    for (size_t i = 0; i < shape.rank; i++)
        shape.dim[i] = array->shape[i];
    return shape;
}

bool dsci_slice_read(const dsci_container *container, const dsc_model *model, const dsc_slice *slice,
                     const char *name, void *vector)
{
    dsc_scope *scope = model->scope;
    const dsci_container_array expected = dsci_slice_array(model, name, slice);
    dsci_container_array found;
    if (!dsci_container_find(container, name, &found))
        return false;
    const dsci_shape wanted = shape_of(&expected), there = shape_of(&found);
    if (wanted.rank != there.rank || memcmp(wanted.dim, there.dim, sizeof wanted.dim) != 0) {
        char texts[2][128];
        dsc_scope_fail(scope, DSC_ERROR_MISMATCH,
                       "the file does not fit the model: '%s' expected %s, found %s in the file", slice->name,
                       dsci_shape_text(&wanted, texts[0]), dsci_shape_text(&there, texts[1]));
        return false;
    }
    return dsci_container_read(container, &expected, (char *)vector + slice->offset * element_bytes(model)) ==
           DSC_OK;
}

static void read_slices(dsc_scope *local, const dsci_container *container, const dsc_model *model,
                        const char *group, const dsc_slice *slices, size_t count, void *vector)
{
    for (size_t i = 0; i < count && dsc_scope_status(local) == DSC_OK; i++) {
        const char *name = dsc_scope_format(local, "%s/%s", group, slices[i].name);
        if (!name)
            return;
        if (!dsci_container_has(container, name)) {
            char text[128];
            const dsci_container_array expected = dsci_slice_array(model, name, &slices[i]);
            const dsci_shape shape = shape_of(&expected);
            dsc_scope_fail(model->scope, DSC_ERROR_MISMATCH,
                           "the file does not fit the model: '%s' expected %s, found no values of that name "
                           "in the file",
                           slices[i].name, dsci_shape_text(&shape, text));
            return;
        }
        if (!dsci_slice_read(container, model, &slices[i], name, vector))
            return;
    }
}

static dsci_container *open_model(dsc_scope *local, const char *path)
{
    dsci_container *container = dsci_container_open(local, path);
    if (container && dsci_container_expect(container, DSC_FILE_MODEL) == DSC_OK &&
        strcmp(dsci_container_text(container, "", "format"), FORMAT) != 0)
        dsc_scope_fail(local, DSC_ERROR_FORMAT,
                       "'%s' is not a model of this version: expected the attribute format '%s'", path,
                       FORMAT);
    return dsc_scope_status(local) == DSC_OK ? container : NULL;
}

/* Reads into copies, so that the model changes as a whole or not at all. */
static void read_vectors(dsc_scope *local, const dsci_container *container, dsc_model *model)
{
    const size_t size = element_bytes(model);
    void *parameters = dsc_scope_alloc(local, model->elements, size);
    void *state = dsc_scope_alloc(local, model->state_elements, size);
    if (!parameters || !state)
        return;
    read_slices(local, container, model, "parameters", model->slices, model->slice_count, parameters);
    if (dsc_scope_status(model->scope) == DSC_OK)
        read_slices(local, container, model, "state", model->state_slices, model->state_count, state);
    if (dsc_scope_status(local) != DSC_OK || dsc_scope_status(model->scope) != DSC_OK)
        return;
    memcpy(model->parameters, parameters, model->elements * size);
    memcpy(model->state, state, model->state_elements * size);
}

static void read_model(dsc_scope *local, dsc_model *model, const char *path)
{
    const dsci_container *container = open_model(local, path);
    const char *network = container ? dsci_container_text(container, "", "network") : NULL;
    if (dsc_scope_status(local) == DSC_OK && dsci_structure_fits(model, path, network))
        read_vectors(local, container, model);
}

dsc_status dsc_model_read_weights(dsc_model *model, const char *path)
{
    if (!model)
        return DSC_ERROR_ARGUMENT;
    if (dsc_scope_status(model->scope) != DSC_OK)
        return dsc_scope_status(model->scope);
    if (!path)
        return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT, "read: expected a path, found NULL");
    dsc_scope *local = dsc_scope_open(NULL);
    read_model(local, model, path);
    const dsc_status status = dsc_scope_adopt_error(model->scope, local);
    dsc_scope_close(&local);
    return status;
}

const char *dsc_model_note(dsc_scope *scope, const char *path, const char *name)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    dsc_scope *local = dsc_scope_open(NULL);
    const dsci_container *container = open_model(local, path);
    const bool there = container && dsci_container_has_text(container, "", name);
    const char *note = there ? dsc_scope_copy(scope, dsci_container_text(container, "", name)) : NULL;
    dsc_scope_adopt_error(scope, local);
    dsc_scope_close(&local);
    return note;
}

/* --- Loading --- */

/* How many times the bytes of its file a network's parameters may take, since another program may have
   compressed the file, and how many elements are allowed in any case. The activations of one example have a
   bound of their own. */
static const double MOST_COMPRESSION = 16, LEAST_ELEMENTS = 1 << 20, MOST_ACTIVATIONS = 1 << 28;

static bool is_plausible(dsc_scope *scope, const char *path, const dsci_structure *structure, size_t bytes)
{
    if (structure->parameters * sizeof(float) <= MOST_COMPRESSION * (double)bytes + LEAST_ELEMENTS &&
        structure->activations <= MOST_ACTIVATIONS)
        return true;
    dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                   "'%s' describes a network of %.0f parameters and %.0f activations an example: expected at "
                   "most what a file of %zu bytes can hold, and %.0f activations",
                   path, structure->parameters, structure->activations, bytes, MOST_ACTIVATIONS);
    return false;
}

static dsc_model *load(dsc_scope *local, dsc_scope *scope, const char *path,
                       const dsc_compile_options *options)
{
    const dsci_container *container = open_model(local, path);
    const char *network = container ? dsci_container_text(container, "", "network") : NULL;
    if (dsc_scope_adopt_error(scope, local) != DSC_OK)
        return NULL;
    const dsci_structure structure = dsci_structure_read(scope, path, network);
    if (!structure.root || !is_plausible(scope, path, &structure, dsci_container_bytes(container)))
        return NULL;
    dsc_model *model = dsc_compile(structure.root, options);
    if (model)
        read_vectors(local, container, model);
    return dsc_scope_adopt_error(scope, local) == DSC_OK ? model : NULL;
}

dsc_model *dsc_model_load(dsc_scope *scope, const char *path, const dsc_compile_options *options)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    if (!path) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "load: expected a path, found NULL");
        return NULL;
    }
    dsc_scope *local = dsc_scope_open(NULL);
    dsc_model *model = load(local, scope, path, options);
    dsc_scope_close(&local);
    return model;
}
