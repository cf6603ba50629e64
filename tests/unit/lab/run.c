/* A run records what fails and goes on, refuses what it cannot do before it computes, and leaves no
 * half-written file. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <descent/build.h>
#include <descent/file.h>

#include "directory.h"
#include "test.h"
#include "toy.h"

static const dsc_setting failing[] = { { "width", "1..4" }, { "fail_at", "3" }, { "seeds", "2" } };

static void expect_error(dsc_scope *scope, dsc_status status, const char *message)
{
    assert_int_equal(dsc_scope_status(scope), status);
    if (!strstr(dsc_scope_message(scope), message))
        fail_msg("expected '%s' in '%s'", message, dsc_scope_message(scope));
}

static void a_failed_cell_is_recorded_and_tried_again(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *out = directory_path(*state, "failed.h5");
    const dsc_plan *plan = toy_plan_of(scope, &toy_case, failing, 3);
    const dsc_run_options options = { .out = out, .threads = 2 };
    dsc_run_result result = dsc_run(scope, plan, &options);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(result.computed, 6);
    assert_int_equal(result.failed, 2);
    assert_int_equal(result.missing, 0);
    assert_false(result.stopped);
    dsc_record *record = dsc_record_read(scope, out);
    assert_int_equal(dsc_record_cell_at(record, 4)->status, DSC_CELL_FAILED);
    assert_string_equal(dsc_record_cell_at(record, 4)->message, "loss is not finite at width 3");
    assert_int_equal(dsc_record_cell_at(record, 4)->hash, 0);
    assert_true(isnan(dsc_record_output_find(record, "error")->values[4]));
    assert_false(dsc_record_complete(record));
    assert_true(dsc_record_summary_find(record, "error_n")->values[2] == 0);
    assert_true(dsc_record_summary_find(record, "error_n")->values[3] == 2);
    result = dsc_run(scope, plan, &options);
    assert_int_equal(result.kept, 6);
    assert_int_equal(result.failed, 2);
    dsc_scope_close(&scope);
}

static void bad_puts(dsc_cell *cell)
{
    const struct toy_hyperparameters *k = dsc_cell_hyperparameters(cell);
    switch (k->width) {
    case 1: dsc_put(cell, "eror", 1); break;
    case 2:
        dsc_put(cell, "error", 1);
        dsc_put(cell, "error", 1);
        break;
    case 3: dsc_put_at(cell, "loss", 3, 1); break;
    case 4: dsc_put(cell, "loss", 1); break;
    case 5: dsc_put_at(cell, "error", 0, 1); break;
    default: {
        size_t count;
        assert_null(dsc_cell_axis(cell, "depth", &count));
        assert_int_equal(count, 0);
    }
    }
}

static void wrong_outputs_fail_the_cell(void **state)
{
    static const char *const messages[] = { "case toy has no output 'eror'",
                                            "output 'error' was put twice",
                                            "output 'loss' has 3 points; index 3 was put",
                                            "output 'loss' runs over an inner axis: use dsc_put_at()",
                                            "output 'error' has one value per cell: use dsc_put()",
                                            "case toy has no axis 'depth'" };
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_case kase = toy_case;
    kase.run = bad_puts;
    const dsc_plan *plan = toy_plan_of(scope, &kase, &(dsc_setting){ "seeds", "1" }, 1);
    const dsc_run_result result =
        dsc_run(scope, plan, &(dsc_run_options){ .out = directory_path(*state, "puts.h5"), .threads = 1 });
    assert_int_equal(result.failed, 6);
    for (size_t i = 0; i < 6; i++) {
        const char *message = dsc_record_cell_at(result.record, i)->message;
        if (!strstr(message, messages[i]))
            fail_msg("expected '%s' in '%s'", messages[i], message);
    }
    dsc_scope_close(&scope);
}

static void a_file_of_another_recipe_is_refused_and_kept(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *out = directory_path(*state, "other.h5");
    const dsc_run_options options = { .out = out, .threads = 1 };
    dsc_run(scope, toy_plan_of(scope, &toy_case, failing, 1), &options);
    const dsc_bytes before = dsc_file_read(scope, out, 1 << 24);
    dsc_run(scope, toy_plan_of(scope, &toy_case, &(dsc_setting){ "n", "9" }, 1), &options);
    expect_error(scope, DSC_ERROR_MISMATCH,
                 "was made by another recipe (axes.width: [1,2,3,4] in the file, "
                 "[1,2,3,4,5,6] asked for; parameters.n: 5 in the file, 9 asked for)");
    expect_error(scope, DSC_ERROR_MISMATCH, "choose another --out, or delete the file");
    dsc_scope *after_scope = dsc_scope_open(NULL);
    const dsc_bytes after = dsc_file_read(after_scope, out, 1 << 24);
    assert_int_equal(after.size, before.size);
    assert_memory_equal(after.data, before.data, before.size);
    dsc_scope_close(&after_scope);
    dsc_scope_close(&scope);
}

/* A run that must fail with this message. */
static void expect_no_run(const dsc_case *kase, const char *out, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_run(scope, toy_plan_of(scope, kase, NULL, 0), &(dsc_run_options){ .out = out, .threads = 1 });
    assert_int_not_equal(dsc_scope_status(scope), DSC_OK);
    if (!strstr(dsc_scope_message(scope), message))
        fail_msg("expected '%s' in '%s'", message, dsc_scope_message(scope));
    dsc_scope_close(&scope);
}

