/* record_tables.h - what a results file holds, as tables: for the terminal and for pages. */
#ifndef RECORD_TABLES_H
#define RECORD_TABLES_H
#include "table.h"

struct dsc_tally {
    size_t cells, done, failed, missing;
    double seconds;
    const char *message; /* of the first cell that failed */
};
struct dsc_tally dsc_tally_cells(dsc_record *record);

/* Reads a results file whose cells can be compared; one of benchmarks fails the scope. */
dsc_record *dsc_cells_read(dsc_scope *scope, const char *path);

/* The experiment of this build that made a record; NULL if there is none of its name. */
const dsc_experiment *dsc_known_experiment(const dsc_record *record);

/* The claims of the experiment that made a record; NULL if it has none or this build has none of its name. */
const dsc_claims *dsc_known_claims(dsc_scope *scope, const dsc_record *record);

/* The program that computes a record's experiment, fit for a shell: "descent run NAME" if this build knows
   it, else the one that made the file, as its provenance has it, or "PROGRAM"; and the command by which it
   verifies the file. In the scope. */
const char *dsc_program_of(dsc_scope *scope, const dsc_record *record);
const char *dsc_verify_command_of(dsc_scope *scope, const dsc_record *record, const char *path);

/* Tables of names and texts. */
const cli_table *dsc_recipe_table(dsc_scope *scope, const dsc_record *record);
const cli_table *dsc_provenance_table(dsc_scope *scope, const dsc_record *record);

#endif
