/* Any configuration file gives a plan, whose own configuration gives the same plan again, or is refused. */
#include "fuzz/target.h"

#include <stdio.h>

#include "directory.h"
#include "toy.h"

static dsc_plan *plan_from(dsc_scope *scope, const char *path)
{
    size_t count = 0;
    const dsc_setting *settings = dsc_config_read(scope, path, &count);
    assert_true((settings != NULL) == (dsc_scope_status(scope) == DSC_OK));
    for (size_t i = 0; i < count; i++)
        assert_true(settings[i].name && settings[i].value);
    dsc_plan *plan = settings ? toy_plan_of(scope, &toy_case, settings, count) : NULL;
    assert_true((plan != NULL) == (dsc_scope_status(scope) == DSC_OK));
    return plan;
}

static bool read_config(const char *directory, const unsigned char *data, size_t size)
{
    directory_put_bytes(directory, "config.json", data, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_plan *plan = plan_from(scope, directory_path(directory, "config.json"));
    if (plan) {
        const char *config = dsc_plan_config(scope, plan);
        assert_non_null(config);
        directory_put_bytes(directory, "again.json", config, strlen(config));
        const dsc_plan *again = plan_from(scope, directory_path(directory, "again.json"));
        assert_non_null(again);
        assert_string_equal(dsc_plan_recipe(again), dsc_plan_recipe(plan));
    }
    dsc_scope_close(&scope);
    return plan;
}

static void configs(const char *directory, fuzz_seed_fn *seed, void *user)
{
    static const char *const texts[] = {
        "{\"n\": 7, \"noise\": 0.5, \"flavour\": \"sour\", \"width\": [1, 2, 4], \"seeds\": 2}",
        "{\"width\": \"2..8 step 2\", \"epoch\": 3, \"seed\": 11}",
        "{}",
    };
    (void)directory;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        seed(user, texts[i], strlen(texts[i]));
}

const fuzz_target fuzz_subject = { .seeds = configs, .read = read_config, .inputs = 3000 };
