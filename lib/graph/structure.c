/* structure.c - a network as text, and a network from text, which may be hostile: each op's schema says what
 * is read. */
#include "graph/structure.h"

#include <stdlib.h>
#include <string.h>

#include <descent/value.h>

#include "base/json.h"
#include "graph/network.h"
#include "graph/passes.h"
#include "ops/op.h"

enum { NODES_MAX = 100000, JSON_FLAGS = JSON_COMPACT };

static const char *field_at(const dsci_attributes *attributes, const dsci_field *field)
{
    return (const char *)attributes + field->offset;
}

static size_t field_count(const dsci_field *field)
{
    return field->count ? field->count : 1;
}

/* --- Writing --- */

static json_t *number(const dsci_attributes *attributes, const dsci_field *field, size_t i)
{
    const char *at = field_at(attributes, field);
    switch (field->kind) {
    case DSCI_FIELD_SIZE: return json_integer((json_int_t)((const size_t *)(const void *)at)[i]);
    case DSCI_FIELD_INT: return json_integer(((const int *)(const void *)at)[i]);
    case DSCI_FIELD_BOOL:
    case DSCI_FIELD_FLAG: return json_boolean(((const bool *)at)[i]);
    case DSCI_FIELD_REAL: return json_real(((const double *)(const void *)at)[i]);
    default: return json_string(dsc_activation_name(((const dsc_activation *)(const void *)at)[i]));
    }
}

