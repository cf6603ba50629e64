/* keras.c - weights in Keras's HDF5 layout.
 *
 * A group for each layer of the attribute layer_names; in it a dataset for each weight of the attribute
 * weight_names, by a path below the group. Files of whole models have all of it in the group model_weights.
 * Keras keeps channels last and dense kernels as (in, out), as we do; its LSTM has the gates i f c o, its GRU
 * z r h, which are our i f g o and u r o, so that no weight is turned around. Only the two biases of a GRU
 * (reset_after) are one dataset there and two parameters here.
 */
#include <stdio.h>
#include <string.h>

#include <descent/train.h>

#include "train/model_file.h"

enum { CHUNKS_MAX = 1000 };

struct reader {
    dsc_scope *scope; /* of what is read; errors of the file */
    dsc_model *model;
    const dsci_container *container;
    const char *path, *root;  /* "" or "model_weights" */
    void *parameters, *state; /* copies, which replace the model's in the end */
    bool *filled[2];          /* slices of parameters, of state */
};

/* --- What a weight of Keras is called here --- */

/* Endings of Keras's names (version 2, then version 1) and of ours. */
static const struct role {
    const char *keras, *old;
    const char *ours[3];
} roles[] = {
    { "recurrent_kernel", NULL, { "recurrent_weights", "recurrent", NULL } },
    { "depthwise_kernel", NULL, { "weights", NULL } },
    { "kernel", "_W", { "weights", NULL } },
    { "embeddings", "_W", { "weights", "table", NULL } },
    { "bias", "_b", { "bias", NULL } },
    { "gamma", "_gamma", { "scale", "gamma", NULL } },
    { "beta", "_beta", { "shift", "beta", NULL } },
    { "moving_mean", "_running_mean", { "mean", "running_mean", NULL } },
    { "moving_variance", "_running_std", { "variance", "running_variance", NULL } },
};
enum { ROLES = sizeof roles / sizeof roles[0] };

static bool ends_in(const char *name, size_t length, const char *ending)
{
    const size_t end = ending ? strlen(ending) : 0;
    return end > 0 && length >= end && memcmp(name + length - end, ending, end) == 0;
}

/* The role that a weight's name tells: "dense_1/kernel:0", "dense_1_W"; NULL if it tells none. */
static const struct role *role_by_name(const char *weight)
{
    const size_t length = strcspn(weight, ":");
    for (size_t i = 0; i < ROLES; i++)
        if (ends_in(weight, length, roles[i].keras) || ends_in(weight, length, roles[i].old))
            return &roles[i];
    return NULL;
}

/* Names that say nothing ("uniform1"): vectors are biases. */
static const struct role *role_by_rank(size_t rank)
{
    for (size_t i = 0; i < ROLES; i++)
        if (strcmp(roles[i].keras, rank == 1 ? "bias" : "kernel") == 0)
            return &roles[i];
    return NULL;
}

/* --- The model's side --- */

struct place {
    const dsc_slice *slice;
    void *vector;
    bool *filled;
};

static bool is_of_layer(const char *slice, const char *layer)
{
    const size_t length = strlen(layer);
    return strncmp(slice, layer, length) == 0 && slice[length] == '/' && !strchr(slice + length + 1, '/');
}

/* The slice "layer/ending"; with ending NULL any of the layer. Its slice is NULL if there is none. */
static struct place find_place(const struct reader *reader, const char *layer, const char *ending)
{
    const dsc_model *model = reader->model;
    for (int kind = 0; kind < 2; kind++) {
        const dsc_slice *slices = kind ? model->state_slices : model->slices;
        const size_t count = kind ? model->state_count : model->slice_count;
        for (size_t i = 0; i < count; i++)
            if (is_of_layer(slices[i].name, layer) &&
                (!ending || strcmp(slices[i].name + strlen(layer) + 1, ending) == 0))
                return (struct place){ &slices[i], kind ? reader->state : reader->parameters,
                                       &reader->filled[kind][i] };
    }
    return (struct place){ NULL, NULL, NULL };
}

static struct place place_of(const struct reader *reader, const char *layer, const struct role *role)
{
    struct place place = { NULL, NULL, NULL };
    for (size_t i = 0; role && !place.slice && role->ours[i]; i++)
        place = find_place(reader, layer, role->ours[i]);
    return place;
}

/* --- A layer --- */

static void fail_weight(const struct reader *reader, const char *layer, const char *weight, const char *what)
{
    dsc_scope_fail(reader->model->scope, DSC_ERROR_MISMATCH,
                   "'%s' does not fit the model: layer '%.100s': weight '%.100s' of the file %s",
                   reader->path, layer, weight, what);
}

