/* series.c - series from tables. */
#include "time_series.h"

#include <string.h>

struct series *read_series(dsc_scope *scope, const char *path, const char *column)
{
    const dsc_csv_options options = { .columns = (const char *const[]){ column, NULL } };
    const dsc_dataset table = dsc_csv_read(scope, path, &options);
    struct series *series = dsc_scope_alloc(scope, 1, sizeof *series);
    if (!series || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    *series = (struct series){ .count = table.count, .features = 1, .values = table.x };
    return series;
}

/* A column of words: of each row the place of its word among all, by their bytes. */
static dsc_dataset read_words(dsc_scope *scope, const char *path, const char *column)
{
    const dsc_csv_options options = { .columns = (const char *const[]){ "log_volume", NULL },
                                      .target = column,
                                      .labels = true };
    return dsc_csv_read(scope, path, &options);
}

/* The rows before the first that is not for training, and none behind it may be. */
static size_t training_rows(dsc_scope *scope, const char *path, const dsc_dataset *flags)
{
    size_t count = 0, in_all = 0;
    for (size_t i = 0; flags->labels && i < flags->count; i++) {
        const bool trains = strcmp(flags->class_names[flags->labels[i]], "TRUE") == 0;
        count += trains && count == i;
        in_all += trains;
    }
    if (dsc_scope_status(scope) == DSC_OK && (count != in_all || count == 0 || count == flags->count))
        dsc_scope_fail(
            scope, DSC_ERROR_FORMAT,
            "%s: expected rows with train = TRUE, and behind them others; %zu begin it, %zu are in "
            "all, of %zu",
            path, count, in_all, flags->count);
    return count;
}

struct series *read_nyse(dsc_scope *scope, const char *path)
{
    const dsc_csv_options options = { .columns = (const char *const[]){ "DJ_return", "log_volume",
                                                                        "log_volatility", NULL } };
    const dsc_dataset table = dsc_csv_read(scope, path, &options);
    const dsc_dataset days = read_words(scope, path, "day_of_week");
    const dsc_dataset flags = read_words(scope, path, "train");
    struct series *series = dsc_scope_alloc(scope, 1, sizeof *series);
    if (!series || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    *series = (struct series){ .count = table.count,
                               .features = 3,
                               .target = 1,
                               .values = table.x,
                               .days = days.classes,
                               .day = dsc_one_hot(scope, &days).data,
                               .train = training_rows(scope, path, &flags) };
    return dsc_scope_status(scope) == DSC_OK ? series : NULL;
}
