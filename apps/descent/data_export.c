/* data_export.c - `descent data export`: a data set as a plain HDF5 file. */
#include "data.h"

#include <string.h>

#include <descent/file.h>
#include <descent/hash.h>
#include <descent/record.h>

#include "options.h"
#include "terminal.h"

enum { MAX_ARRAYS = 4, MAX_ATTRIBUTES = 10 };

/* Options of the MNIST-1D generator; the defaults are the published ones. */
struct generator {
    int64_t seed, samples;
    double train_fraction, label_noise;
};

#define FIELD(name) offsetof(struct generator, name)
static const cli_option generator_options[] = {
    CLI_OPTION_IN("seed", "SEED", FIELD(seed), cli_option_integer, "of the generator", 0, UINT32_MAX),
    CLI_OPTION_IN("samples", "N", FIELD(samples), cli_option_integer, "in all", 10, 1e7),
    CLI_OPTION_IN("train_fraction", "F", FIELD(train_fraction), cli_option_real, "share of the training set",
                  1e-6, 1),
    CLI_OPTION_IN("label_noise", "P", FIELD(label_noise), cli_option_real, "share of labels drawn again", 0,
                  1),
    CLI_OPTION_END,
};

static const char *generator_name_at(const void *user, size_t i)
{
    (void)user;
    return generator_options[i].name;
}

struct export
{
    dsc_split split;
    dsc_attribute attributes[MAX_ATTRIBUTES];
    size_t attribute_count;
};

static void add_attribute(struct export *export, const char *name, const char *text)
{
    export->attributes[export->attribute_count++] = (dsc_attribute){ name, text };
}

static void make_mnist1d(dsc_scope *scope, const struct data_arguments *arguments, struct export *export)
{
    enum { OPTION_COUNT = sizeof generator_options / sizeof generator_options[0] - 1 };
    struct generator options = { .seed = 42, .samples = 5000, .train_fraction = 0.8 };
    for (size_t i = 0; i < arguments->settings.count; i++)
        if (!cli_options_apply(scope, generator_options, &arguments->settings.items[i], &options))
            cli_unknown_name(scope, "option", arguments->settings.items[i].name, OPTION_COUNT,
                             generator_name_at, NULL);
    export->split = dsc_mnist1d(scope, &(dsc_mnist1d_options){ .samples = (size_t)options.samples,
                                                               .train_fraction = options.train_fraction,
                                                               .seed = (uint32_t)options.seed,
                                                               .label_noise = options.label_noise });
    add_attribute(export, "seed", dsc_scope_format(scope, "%lld", (long long)options.seed));
    add_attribute(export, "samples", dsc_scope_format(scope, "%lld", (long long)options.samples));
    add_attribute(export, "train_fraction", dsc_scope_format(scope, "%.17g", options.train_fraction));
    add_attribute(export, "label_noise", dsc_scope_format(scope, "%.17g", options.label_noise));
}

static void read_files(dsc_scope *scope, const dsc_known_data *known, const struct data_arguments *arguments,
                       struct export *export)
{
    if (arguments->settings.count)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown option '%s': %s takes none",
                       arguments->settings.items[0].name, known->name);
    const char *directory = dsc_data_directory(scope, known, arguments->data);
    if (!directory)
        return;
    size_t count = 0;
    const dsc_known_file *files = dsc_data_files(known, directory, &count);
    for (size_t i = 0; i < count && i < MAX_ATTRIBUTES - 4; i++) {
        char hex[65];
        const char *path = dsc_data_file(scope, directory, files[i].name);
        dsc_digest_hex(dsc_sha256_file(scope, path, NULL), hex);
        if (dsc_known_data_check(scope, known, path, hex) != DSC_OK)
            return;
        add_attribute(export, files[i].name, dsc_scope_copy(scope, hex));
    }
    export->split = dsc_data_read(scope, known, directory);
}

/* "airplane automobile bird", as CF conventions name what integers mean; blanks inside a name become '_'. */
static const char *meanings_of(dsc_scope *scope, const dsc_dataset *data)
{
    if (!data->class_names)
        return NULL;
    const char *text = "";
    for (size_t i = 0; i < data->classes && text; i++) {
        char *name = dsc_scope_copy(scope, data->class_names[i]);
        for (char *c = name; c && *c; c++)
            *c = *c == ' ' ? '_' : *c;
        text = dsc_scope_format(scope, "%s%s%s", text, i ? " " : "", name ? name : "");
    }
    return text;
}

/* The arrays of a set called "train" or "test". An empty set, as of train_fraction 1, leaves none. */
static size_t add_arrays(dsc_scope *scope, const dsc_dataset *data, const char *set, dsc_array *arrays)
{
    if (data->count == 0)
        return 0;
    const char *example = dsc_scope_format(scope, "%s_example", set);
    arrays[0] = (dsc_array){ .name = dsc_scope_format(scope, "%s_x", set),
                             .units = "1",
                             .long_name = "inputs, a row an example",
                             .rank = 2,
                             .shape = { data->count, data->features },
                             .axes = { example, "feature" },
                             .real = dsc_dataset_matrix(scope, data).data };
    arrays[1] = (dsc_array){ .name = dsc_scope_format(scope, "%s_y", set),
                             .units = "1",
                             .long_name = "labels",
                             .rank = 1,
                             .shape = { data->count },
                             .axes = { example },
                             .meanings = meanings_of(scope, data),
                             .integer = data->labels };
    return 2;
}

dsc_exit data_export(dsc_call *call, const struct data_arguments *arguments, const char *name)
{
    const dsc_known_data *known = data_find(call->scope, name);
    struct export export = { 0 };
    if (known && !arguments->out)
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "--out FILE.h5 is missing: where to write %s", name);
    else if (known)
        dsc_file_spare(call->scope, arguments->out, DSC_FILE_OTHER);
    if (!known || dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (dsc_file_check_writable(call->scope, arguments->out) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    add_attribute(&export, "Conventions", "CF-1.8");
    add_attribute(&export, "format", "descent data 1");
    add_attribute(&export, "data", known->name);
    add_attribute(&export, "origin", known->origin);
    if (known->file_count)
        read_files(call->scope, known, arguments, &export);
    else if (strcmp(known->name, "mnist1d") == 0)
        make_mnist1d(call->scope, arguments, &export);
    else
        dsc_scope_fail(call->scope, DSC_ERROR_ARGUMENT, "%s cannot be exported: it is %s", known->name,
                       known->origin);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    dsc_array arrays[MAX_ARRAYS];
    size_t count = add_arrays(call->scope, &export.split.train, "train", arrays);
    count += add_arrays(call->scope, &export.split.test, "test", arrays + count);
    if (dsc_arrays_write(call->scope, arguments->out, arrays, count, export.attributes,
                         export.attribute_count) == DSC_OK)
        cli_print("%s: %zu training and %zu test examples of %zu features\n", arguments->out,
                  export.split.train.count, export.split.test.count, export.split.train.features);
    return DSC_EXIT_GOOD;
}
