/* experiment_program.h - the program of an experiment, also as a word of the command. */
#ifndef CLI_EXPERIMENT_PROGRAM_H
#define CLI_EXPERIMENT_PROGRAM_H

#include <descent/cli.h>

#include "options.h"
#include "terminal.h"

/* dsc_experiment_main() under another name in messages and examples ("descent run double-descent"). argv[0]
   is not read; the command of command_argc words goes into the provenance. */
typedef struct cli_program {
    const char *name;
    int command_argc;
    char **command_argv;
} cli_program;
dsc_exit cli_experiment_command(const cli_program *program, int argc, char **argv,
                                const dsc_experiment *experiment);

/* Computes the cells of a results file again and compares bits. */
typedef struct cli_verify_arguments {
    const char *path, *data;
    int64_t sample;
    int threads;
    dsc_isa isa; /* that the caller selected; AUTO: what oneDNN computed is computed again at its level */
    bool json;
    bool force; /* cells that cannot fit into memory are tried, too */
} cli_verify_arguments;
dsc_exit cli_verify_command(dsc_scope *scope, cli_terminal *terminal, const dsc_experiment *experiment,
                            const cli_verify_arguments *arguments);

/* What the command line says. */
struct arguments {
    const char *case_name, *preset;
    cli_settings settings;
    const char *config;
    int64_t seeds, seed;
    dsc_engine engine;
    const char *data;
    dsc_isa isa;
    int threads;
    cli_shard shard;
    double max_time;
    const char *out, *models, *plot;
    dsc_plot_page page;
    const char *verify;
    int64_t sample;
    bool no_plot, dry_run, force, print_config, json, quiet, help, version;
};

/* A program at work. */
struct session {
    const cli_program *program;
    const dsc_experiment *experiment;
    struct arguments arguments;
    dsc_scope *scope;
    cli_terminal terminal;
};

extern const cli_option cli_experiment_options[];

/* --help, of the case that --case names. */
dsc_exit cli_experiment_help(struct session *session);

/* --dry-run: what a run would cost. */
dsc_exit cli_dry_run(struct session *session, const dsc_plan *plan, const dsc_run_options *options);

/* The run itself, its figures and its report. */
dsc_exit cli_run(struct session *session, const dsc_plan *plan, const dsc_run_options *options);

#endif
