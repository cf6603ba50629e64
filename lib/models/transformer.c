/* transformer.c - a decoder of pre-norm blocks over a sequence of tokens. */
#include <descent/models.h>

#include <math.h>

/* What a position must not see gets this score; the exponential of it is 0. */
static const float HIDDEN = -1e9F;

/* A specification with its defaults filled in, and what the blocks share. */
struct transformer {
    dsc_scope *scope;
    dsc_transformer_spec spec;
    dsc_node *mask;
    double deviation, residual_deviation; /* of initial weights; of those whose result is added to their input
                                             (Radford et al. 2019, section 2.3) */
};

static dsc_node *norm(const struct transformer *t, dsc_node *x, const char *block, const char *name)
{
    return dsc_layer_norm_with(
        x, &(dsc_layer_norm_spec){ .no_shift = t->spec.no_bias,
                                   .name = dsc_scope_format(t->scope, "%s%s", block, name) });
}

static dsc_node *dense(const struct transformer *t, dsc_node *x, size_t units, double deviation,
                       const char *block, const char *name)
{
    return dsc_dense(x, units, .per_step = true, .no_bias = t->spec.no_bias, .weights_init = DSC_INIT_NORMAL,
                     .init_scale = deviation, .bias_init = DSC_INIT_ZEROS,
                     .name = dsc_scope_format(t->scope, "%s%s", block, name));
}

static dsc_node *drop(const struct transformer *t, dsc_node *x)
{
    return t->spec.dropout > 0 ? dsc_dropout(x, t->spec.dropout) : x;
}

/* softmax(q k^T / sqrt(d) + mask) v of each head (Vaswani et al. 2017, equation 1) and a dense layer over all
   of them: x (steps, width). Queries, keys and values come from one product, heads side by side. */
static dsc_node *attention(const struct transformer *t, dsc_node *x, const char *block)
{
    const size_t heads = t->spec.heads, units = t->spec.width / heads, steps = t->spec.context;
    dsc_node *all = dense(t, x, 3 * t->spec.width, t->deviation, block, "qkv");
    all = dsc_permute(dsc_reshape(all, steps, 3 * heads, units), 1, 0, 2);
    dsc_node *q = dsc_slice_of(all, 0, 0, heads), *k = dsc_slice_of(all, 0, heads, heads),
             *v = dsc_slice_of(all, 0, 2 * heads, heads);
    dsc_node *scores = dsc_matmul(dsc_scale(q, 1 / sqrt((double)units)), k, .transpose_b = true);
    dsc_node *shares = drop(t, dsc_softmax(dsc_add(scores, t->mask)));
    dsc_node *mixed = dsc_reshape(dsc_permute(dsc_matmul(shares, v), 1, 0, 2), steps, t->spec.width);
    return dense(t, mixed, t->spec.width, t->residual_deviation, block, "project");
}

/* x + attention(norm(x)), and the same with a perceptron of one hidden layer at each step. */
static dsc_node *block(const struct transformer *t, dsc_node *x, size_t number)
{
    const char *name = dsc_scope_format(t->scope, "block%zu/", number);
    x = dsc_add(x, drop(t, attention(t, norm(t, x, name, "norm1"), name)));
    dsc_node *h = dense(t, norm(t, x, name, "norm2"), 4 * t->spec.width, t->deviation, name, "up");
    h = dense(t, dsc_gelu(h), t->spec.width, t->residual_deviation, name, "down");
    return dsc_add(x, drop(t, h));
}

/* A step sees itself and those before it. */
static dsc_node *causal_mask(dsc_scope *scope, size_t steps)
{
    float *values = steps <= SIZE_MAX / steps ? dsc_scope_alloc(scope, steps * steps, sizeof *values) : NULL;
    for (size_t i = 0; values && i < steps; i++)
        for (size_t j = i + 1; j < steps; j++)
            values[i * steps + j] = HIDDEN;
    return values ? dsc_constant(scope, &(dsc_constant_spec){ .shape = { steps, steps },
                                                              .values = values,
                                                              .name = "causal_mask" })
                  : NULL;
}

static dsc_node *table(const struct transformer *t, size_t rows, const char *name)
{
    return dsc_parameter(t->scope, &(dsc_parameter_spec){ .shape = { rows, t->spec.width },
                                                          .init = DSC_INIT_NORMAL,
                                                          .init_scale = t->deviation,
                                                          .name = name });
}

static struct transformer with_defaults(dsc_scope *scope, const dsc_transformer_spec *spec)
{
    struct transformer t = { .scope = scope, .spec = *spec, .deviation = 0.02 };
    t.spec.width = spec->width ? spec->width : 128;
    t.spec.heads = spec->heads ? spec->heads : 4;
    t.spec.blocks = spec->blocks ? spec->blocks : 4;
    t.residual_deviation = t.deviation / sqrt(2 * (double)t.spec.blocks);
    return t;
}

dsc_node *dsc_transformer(dsc_scope *scope, const dsc_transformer_spec *spec)
{
    if (!spec || spec->vocabulary == 0 || spec->context == 0) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "transformer: expected a vocabulary and a context of at least 1, found %zu and %zu",
                       spec ? spec->vocabulary : 0, spec ? spec->context : 0);
        return NULL;
    }
    struct transformer t = with_defaults(scope, spec);
    if (t.spec.width % t.spec.heads != 0) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "transformer: expected a width that is a multiple of its %zu heads, found %zu",
                       t.spec.heads, t.spec.width);
        return NULL;
    }
    dsc_node *tokens =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = t.spec.context, .vocabulary = t.spec.vocabulary });
    dsc_node *embedding = table(&t, t.spec.vocabulary, "embedding/weights");
    dsc_node *x = dsc_add(dsc_gather(embedding, tokens), table(&t, t.spec.context, "positions/weights"));
    t.mask = causal_mask(scope, t.spec.context);
    x = drop(&t, x);
    for (size_t i = 1; i <= t.spec.blocks; i++)
        x = block(&t, x, i);
    return dsc_matmul_with(norm(&t, x, "", "norm"), embedding,
                           &(dsc_matmul_spec){ .transpose_b = true, .name = "logits" });
}
