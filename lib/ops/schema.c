/* schema.c - the attributes of each op by name, for files. */
#include "ops/schema.h"
#include "ops/recurrent.h"

#include <float.h>
#include <string.h>

#define AT(member) offsetof(dsci_attributes, member)

static const dsci_field no_fields[] = { { .name = NULL } };
static const dsci_field dense_fields[] = { { "per_step", DSCI_FIELD_BOOL, AT(dense.per_step), 0, 0, 1 },
                                           { .name = NULL } };
static const dsci_field example_fields[] = { { "shape", DSCI_FIELD_SHAPE, AT(example), 0, 1, 0x1p40 },
                                             { .name = NULL } };
static const dsci_field labels_fields[] = { { "shape", DSCI_FIELD_SHAPE, AT(labels.example), 0, 1, 0x1p40 },
                                            { "classes", DSCI_FIELD_SIZE, AT(labels.classes), 0, 1,
                                              INT32_MAX },
                                            { .name = NULL } };
static const dsci_field tokens_fields[] = { { "shape", DSCI_FIELD_SHAPE, AT(tokens.example), 0, 1, 0x1p40 },
                                            { "vocabulary", DSCI_FIELD_SIZE, AT(tokens.vocabulary), 0, 1,
                                              INT32_MAX },
                                            { .name = NULL } };
static const dsci_field parameter_fields[] = {
    { "shape", DSCI_FIELD_SHAPE, AT(parameter.shape), 0, 1, 0x1p40 }, { .name = NULL }
};
static const dsci_field activation_fields[] = {
    { "activation", DSCI_FIELD_ACTIVATION, AT(activation.kind), 0, 0, 0 },
    { "alpha", DSCI_FIELD_REAL, AT(activation.alpha), 0, 0, 0x1p40 },
    { .name = NULL }
};
static const dsci_field dropout_fields[] = { { "rate", DSCI_FIELD_REAL, AT(rate), 0, 0, 1 - DBL_EPSILON },
                                             { .name = NULL } };
static const dsci_field noise_fields[] = { { "deviation", DSCI_FIELD_REAL, AT(deviation), 0, 0, 0x1p40 },
                                           { .name = NULL } };

#define WINDOW_FIELDS(window)                                                                                \
    { "kernel", DSCI_FIELD_SIZE, AT(window.kernel), 2, 1, 0x1p20 },                                          \
        { "stride", DSCI_FIELD_SIZE, AT(window.stride), 2, 1, 0x1p20 },                                      \
        { "dilation", DSCI_FIELD_SIZE, AT(window.dilation), 2, 1, 0x1p20 },                                  \
        { "before", DSCI_FIELD_SIZE, AT(window.before), 2, 0, 0x1p20 },                                      \
    {                                                                                                        \
        "after", DSCI_FIELD_SIZE, AT(window.after), 2, 0, 0x1p20                                             \
    }
static const dsci_field conv_fields[] = { WINDOW_FIELDS(conv.window),
                                          { "groups", DSCI_FIELD_SIZE, AT(conv.groups), 0, 1, 0x1p40 },
                                          { .name = NULL } };
static const dsci_field pool_fields[] = { WINDOW_FIELDS(pool.window),
                                          { "global", DSCI_FIELD_BOOL, AT(pool.global), 0, 0, 1 },
                                          { "count_padding", DSCI_FIELD_BOOL, AT(pool.count_padding), 0, 0,
                                            1 },
                                          { .name = NULL } };

static const dsci_field axis_fields[] = { { "axis", DSCI_FIELD_SIZE, AT(range.axis), 0, 1, DSC_MAX_RANK },
                                          { .name = NULL } };
static const dsci_field slice_fields[] = { { "axis", DSCI_FIELD_SIZE, AT(range.axis), 0, 1, DSC_MAX_RANK },
                                           { "first", DSCI_FIELD_SIZE, AT(range.first), 0, 0, 0x1p40 },
                                           { "count", DSCI_FIELD_SIZE, AT(range.count), 0, 1, 0x1p40 },
                                           { .name = NULL } };
