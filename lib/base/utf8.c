/* utf8.c - the characters of foreign text, and which of them a terminal would obey. */
#include <descent/text.h>

#include <stdio.h>
#include <string.h>

size_t dsc_utf8_read(const char *text, uint32_t *code)
{
    static const struct {
        unsigned char low, high; /* of the first byte */
        size_t bytes;
        uint32_t least; /* a smaller code needs fewer bytes */
    } leads[] = {
        { 0x00, 0x7f, 1, 0 }, { 0xc2, 0xdf, 2, 0x80 }, { 0xe0, 0xef, 3, 0x800 }, { 0xf0, 0xf4, 4, 0x10000 }
    };
    const unsigned char *at = (const unsigned char *)text;
    for (size_t l = 0; l < sizeof leads / sizeof leads[0]; l++) {
        if (at[0] < leads[l].low || at[0] > leads[l].high)
            continue;
        const size_t bytes = leads[l].bytes;
        uint32_t value = bytes == 1 ? at[0] : at[0] & (0x7fU >> bytes);
        for (size_t i = 1; i < bytes; i++) {
            if ((at[i] & 0xc0) != 0x80)
                return 0;
            value = value << 6 | (at[i] & 0x3fU);
        }
        if (value < leads[l].least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
            return 0;
        if (code)
            *code = value;
        return bytes;
    }
    return 0;
}

bool dsc_utf8_controls(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

size_t dsc_text_show(const char *text, char shown[DSC_SHOWN_BYTES])
{
    uint32_t code;
    const size_t bytes = dsc_utf8_read(text, &code);
    if (bytes && (code == '\n' || code == '\t' || !dsc_utf8_controls(code)))
        snprintf(shown, DSC_SHOWN_BYTES, "%.*s", (int)bytes, text);
    else if (bytes > 1)
        snprintf(shown, DSC_SHOWN_BYTES, "\\u%04x", (unsigned)code);
    else
        snprintf(shown, DSC_SHOWN_BYTES, "\\x%02x", (unsigned)(unsigned char)*text);
    return bytes ? bytes : 1;
}

const char *dsc_text_safe(dsc_scope *scope, const char *text)
{
    char shown[DSC_SHOWN_BYTES];
    const char *unsafe = text;
    for (size_t bytes; *unsafe; unsafe += bytes) {
        bytes = dsc_text_show(unsafe, shown);
        if (strncmp(unsafe, shown, bytes) != 0)
            break;
    }
    if (*unsafe == '\0')
        return text;
    dsc_text *safe = dsc_text_open(scope);
    dsc_text_append_bytes(safe, text, (size_t)(unsafe - text));
    while (*unsafe) {
        unsafe += dsc_text_show(unsafe, shown);
        dsc_text_append(safe, shown);
    }
    return dsc_text_string(safe) ? dsc_text_string(safe) : "";
}
