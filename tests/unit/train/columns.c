/* Networks take columns by name: any number of inputs and losses, arrays that have no batch, windows into a
 * long array and bytes, to the same bits as examples that are copied and converted beforehand. */
#include <stdlib.h>
#include <string.h>

#include "directory.h"
#include "graph/network.h"
#include "network.h"
#include "test.h"

enum { COUNT = 41, BATCH = 8, STEPS = 6, WORDS = 11, CLASSES = 3, TEXT = 300 };

static const float reals[COUNT * STEPS];

/* --- Several inputs and losses --- */

enum { DIMENSION = 2, OUTPUTS = 3 };

/* (left's and right's vectors) times an array that is the same for all examples. */
static dsc_node *projected(dsc_scope *scope)
{
    dsc_node *left = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = 1, .vocabulary = WORDS, .name = "left" });
    dsc_node *right =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = 1, .vocabulary = WORDS, .name = "right" });
    dsc_node *array = dsc_input(
        scope,
        &(dsc_input_spec){ .shape = { 2 * DIMENSION, OUTPUTS }, .name = "projection", .unbatched = true });
    left = dsc_flatten(dsc_embedding(left, DIMENSION, .name = "lefts"));
    right = dsc_flatten(dsc_embedding(right, DIMENSION, .name = "rights"));
    return dsci_layer_make(&dsci_op_dense, "projected", NULL,
                           (dsc_node *[]){ dsc_concat(0, left, right), array }, 2);
}

/* The parameter of that name is filled with small whole numbers. */
static const float *fill(dsc_model *model, const char *name)
{
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    float *values = dsc_model_parameters(model, NULL);
    for (size_t i = 0; i < count; i++)
        if (strcmp(slices[i].name, name) == 0) {
            for (size_t j = 0; j < slices[i].count; j++)
                values[slices[i].offset + j] = (float)(j * 5 % 7) - 3;
            return values + slices[i].offset;
        }
    fail_msg("no parameter '%s'", name);
    return NULL;
}

static void inputs_of_any_number_and_kind_are_read_by_name(void **state)
{
    (void)state;
    int32_t left[COUNT], right[COUNT], labels[COUNT];
    float projection[2 * DIMENSION * OUTPUTS];
    uint8_t bytes[2 * DIMENSION * OUTPUTS];
    for (int32_t i = 0; i < COUNT; i++) {
        left[i] = i * 7 % WORDS;
        right[i] = i * 3 % WORDS;
        labels[i] = i % OUTPUTS;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 51 % 256);
        projection[i] = (float)((double)bytes[i] / 255);
    }
    uint64_t hashes[2];
    for (int packed = 0; packed < 2; packed++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
        dsc_node *y = projected(scope);
        dsc_node *loss = dsc_softmax_cross_entropy(y, dsc_labels(scope, OUTPUTS));
        dsc_model *model = dsc_compile(loss, &(dsc_compile_options){ .batch = BATCH });
        dsc_examples all = { COUNT,
                             { { "labels", 1, .i32 = labels },
                               { "projection", 2 * DIMENSION * OUTPUTS, .f32 = projection,
                                 .unbatched = true },
                               { "right", 1, .i32 = right },
                               { "left", 1, .i32 = left } } };
        if (packed)
            all.columns[1] = (dsc_column){ "projection", sizeof bytes, .u8 = bytes, .unbatched = true };
        const float *lefts = fill(model, "lefts/weights"), *rights = fill(model, "rights/weights");
        const float *found = dsc_predict(scope, model, y, &all);
        if (!found)
            fail_msg("%s", dsc_scope_message(scope));
        for (size_t i = 0; i < COUNT * OUTPUTS; i++) {
            double sum = 0;
            for (size_t j = 0; j < 2 * DIMENSION; j++)
                sum += (double)(j < DIMENSION ? lefts[left[i / OUTPUTS] * DIMENSION + (int)j]
                                              : rights[right[i / OUTPUTS] * DIMENSION + (int)j - DIMENSION]) *
                       (double)projection[j * OUTPUTS + i % OUTPUTS];
            assert_true((float)sum - found[i] < 1e-5F && found[i] - (float)sum < 1e-5F);
        }
        const dsc_examples_split split = dsc_hold_out(scope, &all, 0.2, 1);
        const dsc_fit_options options = { .epochs = 2, .validation = &split.test };
        assert_int_equal(dsc_fit(model, &split.train, &options), DSC_OK);
        hashes[packed] = dsc_model_hash(model);
        dsc_scope_close(&scope);
    }
    assert_int_equal(hashes[0], hashes[1]);
}

