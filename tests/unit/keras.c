/* Weights in Keras's layout find their layers; what does not fit is named and changes nothing. The files are
 * made here as h5py makes them: lists of names as attributes, of fixed or of variable length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hdf5.h>

#include "directory.h"
#include "network.h"

enum { INPUTS = 3, UNITS = 4, CLASSES = 2, NAME = 40 };

/* --- Files --- */

static void put_names(hid_t object, const char *name, const char *const *names, size_t count, bool variable)
{
    const hsize_t length = count;
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, variable ? H5T_VARIABLE : NAME);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    const hid_t space = H5Screate_simple(1, &length, NULL);
    /* Without weights, h5py writes an empty list of doubles. */
    const hid_t attribute =
        H5Acreate2(object, name, count ? type : H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    char fixed[8][NAME] = { { 0 } };
    for (size_t i = 0; i < count && !variable; i++)
        strncpy(fixed[i], names[i], NAME - 1);
    if (count)
        assert_true(H5Awrite(attribute, type, variable ? (const void *)names : fixed) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

static hid_t path_creation(void)
{
    const hid_t links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    return links;
}

struct weight {
    const char *layer, *name;
    size_t rank;
    hsize_t shape[4];
    float first; /* the values count on from here */
};

static void put_weight(hid_t root, const struct weight *weight)
{
    float values[64];
    char path[200];
    snprintf(path, sizeof path, "%s/%s", weight->layer, weight->name);
    for (size_t i = 0; i < 64; i++)
        values[i] = weight->first + (float)i;
    const hid_t links = path_creation(), space = H5Screate_simple((int)weight->rank, weight->shape, NULL);
    const hid_t dataset = H5Dcreate2(root, path, H5T_IEEE_F32LE, space, links, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(links);
}

struct style {
    bool variable, chunked, nested; /* names of any length; lists in parts; below model_weights */
};

static void put_layer(hid_t root, const char *layer, const struct weight *weights, size_t count,
                      const struct style *style)
{
    const char *names[8];
    size_t own = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(weights[i].layer, layer) == 0)
            names[own++] = weights[i].name;
    const hid_t links = path_creation();
    const hid_t group = H5Lexists(root, layer, H5P_DEFAULT) > 0
                            ? H5Gopen2(root, layer, H5P_DEFAULT)
                            : H5Gcreate2(root, layer, links, H5P_DEFAULT, H5P_DEFAULT);
    put_names(group, "weight_names", names, own, style->variable);
    H5Gclose(group);
    H5Pclose(links);
}

static void write_file(const char *path, const char *const *layers, size_t layer_count,
                       const struct weight *weights, size_t count, struct style style)
{
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t root = style.nested ? H5Gcreate2(file, "model_weights", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)
                                    : H5Gopen2(file, "/", H5P_DEFAULT);
    if (style.chunked) {
        put_names(root, "layer_names0", layers, 1, style.variable);
        put_names(root, "layer_names1", layers + 1, layer_count - 1, style.variable);
    } else {
        put_names(root, "layer_names", layers, layer_count, style.variable);
    }
    for (size_t i = 0; i < count; i++)
        put_weight(root, &weights[i]);
    for (size_t i = 0; i < layer_count; i++)
        put_layer(root, layers[i], weights, count, &style);
    H5Gclose(root);
    H5Fclose(file);
}

/* --- Models --- */

static dsc_model *make(dsc_scope *scope, dsc_dtype dtype)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { INPUTS } });
    x = dsc_relu(dsc_dense(x, UNITS, .name = "block/first"));
    x = dsc_dense(x, CLASSES, .name = "last");
    return dsc_compile(dsc_softmax_cross_entropy(x, dsc_labels(scope, CLASSES)),
                       &(dsc_compile_options){ .dtype = dtype });
}

static void assert_slice(dsc_model *model, const char *name, double first)
{
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices);
    size_t at = 0;
    while (at < count && strcmp(slices[at].name, name) != 0)
        at++;
    assert_true(at < count);
    for (size_t i = 0; i < slices[at].count; i++) {
        const void *parameters = dsc_model_parameters(model, NULL);
        const size_t j = slices[at].offset + i;
        const double value = model->options.dtype == DSC_F64 ? ((const double *)parameters)[j]
                                                             : (double)((const float *)parameters)[j];
        assert_true(value == first + (double)i);
    }
}

static const char *const layers[] = { "input_1", "block/first", "last" };
static const struct weight of_version_2[] = {
    { "block/first", "block/first/kernel:0", 2, { INPUTS, UNITS }, 10 },
    { "block/first", "block/first/bias:0", 1, { UNITS }, 50 },
    { "last", "last/kernel:0", 2, { UNITS, CLASSES }, 100 },
    { "last", "last/bias:0", 1, { CLASSES }, 200 },
};
static const struct weight of_version_1[] = {
    { "block/first", "uniform1", 2, { INPUTS, UNITS }, 10 },
    { "block/first", "block/first_b", 1, { UNITS }, 50 },
    { "last", "last_W", 2, { UNITS, CLASSES }, 100 },
    { "last", "zeros3", 1, { CLASSES }, 200 },
};