static void *prepare_without_data(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters,
                                  const char *directory)
{
    (void)plan, (void)hyperparameters;
    dsc_scope_fail(scope, DSC_ERROR_FILE, "no data in '%s'", directory ? directory : "nowhere");
    return NULL;
}

static void what_cannot_be_run_leaves_no_file(void **state)
{
    const char *directory = *state;
    dsc_case kase = toy_case;
    expect_no_run(&kase, "", "give --out FILE.h5");
    expect_no_run(&kase, directory_path(directory, "none/x.h5"), "No such file or directory");
    expect_no_run(&kase, "/proc/x.h5", "cannot write results to '/proc/x.h5'");
    directory_put(directory, "notes.txt", "my notes, not results");
    expect_no_run(&kase, directory_path(directory, "notes.txt"), "is not a results file: expected HDF5");
    kase.prepare = prepare_without_data;
    expect_no_run(&kase, directory_path(directory, "x.h5"), "no data in 'nowhere'");
    assert_false(dsc_file_exists(directory_path(directory, "x.h5")));
    assert_false(dsc_file_exists(directory_path(directory, "x.h5.lock")));
    assert_true(dsc_file_exists(directory_path(directory, "notes.txt")));
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_run(scope, toy_plan_of(scope, &toy_case, NULL, 0),
            &(dsc_run_options){ .out = directory_path(directory, "x.h5"), .shard = 4, .shards = 3 });
    expect_error(scope, DSC_ERROR_ARGUMENT, "shard 4/3");
    dsc_scope_close(&scope);
}

/* Runs in a child whose files may hold only `most` bytes; returns its message in text. */
static void run_on_a_full_disk(const char *out, rlim_t most, char text[1024])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ most, most });
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_setting settings[] = { { "width", "1" }, { "seeds", "5000" } };
        dsc_run(scope, toy_plan_of(scope, &toy_case, settings, 2),
                &(dsc_run_options){ .out = out, .threads = 1 });
        const char *message = dsc_scope_message(scope);
        _exit(write(ends[1], message, strlen(message) + 1) > 0 ? 0 : 1);
    }
    close(ends[1]);
    memset(text, 0, 1024);
    for (ssize_t got = 0, part; (part = read(ends[0], text + got, 1023 - (size_t)got)) > 0;)
        got += part;
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void keep_warning(void *user, dsc_log_level level, const char *line)
{
    char *text = user;
    if (level == DSC_LOG_WARNING && strlen(text) + strlen(line) + 2 < 1024)
        strcat(strcat(text, line), "\n");
}

/* The place where the file is first replaced becomes a directory, and a file again at the end. */
static void spoil(void *user, const dsc_progress *progress)
{
    const char *out = user;
    if (progress->done >= 2 && progress->done < 15) {
        remove(out);
        mkdir(out, 0777);
    } else if (progress->done >= 15) {
        rmdir(out);
    }
}

static void a_write_that_fails_on_the_way_is_said_once(void **state)
{
    char text[1024] = "";
    char out[4096];
    snprintf(out, sizeof out, "%s", directory_path(*state, "spoiled.h5"));
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .log = keep_warning, .log_user = text });
    const dsc_setting settings[] = { { "width", "1..20" }, { "seeds", "1" }, { "sleep_ms", "60" } };
    const dsc_run_result result = dsc_run(
        scope, toy_plan_of(scope, &toy_case, settings, 3),
        &(dsc_run_options){
            .out = out, .threads = 1, .write_interval = 0.05, .progress = spoil, .progress_user = out });
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    assert_int_equal(result.computed, 20);
    assert_true(dsc_file_exists(out));
    const char *said = strstr(text, "it is not a regular file; give the path of a file; the run goes on");
    if (!said || strchr(text, '\n') != strrchr(text, '\n'))
        fail_msg("'%s'", text);
    dsc_scope_close(&scope);
}

static void a_full_disk_is_said_and_keeps_the_old_file(void **state)
{
    char text[1024];
    const char *out = directory_path(*state, "full.h5");
    run_on_a_full_disk(out, 1000, text); /* the first write fails */
    if (!strstr(text, "File too large"))
        fail_msg("'%s'", text);
    assert_false(dsc_file_exists(out));
    run_on_a_full_disk(out, 100000,
                       text); /* the last write fails: numbers compress worse than their absence */
    if (!strstr(text, "the last results could not be saved"))
        fail_msg("'%s'", text);
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_non_null(dsc_record_read(scope, out));
    assert_false(dsc_file_exists(directory_path(*state, "full.h5.partial")));
    dsc_scope_close(&scope);
}

