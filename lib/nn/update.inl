/* update.inl - penalties for one type: REAL and RULE(name) are set by optimizer.c. Plain loops,
   written with the operations of IEEE 754 alone, so they have the same bits on every machine. */

static double RULE(penalty)(const REAL *w, size_t n, double l1, double l2)
{
    double absolute = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        absolute += fabs((double)w[i]);
        square += (double)w[i] * (double)w[i];
    }
    return l1 * absolute + l2 / 2 * square;
}
