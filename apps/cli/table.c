/* table.c - aligned tables. */
#include <descent/cli.h>

#include <string.h>

enum { GAP = 2, MIN_WRAP = 20 };

struct row {
    struct row *next;
    const char *texts[];
};

struct dsc_table {
    dsc_scope *scope;
    const dsc_column *columns;
    size_t count, keys;
    struct row *first, **last;
};

/* Columns that a text takes: code points, as all our texts are narrow. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

dsc_table *dsc_table_make(dsc_scope *scope, const dsc_column *columns, size_t count, size_t keys)
{
    dsc_table *table = dsc_scope_alloc(scope, 1, sizeof *table);
    dsc_column *own = dsc_scope_alloc(scope, count, sizeof *own);
    if (!own)
        return NULL;
    memcpy(own, columns, count * sizeof *own);
    *table = (dsc_table){ .scope = scope, .columns = own, .count = count, .keys = keys };
    table->last = &table->first;
    return table;
}

void dsc_table_row(dsc_table *table, const char *const *texts)
{
    struct row *row =
        table ? dsc_scope_alloc(table->scope, 1, sizeof *row + table->count * sizeof *texts) : NULL;
    if (!row)
        return;
    for (size_t i = 0; i < table->count; i++)
        row->texts[i] = texts[i] ? texts[i] : "";
    *table->last = row;
    table->last = &row->next;
}

static void pad(int width)
{
    printf("%*s", width > 0 ? width : 0, "");
}

/* Bytes of a text that go on a line of at most width columns: up to its end, a newline, or the last blank
   that fits (the first one if none does). */
static size_t line_bytes(const char *text, int width)
{
    size_t i = 0, blank = 0;
    for (int columns = 0; text[i] && text[i] != '\n'; i++) {
        if (text[i] == ' ' && (columns <= width || !blank))
            blank = i;
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (columns > width && blank)
            return blank;
    }
    return i;
}

/* Lines of at most width columns; all but the first begin at column left. */
static void print_wrapped(const char *text, int left, int width)
{
    for (;;) {
        const size_t bytes = line_bytes(text, width);
        printf("%.*s\n", (int)bytes, text);
        if (!text[bytes])
            return;
        text += bytes + 1;
        pad(left);
    }
}

struct part { /* the columns that are shown together: the keys and from..to-1 */
    size_t from, to, keys;
};

static size_t part_column(struct part part, size_t i)
{
    return i < part.keys ? i : part.from + (i - part.keys);
}

static void print_row(const dsc_table *table, const char *const *texts, const int *widths, struct part part,
                      int indent, int columns)
{
    size_t shown = part.keys + part.to - part.from;
    int left = indent;
    while (shown > 1 && !*texts[part_column(part, shown - 1)]) /* no blanks at the end of a line */
        shown--;
    pad(indent);
    for (size_t i = 0; i < shown; i++) {
        const size_t column = part_column(part, i);
        const int space = widths[column] - width_of(texts[column]);
        if (column + 1 == table->count && !table->columns[column].number) {
            print_wrapped(texts[column], left, columns - left > MIN_WRAP ? columns - left : MIN_WRAP);
            return;
        }
        pad(table->columns[column].number ? space : 0);
        fputs(texts[column], stdout);
        if (i + 1 < shown)
            pad((table->columns[column].number ? 0 : space) + GAP);
        left += widths[column] + GAP;
    }
    putchar('\n');
}

static void print_head(const dsc_table *table, const dsc_terminal *terminal, const int *widths,
                       struct part part, int indent)
{
    const char **titles = dsc_scope_alloc(table->scope, table->count, sizeof *titles);
    if (!titles)
        return;
    for (size_t i = 0; i < table->count; i++)
        titles[i] = table->columns[i].title ? table->columns[i].title : "";
    fputs(terminal->color_out ? "\033[1m" : "", stdout);
    print_row(table, titles, widths, part, indent, terminal->columns);
    fputs(terminal->color_out ? "\033[0m" : "", stdout);
}

/* The end of the columns that fit beside the keys, at least one. */
static size_t part_end(const dsc_table *table, const int *widths, size_t from, int left, int columns)
{
    size_t to = from;
    for (; to < table->count; to++) {
        const bool wraps = to + 1 == table->count && !table->columns[to].number;
        const int width = wraps && widths[to] > MIN_WRAP ? MIN_WRAP : widths[to];
        if (to > from && left + width > columns)
            break;
        left += widths[to] + GAP;
    }
    return to;
}

void dsc_table_print(const dsc_table *table, const dsc_terminal *terminal, int indent)
{
    int *widths = table ? dsc_scope_alloc(table->scope, table->count, sizeof *widths) : NULL;
    if (!widths || table->count == 0)
        return;
    int left = indent;
    for (size_t i = 0; i < table->count; i++) {
        widths[i] = table->columns[i].title ? width_of(table->columns[i].title) : 0;
        for (const struct row *row = table->first; row; row = row->next)
            widths[i] = width_of(row->texts[i]) > widths[i] ? width_of(row->texts[i]) : widths[i];
        left += i < table->keys ? widths[i] + GAP : 0;
    }
    for (size_t from = table->keys, to; from < table->count; from = to) {
        to = part_end(table, widths, from, left, terminal->columns);
        const struct part part = { from, to, table->keys };
        if (from > table->keys)
            putchar('\n');
        if (table->columns[0].title)
            print_head(table, terminal, widths, part, indent);
        for (const struct row *row = table->first; row; row = row->next)
            print_row(table, row->texts, widths, part, indent, terminal->columns);
    }
}

static void html_cells(const dsc_table *table, FILE *page, const char *tag, const char *const *texts)
{
    fputs("<tr>", page);
    for (size_t i = 0; i < table->count; i++) {
        const bool is_key = i < table->keys && !table->columns[0].title;
        const char *name = is_key ? "th" : tag;
        fprintf(page, "<%s%s%s>", name, is_key ? " scope=\"row\"" : "",
                table->columns[i].number ? " class=\"number\"" : "");
        dsc_html_text(page, texts[i]);
        fprintf(page, "</%s>", name);
    }
    fputs("</tr>\n", page);
}

void dsc_table_html(const dsc_table *table, FILE *page)
{
    const char **titles = table ? dsc_scope_alloc(table->scope, table->count, sizeof *titles) : NULL;
    if (!titles)
        return;
    fputs("<div class=\"scroll\" tabindex=\"0\"><table>\n", page);
    for (size_t i = 0; i < table->count; i++)
        titles[i] = table->columns[i].title;
    if (table->count && table->columns[0].title) {
        fputs("<thead>", page);
        html_cells(table, page, "th", titles);
        fputs("</thead>\n", page);
    }
    fputs("<tbody>\n", page);
    for (const struct row *row = table->first; row; row = row->next)
        html_cells(table, page, "td", row->texts);
    fputs("</tbody></table></div>\n", page);
}
