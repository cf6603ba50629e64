/* cli.h - what the programs of Descent share on a terminal: options, help, tables, messages, progress.
 *
 * Only programs print, and they print through this. Data go to stdout, messages and progress to stderr.
 * Colours are used on a terminal unless NO_COLOR is set. Texts are laid out for at most 100 columns, and for
 * $COLUMNS where it is set; only tables that go to a file or a pipe may be wider, so that a row is a line
 * there.
 */
#ifndef DESCENT_CLI_H
#define DESCENT_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <descent/cpu.h>
#include <descent/experiment.h>
#include <descent/figure.h>
#include <descent/lab.h>
#include <descent/scope.h>
#include <descent/text.h>
#include <descent/value.h>

/* The whole of an experiment program: reads the options, runs, reports. Returns the exit status. */
DSC_API int dsc_experiment_main(int argc, char **argv, const dsc_experiment *experiment);

/* Exit statuses of every program. */
typedef enum dsc_exit {
    DSC_EXIT_GOOD = 0,
    DSC_EXIT_NO = 1, /* the answer is no: results differ, data are not as they should be, cells are missing */
    DSC_EXIT_USAGE = 2,   /* wrong use: an option, a name, a value, an output file of another recipe */
    DSC_EXIT_FAILED = 3,  /* it could not be done */
    DSC_EXIT_STOPPED = 75 /* stopped by a signal or the time limit; the same command resumes */
} dsc_exit;
DSC_API dsc_exit dsc_exit_of(dsc_status status);
/* Ends the process from any thread, with what was printed, while others are still at work in its memory. */
DSC_API void dsc_leave(dsc_exit status) __attribute__((noreturn));

/* The same under another name in messages and examples ("descent run double-descent"). argv[0] is not read;
   the command of command_argc words goes into the provenance. */
typedef struct dsc_program {
    const char *name;
    int command_argc;
    char **command_argv;
} dsc_program;
DSC_API dsc_exit dsc_experiment_command(const dsc_program *program, int argc, char **argv,
                                        const dsc_experiment *experiment);

/* Where the texts go and how. */
typedef struct dsc_terminal {
    const char *program; /* begins every message */
    bool live;           /* stderr is a terminal: a progress line is redrawn in place */
    bool color_out, color_err;
    bool unicode;    /* block characters in the progress bar */
    bool quiet;      /* errors only */
    int columns;     /* 40..100 */
    bool whole_rows; /* stdout is no terminal: tables may be wider than columns */
    bool line_open;  /* a progress line stands on stderr and is cleared before the next message */
} dsc_terminal;
/* To be called first, and dsc_finish() last: in between a write beyond a file-size limit is an error,
   standard streams that were closed stay unwritable, jansson's lack of memory is noted (it takes its memory
   by functions of ours), and a library that ends the program does so with DSC_EXIT_FAILED. */
DSC_API dsc_terminal dsc_terminal_open(const char *program);

/* Prints on stdout what printf() would, with whatever a terminal would obey instead of showing it written out
   (dsc_text_show): all text that can come from a file or an option goes through this, a message or a table. A
   lack of memory is reported by dsc_finish(). */
DSC_API void dsc_print(const char *format, ...) DSC_PRINTF(1, 2);

/* One message on stderr. Notes are dropped when the terminal is quiet. */
typedef enum dsc_tone { DSC_TONE_NOTE = 0, DSC_TONE_WARNING, DSC_TONE_ERROR } dsc_tone;
DSC_API void dsc_say(dsc_terminal *terminal, dsc_tone tone, const char *format, ...) DSC_PRINTF(3, 4);

/* A dsc_log_fn for scopes; its user is a dsc_terminal. */
DSC_API void dsc_log_to_terminal(void *terminal, dsc_log_level level, const char *line);

/* Reports the scope's error, if there is one, and whether stdout took everything; closes the scope. Returns
   the exit status: answer, or what follows from the error if answer is good or no, or if memory was out. */
DSC_API dsc_exit dsc_finish(dsc_terminal *terminal, dsc_scope **scope, dsc_exit answer);

/* A heading on stdout, bold on a terminal. */
DSC_API void dsc_heading(const dsc_terminal *terminal, const char *format, ...) DSC_PRINTF(2, 3);

/* An aligned table. Columns of numbers stand right; the last column of text is wrapped. Of a table that is
   too wide for a terminal the heads are broken behind underscores and blanks; what still does not fit is
   continued below with the first `keys` columns repeated. Elsewhere (whole_rows) every row is one line. */
typedef struct dsc_table_column {
    const char *title; /* NULL: a table without a head */
    bool number;
} dsc_table_column;
typedef struct dsc_table dsc_table;
DSC_API dsc_table *dsc_table_make(dsc_scope *scope, const dsc_table_column *columns, size_t count,
                                  size_t keys);
