/* experiment_main.c - the command line that every experiment has. */
#include "experiment_program.h"

#include <string.h>

#include <descent/build.h>

#include "options.h"
#include "progress.h"
#include "terminal.h"

#define FIELD(name) offsetof(struct arguments, name)
#define MAX_SEED    4503599627370496.0 /* 2^52: the seeds behind it are exact in a file of doubles too */
#define MAX_SEEDS   1e5

const cli_option cli_experiment_options[] = {
    CLI_OPTION("case", "CASE", FIELD(case_name), cli_option_text,
               "which case to run; the first is the default"),
    CLI_OPTION("preset", "PRESET", FIELD(preset), cli_option_text,
               "settings kept under a name (default: default)"),
    CLI_OPTION(
        "set", "NAME=VALUE", FIELD(settings), cli_option_setting,
        "set a parameter, or the values of an axis: 8, 2,3,4, 2..80, 0..1 step 0.1, 2..300 log 16; repeatable"),
    CLI_OPTION("config", "FILE.json", FIELD(config), cli_option_text,
               "read settings; the command line goes before them"),
    CLI_OPTION_IN("seeds", "N", FIELD(seeds), cli_option_integer, "how many seeds", 1, MAX_SEEDS),
    CLI_OPTION_IN("seed", "S", FIELD(seed), cli_option_integer, "the first seed (default: 1)", 1, MAX_SEED),
    CLI_OPTION("engine", "ENGINE", FIELD(engine), cli_option_engine,
               "auto, native, onednn or ref (default: auto)"),
    CLI_OPTION("data", "DIR", FIELD(data), cli_option_text,
               "directory of the data files (default: $DESCENT_DATA), or a file of one's own"),
    CLI_OPTION(
        "threads", "N|auto", FIELD(threads), cli_option_threads,
        "cells computed at once (default: auto: the cores that are allowed, or fewer if Slurm, $OMP_NUM_THREADS "
        "or the control group grant fewer; `descent info` says which); never changes a number"),
    CLI_OPTION("isa", "LEVEL", FIELD(isa), cli_option_isa,
               "auto, scalar, avx2 or avx512 (default: $DESCENT_ISA, else auto)"),
    CLI_OPTION(
        "shard", "I/N|slurm/N", FIELD(shard), cli_option_shard,
        "compute the I-th of N shares; slurm: I is the task of sbatch --array=1-N; join with `descent merge`"),
    CLI_OPTION("max-time", "DURATION", FIELD(max_time), cli_option_duration,
               "stop after 90, 90s, 10m, 2h, within seconds; the same command resumes"),
    CLI_OPTION("force", NULL, FIELD(force), cli_option_flag,
               "try cells that need more memory than can be used"),
    CLI_OPTION(
        "out", "FILE.h5", FIELD(out), cli_option_text,
        "results file (default: EXPERIMENT-CASE.h5 here; a preset other than default and a shard add their names)"),
    CLI_OPTION("models", "DIR", FIELD(models), cli_option_text,
               "keep the trained networks there, of experiments that say so"),
    CLI_OPTION("plot", "FORMATS", FIELD(plot), cli_option_formats,
               "pictures out of svg,png,pdf,tex (default: svg)"),
    CLI_OPTIONS_PAGE(struct arguments, page),
    CLI_OPTION("no-plot", NULL, FIELD(no_plot), cli_option_flag, "no figures"),
    CLI_OPTION("dry-run", NULL, FIELD(dry_run), cli_option_flag,
               "only say what it would cost; writes nothing"),
    CLI_OPTION("print-config", NULL, FIELD(print_config), cli_option_flag,
               "print the settings as JSON for --config; runs nothing"),
    CLI_OPTION("verify", "FILE.h5", FIELD(verify), cli_option_text,
               "compute a results file again and compare bit for bit"),
    CLI_OPTION_IN("sample", "K", FIELD(sample), cli_option_integer, "verify K cells only, evenly spread", 1,
                  1e12),
    CLI_OPTION("json", NULL, FIELD(json), cli_option_flag, "print JSON instead of tables"),
    CLI_OPTION("quiet", NULL, FIELD(quiet), cli_option_flag, "print errors only"),
    CLI_OPTION("help", NULL, FIELD(help), cli_option_flag, "this help; with --case, of that case"),
    CLI_OPTION("version", NULL, FIELD(version), cli_option_flag, "print the version"),
    CLI_OPTION_END,
};

/* The settings of a configuration file go below those of the command line. */
static void read_config(struct session *session)
{
    struct arguments *arguments = &session->arguments;
    const cli_settings own = arguments->settings;
    size_t count = 0;
    const dsc_setting *settings = dsc_config_read(session->scope, arguments->config, &count);
    if (dsc_scope_status(session->scope) != DSC_OK)
        return;
    arguments->settings = (cli_settings){ 0 };
    for (size_t i = 0; i < count; i++)
        cli_settings_add(session->scope, &arguments->settings, settings[i].name, settings[i].value);
    for (size_t i = 0; i < own.count; i++)
        cli_settings_add(session->scope, &arguments->settings, own.items[i].name, own.items[i].value);
}

