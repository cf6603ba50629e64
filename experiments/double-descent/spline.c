/* spline.c - natural cubic splines through 20 points (James et al., An Introduction to Statistical Learning,
 * 2nd ed., section 10.8).
 *
 * With d basis functions a natural cubic spline has d - 2 interior knots, here at the j/(d-1) quantiles of x.
 * Its basis is made from the d + 2 cubic B-splines on these knots and an orthonormal basis of the
 * combinations whose second derivative vanishes at both ends, so that the minimum-norm fit does not depend on
 * how that basis was found. */
#include "double_descent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ORDER = 4, TEST_POINTS = 2000 };
static const double low = -5, high = 5;

struct hyperparameters {
    int64_t degrees_of_freedom, n;
    double deviation;
    const char *points;
};

static const dsc_param params[] = {
    DSC_PARAM_CHOICE(struct hyperparameters, points, "islr", "islr|drawn",
                     "islr: the 20 points of the book; drawn: new points for every seed"),
    DSC_PARAM_INTEGER(struct hyperparameters, n, "20", 3, 1000, "points, if they are drawn"),
    DSC_PARAM_REAL(struct hyperparameters, deviation, "0.3", 0, 100, "standard deviation of the noise in y"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param = DSC_PARAM_INTEGER(struct hyperparameters, degrees_of_freedom, "2..80 step 2", 2, 2000,
                                 "basis functions d"),
      .units = "1",
      .long_name = "degrees of freedom d" },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "test_loss", "1", "mean squared error on new points, x uniform in -5..5", NULL },
    { "train_loss", "1", "mean squared error on the training points", NULL },
    { "test_error", "1", "mean squared error on new points (the same as test_loss)", NULL },
    { "train_error", "1", "mean squared error on the training points (the same as train_loss)", NULL },
    { "coefficient_norm", "1", "Euclidean norm of the coefficients", NULL },
    { "effective_dof", "1", "effective degrees of freedom", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "seeds=1", "the book's points: instant" },
    { "default", "seeds=1", "the book's points: instant" },
    { "paper", "seeds=1", "the book's figure: instant" },
    { 0 },
};

/* A natural cubic spline basis on its knots. */
struct basis {
    size_t functions;    /* d; the B-splines below it are d + 2 */
    double first, last;  /* boundary knots: the range of x */
    const double *knots; /* d + 6: interior knots with the boundary ones four times */
    dsc_matrix natural;  /* (d + 2) x d, orthonormal columns */
};

/* The values of the k-th derivative (k <= 2) of the `count` cubic B-splines at x inside the knots, into row
   (count entries). Cox-de Boor recursion from the degree-(3 - k) splines up, then differences of neighbours.
 */
