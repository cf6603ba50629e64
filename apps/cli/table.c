/* table.c - aligned tables. */
#include <string.h>

#include <descent/text.h>

#include <stdio.h>

#include "table.h"
#include "terminal.h"

enum { GAP = 2, BELOW = 4, MIN_WRAP = 20, MAX_HEAD_LINES = 4, PAPER_COLUMNS = 90 };

struct row {
    struct row *next;
    const char *texts[];
};

struct cli_table {
    dsc_scope *scope;
    const cli_table_column *columns;
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

cli_table *cli_table_make(dsc_scope *scope, const cli_table_column *columns, size_t count, size_t keys)
{
    cli_table *table = dsc_scope_alloc(scope, 1, sizeof *table);
    cli_table_column *own = dsc_scope_alloc(scope, count, sizeof *own);
    if (!own)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        own[i] = columns[i];
        own[i].title = columns[i].title ? dsc_text_safe(scope, columns[i].title) : NULL;
    }
    *table = (cli_table){ .scope = scope, .columns = own, .count = count, .keys = keys };
    table->last = &table->first;
    return table;
}

void cli_table_row(cli_table *table, const char *const *texts)
{
    struct row *row =
        table ? dsc_scope_alloc(table->scope, 1, sizeof *row + table->count * sizeof *texts) : NULL;
    if (!row)
        return;
    for (size_t i = 0; i < table->count; i++)
        row->texts[i] = texts[i] ? dsc_text_safe(table->scope, texts[i]) : "";
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

/* The last column of text beside the others, or below them where there is too little room. */
static void print_prose(const char *text, int gap, int left, int indent, int columns)
{
    if (columns - left < MIN_WRAP) {
        putchar('\n');
        left = indent + BELOW;
        gap = left;
    }
    pad(gap);
    print_wrapped(text, left, columns - left);
}

static void print_row(const cli_table *table, const char *const *texts, const int *widths, struct part part,
                      int indent, const cli_terminal *terminal)
{
    size_t shown = part.keys + part.to - part.from;
    int left = indent, gap = indent;
    while (shown > 1 && !*texts[part_column(part, shown - 1)]) /* no blanks at the end of a line */
        shown--;
    for (size_t i = 0; i < shown; i++) {
        const size_t column = part_column(part, i);
        const bool is_number = table->columns[column].number,
                   is_prose = column + 1 == table->count && !is_number;
        const int space = widths[column] - width_of(texts[column]);
        if (is_prose && (terminal->columns - left >= MIN_WRAP || !terminal->whole_rows)) {
            print_prose(texts[column], gap, left, indent, terminal->columns);
            return;
        }
        pad(gap + (is_number ? space : 0));
        fputs(texts[column], stdout);
        gap = GAP + (is_number ? 0 : space);
        left += widths[column] + GAP;
    }
    putchar('\n');
}

/* Bytes up to the end of a text or behind the first place where a head may be broken. */
static size_t piece_bytes(const char *text)
{
    const size_t bytes = strcspn(text, "_ ");
    return text[bytes] ? bytes + 1 : bytes;
}

/* Columns that the widest piece of a text takes. */
static int piece_width(const char *text)
{
    int widest = 0;
    for (size_t bytes; *text; text += bytes) {
        bytes = piece_bytes(text);
        int width = 0;
        for (size_t i = 0; i < bytes; i++)
            width += ((unsigned char)text[i] & 0xc0) != 0x80;
        widest = width > widest ? width : widest;
    }
    return widest;
}

static const char *title_of(const cli_table *table, size_t column)
{
    return table->columns[column].title ? table->columns[column].title : "";
}

/* A head in lines of at most width columns, as many pieces in each as fit. Returns how many. */
static size_t break_head(dsc_scope *scope, const char *title, int width, const char **lines, size_t capacity)
{
    size_t count = 0;
    while (*title && count < capacity) {
        size_t bytes = piece_bytes(title);
        for (size_t more; (more = piece_bytes(title + bytes)) > 0; bytes += more) {
            const char *longer = dsc_scope_format(scope, "%.*s", (int)(bytes + more), title);
            if (!longer || width_of(longer) > width)
                break;
        }
        lines[count++] = dsc_scope_format(scope, "%.*s", (int)(bytes - (title[bytes - 1] == ' ')), title);
        title += bytes;
    }
    return count;
}

/* The lines of all heads, which stand at the bottom: lines[line * count + column]. */
static const char **break_heads(const cli_table *table, const int *widths, size_t *height)
{
    const char *broken[MAX_HEAD_LINES];
    const char **lines = dsc_scope_alloc(table->scope, MAX_HEAD_LINES * table->count, sizeof *lines);
    *height = 1;
    for (size_t i = 0; lines && i < MAX_HEAD_LINES * table->count; i++)
        lines[i] = "";
    for (size_t i = 0; lines && i < table->count; i++) {
        const size_t count = break_head(table->scope, title_of(table, i), widths[i], broken, MAX_HEAD_LINES);
        for (size_t k = 0; k < count; k++)
            lines[(MAX_HEAD_LINES - count + k) * table->count + i] = broken[k] ? broken[k] : "";
        *height = count > *height ? count : *height;
    }
    return lines;
}

static void print_head(const cli_table *table, const cli_terminal *terminal, const int *widths,
                       struct part part, int indent)
{
    size_t height;
    const char **lines = break_heads(table, widths, &height);
    if (!lines)
        return;
    for (size_t i = MAX_HEAD_LINES - height; i < MAX_HEAD_LINES; i++) {
        fputs(terminal->color_out ? "\033[1m" : "", stdout);
        print_row(table, lines + i * table->count, widths, part, indent, terminal);
        fputs(terminal->color_out ? "\033[0m" : "", stdout);
    }
}

/* What a column needs on a line: of a last one that wraps, not more than it can be squeezed into. */
static int needed_width(const cli_table *table, const int *widths, size_t column)
{
    const bool wraps = column + 1 == table->count && !table->columns[column].number;
    return wraps && widths[column] > MIN_WRAP ? MIN_WRAP : widths[column];
}

/* Widths of the columns; with narrow heads these are broken. Returns the whole. */
static int measure_widths(const cli_table *table, bool narrow_heads, int *widths)
{
    int total = 0;
    for (size_t i = 0; i < table->count; i++) {
        widths[i] = narrow_heads ? piece_width(title_of(table, i)) : width_of(title_of(table, i));
        for (const struct row *row = table->first; row; row = row->next)
            widths[i] = width_of(row->texts[i]) > widths[i] ? width_of(row->texts[i]) : widths[i];
        total += needed_width(table, widths, i) + (i ? GAP : 0);
    }
    return total;
}

/* The end of the columns that fit beside the keys, at least one. */
static size_t part_end(const cli_table *table, const int *widths, size_t from, int left, int columns)
{
    size_t to = from;
    for (; to < table->count; to++) {
        const int width = needed_width(table, widths, to);
        if (to > from && left + width > columns)
            break;
        left += widths[to] + GAP;
    }
    return to;
}

void cli_table_print(const cli_table *table, const cli_terminal *terminal, int indent)
{
    int *widths = table ? dsc_scope_alloc(table->scope, table->count, sizeof *widths) : NULL;
    if (!widths || table->count == 0)
        return;
    if (indent + measure_widths(table, false, widths) > terminal->columns && !terminal->whole_rows)
        measure_widths(table, true, widths);
    int left = indent;
    for (size_t i = 0; i < table->keys; i++)
        left += widths[i] + GAP;
    for (size_t from = table->keys, to; from < table->count; from = to) {
        to = terminal->whole_rows ? table->count : part_end(table, widths, from, left, terminal->columns);
        const struct part part = { from, to, table->keys };
        if (from > table->keys)
            putchar('\n');
        if (table->columns[0].title)
            print_head(table, terminal, widths, part, indent);
        for (const struct row *row = table->first; row; row = row->next)
            print_row(table, row->texts, widths, part, indent, terminal);
    }
}

void cli_paragraph_print(dsc_scope *scope, const cli_terminal *terminal, const char *text, int indent)
{
    cli_table *table = cli_table_make(scope, (const cli_table_column[]){ { 0 } }, 1, 0);
    cli_table_row(table, &text);
    cli_table_print(table, terminal, indent);
}

/* A head, which may be broken where print_head() breaks it. */
static void html_head(dsc_scope *scope, dsc_text *page, const char *title)
{
    for (size_t bytes; title && *title; title += bytes) {
        bytes = piece_bytes(title);
        cli_html_text(page, dsc_scope_format(scope, "%.*s", (int)bytes, title));
        dsc_text_append(page, title[bytes] && title[bytes - 1] == '_' ? "<wbr>" : "");
    }
}

static void html_heads(const cli_table *table, dsc_text *page, struct part part)
{
    dsc_text_append(page, "<thead><tr>");
    for (size_t i = 0; i < part.keys + part.to - part.from; i++) {
        const size_t column = part_column(part, i);
        dsc_text_format(page, "<th%s>", table->columns[column].number ? " class=\"number\"" : "");
        html_head(table->scope, page, table->columns[column].title);
        dsc_text_append(page, "</th>");
    }
    dsc_text_append(page, "</tr></thead>\n");
}

static void html_row(const cli_table *table, dsc_text *page, const char *const *texts, struct part part)
{
    dsc_text_append(page, "<tr>");
    for (size_t i = 0; i < part.keys + part.to - part.from; i++) {
        const size_t column = part_column(part, i);
        const bool heads_row = i < part.keys && !table->columns[0].title;
        const char *tag = heads_row ? "th" : "td";
        dsc_text_format(page, "<%s%s%s>", tag, heads_row ? " scope=\"row\"" : "",
                        table->columns[column].number ? " class=\"number\"" : "");
        cli_html_text(page, texts[column]);
        dsc_text_format(page, "</%s>", tag);
    }
    dsc_text_append(page, "</tr>\n");
}

static void html_part(const cli_table *table, dsc_text *page, struct part part)
{
    dsc_text_append(page, "<table>\n");
    if (table->columns[0].title)
        html_heads(table, page, part);
    dsc_text_append(page, "<tbody>\n");
    for (const struct row *row = table->first; row; row = row->next)
        html_row(table, page, row->texts, part);
    dsc_text_append(page, "</tbody></table>\n");
}

/* On a screen a table that is too wide scrolls; paper does not, and has it in parts. */
void cli_table_html(const cli_table *table, dsc_text *page)
{
    int *widths = table ? dsc_scope_alloc(table->scope, table->count, sizeof *widths) : NULL;
    if (!widths || table->count == 0)
        return;
    const bool is_wide = measure_widths(table, true, widths) > PAPER_COLUMNS;
    dsc_text_format(page, "<div class=\"scroll%s\" tabindex=\"0\">", is_wide ? " screen" : "");
    html_part(table, page, (struct part){ table->keys, table->count, table->keys });
    dsc_text_append(page, "</div>\n");
    if (!is_wide)
        return;
    int left = 0;
    for (size_t i = 0; i < table->keys; i++)
        left += widths[i] + GAP;
    dsc_text_append(page, "<div class=\"paper\">");
    for (size_t from = table->keys, to; from < table->count; from = to) {
        to = part_end(table, widths, from, left, PAPER_COLUMNS);
        html_part(table, page, (struct part){ from, to, table->keys });
    }
    dsc_text_append(page, "</div>\n");
}
