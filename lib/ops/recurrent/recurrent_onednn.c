/* recurrent_onednn.c - the products of recurrent layers over many steps at once, by oneDNN in bf16: of x and
 * the weights, of the gradients of the gates and the weights, and the gradients of the weights. What goes
 * from one step to the next stays with the native kernels, in single precision.
 *
 * A group's rows of some steps lie one after the other, so that they are the batch of an inner product. Each
 * product is whole within one part: no sum is divided.
 */
#include "ops/recurrent/recurrent.h"

#include <string.h>

enum { LINE = 64, MOST_PRODUCTS = 3 };

/* --- Of some steps of a group --- */

/* As many steps as make about as many rows as the limit says, the same number at every turn but perhaps the
 * last. */
static size_t steps_at_once(const dsci_recurrent *r)
{
    const size_t most = dsci_ceiling(dsci_limits.recurrent.onednn_rows, dsci_recurrent_group(r));
    return dsci_ceiling(r->steps, dsci_ceiling(r->steps, most));
}

dsc_status dsci_recurrent_products_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_recurrent r = dsci_recurrent_of(node);
    const bool forward = node->op == &dsci_op_recurrent;
    dsci_recurrent_products *p = dsc_scope_alloc(scope, 1, sizeof *p);
    if (!p)
        return dsc_scope_status(scope);
    node->state = p;
    p->steps = steps_at_once(&r);
    p->rows = p->steps * dsci_recurrent_group(&r);
    p->product = dsci_primitive_make(scope, &(dsci_primitive_spec){
                                                .layer = node->name,
                                                .direction = forward ? DSCI_FORWARD : DSCI_BACKWARD_DATA,
                                                .bf16 = true,
                                                .wide_result = forward,
                                                .bias = forward,
                                                .batch = p->rows,
                                                .in = r.features,
                                                .out = r.gates,
                                                .copies = booking->parts,
                                            });
    p->reorder = dsci_reorder_make(scope, p->product, 0, 1, 1);
    if (dsc_scope_status(scope) != DSC_OK)
        return dsc_scope_status(scope);
    p->weights_offset = dsci_round_up(booking->prepared_bytes, LINE);
    booking->prepared_bytes = p->weights_offset + dsci_primitive_weights_bytes(p->product);
    booking->prepare_parts = 2;
    p->scratch_offset = dsci_round_up(booking->worker_bytes, LINE);
    p->in_offset = p->scratch_offset + dsci_round_up(dsci_largest(dsci_primitive_scratch_bytes(p->product),
                                                                  dsci_primitive_scratch_bytes(p->reorder)),
                                                     LINE);
    p->out_offset =
        p->in_offset + dsci_round_up(p->rows * (forward ? r.features : r.gates) * sizeof(dsci_bf16), LINE);
    booking->worker_bytes =
        p->out_offset + p->rows * (forward ? r.gates * sizeof(float) : r.features * sizeof(dsci_bf16));
    return DSC_OK;
}

void dsci_recurrent_products_prepare(const dsci_operands *o, dsci_part part)
{
    const dsci_recurrent_products *p = o->state;
    const dsci_primitive_operands operands = { .src = dsci_role(o, DSCI_ROLE_WEIGHTS),
                                               .dst = (char *)o->prepared + p->weights_offset,
                                               .scratch = (char *)part.workspace + p->scratch_offset };
    dsci_primitive_run(p->reorder, 0, &operands);
}

/* Where there are fewer rows than the product takes, zeros follow them. */
void *dsci_recurrent_products_run(const dsci_operands *o, dsci_part part, const dsci_bf16 *in, size_t rows,
                                  const float *bias)
{
    const dsci_recurrent_products *p = o->state;
    const dsci_recurrent r = dsci_recurrent_of(o->node);
    const bool forward = o->node->op == &dsci_op_recurrent;
    const size_t columns = forward ? r.features : r.gates;
    char *workspace = part.workspace;
    dsci_bf16 *whole = (dsci_bf16 *)(workspace + p->in_offset);
    void *result = workspace + p->out_offset;
    if (rows < p->rows) {
        memcpy(whole, in, rows * columns * sizeof *in);
        memset(whole + rows * columns, 0, (p->rows - rows) * columns * sizeof *in);
        in = whole;
    }
    const dsci_primitive_operands operands = { .src = forward ? (const void *)in : result,
                                               .weights = (char *)o->prepared + p->weights_offset,
                                               .bias = bias,
                                               .dst = forward ? result : (const void *)in,
                                               .scratch = workspace + p->scratch_offset };
    dsci_primitive_run(p->product, part.index, &operands);
    return result;
}

