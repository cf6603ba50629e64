/* Linear models are those of scikit-learn 1.9.1 (liblinear; tolerance 1e-12), satisfy the conditions of their
 * optimum on random problems, and have the same bits for any number of threads. */
#include <math.h>
#include <string.h>

#include <descent/linear.h>
#include <descent/rng.h>

#include "test.h"

enum { ROWS = 40, COLUMNS = 6 };

/* The table that the constants were computed from. */
struct table {
    size_t starts[ROWS + 1];
    uint32_t index[ROWS * COLUMNS];
    double values[ROWS * COLUMNS], dense[ROWS][COLUMNS];
    int32_t two[ROWS], three[ROWS];
    dsc_sparse x;
};

static void make_table(struct table *t)
{
    *t = (struct table){ 0 };
    size_t elements = 0;
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < COLUMNS; j++) {
            if ((i * 5 + j * 3) % 4 != 1)
                t->dense[i][j] = ((i * 7 + j * 13 + i * j) % 11) / 4.0;
            if (t->dense[i][j] != 0) {
                t->index[elements] = (uint32_t)j;
                t->values[elements++] = t->dense[i][j];
            }
        }
        t->starts[i + 1] = elements;
        const double *row = t->dense[i];
        t->two[i] = row[0] + row[1] * 0.5 - row[2] + ((i * 37) % 10) / 10.0 > 0.8;
        t->three[i] = (i * i + (int)(2 * row[3])) % 3;
    }
    t->x = (dsc_sparse){
        .rows = ROWS, .columns = COLUMNS, .starts = t->starts, .index = t->index, .values = t->values
    };
}

static void expect_near(const double *found, const double *expected, size_t count, double tolerance)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(found[i] - expected[i]) <= tolerance))
            fail_msg("element %zu: expected %.12g, found %.12g", i, expected[i], found[i]);
}

static void expect_model(const struct table *t, dsc_linear_kind kind, const double expected[COLUMNS + 1])
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_linear_model *model = dsc_linear_fit(
        scope, &t->x, t->two, 2,
        &(dsc_linear_options){ .kind = kind, .c = 0.5, .tolerance = 1e-10, .max_iterations = 100000 });
    assert_string_equal(dsc_scope_message(scope), "");
    if (!model->converged || !(model->residual <= 1e-10) || model->outputs != 1)
        fail_msg("kind %d: %zu iterations, residual %g", (int)kind, model->iterations, model->residual);
    const double tolerance = kind == DSC_LINEAR_SVM ? 1e-5 : 1e-8; /* of a gap of 1e-10 its square root */
    expect_near(model->weights, expected, COLUMNS, tolerance);
    expect_near(model->bias, expected + COLUMNS, 1, tolerance);
    dsc_scope_close(&scope);
}

static void models_are_those_of_scikit_learn(void **state)
{
    (void)state;
    struct table t;
    make_table(&t);
    expect_model(&t, DSC_LINEAR_LOGISTIC,
                 (const double[]){ 1.16636417128, 0.622166375842, -1.23823616764, -0.0877788588293,
                                   0.0999279615959, -0.351444693214, 0.0126366679489 });
    expect_model(
        &t, DSC_LINEAR_LOGISTIC_L1,
        (const double[]){ 1.44890736863, 0.389041810356, -1.47436779583, 0, 0, -0.00829822905937, 0 });
    expect_model(&t, DSC_LINEAR_SVM,
                 (const double[]){ 1.10471510807, 0.368855805831, -1.02934502281, -0.0932689584414,
                                   -0.197172284696, -0.0911329448835, 0.221164837267 });
}

