/* plan.c - resolves a case, a preset and settings into parameters, axes and seeds. */
#include "lab/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <descent/file.h>
#include <descent/hash.h>
#include <descent/text.h>
#include <descent/value.h>

/* Settings that belong to every experiment. */
enum common { CASE, PRESET, ENGINE, SEEDS, SEED, COMMON_COUNT };
static const char *const common_names[COMMON_COUNT] = { "case", "preset", "engine", "seeds", "seed" };

/* The choice that stands for one's own file. */
static const char OWN_FILE[] = "file";

/* The value that each name was given; a later setting replaces an earlier one. */
struct resolver {
    dsc_plan *plan;
    dsc_scope *scope;
    const dsc_plan_options *options;
    size_t param_count, axis_count, name_count;
    const char **names;  /* parameters, axes, common */
    const char **values; /* NULL: nothing was said */
};

static size_t count_params(const dsc_param *params)
{
    size_t count = 0;
    while (params && params[count].name)
        count++;
    return count;
}

static size_t count_axes(const dsc_axis *axes)
{
    size_t count = 0;
    while (axes && axes[count].param.name)
        count++;
    return count;
}

static const char *name_at(const void *user, size_t i)
{
    return ((const char *const *)user)[i];
}

static const char *join_names(dsc_scope *scope, const char *const *names, size_t count)
{
    const char *list = "";
    for (size_t i = 0; i < count && list; i++)
        list = dsc_scope_format(scope, "%s%s%s", list, i ? ", " : "", names[i]);
    return list ? list : "";
}

/* Fails the scope for a name that is none of names. what: "parameter"; where: "double-descent, case mlp". */
static void unknown(dsc_scope *scope, const char *what, const char *name, const char *where,
                    const char *const *names, size_t count)
{
    const char *nearest = dsc_nearest_name(name, count, name_at, names);
    if (nearest)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown %s '%.80s' of %s: did you mean '%s'?", what, name,
                       where, nearest);
    else
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown %s '%.80s' of %s; expected one of %s", what, name,
                       where, join_names(scope, names, count));
}

/* The last value of a common setting among those given. */
static const char *last_setting(const dsc_plan_options *options, const char *name)
{
    for (size_t i = options->setting_count; i-- > 0;)
        if (strcmp(options->settings[i].name, name) == 0)
            return options->settings[i].value;
    return NULL;
}

static void choose_case(dsc_plan *plan, const dsc_plan_options *options)
{
    const dsc_experiment *experiment = plan->experiment;
    const char *name = options->case_name ? options->case_name : last_setting(options, common_names[CASE]);
    size_t count = 0;
    while (experiment->cases[count])
        count++;
    const char **names = dsc_scope_alloc(plan->scope, count, sizeof *names);
    for (size_t i = 0; names && i < count; i++) {
        names[i] = experiment->cases[i]->name;
        if (!plan->kase && (!name || strcmp(name, names[i]) == 0))
            plan->kase = experiment->cases[i];
    }
    if (names && !plan->kase)
        unknown(plan->scope, "case", name ? name : "", experiment->name, names, count);
}

static void list_names(struct resolver *resolver)
{
    const dsc_case *kase = resolver->plan->kase;
    resolver->param_count = count_params(kase->params);
    resolver->axis_count = count_axes(kase->axes);
    const size_t most = resolver->param_count + resolver->axis_count + COMMON_COUNT;
    resolver->names = dsc_scope_alloc(resolver->scope, most, sizeof *resolver->names);
    resolver->values = dsc_scope_alloc(resolver->scope, most, sizeof *resolver->values);
    if (!resolver->names || !resolver->values)
        return;
    size_t count = 0;
    for (size_t i = 0; i < resolver->param_count; i++)
        resolver->names[count++] = kase->params[i].name;
    for (size_t i = 0; i < resolver->axis_count; i++)
        resolver->names[count++] = kase->axes[i].param.name;
    for (size_t i = 0; i < COMMON_COUNT; i++)
        resolver->names[count++] = common_names[i];
    resolver->name_count = count;
}

static const char *common_value(const struct resolver *resolver, enum common which)
{
    return resolver->values[resolver->param_count + resolver->axis_count + which];
}

