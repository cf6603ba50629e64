/* Every network of the cases comes back from a file: the same names, loss and gradients, to the bit. */
#include <stdio.h>
#include <string.h>

#include <descent/train.h>

#include "cases.h"
#include "directory.h"
#include "test.h"

static double run_random(dsc_scope *scope, dsc_model *model, const struct gradient_case *c)
{
    dsci_execution *plan = dsci_model_execution(model, model->options.batch, DSCI_TRAINING);
    bind_random(scope, plan, c->targets, 6);
    dsci_execution_run(plan);
    return *plan->loss;
}

static void check_same(const struct gradient_case *c, uint32_t variant, dsc_scope *scope, dsc_model *saved,
                       dsc_model *loaded)
{
    const double loss = run_random(scope, saved, c), again = run_random(scope, loaded, c);
    if (dsc_model_hash(saved) != dsc_model_hash(loaded) || memcmp(&loss, &again, sizeof loss) != 0)
        fail_msg("%s, variant %u: loss %.17g from the file, %.17g before", c->name, variant, again, loss);
    size_t count, loaded_count;
    const float *gradients = dsc_model_gradients(saved, &count),
                *loaded_gradients = dsc_model_gradients(loaded, &loaded_count);
    assert_int_equal(count, loaded_count);
    if (memcmp(gradients, loaded_gradients, count * sizeof *gradients) != 0)
        fail_msg("%s, variant %u: other gradients from the file", c->name, variant);
}

static void check_case(const struct gradient_case *c, uint32_t variant, const char *path)
{
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 12 });
    dsc_scope *other = dsc_scope_open(&(dsc_scope_options){ .seed = 12 });
    dsc_model *saved = make_case(scope, c, variant, DSC_ENGINE_NATIVE, DSC_DTYPE_F32);
    if (!saved || dsc_model_save(saved, path) != DSC_OK)
        fail_msg("%s, variant %u: %s", c->name, variant, dsc_scope_message(scope));
    dsc_model *loaded = dsc_model_load(other, path, &saved->options);
    if (!loaded)
        fail_msg("%s, variant %u: %s", c->name, variant, dsc_scope_message(other));
    check_same(c, variant, scope, saved, loaded);
    dsc_scope_close(&scope);
    dsc_scope_close(&other);
}

static void every_network_comes_back_from_a_file(void **state)
{
    char path[256];
    snprintf(path, sizeof path, "%s", directory_path(*state, "network.h5"));
    EACH_CASE(check_case(c, v, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_network_comes_back_from_a_file, directory_make,
                                        directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
