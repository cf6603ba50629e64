/* recurrent_native.c - recurrent layers in single precision by packed matrix products.
 *
 * A part is a group of examples and goes through all steps alone. The rows of its planes are ordered by step,
 * then by example, so that a step of the group is one matrix; x and the state lie side by side in it, and one
 * product with the weights over the recurrent weights gives the sums of the gates. The weights are packed
 * once a step in panels of 32 columns (forward) and of 32 rows (backward).
 */
#include <string.h>

#include "ops/recurrent/recurrent.h"

enum { PANEL = 32, MOST_GROUP = DSCI_MOST_GROUP };

/* --- Products --- */

/* A product that adds to some columns of the gates: of x and the state (both), of x alone, or of the state or
   reset state alone. */
struct block {
    size_t column, count; /* of the gates */
    size_t weights;       /* first column of the weights */
    bool x, state, reset; /* what it is a product of; reset: the reset state instead */
};

struct blocks {
    size_t count;
    struct block block[3];
};

static struct blocks blocks_of(const dsci_recurrent *r)
{
    const size_t n = r->units;
    if (r->cell == DSCI_CELL_GRU)
        return (struct blocks){ 3,
                                { { 0, 2 * n, 0, true, true, false },
                                  { 2 * n, n, 2 * n, true, false, false },
                                  { 2 * n, n, 2 * n, false, false, true } } };
    if (r->cell == DSCI_CELL_GRU_LBR)
        return (struct blocks){ 3,
                                { { 0, 2 * n, 0, true, true, false },
                                  { 2 * n, n, 2 * n, true, false, false },
                                  { 3 * n, n, 2 * n, false, true, false } } };
    return (struct blocks){ 1, { { 0, r->gates, 0, true, true, false } } };
}

static size_t block_depth(const dsci_recurrent *r, const struct block *b)
{
    return (b->x ? r->taken : 0) + (b->state || b->reset ? r->state : 0);
}

static size_t forward_floats(const dsci_recurrent *r)
{
    const struct blocks blocks = blocks_of(r);
    size_t floats = dsci_round_up(r->width, PANEL); /* the sum of the biases */
    for (size_t i = 0; i < blocks.count; i++)
        floats += block_depth(r, &blocks.block[i]) * dsci_round_up(blocks.block[i].count, PANEL);
    return floats;
}

static size_t backward_floats(const dsci_recurrent *r)
{
    const struct blocks blocks = blocks_of(r);
    size_t floats = 0;
    for (size_t i = 0; i < blocks.count; i++)
        floats += blocks.block[i].count * (dsci_round_up(r->taken, PANEL) + dsci_round_up(r->state, PANEL));
    return floats;
}

/* Copies `rows` rows of a matrix into the panels of a block, which have `depth` rows each, from their row
   `first` on. */
static void pack(float *panels, const struct block *b, const float *matrix, size_t ld, size_t first,
                 size_t rows, size_t depth)
{
    for (size_t j = 0; j < b->count; j += PANEL, panels += depth * PANEL)
        for (size_t p = 0; p < rows; p++)
            for (size_t l = 0; l < PANEL; l++)
                panels[(first + p) * PANEL + l] = j + l < b->count ? matrix[p * ld + b->weights + j + l] : 0;
}

/* The transposed columns of a block: panels of 32 rows of the matrix. */
static void pack_transposed(float *panels, const struct block *b, const float *matrix, size_t ld, size_t rows)
{
    for (size_t j = 0; j < rows; j += PANEL, panels += b->count * PANEL)
        for (size_t l = 0; l < PANEL; l++)
            for (size_t p = 0; p < b->count; p++)
                panels[p * PANEL + l] = j + l < rows ? matrix[(j + l) * ld + b->weights + p] : 0;
}

/* c (m, n) = a (m, k) panels + bias, or c += a panels. */
struct product {
    size_t m, n, k, lda, ldc;
    const float *a, *panels, *bias;
    float *c, *workspace;
    bool add;
};

