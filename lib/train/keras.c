/* keras.c - weights in Keras's HDF5 layouts.
 *
 * Of versions 1 and 2, and version 3 where it saves ".h5": a group for each layer of the attribute
 * layer_names; in it a dataset for each weight of the attribute weight_names, by a path below the group.
 * Files of whole models have all of it in the group model_weights.
 *
 * Of version 3, ".weights.h5": below "layers" a group for each layer, called after its class, in it "vars"
 * with the weights by number, in a fixed order, and the layer's own name as an attribute. Layers in layers (a
 * recurrent layer's cell, both directions of a bidirectional one, models in models) are groups in groups. A
 * ".keras" file is a zip archive with such a file in it.
 *
 * Keras keeps channels last and dense kernels as (in, out), as we do; its LSTM has the gates i f c o, its GRU
 * z r h, which are our i f g o and u r o, so that no weight is turned around. Only the two biases of a GRU
 * (reset_after) are one dataset there and two parameters here.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <descent/train.h>

#include "base/file.h"
#include "base/zip.h"
#include "graph/network.h"
#include "train/model_file.h"

enum { CHUNKS_MAX = 1000, PARTS_MAX = 32 };

struct reader {
    dsc_scope *scope; /* of what is read; errors of the file */
    dsc_model *model;
    const dsci_container *container;
    const char *path, *root;  /* "" or "model_weights" */
    void *parameters, *state; /* copies, which replace the model's in the end */
    bool *filled[2];          /* slices of parameters, of state */
};

/* A weight of the file. dirs: the names of the layers that it lies in, from the outermost in, as a path. */
struct weight {
    const char *path, *label, *dirs; /* of its dataset; as messages call it */
    const struct role *role;         /* NULL: by its number or rank */
    size_t number;                   /* in its layer, in Keras's order; SIZE_MAX: it has a name instead */
    bool separable;                  /* of a separable convolution */
};

struct weights {
    struct weight *items;
    size_t count;
};

/* --- What a weight of Keras is called here --- */

enum { DEPTHWISE = 0, RECURRENT, KERNEL, EMBEDDINGS, BIAS, GAMMA, BETA, MEAN, VARIANCE, ROLES };

/* Endings of Keras's names (version 2, then version 1) and of ours; the first that fits is meant. */
static const struct role {
    const char *keras, *old;
    const char *ours[3];
} roles[] = {
    [DEPTHWISE] = { "depthwise_kernel", NULL, { "weights", NULL } },
    [RECURRENT] = { "recurrent_kernel", NULL, { "recurrent_weights", "recurrent", NULL } },
    [KERNEL] = { "kernel", "_W", { "weights", NULL } },
    [EMBEDDINGS] = { "embeddings", "_W", { "weights", "table", NULL } },
    [BIAS] = { "bias", "_b", { "bias", NULL } },
    [GAMMA] = { "gamma", "_gamma", { "scale", "gamma", NULL } },
    [BETA] = { "beta", "_beta", { "shift", "beta", NULL } },
    [MEAN] = { "moving_mean", "_running_mean", { "mean", "running_mean", NULL } },
    [VARIANCE] = { "moving_variance", "_running_std", { "variance", "running_variance", NULL } },
};

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

/* Keras numbers a layer's weights in this order, those that it lacks left out. */
static const struct role *role_by_number(const struct reader *reader, const char *layer, size_t number)
{
    static const int order[] = { EMBEDDINGS, RECURRENT, BIAS, GAMMA, BETA, MEAN, VARIANCE };
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (place_of(reader, layer, &roles[order[i]]).slice && number-- == 0)
            return &roles[order[i]];
    return NULL;
}

/* "forward" or "backward" if a part of a path is called so by Keras ("forward_lstm"), which ours are; else
   NULL. */
static const char *direction_of(const char *part)
{
    static const char *const directions[] = { "forward", "backward" };
    for (int i = 0; i < 2; i++)
        if (strncmp(part, directions[i], strlen(directions[i])) == 0)
            return directions[i];
    return NULL;
}

/* The model's layer that a weight below these names is for: whose name is the whole path, or begins it, or is
   that of an inner layer ("inner/dense" or "dense"). NULL if there is none. */
