/* text.c - the text that is learned: a file's, or a generated one. */
#include "char_lm.h"

#include <math.h>
#include <string.h>

static const char SHAKESPEARE[] = "tinyshakespeare";

enum { MOST_BYTES = INT32_MAX };

static const char *file_of(dsc_scope *scope, const char *data)
{
    if (!data || dsc_file_exists(data))
        return data;
    const dsc_known_data *known = dsc_known_data_find(SHAKESPEARE);
    const char *directory = dsc_data_directory(scope, known, data);
    return directory ? dsc_data_file(scope, directory, known->files[0].name) : NULL;
}

void text_identify(dsc_data_notes *notes, const void *hyperparameters, const char *data)
{
    (void)hyperparameters;
    dsc_scope *scope = dsc_data_notes_scope(notes);
    const char *path = file_of(scope, data);
    if (!path)
        return;
    char hex[65];
    dsc_digest_hex(dsc_sha256_file(scope, path, NULL), hex);
    const dsc_known_data *known = dsc_known_data_of_file(hex);
    const bool shakespeare = known && strcmp(known->name, SHAKESPEARE) == 0;
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    dsc_data_note(notes, dsc_scope_format(scope, "%s/%s", shakespeare ? SHAKESPEARE : "text", base), path);
}

void *text_prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters, const char *data)
{
    (void)plan;
    const struct hyperparameters *k = hyperparameters;
    const bool byte = strcmp(k->characters, "byte") == 0;
    const char *path = file_of(scope, data);
    struct text *text = dsc_scope_alloc(scope, 1, sizeof *text);
    char hex[65] = "";
    if (!text)
        return NULL;
    const dsc_bytes bytes = path ? dsc_file_read(scope, path, MOST_BYTES)
                                 : generated_text(scope, (size_t)k->length, (uint64_t)k->text_seed);
    if (path)
        dsc_digest_hex(dsc_sha256_file(scope, path, NULL), hex);
    text->name = path ? path : "a generated text";
    text->sha256 = dsc_scope_copy(scope, hex);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    text->characters =
        dsc_characters_of(scope, bytes, byte ? DSC_CHARACTER_BYTE : DSC_CHARACTER_UTF8, text->name);
    const dsc_character_ids ids = dsc_characters_number(scope, text->characters, bytes, text->name);
    text->ids = ids.ids;
    text->count = ids.count;
    /* Rounded in the way of int(0.9 * n). */
    text->train = (size_t)((1 - k->held_out) * (double)ids.count);
    if (ids.ids && (text->train < LADDER || text->train == text->count))
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "'%s' has %zu characters: expected at least %d to train on and one to predict; give a "
                       "longer text",
                       text->name, ids.count, LADDER);
    return text;
}

double text_ladder(dsc_scope *scope, const struct text *text, size_t rung, double smoothing)
{
    if (rung == 0)
        return log((double)text->characters->count);
    return dsc_ngram_loss(scope, text->ids, text->train, text->count,
                          &(dsc_ngram_options){ .vocabulary = text->characters->count,
                                                .context = rung - 1,
                                                .smoothing = smoothing });
}
