/* Mutated JSON of figures is read or refused, never a crash; what is read can be written again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <descent/figure.h>

#include "fuzz/mutate.h"

static const char valid[] =
    "[{\"name\":\"error\",\"title\":\"T\",\"x\":\"width\",\"log_x\":true,\"y_scale\":100.0,\"panels\":\"noise\","
    "\"series\":[{\"output\":\"e\",\"label\":\"l\",\"style\":\"measured\",\"where\":\"noise=0.15\"},"
    "{\"style\":\"published\",\"reference_x\":[1,2],\"reference_y\":[3.5,4e2]}],"
    "\"marks\":[{\"label\":\"m\",\"at\":61.0}]}]";

static void check_figures(void *user, const unsigned char *data, size_t size)
{
    size_t *read = user, count = 0;
    char *json = malloc(size + 1);
    assert_non_null(json);
    memcpy(json, data, size);
    json[size] = '\0';
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_figure *figures = dsc_figures_from_json(scope, json, &count);
    free(json);
    if (dsc_scope_status(scope) == DSC_OK) {
        ++*read;
        assert_non_null(dsc_figures_to_json(scope, figures, count));
    } else {
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        assert_int_equal(count, 0);
    }
    dsc_scope_close(&scope);
}

static void mutated_figures_are_read_or_refused(void **state)
{
    (void)state;
    size_t read = 0;
    const mutate_seed seeds[] = { { valid, strlen(valid) } };
    mutate_run(&(mutate_options){ .seed = 1, .inputs = 20000 }, seeds, 1, check_figures, &read);
    assert_true(read > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(mutated_figures_are_read_or_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
