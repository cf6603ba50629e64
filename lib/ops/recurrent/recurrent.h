/* recurrent.h - what the implementations of the recurrent ops share.
 *
 * The op goes over whole sequences: x (batch, steps, features) with weights (features, gates * units) and
 * recurrent weights (state, gates * units). Its outputs are the result, the state after the last step, and
 * what the gradient needs: the values plane of each step, the gates, and the cells. Steps are counted in the
 * order in which the layer reads them.
 */
#ifndef DESCENT_OPS_RECURRENT_H
#define DESCENT_OPS_RECURRENT_H

#include "onednn/onednn.h"
#include "ops/op.h"

/* The cells, in the order of dsc_recurrent_cell. */
enum dsci_cell_kind {
    DSCI_CELL_TANH = 0,
    DSCI_CELL_RELU,
    DSCI_CELL_JORDAN,
    DSCI_CELL_LSTM,
    DSCI_CELL_GRU,
    DSCI_CELL_GRU_LBR,
    DSCI_CELLS
};

/* The inputs, in their order; a node has those that the bits of its attribute `roles` name. */
enum dsci_recurrent_role {
    DSCI_ROLE_X = 0,
    DSCI_ROLE_WEIGHTS,
    DSCI_ROLE_RECURRENT,
    DSCI_ROLE_BIAS,
    DSCI_ROLE_RECURRENT_BIAS,
    DSCI_ROLE_PEEPHOLE,       /* (3, units): of the gates i, f, o */
    DSCI_ROLE_OUTPUT_WEIGHTS, /* Jordan: (units, outputs) */
    DSCI_ROLE_OUTPUT_BIAS,    /* Jordan: (outputs) */
    DSCI_ROLE_LENGTHS,
    DSCI_ROLE_INITIAL,
    DSCI_ROLE_STATE,
    DSCI_ROLES
};

/* Sizes of one node. Of each example there are, in planes one after the other: steps rows of x and the state
   before the step; steps rows of gates; and steps + 1 rows of cells (LSTM: before and after each step; GRU:
   the reset state in row step + 1). If half, x is not among the values, and behind the cells are planes in
   bf16: steps rows of x, of the state before the step, and of a GRU's reset state. */
typedef struct dsci_recurrent {
    int cell;
    size_t batch, steps, features, units, state; /* state: what is fed back */
    size_t gates;                                /* columns of the weights */
    size_t width;                                /* columns of the gates that are kept */
    size_t carried;                              /* of the final state: h, of an LSTM h and c */
    size_t ld_values, ld_gates;                  /* padded: powers of two would fall on few cache sets */
    size_t truncate;
    bool reverse, sequence;
    bool half;    /* bf16, with the products over many steps by oneDNN */
    size_t taken; /* features that the products of a step take along: none if half */
} dsci_recurrent;

dsci_recurrent dsci_recurrent_of(const dsci_node *node);

static inline bool dsci_has_role(const dsci_node *node, enum dsci_recurrent_role role)
{
    return node->attributes.recurrent.roles >> role & 1;
}

/* Where an input of that role is; roles must have it. */
static inline size_t dsci_role_index(const dsci_node *node, enum dsci_recurrent_role role)
{
    size_t index = 0;
    for (unsigned r = 0; r < (unsigned)role; r++)
        index += node->attributes.recurrent.roles >> r & 1;
    return index;
}

/* The operand of that role, or NULL. */
static inline const void *dsci_role(const dsci_operands *o, enum dsci_recurrent_role role)
{
    return dsci_has_role(o->node, role) ? o->in[dsci_role_index(o->node, role)] : NULL;
}

/* How many inputs the forward node has; a backward node's own follow them. */
static inline size_t dsci_role_count(const dsci_node *node)
{
    return dsci_role_index(node, DSCI_ROLES);
}

/* The gradient of the parameter of that role, in a node of backward weights, or NULL. */
static inline void *dsci_role_diff(const dsci_operands *o, enum dsci_recurrent_role role)
{
    return dsci_has_role(o->node, role)
               ? o->out[dsci_role_index(o->node, role) - dsci_role_index(o->node, DSCI_ROLE_WEIGHTS)]
               : NULL;
}

/* Elements of a plane of all examples. */
static inline size_t dsci_values_size(const dsci_recurrent *r)
{
    return r->batch * r->steps * r->ld_values;
}

static inline size_t dsci_gates_size(const dsci_recurrent *r)
{
    return r->batch * r->steps * r->ld_gates;
}

static inline bool dsci_has_cells(const dsci_recurrent *r)
{
    return r->cell == DSCI_CELL_LSTM || r->cell == DSCI_CELL_GRU;
}

