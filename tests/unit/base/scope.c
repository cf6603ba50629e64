/* A scope keeps its first error, frees what was made in it, and never crashes on a poisoned or missing scope.
 */
#include <stdbool.h>
#include <string.h>

#include <descent/scope.h>

#include "test.h"

static void first_error_is_kept(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_int_equal(dsc_scope_fail(scope, DSC_ERROR_SHAPE, "layer '%s': expected %d", "dense1", 4),
                     DSC_ERROR_SHAPE);
    assert_int_equal(dsc_scope_fail(scope, DSC_ERROR_FILE, "later"), DSC_ERROR_SHAPE);
    assert_string_equal(dsc_scope_message(scope), "layer 'dense1': expected 4");
    assert_null(dsc_scope_alloc(scope, 1, 1));
    dsc_scope_close(&scope);
    assert_null(scope);
}

static bool always(void *user)
{
    (*(int *)user)++;
    return true;
}

static void a_scope_within_another_stops_with_it(void **state)
{
    (void)state;
    int asked = 0;
    dsc_scope *outer = dsc_scope_open(&(dsc_scope_options){ .seed = 1, .stop = always, .stop_user = &asked });
    dsc_scope *inner = dsc_scope_open_within(outer, 2);
    assert_int_equal(dsc_scope_seed(inner), 2);
    assert_false(dsc_scope_goes_on(inner));
    assert_int_equal(dsc_scope_status(inner), DSC_STOPPED);
    assert_false(dsc_scope_goes_on(inner));
    assert_int_equal(asked, 1); /* not again once it is stopped */
    assert_int_equal(dsc_scope_status(outer), DSC_OK);
    dsc_scope_close(&inner);
    dsc_scope_close(&outer);
    assert_false(dsc_scope_goes_on(NULL));
    inner = dsc_scope_open_within(NULL, 3);
    assert_true(dsc_scope_goes_on(inner));
    dsc_scope_close(&inner);
}

static void memory_is_aligned_zeroed_and_apart(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    unsigned char *last = NULL;
    for (size_t bytes = 0; bytes < 300000; bytes = bytes * 2 + 1) {
        unsigned char *memory = dsc_scope_alloc(scope, bytes, 1);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xab, bytes);
        last = memory;
    }
    assert_int_equal(last[0], 0xab);
    dsc_scope_close(&scope);
}

static void overflowing_sizes_are_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_scope_alloc(scope, SIZE_MAX / 2, 3));
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_MEMORY);
    dsc_scope_close(&scope);
}

static void count_calls(void *object)
{
    int *calls = object;
    ++*calls;
}

static void deferred_calls_run_once_even_when_poisoned(void **state)
{
    (void)state;
    int calls = 0;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_scope_defer(scope, count_calls, &calls);
    assert_int_equal(calls, 0);
    dsc_scope_fail(scope, DSC_ERROR_FILE, "gone");
    dsc_scope_defer(scope, count_calls, &calls);
    assert_int_equal(calls, 1);
    dsc_scope_close(&scope);
    assert_int_equal(calls, 2);
}

static void a_missing_scope_reads_as_out_of_memory(void **state)
{
    (void)state;
    assert_int_equal(dsc_scope_status(NULL), DSC_ERROR_MEMORY);
    assert_null(dsc_scope_alloc(NULL, 1, 1));
    assert_null(dsc_scope_copy(NULL, "text"));
    assert_int_equal(dsc_scope_fail(NULL, DSC_ERROR_FILE, "x"), DSC_ERROR_MEMORY);
    dsc_scope_close(NULL);
}

static void keep_line(void *user, dsc_log_level level, const char *line)
{
    (void)level;
    strcpy(user, line);
}

/* Paths may hold anything: the message that names one neither breaks a line nor moves a cursor. */
static void messages_are_one_line(void **state)
{
    (void)state;
    static const char path[] = "a\nb\x1b[2J\xff \xc3\xa9 \xe2\x80\xae",
                      shown[] = "a\\x0ab\\x1b[2J\\xff \xc3\xa9 \\u202e: gone";
    char line[100] = "";
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .log = keep_line, .log_user = line });
    dsc_scope_log(scope, DSC_LOG_WARNING, "%s: gone", path);
    dsc_scope_fail(scope, DSC_ERROR_FILE, "%s: gone", path);
    assert_string_equal(line, shown);
    assert_string_equal(dsc_scope_message(scope), shown);
    dsc_scope *other = dsc_scope_open(NULL);
    dsc_scope_adopt_error(other, scope);
    assert_string_equal(dsc_scope_message(other), shown);
    dsc_scope_close(&other);
    dsc_scope_close(&scope);
    static char feeds[5000]; /* longer than any message: cut, and ended */
    memset(feeds, '\n', sizeof feeds - 1);
    scope = dsc_scope_open(NULL);
    dsc_scope_fail(scope, DSC_ERROR_FILE, "%s", feeds);
    const char *message = dsc_scope_message(scope);
    assert_true(strlen(message) > 500 && strlen(message) % 4 == 0 && !strchr(message, '\n'));
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_one_line),
        cmocka_unit_test(first_error_is_kept),
        cmocka_unit_test(a_scope_within_another_stops_with_it),
        cmocka_unit_test(memory_is_aligned_zeroed_and_apart),
        cmocka_unit_test(overflowing_sizes_are_refused),
        cmocka_unit_test(deferred_calls_run_once_even_when_poisoned),
        cmocka_unit_test(a_missing_scope_reads_as_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
