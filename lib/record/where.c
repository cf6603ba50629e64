/* where.c - reads the texts that choose points of a record, and finds the places that they choose. */
#include "record/where.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/value.h>

static const char no_memory[] = "out of memory";

/* What is wrong, in the scope. */
#define WRONG(scope, ...) or_no_memory(dsc_scope_format(scope, __VA_ARGS__))

static const char *or_no_memory(const char *message)
{
    return message ? message : no_memory;
}

/* ---- reading ---- */

/* The first `length` bytes as a number; nothing of them leaves it as it is. */
static bool read_end(dsc_scope *scope, const char *text, size_t length, double *value)
{
    const char *copy = length ? dsc_scope_format(scope, "%.*s", (int)length, text) : NULL;
    return length == 0 || (copy && dsc_parse_real(copy, value));
}

static const char *read_alternative(dsc_scope *scope, const char *text, size_t length,
                                    dsci_alternative *alternative)
{
    char *copy = dsc_scope_format(scope, "%.*s", (int)length, text);
    if (!copy)
        return no_memory;
    *alternative = (dsci_alternative){ .text = copy, .low = -INFINITY, .high = INFINITY };
    const char *dots = strstr(copy, ".."), *star = strchr(copy, '*');
    if (strcmp(copy, "last") == 0) {
        alternative->kind = DSCI_LARGEST_VALUE;
    } else if (dots) {
        alternative->kind = DSCI_VALUE_RANGE;
        if (length == 2 || !read_end(scope, copy, (size_t)(dots - copy), &alternative->low) ||
            !read_end(scope, dots + 2, strlen(dots + 2), &alternative->high) ||
            alternative->low > alternative->high)
            return WRONG(scope,
                         "'%.80s' is no range: expected LOW..HIGH, LOW.. or ..HIGH in increasing numbers",
                         copy);
    } else if (star && strchr(star + 1, '*')) {
        return WRONG(scope, "'%.80s' has more than one asterisk", copy);
    }
    return NULL;
}

/* Reads "width=9,47,36..80", in which the equals sign has been seen. */
static const char *read_condition(dsc_scope *scope, const char *text, size_t length,
                                  dsci_condition *condition)
{
    const char *equals = memchr(text, '=', length), *value = equals + 1;
    const size_t name = (size_t)(equals - text), rest = length - name - 1;
    condition->axis = dsc_scope_format(scope, "%.*s", (int)name, text);
    condition->text = dsc_scope_format(scope, "%.*s", (int)rest, value);
    size_t count = 1;
    for (size_t i = 0; i < rest; i++)
        count += value[i] == ',';
    condition->alternatives = dsc_scope_alloc(scope, count, sizeof *condition->alternatives);
    if (!condition->axis || !condition->text || !condition->alternatives)
        return no_memory;
    for (const char *at = condition->text; condition->count < count; at += strcspn(at, ",") + 1) {
        const size_t bytes = strcspn(at, ",");
        if (bytes == 0)
            return WRONG(scope, "'%.80s=%.80s' lacks a value", condition->axis, condition->text);
        const char *wrong = read_alternative(scope, at, bytes, &condition->alternatives[condition->count++]);
        if (wrong)
            return wrong;
    }
    return NULL;
}

static size_t skip(const char *text, size_t at)
{
    return at + strspn(text + at, " ");
}

static size_t word_end(const char *text, size_t at)
{
    return at + strcspn(text + at, " ");
}

/* Where the condition ends that begins at a place: its first word, and those behind it without an equals
 * sign.
 */
static size_t condition_end(const char *text, size_t begin)
{
    size_t end = word_end(text, begin);
    for (size_t next = skip(text, end); text[next]; next = skip(text, end)) {
        const size_t next_end = word_end(text, next);
        if (memchr(text + next, '=', next_end - next))
            break;
        end = next_end;
    }
    return end;
}

const char *dsci_where_read(dsc_scope *scope, const char *text, dsci_where *where)
{
    *where = (dsci_where){ 0 };
    text = text ? text : "";
    size_t most = 0;
    for (const char *c = text; *c; c++)
        most += *c == '=';
    where->conditions = dsc_scope_alloc(scope, most + 1, sizeof *where->conditions);
    if (!where->conditions)
        return no_memory;
    for (size_t at = skip(text, 0), end; text[at]; at = skip(text, end)) {
        end = condition_end(text, at);
        const char *equals = memchr(text + at, '=', word_end(text, at) - at);
        if (!equals || equals == text + at)
            return WRONG(scope, "'%.*s' is not AXIS=VALUES", (int)(end - at < 80 ? end - at : 80), text + at);
        dsci_condition condition = { 0 };
        const char *wrong = read_condition(scope, text + at, end - at, &condition);
        if (wrong)
            return wrong;
        if (dsci_where_find(where, condition.axis))
            return WRONG(scope, "'%.80s' has two conditions", condition.axis);
        where->conditions[where->count++] = condition;
    }
    return NULL;
}

const dsci_condition *dsci_where_find(const dsci_where *where, const char *axis)
{
    for (size_t i = 0; i < where->count; i++)
        if (strcmp(where->conditions[i].axis, axis) == 0)
            return &where->conditions[i];
    return NULL;
}

/* ---- choosing ---- */

