/* present.h - what is written about measured rows. */
#ifndef BENCH_PRESENT_H
#define BENCH_PRESENT_H

#include "measure.h"
#include "table.h"
#include "terminal.h"

/* The rows that were measured. */
cli_table *bench_table(dsc_scope *scope, const bench_results *results);
/* What was not measured, by reason; NULL: everything was. */
cli_table *bench_absent_table(dsc_scope *scope, const bench_results *results);
/* What the marks in the table mean, a line each that is there; returns how many. */
enum { BENCH_MAX_MARKS = 4 };
size_t bench_marks(const bench_results *results, const char *lines[BENCH_MAX_MARKS]);
/* All of it. */
void bench_print_table(dsc_scope *scope, const cli_terminal *terminal, const bench_results *results);
void bench_print_json(dsc_scope *scope, const bench_results *results);
void bench_print_csv(dsc_scope *scope, const bench_results *results);
void bench_print_md(dsc_scope *scope, const bench_results *results);

/* Where and when the rows were measured, for every form: names as keys of JSON, texts in the scope. */
typedef struct bench_fact {
    const char *name, *text;
} bench_fact;
enum { BENCH_MAX_FACTS = 16 };
size_t bench_facts_of(dsc_scope *scope, const bench_results *results, bench_fact facts[BENCH_MAX_FACTS]);
/* The same in a line. */
void bench_print_machine(const cli_terminal *terminal, const bench_results *results);

/* Speed-up and serial share of each network of the suite `scaling`. */
void bench_print_scalings(const bench_results *results);

/* The share of work that is serial by Amdahl's law, from the times on 1 and more threads. */
typedef struct bench_serial {
    size_t n; /* times on more than one thread; 0: the rest does not count */
    double share, low, high;
} bench_serial;
bench_serial bench_serial_fit(const bench_results *results, size_t one);

/* The results file; a command line of argc words goes into the provenance. Returns the record. */
dsc_record *bench_write(dsc_scope *scope, const bench_results *results, const char *path, const char *recipe,
                        int argc, char **argv);

/* Whether a results file holds benchmarks; their rows as they were measured, as far as the table shows them.
 */
bool bench_is_record(dsc_record *record);
bench_results bench_read(dsc_scope *scope, dsc_record *record);

/* The roofline of the results as the JSON of a figure; "[]" if there is nothing to draw. */
const char *bench_roofline(dsc_scope *scope, const bench_results *results);

/* Compares two results files row by row. Returns DSC_EXIT_NO if a row of the second is slower. */
dsc_exit bench_compare(dsc_scope *scope, const cli_terminal *terminal, const char *a, const char *b,
                       bool json);

#endif
