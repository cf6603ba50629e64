/* Which implementation runs a node: the one that stands for the shape in a table, every entry of every op for
 * some network, and entries of one op say differently what they do, so that results files tell them apart.
 */
#include <string.h>

#include "cases.h"
#include "onednn/onednn.h"
#include "test.h"

#define DEPTHWISE_3X3 "depthwise 3x3"
#define DEPTHWISE     "depthwise"
#define DIRECT        "direct"
#define DEEP_GEMM     "gemm by depth blocks"
#define GEMM          "gemm"
#define DEEP_IM2COL   "im2col + gemm by depth blocks"
#define IM2COL        "im2col + gemm"
#define COL2IM        "gemm + col2im"
#define ROW_COL2IM    "gemm + col2im by window rows"

/* Shapes on both sides of each bound that the native convolutions choose by. */
static const struct shape {
    size_t image[3], filters, groups, kernel[2], stride, dilation, pad, batch;
    const char *native[3]; /* forward, gradient of the input, of the weights */
    bool onednn[3];        /* whether AUTO prefers oneDNN */
} shapes[] = {
    { { 9, 9, 8 }, 8, 8, { 3, 3 }, 1, 1, 1, 2, { DEPTHWISE_3X3, DEPTHWISE_3X3, DEPTHWISE_3X3 }, { 0, 0, 0 } },
    { { 9, 9, 8 }, 8, 8, { 3, 3 }, 2, 1, 1, 2, { DEPTHWISE_3X3, DEPTHWISE, DEPTHWISE_3X3 }, { 0, 0, 0 } },
    { { 9, 9, 8 }, 8, 8, { 3, 3 }, 3, 1, 1, 2, { DEPTHWISE, DEPTHWISE, DEPTHWISE }, { 0, 0, 0 } },
    { { 9, 9, 8 }, 8, 8, { 3, 3 }, 1, 2, 2, 2, { DEPTHWISE, DEPTHWISE, DEPTHWISE }, { 0, 0, 0 } },
    { { 9, 9, 8 }, 8, 8, { 5, 5 }, 1, 1, 2, 2, { DEPTHWISE, DEPTHWISE, DEPTHWISE }, { 0, 0, 0 } },
    { { 9, 9, 8 }, 16, 8, { 3, 3 }, 1, 1, 1, 2, { IM2COL, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 11, 11, 64 },
      64,
      64,
      { 3, 3 },
      1,
      1,
      1,
      70,
      { DEPTHWISE_3X3, DEPTHWISE_3X3, DEPTHWISE_3X3 },
      { 0, 0, 1 } },
    { { 11, 11, 64 },
      64,
      64,
      { 3, 3 },
      2,
      1,
      1,
      70,
      { DEPTHWISE_3X3, DEPTHWISE, DEPTHWISE_3X3 },
      { 0, 0, 0 } },
    { { 8, 8, 1 }, 8, 1, { 5, 5 }, 1, 1, 2, 3, { DIRECT, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 8, 8, 8 }, 16, 1, { 3, 3 }, 1, 1, 1, 3, { DIRECT, COL2IM, DIRECT }, { 1, 1, 1 } },
    { { 8, 8, 9 }, 16, 1, { 3, 3 }, 1, 1, 1, 3, { IM2COL, COL2IM, DIRECT }, { 1, 1, 1 } },
    { { 8, 8, 4 }, 16, 1, { 3, 3 }, 1, 2, 2, 3, { IM2COL, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 8, 5, 4 }, 16, 1, { 3, 3 }, 1, 1, 1, 3, { IM2COL, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 8, 6, 4 }, 16, 1, { 3, 3 }, 1, 1, 1, 3, { DIRECT, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 9, 9, 4 }, 64, 1, { 8, 8 }, 1, 1, 3, 3, { DIRECT, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 9, 9, 4 }, 65, 1, { 8, 8 }, 1, 1, 3, 3, { IM2COL, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 9, 13, 8 }, 16, 1, { 5, 7 }, 1, 1, 2, 3, { DEEP_IM2COL, ROW_COL2IM, DIRECT }, { 1, 1, 1 } },
    { { 9, 13, 5 }, 16, 1, { 7, 7 }, 1, 1, 3, 3, { DIRECT, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 9, 13, 6 }, 16, 1, { 7, 7 }, 1, 1, 3, 3, { DEEP_IM2COL, COL2IM, DIRECT }, { 1, 0, 0 } },
    { { 4, 4, 256 }, 8, 1, { 1, 1 }, 1, 1, 0, 2, { GEMM, GEMM, GEMM }, { 0, 0, 0 } },
    { { 4, 4, 257 }, 8, 1, { 1, 1 }, 1, 1, 0, 2, { DEEP_GEMM, GEMM, GEMM }, { 0, 0, 0 } },
    { { 4, 4, 6 }, 8, 2, { 1, 1 }, 1, 1, 0, 2, { GEMM, GEMM, DIRECT }, { 0, 0, 0 } },
    { { 4, 4, 12 }, 8, 1, { 1, 1 }, 2, 1, 0, 2, { IM2COL, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 4, 4, 12 }, 8, 1, { 1, 1 }, 1, 1, 1, 2, { IM2COL, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 4, 4, 516 }, 6, 2, { 1, 1 }, 1, 1, 0, 2, { DEEP_GEMM, GEMM, DIRECT }, { 0, 0, 0 } },
    { { 6, 6, 15 }, 7, 1, { 3, 3 }, 1, 1, 1, 2, { IM2COL, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 6, 6, 16 }, 7, 1, { 3, 3 }, 1, 1, 1, 2, { IM2COL, ROW_COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 6, 6, 28 }, 7, 1, { 3, 3 }, 1, 1, 1, 2, { IM2COL, ROW_COL2IM, DIRECT }, { 1, 1, 1 } },
    { { 6, 6, 29 }, 7, 1, { 3, 3 }, 1, 1, 1, 2, { DEEP_IM2COL, ROW_COL2IM, DIRECT }, { 1, 1, 1 } },
    { { 6, 6, 58 }, 8, 2, { 3, 3 }, 1, 1, 1, 2, { DEEP_IM2COL, ROW_COL2IM, DIRECT }, { 1, 1, 1 } },
    { { 6, 6, 16 }, 8, 2, { 3, 3 }, 1, 1, 1, 2, { IM2COL, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 14, 14, 48 }, 48, 1, { 3, 3 }, 1, 1, 1, 16, { DEEP_IM2COL, ROW_COL2IM, DIRECT }, { 1, 1, 0 } },
    { { 14, 14, 16 }, 16, 1, { 3, 3 }, 1, 1, 1, 128, { IM2COL, ROW_COL2IM, DIRECT }, { 1, 1, 1 } },
    { { 12, 12, 6 }, 16, 1, { 5, 5 }, 1, 1, 0, 128, { DIRECT, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 14, 14, 2 }, 64, 1, { 3, 3 }, 1, 1, 1, 64, { DIRECT, COL2IM, DIRECT }, { 0, 0, 0 } },
    { { 16, 16, 64 }, 64, 2, { 3, 3 }, 1, 1, 1, 4, { DEEP_IM2COL, ROW_COL2IM, DIRECT }, { 1, 1, 1 } },
    { { 14, 14, 256 }, 64, 1, { 1, 1 }, 1, 1, 0, 128, { GEMM, GEMM, GEMM }, { 1, 1, 1 } },
    { { 4, 4, 516 }, 516, 1, { 1, 1 }, 1, 1, 0, 1, { DEEP_GEMM, GEMM, GEMM }, { 1, 1, 0 } },
    { { 1, 40, 1 }, 25, 1, { 1, 5 }, 2, 1, 0, 16, { DIRECT, COL2IM, DIRECT }, { 0, 0, 0 } },
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static dsc_model *convolution(dsc_scope *scope, const struct shape *s, dsc_engine engine)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { s->image[0], s->image[1], s->image[2] } });
    x = dsc_conv2d(dsc_batch_norm(x), s->filters, .name = "conv", .kernel = { s->kernel[0], s->kernel[1] },
                   .stride = { s->stride }, .dilation = { s->dilation }, .groups = s->groups,
                   .pad = { s->pad, s->pad });
    dsc_node *loss =
        dsc_softmax_cross_entropy(dsc_dense(dsc_global_average_pool(x), 2), dsc_labels(scope, 2));
    return dsc_compile(loss, &(dsc_compile_options){
                                 .batch = s->batch, .threads = 1, .engine = engine, .dtype = DSC_DTYPE_F32 });
}