/* An array that owns the values; NULL if one of them is NULL, and the others are released. */
static json_t *list_of(json_t *const *values, size_t count)
{
    json_t *list = json_array();
    bool good = list != NULL;
    for (size_t i = 0; i < count; i++)
        good = json_array_append_new(list, values[i]) == 0 && good;
    if (good)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *shape_value(const dsci_shape *shape)
{
    json_t *lengths[DSCI_MAX_RANK];
    for (size_t i = 0; i < shape->rank; i++)
        lengths[i] = json_integer((json_int_t)shape->dim[i]);
    return list_of(lengths, shape->rank);
}

/* How many values a list of reals has. */
static size_t count_reals(const dsci_op *op, const dsci_attributes *attributes, dsci_tensor *const *inputs,
                          size_t count)
{
    if (op == &dsci_op_constant)
        return dsci_shape_elements(&attributes->constant.shape);
    for (size_t i = 0; i < count; i++)
        if (inputs[i]->producer->op == &dsci_op_labels)
            return inputs[i]->producer->attributes.labels.classes;
    return count;
}

static json_t *reals_value(const double *values, size_t count)
{
    if (!values)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_real(values[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *field_value(const dsci_node *node, const dsci_field *field)
{
    const char *at = field_at(&node->attributes, field);
    if (field->kind == DSCI_FIELD_SHAPE)
        return shape_value((const dsci_shape *)(const void *)at);
    if (field->kind == DSCI_FIELD_REALS)
        return reals_value(*(const double *const *)(const void *)at,
                           count_reals(node->op, &node->attributes, node->in, node->input_count));
    if (field_count(field) == 1)
        return number(&node->attributes, field, 0);
    json_t *values[DSCI_MAX_RANK];
    for (size_t i = 0; i < field->count; i++)
        values[i] = number(&node->attributes, field, i);
    return list_of(values, field->count);
}

/* Inputs by their node's position in the list, and the output of it that is read. */
static json_t *inputs_value(const dsci_node *node)
{
    json_t *inputs[DSCI_MAX_INPUTS];
    for (size_t i = 0; i < node->input_count; i++) {
        const dsci_node *producer = node->in[i]->producer;
        size_t output = 0;
        while (producer->out[output] != node->in[i])
            output++;
        inputs[i] = list_of(
            (json_t *[]){ json_integer((json_int_t)producer->position), json_integer((json_int_t)output) },
            2);
    }
    return list_of(inputs, node->input_count);
}

static json_t *node_value(const dsci_node *node)
{
    json_t *object = json_object();
    int failures = json_object_set_new(object, "op", json_string(node->op->name)) != 0;
    failures += json_object_set_new(object, "name", json_string(node->name)) != 0;
    if (node->input_count > 0)
        failures += json_object_set_new(object, "inputs", inputs_value(node)) != 0;
    for (const dsci_field *field = node->op->schema.fields; field && field->name; field++)
        if (field->kind != DSCI_FIELD_FLAG || *(const bool *)field_at(&node->attributes, field))
            failures += json_object_set_new(object, field->name, field_value(node, field)) != 0;
    if (failures == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *nodes_value(dsc_scope *scope, const dsci_graph *graph)
{
    json_t *list = dsci_json_own(scope, json_array());
    for (size_t i = 0; list && i < graph->count; i++) {
        dsci_node *node = graph->nodes[i];
        node->position = i;
        if (!node->op->schema.inputs) {
            dsc_scope_fail(scope, DSC_ERROR_UNSUPPORTED, "layer '%s': a file cannot describe a layer of %s",
                           node->name, node->op->name);
            return NULL;
        }
        if (json_array_append_new(list, node_value(node)) != 0) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "layer '%s': cannot be described: its name is not UTF-8, an attribute is not "
                           "finite, or memory is out",
                           node->name);
            return NULL;
        }
    }
    return list;
}

const char *dsci_structure_write(dsc_scope *scope, const dsc_model *model)
{
    dsc_scope *local = dsc_scope_open(NULL);
    dsci_graph graph = { .context = { .scope = local, .real = DSCI_F32, .batch = 1, .training = true } };
    const char *copy = NULL;
    if (model->root != model->root->producer->out[0])
        dsc_scope_fail(local, DSC_ERROR_UNSUPPORTED,
                       "layer '%s': a file cannot describe a network that ends in a layer's state",
                       model->root->producer->name);
    if (dsci_pass_build(&graph, model->root, model->root) && dsc_scope_status(local) == DSC_OK) {
        json_t *nodes = nodes_value(local, &graph);
        char *text = nodes ? json_dumps(nodes, JSON_FLAGS) : NULL;
        if (nodes && !text)
            dsc_scope_fail(local, DSC_ERROR_MEMORY, "out of memory while describing a network");
        copy = dsc_scope_copy(scope, text);
        free(text);
    }
    dsc_scope_adopt_error(scope, local);
    dsc_scope_close(&local);
    return dsc_scope_status(scope) == DSC_OK ? copy : NULL;
}

/* --- Reading --- */

struct reader {
    dsc_scope *scope; /* of the network */
    const char *path;
    dsci_node **nodes;
    size_t count;
    const char *name; /* of the node that is read, for messages */
    dsci_structure result;
};

static bool fail(const struct reader *reader, const char *what)
{
    dsc_scope_fail(reader->scope, DSC_ERROR_FORMAT, "'%s': the description of layer '%.100s' is damaged: %s",
                   reader->path, reader->name ? reader->name : "?", what);
    return false;
}

static bool in_range(const dsci_field *field, double value)
{
    return value >= field->low && value <= field->high;
}

static bool read_activation(const char *name, dsc_activation *activation)
{
    for (int i = 0; name && i < (int)DSC_ACTIVATION_COUNT; i++)
        if (strcmp(dsc_activation_name((dsc_activation)i), name) == 0) {
            *activation = (dsc_activation)i;
            return true;
        }
    return false;
}

static bool read_number(const dsci_field *field, char *at, size_t i, const json_t *value)
{
    switch (field->kind) {
    case DSCI_FIELD_SIZE:
        ((size_t *)(void *)at)[i] = (size_t)json_integer_value(value);
        return json_is_integer(value) && in_range(field, (double)json_integer_value(value));
    case DSCI_FIELD_INT:
        ((int *)(void *)at)[i] = (int)json_integer_value(value);
        return json_is_integer(value) && in_range(field, (double)json_integer_value(value));
    case DSCI_FIELD_BOOL:
    case DSCI_FIELD_FLAG: ((bool *)at)[i] = json_is_true(value); return json_is_boolean(value);
    case DSCI_FIELD_REAL:
        ((double *)(void *)at)[i] = json_number_value(value);
        return json_is_number(value) && in_range(field, json_number_value(value));
    default: return read_activation(json_string_value(value), &((dsc_activation *)(void *)at)[i]);
    }
}

static bool read_shape(const dsci_field *field, dsci_shape *shape, const json_t *list)
{
    const size_t rank = json_array_size(list);
    if (!json_is_array(list) || rank > DSC_MAX_RANK)
        return false;
    *shape = (dsci_shape){ .rank = rank };
    for (size_t i = 0; i < rank; i++) {
        const json_int_t length = json_integer_value(json_array_get(list, i));
        if (!in_range(field, (double)length))
            return false;
        shape->dim[i] = (size_t)length;
    }
    return dsci_shape_elements(shape) > 0;
}

static bool read_reals(dsc_scope *scope, const dsci_field *field, const double **values, const json_t *list,
                       size_t count)
{
    *values = NULL;
    if (json_is_null(list))
        return true;
    if (!json_is_array(list) || json_array_size(list) != count || count == 0)
        return false;
    double *copy = dsc_scope_alloc(scope, count, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = json_number_value(json_array_get(list, i));
        if (!json_is_number(json_array_get(list, i)) || !in_range(field, copy[i]))
            return false;
    }
    *values = copy;
    return copy != NULL;
}

static bool read_field(const struct reader *reader, const dsci_field *field, dsci_attributes *attributes,
                       const json_t *value, size_t reals)
{
    char *at = (char *)attributes + field->offset;
    if (!value && field->kind == DSCI_FIELD_FLAG)
        return true;
    if (field->kind == DSCI_FIELD_SHAPE)
        return read_shape(field, (dsci_shape *)(void *)at, value);
    if (field->kind == DSCI_FIELD_REALS)
        return read_reals(reader->scope, field, (const double **)(void *)at, value, reals);
    if (field_count(field) == 1)
        return read_number(field, at, 0, value);
    if (json_array_size(value) != field->count)
        return false;
    for (size_t i = 0; i < field->count; i++)
        if (!read_number(field, at, i, json_array_get(value, i)))
            return false;
    return true;
}

static bool read_inputs(const struct reader *reader, const json_t *list, dsci_tensor **inputs, size_t *count)
{
    *count = json_array_size(list);
    if (*count > DSCI_MAX_INPUTS)
        return false;
    for (size_t i = 0; i < *count; i++) {
        const json_t *pair = json_array_get(list, i), *at = json_array_get(pair, 0),
                     *output = json_array_get(pair, 1);
        if (!json_is_integer(at) || json_integer_value(at) < 0 ||
            (size_t)json_integer_value(at) >= reader->count)
            return false;
        const dsci_node *node = reader->nodes[json_integer_value(at)];
        if (!json_is_integer(output) || json_integer_value(output) < 0 ||
            (size_t)json_integer_value(output) >= node->output_count)
            return false;
        inputs[i] = node->out[json_integer_value(output)];
    }
    return true;
}

/* What the network takes in memory, so that a small file cannot ask for much. */
static void weigh(struct reader *reader, const dsci_node *node)
{
    for (size_t i = 0; i < node->output_count; i++)
        if (node->op == &dsci_op_parameter || node->op == &dsci_op_state)
            reader->result.parameters += (double)node->out[i]->elements;
        else
            reader->result.activations += (double)node->out[i]->elements;
}

static bool read_node(struct reader *reader, const json_t *object)
{
    static const dsci_attributes zeros;
    dsci_attributes attributes = zeros;
    dsci_tensor *inputs[DSCI_MAX_INPUTS];
    size_t input_count;
    const char *op_name = json_string_value(json_object_get(object, "op"));
    const dsci_op *op = op_name ? dsci_op_named(op_name) : NULL;
    reader->name = json_string_value(json_object_get(object, "name"));
    if (!op || !reader->name)
        return fail(reader, "expected the name of an op that is known, and its own");
    const char *problem = dsci_name_problem(reader->name);
    if (problem) {
        reader->name = NULL;
        return fail(reader, dsc_scope_format(reader->scope, "expected %s", problem));
    }
    if (!read_inputs(reader, json_object_get(object, "inputs"), inputs, &input_count) ||
        !dsci_op_schema_fits(&op->schema, inputs, input_count))
        return fail(reader, "its inputs are not what its op takes");
    for (const dsci_field *field = op->schema.fields; field && field->name; field++)
        if (!read_field(reader, field, &attributes, json_object_get(object, field->name),
                        count_reals(op, &attributes, inputs, input_count)))
            return dsc_scope_status(reader->scope) == DSC_OK ? fail(reader, field->name) : false;
    const dsci_context context = { .scope = reader->scope, .real = DSCI_F32, .batch = 1, .training = true };
    dsci_node *node = dsci_node_make(&context, op, dsc_scope_copy(reader->scope, reader->name), &attributes,
                                     inputs, input_count);
    if (!node)
        return false;
    reader->nodes[reader->count++] = node;
    weigh(reader, node);
    return true;
}

static void read_nodes(struct reader *reader, const json_t *list)
{
    const size_t count = json_array_size(list);
    if (count == 0 || count > NODES_MAX) {
        dsc_scope_fail(reader->scope, DSC_ERROR_FORMAT,
                       "'%s': expected a description of 1 to %d layers, found %zu", reader->path, NODES_MAX,
                       count);
        return;
    }
    reader->nodes = dsc_scope_alloc(reader->scope, count, sizeof(dsci_node *));
    dsci_names *names = dsci_names_make(reader->scope);
    dsc_node *root = dsc_scope_alloc(reader->scope, 1, sizeof *root);
    if (!root)
        return;
    for (size_t i = 0; i < count; i++) {
        if (!read_node(reader, json_array_get(list, i)))
            return;
        dsci_names_add_named(reader->scope, names, reader->nodes[i]);
    }
    *root = (dsc_node){ .scope = reader->scope, .names = names, .tensor = reader->nodes[count - 1]->out[0] };
    reader->result.root = root;
}

dsci_structure dsci_structure_read(dsc_scope *scope, const char *path, const char *json)
{
    struct reader reader = { .scope = scope, .path = path };
    if (dsc_scope_status(scope) != DSC_OK)
        return reader.result;
    json_error_t error;
    json_t *list = dsci_json_read(scope, json, &error);
    if (!json_is_array(list))
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s': the description of the network is not JSON: %s", path,
                       list ? "not a list" : error.text);
    else
        read_nodes(&reader, list);
    json_decref(list);
    return reader.result;
}

/* --- Comparing --- */

static bool has_slice(const dsc_slice *slices, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(slices[i].name, name) == 0)
            return true;
    return false;
}

bool dsci_structure_fits(const dsc_model *model, const char *path, const char *json)
{
    json_t *list = dsci_json_read(model->scope, json, NULL);
    if (!json_is_array(list))
        dsc_scope_fail(model->scope, DSC_ERROR_FORMAT, "'%s': the description of the network is not JSON",
                       path);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *object = json_array_get(list, i);
        const char *op = json_string_value(json_object_get(object, "op"));
        const char *name = json_string_value(json_object_get(object, "name"));
        if (!op || !name)
            continue;
        const bool parameter = strcmp(op, dsci_op_parameter.name) == 0;
        if (parameter ? has_slice(model->slices, model->slice_count, name)
                      : strcmp(op, dsci_op_state.name) != 0 ||
                            has_slice(model->state_slices, model->state_count, name))
            continue;
        dsc_scope_fail(model->scope, DSC_ERROR_MISMATCH,
                       "'%s' does not fit the model: it has values for '%.200s', a layer that the model "
                       "does not have",
                       path, name);
        break;
    }
    json_decref(list);
    return dsc_scope_status(model->scope) == DSC_OK;
}

/* --- Nodes by name --- */

/* Appends a node to the list unless it is on it: then its index is its place from 1. */
static bool visit(dsci_graph *list, dsci_node *node)
{
    if (node->index != 0)
        return true;
    if (dsci_graph_push(list, node) != DSC_OK)
        return false;
    node->index = list->count;
    return true;
}

/* The nodes that a tensor depends on, without an order. */
static void collect(dsci_graph *list, const dsci_tensor *last)
{
    bool good = visit(list, last->producer);
    for (size_t i = 0; good && i < list->count; i++)
        for (size_t j = 0; good && j < list->nodes[i]->input_count; j++)
            good = visit(list, list->nodes[i]->in[j]->producer);
    for (size_t i = 0; i < list->count; i++)
        list->nodes[i]->index = 0;
}

static const char *name_at(const void *list, size_t i)
{
    return ((const dsci_graph *)list)->nodes[i]->name;
}

static void fail_unknown(dsc_scope *scope, const dsci_graph *list, const char *name)
{
    const char *nearest = dsc_nearest_name(name, list->count, name_at, list);
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "expected the name of a layer of the network, found '%s'%s%s%s",
                   name, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

dsc_node *dsc_model_node(dsc_model *model, const char *name)
{
    if (!model || !name || dsc_scope_status(model->scope) != DSC_OK)
        return NULL;
    dsc_scope *scope = model->scope, *local = dsc_scope_open(NULL);
    dsci_graph list = { .context = { .scope = local } };
    dsc_node *node = dsc_scope_alloc(scope, 1, sizeof *node);
    collect(&list, model->root);
    dsc_scope_adopt_error(scope, local);
    for (size_t i = 0; dsc_scope_status(scope) == DSC_OK && i < list.count; i++)
        if (strcmp(list.nodes[i]->name, name) == 0)
            *node = (dsc_node){ .scope = scope, .names = model->names, .tensor = list.nodes[i]->out[0] };
    if (node && !node->tensor)
        fail_unknown(scope, &list, name);
    dsc_scope_close(&local);
    return dsc_scope_status(scope) == DSC_OK ? node : NULL;
}