static void multiply(const dsci_kernels *kernels, const struct product *p)
{
    for (size_t j = 0; j < p->n; j += PANEL) {
        const dsci_gemm problem = { .m = p->m,
                                    .n = p->n - j < PANEL ? p->n - j : PANEL,
                                    .k = p->k,
                                    .a = p->a,
                                    .b = p->panels + j * p->k,
                                    .bias = p->bias ? p->bias + j : NULL,
                                    .c = p->c + j,
                                    .lda = p->lda,
                                    .ldb = PANEL,
                                    .ldc = p->ldc,
                                    .accumulate = p->add,
                                    .workspace = p->workspace };
        kernels->gemm(&problem);
    }
}

/* --- Forward --- */

dsc_status dsci_recurrent_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_recurrent r = dsci_recurrent_of(node);
    booking->parts = dsci_groups_of(&r);
    booking->prepared_bytes = forward_floats(&r) * sizeof(float);
    booking->worker_bytes = MOST_GROUP * (r.state + PANEL) * sizeof(float);
    return r.half ? dsci_recurrent_products_book(scope, node, booking) : DSC_OK;
}

void dsci_recurrent_prepare(const dsci_operands *o, dsci_part part)
{
    const dsci_recurrent r = dsci_recurrent_of(o->node);
    const struct blocks blocks = blocks_of(&r);
    const float *w = dsci_role(o, DSCI_ROLE_WEIGHTS), *u = dsci_role(o, DSCI_ROLE_RECURRENT);
    const float *b = dsci_role(o, DSCI_ROLE_BIAS), *rb = dsci_role(o, DSCI_ROLE_RECURRENT_BIAS);
    float *bias = o->prepared, *panels = bias + dsci_round_up(r.width, PANEL);
    const bool linear = r.cell == DSCI_CELL_GRU_LBR;
    if (part.index) {
        dsci_recurrent_products_prepare(o, part);
        return;
    }
    for (size_t g = 0; g < r.width; g++) {
        const bool first = g < r.gates, second = !linear || g < 2 * r.units || g >= 3 * r.units;
        const float recurrent = rb && second ? rb[first ? g : g - r.units] : 0;
        bias[g] = (b && first ? b[g] : 0) + recurrent;
    }
    for (size_t i = 0; i < blocks.count; i++) {
        const struct block *block = &blocks.block[i];
        const size_t depth = block_depth(&r, block);
        if (block->x)
            pack(panels, block, w, r.gates, 0, r.taken, depth);
        if (block->state || block->reset)
            pack(panels, block, u, r.gates, block->x ? r.taken : 0, r.state, depth);
        panels += depth * dsci_round_up(block->count, PANEL);
    }
}

/* The products of one block for a step of a group. */
static const float *run_block(const dsci_operands *o, const dsci_recurrent *r, const struct block *b,
                              const float *panels, struct product p, const float *reset)
{
    p.n = b->count;
    p.k = block_depth(r, b);
    p.panels = panels;
    p.add = b->reset || (r->half && b->x); /* to the product with x, which has the bias */
    p.bias = p.add ? NULL : (const float *)o->prepared + b->column;
    p.c += b->column;
    if (p.k == 0)
        return panels;
    if (b->reset) {
        p.a = reset;
        p.lda = r->units;
    } else if (!b->x) {
        p.a += r->taken;
    }
    multiply(o->kernels, &p);
    return panels + p.k * dsci_round_up(b->count, PANEL);
}