static const char *layer_of(const struct reader *reader, const char *dirs)
{
    const char *parts[PARTS_MAX + 1];
    size_t count = 0;
    for (const char *at = dirs; at && count < PARTS_MAX; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
        parts[count++] = at;
    parts[count] = dirs + strlen(dirs) + 1;
    dsc_scope *own = dsc_scope_open(NULL); /* many names are tried, one is kept */
    const char *found = NULL;
    for (size_t start = 0; start < count && !found; start++)
        for (size_t end = count; end > start && !found; end--) {
            const int length = (int)(parts[end] - 1 - parts[start]);
            const char *name = dsc_scope_format(own, "%.*s", length, parts[start]);
            const char *direction = end < count ? direction_of(parts[end]) : NULL;
            const char *inner = name && direction ? dsc_scope_format(own, "%s/%s", name, direction) : NULL;
            if (inner && find_place(reader, inner, NULL).slice)
                found = inner;
            else if (name && find_place(reader, name, NULL).slice)
                found = name;
        }
    dsc_scope_adopt_error(reader->scope, own);
    found = found ? dsc_scope_copy(reader->scope, found) : NULL;
    dsc_scope_close(&own);
    return found;
}

/* Whether a layer of the model is a convolution of as many groups as channels. */
static bool is_depthwise(const struct reader *reader, const char *layer, size_t channels)
{
    const dsc_node *node = dsc_model_node(reader->model, layer);
    const dsci_node *made = node ? node->tensor->producer : NULL;
    return made && made->op == &dsci_op_conv && made->attributes.conv.groups == channels;
}

/* --- A weight --- */

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
static char *read_values(const struct reader *reader, dsci_container_array *found, size_t *element)
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
                            dsci_container_array *found)
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
                           dsci_container_array *found, const struct place *place)
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

/* Version 3 calls a depthwise kernel (height, width, channels, multiplier) "kernel", as all others. */
static bool is_depthwise_kernel(const struct reader *reader, const char *layer, const struct role *role,
                                const dsci_container_array *found, const dsc_slice *slice)
{
    if (role == &roles[DEPTHWISE])
        return true;
    return found->rank == 4 && found->shape[2] > 1 && slice->shape[2] == 1 && slice->shape[3] != 0 &&
           is_depthwise(reader, layer, found->shape[2]);
}

