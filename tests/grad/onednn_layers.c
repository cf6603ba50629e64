/* Layers that are large enough to be cut, in every way that oneDNN's implementations cut them: near the
 * reference in single precision and in bfloat16, with the same bits on any number of threads. Activations are
 * smooth: a ReLU would turn rounding into steps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"

/* Blocks of units and of inputs. */
static dsc_node *blocks(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 700, 800) } });
    x = dsc_tanh(dsc_dense(x, draw_size(draw, 1300, 1400)));
    return squared_head(dsc_sigmoid(dsc_dense(x, draw_size(draw, 700, 800))), scope, draw);
}

/* Many weights and few pixels: the gradient of the weights is cut by filters. */
static dsc_node *filters(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 2, 4), 3, 5 } });
    x = dsc_tanh(dsc_conv2d(x, draw_size(draw, 3, 20), .padding = DSC_SAME));
    return squared_head(dsc_tanh(dsc_conv2d(x, draw_size(draw, 512, 520), .pad = { 1, 1 })), scope, draw);
}

/* Partial sums over some shards at a time, and over each. */
static dsc_node *shards(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(
        scope, &(dsc_input_spec){ .shape = { draw_size(draw, 16, 24), draw_size(draw, 16, 70), 2 } });
    x = dsc_tanh(dsc_conv2d(x, draw_size(draw, 8, 20), .kernel = { 5 }, .padding = DSC_SAME));
    x = dsc_sigmoid(dsc_conv2d(x, draw_size(draw, 8, 20), .stride = { 3 }));
    return squared_head(x, scope, draw);
}

static dsc_node *sequence(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 11, 40), 1 } });
    x = dsc_tanh(dsc_conv1d(x, draw_size(draw, 1, 25), .kernel = 5, .stride = 2, .pad = 1));
    return squared_head(dsc_tanh(dsc_conv1d(x, draw_size(draw, 1, 25), .dilation = 2)), scope, draw);
}

static dsc_node *groups(dsc_scope *scope, struct draw *draw)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 7, 6, 3 } });
    x = dsc_tanh(dsc_conv2d(x, 4 * draw_size(draw, 1, 9), .kernel = { 1 }));
    x = dsc_tanh(dsc_conv2d(x, 4 * draw_size(draw, 1, 9), .groups = 4, .no_bias = true));
    return squared_head(x, scope, draw);
}

/* Two recurrent layers over sequences of several lengths, the second one of sizes that do not fit vectors. */
static dsc_node *recurrent(dsc_scope *scope, struct draw *draw, dsc_recurrent_cell cell)
{
    dsc_node *tokens =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = draw_size(draw, 1, 41), .vocabulary = 7 });
    dsc_node *x = dsc_embedding(tokens, draw_size(draw, 1, 70), .padding = 1);
    const bool peephole = cell == DSC_CELL_LSTM;
    dsc_node *lengths = dsc_lengths(tokens, 0);
    x = dsc_recurrent(x, draw_size(draw, 1, 150), .cell = cell, .sequence = true, .lengths = lengths,
                      .two_biases = true);
    const size_t units = draw_size(draw, 1, 37);
    dsc_node *h =
        dsc_recurrent(x, units, .cell = cell, .reverse = true, .peephole = peephole, .lengths = lengths);
    return squared_head(dsc_recurrent(x, units, .cell = cell, .initial = dsc_final_state(h)), scope, draw);
}

#define RECURRENT(function, kind)                                                                            \
    static dsc_node *function(dsc_scope *scope, struct draw *draw)                                           \
    {                                                                                                        \
        return recurrent(scope, draw, kind);                                                                 \
    }

RECURRENT(elman, DSC_CELL_TANH)
RECURRENT(lstm, DSC_CELL_LSTM)
RECURRENT(gru, DSC_CELL_GRU)
RECURRENT(gru_lbr, DSC_CELL_GRU_LBR)

static const struct gradient_case cases[] = {
    { .name = "elman", .op = DSCI_OP_RECURRENT, .loss = elman },
    { .name = "lstm", .op = DSCI_OP_RECURRENT, .loss = lstm },
    { .name = "gru", .op = DSCI_OP_RECURRENT, .loss = gru, .tolerance = 4 },
    { .name = "gru, linear before reset", .op = DSCI_OP_RECURRENT, .loss = gru_lbr, .tolerance = 4 },
    { .name = "blocks of a dense layer", .op = DSCI_OP_DENSE, .loss = blocks },
    { .name = "convolution cut by filters", .op = DSCI_OP_CONV, .loss = filters },
    { .name = "convolution cut by shards", .op = DSCI_OP_CONV, .loss = shards },
    { .name = "convolution of smooth sequences", .op = DSCI_OP_CONV, .loss = sequence },
    { .name = "smooth grouped convolution", .op = DSCI_OP_CONV, .loss = groups },
};