static const dsci_field scale_fields[] = { { "factor", DSCI_FIELD_REAL, AT(factor), 0, -DBL_MAX, DBL_MAX },
                                           { .name = NULL } };
static const dsci_field batch_norm_fields[] = {
    { "momentum", DSCI_FIELD_REAL, AT(batch_norm.momentum), 0, 0, 1 },
    { "epsilon", DSCI_FIELD_REAL, AT(batch_norm.epsilon), 0, 0, DBL_MAX },
    { "scale", DSCI_FIELD_BOOL, AT(batch_norm.scale), 0, 0, 1 },
    { "shift", DSCI_FIELD_BOOL, AT(batch_norm.shift), 0, 0, 1 },
    { .name = NULL }
};

#define RECURRENT(name, kind, low, high)                                                                     \
    {                                                                                                        \
#name, kind, AT(recurrent.name), 0, low, high                                                        \
    }
static const dsci_field embedding_fields[] = {
    { "padding", DSCI_FIELD_SIZE, AT(embedding.padding), 0, 0, INT32_MAX }, { .name = NULL }
};
static const dsci_field recurrent_fields[] = { RECURRENT(cell, DSCI_FIELD_INT, 0, DSCI_CELLS - 1),
                                               RECURRENT(units, DSCI_FIELD_SIZE, 1, 1 << 24),
                                               RECURRENT(outputs, DSCI_FIELD_SIZE, 1, 1 << 24),
                                               RECURRENT(steps, DSCI_FIELD_SIZE, 1, 1 << 24),
                                               RECURRENT(features, DSCI_FIELD_SIZE, 1, 1 << 24),
                                               RECURRENT(truncate, DSCI_FIELD_SIZE, 0, 0x1p40),
                                               RECURRENT(roles, DSCI_FIELD_SIZE, 1, (1 << DSCI_ROLES) - 1),
                                               RECURRENT(reverse, DSCI_FIELD_BOOL, 0, 1),
                                               RECURRENT(sequence, DSCI_FIELD_BOOL, 0, 1),
                                               { .name = NULL } };
static const dsci_field label_loss_fields[] = {
    { "kind", DSCI_FIELD_INT, AT(loss.kind), 0, DSCI_LABEL_SOFTMAX, DSCI_LABEL_HINGE },
    { "class_weights", DSCI_FIELD_REALS, AT(loss.class_weights), 0, 0, FLT_MAX },
    { "label_smoothing", DSCI_FIELD_REAL, AT(loss.smoothing), 0, 0, 1 },
    { "ignore", DSCI_FIELD_SIZE, AT(loss.ignore), 0, 0, INT32_MAX },
    { .name = NULL }
};
static const dsci_field target_loss_fields[] = {
    { "kind", DSCI_FIELD_INT, AT(loss.kind), 0, DSCI_TARGET_SQUARED, DSCI_TARGET_KL },
    { "weights", DSCI_FIELD_REAL, AT(loss.weights), 2, 0, FLT_MAX },
    { "label_smoothing", DSCI_FIELD_REAL, AT(loss.smoothing), 0, 0, 1 },
    { "delta", DSCI_FIELD_REAL, AT(loss.delta), 0, 0, FLT_MAX },
    { .name = NULL }
};

static const dsci_field maxout_fields[] = { { "pieces", DSCI_FIELD_SIZE, AT(pieces), 0, 1, 0x1p40 },
                                            { .name = NULL } };
static const dsci_field layer_norm_fields[] = { { "epsilon", DSCI_FIELD_REAL, AT(layer_norm.epsilon), 0, 0,
                                                  DBL_MAX },
                                                { "scale", DSCI_FIELD_BOOL, AT(layer_norm.scale), 0, 0, 1 },
                                                { "shift", DSCI_FIELD_BOOL, AT(layer_norm.shift), 0, 0, 1 },
                                                { .name = NULL } };