/* Saved and built again from its file, a network still knows which of its inputs have no batch. */
static void unbatched_inputs_are_kept_in_files(void **state)
{
    const char *path = directory_path(*state, "shifted.h5");
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 }), *other = dsc_scope_open(NULL);
    dsc_examples all = make_examples(scope, 1, COUNT, 5, CLASSES);
    static const float shift[5] = { 1, 2, -1, 0.5F, 3 };
    all = dsc_examples_with(scope, &all, &(dsc_column){ "shift", 5, .f32 = shift, .unbatched = true });
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 5 } });
    dsc_node *array =
        dsc_input(scope, &(dsc_input_spec){ .shape = { 5 }, .name = "shift", .unbatched = true });
    dsc_node *h = dsc_dense(dsc_add(x, array), CLASSES);
    dsc_model *model = dsc_compile(dsc_softmax_cross_entropy(h, dsc_labels(scope, CLASSES)), NULL);
    if (dsc_model_save(model, path) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    dsc_model *loaded = dsc_model_load(other, path, NULL);
    const double loss = dsc_evaluate(loaded, &all).loss;
    if (dsc_scope_status(other) != DSC_OK)
        fail_msg("%s", dsc_scope_message(other));
    assert_true(loss == dsc_evaluate(model, &all).loss);
    float *moved = dsc_scope_alloc(scope, COUNT * 5, sizeof *moved);
    for (size_t i = 0; i < COUNT * 5; i++)
        moved[i] = inputs_of(&all)[i] + shift[i % 5];
    all.columns[0].f32 = moved;
    dsc_examples_column(&all, "shift")->f32 = reals;
    assert_true(loss == dsc_evaluate(loaded, &all).loss);
    size_t shape[DSC_MAX_RANK];
    assert_int_equal(dsc_node_shape(array, shape), 1);
    assert_int_equal(shape[0], 5);
    dsc_scope_close(&scope);
    dsc_scope_close(&other);
}

/* Two losses with labels of their own, and one that reads an input's column. */
static void each_loss_compares_with_the_column_of_its_name(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
    dsc_examples all = make_examples(scope, 1, COUNT, 5, CLASSES);
    int32_t tags[COUNT];
    for (int32_t i = 0; i < COUNT; i++)
        tags[i] = i % 2;
    all = dsc_examples_with(scope, &all, &(dsc_column){ "tags", 1, .i32 = tags });
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 5 } });
    dsc_node *h = dsc_tanh(dsc_dense(x, 4));
    dsc_node *again = dsc_targets(scope, &(dsc_input_spec){ .shape = { 5 }, .name = "input" });
    dsc_node *losses[] = {
        dsc_softmax_cross_entropy(dsc_dense(h, CLASSES), dsc_labels(scope, CLASSES)),
        dsc_softmax_cross_entropy(dsc_dense(h, 2), dsc_labels(scope, 2, .name = "tags")),
        dsc_squared_loss(dsc_dense(h, 5), again),
        dsc_squared_loss(dsc_dense(h, 5), x),
    };
    dsc_model *model = dsc_compile(
        dsc_loss_sum({ 1, losses[0] }, { 1, losses[1] }, { 1, losses[2] }, { 1, losses[3] }), NULL);
    const dsc_metrics sum = dsc_evaluate(model, &all);
    if (dsc_scope_status(scope) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    for (size_t i = 0; i < COUNT; i++)
        tags[i] = 1 - tags[i];
    const dsc_metrics other = dsc_evaluate(model, &all);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sum.losses[i].loss == other.losses[i].loss, i != 1);
    assert_true(sum.losses[1].error_rate + other.losses[1].error_rate == 1);
    dsc_scope_close(&scope);
}