bool dsci_same_number(double a, double b)
{
    return isfinite(b) && fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

/* Whether a name is what a pattern says, in which one asterisk stands for any text. */
static bool matches(const char *pattern, const char *name, size_t length)
{
    const size_t before = strcspn(pattern, "*");
    if (pattern[before] == '\0')
        return before == length && memcmp(pattern, name, length) == 0;
    const char *behind = pattern + before + 1;
    const size_t after = strlen(behind);
    return length >= before + after && memcmp(name, pattern, before) == 0 &&
           memcmp(name + length - after, behind, after) == 0;
}

/* The names "a|b|c" stand for the values 0, 1, 2: flags the places whose value has a name that is meant, by
   way of named, a flag for each name. True if some name is. */
static bool flag_names(const dsc_record_axis *axis, const char *pattern, bool *named, bool *meant)
{
    bool found = false;
    size_t count = 0;
    for (const char *name = axis->names; name; count++) {
        const size_t length = strcspn(name, "|");
        named[count] = matches(pattern, name, length);
        found = found || named[count];
        name = name[length] ? name + length + 1 : NULL;
    }
    for (size_t i = 0; found && i < axis->count; i++) {
        const double value = axis->values[i];
        meant[i] = meant[i] || (value >= 0 && value < (double)count && named[(size_t)value]);
    }
    return found;
}

static double largest(const dsc_record_axis *axis)
{
    double value = -INFINITY;
    for (size_t i = 0; i < axis->count; i++)
        value = fmax(value, axis->values[i]);
    return value;
}

static void flag_alternative(const dsc_record_axis *axis, const dsci_alternative *alternative, bool *named,
                             bool *meant)
{
    double low = alternative->low, high = alternative->high;
    if (flag_names(axis, alternative->text, named, meant))
        return;
    if (alternative->kind == DSCI_LARGEST_VALUE)
        low = high = largest(axis);
    else if (alternative->kind == DSCI_ONE_VALUE && dsc_parse_real(alternative->text, &low))
        high = low;
    else if (alternative->kind == DSCI_ONE_VALUE)
        return;
    for (size_t i = 0; i < axis->count; i++) {
        const double value = axis->values[i];
        meant[i] = meant[i] || (value >= low && value <= high) || dsci_same_number(value, low) ||
                   dsci_same_number(value, high);
    }
}

struct place {
    double value;
    size_t at;
};

static int by_value(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->value != y->value ? (x->value > y->value) - (x->value < y->value)
                                : (x->at > y->at) - (x->at < y->at);
}

dsci_places dsci_where_places(dsc_scope *scope, const dsc_record_axis *axis, const dsci_condition *condition)
{
    dsci_places places = { .condition = condition };
    bool *meant = dsc_scope_alloc(scope, axis->count, sizeof *meant);
    bool *named = dsc_scope_alloc(scope, axis->names ? strlen(axis->names) + 1 : 1, sizeof *named);
    struct place *sorted = dsc_scope_alloc(scope, axis->count, sizeof *sorted);
    places.at = dsc_scope_alloc(scope, axis->count, sizeof *places.at);
    if (!meant || !named || !sorted || !places.at)
        return (dsci_places){ .condition = condition };
    for (size_t i = 0; condition && i < condition->count; i++)
        flag_alternative(axis, &condition->alternatives[i], named, meant);
    for (size_t i = 0; i < axis->count; i++)
        if (!condition || meant[i])
            sorted[places.count++] = (struct place){ axis->values[i], i };
    qsort(sorted, places.count, sizeof *sorted, by_value);
    for (size_t i = 0; i < places.count; i++)
        places.at[i] = sorted[i].at;
    return places;
}

/* A text that can be no value of an axis without names. */
static const char *check_numbers(dsc_scope *scope, const dsc_record_axis *axis,
                                 const dsci_condition *condition)
{
    double unused;
    for (size_t i = 0; i < condition->count; i++) {
        const dsci_alternative *alternative = &condition->alternatives[i];
        if (!axis->names && alternative->kind == DSCI_ONE_VALUE &&
            !dsc_parse_real(alternative->text, &unused))
            return WRONG(scope, "'%.80s' is no number, and the values of axis '%s' have no names",
                         alternative->text, axis->name);
    }
    return NULL;
}

static size_t axis_index(const dsc_record_spec *spec, const char *name)
{
    size_t i = 0;
    while (i < spec->axis_count && strcmp(spec->axes[i].name, name) != 0)
        i++;
    return i;
}

const char *dsci_where_choose(dsc_scope *scope, const dsc_record_spec *spec, const dsci_where *where,
                              dsci_places places[DSC_RECORD_MAX_AXES])
{
    for (size_t i = 0; i < where->count; i++) {
        const dsci_condition *condition = &where->conditions[i];
        const size_t axis = axis_index(spec, condition->axis);
        if (axis == spec->axis_count)
            return WRONG(scope, "the file has no axis '%.80s'", condition->axis);
        const char *wrong = check_numbers(scope, &spec->axes[axis], condition);
        if (wrong)
            return wrong;
    }
    for (size_t i = 0; i < spec->axis_count; i++) {
        places[i] = dsci_where_places(scope, &spec->axes[i], dsci_where_find(where, spec->axes[i].name));
        if (!places[i].at)
            return no_memory;
    }
    return NULL;
}

size_t dsci_axis_nearest(const dsc_record_axis *axis, double value)
{
    size_t found = 0;
    for (size_t i = 1; i < axis->count; i++)
        if (fabs(axis->values[i] - value) < fabs(axis->values[found] - value))
            found = i;
    return found;
}
