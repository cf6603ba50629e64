/* libfuzzer.c - a fuzz target for clang's libFuzzer (preset fuzz). */
#include "fuzz/target.h"

#include "directory.h"

#include <descent/export.h>

DSC_API int LLVMFuzzerInitialize(int *argc, char ***argv);
DSC_API int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void *directory;

static void clean_up(void)
{
    directory_remove(&directory);
}

/* cmocka ends the process where no test is running: abort(), which libFuzzer reports as a crash of this
 * input. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    if (setenv("CMOCKA_TEST_ABORT", "1", 1) != 0 || directory_make(&directory) != 0)
        return -1;
    return atexit(clean_up);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    fuzz_subject.read(directory, data, size);
    return 0;
}
