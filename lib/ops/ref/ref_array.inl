/* ref_array.inl - the definition of the general ops over REAL; included once a type by ref.c. */
#include "ops/gather.h"
#include "ops/matmul.h"

static REAL LOCAL(combine)(dsci_binary kind, REAL a, REAL b)
{
    switch (kind) {
    case DSCI_BINARY_ADD: return a + b;
    case DSCI_BINARY_SUBTRACT: return a - b;
    case DSCI_BINARY_MULTIPLY: return a * b;
    case DSCI_BINARY_DIVIDE: return a / b;
    case DSCI_BINARY_MAXIMUM: return a > b || isnan(a) ? a : b;
    case DSCI_BINARY_MINIMUM: return a < b || isnan(a) ? a : b;
    case DSCI_BINARY_GREATER: break;
    }
    return a > b ? 1 : 0;
}

/* dst = a op b, each repeated where it has 1 element. */
static void LOCAL(binary)(const dsci_operands *o)
{
    const REAL *a = o->in[0], *b = o->in[1];
    REAL *dst = o->out[0];
    const dsci_shape *shape = &o->node->out[0]->shape;
    const dsci_broadcast broadcast = dsci_broadcast_of(o->node, shape, 0);
    for (size_t i = 0; i < o->node->out[0]->elements; i++) {
        size_t at[2];
        dsci_broadcast_at(&broadcast, shape->rank, i, at);
        dst[i] = LOCAL(combine)(dsci_binary_of(o->node), a[at[0]], b[at[1]]);
    }
}

#define BINARY(op)                                                                                           \
    void NAME(op)(const dsci_operands *o, dsci_part part)                                                    \
    {                                                                                                        \
        (void)part;                                                                                          \
        LOCAL(binary)(o);                                                                                    \
    }
BINARY(add)
BINARY(subtract)
BINARY(multiply)
BINARY(divide)
BINARY(maximum)
BINARY(minimum)
BINARY(greater)
#undef BINARY

/* dst (outer, inner) = the sum, mean or maximum of src (outer, count, inner) over its middle. */
void NAME(reduce)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    const dsci_reduce_extents e = dsci_reduce_extents_of(o->node);
    const int kind = o->node->attributes.reduce.kind;
    for (size_t i = 0; i < e.outer; i++)
        for (size_t j = 0; j < e.inner; j++) {
            const REAL *from = src + i * e.count * e.inner + j;
            double total = 0;
            REAL largest = from[0];
            for (size_t k = 0; k < e.count; k++) {
                total += (double)from[k * e.inner];
                largest = LOCAL(combine)(DSCI_BINARY_MAXIMUM, largest, from[k * e.inner]);
            }
            total = kind == DSCI_REDUCE_MEAN ? total / (double)e.count : total;
            dst[i * e.inner + j] = kind == DSCI_REDUCE_MAX ? largest : (REAL)total;
        }
}

/* To each term of a sum, in equal parts to those of a mean, to the first of the largest. */
void NAME(reduce_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *diff_dst = o->in[0], *src = o->in[1], *largest = o->in[2];
    REAL *diff_src = o->out[0];
    const dsci_reduce_extents e = dsci_reduce_extents_of(o->node);
    const int kind = o->node->attributes.reduce.kind;
    for (size_t i = 0; i < e.outer; i++)
        for (size_t j = 0; j < e.inner; j++) {
            const size_t to = i * e.inner + j;
            bool given = false;
            for (size_t k = 0; k < e.count; k++) {
                const size_t at = (i * e.count + k) * e.inner + j;
                const bool gets = kind != DSCI_REDUCE_MAX || (!given && src[at] == largest[to]);
                given = given || gets;
                diff_src[at] = gets ? diff_dst[to] / (REAL)(kind == DSCI_REDUCE_MEAN ? e.count : 1) : 0;
            }
        }
}

/* dst (items, m, n) = the sums over the terms of op(a) (m, k) op(b) (k, n). */
void NAME(matmul)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *a = o->in[0], *b = o->in[1];
    REAL *dst = o->out[0];
    const dsci_matmul p = dsci_matmul_of(o->node);
    const bool transpose_a = o->node->attributes.matmul.transpose_a;
    const bool transpose_b = o->node->attributes.matmul.transpose_b;
    for (size_t i = 0; i < p.items * p.m * p.n; i++) {
        const size_t row = i / p.n % p.m, column = i % p.n;
        size_t at[2], more[2];
        dsci_broadcast_at(&p.item, p.item.rank, i / (p.m * p.n), at);
        REAL sum = 0;
        for (size_t term = 0; term < p.terms; term++) {
            dsci_broadcast_at(&p.term, p.term.rank, term, more);
            const REAL *left = a + at[0] + more[0], *right = b + at[1] + more[1];
            for (size_t k = 0; k < p.k; k++)
                sum += left[transpose_a ? k * p.m + row : row * p.k + k] *
                       right[transpose_b ? column * p.k + k : k * p.n + column];
        }
        dst[i] = sum;
    }
}

static REAL LOCAL(function_of)(const dsci_node *node, REAL at)
{
    const double x = (double)at, a = node->attributes.function.a, b = node->attributes.function.b;
    switch ((dsci_function)node->attributes.function.kind) {
    case DSCI_FUNCTION_EXP: return (REAL)exp(x);
    case DSCI_FUNCTION_LOG: return (REAL)log(x);
    case DSCI_FUNCTION_SQRT: return (REAL)sqrt(x);
    case DSCI_FUNCTION_ABSOLUTE: return (REAL)fabs(x);
    case DSCI_FUNCTION_POWER: return (REAL)pow(x, a);
    case DSCI_FUNCTION_CLAMP: break;
    }
    return (REAL)(x < a ? a : x > b ? b : x);
}

/* Its derivative at x, where its value is y. */
static REAL LOCAL(derivative_of)(const dsci_node *node, REAL x, REAL y)
{
    const double a = node->attributes.function.a, b = node->attributes.function.b;
    switch ((dsci_function)node->attributes.function.kind) {
    case DSCI_FUNCTION_EXP: return y;
    case DSCI_FUNCTION_LOG: return 1 / x;
    case DSCI_FUNCTION_SQRT: return (REAL)0.5 / y;
    case DSCI_FUNCTION_ABSOLUTE: return (REAL)(x > 0) - (REAL)(x < 0);
    case DSCI_FUNCTION_POWER: return (REAL)(a * pow((double)x, a - 1));
    case DSCI_FUNCTION_CLAMP: break;
    }
    return (double)x < a || (double)x > b ? 0 : 1;
}

void NAME(function)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        dst[i] = LOCAL(function_of)(o->node, src[i]);
}

void NAME(function_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *diff_dst = o->in[0], *src = o->in[1], *dst = o->in[2];
    REAL *diff_src = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_src[i] = diff_dst[i] * LOCAL(derivative_of)(o->node, src[i], dst[i]);
}

/* Each row of the table's gradient is the sum of diff_dst where the row was taken. */
void NAME(gather_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const int32_t *index = o->in[0];
    const REAL *diff_dst = o->in[1];
    REAL *diff_table = o->out[0];
    const dsci_gather g = dsci_gather_of(o->node);
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_table[i] = 0;
    for (size_t e = 0; e < g.examples; e++)
        for (size_t i = 0; i < g.places * g.columns; i++) {
            const size_t row = (size_t)index[e * g.index_step + i / g.columns];
            diff_table[e * g.table_step + row * g.columns + i % g.columns] +=
                diff_dst[e * g.places * g.columns + i];
        }
}