static void read_weight(const struct reader *reader, const char *layer, const struct weight *weight)
{
    dsci_container_array found;
    if (weight->separable) {
        fail_weight(
            reader, layer, weight->label,
            "is of a separable convolution, which is not read: build it of a depthwise one and one of "
            "single pixels in Keras, too");
        return;
    }
    if (!dsci_container_find(reader->container, weight->path, &found))
        return;
    const struct role *role =
        weight->number == SIZE_MAX ? weight->role : role_by_number(reader, layer, weight->number);
    if (!role && weight->number == SIZE_MAX) /* names that say nothing ("uniform1"): vectors are biases */
        role = &roles[found.rank == 1 ? BIAS : KERNEL];
    if (role == &roles[BIAS] && found.rank == 2 && found.shape[0] == 2) {
        read_two_biases(reader, layer, weight->label, &found);
        return;
    }
    const struct place place = place_of(reader, layer, role);
    if (!place.slice)
        fail_weight(reader, layer, weight->label, "has no parameter in the model's layer");
    else if (*place.filled)
        fail_weight(reader, layer, weight->label, "is a second one for the same parameter");
    else if (is_depthwise_kernel(reader, layer, role, &found, place.slice))
        read_depthwise(reader, layer, weight->label, &found, &place);
    else
        *place.filled =
            dsci_slice_read(reader->container, reader->model, place.slice, weight->path, place.vector);
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

/* --- The weights of a file --- */

static void add_weight(const struct reader *reader, struct weights *weights, const struct weight *weight)
{
    struct weight *items = weights->items;
    if (weights->count == 0 || (weights->count & (weights->count - 1)) == 0) { /* full: powers of two */
        items = dsc_scope_alloc(reader->scope, weights->count ? 2 * weights->count : 1, sizeof *items);
        if (items && weights->count)
            memcpy(items, weights->items, weights->count * sizeof *items);
    }
    weights->items = items;
    if (items)
        items[weights->count++] = *weight;
}

/* The weights of a layer that a list names. */
static void list_by_names(const struct reader *reader, const char *layer, struct weights *weights)
{
    size_t count = 0;
    const char *group =
        dsc_scope_format(reader->scope, "%s%s%s", reader->root, *reader->root ? "/" : "", layer);
    const char **names = group ? read_names(reader, group, "weight_names", &count) : NULL;
    for (size_t i = 0; names && i < count && !stopped(reader); i++) {
        const char *slash = strrchr(names[i], '/');
        const int length = slash ? (int)(slash - names[i]) : 0;
        const size_t own = strlen(layer);
        const bool repeats = strncmp(names[i], layer, own) == 0 && names[i][own] == '/';
        add_weight(reader, weights,
                   &(struct weight){
                       .path = dsc_scope_format(reader->scope, "%s/%s", group, names[i]),
                       .label = names[i],
                       .dirs = repeats  ? dsc_scope_format(reader->scope, "%.*s", length, names[i])
                               : length ? dsc_scope_format(reader->scope, "%s/%.*s", layer, length, names[i])
                                        : layer,
                       .role = role_by_name(names[i]),
                       .number = SIZE_MAX,
                       .separable = ends_in(names[i], strcspn(names[i], ":"), "pointwise_kernel") });
    }
}

/* The names of the layers along a path that ends in a slash: attributes of their numbered weights, or else
   the groups' own. */
static const char *names_along(const struct reader *reader, const char *path)
{
    const char *names = "";
    for (const char *from = path, *slash; names && (slash = strchr(from, '/')) != NULL; from = slash + 1) {
        const int length = (int)(slash - from);
        const char *vars = dsc_scope_format(reader->scope, "%.*s/vars", (int)(slash - path), path);
        if (!vars)
            break;
        const char *name = dsc_scope_format(reader->scope, "%.*s", length, from);
        if (dsci_container_has_text(reader->container, vars, "name"))
            name = dsci_container_text(reader->container, vars, "name");
        else if (name && (strcmp(name, "layers") == 0 || strcmp(name, "_layer_checkpoint_dependencies") == 0))
            continue;
        names = dsc_scope_format(reader->scope, "%s%s%s", names, *names ? "/" : "", name ? name : "");
    }
    return names ? names : "";
}

/* All weights by number; not what optimizers, metrics and generators of random numbers keep. */
static void list_by_numbers(const struct reader *reader, struct weights *weights)
{
    size_t count;
    const char **paths = dsci_container_paths(reader->container, &count);
    for (size_t i = 0; i < count && !stopped(reader); i++) {
        const char *number = strrchr(paths[i], '/');
        const size_t digits = number ? strspn(number + 1, "0123456789") : 0;
        if (!number || digits == 0 || digits > 6 || number[1 + digits] || number - paths[i] < 5 ||
            strncmp(number - 5, "/vars", 5) != 0 || strncmp(paths[i], "optimizer/", 10) == 0 ||
            strstr(paths[i], "/seed_generator/") || strncmp(paths[i], "metrics/", 8) == 0)
            continue;
        size_t value = 0;
        for (const char *digit = number + 1; *digit; digit++)
            value = 10 * value + (size_t)(*digit - '0');
        add_weight(reader, weights,
                   &(struct weight){
                       .path = paths[i],
                       .label = paths[i],
                       .dirs = names_along(reader, dsc_scope_format(reader->scope, "%.*s/",
                                                                    (int)(number - 5 - paths[i]), paths[i])),
                       .number = value,
                       .separable = strstr(paths[i], "separable_conv") != NULL });
    }
}

static struct weights list_weights(struct reader *reader)
{
    struct weights weights = { 0 };
    size_t count = 0;
    reader->root = dsci_container_has(reader->container, "model_weights") ? "model_weights" : "";
    if (!*reader->root && (dsci_container_has(reader->container, "layers") ||
                           dsci_container_has(reader->container, "_layer_checkpoint_dependencies"))) {
        list_by_numbers(reader, &weights);
        return weights;
    }
    const char **layers = read_names(reader, reader->root, "layer_names", &count);
    for (size_t i = 0; layers && i < count && !stopped(reader); i++)
        list_by_names(reader, layers[i], &weights);
    return weights;
}

/* --- A file --- */

/* Reads the weights of layers that the model has; how many there are. */
static size_t read_weights(const struct reader *reader, const struct weights *weights, bool all)
{
    size_t read = 0;
    const char **layers = dsc_scope_alloc(reader->scope, weights->count, sizeof *layers);
    for (size_t i = 0; layers && i < weights->count && !stopped(reader); i++) {
        const struct weight *weight = &weights->items[i];
        if (i > 0 && weight->dirs && strcmp(weight->dirs, weights->items[i - 1].dirs) == 0)
            layers[i] = layers[i - 1];
        else
            layers[i] = weight->path && weight->dirs ? layer_of(reader, weight->dirs) : NULL;
        if (layers[i]) {
            read_weight(reader, layers[i], weight);
            read++;
        } else if (all) {
            dsc_scope_fail(reader->model->scope, DSC_ERROR_MISMATCH,
                           "'%s' does not fit the model: it has weights for layer '%.200s', which the model "
                           "does not have",
                           reader->path, weight->dirs);
        }
    }
    for (size_t i = 0; layers && i < weights->count && !stopped(reader); i++)
        if (layers[i])
            check_filled(reader, layers[i]);
    return read;
}

static void read_file(struct reader *reader, bool all)
{
    dsc_model *model = reader->model;
    const size_t size = dsci_type_size(dsci_model_master_type(model));
    reader->parameters = dsc_scope_alloc(reader->scope, model->elements, size);
    reader->state = dsc_scope_alloc(reader->scope, model->state_elements, size);
    reader->filled[0] = dsc_scope_alloc(reader->scope, model->slice_count, sizeof(bool));
    reader->filled[1] = dsc_scope_alloc(reader->scope, model->state_count, sizeof(bool));
    const struct weights weights = list_weights(reader);
    if (stopped(reader))
        return;
    memcpy(reader->parameters, model->parameters, model->elements * size);
    memcpy(reader->state, model->state, model->state_elements * size);
    if (read_weights(reader, &weights, all) == 0 && !stopped(reader))
        dsc_scope_fail(
            model->scope, DSC_ERROR_MISMATCH,
            "'%s' does not fit the model: expected a layer of the model among those of its %zu weights, found "
            "none%s%.200s%s; name the model's layers as the file does",
            reader->path, weights.count, weights.count ? " (its first is '" : "",
            weights.count ? weights.items[0].dirs : "", weights.count ? "')" : "");
    if (all && !stopped(reader))
        check_filled(reader, NULL);
    if (stopped(reader))
        return;
    memcpy(model->parameters, reader->parameters, model->elements * size);
    memcpy(model->state, reader->state, model->state_elements * size);
}

/* The HDF5 file at a path, or the one in the archive there. */
static dsci_container *open_weights(dsc_scope *scope, const char *path)
{
    struct stat info;
    const size_t limit = stat(path, &info) == 0 ? (size_t)info.st_size : 0; /* never compressed as a whole */
    dsc_bytes bytes = dsci_file_read_regular(scope, path, limit);
    if (dsci_zip_begins(bytes))
        bytes = dsci_zip_file(scope, path, bytes, "model.weights.h5");
    return dsci_container_of(scope, path, bytes);
}

dsc_status dsc_model_read_keras_weights(dsc_model *model, const char *path, bool all)
{
    if (!model)
        return DSC_ERROR_ARGUMENT;
    if (dsc_scope_status(model->scope) != DSC_OK)
        return dsc_scope_status(model->scope);
    if (!path)
        return dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT, "read: expected a path, found NULL");
    dsc_scope *local = dsc_scope_open(NULL);
    struct reader reader = { .scope = local, .model = model, .path = path };
    reader.container = open_weights(local, path);
    if (reader.container && dsci_container_expect(reader.container, DSC_FILE_KERAS) == DSC_OK)
        read_file(&reader, all);
    const dsc_status status = dsc_scope_adopt_error(model->scope, local);
    dsc_scope_close(&local);
    return status;
}