/* Gates of a unit of a cell (enum dsci_cell_kind): the weights have as many columns for each unit. */
size_t dsci_recurrent_gates(int cell);

/* Elements for each example of what forward keeps, and of the gradients of the gates with the reference's
   working memory behind them. */
size_t dsci_recurrent_kept(const dsci_recurrent *r);
size_t dsci_recurrent_gradients(const dsci_recurrent *r);

/* Planes in bf16 of all examples, one row a step: of x, the state and the reset state, behind what else
   forward keeps; of the gradients of the gates, in the columns of the weights; of a GRU's first two gates, or
   of those that meet the recurrent weights; of a GRU's candidate. */
typedef struct dsci_half_values {
    dsci_bf16 *x, *state, *reset;
} dsci_half_values;
typedef struct dsci_half_gates {
    dsci_bf16 *gates, *recurrent, *candidate;
    size_t recurrent_columns; /* 0: the gates are what meets the recurrent weights */
} dsci_half_gates;
dsci_half_values dsci_half_values_of(const dsci_recurrent *r, const void *kept);
dsci_half_gates dsci_half_gates_of(const dsci_recurrent *r, const void *gradients);

/* The step of the input that the layer reads as its step s. */
static inline size_t dsci_step_read(const dsci_recurrent *r, size_t s)
{
    return r->reverse ? r->steps - 1 - s : s;
}

/* Whether step t of an example is one of its valid steps. */
static inline bool dsci_step_valid(const int32_t *lengths, size_t example, size_t t)
{
    return !lengths || (lengths[example] > 0 && t < (size_t)lengths[example]);
}

/* Whether the gradient of the state before step s is cut. */
static inline bool dsci_step_cut(const dsci_recurrent *r, size_t s)
{
    return r->truncate && s > 0 && s % r->truncate == 0;
}

/* The column of the gates that meets column g of the recurrent weights. */
static inline size_t dsci_recurrent_column(const dsci_recurrent *r, size_t g)
{
    return r->cell == DSCI_CELL_GRU_LBR && g >= 2 * r->units ? g + r->units : g;
}

/* Examples in the groups that go through the steps, at most: a function of the shape. */
enum { DSCI_MOST_GROUP = 16 };

static inline size_t dsci_recurrent_group(const dsci_recurrent *r)
{
    return dsci_least(dsci_ceiling(r->batch, dsci_limits.recurrent.groups), DSCI_MOST_GROUP);
}

static inline size_t dsci_groups_of(const dsci_recurrent *r)
{
    return dsci_ceiling(r->batch, dsci_recurrent_group(r));
}

/* A group's examples, and where its rows begin. */
typedef struct dsci_group {
    size_t first, rows;
    size_t row, cell; /* of the planes */
} dsci_group;

static inline dsci_group dsci_group_of(const dsci_recurrent *r, size_t part)
{
    const size_t rows = dsci_recurrent_group(r), first = part * rows;
    return (dsci_group){ first, r->batch - first < rows ? r->batch - first : rows, first * r->steps,
                         first * (r->steps + 1) };
}

/* Products over many steps of a group at once, by oneDNN in bf16. */
typedef struct dsci_recurrent_products {
    size_t steps; /* at once */
    size_t rows;  /* of a product: examples of a group times steps */
    dsci_primitive *product, *reorder;
    size_t weights_offset; /* in the prepared memory */
    size_t scratch_offset; /* in the workspace: oneDNN's, then both operands */
    size_t in_offset, out_offset;
} dsci_recurrent_products;

/* Makes those of a forward node or of one of backward data, behind what is booked already. */
dsc_status dsci_recurrent_products_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsci_step_fn dsci_recurrent_products_prepare;
/* From `rows` rows at in. Returns the rows of the result in the workspace. */
void *dsci_recurrent_products_run(const dsci_operands *o, dsci_part part, const dsci_bf16 *in, size_t rows,
                                  const float *bias);

/* oneDNN: the gradients of the weights. */
bool dsci_recurrent_onednn_supports(const dsci_node *node);
dsc_status dsci_recurrent_onednn_book_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsci_step_fn dsci_recurrent_onednn_run_weights;

/* Native, of Jordan's networks. */
dsci_step_fn dsci_jordan_recurrent, dsci_jordan_recurrent_backward, dsci_jordan_recurrent_backward_weights;

/* Native, of all others: single precision; with the products above, bf16. */
dsc_status dsci_recurrent_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsc_status dsci_recurrent_book_backward(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsc_status dsci_recurrent_book_weights(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsci_step_fn dsci_recurrent_prepare, dsci_recurrent_run, dsci_recurrent_prepare_backward,
    dsci_recurrent_run_backward, dsci_recurrent_run_weights;
const char *dsci_recurrent_describe(const dsci_node *node);

#endif
