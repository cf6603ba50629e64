/* terminal.c - messages and headings, colours and widths. */
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <descent/text.h>
#include <descent/value.h>

#include "terminal.h"

enum { MIN_COLUMNS = 40, MAX_COLUMNS = 100 };

static bool wants_color(int fd)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fd) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static bool is_utf8(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_CTYPE",
                                             "LANG" }; /* the first that is set decides */
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

/* $COLUMNS if it is a number, else the terminal's width. */
static int columns_of(int fd)
{
    struct winsize size;
    int64_t columns = 0;
    const char *wanted = getenv("COLUMNS");
    if (!(wanted && dsc_parse_integer(wanted, &columns) && columns > 0))
        columns = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : MAX_COLUMNS;
    return columns < MIN_COLUMNS ? MIN_COLUMNS : columns > MAX_COLUMNS ? MAX_COLUMNS : (int)columns;
}

/* A stream that was closed would be the next file that is opened: what is printed would go into it. */
static void occupy_streams(void)
{
    int fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDONLY);
    if (fd > STDERR_FILENO)
        close(fd);
}

static const char *running; /* the program that has not come to cli_finish() */

/* Libraries end a program themselves where they get no memory or no thread (OpenMP, HDF5), with statuses that
   mean something else here. */
static void end_as_failed(int status, void *unused)
{
    (void)unused;
    if (status == 0 || !running)
        return;
    fprintf(stderr, "%s: error: a library ended the program, for lack of memory or of threads\n", running);
    fflush(stdout);
    _exit(DSC_EXIT_FAILED);
}

cli_terminal cli_terminal_open(const char *program)
{
    static bool is_watched;
    occupy_streams();
    cli_json_watch();
    if (!is_watched)
        is_watched = on_exit(end_as_failed, NULL) == 0;
    running = program;
    signal(SIGXFSZ, SIG_IGN); /* a write beyond a file-size limit is then an error like that of a full disk */
    return (cli_terminal){
        .program = program,
        .live = isatty(STDERR_FILENO),
        .color_out = wants_color(STDOUT_FILENO),
        .color_err = wants_color(STDERR_FILENO),
        .unicode = is_utf8(),
        .columns = columns_of(isatty(STDOUT_FILENO) ? STDOUT_FILENO : STDERR_FILENO),
        .whole_rows = !isatty(STDOUT_FILENO),
    };
}

/* All text for people goes through here: names, paths and messages come from files that may hold anything. */
static void put_safe(FILE *stream, const char *text)
{
    char shown[DSC_SHOWN_BYTES];
    while (*text) {
        text += dsc_text_show(text, shown);
        fputs(shown, stream);
    }
}

static bool output_lost; /* memory ran out while printing */

static void put_formatted(FILE *stream, const char *format, va_list arguments)
{
    char line[2048], *text = line;
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(line, sizeof line, format, arguments);
    if (length >= (int)sizeof line) {
        text = malloc((size_t)length + 1);
        if (text)
            vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    put_safe(stream, text ? text : line); /* rather the beginning than nothing */
    output_lost = output_lost || length < 0 || !text;
    if (text != line)
        free(text);
}

void cli_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put_formatted(stdout, format, arguments);
    va_end(arguments);
}

void cli_say(cli_terminal *terminal, cli_tone tone, const char *format, ...)
{
    static const struct {
        const char *word, *color;
    } tones[] = {
        [CLI_TONE_NOTE] = { "", "" },
        [CLI_TONE_WARNING] = { "warning: ", "\033[33m" },
        [CLI_TONE_ERROR] = { "error: ", "\033[31m" },
    };
    if (terminal->quiet && tone == CLI_TONE_NOTE)
        return;
    const bool color = terminal->color_err && tone != CLI_TONE_NOTE;
    va_list arguments;
    va_start(arguments, format);
    flockfile(stderr); /* the library's threads may all have something to say */
    fputs(terminal->line_open ? "\r\033[K" : "", stderr);
    terminal->line_open = false;
    fprintf(stderr, "%s: %s%s%s", terminal->program, color ? tones[tone].color : "", tones[tone].word,
            color ? "\033[0m" : "");
    put_formatted(stderr, format, arguments);
    fputc('\n', stderr);
    funlockfile(stderr);
    va_end(arguments);
}

void cli_log_to_terminal(void *terminal, dsc_log_level level, const char *line)
{
    cli_say(terminal, level == DSC_LOG_WARNING ? CLI_TONE_WARNING : CLI_TONE_NOTE, "%s", line);
}

/* What becomes of an answer when something failed: "no" is none then, and a lack of memory is not wrong use.
 */
static dsc_exit exit_after(dsc_status status, dsc_exit answer)
{
    const bool is_kept = answer != DSC_EXIT_GOOD && answer != DSC_EXIT_NO && status != DSC_ERROR_MEMORY;
    return is_kept ? answer : cli_exit_of(status);
}

dsc_exit cli_finish(cli_terminal *terminal, dsc_scope **scope, dsc_exit answer)
{
    const dsc_status status = cli_json_check(*scope);
    if (status != DSC_OK)
        cli_say(terminal, CLI_TONE_ERROR, "%s", dsc_scope_message(*scope));
    dsc_scope_close(scope);
    const bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (!written)
        cli_say(terminal, CLI_TONE_ERROR, "standard output could not be written: %s", strerror(errno));
    if (output_lost)
        cli_say(terminal, CLI_TONE_ERROR, "out of memory: not everything was printed");
    running = NULL;
    if (status != DSC_OK)
        return exit_after(status, answer);
    return written && !output_lost ? answer : DSC_EXIT_FAILED;
}

void cli_heading(const cli_terminal *terminal, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs(terminal->color_out ? "\033[1m" : "", stdout);
    put_formatted(stdout, format, arguments);
    fputs(terminal->color_out ? "\033[0m\n" : "\n", stdout);
    va_end(arguments);
}
