/* The measuring loop on a clock that stands still but for what tasks take, and the arithmetic of roofs,
 * scaling and conditions on given numbers. */
#include <math.h>
#include <string.h>

#include "bench/measure.h"
#include "bench/present.h"
#include "test.h"

/* --- A clock of our own --- */

static double now;

double __wrap_dsc_clock_seconds(void);
double __wrap_dsc_clock_seconds(void)
{
    return now;
}

enum { MOST_CALLS = 4096 };
struct fake {
    int number;
    double first, seconds, seconds_odd; /* of the first run, of others, and of others in odd rounds */
    size_t calls;
};
static int order[MOST_CALLS];
static size_t order_count;

static void run_fake(const dsc_bench_task *task, size_t count)
{
    struct fake *fake = task->state;
    if (order_count < MOST_CALLS)
        order[order_count++] = fake->number;
    for (size_t i = 0; i < count; i++)
        now += fake->calls == 0 ? fake->first : fake->calls / 2 % 2 ? fake->seconds : fake->seconds_odd;
    fake->calls++;
}

static dsc_bench_task task_of(struct fake *fake)
{
    return (dsc_bench_task){ .run = run_fake, .state = fake, .threads = 1 };
}

static bool close_to(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fabs(b);
}

static void loop_measures_what_a_run_takes(void **state)
{
    (void)state;
    struct fake fakes[] = { { 0, 3, 1e-6, 1e-6, 0 }, { 1, 5, 2e-3, 2e-3, 0 }, { 2, 1, 0.04, 0.04, 0 } };
    dsc_bench_task tasks[] = { task_of(&fakes[0]), task_of(&fakes[1]), task_of(&fakes[2]) };
    bench_result results[3] = { 0 };
    bench_entry entries[3];
    for (size_t i = 0; i < 3; i++)
        entries[i] = (bench_entry){ &tasks[i], &results[i], 1, 0 };
    bench_watch watch = { .rows = 3 };
    bench_loop(entries, 3, 0.5, &watch);
    for (size_t i = 0; i < 3; i++) { /* the first run takes seconds, and is not among them */
        assert_true(close_to(results[i].time.median, fakes[i].seconds));
        assert_true(close_to(results[i].time.low, fakes[i].seconds));
        assert_int_equal(results[i].time.n, BENCH_ROUNDS);
        assert_int_equal(results[i].steadiness, BENCH_STEADY);
    }
    assert_true(entries[0].count > 10000 && entries[2].count == 1);
    assert_true(close_to(watch.done, 3));
}

static void rounds_take_the_rows_in_turn_from_both_ends(void **state)
{
    (void)state;
    struct fake fakes[] = { { 0, 1e-3, 1e-3, 1e-3, 0 }, { 1, 1e-3, 1e-3, 1e-3, 0 } };
    dsc_bench_task tasks[] = { task_of(&fakes[0]), task_of(&fakes[1]) };
    bench_result results[2] = { 0 };
    bench_entry entries[] = { { &tasks[0], &results[0], 1, 0 }, { &tasks[1], &results[1], 1, 0 } };
    bench_watch watch = { .rows = 2 };
    order_count = 0;
    bench_loop(entries, 2, 13.9e-3, &watch);
    static const int begin[] = { 0, 0, 1, 1, /* rounds: warm, timed */ 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1 };
    assert_int_equal(order_count, 4 + 4 * BENCH_ROUNDS);
    assert_memory_equal(order, begin, sizeof begin);
}

static void rounds_that_disagree_are_marked(void **state)
{
    (void)state;
    struct fake fakes[] = { { 0, 1e-3, 1e-3, 1.2e-3, 0 }, { 1, 1e-3, 1e-3, 1.01e-3, 0 } };
    dsc_bench_task tasks[] = { task_of(&fakes[0]), task_of(&fakes[1]) };
    bench_result results[2] = { 0 };
    bench_entry entries[] = { { &tasks[0], &results[0], 1, 0 }, { &tasks[1], &results[1], 1, 0 } };
    bench_watch watch = { .rows = 2 };
    bench_loop(entries, 2, 13.9e-3, &watch);
    assert_int_equal(results[0].steadiness, BENCH_TWO_LEVELS);
    assert_int_equal(results[1].steadiness, BENCH_STEADY); /* one per cent is no gap */
    assert_string_equal(bench_steadiness_name(BENCH_TWO_LEVELS), "two levels");
}

