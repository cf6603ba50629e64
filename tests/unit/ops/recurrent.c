/* Backpropagation through time that is cut every so many steps, and state that is carried from batch to
 * batch. */
#include <math.h>
#include <string.h>

#include <descent/rng.h>
#include <descent/train.h>

#include "graph/model.h"
#include "test.h"

enum { BATCH = 5, SEGMENT = 4, SEGMENTS = 3, STEPS = SEGMENT * SEGMENTS, FEATURES = 3, UNITS = 6 };

static const struct cell {
    const char *name;
    dsc_recurrent_cell kind;
    bool peephole;
} cells[] = {
    { "tanh", DSC_RECURRENT_TANH, false },       { "relu", DSC_RECURRENT_RELU, false },
    { "jordan", DSC_RECURRENT_JORDAN, false },   { "lstm", DSC_RECURRENT_LSTM, false },
    { "peephole", DSC_RECURRENT_LSTM, true },    { "gru", DSC_RECURRENT_GRU, false },
    { "gru_lbr", DSC_RECURRENT_GRU_LBR, false },
};
enum { CELLS = sizeof cells / sizeof cells[0] };

/* Inputs and targets of (batch, STEPS, ...), or of one segment of each example. */
struct values {
    double x[BATCH * STEPS * FEATURES], targets[BATCH * STEPS * UNITS];
    float x_f32[BATCH * STEPS * FEATURES], targets_f32[BATCH * STEPS * UNITS];
};

static double draw(uint32_t major, size_t example, size_t step, size_t i)
{
    return (double)(float)dsc_rng_normal(dsc_rng_make(8, DSC_STREAM_DATA), major,
                                         (example * STEPS + step) * UNITS + i);
}

static void fill(double *wide, float *values, uint32_t major, size_t first, size_t steps, size_t columns)
{
    for (size_t i = 0; i < BATCH * steps * columns; i++) {
        const size_t row = i / columns;
        wide[i] = draw(major, row / steps, first + row % steps, i % columns);
        values[i] = (float)wide[i];
    }
}

static dsc_model *make(dsc_scope *scope, const struct cell *cell, dsc_engine engine, dsc_dtype dtype,
                       size_t steps, size_t truncate, size_t stateful)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { steps, FEATURES } });
    dsc_node *h = dsc_recurrent(x, UNITS, .cell = cell->kind, .peephole = cell->peephole, .sequence = true,
                                .truncate = truncate, .stateful = stateful);
    dsc_node *targets = dsc_targets(scope, &(dsc_input_spec){ .shape = { steps, UNITS } });
    dsc_model *model =
        dsc_compile(dsc_squared_loss(h, targets),
                    &(dsc_compile_options){ .batch = BATCH, .engine = engine, .dtype = dtype, .threads = 1 });
    if (!model)
        fail_msg("%s: %s", cell->name, dsc_scope_message(scope));
    return model;
}

/* The loss of `steps` steps from the first on; gradients are in the model. */
static double run(dsc_model *model, size_t first, size_t steps)
{
    static struct values v;
    fill(v.x, v.x_f32, 0, first, steps, FEATURES);
    fill(v.targets, v.targets_f32, 1, first, steps, UNITS);
    const bool wide = model->options.dtype == DSC_DTYPE_F64;
    dsci_execution *plan = dsci_model_execution(model, BATCH, DSCI_TRAINING);
    dsci_execution_bind(plan->inputs[0], wide ? (const void *)v.x : v.x_f32);
    dsci_execution_bind(plan->expected[0], wide ? (const void *)v.targets : v.targets_f32);
    dsci_execution_run(plan);
    return *plan->loss;
}

static double gradient_at(dsc_model *model, size_t i)
{
    return model->options.dtype == DSC_DTYPE_F64 ? ((double *)dsc_model_gradients(model, NULL))[i]
                                                 : (double)((float *)dsc_model_gradients(model, NULL))[i];
}

/* Segments one after the other with the state carried on: what a cut makes of the whole sequence. */
static void compare(const struct cell *cell, dsc_engine engine, dsc_dtype dtype, double tolerance)
{
    dsc_scope *scopes[3];
    for (int i = 0; i < 3; i++)
        scopes[i] = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
    dsc_model *cut = make(scopes[0], cell, engine, dtype, STEPS, SEGMENT, 0);
    dsc_model *carried = make(scopes[1], cell, engine, dtype, SEGMENT, 0, BATCH);
    dsc_model *whole = make(scopes[2], cell, engine, dtype, STEPS, 0, 0);
    const double loss = run(cut, 0, STEPS), whole_loss = run(whole, 0, STEPS);
    size_t elements;
    dsc_model_gradients(cut, &elements);
    double *sums = dsc_scope_alloc(scopes[0], elements, sizeof *sums), losses = 0, difference = 0;
    for (size_t s = 0; s < SEGMENTS; s++) {
        losses += run(carried, s * SEGMENT, SEGMENT) / SEGMENTS;
        for (size_t i = 0; i < elements; i++)
            sums[i] += gradient_at(carried, i) / SEGMENTS;
    }
    assert_true(loss == whole_loss);
    if (!(fabs(losses - loss) <= tolerance * loss))
        fail_msg("%s: loss %.17g of segments, %.17g of the sequence", cell->name, losses, loss);
    for (size_t i = 0; i < elements; i++) {
        difference = fmax(difference, fabs(gradient_at(cut, i) - gradient_at(whole, i)));
        if (!(fabs(sums[i] - gradient_at(cut, i)) <= tolerance))
            fail_msg("%s: gradient %zu is %.17g of segments, %.17g of the cut sequence", cell->name, i,
                     sums[i], gradient_at(cut, i));
    }
    if (!(difference > 1e-4))
        fail_msg("%s: the cut changes no gradient by more than %.3g", cell->name, difference);
    for (int i = 0; i < 3; i++)
        dsc_scope_close(&scopes[i]);
}

static void a_cut_sequence_is_its_segments_with_the_state_carried_on(void **state)
{
    (void)state;
    for (int i = 0; i < CELLS; i++) {
        compare(&cells[i], DSC_ENGINE_REF, DSC_DTYPE_F64, 1e-14);
        compare(&cells[i], DSC_ENGINE_NATIVE, DSC_DTYPE_F32, 2e-6);
        compare(&cells[i], DSC_ENGINE_AUTO, DSC_DTYPE_F32, 2e-6);
    }
}

/* Evaluation reads the state and leaves it where it is. */
static void evaluation_moves_no_state(void **state)
{
    (void)state;
    for (int i = 0; i < CELLS; i++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 3 });
        dsc_model *model = make(scope, &cells[i], DSC_ENGINE_NATIVE, DSC_DTYPE_F32, SEGMENT, 0, BATCH);
        static struct values v;
        fill(v.x, v.x_f32, 0, 0, SEGMENT, FEATURES);
        fill(v.targets, v.targets_f32, 1, 0, SEGMENT, UNITS);
        const dsc_examples examples = {
            .count = BATCH,
            .columns = { { "input", SEGMENT * FEATURES, .f32 = v.x_f32 },
                         { "targets", SEGMENT * UNITS, .f32 = v.targets_f32 } },
        };
        const double fresh = dsc_evaluate(model, &examples).loss;
        assert_true(fresh == dsc_evaluate(model, &examples).loss);
        run(model, 0, SEGMENT);
        assert_true(fresh != dsc_evaluate(model, &examples).loss);
        assert_int_equal(dsc_scope_status(scope), DSC_OK);
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_sequence_is_its_segments_with_the_state_carried_on),
        cmocka_unit_test(evaluation_moves_no_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
