/* examples.c - examples from data sets, parts of them, folds, weights of classes. */
#include <descent/rng.h>
#include <descent/train.h>

#include <math.h>
#include <string.h>

dsc_examples dsc_examples_from(dsc_scope *scope, const dsc_dataset *data)
{
    dsc_examples examples = { .count = data->count, .features = data->features, .outputs = data->targets };
    int32_t *labels = data->labels ? dsc_scope_alloc(scope, data->count, sizeof *labels) : NULL;
    if (labels)
        memcpy(labels, data->labels, data->count * sizeof *labels);
    examples.labels = labels;
    if (data->x)
        examples.x = dsc_to_f32(scope, data->x, data->count * data->features);
    if (data->y)
        examples.targets = dsc_to_f32(scope, data->y, data->count * data->targets);
    return examples;
}

/* The kinds of values that an example has, and how many of each; all are of 4 bytes. */
enum { X, LABELS, TARGETS, TOKENS, KINDS };

struct columns {
    const char *values[KINDS];
    size_t width[KINDS];
};

static struct columns columns_of(const dsc_examples *examples)
{
    return (struct columns){
        .values = { [X] = (const char *)examples->x,
                    [LABELS] = (const char *)examples->labels,
                    [TARGETS] = examples->outputs ? (const char *)examples->targets : NULL,
                    [TOKENS] = (const char *)examples->tokens },
        .width = { [X] = examples->features,
                   [LABELS] = examples->label_steps ? examples->label_steps : 1,
                   [TARGETS] = examples->outputs,
                   [TOKENS] = examples->steps },
    };
}

static void set_columns(dsc_examples *examples, const struct columns *columns)
{
    examples->x = (const void *)columns->values[X];
    examples->labels = (const void *)columns->values[LABELS];
    examples->targets = (const void *)columns->values[TARGETS];
    examples->tokens = (const void *)columns->values[TOKENS];
}

dsc_examples dsc_examples_range(const dsc_examples *examples, size_t first, size_t count)
{
    dsc_examples range = *examples;
    struct columns columns = columns_of(examples);
    first = first < examples->count ? first : examples->count;
    range.count = count < examples->count - first ? count : examples->count - first;
    for (int k = 0; k < KINDS; k++)
        if (columns.values[k])
            columns.values[k] += first * columns.width[k] * sizeof(float);
    set_columns(&range, &columns);
    return range;
}

dsc_examples dsc_examples_select(dsc_scope *scope, const dsc_examples *examples, const uint32_t *index,
                                 size_t count)
{
    dsc_examples selected = { .count = 0 };
    if (!index || !examples) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "select: expected examples and an index, found NULL");
        return selected;
    }
    for (size_t i = 0; i < count; i++)
        if (index[i] >= examples->count) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "select: expected examples in 0..%zu, found %u at position %zu",
                           examples->count ? examples->count - 1 : 0, index[i], i);
            return selected;
        }
    struct columns columns = columns_of(examples);
    for (int k = 0; k < KINDS; k++) {
        const size_t bytes = columns.width[k] * sizeof(float);
        char *copy = columns.values[k] ? dsc_scope_alloc(scope, count, bytes) : NULL;
        for (size_t i = 0; copy && i < count; i++)
            memcpy(copy + i * bytes, columns.values[k] + index[i] * bytes, bytes);
        columns.values[k] = copy;
    }
    if (dsc_scope_status(scope) != DSC_OK)
        return selected;
    selected = *examples;
    selected.count = count;
    set_columns(&selected, &columns);
    return selected;
}

/* The numbers of the examples, shuffled by seed. */
static uint32_t *shuffled(dsc_scope *scope, const char *what, size_t count, uint64_t seed)
{
    if (count > UINT32_MAX) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "%s: expected at most %u examples, found %zu", what,
                       UINT32_MAX, count);
        return NULL;
    }
    uint32_t *order = dsc_scope_alloc(scope, count, sizeof *order);
    if (order)
        dsc_rng_permutation(dsc_rng_make(seed, DSC_STREAM_SAMPLING), 0, order, count);
    return order;
}

/* The shuffled examples class by class, so that any run of them has each class in its share: taken by turns,
   neighbours go to different folds. */
