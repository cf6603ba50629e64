/* Any file, plain or compressed, is read within its limit or refused with a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <descent/file.h>

#include "directory.h"
#include "fuzz/mutate.h"
#include "gzip.h"

enum { LIMIT = 4096 };

static void read_file(void *directory, const unsigned char *data, size_t size)
{
    directory_put_bytes(directory, "input", data, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes bytes = dsc_file_read(scope, directory_path(directory, "input"), LIMIT);
    if (dsc_scope_status(scope) == DSC_OK) {
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
}

static void any_file_is_read_or_refused(void **state)
{
    static unsigned char text[3000], noise[600], packed_text[3000], packed_noise[1000], joined[4000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)("0123456789 abcdef,\n"[i * i % 19]);
    for (uint64_t i = 0; i < sizeof noise; i++)
        noise[i] = (unsigned char)dsc_rng_bits(dsc_rng_make(1, DSC_STREAM_NOISE), 0, i);
    const size_t text_size = gzip_pack(text, sizeof text, packed_text, sizeof packed_text);
    const size_t noise_size = gzip_pack(noise, sizeof noise, packed_noise, sizeof packed_noise);
    memcpy(joined, packed_text, text_size);
    memcpy(joined + text_size, packed_noise, noise_size);
    const mutate_seed seeds[] = {
        { text, sizeof text },
        { packed_text, text_size },
        { packed_noise, noise_size },
        { joined, text_size + noise_size },
        { "\x1f\x8b", 2 },
    };
    mutate_run(&(mutate_options){ .seed = 1, .inputs = 1500 }, seeds, sizeof seeds / sizeof seeds[0],
               read_file, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_file_is_read_or_refused, directory_make, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