/* From x and the state in values to the new state s->h. */
static void run_step(const dsci_operands *o, const dsci_recurrent *r, const struct blocks *blocks,
                     const float *values, dsci_gates_step *s, float *workspace)
{
    const float *panels = (const float *)o->prepared + dsci_round_up(r->width, PANEL);
    const struct product p = {
        .m = s->rows, .lda = r->ld_values, .ldc = r->ld_gates, .a = values, .c = s->z, .workspace = workspace
    };
    for (size_t i = 0; i < blocks->count; i++) {
        if (blocks->block[i].reset)
            o->kernels->gates(DSCI_GATES_GRU_RESET, s);
        panels = run_block(o, r, &blocks->block[i], panels, p, s->c);
    }
    if (r->cell == DSCI_CELL_LSTM) {
        o->kernels->gates(DSCI_GATES_LSTM, s);
    } else if (r->cell == DSCI_CELL_GRU) {
        o->kernels->gates(DSCI_GATES_GRU, s);
    } else if (r->cell == DSCI_CELL_GRU_LBR) {
        o->kernels->gates(DSCI_GATES_GRU_RESET, s);
        o->kernels->gates(DSCI_GATES_GRU_LINEAR, s);
    } else {
        const dsc_activation kind = r->cell == DSCI_CELL_RELU ? DSC_ACTIVATION_RELU : DSC_ACTIVATION_TANH;
        for (size_t e = 0; e < s->rows; e++) {
            float *z = s->z + e * s->ld_gates;
            o->kernels->activation_forward(kind, 0.0f, z, z, r->units);
            memcpy(s->h + e * r->units, z, r->units * sizeof *z);
        }
    }
}

/* An example whose sequence is over keeps its state. */
static void keep_state(const dsci_recurrent *r, const dsci_gates_step *s, size_t e)
{
    const size_t n = r->units;
    memcpy(s->h + e * n, s->before + e * s->ld_before, n * sizeof(float));
    memset(s->z + e * s->ld_gates, 0, r->width * sizeof(float));
    if (r->cell == DSCI_CELL_LSTM)
        memcpy(s->c + e * n, s->c_before + e * n, n * sizeof(float));
    else if (s->c)
        memset(s->c + e * n, 0, n * sizeof(float));
}

/* Copies n elements of a tensor, from element `at` on, into floats; half: the tensor is in bf16. store() is
   the way back. */
static void load(const dsci_operands *o, float *dst, const void *tensor, size_t at, size_t n, bool half)
{
    if (half)
        o->kernels->from_bf16(dst, (const dsci_bf16 *)tensor + at, n);
    else
        memcpy(dst, (const float *)tensor + at, n * sizeof *dst);
}

static void store(const dsci_operands *o, void *tensor, size_t at, const float *src, size_t n, bool half)
{
    if (half)
        o->kernels->to_bf16((dsci_bf16 *)tensor + at, src, n);
    else
        memcpy((float *)tensor + at, src, n * sizeof *src);
}

/* The state before the first step. */
static void begin(const dsci_operands *o, const dsci_recurrent *r, const dsci_group *g, float *h, float *c)
{
    const void *initial = dsci_role(o, DSCI_ROLE_INITIAL);
    const void *from = initial ? initial : dsci_role(o, DSCI_ROLE_STATE);
    const bool half = initial && r->half; /* kept states are parameters: single precision */
    const size_t n = r->units;
    for (size_t e = 0; e < g->rows; e++) {
        const size_t at = (g->first + e) * r->carried;
        if (from)
            load(o, h + e * n, from, at, n, half);
        else
            memset(h + e * n, 0, n * sizeof *h);
        if (r->cell == DSCI_CELL_LSTM && from)
            load(o, c + e * n, from, at + n, n, half);
        else if (r->cell == DSCI_CELL_LSTM)
            memset(c + e * n, 0, n * sizeof *c);
    }
}

static void end(const dsci_operands *o, const dsci_recurrent *r, const dsci_group *g, const float *h,
                const float *c)
{
    float *state = o->node->attributes.recurrent.moves_state ? (float *)dsci_role(o, DSCI_ROLE_STATE) : NULL;
    const size_t n = r->units;
    const bool lstm = r->cell == DSCI_CELL_LSTM;
    for (size_t e = 0; e < g->rows; e++) {
        const size_t at = (g->first + e) * r->carried;
        store(o, o->out[1], at, h + e * n, n, r->half);
        if (lstm)
            store(o, o->out[1], at + n, c + e * n, n, r->half);
        if (!r->sequence)
            store(o, o->out[0], (g->first + e) * n, h + e * n, n, r->half);
        if (state)
            store(o, state, at, h + e * n, n, false);
        if (state && lstm)
            store(o, state, at + n, c + e * n, n, false);
    }
}

