/* linear.c - linear models of two or more classes: fitted one class against the others, and asked. */
#include <math.h>
#include <string.h>

#include "linear/naive_bayes.h"
#include "linear/problem.h"

bool dsci_linear_check(dsc_scope *scope, const dsc_sparse *x, const int32_t *labels, size_t classes)
{
    enum { MOST = 1000 };
    if (dsc_scope_status(scope) != DSC_OK || dsc_sparse_check(scope, x) != DSC_OK)
        return false;
    bool found[MOST] = { false };
    if (classes < 2 || classes > MOST || x->rows == 0 || x->rows >= UINT32_MAX)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "linear model: expected 2 to %d classes and 1 to 2^32 - 2 rows, found %zu and %zu",
                       MOST, classes, x->rows);
    for (size_t i = 0; dsc_scope_status(scope) == DSC_OK && i < x->rows; i++) {
        if (labels[i] < 0 || (size_t)labels[i] >= classes)
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "linear model: row %zu has the label %d; expected 0 to %zu", i, (int)labels[i],
                           classes - 1);
        else
            found[labels[i]] = true;
    }
    for (size_t c = 0; dsc_scope_status(scope) == DSC_OK && c < classes; c++)
        if (!found[c])
            dsc_scope_fail(
                scope, DSC_ERROR_ARGUMENT,
                "linear model: no row has the label %zu of %zu classes; leave the class out or give "
                "rows of it",
                c, classes);
    return dsc_scope_status(scope) == DSC_OK;
}

dsc_linear_model *dsci_linear_make(dsc_scope *scope, size_t classes, size_t features)
{
    const size_t outputs = classes == 2 ? 1 : classes;
    if (features && outputs > SIZE_MAX / features) {
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "linear model: %zu x %zu weights overflow", outputs,
                       features);
        return NULL;
    }
    dsc_linear_model *model = dsc_scope_alloc(scope, 1, sizeof *model);
    double *weights = dsc_scope_alloc(scope, outputs * features, sizeof *weights);
    double *bias = dsc_scope_alloc(scope, outputs, sizeof *bias);
    if (!model || !weights || !bias)
        return NULL;
    *model = (dsc_linear_model){
        .classes = classes, .features = features, .outputs = outputs, .weights = weights, .bias = bias
    };
    return model;
}

size_t dsci_linear_nonzero(const dsc_linear_model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < model->outputs * model->features; i++)
        count += model->weights[i] != 0;
    return count;
}

static dsc_linear_options filled(const dsc_linear_options *options)
{
    dsc_linear_options o = options ? *options : (dsc_linear_options){ 0 };
    o.c = o.c == 0 ? 1 : o.c;
    o.tolerance = o.tolerance == 0 ? 1e-3 : o.tolerance;
    o.max_iterations = o.max_iterations ? o.max_iterations : 1000;
    o.threads = o.threads ? o.threads : 1;
    return o;
}

static bool check_options(dsc_scope *scope, const dsc_linear_options *o)
{
    if (!(o->c > 0 && isfinite(o->c)) || !(o->tolerance > 0 && o->tolerance < 1) || o->threads < 0 ||
        (unsigned)o->kind > DSC_LINEAR_SVM || o->max_iterations > UINT32_MAX)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "linear model: expected a known kind, c > 0, a tolerance in (0, 1), at most 2^32 - 1 "
                       "iterations and threads >= 0; found %d, %g, %g, %zu and %d",
                       (int)o->kind, o->c, o->tolerance, o->max_iterations, o->threads);
    return dsc_scope_status(scope) == DSC_OK;
}

