/* Memory that runs out at any allocation of a plan, a run or a reading, the first, the second, ..., is an
   error or a failed cell: no crash, and no results file that cannot be read. */
#include <stdlib.h>
#include <string.h>

#include <descent/file.h>

#include "allocation.h"
#include "directory.h"
#include "test.h"
#include "toy.h"

/* Plans, runs and reads back. Returns true if every step succeeded. */
static bool go(const char *out)
{
    static const dsc_setting settings[] = { { "width", "1" }, { "seeds", "2" } };
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_plan *plan = toy_plan_of(scope, &toy_case, settings, 2);
    const dsc_run_result result = plan ? dsc_run(scope, plan, &(dsc_run_options){ .out = out, .threads = 1 })
                                       : (dsc_run_result){ .failed = 0 };
    dsc_record *record = result.record ? dsc_record_read(scope, out) : NULL;
    const bool good =
        record && dsc_record_complete(record) && dsc_record_summary_find(record, "error_median");
    if (!record) {
        assert_int_not_equal(dsc_scope_status(scope), DSC_OK);
        assert_true(strlen(dsc_scope_message(scope)) > 5);
    }
    dsc_scope_close(&scope);
    return good;
}

static void memory_may_run_out_anywhere(void **state)
{
    const char *out = directory_path(*state, "memory.h5");
    long n = 0;
    bool ended = false;
    for (; !ended && n < 10000; n++) {
        remove(out);
        calls_left = n;
        const bool good = go(out);
        ended = good && calls_left >= 0; /* no call failed: all places have had their turn */
        calls_left = -1;
        dsc_scope *scope = dsc_scope_open(NULL);
        if (dsc_file_exists(out) && !dsc_record_read(scope, out))
            fail_msg("after allocation %ld failed: %s", n, dsc_scope_message(scope));
        dsc_scope_close(&scope);
        if (dsc_file_exists(out))
            assert_true(go(out)); /* the same command finishes what is left */
    }
    print_message("%ld allocations failed in turn\n", n - 1);
    assert_true(ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(memory_may_run_out_anywhere, directory_make, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