static void a_median_that_says_nothing_is_told_from_a_wide_one(void **state)
{
    (void)state;
    static const struct {
        double low, high;
        bench_steadiness steadiness;
    } cases[] = { { 0.98, 1.02, BENCH_STEADY }, { 0.9, 1.3, BENCH_WIDE }, { 0.5, 2, BENCH_WIDE },
                  { 0.4, 1.1, BENCH_LOOSE },    { 1, 2.5, BENCH_LOOSE },  { 1, 118, BENCH_LOOSE } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const dsc_interval interval = { .n = 11, .median = 1, .low = cases[i].low, .high = cases[i].high };
        assert_int_equal(bench_steadiness_of(&interval), cases[i].steadiness);
    }
    assert_string_equal(bench_steadiness_name(BENCH_LOOSE), "says nothing");
}

static void more_than_a_roof_allows_is_noticed(void **state)
{
    (void)state;
    assert_true(bench_beyond_roof(&(bench_result){ .share = 14.07 }));
    assert_true(bench_beyond_roof(&(bench_result){ .share = 1.006 }));
    assert_false(bench_beyond_roof(&(bench_result){ .share = 1.004 })); /* it is printed as 100 % */
    assert_false(bench_beyond_roof(&(bench_result){ .share = (double)NAN }));
}

static void a_loop_out_of_time_ends_after_five_rounds(void **state)
{
    (void)state;
    struct fake fake = { 0, 1, 1, 1, 0 };
    dsc_bench_task task = task_of(&fake);
    bench_result result = { 0 };
    bench_entry entry = { &task, &result, 1, 0 };
    bench_watch watch = { .rows = 1 };
    order_count = 0;
    bench_loop(&entry, 1, 0.1, &watch);
    assert_int_equal(order_count, 2 + 5); /* nor are caches warmed before a run that is long */
    assert_int_equal(result.time.n, 5);
    assert_true(close_to(result.time.median, 1));
}

static bool stop_at_half(void *user, double done, size_t rows)
{
    *(double *)user = done;
    return done < (double)rows / 2;
}

static void a_watcher_can_stop_the_loop(void **state)
{
    (void)state;
    struct fake fake = { 0, 1e-3, 1e-3, 1e-3, 0 };
    dsc_bench_task task = task_of(&fake);
    bench_result result = { 0 };
    bench_entry entry = { &task, &result, 1, 0 };
    double done = 0;
    bench_request request = { .watch = stop_at_half, .user = &done };
    bench_watch watch = { .request = &request, .rows = 1 };
    bench_loop(&entry, 1, 13.9e-3, &watch);
    assert_true(watch.stopped && done >= 0.5 && done < 0.6);
    assert_int_equal(result.time.n, 0); /* nothing was summarised */
}

/* --- Roofs --- */

static bench_result result_of(const char *suite, const char *name, double seconds, double flops, double bytes)
{
    bench_result r = { .row = { .suite = suite, .name = name },
                       .engine = "",
                       .roof = "",
                       .threads = 2,
                       .flops = flops,
                       .bytes = bytes,
                       .footprint = bytes,
                       .share = NAN,
                       .per_cycle = NAN,
                       .roof_flops = NAN };
    for (size_t i = 0; i < BENCH_ROUNDS; i++)
        r.seconds[i] = seconds;
    r.time = dsc_summarize(r.seconds, BENCH_ROUNDS);
    return r;
}

/* 100 operations and, from L1, 10 bytes a second; from DRAM 1 byte. */
static bench_results roofs_and(bench_result *items, bench_result row)
{
    items[0] = result_of("peak", "clock/1", 1, 10, 0);
    items[0].arithmetic = DSC_BENCH_CYCLES;
    items[1] = result_of("peak", "fma-fp32/all", 1, 100, 0);
    items[2] = result_of("memory", "triad/L1", 1, 2, 10);
    items[3] = result_of("memory", "triad/DRAM", 1, 2, 1);
    items[4] = row;
    return (bench_results){ .items = items, .count = 5, .capacity = 5 };
}

static const dsc_cpu small_cpu = { .l1d_bytes = 50, .l2_bytes = 60, .l3_bytes = 70 };

static void arithmetic_bounds_what_computes_much(void **state)
{
    (void)state;
    bench_result items[5];
    bench_results results = roofs_and(items, result_of("gemm", "a", 4, 200, 10)); /* 2 s by fp32, 1 s by L1 */
    bench_set_roofs(&results, 0, &small_cpu);
    assert_string_equal(items[4].roof, "fma-fp32/all");
    assert_true(close_to(items[4].share, 0.5) && close_to(items[4].roof_flops, 100));
    assert_true(close_to(items[4].per_cycle, 200.0 / 4 / 2 / 10));
}

