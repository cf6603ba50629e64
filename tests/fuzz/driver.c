/* driver.c - a fuzz target as a test: its valid inputs, the corpus that is stored for it, and inputs changed
 * at random.
 *
 *     FUZZ_INPUTS=1000000 build/tests/fuzz/csv      so many changed inputs, however long they take
 *     build/tests/fuzz/csv --write-seeds DIR        the valid inputs as files, for libFuzzer to begin with
 */
#include "fuzz/target.h"

#include <dirent.h>
#include <stdio.h>

#include <descent/clock.h>

#include "directory.h"
#include "fuzz/mutate.h"

enum { MAX_SEEDS = 64 };

static struct {
    size_t count;
    struct {
        unsigned char *data;
        size_t size;
    } items[MAX_SEEDS];
} seeds;

static void seed_keep(void *user, const void *data, size_t size)
{
    (void)user;
    assert_true(seeds.count < MAX_SEEDS);
    unsigned char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    seeds.items[seeds.count].data = copy;
    seeds.items[seeds.count++].size = size;
}

static void seed_write(void *directory, const void *data, size_t size)
{
    static unsigned number;
    char name[32];
    snprintf(name, sizeof name, "seed-%u", number++);
    directory_put_bytes(directory, name, data, size);
}

static size_t good, refused;

static void read_input(const char *directory, const unsigned char *data, size_t size)
{
    ++*(fuzz_subject.read(directory, data, size) ? &good : &refused);
}

/* A file's bytes in an allocation of exactly *size, to be freed. */
static unsigned char *file_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    const long end = ftell(file);
    assert_true(end >= 0);
    rewind(file);
    *size = (size_t)end;
    unsigned char *data = malloc(*size ? *size : 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

/* What a campaign found or reached. A target may have none. */
static void read_corpus(const char *directory)
{
    DIR *corpus = opendir(FUZZ_CORPUS);
    for (const struct dirent *entry; corpus && (entry = readdir(corpus));) {
        size_t size;
        if (*entry->d_name == '.')
            continue;
        unsigned char *data = file_bytes(directory_path(FUZZ_CORPUS, entry->d_name), &size);
        read_input(directory, data, size);
        free(data);
    }
    if (corpus)
        closedir(corpus);
}

static void read_changed(const char *directory)
{
    const char *wanted = getenv("FUZZ_INPUTS");
    const size_t inputs = wanted ? strtoull(wanted, NULL, 10) : fuzz_subject.inputs * seeds.count;
    const double end = dsc_clock_seconds() + (fuzz_subject.seconds > 0 ? fuzz_subject.seconds : 10);
    size_t i = 0, size;
    for (; i < inputs && (wanted || dsc_clock_seconds() < end); i++) {
        const size_t s = i % seeds.count;
        unsigned char *data = mutate_input(1, (uint32_t)i, seeds.items[s].data, seeds.items[s].size, &size);
        read_input(directory, data, size);
        free(data);
    }
    print_message("%zu of %zu changed inputs were tried\n", i, inputs);
}

/* What is valid is read, and of what is not something is refused: a target that reads nothing shows nothing.
 */
static void whatever_comes_is_read_or_refused(void **state)
{
    fuzz_subject.seeds(*state, seed_keep, NULL);
    for (size_t i = 0; i < seeds.count; i++)
        read_input(*state, seeds.items[i].data, seeds.items[i].size);
    read_corpus(*state);
    read_changed(*state);
    print_message("%zu inputs were read, %zu refused\n", good, refused);
    assert_true(good > 0 && refused > 0);
    while (seeds.count)
        free(seeds.items[--seeds.count].data);
}

static int write_seeds(char *directory)
{
    void *scratch;
    if (directory_make(&scratch) != 0)
        return 3;
    fuzz_subject.seeds(scratch, seed_write, directory);
    return directory_remove(&scratch) == 0 ? 0 : 3;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write-seeds") == 0)
        return write_seeds(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_comes_is_read_or_refused, directory_make, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
