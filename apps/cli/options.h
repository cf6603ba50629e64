/* options.h - tables of options, which drive parsing, help and suggestions. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/figure.h>
#include <descent/lab.h>
#include <descent/value.h>

#include "terminal.h"

/* One row of a table of options, which drives parsing, help and suggestions. The table ends with a row
   without a name. read() converts the text into the field at offset and fails the scope if it cannot. */
typedef struct cli_option cli_option;
typedef void cli_option_read_fn(dsc_scope *scope, const cli_option *option, const char *text, void *field);
struct cli_option {
    const char *name;  /* without dashes */
    const char *value; /* name of the value in the help; NULL: a flag */
    size_t offset;     /* in the struct of arguments */
    cli_option_read_fn *read;
    const char *help;
    double min, max; /* of a number; both 0: no limits */
};
#define CLI_OPTION_IN(option_name, value_name, field_offset, reader, help_text, low, high)                   \
    {                                                                                                        \
        .name = (option_name), .value = (value_name), .offset = (field_offset), .read = (reader),            \
        .help = (help_text), .min = (low), .max = (high)                                                     \
    }
#define CLI_OPTION(option_name, value_name, field_offset, reader, help_text)                                 \
    CLI_OPTION_IN(option_name, value_name, field_offset, reader, help_text, 0, 0)
#define CLI_OPTION_END                                                                                       \
    {                                                                                                        \
        .name = NULL                                                                                         \
    }

/* The options of a dsc_plot_page, a member of the struct of arguments. */
#define CLI_OPTIONS_PAGE(type, member)                                                                       \
    CLI_OPTION("width", "LENGTH", offsetof(type, member.width), cli_option_length,                           \
               "width of pdf and tex figures: 3.4in, 8.6cm, 246pt (default: 9in); letters keep their size"), \
        CLI_OPTION_IN("font-size", "POINTS", offsetof(type, member.font_size), cli_option_real,              \
                      "size of their letters (default: 8)", 3, 50),                                          \
        CLI_OPTION("no-title", NULL, offsetof(type, member.no_title), cli_option_flag,                       \
                   "no title above figures")

/* Kinds of options by the type of their field. */
cli_option_read_fn cli_option_flag;      /* bool */
cli_option_read_fn cli_option_text;      /* const char * */
cli_option_read_fn cli_option_integer;   /* int64_t */
cli_option_read_fn cli_option_real;      /* double */
cli_option_read_fn cli_option_duration;  /* double, seconds: 90, 90s, 10m, 2h */
cli_option_read_fn cli_option_length;    /* double, inches: 3.4in, 8.6cm, 86mm, 246pt */
cli_option_read_fn cli_option_threads;   /* int; "auto" is 0 */
cli_option_read_fn cli_option_isa;       /* dsc_isa */
cli_option_read_fn cli_option_precision; /* dsc_dtype */
cli_option_read_fn cli_option_engine;    /* dsc_engine */
cli_option_read_fn cli_option_formats;   /* const char *, of svg,png,pdf,tex */
cli_option_read_fn cli_option_shard;     /* cli_shard: I/N, or slurm/N */
cli_option_read_fn cli_option_setting;   /* cli_settings: NAME=VALUE, appended */

typedef struct cli_shard {
    int shard, shards; /* both 0: everything */
} cli_shard;

typedef struct cli_settings {
    dsc_setting *items;
    size_t count, capacity;
} cli_settings;
void cli_settings_add(dsc_scope *scope, cli_settings *settings, const char *name, const char *value);

/* Words of a command line that are not options. */
typedef struct cli_words {
    const char **items;
    size_t count;
} cli_words;

/* Reads argv[0..argc-1] (no program name) into arguments: --name VALUE, --name=VALUE (for a VALUE that
   begins with two dashes), --flag; "--" ends the options, -h is --help, -o is --out, and -name is --name
   where the table has that name. Words go to *words; if words is NULL, a word is an error. */
dsc_status cli_options_read(dsc_scope *scope, const cli_option *table, int argc, char **argv, void *arguments,
                            cli_words *words);

/* Applies one NAME=VALUE by the same kind of table. false: no such name (the scope is as it was). */
bool cli_options_apply(dsc_scope *scope, const cli_option *table, const dsc_setting *setting,
                       void *arguments);

/* Fails the scope: "unknown WHAT 'TEXT': did you mean 'NEAREST'?", or the names there are if none is near. */
void cli_unknown_name(dsc_scope *scope, const char *what, const char *text, size_t count,
                      dsc_name_at_fn *name_at, const void *user);

/* The options of a table, for help. */
void cli_options_print(dsc_scope *scope, const cli_terminal *terminal, const cli_option *table);

#endif
