/* Any text is a table of finite numbers and classes in range, or refused with a message. */
#include "fuzz/target.h"

#include <math.h>

#include <descent/data.h>

#include "directory.h"

static bool read_with(const char *path, const dsc_csv_options *options, size_t size)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_dataset data = dsc_csv_read(scope, path, options);
    const bool good = dsc_scope_status(scope) == DSC_OK;
    if (good) {
        assert_true(data.count > 0 && data.features > 0 && data.count * data.features <= size + 1);
        for (size_t i = 0; i < data.count * data.features; i++)
            assert_true(isfinite(data.x[i]));
        for (size_t i = 0; data.labels && i < data.count; i++)
            assert_true(data.labels[i] >= 0 && (size_t)data.labels[i] < data.classes);
        for (size_t c = 0; c < data.classes; c++)
            assert_true(*data.class_names[c] != 0);
    } else {
        assert_null(data.x);
        assert_non_null(strstr(dsc_scope_message(scope), path));
    }
    dsc_scope_close(&scope);
    return good;
}

static bool read_table(const char *directory, const unsigned char *text, size_t size)
{
    static const char *const columns[] = { "1", NULL };
    directory_put_bytes(directory, "table", text, size);
    const char *path = directory_path(directory, "table");
    const bool plain = read_with(path, NULL, size);
    const bool labels = read_with(path, &(dsc_csv_options){ .target = "3", .labels = true }, size);
    const bool named = read_with(path, &(dsc_csv_options){ .target = "b", .columns = columns }, size);
    const bool headed = read_with(path, &(dsc_csv_options){ .header = DSC_CSV_HEADER_ROW }, size);
    return plain || labels || named || headed;
}

static void tables(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    static const char commas[] = "a,b,\"c, d\"\r\n1,2,x\r\n3,4.5,\"y\"\"z\"\r\n\r\n-1e3,0,x\r\n",
                      tabs[] = "1\t2\t3\n4\t5\t6\n7\t8\t9", semicolons[] = "1;2;3\r\"4\";\"5\";\"6\"\r";
    seed(user, commas, sizeof commas - 1);
    seed(user, tabs, sizeof tabs - 1);
    seed(user, semicolons, sizeof semicolons - 1);
}

const fuzz_target fuzz_subject = { .seeds = tables, .read = read_table, .inputs = 700 };
