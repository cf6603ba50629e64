/* data.c - `descent data`: the data sets that Descent knows. */
#include "data.h"

#include <jansson.h>
#include <string.h>

#include <descent/hash.h>

#include "json.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

#define FIELD(name) offsetof(struct data_arguments, name)
static const cli_option options[] = {
    CLI_OPTION("data", "DIR", FIELD(data), cli_option_text,
               "directory of the data files (default: $DESCENT_DATA)"),
    CLI_OPTION("set", "NAME=VALUE", FIELD(settings), cli_option_setting,
               "export: an option of the generator: seed, samples, train_fraction, label_noise; repeatable"),
    CLI_OPTION("out", "FILE.h5", FIELD(out), cli_option_text, "export: the file to write"),
    CLI_OPTION("json", NULL, FIELD(json), cli_option_flag, "list, check: print JSON"),
    CLI_OPTION_END,
};

static const char *known_name_at(const void *user, size_t i)
{
    return ((const dsc_known_data *)user)[i].name;
}

const dsc_known_data *data_find(dsc_scope *scope, const char *name)
{
    size_t count = 0;
    const dsc_known_data *known = dsc_known_data_list(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    cli_unknown_name(scope, "data set", name, count, known_name_at, known);
    return NULL;
}

static void list(dsc_call *call, const struct data_arguments *arguments)
{
    static const cli_table_column columns[] = { { "name", false }, { "origin", false }, { "", false } };
    size_t count = 0;
    const dsc_known_data *known = dsc_known_data_list(&count);
    cli_table *table = cli_table_make(call->scope, columns, 3, 1);
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++) {
        cli_table_row(table, (const char *[]){ known[i].name, known[i].origin, known[i].summary });
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:I}", "name", known[i].name, "origin",
                                             known[i].origin, "summary", known[i].summary, "files",
                                             (json_int_t)known[i].file_count));
    }
    if (arguments->json)
        cli_json_print(call->scope, json_incref(all));
    else
        cli_table_print(table, &call->terminal, 0);
    json_decref(all);
}

/* The data set that a file is known to be of, if it is another one. */
static const dsc_known_data *other_owner(const dsc_known_data *known, const char *path)
{
    dsc_scope *own = dsc_scope_open(NULL);
    char hex[65];
    dsc_digest_hex(dsc_sha256_file(own, path, NULL), hex);
    const dsc_known_data *owner = dsc_scope_status(own) == DSC_OK ? dsc_known_data_of_file(hex) : NULL;
    dsc_scope_close(&own);
    return owner == known ? NULL : owner;
}

/* What is wrong with a file: "" if it is the known one. */
static const char *file_state(dsc_scope *scope, const char *path, const dsc_known_data *known,
                              const dsc_known_file *file)
{
    dsc_scope *own = dsc_scope_open(NULL); /* a file that cannot be read is an answer here, not an error */
    uint64_t size = 0;
    char hex[65];
    dsc_digest_hex(dsc_sha256_file(own, path, &size), hex);
    const dsc_known_data *owner = dsc_known_data_of_file(hex);
    const char *state = "";
    if (dsc_scope_status(own) != DSC_OK)
        state = dsc_scope_copy(scope, dsc_scope_message(own));
    else if (owner && owner != known)
        state = dsc_scope_format(scope, "it is that of %s", owner->name);
    else if (dsc_known_file_has(file, hex) || (!file->sha256 && size == file->size))
        state = "";
    else if (size != file->size && (!file->unpacked_size || size != file->unpacked_size))
        state = dsc_scope_format(scope, "expected %llu bytes%s, found %llu", (unsigned long long)file->size,
                                 file->unpacked_size ? ", packed" : "", (unsigned long long)size);
    else
        state = dsc_scope_format(scope, "expected SHA-256 %.16s..., found %.16s...",
                                 size == file->size ? file->sha256 : file->unpacked_sha256, hex);
    dsc_scope_close(&own);
    return state ? state : "out of memory";
}

