/* results.h - a plan's results file: who may write it, what is in it. */
#ifndef DESCENT_LAB_RESULTS_H
#define DESCENT_LAB_RESULTS_H

#include "lab/plan.h"

/* Claims path for this process by a lock on path + ".lock" until the scope closes: a second run of the same
   file is refused with DSC_ERROR_FILE. The lock dies with the process; a lock file left by a killed one does
   no harm. */
dsc_status dsci_results_claim(dsc_scope *scope, const char *path);

/* An empty record of the plan. */
dsc_record *dsci_results_make(dsc_scope *scope, const dsc_plan *plan);

/* The record in path, which must be this plan's, or hold some of its values and seeds, which are then all
   that is not missing; a new one if there is no file. */
dsc_record *dsci_results_open(dsc_scope *scope, const dsc_plan *plan, const char *path);

/* A record of the plan with the cells of one that differs from it only in having fewer axis values or seeds,
   and with its provenance; the recipe that it had goes there, too. NULL if it differs in anything else. */
dsc_record *dsci_results_extend(dsc_scope *scope, const dsc_plan *plan, dsc_record *from);

/* Whether two records have the same outputs over the same axes, whatever the axes' values. */
bool dsci_results_same_outputs(const dsc_record_spec *a, const dsc_record_spec *b);

/* Stores a computed cell's values (of all outputs, as a cell leaves them) or copies a cell from another
   record of the same recipe. */
void dsci_results_put(dsc_record *record, size_t cell, const double *values);
dsc_status dsci_results_copy(dsc_record *to, size_t to_cell, dsc_record *from, size_t cell);

/* Fails the scope with DSC_ERROR_MISMATCH unless two records have one recipe and the same axes and outputs.
 */
dsc_status dsci_results_same_recipe(dsc_scope *scope, const dsc_record *a, const char *a_name,
                                    const dsc_record *b, const char *b_name);

/* Median, interval and number over the seeds, of every output, into /summary, on that number of threads. */
dsc_status dsci_results_summarize(dsc_scope *scope, dsc_record *record, int threads);

/* Notes where and how the record is being made. */
void dsci_provenance_note_run(dsc_record *record, const dsc_plan *plan, const dsc_run_options *options);

/* The level at which oneDNN computed a record's numbers, whose bits depend on it; DSC_ISA_AUTO: it computed
 * none. */
dsc_isa dsci_provenance_onednn_level(const dsc_record *record);

/* Selects that level, unless the options or $DESCENT_ISA ask for another, which is said in the scope's log.
 */
void dsci_provenance_keep_level(dsc_scope *scope, const dsc_record *record, const dsc_run_options *options);

/* Adds the lines that the attribute does not have yet, and keeps them sorted. NULL: nothing. */
void dsci_provenance_add_lines(dsc_record *record, const char *name, const char *lines);

#endif
