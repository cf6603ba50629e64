/* recurrent_weights.c - the gradients of the weights of recurrent layers in single precision: products over
 * all steps of all examples at once, cut into blocks of the results.
 */
#include <string.h>

#include "ops/recurrent/recurrent.h"

/* Columns of the gates that belong to a part never cross from one gate to the next. */
static size_t pieces(size_t n)
{
    return dsci_ceiling(n, dsci_limits.recurrent.side);
}

static size_t column_pieces(const dsci_recurrent *r)
{
    return r->gates / r->units * pieces(r->units);
}

dsc_status dsci_recurrent_book_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_recurrent r = dsci_recurrent_of(node);
    (void)scope;
    booking->parts = column_pieces(&r) * (pieces(r.features) + pieces(r.state));
    booking->worker_bytes =
        sizeof(float) * (DSCI_GEMM_K_BLOCK + dsci_limits.recurrent.side) * dsci_limits.recurrent.side;
    return DSC_OK;
}

static void biases(const dsci_operands *o, const dsci_recurrent *r, const float *dz, size_t column,
                   size_t count)
{
    float *b = dsci_role_diff(o, DSCI_ROLE_BIAS), *rb = dsci_role_diff(o, DSCI_ROLE_RECURRENT_BIAS);
    const size_t rows = r->batch * r->steps;
    if (b)
        o->kernels->column_sums(b + column, dz + column, rows, count, r->ld_gates);
    if (rb)
        o->kernels->column_sums(rb + column, dz + dsci_recurrent_column(r, column), rows, count, r->ld_gates);
}

/* Columns of unit `first` on of the peepholes' gradients, over the groups in order. */
static void peepholes(const dsci_recurrent *r, float *dst, const float *cells, const float *dz, size_t gate,
                      size_t first, size_t count)
{
    const size_t n = r->units, groups = dsci_groups_of(r), after = gate == 2;
    memset(dst + gate * n + first, 0, count * sizeof *dst);
    for (size_t i = 0; i < groups; i++) {
        const dsci_group g = dsci_group_of(r, i);
        for (size_t row = 0; row < g.rows * r->steps; row++) {
            const float *c = cells + (g.cell + after * g.rows + row) * n + first;
            const float *d = dz + (g.row + row) * r->ld_gates + (after ? 3 : gate) * n + first;
            for (size_t j = 0; j < count; j++)
                dst[gate * n + first + j] += c[j] * d[j];
        }
    }
}

/* The gradient of the candidate's recurrent weights of a GRU: the reset states of the groups one after the
   other, each with a product of its own. */
static void reset_weights(const dsci_operands *o, const dsci_recurrent *r, dsci_gemm problem,
                          const float *cells, size_t first)
{
    const size_t n = r->units, groups = dsci_groups_of(r);
    const float *dz = problem.b;
    problem.lda = n;
    for (size_t i = 0; i < groups; i++) {
        const dsci_group g = dsci_group_of(r, i);
        problem.k = g.rows * r->steps;
        problem.a = cells + (g.cell + g.rows) * n + first;
        problem.b = dz + g.row * r->ld_gates;
        problem.accumulate = i > 0;
        o->kernels->gemm(&problem);
    }
}

void dsci_recurrent_run_weights(const dsci_operands *o, dsci_part part)
{
    const dsci_recurrent r = dsci_recurrent_of(o->node);
    const size_t at = dsci_role_count(o->node), n = r.units, per_gate = pieces(n);
    const float *values = o->in[at], *dz = o->in[at + 1];
    const float *cells = values + dsci_values_size(&r) + dsci_gates_size(&r);
    const size_t column_piece = part.index % column_pieces(&r), row_piece = part.index / column_pieces(&r);
    const size_t side = dsci_limits.recurrent.side;
    const size_t gate = column_piece / per_gate, unit = column_piece % per_gate * side;
    const size_t columns = dsci_least(n - unit, side), column = gate * n + unit;
    const bool by_x = row_piece < pieces(r.features);
    const size_t first = (by_x ? row_piece : row_piece - pieces(r.features)) * side;
    const size_t rows = by_x ? r.features : r.state, count = dsci_least(rows - first, side);
    float *dst = dsci_role_diff(o, by_x ? DSCI_ROLE_WEIGHTS : DSCI_ROLE_RECURRENT);
    const dsci_gemm problem = { .m = count,
                                .n = columns,
                                .k = r.batch * r.steps,
                                .a = values + (by_x ? 0 : r.features) + first,
                                .b = dz + (by_x ? column : dsci_recurrent_column(&r, column)),
                                .c = dst + first * r.gates + column,
                                .lda = r.ld_values,
                                .ldb = r.ld_gates,
                                .ldc = r.gates,
                                .transpose_a = 1,
                                .workspace = part.workspace };
    if (!by_x && r.cell == DSCI_CELL_GRU && gate == 2)
        reset_weights(o, &r, problem, cells, first);
    else
        o->kernels->gemm(&problem);
    float *p = dsci_role_diff(o, DSCI_ROLE_PEEPHOLE);
    if (row_piece == 0)
        biases(o, &r, dz, column, columns);
    if (row_piece == 0 && p && gate != 2)
        peepholes(&r, p, cells, dz, gate == 3 ? 2 : gate, unit, columns);
}
