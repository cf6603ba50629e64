/* tokenize.c - the rules by which a text is cut into tokens. */
#include "text/tokenize.h"

#include <string.h>
#include <strings.h>

#include <descent/text.h>

typedef enum kind { END = 0, BLANK, LETTER, MARK, APOSTROPHE } kind;

static bool is_between(uint32_t code, uint32_t low, uint32_t high)
{
    return code >= low && code <= high;
}

static bool is_ascii_letter(uint32_t code)
{
    return is_between(code, 'a', 'z') || is_between(code, 'A', 'Z') || is_between(code, '0', '9') ||
           code == '_';
}

static kind kind_beyond_ascii(uint32_t code)
{
    if (is_between(code, 0x80, 0xa0) || is_between(code, 0x2000, 0x200f) || code == 0x2028 ||
        code == 0x2029 || code == 0x202f || code == 0x3000)
        return BLANK;
    if (code == 0x2019)
        return APOSTROPHE;
    if (code == 0xaa || code == 0xb5 || code == 0xba)
        return LETTER;
    return is_between(code, 0xa1, 0xbf) || code == 0xd7 || code == 0xf7 || is_between(code, 0x2010, 0x205e) ||
                   is_between(code, 0x3001, 0x303f)
               ? MARK
               : LETTER;
}

/* The character at text, its kind and bytes. A line break of HTML is one blank. */
static kind look(const char *text, uint32_t *code, size_t *bytes)
{
    static const char *const breaks[] = { "<br />", "<br/>", "<br>" };
    *bytes = dsc_utf8_read(text, code);
    if (*text == '\0' || *bytes == 0)
        return END;
    for (size_t i = 0; *code == '<' && i < sizeof breaks / sizeof *breaks; i++)
        if (strncasecmp(text, breaks[i], strlen(breaks[i])) == 0) {
            *bytes = strlen(breaks[i]);
            return BLANK;
        }
    if (*code <= ' ' || *code == 0x7f)
        return BLANK;
    if (*code >= 0x80)
        return kind_beyond_ascii(*code);
    return is_ascii_letter(*code) ? LETTER : *code == '\'' ? APOSTROPHE : MARK;
}

/* Adds a character of the text to the token, small if it has to be; what does not fit is lost. */
static void put(dsci_tokenizer *tokenizer, size_t *length, const char *from, size_t bytes, uint32_t code)
{
    if (bytes > DSC_WORD_BYTES - *length)
        return;
    unsigned char *to = tokenizer->bytes + *length;
    memcpy(to, from, bytes);
    *length += bytes;
    if (tokenizer->options->keep_case)
        return;
    if (is_between(code, 'A', 'Z'))
        to[0] = (unsigned char)(code - 'A' + 'a');
    else if (is_between(code, 0xc0, 0xde) && code != 0xd7)
        to[1] = (unsigned char)(to[1] + 0x20);
}

static size_t read_between_blanks(dsci_tokenizer *tokenizer)
{
    const char *at = tokenizer->at + strspn(tokenizer->at, " \t\r\n\v\f");
    size_t length = 0;
    while (*at && !strchr(" \t\r\n\v\f", *at)) {
        uint32_t code = 0;
        const size_t bytes = dsc_utf8_read(at, &code);
        if (bytes == 0)
            break;
        put(tokenizer, &length, at, bytes, code);
        at += bytes;
    }
    tokenizer->at = at;
    return length;
}

/* The word that begins here, with the apostrophes inside it. */
static size_t read_word(dsci_tokenizer *tokenizer)
{
    const char *at = tokenizer->at;
    size_t length = 0, bytes, behind;
    uint32_t code, next;
    for (;;) {
        const kind here = look(at, &code, &bytes);
        const bool inside = here == APOSTROPHE && look(at + bytes, &next, &behind) == LETTER;
        if (here != LETTER && !inside)
            break;
        if (inside)
            put(tokenizer, &length, "'", 1, '\'');
        else
            put(tokenizer, &length, at, bytes, code);
        at += bytes;
    }
    tokenizer->at = at;
    return length;
}

static size_t read_word_or_mark(dsci_tokenizer *tokenizer)
{
    uint32_t code;
    size_t bytes, length = 0;
    for (;;) {
        const kind here = look(tokenizer->at, &code, &bytes);
        if (here == END)
            return 0;
        if (here == LETTER)
            return read_word(tokenizer);
        if (here != BLANK && !tokenizer->options->drop_punctuation)
            put(tokenizer, &length, tokenizer->at, bytes, code);
        tokenizer->at += bytes;
        if (length)
            return length;
    }
}

bool dsci_tokenizer_next(dsci_tokenizer *tokenizer, dsci_word *token)
{
    const size_t length = tokenizer->options->rule == DSC_TOKENS_WORDS ? read_word_or_mark(tokenizer)
                                                                       : read_between_blanks(tokenizer);
    *token = (dsci_word){ .bytes = tokenizer->bytes,
                          .length = length,
                          .hash = dsci_word_hash(tokenizer->bytes, length) };
    return length > 0;
}
