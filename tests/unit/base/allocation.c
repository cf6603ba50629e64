/* Memory that runs out at any allocation, the first, the second, ..., is a clear error: no crash, no leak, no
   half-written file. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <zlib.h>

#include <descent/cpu.h>
#include <descent/file.h>
#include <descent/hash.h>
#include <descent/value.h>

#include "allocation.h"
#include "directory.h"
#include "gzip.h"
#include "test.h"

WRAP(char *, NULL, strdup, (const char *text), (text))
WRAP(char *, NULL, strndup, (const char *text, size_t size), (text, size))
WRAP(EVP_MD_CTX *, NULL, EVP_MD_CTX_new, (void), ())
WRAP(int, 0, EVP_DigestInit_ex, (EVP_MD_CTX * context, const EVP_MD *type, ENGINE *engine),
     (context, type, engine))
WRAP(int, Z_MEM_ERROR, inflateInit2_, (z_streamp stream, int bits, const char *version, int size),
     (stream, bits, version, size))

static char text[1000]; /* of the files below */

/* Each does one thing in a scope and checks the result if the scope is good at the end. */
static void make_things(dsc_scope *scope, const char *directory)
{
    (void)directory;
    char *small = dsc_scope_alloc(scope, 3, 100);
    char *large = dsc_scope_alloc(scope, 1, 1000000);
    const char *joined = dsc_scope_format(scope, "%s-%d", "name", 5);
    dsc_scope_defer(scope, free, malloc(10));
    if (dsc_scope_status(scope) == DSC_OK) {
        assert_true(small && large);
        assert_string_equal(dsc_scope_copy(scope, joined), "name-5");
    }
}

static void read_plain(dsc_scope *scope, const char *directory)
{
    const dsc_bytes bytes = dsc_file_read(scope, directory_path(directory, "plain"), sizeof text);
    assert_int_equal(bytes.data != NULL, dsc_scope_status(scope) == DSC_OK);
    if (bytes.data)
        assert_memory_equal(bytes.data, text, sizeof text);
}

static void read_gzip(dsc_scope *scope, const char *directory)
{
    const dsc_bytes bytes = dsc_file_read(scope, directory_path(directory, "packed"), sizeof text);
    assert_int_equal(bytes.data != NULL, dsc_scope_status(scope) == DSC_OK);
    if (bytes.data)
        assert_memory_equal(bytes.data, text, sizeof text);
}

static void digest_file(dsc_scope *scope, const char *directory)
{
    const dsc_digest digest = dsc_sha256_file(scope, directory_path(directory, "plain"), NULL);
    const dsc_digest zero = { { 0 } }, whole = dsc_sha256(text, sizeof text);
    assert_memory_equal(&digest, dsc_scope_status(scope) == DSC_OK ? &whole : &zero, sizeof digest);
}

static void digest_pieces(dsc_scope *scope, const char *directory)
{
    (void)directory;
    dsc_hasher *hasher = dsc_hasher_make(scope);
    dsc_hasher_update(hasher, text, 500);
    dsc_hasher_update(hasher, text + 500, sizeof text - 500);
    const dsc_digest digest = dsc_hasher_finish(hasher), whole = dsc_sha256(text, sizeof text);
    if (dsc_scope_status(scope) == DSC_OK)
        assert_memory_equal(&digest, &whole, sizeof digest);
}

/* The file holds the old text after an error, the new one after a success. */
static void replace_file(dsc_scope *scope, const char *directory)
{
    const char *path = directory_path(directory, "out");
    directory_put(directory, "out", "old");
    const dsc_status status = dsc_file_replace(scope, path, "new", 3);
    const long saved = calls_left;
    calls_left = -1;
    dsc_scope *after = dsc_scope_open(NULL);
    assert_string_equal((char *)dsc_file_read(after, path, 10).data, status == DSC_OK ? "new" : "old");
    dsc_scope_close(&after);
    assert_false(dsc_file_exists(directory_path(directory, "out.partial")));
    calls_left = saved;
}

static void parse_lists(dsc_scope *scope, const char *directory)
{
    size_t count;
    const double *values = dsc_parse_list(scope, "x", "1..4,8..1000 log 9,0.5", false, 100, &count);
    dsc_path_join(scope, directory, "name");
    if (values)
        assert_true(count == 14 && values[13] == 0.5);
    assert_true(values != NULL || count == 0);
}

static int open_files(void)
{
    int count = 0;
    DIR *list = opendir("/proc/self/fd");
    while (readdir(list))
        count++;
    closedir(list);
    return count;
}

static void every_allocation_may_fail(void **state)
{
    static void (*const things[])(dsc_scope *, const char *) = {
        make_things, read_plain, read_gzip, digest_file, digest_pieces, replace_file, parse_lists,
    };
    unsigned char packed[2000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * i >> 3);
    directory_put_bytes(*state, "plain", text, sizeof text);
    directory_put_bytes(*state, "packed", packed, gzip_pack(text, sizeof text, packed, sizeof packed));
    const int files = open_files();
    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++) {
        bool done = false;
        for (long k = 0; !done; k++) {
            assert_true(k < 100);
            calls_left = k;
            dsc_scope *scope = dsc_scope_open(NULL);
            things[i](scope, *state);
            done = calls_left >= 0; /* all allocations have been seen to fail */
            calls_left = -1;
            const dsc_status status = dsc_scope_status(scope);
            assert_true(status == DSC_OK || status == DSC_ERROR_MEMORY);
            assert_true(!done || status == DSC_OK);
            if (status != DSC_OK)
                assert_non_null(strstr(dsc_scope_message(scope), "out of memory"));
            dsc_scope_close(&scope);
            assert_int_equal(open_files(), files);
        }
    }
}

/* The quota is read into a table of its own: without it there is no limit to be seen, and still a thread to
 * be had. */
static void threads_are_chosen_without_memory(void **state)
{
    (void)state;
    for (long k = 0; k < 3; k++) {
        calls_left = k;
        const dsc_thread_choice choice = dsc_threads_choose(0);
        calls_left = -1;
        assert_true(choice.count >= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, directory_make, directory_remove),
        cmocka_unit_test(threads_are_chosen_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
