/* characters.c - the characters of a text: which there are, and the text as their numbers. */
#include <descent/characters.h>

#include <descent/text.h>

#include "base/sizes.h"

enum { BYTES = 0x100, CODE_POINTS = 0x110000 };

/* A text that is gone through character by character. */
struct reader {
    dsc_scope *scope;
    const char *name;
    const unsigned char *text;
    size_t size, at; /* at: behind the last character */
    dsc_character_kind kind;
};

static size_t line_of(const struct reader *reader, size_t at)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += reader->text[i] == '\n';
    return line;
}

/* The next character; false at the end, or if there is none, with the error in the scope. */
static bool next(struct reader *reader, uint32_t *code)
{
    if (reader->at == reader->size)
        return false;
    const unsigned char *at = reader->text + reader->at;
    size_t bytes = 1;
    *code = *at;
    if (reader->kind == DSC_CHARACTER_UTF8 && *at >= 0x80)
        bytes = dsc_utf8_read((const char *)at, code);
    if (bytes == 0 || bytes > reader->size - reader->at) {
        dsc_scope_fail(reader->scope, DSC_ERROR_FORMAT,
                       "'%s' is not UTF-8: byte %zu (line %zu) is 0x%02x, where no character begins or the "
                       "one that does is cut off; convert the text, or read it as bytes",
                       reader->name, reader->at, line_of(reader, reader->at), *at);
        return false;
    }
    reader->at += bytes;
    return true;
}

/* A reader of the text; refuses an empty one. */
static struct reader reader_of(dsc_scope *scope, dsc_bytes text, dsc_character_kind kind, const char *name)
{
    const struct reader reader = {
        .scope = scope, .name = name, .text = text.data, .size = text.data ? text.size : 0, .kind = kind
    };
    if (reader.size == 0)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s' is empty: expected a text of at least one character",
                       name);
    return reader;
}

static size_t most_of(dsc_character_kind kind)
{
    return kind == DSC_CHARACTER_BYTE ? BYTES : CODE_POINTS;
}

const dsc_characters *dsc_characters_make(dsc_scope *scope, dsc_character_kind kind, const uint32_t *codes,
                                          size_t count, const char *name)
{
    bool good = codes && count > 0 && count <= most_of(kind);
    for (size_t i = 0; good && i < count; i++)
        good = codes[i] < most_of(kind) && (i == 0 || codes[i - 1] < codes[i]) &&
               (kind == DSC_CHARACTER_BYTE || codes[i] < 0xd800 || codes[i] > 0xdfff);
    if (!good)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "'%s': expected a vocabulary of 1 to %zu rising %s, found %zu numbers that are not",
                       name, most_of(kind), kind == DSC_CHARACTER_BYTE ? "bytes" : "code points", count);
    dsc_characters *made = good ? dsc_scope_alloc(scope, 1, sizeof *made) : NULL;
    uint32_t *copy = made ? dsc_scope_alloc(scope, count, sizeof *copy) : NULL;
    if (!copy)
        return NULL;
    for (size_t i = 0; i < count; i++)
        copy[i] = codes[i];
    *made = (dsc_characters){ .kind = kind, .count = count, .codes = copy };
    return made;
}

/* The codes that are marked as seen, moved to the front. */
static const dsc_characters *gather(dsc_scope *scope, const unsigned char *seen, dsc_character_kind kind,
                                    uint32_t *codes, const char *name)
{
    size_t count = 0;
    for (uint32_t code = 0; code < most_of(kind); code++)
        if (seen[code])
            codes[count++] = code;
    return dsc_characters_make(scope, kind, codes, count, name);
}

const dsc_characters *dsc_characters_of(dsc_scope *scope, dsc_bytes text, dsc_character_kind kind,
                                        const char *name)
{
    struct reader reader = reader_of(scope, text, kind, name);
    dsc_scope *local = dsc_scope_open(NULL);
    unsigned char *seen = dsc_scope_alloc(local, most_of(kind), 1);
    uint32_t *codes = dsc_scope_alloc(local, dsci_least(most_of(kind), reader.size), sizeof *codes), code;
    const dsc_characters *made = NULL;
    while (codes && seen && next(&reader, &code))
        seen[code] = 1;
    dsc_scope_adopt_error(scope, local);
    if (dsc_scope_status(scope) == DSC_OK)
        made = gather(scope, seen, kind, codes, name);
    dsc_scope_close(&local);
    return made;
}

/* Where a code stands among the rising ones; count if it does not. */
static size_t find(const dsc_characters *characters, uint32_t code)
{
    size_t low = 0, high = characters->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (characters->codes[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < characters->count && characters->codes[low] == code ? low : characters->count;
}

static void refuse_unknown(const struct reader *reader, const dsc_characters *characters, uint32_t code,
                           size_t begin)
{
    char shown[DSC_SHOWN_BYTES];
    dsc_text_show((const char *)reader->text + begin, shown);
    const bool byte = characters->kind == DSC_CHARACTER_BYTE;
    dsc_scope_fail(reader->scope, DSC_ERROR_MISMATCH,
                   "'%s': byte %zu (line %zu) is %s%s%s%04X, which the vocabulary of %zu %s does not have",
                   reader->name, begin, line_of(reader, begin), byte ? "" : "'", byte ? "" : shown,
                   byte ? "0x" : "', U+", (unsigned)code, characters->count, byte ? "bytes" : "characters");
}

dsc_character_ids dsc_characters_number(dsc_scope *scope, const dsc_characters *characters, dsc_bytes text,
                                        const char *name)
{
    const dsc_character_ids none = { NULL, 0 };
    if (!characters)
        return none;
    struct reader reader = reader_of(scope, text, characters->kind, name);
    uint32_t code;
    size_t count = 0;
    while (dsc_scope_status(scope) == DSC_OK && next(&reader, &code))
        count++;
    int32_t *ids = dsc_scope_alloc(scope, count, sizeof *ids);
    reader.at = 0;
    for (size_t i = 0; ids && i < count; i++) {
        const size_t begin = reader.at;
        next(&reader, &code);
        const size_t id = find(characters, code);
        if (id == characters->count) {
            refuse_unknown(&reader, characters, code, begin);
            return none;
        }
        ids[i] = (int32_t)id;
    }
    return ids ? (dsc_character_ids){ ids, count } : none;
}

size_t dsc_characters_write(const dsc_characters *characters, size_t id, char bytes[DSC_CHARACTER_BYTES])
{
    static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    if (!characters || id >= characters->count)
        return 0;
    uint32_t code = characters->codes[id];
    if (characters->kind == DSC_CHARACTER_BYTE || code < 0x80) {
        bytes[0] = (char)code;
        return 1;
    }
    const size_t count = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = count; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(leads[count] | code);
    return count;
}