static void bspline_row(const double *knots, size_t count, double x, int derivative, double *row)
{
    size_t span = ORDER - 1;
    while (span < count - 1 && x >= knots[span + 1])
        span++;
    double value[ORDER] = { 1 };
    for (size_t degree = 1; degree < ORDER; degree++) {
        const int differentiate = degree >= (size_t)(ORDER - derivative);
        double next[ORDER] = { 0 };
        for (size_t r = 0; r < degree; r++) {
            const double right = knots[span + r + 1], left = knots[span + r + 1 - degree];
            const double share = value[r] / (right - left);
            next[r] += differentiate ? -(double)degree * share : (right - x) * share;
            next[r + 1] += differentiate ? (double)degree * share : (x - left) * share;
        }
        memcpy(value, next, sizeof value);
    }
    memset(row, 0, count * sizeof *row);
    for (size_t r = 0; r < ORDER; r++)
        row[span + 1 - ORDER + r] = value[r];
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Quantile of sorted values, linear between order statistics (type 7 of Hyndman and Fan). */
static double quantile(const double *sorted, size_t n, double probability)
{
    const double position = probability * (double)(n - 1);
    const size_t below = (size_t)position;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

static double *place_knots(dsc_scope *scope, const dsc_dataset *data, size_t functions)
{
    double *sorted = dsc_scope_alloc(scope, data->count, sizeof *sorted);
    double *knots = dsc_scope_alloc(scope, functions + 2 + ORDER, sizeof *knots);
    if (!sorted || !knots || !data->x)
        return NULL;
    memcpy(sorted, data->x, data->count * sizeof *sorted);
    qsort(sorted, data->count, sizeof *sorted, compare_doubles);
    for (size_t i = 0; i < ORDER; i++) {
        knots[i] = sorted[0];
        knots[functions + 2 + i] = sorted[data->count - 1];
    }
    for (size_t j = 1; j + 1 < functions; j++)
        knots[ORDER - 1 + j] = quantile(sorted, data->count, (double)j / (double)(functions - 1));
    return knots;
}

/* The null space of the two end conditions: the eigenvectors of C'C for eigenvalue zero, C the 2 x (d + 2)
   matrix of second derivatives at the ends, each row scaled to length 1. */
static dsc_matrix natural_combinations(dsc_scope *scope, const struct basis *basis)
{
    const size_t splines = basis->functions + 2;
    dsc_matrix conditions = dsc_matrix_make(scope, 2, splines);
    dsc_matrix square = dsc_matrix_make(scope, splines, splines);
    dsc_matrix natural = dsc_matrix_make(scope, splines, basis->functions);
    dsc_matrix vectors = { 0 };
    if (dsc_scope_status(scope) != DSC_OK)
        return natural;
    const double ends[2] = { basis->first, basis->last };
    for (size_t e = 0; e < 2; e++) {
        double *row = conditions.data + e * splines, length = 0;
        bspline_row(basis->knots, splines, ends[e], 2, row);
        for (size_t i = 0; i < splines; i++)
            length += row[i] * row[i];
        for (size_t i = 0; i < splines; i++)
            row[i] /= sqrt(length);
    }
    dsc_matrix_product(scope, square, conditions, conditions,
                       &(dsc_matrix_product_options){ .transpose_a = 1 });
    dsc_symmetric_eigen(scope, square, &vectors);
    if (dsc_scope_status(scope) != DSC_OK)
        return natural;
    for (size_t i = 0; i < splines; i++)
        for (size_t j = 0; j < basis->functions; j++)
            natural.data[i * basis->functions + j] = vectors.data[i * splines + j];
    return natural;
}

static struct basis make_basis(dsc_scope *scope, const dsc_dataset *data, size_t functions)
{
    struct basis basis = { .functions = functions, .knots = place_knots(scope, data, functions) };
    if (!basis.knots)
        return basis;
    basis.first = basis.knots[0];
    basis.last = basis.knots[functions + 2];
    if (!(basis.first < basis.last)) {
        dsc_scope_fail(scope, DSC_ERROR_NUMERIC, "spline: all points have the same x");
        return basis;
    }
    basis.natural = natural_combinations(scope, &basis);
    return basis;
}

/* The basis at count points: count x d. Beyond the boundary knots the spline goes on as a straight line. */
static dsc_matrix evaluate(dsc_scope *scope, const struct basis *basis, const double *x, size_t count)
{
    const size_t splines = basis->functions + 2;
    dsc_matrix bsplines = dsc_matrix_make(scope, count, splines);
    dsc_matrix features = dsc_matrix_make(scope, count, basis->functions);
    double *slope = dsc_scope_alloc(scope, splines, sizeof *slope);
    if (dsc_scope_status(scope) != DSC_OK)
        return features;
    for (size_t r = 0; r < count; r++) {
        double *row = bsplines.data + r * splines;
        const double inside = fmin(fmax(x[r], basis->first), basis->last);
        bspline_row(basis->knots, splines, inside, 0, row);
        if (inside != x[r]) {
            bspline_row(basis->knots, splines, inside, 1, slope);
            for (size_t i = 0; i < splines; i++)
                row[i] += (x[r] - inside) * slope[i];
        }
    }
    dsc_matrix_product(scope, features, bsplines, basis->natural, NULL);
    return features;
}

static dsc_dataset training_points(dsc_scope *scope, const struct hyperparameters *k)
{
    if (strcmp(k->points, "islr") == 0)
        return dsc_spline_points(scope);
    const dsc_rng rng = dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_DATA);
    const dsc_rng noise = dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_NOISE);
    const size_t n = (size_t)k->n;
    dsc_dataset data = { .name = "drawn", .count = n, .features = 1, .targets = 1 };
    data.x = dsc_scope_alloc(scope, n, sizeof *data.x);
    data.y = dsc_scope_alloc(scope, n, sizeof *data.y);
    if (!data.x || !data.y)
        return (dsc_dataset){ 0 };
    dsc_rng_fill_uniform(rng, 0, low, high, data.x, n);
    dsc_rng_fill_normal(noise, 0, 0, k->deviation, data.y, n);
    double *sine = dsc_scope_alloc(scope, n, sizeof *sine);
    if (!sine)
        return (dsc_dataset){ 0 };
    dsc_cos_sin(data.x, NULL, sine, n);
    for (size_t i = 0; i < n; i++)
        data.y[i] += sine[i];
    return data;
}

