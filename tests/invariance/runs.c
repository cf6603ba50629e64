/* The numbers in a results file do not depend on the threads, on stopping and resuming, on shards: and verify
 * shows it. */
#include <stdlib.h>
#include <string.h>

#include <descent/file.h>

#include "directory.h"
#include "test.h"
#include "toy.h"

static const dsc_setting settings[] = { { "width", "1..9" } };

static dsc_run_result run_with(dsc_scope *scope, const char *out, dsc_run_options options,
                               const dsc_setting *more, size_t count)
{
    const dsc_plan *plan = toy_plan_of(scope, &toy_case, more, count);
    options.out = out;
    const dsc_run_result result = dsc_run(scope, plan, &options);
    if (dsc_scope_status(scope) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    return result;
}

/* The run that all others must equal. */
static dsc_record *straight(dsc_scope *scope, const char *directory)
{
    const char *out = directory_path(directory, "straight.h5");
    dsc_run_result result = run_with(scope, out, (dsc_run_options){ .threads = 1 }, settings, 1);
    assert_true(dsc_record_complete(result.record));
    assert_int_equal(result.computed, 27);
    return result.record;
}

static void assert_same(dsc_scope *scope, dsc_record *a, dsc_record *b)
{
    const dsc_comparison comparison = dsc_diff(scope, a, b);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(comparison.cells, dsc_record_cells(a));
    assert_int_equal(comparison.different, 0);
    assert_int_equal(comparison.missing, 0);
    const dsc_record_spec *spec = dsc_record_describe(a);
    for (size_t i = 0; i < spec->output_count; i++)
        assert_memory_equal(spec->outputs[i].values, dsc_record_output_find(b, spec->outputs[i].name)->values,
                            spec->outputs[i].count * sizeof(double));
    const dsc_record_output *median = dsc_record_summary_find(a, "loss_median");
    assert_memory_equal(median->values, dsc_record_summary_find(b, "loss_median")->values,
                        median->count * sizeof(double));
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *expected = straight(scope, *state);
    static const int counts[] = { 1, 2, 3, 8 };
    for (size_t i = 0; i < 4; i++) {
        const char *out = directory_path(*state, "threads.h5");
        const dsc_run_result result =
            run_with(scope, out, (dsc_run_options){ .threads = counts[i] }, settings, 1);
        assert_same(scope, expected, result.record);
        assert_same(scope, expected, dsc_record_read(scope, out));
        remove(out);
    }
    dsc_scope_close(&scope);
}

static void stop_after_some(void *user, const dsc_progress *progress)
{
    volatile int *stop = user;
    __atomic_store_n(stop, progress->done >= 3, __ATOMIC_RELAXED);
}

static void a_stopped_run_is_resumed_to_the_same_bits(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_setting slow[] = { { "width", "1..9" }, { "sleep_ms", "20" } };
    const char *out = directory_path(*state, "stopped.h5"), *whole = directory_path(*state, "slow.h5");
    dsc_record *expected = run_with(scope, whole, (dsc_run_options){ .threads = 2 }, slow, 2).record;
    volatile int stop = 0;
    dsc_run_options options = { .threads = 2, .stop = &stop, .progress = stop_after_some };
    options.progress_user = (void *)(uintptr_t)&stop;
    const dsc_run_result first = run_with(scope, out, options, slow, 2);
    assert_true(first.stopped);
    assert_in_range(first.computed, 3, 26);
    assert_int_equal(first.missing, 27 - first.computed);
    assert_false(dsc_record_complete(first.record));
    dsc_run_options limited = { .threads = 2, .max_time = 0.05 };
    const dsc_run_result second = run_with(scope, out, limited, slow, 2);
    assert_true(second.stopped);
    assert_int_equal(second.kept, first.computed);
    const dsc_run_result third = run_with(scope, out, (dsc_run_options){ .threads = 3 }, slow, 2);
    assert_false(third.stopped);
    assert_int_equal(third.kept + third.computed, 27);
    assert_same(scope, expected, dsc_record_read(scope, out));
    const dsc_run_result fourth = run_with(scope, out, (dsc_run_options){ .threads = 3 }, slow, 2);
    assert_int_equal(fourth.kept, 27);
    assert_int_equal(fourth.computed, 0);
    dsc_scope_close(&scope);
}

static void shards_merge_into_the_whole(void **state)
{
    enum { SHARDS = 3 };
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *expected = straight(scope, *state), *shards[SHARDS];
    const char *paths[SHARDS];
    for (int i = 0; i < SHARDS; i++) {
        paths[i] = dsc_scope_format(scope, "%s/shard-%d.h5", (const char *)*state, i);
        const dsc_run_options options = { .threads = 2, .shard = i + 1, .shards = SHARDS };
        const dsc_run_result result = run_with(scope, paths[i], options, settings, 1);
        assert_int_equal(result.computed, 9);
        assert_int_equal(result.missing, 0);
        assert_false(result.stopped);
        assert_false(dsc_record_complete(result.record));
        shards[i] = dsc_record_read(scope, paths[i]);
    }
    dsc_record *most = dsc_merge(scope, shards, paths, 2);
    assert_false(dsc_record_complete(most));
    dsc_record *merged = dsc_merge(scope, shards, paths, SHARDS);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_true(dsc_record_complete(merged));
    assert_same(scope, expected, merged);
    assert_int_equal(dsc_record_write(scope, merged, directory_path(*state, "merged.h5")), DSC_OK);
    dsc_record_output_find(shards[1], "error")->values[1] += 1;
    shards[0] = merged;
    assert_null(dsc_merge(scope, shards, paths, 2));
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_MISMATCH);
    assert_non_null(strstr(dsc_scope_message(scope), "differs from that of a file before it"));
    dsc_scope_close(&scope);
}