static bool stopped(const struct reader *reader)
{
    return dsc_scope_status(reader->scope) != DSC_OK || dsc_scope_status(reader->model->scope) != DSC_OK;
}

/* Values of the dataset in the model's type, in the scope. */
static char *read_values(const struct reader *reader, dsci_array *found, size_t *element)
{
    const bool wide = dsci_model_master_type(reader->model) == DSCI_F64;
    size_t count = 1;
    for (size_t i = 0; i < found->rank; i++)
        count *= found->shape[i];
    *element = wide ? sizeof(double) : sizeof(float);
    found->type = wide ? DSCI_ELEMENT_F64 : DSCI_ELEMENT_F32;
    char *values = dsc_scope_alloc(reader->scope, count, *element);
    return values && dsci_container_read(reader->container, found, values) == DSC_OK ? values : NULL;
}

/* The two rows of a GRU's bias: of the input, of the state. */
static void read_two_biases(const struct reader *reader, const char *layer, const char *weight,
                            dsci_array *found)
{
    const struct place bias = find_place(reader, layer, "bias"),
                       recurrent = find_place(reader, layer, "recurrent_bias");
    if (!bias.slice || !recurrent.slice || bias.slice->count != found->shape[1] ||
        recurrent.slice->count != found->shape[1]) {
        fail_weight(reader, layer, weight,
                    "holds two biases: expected a layer that has both, of the same units");
        return;
    }
    size_t element;
    const char *values = read_values(reader, found, &element);
    if (!values)
        return;
    const size_t bytes = found->shape[1] * element;
    memcpy((char *)bias.vector + bias.slice->offset * element, values, bytes);
    memcpy((char *)recurrent.vector + recurrent.slice->offset * element, values + bytes, bytes);
    *bias.filled = *recurrent.filled = true;
}

/* (height, width, channels, multiplier) is, in memory, a kernel of as many groups as channels: (height,
   width, 1, channels * multiplier). */
static void read_depthwise(const struct reader *reader, const char *layer, const char *weight,
                           dsci_array *found, const struct place *place)
{
    const size_t *shape = place->slice->shape;
    if (found->rank != 4 || shape[0] != found->shape[0] || shape[1] != found->shape[1] || shape[2] != 1 ||
        shape[3] != found->shape[2] * found->shape[3]) {
        fail_weight(reader, layer, weight,
                    "is not the kernel of a convolution with a group for each channel "
                    "of the same size");
        return;
    }
    size_t element;
    const char *values = read_values(reader, found, &element);
    if (values)
        memcpy((char *)place->vector + place->slice->offset * element, values, place->slice->count * element);
    *place->filled = values != NULL;
}

static void read_weight(const struct reader *reader, const char *layer, const char *weight)
{
    const char *name =
        dsc_scope_format(reader->scope, "%s%s%s/%s", reader->root, *reader->root ? "/" : "", layer, weight);
    dsci_array found;
    if (!name || !dsci_container_find(reader->container, name, &found))
        return;
    const struct role *role = role_by_name(weight);
    if (!role)
        role = role_by_rank(found.rank);
    if (found.rank == 2 && strcmp(role->keras, "bias") == 0 && found.shape[0] == 2) {
        read_two_biases(reader, layer, weight, &found);
        return;
    }
    const struct place place = place_of(reader, layer, role);
    if (!place.slice)
        fail_weight(reader, layer, weight, "has no parameter in the model's layer");
    else if (*place.filled)
        fail_weight(reader, layer, weight, "is a second one for the same parameter");
    else if (strcmp(role->keras, "depthwise_kernel") == 0)
        read_depthwise(reader, layer, weight, &found, &place);
    else
        *place.filled = dsci_slice_read(reader->container, reader->model, place.slice, name, place.vector);
}

/* Every parameter of a layer that the file has must be in the file. */
static void check_filled(const struct reader *reader, const char *layer)
{
    const dsc_model *model = reader->model;
    for (int kind = 0; kind < 2; kind++) {
        const dsc_slice *slices = kind ? model->state_slices : model->slices;
        const size_t count = kind ? model->state_count : model->slice_count;
        for (size_t i = 0; i < count; i++) {
            if (reader->filled[kind][i] || (layer && !is_of_layer(slices[i].name, layer)))
                continue;
            char text[128];
            dsci_shape shape = { .rank = 0 };
            while (shape.rank < DSC_MAX_RANK && slices[i].shape[shape.rank]) {
                shape.dim[shape.rank] = slices[i].shape[shape.rank];
                shape.rank++;
            }
            dsc_scope_fail(model->scope, DSC_ERROR_MISMATCH,
                           "'%s' does not fit the model: '%s' expected %s, found no weight for it in the "
                           "file",
                           reader->path, slices[i].name, dsci_shape_text(&shape, text));
            return;
        }
    }
}

