/* cases.c - double descent: the test error peaks where a model can just fit its training data, then falls
 * again. */
#include "double_descent.h"

static const dsc_case *const cases[] = {
    &double_descent_mlp,           &double_descent_epochs,
    &double_descent_cnn,           &double_descent_linear,
    &double_descent_ridge,         &double_descent_spline,
    &double_descent_relu_features, &double_descent_rff,
    &double_descent_samples,       NULL,
};

const dsc_experiment double_descent_experiment = {
    .name = "double-descent",
    .summary = "Test error peaks where a model just fits its training data, then falls again",
    .reference = "Belkin, Hsu, Ma and Mandal, PNAS 116(32), 2019; Nakkiran et al., arXiv 1912.02292",
    .cases = cases,
    .version = "1",
};

size_t axis_from_ratios(const double *ratios, size_t count, double unit, double *values, size_t capacity)
{
    size_t written = 0;
    for (size_t i = 0; i < count && written < capacity; i++) {
        const double value = (double)(int64_t)(ratios[i] * unit + 0.5);
        if (value >= 1 && (written == 0 || value > values[written - 1]))
            values[written++] = value;
    }
    return written;
}
