/* Metrics agree with plain counts; folds and other parts of the examples hold each of them once. */
#include <math.h>
#include <string.h>

#include "graph/network.h"
#include "network.h"
#include "test.h"

enum { COUNT = 103, CLASSES = 5, INPUTS = 3 };

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-12 || (isnan(a) && isnan(b))))
        fail_msg("%.17g is not %.17g", a, b);
}

/* Scores with ties. */
static void draw(float *scores, int32_t *labels, size_t classes)
{
    const dsc_rng rng = dsc_rng_make(5, DSC_STREAM_DATA);
    for (size_t i = 0; i < COUNT * classes; i++)
        scores[i] = (float)dsc_rng_below(rng, 0, i, 7);
    for (size_t i = 0; i < COUNT; i++)
        labels[i] = (int32_t)dsc_rng_below(rng, 1, i, classes - 1); /* the last never occurs */
}

static void a_classifier_is_counted_as_by_hand(void **state)
{
    (void)state;
    float scores[COUNT * CLASSES];
    int32_t labels[COUNT];
    draw(scores, labels, CLASSES);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_classification c = dsc_classify(scope, scores, labels, COUNT, CLASSES, 2);
    size_t confusion[CLASSES][CLASSES] = { { 0 } }, right = 0, top = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const float *row = scores + i * CLASSES;
        size_t first = 0, second = CLASSES;
        for (size_t j = 1; j < CLASSES; j++)
            first = row[j] > row[first] ? j : first;
        for (size_t j = 0; j < CLASSES; j++)
            if (j != first && (second == CLASSES || row[j] > row[second]))
                second = j;
        confusion[labels[i]][first]++;
        right += first == (size_t)labels[i];
        top += first == (size_t)labels[i] || second == (size_t)labels[i];
    }
    assert_memory_equal(c.confusion, confusion, sizeof confusion);
    near(c.accuracy, (double)right / COUNT);
    near(c.top_k, (double)top / COUNT);
    double sums[3] = { 0 };
    for (size_t k = 0; k < CLASSES; k++) {
        double labelled = 0, predicted = 0, hit = (double)confusion[k][k];
        for (size_t j = 0; j < CLASSES; j++) {
            labelled += (double)confusion[k][j];
            predicted += (double)confusion[j][k];
        }
        near(c.precision[k], hit / predicted);
        near(c.recall[k], labelled > 0 ? hit / labelled : NAN);
        near(c.f1[k], 2 * hit / (labelled + predicted));
        if (labelled > 0) {
            sums[0] += hit / predicted;
            sums[1] += hit / labelled;
            sums[2] += 2 * hit / (labelled + predicted);
        }
    }
    near(c.macro_precision, sums[0] / (CLASSES - 1));
    near(c.macro_recall, sums[1] / (CLASSES - 1));
    near(c.macro_f1, sums[2] / (CLASSES - 1));
    near(dsc_classify(scope, scores, labels, COUNT, CLASSES, CLASSES).top_k, 1);
    near(dsc_classify(scope, scores, labels, COUNT, CLASSES, 0).top_k, 0);
    near(dsc_classify(scope, scores, labels, COUNT, CLASSES, 1).top_k, c.accuracy);
    labels[3] = CLASSES;
    dsc_classify(scope, scores, labels, COUNT, CLASSES, 1);
    assert_non_null(strstr(dsc_scope_message(scope), "found 5 at example 3"));
    dsc_scope_close(&scope);
}