static size_t pass_of(const dsci_node *node)
{
    return node->op->id == DSCI_OP_CONV ? 0 : node->op->id == DSCI_OP_CONV_BACKWARD_DATA ? 1 : 2;
}

static void check_shape(size_t number, dsc_engine engine)
{
    const struct shape *s = &shapes[number];
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = convolution(scope, s, engine);
    if (!model)
        fail_msg("shape %zu: %s", number, dsc_scope_message(scope));
    const dsci_graph *graph = &dsci_model_execution(model, s->batch, DSCI_TRAINING)->graph;
    size_t found = 0;
    for (size_t i = 0; i < graph->count; i++) {
        const dsci_node *node = graph->nodes[i];
        if (strcmp(node->name, "conv") != 0 || !node->implementation)
            continue;
        const size_t pass = pass_of(node);
        const bool onednn = engine == DSC_ENGINE_AUTO && s->onednn[pass];
        const dsci_implementation *chosen = node->implementation;
        if (chosen->engine != (onednn ? DSC_ENGINE_ONEDNN : DSC_ENGINE_NATIVE))
            fail_msg("shape %zu, pass %zu: %s", number, pass, dsc_engine_name(chosen->engine));
        if (!onednn && strcmp(chosen->describe(node), s->native[pass]) != 0)
            fail_msg("shape %zu, pass %zu: '%s', expected '%s'", number, pass, chosen->describe(node),
                     s->native[pass]);
        found++;
    }
    assert_int_equal(found, 3);
    dsc_scope_close(&scope);
}