/* The operands and buffers of one group in the forward pass, the same for all of its steps. */
struct walk {
    dsci_recurrent r;
    struct blocks blocks;
    dsci_group g;
    dsci_part part;
    const int32_t *lengths;
    float *values, *gates, *cells, *h, *workspace;
    dsci_half_values planes; /* of this group */
    const float *projected;  /* bf16: the product with x, of the steps from first on */
    size_t first;
};

/* bf16: the product of the weights with x, of step s and the following ones that fit into one product. */
static void project(const dsci_operands *o, struct walk *w, size_t s)
{
    const dsci_recurrent *r = &w->r;
    const dsci_recurrent_products *products = o->state;
    const size_t rows = w->g.rows, left = r->steps - s;
    const size_t steps = left < products->steps ? left : products->steps;
    const dsci_bf16 *x = o->in[0];
    dsci_bf16 *to = w->planes.x + s * rows * r->features;
    for (size_t i = 0; i < steps; i++)
        for (size_t e = 0; e < rows; e++)
            memcpy(to + (i * rows + e) * r->features,
                   x + ((w->g.first + e) * r->steps + dsci_step_read(r, s + i)) * r->features,
                   r->features * sizeof *x);
    w->projected = dsci_recurrent_products_run(o, w->part, to, steps * rows, o->prepared);
    w->first = s;
}

/* Copies x and the state before step s side by side into values, which the products of this step and the
   gradient of the weights read. In bf16 the product with x goes into the gates z instead of x into values. */
static void enter_step(const dsci_operands *o, struct walk *w, size_t s, float *values, float *z)
{
    const dsci_recurrent *r = &w->r;
    const size_t rows = w->g.rows, t = dsci_step_read(r, s), n = r->units;
    const float *x = o->in[0];
    for (size_t e = 0; e < rows; e++) {
        if (!r->half)
            memcpy(values + e * r->ld_values, x + ((w->g.first + e) * r->steps + t) * r->features,
                   r->features * sizeof *x);
        memcpy(values + e * r->ld_values + r->taken, w->h + e * n, n * sizeof *w->h);
    }
    if (!r->half)
        return;
    if (s % ((const dsci_recurrent_products *)o->state)->steps == 0)
        project(o, w, s);
    for (size_t e = 0; e < rows; e++)
        memcpy(z + e * r->ld_gates, w->projected + ((s - w->first) * rows + e) * r->gates,
               r->gates * sizeof *z);
    o->kernels->to_bf16(w->planes.state + s * rows * n, w->h, rows * n);
}

/* Writes the result of a step. An example whose sequence is over keeps its state; its result is zero. */
static void leave_step(const dsci_operands *o, const struct walk *w, size_t s, const dsci_gates_step *step)
{
    const dsci_recurrent *r = &w->r;
    const size_t t = dsci_step_read(r, s), n = r->units, size = r->half ? sizeof(dsci_bf16) : sizeof(float);
    for (size_t e = 0; e < w->g.rows; e++) {
        const bool valid = dsci_step_valid(w->lengths, w->g.first + e, t);
        const size_t at = ((w->g.first + e) * r->steps + t) * n;
        if (!valid)
            keep_state(r, step, e);
        if (r->sequence && valid)
            store(o, o->out[0], at, w->h + e * n, n, r->half);
        else if (r->sequence)
            memset((char *)o->out[0] + at * size, 0, n * size);
    }
    if (r->half && r->cell == DSCI_CELL_GRU)
        o->kernels->to_bf16(w->planes.reset + s * w->g.rows * n, step->c, w->g.rows * n);
}

static struct walk walk_of(const dsci_operands *o, dsci_part part)
{
    struct walk w = { .r = dsci_recurrent_of(o->node), .part = part };
    const dsci_recurrent *r = &w.r;
    float *values = o->out[2], *gates = values + dsci_values_size(r), *cells = gates + dsci_gates_size(r);
    w.blocks = blocks_of(r);
    w.g = dsci_group_of(r, part.index);
    w.lengths = dsci_role(o, DSCI_ROLE_LENGTHS);
    w.values = values + w.g.row * r->ld_values;
    w.gates = gates + w.g.row * r->ld_gates;
    w.cells = dsci_has_cells(r) ? cells + w.g.cell * r->units : NULL;
    w.h = part.workspace;
    w.workspace = w.h + MOST_GROUP * r->state;
    if (!r->half)
        return w;
    w.planes = dsci_half_values_of(r, values);
    w.planes.x += w.g.row * r->features;
    w.planes.state += w.g.row * r->state;
    w.planes.reset += w.g.row * r->units;
    return w;
}

