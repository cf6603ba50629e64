/* One file out of a zip archive is what its checksum says, or the archive is refused with a message. */
#include "fuzz/target.h"

#include <zlib.h>

#include "base/zip.h"
#include "zip.h"

static const char NAME[] = "model.weights.h5";

static bool read_zip(const char *directory, const unsigned char *data, size_t size)
{
    (void)directory;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes archive = { .data = (unsigned char *)data, .size = size };
    const dsc_bytes file = dsci_zip_file(scope, "input.keras", archive, NAME);
    const dsc_status status = dsc_scope_status(scope);
    if (status == DSC_OK) {
        unsigned long sum = 0;
        for (size_t i = 0; i < file.size; i++) /* the sanitizers see a byte outside */
            sum += file.data[i];
        assert_true(sum <= 255 * file.size);
        assert_true(file.size <= 1100 * size);
    } else {
        assert_true(status == DSC_ERROR_FORMAT || status == DSC_ERROR_UNSUPPORTED);
        assert_null(file.data);
        assert_non_null(strstr(dsc_scope_message(scope), "input.keras"));
    }
    dsc_scope_close(&scope);
    return status == DSC_OK;
}

static void archives(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    static unsigned char text[2000], zip[4000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)("weights of a layer\n"[i * i % 19]);
    seed(user, zip, zip_pack(zip, NAME, text, sizeof text, false));
    seed(user, zip, zip_pack(zip, NAME, text, sizeof text, true));
    seed(user, zip, zip_pack(zip, NAME, text, 0, false));
    seed(user, zip, zip_pack(zip, "config.json", text, 100, true));
}

const fuzz_target fuzz_subject = { .seeds = archives, .read = read_zip, .inputs = 20000 };
