/* documents.c - labelled texts from lines and from folders. */
#include <descent/documents.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "text/encoding.h"

/* Documents that are being gathered; the arrays lie in the scope and have room for all. */
struct gathered {
    const char **texts;
    int32_t *labels;
    size_t count, classes;
};

static struct gathered make_room(dsc_scope *scope, size_t count)
{
    struct gathered room = { .texts = dsc_scope_alloc(scope, count, sizeof *room.texts),
                             .labels = dsc_scope_alloc(scope, count, sizeof *room.labels) };
    return room;
}

static void add(struct gathered *all, const char *text, int32_t label)
{
    all->texts[all->count] = text;
    all->labels[all->count++] = label;
    if ((size_t)label >= all->classes)
        all->classes = (size_t)label + 1;
}

static const dsc_documents *finish(dsc_scope *scope, const char *name, const struct gathered *all)
{
    dsc_documents *documents = dsc_scope_alloc(scope, 1, sizeof *documents);
    char *copy = dsc_scope_copy(scope, name);
    if (!documents || !copy)
        return NULL;
    *documents = (dsc_documents){
        .name = copy, .count = all->count, .texts = all->texts, .labels = all->labels, .classes = all->classes
    };
    return documents;
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\v\f")] == '\0';
}

/* The label at the beginning of a line, whose fields are ended by zero bytes; -1: it is none. */
static int32_t parse_label(const char *field)
{
    int32_t label = 0;
    const char *at = field;
    for (; *at >= '0' && *at <= '9' && label < DSC_MOST_CLASSES; at++)
        label = 10 * label + (*at - '0');
    return at == field || *at || label >= DSC_MOST_CLASSES ? -1 : label;
}

/* Cuts a line into its fields and adds the document. */
static bool add_line(dsc_scope *scope, const char *path, size_t line, char *text,
                     const dsc_documents_options *options, struct gathered *all)
{
    if (options->fields == 0) {
        add(all, text, options->label);
        return true;
    }
    const char separator = options->separator ? options->separator : '\t';
    char *last = text;
    for (size_t field = 1; field < options->fields; field++) {
        last = strchr(last, separator);
        if (!last) {
            dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                           "'%s', line %zu: expected %zu fields with %s between them, found %zu", path, line,
                           options->fields,
                           separator == '\t'  ? "tabs"
                           : separator == ' ' ? "spaces"
                                              : "separators",
                           field);
            return false;
        }
        *last++ = '\0';
    }
    const int32_t label = parse_label(text);
    if (label < 0) {
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "'%s', line %zu: expected a label, a number from 0 to %d, as the first field, found "
                       "'%.20s'",
                       path, line, DSC_MOST_CLASSES - 1, text);
        return false;
    }
    add(all, last, label);
    return true;
}

static bool add_lines(dsc_scope *scope, const char *path, dsc_bytes text,
                      const dsc_documents_options *options, struct gathered *all)
{
    char *at = (char *)text.data, *const end = at + text.size;
    for (size_t line = 1; at < end; line++) {
        char *feed = memchr(at, '\n', (size_t)(end - at)), *behind = feed ? feed : end;
        *behind = '\0';
        if (behind > at && behind[-1] == '\r')
            behind[-1] = '\0';
        if (!is_blank(at) && !add_line(scope, path, line, at, options, all))
            return false;
        at = behind + 1;
    }
    if (all->count == 0)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "'%s': expected a document on each line, found an empty text",
                       path);
    return all->count > 0;
}

static bool check_options(dsc_scope *scope, const dsc_documents_options *options)
{
    if (options->fields == 1 || options->label < 0 || options->label >= DSC_MOST_CLASSES)
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "documents: expected 0 or at least 2 fields and a label from 0 to %d, found %zu and %d",
            DSC_MOST_CLASSES - 1, options->fields, (int)options->label);
    return dsc_scope_status(scope) == DSC_OK;
}

