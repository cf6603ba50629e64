/* gzip.h - making gzip files for tests. Include after cmocka.h. */
#ifndef DESCENT_TESTS_GZIP_H
#define DESCENT_TESTS_GZIP_H

#include <stddef.h>

#include <zlib.h>

#include "test.h"

/* One gzip member with data inside. Returns its size, which must not pass capacity. */
static inline size_t gzip_pack(const void *data, size_t size, unsigned char *packed, size_t capacity)
{
    enum { GZIP = 16, MEMORY_LEVEL = 8 };
    z_stream stream = { 0 };
    assert_int_equal(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP, MEMORY_LEVEL,
                                  Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (z_const Bytef *)data;
    stream.avail_in = (uInt)size;
    stream.next_out = packed;
    stream.avail_out = (uInt)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return capacity - stream.avail_out;
}

#endif