static void say(struct resolver *resolver, const char *name, const char *value)
{
    for (size_t i = 0; i < resolver->name_count; i++)
        if (strcmp(resolver->names[i], name) == 0) {
            resolver->values[i] = value;
            return;
        }
    const dsc_plan *plan = resolver->plan;
    const char *where =
        dsc_scope_format(resolver->scope, "%s, case %s", plan->experiment->name, plan->kase->name);
    if (where)
        unknown(resolver->scope, "parameter", name, where, resolver->names, resolver->name_count);
}

/* A preset's settings: words of the form NAME=VALUE; a word without '=' goes on with the value before it, so
   that lists like "0..1 step 0.1" may hold spaces. */
static void say_preset(struct resolver *resolver, const dsc_preset *preset)
{
    char *rest = dsc_scope_copy(resolver->scope, preset->settings ? preset->settings : "");
    const char *name = NULL, *value = NULL;
    char *state = NULL;
    for (char *word = rest ? strtok_r(rest, " ", &state) : NULL; word; word = strtok_r(NULL, " ", &state)) {
        char *equals = strchr(word, '=');
        if (!equals) {
            value = dsc_scope_format(resolver->scope, "%s %s", value ? value : "", word);
            continue;
        }
        if (name)
            say(resolver, name, value);
        *equals = '\0';
        name = word;
        value = equals + 1;
    }
    if (name)
        say(resolver, name, value);
}

static void choose_preset(struct resolver *resolver)
{
    const dsc_preset *presets = resolver->plan->kase->presets;
    const char *asked = resolver->options->preset;
    if (!asked)
        asked = last_setting(resolver->options, common_names[PRESET]);
    const char *name = asked ? asked : "default";
    size_t count = 0;
    for (; presets && presets[count].name; count++)
        if (strcmp(presets[count].name, name) == 0) {
            say_preset(resolver, &presets[count]);
            return;
        }
    if (strcmp(name, "default") == 0)
        return;
    const char **names = dsc_scope_alloc(resolver->scope, count + 1, sizeof *names);
    for (size_t i = 0; names && i < count; i++)
        names[i] = presets[i].name;
    if (names && count == 0)
        names[count++] = "default";
    if (names)
        unknown(resolver->scope, "preset", name, resolver->plan->kase->name, names, count);
}

static bool has_range(const dsc_param *param)
{
    return param->min != 0 || param->max != 0;
}

/* The number of the last of the choices "a|b|c", counted from 0, as which an axis has it among its values. */
static double last_choice(const char *choices)
{
    double last = 0;
    for (const char *at = choices; (at = strchr(at, '|')) != NULL; at++)
        last++;
    return last;
}

static bool in_range(dsc_scope *scope, const dsc_param *param, double value)
{
    if (!has_range(param) || (value >= param->min && value <= param->max))
        return true;
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "%s = %.15g is outside %.15g..%.15g (%s)", param->name, value,
                   param->min, param->max, param->help ? param->help : "");
    return false;
}

static void set_choice(struct resolver *resolver, const dsc_param *param, const char *text)
{
    char *list = dsc_scope_copy(resolver->scope, param->choices), *state = NULL;
    char *choice = list ? strtok_r(list, "|", &state) : NULL;
    while (choice && strcmp(choice, text) != 0)
        choice = strtok_r(NULL, "|", &state);
    if (choice)
        memcpy((char *)resolver->plan->hyperparameters + param->offset, &choice, sizeof choice);
    else
        dsc_scope_fail(resolver->scope, DSC_ERROR_ARGUMENT, "%s = '%.80s' is none of %s (%s)", param->name,
                       text, param->choices, param->help ? param->help : "");
}

/* Text goes into the recipe, which is JSON: valid UTF-8 without control characters, and not endless. */
static void set_text(struct resolver *resolver, const dsc_param *param, const char *text)
{
    enum { LONGEST = 200 };
    size_t length = 0, bytes = 1;
    uint32_t code;
    for (; text[length] && bytes; length += bytes) {
        bytes = dsc_utf8_read(text + length, &code);
        bytes = bytes && dsc_utf8_controls(code) ? 0 : bytes;
    }
    if (!bytes || length > LONGEST) {
        dsc_scope_fail(resolver->scope, DSC_ERROR_ARGUMENT,
                       "%s: expected at most %d bytes of UTF-8 without control characters (%s)", param->name,
                       LONGEST, param->help ? param->help : "");
        return;
    }
    const char *copy = dsc_scope_copy(resolver->scope, text);
    memcpy((char *)resolver->plan->hyperparameters + param->offset, &copy, sizeof copy);
}