static void memory_bounds_what_moves_much(void **state)
{
    (void)state;
    bench_result items[5];
    bench_results results =
        roofs_and(items, result_of("kernels", "a", 20, 100, 80)); /* 8 s by L1: it fits two */
    bench_set_roofs(&results, 0, &small_cpu);
    assert_string_equal(items[4].roof, "triad/L1");
    assert_true(close_to(items[4].share, 0.4));
    results = roofs_and(items, result_of("kernels", "b", 500, 100, 250)); /* beyond every cache */
    bench_set_roofs(&results, 0, &small_cpu);
    assert_string_equal(items[4].roof, "triad/DRAM");
    assert_true(close_to(items[4].share, 0.5) && close_to(items[4].roof_flops, 100.0 / 250));
}

static void a_row_on_one_thread_has_its_share_of_the_roof(void **state)
{
    (void)state;
    bench_result items[5], row = result_of("scaling", "a/1", 4, 200, 0);
    row.threads = 1;
    bench_results results = roofs_and(items, row);
    bench_set_roofs(&results, 0, &small_cpu);
    assert_true(close_to(items[4].share, 1));
}

static void rows_without_roofs_or_numbers_have_no_share(void **state)
{
    (void)state;
    bench_result items[5];
    bench_results results = roofs_and(items, result_of("kernels", "a", 1, 0, 0));
    bench_set_roofs(&results, 0, &small_cpu);
    assert_true(isnan(items[4].share) && *items[4].roof == '\0');
    items[1].absent = "there is none"; /* no roof is better than a wrong one */
    items[4] = result_of("gemm", "a", 4, 200, 0);
    bench_set_roofs(&results, 0, &small_cpu);
    assert_true(isnan(items[4].share));
}

/* --- What rows say together --- */

static void amdahls_share_comes_back(void **state)
{
    (void)state;
    static const int threads[] = { 1, 2, 3, 8 };
    bench_result items[5];
    for (size_t i = 0; i < 4; i++) {
        items[i] = result_of("scaling", "net/n", 5 * (0.1 + 0.9 / threads[i]), 1, 0);
        items[i].threads = threads[i];
    }
    items[4] = items[1];
    items[4].absent = "more threads than there are";
    const bench_results results = { .items = items, .count = 5 };
    const bench_serial serial = bench_serial_fit(&results, 0);
    assert_int_equal(serial.n, 3);
    assert_true(fabs(serial.share - 0.1) < 1e-12 && fabs(serial.low - 0.1) < 1e-12);
}

static void other_processes_are_what_is_not_our_own(void **state)
{
    (void)state;
    bench_conditions c = { .steal = NAN };
    const bench_times before = { .all = 100, .busy = 50, .stolen = 1, .own = 10, .clock = 0 };
    const bench_times after = { .all = 120, .busy = 65, .stolen = 3, .own = 20, .clock = 10 };
    bench_conditions_end(&c, &before, &after);
    assert_true(close_to(c.others, 0.5) && close_to(c.steal, 0.1));
    const bench_times unknown = { .all = NAN, .busy = NAN, .stolen = NAN, .own = 20, .clock = 10 };
    bench_conditions_end(&c, &before, &unknown);
    assert_true(isnan(c.others));
}

static void what_cannot_be_read_says_why(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_string_equal(bench_system_text(scope, "/nowhere/at/all"),
                        "cannot be read (/nowhere/at/all: No such file or directory)");
    dsc_scope_close(&scope);
}

static void a_whole_name_asks_for_that_row_alone(void **state)
{
    (void)state;
    const dsc_bench_row add = { .suite = "kernels", .name = "add" },
                        adam = { .suite = "kernels", .name = "adam" };
    const bench_request whole = { .filter = "kernels/adam" }, part = { .filter = "ad" };
    assert_true(bench_is_asked(&whole, &adam) && !bench_is_asked(&whole, &add));
    assert_true(bench_is_asked(&part, &adam) && bench_is_asked(&part, &add));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop_measures_what_a_run_takes),
        cmocka_unit_test(rounds_take_the_rows_in_turn_from_both_ends),
        cmocka_unit_test(rounds_that_disagree_are_marked),
        cmocka_unit_test(a_median_that_says_nothing_is_told_from_a_wide_one),
        cmocka_unit_test(more_than_a_roof_allows_is_noticed),
        cmocka_unit_test(a_loop_out_of_time_ends_after_five_rounds),
        cmocka_unit_test(a_watcher_can_stop_the_loop),
        cmocka_unit_test(arithmetic_bounds_what_computes_much),
        cmocka_unit_test(memory_bounds_what_moves_much),
        cmocka_unit_test(a_row_on_one_thread_has_its_share_of_the_roof),
        cmocka_unit_test(rows_without_roofs_or_numbers_have_no_share),
        cmocka_unit_test(amdahls_share_comes_back),
        cmocka_unit_test(other_processes_are_what_is_not_our_own),
        cmocka_unit_test(what_cannot_be_read_says_why),
        cmocka_unit_test(a_whole_name_asks_for_that_row_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
