/* A run that is killed at any moment leaves a file that opens, and the same command finishes it to the same
 * bits. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <descent/file.h>
#include <descent/rng.h>

#include "directory.h"
#include "test.h"
#include "toy.h"

enum { KILLS = 20, CELLS = 120 };

/* Runs the sweep in a child, which alone uses threads. */
static pid_t start(const char *out, const char *pace)
{
    const pid_t child = fork();
    if (child != 0)
        return child;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_setting settings[] = { { "width", "1..40" }, { "sleep_ms", pace } };
    const dsc_plan *plan = toy_plan_of(scope, &toy_case, settings, 2);
    const dsc_run_result result =
        dsc_run(scope, plan, &(dsc_run_options){ .out = out, .threads = 2, .write_interval = 0.01 });
    _exit(dsc_scope_status(scope) == DSC_OK && result.missing == 0 ? 0 : 1);
}

static int wait_for(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static size_t count_done(dsc_scope *scope, const char *path)
{
    size_t done = 0;
    dsc_record *record = dsc_record_read(scope, path);
    if (!record)
        fail_msg("%s", dsc_scope_message(scope));
    for (size_t i = 0; i < dsc_record_cells(record); i++)
        done += dsc_record_cell_at(record, i)->status == DSC_CELL_DONE;
    return done;
}

static size_t count_files(const char *directory)
{
    size_t count = 0;
    DIR *listing = opendir(directory);
    for (struct dirent *entry; (entry = readdir(listing));)
        count += entry->d_name[0] != '.';
    closedir(listing);
    return count;
}

static void twenty_kills_change_nothing(void **state)
{
    const char *killed = directory_path(*state, "killed.h5"), *calm = directory_path(*state, "calm.h5");
    dsc_scope *scope = dsc_scope_open(NULL);
    size_t done = 0, opened = 0;
    for (uint64_t i = 0; i < KILLS; i++) {
        const pid_t child = start(killed, "50");
        const double seconds = 0.4 * dsc_rng_uniform(dsc_rng_make(7, DSC_STREAM_NOISE), 0, i);
        nanosleep(&(struct timespec){ 0, (long)(1e9 * seconds) }, NULL);
        kill(child, SIGKILL);
        wait_for(child);
        if (!dsc_file_exists(killed))
            continue; /* before the first write */
        const size_t now = count_done(scope, killed);
        assert_true(now >= done);
        done = now;
        opened++;
    }
    print_message("%zu of %d kills left a file; %zu of %d cells were done after the last\n", opened, KILLS,
                  done, CELLS);
    assert_true(opened > KILLS / 2);
    assert_int_equal(wait_for(start(killed, "50")), 0);
    assert_int_equal(count_files(*state), 1); /* no lock, no partial file */
    assert_int_equal(wait_for(start(calm, "50")), 0);
    const dsc_comparison comparison =
        dsc_diff(scope, dsc_record_read(scope, killed), dsc_record_read(scope, calm));
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(comparison.cells, CELLS);
    assert_int_equal(comparison.different, 0);
    dsc_scope_close(&scope);
}

static void a_second_run_of_the_same_file_is_refused_while_the_first_lives(void **state)
{
    const char *out = directory_path(*state, "shared.h5");
    const pid_t first = start(out, "50");
    while (!dsc_file_exists(out))
        nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_run(scope, toy_plan_of(scope, &toy_case, NULL, 0), &(dsc_run_options){ .out = out, .threads = 1 });
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FILE);
    assert_non_null(strstr(dsc_scope_message(scope), "is being written by another run"));
    dsc_scope_close(&scope);
    assert_int_equal(wait_for(first), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(twenty_kills_change_nothing, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(a_second_run_of_the_same_file_is_refused_while_the_first_lives,
                                        directory_make, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
