/* problem.c - products of sparse rows with vectors, shared among threads. */
#include "linear/problem.h"

#include <math.h>
#include <sleef.h>

#include "base/region.h"
#include "base/sizes.h"

/* In 8 sums, whatever the instruction set. */
double dsci_dot(const double *a, const double *b, size_t n)
{
    enum { LANES = 8 };
    double sums[LANES] = { 0 };
    size_t i = 0;
    for (; n - i >= LANES; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += a[i + lane] * b[i + lane];
    for (size_t lane = 0; i < n; i++, lane++)
        sums[lane] += a[i] * b[i];
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/* In four sums: one would wait for each addition. */
static double row_dot(const dsc_sparse *x, size_t row, const double *w)
{
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    const uint32_t *index = x->index;
    const double *values = x->values;
    size_t e = x->starts[row];
    const size_t end = x->starts[row + 1];
    for (; end - e >= 4; e += 4) {
        s0 += values[e] * w[index[e]];
        s1 += values[e + 1] * w[index[e + 1]];
        s2 += values[e + 2] * w[index[e + 2]];
        s3 += values[e + 3] * w[index[e + 3]];
    }
    for (; e < end; e++)
        s0 += values[e] * w[index[e]];
    return (s0 + s2) + (s1 + s3);
}

static double row_squares(const dsc_sparse *x, size_t row, const double *u)
{
    double sum = 0;
    for (size_t e = x->starts[row]; e < x->starts[row + 1]; e++)
        sum += x->values[e] * x->values[e] * u[x->index[e]];
    return sum;
}

/* A product under way. */
struct product {
    const dsc_sparse *x;
    const double *vector;
    double bias, *dst;
    bool squares;
};

/* The first row that belongs to a thread: rows are shared so that each has about as many elements. */
static size_t first_row(const dsc_sparse *x, int thread, int threads)
{
    const size_t work = x->starts[x->rows] + x->rows;
    const size_t before = work / (size_t)threads * (size_t)thread;
    size_t low = 0, high = x->rows;
    if (thread == threads)
        return high;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (x->starts[middle] + middle < before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void multiply(void *user, dsci_region region)
{
    const struct product *p = user;
    const size_t end = first_row(p->x, region.thread + 1, region.threads);
    for (size_t row = first_row(p->x, region.thread, region.threads); row < end; row++)
        p->dst[row] =
            p->bias + (p->squares ? row_squares(p->x, row, p->vector) : row_dot(p->x, row, p->vector));
}

void dsci_problem_scores(const dsci_problem *problem, const double *w, double *dst)
{
    const size_t features = problem->x->columns;
    struct product p = {
        .x = problem->x, .vector = w, .dst = dst, .bias = problem->size > features ? w[features] : 0
    };
    dsci_region_run(problem->options->threads, multiply, &p);
}

void dsci_problem_sums(const dsci_problem *problem, const double *u, bool squares, double *dst)
{
    const size_t features = problem->x->columns;
    struct product p = { .x = problem->by_column, .vector = u, .dst = dst, .squares = squares };
    dsci_region_run(problem->options->threads, multiply, &p);
    if (problem->size == features)
        return;
    double sum = 0;
    for (size_t i = 0; i < problem->x->rows; i++)
        sum += u[i];
    dst[features] = sum;
}

double dsci_logistic_loss(double m, double *share)
{
    const double e = Sleef_cinz_expd1_u10purec(-fabs(m));
    if (share)
        *share = (m > 0 ? e : 1) / (1 + e);
    return fmax(-m, 0) + Sleef_cinz_log1pd1_u10purec(e);
}

double dsci_logistic_sum(const dsci_problem *problem, const double *scores, const double *change, double step)
{
    double sum = 0;
    for (size_t i = 0; i < problem->x->rows; i++)
        sum += dsci_logistic_loss(problem->y[i] * (scores[i] + (change ? step * change[i] : 0)), NULL);
    return problem->options->c * sum;
}
