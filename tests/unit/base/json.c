/* JSON that could not be read because memory was short is never taken for damaged, nor damaged JSON for a
 * shortage. */
#include "base/json.h"

#include <stdlib.h>

#include "test.h"

static long calls_left = -1; /* until an allocation of jansson's fails; negative: none does */
static bool for_good;        /* and all later ones, too */

static void *take(size_t size)
{
    if (calls_left > 0)
        calls_left--;
    else if (calls_left == 0) {
        calls_left = for_good ? 0 : -1;
        return NULL;
    }
    return malloc(size);
}

static void a_shortage_of_memory_is_no_damage(void **state)
{
    (void)state;
    static const char text[] =
        "{\"experiment\":\"e\",\"parameters\":{\"width\":[1,2.5e3,\"a text\"],\"deep\":{\"a\":null,\"b\":true}}}";
    json_set_alloc_funcs(take, free);
    for (int lasting = 0; lasting < 2; lasting++) {
        long n = 0;
        bool read = false;
        for (; !read || n < 5; n++) {
            for_good = lasting;
            calls_left = n;
            dsc_scope *scope = dsc_scope_open(NULL);
            json_t *json = dsci_json_read(scope, text, NULL);
            read = calls_left > 0;
            calls_left = -1;
            assert_int_equal(dsc_scope_status(scope), json ? DSC_OK : DSC_ERROR_MEMORY);
            json_decref(json);
            dsc_scope_close(&scope);
        }
        assert_true(n > 10);
    }
    json_set_alloc_funcs(malloc, free);
}

static void damage_is_no_shortage(void **state)
{
    (void)state;
    static const char *const texts[] = { "",    "{",     "[1,2", "{\"a\":1,\"a\":2}", "{\"a\"}", "\"",
                                         "nul", "[1] 2", "\xff" };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_error_t error;
        dsc_scope *scope = dsc_scope_open(NULL);
        assert_null(dsci_json_read(scope, texts[i], &error));
        assert_int_equal(dsc_scope_status(scope), DSC_OK);
        assert_true(error.text[0] != '\0');
        dsc_scope_close(&scope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shortage_of_memory_is_no_damage),
        cmocka_unit_test(damage_is_no_shortage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
