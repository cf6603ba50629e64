/* claims.c - what sources say, held against a results file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <descent/lab.h>
#include <descent/value.h>

enum { MAX_POINTS = 1 << 20, WORD_MAX = 200 };

/* A claim at work. reason is the first thing that keeps it from being told. */
struct check {
    dsc_scope *scope;
    dsc_record *record;
    const dsc_record_spec *spec;
    const dsc_claim *claim;
    const char *reason;
};

/* The points of a term: offsets into the output's values of the first seed. */
struct selection {
    const dsc_record_output *output;
    size_t seeds, stride; /* the seeds' values of a point are stride apart */
    size_t count;
    size_t *offsets;
    const double *along; /* values of the one axis with several points; NULL: none or several axes */
};

static bool refuse(struct check *check, const char *reason)
{
    if (!check->reason)
        check->reason = reason ? reason : "memory is out";
    return false;
}

/* "NAME=VALUE" at the head of a list with blanks between; false at its end. */
struct pair {
    char name[WORD_MAX], value[WORD_MAX];
};

static bool pair_next(struct check *check, const char **list, struct pair *pair)
{
    const char *at = *list ? *list + strspn(*list, " ") : "";
    const size_t length = strcspn(at, " "), name = strcspn(at, "=");
    if (length == 0)
        return false;
    *list = at + length;
    if (name >= length || name >= WORD_MAX || length - name > WORD_MAX)
        return refuse(check, dsc_scope_format(check->scope, "'%.*s' is not NAME=VALUE", (int)length, at));
    memcpy(pair->name, at, name);
    pair->name[name] = '\0';
    memcpy(pair->value, at + name + 1, length - name - 1);
    pair->value[length - name - 1] = '\0';
    return true;
}

static bool same_number(double a, double b)
{
    return isfinite(b) && fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

/* The number that a text stands for on an axis: one of its names, or a number. */
static bool axis_number(dsc_scope *scope, const dsc_record_axis *axis, const char *text, double *value)
{
    for (size_t i = 0; axis->names && i < axis->count; i++) {
        const char *name = dsc_record_axis_text(scope, axis, i, 6);
        if (name && strcmp(name, text) == 0) {
            *value = axis->values[i];
            return true;
        }
    }
    return dsc_parse_real(text, value);
}

static bool is_largest(const dsc_record_axis *axis, double value)
{
    for (size_t i = 0; i < axis->count; i++)
        if (axis->values[i] > value)
            return false;
    return true;
}

/* Whether an axis's value is meant by "9", "9..47", "..9", "cnn" or "last". */
static bool is_meant(struct check *check, const dsc_record_axis *axis, size_t index, const char *meant)
{
    const double value = axis->values[index];
    double low = -INFINITY, high = INFINITY;
    if (strcmp(meant, "last") == 0)
        return is_largest(axis, value);
    const char *dots = strstr(meant, "..");
    if (!dots)
        return axis_number(check->scope, axis, meant, &low) && same_number(value, low);
    char first[WORD_MAX] = { 0 };
    memcpy(first, meant, (size_t)(dots - meant));
    if ((first[0] && !dsc_parse_real(first, &low)) || (dots[2] && !dsc_parse_real(dots + 2, &high)))
        return refuse(check, dsc_scope_format(check->scope, "'%s' is not a range", meant));
    return (value >= low && value <= high) || same_number(value, low) || same_number(value, high);
}

/* ---- what a claim needs ---- */

static bool has_value(const json_t *value, const char *text)
{
    double number;
    if (json_is_string(value))
        return strcmp(json_string_value(value), text) == 0;
    return json_is_number(value) && dsc_parse_real(text, &number) &&
           same_number(json_number_value(value), number);
}

static bool has_data(const json_t *recipe, const char *name)
{
    const char *file;
    json_t *digest;
    json_object_foreach(json_object_get(recipe, "data"), file, digest)
    {
        if (strncmp(file, name, strlen(name)) == 0 && file[strlen(name)] == '/')
            return true;
    }
    return false;
}

static const dsc_record_axis *axis_find(const struct check *check, const char *name)
{
    for (size_t i = 0; i < check->spec->axis_count; i++)
        if (strcmp(check->spec->axes[i].name, name) == 0)
            return &check->spec->axes[i];
    return NULL;
}

/* Whether the axis has each of "9,47,300"; what it lacks is the reason. */
static bool axis_has(struct check *check, const dsc_record_axis *axis, const char *values)
{
    for (const char *at = values; *at;) {
        const size_t length = strcspn(at, ",");
        const char *one = dsc_scope_format(check->scope, "%.*s", (int)length, at);
        bool found = false;
        for (size_t i = 0; one && !found && i < axis->count; i++)
            found = is_meant(check, axis, i, one);
        if (!found)
            return refuse(check, dsc_scope_format(check->scope, "not run at %s %s", axis->name, one));
        at += length + (at[length] == ',');
    }
    return true;
}

static bool need_is_met(struct check *check, const json_t *recipe, const struct pair *need)
{
    if (strcmp(need->name, "data") == 0)
        return has_data(recipe, need->value) ||
               refuse(check, dsc_scope_format(check->scope, "not run on the files of %s", need->value));
    const dsc_record_axis *axis = axis_find(check, need->name);
    if (axis)
        return axis_has(check, axis, need->value);
    const json_t *value = json_object_get(json_object_get(recipe, "parameters"), need->name);
    if (!value)
        value = json_object_get(recipe, need->name);
    if (has_value(value, need->value))
        return true;
    char *found = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)) : NULL;
    refuse(check, dsc_scope_format(check->scope, "%s is %.60s here, the claim is about %s", need->name,
                                   found ? found : "not set", need->value));
    free(found);
    return false;
}

