/* merge.c - `descent merge`: shards of one recipe joined. */
#include "command.h"

#include <descent/file.h>

struct arguments {
    const char *out;
};

static const dsc_option options[] = {
    DSC_OPTION("out", "FILE.h5", offsetof(struct arguments, out), dsc_option_text,
               "the joined results file; one that exists keeps its cells"),
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

struct files {
    const char **paths;
    dsc_record **records;
    size_t count;
};

/* Reads the shards, and before them the file that stands at out: its cells are kept, and a file of another
   recipe is refused rather than replaced. */
static struct files read_files(dsc_scope *scope, const dsc_words *words, const char *out)
{
    struct files files = { .paths = dsc_scope_alloc(scope, words->count + 1, sizeof *files.paths),
                           .records = dsc_scope_alloc(scope, words->count + 1, sizeof *files.records) };
    if (!files.paths || !files.records)
        return files;
    if (dsc_file_exists(out))
        files.paths[files.count++] = out;
    for (size_t i = 0; i < words->count; i++)
        files.paths[files.count++] = words->items[i];
    for (size_t i = 0; i < files.count; i++)
        files.records[i] = dsc_record_read(scope, files.paths[i]);
    return files;
}

static dsc_exit merge(dsc_call *call)
{
    struct arguments arguments = { 0 };
    const dsc_words words = dsc_call_read(call, &dsc_verb_merge, &arguments, 1, DSC_MANY);
    if (dsc_scope_status(call->scope) == DSC_OK && !arguments.out)
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT,
                       "--out FILE.h5 is missing: where the joined results go");
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (dsc_file_check_writable(call->scope, arguments.out) != DSC_OK)
        return DSC_EXIT_GOOD; /* dsc_finish() reports the scope's error */
    const struct files files = read_files(call->scope, &words, arguments.out);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    dsc_record *joined = dsc_merge(call->scope, files.records, files.paths, files.count);
    if (!joined || dsc_record_write(call->scope, joined, arguments.out) != DSC_OK)
        return DSC_EXIT_GOOD;
    size_t missing = 0, failed = 0;
    count_unfinished(joined, &missing, &failed);
    const size_t cells = dsc_record_cells(joined);
    dsc_print("%s: %zu of %zu cells done, %zu failed, %zu missing\n", arguments.out, cells - missing - failed,
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