void dsci_recurrent_run(const dsci_operands *o, dsci_part part)
{
    struct walk w = walk_of(o, part);
    const dsci_recurrent *r = &w.r;
    const size_t rows = w.g.rows, plane = rows * r->units;
    begin(o, r, &w.g, w.h, w.cells);
    for (size_t s = 0; s < r->steps; s++) {
        float *at = w.values + s * rows * r->ld_values;
        dsci_gates_step step = { .rows = rows,
                                 .units = r->units,
                                 .ld_gates = r->ld_gates,
                                 .ld_before = r->ld_values,
                                 .z = w.gates + s * rows * r->ld_gates,
                                 .before = at + r->taken,
                                 .h = w.h,
                                 .c = w.cells ? w.cells + (s + 1) * plane : NULL,
                                 .c_before = w.cells ? w.cells + s * plane : NULL,
                                 .peephole = dsci_role(o, DSCI_ROLE_PEEPHOLE) };
        enter_step(o, &w, s, at, step.z);
        run_step(o, r, &w.blocks, at, &step, w.workspace);
        leave_step(o, &w, s, &step);
    }
    end(o, r, &w.g, w.h, w.cells ? w.cells + r->steps * plane : NULL);
}

/* --- Backward: the gates --- */

dsc_status dsci_recurrent_book_backward(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    const dsci_recurrent r = dsci_recurrent_of(node);
    booking->parts = dsci_groups_of(&r);
    booking->prepared_bytes = backward_floats(&r) * sizeof(float);
    booking->worker_bytes = MOST_GROUP * (4 * r.units + PANEL + (r.half ? r.ld_gates : 0)) * sizeof(float);
    return r.half && node->attributes.recurrent.x_diff ? dsci_recurrent_products_book(scope, node, booking)
                                                       : DSC_OK;
}

void dsci_recurrent_prepare_backward(const dsci_operands *o, dsci_part part)
{
    const dsci_recurrent r = dsci_recurrent_of(o->node);
    const struct blocks blocks = blocks_of(&r);
    const float *w = dsci_role(o, DSCI_ROLE_WEIGHTS), *u = dsci_role(o, DSCI_ROLE_RECURRENT);
    float *panels = o->prepared;
    if (part.index) {
        dsci_recurrent_products_prepare(o, part);
        return;
    }
    for (size_t i = 0; i < blocks.count; i++) {
        const struct block *b = &blocks.block[i];
        if (b->x)
            pack_transposed(panels, b, w, r.gates, r.taken);
        if (b->state || b->reset)
            pack_transposed(panels + b->count * dsci_round_up(r.taken, PANEL), b, u, r.gates, r.state);
        panels += b->count * (dsci_round_up(r.taken, PANEL) + dsci_round_up(r.state, PANEL));
    }
}

/* Where the gradients of a step go: dx has rows of ld_x. */
struct back {
    float *dx, *reset, *workspace;
    size_t ld_x;
};

/* The gradients of x and of the state before from those of the gates. */
static void products_back(const dsci_operands *o, const dsci_recurrent *r, const struct blocks *blocks,
                          const dsci_gates_step *s, const struct back *back, bool keeps)
{
    const float *panels = o->prepared;
    bool added_x = false, added_state = keeps;
    for (size_t i = 0; i < blocks->count; i++) {
        const struct block *b = &blocks->block[i];
        struct product p = { .m = s->rows,
                             .k = b->count,
                             .lda = s->ld_gates,
                             .a = s->dz + b->column,
                             .workspace = back->workspace };
        if (b->x && back->dx) {
            p.n = r->features;
            p.panels = panels;
            p.c = back->dx;
            p.ldc = back->ld_x;
            p.add = added_x;
            multiply(o->kernels, &p);
            added_x = true;
        }
        if (b->state) {
            p.n = r->state;
            p.panels = panels + b->count * dsci_round_up(r->taken, PANEL);
            p.c = s->dh_before;
            p.ldc = r->units;
            p.add = added_state;
            multiply(o->kernels, &p);
            added_state = true;
        }
        panels += b->count * (dsci_round_up(r->taken, PANEL) + dsci_round_up(r->state, PANEL));
    }
}

