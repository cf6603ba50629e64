/* option_kinds.c - how the values of options are read. */
#include <descent/tensor.h>
#include <descent/value.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

void cli_option_flag(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    (void)scope, (void)option, (void)text;
    *(bool *)field = true;
}

void cli_option_text(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    if (*text)
        *(const char **)field = text;
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--%s expects %s, found an empty text", option->name,
                       option->value);
}

static bool within(const cli_option *option, double value)
{
    return (option->min == 0 && option->max == 0) || (value >= option->min && value <= option->max);
}

static void refuse_number(dsc_scope *scope, const cli_option *option, const char *what, const char *text)
{
    if (option->min == 0 && option->max == 0)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--%s expects %s, found '%s'", option->name, what, text);
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--%s expects %s in %s..%s, found '%s'", option->name, what,
                       dsc_number_text(scope, option->min, 10), dsc_number_text(scope, option->max, 10),
                       text);
}

void cli_option_integer(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    if (!dsc_parse_integer(text, field) || !within(option, (double)*(int64_t *)field))
        refuse_number(scope, option, "an integer", text);
}

void cli_option_real(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    if (!dsc_parse_real(text, field) || !within(option, *(double *)field))
        refuse_number(scope, option, "a number", text);
}

void cli_option_duration(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    static const struct {
        char letter;
        double seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    const size_t length = strlen(text);
    double number = 0, unit = 1;
    size_t digits = length;
    for (size_t i = 0; i < sizeof units / sizeof units[0] && length; i++) {
        if (text[length - 1] == units[i].letter) {
            unit = units[i].seconds;
            digits = length - 1;
        }
    }
    const char *head = dsc_scope_format(scope, "%.*s", (int)digits, text);
    if (head && dsc_parse_real(head, &number) && number > 0)
        *(double *)field = number * unit;
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "--%s expects a duration such as 90, 90s, 10m, 2h or 1d, found '%s'", option->name,
                       text);
}

void cli_option_length(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    static const struct {
        const char *name;
        double inches;
    } units[] = { { "in", 1 }, { "cm", 1 / 2.54 }, { "mm", 1 / 25.4 }, { "pt", 1 / 72.27 } };
    const size_t length = strlen(text);
    double number = 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0] && length > 2; i++) {
        const char *head = dsc_scope_format(scope, "%.*s", (int)length - 2, text);
        if (strcmp(text + length - 2, units[i].name) == 0 && head && dsc_parse_real(head, &number) &&
            number > 0) {
            *(double *)field = number * units[i].inches;
            return;
        }
    }
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                   "--%s expects a length such as 3.4in, 8.6cm, 86mm or 246pt, found '%s'", option->name,
                   text);
}

void cli_option_threads(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    enum { MOST = 4096 };
    int64_t count = 0;
    if (strcmp(text, "auto") == 0)
        *(int *)field = 0;
    else if (dsc_parse_integer(text, &count) && count >= 1 && count <= MOST)
        *(int *)field = (int)count;
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "--%s expects a number of threads in 1..%d or 'auto', found '%s'", option->name, MOST,
                       text);
}

void cli_option_isa(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    (void)option;
    *(dsc_isa *)field = dsc_isa_parse(scope, text);
}

void cli_option_engine(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    (void)option;
    *(dsc_engine *)field = dsc_engine_parse(scope, text);
}

void cli_option_precision(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    (void)option;
    *(dsc_dtype *)field = dsc_dtype_parse(scope, text);
}

void cli_option_formats(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    static const char *const known[] = { "svg", "png", "pdf", "tex" };
    for (const char *start = text; start; start = strchr(start, ',') ? strchr(start, ',') + 1 : NULL) {
        const size_t length = strcspn(start, ",");
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            found = found || (strlen(known[i]) == length && strncmp(known[i], start, length) == 0);
        if (!found) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "--%s expects formats out of svg, png, pdf, tex with commas "
                           "between them, found '%s'",
                           option->name, text);
            return;
        }
    }
    *(const char **)field = text;
}

static bool is_shard(int64_t shard, int64_t shards)
{
    return shard >= 1 && shard <= shards && shards <= INT32_MAX;
}

/* Slurm's own count is of the tasks that were submitted together, which are some of the shards when a few are
   submitted again: how many there are must be said. The numbers of tasks are those of the shards. */
static cli_shard shard_of_slurm(dsc_scope *scope, const cli_option *option, const char *count)
{
    int64_t shards = 0, task = 0;
    const char *id = getenv("SLURM_ARRAY_TASK_ID");
    if (!count || !dsc_parse_integer(count, &shards) || !is_shard(1, shards))
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "--%s slurm/N expects the number N of all shards, such as slurm/8 with sbatch --array=1-8: "
            "Slurm counts only the tasks that are submitted together",
            option->name);
    else if (!id || !dsc_parse_integer(id, &task))
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "--%s slurm/%lld: this is not a task of a Slurm job array (SLURM_ARRAY_TASK_ID is '%.20s'); "
            "submit it with sbatch --array=1-%lld, or give I/%lld",
            option->name, (long long)shards, id ? id : "", (long long)shards, (long long)shards);
    else if (!is_shard(task, shards))
        dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "--%s slurm/%lld: task %lld is none of 1..%lld, which are the shards; submit with sbatch "
            "--array=1-%lld, or some of these again",
            option->name, (long long)shards, (long long)task, (long long)shards, (long long)shards);
    return (cli_shard){ .shard = (int)task, .shards = (int)shards };
}

void cli_option_shard(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    const char *slash = strchr(text, '/');
    const char *head = slash ? dsc_scope_format(scope, "%.*s", (int)(slash - text), text) : text;
    int64_t shard = 0, shards = 0;
    if (head && strcmp(head, "slurm") == 0)
        *(cli_shard *)field = shard_of_slurm(scope, option, slash ? slash + 1 : NULL);
    else if (head && slash && dsc_parse_integer(head, &shard) && dsc_parse_integer(slash + 1, &shards) &&
             is_shard(shard, shards))
        *(cli_shard *)field = (cli_shard){ .shard = (int)shard, .shards = (int)shards };
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "--%s expects I/N with 1 <= I <= N, such as 2/8, or slurm/N, found '%s'", option->name,
                       text);
}

void cli_settings_add(dsc_scope *scope, cli_settings *settings, const char *name, const char *value)
{
    if (settings->count == settings->capacity) {
        const size_t capacity = settings->capacity ? 2 * settings->capacity : 16;
        dsc_setting *items = dsc_scope_alloc(scope, capacity, sizeof *items);
        if (!items)
            return;
        if (settings->count)
            memcpy(items, settings->items, settings->count * sizeof *items);
        settings->items = items;
        settings->capacity = capacity;
    }
    settings->items[settings->count++] = (dsc_setting){ .name = name, .value = value };
}

void cli_option_setting(dsc_scope *scope, const cli_option *option, const char *text, void *field)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1]) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "--%s expects NAME=VALUE, found '%s'", option->name, text);
        return;
    }
    cli_settings_add(scope, field, dsc_scope_format(scope, "%.*s", (int)(equals - text), text), equals + 1);
}
