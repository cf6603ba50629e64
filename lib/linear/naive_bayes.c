/* naive_bayes.c - multinomial naive Bayes as a linear model. */
#include "linear/naive_bayes.h"

#include <math.h>
#include <sleef.h>

void dsci_log_shares(const dsc_sparse *x, const int32_t *labels, int32_t label, bool other, double alpha,
                     double *dst)
{
    double total = 0;
    for (size_t j = 0; j < x->columns; j++)
        dst[j] = alpha;
    for (size_t i = 0; i < x->rows; i++)
        for (size_t e = x->starts[i]; (labels[i] == label) != other && e < x->starts[i + 1]; e++)
            dst[x->index[e]] += x->values[e];
    for (size_t j = 0; j < x->columns; j++)
        total += dst[j];
    for (size_t j = 0; j < x->columns; j++)
        dst[j] = Sleef_cinz_logd1_u10purec(dst[j] / total);
}

static bool check_counts(dsc_scope *scope, const dsc_sparse *x, double alpha)
{
    if (!(alpha > 0 && isfinite(alpha)))
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "naive Bayes: expected alpha > 0, found %g", alpha);
    for (size_t e = 0; e < x->starts[x->rows]; e++)
        if (x->values[e] < 0) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "naive Bayes: expected counts, none negative, found element %zu = %g", e,
                           x->values[e]);
            break;
        }
    return dsc_scope_status(scope) == DSC_OK;
}

static size_t rows_with(const int32_t *labels, size_t rows, size_t label)
{
    size_t count = 0;
    for (size_t i = 0; i < rows; i++)
        count += labels[i] == (int32_t)label;
    return count;
}

const dsc_linear_model *dsc_naive_bayes_fit(dsc_scope *scope, const dsc_sparse *x, const int32_t *labels,
                                            size_t classes, double alpha)
{
    alpha = alpha == 0 ? 1 : alpha;
    if (!dsci_linear_check(scope, x, labels, classes) || !check_counts(scope, x, alpha))
        return NULL;
    dsc_linear_model *model = dsci_linear_make(scope, classes, x->columns);
    double *other = dsc_scope_alloc(scope, x->columns, sizeof *other);
    if (!model || !other)
        return NULL;
    double *weights = (double *)(uintptr_t)model->weights, *bias = (double *)(uintptr_t)model->bias;
    for (size_t o = 0; o < model->outputs; o++) {
        const size_t label = model->outputs == 1 ? 1 : o;
        double *row = weights + o * x->columns;
        dsci_log_shares(x, labels, (int32_t)label, false, alpha, row);
        bias[o] = Sleef_cinz_logd1_u10purec((double)rows_with(labels, x->rows, label));
        if (model->outputs > 1)
            continue;
        dsci_log_shares(x, labels, 0, false, alpha, other);
        for (size_t j = 0; j < x->columns; j++)
            row[j] -= other[j];
        bias[o] -= Sleef_cinz_logd1_u10purec((double)rows_with(labels, x->rows, 0));
    }
    model->converged = true;
    model->nonzero = dsci_linear_nonzero(model);
    return model;
}
