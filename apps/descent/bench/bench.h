/* bench.h - the options of `descent bench` and its parts. */
#ifndef DESCENT_COMMAND_BENCH_H
#define DESCENT_COMMAND_BENCH_H
#include "command.h"

#include <descent/tensor.h>

#include "options.h"

struct bench_arguments {
    int threads;
    dsc_isa isa;
    dsc_engine engine;
    dsc_dtype precision;
    bool json, profile, csv, md, list;
    const char *filter, *out, *plot;
    dsc_plot_page page;
    double time;
};

/* Training throughput of the workloads that the words behind the first name, or of all. */
dsc_exit dsc_bench_peers(dsc_call *call, const cli_words *words, struct bench_arguments *arguments);

/* False, and the scope fails, if an option was given that belongs to suites alone. */
bool dsc_bench_takes_no_suite_options(dsc_scope *scope, const char *word,
                                      const struct bench_arguments *arguments);

#endif
