/* questions.c - files of analogy questions. */
#include "embed/questions.h"

#include <string.h>

#include <descent/file.h>

#include "base/file.h"
#include "embed/vector_file.h"

static const size_t FILE_BYTES_MAX = (size_t)1 << 30;

struct reader {
    dsc_scope *scope;
    const char *path;
    const dsci_word_index *index;
    dsci_questions *questions;
    size_t line;
};

/* The next word of a line, ended by a zero byte, and the rest of the line; NULL if there is none. */
static char *next_word(char **rest)
{
    char *word = *rest;
    while (*word && dsci_is_space(*word))
        word++;
    char *end = word;
    while (*end && !dsci_is_space(*end))
        end++;
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return end > word ? word : NULL;
}

static void begin_section(struct reader *r, char *name)
{
    dsci_questions *q = r->questions;
    while (*name && dsci_is_space(*name))
        name++;
    size_t length = strlen(name);
    while (length > 0 && dsci_is_space(name[length - 1]))
        length--;
    q->names[q->section_count++] = dsc_scope_format(r->scope, "%.*s", (int)length, name);
}

static void add_question(struct reader *r, char *rest, char *first)
{
    dsci_questions *q = r->questions;
    const char *words[4] = { first, next_word(&rest), next_word(&rest), next_word(&rest) };
    if (!words[3] || next_word(&rest)) {
        dsc_scope_fail(r->scope, DSC_ERROR_FORMAT,
                       "'%s': line %zu: expected four words, or a colon and the name of a section", r->path,
                       r->line);
        return;
    }
    if (q->section_count == 0)
        q->names[q->section_count++] = "questions";
    dsc_analogy_score *section = &q->sections[q->section_count - 1];
    size_t rows[4];
    bool there = true;
    for (size_t i = 0; i < 4; i++) {
        rows[i] = dsci_word_index_find(r->index, words[i]);
        there = there && rows[i] != SIZE_MAX;
    }
    section->questions++;
    section->asked += there;
    if (there)
        q->items[q->count++] = (dsci_question){ rows[0], rows[1], rows[2], rows[3], q->section_count - 1 };
}

static void read_line(struct reader *r, char *line)
{
    char *rest = line, *first = next_word(&rest);
    r->line++;
    if (!first)
        return;
    if (*first != ':') {
        add_question(r, rest, first);
        return;
    }
    char *name = first[1] ? first + 1 : rest; /* ": name", or ":name" */
    begin_section(r, name);
}

dsci_questions dsci_questions_read(dsc_scope *scope, const char *path, const dsci_word_index *index)
{
    dsci_questions questions = { 0 };
    const dsc_bytes text = dsci_text_unmarked(dsc_file_read(scope, path, FILE_BYTES_MAX));
    size_t lines = 1;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    questions.items = dsc_scope_alloc(scope, lines, sizeof *questions.items);
    questions.names = dsc_scope_alloc(scope, lines, sizeof *questions.names);
    questions.sections = dsc_scope_alloc(scope, lines, sizeof *questions.sections);
    struct reader reader = { .scope = scope, .path = path, .index = index, .questions = &questions };
    char *at = (char *)text.data, *end = at + text.size;
    while (dsc_scope_status(scope) == DSC_OK && at < end) {
        char *feed = memchr(at, '\n', (size_t)(end - at));
        if (feed)
            *feed = '\0';
        read_line(&reader, at);
        at = feed ? feed + 1 : end;
    }
    size_t asked = 0;
    for (size_t i = 0; i < questions.section_count; i++)
        asked += questions.sections[i].questions;
    if (dsc_scope_status(scope) == DSC_OK && asked == 0)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "'%s' has no questions: expected lines of four words, such as those of "
                       "questions-words.txt",
                       path);
    return questions;
}
