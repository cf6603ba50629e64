/* csv.c - tables of numbers as text: RFC 4180, with tabs or semicolons too. */
#include <descent/data.h>

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <descent/file.h>
#include <descent/value.h>

#include "base/content.h"
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

/* The place in the file that is being read. */
struct cursor {
    char *next, *end;
    size_t line;
};

/* Lines end in LF, CR LF or CR. */
static bool ends_line(const struct cursor *c)
{
    return c->next == c->end || *c->next == '\n' || *c->next == '\r';
}

static void skip_line_end(struct cursor *c)
{
    if (c->next == c->end)
        return;
    c->next += *c->next == '\r' && c->next + 1 < c->end && c->next[1] == '\n';
    c->next++;
    c->line++;
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
    for (; c.next < c.end && (quoted || !ends_line(&c)); c.next++) {
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
        c->line += *c->next == '\n' || (*c->next == '\r' && (c->next + 1 == c->end || c->next[1] != '\n'));
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

/* The next field, of a column from 1, NUL-terminated; *last tells that its line ends behind it. NULL after an
   error. The text's own NUL lies behind the file's end. */
static char *next_field(struct table *t, struct cursor *c, size_t column, bool *last)
{
    char *field = c->next, *end;
    const size_t line = c->line;
    if (c->next < c->end && *c->next == '"') {
        end = unquote(c);
        if (!end || !(ends_line(c) || *c->next == t->separator)) {
            dsc_scope_fail(
                t->work, DSC_ERROR_FORMAT,
                !end
                    ? "%s:%zu: a quote is opened and not closed in column %zu"
                    : "%s:%zu: text follows a closing quote in column %zu; expected a separator or the line's end",
                t->path, line, column);
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
        char *field = next_field(t, c, count + 1, &last);
        if (!field)
            return 0;
        if (fields && count < t->columns)
            fields[count] = field;
        count++;
    }
    return count;
}

/* An upper bound of the number of rows: the line ends, plus one. */
static size_t count_lines(const struct cursor *c)
{
    size_t lines = 1;
    for (const char *p = c->next; p < c->end; p++)
        lines += *p == '\n' || *p == '\r';
    return lines;
}

/* The number of fields in the first row: its separators outside of quotes, plus one. Called before the text
 * is cut into fields. */
static size_t count_columns(struct cursor c, char separator)
{
    bool quoted = false;
    size_t columns = 1;
    skip_empty_lines(&c);
    for (; c.next < c.end && (quoted || !ends_line(&c)); c.next++) {
        if (*c.next == '"')
            quoted = !quoted;
        columns += !quoted && *c.next == separator;
    }
    return columns;
}

/* To the next row. In a table of one column an empty line is a row whose value is missing, unless nothing but
   empty lines follows. */
static void skip_to_row(const struct table *t, struct cursor *c)
{
    const struct cursor here = *c;
    skip_empty_lines(c);
    if (t->columns == 1 && c->next < c->end)
        *c = here;
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
    for (skip_empty_lines(&c); c.next < c.end; skip_to_row(t, &c)) {
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

/* --- Is there a header? --- */

static bool is_number(const char *field)
{
    double value;
    return dsc_parse_real(field, &value);
}

/* Whether a field stands for a missing value or one that is not finite. */
static bool is_missing(const char *field)
{
    static const char *const words[] = { "",          "?",    "-",    "--",   "*",        ".",
                                         "na",        "n/a",  "#n/a", "<na>", "nan",      "-nan",
                                         "+nan",      "null", "none", "nil",  "missing",  "unknown",
                                         "undefined", "inf",  "-inf", "+inf", "infinity", "-infinity",
                                         "+infinity", "\\n" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(field, words[i]) == 0)
            return true;
    return false;
}

/* Whether a field can be a name: a word, not a number with something wrong about it ("3.x", "1e999"). */
static bool is_word(const char *field)
{
    return !is_missing(field) && !is_number(field) && !strchr("+-.0123456789", *field);
}

/* True if a column holds numbers, and nothing else but what is missing, below the first row. */
static bool is_numeric_below(const struct table *t, size_t column)
{
    bool any = false;
    for (size_t row = 1; row < t->rows; row++) {
        if (is_number(field_at(t, row, column)))
            any = true;
        else if (!is_missing(field_at(t, row, column)))
            return false;
    }
    return any;
}

/* What the first row's fields say. */
struct evidence {
    size_t words;          /* fields that can be names */
    size_t names;          /* words that stand above numbers; those like the first one do not count again */
    size_t name;           /* the first one's column */
    size_t values, value;  /* fields that names of columns are not: numbers, broken ones, what is missing */
    size_t counts, shifts; /* fields that are the number of their column, from 0 and from 1 */
    bool fractions;        /* a value is no whole number without a sign */
};

static struct evidence weigh_first_row(const struct table *t)
{
    struct evidence e = { 0 };
    for (size_t c = 0; c < t->columns; c++) {
        const char *field = field_at(t, 0, c);
        if (is_word(field)) {
            e.words++;
            if (e.names > 0 && strcmp(field, field_at(t, 0, e.name)) == 0)
                continue;
            if (is_numeric_below(t, c) && e.names++ == 0)
                e.name = c;
        } else if (*field) {
            int64_t number = -1;
            const bool whole =
                strspn(field, "0123456789") == strlen(field) && dsc_parse_integer(field, &number);
            if (e.values++ == 0)
                e.value = c;
            e.fractions = e.fractions || !whole;
            e.counts += whole && (uint64_t)number == c;
            e.shifts += whole && (uint64_t)number == c + 1;
        }
    }
    return e;
}
/* True if a column is asked for by a name that is no number of a column and stands in the first row. */
static bool is_asked_by_name(const struct table *t, const char *name)
{
    for (size_t c = 0; name && column_number(t, name) == SIZE_MAX && c < t->columns; c++)
        if (strcmp(field_at(t, 0, c), name) == 0)
            return true;
    return false;
}

static bool are_names_asked_for(const struct table *t, const dsc_csv_options *o)
{
    bool any = is_asked_by_name(t, o->target);
    for (size_t i = 0; !any && o->columns && o->columns[i]; i++)
        any = is_asked_by_name(t, o->columns[i]);
    return any;
}

/* The rule that data.h states. A row that may be either fails the scope: an example must not get lost. */
static bool find_header(const struct table *t, const dsc_csv_options *o)
{
    if (o->header != DSC_CSV_HEADER_AUTO || t->rows == 0)
        return o->header == DSC_CSV_HEADER_ROW && t->rows > 0;
    const struct evidence e = weigh_first_row(t);
    if (are_names_asked_for(t, o) || (e.names > 0 && e.values == 0) || e.words == t->columns)
        return true;
    if (e.names == 0)
        return false;
    if (!e.fractions && (e.names > 1 || (e.values > 1 && (e.counts == e.values || e.shifts == e.values))))
        return true;
    dsc_scope_fail(
        t->work, DSC_ERROR_FORMAT,
        "%s:%zu: the first row may be a header or an example: in column %zu '%.40s' stands above numbers, in "
        "column %zu '%.40s' is no name; say which it is by .header of dsc_csv_options "
        "(DSC_CSV_HEADER_ROW or DSC_CSV_HEADER_NONE)",
        t->path, t->line[0], e.name + 1, field_at(t, 0, e.name), e.value + 1, field_at(t, 0, e.value));
    return false;
}

/* --- Columns --- */

static const char *header_at(const void *user, size_t i)
{
    return field_at(user, 0, i);
}

/* The column of a name in the header, or of a number. */
static size_t find_column(const struct table *t, const char *name)
{
    size_t found = SIZE_MAX;
    for (size_t c = 0; t->header && c < t->columns; c++) {
        if (strcmp(field_at(t, 0, c), name) != 0)
            continue;
        if (found != SIZE_MAX) {
            dsc_scope_fail(t->work, DSC_ERROR_ARGUMENT,
                           "%s:%zu: columns %zu and %zu are both called '%.40s'; choose one by its number",
                           t->path, t->line[0], found + 1, c + 1, name);
            return SIZE_MAX;
        }
        found = c;
    }
    if (found != SIZE_MAX)
        return found;
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
            "%s:%zu: expected a number in column %zu%s%.40s%s, found '%.40s'; choose other columns or "
            "mend the file%s",
            t->path, t->line[row], column + 1, t->header ? " ('" : "",
            t->header ? field_at(t, 0, column) : "", t->header ? "')" : "", field,
            row == 0 ? ", or say with .header = DSC_CSV_HEADER_ROW that this is the header" : "");
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
    const char *guess = dsci_content_guess(work, bytes);
    if (guess)
        dsc_scope_fail(work, DSC_ERROR_FORMAT, "%s: expected a table in text, found %s", path, guess);
    else if (text && memchr(text, '\0', bytes.size))
        dsc_scope_fail(work, DSC_ERROR_FORMAT,
                       "%s: expected a table in text, found a byte of value 0 at %zu of %zu bytes", path,
                       (size_t)((char *)memchr(text, '\0', bytes.size) - text), bytes.size);
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
            table.header = find_header(&table, &o);
            if (dsc_scope_status(work) == DSC_OK)
                data = convert(scope, &table, &o);
        }
    }
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return dsc_scope_status(scope) == DSC_OK ? data : (dsc_dataset){ 0 };
}
