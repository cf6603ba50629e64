/* matmul.c - products of the matrices in the last two dimensions of two tensors, either transposed.
 * Dimensions before them go together as broadcast.h says. The gradient of a tensor is a product, too: added
 * up over what the tensor was repeated along.
 */
#include "ops/matmul.h"

#include "ops/bf16_emulation.h"
#include "ops/parts.h"
#include "ops/products.h"
#include "ops/ref/ref.h"

/* Rows and columns of op(tensor). */
static size_t extent(const dsci_tensor *tensor, bool transposed, bool columns)
{
    return tensor->shape.dim[tensor->shape.rank - (transposed == columns ? 2 : 1)];
}

static bool infer(const dsci_context *context, dsci_node *node)
{
    const dsci_tensor *a = node->in[0], *b = node->in[1];
    const bool transpose_a = node->attributes.matmul.transpose_a,
               transpose_b = node->attributes.matmul.transpose_b;
    dsci_shape shape;
    if (!dsci_expect_real(context, node, a) || !dsci_expect_real(context, node, b) ||
        !dsci_broadcast_infer(context, node, 2, &shape))
        return false;
    if (extent(a, transpose_a, true) != extent(b, transpose_b, false) || a->type != b->type) {
        char a_text[128], b_text[128];
        dsc_scope_fail(
            context->scope, DSC_ERROR_SHAPE,
            "layer '%s': expected as many columns of the left matrix as the right one has rows, found "
            "%s%s from '%s' and %s%s from '%s'",
            node->name, dsci_shape_text(&a->shape, a_text), transpose_a ? " transposed" : "",
            a->producer->name, dsci_shape_text(&b->shape, b_text), transpose_b ? " transposed" : "",
            b->producer->name);
        return false;
    }
    if (node->attributes.matmul.sums) {
        const dsci_shape *to = &node->attributes.matmul.to;
        shape = node->attributes.matmul.unbatched ? *to : dsci_shape_batched(context->batch, to);
    } else {
        shape.dim[shape.rank++] = extent(a, transpose_a, false);
        shape.dim[shape.rank++] = extent(b, transpose_b, true);
    }
    if (!dsci_node_output(context, node, a->type, &shape))
        return false;
    if (node->attributes.matmul.sums)
        node->out[0]->unbatched = node->attributes.matmul.unbatched;
    return true;
}

static void gradient_of(dsci_graph *graph, dsci_tensor *tensor, dsci_tensor *left, bool transpose_left,
                        dsci_tensor *right, bool transpose_right)
{
    const dsci_attributes attributes = { .matmul = { .transpose_a = transpose_left,
                                                     .transpose_b = transpose_right,
                                                     .sums = true,
                                                     .unbatched = tensor->unbatched,
                                                     .to = dsci_tensor_example(tensor) } };
    if (!tensor->needs_gradient)
        return;
    const dsci_node *product =
        dsci_graph_append(graph, &dsci_op_matmul, &attributes, (dsci_tensor *[]){ left, right }, 2);
    dsci_gradient_add(graph, tensor, product ? product->out[0] : NULL);
}

/* Of op(a): diff op(b)^T, of op(b): op(a)^T diff; transposed if the tensor is. */
static void gradient(dsci_graph *graph, dsci_node *node)
{
    dsci_tensor *a = node->in[0], *b = node->in[1], *diff = node->out[0]->diff;
    const bool transpose_a = node->attributes.matmul.transpose_a,
               transpose_b = node->attributes.matmul.transpose_b;
    if (transpose_a)
        gradient_of(graph, a, b, transpose_b, diff, true);
    else
        gradient_of(graph, a, diff, false, b, !transpose_b);
    if (transpose_b)
        gradient_of(graph, b, diff, true, a, transpose_a);
    else
        gradient_of(graph, b, a, !transpose_a, diff, false);
}

/* --- The products behind the shapes --- */

/* Moves a dimension of the operands to the items or the terms. */
static void take(dsci_broadcast *to, const dsci_broadcast *from, size_t i)
{
    to->dim[to->rank] = from->dim[i];
    to->step[0][to->rank] = from->step[0][i];
    to->step[1][to->rank] = from->step[1][i];
    to->rank++;
}