static const dsci_op_schema schemas[] = {
    { &dsci_op_input, "", 0, example_fields },
    { &dsci_op_targets, "", 0, example_fields },
    { &dsci_op_labels, "", 0, labels_fields },
    { &dsci_op_tokens, "", 0, tokens_fields },
    { &dsci_op_parameter, "", 0, parameter_fields },
    { &dsci_op_state, "", 0, parameter_fields },
    { &dsci_op_dense, "xpb", 2, dense_fields },
    { &dsci_op_conv, "xpb", 2, conv_fields },
    { &dsci_op_max_pool, "x", 1, pool_fields },
    { &dsci_op_average_pool, "x", 1, pool_fields },
    { &dsci_op_activation, "x", 1, activation_fields },
    { &dsci_op_dropout, "x", 1, dropout_fields },
    { &dsci_op_channel_dropout, "x", 1, dropout_fields },
    { &dsci_op_gaussian_dropout, "x", 1, dropout_fields },
    { &dsci_op_alpha_dropout, "x", 1, dropout_fields },
    { &dsci_op_gaussian_noise, "x", 1, noise_fields },
    { &dsci_op_add, "xx", 2, no_fields },
    { &dsci_op_multiply, "xx", 2, no_fields },
    { &dsci_op_scale, "x", 1, scale_fields },
    { &dsci_op_reshape, "x", 1, example_fields },
    { &dsci_op_concat, "x+", 1, axis_fields },
    { &dsci_op_slice, "x", 1, slice_fields },
    { &dsci_op_batch_norm, "xsspp", 3, batch_norm_fields },
    { &dsci_op_softmax, "x", 1, no_fields },
    { &dsci_op_log_softmax, "x", 1, no_fields },
    { &dsci_op_maxout, "x", 1, maxout_fields },
    { &dsci_op_layer_norm, "xpp", 1, layer_norm_fields },
    { &dsci_op_softmax_cross_entropy, "xl", 2, no_fields },
    { &dsci_op_embedding, "tp", 2, embedding_fields },
    { &dsci_op_lengths, "t", 1, embedding_fields },
    { &dsci_op_recurrent, "xppa+", 3, recurrent_fields },
    { &dsci_op_squared_loss, "xy", 2, no_fields },
    { &dsci_op_label_loss, "xl", 2, label_loss_fields },
    { &dsci_op_target_loss, "xy", 2, target_loss_fields },
};
enum { SCHEMAS = sizeof schemas / sizeof schemas[0] };

const dsci_op_schema *dsci_op_schema_of(const dsci_op *op)
{
    for (size_t i = 0; i < SCHEMAS; i++)
        if (schemas[i].op == op)
            return &schemas[i];
    return NULL;
}

const dsci_op_schema *dsci_op_schema_named(const char *name)
{
    for (size_t i = 0; i < SCHEMAS; i++)
        if (strcmp(schemas[i].op->name, name) == 0)
            return &schemas[i];
    return NULL;
}

/* Whether there is a value for each column of the weights. */
static bool is_bias(const dsci_tensor *bias, const dsci_tensor *weights)
{
    return bias->producer->op == &dsci_op_parameter && bias->shape.rank == 1 && weights->shape.rank > 0 &&
           bias->shape.dim[0] == weights->shape.dim[weights->shape.rank - 1];
}

static bool fits(char letter, const dsci_tensor *input)
{
    const dsci_op *op = input->producer->op;
    switch (letter) {
    case 'p': return op == &dsci_op_parameter;
    case 's': return op == &dsci_op_state;
    case 'l': return op == &dsci_op_labels;
    case 'y': return op == &dsci_op_targets;
    case 't': return op == &dsci_op_tokens;
    case 'a': return input->type != DSCI_I32 || op != &dsci_op_labels;
    case 'i': return input->type == DSCI_I32 && op != &dsci_op_labels && op != &dsci_op_tokens;
    default: return input->type == DSCI_F32 && (op == &dsci_op_input || !op->leaf);
    }
}

bool dsci_op_schema_fits(const dsci_op_schema *schema, dsci_tensor *const *inputs, size_t count)
{
    const char *letter = schema->inputs;
    if (count < schema->least)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (*letter == 'b' ? i == 0 || !is_bias(inputs[i], inputs[i - 1])
                           : !*letter || !fits(*letter, inputs[i]))
            return false;
        if (letter[1] != '+')
            letter++;
    }
    return true;
}