static void verify_repeats_the_file_and_finds_what_was_changed(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = straight(scope, *state);
    const dsc_plan *plan = toy_plan_of(scope, &toy_case, settings, 1);
    const dsc_run_options options = { .threads = 2 };
    dsc_comparison comparison = dsc_verify(scope, plan, record, 0, &options);
    assert_int_equal(comparison.cells, 27);
    assert_int_equal(comparison.different, 0);
    assert_null(comparison.note);
    comparison = dsc_verify(scope, plan, record, 4, &options);
    assert_int_equal(comparison.cells, 4);
    dsc_record_output_find(record, "loss")->values[3 * 4 + 2] =
        nextafter(dsc_record_output_find(record, "loss")->values[3 * 4 + 2], 9);
    dsc_record_cell_at(record, 26)->hash ^= 1;
    comparison = dsc_verify(scope, plan, record, 0, &options);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(comparison.different, 2);
    assert_int_equal(comparison.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const dsc_difference *difference = &comparison.differences[i];
        assert_true(difference->expected_bits != difference->found_bits);
        if (strcmp(difference->output, "loss") == 0)
            assert_string_equal(difference->where, "width=2 seed=2 epoch=4");
        else
            assert_string_equal(difference->where, "width=9 seed=3");
    }
    dsc_scope_close(&scope);
}

static void files_of_two_recipes_are_not_compared(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_setting other[] = { { "width", "1..9" }, { "noise", "0.5" }, { "n", "6" } };
    const char *out = directory_path(*state, "other.h5");
    dsc_record *a = straight(scope, *state);
    dsc_record *b = run_with(scope, out, (dsc_run_options){ .threads = 1 }, other, 3).record;
    dsc_diff(scope, a, b);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_MISMATCH);
    assert_non_null(strstr(dsc_scope_message(scope), "parameters.n: 5 in the first, 6 in the second"));
    assert_non_null(
        strstr(dsc_scope_message(scope), "parameters.noise: 0.25 in the first, 0.5 in the second"));
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_number_of_threads_gives_the_same_bits, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(a_stopped_run_is_resumed_to_the_same_bits, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(shards_merge_into_the_whole, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(verify_repeats_the_file_and_finds_what_was_changed, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(files_of_two_recipes_are_not_compared, directory_make,
                                        directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
