/* figure.c - figures to JSON and back. */
#include <descent/figure.h>

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/text.h>

#include "base/json.h"
#include "record/where.h"

enum { MAX_FIGURES = 64, MAX_JSON_BYTES = 1 << 20, MAX_TEXT_BYTES = 400, MAX_NAME_BYTES = 64 };
static const double max_number = 1e100; /* room for the arithmetic of axes */

enum kind { TEXT, NUMBER, FLAG };

struct field {
    const char *name;
    enum kind kind;
    size_t offset;
};

#define FIELD(type, member, kind)                                                                            \
    {                                                                                                        \
#member, kind, offsetof(type, member)                                                                \
    }
static const struct field figure_fields[] = {
    FIELD(dsc_figure, name, TEXT),
    FIELD(dsc_figure, title, TEXT),
    FIELD(dsc_figure, x, TEXT),
    FIELD(dsc_figure, x_label, TEXT),
    FIELD(dsc_figure, y_label, TEXT),
    FIELD(dsc_figure, log_x, FLAG),
    FIELD(dsc_figure, log_y, FLAG),
    FIELD(dsc_figure, x_scale, NUMBER),
    FIELD(dsc_figure, y_scale, NUMBER),
    FIELD(dsc_figure, y_min, NUMBER),
    FIELD(dsc_figure, y_max, NUMBER),
    FIELD(dsc_figure, panels, TEXT),
    FIELD(dsc_figure, panel_titles, TEXT),
    FIELD(dsc_figure, by, TEXT),
    FIELD(dsc_figure, y, TEXT),
    FIELD(dsc_figure, numbers, FLAG),
    FIELD(dsc_figure, picture, FLAG),
    FIELD(dsc_figure, x_output, TEXT),
    FIELD(dsc_figure, names, FLAG),
};
static const struct field series_fields[] = {
    FIELD(dsc_series, output, TEXT), FIELD(dsc_series, label, TEXT), FIELD(dsc_series, where, TEXT),
    FIELD(dsc_series, low, TEXT),    FIELD(dsc_series, high, TEXT),
};
static const struct field mark_fields[] = {
    FIELD(dsc_mark, label, TEXT),
    FIELD(dsc_mark, at, NUMBER),
    FIELD(dsc_mark, output, TEXT),
    FIELD(dsc_mark, below, NUMBER),
};
#undef FIELD
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const style_names[] = {
    [DSC_SERIES_MEASURED] = "measured",
    [DSC_SERIES_THEORY] = "theory",
    [DSC_SERIES_PUBLISHED] = "published",
};

/* ---- to JSON ---- */

static void put(dsc_scope *scope, json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory for the figure field '%s'", name);
}

static bool is_utf8(const char *text)
{
    size_t bytes = 1;
    for (; *text && bytes; text += bytes)
        bytes = dsc_utf8_read(text, NULL);
    return bytes > 0;
}

/* Whether JSON can hold the field. */
static bool is_valid(const struct field *field, const char *at)
{
    const char *text = field->kind == TEXT ? *(const char *const *)at : NULL;
    return field->kind == TEXT ? !text || is_utf8(text)
                               : field->kind != NUMBER || isfinite(*(const double *)at);
}

static json_t *write_object(dsc_scope *scope, const void *source, const struct field *fields, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++) {
        const char *at = (const char *)source + fields[i].offset;
        if (!is_valid(&fields[i], at))
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "figure field '%s': expected a finite number or UTF-8 text", fields[i].name);
        else if (fields[i].kind == TEXT && *(const char *const *)at)
            put(scope, object, fields[i].name, json_string(*(const char *const *)at));
        else if (fields[i].kind == NUMBER && *(const double *)at != 0)
            put(scope, object, fields[i].name, json_real(*(const double *)at));
        else if (fields[i].kind == FLAG && *(const bool *)at)
            put(scope, object, fields[i].name, json_true());
    }
    return object;
}

static void append(dsc_scope *scope, json_t *array, json_t *item)
{
    if (json_array_append_new(array, item) != 0)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while writing the figures as JSON");
}

static json_t *write_numbers(dsc_scope *scope, const double *numbers, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(array, json_real(numbers[i])) != 0)
            dsc_scope_fail(scope, isfinite(numbers[i]) ? DSC_ERROR_MEMORY : DSC_ERROR_ARGUMENT,
                           isfinite(numbers[i]) ? "out of memory while writing the figures as JSON"
                                                : "figure: a published point is not a finite number");
    return array;
}

static json_t *write_series(dsc_scope *scope, const dsc_series *series)
{
    json_t *object = write_object(scope, series, series_fields, COUNT(series_fields));
    put(scope, object, "style", json_string(style_names[series->style]));
    if (series->reference_count) {
        put(scope, object, "reference_x", write_numbers(scope, series->reference_x, series->reference_count));
        put(scope, object, "reference_y", write_numbers(scope, series->reference_y, series->reference_count));
    }
    return object;
}