/* Fits one output: rows with the label against the others. by_column may be NULL. */
static void fit_output(dsc_scope *scope, const dsci_problem *shared, const int32_t *labels, int32_t label,
                       dsc_linear_model *model, size_t output)
{
    dsc_scope *work = dsc_scope_open_within(scope, shared->options->seed);
    dsci_problem problem = *shared;
    const size_t rows = problem.x->rows, features = problem.x->columns;
    double *y = dsc_scope_alloc(work, rows, sizeof *y);
    double *w = dsc_scope_alloc(work, problem.size, sizeof *w);
    size_t with = 0;
    for (size_t i = 0; y && w && i < rows; i++) {
        y[i] = labels[i] == label ? 1 : -1;
        with += labels[i] == label;
    }
    problem.y = y;
    problem.balance = (double)(with < rows - with ? with : rows - with) / (double)rows;
    dsci_solution solution = { 0 };
    if (y && w)
        switch (problem.options->kind) {
        case DSC_LINEAR_LOGISTIC: solution = dsci_solve_newton(work, &problem, w); break;
        case DSC_LINEAR_LOGISTIC_L1: solution = dsci_solve_lasso(work, &problem, w); break;
        case DSC_LINEAR_SVM: solution = dsci_solve_coordinate_ascent(work, &problem, w); break;
        }
    if (dsc_scope_status(work) == DSC_OK && !isfinite(solution.objective))
        dsc_scope_fail(work, DSC_ERROR_NUMERIC,
                       "linear model: the objective of class %d is not finite; scale the columns",
                       (int)label);
    if (dsc_scope_adopt_error(scope, work) == DSC_OK && w) {
        memcpy((double *)(uintptr_t)model->weights + output * features, w, features * sizeof *w);
        ((double *)(uintptr_t)model->bias)[output] = problem.size > features ? w[features] : 0;
        model->objective += solution.objective;
        model->residual = fmax(model->residual, solution.residual);
        model->iterations += solution.iterations;
    }
    dsc_scope_close(&work);
}

const dsc_linear_model *dsc_linear_fit(dsc_scope *scope, const dsc_sparse *x, const int32_t *labels,
                                       size_t classes, const dsc_linear_options *options)
{
    const dsc_linear_options o = filled(options);
    if (!dsci_linear_check(scope, x, labels, classes) || !check_options(scope, &o))
        return NULL;
    dsc_linear_model *model = dsci_linear_make(scope, classes, x->columns);
    dsc_scope *work = dsc_scope_open_within(scope, o.seed);
    const bool by_column = o.kind != DSC_LINEAR_SVM;
    const dsc_sparse transposed = by_column && work ? dsc_sparse_transpose(work, x) : (dsc_sparse){ 0 };
    dsci_problem problem = { .x = x,
                             .by_column = by_column ? &transposed : NULL,
                             .options = &o,
                             .size = x->columns + (o.no_bias ? 0 : 1) };
    dsc_scope_adopt_error(scope, work);
    for (size_t i = 0; model && i < model->outputs && dsc_scope_status(scope) == DSC_OK; i++)
        fit_output(scope, &problem, labels, model->outputs == 1 ? 1 : (int32_t)i, model, i);
    dsc_scope_close(&work);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    model->converged = model->residual <= o.tolerance;
    model->nonzero = dsci_linear_nonzero(model);
    return model;
}

/* x with each column times r; shares its places. */
static dsc_sparse scaled(dsc_scope *scope, const dsc_sparse *x, const double *r)
{
    dsc_sparse product = *x;
    double *values = dsc_scope_alloc(scope, x->starts[x->rows], sizeof *values);
    for (size_t e = 0; values && e < x->starts[x->rows]; e++)
        values[e] = x->values[e] * r[x->index[e]];
    product.values = values;
    return product;
}

/* One output of NBSVM: a model of two classes on the scaled columns. */
static void fit_scaled(dsc_scope *scope, const dsc_sparse *x, const int32_t *labels, int32_t label,
                       const dsc_nbsvm_options *options, dsc_linear_model *model, size_t output)
{
    dsc_scope *work = dsc_scope_open_within(scope, options->linear.seed);
    double *r = dsc_scope_alloc(work, x->columns, sizeof *r);
    double *other = dsc_scope_alloc(work, x->columns, sizeof *other);
    int32_t *kinds = dsc_scope_alloc(work, x->rows, sizeof *kinds);
    if (r && other && kinds) {
        dsci_log_shares(x, labels, label, false, options->alpha, r);
        dsci_log_shares(x, labels, label, true, options->alpha, other);
        for (size_t j = 0; j < x->columns; j++)
            r[j] -= other[j];
        for (size_t i = 0; i < x->rows; i++)
            kinds[i] = labels[i] == label;
        const dsc_sparse product = scaled(work, x, r);
        const dsc_linear_model *fitted =
            product.values ? dsc_linear_fit(work, &product, kinds, 2, &options->linear) : NULL;
        double mean = 0;
        for (size_t j = 0; fitted && j < x->columns; j++)
            mean += fabs(fitted->weights[j]) / (double)x->columns;
        double *weights = (double *)(uintptr_t)model->weights + output * x->columns;
        for (size_t j = 0; fitted && j < x->columns; j++)
            weights[j] = r[j] * ((1 - options->beta) * mean + options->beta * fitted->weights[j]);
        if (fitted) {
            ((double *)(uintptr_t)model->bias)[output] = options->beta * fitted->bias[0];
            model->objective += fitted->objective;
            model->residual = fmax(model->residual, fitted->residual);
            model->iterations += fitted->iterations;
        }
    }
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
}