static void several_classes_are_one_against_the_others(void **state)
{
    (void)state;
    static const double weights[] = { 0.099837831807,  0.160898339784,   -0.494622642216, -0.0375398137728,
                                      -0.197068690829, -0.0971015758811, -0.278597698761, 0.00674613458168,
                                      0.321843313566,  -0.205291396375,  0.303161921376,  0.141619774531,
                                      0.287915226295,  -0.299675893982,  0.0981747384915, 0.231553782946,
                                      -0.29648401406,  -0.0556261825543 };
    static const double bias[] = { 0.440958631843, -0.627318349487, -0.467680875502 };
    struct table t;
    make_table(&t);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_linear_model *model =
        dsc_linear_fit(scope, &t.x, t.three, 3,
                       &(dsc_linear_options){
                           .kind = DSC_LINEAR_SVM, .c = 0.5, .tolerance = 1e-10, .max_iterations = 100000 });
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(model->outputs, 3);
    expect_near(model->weights, weights, 3 * COLUMNS, 1e-5);
    expect_near(model->bias, bias, 3, 1e-5);
    const double *scores = dsc_linear_scores(scope, model, &t.x);
    const int32_t *predicted = dsc_linear_predict(scope, model, &t.x);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t o = 0; o < 3; o++) {
            double sum = model->bias[o];
            for (size_t j = 0; j < COLUMNS; j++)
                sum += t.dense[i][j] * model->weights[o * COLUMNS + j];
            assert_true(fabs(sum - scores[3 * i + o]) < 1e-12);
            assert_true(scores[3 * i + (size_t)predicted[i]] >= scores[3 * i + o]);
        }
    dsc_scope_close(&scope);
}

static void naive_bayes_counts_shares(void **state)
{
    (void)state;
    static const double two[] = { 1.13282694631,  0.486707371237,  -1.11498941714, -0.274922606838,
                                  0.266567843694, -0.541459612864, 0.200670695462 };
    static const double three[] = { -1.80412056605, -1.54290506679, -2.45346512395, -1.86567845905,
                                    -1.42384570677, -1.96576191761, -2.03053773469, -1.92699705575,
                                    -1.63115167266, -2.23120843015, -1.37443182581, -1.78937567787,
                                    -1.75461992228, -2.51230562398, -1.66500776359, -1.55679417895,
                                    -1.48268620679, -2.12931337172 };
    struct table t;
    make_table(&t);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_linear_model *model = dsc_naive_bayes_fit(scope, &t.x, t.two, 2, 1);
    assert_string_equal(dsc_scope_message(scope), "");
    expect_near(model->weights, two, COLUMNS, 1e-10);
    expect_near(model->bias, two + COLUMNS, 1, 1e-10);
    model = dsc_naive_bayes_fit(scope, &t.x, t.three, 3, 0.5);
    assert_string_equal(dsc_scope_message(scope), "");
    expect_near(model->weights, three, 3 * COLUMNS, 1e-10);
    dsc_scope_close(&scope);
}

/* The weights written out: scaled columns, a support vector machine of them, the mean. */
static void nbsvm_is_what_its_equations_say(void **state)
{
    (void)state;
    struct table t;
    make_table(&t);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_linear_options linear = { .c = 0.7, .tolerance = 1e-10, .max_iterations = 100000 };
    const dsc_linear_model *model = dsc_nbsvm_fit(
        scope, &t.x, t.two, 2, &(dsc_nbsvm_options){ .linear = linear, .alpha = 0.5, .beta = 0.3 });
    assert_string_equal(dsc_scope_message(scope), "");
    const dsc_linear_model *bayes = dsc_naive_bayes_fit(scope, &t.x, t.two, 2, 0.5);
    struct table scaled = t;
    for (size_t e = 0; e < t.starts[ROWS]; e++)
        scaled.values[e] *= bayes->weights[t.index[e]];
    scaled.x.values = scaled.values;
    dsc_linear_options svm = linear;
    svm.kind = DSC_LINEAR_SVM;
    const dsc_linear_model *fitted = dsc_linear_fit(scope, &scaled.x, t.two, 2, &svm);
    double mean = 0, expected[COLUMNS + 1];
    for (size_t j = 0; j < COLUMNS; j++)
        mean += fabs(fitted->weights[j]) / COLUMNS;
    for (size_t j = 0; j < COLUMNS; j++)
        expected[j] = bayes->weights[j] * (0.7 * mean + 0.3 * fitted->weights[j]);
    expected[COLUMNS] = 0.3 * fitted->bias[0];
    expect_near(model->weights, expected, COLUMNS, 1e-12);
    expect_near(model->bias, expected + COLUMNS, 1, 1e-12);
    dsc_scope_close(&scope);
}