static void group_by_class(dsc_scope *scope, uint32_t *order, const dsc_examples *examples)
{
    const size_t count = examples->count;
    int32_t most = 0;
    for (size_t i = 0; i < count; i++) {
        const int32_t label = examples->labels[i];
        if (label < 0 || (size_t)label >= count + INT16_MAX) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "fold: expected labels that are classes from 0 on, found %d at example %zu",
                           (int)label, i);
            return;
        }
        most = label > most ? label : most;
    }
    size_t *next = dsc_scope_alloc(scope, (size_t)most + 2, sizeof *next);
    uint32_t *grouped = dsc_scope_alloc(scope, count, sizeof *grouped);
    if (!next || !grouped)
        return;
    for (size_t i = 0; i < count; i++)
        next[examples->labels[i] + 1]++;
    for (size_t c = 0; c <= (size_t)most; c++)
        next[c + 1] += next[c];
    for (size_t i = 0; i < count; i++)
        grouped[next[examples->labels[order[i]]]++] = order[i];
    memcpy(order, grouped, count * sizeof *order);
}

/* Places i with i % stride == phase go to test, the others to train. */
static dsc_examples_split split_by_turns(dsc_scope *scope, const dsc_examples *examples,
                                         const uint32_t *order, size_t phase, size_t stride)
{
    const size_t count = examples->count;
    uint32_t *train = dsc_scope_alloc(scope, count, sizeof *train);
    uint32_t *test = dsc_scope_alloc(scope, count, sizeof *test);
    size_t trains = 0, tests = 0;
    for (size_t i = 0; train && test && i < count; i++)
        if (i % stride == phase)
            test[tests++] = order[i];
        else
            train[trains++] = order[i];
    return (dsc_examples_split){ dsc_examples_select(scope, examples, train, trains),
                                 dsc_examples_select(scope, examples, test, tests) };
}

dsc_examples_split dsc_fold(dsc_scope *scope, const dsc_examples *examples, size_t fold,
                            const dsc_fold_options *options)
{
    const dsc_examples_split none = { .train.count = 0 };
    if (dsc_scope_status(scope) != DSC_OK)
        return none;
    if (!examples || !options || options->folds < 2 || fold >= options->folds ||
        examples->count < options->folds) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "fold: expected 2 folds at least, a fold below their number and an example for each, "
                       "found fold %zu of %zu and %zu examples",
                       fold, options ? options->folds : 0, examples ? examples->count : 0);
        return none;
    }
    if (options->stratified && (!examples->labels || examples->label_steps > 1)) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "fold: expected one label an example to stratify by, found %s",
                       examples->labels ? "sequences of labels" : "none");
        return none;
    }
    uint32_t *order = shuffled(scope, "fold", examples->count, options->seed);
    if (order && options->stratified)
        group_by_class(scope, order, examples);
    return order ? split_by_turns(scope, examples, order, fold, options->folds) : none;
}

dsc_examples_split dsc_hold_out(dsc_scope *scope, const dsc_examples *examples, double share, uint64_t seed)
{
    const dsc_examples_split none = { .train.count = 0 };
    if (dsc_scope_status(scope) != DSC_OK)
        return none;
    if (!examples || !(share >= 0 && share <= 1)) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "hold out: expected examples and a share in 0..1, found %g",
                       share);
        return none;
    }
    const uint32_t *order = shuffled(scope, "hold out", examples->count, seed);
    const size_t kept = (size_t)nearbyint(share * (double)examples->count);
    if (!order)
        return none;
    return (dsc_examples_split){ dsc_examples_select(scope, examples, order + kept, examples->count - kept),
                                 dsc_examples_select(scope, examples, order, kept) };
}

double *dsc_balanced_class_weights(dsc_scope *scope, const int32_t *labels, size_t count, size_t classes)
{
    double *weights = dsc_scope_alloc(scope, classes, sizeof *weights);
    if (!weights)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (labels[i] < 0 || (size_t)labels[i] >= classes) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                           "class weights: expected labels below %zu, found %d at example %zu", classes,
                           (int)labels[i], i);
            return NULL;
        }
        weights[labels[i]]++;
    }
    for (size_t c = 0; c < classes; c++)
        weights[c] = weights[c] > 0 ? (double)count / ((double)classes * weights[c]) : 0;
    return weights;
}
