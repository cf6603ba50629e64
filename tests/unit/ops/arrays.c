/* Arithmetic on tensors: shapes go together or are refused in words that help, and all of a large tensor is
   summed to the same bits by any number of threads. */
#include <math.h>
#include <string.h>

#include <descent/ops.h>

#include "graph/network.h"
#include "network.h"
#include "nn/layer.h"
#include "test.h"

static dsc_node *values(dsc_scope *scope, size_t a, size_t b)
{
    return dsc_input(scope, &(dsc_input_spec){ .shape = { a, b } });
}

/* The same for all examples. */
static dsc_node *unbatched(dsc_node *x, const char *name, size_t a, size_t b)
{
    return dsci_layer_parameter(x, name, "values", &(dsci_shape){ .rank = 2, .dim = { a, b } },
                                &(dsci_initialization){ .init = DSC_INIT_NORMAL });
}

static void check_shape(const dsc_node *x, const char *expected, bool unbatched_result)
{
    char text[128];
    assert_non_null(x);
    assert_string_equal(dsci_shape_text(&x->tensor->shape, text), expected);
    assert_int_equal(x->tensor->unbatched, unbatched_result);
}

static void shapes_are_those_of_numpy_with_the_batch_in_front(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_node *x = values(scope, 3, 5), *p = unbatched(x, "p", 3, 1),
             *vector = dsc_reshape(dsc_dense(x, 5), 5);
    check_shape(dsc_add(x, vector), "1x3x5", false);
    check_shape(dsc_multiply(vector, x), "1x3x5", false);
    check_shape(dsc_subtract(vector, p), "1x3x5", false);
    check_shape(dsc_divide(p, unbatched(x, "q", 1, 6)), "3x6", true);
    check_shape(dsc_sum(x), "1", false);
    check_shape(dsc_sum(x, .keep = true), "1x1x1", false);
    check_shape(dsc_mean(x, .axes = DSC_AXES(-1)), "1x3", false);
    check_shape(dsc_max(x, .axes = DSC_AXES(0), .keep = true), "1x1x5", false);
    check_shape(dsc_mean(x, .axes = DSC_AXES(0), .batch = true), "5", true);
    check_shape(dsc_sum(x, .batch = true), "scalar", true);
    check_shape(dsc_sum(p, .axes = DSC_AXES(-1)), "3", true);
    check_shape(dsc_add(x, dsc_sum(x, .batch = true)), "1x3x5", false);
    check_shape(dsc_matmul(x, dsc_reshape(vector, 1, 5), .transpose_b = true), "1x3x1", false);
    check_shape(dsc_matmul(p, x, .transpose_a = true, .transpose_b = false), "1x1x5", false);
    check_shape(dsc_permute(dsc_reshape(x, 3, 1, 5), 2, 0, 1), "1x5x3x1", false);
    check_shape(dsc_constant(scope, &(dsc_constant_spec){ .fill = 2 }), "scalar", true);
    check_shape(dsc_transpose(p), "1x3", true);
    check_shape(dsc_gather(x, dsc_labels(scope, 3)), "1x5", false);
    check_shape(dsc_gather(p, dsc_tokens(scope, &(dsc_tokens_spec){ .steps = 7, .vocabulary = 2 })), "1x7x1",
                false);
    check_shape(dsc_matmul(p, p, .transpose_b = true), "3x3", true);
    check_shape(dsc_matmul(dsc_reshape(x, 3, 1, 5), dsc_reshape(x, 1, 5, 3)), "1x3x1x3", false);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_scope_close(&scope);
}

