/* dense_onednn.c - dense layers by oneDNN's inner products.
 *
 * Every part takes the whole batch and some of the columns of the result, so that no sum is divided: units
 * forward, inputs backward (of the gradient of the weights: some rows, the inputs' share). Parts work on
 * contiguous blocks in the thread's workspace, since oneDNN's faster kernels take no others.
 */
#include <string.h>

#include "ops/dense.h"
#include "ops/onednn_layers.h"

typedef struct dense_state {
    dsci_direction direction;
    dsci_dense_extents whole;
    size_t cut, width;            /* columns: of all parts, of each but the last */
    dsci_primitive *primitive[2]; /* of parts of full width; of the last, if it is narrower */
    const char *names;            /* of their implementations */
    dsci_primitive *reorder[DSCI_MOST_PARTS];
    size_t prepared_stride;                        /* bytes; 0: the weights are used as they are */
    size_t block_offset, block_bytes, bias_offset; /* in the workspace; block_bytes 0: none */
} dense_state;

static size_t activation_size(const dsci_node *node)
{
    return dsci_type_size(node->in[0]->type);
}

static size_t parts_of(const dense_state *s)
{
    return dsci_ceiling(s->cut, s->width);
}

static size_t width_of(const dense_state *s, size_t part)
{
    return dsci_least(s->cut - part * s->width, s->width);
}

static const dsci_primitive *primitive_of(const dense_state *s, size_t part)
{
    return s->primitive[s->primitive[1] && part + 1 == parts_of(s)];
}

static size_t choose_width(const dsci_dense_extents *e, size_t cut)
{
    const size_t parts =
        dsci_parts_worth(dsci_dense_products(e), dsci_limits.onednn.dense_flops, DSCI_MOST_PARTS);
    const size_t width = dsci_ceiling(cut, dsci_largest(parts, 1));
    return dsci_least(dsci_round_up(width, dsci_limits.onednn.dense_columns), cut);
}

bool dsci_dense_onednn_supports(const dsci_node *node)
{
    const dsc_activation activation =
        node->op == &dsci_op_dense ? node->attributes.dense.activation : DSC_ACTIVATION_LINEAR;
    return dsci_onednn_computes(node->in[0]->type, activation);
}

static dsci_primitive *make_primitive(dsc_scope *scope, const dsci_node *node, const dense_state *s,
                                      size_t width)
{
    const bool forward = s->direction == DSCI_FORWARD;
    const bool weights = s->direction == DSCI_BACKWARD_WEIGHTS;
    return dsci_primitive_make(
        scope,
        &(dsci_primitive_spec){
            .layer = node->name,
            .direction = s->direction,
            .bf16 = node->in[0]->type == DSCI_BF16,
            .bias = forward ? node->input_count > 2 : weights && node->attributes.dense.bias,
            .eltwise = forward ? dsci_onednn_eltwise(node->attributes.dense.activation) : DSCI_ELTWISE_NONE,
            .batch = s->whole.batch,
            .in = forward ? s->whole.fan_in : width,
            .out = forward ? width : s->whole.units,
            .weights_row = s->whole.units,
            .plain_weights = weights,
            .copies = parts_of(s),
        });
}

/* Weights that already lie as oneDNN wants them stay where they are. */
static void make_reorders(dsc_scope *scope, dense_state *s, dsci_booking *booking)
{
    const size_t parts = parts_of(s);
    const dsci_primitive *last = primitive_of(s, parts - 1);
    if (dsci_primitive_is_plain(s->primitive[0]) && dsci_primitive_is_plain(last))
        return;
    for (size_t p = 0; p < parts; p++)
        s->reorder[p] = dsci_reorder_make(scope, primitive_of(s, p), 0, 1, 1);
    s->prepared_stride = dsci_round_up(
        dsci_largest(dsci_primitive_weights_bytes(s->primitive[0]), dsci_primitive_weights_bytes(last)), 64);
    booking->prepared_bytes = parts * s->prepared_stride;
    booking->prepare_parts = parts;
}

static void book_workspace(const dsci_node *node, dense_state *s, dsci_booking *booking)
{
    const size_t parts = parts_of(s);
    size_t scratch = dsci_largest(dsci_primitive_scratch_bytes(s->primitive[0]),
                                  dsci_primitive_scratch_bytes(s->primitive[1]));
    for (size_t p = 0; p < parts; p++)
        scratch = dsci_largest(scratch, dsci_primitive_scratch_bytes(s->reorder[p]));
    s->block_offset = dsci_round_up(scratch, 64);
    s->block_bytes = parts > 1 ? dsci_round_up(s->whole.batch * s->width * activation_size(node), 64) : 0;
    s->bias_offset = s->block_offset + s->block_bytes;
    booking->parts = parts;
    booking->worker_bytes = s->bias_offset + (parts > 1 ? s->whole.units * sizeof(float) : 0);
}

