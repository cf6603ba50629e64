/* patterns.c - patterns of parameters' names, and the name that a wrong one was meant to match. */
#include "base/patterns.h"

#include <string.h>

/* After a mismatch the last star takes one letter more. */
bool dsci_pattern_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = NULL;
    while (*name)
        if (*pattern == '*') {
            star = ++pattern;
            resume = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++resume;
        } else
            return false;
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* The part of a name "layer/parameter" that a pattern fixes: the half without a star, or the whole name. */
static const char *half_of(dsc_scope *scope, const char *name, bool any_layer, bool any_parameter)
{
    const char *slash = strrchr(name, '/');
    if (!slash || any_layer == any_parameter)
        return name;
    return any_layer ? slash : dsc_scope_format(scope, "%.*s", (int)(slash - name), name);
}

static const char *text_at(const void *texts, size_t i)
{
    return ((const char *const *)texts)[i];
}

/* The parameter that the pattern was probably meant to match, or NULL. */
static const char *nearest(dsc_scope *scope, const char *pattern, size_t count, dsc_name_at_fn *name_at,
                           const void *user)
{
    const char *slash = strrchr(pattern, '/');
    const bool any_layer = slash && memchr(pattern, '*', (size_t)(slash - pattern)),
               any_parameter = slash && strchr(slash, '*');
    const char **halves = dsc_scope_alloc(scope, count, sizeof(const char *));
    for (size_t i = 0; halves && i < count; i++)
        halves[i] = half_of(scope, name_at(user, i), any_layer, any_parameter);
    const char *text = half_of(scope, pattern, any_layer, any_parameter);
    const char *found = halves ? dsc_nearest_name(text, count, text_at, halves) : NULL;
    for (size_t i = 0; found && i < count; i++)
        if (halves[i] == found)
            return name_at(user, i);
    return NULL;
}

dsc_status dsci_fail_unmatched(dsc_scope *scope, const char *what, const char *pattern, size_t count,
                               dsc_name_at_fn *name_at, const void *user)
{
    dsc_scope *local = dsc_scope_open(NULL);
    const char *meant = nearest(local, pattern, count, name_at, user);
    if (meant)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "%s to match a parameter, found none for '%s'; did you mean '%s'?", what, pattern,
                       meant);
    else if (count > 0)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "%s to match a parameter, found none for '%s'; expected a pattern of names such as "
                       "'%s' or '%s'",
                       what, pattern, name_at(user, 0), name_at(user, count - 1));
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "%s to match a parameter, found none in the network", what);
    dsc_scope_close(&local);
    return dsc_scope_status(scope);
}