/* A random problem of more columns than rows. */
enum { MANY_ROWS = 300, MANY_COLUMNS = 700, EACH = 20 };
struct random {
    size_t starts[MANY_ROWS + 1];
    uint32_t index[MANY_ROWS * EACH];
    double values[MANY_ROWS * EACH];
    int32_t labels[MANY_ROWS];
    dsc_sparse x;
};

static void make_random(struct random *r, uint64_t seed)
{
    const dsc_rng rng = dsc_rng_make(seed, DSC_STREAM_DATA);
    for (size_t i = 0; i < MANY_ROWS; i++) {
        for (size_t e = 0; e < EACH; e++) {
            const size_t at = i * EACH + e; /* a column at most once: each element has its own range */
            r->index[at] =
                (uint32_t)(e * (MANY_COLUMNS / EACH) + dsc_rng_below(rng, 0, at, MANY_COLUMNS / EACH));
            r->values[at] = dsc_rng_normal(rng, 1, at);
        }
        r->starts[i + 1] = (i + 1) * EACH;
        r->labels[i] = i < 2 ? (int32_t)i : (int32_t)dsc_rng_below(rng, 2, i, 2);
    }
    r->starts[0] = 0;
    r->x = (dsc_sparse){ .rows = MANY_ROWS,
                         .columns = MANY_COLUMNS,
                         .starts = r->starts,
                         .index = r->index,
                         .values = r->values };
}

/* The smallest subgradient of a logistic objective by each weight and the bias, from its definition. */
static void subgradients_vanish(const struct random *r, const dsc_linear_model *model, bool l1, double c)
{
    double gradient[MANY_COLUMNS + 1] = { 0 };
    for (size_t i = 0; i < MANY_ROWS; i++) {
        double score = model->bias[0];
        for (size_t e = r->starts[i]; e < r->starts[i + 1]; e++)
            score += r->values[e] * model->weights[r->index[e]];
        const double y = r->labels[i] ? 1 : -1, pull = -c * y / (1 + exp(y * score));
        for (size_t e = r->starts[i]; e < r->starts[i + 1]; e++)
            gradient[r->index[e]] += pull * r->values[e];
        gradient[MANY_COLUMNS] += pull;
    }
    for (size_t j = 0; j <= MANY_COLUMNS; j++) {
        const double w = j < MANY_COLUMNS ? model->weights[j] : model->bias[0], g = gradient[j];
        const double left = !l1     ? fabs(g + w)
                            : w > 0 ? fabs(g + 1)
                            : w < 0 ? fabs(g - 1)
                                    : fmax(fabs(g) - 1, 0);
        if (!(left < 1e-5))
            fail_msg("weight %zu = %g: the smallest subgradient is %g", j, w, left);
    }
}

static void optima_satisfy_their_conditions(void **state)
{
    (void)state;
    static struct random r;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        make_random(&r, seed);
        dsc_scope *scope = dsc_scope_open(NULL);
        const double c = 0.2 * (double)seed;
        dsc_linear_options options = { .c = c, .tolerance = 1e-8 };
        subgradients_vanish(&r, dsc_linear_fit(scope, &r.x, r.labels, 2, &options), false, c);
        options.kind = DSC_LINEAR_LOGISTIC_L1;
        const dsc_linear_model *lasso = dsc_linear_fit(scope, &r.x, r.labels, 2, &options);
        subgradients_vanish(&r, lasso, true, c);
        assert_true(lasso->nonzero < MANY_COLUMNS);
        assert_string_equal(dsc_scope_message(scope), "");
        dsc_scope_close(&scope);
    }
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    static struct random r;
    make_random(&r, 7);
    for (int kind = DSC_LINEAR_LOGISTIC; kind <= DSC_LINEAR_SVM; kind++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_linear_model *one = NULL;
        for (int threads = 1; threads <= 8; threads += threads < 3 ? 1 : 5) {
            const dsc_linear_model *model =
                dsc_linear_fit(scope, &r.x, r.labels, 2,
                               &(dsc_linear_options){ .kind = (dsc_linear_kind)kind, .threads = threads });
            assert_string_equal(dsc_scope_message(scope), "");
            one = one ? one : model;
            assert_memory_equal(one->weights, model->weights, MANY_COLUMNS * sizeof(double));
            assert_true(one->bias[0] == model->bias[0] && one->objective == model->objective);
        }
        dsc_scope_close(&scope);
    }
}

