/* pca.c - principal components of word vectors, from the eigenvectors of their covariance. */
#include <descent/word_vectors.h>

#include <math.h>

/* The vectors less their mean. */
static dsc_matrix centered(dsc_scope *own, const dsc_word_vectors *vectors)
{
    const size_t count = vectors->count, dimension = vectors->dimension;
    const dsc_matrix x = dsc_matrix_make(own, count, dimension);
    for (size_t j = 0; x.data && j < dimension; j++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += (double)vectors->vectors[i * dimension + j];
        for (size_t i = 0; i < count; i++)
            x.data[i * dimension + j] = (double)vectors->vectors[i * dimension + j] - sum / (double)count;
    }
    return x;
}

/* An eigenvector has no sign of its own: LAPACK's may be either. */
static double sign_of(dsc_matrix vectors, size_t column)
{
    double largest = 0;
    for (size_t i = 0; i < vectors.rows; i++) {
        const double value = vectors.data[i * vectors.cols + column];
        if (fabs(value) > fabs(largest))
            largest = value;
    }
    return largest < 0 ? -1 : 1;
}

/* The last columns of the eigenvectors are those of the largest eigenvalues. */
static dsc_word_components leading(dsc_scope *scope, dsc_matrix eigenvectors, const double *eigenvalues,
                                   size_t components)
{
    const size_t dimension = eigenvectors.rows;
    dsc_word_components result = { .directions = dsc_matrix_make(scope, components, dimension) };
    double *variances = dsc_scope_alloc(scope, components, sizeof *variances);
    for (size_t k = 0; result.directions.data && variances && k < components; k++) {
        const size_t column = dimension - 1 - k;
        const double sign = sign_of(eigenvectors, column);
        variances[k] = fmax(0, eigenvalues[column]); /* of a singular covariance rounding may leave less */
        for (size_t j = 0; j < dimension; j++)
            result.directions.data[k * dimension + j] = sign * eigenvectors.data[j * dimension + column];
    }
    for (size_t j = 0; j < dimension; j++)
        result.total += fmax(0, eigenvalues[j]);
    result.variances = variances;
    return result;
}

dsc_word_components dsc_word_vectors_pca(dsc_scope *scope, const dsc_word_vectors *vectors, size_t components)
{
    dsc_word_components result = { 0 };
    if (!vectors || dsc_scope_status(scope) != DSC_OK)
        return result;
    if (components == 0 || components > vectors->dimension || vectors->count < 2) {
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "principal components: %zu of %zu vectors of dimension %zu; expected 1..%zu of at least "
            "two vectors",
            components, vectors->count, vectors->dimension, vectors->dimension);
        return result;
    }
    dsc_scope *own = dsc_scope_open_within(scope, 0);
    const dsc_matrix x = centered(own, vectors);
    const dsc_matrix covariance = dsc_matrix_make(own, vectors->dimension, vectors->dimension);
    const dsc_matrix_product_options square = { .transpose_a = 1, .alpha = 1 / ((double)vectors->count - 1) };
    dsc_matrix eigenvectors = { 0 };
    if (x.data && covariance.data)
        dsc_matrix_product(own, covariance, x, x, &square);
    const double *eigenvalues =
        dsc_scope_status(own) == DSC_OK ? dsc_symmetric_eigen(own, covariance, &eigenvectors) : NULL;
    if (eigenvalues) {
        result = leading(scope, eigenvectors, eigenvalues, components);
        result.scores = dsc_matrix_make(scope, vectors->count, components);
        if (dsc_scope_status(scope) == DSC_OK)
            dsc_matrix_product(own, result.scores, x, result.directions,
                               &(dsc_matrix_product_options){ .transpose_b = 1 });
    }
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
    return dsc_scope_status(scope) == DSC_OK ? result : (dsc_word_components){ 0 };
}