static void read_arguments(struct session *session, int argc, char **argv)
{
    struct arguments *arguments = &session->arguments;
    cli_options_read(session->scope, cli_experiment_options, argc, argv, arguments, NULL);
    if (arguments->config)
        read_config(session);
    if (arguments->sample && !arguments->verify)
        dsc_scope_fail(session->scope, DSC_ERROR_ARGUMENT, "--sample belongs to --verify FILE.h5");
    if (arguments->plot && arguments->no_plot)
        dsc_scope_fail(session->scope, DSC_ERROR_ARGUMENT, "--plot and --no-plot exclude each other");
    session->terminal.quiet = arguments->quiet;
}

/* EXPERIMENT-CASE.h5 in the current directory, one name for each recipe that presets make and for each shard.
 */
static const char *default_out(struct session *session, const dsc_plan *plan)
{
    const struct arguments *arguments = &session->arguments;
    const bool named = arguments->preset && strcmp(arguments->preset, "default") != 0;
    const char *shard = arguments->shard.shards > 1
                            ? dsc_scope_format(session->scope, "-shard-%d-of-%d", arguments->shard.shard,
                                               arguments->shard.shards)
                            : "";
    return dsc_scope_format(session->scope, "%s-%s%s%s%s.h5", session->experiment->name,
                            dsc_plan_case(plan)->name, named ? "-" : "", named ? arguments->preset : "",
                            shard ? shard : "");
}

static dsc_exit print_config(struct session *session, const dsc_plan *plan)
{
    const char *config = dsc_plan_config(session->scope, plan);
    if (config)
        cli_print("%s%s", config, config[0] && config[strlen(config) - 1] == '\n' ? "" : "\n");
    return DSC_EXIT_GOOD;
}

static dsc_exit plan_and_run(struct session *session)
{
    const struct arguments *arguments = &session->arguments;
    dsc_scope *scope = session->scope;
    const dsc_plan *plan = dsc_plan_make(scope, session->experiment,
                                         &(dsc_plan_options){ .case_name = arguments->case_name,
                                                              .preset = arguments->preset,
                                                              .settings = arguments->settings.items,
                                                              .setting_count = arguments->settings.count,
                                                              .seeds = arguments->seeds,
                                                              .first_seed = arguments->seed,
                                                              .engine = arguments->engine,
                                                              .data_directory = arguments->data,
                                                              .models_directory = arguments->models });
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    if (arguments->print_config)
        return print_config(session, plan);
    const dsc_run_options options = { .out = arguments->out ? arguments->out : default_out(session, plan),
                                      .threads = arguments->threads,
                                      .isa = arguments->isa,
                                      .max_time = arguments->max_time,
                                      .shard = arguments->shard.shard,
                                      .shards = arguments->shard.shards,
                                      .argc = session->program->command_argc,
                                      .argv = session->program->command_argv,
                                      .stop = cli_signals_catch(),
                                      .force = arguments->force };
    return arguments->dry_run ? cli_dry_run(session, plan, &options) : cli_run(session, plan, &options);
}

static dsc_exit dispatch(struct session *session)
{
    const struct arguments *arguments = &session->arguments;
    if (arguments->help)
        return cli_experiment_help(session);
    if (arguments->version) {
        cli_print("%s %s (descent %s)\n", session->experiment->name, session->experiment->version,
                  dsc_build_get()->version);
        return DSC_EXIT_GOOD;
    }
    if (dsc_isa_select(session->scope, arguments->isa) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    if (arguments->verify)
        return cli_verify_command(session->scope, &session->terminal, session->experiment,
                                  &(cli_verify_arguments){ .path = arguments->verify,
                                                           .data = arguments->data,
                                                           .sample = arguments->sample,
                                                           .threads = arguments->threads,
                                                           .isa = arguments->isa,
                                                           .json = arguments->json,
                                                           .force = arguments->force });
    return plan_and_run(session);
}

dsc_exit cli_experiment_command(const cli_program *program, int argc, char **argv,
                                const dsc_experiment *experiment)
{
    struct session session = { .program = program,
                               .experiment = experiment,
                               .terminal = cli_terminal_open(program->name) };
    session.scope =
        dsc_scope_open(&(dsc_scope_options){ .log = cli_log_to_terminal, .log_user = &session.terminal });
    read_arguments(&session, argc, argv);
    const dsc_exit answer = dsc_scope_status(session.scope) == DSC_OK ? dispatch(&session) : DSC_EXIT_GOOD;
    return cli_finish(&session.terminal, &session.scope, answer);
}
