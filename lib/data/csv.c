/* csv.c - tables of numbers as text: RFC 4180, with tabs or semicolons too. */
#include <descent/data.h>

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <descent/file.h>
#include <descent/value.h>

#include "base/file.h"

enum { LIMIT_BYTES = 256 << 20 };

/* The fields of a file, row by row; they point into its text, which has been cut up. */
struct table {
    dsc_scope *work;
    const char *path;
    char separator;
    size_t rows, columns;
    char **fields; /* rows x columns */
    size_t *line;  /* of each row, from 1 */
    bool header;   /* the first row is one */
};

/* Where reading is. */
struct cursor {
    char *next, *end;
    size_t line;
};

static bool ends_line(const struct cursor *c)
{
    return c->next == c->end || *c->next == '\n' ||
           (*c->next == '\r' && c->next + 1 < c->end && c->next[1] == '\n');
}

static void skip_line_end(struct cursor *c)
{
    if (c->next < c->end && *c->next == '\r')
        c->next++;
    if (c->next < c->end)
        c->next++, c->line++;
}

static void skip_empty_lines(struct cursor *c)
{
    while (c->next < c->end && ends_line(c))
        skip_line_end(c);
}

/* The separator of the first line that is not empty: a tab if it has one, else a semicolon, else a comma.
   Those inside quotes do not count. */
static char find_separator(struct cursor c)
{
    bool quoted = false, semicolon = false;
    skip_empty_lines(&c);
    for (; c.next < c.end && (quoted || *c.next != '\n'); c.next++) {
        if (*c.next == '"')
            quoted = !quoted;
        else if (!quoted && *c.next == '\t')
            return '\t';
        else if (!quoted && *c.next == ';')
            semicolon = true;
    }
    return semicolon ? ';' : ',';
}

/* A field in quotes, of which two stand for one. Moves the text to its place without them; returns the end of
   the text, NULL if the closing quote is missing. */
static char *unquote(struct cursor *c)
{
    char *to = c->next++;
    for (; c->next < c->end; c->next++) {
        if (*c->next == '"' && (c->next + 1 == c->end || c->next[1] != '"')) {
            c->next++;
            return to;
        }
        c->line += *c->next == '\n';
        c->next += *c->next == '"';
        *to++ = *c->next;
    }
    return NULL;
}

