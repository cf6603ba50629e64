/* Automatic names differ over all inputs of a network and are otherwise what they were; names that a file
 * could not hold are refused where they are given. */
#include <string.h>

#include "directory.h"
#include "graph/network.h"
#include "network.h"
#include "test.h"

enum { FEATURES = 6, STEPS = 4, WORDS = 9, CLASSES = 3, COUNT = 20 };

static dsc_node *input(dsc_scope *scope)
{
    return dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES } });
}

static dsc_node *image(dsc_scope *scope)
{
    return dsc_input(scope, &(dsc_input_spec){ .shape = { 4, 4, 2 } });
}

static dsc_node *words(dsc_scope *scope)
{
    return dsc_tokens(scope, &(dsc_tokens_spec){ .steps = STEPS, .vocabulary = WORDS });
}

static dsc_node *loss_of(dsc_scope *scope, dsc_node *x)
{
    return dsc_softmax_cross_entropy(x, dsc_labels(scope, CLASSES));
}

/* --- Names that are given --- */

static dsc_node *named_layer(dsc_scope *scope, size_t kind, const char *name)
{
    const dsc_loss_spec loss = { .name = name };
    dsc_node *x = kind < 3 ? image(scope) : input(scope);
    switch (kind) {
    case 0: return dsc_conv2d(x, 2, .name = name);
    case 1: return dsc_max_pool(x, .name = name);
    case 2: return dsc_conv1d(dsc_reshape(x, 16, 2), 2, .name = name);
    case 3: return dsc_dense(x, 2, .name = name);
    case 4: return dsc_activate(x, &(dsc_activation_spec){ .kind = DSC_ACTIVATION_TANH, .name = name });
    case 5: return dsc_batch_norm_with(x, &(dsc_batch_norm_spec){ .name = name });
    case 6: return dsc_layer_norm_with(x, &(dsc_layer_norm_spec){ .name = name });
    case 7: return dsc_recurrent(dsc_reshape(x, 3, 2), 2, .name = name, .layers = 2, .bidirectional = true);
    case 8: return dsc_embedding(words(scope), 2, .name = name);
    case 9: return dsc_softmax_cross_entropy_with(x, dsc_labels(scope, FEATURES), &loss);
    case 10: return dsc_huber_loss(x, dsc_targets(scope, &(dsc_input_spec){ .shape = { FEATURES } }), &loss);
    case 11: return dsc_input(scope, &(dsc_input_spec){ .shape = { 1 }, .name = name });
    case 12: return dsc_targets(scope, &(dsc_input_spec){ .shape = { 1 }, .name = name });
    case 13: return dsc_labels(scope, 2, .name = name);
    default: return dsc_tokens(scope, &(dsc_tokens_spec){ .steps = 1, .vocabulary = 1, .name = name });
    }
}
enum { KINDS = 15 };

