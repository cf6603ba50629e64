/* terminal.h - how programs speak on a terminal. Only they print, and only through this. Data go to stdout,
 * messages and progress to stderr. Colours are used on a terminal unless NO_COLOR is set. Texts are laid out
 * for at most 100 columns, and for $COLUMNS where it is set; only tables that go to a file or a pipe may be
 * wider, so that a row is a line there.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>

#include <descent/cli.h>
#include <descent/scope.h>

/* Where the texts go and how. */
typedef struct cli_terminal {
    const char *program; /* begins every message */
    bool live;           /* stderr is a terminal: a progress line is redrawn in place */
    bool color_out, color_err;
    bool unicode;    /* block characters in the progress bar */
    bool quiet;      /* errors only */
    int columns;     /* 40..100 */
    bool whole_rows; /* stdout is no terminal: tables may be wider than columns */
    bool line_open;  /* a progress line stands on stderr and is cleared before the next message */
} cli_terminal;
/* To be called first, and cli_finish() last: in between a write beyond a file-size limit is an error,
   standard streams that were closed stay unwritable, jansson's lack of memory is noted (it takes its memory
   by functions of ours), and a library that ends the program does so with DSC_EXIT_FAILED. */
cli_terminal cli_terminal_open(const char *program);

/* Prints on stdout what printf() would, with whatever a terminal would obey instead of showing it written out
   (dsc_text_show): all text that can come from a file or an option goes through this, a message or a table. A
   lack of memory is reported by cli_finish(). */
void cli_print(const char *format, ...) DSC_PRINTF(1, 2);

/* One message on stderr. Notes are dropped when the terminal is quiet. */
typedef enum cli_tone { CLI_TONE_NOTE = 0, CLI_TONE_WARNING, CLI_TONE_ERROR } cli_tone;
void cli_say(cli_terminal *terminal, cli_tone tone, const char *format, ...) DSC_PRINTF(3, 4);

/* A dsc_log_fn for scopes; its user is a cli_terminal. */
void cli_log_to_terminal(void *terminal, dsc_log_level level, const char *line);

/* Reports the scope's error, if there is one, and whether stdout took everything; closes the scope. Returns
   the exit status: answer, or what follows from the error if answer is good or no, or if memory was out. */
dsc_exit cli_finish(cli_terminal *terminal, dsc_scope **scope, dsc_exit answer);

/* A heading on stdout, bold on a terminal. */
void cli_heading(const cli_terminal *terminal, const char *format, ...) DSC_PRINTF(2, 3);

dsc_exit cli_exit_of(dsc_status status);
/* Ends the process from any thread, with what was printed, while others are still at work in its memory. */
void cli_leave(dsc_exit status) __attribute__((noreturn));

/* A text in lines of the terminal's width. */
void cli_paragraph_print(dsc_scope *scope, const cli_terminal *terminal, const char *text, int indent);

/* A number in a few digits ("0.1234", "1.2e-07", an integer with all of its own, "-" for NaN), in the scope.
 */
const char *cli_number(dsc_scope *scope, double value);
/* A count of bytes ("1.50 GiB"), a rate with its SI prefix ("71.2 G"), in the scope. */
const char *cli_bytes_text(dsc_scope *scope, double bytes);
const char *cli_si_text(dsc_scope *scope, double value);

#endif
