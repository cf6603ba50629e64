/* experiment_program.h - the parts of an experiment program, private to apps/cli. */
#ifndef EXPERIMENT_PROGRAM_H
#define EXPERIMENT_PROGRAM_H

#include <descent/cli.h>

/* What the command line says. */
struct arguments {
    const char *case_name, *preset;
    dsc_settings settings;
    const char *config;
    int64_t seeds, seed;
    dsc_engine engine;
    const char *data;
    dsc_isa isa;
    int threads;
    dsc_shard shard;
    double max_time;
    const char *out, *plot;
    dsc_plot_page page;
    const char *verify;
    int64_t sample;
    bool no_plot, dry_run, force, print_config, json, quiet, help, version;
};

/* A program at work. */
struct session {
    const dsc_program *program;
    const dsc_experiment *experiment;
    struct arguments arguments;
    dsc_scope *scope;
    dsc_terminal terminal;
};

extern const dsc_option dsci_experiment_options[];

/* --help, of the case that --case names. */
dsc_exit dsci_experiment_help(struct session *session);

/* --dry-run: what a run would cost. */
dsc_exit dsci_dry_run(struct session *session, const dsc_plan *plan, const dsc_run_options *options);

/* The run itself, its figures and its report. */
dsc_exit dsci_session_run(struct session *session, const dsc_plan *plan, const dsc_run_options *options);

#endif
