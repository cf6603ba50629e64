/* present.c - measured rows as a table, JSON, CSV and Markdown: one list of fields for all of them. */
#include "present.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <descent/build.h>

#include "json.h"
#include "table.h"
#include "terminal.h"

static const char *texts_of(const bench_result *r, int field)
{
    const char *const texts[] = { r->row.suite,
                                  r->row.name,
                                  r->row.shape,
                                  r->engine,
                                  r->implementation,
                                  r->roof,
                                  r->absent ? "" : bench_steadiness_name(r->steadiness),
                                  r->absent ? r->absent : "",
                                  bench_beyond_roof(r) ? "beyond its roof" : "",
                                  r->repeat };
    return texts[field];
}

/* Fields that are texts, then those that are numbers. */
static const char *const text_fields[] = { "suite", "row",        "shape",        "engine", "implementation",
                                           "roof",  "steadiness", "not_measured", "remark", "repeat" };
static const char *const number_fields[] = { "threads",
                                             "seconds",
                                             "low",
                                             "high",
                                             "gflop_s",
                                             "gbyte_s",
                                             "flop_byte",
                                             "share_of_roof",
                                             "roof_gflop_s",
                                             "flop_cycle",
                                             "items_s",
                                             "setup_seconds",
                                             "instructions_cycle",
                                             "gigahertz" };
enum { THREADS, SECONDS, LOW, HIGH, GFLOPS, GBYTES, INTENSITY };
enum {
    TEXTS = sizeof text_fields / sizeof text_fields[0],
    NUMBERS = sizeof number_fields / sizeof number_fields[0]
};

static double over(double amount, double seconds)
{
    return amount > 0 ? amount / seconds : NAN;
}

static double number_of(const bench_result *r, int field)
{
    const double s = r->time.median;
    const double numbers[NUMBERS] = { r->threads,
                                      s,
                                      r->time.low,
                                      r->time.high,
                                      over(r->flops, s) / 1e9,
                                      over(r->bytes, s) / 1e9,
                                      over(r->flops, r->bytes > 0 ? r->bytes : NAN),
                                      r->share,
                                      r->roof_flops / 1e9,
                                      r->per_cycle,
                                      over(r->items, s),
                                      r->setup,
                                      r->ipc,
                                      r->gigahertz };
    return numbers[field];
}

static const char *microseconds(dsc_scope *scope, double seconds)
{
    const char *format = seconds < 1e-7 ? "%.3g" : seconds < 1e-3 ? "%.4g" : "%.0f";
    return dsc_scope_format(scope, format, 1e6 * seconds);
}

static const char *milliseconds(dsc_scope *scope, double seconds)
{
    return isfinite(seconds) ? dsc_scope_format(scope, seconds < 0.1 ? "%.1f" : "%.0f", 1e3 * seconds) : "-";
}

static const char *short_number(dsc_scope *scope, double value)
{
    const char *format = fabs(value) < 999.5 ? "%.3g" : "%.0f";
    return isfinite(value) ? dsc_scope_format(scope, format, value) : "-";
}

static const char *rate(dsc_scope *scope, double value)
{
    return isfinite(value) ? dsc_scope_format(scope, value >= 100 ? "%.0f" : "%.1f", value) : "-";
}

static const char *percent(dsc_scope *scope, const bench_result *r)
{
    if (!isfinite(r->share))
        return "-";
    return dsc_scope_format(scope, "%.0f %%%s", 100 * r->share,
                            bench_beyond_roof(r) ? ", beyond its roof" : "");
}

/* How far the interval reaches from the median; marked if the rounds do not agree. */
static const char *spread(dsc_scope *scope, const bench_result *r)
{
    static const char *const marks[] = {
        [BENCH_STEADY] = "", [BENCH_WIDE] = "~", [BENCH_TWO_LEVELS] = "=", [BENCH_LOOSE] = "?"
    };
    const dsc_interval *t = &r->time;
    return dsc_scope_format(scope, "-%.0f +%.0f%s", 100 * (1 - t->low / t->median),
                            100 * (t->high / t->median - 1), marks[r->steadiness]);
}

/* "88 % fp32", "41 % L2"; of a peak, operations a cycle and core. */
static const char *roof_text(dsc_scope *scope, const bench_result *r)
{
    if (!*r->roof)
        return isfinite(r->per_cycle) ? dsc_scope_format(scope, "%.3g a cycle", r->per_cycle) : "";
    const char *name = strncmp(r->roof, "triad/", 6) == 0 ? r->roof + 6 : strchr(r->roof, '-') + 1;
    return dsc_scope_format(scope, "%.0f %%%s %.*s", 100 * r->share, bench_beyond_roof(r) ? "!" : "",
                            (int)strcspn(name, "/"), name);
}

