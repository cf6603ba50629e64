/* upsample.c - images and sequences made larger, channels last: each pixel is the nearest one of the input,
 * or between its neighbours. Both dimensions go one after the other, as sums of whole lines with weights; the
 * gradient sums over the same weights, gathered by the input's lines.
 */
#include "ops/upsample.h"

#include <string.h>

#include "ops/ref/ref.h"

/* --- Shapes --- */

dsci_upsample_shape dsci_upsample_shape_of(const dsci_node *node)
{
    const bool backward = node->op == &dsci_op_upsample_backward;
    const dsci_shape *src = backward ? &node->out[0]->shape : &node->in[0]->shape;
    const dsci_shape *dst = backward ? &node->in[0]->shape : &node->out[0]->shape;
    dsci_upsample_shape s = { .batch = node->batch,
                              .src = { src->dim[1], 1 },
                              .dst = { dst->dim[1], 1 },
                              .channels = src->dim[src->rank - 1],
                              .bilinear = node->attributes.upsample.bilinear,
                              .align_corners = node->attributes.upsample.align_corners };
    if (src->rank == 4) {
        s.src[1] = src->dim[2];
        s.dst[1] = dst->dim[2];
    }
    return s;
}

/* The coordinate is the fraction numerator / denominator, so that nothing is rounded before the weights. All
   sizes are below 2^31. */
dsci_upsample_place dsci_upsample_place_of(const dsci_upsample_shape *s, size_t dimension, size_t at)
{
    const uint64_t src = s->src[dimension], dst = s->dst[dimension];
    uint64_t numerator = at * src, denominator = dst;
    if (s->bilinear && s->align_corners) {
        numerator = at * (src - 1);
        denominator = dst > 1 ? dst - 1 : 1;
    } else if (s->bilinear) {
        numerator = (2 * at + 1) * src;
        numerator = numerator > dst ? numerator - dst : 0;
        denominator = 2 * dst;
    }
    const size_t low = numerator / denominator, last = src - 1;
    if (!s->bilinear || low >= last)
        return (dsci_upsample_place){ low, low, 0 };
    return (dsci_upsample_place){ low, low + 1, (double)(numerator % denominator) / (double)denominator };
}

static bool check_sizes(const dsci_context *context, const dsci_node *node, size_t src, size_t dst)
{
    if (src <= INT32_MAX && dst > 0 && dst <= INT32_MAX)
        return true;
    dsc_scope_fail(
        context->scope, DSC_ERROR_SHAPE,
        "layer '%s': expected sizes from 1 to 2^31 - 1, found %zu to be made from %zu of '%s'; use a "
        "smaller factor or size",
        node->name, dst, src, node->in[0]->producer->name);
    return false;
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_shape *src = &node->in[0]->shape;
    if (!dsci_expect_batch(context, node, node->in[0]))
        return false;
    if (src->rank != 3 && src->rank != 4) {
        char text[128];
        dsc_scope_fail(context->scope, DSC_ERROR_SHAPE,
                       "layer '%s': expected images (height, width, channels) or sequences (steps, "
                       "channels), found a batch of shape %s from '%s'; use dsc_reshape()",
                       node->name, dsci_shape_text(src, text), node->in[0]->producer->name);
        return false;
    }
    if (node->attributes.upsample.align_corners && !node->attributes.upsample.bilinear) {
        dsc_scope_fail(context->scope, DSC_ERROR_ARGUMENT,
                       "layer '%s': expected align_corners with bilinear upsampling alone, found it with the "
                       "nearest pixel, which has no such convention; leave it out or use "
                       "DSC_UPSAMPLE_BILINEAR",
                       node->name);
        return false;
    }
    dsci_shape dst = *src;
    for (size_t i = 1; i + 1 < src->rank; i++) {
        dst.dim[i] = node->attributes.upsample.size[i - 1];
        if (!check_sizes(context, node, src->dim[i], dst.dim[i]))
            return false;
    }
    return dsci_node_output(context, node, context->real, &dst);
}

static bool infer_backward(const dsci_context *context, dsci_node *node)
{
    const dsci_shape shape = dsci_shape_batched(context->batch, &node->attributes.upsample.example);
    return dsci_node_output(context, node, context->real, &shape);
}

static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *src = node->in[0];
    dsci_attributes attributes = node->attributes;
    attributes.upsample.example = dsci_tensor_example(src);
    const dsci_node *backward =
        dsci_graph_append(graph, &dsci_op_upsample_backward, &attributes, &node->out[0]->diff, 1);
    dsci_gradient_add(graph, src, backward ? backward->out[0] : NULL);
}

/* --- Native --- */

/* Along a dimension, line i of the output is the sum of weight times line of the input, over the terms from
   first[i] to first[i + 1]. */
typedef struct terms {
    size_t *first, *line;
    float *weight;
} terms;

typedef struct upsampling {
    size_t in[2], out[2], channels; /* height, width: of the op's input and output */
    terms terms[2];
} upsampling;

/* The two terms of position i of dst: source and weight. Those that weigh nothing are left out. */
static size_t terms_at(const dsci_upsample_shape *s, size_t dimension, size_t i, size_t src[2],
                       double weight[2])
{
    const dsci_upsample_place place = dsci_upsample_place_of(s, dimension, i);
    src[0] = place.low;
    src[1] = place.high;
    weight[0] = 1 - place.part;
    weight[1] = place.part;
    return place.part > 0 ? 2 : 1;
}

/* Terms are sorted by line: counted, then each put behind those of its line. While they are, first[i + 1] is
   where the next term of line i goes; at the end that is where those of line i + 1 begin. */
