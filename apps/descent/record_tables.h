/* record_tables.h - what a results file holds, as tables: for the terminal and for pages. */
#ifndef RECORD_TABLES_H
#define RECORD_TABLES_H

#include <descent/cli.h>

struct dsc_tally {
    size_t cells, done, failed, missing;
    double seconds;
    const char *message; /* of the first cell that failed */
};
struct dsc_tally dsc_tally_cells(dsc_record *record);

/* The claims of the experiment that made a record; NULL if it has none or this build has none of its name. */
const dsc_claim *dsc_known_claims(const dsc_record *record);

/* Tables of names and texts. */
const dsc_table *dsc_recipe_table(dsc_scope *scope, const dsc_record *record);
const dsc_table *dsc_provenance_table(dsc_scope *scope, const dsc_record *record);

#endif
