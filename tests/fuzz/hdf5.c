/* Whatever an HDF5 file says under right checksums, it is read or "damaged". Changed inputs keep their
 * checksums only by luck, so they are put right where a valid file has them. */
#include "fuzz/target.h"

#include <descent/file.h>

#include "hdf5_checksums.h"

enum { SAMPLES = 2, GROUPS = 9 };

static checksums parts[SAMPLES];

static dsc_bytes make_sample(dsc_scope *scope, const char *directory, bool young)
{
    const char *path = directory_path(directory, "sample.h5");
    hdf5_write_sample(path, young, GROUPS);
    return dsc_file_read(scope, path, 1 << 24);
}

static void samples(const char *directory, fuzz_seed_fn *seed, void *user)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    for (int young = 0; young < SAMPLES; young++) {
        const dsc_bytes bytes = make_sample(scope, directory, young);
        checksums_find(&parts[young], bytes.data, bytes.size);
        if (seed)
            seed(user, bytes.data, bytes.size);
    }
    dsc_scope_close(&scope);
}

static bool read_file(const char *directory, const unsigned char *data, size_t size)
{
    if (parts[true].count == 0) /* libFuzzer has its own way to the valid inputs */
        samples(directory, NULL, NULL);
    dsc_scope *scope = dsc_scope_open(NULL);
    unsigned char *repaired = malloc(size ? size : 1);
    assert_non_null(repaired);
    memcpy(repaired, data, size);
    checksums_repair(&parts[true], repaired, size);
    hdf5_read_all(scope, repaired, size);
    free(repaired);
    const dsc_status status = dsc_scope_status(scope);
    assert_true(status == DSC_OK || status == DSC_ERROR_FORMAT);
    assert_true(status == DSC_OK || strlen(dsc_scope_message(scope)) > 10);
    dsc_scope_close(&scope);
    return status == DSC_OK;
}

const fuzz_target fuzz_subject = { .seeds = samples, .read = read_file, .inputs = 50000 };
