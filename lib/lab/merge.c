/* merge.c - shards of one recipe become one record. */
#include <string.h>

#include <descent/cpu.h>

#include "lab/results.h"

/* True if both records hold the same bits for a cell that both have. */
static bool agree(dsc_record *a, dsc_record *b, size_t cell)
{
    const dsc_record_spec *spec = dsc_record_describe(a);
    if (dsc_record_cell_at(a, cell)->hash != dsc_record_cell_at(b, cell)->hash)
        return false;
    for (size_t i = 0; i < spec->output_count; i++) {
        size_t count;
        const double *left = dsc_record_cell_values(a, &spec->outputs[i], cell, &count);
        const dsc_record_output *output = dsc_record_output_find(b, spec->outputs[i].name);
        const double *right = dsc_record_cell_values(b, output, cell, &count);
        if (memcmp(left, right, count * sizeof *left) != 0)
            return false;
    }
    return true;
}

/* Copies a shard's cells: a finished one replaces one that is missing or failed. */
static void add(dsc_scope *scope, dsc_record *merged, dsc_record *shard, const char *path)
{
    for (size_t i = 0; i < dsc_record_cells(merged); i++) {
        const dsc_cell_status have = dsc_record_cell_at(merged, i)->status,
                              got = dsc_record_cell_at(shard, i)->status;
        if (got == DSC_CELL_MISSING || (got == DSC_CELL_FAILED && have != DSC_CELL_MISSING))
            continue;
        if (have == DSC_CELL_DONE && !agree(merged, shard, i)) {
            dsc_scope_fail(
                scope, DSC_ERROR_MISMATCH,
                "cell %zu of '%s' differs from that of a file before it: one of them is wrong, verify both",
                i, path);
            return;
        }
        if (have != DSC_CELL_DONE && dsci_results_copy(merged, i, shard, i) != DSC_OK) {
            dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not merge '%s'", path);
            return;
        }
    }
}

/* True if text is among the lines of list, or several lines of it in a row. */
static bool has_lines(const char *list, const char *text)
{
    const size_t length = strlen(text);
    for (const char *at = strstr(list, text); length && at; at = strstr(at + 1, text))
        if ((at == list || at[-1] == '\n') && (at[length] == '\0' || at[length] == '\n'))
            return true;
    return length == 0;
}

/* The provenance of the merged file: an attribute that all files agree on once, else each file's text on a
 * line. */
static void merge_provenance(dsc_scope *scope, dsc_record *merged, dsc_record *const *records,
                             const char *const *paths, size_t count)
{
    const char *list = "";
    for (size_t r = 0; r < count && list; r++)
        list = dsc_scope_format(scope, "%s%s%s", list, r ? "\n" : "", paths[r]);
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < dsc_record_provenance_count(records[r]); i++) {
            const char *name, *text;
            dsc_record_provenance_at(records[r], i, &name, &text);
            const char *before = dsc_record_provenance_get(merged, name);
            const char *joined = text;
            if (before && has_lines(before, text))
                continue;
            if (before)
                joined = dsc_scope_format(scope, "%s\n%s", before, text);
            if (joined)
                dsc_record_provenance_set(merged, name, joined);
        }
    if (list)
        dsc_record_provenance_set(merged, "merged", list);
}

dsc_record *dsc_merge(dsc_scope *scope, dsc_record *const *records, const char *const *paths, size_t count)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    if (count == 0) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "nothing to merge: name the shards' results files");
        return NULL;
    }
    for (size_t i = 1; i < count; i++)
        if (dsci_results_same_recipe(scope, records[0], paths[0], records[i], paths[i]) != DSC_OK)
            return NULL;
    dsc_record *merged = dsc_record_make(scope, dsc_record_describe(records[0]));
    for (size_t i = 0; merged && i < count && dsc_scope_status(scope) == DSC_OK; i++)
        add(scope, merged, records[i], paths[i]);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    merge_provenance(scope, merged, records, paths, count);
    return dsci_results_summarize(scope, merged, dsc_threads_choose(0).count) == DSC_OK ? merged : NULL;
}