/* --- Windows --- */

struct text {
    int32_t words[TEXT];
    float heights[TEXT];
    size_t starts[COUNT];
};

static struct text *make_text(dsc_scope *scope)
{
    struct text *text = dsc_scope_alloc(scope, 1, sizeof *text);
    for (size_t i = 0; i < TEXT; i++) {
        text->words[i] = (int32_t)(i * i % 17 % WORDS);
        text->heights[i] = (float)(i * 31 % 23) / 8 - 1;
    }
    for (size_t i = 0; i < COUNT; i++)
        text->starts[i] = i * 37 % (TEXT - STEPS);
    text->starts[3] = TEXT - STEPS; /* the last that fits */
    return text;
}

/* Words and heights are read, the next words are to be told. */
static dsc_examples windows(const struct text *text, bool by_starts)
{
    const size_t stride = by_starts ? 0 : 7;
    const size_t *starts = by_starts ? text->starts : NULL;
    return (dsc_examples){
        COUNT,
        { { "tokens", STEPS, .i32 = text->words, .stride = stride, .starts = starts, .length = TEXT },
          { "input", STEPS, .f32 = text->heights, .stride = stride, .starts = starts, .length = TEXT },
          { "labels", STEPS, .i32 = text->words, .stride = stride, .starts = starts, .length = TEXT } }
    };
}

static dsc_examples copied(dsc_scope *scope, const struct text *text, bool by_starts)
{
    int32_t *words = dsc_scope_alloc(scope, (size_t)COUNT * STEPS, sizeof *words);
    float *heights = dsc_scope_alloc(scope, (size_t)COUNT * STEPS, sizeof *heights);
    for (size_t i = 0; i < COUNT; i++) {
        const size_t start = by_starts ? text->starts[i] : 7 * i;
        memcpy(words + i * STEPS, text->words + start, STEPS * sizeof *words);
        memcpy(heights + i * STEPS, text->heights + start, STEPS * sizeof *heights);
    }
    return (dsc_examples){ COUNT,
                           { { "tokens", STEPS, .i32 = words },
                             { "input", STEPS, .f32 = heights },
                             { "labels", STEPS, .i32 = words } } };
}

static dsc_model *reader(dsc_scope *scope, dsc_node **scores, dsc_dtype dtype)
{
    dsc_node *words = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = STEPS, .vocabulary = WORDS });
    dsc_node *heights = dsc_input(scope, &(dsc_input_spec){ .shape = { STEPS, 1 } });
    dsc_node *h = dsc_concat(-1, dsc_embedding(words, 4), heights);
    *scores = dsc_dense(dsc_recurrent(h, 5, .sequence = true), WORDS, .per_step = true);
    return dsc_compile(dsc_softmax_cross_entropy(*scores, dsc_labels(scope, WORDS, .steps = STEPS)),
                       &(dsc_compile_options){ .batch = BATCH, .dtype = dtype });
}