/* Every way of counting agrees that an example with a score of NaN is wrong. */
static void a_score_that_is_no_number_is_wrong(void **state)
{
    (void)state;
    const float nan = NAN, scores[] = { nan, nan, nan, /* */ 1, nan, 0, /* */ nan, 0, 1, /* */ 2, 1, 0 };
    const int32_t labels[] = { 0, 0, 2, 0 };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_classification c = dsc_classify(scope, scores, labels, 4, 3, 1);
    near(c.accuracy, 0.25);
    near(c.top_k, 0.25);
    near(dsc_classify(scope, scores, labels, 4, 3, 3).top_k, 0.75);
    const size_t confusion[9] = { [0] = 1 }, support[3] = { 3, 0, 1 };
    assert_memory_equal(c.confusion, confusion, sizeof confusion);
    assert_memory_equal(c.support, support, sizeof support);
    near(c.recall[0], 1.0 / 3);
    near(c.recall[2], 0);
    dsc_scope_close(&scope);
    for (size_t classes = 1; classes < 4; classes += 2)
        for (dsc_engine engine = DSC_ENGINE_NATIVE; engine <= DSC_ENGINE_REF; engine++) {
            scope = dsc_scope_open(NULL);
            dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { classes } });
            dsc_node *loss = classes == 1 ? dsc_hinge_loss(x, dsc_labels(scope, 2), NULL)
                                          : dsc_softmax_cross_entropy(x, dsc_labels(scope, classes));
            dsc_model *model =
                dsc_compile(loss, &(dsc_compile_options){ .inference = true, .engine = engine });
            const dsc_examples all = {
                .count = 4,
                .columns = { { "input", classes, .f32 = classes == 1 ? scores + 3 : scores },
                             { "labels", 1, .i32 = labels } },
            };
            const dsc_examples two = dsc_examples_range(&all, 0, 2);
            near(dsc_evaluate(model, classes == 1 ? &two : &all).error_rate, classes == 1 ? 1 : 0.75);
            dsc_scope_close(&scope);
        }
}

static void r_squared_is_the_share_of_variance_explained(void **state)
{
    (void)state;
    const float y[] = { 1, 2, 4, 5 }, mean[] = { 3, 3, 3, 3 }, fit[] = { 1, 3, 4, 4 };
    near(dsc_r_squared(y, y, 4), 1);
    near(dsc_r_squared(mean, y, 4), 0);
    near(dsc_r_squared(fit, y, 4), 1 - 2.0 / 10);
    assert_true(isnan(dsc_r_squared(y, mean, 4)));
    const float some[] = { 1, NAN, 2, 4, NAN, 5 }, of_some[] = { 1, 7, 3, 4, NAN, 4 };
    near(dsc_r_squared(of_some, some, 6), 1 - 2.0 / 10);
}

/* Examples that can be told apart: feature 0 is their number. */
static dsc_examples numbered(dsc_scope *scope)
{
    dsc_examples examples = make_examples(scope, 3, COUNT, INPUTS, CLASSES);
    float *x = dsc_scope_alloc(scope, COUNT * INPUTS, sizeof *x);
    int32_t *labels = dsc_scope_alloc(scope, COUNT, sizeof *labels);
    for (size_t i = 0; i < COUNT; i++) {
        x[i * INPUTS] = (float)i;
        labels[i] = i < 60 ? 0 : i < 90 ? 1 : 2;
    }
    examples.columns[0].f32 = x;
    examples.columns[1].i32 = labels;
    return examples;
}

/* How often each example occurs; what belongs together has stayed together. */
static void count_examples(const dsc_examples *all, const dsc_examples *part, size_t seen[COUNT])
{
    for (size_t i = 0; i < part->count; i++) {
        const size_t n = (size_t)inputs_of(part)[i * INPUTS];
        assert_int_equal(dsc_examples_labels(part)[i], dsc_examples_labels(all)[n]);
        assert_memory_equal(targets_of(part) + i * CLASSES, targets_of(all) + n * CLASSES,
                            CLASSES * sizeof(float));
        seen[n]++;
    }
}

static void each_example_is_tested_in_one_fold(void **state)
{
    (void)state;
    for (size_t folds = 2; folds <= COUNT; folds += folds < 7 ? 1 : 32)
        for (int stratified = 0; stratified < 2; stratified++) {
            dsc_scope *scope = dsc_scope_open(NULL);
            const dsc_examples all = numbered(scope);
            const dsc_fold_options options = { .folds = folds, .seed = 4, .stratified = stratified != 0 };
            size_t tested[COUNT] = { 0 };
            for (size_t f = 0; f < folds; f++) {
                const dsc_examples_split split = dsc_fold(scope, &all, f, &options);
                size_t once[COUNT] = { 0 }, classes[3] = { 0 };
                assert_int_equal(dsc_scope_status(scope), DSC_OK);
                assert_int_equal(split.train.count + split.test.count, COUNT);
                assert_true(split.test.count == COUNT / folds || split.test.count == COUNT / folds + 1);
                count_examples(&all, &split.train, once);
                count_examples(&all, &split.test, once);
                count_examples(&all, &split.test, tested);
                for (size_t i = 0; i < COUNT; i++)
                    assert_int_equal(once[i], 1);
                for (size_t i = 0; i < split.test.count; i++)
                    classes[dsc_examples_labels(&split.test)[i]]++;
                const size_t sizes[3] = { 60, 30, 13 };
                for (size_t c = 0; c < 3 && stratified; c++)
                    assert_true(classes[c] >= sizes[c] / folds && classes[c] <= sizes[c] / folds + 1);
            }
            for (size_t i = 0; i < COUNT; i++)
                assert_int_equal(tested[i], 1);
            dsc_scope_close(&scope);
        }
}