/* The names of an attribute; Keras cuts a long list into name0, name1, ... */
static const char **read_names(const struct reader *reader, const char *group, const char *name,
                               size_t *count)
{
    const dsci_container *container = reader->container;
    if (dsci_container_has_text(container, group, name))
        return dsci_container_texts(container, group, name, count);
    const char **all = NULL;
    size_t chunks = 0;
    *count = 0;
    for (; chunks < CHUNKS_MAX && !stopped(reader); chunks++) {
        const char *part = dsc_scope_format(reader->scope, "%s%zu", name, chunks);
        if (!part || !dsci_container_has_text(container, group, part))
            break;
        size_t more;
        const char **texts = dsci_container_texts(container, group, part, &more);
        const char **joined = texts ? dsc_scope_alloc(reader->scope, *count + more, sizeof *joined) : NULL;
        if (!joined)
            return NULL;
        if (all)
            memcpy(joined, all, *count * sizeof *joined);
        memcpy(joined + *count, texts, more * sizeof *joined);
        all = joined;
        *count += more;
    }
    return chunks > 0 ? all : dsci_container_texts(container, group, name, count);
}

/* Reads the layer if the model has it. True if it has. */
static bool read_layer(const struct reader *reader, const char *layer, bool all)
{
    size_t count;
    const char *group =
        dsc_scope_format(reader->scope, "%s%s%s", reader->root, *reader->root ? "/" : "", layer);
    const char **weights = group ? read_names(reader, group, "weight_names", &count) : NULL;
    if (!weights || count == 0)
        return false;
    if (!find_place(reader, layer, NULL).slice) {
        if (all)
            dsc_scope_fail(reader->model->scope, DSC_ERROR_MISMATCH,
                           "'%s' does not fit the model: it has weights for layer '%.200s', which the model "
                           "does not have",
                           reader->path, layer);
        return false;
    }
    for (size_t i = 0; i < count && !stopped(reader); i++)
        read_weight(reader, layer, weights[i]);
    if (!stopped(reader))
        check_filled(reader, layer);
    return true;
}

static void read_layers(struct reader *reader, bool all)
{
    dsc_model *model = reader->model;
    const size_t size = dsci_type_size(dsci_model_master_type(model));
    size_t count, read = 0;
    reader->root = dsci_container_has(reader->container, "model_weights") ? "model_weights" : "";
    reader->parameters = dsc_scope_alloc(reader->scope, model->elements, size);
    reader->state = dsc_scope_alloc(reader->scope, model->state_elements, size);
    reader->filled[0] = dsc_scope_alloc(reader->scope, model->slice_count, sizeof(bool));
    reader->filled[1] = dsc_scope_alloc(reader->scope, model->state_count, sizeof(bool));
    const char **layers = read_names(reader, reader->root, "layer_names", &count);
    if (stopped(reader) || !layers)
        return;
    memcpy(reader->parameters, model->parameters, model->elements * size);
    memcpy(reader->state, model->state, model->state_elements * size);
    for (size_t i = 0; i < count && !stopped(reader); i++)
        read += read_layer(reader, layers[i], all);
    if (read == 0 && !stopped(reader))
        dsc_scope_fail(
            model->scope, DSC_ERROR_MISMATCH,
            "'%s' does not fit the model: expected a layer of the model among its %zu layers, found "
            "none%s%.200s%s; name the model's layers as the file does",
            reader->path, count, count ? " (its first is '" : "", count ? layers[0] : "", count ? "')" : "");
    if (all && !stopped(reader))
        check_filled(reader, NULL);
    if (stopped(reader))
        return;
    memcpy(model->parameters, reader->parameters, model->elements * size);
    memcpy(model->state, reader->state, model->state_elements * size);
}

dsc_status dsc_model_read_keras(dsc_model *model, const char *path, bool all)
{
    if (!model)
        return DSC_ERROR_ARGUMENT;
    if (dsc_scope_status(model->scope) != DSC_OK)
        return dsc_scope_status(model->scope);
    if (!path)
        return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT, "read: expected a path, found NULL");
    dsc_scope *local = dsc_scope_open(NULL);
    struct reader reader = { .scope = local, .model = model, .path = path };
    reader.container = dsci_container_open(local, path);
    if (reader.container && dsci_container_expect(reader.container, DSC_FILE_KERAS) == DSC_OK)
        read_layers(&reader, all);
    const dsc_status status = dsc_scope_adopt_error(model->scope, local);
    dsc_scope_close(&local);
    return status;
}
