/* array_cases.c - arithmetic whose shapes go together, sums, means and maxima over dimensions. */
#include <descent/models.h>

#include "cases.h"
#include "nn/layer.h"

/* rows x columns of every example. */
static dsc_node *matrix(dsc_scope *scope, struct draw *draw, size_t rows, size_t columns)
{
    return dsc_reshape(dsc_dense(case_vector(scope, draw), rows * columns), rows, columns);
}

/* The same for all examples, and trained. */
static dsc_node *unbatched(dsc_node *x, const char *name, size_t rows, size_t columns)
{
    const dsci_shape shape = { .rank = 2, .dim = { rows, columns } };
    return dsci_layer_parameter(x, name, "values", &shape,
                                &(dsci_initialization){ .init = DSC_INIT_NORMAL, .scale = 1 });
}

typedef dsc_node *pair_fn(dsc_node *a, dsc_node *b);

/* The second repeated along rows, columns, the batch, the first along the batch; away from 0. */
static dsc_node *pairs(dsc_scope *scope, struct draw *draw, pair_fn *pair)
{
    const size_t rows = draw_size(draw, 1, 5), columns = draw_size(draw, 1, 35);
    dsc_node *h = dsc_tanh(matrix(scope, draw, rows, columns)), *s = dsc_softplus(h);
    dsc_node *row = dsc_softplus(unbatched(h, "row", 1, columns));
    dsc_node *column = dsc_softplus(unbatched(h, "column", rows, 1));
    dsc_node *vector = dsc_slice_of(s, 0, 0, 1);
    dsc_node *first = pair(h, dsc_add(pair(s, vector), pair(column, s)));
    dsc_node *second = dsc_add(pair(row, column), pair(h, dsc_flatten(vector)));
    return squared_head(dsc_tanh(dsc_scale(dsc_add(first, second), 0.25)), scope, draw);
}

static dsc_node *add(dsc_scope *scope, struct draw *draw)
{
    return pairs(scope, draw, dsc_add);
}

static dsc_node *subtract(dsc_scope *scope, struct draw *draw)
{
    return pairs(scope, draw, dsc_subtract);
}

static dsc_node *multiply(dsc_scope *scope, struct draw *draw)
{
    return pairs(scope, draw, dsc_multiply);
}

static dsc_node *divide(dsc_scope *scope, struct draw *draw)
{
    return pairs(scope, draw, dsc_divide);
}

static dsc_node *maximum(dsc_scope *scope, struct draw *draw)
{
    return pairs(scope, draw, dsc_maximum);
}

static dsc_node *minimum(dsc_scope *scope, struct draw *draw)
{
    return pairs(scope, draw, dsc_minimum);
}

/* Over the last dimension, two that are apart, the first, all, and the batch too. */
typedef dsc_node *reduce_fn(dsc_node *x, const dsc_reduce_spec *spec);

static dsc_node *reductions(dsc_scope *scope, struct draw *draw, reduce_fn *reduce)
{
    const size_t a = draw_size(draw, 1, 4), b = draw_size(draw, 1, 3), c = draw_size(draw, 1, 35);
    dsc_node *h = dsc_tanh(dsc_reshape(dsc_dense(case_vector(scope, draw), a * b * c), a, b, c));
    dsc_node *last = reduce(h, &(dsc_reduce_spec){ .axes = DSC_AXES(-1), .keep = true });
    dsc_node *ends = reduce(h, &(dsc_reduce_spec){ .axes = DSC_AXES(0, 2) });
    dsc_node *first = reduce(h, &(dsc_reduce_spec){ .axes = DSC_AXES(0) });
    dsc_node *all = reduce(dsc_tanh(h), NULL);
    dsc_node *batch = reduce(h, &(dsc_reduce_spec){ .axes = DSC_AXES(0, 1), .batch = true });
    dsc_node *scalar = reduce(dsc_tanh(h), &(dsc_reduce_spec){ .batch = true });
    dsc_node *sum = dsc_add(dsc_multiply(last, first), dsc_scale(dsc_reshape(ends, b, 1), 0.25));
    sum = dsc_multiply(dsc_add(sum, batch), dsc_add(dsc_reshape(all, 1, 1), scalar));
    return squared_head(dsc_tanh(dsc_scale(dsc_flatten(sum), 0.25)), scope, draw);
}