static size_t count_of(const dsci_broadcast *b)
{
    size_t count = 1;
    for (size_t i = 0; i < b->rank; i++)
        count *= b->dim[i];
    return count;
}

/* One product of more rows for items that lie one after the other on the left and are one on the right; one
 * of greater depth for terms that lie one after the other. */
static void join(dsci_matmul *p, bool transpose_a, bool transpose_b)
{
    for (dsci_broadcast *b = &p->item; b->rank > 0 && !transpose_a; b->rank--) {
        const size_t last = b->rank - 1;
        if (b->step[0][last] != p->m * p->k || b->step[1][last] != 0)
            break;
        p->m *= b->dim[last];
    }
    for (dsci_broadcast *b = &p->term; b->rank > 0 && transpose_a && !transpose_b; b->rank--) {
        const size_t last = b->rank - 1;
        if (b->step[0][last] != p->m * p->k || b->step[1][last] != p->k * p->n)
            break;
        p->k *= b->dim[last];
    }
}

dsci_matmul dsci_matmul_of(const dsci_node *node)
{
    const dsci_tensor *a = node->in[0], *b = node->in[1], *dst = node->out[0];
    const bool transpose_a = node->attributes.matmul.transpose_a,
               transpose_b = node->attributes.matmul.transpose_b;
    const bool batched = !a->unbatched || !b->unbatched;
    dsci_matmul p = { .m = extent(a, transpose_a, false),
                      .n = extent(b, transpose_b, true),
                      .k = extent(a, transpose_a, true) };
    const size_t a_rank = a->shape.rank - !a->unbatched, b_rank = b->shape.rank - !b->unbatched;
    dsci_shape leading = { .rank = (a_rank > b_rank ? a_rank : b_rank) - 2 + batched };
    size_t of_a[DSCI_MAX_RANK], of_b[DSCI_MAX_RANK], of_dst[DSCI_MAX_RANK];
    dsci_broadcast_align(a, 2, batched, leading.rank, of_a);
    dsci_broadcast_align(b, 2, batched, leading.rank, of_b);
    dsci_broadcast_align(dst, 2, batched, leading.rank, of_dst);
    for (size_t i = 0; i < leading.rank; i++)
        leading.dim[i] = of_a[i] == 1 ? of_b[i] : of_a[i];
    const dsci_broadcast operands = dsci_broadcast_of(node, &leading, 2);
    for (size_t i = 0; i < leading.rank; i++)
        take(of_dst[i] == leading.dim[i] ? &p.item : &p.term, &operands, i);
    dsci_broadcast_merge(&p.item);
    dsci_broadcast_merge(&p.term);
    join(&p, transpose_a, transpose_b);
    p.items = count_of(&p.item);
    p.terms = count_of(&p.term);
    return p;
}

static double flops(const dsci_node *node)
{
    const dsci_matmul p = dsci_matmul_of(node);
    return 2 * (double)p.m * (double)p.n * (double)p.k * (double)p.items * (double)p.terms;
}

/* --- Native: one large product goes as those of dense layers. Many are shared out whole, by the shards of
 * the batch or, if there is but one, by number; few by pieces. --- */

static const dsci_operands no_operands;

static bool is_one(const dsci_matmul *p)
{
    return p->items == 1 && p->terms == 1;
}

static dsci_gemm product_of(const dsci_matmul *p, const dsci_operands *o, const dsci_node *node, size_t item,
                            size_t term)
{
    size_t at[2], more[2];
    dsci_broadcast_at(&p->item, p->item.rank, item, at);
    dsci_broadcast_at(&p->term, p->term.rank, term, more);
    const float *a = o->in[0], *b = o->in[1];
    float *c = o->out[0];
    return (dsci_gemm){ .m = p->m,
                        .n = p->n,
                        .k = p->k,
                        .a = a ? a + at[0] + more[0] : NULL,
                        .b = b ? b + at[1] + more[1] : NULL,
                        .c = c ? c + item * p->m * p->n : NULL,
                        .lda = node->attributes.matmul.transpose_a ? p->m : p->k,
                        .ldb = node->attributes.matmul.transpose_b ? p->k : p->n,
                        .ldc = p->n,
                        .transpose_a = node->attributes.matmul.transpose_a,
                        .transpose_b = node->attributes.matmul.transpose_b,
                        .accumulate = term > 0 };
}

