/* SHA-256 gives the digests of FIPS 180-4's examples, whole, in pieces and of files. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <descent/hash.h>

#include "test.h"

static const struct {
    const char *text, *hex;
    uint64_t first64;
} cases[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", UINT64_C(0xe3b0c44298fc1c14) },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      UINT64_C(0xba7816bf8f01cfea) },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", UINT64_C(0x248d6a61d20638b8) },
};
enum { CASES = sizeof cases / sizeof cases[0] };

static void known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        char hex[65];
        const dsc_digest digest = dsc_sha256(cases[i].text, strlen(cases[i].text));
        assert_string_equal(dsc_digest_hex(digest, hex), cases[i].hex);
        assert_int_equal(dsc_digest_64(digest), cases[i].first64);
    }
}

/* A million times "a", in pieces of every length up to a thousand. */
static void pieces_do_not_matter(void **state)
{
    (void)state;
    char piece[1000], hex[65];
    memset(piece, 'a', sizeof piece);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_hasher *hasher = dsc_hasher_make(scope);
    size_t left = 1000000;
    for (size_t length = 0; left > 0; length = (length + 1) % sizeof piece) {
        const size_t part = length < left ? length : left;
        dsc_hasher_update(hasher, piece, part);
        left -= part;
    }
    assert_string_equal(dsc_digest_hex(dsc_hasher_finish(hasher), hex),
                        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_scope_close(&scope);
}

static void files_are_digested_as_they_are(void **state)
{
    (void)state;
    char path[] = "/tmp/descent-hash-XXXXXX", hex[65];
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "abc", 3), 3);
    close(file);
    uint64_t size = 0;
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_string_equal(dsc_digest_hex(dsc_sha256_file(scope, path, &size), hex), cases[1].hex);
    assert_int_equal(size, 3);
    dsc_sha256_file(scope, path, NULL);
    unlink(path);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);

    const dsc_digest zero = { { 0 } }, missing = dsc_sha256_file(scope, path, &size);
    assert_memory_equal(&missing, &zero, sizeof zero);
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FILE);
    assert_non_null(strstr(dsc_scope_message(scope), path));
    dsc_scope_close(&scope);
}

static void a_missing_hasher_is_harmless(void **state)
{
    (void)state;
    dsc_hasher *hasher = dsc_hasher_make(NULL);
    assert_null(hasher);
    dsc_hasher_update(hasher, "abc", 3);
    const dsc_digest zero = { { 0 } }, digest = dsc_hasher_finish(hasher);
    assert_memory_equal(&digest, &zero, sizeof zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(pieces_do_not_matter),
        cmocka_unit_test(files_are_digested_as_they_are),
        cmocka_unit_test(a_missing_hasher_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