static bool needs_are_met(struct check *check)
{
    json_t *recipe = check->spec->recipe ? json_loads(check->spec->recipe, 0, NULL) : NULL;
    const char *list = check->claim->needs;
    struct pair need;
    bool met = true;
    while (met && pair_next(check, &list, &need))
        met = need_is_met(check, recipe, &need);
    json_decref(recipe);
    return met && !check->reason;
}

/* ---- the points of a term ---- */

/* For every axis of the record the values that where leaves, smallest first: values[axis][0..counts[axis]-1],
   each a place in the record's list, which is in the order that somebody typed. */
struct choice {
    size_t counts[DSC_RECORD_MAX_AXES];
    const double **values[DSC_RECORD_MAX_AXES];
};

static size_t index_of(const struct check *check, const struct choice *choice, size_t a, size_t i)
{
    return (size_t)(choice->values[a][i] - check->spec->axes[a].values);
}

static int by_value(const void *a, const void *b)
{
    const double x = **(const double *const *)a, y = **(const double *const *)b;
    return (x > y) - (x < y);
}

static bool choose_on_axis(struct check *check, size_t a, const char *meant, struct choice *choice)
{
    const dsc_record_axis *axis = &check->spec->axes[a];
    choice->counts[a] = 0;
    choice->values[a] = dsc_scope_alloc(check->scope, axis->count, sizeof *choice->values[a]);
    for (size_t i = 0; choice->values[a] && i < axis->count; i++)
        if (!meant || is_meant(check, axis, i, meant))
            choice->values[a][choice->counts[a]++] = &axis->values[i];
    if (choice->counts[a])
        qsort(choice->values[a], choice->counts[a], sizeof *choice->values[a], by_value);
    return choice->counts[a] ||
           refuse(check, dsc_scope_format(check->scope, "not run at %s %s", axis->name, meant ? meant : ""));
}

static bool choose(struct check *check, const dsc_term *term, struct choice *choice)
{
    for (size_t a = 0; a < check->spec->axis_count; a++)
        if (!choose_on_axis(check, a, NULL, choice))
            return false;
    const char *list = term->where;
    struct pair pair;
    while (pair_next(check, &list, &pair)) {
        const dsc_record_axis *axis = axis_find(check, pair.name);
        if (!axis)
            return refuse(check, dsc_scope_format(check->scope, "the file has no axis '%s'", pair.name));
        if (!choose_on_axis(check, (size_t)(axis - check->spec->axes), pair.value, choice))
            return false;
    }
    return !check->reason;
}