const dsc_linear_model *dsc_nbsvm_fit(dsc_scope *scope, const dsc_sparse *x, const int32_t *labels,
                                      size_t classes, const dsc_nbsvm_options *options)
{
    dsc_nbsvm_options o = options ? *options : (dsc_nbsvm_options){ 0 };
    o.linear = filled(&o.linear);
    o.linear.kind = o.logistic ? DSC_LINEAR_LOGISTIC : DSC_LINEAR_SVM;
    o.alpha = o.alpha == 0 ? 1 : o.alpha;
    o.beta = o.beta == 0 ? 0.25 : o.beta;
    if (!dsci_linear_check(scope, x, labels, classes) || !check_options(scope, &o.linear))
        return NULL;
    if (!(o.alpha > 0 && isfinite(o.alpha)) || !(o.beta > 0 && o.beta <= 1)) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "NBSVM: expected alpha > 0 and beta in (0, 1], found %g and %g", o.alpha, o.beta);
        return NULL;
    }
    for (size_t e = 0; e < x->starts[x->rows]; e++)
        if (x->values[e] < 0) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "NBSVM: expected counts, none negative, found element %zu = %g", e, x->values[e]);
            return NULL;
        }
    dsc_linear_model *model = dsci_linear_make(scope, classes, x->columns);
    for (size_t i = 0; model && i < model->outputs && dsc_scope_status(scope) == DSC_OK; i++)
        fit_scaled(scope, x, labels, model->outputs == 1 ? 1 : (int32_t)i, &o, model, i);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    model->converged = model->residual <= o.linear.tolerance;
    model->nonzero = dsci_linear_nonzero(model);
    return model;
}

const double *dsc_linear_scores(dsc_scope *scope, const dsc_linear_model *model, const dsc_sparse *x)
{
    if (!model || dsc_sparse_check(scope, x) != DSC_OK)
        return NULL;
    if (x->columns != model->features) {
        dsc_scope_fail(scope, DSC_ERROR_SHAPE, "linear model: expected rows of %zu columns, found %zu",
                       model->features, x->columns);
        return NULL;
    }
    double *scores = dsc_scope_alloc(scope, x->rows * model->outputs, sizeof *scores);
    for (size_t i = 0; scores && i < x->rows; i++)
        for (size_t o = 0; o < model->outputs; o++) {
            const double *weights = model->weights + o * model->features;
            double sum = model->bias[o];
            for (size_t e = x->starts[i]; e < x->starts[i + 1]; e++)
                sum += x->values[e] * weights[x->index[e]];
            scores[i * model->outputs + o] = sum;
        }
    return scores;
}

const int32_t *dsc_linear_predict(dsc_scope *scope, const dsc_linear_model *model, const dsc_sparse *x)
{
    const double *scores = dsc_linear_scores(scope, model, x);
    int32_t *labels = scores ? dsc_scope_alloc(scope, x->rows, sizeof *labels) : NULL;
    for (size_t i = 0; labels && i < x->rows; i++) {
        const double *row = scores + i * model->outputs;
        size_t best = 0;
        for (size_t o = 1; o < model->outputs; o++)
            best = row[o] > row[best] ? o : best;
        labels[i] = (int32_t)(model->outputs == 1 ? row[0] > 0 : best);
    }
    return labels;
}
