/* encoding.c - files in UTF-8, Windows-1252 and ISO-8859-1. */
#include "text/encoding.h"

#include <stdlib.h>
#include <string.h>

#include <descent/text.h>

#include "base/file.h"

/* The characters of the bytes 80 to 9f in Windows-1252; 0: none. */
static const uint16_t windows_1252[32] = { 0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                           0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                                           0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                           0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178 };

static const char *const names[] = { "UTF-8", "Windows-1252", "ISO-8859-1" };

static void refuse(dsc_scope *scope, const char *path, dsc_bytes text, size_t at, dsc_encoding encoding)
{
    size_t line = 1, begin = 0;
    for (size_t i = 0; i < at; i++)
        if (text.data[i] == '\n') {
            line++;
            begin = i + 1;
        }
    dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                   "'%s', line %zu: expected text in %s, found the byte 0x%02x as the line's byte %zu; %s",
                   path, line, names[encoding], text.data[at], at - begin + 1,
                   text.data[at] == 0              ? "this is not a text"
                   : encoding == DSC_ENCODING_UTF8 ? "name the encoding that it is in, or convert it (iconv)"
                                                   : "the file is in another encoding");
}

/* Where the first byte stands that is not of a character; the size if all are. */
static size_t first_invalid(dsc_bytes text)
{
    size_t at = 0;
    while (at < text.size) {
        /* The zero byte behind the text ends a character that is cut. */
        const size_t bytes = text.data[at] == 0 ? 0 : dsc_utf8_read((const char *)text.data + at, NULL);
        if (bytes == 0)
            return at;
        at += bytes;
    }
    return at;
}

/* Writes a character below U+10000 in at most three bytes; returns how many. */
static size_t write_character(unsigned char *to, unsigned code)
{
    if (code < 0x80) {
        to[0] = (unsigned char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (unsigned char)(0xc0 | code >> 6);
        to[1] = (unsigned char)(0x80 | (code & 0x3f));
        return 2;
    }
    to[0] = (unsigned char)(0xe0 | code >> 12);
    to[1] = (unsigned char)(0x80 | (code >> 6 & 0x3f));
    to[2] = (unsigned char)(0x80 | (code & 0x3f));
    return 3;
}

static dsc_bytes convert(dsc_scope *scope, const char *path, dsc_bytes text, dsc_encoding encoding)
{
    size_t beyond = 0;
    for (size_t i = 0; i < text.size; i++)
        beyond += text.data[i] >= 0x80;
    dsc_bytes converted = { dsc_scope_alloc(scope, text.size + 2 * beyond + 1, 1), 0 };
    for (size_t i = 0; converted.data && i < text.size; i++) {
        unsigned code = text.data[i];
        if (encoding == DSC_ENCODING_WINDOWS_1252 && code >= 0x80 && code < 0xa0)
            code = windows_1252[code - 0x80];
        if (code == 0) {
            refuse(scope, path, text, i, encoding);
            return (dsc_bytes){ 0 };
        }
        converted.size += write_character(converted.data + converted.size, code);
    }
    return converted;
}

dsc_bytes dsci_text_file_read(dsc_scope *scope, const char *path, dsc_encoding encoding, size_t most_bytes)
{
    const dsc_bytes none = { 0 };
    if ((unsigned)encoding > DSC_ENCODING_ISO_8859_1) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "'%s': unknown encoding %d", path, (int)encoding);
        return none;
    }
    const dsc_bytes raw = dsc_file_read(scope, path, most_bytes ? most_bytes : (size_t)4 << 30);
    if (!raw.data)
        return none;
    const dsc_bytes text =
        encoding == DSC_ENCODING_UTF8 ? dsci_text_unmarked(raw) : convert(scope, path, raw, encoding);
    if (encoding == DSC_ENCODING_UTF8 && first_invalid(text) < text.size)
        refuse(scope, path, text, first_invalid(text), encoding);
    return dsc_scope_status(scope) == DSC_OK ? text : none;
}