static void names_that_no_file_holds_are_refused(void **state)
{
    (void)state;
    char long_name[202];
    memset(long_name, 'n', sizeof long_name);
    long_name[201] = '\0';
    const struct {
        const char *name, *says;
    } cases[] = {
        { "", "'': expected a name, found an empty one" },
        { "/", "'/': expected a name without a slash" },
        { "a/", "'a/': expected a name without a slash" },
        { "/a", "'/a': expected a name without a slash" },
        { "a//b", "'a//b': expected a name without a slash" },
        { ".", "'.': expected a name that is not" },
        { "a/../b", "'a/../b': expected a name that is not" },
        { "a/.", "'a/.': expected a name that is not" },
        { "a\nb", "'a?b': expected a name in UTF-8" },
        { "\x1b[31m", "'?[31m': expected a name in UTF-8" },
        { "\x7f", "'?': expected a name in UTF-8" },
        { "a\xc2\x9b", "'a\?\?': expected a name in UTF-8" },
        { "\xff", "'?': expected a name in UTF-8" },
        { "\xc3", "'?': expected a name in UTF-8" },
        { "\xc0\xaf", "'\?\?': expected a name in UTF-8" },
        { "\xed\xa0\x80", "'\?\?\?': expected a name in UTF-8" },
        { "\xf4\x90\x80\x80", "'\?\?\?\?': expected a name in UTF-8" },
        { long_name, "expected a name of at most 200 bytes" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t kind = 0; kind < KINDS; kind++) {
            dsc_scope *scope = dsc_scope_open(NULL);
            assert_null(named_layer(scope, kind, cases[i].name));
            assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
            if (!strstr(dsc_scope_message(scope), cases[i].says))
                fail_msg("expected '%s' in '%s'", cases[i].says, dsc_scope_message(scope));
            dsc_scope_close(&scope);
        }
}

/* The model, written and built again from its file, computes the same. */
static void check_file(const char *path, dsc_scope *scope, dsc_model *model, const dsc_examples *all)
{
    if (!model || dsc_model_save(model, path) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    dsc_scope *other = dsc_scope_open(NULL);
    dsc_model *loaded = dsc_model_load(other, path, NULL);
    if (!loaded)
        fail_msg("%s", dsc_scope_message(other));
    assert_true(dsc_evaluate(loaded, all).loss == dsc_evaluate(model, all).loss);
    dsc_scope_close(&other);
}

static void names_that_are_good_are_kept_in_files(void **state)
{
    const char *path = directory_path(*state, "named.h5");
    char long_name[201];
    memset(long_name, 'n', sizeof long_name);
    long_name[200] = '\0';
    const char *const names[] = {
        "a", "block 1/conv", "a.b/...", "..a", "*", "\xc3\xa9t\xc3\xa9/\xf0\x9f\x98\x80", long_name
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        const dsc_examples all = make_examples(scope, 1, COUNT, FEATURES, CLASSES);
        dsc_node *x = dsc_dense(input(scope), 5, .name = "first");
        x = dsc_batch_norm_with(x, &(dsc_batch_norm_spec){ .name = names[i] });
        check_file(path, scope, dsc_compile(loss_of(scope, dsc_dense(x, CLASSES)), NULL), &all);
        dsc_scope_close(&scope);
    }
}

static dsc_node *dense_twins(dsc_node *x)
{
    return dsc_dense(dsc_dense(x, CLASSES, .name = "twin"), CLASSES, .name = "twin");
}

static dsc_node *one_below_the_other(dsc_node *x)
{
    return dsc_dense(dsc_dense(x, CLASSES, .name = "a"), CLASSES, .name = "a/weights");
}

static dsc_node *the_other_way_round(dsc_node *x)
{
    return dsc_dense(dsc_dense(x, CLASSES, .name = "a/bias"), CLASSES, .name = "a");
}

static dsc_node *state_twins(dsc_node *x)
{
    const dsc_batch_norm_spec spec = { .name = "bn", .no_scale = true, .no_shift = true };
    return dsc_dense(dsc_batch_norm_with(dsc_batch_norm_with(x, &spec), &spec), CLASSES);
}

static void values_whose_names_collide_are_refused(void **state)
{
    (void)state;
    static const struct {
        dsc_node *(*network)(dsc_node *x);
        const char *says;
    } cases[] = {
        { dense_twins, "two parameters are called 'twin/weights'" },
        { one_below_the_other, "two parameters are called 'a/weights' and 'a/weights/weights'" },
        { the_other_way_round, "two parameters are called 'a/bias/weights' and 'a/bias'" },
        { state_twins, "two values of state are called 'bn/running_mean'" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(dsc_compile(loss_of(scope, cases[i].network(input(scope))), NULL));
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
        if (!strstr(dsc_scope_message(scope), cases[i].says))
            fail_msg("expected '%s' in '%s'", cases[i].says, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
}

/* --- Names that are made --- */

/* The layers that have parameters, in their order, each once: "dense1 dense2". */
static const char *layers_of(dsc_scope *scope, const dsc_model *model)
{
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    const char *all = "", *last = "";
    if (!model)
        fail_msg("%s", dsc_scope_message(scope));
    for (size_t i = 0; i < count; i++) {
        const char *name = dsc_scope_format(scope, "%.*s", (int)strcspn(slices[i].name, "/"), slices[i].name);
        if (strcmp(name, last) != 0)
            all = dsc_scope_format(scope, "%s%s%s", all, *all ? " " : "", name);
        last = name;
    }
    return all;
}

static void over_one_input_names_are_counted(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    for (int network = 0; network < 2; network++) { /* each counts by itself, sharing labels or not */
        dsc_node *x = dsc_dense(input(scope), 4, .name = "own"), *y = dsc_dense(x, 4);
        x = dsc_batch_norm(dsc_dense(x, 4));
        dsc_node *sum = dsc_add(x, dsc_batch_norm(y));
        const dsc_model *model = dsc_compile(loss_of(scope, dsc_dense(sum, CLASSES)), NULL);
        assert_string_equal(layers_of(scope, model), "own dense3 batch_norm1 dense2 batch_norm2 dense4");
    }
    dsc_node *labels = dsc_labels(scope, CLASSES);
    for (int network = 0; network < 2; network++) {
        dsc_node *x = dsc_dense(dsc_relu(dsc_dense(input(scope), 4)), CLASSES);
        const dsc_model *model = dsc_compile(dsc_softmax_cross_entropy(x, labels), NULL);
        assert_string_equal(layers_of(scope, model), "dense1 dense2");
    }
    dsc_scope_close(&scope);
}

/* Two towers, and layers behind them. */
static dsc_node *two_towers(dsc_scope *scope)
{
    dsc_node *x = dsc_tanh(dsc_dense(input(scope), 5));
    dsc_node *y = dsc_recurrent(dsc_embedding(words(scope), 4), 4);
    y = dsc_tanh(dsc_dense(dsc_tanh(dsc_dense(y, 5)), 5));
    return loss_of(scope, dsc_dense(dsc_tanh(dsc_dense(dsc_concat(0, x, y), 6)), CLASSES));
}

static void over_two_inputs_no_name_is_there_twice(void **state)
{
    const char *path = directory_path(*state, "towers.h5");
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 2 });
    dsc_examples all = make_examples(scope, 1, COUNT, FEATURES, CLASSES);
    int32_t *tokens = dsc_scope_alloc(scope, (size_t)COUNT * STEPS, sizeof *tokens);
    for (int32_t i = 0; i < COUNT * STEPS; i++)
        tokens[i] = i * 7 % WORDS;
    all = dsc_examples_with(scope, &all, &(dsc_column){ "tokens", STEPS, .i32 = tokens });
    dsc_model *model = dsc_compile(two_towers(scope), &(dsc_compile_options){ .batch = 5 });
    assert_string_equal(layers_of(scope, model), "dense1 embedding1 recurrent1 dense2 dense3 dense4 dense5");
    assert_int_equal(dsc_fit(model, &all, &(dsc_fit_options){ .epochs = 2 }), DSC_OK);
    check_file(path, scope, model, &all);
    assert_ptr_equal(dsc_model_node(model, "tanh1")->tensor->producer->in[0]->producer,
                     dsc_model_node(model, "dense1")->tensor->producer);
    assert_ptr_equal(dsc_model_node(model, "tanh3")->tensor->producer->in[0]->producer,
                     dsc_model_node(model, "dense3")->tensor->producer);
    dsc_scope_close(&scope);
}

/* One of several inputs. */
static dsc_node *input_number(dsc_scope *scope, size_t number)
{
    const char *name = dsc_scope_format(scope, "input%zu", number);
    return dsc_input(scope, &(dsc_input_spec){ .shape = { FEATURES }, .name = name });
}

static void towers_over_any_number_of_inputs_are_named(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_node *towers[4];
    for (size_t i = 0; i < 4; i++)
        towers[i] = dsc_dense(dsc_dense(input_number(scope, i), 4), 4);
    dsc_node *x = dsc_concat_with(towers, 4, 0);
    const dsc_model *model = dsc_compile(loss_of(scope, dsc_dense(x, CLASSES)), NULL);
    assert_string_equal(layers_of(scope, model),
                        "dense1 dense2 dense3 dense4 dense5 dense6 dense7 dense8 dense9");
    /* Pairs that meet first; an own name that looks like an automatic one; what is bidirectional. */
    for (size_t i = 0; i < 4; i++) {
        dsc_node *in = input_number(scope, i);
        towers[i] = i == 0 ? dsc_dense(in, 4, .name = "dense1")
                           : dsc_dense(dsc_recurrent(dsc_reshape(in, 3, 2), 2, .bidirectional = true), 4);
    }
    dsc_node *left = dsc_add(towers[0], towers[1]), *right = dsc_add(towers[2], towers[3]);
    model = dsc_compile(loss_of(scope, dsc_dense(dsc_add(left, right), CLASSES)), NULL);
    assert_string_equal(layers_of(scope, model),
                        "dense1 recurrent1 dense2 recurrent2 dense3 recurrent3 dense4 dense5");
    dsc_scope_close(&scope);
}

/* What a model has is not renamed when its network becomes part of a larger one. */
static void a_model_keeps_its_names(void **state)
{
    const char *path = directory_path(*state, "kept.h5");
    for (int loaded = 0; loaded < 2; loaded++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 2 });
        const dsc_examples all = make_examples(scope, 1, COUNT, FEATURES, CLASSES);
        dsc_node *first = dsc_dense(input_number(scope, 1), 4), *second = dsc_dense(input(scope), 4);
        dsc_model *model = loaded ? dsc_model_load(scope, path, NULL)
                                  : dsc_compile(loss_of(scope, dsc_dense(second, CLASSES)), NULL);
        assert_string_equal(layers_of(scope, model), "dense1 dense2");
        second = dsc_model_node(model, "dense1");
        dsc_node *both = dsc_dense(dsc_add(first, second), CLASSES);
        assert_string_equal(layers_of(scope, dsc_compile(loss_of(scope, both), NULL)),
                            "dense3 dense1 dense4");
        check_file(path, scope, model, &all);
        assert_string_equal(layers_of(scope, model), "dense1 dense2");
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_no_file_holds_are_refused),
        cmocka_unit_test(names_that_are_good_are_kept_in_files),
        cmocka_unit_test(values_whose_names_collide_are_refused),
        cmocka_unit_test(over_one_input_names_are_counted),
        cmocka_unit_test(over_two_inputs_no_name_is_there_twice),
        cmocka_unit_test(towers_over_any_number_of_inputs_are_named),
        cmocka_unit_test(a_model_keeps_its_names),
    };
    return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