static void windows_are_the_copied_examples_to_the_bit(void **state)
{
    const char *checkpoint = directory_path(*state, "windows.h5");
    for (int i = 0; i < 4; i++) {
        const bool by_starts = i % 2;
        const dsc_dtype dtype = i / 2 ? DSC_DTYPE_F64 : DSC_DTYPE_F32;
        uint64_t hashes[2], folded[2];
        float *values[2];
        dsc_scope *scopes[2];
        for (int copies = 0; copies < 2; copies++) {
            dsc_scope *scope = scopes[copies] = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
            const struct text *text = make_text(scope);
            const dsc_examples all = copies ? copied(scope, text, by_starts) : windows(text, by_starts);
            dsc_node *scores;
            dsc_model *model = reader(scope, &scores, dtype);
            /* What windows began, copies go on with: the examples are the same. */
            const dsc_fit_options options = { .epochs = copies ? 4 : 2,
                                              .validation = &all,
                                              .checkpoint = checkpoint };
            if (dsc_fit(model, &all, &options) != DSC_OK)
                fail_msg("%s", dsc_scope_message(scope));
            if (!copies)
                dsc_fit(model, &all,
                        &(dsc_fit_options){ .epochs = 4, .validation = &all, .checkpoint = checkpoint });
            hashes[copies] = dsc_model_hash(model);
            values[copies] = dsc_predict(scope, model, scores, &all);
            const dsc_examples part = dsc_examples_range(&all, 5, 30);
            const dsc_examples_split split = dsc_fold(scope, &part, 1, &(dsc_fold_options){ .folds = 3 });
            dsc_fit(model, &split.train, &(dsc_fit_options){ .epochs = 1, .validation = &split.test });
            folded[copies] = dsc_model_hash(model);
            assert_int_equal(dsc_scope_status(scope), DSC_OK);
        }
        assert_int_equal(hashes[0], hashes[1]);
        assert_int_equal(folded[0], folded[1]);
        assert_memory_equal(values[0], values[1], (size_t)COUNT * STEPS * WORDS * sizeof(float));
        dsc_scope_close(&scopes[0]);
        dsc_scope_close(&scopes[1]);
        remove(checkpoint);
    }
}

/* --- Bytes --- */

enum { SIDE = 12, CHANNELS = 3, PIXELS = SIDE * SIDE * CHANNELS, MANY = 300 };

/* Images whose bytes stand for byte / 255, or in each channel for something else. */
static dsc_examples make_images(dsc_scope *scope, bool bytes, bool by_channel)
{
    uint8_t *pixels = dsc_scope_alloc(scope, (size_t)MANY * PIXELS, 1);
    float *x = dsc_scope_alloc(scope, (size_t)MANY * PIXELS, sizeof *x);
    float *levels = dsc_scope_alloc(scope, (size_t)256 * CHANNELS, sizeof *levels);
    int32_t *labels = dsc_scope_alloc(scope, MANY, sizeof *labels);
    for (size_t i = 0; i < (size_t)256 * CHANNELS; i++)
        levels[i] = (float)(((double)(i % 256) / 255 - 0.3) * (1.7 + (double)(i / 256)));
    for (size_t i = 0; i < (size_t)MANY * PIXELS; i++) {
        pixels[i] = (uint8_t)(i * i % 251 + i % 5);
        x[i] = by_channel ? levels[i % CHANNELS * 256 + pixels[i]] : (float)((double)pixels[i] / 255);
    }
    for (int32_t i = 0; i < MANY; i++)
        labels[i] = i % CLASSES;
    dsc_examples images = { MANY, { { "input", PIXELS, .f32 = x }, { "labels", 1, .i32 = labels } } };
    if (bytes)
        images.columns[0] = (dsc_column){ "input", PIXELS, .u8 = pixels };
    if (bytes && by_channel) {
        images.columns[0].levels = levels;
        images.columns[0].channels = CHANNELS;
    }
    return images;
}

static void bytes_are_the_floats_that_they_stand_for(void **state)
{
    (void)state;
    const dsc_augmentation augmentation = {
        .height = SIDE, .width = SIDE, .channels = CHANNELS, .flip = true, .shift = 1, .noise = 0.1, .seed = 2
    };
    for (int i = 0; i < 8; i++) {
        uint64_t hashes[2];
        for (int bytes = 0; bytes < 2; bytes++) {
            dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 5 });
            dsc_examples images = make_images(scope, bytes, i & 1);
            dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { SIDE, SIDE, CHANNELS } });
            dsc_node *y = dsc_dense(dsc_max_pool(dsc_conv2d(x, 4)), CLASSES);
            dsc_model *model = dsc_compile(
                dsc_softmax_cross_entropy(y, dsc_labels(scope, CLASSES)),
                &(dsc_compile_options){
                    .batch = 200, .threads = 1 + bytes, .dtype = i & 4 ? DSC_DTYPE_F64 : DSC_DTYPE_F32 });
            const dsc_examples_split split = dsc_hold_out(scope, &images, 0.3, 1);
            const dsc_fit_options options = { .epochs = 2,
                                              .validation = &split.test,
                                              .augmentation = i & 2 ? &augmentation : NULL };
            if (dsc_fit(model, &split.train, &options) != DSC_OK)
                fail_msg("%s", dsc_scope_message(scope));
            assert_true(dsc_evaluate(model, &images).loss > 0);
            hashes[bytes] = dsc_model_hash(model);
            dsc_scope_close(&scope);
        }
        assert_int_equal(hashes[0], hashes[1]);
    }
}