static void an_estimate_counts_without_writing(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *out = directory_path(*state, "estimate.h5");
    const dsc_setting settings[] = { { "width", "10,20,30" }, { "sleep_ms", "3000" } };
    const dsc_plan *plan = toy_plan_of(scope, &toy_case, settings, 2);
    const dsc_estimate estimate =
        dsc_estimate_run(scope, plan, &(dsc_run_options){ .out = out, .threads = 2 });
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(estimate.cells, 9);
    assert_int_equal(estimate.missing, 9);
    assert_int_equal(estimate.threads, 2);
    assert_true(estimate.flops == 3 * 4000 * 60);
    assert_true(estimate.memory_bytes >= 2 * 3000 && estimate.memory_bytes < 1e6);
    assert_true(estimate.disk_bytes > 1000 && estimate.disk_bytes < 1e6);
    if (!(estimate.seconds > 9 * 3 / 2.0 * 0.7 &&
          estimate.seconds < 9 * 3 / 2.0 * 5)) /* a busy machine naps longer */
        fail_msg("%g s estimated for 9 cells of 3 s on 2 threads", estimate.seconds);
    assert_false(dsc_file_exists(out));
    dsc_scope_close(&scope);
}

struct progress_seen {
    size_t calls;
    dsc_progress last;
};

static void see_progress(void *user, const dsc_progress *progress)
{
    struct progress_seen *seen = user;
    assert_true(progress->done >= seen->last.done);
    seen->calls++;
    seen->last = *progress;
}

static void progress_comes_ten_times_a_second_and_at_the_end(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    struct progress_seen seen = { .calls = 0 };
    const dsc_setting settings[] = { { "width", "5" }, { "sleep_ms", "400" } };
    dsc_run(scope, toy_plan_of(scope, &toy_case, settings, 2),
            &(dsc_run_options){ .out = directory_path(*state, "progress.h5"),
                                .threads = 3,
                                .progress = see_progress,
                                .progress_user = &seen });
    assert_in_range(seen.calls, 3, 100);
    assert_int_equal(seen.last.cells, 3);
    assert_int_equal(seen.last.done, 3);
    assert_true(seen.last.work == 60000 && seen.last.work_done == 60000 && seen.last.remaining == 0);
    dsc_scope_close(&scope);
}

static void provenance_says_where_the_numbers_come_from(void **state)
{
    static const char *const names[] = { "start",    "end",         "command",   "version", "commit",
                                         "compiler", "flags",       "libraries", "cpu",     "isa",
                                         "caches",   "memory",      "kernel",    "threads", "threads_reason",
                                         "affinity", "environment", "data",      "runs" };
    dsc_scope *scope = dsc_scope_open(NULL);
    char *argv[] = { "toys", "--set", "n=2", NULL };
    setenv("DESCENT_TEST", "yes", 1);
    const dsc_run_result result =
        dsc_run(scope, toy_plan_of(scope, &toy_case, NULL, 0),
                &(dsc_run_options){
                    .out = directory_path(*state, "where.h5"), .threads = 2, .argc = 3, .argv = argv });
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!dsc_record_provenance_get(result.record, names[i]))
            fail_msg("'%s' is missing", names[i]);
    assert_string_equal(dsc_record_provenance_get(result.record, "command"), "toys --set n=2");
    assert_string_equal(dsc_record_provenance_get(result.record, "threads"), "2");
    assert_string_equal(dsc_record_provenance_get(result.record, "version"), dsc_build_get()->version);
    assert_non_null(strstr(dsc_record_provenance_get(result.record, "runs"), ", threads 2, "));
    assert_non_null(strstr(dsc_record_provenance_get(result.record, "environment"), "DESCENT_TEST=yes"));
    assert_non_null(strstr(dsc_record_provenance_get(result.record, "libraries"), "HDF5 1."));
    assert_int_equal(strlen(dsc_record_provenance_get(result.record, "end")), 20);
    dsc_scope_close(&scope);
}

int main(void)
{
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        /* First, for it forks: a child inherits no threads. */
        IN_DIRECTORY(a_full_disk_is_said_and_keeps_the_old_file),
        IN_DIRECTORY(a_write_that_fails_on_the_way_is_said_once),
        IN_DIRECTORY(a_failed_cell_is_recorded_and_tried_again),
        IN_DIRECTORY(wrong_outputs_fail_the_cell),
        IN_DIRECTORY(a_file_of_another_recipe_is_refused_and_kept),
        IN_DIRECTORY(what_cannot_be_run_leaves_no_file),
        IN_DIRECTORY(an_estimate_counts_without_writing),
        IN_DIRECTORY(progress_comes_ten_times_a_second_and_at_the_end),
        IN_DIRECTORY(provenance_says_where_the_numbers_come_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