/* GRU: the gradient of the reset state (reset gate times state), which the third block multiplies. */
static void reset_back(const dsci_operands *o, const dsci_recurrent *r, const struct blocks *blocks,
                       const dsci_gates_step *s, const struct back *back)
{
    const struct block *b = &blocks->block[2];
    const float *panels = o->prepared;
    for (size_t i = 0; i < 2; i++)
        panels += blocks->block[i].count * (dsci_round_up(r->taken, PANEL) + dsci_round_up(r->state, PANEL));
    multiply(o->kernels, &(struct product){ .m = s->rows,
                                            .n = r->state,
                                            .k = b->count,
                                            .lda = s->ld_gates,
                                            .ldc = r->units,
                                            .a = s->dz + b->column,
                                            .panels = panels + b->count * dsci_round_up(r->taken, PANEL),
                                            .c = back->reset,
                                            .workspace = back->workspace });
}

static void cells_back(const dsci_operands *o, const dsci_recurrent *r, const struct blocks *blocks,
                       dsci_gates_step *s, const struct back *back)
{
    if (r->cell == DSCI_CELL_LSTM) {
        o->kernels->gates(DSCI_GATES_LSTM_BACK, s);
    } else if (r->cell == DSCI_CELL_GRU) {
        o->kernels->gates(DSCI_GATES_GRU_BACK, s);
        reset_back(o, r, blocks, s, back);
        s->dc = back->reset;
        o->kernels->gates(DSCI_GATES_GRU_RESET_BACK, s);
    } else if (r->cell == DSCI_CELL_GRU_LBR) {
        o->kernels->gates(DSCI_GATES_GRU_LINEAR_BACK, s);
    } else {
        const dsc_activation kind = r->cell == DSCI_CELL_RELU ? DSC_ACTIVATION_RELU : DSC_ACTIVATION_TANH;
        for (size_t e = 0; e < s->rows; e++)
            o->kernels->activation_backward(kind, 0.0f, s->dz + e * s->ld_gates, s->h + e * r->units,
                                            s->z + e * s->ld_gates, r->units);
    }
}

/* dst (rows, n) = the columns of a tensor's rows from `at` on, or zeros. */
static void take(const dsci_operands *o, float *dst, size_t rows, size_t n, const void *tensor, size_t ld,
                 size_t at, bool half)
{
    for (size_t e = 0; e < rows; e++)
        if (tensor)
            load(o, dst + e * n, tensor, at + e * ld, n, half);
        else
            memset(dst + e * n, 0, n * sizeof *dst);
}

static void add_row(float *restrict dst, const float *restrict src, size_t n)
{
    for (size_t j = 0; j < n; j++)
        dst[j] += src[j];
}

/* dst (n) += the tensor's elements from `at` on, by way of wide (n) if they are in bf16. */
static void add_diff(const dsci_operands *o, float *dst, const void *tensor, size_t at, size_t n, float *wide,
                     bool half)
{
    if (half)
        o->kernels->from_bf16(wide, (const dsci_bf16 *)tensor + at, n);
    add_row(dst, half ? wide : (const float *)tensor + at, n);
}

/* The operands and buffers of one group in the backward pass. */
struct sweep {
    dsci_recurrent r;
    struct blocks blocks;
    dsci_group g;
    dsci_part part;
    const float *values, *gates, *cells;
    const void *diff;
    const int32_t *lengths;
    float *dz, *dx, *dh, *before, *dc, *reset, *workspace;
    dsci_half_gates planes; /* of this group */
    dsci_bf16 *half_dx;
};