static void set_number(struct resolver *resolver, const dsc_param *param, const char *text)
{
    const bool integer = param->kind == DSC_KIND_INTEGER;
    int64_t whole = 0;
    double real = 0;
    if (!(integer ? dsc_parse_integer(text, &whole) : dsc_parse_real(text, &real))) {
        dsc_scope_fail(resolver->scope, DSC_ERROR_ARGUMENT, "%s = '%.80s' is not %s (%s)", param->name, text,
                       integer ? "an integer" : "a number", param->help ? param->help : "");
        return;
    }
    if (!in_range(resolver->scope, param, integer ? (double)whole : real))
        return;
    char *field = (char *)resolver->plan->hyperparameters + param->offset;
    if (integer)
        memcpy(field, &whole, sizeof whole);
    else
        memcpy(field, &real, sizeof real);
}

static void set_params(struct resolver *resolver)
{
    const dsc_param *params = resolver->plan->kase->params;
    for (size_t i = 0; i < resolver->param_count && dsc_scope_status(resolver->scope) == DSC_OK; i++) {
        const char *text = resolver->values[i] ? resolver->values[i] : params[i].value;
        if (params[i].kind == DSC_KIND_CHOICE)
            set_choice(resolver, &params[i], text);
        else if (params[i].kind == DSC_KIND_TEXT)
            set_text(resolver, &params[i], text);
        else
            set_number(resolver, &params[i], text);
    }
}

static bool is_file(const char *path)
{
    struct stat info;
    return path && stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

/* The data are one's own file: its digest goes into the recipe, whatever it is called. */
static void choose_file(dsc_plan *plan)
{
    if (!plan->data_directory) {
        dsc_scope_fail(plan->scope, DSC_ERROR_ARGUMENT, "the data are one's own file: name it, --data FILE");
        return;
    }
    const char *slash = strrchr(plan->data_directory, '/');
    plan->data_title = slash && slash[1] ? slash + 1 : plan->data_directory;
    dsc_data_note(&plan->data, OWN_FILE, plan->data_directory);
}

/* Puts a data set in the place of "auto": the choices are auto, the generated set, and known sets of files or
   one's own file. */
static void choose_data(struct resolver *resolver)
{
    dsc_plan *plan = resolver->plan;
    const dsc_param *param = plan->kase->data_choice ? plan->kase->params : NULL;
    while (param && param->name && strcmp(param->name, plan->kase->data_choice) != 0)
        param++;
    if (!param || dsc_scope_status(resolver->scope) != DSC_OK)
        return;
    char *list = dsc_scope_copy(resolver->scope, param->choices), *state = NULL;
    const char **names = dsc_scope_alloc(resolver->scope, strlen(param->choices) + 1, sizeof *names);
    size_t count = 0;
    bool takes_file = false;
    for (char *word = list && names ? strtok_r(list, "|", &state) : NULL; word;
         word = strtok_r(NULL, "|", &state)) {
        takes_file |= strcmp(word, OWN_FILE) == 0;
        if (strcmp(word, OWN_FILE) != 0)
            names[count++] = word;
    }
    if (count < 2)
        return;
    const char *chosen, *generated = names[1];
    memcpy(&chosen, (const char *)plan->hyperparameters + param->offset, sizeof chosen);
    if (takes_file && strcmp(chosen, names[0]) == 0 && is_file(plan->data_directory))
        chosen = OWN_FILE;
    if (takes_file && strcmp(chosen, OWN_FILE) == 0) {
        memcpy((char *)plan->hyperparameters + param->offset, &chosen, sizeof chosen);
        choose_file(plan);
        return;
    }
    plan->known_directory = plan->data_directory;
    plan->known_data = dsc_data_choose(resolver->scope, chosen, generated, names + 2, &plan->known_directory);
    chosen = plan->known_data ? plan->known_data->name : generated;
    memcpy((char *)plan->hyperparameters + param->offset, &chosen, sizeof chosen);
    const dsc_known_data *known = dsc_known_data_find(chosen);
    plan->data_title = known ? known->title : generated;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Refuses values outside the range, not whole where they must be, and repeated ones: a cell would have two
 * addresses. */
static void check_values(dsc_scope *scope, const dsc_param *param, const double *values, size_t count)
{
    double *sorted = dsc_scope_alloc(scope, count, sizeof *sorted);
    if (!sorted)
        return;
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_value);
    const bool named = param->kind == DSC_KIND_INTEGER && param->choices;
    for (size_t i = 0; i < count; i++) {
        if (!in_range(scope, param, sorted[i]))
            return;
        if (named && !(sorted[i] >= 0 && sorted[i] <= last_choice(param->choices)))
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "%s: %.15g is none of %s", param->name, sorted[i],
                           param->choices);
        if (!isfinite(sorted[i]) || (param->kind == DSC_KIND_INTEGER && sorted[i] != rint(sorted[i])))
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "%s: %.15g is not %s (%s)", param->name, sorted[i],
                           param->kind == DSC_KIND_INTEGER ? "an integer" : "a finite number", param->help);
        if (i > 0 && sorted[i] == sorted[i - 1])
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "%s: %.15g is listed twice; each value can be swept once", param->name, sorted[i]);
    }
}

