/* command.h - the verbs of `descent`. */
#ifndef COMMAND_H
#define COMMAND_H
#include <descent/record.h>

#include "options.h"
#include "terminal.h"

/* The experiments of this build, ended by NULL. */
extern const dsc_experiment *const dsc_registry[];

enum { DSC_MANY = 1000000 };

/* A verb at work: argv[0..argc-1] are the words behind it. */
typedef struct dsc_call {
    dsc_scope *scope;
    cli_terminal terminal;
    int argc;
    char **argv;
    int command_argc; /* the whole command, for the provenance */
    char **command_argv;
} dsc_call;

typedef struct dsc_verb dsc_verb;
struct dsc_verb {
    const char *name, *words, *summary;
    const char *behind;              /* the verb that it stands behind; NULL: none */
    const dsc_verb *const *verbs;    /* those that stand behind it, ended by NULL; NULL: none */
    const cli_option *options;       /* NULL: none of its own table */
    dsc_exit (*run)(dsc_call *call); /* NULL: one of its verbs has to follow */
    const char *answer;              /* what its exit statuses say beyond the usual; NULL: nothing */
    const char *examples;            /* lines for `descent help VERB` */
};

/* One row a verb, in its own file. */
extern const dsc_verb dsc_verb_bench, dsc_verb_data, dsc_verb_diff, dsc_verb_embed, dsc_verb_info,
    dsc_verb_list, dsc_verb_merge, dsc_verb_plot, dsc_verb_report, dsc_verb_run, dsc_verb_sample,
    dsc_verb_selftest, dsc_verb_show, dsc_verb_verify;

/* Finds an experiment of this build; an unknown name fails the scope with the nearest one. */
const dsc_experiment *dsc_experiment_find(dsc_scope *scope, const char *name);

/* Fails the scope if there is a file that holds results, a model, a checkpoint, weights or word vectors: it
   is not written over, unless it is of the kind that the verb itself writes (DSC_FILE_OTHER: of none). */
dsc_status dsc_file_spare(dsc_scope *scope, const char *out, dsc_file_kind own_kind);

/* Reads a verb's options and words; fails the scope unless there are least..most words (DSC_MANY: no limit).
 */
cli_words dsc_call_read(dsc_call *call, const dsc_verb *verb, void *arguments, size_t least, size_t most);

#endif
