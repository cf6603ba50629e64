/* language_file.c - models of language in files, with their vocabularies. */
#include <string.h>

#include <descent/text.h>
#include <descent/value.h>

#include "graph/model.h"
#include "language/writing.h"

/* Notes of the model's file. */
static const char NOTE_KIND[] = "characters_kind", NOTE_CODES[] = "characters", NOTE_TEXT[] = "text",
                  NOTE_DIGEST[] = "text_sha256";
static const char *const kind_names[] = { [DSC_CHARACTER_UTF8] = "utf8", [DSC_CHARACTER_BYTE] = "byte" };

enum { MOST_CODES = 0x110000 };

dsc_status dsc_language_save(dsc_language *language, const char *path, const char *text,
                             const char *text_sha256)
{
    if (!language)
        return DSC_ERROR_ARGUMENT;
    dsc_scope *scope = language->model->scope;
    const dsc_characters *characters = language->characters;
    dsc_text *codes = dsc_text_open(scope);
    for (size_t i = 0; i < characters->count; i++)
        dsc_text_format(codes, "%s%u", i ? "," : "", (unsigned)characters->codes[i]);
    const char *list = dsc_text_string(codes);
    const dsc_attribute notes[] = { { NOTE_KIND, kind_names[characters->kind] },
                                    { NOTE_CODES, list ? list : "" },
                                    { NOTE_TEXT, text ? text : "" },
                                    { NOTE_DIGEST, text_sha256 ? text_sha256 : "" } };
    dsci_language_begin(language);
    return dsc_model_save_with(language->model, path, notes, sizeof notes / sizeof notes[0]);
}

static const dsc_characters *read_characters(dsc_scope *scope, const char *path)
{
    const char *kind = dsc_model_note(scope, path, NOTE_KIND),
               *list = dsc_model_note(scope, path, NOTE_CODES);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    const bool byte = kind && strcmp(kind, kind_names[DSC_CHARACTER_BYTE]) == 0;
    if (!list || !(byte || (kind && strcmp(kind, kind_names[DSC_CHARACTER_UTF8]) == 0))) {
        dsc_scope_fail(scope, DSC_ERROR_MISMATCH,
                       "'%s' is a model without a vocabulary of characters: expected one of char-lm --models",
                       path);
        return NULL;
    }
    size_t count = 0;
    const double *values = dsc_parse_list(scope, path, list, true, MOST_CODES, &count);
    uint32_t *codes = values ? dsc_scope_alloc(scope, count, sizeof *codes) : NULL;
    for (size_t i = 0; codes && i < count; i++)
        codes[i] = values[i] >= 0 && values[i] < MOST_CODES ? (uint32_t)values[i] : MOST_CODES;
    return codes ? dsc_characters_make(scope, byte ? DSC_CHARACTER_BYTE : DSC_CHARACTER_UTF8, codes, count,
                                       path)
                 : NULL;
}

dsc_language *dsc_language_load(dsc_scope *scope, const char *path)
{
    const dsc_characters *characters = read_characters(scope, path);
    if (!characters)
        return NULL;
    dsc_model *model = dsc_model_load(scope, path, &(dsc_compile_options){ .inference = true, .threads = 1 });
    dsc_language *made = dsc_language_make(model, characters);
    const char *text = dsc_model_note(scope, path, NOTE_TEXT),
               *digest = dsc_model_note(scope, path, NOTE_DIGEST);
    if (!made || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    made->text = text ? text : "";
    made->text_sha256 = digest ? digest : "";
    return made;
}