/* A data set's bytes are read where they are, and fed as the doubles that they stand for, rounded. */
static void bytes_of_a_data_set_are_neither_copied_nor_widened(void **state)
{
    (void)state;
    enum { FEATURES = 6 };
    uint8_t pixels[256 * FEATURES];
    double levels[2 * 256];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i / FEATURES + i % FEATURES);
    for (size_t i = 0; i < 2 * 256; i++)
        levels[i] = ((double)(i % 256) / 255 - 0.13066) * (1 / 0.30810 + (double)(i / 256));
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_dataset data = { .count = 256, .features = FEATURES, .bytes = pixels, .levels = levels };
    for (data.level_groups = 1; data.level_groups <= 2; data.level_groups++) {
        const dsc_examples all = dsc_examples_from(scope, &data);
        assert_ptr_equal(dsc_examples_column(&all, "input")->u8, pixels);
        for (size_t i = 0; i < data.count; i++) {
            float values[FEATURES];
            dsc_column_read(dsc_examples_column(&all, "input"), i, values);
            for (size_t j = 0; j < FEATURES; j++)
                assert_true(values[j] == (float)dsc_dataset_value(&data, i, j));
        }
    }
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_scope_close(&scope);
}

/* --- Examples that do not fit --- */

static const int32_t zeros[COUNT * STEPS];
static const uint8_t bytes[COUNT * STEPS];
static const size_t late[2] = { 0, 7 };

static dsc_node *both(dsc_scope *scope)
{
    dsc_node *words =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = 2, .vocabulary = WORDS, .name = "words" });
    dsc_node *x = dsc_concat(0, dsc_flatten(dsc_embedding(words, 3)),
                             dsc_input(scope, &(dsc_input_spec){ .shape = { 4 }, .name = "points" }));
    return dsc_softmax_cross_entropy(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES, .name = "tags"));
}

#define WORDS_COLUMN                                                                                         \
    {                                                                                                        \
        "words", 2, .i32 = zeros                                                                             \
    }
#define POINTS_COLUMN                                                                                        \
    {                                                                                                        \
        "points", 4, .f32 = reals                                                                            \
    }
#define TAGS_COLUMN                                                                                          \
    {                                                                                                        \
        "tags", 1, .i32 = zeros                                                                              \
    }