static dsc_node *sums(dsc_scope *scope, struct draw *draw)
{
    return reductions(scope, draw, dsc_sum_with);
}

static dsc_node *means(dsc_scope *scope, struct draw *draw)
{
    return reductions(scope, draw, dsc_mean_with);
}

static dsc_node *maxima(dsc_scope *scope, struct draw *draw)
{
    return reductions(scope, draw, dsc_max_with);
}

/* Of two of each example, of one and what is the same for all, of two that are; in each of four ways. */
static dsc_node *matmul(dsc_scope *scope, struct draw *draw)
{
    const size_t heads = draw_size(draw, 1, 3), m = draw_size(draw, 1, 7), k = draw_size(draw, 1, 19),
                 n = draw_size(draw, 1, 18);
    dsc_node *x = case_vector(scope, draw), *sum = NULL;
    dsc_node *a = dsc_tanh(dsc_reshape(dsc_dense(x, heads * m * k), heads, m, k));
    dsc_node *b = dsc_tanh(dsc_reshape(dsc_dense(x, k * n), k, n));
    for (size_t way = 0; way < 4; way++) {
        const bool left = way % 2, right = way / 2;
        dsc_node *p = unbatched(x, dsc_scope_format(scope, "left%zu", way), left ? k : m, left ? m : k);
        dsc_node *q = unbatched(x, dsc_scope_format(scope, "right%zu", way), right ? n : k, right ? k : n);
        dsc_node *each = dsc_matmul(left ? dsc_reshape(a, heads, k, m) : a, right ? dsc_reshape(b, n, k) : b,
                                    .transpose_a = left, .transpose_b = right);
        dsc_node *shared =
            dsc_matmul(left ? dsc_reshape(a, heads, k, m) : a, q, .transpose_a = left, .transpose_b = right);
        dsc_node *other =
            dsc_matmul(p, right ? dsc_reshape(b, n, k) : b, .transpose_a = left, .transpose_b = right);
        dsc_node *both = dsc_matmul(p, q, .transpose_a = left, .transpose_b = right);
        dsc_node *all = dsc_add(dsc_add(each, shared), dsc_add(other, both));
        sum = sum ? dsc_add(sum, all) : all;
    }
    return squared_head(dsc_tanh(dsc_scale(sum, 0.05)), scope, draw);
}

/* 1 / (c + (x - 0.5)^2). */
static dsc_node *constant(dsc_scope *scope, struct draw *draw)
{
    static const float values[] = { 1, 2.5F, 0.75F };
    dsc_node *c = dsc_constant(scope, &(dsc_constant_spec){ .shape = { 3 }, .values = values });
    dsc_node *one = dsc_constant(scope, &(dsc_constant_spec){ .fill = 1 });
    dsc_node *h = dsc_subtract(dsc_reshape(dsc_dense(case_vector(scope, draw), 15), 5, 3),
                               dsc_constant(scope, &(dsc_constant_spec){ .shape = { 5, 1 }, .fill = 0.5 }));
    return squared_head(dsc_divide(one, dsc_add(c, dsc_power(h, 2))), scope, draw);
}

/* All functions, of values that are far from where they have no slope. */
static dsc_node *functions(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_tanh(dsc_dense(case_vector(scope, draw), draw_size(draw, 1, 35)));
    dsc_node *s = dsc_softplus(h);
    dsc_node *sum =
        dsc_add(dsc_add(dsc_exp(h), dsc_log(s)), dsc_add(dsc_sqrt(s), dsc_absolute(dsc_scale(s, -2))));
    sum = dsc_add(sum, dsc_add(dsc_power(h, 3), dsc_add(dsc_power(s, -1.5), dsc_power(s, 0.7))));
    sum = dsc_add(sum, dsc_add(dsc_clamp(h, -0.3, 0.4), dsc_power(s, -2)));
    return squared_head(dsc_tanh(dsc_scale(sum, 0.25)), scope, draw);
}

