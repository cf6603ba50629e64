/* Any file, plain or compressed, is read within its limit or refused with a message. */
#include "fuzz/target.h"

#include <descent/file.h>
#include <descent/rng.h>

#include "directory.h"
#include "gzip.h"

enum { LIMIT = 4096 };

static bool read_file(const char *directory, const unsigned char *data, size_t size)
{
    directory_put_bytes(directory, "input", data, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes bytes = dsc_file_read(scope, directory_path(directory, "input"), LIMIT);
    const bool good = dsc_scope_status(scope) == DSC_OK;
    if (good) {
        assert_true(bytes.size <= LIMIT);
        assert_int_equal(bytes.data[bytes.size], 0);
        if (size < 2 || data[0] != 0x1f || data[1] != 0x8b) {
            assert_int_equal(bytes.size, size);
            assert_memory_equal(bytes.data, data, size);
        }
    } else {
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        assert_null(bytes.data);
        assert_non_null(strstr(dsc_scope_message(scope), "input"));
    }
    dsc_scope_close(&scope);
    return good;
}

static void files(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    static unsigned char text[3000], noise[600], packed_text[3000], packed_noise[1000], joined[4000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)("0123456789 abcdef,\n"[i * i % 19]);
    for (uint64_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)dsc_rng_bits(dsc_rng_make(1, DSC_STREAM_NOISE), 0, i);
    const size_t text_size = gzip_pack(text, sizeof text, packed_text, sizeof packed_text);
    const size_t noise_size = gzip_pack(noise, sizeof noise, packed_noise, sizeof packed_noise);
    memcpy(joined, packed_text, text_size);
    memcpy(joined + text_size, packed_noise, noise_size);
    seed(user, text, sizeof text);
    seed(user, packed_text, text_size);
    seed(user, packed_noise, noise_size);
    seed(user, joined, text_size + noise_size);
    seed(user, "\x1f\x8b", 2);
}

const fuzz_target fuzz_subject = { .seeds = files, .read = read_file, .inputs = 1500 };