/* Appends a row of `count` texts, which must live as long as the scope; NULL reads as "". */
DSC_API void dsc_table_row(dsc_table *table, const char *const *texts);
DSC_API void dsc_table_print(const dsc_table *table, const dsc_terminal *terminal, int indent);

/* A text in lines of the terminal's width. */
DSC_API void dsc_paragraph_print(dsc_scope *scope, const dsc_terminal *terminal, const char *text,
                                 int indent);

/* The same on an HTML page. */
DSC_API void dsc_table_html(const dsc_table *table, dsc_text *page);
/* Text on an HTML page, within elements and quoted attributes: markup is escaped, control characters and
   bytes that are not UTF-8 become U+FFFD. NULL: nothing. */
DSC_API void dsc_html_text(dsc_text *page, const char *text);

/* A number in a few digits ("0.1234", "1.2e-07", an integer with all of its own, "-" for NaN), in the scope.
 */
DSC_API const char *dsc_number(dsc_scope *scope, double value);
/* A count of bytes ("1.50 GiB"), a rate with its SI prefix ("71.2 G"), in the scope. */
DSC_API const char *dsc_bytes_text(dsc_scope *scope, double bytes);
DSC_API const char *dsc_si_text(dsc_scope *scope, double value);

/* JSON on stdout, indented or on one line, in ASCII, reals with 17 digits. Takes over the value; NULL fails
   the scope, and so does what dsc_json_check() finds. */
struct json_t;
DSC_API void dsc_json_print(dsc_scope *scope, struct json_t *json);
DSC_API void dsc_json_print_line(dsc_scope *scope, struct json_t *json);
/* Fails the scope if jansson got no memory for a value since dsc_terminal_open(): what was read or built may
   lack something. To be asked before it is written to a file; dsc_finish() asks, too. */
DSC_API dsc_status dsc_json_check(dsc_scope *scope);
DSC_API struct json_t *dsc_json_number(double value); /* null if it is not finite */

/* ---- options ---- */

/* One row of a table of options, which drives parsing, help and suggestions. The table ends with a row
   without a name. read() converts the text into the field at offset and fails the scope if it cannot. */
typedef struct dsc_option dsc_option;
typedef void dsc_option_read_fn(dsc_scope *scope, const dsc_option *option, const char *text, void *field);
struct dsc_option {
    const char *name;  /* without dashes */
    const char *value; /* name of the value in the help; NULL: a flag */
    size_t offset;     /* in the struct of arguments */
    dsc_option_read_fn *read;
    const char *help;
    double min, max; /* of a number; both 0: no limits */
};
#define DSC_OPTION_IN(option_name, value_name, field_offset, reader, help_text, low, high)                   \
    {                                                                                                        \
        .name = (option_name), .value = (value_name), .offset = (field_offset), .read = (reader),            \
        .help = (help_text), .min = (low), .max = (high)                                                     \
    }
#define DSC_OPTION(option_name, value_name, field_offset, reader, help_text)                                 \
    DSC_OPTION_IN(option_name, value_name, field_offset, reader, help_text, 0, 0)
#define DSC_OPTION_END                                                                                       \
    {                                                                                                        \
        .name = NULL                                                                                         \
    }

/* The options of a dsc_plot_page, a member of the struct of arguments. */
#define DSC_OPTIONS_PAGE(type, member)                                                                       \
    DSC_OPTION("width", "LENGTH", offsetof(type, member.width), dsc_option_length,                           \
               "width of pdf and tex figures: 3.4in, 8.6cm, 246pt (default: 9in); letters keep their size"), \
        DSC_OPTION_IN("font-size", "POINTS", offsetof(type, member.font_size), dsc_option_real,              \
                      "size of their letters (default: 8)", 3, 50),                                          \
        DSC_OPTION("no-title", NULL, offsetof(type, member.no_title), dsc_option_flag,                       \
                   "no title above figures")

/* Kinds of options by the type of their field. */
DSC_API dsc_option_read_fn dsc_option_flag;      /* bool */
DSC_API dsc_option_read_fn dsc_option_text;      /* const char * */
DSC_API dsc_option_read_fn dsc_option_integer;   /* int64_t */
DSC_API dsc_option_read_fn dsc_option_real;      /* double */
DSC_API dsc_option_read_fn dsc_option_duration;  /* double, seconds: 90, 90s, 10m, 2h */
DSC_API dsc_option_read_fn dsc_option_length;    /* double, inches: 3.4in, 8.6cm, 86mm, 246pt */
DSC_API dsc_option_read_fn dsc_option_threads;   /* int; "auto" is 0 */
DSC_API dsc_option_read_fn dsc_option_isa;       /* dsc_isa */
DSC_API dsc_option_read_fn dsc_option_precision; /* dsc_dtype */
DSC_API dsc_option_read_fn dsc_option_engine;    /* dsc_engine */
DSC_API dsc_option_read_fn dsc_option_formats;   /* const char *, of svg,png,pdf,tex */
DSC_API dsc_option_read_fn dsc_option_shard;     /* dsc_shard: I/N, or slurm/N */
DSC_API dsc_option_read_fn dsc_option_setting;   /* dsc_settings: NAME=VALUE, appended */

