/* Threads that cannot be started are left out and the run goes on; cells that do not fit into memory together
   are computed one after the other. The linker routes pthread_create() here (CMakeLists.txt). */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include <descent/file.h>

#include "base/parallel.h"
#include "directory.h"
#include "lab/team.h"
#include "test.h"
#include "toy.h"

static _Atomic int alive, most_alive = 1000000;

struct start {
    void *(*function)(void *);
    void *argument;
};

static void *counted(void *argument)
{
    const struct start start = *(struct start *)argument;
    free(argument);
    void *result = start.function(start.argument);
    atomic_fetch_sub(&alive, 1);
    return result;
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                          void *argument)
{
    struct start *start = malloc(sizeof *start);
    if (!start || atomic_fetch_add(&alive, 1) >= most_alive) {
        atomic_fetch_sub(&alive, 1);
        free(start);
        return EAGAIN;
    }
    *start = (struct start){ function, argument };
    return __real_pthread_create(thread, attributes, counted, start);
}

static void count(void *user, int index)
{
    _Atomic int *seen = user;
    assert_true(index >= 0 && index < 64);
    atomic_fetch_add(&seen[index], 1);
}

static void work_is_done_by_those_that_can_be_started(void **state)
{
    (void)state;
    for (int limit = 0; limit <= 8; limit += 4)
        for (int asked = 1; asked <= 64; asked *= 4) {
            _Atomic int seen[64] = { 0 };
            const int come = asked < limit + 1 ? asked : limit + 1;
            most_alive = limit;
            assert_int_equal(dsci_parallel_available(asked), come);
            dsci_parallel_run(asked, count, seen);
            for (int i = 0; i < 64; i++) /* more than come where the first had ended */
                assert_true(seen[i] == 1 || (i >= come && seen[i] == 0));
        }
    most_alive = 1000000;
}

static void keep_line(void *user, dsc_log_level level, const char *line)
{
    (void)level;
    snprintf(user, 200, "%s", line);
}

static void a_run_goes_on_with_the_threads_there_are(void **state)
{
    char line[200] = "";
    const char *few = directory_path(*state, "few.h5"), *one = directory_path(*state, "one.h5");
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .log = keep_line, .log_user = line });
    const dsc_plan *plan = toy_plan_of(scope, &toy_case, NULL, 0);
    most_alive = 2;
    const dsc_run_result result = dsc_run(scope, plan, &(dsc_run_options){ .out = few, .threads = 8 });
    most_alive = 1000000;
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(result.computed, 18);
    assert_non_null(strstr(line, "3 of 8 threads are at work: no more can be started"));
    dsc_run(scope, plan, &(dsc_run_options){ .out = one, .threads = 1 });
    const dsc_comparison comparison =
        dsc_diff(scope, dsc_record_read(scope, few), dsc_record_read(scope, one));
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(comparison.cells, 18);
    assert_int_equal(comparison.different, 0);
    dsc_scope_close(&scope);
}

static double bytes_of_a_cell; /* what each cell of greedy says that it needs */

static dsc_cost greedy(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    return (dsc_cost){ .bytes = bytes_of_a_cell *
                                (double)((const struct toy_hyperparameters *)hyperparameters)->width };
}

/* Of a new plan: one remembers what its cells take. */
static struct dsci_team team_of(dsc_scope *scope, const dsc_case *kase, int threads)
{
    const dsc_plan *plan = toy_plan_of(scope, kase, NULL, 0);
    size_t cells[18];
    double memory[18];
    for (size_t i = 0; i < 18; i++)
        cells[i] = i;
    return dsci_team_choose(plan, &(dsc_run_options){ .threads = threads }, cells, 18, memory);
}

static void fewer_cells_at_once_where_only_fewer_fit(void **state)
{
    (void)state;
    dsc_case kase = toy_case;
    kase.cost = greedy;
    dsc_scope *scope = dsc_scope_open(NULL);
    bytes_of_a_cell = 0;
    struct dsci_team team = team_of(scope, &kase, 8);
    const double usable = team.usable;
    assert_true(isfinite(usable) && usable > 0);
    assert_int_equal(team.cells, 8);
    assert_int_equal(team.fitting, 18);
    bytes_of_a_cell = usable / 19.5; /* the largest are three of 6, then three of 5 */
    team = team_of(scope, &kase, 8);
    assert_int_equal(team.cells, 3);
    assert_true(team.short_of_memory && team.bytes <= usable);
    assert_int_equal(team.fitting, 18);
    bytes_of_a_cell = usable / 5.5;
    team = team_of(scope, &kase, 8);
    assert_int_equal(team.cells, 1);
    assert_int_equal(team.fitting, 15);
    assert_int_equal(team.largest, 15);
    assert_int_equal(team.largest_fitting, 12);
    dsc_scope_close(&scope);
}

static void what_cannot_fit_is_refused_before_a_file_is_made(void **state)
{
    const char *out = directory_path(*state, "large.h5");
    dsc_case kase = toy_case;
    kase.cost = greedy;
    bytes_of_a_cell = 1e15;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_plan *plan = toy_plan_of(scope, &kase, NULL, 0);
    const dsc_run_result refused = dsc_run(scope, plan, &(dsc_run_options){ .out = out, .threads = 1 });
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_MEMORY);
    assert_non_null(strstr(dsc_scope_message(scope), "not enough memory: width=6 seed=1 needs"));
    assert_int_equal(refused.computed, 0);
    assert_false(dsc_file_exists(out));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    plan = toy_plan_of(scope, &kase, NULL, 0);
    assert_int_equal(
        dsc_run(scope, plan, &(dsc_run_options){ .out = out, .threads = 1, .force = true }).computed, 18);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_done_by_those_that_can_be_started),
        cmocka_unit_test_setup_teardown(a_run_goes_on_with_the_threads_there_are, directory_make,
                                        directory_remove),
        cmocka_unit_test(fewer_cells_at_once_where_only_fewer_fit),
        cmocka_unit_test_setup_teardown(what_cannot_fit_is_refused_before_a_file_is_made, directory_make,
                                        directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