/* A list of names with the numbers that they stand for in their place, as dsc_parse_list() reads it; numbers
   are left as they are. */
static const char *names_to_numbers(struct resolver *resolver, const dsc_param *param, const char *text)
{
    char *rest = dsc_scope_copy(resolver->scope, text), *state = NULL;
    const char *numbers = "";
    for (char *word = rest ? strtok_r(rest, ",", &state) : NULL; word && numbers;
         word = strtok_r(NULL, ",", &state)) {
        char *list = dsc_scope_copy(resolver->scope, param->choices), *next = NULL;
        long found = -1, i = 0;
        for (char *name = list ? strtok_r(list, "|", &next) : NULL; name;
             name = strtok_r(NULL, "|", &next), i++)
            found = strcmp(name, word) == 0 ? i : found;
        double number;
        if (found < 0 && !dsc_parse_real(word, &number)) {
            dsc_scope_fail(resolver->scope, DSC_ERROR_ARGUMENT, "%s: '%.80s' is none of %s (%s)", param->name,
                           word, param->choices, param->help ? param->help : "");
            return NULL;
        }
        numbers = found >= 0
                      ? dsc_scope_format(resolver->scope, "%s%s%ld", numbers, *numbers ? "," : "", found)
                      : dsc_scope_format(resolver->scope, "%s%s%s", numbers, *numbers ? "," : "", word);
    }
    return numbers;
}

/* A list of an axis's values, as a person types it. */
static double *parse_values(struct resolver *resolver, const dsc_param *param, const char *list,
                            size_t *count)
{
    if (param->choices)
        list = names_to_numbers(resolver, param, list);
    return list ? dsc_parse_list(resolver->scope, param->name, list, param->kind == DSC_KIND_INTEGER,
                                 DSCI_AXIS_MAX, count)
                : NULL;
}

/* Refuses other values than the table's. The same ones are accepted, because a recipe repeats them. */
static void check_fixed(struct resolver *resolver, const dsc_param *param, const struct dsci_sweep_axis *axis)
{
    size_t count = 0;
    const double *table = parse_values(resolver, param, param->value, &count);
    if (table && (count != axis->count || memcmp(table, axis->values, count * sizeof *table) != 0))
        dsc_scope_fail(resolver->scope, DSC_ERROR_ARGUMENT,
                       "%s: its values are always %s (%s); leave it out of the settings", param->name,
                       param->value, param->help ? param->help : "");
}

/* Adds an axis with the values of the settings; without any, with those that its derive() makes of the
   parameters; else with the table's. */
static void add_axis(struct resolver *resolver, const dsc_axis *axis, const char *said)
{
    dsc_plan *plan = resolver->plan;
    const dsc_param *param = &axis->param;
    if (plan->axis_count == DSC_RECORD_MAX_AXES) {
        dsc_scope_fail(resolver->scope, DSC_ERROR_ARGUMENT, "case %s: more than %d axes with the seeds",
                       plan->kase->name, DSC_RECORD_MAX_AXES);
        return;
    }
    struct dsci_sweep_axis *to = &plan->axes[plan->axis_count++];
    *to = (struct dsci_sweep_axis){ .axis = axis,
                                    .name = param->name,
                                    .integer = param->kind == DSC_KIND_INTEGER };
    if (said || !axis->derive) {
        to->values = parse_values(resolver, param, said ? said : param->value, &to->count);
    } else {
        to->values = dsc_scope_alloc(resolver->scope, DSCI_AXIS_MAX, sizeof *to->values);
        if (to->values)
            to->count = axis->derive(plan->hyperparameters, to->values, DSCI_AXIS_MAX);
        if (to->values && to->count == 0)
            dsc_scope_fail(resolver->scope, DSC_ERROR_ARGUMENT, "%s has no values for these parameters",
                           param->name);
    }
    if (to->values && to->count)
        check_values(resolver->scope, param, to->values, to->count);
    if (to->values && said && axis->fixed)
        check_fixed(resolver, param, to);
}

