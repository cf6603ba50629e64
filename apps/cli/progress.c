/* progress.c - how far a run is: a line redrawn in place on a terminal, else a line a minute. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <descent/clock.h>

#include "progress.h"
#include "terminal.h"

enum { MIN_BAR = 4, MAX_BAR = 30, LINE_BYTES = 256 };

static const double LOG_INTERVAL = 60; /* seconds between lines when stderr is not a terminal */

/* "4:05 left", "1:04:05 elapsed": of a width that hardly changes; nothing while it is unknown. */
static void time_text(double seconds, const char *what, char *text, size_t size)
{
    const long whole = isfinite(seconds) ? lround(seconds) : 0, hours = whole / 3600,
               minutes = whole / 60 % 60;
    if (!isfinite(seconds))
        *text = '\0';
    else if (hours)
        snprintf(text, size, "  %ld:%02ld:%02ld %s", hours, minutes, whole % 60, what);
    else
        snprintf(text, size, "  %ld:%02ld %s", minutes, whole % 60, what);
}

static int digits_of(size_t number)
{
    return snprintf(NULL, 0, "%zu", number);
}

/* Arithmetic done since the first report a second: cells kept from an earlier run do not count. */
static void rate_text(const cli_progress_view *view, const dsc_progress *progress, char *text, size_t size)
{
    const double seconds = progress->elapsed - view->first_elapsed;
    const double rate = seconds > 0.5 ? (progress->work_done - view->first_work) / seconds : 0;
    if (rate > 0)
        snprintf(text, size, "  %.*f GFLOP/s", rate < 1e10 ? 2 : rate < 1e11 ? 1 : 0, rate / 1e9);
    else
        *text = '\0';
}

static void draw_bar(const cli_terminal *terminal, double share, int width, char *text, size_t size)
{
    static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
    const int full = (int)(share * width), part = (int)((share * width - full) * 8);
    size_t used = 0;
    for (int i = 0; i < full && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s", terminal->unicode ? "█" : "#");
    const bool partial = terminal->unicode && part > 0 && full < width;
    if (used < size && width > 0)
        snprintf(text + used, size - used, "%s%*s", partial ? eighths[part] : "", width - full - partial, "");
}

void cli_progress_show(void *user, const dsc_progress *progress)
{
    cli_progress_view *view = user;
    cli_terminal *terminal = view->terminal;
    if (terminal->quiet)
        return;
    const double now = dsc_clock_seconds();
    if (!view->begun) {
        *view = (cli_progress_view){ .terminal = terminal,
                                     .title = view->title,
                                     .unit = view->unit,
                                     .note = view->note,
                                     .shown_at = now,
                                     .begun = true,
                                     .first_elapsed = progress->elapsed,
                                     .first_work = progress->work_done };
    }
    if (!terminal->live && now - view->shown_at < LOG_INTERVAL)
        return;
    view->shown_at = now;

    char elapsed[48], left[48], rate[48], bar[4 * MAX_BAR + 8], line[LINE_BYTES];
    const double done = progress->work > 0 ? progress->work_done / progress->work
                        : progress->cells  ? (double)progress->done / (double)progress->cells
                                           : 1;
    const double share = done < 0 ? 0 : done > 1 ? 1 : done;
    time_text(progress->elapsed, "elapsed", elapsed, sizeof elapsed);
    time_text(progress->remaining, "left", left, sizeof left);
    rate_text(view, progress, rate, sizeof rate);
    snprintf(line, sizeof line, "%3.0f %%  %*zu/%zu %s%s%s%s", floor(100 * share), digits_of(progress->cells),
             progress->done, progress->cells, view->unit ? view->unit : "cells", elapsed, left,
             view->note ? view->note : rate);
    if (!terminal->live) {
        cli_say(terminal, CLI_TONE_NOTE, "%s", line);
        return;
    }
    const int room = terminal->columns - (int)strlen(view->title) - (int)strlen(line) - 6;
    draw_bar(terminal, share, room > MAX_BAR ? MAX_BAR : room, bar, sizeof bar);
    flockfile(stderr);
    if (room >= MIN_BAR)
        fprintf(stderr, "\r\033[K%s [%s] %s", view->title, bar, line);
    else /* a line that wraps could not be redrawn */
        fprintf(stderr, "\r\033[K%.*s", terminal->columns - 1, line);
    fflush(stderr);
    terminal->line_open = true;
    funlockfile(stderr);
}

void cli_progress_end(cli_progress_view *view)
{
    flockfile(stderr);
    if (view->terminal->line_open)
        fputs("\r\033[K", stderr);
    view->terminal->line_open = false;
    funlockfile(stderr);
}
