/* Sparse matrices hold after transposing and choosing what they held before. */
#include <string.h>

#include <descent/rng.h>
#include <descent/sparse.h>

#include "test.h"

enum { ROWS = 30, COLUMNS = 17 };

/* A random matrix of which most rows have few elements and some none. */
static dsc_sparse make(dsc_scope *scope, uint64_t seed, double dense[ROWS][COLUMNS])
{
    const dsc_rng rng = dsc_rng_make(seed, DSC_STREAM_DATA);
    size_t *starts = dsc_scope_alloc(scope, ROWS + 1, sizeof *starts);
    uint32_t *index = dsc_scope_alloc(scope, ROWS * COLUMNS, sizeof *index);
    double *values = dsc_scope_alloc(scope, ROWS * COLUMNS, sizeof *values);
    size_t elements = 0;
    memset(dense, 0, sizeof(double) * ROWS * COLUMNS);
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; i % 7 != 3 && j < COLUMNS; j++)
            if (dsc_rng_below(rng, 0, i * COLUMNS + j, 4) == 0) {
                index[elements] = (uint32_t)j;
                values[elements++] = dense[i][j] = dsc_rng_normal(rng, 1, i * COLUMNS + j);
            }
        starts[i + 1] = elements;
    }
    return (
        dsc_sparse){ .rows = ROWS, .columns = COLUMNS, .starts = starts, .index = index, .values = values };
}

static void transposes_and_selections_hold_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        double dense[ROWS][COLUMNS], sum = 0;
        const dsc_sparse x = make(scope, seed, dense), t = dsc_sparse_transpose(scope, &x);
        assert_int_equal(dsc_sparse_check(scope, &t), DSC_OK);
        assert_true(t.rows == COLUMNS && t.columns == ROWS && t.starts[COLUMNS] == x.starts[ROWS]);
        for (size_t j = 0; j < COLUMNS; j++)
            for (size_t e = t.starts[j]; e < t.starts[j + 1]; e++) {
                assert_true(e == t.starts[j] || t.index[e] > t.index[e - 1]);
                assert_true(t.values[e] == dense[t.index[e]][j]);
            }
        const uint32_t chosen[] = { 29, 3, 3, 0, 11 };
        const dsc_sparse part = dsc_sparse_select(scope, &x, chosen, 5);
        assert_int_equal(part.rows, 5);
        for (size_t i = 0; i < 5; i++, sum = 0) {
            for (size_t e = part.starts[i]; e < part.starts[i + 1]; e++)
                sum += part.values[e] != dense[chosen[i]][part.index[e]];
            assert_true(sum == 0);
            assert_int_equal(part.starts[i + 1] - part.starts[i],
                             x.starts[chosen[i] + 1] - x.starts[chosen[i]]);
        }
        const uint32_t beyond = ROWS;
        assert_int_equal(dsc_sparse_select(scope, &x, &beyond, 1).rows, 0);
        assert_string_equal(dsc_scope_message(scope), "sparse matrix: row 30 was chosen; there are 30");
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(transposes_and_selections_hold_the_same) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