const dsc_documents *dsc_documents_read_lines(dsc_scope *scope, const char *path,
                                              const dsc_documents_options *options)
{
    static const dsc_documents_options defaults = { 0 };
    options = options ? options : &defaults;
    if (!check_options(scope, options))
        return NULL;
    const dsc_bytes text = dsci_text_file_read(scope, path, options->encoding, options->most_bytes);
    if (!text.data)
        return NULL;
    size_t lines = 1;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    struct gathered all = make_room(scope, lines);
    if (dsc_scope_status(scope) != DSC_OK || !add_lines(scope, path, text, options, &all))
        return NULL;
    return finish(scope, path, &all);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of a folder's entries, sorted, in the scope; *count of them. */
static char **list_folder(dsc_scope *scope, const char *path, size_t *count)
{
    DIR *folder = opendir(path);
    if (!folder) {
        dsci_file_refused(scope, "read", path, errno);
        return NULL;
    }
    char **names = NULL;
    size_t room = 0;
    *count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        if (*count == room) {
            char **wider = dsc_scope_alloc(scope, room = room ? 2 * room : 256, sizeof *wider);
            if (wider && *count)
                memcpy(wider, names, *count * sizeof *wider);
            names = wider;
        }
        char *name = dsc_scope_copy(scope, entry->d_name);
        if (!name || !names)
            break;
        names[(*count)++] = name;
    }
    closedir(folder);
    if (dsc_scope_status(scope) == DSC_OK && names)
        qsort(names, *count, sizeof *names, by_bytes);
    return dsc_scope_status(scope) == DSC_OK ? names : NULL;
}

static void add_files(dsc_scope *scope, const char *path, char *const *names, size_t count, int32_t label,
                      const dsc_documents_options *options, struct gathered *all)
{
    for (size_t i = 0; i < count && dsc_scope_goes_on(scope); i++) {
        struct stat info;
        const char *file = dsc_path_join(scope, path, names[i]);
        if (!file || (stat(file, &info) == 0 && S_ISDIR(info.st_mode)))
            continue;
        const dsc_bytes text = dsci_text_file_read(scope, file, options->encoding, options->most_bytes);
        if (text.data)
            add(all, (const char *)text.data, label);
    }
}

const dsc_documents *dsc_documents_read_folders(dsc_scope *scope, const char *directory,
                                                const char *const *folders,
                                                const dsc_documents_options *options)
{
    enum { MOST_FOLDERS = DSC_MOST_CLASSES };
    static const dsc_documents_options defaults = { 0 };
    char **names[MOST_FOLDERS];
    size_t counts[MOST_FOLDERS], classes = 0, total = 0;
    while (folders && folders[classes] && classes < MOST_FOLDERS) {
        const char *path = dsc_path_join(scope, directory, folders[classes]);
        names[classes] = path ? list_folder(scope, path, &counts[classes]) : NULL;
        if (dsc_scope_status(scope) != DSC_OK)
            return NULL;
        total += counts[classes++];
    }
    struct gathered all = make_room(scope, total);
    for (size_t c = 0; c < classes && dsc_scope_status(scope) == DSC_OK; c++)
        add_files(scope, dsc_path_join(scope, directory, folders[c]), names[c], counts[c], (int32_t)c,
                  options ? options : &defaults, &all);
    if (dsc_scope_status(scope) == DSC_OK && all.count == 0)
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "'%s': expected a document in each file of %zu folders, found no file", directory,
                       classes);
    all.classes = classes;
    return dsc_scope_status(scope) == DSC_OK ? finish(scope, directory, &all) : NULL;
}

const dsc_documents *dsc_documents_join(dsc_scope *scope, const dsc_documents *const *list, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        if (!list[i]) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "documents: number %zu of %zu to be joined is NULL", i,
                           count);
            return NULL;
        }
        total += list[i]->count;
    }
    struct gathered all = make_room(scope, total);
    if (dsc_scope_status(scope) != DSC_OK || count == 0)
        return NULL;
    for (size_t i = 0; i < count; i++)
        for (size_t d = 0; d < list[i]->count; d++)
            add(&all, list[i]->texts[d], list[i]->labels[d]);
    for (size_t i = 0; i < count; i++)
        all.classes = list[i]->classes > all.classes ? list[i]->classes : all.classes;
    return finish(scope, list[0]->name, &all);
}