dsc_status dsci_dense_onednn_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    dense_state *s = dsc_scope_alloc(scope, 1, sizeof *s);
    if (!s)
        return dsc_scope_status(scope);
    node->state = s;
    s->direction = node->op == &dsci_op_dense                 ? DSCI_FORWARD
                   : node->op == &dsci_op_dense_backward_data ? DSCI_BACKWARD_DATA
                                                              : DSCI_BACKWARD_WEIGHTS;
    s->whole = dsci_dense_extents_of(node);
    s->cut = s->direction == DSCI_FORWARD ? s->whole.units : s->whole.fan_in;
    s->width = choose_width(&s->whole, s->cut);
    s->primitive[0] = make_primitive(scope, node, s, s->width);
    const size_t last = width_of(s, parts_of(s) - 1);
    if (s->primitive[0] && last < s->width)
        s->primitive[1] = make_primitive(scope, node, s, last);
    s->names =
        dsci_primitive_names(scope, dsci_primitive_names(scope, NULL, s->primitive[0]), s->primitive[1]);
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    if (s->direction != DSCI_BACKWARD_WEIGHTS)
        make_reorders(scope, s, booking);
    book_workspace(node, s, booking);
    return dsc_scope_status(scope);
}

const char *dsci_dense_onednn_describe(const dsci_node *node)
{
    const dense_state *s = node->state;
    return s ? s->names : NULL;
}

/* Where the columns of a part start in the plain weights (fan_in, units). */
static const float *weights_of(const dense_state *s, const dsci_operands *o, size_t part)
{
    const size_t first = part * s->width;
    const float *weights = o->in[1];
    return s->direction == DSCI_FORWARD ? weights + first : weights + first * s->whole.units;
}

static const void *prepared_of(const dense_state *s, const dsci_operands *o, size_t part)
{
    return s->prepared_stride ? (const char *)o->prepared + part * s->prepared_stride
                              : (const void *)weights_of(s, o, part);
}

void dsci_dense_onednn_prepare(const dsci_operands *o, dsci_part part)
{
    const dense_state *s = o->state;
    if (!s->prepared_stride)
        return;
    const dsci_primitive_operands operands = {
        .src = weights_of(s, o, part.index),
        .dst = prepared_of(s, o, part.index),
        .scratch = part.workspace,
    };
    dsci_primitive_run(s->reorder[part.index], 0, &operands);
}

/* Columns from..from + width of a matrix of cols columns, to a block of their own and back. */
static void gather(char *block, const char *matrix, size_t rows, size_t cols, size_t from, size_t width,
                   size_t size)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(block + r * width * size, matrix + (r * cols + from) * size, width * size);
}

static void scatter(char *matrix, const char *block, size_t rows, size_t cols, size_t from, size_t width,
                    size_t size)
{
    for (size_t r = 0; r < rows; r++)
        memcpy(matrix + (r * cols + from) * size, block + r * width * size, width * size);
}

void dsci_dense_onednn_forward(const dsci_operands *o, dsci_part part)
{
    const dense_state *s = o->state;
    const size_t first = part.index * s->width;
    char *block = (char *)part.workspace + s->block_offset;
    const dsci_primitive_operands operands = {
        .src = o->in[0],
        .weights = prepared_of(s, o, part.index),
        .bias = o->in[2] ? (const float *)o->in[2] + first : NULL,
        .dst = s->block_bytes ? block : o->out[0],
        .scratch = part.workspace,
    };
    dsci_primitive_run(primitive_of(s, part.index), part.index, &operands);
    if (s->block_bytes)
        scatter(o->out[0], block, s->whole.batch, s->cut, first, width_of(s, part.index),
                activation_size(o->node));
}

void dsci_dense_onednn_backward_data(const dsci_operands *o, dsci_part part)
{
    const dense_state *s = o->state;
    char *block = (char *)part.workspace + s->block_offset;
    const dsci_primitive_operands operands = {
        .src = s->block_bytes ? block : o->out[0],
        .weights = prepared_of(s, o, part.index),
        .dst = o->in[0],
        .scratch = part.workspace,
    };
    dsci_primitive_run(primitive_of(s, part.index), part.index, &operands);
    if (s->block_bytes)
        scatter(o->out[0], block, s->whole.batch, s->cut, part.index * s->width, width_of(s, part.index),
                activation_size(o->node));
}

/* Every part sums the bias; the first one's is the gradient. */
void dsci_dense_onednn_backward_weights(const dsci_operands *o, dsci_part part)
{
    const dense_state *s = o->state;
    const size_t first = part.index * s->width;
    char *block = (char *)part.workspace + s->block_offset;
    if (s->block_bytes)
        gather(block, o->in[0], s->whole.batch, s->cut, first, width_of(s, part.index),
               activation_size(o->node));
    const dsci_primitive_operands operands = {
        .src = s->block_bytes ? block : o->in[0],
        .weights = (float *)o->out[0] + first * s->whole.units,
        .bias = part.index ? (char *)part.workspace + s->bias_offset : o->out[1],
        .dst = o->in[1],
        .scratch = part.workspace,
    };
    dsci_primitive_run(primitive_of(s, part.index), part.index, &operands);
}
