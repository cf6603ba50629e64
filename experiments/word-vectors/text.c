/* text.c - the texts that vectors are trained on, and the files that they are tested by. */
#include <stdlib.h>
#include <string.h>

#include "word_vectors_experiment.h"

struct counted {
    uint64_t count;
    uint32_t name;
};

/* In the order of a vocabulary: the end of a line, then by falling count. */
static int by_count(const void *left, const void *right)
{
    const struct counted *a = left, *b = right;
    if ((a->name == 0) != (b->name == 0))
        return a->name == 0 ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->name < b->name ? -1 : a->name > b->name;
}

/* The vocabulary of sorted names, and where each name stands in it (UINT32_MAX: nowhere). */
static dsc_vocabulary *order_words(dsc_scope *scope, const char *const *names, struct counted *counted,
                                   size_t name_count, uint64_t least, uint32_t *place)
{
    dsc_vocabulary *vocabulary = dsc_scope_alloc(scope, 1, sizeof *vocabulary);
    const char **words = dsc_scope_alloc(scope, name_count, sizeof *words);
    uint64_t *counts = dsc_scope_alloc(scope, name_count, sizeof *counts);
    if (!vocabulary || !words || !counts)
        return NULL;
    qsort(counted, name_count, sizeof *counted, by_count);
    for (size_t i = 0; i < name_count; i++) {
        const struct counted *word = &counted[i];
        place[word->name] = UINT32_MAX;
        if (word->name != 0 && word->count < least)
            continue;
        place[word->name] = (uint32_t)vocabulary->count;
        words[vocabulary->count] = names[word->name];
        counts[vocabulary->count++] = word->count;
        vocabulary->total += word->count;
    }
    vocabulary->words = words;
    vocabulary->counts = counts;
    vocabulary->text_words = vocabulary->total;
    vocabulary->text_distinct = vocabulary->count;
    return vocabulary;
}

bool text_make(dsc_scope *scope, struct text *text, const char *const *names, size_t name_count,
               const uint32_t *ids, uint64_t count, uint64_t least)
{
    struct counted *counted = dsc_scope_alloc(scope, name_count, sizeof *counted);
    uint32_t *place = dsc_scope_alloc(scope, name_count, sizeof *place);
    uint32_t *kept = dsc_scope_alloc(scope, count, sizeof *kept);
    if (!counted || !place || !kept)
        return false;
    for (size_t i = 0; i < name_count; i++)
        counted[i] = (struct counted){ .count = 0, .name = (uint32_t)i };
    for (uint64_t i = 0; i < count; i++)
        counted[ids[i]].count++;
    text->vocabulary = order_words(scope, names, counted, name_count, least, place);
    text->corpus = (dsc_corpus){ .ids = kept };
    for (uint64_t i = 0; text->vocabulary && i < count; i++)
        if (place[ids[i]] != UINT32_MAX)
            kept[text->corpus.count++] = place[ids[i]];
    return text->vocabulary != NULL;
}

/* Where the files of the word tests are: in the directory of the text, or in their folder in it or beside it.
   NULL: the scope failed. */
static const char *find_tests(dsc_scope *scope, const char *directory)
{
    const dsc_known_data *tests = dsc_known_data_find("word-vector-tests");
    if (!directory)
        directory = getenv("DESCENT_DATA");
    dsc_scope *attempt = dsc_scope_open(NULL);
    const char *found = dsc_data_directory(attempt, tests, directory);
    found = found ? dsc_scope_copy(scope, found) : NULL;
    dsc_scope_close(&attempt);
    if (found || !directory)
        return found;
    return dsc_data_directory(scope, tests, dsc_path_join(scope, directory, ".."));
}

void identify(dsc_data_notes *notes, const void *hyperparameters, const char *directory)
{
    const struct hyperparameters *k = hyperparameters;
    if (strcmp(k->dataset, WIKI) != 0)
        return;
    const char *tests = find_tests(dsc_data_notes_scope(notes), directory);
    if (tests)
        dsc_data_note_files(notes, dsc_known_data_find("word-vector-tests"), tests);
}

static bool wiki_make(dsc_scope *scope, struct text *text, const struct hyperparameters *k,
                      const char *directory)
{
    const dsc_known_data *known = dsc_known_data_find(WIKI);
    const char *tests = find_tests(scope, directory);
    const char *path = tests ? dsc_data_file(scope, directory, known->files[0].name) : NULL;
    if (!path)
        return false;
    text->questions = dsc_data_file(scope, tests, "questions-words.txt");
    text->wordsim = dsc_data_file(scope, tests, "EN-WS-353-ALL.txt");
    text->simlex = dsc_data_file(scope, tests, "EN-SIMLEX-999.txt");
    text->men = dsc_data_file(scope, tests, "EN-MEN-TR-3k.txt");
    text->vocabulary =
        dsc_vocabulary_count(scope, path, &(dsc_vocabulary_options){ .min_count = (uint64_t)k->least });
    const dsc_corpus *corpus = text->vocabulary ? dsc_corpus_read(scope, path, text->vocabulary, NULL) : NULL;
    if (corpus)
        text->corpus = *corpus;
    return dsc_scope_status(scope) == DSC_OK;
}

void *prepare(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters, const char *directory)
{
    const struct hyperparameters *k = hyperparameters;
    struct text *text = dsc_scope_alloc(scope, 1, sizeof *text);
    size_t count;
    const double *sizes = dsc_plan_axis(plan, "words", &count);
    uint64_t most = (uint64_t)k->words;
    for (size_t i = 0; i < count; i++)
        most = (uint64_t)sizes[i] > most ? (uint64_t)sizes[i] : most;
    if (!text)
        return NULL;
    const bool made = dsc_plan_data(plan)
                          ? wiki_make(scope, text, k, directory)
                          : planted_make(scope, text, (uint64_t)k->data_seed, most ? most : 400000);
    return made ? text : NULL;
}
