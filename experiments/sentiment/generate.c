/* generate.c - reviews that are made up: what they say of a film is of their class more often than not.
 *
 * A clause says of a topic that it is good or bad: "the acting was very good ." Every fourth one denies the
 * opposite: "the plot was not boring ." So single words tell little, pairs of words more, and triples what
 * stands behind "not very". Topics and the words between say nothing. */
#include <string.h>

#include "sentiment.h"

static const char *const opinions[2][24] = {
    { "bad",         "boring", "awful",   "terrible", "dull",    "weak",  "poor",      "slow",
      "silly",       "flat",   "tedious", "clumsy",   "shallow", "stale", "pointless", "lifeless",
      "forgettable", "messy",  "bland",   "dreadful", "lame",    "empty", "wooden",    "tiresome" },
    { "good",      "gripping", "superb",   "great",     "funny", "strong", "fine",     "lively",
      "clever",    "moving",   "charming", "graceful",  "deep",  "fresh",  "touching", "vivid",
      "memorable", "elegant",  "warm",     "brilliant", "bold",  "rich",   "honest",   "delightful" },
};
static const char *const topics[] = { "acting", "plot",   "music",  "script",   "camera",  "ending",  "cast",
                                      "story",  "dialog", "humour", "pacing",   "scenery", "editing", "hero",
                                      "sound",  "light",  "theme",  "director", "mood",    "opening" };
static const char *const verbs[] = { "was", "is", "seemed", "felt" };
static const char *const denials[] = { "not", "never", "hardly" };
static const char *const degrees[] = { "very", "really", "so", "quite" };
static const char *const asides[] = { "i saw it with a friend",       "it runs for two hours",
                                      "the cinema was half full",     "we talked about it later",
                                      "it is based on a novel",       "the film was made last year",
                                      "there are many scenes at sea", "most of it plays at night" };

/* Draws of one review: each at its own place. */
struct draws {
    dsc_rng rng;
    uint32_t review;
    uint64_t at;
};

static uint64_t below(struct draws *draws, uint64_t n)
{
    return dsc_rng_below(draws->rng, draws->review, draws->at++, n);
}

static bool chance(struct draws *draws, double share)
{
    return dsc_rng_uniform(draws->rng, draws->review, draws->at++) < share;
}

#define PICK(draws, list) (list)[below((draws), COUNT(list))]

static void write_clause(dsc_text *text, struct draws *draws, int32_t label, double faithful)
{
    const double denied = 0.25, raised = 0.3;
    const bool positive = chance(draws, faithful) == (label == 1), deny = chance(draws, denied);
    dsc_text_format(text, "the %s %s ", PICK(draws, topics), PICK(draws, verbs));
    if (deny)
        dsc_text_format(text, "%s ", PICK(draws, denials));
    if (chance(draws, raised))
        dsc_text_format(text, "%s ", PICK(draws, degrees));
    dsc_text_format(text, "%s . ", PICK(draws, opinions[positive != deny]));
    if (chance(draws, raised))
        dsc_text_format(text, "%s . ", PICK(draws, asides));
}

const dsc_documents *generate_reviews(dsc_scope *scope, uint64_t seed, size_t count,
                                      const struct review_kind *kind)
{
    dsc_documents *reviews = dsc_scope_alloc(scope, 1, sizeof *reviews);
    const char **texts = dsc_scope_alloc(scope, count, sizeof *texts);
    size_t *starts = dsc_scope_alloc(scope, count, sizeof *starts);
    int32_t *labels = dsc_scope_alloc(scope, count, sizeof *labels);
    dsc_text *text = dsc_text_open(scope);
    if (!reviews || !texts || !starts || !labels)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct draws draws = { .rng = dsc_rng_make(seed, DSC_STREAM_DATA), .review = (uint32_t)i };
        labels[i] = (int32_t)below(&draws, 2);
        starts[i] = dsc_text_length(text);
        for (size_t clauses = kind->low + below(&draws, kind->high - kind->low + 1); clauses > 0; clauses--)
            write_clause(text, &draws, labels[i], kind->faithful);
        dsc_text_append_bytes(text, "", 1);
    }
    const char *all = dsc_text_string(text);
    for (size_t i = 0; all && i < count; i++)
        texts[i] = all + starts[i];
    *reviews = (dsc_documents){
        .name = "generated reviews", .count = count, .texts = texts, .labels = labels, .classes = 2
    };
    return all ? reviews : NULL;
}