static int64_t choose_number(struct resolver *resolver, enum common which, int64_t option, int64_t otherwise,
                             int64_t most)
{
    const char *text = common_value(resolver, which);
    int64_t value = option ? option : otherwise;
    if (!option && text && !dsc_parse_integer(text, &value))
        dsc_scope_fail(resolver->scope, DSC_ERROR_ARGUMENT, "%s = '%.80s' is not an integer",
                       common_names[which], text);
    if (value < 1 || value > most)
        dsc_scope_fail(resolver->scope, DSC_ERROR_ARGUMENT, "%s = %lld is outside 1..%lld",
                       common_names[which], (long long)value, (long long)most);
    return value;
}

static void add_seeds(struct resolver *resolver)
{
    dsc_plan *plan = resolver->plan;
    const int64_t exact = (int64_t)1 << 52; /* stored as double */
    const int64_t count = choose_number(resolver, SEEDS, resolver->options->seeds,
                                        plan->kase->seeds ? plan->kase->seeds : 3, DSCI_SEEDS_MAX);
    const int64_t first = choose_number(resolver, SEED, resolver->options->first_seed, 1, exact);
    if (plan->axis_count == DSC_RECORD_MAX_AXES)
        dsc_scope_fail(resolver->scope, DSC_ERROR_ARGUMENT, "case %s: more than %d axes with the seeds",
                       plan->kase->name, DSC_RECORD_MAX_AXES);
    if (dsc_scope_status(resolver->scope) != DSC_OK)
        return;
    double *values = dsc_scope_alloc(resolver->scope, (size_t)count, sizeof *values);
    for (int64_t i = 0; values && i < count; i++)
        values[i] = (double)(first + i);
    plan->seed_axis = plan->axis_count;
    plan->axes[plan->axis_count++] =
        (struct dsci_sweep_axis){ .name = "seed", .integer = true, .count = (size_t)count, .values = values };
    plan->cell_axes = plan->axis_count;
}

static void set_axes(struct resolver *resolver)
{
    const dsc_axis *axes = resolver->plan->kase->axes;
    const char *const *said = resolver->values + resolver->param_count;
    for (int inner = 0; inner <= 1; inner++) {
        for (size_t i = 0; i < resolver->axis_count && dsc_scope_status(resolver->scope) == DSC_OK; i++)
            if (axes[i].inner == (inner == 1))
                add_axis(resolver, &axes[i], said[i]);
        if (inner == 0)
            add_seeds(resolver);
    }
}

static void count_cells(dsc_plan *plan)
{
    plan->cells = 1;
    for (size_t i = 0; i < plan->cell_axes && dsc_scope_status(plan->scope) == DSC_OK; i++) {
        if (plan->axes[i].count > DSC_RECORD_MAX_CELLS / plan->cells)
            dsc_scope_fail(plan->scope, DSC_ERROR_ARGUMENT,
                           "the axes and seeds span more than %d cells: shorten %s", DSC_RECORD_MAX_CELLS,
                           plan->axes[i].name);
        else
            plan->cells *= plan->axes[i].count;
    }
    if (dsc_scope_status(plan->scope) == DSC_OK)
        plan->costs = dsc_scope_alloc(plan->scope, plan->cells / plan->axes[plan->seed_axis].count,
                                      sizeof *plan->costs);
}