/* "peak/tile-bf16/1, peak/tile-bf16/all" of one reason, from the first that has it; NULL if an earlier row
 * has it. */
static const char *rows_absent(dsc_scope *scope, const bench_results *results, size_t first)
{
    const char *reason = results->items[first].absent, *list = "";
    for (size_t i = 0; i < first; i++)
        if (results->items[i].absent && strcmp(results->items[i].absent, reason) == 0)
            return NULL;
    for (size_t i = first; i < results->count && list; i++) {
        const bench_result *r = &results->items[i];
        if (r->absent && strcmp(r->absent, reason) == 0)
            list = dsc_scope_format(scope, "%s%s%s", list, *list ? ", " : "", bench_result_name(scope, r));
    }
    return list;
}

cli_table *bench_absent_table(dsc_scope *scope, const bench_results *results)
{
    static const cli_table_column columns[] = { { "not measured, as", false }, { "rows", false } };
    cli_table *table = cli_table_make(scope, columns, 2, 1);
    size_t count = 0;
    for (size_t i = 0; i < results->count; i++) {
        const char *rows = results->items[i].absent ? rows_absent(scope, results, i) : NULL;
        if (!rows)
            continue;
        cli_table_row(table, (const char *[]){ results->items[i].absent, rows });
        count++;
    }
    return count ? table : NULL;
}

static bool is_shown(const bench_result *r)
{
    return !r->hidden && !r->absent;
}

size_t bench_marks(const bench_results *results, const char *lines[BENCH_MAX_MARKS])
{
    static const char *const meanings[] = {
        [BENCH_WIDE] = "~ the interval is wider than a tenth of the median",
        [BENCH_TWO_LEVELS] = "= the rounds fall into two groups",
        [BENCH_LOOSE] =
            "? the interval reaches below half or above twice the median: such a row says nothing",
    };
    bool marked[BENCH_LOOSE + 1] = { false }, beyond = false;
    size_t count = 0;
    for (size_t i = 0; i < results->count; i++)
        if (is_shown(&results->items[i])) {
            marked[results->items[i].steadiness] = true;
            beyond = beyond || bench_beyond_roof(&results->items[i]);
        }
    for (size_t i = BENCH_WIDE; i <= BENCH_LOOSE; i++)
        if (marked[i])
            lines[count++] = meanings[i];
    if (beyond)
        lines[count++] = "! faster than the roof beside it: the roof was disturbed, or its clock was lower; "
                         "measure again";
    return count;
}

/* Wherever the processor could be asked. */
static const char *counted(dsc_scope *scope, const bench_result *r)
{
    return isfinite(r->ipc) ? dsc_scope_format(scope, "%.2f at %.2f GHz", r->ipc, r->gigahertz) : "-";
}

cli_table *bench_table(dsc_scope *scope, const bench_results *results)
{
    static const cli_table_column columns[] = { { "row", false },         { "engine", false },
                                                { "us", true },           { "95 %: %", true },
                                                { "GFLOP/s", true },      { "GB/s", true },
                                                { "made ms", true },      { "of roof", false },
                                                { "instr./cycle", false } };
    const size_t count = sizeof columns / sizeof columns[0] - (*results->conditions.counters ? 1 : 0);
    cli_table *table = cli_table_make(scope, columns, count, 2);
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (is_shown(r))
            cli_table_row(table, (const char *[]){
                                     dsc_scope_format(scope, "%s/%s", r->row.suite, r->row.name), r->engine,
                                     microseconds(scope, r->time.median), spread(scope, r),
                                     rate(scope, number_of(r, GFLOPS)), rate(scope, number_of(r, GBYTES)),
                                     milliseconds(scope, r->setup), roof_text(scope, r), counted(scope, r) });
    }
    return table;
}

void bench_print_table(dsc_scope *scope, const cli_terminal *terminal, const bench_results *results)
{
    cli_table_print(bench_table(scope, results), terminal, 0);
    const char *lines[BENCH_MAX_MARKS];
    const size_t count = bench_marks(results, lines);
    for (size_t i = 0; i < count; i++)
        cli_print("%s\n", lines[i]);
    const cli_table *absent = bench_absent_table(scope, results);
    if (absent)
        putchar('\n');
    cli_table_print(absent, terminal, 0);
    bench_print_scalings(results);
}