struct check {
    dsc_call *call;
    cli_table *table;
    json_t *json;
    size_t wrong, looked_at;
};

static void add_check(struct check *check, const char *name, const char *file, const char *state)
{
    const bool good = !*state;
    check->wrong += !good;
    check->looked_at++;
    cli_table_row(check->table, (const char *[]){ name, file, good ? "as known" : state });
    json_array_append_new(check->json, json_pack("{s:s, s:s, s:b, s:s}", "data", name, "file", file, "good",
                                                 good, "message", state));
}

static void check_one(struct check *check, const dsc_known_data *known, const char *directory,
                      bool must_exist)
{
    dsc_scope *own = dsc_scope_open(NULL);
    const char *found = dsc_data_directory(own, known, directory);
    if (!found && must_exist)
        dsc_scope_adopt_error(check->call->scope, own);
    size_t count = 0;
    const dsc_known_file *files = found ? dsc_data_files(known, found, &count) : NULL;
    if (count && !must_exist && other_owner(known, dsc_data_file(own, found, files[count - 1].name)))
        count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *path = dsc_data_file(own, found, files[i].name);
        add_check(check, known->name, dsc_scope_copy(check->call->scope, path),
                  file_state(check->call->scope, path, known, &files[i]));
    }
    dsc_scope_close(&own);
}

/* Without a name every data set that is found is checked; files called alike that are another's are not it.
 */
static dsc_exit check(dsc_call *call, const struct data_arguments *arguments, const char *name)
{
    static const cli_table_column columns[] = { { "data", false }, { "file", false }, { "", false } };
    struct check check = { .call = call,
                           .table = cli_table_make(call->scope, columns, 3, 1),
                           .json = json_array() };
    size_t count = 0;
    const dsc_known_data *known = dsc_known_data_list(&count),
                         *one = name ? data_find(call->scope, name) : NULL;
    for (size_t i = 0; i < count; i++)
        if (known[i].file_count && (!name || one == &known[i]))
            check_one(&check, &known[i], arguments->data, name != NULL);
    if (one && !one->file_count)
        cli_say(&call->terminal, CLI_TONE_NOTE, "%s is %s: there are no files to check", name, one->origin);
    else if (!check.looked_at && dsc_scope_status(call->scope) == DSC_OK)
        dsc_scope_fail(call->scope, DSC_ERROR_FILE,
                       "no data files were found: say where by --data DIR or $DESCENT_DATA");
    if (arguments->json && dsc_scope_status(call->scope) == DSC_OK)
        cli_json_print(call->scope, json_incref(check.json));
    else if (check.looked_at)
        cli_table_print(check.table, &call->terminal, 0);
    json_decref(check.json);
    return check.wrong ? DSC_EXIT_NO : DSC_EXIT_GOOD;
}

static dsc_exit data(dsc_call *call)
{
    struct data_arguments arguments = { 0 };
    const cli_words words = dsc_call_read(call, &dsc_verb_data, &arguments, 1, 2);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    const char *action = words.items[0], *name = words.count > 1 ? words.items[1] : NULL;
    if (strcmp(action, "list") == 0 && !name)
        list(call, &arguments);
    else if (strcmp(action, "check") == 0)
        return check(call, &arguments, name);
    else if (strcmp(action, "export") == 0 && name)
        return data_export(call, &arguments, name);
    else
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT,
                       "expected descent data list, check [NAME] or export NAME --out "
                       "FILE.h5, found '%s%s%s'",
                       action, name ? " " : "", name ? name : "");
    return DSC_EXIT_GOOD;
}

const dsc_verb dsc_verb_data = {
    .name = "data",
    .words = "list|check|export [NAME]",
    .summary = "list the known data sets, check their files, write one as HDF5",
    .options = options,
    .run = data,
    .answer = "check: 0 every file is the known one, 1 some are not",
    .examples = "  descent data list\n"
                "  descent data check mnist --data DIR\n"
                "  descent data export mnist1d --set seed=7 --set samples=3000 --out mnist1d.h5\n",
};