static void weights_find_their_layers(void **state)
{
    const char *path = directory_path(*state, "keras.h5");
    for (int variant = 0; variant < 16; variant++)
        for (dsc_dtype dtype = DSC_F32; dtype <= DSC_F64; dtype++) {
            write_file(path, layers, 3, variant & 8 ? of_version_1 : of_version_2, 4,
                       (struct style){ variant & 1, variant & 2, variant & 4 });
            dsc_scope *scope = dsc_scope_open(NULL);
            dsc_model *model = make(scope, dtype);
            if (dsc_model_read_keras(model, path, true) != DSC_OK)
                fail_msg("%s", dsc_scope_message(scope));
            assert_slice(model, "block/first/weights", 10);
            assert_slice(model, "block/first/bias", 50);
            assert_slice(model, "last/weights", 100);
            assert_slice(model, "last/bias", 200);
            dsc_scope_close(&scope);
        }
}

static void some_layers_can_be_read(void **state)
{
    const char *path = directory_path(*state, "keras.h5");
    static const char *const others[] = { "last", "elsewhere" };
    static const struct weight weights[] = {
        { "last", "last/kernel:0", 2, { UNITS, CLASSES }, 100 },
        { "last", "last/bias:0", 1, { CLASSES }, 200 },
        { "elsewhere", "elsewhere/kernel:0", 2, { 2, 2 }, 0 },
    };
    write_file(path, others, 2, weights, 3, (struct style){ false, false, false });
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model = make(scope, DSC_F32);
    const float before = *(const float *)dsc_model_parameters(model, NULL);
    assert_int_equal(dsc_model_read_keras(model, path, false), DSC_OK);
    assert_slice(model, "last/weights", 100);
    assert_true(*(const float *)dsc_model_parameters(model, NULL) == before);
    assert_int_equal(dsc_model_read_keras(model, path, true), DSC_ERROR_MISMATCH);
    assert_non_null(strstr(dsc_scope_message(scope), "layer 'elsewhere'"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    write_file(path, others + 1, 1, weights + 2, 1, (struct style){ false, false, false });
    assert_int_equal(dsc_model_read_keras(make(scope, DSC_F32), path, false), DSC_ERROR_MISMATCH);
    assert_non_null(strstr(dsc_scope_message(scope), "found none (its first is 'elsewhere')"));
    dsc_scope_close(&scope);
}

static void what_does_not_fit_is_named_and_changes_nothing(void **state)
{
    const char *path = directory_path(*state, "keras.h5");
    static const struct weight shape[] = { { "last", "last/kernel:0", 2, { UNITS, 5 }, 1 },
                                           { "last", "last/bias:0", 1, { CLASSES }, 1 } };
    static const struct weight missing[] = { { "last", "last/kernel:0", 2, { UNITS, CLASSES }, 1 } };
    static const struct weight twice[] = { { "last", "last/kernel:0", 2, { UNITS, CLASSES }, 1 },
                                           { "last", "other/kernel:0", 2, { UNITS, CLASSES }, 1 } };
    static const struct weight unknown[] = { { "last", "last/gamma:0", 1, { CLASSES }, 1 } };
    static const char *const one[] = { "last" };
    const struct {
        const struct weight *weights;
        size_t count;
        bool all;
        const char *text;
    } cases[] = {
        { shape, 2, false, "'last/weights' expected 4x2, found 4x5" },
        { missing, 1, false, "'last/bias' expected 2, found no weight" },
        { twice, 2, false, "layer 'last': weight 'other/kernel:0' of the file is a second one" },
        { unknown, 1, false, "weight 'last/gamma:0' of the file has no parameter" },
        { of_version_2 + 2, 2, true, "'block/first/weights' expected 3x4, found no weight" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file(path, one, 1, cases[i].weights, cases[i].count, (struct style){ false, false, false });
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_model *model = make(scope, DSC_F32);
        const uint64_t hash = dsc_model_hash(model);
        assert_int_equal(dsc_model_read_keras(model, path, cases[i].all), DSC_ERROR_MISMATCH);
        if (!strstr(dsc_scope_message(scope), cases[i].text))
            fail_msg("'%s' in: %s", cases[i].text, dsc_scope_message(scope));
        assert_int_equal(dsc_model_hash(model), hash);
        dsc_scope_close(&scope);
    }
}

static void a_file_without_the_layout_is_refused(void **state)
{
    const char *path = directory_path(*state, "plain.h5");
    H5Fclose(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_int_equal(dsc_model_read_keras(make(scope, DSC_F32), path, false), DSC_ERROR_FORMAT);
    assert_non_null(strstr(dsc_scope_message(scope), "layer_names"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    static const char *const lost[] = { "last" };
    static const struct weight none[] = { { "last", "last/kernel:0", 2, { UNITS, CLASSES }, 1 } };
    write_file(path, lost, 1, none, 1, (struct style){ false, false, false });
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, "last/last/kernel:0", H5P_DEFAULT);
    H5Lcreate_external("/etc/passwd", "/x", file, "last/last/kernel:0", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_int_equal(dsc_model_read_keras(make(scope, DSC_F32), path, false), DSC_ERROR_FORMAT);
    assert_non_null(strstr(dsc_scope_message(scope), "'last/last/kernel:0', found none"));
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(weights_find_their_layers, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(some_layers_can_be_read, directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_named_and_changes_nothing, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(a_file_without_the_layout_is_refused, directory_make,
                                        directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
