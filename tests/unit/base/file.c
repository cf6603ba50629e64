/* Files are read whole or refused with a message that names them, and replaced whole or left as they were. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <descent/file.h>

#include "base/file.h"
#include "test.h"

#include "directory.h"
#include "gzip.h"

/* What reading gives: status and a part of the message, or the bytes. */
static void expect_refusal(const char *path, size_t limit, dsc_status status, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes bytes = dsc_file_read(scope, path, limit);
    assert_null(bytes.data);
    assert_int_equal(bytes.size, 0);
    assert_int_equal(dsc_scope_status(scope), status);
    assert_non_null(strstr(dsc_scope_message(scope), path));
    assert_non_null(strstr(dsc_scope_message(scope), message));
    dsc_scope_close(&scope);
}

static void expect_bytes(const char *path, size_t limit, const void *data, size_t size)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes bytes = dsc_file_read(scope, path, limit);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_int_equal(bytes.size, size);
    assert_memory_equal(bytes.data, data, size);
    assert_int_equal(bytes.data[size], 0);
    dsc_scope_close(&scope);
}

static void plain_files_of_all_sizes(void **state)
{
    static unsigned char data[200000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7 + i / 251);
    static const size_t sizes[] = { 0, 1, 2, 32767, 32768, 32769, 65536, sizeof data };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        directory_put_bytes(*state, "plain", data, sizes[i]);
        const char *path = directory_path(*state, "plain");
        expect_bytes(path, SIZE_MAX, data, sizes[i]);
        expect_bytes(path, sizes[i], data, sizes[i]);
        if (sizes[i] > 0)
            expect_refusal(path, sizes[i] - 1, DSC_ERROR_FORMAT, "more than the");
    }
}

static void what_cannot_be_read_is_refused(void **state)
{
    expect_refusal(directory_path(*state, "missing"), 10, DSC_ERROR_FILE,
                   "No such file or directory; check the name");
    expect_refusal(*state, 10, DSC_ERROR_FILE, "Is a directory; give the path of a file");
    expect_refusal("/dev/zero", 100000, DSC_ERROR_FORMAT, "more than the 100000 bytes");
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_scope_fail(scope, DSC_ERROR_SHAPE, "earlier");
    assert_null(dsc_file_read(scope, "/dev/null", 1).data);
    assert_string_equal(dsc_scope_message(scope), "earlier");
    dsc_scope_close(&scope);
}

static void gzip_members_are_joined(void **state)
{
    static unsigned char data[150000], packed[200000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i % 1000 * i >> 7);
    size_t size = gzip_pack(data, 100000, packed, sizeof packed);
    size += gzip_pack(data, 0, packed + size, sizeof packed - size);
    size += gzip_pack(data + 100000, 50000, packed + size, sizeof packed - size);
    directory_put_bytes(*state, "joined.gz", packed, size);
    const char *path = directory_path(*state, "joined.gz");
    expect_bytes(path, sizeof data, data, sizeof data);
    expect_refusal(path, sizeof data - 1, DSC_ERROR_FORMAT, "more than the");
}

/* As tapes and disks leave it; gzip and Python read such files, too. What is no zero is refused as ever. */
static void zeros_behind_gzip_members_are_skipped(void **state)
{
    static const char text[] = "the quick brown fox";
    static unsigned char packed[80000];
    const char *path = directory_path(*state, "padded.gz");
    size_t size = gzip_pack(text, 4, packed, sizeof packed) + 40000;
    directory_put_bytes(*state, "padded.gz", packed, size);
    expect_bytes(path, 4, text, 4);
    const size_t more = gzip_pack(text + 4, sizeof text - 4, packed + size, sizeof packed - size);
    directory_put_bytes(*state, "padded.gz", packed, size + more);
    expect_bytes(path, sizeof text, text, sizeof text);
    packed[size] = 'x';
    directory_put_bytes(*state, "padded.gz", packed, size + more);
    expect_refusal(path, 1000, DSC_ERROR_FORMAT, "foreign bytes follow");
}

