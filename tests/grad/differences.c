/* Every op's gradient agrees with central differences in double, and every op that has a gradient is checked.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "graph/passes.h"
#include "test.h"

static const double step = 1e-5, tolerance = 1e-8;

/* Fourth-order central difference of the loss by parameter p. */
static double difference(dsci_execution *plan, double *p)
{
    const double at = *p;
    double loss[4];
    for (int i = 0; i < 4; i++) {
        *p = at + (double)(i < 2 ? i - 2 : i - 1) * step;
        dsci_execution_run(plan);
        loss[i] = *plan->loss;
    }
    *p = at;
    return (loss[0] - 8 * loss[1] + 8 * loss[2] - loss[3]) / (12 * step);
}

static void check_slice(dsci_execution *plan, const struct gradient_case *c, uint32_t variant,
                        const dsc_slice *slice, double *parameters, const double *exact)
{
    for (size_t j = slice->offset; j < slice->offset + slice->count; j += 1 + slice->count / 32) {
        const double estimate = difference(plan, &parameters[j]);
        const double scale = fmax(fmax(fabs(exact[j]), fabs(estimate)), 0.1);
        if (!(fabs(exact[j] - estimate) <= tolerance * scale))
            fail_msg("%s, variant %u: d loss / d %s[%zu] is %.12g, differences say %.12g", c->name, variant,
                     slice->name, j - slice->offset, exact[j], estimate);
    }
}

static void check_case(const struct gradient_case *c, uint32_t variant)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 11 });
    dsc_model *model = make_case(scope, c, variant, DSC_ENGINE_REF, DSC_DTYPE_F64);
    if (!model)
        fail_msg("%s, variant %u: %s", c->name, variant, dsc_scope_message(scope));
    dsci_execution *plan = dsci_model_execution(model, model->options.batch, DSCI_TRAINING);
    bind_random(scope, plan, c->targets, 5);
    dsci_execution_run(plan);
    size_t elements;
    const double *gradients = dsc_model_gradients(model, &elements);
    double *exact = dsc_scope_alloc(scope, elements, sizeof *exact);
    memcpy(exact, gradients, elements * sizeof *exact);
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    for (size_t i = 0; i < count; i++)
        check_slice(plan, c, variant, &slices[i], dsc_model_parameters(model, NULL), exact);
    dsc_scope_close(&scope);
}

static void gradients_are_those_of_central_differences(void **state)
{
    (void)state;
    EACH_CASE(check_case(c, v));
}

static bool contains(const struct gradient_case *c)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_model *model = make_case(scope, c, 1, DSC_ENGINE_REF, DSC_DTYPE_F64);
    bool found = false;
    for (size_t i = 0; model && i < model->plans->graph.count; i++)
        found |= strcmp(model->plans->graph.nodes[i]->op->name, c->op) == 0;
    dsc_scope_close(&scope);
    return found;
}

static bool in_table(const char *op)
{
    bool found = false;
    for (size_t id = 0; id < DSCI_OP_COUNT; id++)
        found |= strcmp(dsci_ops[id]->name, op) == 0;
    return found;
}

static void every_case_names_an_op_of_the_table(void **state)
{
    (void)state;
    EACH_CASE(if (v == 0 && !in_table(c->op)) fail_msg("case '%s': no op is called '%s'", c->name, c->op));
}

static void every_op_with_a_gradient_has_a_case(void **state)
{
    (void)state;
    for (size_t id = 0; id < DSCI_OP_COUNT; id++) {
        assert_int_equal(dsci_ops[id]->id, id);
        /* No graph in double has casts: engines.c compares graphs that do. */
        bool covered = !dsci_ops[id]->gradient || id == DSCI_OP_CAST;
        EACH_CASE(covered |= v == 0 && strcmp(c->op, dsci_ops[id]->name) == 0 && contains(c));
        if (!covered)
            fail_msg("op %s has a gradient and no case in tests/grad", dsci_ops[id]->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_central_differences),
        cmocka_unit_test(every_case_names_an_op_of_the_table),
        cmocka_unit_test(every_op_with_a_gradient_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