static dsc_status make_terms(dsc_scope *scope, const dsci_upsample_shape *s, size_t dimension, bool backward,
                             terms *t)
{
    const size_t dst = s->dst[dimension], lines = backward ? s->src[dimension] : dst;
    *t = (terms){ .first = dsc_scope_alloc(scope, lines + 2, sizeof *t->first),
                  .line = dsc_scope_alloc(scope, 2 * dst, sizeof *t->line),
                  .weight = dsc_scope_alloc(scope, 2 * dst, sizeof *t->weight) };
    if (!t->first || !t->line || !t->weight)
        return dsc_scope_status(scope);
    size_t src[2];
    double weight[2];
    for (size_t i = 0; i < dst; i++)
        for (size_t k = terms_at(s, dimension, i, src, weight); k-- > 0;)
            t->first[(backward ? src[k] : i) + 2]++;
    for (size_t line = 0; line < lines; line++)
        t->first[line + 2] += t->first[line + 1];
    for (size_t i = 0; i < dst; i++) {
        const size_t count = terms_at(s, dimension, i, src, weight);
        for (size_t k = 0; k < count; k++) {
            const size_t at = t->first[(backward ? src[k] : i) + 1]++;
            t->line[at] = backward ? i : src[k];
            t->weight[at] = (float)weight[k];
        }
    }
    return DSC_OK;
}

/* The workspace holds a row of the input's width, and a product of such a row. */
static dsc_status book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_upsample_shape s = dsci_upsample_shape_of(node);
    const bool backward = node->op == &dsci_op_upsample_backward;
    upsampling *u = dsc_scope_alloc(scope, 1, sizeof *u);
    if (!u)
        return dsc_scope_status(scope);
    u->channels = s.channels;
    for (size_t i = 0; i < 2; i++) {
        u->in[i] = backward ? s.dst[i] : s.src[i];
        u->out[i] = backward ? s.src[i] : s.dst[i];
        if (make_terms(scope, &s, i, backward, &u->terms[i]) != DSC_OK)
            return dsc_scope_status(scope);
    }
    node->state = u;
    booking->worker_bytes = 2 * dsci_vector_floats(u->in[1] * u->channels) * sizeof(float);
    const size_t parts =
        dsci_element_parts(node, dsci_largest(node->in[0]->elements, node->out[0]->elements));
    if (parts == 1)
        return dsci_book_shards(scope, node, booking);
    booking->parts = parts;
    return DSC_OK;
}

/* dst (n) = a line of the output, in the order of its terms; lines of the input begin at src, `step` floats
   from one to the next. */
static void sum_terms(const dsci_kernels *kernels, const terms *t, size_t line, float *dst, const float *src,
                      size_t step, size_t n, float *product)
{
    const size_t first = t->first[line], end = t->first[line + 1];
    if (first == end) /* a source that a smaller output passes over */
        memset(dst, 0, n * sizeof *dst);
    for (size_t i = first; i < end; i++) {
        const float *from = src + t->line[i] * step;
        if (i == first && t->weight[i] == 1) {
            kernels->copy_rows(dst, n, from, n, 1, n);
        } else if (i == first) {
            kernels->scale(dst, from, n, t->weight[i]);
        } else {
            kernels->scale(product, from, n, t->weight[i]);
            kernels->add(dst, dst, product, n, 0);
        }
    }
}

static void run(const dsci_operands *o, dsci_part part)
{
    const upsampling *u = o->state;
    const size_t row_in = u->in[1] * u->channels, row_out = u->out[1] * u->channels, height = u->out[0];
    float *row = part.workspace, *product = row + dsci_vector_floats(row_in);
    dsci_range rows = dsci_piece(o->node->batch * height, part.index, o->node->booking.parts);
    if (o->node->booking.by_batch) {
        const dsci_range examples = dsci_shard(o->node, part.index);
        rows = (dsci_range){ examples.first * height, examples.count * height };
    }
    for (size_t i = rows.first; i < rows.first + rows.count; i++) {
        const float *image = (const float *)o->in[0] + i / height * u->in[0] * row_in;
        float *dst = (float *)o->out[0] + i * row_out;
        const bool same_width = u->in[1] == u->out[1];
        sum_terms(o->kernels, &u->terms[0], i % height, same_width ? dst : row, image, row_in, row_in,
                  product);
        for (size_t x = 0; x < u->out[1] && !same_width; x++)
            sum_terms(o->kernels, &u->terms[1], x, dst + x * u->channels, row, u->channels, u->channels,
                      product);
    }
}

static const dsci_field fields[] = { { "size", DSCI_FIELD_SIZE, DSCI_AT(upsample.size), 2, 1, INT32_MAX },
                                     { "bilinear", DSCI_FIELD_BOOL, DSCI_AT(upsample.bilinear), 0, 0, 1 },
                                     { "align_corners", DSCI_FIELD_BOOL, DSCI_AT(upsample.align_corners), 0,
                                       0, 1 },
                                     { .name = NULL } };

const dsci_op dsci_op_upsample = {
    .name = "upsample",
    .id = DSCI_OP_UPSAMPLE,
    .infer = infer,
    .gradient = gradient,
    .schema = { "x", 1, fields },
    .implementations = { { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .book = book, .run = run },
                         DSCI_REF_IMPLEMENTATIONS(upsample) },
};

const dsci_op dsci_op_upsample_backward = {
    .name = "upsample_backward",
    .id = DSCI_OP_UPSAMPLE_BACKWARD,
    .infer = infer_backward,
    .implementations = { { .engine = DSC_ENGINE_NATIVE, .type = DSCI_F32, .book = book, .run = run },
                         DSCI_REF_IMPLEMENTATIONS(upsample_backward) },
};
