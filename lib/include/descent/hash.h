/* hash.h - digests (SHA-256 through OpenSSL). */
#ifndef DESCENT_HASH_H
#define DESCENT_HASH_H

#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>

typedef struct dsc_digest {
    unsigned char bytes[32];
} dsc_digest;

/* Digest of size bytes. All zeros, which is no real digest, if OpenSSL is out of memory. */
DSC_API dsc_digest dsc_sha256(const void *data, size_t size);

/* Digest of a file's bytes; its size in *size if that is not NULL. Fails the scope, and is
   all zeros, if it cannot be read. */
DSC_API dsc_digest dsc_sha256_file(dsc_scope *scope, const char *path, uint64_t *size);

/* 64 lower-case hexadecimal digits and a NUL. Returns text. */
DSC_API const char *dsc_digest_hex(dsc_digest digest, char text[65]);

/* A running digest: update in any pieces, finish once. Errors go to the scope; a NULL hasher does nothing. */
typedef struct dsc_hasher dsc_hasher;
DSC_API dsc_hasher *dsc_hasher_make(dsc_scope *scope);
DSC_API void dsc_hasher_update(dsc_hasher *hasher, const void *data, size_t size);
DSC_API dsc_digest dsc_hasher_finish(dsc_hasher *hasher);

/* The first 8 bytes of a digest, big-endian: the 64-bit form kept as cell_hash. */
DSC_API uint64_t dsc_digest_64(dsc_digest digest);

#endif