/* Mean of (fit - sin)^2 over low..high (midpoint rule), plus the variance of the noise. */
static double test_loss(dsc_scope *scope, const struct basis *basis, dsc_matrix weights, double deviation)
{
    double x[TEST_POINTS], sine[TEST_POINTS];
    for (size_t i = 0; i < TEST_POINTS; i++)
        x[i] = low + (high - low) * ((double)i + 0.5) / TEST_POINTS;
    dsc_cos_sin(x, NULL, sine, TEST_POINTS);
    const dsc_matrix features = evaluate(scope, basis, x, TEST_POINTS);
    dsc_matrix fit = dsc_matrix_make(scope, TEST_POINTS, 1);
    if (dsc_matrix_product(scope, fit, features, weights, NULL) != DSC_OK)
        return NAN;
    double sum = 0;
    for (size_t i = 0; i < TEST_POINTS; i++)
        sum += (fit.data[i] - sine[i]) * (fit.data[i] - sine[i]);
    return sum / TEST_POINTS + deviation * deviation;
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const dsc_dataset data = training_points(scope, k);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    const struct basis basis = make_basis(scope, &data, (size_t)k->degrees_of_freedom);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    const dsc_matrix features = evaluate(scope, &basis, data.x, data.count);
    const dsc_least_squares_result fit =
        dsc_least_squares(scope, features, (dsc_matrix){ data.count, 1, data.y },
                          &(dsc_least_squares_options){ .want_dof = 1 });
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    const double loss = test_loss(scope, &basis, fit.weights, k->deviation);
    dsc_put(cell, "test_loss", loss);
    dsc_put(cell, "train_loss", fit.residual);
    dsc_put(cell, "test_error", loss);
    dsc_put(cell, "train_error", fit.residual);
    dsc_put(cell, "coefficient_norm", fit.norm);
    dsc_put(cell, "effective_dof", fit.effective_dof);
    dsc_cell_hash(cell, fit.weights.data, basis.functions * sizeof *fit.weights.data);
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    const struct hyperparameters *k = hyperparameters;
    const double d = (double)k->degrees_of_freedom;
    return (dsc_cost){ .flops = 10 * d * d * d + 2 * TEST_POINTS * d * d,
                       .bytes = 8 * (2 * TEST_POINTS * d + 4 * d * d) };
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    if (capacity < 1)
        return 0;
    const double points = strcmp(k->points, "islr") == 0 ? 20 : (double)k->n;
    figures[0] = (dsc_figure){
        .name = "error",
        .title = "Natural cubic spline of minimum norm through few points",
        .x = "degrees_of_freedom",
        .x_label = "degrees of freedom d",
        .y_label = "mean squared error",
        .log_x = true,
        .log_y = true,
        .y_min = 1e-2, /* beyond the threshold the train error is zero up to rounding */
        .series = { { .output = "test_loss", .label = "test error" },
                    { .output = "train_loss", .label = "train error" } },
        .marks = { { .label = THRESHOLD_LABEL, .at = points } },
    };
    return 1;
}

#define BOOK         "James, Witten, Hastie and Tibshirani, 2nd ed., 10.8"
#define BOOK_SETTING "the book's 20 points, minimum norm beyond d = 20"

static const dsc_claims claims[] = {
    { .source = BOOK,
      .setting = BOOK_SETTING,
      .claims = DSC_CLAIMS({ .text = "The test error is smallest at 8 degrees of freedom",
                             .needs = "points=islr degrees_of_freedom=6,8,10",
                             .measured = { .output = "test_loss", .statistic = DSC_STATISTIC_ARGMIN },
                             .units = "degrees of freedom",
                             .low = 8,
                             .high = 8 },
                           { .text = "It has a spike where the curve first meets every point",
                             .expected = "near d = 20",
                             .needs = "points=islr degrees_of_freedom=16,18,20,22",
                             .measured = { .output = "test_loss", .statistic = DSC_STATISTIC_ARGMAX },
                             .units = "degrees of freedom",
                             .low = 18,
                             .high = 22 },
                           { .text = "Beyond the spike it falls again, to a minimum at 42",
                             .needs = "points=islr degrees_of_freedom=40,42,44",
                             .measured = { .output = "test_loss",
                                           .where = "degrees_of_freedom=22..",
                                           .statistic = DSC_STATISTIC_ARGMIN },
                             .units = "degrees of freedom",
                             .low = 42,
                             .high = 42 },
                           { .text = "The second minimum is not as low as the first",
                             .expected = "more than 1 times the first",
                             .needs = "points=islr degrees_of_freedom=8,42",
                             .measured = { .output = "test_loss",
                                           .where = "degrees_of_freedom=22..",
                                           .statistic = DSC_STATISTIC_MINIMUM },
                             .against = { .output = "test_loss",
                                          .where = "degrees_of_freedom=..18",
                                          .statistic = DSC_STATISTIC_MINIMUM },
                             .relation = DSC_RELATION_RATIO,
                             .low = 1,
                             .high = INFINITY }) },
    { .source = NULL },
};

const dsc_case double_descent_spline = {
    .name = "spline",
    .summary = "Natural cubic splines through the 20 points of ISLR's figure 10.20",
    .reference =
        "James, Witten, Hastie and Tibshirani, An Introduction to Statistical Learning, 2nd ed., 10.8",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 1,
    .uses_lapack = true,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};