static const struct {
    dsc_examples examples;
    const char *says;
} misfits[] = {
    { { 2, { { .name = NULL } } },
      "tokens 'words': expected a column 'words' of 2 int32, found no columns; add" },
    { { 2, { WORDS_COLUMN, { "dots", 4, .f32 = reals }, TAGS_COLUMN } },
      "fit: input 'points': expected a column 'points' of 4 float32, found 'words' of 2 int32, 'dots' of 4 "
      "float32, 'tags' of 1 int32; add it to the examples, or have the network's .name be one that is there" },
    { { 2, { WORDS_COLUMN, POINTS_COLUMN } }, "labels 'tags': expected a column 'tags' of 1 int32, found" },
    { { 2, { WORDS_COLUMN, { "points", 4, .f32 = NULL }, TAGS_COLUMN } }, "'points' without values" },
    { { 2, { WORDS_COLUMN, { "points", 5, .f32 = reals }, TAGS_COLUMN } },
      "'points' of 5 float32, 'tags' of 1 int32; set the column's .width, or the shape in the network" },
    { { 2, { { "words", 3, .i32 = zeros }, POINTS_COLUMN, TAGS_COLUMN } }, "'words' of 3 int32" },
    { { 2, { { "words", 2, .f32 = reals }, POINTS_COLUMN, TAGS_COLUMN } }, "tokens and labels are .i32" },
    { { 2, { { "words", 2, .u8 = bytes }, POINTS_COLUMN, TAGS_COLUMN } }, "'words' of 2 bytes" },
    { { 2, { WORDS_COLUMN, { "points", 4, .i32 = zeros }, TAGS_COLUMN } }, "are .f32 or .u8" },
    { { 2, { WORDS_COLUMN, { "points", 4, .f32 = reals, .unbatched = true }, TAGS_COLUMN } },
      "'points' of 4 float32 in all, unbatched, 'tags' of 1 int32; set .unbatched of both" },
    { { 2, { WORDS_COLUMN, { "points", 4, .f32 = reals, .u8 = bytes }, TAGS_COLUMN } },
      "column 'points': expected one of .f32, .i32 and .u8, found 2 of them" },
    { { 2, { WORDS_COLUMN, POINTS_COLUMN, TAGS_COLUMN, WORDS_COLUMN } }, "two that are called 'words'" },
    { { 2, { { "words", 2, .i32 = zeros, .stride = 1 }, POINTS_COLUMN, TAGS_COLUMN } }, "set .length" },
    { { 2, { { "words", 2, .i32 = zeros, .stride = 5, .length = 6 }, POINTS_COLUMN, TAGS_COLUMN } },
      "column 'words': expected windows of 2 values inside 6, found that of example 1 to begin at 5" },
    { { 2, { { "words", 2, .i32 = zeros, .starts = late, .length = 8 }, POINTS_COLUMN, TAGS_COLUMN } },
      "inside 8, found that of example 1 to begin at 7" },
    { { 2, { { "words", 2, .i32 = zeros, .length = 3 }, POINTS_COLUMN, TAGS_COLUMN } }, "begin at 2" },
    { { 2,
        { { "words", 2, .i32 = zeros, .stride = SIZE_MAX / 2, .length = 9 }, POINTS_COLUMN, TAGS_COLUMN } },
      "found that of example 1" },
    { { 2,
        { WORDS_COLUMN,
          POINTS_COLUMN,
          TAGS_COLUMN,
          { "x", 4, .f32 = reals, .stride = 1, .unbatched = true } } },
      "column 'x': expected no windows of what is unbatched" },
};

