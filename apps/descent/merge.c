/* merge.c - `descent merge`: shards of one recipe joined. */
#include "command.h"

#include <string.h>

#include <descent/file.h>

#include "options.h"
#include "record_tables.h"
#include "terminal.h"

struct arguments {
    const char *out;
};

static const cli_option options[] = {
    CLI_OPTION("out", "FILE.h5", offsetof(struct arguments, out), cli_option_text,
               "the joined results file; one that exists keeps its cells"),
    CLI_OPTION_END,
};

/* The number of shards that the joined files were computed in; 0 if it is not known or not the same for all.
 */
static int64_t count_shards(dsc_scope *scope, const dsc_record *record)
{
    char *lines = dsc_scope_copy(scope, dsc_record_provenance_get(record, "shards")), *rest = NULL;
    int64_t shards = 0;
    for (char *line = lines ? strtok_r(lines, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
        const char *slash = strchr(line, '/');
        int64_t count = 0;
        if (!slash || !dsc_parse_integer(slash + 1, &count) || count < 2 || (shards && count != shards))
            return 0;
        shards = count;
    }
    return shards;
}

/* "2,5": the shards that missing cells belong to; a few of them if there are many. */
static const char *missing_shards(dsc_scope *scope, dsc_record *record)
{
    enum { SHOWN = 20 };
    const int64_t shards = count_shards(scope, record);
    const size_t cells = dsc_record_cells(record);
    const char *list = "";
    int shown = 0;
    for (size_t shard = 0; (int64_t)shard < shards && shard < cells && list; shard++)
        for (size_t i = shard; i < cells && shown <= SHOWN; i += (size_t)shards)
            if (dsc_record_cell_at(record, i)->status == DSC_CELL_MISSING) {
                list = shown == SHOWN ? dsc_scope_format(scope, "%s,...", list)
                                      : dsc_scope_format(scope, "%s%s%zu", list, shown ? "," : "", shard + 1);
                shown++;
                break;
            }
    return shown ? dsc_scope_format(scope, ", or shard %s of %lld again", list, (long long)shards) : "";
}

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
static struct files read_files(dsc_scope *scope, const cli_words *words, const char *out)
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
        files.records[i] = dsc_cells_read(scope, files.paths[i]);
    return files;
}

static dsc_exit merge(dsc_call *call)
{
    struct arguments arguments = { 0 };
    const cli_words words = dsc_call_read(call, &dsc_verb_merge, &arguments, 1, DSC_MANY);
    if (dsc_scope_status(call->scope) == DSC_OK && !arguments.out)
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT,
                       "--out FILE.h5 is missing: where the joined results go");
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (dsc_file_check_writable(call->scope, arguments.out) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    const struct files files = read_files(call->scope, &words, arguments.out);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    dsc_record *joined = dsc_merge(call->scope, files.records, files.paths, files.count);
    if (!joined || dsc_record_write(call->scope, joined, arguments.out) != DSC_OK)
        return DSC_EXIT_GOOD;
    size_t missing = 0, failed = 0;
    count_unfinished(joined, &missing, &failed);
    const size_t cells = dsc_record_cells(joined);
    cli_print("%s: %zu of %zu cells done, %zu failed, %zu missing\n", arguments.out, cells - missing - failed,
              cells, failed, missing);
    if (missing + failed)
        cli_say(&call->terminal, CLI_TONE_WARNING,
                "%s is not complete: run the experiment with --out %s to compute the rest%s", arguments.out,
                arguments.out, missing_shards(call->scope, joined));
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