#define EXPECT_ERROR(call, words)                                                                            \
    do {                                                                                                     \
        dsc_scope *scope = dsc_scope_open(NULL);                                                             \
        dsc_node *x = values(scope, 4, 6);                                                                   \
        (void)x;                                                                                             \
        assert_null(call);                                                                                   \
        if (!strstr(dsc_scope_message(scope), words))                                                        \
            fail_msg("expected '%s' in: %s", words, dsc_scope_message(scope));                               \
        dsc_scope_close(&scope);                                                                             \
    } while (0)

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    EXPECT_ERROR(dsc_add(x, values(scope, 3, 6)),
                 "layer 'add1': expected two shapes that agree from the last");
    EXPECT_ERROR(dsc_divide(x, unbatched(x, "unbatched", 6, 4)),
                 "found 1x4x6 (batch first) from 'input' and 6x4 from 'unb");
    EXPECT_ERROR(dsc_subtract(x, dsc_labels(scope, 3)),
                 "layer 'subtract1': expected real values, found 1 of type i32");
    EXPECT_ERROR(dsc_matmul(x, x),
                 "layer 'matmul1': expected as many columns of the left matrix as the right one");
    EXPECT_ERROR(dsc_matmul(x, dsc_flatten(x)),
                 "layer 'matmul1': expected two batches of matrices that agree");
    EXPECT_ERROR(dsc_constant(scope, &(dsc_constant_spec){ .fill = INFINITY }),
                 "constant 'constant': expected finite");
    EXPECT_ERROR(dsc_constant(scope, &(dsc_constant_spec){ .shape = { SIZE_MAX, 9 } }),
                 "that fit into memory");
    EXPECT_ERROR(dsc_permute(x, 1, 1),
                 "layer 'permute1': expected each of the 2 dimensions of the example once");
    EXPECT_ERROR(dsc_permute(x, 1, 0, 2), "layer 'permute1': expected each of the 2 dimensions");
    EXPECT_ERROR(dsc_clamp(x, 2, 1), "layer 'clamp1': expected a low and a high bound, found 2 and 1");
    EXPECT_ERROR(dsc_power(x, NAN), "layer 'power1': expected a finite exponent");
    EXPECT_ERROR(dsc_gather(x, x), "layer 'gather1': expected integers of dsc_tokens() or dsc_labels()");
    EXPECT_ERROR(dsc_gather(x, dsc_labels(scope, 5)),
                 "expected a table of at least the 5 rows that 'labels' may name");
    EXPECT_ERROR(dsc_sum(x, .axes = DSC_AXES(2)),
                 "layer 'sum1': expected dimensions of 'input', which has 2, found");
    EXPECT_ERROR(dsc_mean(x, .axes = DSC_AXES(0, -3)), "layer 'mean1': expected dimensions of 'input'");
    EXPECT_ERROR(dsc_max(dsc_max(x)), "layer 'max2': expected a dimension of 'max1', which has none");
}

enum { BATCH = 37, ROWS = 61, COLUMNS = 33 }; /* 74,481 values: more than one block */

/* The gradients of a network in which all is summed, also over the batch, and what sums are taken from. */
static const float *gradients(dsc_scope *scope, dsc_engine engine, size_t shard, int threads,
                              size_t *elements)
{
    dsc_node *x = values(scope, ROWS, COLUMNS), *p = unbatched(x, "p", ROWS, 1);
    dsc_node *h = dsc_tanh(dsc_multiply(x, p));
    h = dsc_subtract(h, dsc_mean(h, .batch = true));
    h = dsc_divide(h, dsc_add(dsc_max(h, .batch = true),
                              dsc_sum(dsc_multiply(h, h), .axes = DSC_AXES(0), .keep = true)));
    h = dsc_subtract(h, dsc_mean(h, .axes = DSC_AXES(0), .batch = true));
    h = dsc_maximum(h, dsc_scale(h, 0.1));
    h = dsc_matmul(dsc_matmul(h, h, .transpose_a = true), unbatched(h, "q", COLUMNS, 270));
    dsc_node *logits = dsc_dense(h, 3);
    dsc_model *model = dsc_compile(
        dsc_softmax_cross_entropy(logits, dsc_labels(scope, 3)),
        &(dsc_compile_options){ .batch = BATCH, .shard = shard, .threads = threads, .engine = engine });
    assert_non_null(model);
    const dsc_examples examples = make_examples(scope, 3, BATCH, ROWS * COLUMNS, 3);
    run_once(scope, dsci_model_execution(model, BATCH, DSCI_TRAINING), &examples);
    return dsc_model_gradients(model, elements);
}

static void cuts_and_threads_change_no_bit(void **state)
{
    (void)state;
    static const struct {
        size_t shard;
        int threads;
    } ways[] = { { 37, 2 }, { 5, 1 }, { 5, 3 }, { 1, 8 } };
    dsc_scope *scope = dsc_scope_open(NULL);
    size_t elements, found;
    const float *expected = gradients(scope, DSC_ENGINE_NATIVE, BATCH, 1, &elements);
    const float *plain = gradients(scope, DSC_ENGINE_REF, BATCH, 1, &elements);
    for (size_t i = 0; i < elements; i++)
        assert_true(fabs((double)expected[i] - (double)plain[i]) < 1e-4);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const float *other = gradients(scope, DSC_ENGINE_NATIVE, ways[i].shard, ways[i].threads, &found);
        assert_int_equal(found, elements);
        if (memcmp(other, expected, elements * sizeof *other) != 0)
            fail_msg("shards of %zu on %d threads give other bits", ways[i].shard, ways[i].threads);
    }
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_those_of_numpy_with_the_batch_in_front),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(cuts_and_threads_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
