/* content.c - what a file holds, told by its first bytes. */
#include "base/content.h"

#include <string.h>
#include <strings.h>

#define PAGE    "a web page (HTML) in place of the file: download the file itself, not the page that links to it"
#define UNPACK  ": unpack it and give what is in it"
#define INSTEAD ": get or save the data in the format that is read here"
#define PICKLE  "a pickle of Python" INSTEAD
#define PICTURE ": turn it into PNG or JPEG"

/* A kind of file, told by these bytes at an offset. */
static const struct signature {
    size_t at, size;
    const char *bytes, *text;
} signatures[] = {
    { 0, 42, "version https://git-lfs.github.com/spec/v1",
      "a pointer of Git LFS: fetch the file with `git lfs pull`" },
    { 0, 15, "/annex/objects/", "a pointer of git-annex: fetch the file with `git annex get`" },
    { 0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file" },
    { 0, 8, "\x89PNG\r\n\x1a\n", "a PNG image" },
    { 0, 3, "\xff\xd8\xff", "a JPEG image" },
    { 0, 4, "GIF8", "a GIF image" PICTURE },
    { 8, 4, "WEBP", "a WebP image" PICTURE },
    { 0, 4, "II*\0", "a TIFF image" PICTURE },
    { 0, 4, "MM\0*", "a TIFF image" PICTURE },
    { 0, 2, "\x1f\x8b", "a file that gzip packed twice: unpack it once" },
    { 0, 3, "BZh", "a file packed by bzip2: unpack it with `bunzip2`" },
    { 0, 6, "\3757zXZ\0", "a file packed by xz: unpack it with `unxz`" },
    { 0, 4, "\x28\xb5\x2f\xfd", "a file packed by Zstandard: unpack it with `unzstd`" },
    { 0, 6, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive" UNPACK },
    { 0, 6, "Rar!\x1a\x07", "a RAR archive" UNPACK },
    { 257, 5, "ustar", "a tar archive" UNPACK },
    { 0, 6, "\x93NUMPY", "an array of NumPy (.npy)" INSTEAD },
    { 0, 2, "\x80\x02", PICKLE },
    { 0, 2, "\x80\x03", PICKLE },
    { 0, 2, "\x80\x04", PICKLE },
    { 0, 2, "\x80\x05", PICKLE },
    { 0, 4, "PAR1", "a Parquet file: write it as CSV" },
    { 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of Microsoft Office: save the sheet as CSV" },
    { 0, 5, "%PDF-", "a PDF document" },
    { 0, 2, "\xff\xfe", "text in UTF-16: save it as UTF-8" },
    { 0, 2, "\xfe\xff", "text in UTF-16: save it as UTF-8" },
};

static const char *by_signature(dsc_bytes bytes)
{
    for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        const struct signature *s = &signatures[i];
        if (bytes.size >= s->at + s->size && memcmp(bytes.data + s->at, s->bytes, s->size) == 0)
            return s->text;
    }
    return NULL;
}

/* Markup, behind a byte order mark and white space. The bytes end with a NUL. */
static const char *by_markup(dsc_bytes bytes)
{
    static const char *const html[] = { "<!doctype html", "<html",   "<head", "<body",
                                        "<title",         "<script", "<meta" };
    const char *text = (const char *)bytes.data;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    text += strspn(text, " \t\r\n");
    for (size_t i = 0; i < sizeof html / sizeof html[0]; i++)
        if (strncasecmp(text, html[i], strlen(html[i])) == 0)
            return PAGE;
    if (*text == '<' && text[1] && strchr("!?", text[1]))
        return strcasestr(text, "<html")
                   ? PAGE
                   : "an XML document in place of the file, as servers answer with errors: "
                     "read it, and download the file again";
    const char *inside = text + 1 + (*text ? strspn(text + 1, " \t\r\n") : 0);
    if (*text == '{' && (*inside == '"' || *inside == '}'))
        return "JSON in place of the file, as servers answer with errors: read it, and download the file again";
    return NULL;
}

/* A zip archive begins with its first file's header: 30 bytes, then a name, whose length is at 26. */
static const char *by_zip(dsc_scope *scope, dsc_bytes bytes)
{
    enum { HEADER = 30, LENGTH = 26, SHOWN = 60 };
    if (bytes.size < 4 || memcmp(bytes.data, "PK\3\4", 4) != 0)
        return NULL;
    const size_t length = bytes.size > HEADER ? bytes.data[LENGTH] | (size_t)bytes.data[LENGTH + 1] << 8 : 0;
    size_t shown = 0;
    while (shown < length && shown < SHOWN && HEADER + shown < bytes.size &&
           bytes.data[HEADER + shown] > ' ' && bytes.data[HEADER + shown] < 0x7f)
        shown++;
    return dsc_scope_format(scope, "a zip archive, of '%.*s' first" UNPACK, (int)shown,
                            shown ? (const char *)bytes.data + HEADER : "");
}

const char *dsci_content_guess(dsc_scope *scope, dsc_bytes bytes)
{
    if (!bytes.data)
        return NULL;
    const char *text = by_signature(bytes);
    if (!text)
        text = by_markup(bytes);
    return text ? text : by_zip(scope, bytes);
}

const char *dsci_content_text(dsc_scope *scope, dsc_bytes bytes)
{
    const char *guess = dsci_content_guess(scope, bytes);
    if (guess)
        return guess;
    if (bytes.size < 4)
        return dsc_scope_format(scope, "%zu bytes", bytes.size);
    const unsigned char *b = bytes.data;
    return dsc_scope_format(scope, "%zu bytes that begin with 0x%02x%02x%02x%02x%s", bytes.size, b[0], b[1],
                            b[2], b[3],
                            b[0] == 0 && b[1] == 0 && b[2] >= 8 && b[2] <= 14 ? ", as IDX files do" : "");
}
