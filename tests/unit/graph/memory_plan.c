/* Buffers that live at the same time never overlap: for random lifetimes, and in the plans of real networks.
 */
#include <string.h>

#include "graph/memory.h"
#include "network.h"
#include "test.h"

static void check_random_plan(uint32_t trial)
{
    enum { MOST = 60, STEPS = 40 };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_rng rng = dsc_rng_make(trial, DSC_STREAM_SAMPLING);
    dsci_lifetime buffers[MOST];
    const size_t count = dsc_rng_below(rng, 0, 0, MOST + 1);
    size_t arena = 0, total = 0, busiest = 0;
    for (size_t i = 0; i < count; i++) {
        buffers[i] = (dsci_lifetime){ .bytes = dsc_rng_below(rng, 1, i, 1000),
                                      .first = dsc_rng_below(rng, 2, i, STEPS) };
        buffers[i].last = buffers[i].first + dsc_rng_below(rng, 3, i, 10);
    }
    assert_int_equal(dsci_memory_plan(scope, buffers, count, &arena), DSC_OK);
    for (size_t i = 0; i < count; i++) {
        const dsci_lifetime *a = &buffers[i];
        total += a->bytes;
        assert_true(a->offset % DSCI_ALIGNMENT == 0 && a->offset + a->bytes <= arena);
        for (size_t j = 0; j < i; j++) {
            const dsci_lifetime *b = &buffers[j];
            const bool together = a->first <= b->last && b->first <= a->last;
            assert_true(!together || a->offset + a->bytes <= b->offset || b->offset + b->bytes <= a->offset);
        }
    }
    for (size_t step = 0; step < STEPS + 10; step++) {
        size_t live = 0;
        for (size_t i = 0; i < count; i++)
            live += buffers[i].first <= step && step <= buffers[i].last ? buffers[i].bytes : 0;
        busiest = live > busiest ? live : busiest;
    }
    assert_true(arena >= busiest && arena <= total);
    assert_true(arena <= busiest + busiest / 2); /* best fit comes near the bound */
    dsc_scope_close(&scope);
}

static void random_lifetimes_do_not_overlap(void **state)
{
    (void)state;
    for (uint32_t trial = 0; trial < 500; trial++)
        check_random_plan(trial);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_lifetime buffers[] = { { SIZE_MAX / 3, 0, 1, 0 }, { SIZE_MAX / 3, 0, 1, 0 } };
    size_t arena;
    assert_int_equal(dsci_memory_plan(scope, buffers, 2, &arena), DSC_ERROR_MEMORY);
    dsc_scope_close(&scope);
}

static void check_inputs(const dsci_execution *plan, const dsci_node *node,
                         const void *copies[][DSCI_MAX_OUTPUTS])
{
    for (size_t j = 0; j < node->input_count; j++) {
        const dsci_tensor *in = node->in[j];
        for (size_t k = 0; k < node->position; k++)
            for (size_t o = 0; o < plan->graph.nodes[k]->output_count; o++)
                if (plan->graph.nodes[k]->out[o] == in && copies[k][o])
                    assert_memory_equal(in->data, copies[k][o], dsci_tensor_bytes(in));
    }
}

/* Runs a plan step by step with a copy of every tensor that was written: when a step reads one, it must be as
 * it was. */
static void check_sentinels(dsc_scope *scope, const dsci_execution *plan)
{
    const void *copies[200][DSCI_MAX_OUTPUTS] = { { NULL } };
    for (size_t i = 0; i < plan->step_count; i++) {
        const dsci_step *step = &plan->steps[i];
        const dsci_node *node = step->operands->node;
        check_inputs(plan, node, copies);
        for (size_t part = 0; part < step->phase->parts; part++) {
            memset(plan->workspaces[0], 0xff, plan->workspace_bytes);
            step->run(step->operands, (dsci_part){ part, plan->workspaces[0] });
        }
        for (size_t j = 0; j < node->output_count; j++) {
            void *copy = dsc_scope_alloc(scope, dsci_tensor_bytes(node->out[j]), 1);
            memcpy(copy, node->out[j]->data, dsci_tensor_bytes(node->out[j]));
            copies[node->position][j] = copy;
        }
    }
}

static void live_tensors_survive_until_they_are_read(void **state)
{
    (void)state;
    static const dsc_engine engines[] = { DSC_ENGINE_NATIVE, DSC_ENGINE_ONEDNN, DSC_ENGINE_REF };
    for (size_t e = 0; e < 3; e++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 8 });
        dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 5, 3 } });
        for (size_t i = 0; i < 5; i++)
            x = dsc_dropout(dsc_tanh(dsc_sigmoid(dsc_dense(x, 70 - 9 * i))), 0.3);
        dsc_model *model =
            dsc_compile(dsc_softmax_cross_entropy(dsc_dense(x, 4), dsc_labels(scope, 4)),
                        &(dsc_compile_options){ .batch = 6, .engine = engines[e], .shard = e == 0 ? 2 : 0 });
        const dsc_examples examples = make_examples(scope, 2, 6, 15, 4);
        for (int mode = 0; mode < 2; mode++) {
            dsci_execution *plan = dsci_model_execution(model, 6, mode ? DSCI_EVALUATION : DSCI_TRAINING);
            assert_non_null(plan);
            bind_examples(scope, plan, &examples);
            check_sentinels(scope, plan);
        }
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lifetimes_do_not_overlap),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(live_tensors_survive_until_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