static void a_share_is_held_out(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples all = numbered(scope);
    const dsc_examples_split split = dsc_hold_out(scope, &all, 0.2, 1),
                             other = dsc_hold_out(scope, &all, 0.2, 2);
    size_t seen[COUNT] = { 0 };
    assert_int_equal(split.test.count, 21);
    count_examples(&all, &split.train, seen);
    count_examples(&all, &split.test, seen);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(seen[i], 1);
    assert_memory_not_equal(inputs_of(&split.test), inputs_of(&other.test), 21 * INPUTS * sizeof(float));
    dsc_scope_close(&scope);
}

static void ranges_and_selections_are_what_they_name(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_examples all = numbered(scope);
    size_t seen[COUNT] = { 0 };
    const dsc_examples range = dsc_examples_range(&all, 90, 100);
    assert_int_equal(range.count, 13);
    assert_ptr_equal(inputs_of(&range), inputs_of(&all) + 90 * INPUTS);
    count_examples(&all, &range, seen);
    const dsc_examples two = dsc_examples_select(scope, &all, (uint32_t[]){ 7, 102 }, 2);
    count_examples(&all, &two, seen);
    assert_true(seen[7] == 1 && seen[102] == 2);
    dsc_examples_select(scope, &all, (uint32_t[]){ 0, COUNT }, 2);
    assert_non_null(strstr(dsc_scope_message(scope), "found 103 at position 1"));
    dsc_scope_close(&scope);
}

static void balanced_weights_make_classes_count_alike(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const int32_t labels[] = { 0, 0, 0, 0, 1, 1, 3, 3 };
    const double *weights = dsc_balanced_class_weights(scope, labels, 8, 4);
    near(weights[0], 0.5);
    near(weights[1], 1);
    near(weights[2], 0);
    near(weights[3], 1);
    dsc_balanced_class_weights(scope, labels, 8, 3);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
    dsc_scope_close(&scope);
}

/* Logits that are predicted batch by batch are those of each example by itself, and give the error rate. */
static void predictions_are_the_values_of_nodes(void **state)
{
    (void)state;
    enum { MANY = 300 };
    for (int dtype = 0; dtype < 2; dtype++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 9 });
        const dsc_examples all = make_examples(scope, 3, MANY, INPUTS, CLASSES);
        dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
        dsc_node *h = dsc_dropout(dsc_tanh(dsc_dense(x, 6)), 0.5), *logits = dsc_dense(h, CLASSES);
        dsc_model *model =
            dsc_compile(dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES)),
                        &(dsc_compile_options){ .dtype = dtype ? DSC_DTYPE_F64 : DSC_DTYPE_F32 });
        dsc_examples unlabelled = all;
        unlabelled.columns[1].i32 = NULL;
        const float *hidden = dsc_predict(scope, model, h, &unlabelled);
        const float *scores = dsc_predict(scope, model, logits, &unlabelled);
        assert_int_equal(dsc_scope_status(scope), DSC_OK);
        for (size_t i = 0; i < MANY; i += 37) {
            const dsc_examples one = dsc_examples_range(&all, i, 1);
            const float *alone = dsc_predict(scope, model, h, &one);
            assert_memory_equal(alone, hidden + i * 6, 6 * sizeof *alone);
        }
        const dsc_classification c = dsc_classify(scope, scores, dsc_examples_labels(&all), MANY, CLASSES, 1);
        near(1 - c.accuracy, dsc_evaluate(model, &all).error_rate);
        assert_ptr_equal(dsc_model_node(model, "dense2")->tensor, logits->tensor);
        dsc_scope *other = dsc_scope_open(NULL);
        dsc_model *same =
            dsc_compile(dsc_softmax_cross_entropy(
                            dsc_dense(dsc_input(other, &(dsc_input_spec){ .shape = { INPUTS } }), 2),
                            dsc_labels(other, 2)),
                        NULL);
        assert_null(dsc_model_node(same, "dense_1"));
        assert_non_null(strstr(dsc_scope_message(other), "found 'dense_1'; did you mean 'dense1'?"));
        dsc_scope_close(&other);
        assert_null(dsc_predict(scope, model, x, &all));
        assert_non_null(strstr(dsc_scope_message(scope), "found 'input'"));
        dsc_scope_close(&scope);
    }
}