/* The values of the one axis along which there are several points. */
static const double *values_along(struct check *check, const dsc_record_output *output,
                                  const struct choice *choice)
{
    size_t several = 0, along = 0;
    for (size_t k = 0; k < output->rank; k++)
        if (strcmp(check->spec->axes[output->axes[k]].name, "seed") != 0 &&
            choice->counts[output->axes[k]] > 1) {
            along = output->axes[k];
            several++;
        }
    double *values =
        several == 1 ? dsc_scope_alloc(check->scope, choice->counts[along], sizeof *values) : NULL;
    for (size_t i = 0; values && i < choice->counts[along]; i++)
        values[i] = *choice->values[along][i];
    return values;
}

/* Enumerates the chosen points, row-major. */
static bool enumerate(struct check *check, const struct choice *choice, struct selection *selection)
{
    const dsc_record_output *output = selection->output;
    size_t points = 1, strides[DSC_RECORD_MAX_AXES], stride = 1;
    selection->seeds = 1;
    for (size_t k = output->rank; k-- > 0;) {
        const dsc_record_axis *axis = &check->spec->axes[output->axes[k]];
        const bool is_seed = strcmp(axis->name, "seed") == 0;
        strides[k] = stride;
        if (is_seed) {
            selection->seeds = axis->count;
            selection->stride = stride;
            strides[k] = 0;
        } else if (points > MAX_POINTS / choice->counts[output->axes[k]]) {
            return refuse(check, "too many points");
        } else {
            points *= choice->counts[output->axes[k]];
        }
        stride *= axis->count;
    }
    selection->count = points;
    selection->offsets = dsc_scope_alloc(check->scope, points, sizeof *selection->offsets);
    for (size_t i = 0; selection->offsets && i < points; i++) {
        size_t rest = i;
        for (size_t k = output->rank; k-- > 0;) {
            const size_t axis = output->axes[k];
            if (strides[k] == 0)
                continue;
            selection->offsets[i] += strides[k] * index_of(check, choice, axis, rest % choice->counts[axis]);
            rest /= choice->counts[axis];
        }
    }
    return selection->offsets || refuse(check, NULL);
}

static bool select_points(struct check *check, const dsc_term *term, struct selection *selection)
{
    struct choice choice = { 0 };
    selection->output = dsc_record_output_find(check->record, term->output);
    if (!selection->output)
        return refuse(check, dsc_scope_format(check->scope, "the file has no output '%s'", term->output));
    if (!choose(check, term, &choice))
        return false;
    selection->along = values_along(check, selection->output, &choice);
    const bool goes_along = term->statistic >= DSC_STATISTIC_ARGMIN && term->statistic <= DSC_STATISTIC_FALL;
    if (!enumerate(check, &choice, selection))
        return false;
    if (goes_along && !selection->along)
        return refuse(check, "needs several values of one axis");
    return true;
}

/* ---- numbers ---- */

static double value_of(const struct selection *selection, size_t point, size_t seed)
{
    return selection->output->values[selection->offsets[point] + seed * selection->stride];
}

static size_t first_extreme(const double *values, size_t count, double sign)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (sign * values[i] > sign * values[best])
            best = i;
    return best;
}

/* The largest increase (of sign times the values) from a point to a later one, and where it begins and ends.
 */