static dsc_node *permute(dsc_scope *scope, struct draw *draw)
{
    const size_t a = draw_size(draw, 1, 4), b = draw_size(draw, 1, 5), c = draw_size(draw, 1, 19);
    dsc_node *h = dsc_reshape(dsc_dense(case_vector(scope, draw), a * b * c), a, b, c);
    dsc_node *turned = dsc_permute(dsc_tanh(h), 2, 0, 1), *p = dsc_transpose(unbatched(h, "p", b, a));
    return squared_head(dsc_tanh(dsc_multiply(dsc_transpose(turned), dsc_transpose(dsc_tanh(p)))), scope,
                        draw);
}

/* From one table, and from a table of each example. */
static dsc_node *gather(dsc_scope *scope, struct draw *draw)
{
    const size_t rows = draw_size(draw, 2, 70), columns = draw_size(draw, 1, 19);
    dsc_node *tokens =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = draw_size(draw, 1, 6), .vocabulary = rows });
    dsc_node *h = dsc_embedding(tokens, columns);
    dsc_node *one = dsc_gather(unbatched(h, "table", rows, columns), tokens);
    dsc_node *each = dsc_reshape(dsc_dense(h, rows * columns), rows, columns);
    return squared_head(dsc_tanh(dsc_multiply(dsc_add(one, h), dsc_gather(dsc_tanh(each), tokens))), scope,
                        draw);
}

/* Attention, a tied table, norms and branches that are added up, all together. */
static dsc_node *transformer(dsc_scope *scope, struct draw *draw)
{
    const size_t vocabulary = draw_size(draw, 2, 9), context = draw_size(draw, 1, 7),
                 heads = draw_size(draw, 1, 3);
    dsc_node *logits = dsc_transformer(scope, &(dsc_transformer_spec){ .vocabulary = vocabulary,
                                                                       .context = context,
                                                                       .width = heads * draw_size(draw, 2, 6),
                                                                       .heads = heads,
                                                                       .blocks = draw_size(draw, 1, 2) });
    return dsc_softmax_cross_entropy(logits, dsc_labels(scope, vocabulary, .steps = context));
}

/* Convolutions of three widths over one embedding, and their maxima. */
static dsc_node *text_cnn(dsc_scope *scope, struct draw *draw)
{
    const dsc_text_cnn_spec spec = { .steps = draw_size(draw, 5, 9),
                                     .vocabulary = draw_size(draw, 2, 9),
                                     .classes = draw_size(draw, 2, 4),
                                     .embedding = draw_size(draw, 1, 6),
                                     .filters = draw_size(draw, 1, 5) };
    return dsc_softmax_cross_entropy(dsc_text_cnn(scope, &spec), dsc_labels(scope, spec.classes));
}

static const struct gradient_case cases[] = {
    { .name = "add, repeated", .op = "add", .loss = add },
    { .name = "subtract", .op = "subtract", .loss = subtract },
    { .name = "multiply, repeated", .op = "multiply", .loss = multiply },
    { .name = "divide", .op = "divide", .loss = divide },
    { .name = "maximum", .op = "maximum", .loss = maximum },
    { .name = "minimum", .op = "minimum", .loss = minimum },
    { .name = "matmul", .op = "matmul", .loss = matmul },
    { .name = "constants", .op = "divide", .loss = constant, .tolerance = 4 },
    { .name = "functions", .op = "function", .loss = functions, .tolerance = 4 },
    { .name = "permute", .op = "permute", .loss = permute },
    { .name = "gather", .op = "gather", .loss = gather },
    { .name = "sum", .op = "reduce", .loss = sums },
    { .name = "mean", .op = "reduce", .loss = means },
    { .name = "max", .op = "reduce", .loss = maxima },
    { .name = "transformer", .op = "softmax", .loss = transformer },
    { .name = "text convolutions", .op = "conv", .loss = text_cnn, .tolerance = 8 },
};
const struct gradient_suite array_cases = { cases, sizeof cases / sizeof cases[0] };
