/* zip.h - making zip archives for tests. */
#ifndef DESCENT_TESTS_ZIP_H
#define DESCENT_TESTS_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <zlib.h>

#include "test.h"

static inline void zip_put_number(unsigned char *to, size_t bytes, size_t value)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> 8 * i);
}

/* A zip archive with one file in it. Returns its size, which must not pass the room at zip: that of the data,
   twice the name and 98 bytes. */
static inline size_t zip_pack(unsigned char *zip, const char *name, const unsigned char *data, size_t size,
                              bool deflated)
{
    const size_t length = strlen(name), start = 30 + length;
    uLongf packed = size;
    memcpy(zip + start, data, size);
    if (deflated) {
        z_stream stream = { .next_in = (unsigned char *)data,
                            .avail_in = (uInt)size,
                            .next_out = zip + start,
                            .avail_out = (uInt)size };
        assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
        assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
        packed = stream.total_out;
        deflateEnd(&stream);
    }
    unsigned char fields[26] = { 20 };
    zip_put_number(fields + 4, 2, deflated ? 8 : 0);
    zip_put_number(fields + 10, 4, crc32(0, data, (uInt)size));
    zip_put_number(fields + 14, 4, packed);
    zip_put_number(fields + 18, 4, size);
    zip_put_number(fields + 22, 2, length);
    memcpy(zip, "PK\3\4", 4);
    memcpy(zip + 4, fields, 26);
    memcpy(zip + 30, name, length);
    unsigned char *entry = zip + start + packed;
    memset(entry, 0, 46 + length + 22);
    memcpy(entry, "PK\1\2\24\0", 6);
    memcpy(entry + 6, fields, 26);
    memcpy(entry + 46, name, length);
    unsigned char *end = entry + 46 + length;
    memcpy(end, "PK\5\6", 4);
    zip_put_number(end + 10, 2, 1);
    zip_put_number(end + 12, 4, 46 + length);
    zip_put_number(end + 16, 4, start + packed);
    return (size_t)(end + 22 - zip);
}

#endif