static char *trim(char *field, char *end)
{
    while (field < end && (*field == ' ' || *field == '\t'))
        field++;
    while (end > field && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    return field;
}

/* The next field, NUL-terminated; *last tells that its line ends behind it. NULL after an error. The text's
   own NUL lies behind the file's end. */
static char *next_field(struct table *t, struct cursor *c, bool *last)
{
    char *field = c->next, *end;
    const size_t line = c->line;
    if (c->next < c->end && *c->next == '"') {
        end = unquote(c);
        if (!end || !(ends_line(c) || *c->next == t->separator)) {
            dsc_scope_fail(
                t->work, DSC_ERROR_FORMAT,
                !end ? "%s:%zu: a quote is opened and not closed"
                     : "%s:%zu: text follows a closing quote; expected a separator or the line's end",
                t->path, line);
            return NULL;
        }
    } else {
        while (!ends_line(c) && *c->next != t->separator)
            c->next++;
        end = c->next;
    }
    *last = ends_line(c);
    if (*last)
        skip_line_end(c);
    else
        c->next++;
    return trim(field, end);
}

/* One row into fields, which may be NULL: count only. Returns how many fields there are, 0 after an error. */
static size_t read_row(struct table *t, struct cursor *c, char **fields)
{
    size_t count = 0;
    bool last = false;
    while (!last) {
        char *field = next_field(t, c, &last);
        if (!field)
            return 0;
        if (fields && count < t->columns)
            fields[count] = field;
        count++;
    }
    return count;
}

/* Most rows a file can have: its line ends, and one. */
static size_t count_lines(const struct cursor *c)
{
    size_t lines = 1;
    for (const char *p = c->next; p < c->end; p++)
        lines += *p == '\n';
    return lines;
}

/* Fields of the first row: separators outside quotes, and one. Nothing is cut up yet. */
static size_t count_columns(struct cursor c, char separator)
{
    bool quoted = false;
    size_t columns = 1;
    skip_empty_lines(&c);
    for (; c.next < c.end && (quoted || *c.next != '\n'); c.next++) {
        if (*c.next == '"')
            quoted = !quoted;
        columns += !quoted && *c.next == separator;
    }
    return columns;
}

static bool cut_up(struct table *t, struct cursor c)
{
    const size_t lines = count_lines(&c);
    t->columns = count_columns(c, t->separator);
    /* A row is at least its separators and a line's end: more rows than that can't all be whole. */
    const size_t most = (size_t)(c.end - c.next) / t->columns + 1, rows = lines < most ? lines : most;
    t->fields = dsc_scope_alloc(t->work, rows * t->columns, sizeof *t->fields);
    t->line = dsc_scope_alloc(t->work, rows, sizeof *t->line);
    if (!t->fields || !t->line)
        return false;
    for (skip_empty_lines(&c); c.next < c.end; skip_empty_lines(&c)) {
        const size_t line = c.line;
        const size_t found = read_row(t, &c, t->rows < rows ? t->fields + t->rows * t->columns : NULL);
        if (found == 0)
            return false;
        if (found != t->columns || t->rows == rows) {
            dsc_scope_fail(t->work, DSC_ERROR_FORMAT,
                           "%s:%zu: expected %zu fields as in the first row, found %zu", t->path, line,
                           t->columns, found);
            return false;
        }
        t->line[t->rows++] = line;
    }
    return true;
}

static const char *field_at(const struct table *t, size_t row, size_t column)
{
    return t->fields[row * t->columns + column];
}

/* A column by its number from 1; SIZE_MAX if the name is none. */
static size_t column_number(const struct table *t, const char *name)
{
    int64_t number = 0;
    return dsc_parse_integer(name, &number) && number >= 1 && (uint64_t)number <= t->columns
               ? (size_t)number - 1
               : SIZE_MAX;
}

/* A first row is a header if it has a field that is no number; of a row of numbers the classes may be words,
   if their column is given by number. */
static bool is_header(const struct table *t, const dsc_csv_options *o)
{
    const size_t classes = o->target && o->labels ? column_number(t, o->target) : SIZE_MAX;
    double value;
    for (size_t c = 0; t->rows && c < t->columns; c++)
        if (c != classes && !dsc_parse_real(field_at(t, 0, c), &value))
            return true;
    return false;
}

static const char *header_at(const void *user, size_t i)
{
    return field_at(user, 0, i);
}

/* The column of a name in the header, or of a number. */
static size_t find_column(const struct table *t, const char *name)
{
    for (size_t c = 0; t->header && c < t->columns; c++)
        if (strcmp(field_at(t, 0, c), name) == 0)
            return c;
    const size_t number = column_number(t, name);
    if (number == SIZE_MAX) {
        const char *near = t->header ? dsc_nearest_name(name, t->columns, header_at, t) : NULL;
        dsc_scope_fail(t->work, DSC_ERROR_ARGUMENT, "%s: no column '%s' among %zu%s%s%s", t->path, name,
                       t->columns,
                       near        ? "; the nearest is '"
                       : t->header ? ""
                                   : ", which have no names",
                       near ? near : "", near ? "'" : "");
    }
    return number;
}

/* Which columns are read as features. */
static size_t *choose_columns(const struct table *t, const dsc_csv_options *o, size_t target, size_t *count)
{
    *count = 0;
    size_t wanted = t->columns;
    if (o->columns)
        for (wanted = 0; o->columns[wanted];)
            wanted++;
    size_t *columns = dsc_scope_alloc(t->work, wanted, sizeof *columns);
    for (size_t i = 0; columns && i < wanted; i++) {
        const size_t c = o->columns ? find_column(t, o->columns[i]) : i;
        if (o->columns || c != target)
            columns[(*count)++] = c;
    }
    if (columns && *count == 0)
        dsc_scope_fail(t->work, DSC_ERROR_FORMAT, "%s: no column is left to be read as a feature", t->path);
    return dsc_scope_status(t->work) == DSC_OK ? columns : NULL;
}

/* The number in a field; 0 with the scope poisoned if it is none. */
static double number_at(const struct table *t, size_t row, size_t column)
{
    double value = 0;
    const char *field = field_at(t, row, column);
    if (dsc_scope_status(t->work) == DSC_OK && !dsc_parse_real(field, &value))
        dsc_scope_fail(
            t->work, DSC_ERROR_FORMAT,
            "%s:%zu: expected a number in column %zu%s%s%s, found '%.40s'; choose other columns or "
            "mend the file",
            t->path, t->line[row], column + 1, t->header ? " ('" : "",
            t->header ? field_at(t, 0, column) : "", t->header ? "')" : "", field);
    return value;
}

/* A class as it is sorted: numbers by value, words by their bytes behind them. */
struct class_value {
    const char *text;
    double number;
    bool is_number;
};

static int by_value(const void *a, const void *b)
{
    const struct class_value *x = a, *y = b;
    if (x->is_number != y->is_number)
        return x->is_number ? -1 : 1;
    if (x->is_number && x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->is_number ? 0 : strcmp(x->text, y->text);
}

/* Numbers the distinct values of a column; their texts become the classes' names. */
static void read_labels(dsc_scope *scope, const struct table *t, size_t column, dsc_dataset *data)
{
    const size_t first = t->header;
    struct class_value *rows = dsc_scope_alloc(t->work, data->count, sizeof *rows),
                       *sorted = dsc_scope_alloc(t->work, data->count, sizeof *sorted);
    data->labels = dsc_scope_alloc(scope, data->count, sizeof *data->labels);
    if (!rows || !sorted || !data->labels)
        return;
    for (size_t i = 0; i < data->count; i++) {
        rows[i].text = field_at(t, i + first, column);
        rows[i].is_number = dsc_parse_real(rows[i].text, &rows[i].number);
        if (!*rows[i].text)
            dsc_scope_fail(t->work, DSC_ERROR_FORMAT, "%s:%zu: expected a class in column %zu, found nothing",
                           t->path, t->line[i + first], column + 1);
    }
    memcpy(sorted, rows, data->count * sizeof *rows);
    qsort(sorted, data->count, sizeof *sorted, by_value);
    for (size_t i = 0; i < data->count; i++)
        if (i == 0 || by_value(&sorted[i], &sorted[data->classes - 1]) != 0)
            sorted[data->classes++] = sorted[i];
    const char **names = dsc_scope_alloc(scope, data->classes, sizeof *names);
    for (size_t c = 0; names && c < data->classes; c++)
        names[c] = dsc_scope_copy(scope, sorted[c].text);
    data->class_names = names;
    for (size_t i = 0; i < data->count; i++) {
        const struct class_value *found = bsearch(&rows[i], sorted, data->classes, sizeof *sorted, by_value);
        data->labels[i] = (int32_t)(found - sorted);
    }
}

static dsc_dataset convert(dsc_scope *scope, const struct table *t, const dsc_csv_options *o)
{
    const size_t first = t->header;
    dsc_dataset data = { .name = dsc_scope_copy(scope, t->path), .count = t->rows - first };
    const size_t target = o->target ? find_column(t, o->target) : SIZE_MAX;
    const size_t *columns = choose_columns(t, o, target, &data.features);
    if (!columns)
        return data;
    if (data.count == 0 || data.count > INT32_MAX || data.features > SIZE_MAX / data.count) {
        dsc_scope_fail(t->work, DSC_ERROR_FORMAT, "%s: expected at least one row of numbers, found %zu",
                       t->path, data.count);
        return data;
    }
    data.x = dsc_scope_alloc(scope, data.count * data.features, sizeof *data.x);
    for (size_t i = 0; data.x && i < data.count; i++)
        for (size_t j = 0; j < data.features; j++)
            data.x[i * data.features + j] = number_at(t, i + first, columns[j]);
    if (o->target && o->labels)
        read_labels(scope, t, target, &data);
    else if (o->target) {
        data.targets = 1;
        data.y = dsc_scope_alloc(scope, data.count, sizeof *data.y);
        for (size_t i = 0; data.y && i < data.count; i++)
            data.y[i] = number_at(t, i + first, target);
    }
    return data;
}

/* The file's text, without a byte order mark. */
static struct cursor open_text(dsc_scope *work, const char *path)
{
    const dsc_bytes bytes = dsci_text_unmarked(dsc_file_read(work, path, LIMIT_BYTES));
    char *text = (char *)bytes.data;
    if (bytes.data && memchr(text, '\0', bytes.size))
        dsc_scope_fail(work, DSC_ERROR_FORMAT, "%s: expected a table in text, found a byte of value 0", path);
    return (struct cursor){ text, text ? text + bytes.size : NULL, 1 };
}

dsc_dataset dsc_csv_read(dsc_scope *scope, const char *path, const dsc_csv_options *options)
{
    const dsc_csv_options o = options ? *options : (dsc_csv_options){ 0 };
    dsc_dataset data = { 0 };
    if (dsc_scope_status(scope) != DSC_OK)
        return data;
    dsc_scope *work = dsc_scope_open(NULL);
    const struct cursor text = open_text(work, path);
    if (dsc_scope_status(work) == DSC_OK) {
        struct table table = { .work = work, .path = path, .separator = find_separator(text) };
        if (cut_up(&table, text)) {
            table.header = is_header(&table, &o);
            data = convert(scope, &table, &o);
        }
    }
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return dsc_scope_status(scope) == DSC_OK ? data : (dsc_dataset){ 0 };
}
