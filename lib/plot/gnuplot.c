/* gnuplot.c - gnuplot as a program: finding it, asking for its terminals, running it with a time limit. */
#include "plot/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <descent/clock.h>

enum { MAX_ARGUMENTS = 8, MAX_SAID = 8192 };

/* gnuplot gets what it takes to find programs, fonts and room for files, and a locale of its own: whatever
   else the environment says, it draws the same. */
static char **environment_make(dsc_scope *scope)
{
    static const char *const kept[] = {
        "PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "FONTCONFIG_FILE", "FONTCONFIG_PATH"
    };
    enum { KEPT = sizeof kept / sizeof kept[0] };
    char **environment = dsc_scope_alloc(scope, KEPT + 2, sizeof *environment);
    size_t used = 0;
    for (size_t i = 0; environment && i < KEPT; i++)
        if (getenv(kept[i]))
            environment[used++] = dsc_scope_format(scope, "%s=%s", kept[i], getenv(kept[i]));
    if (environment)
        environment[used] = dsc_scope_copy(scope, "LC_ALL=C.UTF-8");
    return dsc_scope_status(scope) == DSC_OK ? environment : NULL;
}

static int spawn(dsc_scope *scope, const char *program, const char *directory, const char *const *arguments,
                 int said, pid_t *pid)
{
    const char *argv[MAX_ARGUMENTS + 2] = { program };
    for (size_t i = 0; i < MAX_ARGUMENTS && arguments[i]; i++)
        argv[i + 1] = arguments[i];
    char **environment = environment_make(scope);
    if (!environment)
        return ENOMEM;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, said, 2);
    if (directory)
        posix_spawn_file_actions_addchdir_np(&actions, directory);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP); /* what it starts ends with it */
    posix_spawnattr_setpgroup(&attributes, 0);
    const int error = posix_spawnp(pid, program, &actions, &attributes, (char *const *)argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

/* Reads until the other end closes or the time is up; true in the first case. */
static bool listen_until(int said, double deadline, char *text)
{
    size_t used = 0;
    for (;;) {
        const double left = deadline - dsc_clock_seconds();
        struct pollfd poll_said = { .fd = said, .events = POLLIN };
        if (left <= 0 || poll(&poll_said, 1, (int)(left * 1000) + 1) == 0)
            return false;
        char block[512];
        const ssize_t got = read(said, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return true;
        const size_t kept = used + (size_t)got < MAX_SAID ? (size_t)got : MAX_SAID - 1 - used;
        memcpy(text + used, block, kept);
        used += kept;
    }
}

/* Waits for the end of a process, which is killed when the time is up. */
static bool wait_until(pid_t pid, double deadline, bool in_time, int *status)
{
    while (in_time && waitpid(pid, status, WNOHANG) == 0) {
        in_time = dsc_clock_seconds() < deadline;
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    if (in_time)
        return true;
    kill(-pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        continue;
    return false;
}

dsc_status dsci_gnuplot_run(dsc_scope *scope, const dsci_gnuplot *gnuplot, const char *directory,
                            const char *const *arguments, const char **said)
{
    int ends[2];
    pid_t pid = 0;
    char *text = dsc_scope_alloc(scope, MAX_SAID, 1);
    *said = text;
    if (!text)
        return dsc_scope_status(scope);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return dsc_scope_fail(scope, DSC_ERROR_FILE, "could not run %s: pipe: %s", gnuplot->program,
                              strerror(errno));
    const double deadline = dsc_clock_seconds() + gnuplot->timeout;
    const int error = spawn(scope, gnuplot->program, directory, arguments, ends[1], &pid);
    close(ends[1]);
    if (error) {
        close(ends[0]);
        return dsc_scope_fail(scope, DSC_ERROR_FILE, "could not run %s: %s", gnuplot->program,
                              strerror(error));
    }
    int status = 0;
    const bool in_time = wait_until(pid, deadline, listen_until(ends[0], deadline, text), &status);
    close(ends[0]);
    for (size_t end = strlen(text); end > 0 && text[end - 1] == '\n'; end--)
        text[end - 1] = '\0';
    for (char *line = text; (line = strchr(line, '\n')) != NULL;)
        *line = ' '; /* for messages of one line */
    if (!in_time)
        return dsc_scope_fail(scope, DSC_ERROR_FILE,
                              "%s did not finish within %g s and was stopped; it said: %s", gnuplot->program,
                              gnuplot->timeout, text[0] ? text : "(nothing)");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return dsc_scope_fail(scope, DSC_ERROR_FILE, "%s failed (%s %d): %s", gnuplot->program,
                              WIFEXITED(status) ? "exit status" : "signal",
                              WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
                              text[0] ? text : "it said nothing on stderr");
    return DSC_OK;
}

static bool is_program(const char *path)
{
    struct stat info;
    return path && stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* The first program of this name on the PATH. */
static const char *path_find(dsc_scope *scope, const char *name)
{
    const char *folder = getenv("PATH");
    while (folder && *folder) {
        const size_t length = strcspn(folder, ":");
        char *path = dsc_scope_format(scope, "%.*s/%s", (int)length, folder, name);
        if (length && is_program(path))
            return path;
        folder += length + (folder[length] == ':');
    }
    return NULL;
}

dsci_gnuplot dsci_gnuplot_find(dsc_scope *scope, double timeout)
{
    dsci_gnuplot gnuplot = { .timeout = timeout, .terminals = "" };
    const char *chosen = getenv("DESCENT_GNUPLOT");
    if (chosen && chosen[0]) {
        gnuplot.program = is_program(chosen) ? dsc_scope_copy(scope, chosen) : NULL;
        gnuplot.missing = dsc_scope_format(
            scope, "gnuplot is missing (DESCENT_GNUPLOT names '%s', which is no program)", chosen);
    } else {
        gnuplot.program = path_find(scope, "gnuplot");
        gnuplot.missing = "gnuplot is missing (apt-get install gnuplot-nox)";
    }
    if (!gnuplot.program)
        return gnuplot;
    gnuplot.missing = NULL;
    static const char *const ask[] = { "-d", "-e", "print ' ', GPVAL_TERMINALS, ' '", NULL };
    dsci_gnuplot_run(scope, &gnuplot, NULL, ask, &gnuplot.terminals);
    return gnuplot;
}