static double widest_rise(const double *values, size_t count, double sign, size_t ends[2])
{
    size_t lowest = 0;
    double rise = 0;
    ends[0] = ends[1] = 0;
    for (size_t i = 0; i < count; i++) {
        lowest = sign * values[i] < sign * values[lowest] ? i : lowest;
        if (sign * (values[i] - values[lowest]) <= rise)
            continue;
        rise = sign * (values[i] - values[lowest]);
        ends[0] = lowest;
        ends[1] = i;
    }
    return rise;
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

/* A statistic of a term's points; NaN if one of them is missing. */
static double statistic_of(dsc_statistic statistic, const struct selection *selection, const double *values)
{
    const size_t count = selection->count;
    for (size_t i = 0; i < count; i++)
        if (isnan(values[i]))
            return (double)NAN;
    const size_t low = first_extreme(values, count, -1), high = first_extreme(values, count, 1);
    size_t ends[2];
    switch (statistic) {
    case DSC_STATISTIC_MINIMUM: return values[low];
    case DSC_STATISTIC_MAXIMUM: return values[high];
    case DSC_STATISTIC_MAGNITUDE: return fmax(fabs(values[low]), fabs(values[high]));
    case DSC_STATISTIC_RANGE: return values[high] - values[low];
    case DSC_STATISTIC_ARGMIN: return selection->along[low];
    case DSC_STATISTIC_ARGMAX: return selection->along[high];
    case DSC_STATISTIC_RISE: return widest_rise(values, count, 1, ends);
    case DSC_STATISTIC_FALL: return widest_rise(values, count, -1, ends);
    default: return mean_of(values, count);
    }
}

/* The value at the point that the other seeds choose; NaN if none of them has some point. */
static double chosen_by_others(const struct check *check, const struct selection *selection, double sign,
                               size_t seed)
{
    double *means = dsc_scope_alloc(check->scope, selection->count, sizeof *means);
    for (size_t i = 0; means && i < selection->count; i++) {
        size_t others = 0;
        for (size_t s = 0; s < selection->seeds; s++)
            if (s != seed && !isnan(value_of(selection, i, s))) {
                means[i] += value_of(selection, i, s);
                others++;
            }
        if (others == 0)
            return (double)NAN;
        means[i] /= (double)others;
    }
    return means ? value_of(selection, first_extreme(means, selection->count, sign), seed) : (double)NAN;
}

static double term_of_seed(const struct check *check, const dsc_term *term, const struct selection *selection,
                           size_t seed)
{
    if (term->statistic == DSC_STATISTIC_CHOSEN_MINIMUM)
        return chosen_by_others(check, selection, -1, seed);
    if (term->statistic == DSC_STATISTIC_CHOSEN_MAXIMUM)
        return chosen_by_others(check, selection, 1, seed);
    double *values = dsc_scope_alloc(check->scope, selection->count, sizeof *values);
    for (size_t i = 0; values && i < selection->count; i++)
        values[i] = value_of(selection, i, seed);
    return values ? statistic_of(term->statistic, selection, values) : (double)NAN;
}

/* The seeds' finite values of a point, less those of another selection's if it is not NULL. */
static dsc_interval over_seeds(const struct check *check, const struct selection *a,
                               const struct selection *b, size_t point)
{
    double *values = dsc_scope_alloc(check->scope, a->seeds, sizeof *values);
    for (size_t s = 0; values && s < a->seeds; s++)
        values[s] = value_of(a, point, s) - (b ? value_of(b, point, s) : 0);
    return dsc_summarize(values, values ? a->seeds : 0);
}

static double term_pooled(const struct check *check, const dsc_term *term, const struct selection *selection,
                          size_t *n)
{
    double *medians = dsc_scope_alloc(check->scope, selection->count, sizeof *medians);
    for (size_t i = 0; medians && i < selection->count; i++) {
        const dsc_interval interval = over_seeds(check, selection, NULL, i);
        medians[i] = interval.median;
        *n = interval.n < *n ? interval.n : *n;
    }
    return medians ? statistic_of(term->statistic, selection, medians) : (double)NAN;
}

static double related(const dsc_claim *claim, double measured, double against)
{
    const double scale = claim->scale != 0 ? claim->scale : 1;
    if (!claim->against.output)
        return scale * measured;
    return scale * (claim->relation == DSC_RELATION_RATIO ? measured / against : measured - against);
}

/* One number without an interval, from n seeds. */
static dsc_interval single(double value, size_t n)
{
    const double none = (double)NAN;
    return (dsc_interval){ .n = isnan(value) ? 0 : n,
                           .median = value,
                           .low = none,
                           .high = none,
                           .mean = value,
                           .standard_error = none };
}

/* The largest size of a point's values; a missing seed's does not count. */
static double size_of(const struct selection *selection, size_t point)
{
    double largest = 0;
    for (size_t s = 0; s < selection->seeds; s++)
        largest = fmax(largest, fabs(value_of(selection, point, s)));
    return largest;
}

/* The largest deviation of a point from another output, in standard errors, which take two seeds. Points
   where both agree to rounding count 0: their standard error may be 0 too. */
static dsc_interval deviation(const struct check *check, const struct selection *a, const struct selection *b)
{
    double largest = 0;
    size_t n = a->seeds;
    for (size_t i = 0; i < a->count; i++) {
        const dsc_interval difference = over_seeds(check, a, b, i);
        n = difference.n < n ? difference.n : n;
        if (n > 1 && fabs(difference.mean) > 1e-12 * size_of(a, i))
            largest = fmax(largest, fabs(difference.mean) / difference.standard_error);
    }
    return single(largest, n);
}

static dsc_interval measure_pooled(const struct check *check, const struct selection *measured,
                                   const struct selection *against)
{
    const dsc_claim *claim = check->claim;
    size_t n = measured->seeds;
    const double value = term_pooled(check, &claim->measured, measured, &n);
    const double other = against ? term_pooled(check, &claim->against, against, &n) : 0;
    return single(related(claim, value, other), n);
}

static dsc_interval measure_seeds(const struct check *check, const struct selection *measured,
                                  const struct selection *against)
{
    const dsc_claim *claim = check->claim;
    double *values = dsc_scope_alloc(check->scope, measured->seeds, sizeof *values);
    for (size_t s = 0; values && s < measured->seeds; s++)
        values[s] = related(claim, term_of_seed(check, &claim->measured, measured, s),
                            against ? term_of_seed(check, &claim->against, against, s) : 0);
    return dsc_summarize(values, values ? measured->seeds : 0);
}

static bool measure(struct check *check, dsc_interval *result)
{
    const dsc_claim *claim = check->claim;
    struct selection measured = { 0 }, against = { 0 };
    const bool two = claim->against.output != NULL;
    if (!select_points(check, &claim->measured, &measured) ||
        (two && !select_points(check, &claim->against, &against)))
        return false;
    const struct selection *other = two ? &against : NULL;
    if (claim->measured.statistic == DSC_STATISTIC_DEVIATION) {
        if (!two || measured.count != against.count)
            return refuse(check, "there is nothing to compare with, point by point");
        *result = deviation(check, &measured, &against);
    } else {
        *result =
            claim->pooled ? measure_pooled(check, &measured, other) : measure_seeds(check, &measured, other);
    }
    if (result->n == 0)
        return refuse(check, "values are missing");
    const bool has_errors =
        claim->standard_errors != 0 || claim->measured.statistic == DSC_STATISTIC_DEVIATION;
    const size_t least = claim->seeds > 0 ? (size_t)claim->seeds : has_errors ? 2 : 1;
    if (result->n < least)
        return refuse(check, dsc_scope_format(check->scope, "%zu of at least %zu seeds", result->n, least));
    return true;
}

/* ---- values that a claim is about ---- */

/* The places of the largest and smallest that a statistic tells of; returns how many, at most two. */
static size_t extremes(dsc_statistic statistic, const double *values, size_t count, size_t places[2])
{
    const size_t low = first_extreme(values, count, -1), high = first_extreme(values, count, 1);
    places[0] = low;
    places[1] = high;
    switch (statistic) {
    case DSC_STATISTIC_MINIMUM:
    case DSC_STATISTIC_ARGMIN:
    case DSC_STATISTIC_CHOSEN_MINIMUM: return 1;
    case DSC_STATISTIC_MAXIMUM:
    case DSC_STATISTIC_ARGMAX:
    case DSC_STATISTIC_CHOSEN_MAXIMUM: places[0] = high; return 1;
    case DSC_STATISTIC_MAGNITUDE: places[0] = fabs(values[high]) >= fabs(values[low]) ? high : low; return 1;
    case DSC_STATISTIC_RANGE: return 2;
    case DSC_STATISTIC_RISE: widest_rise(values, count, 1, places); return 2;
    case DSC_STATISTIC_FALL: widest_rise(values, count, -1, places); return 2;
    default: return 0;
    }
}

/* The index on an axis that an offset into an output has. */
static size_t index_at(const struct check *check, const dsc_record_output *output, size_t offset, size_t axis)
{
    for (size_t k = output->rank; k-- > 0;) {
        const size_t count = check->spec->axes[output->axes[k]].count;
        if (output->axes[k] == axis)
            return offset % count;
        offset /= count;
    }
    return SIZE_MAX;
}

/* Where the medians over the seeds have the extremes of a term. */
static void flag_extremes(struct check *check, const dsc_term *term, size_t axis, bool *about)
{
    struct selection selection = { 0 };
    size_t places[2];
    double *medians = select_points(check, term, &selection)
                          ? dsc_scope_alloc(check->scope, selection.count, sizeof *medians)
                          : NULL;
    for (size_t i = 0; medians && i < selection.count; i++) {
        medians[i] = over_seeds(check, &selection, NULL, i).median;
        if (isnan(medians[i]))
            return;
    }
    const size_t count = medians ? extremes(term->statistic, medians, selection.count, places) : 0;
    for (size_t i = 0; i < count; i++) {
        const size_t index = index_at(check, selection.output, selection.offsets[places[i]], axis);
        if (index < check->spec->axes[axis].count)
            about[index] = true;
    }
}

/* The values of the axis that a list of NAME=VALUE names: each of "9,47,300", both ends of a range. */
static void flag_named(struct check *check, const char *list, size_t axis, bool *about)
{
    struct pair pair;
    while (pair_next(check, &list, &pair)) {
        char *rest = pair.value, *state = NULL;
        if (strcmp(pair.name, check->spec->axes[axis].name) != 0)
            continue;
        for (char *one = strtok_r(rest, ",", &state); one; one = strtok_r(NULL, ",", &state)) {
            struct choice choice = { 0 };
            if (!choose_on_axis(check, axis, one, &choice))
                continue;
            about[index_of(check, &choice, axis, 0)] = true;
            about[index_of(check, &choice, axis, choice.counts[axis] - 1)] = true;
        }
    }
}

/* The value nearest to a number that a claim expects or finds on the axis. */
static void flag_nearest(const dsc_record_axis *axis, double value, bool *about)
{
    size_t nearest = 0;
    for (size_t i = 1; i < axis->count; i++)
        if (fabs(axis->values[i] - value) < fabs(axis->values[nearest] - value))
            nearest = i;
    if (isfinite(value) && axis->count)
        about[nearest] = true;
}

/* Of a claim about where on the axis something is: what it expects and what is found. */
static void flag_places(struct check *check, size_t axis, bool *about)
{
    const dsc_claim *claim = check->claim;
    const dsc_statistic statistic = claim->measured.statistic;
    const double scale = claim->scale != 0 ? claim->scale : 1;
    struct selection selection = { 0 };
    dsc_interval found = { 0 };
    if (claim->against.output || (statistic != DSC_STATISTIC_ARGMIN && statistic != DSC_STATISTIC_ARGMAX) ||
        !select_points(check, &claim->measured, &selection) ||
        index_at(check, selection.output, 0, axis) == SIZE_MAX || !measure(check, &found))
        return;
    const double values[] = { claim->low, claim->high, found.median };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        flag_nearest(&check->spec->axes[axis], values[i] / scale, about);
}

void dsc_claim_values(dsc_scope *scope, dsc_record *record, const dsc_claim *claim, size_t axis, bool *about)
{
    struct check check = {
        .scope = scope, .record = record, .spec = dsc_record_describe(record), .claim = claim
    };
    const dsc_term *const terms[] = { &claim->measured, &claim->against };
    if (!needs_are_met(&check))
        return;
    flag_named(&check, claim->needs, axis, about);
    for (size_t i = 0; i < 2 && terms[i]->output; i++) {
        flag_named(&check, terms[i]->where, axis, about);
        flag_extremes(&check, terms[i], axis, about);
    }
    flag_places(&check, axis, about);
}

/* ---- words ---- */

static const char *units_text(dsc_scope *scope, const dsc_claim *claim)
{
    return claim->units ? dsc_scope_format(scope, " %s", claim->units) : "";
}

static const char *number_text(dsc_scope *scope, const dsc_claim *claim, const dsc_claim_result *result)
{
    const dsc_interval *m = &result->measured;
    const char *units = units_text(scope, claim);
    if (m->n == 0)
        return "";
    if (!result->has_interval)
        return dsc_scope_format(scope, "%s%s, N = %zu", dsc_number_text(scope, m->median, 4), units, m->n);
    if (claim->standard_errors != 0)
        return dsc_scope_format(scope, "%s \u00b1 %.2g%s (standard error), N = %zu",
                                dsc_number_text(scope, m->mean, 4), m->standard_error, units, m->n);
    if (m->n < DSC_INTERVAL_LEAST)
        return dsc_scope_format(scope, "%s%s, range %s to %s, N = %zu", dsc_number_text(scope, m->median, 4),
                                units, dsc_number_text(scope, m->low, 4), dsc_number_text(scope, m->high, 4),
                                m->n);
    return dsc_scope_format(scope, "%s [%s, %s]%s, N = %zu", dsc_number_text(scope, m->median, 4),
                            dsc_number_text(scope, m->low, 4), dsc_number_text(scope, m->high, 4), units,
                            m->n);
}

static const char *band_text(dsc_scope *scope, const dsc_claim *claim)
{
    const char *units = units_text(scope, claim);
    if (!isfinite(claim->low) && !isfinite(claim->high))
        return "any";
    if (!isfinite(claim->low))
        return dsc_scope_format(scope, "at most %s%s", dsc_number_text(scope, claim->high, 4), units);
    if (!isfinite(claim->high))
        return dsc_scope_format(scope, "at least %s%s", dsc_number_text(scope, claim->low, 4), units);
    if (claim->low < claim->high)
        return dsc_scope_format(scope, "%s to %s%s", dsc_number_text(scope, claim->low, 6),
                                dsc_number_text(scope, claim->high, 6), units);
    return dsc_scope_format(scope, "%s%s", dsc_number_text(scope, claim->low, 6), units);
}

static const char *expected_text(dsc_scope *scope, const dsc_claim *claim)
{
    const char *band = band_text(scope, claim);
    if (claim->standard_errors != 0)
        band = dsc_scope_format(scope, "%s, %s %g standard errors", band,
                                claim->standard_errors > 0 ? "give or take" : "clear of it by",
                                fabs(claim->standard_errors));
    return claim->expected ? dsc_scope_format(scope, "%s (agrees: %s)", claim->expected, band) : band;
}

static bool is_inside(const dsc_claim *claim, const dsc_claim_result *result)
{
    const double slack =
        claim->standard_errors != 0 ? claim->standard_errors * result->measured.standard_error : 0;
    const double value = claim->standard_errors != 0 ? result->measured.mean : result->measured.median;
    return value >= claim->low - slack && value <= claim->high + slack;
}

dsc_claim_result dsc_claim_check(dsc_scope *scope, dsc_record *record, const dsc_claim *claim)
{
    struct check check = {
        .scope = scope, .record = record, .spec = dsc_record_describe(record), .claim = claim
    };
    dsc_claim_result result = { .number = "", .expected = expected_text(scope, claim), .reason = "" };
    const bool told = needs_are_met(&check) && measure(&check, &result.measured);
    result.has_interval = result.measured.n > 1 && !isnan(result.measured.low);
    result.number = number_text(scope, claim, &result);
    if (told)
        result.verdict = is_inside(claim, &result) ? DSC_VERDICT_AGREES : DSC_VERDICT_DIFFERS;
    else
        result.reason = check.reason ? check.reason : "memory is out";
    return result;
}

const dsc_claim *dsc_claims_of(const dsc_experiment *experiment, const dsc_record *record)
{
    const char *text = dsc_record_describe(record)->recipe;
    json_t *recipe = text ? json_loads(text, 0, NULL) : NULL;
    const char *name = json_string_value(json_object_get(recipe, "case"));
    const dsc_claim *claims = NULL;
    for (size_t i = 0; name && experiment && experiment->cases[i]; i++)
        if (strcmp(experiment->cases[i]->name, name) == 0)
            claims = experiment->cases[i]->claims;
    json_decref(recipe);
    return claims && claims->text ? claims : NULL;
}
