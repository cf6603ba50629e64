/* merge.c - `descent merge`: shards of one recipe joined. */
#include "command.h"

struct arguments {
    const char *out;
};

static const dsc_option options[] = {
    DSC_OPTION("out", "FILE.h5", offsetof(struct arguments, out), dsc_option_text, "the joined results file"),
    DSC_OPTION_END,
};

/* Cells of a record that are missing, and that failed. */
static void count_unfinished(dsc_record *record, size_t *missing, size_t *failed)
{
    for (size_t i = 0; i < dsc_record_cells(record); i++) {
        *missing += dsc_record_cell_at(record, i)->status == DSC_CELL_MISSING;
        *failed += dsc_record_cell_at(record, i)->status == DSC_CELL_FAILED;
    }
}

static dsc_exit merge(dsc_call *call)
{
    struct arguments arguments = { 0 };
    const dsc_words words = dsc_call_read(call, &dsc_verb_merge, &arguments, 1, DSC_MANY);
    if (dsc_scope_status(call->scope) == DSC_OK && !arguments.out)
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT,
                       "--out FILE.h5 is missing: where the joined results go");
    dsc_record **records = dsc_scope_alloc(call->scope, words.count, sizeof(dsc_record *));
    if (!records)
        return DSC_EXIT_GOOD; /* dsc_finish() reports the scope's error */
    for (size_t i = 0; i < words.count; i++)
        records[i] = dsc_record_read(call->scope, words.items[i]);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    dsc_record *joined = dsc_merge(call->scope, records, words.items, words.count);
    if (!joined || dsc_record_write(call->scope, joined, arguments.out) != DSC_OK)
        return DSC_EXIT_GOOD;
    size_t missing = 0, failed = 0;
    count_unfinished(joined, &missing, &failed);
    const size_t cells = dsc_record_cells(joined);
    printf("%s: %zu of %zu cells done, %zu failed, %zu missing\n", arguments.out, cells - missing - failed,
           cells, failed, missing);
    if (missing + failed)
        dsc_say(&call->terminal, DSC_TONE_WARNING,
                "%s is not complete: run the experiment with --out %s to compute "
                "the rest",
                arguments.out, arguments.out);
    return missing + failed ? DSC_EXIT_NO : DSC_EXIT_GOOD;
}

const dsc_verb dsc_verb_merge = {
    .name = "merge",
    .words = "A B... --out C",
    .summary = "join the shards of one recipe",
    .options = options,
    .run = merge,
    .answer = "0 the joined file is complete, 1 cells are missing or failed",
    .examples = "  descent merge shard-1.h5 shard-2.h5 --out all.h5\n",
};