static void empty_gzip_is_an_empty_file(void **state)
{
    unsigned char packed[100];
    directory_put_bytes(*state, "empty.gz", packed, gzip_pack("", 0, packed, sizeof packed));
    expect_bytes(directory_path(*state, "empty.gz"), 0, "", 0);
}

/* Cut at every length: the two magic bytes make a gzip file of it, and each such file is refused. */
static void truncated_gzip_is_refused(void **state)
{
    static const char text[] = "the quick brown fox jumps over the lazy dog, again and again and again";
    unsigned char packed[200];
    const size_t size = gzip_pack(text, sizeof text, packed, sizeof packed);
    for (size_t length = 2; length < size; length++) {
        directory_put_bytes(*state, "cut.gz", packed, length);
        expect_refusal(directory_path(*state, "cut.gz"), 1000, DSC_ERROR_FORMAT, "it ends too early");
    }
    directory_put_bytes(*state, "cut.gz", packed, 1);
    expect_bytes(directory_path(*state, "cut.gz"), 1000, packed, 1);
}

static void corrupt_gzip_is_refused(void **state)
{
    static const char text[] = "the quick brown fox jumps over the lazy dog";
    unsigned char packed[200];
    const size_t size = gzip_pack(text, sizeof text, packed, sizeof packed);
    const char *path = directory_path(*state, "corrupt.gz");
    packed[size - 5] ^= 1; /* CRC-32 */
    directory_put_bytes(*state, "corrupt.gz", packed, size);
    expect_refusal(path, 1000, DSC_ERROR_FORMAT, "incorrect data check");
    packed[size - 5] ^= 1;
    packed[size - 1] ^= 1; /* length */
    directory_put_bytes(*state, "corrupt.gz", packed, size);
    expect_refusal(path, 1000, DSC_ERROR_FORMAT, "incorrect length check");
    packed[size - 1] ^= 1;
    packed[size] = 'x';
    directory_put_bytes(*state, "corrupt.gz", packed, size + 1);
    expect_refusal(path, 1000, DSC_ERROR_FORMAT, "foreign bytes follow");
}

/* 64 MiB of zeros in 64 KiB: what is allowed to be allocated is less than that. */
static void a_gzip_bomb_stays_bounded(void **state)
{
    enum { BOMB_BYTES = 64 << 20, LIMIT = 1 << 20 };
    unsigned char *zeros = calloc(BOMB_BYTES, 1), *packed = malloc(1 << 20);
    directory_put_bytes(*state, "bomb.gz", packed, gzip_pack(zeros, BOMB_BYTES, packed, 1 << 20));
    free(zeros);
    free(packed);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    expect_refusal(directory_path(*state, "bomb.gz"), LIMIT, DSC_ERROR_FORMAT, "more than the 1048576 bytes");
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024L);
}

static dsc_status replace(const char *path, const void *data, size_t size, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_status status = dsc_file_replace(scope, path, data, size);
    assert_int_equal(dsc_scope_status(scope), status);
    assert_non_null(strstr(dsc_scope_message(scope), message));
    dsc_scope_close(&scope);
    return status;
}

static void files_are_replaced_whole(void **state)
{
    const char *path = directory_path(*state, "out");
    assert_int_equal(replace(path, "first", 5, ""), DSC_OK);
    expect_bytes(path, 100, "first", 5);
    assert_int_equal(chmod(path, 0600), 0);
    directory_put(*state, "out.partial",
                  "left behind by a run that was killed, and longer than the new file");
    assert_int_equal(replace(path, "second", 6, ""), DSC_OK);
    expect_bytes(path, 100, "second", 6);
    assert_false(dsc_file_exists(directory_path(*state, "out.partial")));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(replace(path, NULL, 0, ""), DSC_OK);
    expect_bytes(path, 100, "", 0);
}

