/* present.h - what is written about measured rows. */
#ifndef BENCH_PRESENT_H
#define BENCH_PRESENT_H

#include <descent/cli.h>

#include "measure.h"

void bench_print_table(dsc_scope *scope, const dsc_terminal *terminal, const bench_results *results);
void bench_print_json(dsc_scope *scope, const bench_results *results);
void bench_print_csv(const bench_results *results);
void bench_print_md(dsc_scope *scope, const bench_results *results);

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

/* The roofline of the results as the JSON of a figure; "[]" if there is nothing to draw. */
const char *bench_roofline(dsc_scope *scope, const bench_results *results);

/* Compares two results files row by row. Returns DSC_EXIT_NO if a row of the second is slower. */
dsc_exit bench_compare(dsc_scope *scope, const dsc_terminal *terminal, const char *a, const char *b,
                       bool json);

#endif
