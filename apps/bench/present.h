/* present.h - what is written about measured rows. */
#ifndef BENCH_PRESENT_H
#define BENCH_PRESENT_H

#include <descent/cli.h>

#include "measure.h"

void bench_print_table(dsc_scope *scope, const dsc_terminal *terminal, const bench_results *results);
void bench_print_json(dsc_scope *scope, const bench_results *results);
void bench_print_csv(const bench_results *results);
void bench_print_md(dsc_scope *scope, const bench_results *results);

/* The results file. */
void bench_write(dsc_scope *scope, const bench_results *results, const char *path, const char *command);

/* Compares two results files row by row. Returns DSC_EXIT_NO if a row of the second is slower. */
dsc_exit bench_compare(dsc_scope *scope, const dsc_terminal *terminal, const char *a, const char *b,
                       bool json);

#endif