/* In the current directory: a path without a slash. */
static void bare_names_are_replaced(void **state)
{
    const int here = open(".", O_RDONLY | O_DIRECTORY);
    assert_int_equal(chdir(*state), 0);
    assert_int_equal(replace("bare", "text", 4, ""), DSC_OK);
    expect_bytes("bare", 4, "text", 4);
    assert_int_equal(fchdir(here), 0);
    close(here);
}

/* A limit on file sizes stops the write in the middle as a full disk does. */
static void a_write_that_fails_leaves_the_old_file(void **state)
{
    static char data[100000];
    const char *path = directory_path(*state, "out");
    assert_int_equal(replace(path, "old", 3, ""), DSC_OK);
    struct rlimit old_limit, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
    limit = old_limit;
    limit.rlim_cur = sizeof data / 2;
    void (*old_handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const dsc_status status = replace(path, data, sizeof data, "File too large; raise the limit");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
    signal(SIGXFSZ, old_handler);
    assert_int_equal(status, DSC_ERROR_FILE);
    expect_bytes(path, 100, "old", 3);
    assert_false(dsc_file_exists(directory_path(*state, "out.partial")));
}

static void places_that_cannot_be_written_are_refused(void **state)
{
    assert_int_equal(
        replace(directory_path(*state, "no/such/out"), "x", 1, "No such file or directory; check"),
        DSC_ERROR_FILE);
    assert_int_equal(replace(*state, "x", 1, "not a regular file"), DSC_ERROR_FILE);
    assert_int_equal(replace("/dev/full", "x", 1, "not a regular file"), DSC_ERROR_FILE);
    assert_int_equal(mkfifo(directory_path(*state, "pipe"), 0600), 0);
    assert_int_equal(replace(directory_path(*state, "pipe"), "x", 1, "not a regular file"), DSC_ERROR_FILE);
}

/* The old file is as it was, and the check beforehand says what the write would say. */
static void expect_refused_place(const char *path, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_int_equal(dsc_file_check_writable(scope, path), DSC_ERROR_FILE);
    assert_non_null(strstr(dsc_scope_message(scope), message));
    dsc_scope_close(&scope);
    assert_int_equal(replace(path, "new", 3, message), DSC_ERROR_FILE);
}

static bool is_link(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

static void links_stay_and_their_targets_are_replaced(void **state)
{
    directory_put(*state, "far/old", "old");
    directory_put(*state, "near/other", "");
    const char *link = directory_path(*state, "near/link"), *again = directory_path(*state, "again");
    assert_int_equal(symlink("../far/old", link), 0);
    assert_int_equal(symlink("near/link", again), 0);
    assert_int_equal(replace(again, "new", 3, ""), DSC_OK);
    expect_bytes(directory_path(*state, "far/old"), 10, "new", 3);
    assert_true(is_link(directory_path(*state, "near/link")) && is_link(directory_path(*state, "again")));
    assert_int_equal(unlink(directory_path(*state, "far/old")), 0);
    /* Now they lead to what is not there yet. */
    assert_int_equal(replace(directory_path(*state, "again"), "first", 5, ""), DSC_OK);
    expect_bytes(directory_path(*state, "far/old"), 10, "first", 5);
    assert_true(is_link(directory_path(*state, "near/link")) && is_link(directory_path(*state, "again")));
}

static void links_in_a_circle_and_to_nowhere_are_refused(void **state)
{
    assert_int_equal(symlink("b", directory_path(*state, "a")), 0);
    assert_int_equal(symlink("a", directory_path(*state, "b")), 0);
    expect_refused_place(directory_path(*state, "a"), "leads in a circle");
    assert_int_equal(symlink("no/such/file", directory_path(*state, "lost")), 0);
    expect_refused_place(directory_path(*state, "lost"), "No such file or directory");
}

/* Whoever runs this: the superuser may write such files otherwise. */
static void read_only_files_are_refused(void **state)
{
    const char *path = directory_path(*state, "out"), *link = directory_path(*state, "link");
    directory_put(*state, "out", "old");
    assert_int_equal(symlink("out", link), 0);
    assert_int_equal(chmod(path, 0444), 0);
    expect_refused_place(path, "it is read-only");
    expect_refused_place(link, "it is read-only");
    expect_bytes(path, 10, "old", 3);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(replace(link, "new", 3, ""), DSC_OK);
}

/* Neither followed nor waited for, and what it is stays. */
static void what_is_in_the_partial_files_way_is_refused(void **state)
{
    const char *path = directory_path(*state, "out"), *partial = directory_path(*state, "out.partial");
    directory_put(*state, "elsewhere", "precious");
    assert_int_equal(mkfifo(partial, 0600), 0);
    expect_refused_place(path, "out.partial' beside it is in the way");
    assert_int_equal(unlink(partial), 0);
    assert_int_equal(symlink("elsewhere", partial), 0);
    expect_refused_place(path, "out.partial' beside it is in the way");
    assert_int_equal(unlink(partial), 0);
    assert_int_equal(link(directory_path(*state, "elsewhere"), directory_path(*state, "out.partial")), 0);
    expect_refused_place(directory_path(*state, "out"), "out.partial' beside it is in the way");
    expect_bytes(directory_path(*state, "elsewhere"), 10, "precious", 8);
}

static void two_writers_of_one_file_never_mix(void **state)
{
    const char *path = directory_path(*state, "out"), *partial = directory_path(*state, "out.partial");
    const int held = dsci_file_hold(partial);
    assert_true(held >= 0);
    assert_int_equal(replace(path, "second", 6, "another program is just writing it"), DSC_ERROR_FILE);
    close(held);
    assert_int_equal(replace(path, "second", 6, ""), DSC_OK);
}

/* Opening a pipe that nobody writes to would wait for ever. */
static void pipes_and_devices_are_not_waited_for(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL), *other = dsc_scope_open(NULL);
    const char *pipe = directory_path(*state, "pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_null(dsci_file_read_regular(scope, pipe, 10).data);
    assert_non_null(strstr(dsc_scope_message(scope), "it is a pipe or a device"));
    assert_null(dsci_file_read_regular(other, "/dev/zero", 10).data);
    dsc_scope_close(&other);
    dsc_scope_close(&scope);
}

static void paths(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_string_equal(dsc_path_join(scope, "a/b", "c"), "a/b/c");
    assert_string_equal(dsc_path_join(scope, "a/b/", "c"), "a/b/c");
    assert_string_equal(dsc_path_join(scope, "/", "c"), "/c");
    assert_string_equal(dsc_path_join(scope, "", "c"), "c");
    assert_string_equal(dsc_path_join(scope, NULL, "c"), "c");
    dsc_scope_close(&scope);
    directory_put(*state, "here", "");
    assert_true(dsc_file_exists(directory_path(*state, "here")));
    assert_false(dsc_file_exists(directory_path(*state, "there")));
    assert_false(dsc_file_exists(*state));
}

int main(void)
{
#define in_directory(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        in_directory(plain_files_of_all_sizes),
        in_directory(what_cannot_be_read_is_refused),
        in_directory(gzip_members_are_joined),
        in_directory(zeros_behind_gzip_members_are_skipped),
        in_directory(empty_gzip_is_an_empty_file),
        in_directory(truncated_gzip_is_refused),
        in_directory(corrupt_gzip_is_refused),
        in_directory(a_gzip_bomb_stays_bounded),
        in_directory(files_are_replaced_whole),
        in_directory(bare_names_are_replaced),
        in_directory(a_write_that_fails_leaves_the_old_file),
        in_directory(places_that_cannot_be_written_are_refused),
        in_directory(links_stay_and_their_targets_are_replaced),
        in_directory(links_in_a_circle_and_to_nowhere_are_refused),
        in_directory(read_only_files_are_refused),
        in_directory(what_is_in_the_partial_files_way_is_refused),
        in_directory(two_writers_of_one_file_never_mix),
        in_directory(pipes_and_devices_are_not_waited_for),
        in_directory(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