static void convolutions_run_by_the_algorithm_of_their_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        check_shape(i, DSC_ENGINE_NATIVE);
        check_shape(i, DSC_ENGINE_AUTO);
    }
}

/* What each entry said of the first node that it was chosen for; NULL: it was not. */
static const char *said[DSCI_OP_COUNT][DSCI_MAX_IMPLEMENTATIONS];

static void note(dsc_scope *scope, const dsci_execution *plan)
{
    for (size_t i = 0; i < plan->graph.count; i++) {
        const dsci_node *node = plan->graph.nodes[i];
        const dsci_implementation *chosen = node->implementation;
        if (!chosen)
            continue;
        const char **text = &said[node->op->id][chosen - node->op->implementations];
        if (!*text)
            *text = chosen->describe ? dsc_scope_copy(scope, chosen->describe(node)) : "";
    }
}

static const dsc_engine engines[] = { DSC_ENGINE_NATIVE, DSC_ENGINE_ONEDNN, DSC_ENGINE_REF };
static const dsc_dtype dtypes[] = { DSC_DTYPE_F32, DSC_DTYPE_BF16, DSC_DTYPE_F64 };

/* In training, and in evaluation, which measures errors. Engines that lack the type say so. */
static void note_case(dsc_scope *texts, const struct gradient_case *c, uint32_t variant)
{
    for (size_t e = 0; e < 3; e++)
        for (size_t t = 0; t < 3; t++) {
            dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 12 });
            dsc_model *model = make_case(scope, c, variant, engines[e], dtypes[t]);
            for (int mode = DSCI_TRAINING; model && mode <= DSCI_EVALUATION; mode++) {
                const dsci_execution *plan =
                    dsci_model_execution(model, model->options.batch, (dsci_mode)mode);
                if (plan)
                    note(texts, plan);
            }
            dsc_scope_close(&scope);
        }
}

/* Losses of so many examples that each shard has a sum of its own. */
static void note_large_losses(dsc_scope *texts)
{
    enum { BATCH = 1024, OUTPUTS = 128 };
    for (size_t i = 0; i < 2; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_node *x = dsc_dense(dsc_input(scope, &(dsc_input_spec){ .shape = { 3 } }), OUTPUTS);
        dsc_node *targets = dsc_targets(scope, &(dsc_input_spec){ .shape = { OUTPUTS } });
        dsc_node *loss =
            i == 0 ? dsc_softmax_cross_entropy(x, dsc_labels(scope, OUTPUTS)) : dsc_squared_loss(x, targets);
        dsc_model *model = dsc_compile(
            loss, &(dsc_compile_options){ .batch = BATCH, .shard = 64, .engine = DSC_ENGINE_NATIVE });
        assert_non_null(model);
        note(texts, dsci_model_execution(model, BATCH, DSCI_TRAINING));
        dsc_scope_close(&scope);
    }
}

static bool can_run(const dsci_implementation *i)
{
    return i->engine != DSC_ENGINE_ONEDNN || i->type != DSCI_BF16 || dsci_onednn_has_bf16();
}

static void check_op(const dsci_op *op)
{
    const dsci_implementation *list = op->implementations;
    for (size_t i = 0; list[i].run; i++) {
        if (!said[op->id][i] && can_run(&list[i]))
            fail_msg("%s: entry %zu (%s, %s) runs in no network of this test", op->name, i,
                     dsc_engine_name(list[i].engine), dsci_type_name(list[i].type));
        for (size_t j = 0; said[op->id][i] && j < i; j++)
            if (said[op->id][j] && list[i].engine == list[j].engine && list[i].type == list[j].type &&
                strcmp(said[op->id][i], said[op->id][j]) == 0)
                fail_msg("%s: entries %zu and %zu both say '%s'", op->name, j, i, said[op->id][i]);
    }
}

static void every_entry_runs_somewhere_and_says_what_it_does(void **state)
{
    (void)state;
    dsc_scope *texts = dsc_scope_open(NULL);
    EACH_CASE(if (v < 2) note_case(texts, c, v));
    for (size_t i = 0; i < SHAPES; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_model *model = convolution(scope, &shapes[i], DSC_ENGINE_NATIVE);
        note(texts, dsci_model_execution(model, shapes[i].batch, DSCI_TRAINING));
        dsc_scope_close(&scope);
    }
    note_large_losses(texts);
    for (size_t i = 0; i < DSCI_OP_COUNT; i++)
        check_op(dsci_ops[i]);
    dsc_scope_close(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_run_by_the_algorithm_of_their_shape),
        cmocka_unit_test(every_entry_runs_somewhere_and_says_what_it_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