enum { CASES = sizeof cases / sizeof cases[0], VARIANTS = 4 };

struct run {
    dsc_engine engine;
    dsc_dtype dtype;
    int threads;
};

/* A case's model after one run over random examples; its batch is of several shards, the last of them
 * smaller. */
static dsc_model *run_case(dsc_scope *scope, size_t c, uint32_t variant, struct run run)
{
    struct draw draw = { .seed = 78, .variant = variant };
    dsc_node *loss = cases[c].loss(scope, &draw);
    const size_t shard = draw_size(&draw, 2, 5);
    dsc_model *model = dsc_compile(loss, &(dsc_compile_options){ .batch = 3 * shard + draw_size(&draw, 0, 1),
                                                                 .shard = shard,
                                                                 .engine = run.engine,
                                                                 .dtype = run.dtype,
                                                                 .threads = run.threads });
    if (!model)
        fail_msg("%s, variant %u: %s", cases[c].name, variant, dsc_scope_message(scope));
    dsci_plan *plan = dsci_model_plan(model, model->options.batch, DSCI_TRAINING);
    bind_random(scope, plan, TARGETS_NORMAL, 6);
    dsci_plan_run(plan);
    return model;
}

static double largest_error(const float *values, const double *exact, size_t count)
{
    double largest = 1e-3, error = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(exact[i]));
        error = fmax(error, fabs((double)values[i] - exact[i]));
    }
    return error / largest;
}

/* Largest differences relative to the largest value of a slice. The first variant has slices of one element
   or few, none of which need be large: a case's own tolerance is of that one. */
static void compare(size_t c, uint32_t variant, struct run run, double tolerance)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 14 });
    dsc_model *exact = run_case(scope, c, variant, (struct run){ DSC_ENGINE_REF, DSC_F64, 1 });
    dsc_model *model = run_case(scope, c, variant, run);
    const dsc_slice *slices, *exact_slices;
    const size_t count = dsc_model_slices(model, &slices);
    dsc_model_slices(exact, &exact_slices);
    for (size_t i = 0; i < count; i++) {
        const float *values = (const float *)dsc_model_gradients(model, NULL) + slices[i].offset;
        const double *reference = (const double *)dsc_model_gradients(exact, NULL) + exact_slices[i].offset;
        const double error = largest_error(values, reference, slices[i].count);
        if (!(error <= tolerance * (variant || cases[c].tolerance == 0 ? 1 : cases[c].tolerance)))
            fail_msg("%s, variant %u, %s on %s: gradient of %s is off by %.3g of its largest", cases[c].name,
                     variant, dsc_dtype_name(run.dtype), dsc_engine_name(run.engine), slices[i].name, error);
    }
    dsc_scope_close(&scope);
}

static void compare_all(struct run run, double tolerance)
{
    for (size_t c = 0; c < CASES; c++)
        for (uint32_t v = 0; v < VARIANTS; v++)
            compare(c, v, run, tolerance);
}

static void large_layers_are_near_the_reference(void **state)
{
    (void)state;
    compare_all((struct run){ DSC_ENGINE_ONEDNN, DSC_F32, 2 }, 1e-5);
    compare_all((struct run){ DSC_ENGINE_NATIVE, DSC_F32, 2 }, 1e-5);
}

static void bfloat16_is_near_the_reference(void **state)
{
    (void)state;
    compare_all((struct run){ DSC_ENGINE_ONEDNN, DSC_BF16, 2 }, 2e-2);
    compare_all((struct run){ DSC_ENGINE_NATIVE, DSC_BF16, 2 }, 2e-2);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    static const dsc_dtype dtypes[] = { DSC_F32, DSC_BF16 };
    static const int threads[] = { 2, 3, 8 };
    for (size_t c = 0; c < CASES; c++)
        for (size_t d = 0; d < 2; d++) {
            dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 15 });
            dsc_model *alone = run_case(scope, c, 2, (struct run){ DSC_ENGINE_ONEDNN, dtypes[d], 1 });
            size_t elements;
            const float *expected = dsc_model_gradients(alone, &elements);
            for (size_t t = 0; t < 3; t++) {
                dsc_model *model =
                    run_case(scope, c, 2, (struct run){ DSC_ENGINE_ONEDNN, dtypes[d], threads[t] });
                assert_memory_equal(dsc_model_gradients(model, NULL), expected, elements * sizeof(float));
            }
            dsc_scope_close(&scope);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_layers_are_near_the_reference),
        cmocka_unit_test(bfloat16_is_near_the_reference),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
