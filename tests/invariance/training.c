/* Trained parameters have the same bits for any number of threads, and with the native engine at every
   instruction-set level: the program runs itself once a level and compares what it prints. */
#include "levels.h"

#include <omp.h>

#include "network.h"

enum { MODELS = DSC_OPTIMIZER_COUNT, COUNT = 130, INPUTS = 40, CLASSES = 10 };

/* Networks with and without convolutions, of different widths, activations and dropout. */
static dsc_model *make(dsc_scope *scope, size_t i, dsc_engine engine)
{
    static dsc_node *(*const activations[])(dsc_node *) = { dsc_relu, dsc_tanh, dsc_sigmoid };
    const bool sequence = i % 2;
    dsc_node *x = sequence ? dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS / 2, 2 } })
                           : dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
    if (sequence)
        x = dsc_max_pool(dsc_tanh(dsc_conv1d(dsc_conv1d(x, 3 + 5 * i, .pad = 1), 20, .stride = 2)));
    x = activations[i % 3](dsc_dense(x, 5 + 37 * i));
    x = dsc_dropout(activations[(i + 1) % 3](dsc_dense(x, 20 + i, .weights_init = DSC_INIT_HE_NORMAL)), 0.1);
    return dsc_compile(dsc_softmax_cross_entropy(dsc_dense(x, CLASSES), dsc_labels(scope, CLASSES)),
                       &(dsc_compile_options){ .batch = 16 + i, .engine = engine });
}

/* The hash of the parameters that rule number i has trained, mixed with the evaluated loss. */
static uint64_t train(size_t i, dsc_engine engine)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 100 + i });
    const dsc_examples examples = make_examples(scope, i, COUNT, INPUTS, CLASSES);
    dsc_model *model = make(scope, i, engine);
    const dsc_fit_options options = { .optimizer = { .kind = (dsc_optimizer_kind)i,
                                                     .centered = true,
                                                     .sutskever = i % 2,
                                                     .l1 = i % 3 ? 0 : 1e-5,
                                                     .max_norm = i % 4 ? 0 : 2,
                                                     .clip_norm = i % 5 ? 0 : 1,
                                                     .clip_value = i % 2 ? 0 : 0.1 },
                                      .epochs = 4 };
    uint64_t hash = 0, bits = 0;
    if (dsc_fit(model, &examples, &options) == DSC_OK) {
        const dsc_metrics metrics = dsc_evaluate(model, &examples);
        memcpy(&bits, &metrics.loss, sizeof bits);
        hash = dsc_model_hash(model) ^ bits;
    }
    dsc_scope_close(&scope);
    return hash;
}

static void train_all(uint64_t hashes[MODELS], dsc_engine engine, int threads)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = 0; i < MODELS; i++)
        hashes[i] = train((size_t)i, engine);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    static const dsc_engine engines[] = { DSC_ENGINE_NATIVE, DSC_ENGINE_ONEDNN, DSC_ENGINE_REF };
    static const int threads[] = { 2, 3, 8 };
    for (size_t e = 0; e < 3; e++) {
        uint64_t alone[MODELS], together[MODELS];
        train_all(alone, engines[e], 1);
        for (size_t i = 0; i < MODELS; i++)
            assert_int_not_equal(alone[i], 0);
        for (size_t t = 0; t < 3; t++) {
            train_all(together, engines[e], threads[t]);
            assert_memory_equal(together, alone, sizeof alone);
        }
    }
}

static void every_level_gives_the_same_bits(void **state)
{
    (void)state;
    assert_same_lines_at_every_level("hashes", MODELS);
}

static int print_hashes(void)
{
    uint64_t hashes[MODELS];
    train_all(hashes, DSC_ENGINE_NATIVE, 2);
    for (int i = 0; i < MODELS; i++)
        printf("model %d %016llx\n", i, (unsigned long long)hashes[i]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "hashes") == 0)
        return print_hashes();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(every_level_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