static dsc_status book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    dsci_matmul *p = dsc_scope_alloc(scope, 1, sizeof *p);
    if (!p)
        return dsc_scope_status(scope);
    *p = dsci_matmul_of(node);
    node->state = p;
    const dsci_gemm product = product_of(p, &no_operands, node, 0, p->terms - 1);
    if (is_one(p)) {
        dsci_weights_product_book(&product, booking);
        return DSC_OK;
    }
    booking->worker_bytes = dsci_gemm_workspace(&product) * sizeof(float);
    if (!node->out[0]->unbatched && dsci_shards(node) > 1 && p->items % node->batch == 0)
        return dsci_book_shards(scope, node, booking);
    booking->parts = p->items < DSCI_MOST_PARTS ? p->items * dsci_gemm_parts(&product)
                                                : dsci_least(p->items, DSCI_MOST_PARTS);
    return DSC_OK;
}

static void pack(const dsci_operands *o, dsci_part part)
{
    dsci_product_pack(o, part, product_of(o->state, o, o->node, 0, 0));
}

/* The terms of an item, or of piece `piece` of it. */
static void add_terms(const dsci_operands *o, dsci_part part, size_t item, size_t piece, bool whole)
{
    const dsci_matmul *p = o->state;
    for (size_t term = 0; term < p->terms; term++) {
        dsci_gemm product = product_of(p, o, o->node, item, term);
        if (!whole)
            product = dsci_gemm_part(&product, piece);
        product.workspace = part.workspace;
        o->kernels->gemm(&product);
    }
}

static void run(const dsci_operands *o, dsci_part part)
{
    const dsci_matmul *p = o->state;
    const dsci_booking *booking = &o->node->booking;
    const dsci_gemm product = product_of(p, o, o->node, 0, 0);
    dsci_range items = dsci_piece(p->items, part.index, booking->parts);
    if (is_one(p)) {
        dsci_weights_product_run(o, part, &product);
        return;
    }
    if (booking->by_batch) {
        const dsci_range rows = dsci_shard(o->node, part.index);
        const size_t each = p->items / o->node->batch;
        items = (dsci_range){ rows.first * each, rows.count * each };
    } else if (p->items < DSCI_MOST_PARTS) {
        const size_t pieces = booking->parts / p->items;
        add_terms(o, part, part.index / pieces, part.index % pieces, pieces == 1);
        return;
    }
    for (size_t item = items.first; item < items.first + items.count; item++)
        add_terms(o, part, item, 0, true);
}

static void finish(const dsci_operands *o, dsci_part part)
{
    const dsci_gemm product = product_of(o->state, o, o->node, 0, 0);
    dsci_weights_product_finish(o, part, &product);
}

static const dsci_field fields[] = { { "transpose_a", DSCI_FIELD_BOOL, DSCI_AT(matmul.transpose_a), 0, 0, 1 },
                                     { "transpose_b", DSCI_FIELD_BOOL, DSCI_AT(matmul.transpose_b), 0, 0, 1 },
                                     { .name = NULL } };

const dsci_op dsci_op_matmul = {
    .name = "matmul",
    .id = DSCI_OP_MATMUL,
    .infer = infer,
    .gradient = gradient,
    .flops = flops,
    .schema = { "rr", 2, fields },
    .implementations = { { .engine = DSC_ENGINE_NATIVE,
                           .type = DSCI_F32,
                           .book = book,
                           .pack = pack,
                           .run = run,
                           .finish = finish },
                         DSCI_WIDENED,
                         DSCI_REF_IMPLEMENTATIONS(matmul) },
};