/* Rounds the gradients of the gates of step s to bf16. When those of all steps that share a product are there
   (steps go backward), computes the gradient of x in these steps. */
static void finish_half(const dsci_operands *o, struct sweep *w, size_t s)
{
    const dsci_recurrent *r = &w->r;
    const size_t rows = w->g.rows, n = r->units, columns = w->planes.recurrent_columns;
    for (size_t e = 0; e < rows; e++) {
        const float *dz = w->dz + e * r->ld_gates;
        const size_t row = s * rows + e;
        o->kernels->to_bf16(w->planes.gates + row * r->gates, dz, r->gates);
        if (columns)
            o->kernels->to_bf16(w->planes.recurrent + row * columns, dz, 2 * n);
        if (r->cell == DSCI_CELL_GRU)
            o->kernels->to_bf16(w->planes.candidate + row * n, dz + 2 * n, n);
        else if (columns)
            o->kernels->to_bf16(w->planes.recurrent + row * columns + 2 * n, dz + 3 * n, n);
    }
    const dsci_recurrent_products *products = o->state;
    if (!w->half_dx || s % products->steps)
        return;
    const size_t left = r->steps - s, steps = left < products->steps ? left : products->steps;
    const dsci_bf16 *dx =
        dsci_recurrent_products_run(o, w->part, w->planes.gates + s * rows * r->gates, steps * rows, NULL);
    for (size_t i = 0; i < steps; i++)
        for (size_t e = 0; e < rows; e++)
            memcpy(w->half_dx + ((w->g.first + e) * r->steps + dsci_step_read(r, s + i)) * r->features,
                   dx + (i * rows + e) * r->features, r->features * sizeof *dx);
}

static void back_step(const dsci_operands *o, struct sweep *w, size_t s)
{
    const dsci_recurrent *r = &w->r;
    const dsci_group *g = &w->g;
    const size_t n = r->units, t = dsci_step_read(r, s);
    const float *values = w->values + s * g->rows * r->ld_values;
    const float *cells = w->cells ? w->cells + s * g->rows * n : NULL;
    const float *kept_c = w->reset; /* for rows that are over; a GRU has no dc */
    dsci_gates_step step = { .rows = g->rows,
                             .units = n,
                             .ld_gates = r->ld_gates,
                             .ld_before = r->ld_values,
                             .z = (float *)w->gates + s * g->rows * r->ld_gates,
                             .dz = r->half ? w->dz : w->dz + s * g->rows * r->ld_gates,
                             .before = values + r->taken,
                             .h = w->dh,
                             .c = cells ? (float *)cells + g->rows * n : NULL,
                             .c_before = cells,
                             .dc = w->dc,
                             .dh_before = w->before,
                             .peephole = dsci_role(o, DSCI_ROLE_PEEPHOLE) };
    const struct back back = { w->dx ? w->dx + (g->first * r->steps + t) * r->features : NULL, w->reset,
                               w->workspace, r->steps * r->features };
    const bool lstm = r->cell == DSCI_CELL_LSTM;
    for (size_t e = 0; w->diff && r->sequence && e < g->rows; e++)
        if (dsci_step_valid(w->lengths, g->first + e, t))
            add_diff(o, w->dh + e * n, w->diff, ((g->first + e) * r->steps + t) * n, n, w->reset, r->half);
    if (w->lengths && lstm)
        memcpy(w->reset, w->dc, g->rows * n * sizeof *w->dc);
    cells_back(o, r, &w->blocks, &step, &back);
    for (size_t e = 0; w->lengths && e < g->rows; e++)
        if (!dsci_step_valid(w->lengths, g->first + e, t))
            memset(step.dz + e * r->ld_gates, 0, r->width * sizeof(float));
    if (r->half)
        finish_half(o, w, s);
    products_back(o, r, &w->blocks, &step, &back, r->cell == DSCI_CELL_GRU || r->cell == DSCI_CELL_GRU_LBR);
    for (size_t e = 0; w->lengths && e < g->rows; e++)
        if (!dsci_step_valid(w->lengths, g->first + e, t)) {
            memcpy(w->before + e * n, w->dh + e * n, n * sizeof(float));
            if (lstm)
                memcpy(w->dc + e * n, kept_c + e * n, n * sizeof(float));
        }
    float *swap = w->dh;
    w->dh = w->before;
    w->before = swap;
    if (dsci_step_cut(r, s)) {
        memset(w->dh, 0, g->rows * n * sizeof *w->dh);
        memset(w->dc, 0, g->rows * n * sizeof *w->dc);
    }
}

