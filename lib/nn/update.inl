/* update.inl - bounds and penalties for one type: REAL and RULE(name) are set by optimizer.c. Plain loops,
   written with the operations of IEEE 754 alone, so they have the same bits on every machine. */

/* The columns first..first + count - 1 of a slice (rows x units) are scaled back to the norm. */
static void RULE(bound_columns)(REAL *w, size_t rows, size_t units, size_t first, size_t count, double norm)
{
    double sums[COLUMNS] = { 0 };
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < count; j++) {
            const double x = (double)w[r * units + first + j];
            sums[j] += x * x;
        }
    for (size_t j = 0; j < count; j++)
        if (sums[j] > norm * norm) {
            const REAL keep = (REAL)(norm / sqrt(sums[j]));
            for (size_t r = 0; r < rows; r++)
                w[r * units + first + j] *= keep;
        }
}

static double RULE(penalty)(const REAL *w, size_t n, double l1, double l2)
{
    double absolute = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        absolute += fabs((double)w[i]);
        square += (double)w[i] * (double)w[i];
    }
    return l1 * absolute + l2 / 2 * square;
}
