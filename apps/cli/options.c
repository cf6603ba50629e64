/* options.c - one table of options reads command lines and configuration files and prints its own help. */
#include <string.h>

#include "options.h"
#include "table.h"
#include "terminal.h"

static size_t option_count(const cli_option *table)
{
    size_t count = 0;
    while (table[count].name)
        count++;
    return count;
}

static const char *option_name_at(const void *table, size_t i)
{
    return ((const cli_option *)table)[i].name;
}

static const cli_option *option_find(const cli_option *table, const char *name, size_t length)
{
    for (const cli_option *option = table; option->name; option++)
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

/* "a, b, c", at most 20 of them. */
static const char *name_list(dsc_scope *scope, size_t count, dsc_name_at_fn *name_at, const void *user)
{
    enum { MOST = 20 };
    const char *list = "";
    for (size_t i = 0; i < count && i < MOST && list; i++)
        list = dsc_scope_format(scope, "%s%s%s", list, i ? ", " : "", name_at(user, i));
    return list && count > MOST ? dsc_scope_format(scope, "%s, ...", list) : list;
}

void cli_unknown_name(dsc_scope *scope, const char *what, const char *text, size_t count,
                      dsc_name_at_fn *name_at, const void *user)
{
    const char *nearest = dsc_nearest_name(text, count, name_at, user);
    const char *list = nearest ? NULL : name_list(scope, count, name_at, user);
    if (nearest)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown %s '%s': did you mean '%s'?", what, text, nearest);
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown %s '%s': expected one of %s", what, text,
                       list && *list ? list : "none");
}

static void unknown_option(dsc_scope *scope, const cli_option *table, const char *name)
{
    const char *nearest = dsc_nearest_name(name, option_count(table), option_name_at, table);
    if (nearest)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown option '--%s': did you mean '--%s'?", name,
                       nearest);
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown option '--%s': --help lists them", name);
}

static void *field_of(const cli_option *option, void *arguments)
{
    return (char *)arguments + option->offset;
}

/* The options that have a short form; NULL: the word is none. */
static const char *short_name(const char *word)
{
    return strcmp(word, "-h") == 0 ? "help" : strcmp(word, "-o") == 0 ? "out" : NULL;
}

/* The name that a word gives, and a value behind "=": of --name, of a short form, and of -name if the table
   has it, as older programs have their options. NULL: the word is no option. */
static const char *name_in(const cli_option *table, const char *word)
{
    if (word[0] != '-' || !word[1])
        return NULL;
    if (word[1] == '-')
        return word + 2;
    const char *name = short_name(word);
    if (name)
        return name;
    return option_find(table, word + 1, strcspn(word + 1, "=")) ? word + 1 : NULL;
}

/* Reads the option at argv[i]; returns how many words it took. */
static int read_option(dsc_scope *scope, const cli_option *table, int argc, char **argv, int i,
                       void *arguments)
{
    const char *name = name_in(table, argv[i]);
    const size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const cli_option *option = option_find(table, name, length);
    if (!option) {
        unknown_option(scope, table, dsc_scope_format(scope, "%.*s", (int)length, name));
        return 1;
    }
    if (!option->value && value) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--%s takes no value, found '%s'", option->name, value);
        return 1;
    }
    if (!option->value || value) {
        option->read(scope, option, value, field_of(option, arguments));
        return 1;
    }
    if (i + 1 == argc || name_in(table, argv[i + 1])) { /* the next option is no value */
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--%s expects a value: --%s %s", option->name, option->name,
                       option->value);
        return 1;
    }
    option->read(scope, option, argv[i + 1], field_of(option, arguments));
    return 2;
}

dsc_status cli_options_read(dsc_scope *scope, const cli_option *table, int argc, char **argv, void *arguments,
                            cli_words *words)
{
    bool options = true;
    if (words)
        *words = (cli_words){ .items = dsc_scope_alloc(scope, (size_t)argc + 1, sizeof *words->items) };
    for (int i = 0; i < argc && dsc_scope_status(scope) == DSC_OK;) {
        const char *word = argv[i];
        if (options && strcmp(word, "--") == 0) {
            options = false;
            i++;
        } else if (options && name_in(table, word)) {
            i += read_option(scope, table, argc, argv, i, arguments);
        } else if (options && word[0] == '-' && word[1]) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "unknown option '%s': options begin with two dashes; --help "
                           "lists them",
                           word);
        } else if (words) {
            words->items[words->count++] = word;
            i++;
        } else {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "unexpected word '%s': options begin with two dashes; --help "
                           "lists them",
                           word);
        }
    }
    return dsc_scope_status(scope);
}

bool cli_options_apply(dsc_scope *scope, const cli_option *table, const dsc_setting *setting, void *arguments)
{
    const cli_option *option = option_find(table, setting->name, strlen(setting->name));
    if (!option)
        return false;
    option->read(scope, option, setting->value, field_of(option, arguments));
    return true;
}

void cli_options_print(dsc_scope *scope, const cli_terminal *terminal, const cli_option *table)
{
    static const cli_table_column columns[] = { { 0 }, { 0 } };
    cli_table *rows = cli_table_make(scope, columns, 2, 1);
    for (const cli_option *option = table; option->name; option++) {
        const char *left = dsc_scope_format(scope, "--%s%s%s", option->name, option->value ? " " : "",
                                            option->value ? option->value : "");
        cli_table_row(rows, (const char *[]){ left, option->help });
    }
    cli_table_print(rows, terminal, 2);
}
