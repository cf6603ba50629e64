/* sample.c - `descent sample`: text that a model of characters writes. */
#include "command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <descent/hash.h>
#include <descent/language.h>
#include <descent/text.h>

struct arguments {
    int64_t length, top_k, seed;
    double temperature;
    const char *prime, *text;
};

#define FIELD(name) offsetof(struct arguments, name)
static const cli_option options[] = {
    CLI_OPTION_IN("length", "N", FIELD(length), cli_option_integer, "characters (default: 1000)", 1, 1e9),
    CLI_OPTION_IN("temperature", "T", FIELD(temperature), cli_option_real,
                  "the logits are divided by it: below 1 likelier, above 1 more varied (default: 1)", 1e-6,
                  1e6),
    CLI_OPTION_IN("top-k", "K", FIELD(top_k), cli_option_integer,
                  "draw from the K most likely characters only (default: all)", 1, 1e7),
    CLI_OPTION("prime", "TEXT", FIELD(prime), cli_option_text,
               "what the model reads before (default: a line end)"),
    CLI_OPTION_IN("seed", "S", FIELD(seed), cli_option_integer, "of the draws (default: 1)", 0, 9e15),
    CLI_OPTION(
        "text", "FILE", FIELD(text), cli_option_text,
        "the text to look for copied spans in (default: the one that the model names, if it is there)"),
    CLI_OPTION_END,
};

enum { MOST_BYTES = INT32_MAX };

static char *spell(dsc_scope *scope, const dsc_characters *characters, const int32_t *ids, size_t count,
                   size_t *length)
{
    char *bytes = dsc_scope_alloc(scope, count, DSC_CHARACTER_BYTES);
    *length = 0;
    for (size_t i = 0; bytes && i < count; i++)
        *length += dsc_characters_write(characters, (size_t)ids[i], bytes + *length);
    return bytes;
}

/* The model's own text, if it is there and still what it was; else NULL, and says so. */
static const char *own_text(dsc_call *call, const dsc_language *language)
{
    if (!language->text_sha256[0] || !dsc_file_exists(language->text)) {
        cli_say(&call->terminal, CLI_TONE_NOTE, "trained on %s%s; --text FILE looks for copied spans",
                language->text[0] ? language->text : "a text that the file does not name",
                language->text_sha256[0] ? ", which is not there" : "");
        return NULL;
    }
    char hex[65];
    dsc_digest_hex(dsc_sha256_file(call->scope, language->text, NULL), hex);
    if (strcmp(hex, language->text_sha256) == 0)
        return language->text;
    cli_say(&call->terminal, CLI_TONE_NOTE,
            "%s has changed since the model was trained on it; --text FILE looks in it anyway",
            language->text);
    return NULL;
}

static void report_span(dsc_call *call, const char *path, const dsc_characters *characters,
                        dsc_character_ids written)
{
    dsc_scope *scope = call->scope;
    const dsc_bytes bytes = dsc_file_read(scope, path, MOST_BYTES);
    const dsc_character_ids text =
        bytes.data ? dsc_characters_number(scope, characters, bytes, path) : (dsc_character_ids){ NULL, 0 };
    if (!text.ids)
        return;
    const dsc_shared_span span = dsc_longest_span(scope, written, text);
    size_t length;
    char *shown = spell(scope, characters, written.ids + span.at_a, span.length, &length);
    for (size_t i = 0; shown && i < length; i++)
        shown[i] = shown[i] == '\n' ? ' ' : shown[i];
    char *ended = shown ? dsc_scope_format(scope, "%.*s", (int)length, shown) : NULL;
    if (ended)
        cli_say(&call->terminal, CLI_TONE_NOTE,
                "longest span that stands in %s: %zu characters, from character %zu on: '%s'", path,
                span.length, span.at_b, dsc_text_safe(scope, ended));
}

static dsc_exit sample(dsc_call *call)
{
    struct arguments arguments = { .length = 1000, .temperature = 1, .seed = 1 };
    const cli_words words = dsc_call_read(call, &dsc_verb_sample, &arguments, 1, 1);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    dsc_language *language = dsc_language_load(call->scope, words.items[0]);
    const dsc_language_sampling sampling = { .length = (size_t)arguments.length,
                                             .temperature = arguments.temperature,
                                             .top_k = (size_t)arguments.top_k,
                                             .prime = arguments.prime,
                                             .seed = (uint64_t)arguments.seed };
    const dsc_character_ids written = dsc_language_sample(call->scope, language, &sampling);
    size_t length;
    const char *text =
        written.ids ? spell(call->scope, language->characters, written.ids, written.count, &length) : NULL;
    if (!text)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    fwrite(text, 1, length, stdout);
    if (text[length - 1] != '\n')
        putchar('\n');
    fflush(stdout);
    const char *path = arguments.text ? arguments.text : own_text(call, language);
    if (path)
        report_span(call, path, language->characters, written);
    return DSC_EXIT_GOOD;
}

const dsc_verb dsc_verb_sample = {
    .name = "sample",
    .words = "MODEL.h5",
    .summary = "text that a model of characters writes (char-lm --models DIR trains one)",
    .options = options,
    .run = sample,
    .examples = "descent sample lstm.h5 --length 500 --temperature 0.8 --prime 'KING '\n"
                "descent sample lstm.h5 --top-k 5 --seed 2 --text input.txt > written.txt\n",
};