/* The gradients that come from outside: of the final state, and of the result if it is the last state. */
static void begin_back(const dsci_operands *o, struct sweep *w, const void *final)
{
    const dsci_recurrent *r = &w->r;
    const size_t n = r->units, rows = w->g.rows, at = w->g.first * r->carried;
    take(o, w->dh, rows, n, final, r->carried, at, r->half);
    take(o, w->dc, rows, n, r->cell == DSCI_CELL_LSTM ? final : NULL, r->carried, at + n, r->half);
    for (size_t e = 0; w->diff && !r->sequence && e < rows; e++)
        add_diff(o, w->dh + e * n, w->diff, (w->g.first + e) * n, n, w->reset, r->half);
}

static void end_back(const dsci_operands *o, const struct sweep *w, void *initial)
{
    const dsci_recurrent *r = &w->r;
    const size_t n = r->units;
    for (size_t e = 0; e < w->g.rows; e++) {
        const size_t at = (w->g.first + e) * r->carried;
        store(o, initial, at, w->dh + e * n, n, r->half);
        if (r->cell == DSCI_CELL_LSTM)
            store(o, initial, at + n, w->dc + e * n, n, r->half);
    }
}

static void place_half(const dsci_operands *o, struct sweep *w, bool x_diff)
{
    const dsci_recurrent *r = &w->r;
    w->dz = w->workspace + (size_t)MOST_GROUP * PANEL;
    w->planes = dsci_half_gates_of(r, o->out[0]);
    w->planes.gates += w->g.row * r->gates;
    w->planes.recurrent += w->g.row * w->planes.recurrent_columns;
    w->planes.candidate += w->g.row * r->units;
    w->half_dx = x_diff ? o->out[1] : NULL;
}

void dsci_recurrent_run_backward(const dsci_operands *o, dsci_part part)
{
    struct sweep w = { .r = dsci_recurrent_of(o->node),
                       .part = part,
                       .lengths = dsci_role(o, DSCI_ROLE_LENGTHS) };
    const dsci_recurrent *r = &w.r;
    size_t at = dsci_role_count(o->node);
    const float *kept = o->in[at++];
    const bool x_diff = o->node->attributes.recurrent.x_diff;
    w.blocks = blocks_of(r);
    w.g = dsci_group_of(r, part.index);
    w.diff = o->node->attributes.recurrent.output_diff ? o->in[at++] : NULL;
    const size_t n = r->units, block = MOST_GROUP * n;
    w.values = kept + w.g.row * r->ld_values;
    w.gates = kept + dsci_values_size(r) + w.g.row * r->ld_gates;
    w.cells = dsci_has_cells(r) ? kept + dsci_values_size(r) + dsci_gates_size(r) + w.g.cell * n : NULL;
    w.dh = part.workspace;
    w.before = w.dh + block;
    w.dc = w.before + block;
    w.reset = w.dc + block;
    w.workspace = w.reset + block;
    if (r->half) {
        place_half(o, &w, x_diff);
    } else {
        w.dz = (float *)o->out[0] + w.g.row * r->ld_gates;
        w.dx = x_diff ? o->out[1] : NULL;
    }
    begin_back(o, &w, o->node->attributes.recurrent.final_diff ? o->in[at] : NULL);
    for (size_t s = r->steps; s-- > 0;)
        back_step(o, &w, s);
    if (o->node->attributes.recurrent.initial_diff)
        end_back(o, &w, o->out[1 + x_diff]);
}

const char *dsci_recurrent_describe(const dsci_node *node)
{
    static const char *const names[DSCI_CELLS] = { "tanh", "relu", "jordan", "lstm", "gru", "gru_lbr" };
    return names[node->attributes.recurrent.cell];
}
