/* Any JSON of figures is read or refused; what is read can be written again. */
#include "fuzz/target.h"

#include <descent/figure.h>

static bool read_figures(const char *directory, const unsigned char *data, size_t size)
{
    (void)directory;
    size_t count = 0;
    char *json = fuzz_text(data, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_figure *figures = dsc_figures_from_json(scope, json, &count);
    free(json);
    const bool good = dsc_scope_status(scope) == DSC_OK;
    if (good) {
        assert_non_null(dsc_figures_to_json(scope, figures, count));
    } else {
        assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FORMAT);
        assert_int_equal(count, 0);
    }
    dsc_scope_close(&scope);
    return good;
}

static void descriptions(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    static const char valid[] =
        "[{\"name\":\"error\",\"title\":\"T\",\"x\":\"width\",\"log_x\":true,\"y_scale\":100.0,\"panels\":\"noise\","
        "\"series\":[{\"output\":\"e\",\"label\":\"l\",\"style\":\"measured\",\"where\":\"noise=0.15\"},"
        "{\"style\":\"published\",\"reference_x\":[1,2],\"reference_y\":[3.5,4e2]}],"
        "\"marks\":[{\"label\":\"m\",\"at\":61.0}]}]";
    seed(user, valid, strlen(valid));
}

const fuzz_target fuzz_subject = { .seeds = descriptions, .read = read_figures, .inputs = 20000 };