static json_t *write_figure(dsc_scope *scope, const dsc_figure *figure)
{
    json_t *object = write_object(scope, figure, figure_fields, COUNT(figure_fields));
    json_t *series = json_array(), *marks = json_array();
    for (size_t i = 0; i < DSC_FIGURE_MAX_SERIES; i++) {
        const dsc_series *s = &figure->series[i];
        if (!s->output && s->reference_count == 0)
            break;
        if (s->reference_count > DSC_SERIES_MAX_POINTS || (unsigned)s->style >= COUNT(style_names))
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "figure '%s', series %zu: a style of three and at most %d points",
                           figure->name ? figure->name : "", i, DSC_SERIES_MAX_POINTS);
        else
            append(scope, series, write_series(scope, s));
    }
    for (size_t i = 0; i < DSC_FIGURE_MAX_MARKS && figure->marks[i].label; i++)
        append(scope, marks, write_object(scope, &figure->marks[i], mark_fields, COUNT(mark_fields)));
    put(scope, object, "series", series);
    put(scope, object, "marks", marks);
    return object;
}

const char *dsc_figures_to_json(dsc_scope *scope, const dsc_figure *figures, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        append(scope, array, write_figure(scope, &figures[i]));
    char *text = json_dumps(array, JSON_COMPACT);
    json_decref(array);
    if (!text)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while writing the figures as JSON");
    const char *copy = text ? dsc_scope_copy(scope, text) : NULL;
    free(text);
    return copy;
}

/* ---- from JSON ---- */

/* The place that is being read, for error messages. */
struct reader {
    dsc_scope *scope;
    char where[64]; /* "figure 0, series 2" */
};

static bool refuse(const struct reader *r, const char *field, const char *expected)
{
    dsc_scope_fail(
        r->scope, DSC_ERROR_FORMAT,
        "figures of the results file: %s, field '%.40s': expected %s. The file is damaged or was made by "
        "another version",
        r->where, field, expected);
    return false;
}

static bool read_number(const struct reader *r, const char *name, const json_t *value, double *number)
{
    if (!json_is_number(value))
        return refuse(r, name, "a number");
    *number = json_number_value(value);
    return fabs(*number) <= max_number || refuse(r, name, "a number within 1e100");
}

static bool read_field(const struct reader *r, const struct field *field, const json_t *value, void *target)
{
    void *at = (char *)target + field->offset;
    switch (field->kind) {
    case TEXT:
        if (!json_is_string(value) || json_string_length(value) > MAX_TEXT_BYTES)
            return refuse(r, field->name, "a text of at most 400 bytes");
        *(const char **)at = dsc_scope_copy(r->scope, json_string_value(value));
        return *(const char **)at != NULL;
    case NUMBER: return read_number(r, field->name, value, at);
    case FLAG:
        if (!json_is_boolean(value))
            return refuse(r, field->name, "true or false");
        *(bool *)at = json_is_true(value);
        return true;
    }
    return false;
}

/* Fills target from the fields that the table names; others must be among `also`, a NULL-terminated list. */
static bool read_object(const struct reader *r, json_t *object, const struct field *fields, size_t count,
                        const char *const *also, void *target)
{
    if (!json_is_object(object))
        return refuse(r, "", "an object");
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        size_t i = 0;
        while (i < count && strcmp(name, fields[i].name) != 0)
            i++;
        if (i < count) {
            if (!read_field(r, &fields[i], value, target))
                return false;
            continue;
        }
        const char *const *a = also;
        while (*a && strcmp(name, *a) != 0)
            a++;
        if (!*a)
            return refuse(r, name, "no field of this name");
    }
    return true;
}

/* The array under name; a missing one reads as empty. */
static bool array_length(const struct reader *r, json_t *object, const char *name, size_t limit,
                         size_t *count)
{
    json_t *array = json_object_get(object, name);
    *count = json_array_size(array);
    if ((array && !json_is_array(array)) || *count > limit) {
        char expected[40];
        snprintf(expected, sizeof expected, "an array of at most %zu", limit);
        return refuse(r, name, expected);
    }
    return true;
}

static bool read_points(const struct reader *r, json_t *object, const char *name, double *numbers,
                        size_t *count)
{
    if (!array_length(r, object, name, DSC_SERIES_MAX_POINTS, count))
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!read_number(r, name, json_array_get(json_object_get(object, name), i), &numbers[i]))
            return false;
    return true;
}

static bool read_style(const struct reader *r, const json_t *value, dsc_series_style *style)
{
    const char *name = json_string_value(value);
    for (unsigned i = 0; name && i < COUNT(style_names); i++)
        if (strcmp(name, style_names[i]) == 0) {
            *style = (dsc_series_style)i;
            return true;
        }
    return refuse(r, "style", "measured, theory or published");
}