/* --- The gradients of the weights --- */

enum plane { PLANE_X, PLANE_STATE, PLANE_RESET };
enum gates { GATES_ALL, GATES_RECURRENT, GATES_CANDIDATE };

/* The gradient of some columns of one of the matrices of weights: of its rows, `width` a part. */
struct matrix {
    enum plane plane;
    enum gates gates;
    enum dsci_recurrent_role role, bias;
    size_t rows, columns, column;
    size_t width, parts;
    dsci_primitive *primitive[2]; /* of parts of full width; of the last, if it is narrower */
};

struct weights {
    size_t count;
    struct matrix matrix[MOST_PRODUCTS];
    size_t src_offset, dst_offset, bias_offset; /* in the workspace */
    size_t peephole_parts;
};

static void list_matrices(const dsci_recurrent *r, struct weights *w)
{
    const bool gru = r->cell == DSCI_CELL_GRU, split = gru || r->cell == DSCI_CELL_GRU_LBR;
    const size_t n = r->units;
    w->matrix[w->count++] = (struct matrix){ .plane = PLANE_X,
                                             .gates = GATES_ALL,
                                             .role = DSCI_ROLE_WEIGHTS,
                                             .bias = DSCI_ROLE_BIAS,
                                             .rows = r->features,
                                             .columns = r->gates };
    w->matrix[w->count++] = (struct matrix){ .plane = PLANE_STATE,
                                             .gates = split ? GATES_RECURRENT : GATES_ALL,
                                             .role = DSCI_ROLE_RECURRENT,
                                             .bias = DSCI_ROLE_RECURRENT_BIAS,
                                             .rows = n,
                                             .columns = gru ? 2 * n : r->gates };
    if (gru)
        w->matrix[w->count++] = (struct matrix){ .plane = PLANE_RESET,
                                                 .gates = GATES_CANDIDATE,
                                                 .role = DSCI_ROLE_RECURRENT,
                                                 .bias = DSCI_ROLE_RECURRENT_BIAS,
                                                 .rows = n,
                                                 .columns = n,
                                                 .column = 2 * n };
}

static size_t width_of(const struct matrix *m, size_t part)
{
    const size_t left = m->rows - part * m->width;
    return left < m->width ? left : m->width;
}

static const dsci_primitive *primitive_of(const struct matrix *m, size_t part)
{
    return m->primitive[m->primitive[1] && part + 1 == m->parts];
}

static dsci_primitive *make_matrix(dsc_scope *scope, const dsci_node *node, const dsci_recurrent *r,
                                   const struct matrix *m, size_t width)
{
    return dsci_primitive_make(scope, &(dsci_primitive_spec){ .layer = node->name,
                                                              .direction = DSCI_BACKWARD_WEIGHTS,
                                                              .bf16 = true,
                                                              .bias = dsci_has_role(node, m->bias),
                                                              .batch = r->batch * r->steps,
                                                              .in = width,
                                                              .out = m->columns,
                                                              .plain_weights = true,
                                                              .copies = m->parts });
}

dsc_status dsci_recurrent_onednn_book_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_recurrent r = dsci_recurrent_of(node);
    struct weights *w = dsc_scope_alloc(scope, 1, sizeof *w);
    if (!w)
        return dsc_scope_status(scope);
    node->state = w;
    list_matrices(&r, w);
    size_t scratch = 0, src = 0, dst = 0;
    booking->parts = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct matrix *m = &w->matrix[i];
        m->width = dsci_least(m->rows, dsci_limits.recurrent.side);
        m->parts = dsci_ceiling(m->rows, m->width);
        m->primitive[0] = make_matrix(scope, node, &r, m, m->width);
        if (m->primitive[0] && width_of(m, m->parts - 1) < m->width)
            m->primitive[1] = make_matrix(scope, node, &r, m, width_of(m, m->parts - 1));
        if (dsc_scope_status(scope) != DSC_OK)
            return dsc_scope_status(scope);
        scratch = dsci_largest(scratch, dsci_largest(dsci_primitive_scratch_bytes(m->primitive[0]),
                                                     dsci_primitive_scratch_bytes(m->primitive[1])));
        src = dsci_largest(src, m->parts > 1 ? r.batch * r.steps * m->width * sizeof(dsci_bf16) : 0);
        dst = dsci_largest(dst, m->columns < r.gates ? m->width * m->columns * sizeof(float) : 0);
        booking->parts += m->parts;
    }
    w->peephole_parts = dsci_has_role(node, DSCI_ROLE_PEEPHOLE);
    booking->parts += w->peephole_parts;
    w->src_offset = dsci_round_up(scratch, LINE);
    w->dst_offset = w->src_offset + dsci_round_up(src, LINE);
    w->bias_offset = w->dst_offset + dsci_round_up(dst, LINE);
    booking->worker_bytes = w->bias_offset + dsci_largest(r.gates, r.units) * sizeof(float);
    return DSC_OK;
}