static void examples_that_do_not_fit_say_what_would(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof misfits / sizeof misfits[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_model *model = dsc_compile(both(scope), NULL);
        assert_int_not_equal(dsc_fit(model, &misfits[i].examples, &(dsc_fit_options){ .epochs = 1 }), DSC_OK);
        if (!strstr(dsc_scope_message(scope), misfits[i].says))
            fail_msg("expected '%s' in '%s'", misfits[i].says, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
}

/* In a window the step is told; integers that no window reads are nobody's. */
static void words_outside_the_vocabulary_are_found_in_windows(void **state)
{
    (void)state;
    int32_t words[12] = { 0 };
    const dsc_examples two = {
        2, { { "words", 2, .i32 = words, .stride = 9, .length = 12 }, POINTS_COLUMN, TAGS_COLUMN }
    };
    for (size_t at = 0; at < 12; at++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_model *model = dsc_compile(both(scope), NULL);
        words[at] = WORDS;
        dsc_evaluate(model, &two);
        const char *message = dsc_scope_message(scope);
        const char *wanted = at == 0
                                 ? "column 'words': expected tokens in 0..10, found 11 at example 0, step 0"
                             : at == 1  ? "example 0, step 1"
                             : at == 9  ? "example 1, step 0"
                             : at == 10 ? "example 1, step 1"
                                        : "";
        if (!strstr(message, wanted) || (*wanted == '\0' && *message != '\0'))
            fail_msg("word %zu: expected '%s' in '%s'", at, wanted, message);
        words[at] = 0;
        dsc_scope_close(&scope);
    }
}

static void names_of_inputs_and_of_what_is_augmented_are_checked(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 4 } });
    dsc_node *again = dsc_input(scope, &(dsc_input_spec){ .shape = { 4 } });
    assert_null(dsc_compile(dsc_squared_loss(dsc_add(x, again), x), NULL));
    assert_non_null(strstr(dsc_scope_message(scope), "found two that are called 'input'; set .name"));
    dsc_scope_close(&scope);
    const dsc_examples good = { 2, { WORDS_COLUMN, POINTS_COLUMN, TAGS_COLUMN } };
    dsc_augmentation augmentation = { .height = 2, .width = 2, .channels = 1 };
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = { NULL, "words", "points" };
        augmentation.input = names[i];
        scope = dsc_scope_open(NULL);
        dsc_fit(dsc_compile(both(scope), NULL), &good,
                &(dsc_fit_options){ .epochs = 1, .augmentation = &augmentation });
        assert_int_equal(dsc_scope_status(scope), i < 2 ? DSC_ERROR_ARGUMENT : DSC_OK);
        assert_int_equal(strstr(dsc_scope_message(scope), "set .input of the augmentation") != NULL, i < 2);
        dsc_scope_close(&scope);
    }
    scope = dsc_scope_open(NULL);
    assert_null(dsc_targets(scope, &(dsc_input_spec){ .shape = { 2 }, .unbatched = true }));
    assert_non_null(strstr(dsc_scope_message(scope), "found .unbatched"));
    dsc_scope_close(&scope);
}

static void a_step_is_inside_the_examples(void **state)
{
    (void)state;
    for (size_t first = 5; first < 7; first++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_examples all = make_examples(scope, 1, 9, 4, CLASSES);
        dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 4 } });
        dsc_model *model =
            dsc_compile(dsc_softmax_cross_entropy(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES)),
                        &(dsc_compile_options){ .batch = 4 });
        dsc_trainer *trainer = dsc_trainer_make(model, NULL, &all);
        dsc_trainer_step(trainer, first);
        assert_int_equal(dsc_scope_status(scope), first == 5 ? DSC_OK : DSC_ERROR_ARGUMENT);
        const dsc_examples few = dsc_examples_range(&all, 0, 3);
        assert_null(dsc_trainer_make(model, NULL, &few));
        dsc_scope_close(&scope);
    }
}

static void there_is_room_for_eight_columns(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_examples all = { .count = 2 };
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "a", "i" };
    for (size_t i = 0; i < 9; i++) {
        all = dsc_examples_with(scope, &all, &(dsc_column){ names[i], i + 1, .f32 = reals });
        assert_int_equal(dsc_examples_column(&all, names[i])->width, i + 1);
    }
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_examples_with(scope, &all, &(dsc_column){ names[9], 1, .f32 = reals });
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
    assert_null(dsc_examples_column(&all, "i"));
    assert_null(dsc_examples_labels(&all));
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_of_any_number_and_kind_are_read_by_name),
        cmocka_unit_test_setup_teardown(unbatched_inputs_are_kept_in_files, directory_make, directory_remove),
        cmocka_unit_test(each_loss_compares_with_the_column_of_its_name),
        cmocka_unit_test_setup_teardown(windows_are_the_copied_examples_to_the_bit, directory_make,
                                        directory_remove),
        cmocka_unit_test(bytes_are_the_floats_that_they_stand_for),
        cmocka_unit_test(bytes_of_a_data_set_are_neither_copied_nor_widened),
        cmocka_unit_test(examples_that_do_not_fit_say_what_would),
        cmocka_unit_test(words_outside_the_vocabulary_are_found_in_windows),
        cmocka_unit_test(names_of_inputs_and_of_what_is_augmented_are_checked),
        cmocka_unit_test(a_step_is_inside_the_examples),
        cmocka_unit_test(there_is_room_for_eight_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
