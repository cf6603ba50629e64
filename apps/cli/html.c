/* html.c - text on HTML pages. */
#include "table.h"

#include <descent/text.h>

/* What stands for a character; NULL: itself. */
static const char *escape_of(uint32_t code)
{
    switch (code) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '\n':
    case '\t': return NULL;
    default: return dsc_utf8_controls(code) ? "\xef\xbf\xbd" : NULL;
    }
}

void cli_html_text(dsc_text *page, const char *text)
{
    for (const char *at = text ? text : ""; *at;) {
        uint32_t code;
        const size_t bytes = dsc_utf8_read(at, &code);
        const char *escape = bytes ? escape_of(code) : "\xef\xbf\xbd";
        if (escape)
            dsc_text_append(page, escape);
        else
            dsc_text_append_bytes(page, at, bytes);
        at += bytes ? bytes : 1;
    }
}
