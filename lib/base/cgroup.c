/* cgroup.c - how much processor time and memory the control groups of this process grant. */
#include "base/cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"

enum { PATH_BYTES = 4096, TABLE_BYTES = 1 << 16, SETTING_BYTES = 64 };

/* A control-group hierarchy: where the process is in it, and where that can be read. */
struct hierarchy {
    char group[PATH_BYTES]; /* the process's group, from the hierarchy's root: "/a/b" */
    char top[PATH_BYTES];   /* the group that is mounted */
    char mount[PATH_BYTES]; /* the directory it is mounted on */
};

/* True if word is one of the comma-separated words of list. */
static bool list_has(const char *list, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* Finds the process's group in the lines "id:controllers:path" of /proc/self/cgroup: those of version 2 have
   no controllers, that of version 1 has the controller's name. */
static bool find_group(char *table, bool version2, const char *controller, char group[PATH_BYTES])
{
    char *rest = NULL;
    for (char *line = strtok_r(table, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        controllers++;
        if (version2 ? *controllers == '\0' : list_has(controllers, controller))
            return snprintf(group, PATH_BYTES, "%s", path) < PATH_BYTES;
    }
    return false;
}

/* Finds the mount in the lines of /proc/self/mountinfo (proc(5)): "id parent device root mount-point options
   ... - type source super-options". */
static bool find_mount(char *table, bool version2, const char *controller, char top[PATH_BYTES],
                       char mount[PATH_BYTES])
{
    char *rest = NULL;
    for (char *line = strtok_r(table, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char type[32], options[1024];
        const char *tail = strstr(line, " - ");
        if (!tail || sscanf(tail + 3, "%31s %*s %1023s", type, options) != 2)
            continue;
        if (strcmp(type, version2 ? "cgroup2" : "cgroup") != 0 ||
            (!version2 && !list_has(options, controller)))
            continue;
        _Static_assert(PATH_BYTES == 4096, "the widths below are one less");
        if (sscanf(line, "%*s %*s %*s %4095s %4095s", top, mount) == 2)
            return true;
    }
    return false;
}

static bool read_hierarchy(const char *root, bool version2, const char *controller, struct hierarchy *h)
{
    static const char *const files[] = { "/proc/self/cgroup", "/proc/self/mountinfo" };
    char *table = malloc(TABLE_BYTES), path[PATH_BYTES];
    bool found = table != NULL;
    for (int i = 0; found && i < 2; i++) {
        snprintf(path, sizeof path, "%s%s", root, files[i]);
        found = dsci_text_read(path, table, TABLE_BYTES) &&
                (i == 0 ? find_group(table, version2, controller, h->group)
                        : find_mount(table, version2, controller, h->top, h->mount));
    }
    free(table);
    return found;
}

static bool read_setting(const char *directory, const char *name, char text[SETTING_BYTES])
{
    char path[4 * PATH_BYTES];
    return snprintf(path, sizeof path, "%s/%s", directory, name) < (int)sizeof path &&
           dsci_text_read(path, text, SETTING_BYTES);
}

/* A whole number at the beginning of *text, which is moved behind it; 0 if there is none. */
static long long next_number(const char **text)
{
    char *end;
    const long long value = strtoll(*text, &end, 10);
    *text = end;
    return value;
}

/* The limit in bytes that a group's directory sets; 0 for none. */
typedef double limit_reader(const char *directory, bool version2);

static double smaller_limit(double a, double b)
{
    return a > 0 && (b <= 0 || a < b) ? a : b;
}

/* Microseconds of processor time in each period: one file "quota period" in version 2, two in version 1. 0:
   no limit, which is "max 100000" in version 2 and -1 in version 1. */
static double read_quota(const char *directory, bool version2)
{
    char text[SETTING_BYTES], period_text[SETTING_BYTES];
    if (!read_setting(directory, version2 ? "cpu.max" : "cpu.cfs_quota_us", text) ||
        (!version2 && !read_setting(directory, "cpu.cfs_period_us", period_text)))
        return 0;
    const char *at = text, *period_at = period_text;
    const long long quota = next_number(&at);
    const long long period = next_number(version2 ? &at : &period_at);
    return quota > 0 && period > 0 ? (double)quota / (double)period : 0;
}

/* Bytes, or 0 for "max", as version 2 writes, and for a number beyond any memory, which version 1 has without
 * a limit.
 */
static double read_bytes(const char *directory, const char *name)
{
    static const double BEYOND_ANY_MEMORY = 0x1p60;
    char text[SETTING_BYTES];
    const char *at = text;
    if (!read_setting(directory, name, text))
        return 0;
    const double bytes = (double)next_number(&at);
    return bytes > 0 && bytes < BEYOND_ANY_MEMORY ? bytes : 0;
}

/* Above memory.high a group is slowed down until it makes no progress, at memory.max it is killed. */
static double read_memory(const char *directory, bool version2)
{
    return version2 ? smaller_limit(read_bytes(directory, "memory.high"), read_bytes(directory, "memory.max"))
                    : read_bytes(directory, "memory.limit_in_bytes");
}

/* The smallest limit from the process's group up to the mounted one. */
static double hierarchy_limit(const char *root, const struct hierarchy *h, bool version2, limit_reader *read)
{
    /* In a container the group can be named from outside and the mount be the group itself. */
    const size_t top = strcmp(h->top, "/") == 0 ? 0 : strlen(h->top);
    const char *below = h->group;
    if (strncmp(below, h->top, top) == 0 && (below[top] == '/' || below[top] == '\0'))
        below += top;
    else
        below = "";

    char directory[3 * PATH_BYTES];
    const int base = snprintf(directory, sizeof directory, "%s%s", root, h->mount);
    snprintf(directory + base, sizeof directory - (size_t)base, "%s", below);
    double smallest = 0;
    for (;;) {
        smallest = smaller_limit(read(directory, version2), smallest);
        char *slash = strrchr(directory + base, '/');
        if (!slash)
            return smallest;
        *slash = '\0';
    }
}

static double smallest_limit(const char *root, const char *controller, limit_reader *read)
{
    double smallest = 0;
    for (int version = 1; version <= 2; version++) {
        struct hierarchy h;
        if (read_hierarchy(root, version == 2, controller, &h))
            smallest = smaller_limit(hierarchy_limit(root, &h, version == 2, read), smallest);
    }
    return smallest;
}

double dsci_cgroup_quota(const char *root)
{
    return smallest_limit(root, "cpu", read_quota);
}

double dsci_cgroup_memory(const char *root)
{
    return smallest_limit(root, "memory", read_memory);
}