static json_t *conditions_json(const bench_results *results)
{
    const bench_conditions *c = &results->conditions;
    return json_pack("{s:s, s:b, s:o, s:o, s:o, s:s, s:s, s:s}", "begun", c->begun, "pinned", results->pinned,
                     "load", cli_json_number(c->load), "steal", cli_json_number(c->steal),
                     "others_processors", cli_json_number(c->others), "governor", c->governor, "turbo",
                     c->turbo, "counters_absent", c->counters);
}

void bench_print_json(dsc_scope *scope, const bench_results *results)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        json_t *row = json_object();
        for (int f = 0; f < TEXTS; f++)
            json_object_set_new(row, text_fields[f], json_string(texts_of(r, f)));
        for (int f = 0; f < NUMBERS; f++)
            json_object_set_new(row, number_fields[f], cli_json_number(number_of(r, f)));
        json_object_set_new(row, "roof_only", json_boolean(r->hidden));
        json_array_append_new(rows, row);
    }
    cli_json_print(scope, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:o, s:o}", "version",
                                    dsc_build_get()->version, "commit", dsc_build_get()->commit, "cpu",
                                    dsc_cpu_get()->model, "isa", dsc_isa_name(dsc_isa_effective()), "threads",
                                    results->threads, "precision", dsc_dtype_name(results->dtype),
                                    "conditions", conditions_json(results), "rows", rows));
}

/* Quoted: shapes have commas. */
static void print_quoted(const char *text)
{
    cli_print("\"");
    for (size_t bytes; *text; text += bytes + (text[bytes] == '"')) {
        bytes = strcspn(text, "\"");
        cli_print("%.*s%s", (int)bytes, text, text[bytes] ? "\"\"" : "");
    }
    cli_print("\"");
}

/* Every line tells the machine too, so that files of several can be joined. */
void bench_print_csv(dsc_scope *scope, const bench_results *results)
{
    bench_fact facts[BENCH_MAX_FACTS];
    const size_t fact_count = bench_facts_of(scope, results, facts);
    for (int f = 0; f < TEXTS; f++)
        cli_print("%s,", text_fields[f]);
    for (int f = 0; f < NUMBERS; f++)
        cli_print("%s%s", f ? "," : "", number_fields[f]);
    for (size_t k = 0; k < fact_count; k++)
        cli_print(",%s%s", facts[k].name, k + 1 < fact_count ? "" : "\n");
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (r->hidden)
            continue;
        for (int f = 0; f < TEXTS; f++) {
            print_quoted(texts_of(r, f));
            putchar(',');
        }
        for (int f = 0; f < NUMBERS; f++) {
            const double value = number_of(r, f);
            if (isfinite(value))
                cli_print("%.9g", value);
            putchar(',');
        }
        for (size_t k = 0; k < fact_count; k++) {
            print_quoted(facts[k].text);
            putchar(k + 1 < fact_count ? ',' : '\n');
        }
    }
}

void bench_print_md(dsc_scope *scope, const bench_results *results)
{
    bench_fact facts[BENCH_MAX_FACTS];
    const size_t fact_count = bench_facts_of(scope, results, facts);
    for (size_t k = 0; k < fact_count; k++)
        cli_print("- %s: %s\n", facts[k].name, facts[k].text);
    cli_print(
        "%s\n",
        "\n"
        "| row | shape | engine | implementation | us | 95 % | GFLOP/s | GB/s | flop/byte | of roof | roof | "
        "made ms | repeat |\n"
        "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | --- |");
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (is_shown(r))
            cli_print("| %s/%s | %s | %s | %s | %s | %s to %s%s%s | %s | %s | %s | %s | %s | %s | `%s` |\n",
                      r->row.suite, r->row.name, r->row.shape, r->engine, r->implementation,
                      microseconds(scope, r->time.median), microseconds(scope, r->time.low),
                      microseconds(scope, r->time.high), r->steadiness ? ", " : "",
                      r->steadiness ? bench_steadiness_name(r->steadiness) : "",
                      rate(scope, number_of(r, GFLOPS)), rate(scope, number_of(r, GBYTES)),
                      short_number(scope, number_of(r, INTENSITY)), percent(scope, r), r->roof,
                      milliseconds(scope, r->setup), r->repeat);
    }
    const char *head = "\n| not measured | why |\n| --- | --- |\n";
    for (size_t i = 0; i < results->count; i++) {
        const bench_result *r = &results->items[i];
        if (!r->absent)
            continue;
        cli_print("%s| %s | %s |\n", head, bench_result_name(scope, r), r->absent);
        head = "";
    }
}
