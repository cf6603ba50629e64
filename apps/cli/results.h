/* results.h - what is shown of results: medians, claims, comparisons. */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include <descent/lab.h>

#include "json.h"
#include "table.h"

/* The table below, and in *heading what it shows ("median of 2 to 3 seeds, 16 of 38 rows left out (...)"). */
const cli_table *cli_summary_table(dsc_scope *scope, dsc_record *record, const dsc_claims *claims,
                                   size_t limit, const char **heading);
/* Medians over the seeds, one row per point of the other axes, every output a column; limit > 0 shows about
   that many rows, evenly spread, and those that the claims (NULL: none) and the figures' marks are about. */
void cli_summary_print(dsc_scope *scope, const cli_terminal *terminal, dsc_record *record,
                       const dsc_claims *claims, size_t limit);

/* "agrees", "does not agree", "cannot be told". */
const char *cli_verdict_text(dsc_verdict verdict);
/* What sources claim beside what a record shows; all: also what cannot be told from it, with the reason. */
void cli_claims_print(dsc_scope *scope, const cli_terminal *terminal, dsc_record *record,
                      const dsc_claims *claims, bool all);
/* The same as an array of objects; claims may be NULL. */
struct json_t *cli_claims_json(dsc_scope *scope, dsc_record *record, const dsc_claims *claims);

/* What verify and diff found. Returns DSC_EXIT_NO if cells differ. */
dsc_exit cli_comparison_print(dsc_scope *scope, cli_terminal *terminal, const dsc_comparison *comparison,
                              bool json);

#endif