/* Over the groups in order, one row after the other. */
static void peepholes(const dsci_operands *o, const dsci_recurrent *r, dsci_part part)
{
    const size_t at = dsci_role_count(o->node), n = r->units, most = dsci_recurrent_group(r);
    const float *cells = (const float *)o->in[at] + dsci_values_size(r) + dsci_gates_size(r);
    const dsci_bf16 *gates = dsci_half_gates_of(r, o->in[at + 1]).gates;
    float *dst = dsci_role_diff(o, DSCI_ROLE_PEEPHOLE), *diff = part.workspace;
    memset(dst, 0, 3 * n * sizeof *dst);
    for (size_t first = 0; first < r->batch; first += most) {
        const size_t rows = r->batch - first < most ? r->batch - first : most;
        for (size_t row = 0; row < rows * r->steps; row++)
            for (size_t gate = 0; gate < 3; gate++) {
                const bool after = gate == 2;
                const float *c = cells + (first * (r->steps + 1) + after * rows + row) * n;
                o->kernels->from_bf16(
                    diff, gates + (first * r->steps + row) * r->gates + (after ? 3 : gate) * n, n);
                for (size_t j = 0; j < n; j++)
                    dst[gate * n + j] += c[j] * diff[j];
            }
    }
}

static void run_matrix(const dsci_operands *o, const dsci_recurrent *r, const struct matrix *m, size_t index,
                       char *workspace)
{
    const struct weights *w = o->state;
    const size_t at = dsci_role_count(o->node), first = index * m->width, width = width_of(m, index);
    const dsci_half_values values = dsci_half_values_of(r, o->in[at]);
    const dsci_half_gates gates = dsci_half_gates_of(r, o->in[at + 1]);
    const dsci_bf16 *const planes[] = { values.x, values.state, values.reset };
    const dsci_bf16 *const diffs[] = { gates.gates, gates.recurrent, gates.candidate };
    const dsci_bf16 *src = planes[m->plane];
    dsci_bf16 *columns = (dsci_bf16 *)(workspace + w->src_offset);
    float *block = (float *)(workspace + w->dst_offset), *bias = dsci_role_diff(o, m->bias);
    float *dst = (float *)dsci_role_diff(o, m->role) + first * r->gates + m->column;
    for (size_t i = 0; m->parts > 1 && i < r->batch * r->steps; i++)
        memcpy(columns + i * width, src + i * m->rows + first, width * sizeof *src);
    const dsci_primitive_operands operands = {
        .src = m->parts > 1 ? columns : src,
        .weights = m->columns < r->gates ? block : dst,
        .bias = index || !bias ? (float *)(workspace + w->bias_offset) : bias + m->column,
        .dst = diffs[m->gates],
        .scratch = workspace,
    };
    dsci_primitive_run(primitive_of(m, index), index, &operands);
    for (size_t i = 0; m->columns < r->gates && i < width; i++)
        memcpy(dst + i * r->gates, block + i * m->columns, m->columns * sizeof *dst);
}

void dsci_recurrent_onednn_run_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_recurrent r = dsci_recurrent_of(o->node);
    const struct weights *w = o->state;
    size_t index = part.index;
    for (size_t i = 0; i < w->count; i++) {
        if (index < w->matrix[i].parts) {
            run_matrix(o, &r, &w->matrix[i], index, part.workspace);
            return;
        }
        index -= w->matrix[i].parts;
    }
    peepholes(o, &r, part);
}