typedef struct dsc_shard {
    int shard, shards; /* both 0: everything */
} dsc_shard;

typedef struct dsc_settings {
    dsc_setting *items;
    size_t count, capacity;
} dsc_settings;
DSC_API void dsc_settings_add(dsc_scope *scope, dsc_settings *settings, const char *name, const char *value);

/* Words of a command line that are not options. */
typedef struct dsc_words {
    const char **items;
    size_t count;
} dsc_words;

/* Reads argv[0..argc-1] (no program name) into arguments: --name VALUE, --name=VALUE (for a VALUE that
   begins with two dashes), --flag; "--" ends the options, -h is --help and -o is --out. Words go to *words;
   if words is NULL, a word is an error. */
DSC_API dsc_status dsc_options_read(dsc_scope *scope, const dsc_option *table, int argc, char **argv,
                                    void *arguments, dsc_words *words);

/* Applies one NAME=VALUE by the same kind of table. false: no such name (the scope is as it was). */
DSC_API bool dsc_options_apply(dsc_scope *scope, const dsc_option *table, const dsc_setting *setting,
                               void *arguments);

/* Fails the scope: "unknown WHAT 'TEXT': did you mean 'NEAREST'?", or the names there are if none is near. */
DSC_API void dsc_unknown_name(dsc_scope *scope, const char *what, const char *text, size_t count,
                              dsc_name_at_fn *name_at, const void *user);

/* The options of a table, for help. */
DSC_API void dsc_options_print(dsc_scope *scope, const dsc_terminal *terminal, const dsc_option *table);

/* ---- running ---- */

/* Turns SIGINT, SIGTERM and SIGHUP into a flag; a second one kills. Returns the flag. */
DSC_API volatile int *dsc_signals_catch(void);

/* Shows the progress of a run; user is the view. */
typedef struct dsc_progress_view {
    dsc_terminal *terminal;
    const char *title;
    const char *unit; /* what is counted; NULL: "cells" */
    double shown_at, first_elapsed, first_work;
    bool begun;
} dsc_progress_view;
DSC_API void dsc_progress_show(void *user, const dsc_progress *progress);
DSC_API void dsc_progress_end(dsc_progress_view *view);

/* The table below, and in *heading what it shows ("median of 2 to 3 seeds, 16 of 38 rows left out (...)"). */
DSC_API const dsc_table *dsc_summary_table(dsc_scope *scope, dsc_record *record, const dsc_claims *claims,
                                           size_t limit, const char **heading);
/* Medians over the seeds, one row per point of the other axes, every output a column; limit > 0 shows about
   that many rows, evenly spread, and those that the claims (NULL: none) and the figures' marks are about. */
DSC_API void dsc_summary_print(dsc_scope *scope, const dsc_terminal *terminal, dsc_record *record,
                               const dsc_claims *claims, size_t limit);

/* "agrees", "does not agree", "cannot be told". */
DSC_API const char *dsc_verdict_text(dsc_verdict verdict);
/* What sources claim beside what a record shows; all: also what cannot be told from it, with the reason. */
DSC_API void dsc_claims_print(dsc_scope *scope, const dsc_terminal *terminal, dsc_record *record,
                              const dsc_claims *claims, bool all);
/* The same as an array of objects; claims may be NULL. */
DSC_API struct json_t *dsc_claims_json(dsc_scope *scope, dsc_record *record, const dsc_claims *claims);

/* What verify and diff found. Returns DSC_EXIT_NO if cells differ. */
DSC_API dsc_exit dsc_comparison_print(dsc_scope *scope, dsc_terminal *terminal,
                                      const dsc_comparison *comparison, bool json);

/* Computes the cells of a results file again and compares bits. */
typedef struct dsc_verify_arguments {
    const char *path, *data;
    int64_t sample;
    int threads;
    dsc_isa isa; /* that the caller selected; AUTO: what oneDNN computed is computed again at its level */
    bool json;
    bool force; /* cells that cannot fit into memory are tried, too */
} dsc_verify_arguments;
DSC_API dsc_exit dsc_verify_command(dsc_scope *scope, dsc_terminal *terminal,
                                    const dsc_experiment *experiment, const dsc_verify_arguments *arguments);

#endif
