/* html.c - text on HTML pages. */
#include <descent/cli.h>

/* Bytes of the UTF-8 character at text, 0 if there is none: a lone or missing continuation, more bytes than
   needed, a surrogate, beyond U+10FFFF. */
static int character_bytes(const unsigned char *text)
{
    const unsigned char first = text[0];
    const int bytes = first < 0x80   ? 1
                      : first < 0xc2 ? 0
                      : first < 0xe0 ? 2
                      : first < 0xf0 ? 3
                      : first < 0xf5 ? 4
                                     : 0;
    for (int i = 1; i < bytes; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f) ||
        (first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f))
        return 0;
    return bytes;
}

static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f ? "\xef\xbf\xbd" : NULL;
    }
}

void dsc_html_text(dsc_text *page, const char *text)
{
    const unsigned char *at = (const unsigned char *)(text ? text : "");
    while (*at) {
        const int bytes = character_bytes(at);
        const char *escape = bytes ? escape_of(*at) : "\xef\xbf\xbd";
        if (escape)
            dsc_text_append(page, escape);
        else
            dsc_text_append_bytes(page, at, (size_t)bytes);
        at += bytes ? bytes : 1;
    }
}
