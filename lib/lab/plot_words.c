/* plot_words.c - text from a results file made fit for one line of a picture, a script or a terminal. */
#include "lab/plot.h"

#include <string.h>

/* Bytes of the UTF-8 character that begins here; 0 if none does. */
static size_t character_bytes(const char *text)
{
    const unsigned char *t = (const unsigned char *)text;
    static const struct {
        unsigned char low, high;
        size_t bytes;
    } leads[] = { { 0x00, 0x7f, 1 }, { 0xc2, 0xdf, 2 }, { 0xe0, 0xef, 3 }, { 0xf0, 0xf4, 4 } };
    for (size_t l = 0; l < sizeof leads / sizeof leads[0]; l++) {
        if (t[0] < leads[l].low || t[0] > leads[l].high)
            continue;
        for (size_t i = 1; i < leads[l].bytes; i++)
            if ((t[i] & 0xc0) != 0x80)
                return 0;
        return leads[l].bytes;
    }
    return 0;
}

/* Control characters: C0, DEL and C1, which a terminal would obey. */
static bool is_control(const char *text)
{
    const unsigned char *t = (const unsigned char *)text;
    return t[0] < ' ' || t[0] == 0x7f || (t[0] == 0xc2 && t[1] < 0xa0);
}

const char *dsci_text_clean(dsc_scope *scope, const char *text, size_t most)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    char *copy = dsc_scope_alloc(scope, 4 * most + sizeof ellipsis, 1);
    char *end = copy;
    for (size_t n = 0; copy && *text; n++) {
        const size_t bytes = character_bytes(text);
        if (n == most) {
            memcpy(end, ellipsis, sizeof ellipsis);
            break;
        }
        if (bytes == 0 || is_control(text))
            *end++ = bytes == 0 ? '?' : ' ';
        else
            end = mempcpy(end, text, bytes);
        text += bytes ? bytes : 1;
    }
    return copy ? copy : "";
}

size_t dsci_text_length(const char *text)
{
    size_t length = 0;
    for (; *text; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}