/* The same examples twice over: a mask depends on the draw and on the place among the examples, so neither
   the halves nor two draws share theirs, and one draw is the same again. Each element is dropped or doubled.
 */
static void noisy_predictions_drop_units_of_the_trained_network(void **state)
{
    (void)state;
    enum { HALF = 256, UNITS = 6, DRAWS = 64, VALUES = HALF * UNITS };
    for (int dtype = 0; dtype < 2; dtype++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 9 });
        dsc_examples all = make_examples(scope, 3, HALF, INPUTS, CLASSES);
        float *twice = dsc_scope_alloc(scope, (size_t)2 * HALF * INPUTS, sizeof *twice);
        memcpy(twice, inputs_of(&all), sizeof(float) * HALF * INPUTS);
        memcpy(twice + (size_t)HALF * INPUTS, inputs_of(&all), sizeof(float) * HALF * INPUTS);
        all = (dsc_examples){ .count = (size_t)2 * HALF, .columns = { { "input", INPUTS, .f32 = twice } } };
        dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
        dsc_node *h = dsc_dropout(dsc_tanh(dsc_batch_norm(dsc_dense(x, UNITS))), 0.5);
        dsc_model *model =
            dsc_compile(dsc_softmax_cross_entropy(dsc_dense(h, CLASSES), dsc_labels(scope, CLASSES)),
                        &(dsc_compile_options){ .dtype = dtype ? DSC_DTYPE_F64 : DSC_DTYPE_F32 });
        const float *plain = dsc_predict(scope, model, h, &all);
        const float *first = dsc_predict_noisy(scope, model, h, &all, 0);
        assert_memory_not_equal(first, first + VALUES, VALUES * sizeof *first);
        assert_memory_equal(dsc_predict_noisy(scope, model, h, &all, 0), first, 2 * VALUES * sizeof *first);
        size_t kept = 0;
        for (uint32_t draw = 0; draw < DRAWS; draw++) {
            const float *noisy = dsc_predict_noisy(scope, model, h, &all, draw);
            if (draw)
                assert_memory_not_equal(noisy, first, VALUES * sizeof *first);
            for (size_t i = 0; i < 2 * VALUES; i++) {
                assert_true(noisy[i] == 0 || noisy[i] == 2 * plain[i]);
                kept += noisy[i] != 0;
            }
        }
        const double draws = 2.0 * VALUES * DRAWS;
        assert_true(fabs((double)kept - draws / 2) < 4 * sqrt(draws) / 2);
        assert_memory_equal(dsc_predict(scope, model, h, &all), plain, 2 * VALUES * sizeof *plain);
        assert_null(dsc_predict_noisy(scope, model, h, &all, UINT32_MAX));
        assert_non_null(strstr(dsc_scope_message(scope), "expected a draw below 2147483647"));
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_classifier_is_counted_as_by_hand),
        cmocka_unit_test(a_score_that_is_no_number_is_wrong),
        cmocka_unit_test(r_squared_is_the_share_of_variance_explained),
        cmocka_unit_test(each_example_is_tested_in_one_fold),
        cmocka_unit_test(a_share_is_held_out),
        cmocka_unit_test(ranges_and_selections_are_what_they_name),
        cmocka_unit_test(balanced_weights_make_classes_count_alike),
        cmocka_unit_test(predictions_are_the_values_of_nodes),
        cmocka_unit_test(noisy_predictions_drop_units_of_the_trained_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
