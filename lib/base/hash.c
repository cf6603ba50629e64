/* hash.c - SHA-256. */
#include <descent/hash.h>

#include <stdio.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/file.h"

struct dsc_hasher {
    dsc_scope *scope;
    EVP_MD_CTX *context;
};

static void context_free(void *context)
{
    EVP_MD_CTX_free(context);
}

static void hasher_failed(dsc_scope *scope)
{
    dsc_scope_fail(scope, DSC_ERROR_MEMORY,
                   "OpenSSL could not compute a SHA-256: out of memory, or the digest is disabled");
}

dsc_digest dsc_sha256(const void *data, size_t size)
{
    dsc_digest digest = { { 0 } };
    EVP_Digest(data, size, digest.bytes, NULL, EVP_sha256(), NULL);
    return digest;
}

dsc_hasher *dsc_hasher_make(dsc_scope *scope)
{
    dsc_hasher *hasher = dsc_scope_alloc(scope, 1, sizeof *hasher);
    if (!hasher)
        return NULL;
    *hasher = (dsc_hasher){ .scope = scope, .context = EVP_MD_CTX_new() };
    if (!hasher->context || EVP_DigestInit_ex(hasher->context, EVP_sha256(), NULL) != 1)
        hasher_failed(scope);
    return dsc_scope_defer(scope, context_free, hasher->context) == DSC_OK ? hasher : NULL;
}

void dsc_hasher_update(dsc_hasher *hasher, const void *data, size_t size)
{
    if (hasher && EVP_DigestUpdate(hasher->context, data, size) != 1)
        hasher_failed(hasher->scope);
}

dsc_digest dsc_hasher_finish(dsc_hasher *hasher)
{
    dsc_digest digest = { { 0 } };
    if (hasher && EVP_DigestFinal_ex(hasher->context, digest.bytes, NULL) != 1)
        hasher_failed(hasher->scope);
    return digest;
}

dsc_digest dsc_sha256_file(dsc_scope *scope, const char *path, uint64_t *size)
{
    unsigned char chunk[1 << 15];
    dsc_digest digest = { { 0 } };
    uint64_t total = 0;
    const int file = dsci_file_open(scope, path);
    if (file >= 0) {
        dsc_hasher hasher = { .scope = scope, .context = EVP_MD_CTX_new() };
        if (!hasher.context || EVP_DigestInit_ex(hasher.context, EVP_sha256(), NULL) != 1)
            hasher_failed(scope);
        for (size_t got; (got = dsci_file_next(scope, file, path, chunk, sizeof chunk)) > 0; total += got)
            dsc_hasher_update(&hasher, chunk, got);
        if (dsc_scope_status(scope) == DSC_OK)
            digest = dsc_hasher_finish(&hasher);
        EVP_MD_CTX_free(hasher.context);
        close(file);
    }
    if (size)
        *size = total;
    return digest;
}

const char *dsc_digest_hex(dsc_digest digest, char text[65])
{
    for (size_t i = 0; i < sizeof digest.bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", digest.bytes[i]);
    return text;
}

uint64_t dsc_digest_64(dsc_digest digest)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | digest.bytes[i];
    return value;
}