static void too_few_iterations_are_told(void **state)
{
    (void)state;
    static struct random r;
    make_random(&r, 8);
    for (int kind = DSC_LINEAR_LOGISTIC; kind <= DSC_LINEAR_SVM; kind++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_linear_model *model = dsc_linear_fit(
            scope, &r.x, r.labels, 2,
            &(dsc_linear_options){
                .kind = (dsc_linear_kind)kind, .c = 100, .tolerance = 1e-9, .max_iterations = 1 });
        assert_string_equal(dsc_scope_message(scope), "");
        assert_true(!model->converged && model->residual > 1e-9 && model->iterations == 1);
        dsc_scope_close(&scope);
    }
}

static void expect_refusal(const dsc_sparse *x, const int32_t *labels, size_t classes,
                           const dsc_linear_options *options, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_linear_fit(scope, x, labels, classes, options));
    if (!strstr(dsc_scope_message(scope), message))
        fail_msg("expected '%s' in: %s", message, dsc_scope_message(scope));
    dsc_scope_close(&scope);
}

static void what_cannot_be_fitted_is_refused(void **state)
{
    (void)state;
    struct table t;
    make_table(&t);
    expect_refusal(&t.x, t.two, 1, NULL, "expected 2 to 1000 classes");
    expect_refusal(&t.x, t.two, 3, NULL, "no row has the label 2 of 3 classes");
    expect_refusal(&t.x, t.three, 2, NULL, "has the label 2; expected 0 to 1");
    expect_refusal(&t.x, t.two, 2, &(dsc_linear_options){ .c = -1 }, "c > 0");
    expect_refusal(&t.x, t.two, 2, &(dsc_linear_options){ .c = NAN }, "c > 0");
    expect_refusal(&t.x, t.two, 2, &(dsc_linear_options){ .tolerance = 2 }, "tolerance in (0, 1)");
    struct table bad = t;
    bad.x.values = bad.values;
    bad.values[3] = INFINITY;
    expect_refusal(&bad.x, t.two, 2, NULL, "element 3 is inf");
    bad = t;
    bad.x.index = bad.index;
    bad.index[5] = COLUMNS;
    expect_refusal(&bad.x, t.two, 2, NULL, "element 5 is in column 6; there are 6");
    bad = t;
    bad.x.starts = bad.starts;
    bad.starts[4] = 0;
    expect_refusal(&bad.x, t.two, 2, NULL, "row 3 ends before it begins");
    bad = t;
    bad.x.values = bad.values;
    bad.values[2] = -1;
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_naive_bayes_fit(scope, &bad.x, t.two, 2, 1));
    assert_non_null(strstr(dsc_scope_message(scope), "element 2 = -1"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    const dsc_linear_model *model = dsc_linear_fit(scope, &t.x, t.two, 2, NULL);
    dsc_sparse wide = t.x;
    wide.columns = COLUMNS + 1;
    assert_non_null(model);
    assert_null(dsc_linear_scores(scope, model, &wide));
    assert_string_equal(dsc_scope_message(scope), "linear model: expected rows of 6 columns, found 7");
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_are_those_of_scikit_learn),
        cmocka_unit_test(several_classes_are_one_against_the_others),
        cmocka_unit_test(naive_bayes_counts_shares),
        cmocka_unit_test(nbsvm_is_what_its_equations_say),
        cmocka_unit_test(optima_satisfy_their_conditions),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(too_few_iterations_are_told),
        cmocka_unit_test(what_cannot_be_fitted_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
