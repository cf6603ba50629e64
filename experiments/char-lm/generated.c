/* generated.c - a text by a small grammar: dialogues whose verbs agree with their subjects, and whose
 * speakers take turns, so that characters far apart depend on each other. */
#include "char_lm.h"

#include <string.h>

static const char *const speakers[] = { "ANNA", "BRUNO", "CLARA", "DAVID" };
static const char *const adjectives[] = { "old", "quiet", "green", "clever", "small", "distant", "golden" };
static const char *const nouns[] = { "river",  "teacher", "garden", "stone",
                                     "sailor", "window",  "bird",   "letter" };
static const char *const verbs[] = { "find", "watch", "remember", "follow", "answer", "carry", "cross" };
static const char *const adverbs[] = { "slowly", "again", "at night", "without a word", "every winter" };

/* A text that is being written, and how many draws it took. */
struct writer {
    dsc_text *text;
    dsc_rng rng;
    uint64_t draws;
};

static size_t draw(struct writer *w, size_t below)
{
    return (size_t)dsc_rng_below(w->rng, 0, w->draws++, below);
}

#define PICK(writer, words) (words)[draw(writer, sizeof(words) / sizeof((words)[0]))]

/* Of one or several; in one of four cases with a clause in which the verb agrees, too. */
static void write_subject(struct writer *w, bool several)
{
    const char *ending = several ? "s" : "";
    dsc_text_format(w->text, "the ");
    if (draw(w, 2) == 0)
        dsc_text_format(w->text, "%s ", PICK(w, adjectives));
    dsc_text_format(w->text, "%s%s", PICK(w, nouns), ending);
    if (draw(w, 4) == 0)
        dsc_text_format(w->text, " that %s%s the %s", PICK(w, verbs), several ? "" : "s", PICK(w, nouns));
}

static void write_sentence(struct writer *w)
{
    const bool several = draw(w, 2) == 0;
    write_subject(w, several);
    dsc_text_format(w->text, " %s%s ", PICK(w, verbs), several ? "" : "s");
    write_subject(w, draw(w, 2) == 0);
    if (draw(w, 3) == 0)
        dsc_text_format(w->text, " %s", PICK(w, adverbs));
    dsc_text_append(w->text, draw(w, 5) == 0 ? "?\n" : ".\n");
}

dsc_bytes generated_text(dsc_scope *scope, size_t length, uint64_t seed)
{
    struct writer w = { .text = dsc_text_open(scope), .rng = dsc_rng_make(seed, DSC_STREAM_DATA) };
    for (size_t turn = draw(&w, 4); dsc_text_string(w.text) && dsc_text_length(w.text) < length;
         turn += 1 + draw(&w, 3)) {
        dsc_text_format(w.text, "%s:\n", speakers[turn % 4]);
        for (size_t sentences = 1 + draw(&w, 3); sentences > 0; sentences--)
            write_sentence(&w);
        dsc_text_append(w.text, "\n");
    }
    unsigned char *bytes = dsc_text_string(w.text) ? dsc_scope_alloc(scope, length + 1, 1) : NULL;
    if (bytes)
        memcpy(bytes, dsc_text_string(w.text), length);
    return (dsc_bytes){ bytes, bytes ? length : 0 };
}