dsc_plan *dsc_plan_make(dsc_scope *scope, const dsc_experiment *experiment, const dsc_plan_options *options)
{
    dsc_plan *plan = dsc_scope_alloc(scope, 1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->scope = plan->data.scope = scope;
    plan->experiment = experiment;
    plan->data_directory = options->data_directory ? dsc_scope_copy(scope, options->data_directory) : NULL;
    plan->models_directory =
        options->models_directory ? dsc_scope_copy(scope, options->models_directory) : NULL;
    choose_case(plan, options);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    struct resolver resolver = { .plan = plan, .scope = scope, .options = options };
    plan->hyperparameters = dsc_scope_alloc(scope, 1, plan->kase->hyperparameters_size);
    list_names(&resolver);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    choose_preset(&resolver);
    for (size_t i = 0; i < options->setting_count && dsc_scope_status(scope) == DSC_OK; i++)
        say(&resolver, options->settings[i].name, options->settings[i].value);
    plan->engine = options->engine;
    if (dsc_scope_status(scope) == DSC_OK && plan->engine == DSC_ENGINE_AUTO &&
        common_value(&resolver, ENGINE))
        plan->engine = dsc_engine_parse(scope, common_value(&resolver, ENGINE));
    set_params(&resolver);
    choose_data(&resolver);
    set_axes(&resolver);
    count_cells(plan);
    if (dsc_scope_status(scope) == DSC_OK && plan->known_data)
        dsc_data_note_files(&plan->data, plan->known_data, plan->known_directory);
    if (dsc_scope_status(scope) == DSC_OK && plan->kase->identify)
        plan->kase->identify(&plan->data, plan->hyperparameters, plan->data_directory);
    plan->recipe = dsci_recipe_of(scope, plan);
    return dsc_scope_status(scope) == DSC_OK ? plan : NULL;
}

void dsc_data_note(dsc_data_notes *notes, const char *name, const char *path)
{
    char text[65];
    const dsc_digest digest = dsc_sha256_file(notes->scope, path, NULL);
    struct dsci_noted_file *note = dsc_scope_alloc(notes->scope, 1, sizeof *note);
    if (!note)
        return;
    *note = (struct dsci_noted_file){ .name = dsc_scope_copy(notes->scope, name),
                                      .sha256 = dsc_scope_copy(notes->scope, dsc_digest_hex(digest, text)),
                                      .next = notes->first };
    notes->first = note;
}

void dsc_data_note_files(dsc_data_notes *notes, const dsc_known_data *known, const char *directory)
{
    size_t count = 0;
    const dsc_known_file *files = known ? dsc_data_files(known, directory, &count) : NULL;
    for (size_t i = 0; i < count && dsc_scope_status(notes->scope) == DSC_OK; i++) {
        const char *path = dsc_data_file(notes->scope, directory, files[i].name);
        dsc_data_note(notes, dsc_path_join(notes->scope, known->name, files[i].name), path);
        if (notes->first)
            dsc_known_data_check(notes->scope, known, path, notes->first->sha256);
    }
}

dsc_scope *dsc_data_notes_scope(const dsc_data_notes *notes)
{
    return notes->scope;
}

const char *dsc_plan_recipe(const dsc_plan *plan)
{
    return plan->recipe;
}

const dsc_case *dsc_plan_case(const dsc_plan *plan)
{
    return plan->kase;
}

const dsc_known_data *dsc_plan_data(const dsc_plan *plan)
{
    return plan->known_data;
}

const char *dsc_plan_data_title(const dsc_plan *plan)
{
    return plan->data_title;
}

const double *dsc_plan_axis(const dsc_plan *plan, const char *name, size_t *count)
{
    for (size_t i = 0; i < plan->axis_count; i++)
        if (strcmp(plan->axes[i].name, name) == 0) {
            *count = plan->axes[i].count;
            return plan->axes[i].values;
        }
    *count = 0;
    return NULL;
}

size_t dsc_plan_cells(const dsc_plan *plan)
{
    return plan->cells;
}

void dsci_plan_hyperparameters(const dsc_plan *plan, size_t cell, void *hyperparameters)
{
    memcpy(hyperparameters, plan->hyperparameters, plan->kase->hyperparameters_size);
    for (size_t i = plan->cell_axes; i-- > 0;) {
        const struct dsci_sweep_axis *axis = &plan->axes[i];
        const double value = axis->values[cell % axis->count];
        cell /= axis->count;
        if (!axis->axis)
            continue;
        char *field = (char *)hyperparameters + axis->axis->param.offset;
        const int64_t whole = (int64_t)value;
        if (axis->integer)
            memcpy(field, &whole, sizeof whole);
        else
            memcpy(field, &value, sizeof value);
    }
}

uint64_t dsci_plan_seed(const dsc_plan *plan, size_t cell)
{
    /* The seeds are the last cell axis, which runs fastest. */
    const struct dsci_sweep_axis *seeds = &plan->axes[plan->seed_axis];
    return (uint64_t)seeds->values[cell % seeds->count];
}
