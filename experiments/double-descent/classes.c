/* classes.c - classification errors of scores. */
#include "double_descent.h"

score_errors classify(const double *scores, const int32_t *labels, size_t rows, size_t classes)
{
    size_t wrong = 0;
    double squared = 0;
    for (size_t r = 0; r < rows; r++) {
        const double *row = scores + r * classes;
        size_t best = 0;
        for (size_t c = 0; c < classes; c++) {
            const double difference = row[c] - (labels[r] == (int32_t)c);
            squared += difference * difference;
            if (row[c] > row[best])
                best = c;
        }
        wrong += best != (size_t)labels[r];
    }
    return (score_errors){ .error_rate = (double)wrong / (double)rows,
                           .squared_loss = squared / (double)rows };
}