static bool read_series(const struct reader *r, json_t *object, dsc_series *series)
{
    static const char *const also[] = { "style", "reference_x", "reference_y", NULL };
    size_t count_y = 0;
    if (!read_object(r, object, series_fields, COUNT(series_fields), also, series) ||
        !read_style(r, json_object_get(object, "style"), &series->style) ||
        !read_points(r, object, "reference_x", series->reference_x, &series->reference_count) ||
        !read_points(r, object, "reference_y", series->reference_y, &count_y))
        return false;
    if (series->reference_count != count_y)
        return refuse(r, "reference_y", "as many numbers as reference_x has");
    const bool by_points =
        series->style == DSC_SERIES_PUBLISHED || (series->style == DSC_SERIES_THEORY && !series->output);
    if (by_points ? count_y == 0 : !series->output)
        return refuse(r, "output", "the name of an output, or the points of a line or of a publication");
    dsci_where where;
    const char *wrong = dsci_where_read(r->scope, series->where, &where);
    if (wrong)
        return refuse(r, "where", dsc_scope_format(r->scope, "AXIS=VALUES; %s", wrong));
    if (!series->low != !series->high)
        return refuse(r, "low", "an output at both ends of a band, or at none");
    return true;
}

static bool read_mark(const struct reader *r, json_t *object, dsc_mark *mark)
{
    static const char *const also[] = { NULL };
    return read_object(r, object, mark_fields, COUNT(mark_fields), also, mark) &&
           (mark->label || refuse(r, "label", "a text"));
}

/* The name becomes part of file names. */
static bool is_file_name(const char *name)
{
    const size_t length = strlen(name);
    if (length == 0 || length > MAX_NAME_BYTES || !isalnum((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
            return false;
    return true;
}

static bool read_figure(struct reader *r, size_t index, json_t *object, dsc_figure *figure)
{
    static const char *const also[] = { "series", "marks", NULL };
    size_t series = 0, marks = 0;
    snprintf(r->where, sizeof r->where, "figure %zu", index);
    if (!read_object(r, object, figure_fields, COUNT(figure_fields), also, figure) ||
        !array_length(r, object, "series", DSC_FIGURE_MAX_SERIES, &series) ||
        !array_length(r, object, "marks", DSC_FIGURE_MAX_MARKS, &marks))
        return false;
    if (!figure->name || !is_file_name(figure->name))
        return refuse(r, "name", "1 to 64 letters, digits, '-', '_' or '.', a letter or digit first");
    if (!figure->x)
        return refuse(r, "x", "the name of an axis");
    for (size_t i = 0; i < series; i++) {
        snprintf(r->where, sizeof r->where, "figure %zu, series %zu", index, i);
        if (!read_series(r, json_array_get(json_object_get(object, "series"), i), &figure->series[i]))
            return false;
    }
    for (size_t i = 0; i < marks; i++) {
        snprintf(r->where, sizeof r->where, "figure %zu, mark %zu", index, i);
        if (!read_mark(r, json_array_get(json_object_get(object, "marks"), i), &figure->marks[i]))
            return false;
    }
    return true;
}

static const dsc_figure *read_figures(dsc_scope *scope, json_t *array, size_t *count)
{
    struct reader reader = { .scope = scope, .where = "all" };
    if (!json_is_array(array) || json_array_size(array) > MAX_FIGURES) {
        refuse(&reader, "", "an array of at most 64 figures");
        return NULL;
    }
    const size_t figures = json_array_size(array);
    dsc_figure *figure = dsc_scope_alloc(scope, figures, sizeof *figure);
    for (size_t i = 0; figure && i < figures; i++) {
        if (!read_figure(&reader, i, json_array_get(array, i), &figure[i]))
            return NULL;
        for (size_t j = 0; j < i; j++)
            if (strcmp(figure[i].name, figure[j].name) == 0) {
                refuse(&reader, "name", "a name that no other figure has");
                return NULL;
            }
    }
    if (figure)
        *count = figures;
    return figure;
}

const dsc_figure *dsc_figures_from_json(dsc_scope *scope, const char *json, size_t *count)
{
    *count = 0;
    const size_t length = json ? strnlen(json, MAX_JSON_BYTES + 1) : 0;
    if (length > MAX_JSON_BYTES) {
        dsc_scope_fail(scope, DSC_ERROR_FORMAT, "figures of the results file: longer than %d bytes",
                       MAX_JSON_BYTES);
        return NULL;
    }
    json_error_t error;
    json_t *array = dsci_json_read_bytes(scope, json ? json : "", length, &error);
    if (!array) {
        dsc_scope_fail(
            scope, DSC_ERROR_FORMAT,
            "figures of the results file: expected JSON, line %d, column %d: %s. The file is damaged",
            error.line, error.column, error.text);
        return NULL;
    }
    const dsc_figure *figures = read_figures(scope, array, count);
    json_decref(array);
    return figures;
}
