/* Every op's gradient agrees with central differences in double, and every op that has a gradient is checked.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cases.h"
#include "graph/passes.h"

static const double step = 1e-5, tolerance = 1e-8;

/* Fourth-order central difference of the loss by parameter p. */
static double difference(dsci_plan *plan, double *p)
{
    const double at = *p;
    double loss[4];
    for (int i = 0; i < 4; i++) {
        *p = at + (double)(i < 2 ? i - 2 : i - 1) * step;
        dsci_plan_run(plan);
        loss[i] = *plan->loss;
    }
    *p = at;
    return (loss[0] - 8 * loss[1] + 8 * loss[2] - loss[3]) / (12 * step);
}

static void check_case(const struct gradient_case *c, const struct shape *s)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 11 });
    dsc_model *model = make_case(scope, c, s, DSC_ENGINE_REF, DSC_F64);
    if (!model)
        fail_msg("%s: %s", c->name, dsc_scope_message(scope));
    const dsc_examples examples = make_examples(scope, 5, s->batch, s->inputs, s->outputs);
    dsci_plan *plan = dsci_model_plan(model, s->batch, DSCI_TRAINING);
    run_once(scope, plan, &examples);
    size_t elements;
    double *parameters = dsc_model_parameters(model, NULL),
           *gradients = dsc_model_gradients(model, &elements);
    double *exact = dsc_scope_alloc(scope, elements, sizeof *exact);
    memcpy(exact, gradients, elements * sizeof *exact);
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    for (size_t i = 0; i < count; i++)
        for (size_t j = slices[i].offset; j < slices[i].offset + slices[i].count;
             j += 1 + slices[i].count / 64) {
            const double estimate = difference(plan, &parameters[j]);
            const double scale = fmax(fmax(fabs(exact[j]), fabs(estimate)), 0.1);
            if (!(fabs(exact[j] - estimate) <= tolerance * scale))
                fail_msg("%s, batch %zu, %zu-%zu-%zu: d loss / d %s[%zu] is %.12g, differences say %.12g",
                         c->name, s->batch, s->inputs, s->units, s->outputs, slices[i].name,
                         j - slices[i].offset, exact[j], estimate);
        }
    dsc_scope_close(&scope);
}

static void gradients_are_those_of_central_differences(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++)
        for (int s = 0; s < SHAPES; s++)
            check_case(&cases[c], &shapes[s]);
}

static bool contains(const struct gradient_case *c)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = make_case(scope, c, &shapes[SHAPES - 1], DSC_ENGINE_REF, DSC_F64);
    dsci_graph graph = { .setting = { .scope = scope, .real = DSCI_F64, .batch = 1, .training = true } };
    dsci_pass_build(&graph, model->loss);
    bool found = false;
    for (size_t i = 0; i < graph.count; i++)
        found |= graph.nodes[i]->op->id == c->op;
    dsc_scope_close(&scope);
    return found;
}

static void every_op_with_a_gradient_has_a_case(void **state)
{
    (void)state;
    for (size_t id = 0; id < DSCI_OP_COUNT; id++) {
        assert_int_equal(dsci_ops[id]->id, id);
        bool covered = !dsci_ops[id]->gradient;
        for (int c = 0; c < CASES; c++)
            covered |= cases[c].op == id && contains(&cases[c]);
        if (!covered)
            fail_msg("op %s has a gradient and no case in tests/grad/cases.h", dsci_ops[id]->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_central_differences),
        cmocka_unit_test(every_op_with_a_gradient_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
