/* recurrent_layers.c - embeddings and recurrent layers. */
#include <descent/nn.h>

#include "nn/layer.h"
#include "ops/recurrent/recurrent.h"

dsc_node *dsc_embedding_with(dsc_node *tokens, const dsc_embedding_spec *spec)
{
    if (!tokens || !spec)
        return NULL;
    const char *name = dsci_layer_name(tokens, DSCI_OP_EMBEDDING, "embedding", spec->name);
    const dsci_node *producer = tokens->tensor->producer;
    if (!name)
        return NULL;
    if (producer->op != &dsci_op_tokens) {
        dsc_scope_fail(tokens->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected tokens of dsc_tokens(), found '%s'", name, producer->name);
        return NULL;
    }
    const size_t vocabulary = producer->attributes.tokens.vocabulary;
    if (spec->dimension == 0 || spec->padding > vocabulary) {
        dsc_scope_fail(tokens->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected a dimension of at least 1 and padding of at most the vocabulary "
                       "%zu, found %zu and %zu",
                       name, vocabulary, spec->dimension, spec->padding);
        return NULL;
    }
    const bool usual = spec->weights_init == DSC_INIT_DEFAULT;
    const dsci_initialization initialization = { .init = usual ? DSC_INIT_LECUN_NORMAL : spec->weights_init,
                                                 .scale = spec->init_scale,
                                                 .fan_in = usual ? 1 : vocabulary, /* N(0, 1) */
                                                 .fan_out = spec->dimension };
    dsc_node *table = dsci_layer_parameter(tokens, name, "weights",
                                           &(dsci_shape){ .rank = 2, .dim = { vocabulary, spec->dimension } },
                                           &initialization);
    const dsci_attributes attributes = { .embedding = { .padding = spec->padding } };
    return dsci_layer_make(&dsci_op_embedding, name, &attributes, (dsc_node *[]){ tokens, table }, 2);
}

dsc_node *dsc_lengths(dsc_node *tokens, size_t padding)
{
    const char *name = dsci_layer_name(tokens, DSCI_OP_LENGTHS, "lengths", NULL);
    return dsci_layer_make(&dsci_op_lengths, name,
                           &(dsci_attributes){ .embedding = { .padding = 1 + padding } }, &tokens, 1);
}

/* One layer in one direction that is being made. */
struct layer {
    dsc_node *x;
    const dsc_recurrent_spec *spec;
    const char *name;
    dsci_attributes attributes;
    dsc_node *inputs[DSCI_MAX_INPUTS];
    size_t count, gates;
};

static void take_input(struct layer *layer, enum dsci_recurrent_role role, dsc_node *node)
{
    layer->attributes.recurrent.roles |= (size_t)1 << role;
    layer->inputs[layer->count++] = node;
}

/* PyTorch draws all of a recurrent layer's parameters from U(+-1/sqrt(units)): the fan of the default. */
static void take_parameter(struct layer *layer, enum dsci_recurrent_role role, const char *name,
                           const dsci_shape *shape, dsc_init init)
{
    const size_t units = layer->spec->units;
    const bool matrix = shape->rank == 2;
    const double scale = layer->spec->init_scale;
    const size_t fan_in = init == DSC_INIT_DEFAULT || !matrix ? units : shape->dim[0];
    const dsci_initialization initialization = {
        .init = init, .scale = scale, .fan_in = fan_in, .fan_out = layer->gates * units
    };
    dsc_node *parameter = dsci_layer_parameter(layer->x, layer->name, name, shape, &initialization);
    if (parameter && role == DSCI_ROLE_BIAS && layer->spec->cell == DSC_RECURRENT_LSTM) {
        dsci_initializer *begin = &parameter->tensor->producer->attributes.parameter.initializer;
        begin->shift = layer->spec->forget_bias;
        begin->shift_first = units;
        begin->shift_count = units;
    }
    take_input(layer, role, parameter);
}

static void take_parameters(struct layer *layer)
{
    const dsc_recurrent_spec *spec = layer->spec;
    const bool jordan = spec->cell == DSC_RECURRENT_JORDAN;
    const size_t width = layer->gates * spec->units, state = layer->attributes.recurrent.outputs;
    const size_t features = layer->attributes.recurrent.features;
    const dsci_shape bias = { .rank = 1, .dim = { width } };
    take_input(layer, DSCI_ROLE_X, layer->x);
    take_parameter(layer, DSCI_ROLE_WEIGHTS, "weights",
                   &(dsci_shape){ .rank = 2, .dim = { features, width } }, spec->weights_init);
    take_parameter(layer, DSCI_ROLE_RECURRENT, "recurrent_weights",
                   &(dsci_shape){ .rank = 2, .dim = { state, width } }, spec->recurrent_init);
    take_parameter(layer, DSCI_ROLE_BIAS, "bias", &bias, spec->bias_init);
    if (spec->cell == DSC_RECURRENT_GRU_LBR || spec->two_biases)
        take_parameter(layer, DSCI_ROLE_RECURRENT_BIAS, "recurrent_bias", &bias, spec->bias_init);
    if (spec->peephole)
        take_parameter(layer, DSCI_ROLE_PEEPHOLE, "peephole",
                       &(dsci_shape){ .rank = 2, .dim = { 3, spec->units } }, spec->recurrent_init);
    if (jordan)
        take_parameter(layer, DSCI_ROLE_OUTPUT_WEIGHTS, "output_weights",
                       &(dsci_shape){ .rank = 2, .dim = { spec->units, state } }, spec->weights_init);
    if (jordan)
        take_parameter(layer, DSCI_ROLE_OUTPUT_BIAS, "output_bias",
                       &(dsci_shape){ .rank = 1, .dim = { state } }, spec->bias_init);
}

static dsc_node *one_direction(dsc_node *x, const dsc_recurrent_spec *spec, const char *name, bool reverse,
                               bool sequence)
{
    if (!x || !name)
        return NULL;
    const size_t *dim = x->tensor->shape.dim;
    struct layer layer = {
        .x = x, .spec = spec, .name = name, .gates = dsci_recurrent_gates((int)spec->cell)
    };
    layer.attributes.recurrent.cell = (int)spec->cell;
    layer.attributes.recurrent.units = spec->units;
    layer.attributes.recurrent.outputs =
        spec->cell == DSC_RECURRENT_JORDAN && spec->outputs ? spec->outputs : spec->units;
    layer.attributes.recurrent.steps = dim[1];
    layer.attributes.recurrent.features = dim[2];
    layer.attributes.recurrent.truncate = spec->truncate;
    layer.attributes.recurrent.reverse = reverse;
    layer.attributes.recurrent.sequence = sequence;
    take_parameters(&layer);
    if (spec->lengths)
        take_input(&layer, DSCI_ROLE_LENGTHS, spec->lengths);
    if (spec->initial)
        take_input(&layer, DSCI_ROLE_INITIAL, spec->initial);
    if (spec->stateful) {
        const size_t carried = layer.attributes.recurrent.outputs << (spec->cell == DSC_RECURRENT_LSTM);
        take_input(&layer, DSCI_ROLE_STATE,
                   dsci_state_make(x, name, "state",
                                   &(dsci_shape){ .rank = 2, .dim = { spec->stateful, carried } },
                                   &(dsci_initializer){ .fill = NULL }));
    }
    return dsci_layer_make(&dsci_op_recurrent, name, &layer.attributes, layer.inputs, layer.count);
}

static const char *problem_of(const dsc_node *x, const dsc_recurrent_spec *spec)
{
    if (x->tensor->shape.rank != 3)
        return "expected a batch of sequences (steps, features) as its input; use dsc_embedding() or "
               "dsc_reshape()";
    if (spec->units == 0 || spec->units > 1 << 24 || spec->outputs > 1 << 24)
        return "expected 1 to 2^24 units and outputs";
    if ((unsigned)spec->cell > DSC_RECURRENT_GRU_LBR)
        return "expected a cell of dsc_recurrent_cell";
    if (spec->peephole && spec->cell != DSC_RECURRENT_LSTM)
        return "peepholes belong to an LSTM: set .cell = DSC_RECURRENT_LSTM";
    if (spec->outputs && spec->cell != DSC_RECURRENT_JORDAN)
        return "outputs belong to a Jordan network: set .units, or .cell = DSC_RECURRENT_JORDAN";
    if (spec->forget_bias != 0 && spec->cell != DSC_RECURRENT_LSTM)
        return "a forget bias belongs to an LSTM: set .cell = DSC_RECURRENT_LSTM";
    if (spec->initial && (spec->layers > 1 || spec->bidirectional))
        return "expected no initial state with several layers or directions: make one layer at a time";
    if (spec->initial && spec->stateful)
        return "expected an initial state or a kept one, found both";
    if (spec->stateful && (spec->bidirectional || spec->reverse))
        return "expected a layer that reads forwards, as it keeps its state";
    return NULL;
}

static dsc_node *stacked(dsc_node *x, const dsc_recurrent_spec *spec, const char *name, bool sequence)
{
    if (!spec->bidirectional)
        return one_direction(x, spec, name, spec->reverse, sequence);
    dsc_node *forward =
        one_direction(x, spec, dsc_scope_format(x->scope, "%s/forward", name), false, sequence);
    dsc_node *backward =
        one_direction(x, spec, dsc_scope_format(x->scope, "%s/backward", name), true, sequence);
    return forward && backward ? dsc_concat(-1, forward, backward) : NULL;
}

dsc_node *dsc_recurrent_with(dsc_node *x, const dsc_recurrent_spec *spec)
{
    if (!x || !spec)
        return NULL;
    const char *name = dsci_layer_name_over((dsc_node *[]){ x, spec->lengths, spec->initial }, 3,
                                            DSCI_OP_RECURRENT, "recurrent", spec->name);
    const char *problem = problem_of(x, spec);
    if (name && problem)
        dsc_scope_fail(x->scope, DSC_ERROR_ARGUMENT, "layer '%s': %s", name, problem);
    if (!name || problem)
        return NULL;
    const size_t layers = spec->layers ? spec->layers : 1;
    for (size_t i = 0; i < layers && x; i++) {
        const char *of_layer = layers > 1 ? dsc_scope_format(x->scope, "%s/layer%zu", name, i + 1) : name;
        if (i > 0 && spec->dropout != 0)
            x = dsc_dropout(x, spec->dropout);
        x = of_layer && x ? stacked(x, spec, of_layer, spec->sequence || i + 1 < layers) : NULL;
    }
    return x;
}

dsc_node *dsc_final_state(dsc_node *recurrent)
{
    if (!recurrent)
        return NULL;
    const dsci_node *producer = recurrent->tensor->producer;
    if (producer->op != &dsci_op_recurrent) {
        dsc_scope_fail(recurrent->scope, DSC_ERROR_ARGUMENT,
                       "final state: expected a recurrent layer in one direction, found '%s'",
                       producer->name);
        return NULL;
    }
    dsc_node *node = dsc_scope_alloc(recurrent->scope, 1, sizeof *node);
    if (node) {
        *node = *recurrent;
        node->tensor = producer->out[1];
    }
    return node;
}
