/* metrics.c - what a classifier got right, and how much of the variance a regression explains. */
#include <descent/train.h>

#include <math.h>
#include <stdint.h>

/* Whether score a of class i ranks above score b of class j. Of equal scores the first class does. A NaN
   ranks above everything, so that no other score counts as the largest. */
static bool ranks_above(float a, size_t i, float b, size_t j)
{
    return isnan(a) || a > b || (a == b && i < j);
}

/* The class of the largest score; the number of classes if a score is NaN. */
static size_t largest_of(const float *scores, size_t classes)
{
    size_t best = 0;
    for (size_t c = 0; c < classes; c++) {
        if (isnan(scores[c]))
            return classes;
        if (ranks_above(scores[c], c, scores[best], best))
            best = c;
    }
    return best;
}

/* How many scores rank above that of a class; more than there are if it is NaN. */
static size_t rank_of(const float *scores, size_t classes, size_t class)
{
    size_t rank = 0;
    if (isnan(scores[class]))
        return SIZE_MAX;
    for (size_t c = 0; c < classes; c++)
        rank += ranks_above(scores[c], c, scores[class], class);
    return rank;
}

static double ratio(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

/* The scores of each class, and their means over the classes that occur as a label; what such a class lacks
   (precision, if it is never predicted) counts as 0, as in scikit-learn. */
static void score_classes(dsc_classification *result)
{
    const size_t classes = result->classes;
    size_t occurring = 0;
    for (size_t c = 0; c < classes; c++) {
        size_t predicted = 0;
        const size_t right = result->confusion[c * classes + c], labelled = result->support[c];
        for (size_t j = 0; j < classes; j++)
            predicted += result->confusion[j * classes + c];
        result->precision[c] = ratio(right, predicted);
        result->recall[c] = ratio(right, labelled);
        result->f1[c] = ratio(2 * right, labelled + predicted);
        if (labelled == 0)
            continue;
        occurring++;
        result->macro_precision += predicted ? result->precision[c] : 0;
        result->macro_recall += result->recall[c];
        result->macro_f1 += result->f1[c];
    }
    result->macro_precision /= (double)occurring;
    result->macro_recall /= (double)occurring;
    result->macro_f1 /= (double)occurring;
}

static bool check(dsc_scope *scope, const float *scores, const int32_t *labels, size_t count, size_t classes)
{
    if (!scores || !labels || count == 0 || classes == 0 || classes > UINT32_MAX) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "classify: expected scores and labels of 1 example and 1 class at least, found %zu "
                       "examples and %zu classes%s",
                       count, classes, scores && labels ? "" : " without values");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (labels[i] < 0 || (size_t)labels[i] >= classes) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "classify: expected labels in 0..%zu, found %d at example %zu", classes - 1,
                           (int)labels[i], i);
            return false;
        }
    return true;
}

dsc_classification dsc_classify(dsc_scope *scope, const float *scores, const int32_t *labels, size_t count,
                                size_t classes, size_t k)
{
    const dsc_classification none = { .count = 0 };
    if (dsc_scope_status(scope) != DSC_OK || !check(scope, scores, labels, count, classes))
        return none;
    dsc_classification result = {
        .count = count,
        .classes = classes,
        .confusion = dsc_scope_alloc(scope, classes * classes, sizeof *result.confusion),
        .support = dsc_scope_alloc(scope, classes, sizeof *result.support),
        .precision = dsc_scope_alloc(scope, classes, sizeof *result.precision),
        .recall = dsc_scope_alloc(scope, classes, sizeof *result.recall),
        .f1 = dsc_scope_alloc(scope, classes, sizeof *result.f1),
    };
    if (dsc_scope_status(scope) != DSC_OK)
        return none;
    size_t right = 0, near = 0;
    for (size_t i = 0; i < count; i++) {
        const float *row = scores + i * classes;
        const size_t label = (size_t)labels[i], predicted = largest_of(row, classes);
        result.support[label]++;
        if (predicted < classes)
            result.confusion[label * classes + predicted]++;
        right += predicted == label;
        near += rank_of(row, classes, label) < k;
    }
    result.accuracy = (double)right / (double)count;
    result.top_k = (double)near / (double)count;
    score_classes(&result);
    return result;
}

double dsc_r_squared(const float *predictions, const float *y, size_t count)
{
    double mean = 0, residual = 0, total = 0;
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        known += isnan(y[i]) ? 0 : 1;
    for (size_t i = 0; i < count; i++)
        mean += isnan(y[i]) ? 0 : (double)y[i] / (double)known;
    for (size_t i = 0; i < count; i++) {
        if (isnan(y[i]))
            continue;
        const double error = (double)y[i] - (double)predictions[i], spread = (double)y[i] - mean;
        residual += error * error;
        total += spread * spread;
    }
    return total > 0 ? 1 - residual / total : NAN;
}
