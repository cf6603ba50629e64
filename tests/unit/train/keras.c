/* Weights in Keras's layout find their layers; what does not fit is named and changes nothing. The files are
 * made here as h5py makes them: lists of names as attributes, of fixed or of variable length. */
#include <string.h>

#include <hdf5.h>

#include <descent/file.h>

#include "directory.h"
#include "network.h"
#include "test.h"
#include "zip.h"

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
        const double value = model->options.dtype == DSC_DTYPE_F64 ? ((const double *)parameters)[j]
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
        for (dsc_dtype dtype = DSC_DTYPE_F32; dtype <= DSC_DTYPE_F64; dtype++) {
            write_file(path, layers, 3, variant & 8 ? of_version_1 : of_version_2, 4,
                       (struct style){ variant & 1, variant & 2, variant & 4 });
            dsc_scope *scope = dsc_scope_open(NULL);
            dsc_model *model = make(scope, dtype);
            if (dsc_model_read_keras_weights(model, path, true) != DSC_OK)
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
    dsc_model *model = make(scope, DSC_DTYPE_F32);
    const float before = *(const float *)dsc_model_parameters(model, NULL);
    assert_int_equal(dsc_model_read_keras_weights(model, path, false), DSC_OK);
    assert_slice(model, "last/weights", 100);
    assert_true(*(const float *)dsc_model_parameters(model, NULL) == before);
    assert_int_equal(dsc_model_read_keras_weights(model, path, true), DSC_ERROR_MISMATCH);
    assert_non_null(strstr(dsc_scope_message(scope), "layer 'elsewhere'"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    write_file(path, others + 1, 1, weights + 2, 1, (struct style){ false, false, false });
    assert_int_equal(dsc_model_read_keras_weights(make(scope, DSC_DTYPE_F32), path, false),
                     DSC_ERROR_MISMATCH);
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
        dsc_model *model = make(scope, DSC_DTYPE_F32);
        const uint64_t hash = dsc_model_hash(model);
        assert_int_equal(dsc_model_read_keras_weights(model, path, cases[i].all), DSC_ERROR_MISMATCH);
        if (!strstr(dsc_scope_message(scope), cases[i].text))
            fail_msg("'%s' in: %s", cases[i].text, dsc_scope_message(scope));
        assert_int_equal(dsc_model_hash(model), hash);
        dsc_scope_close(&scope);
    }
}

/* --- Wrapped layers, and what version 3 writes --- */

static dsc_status read_into(dsc_scope *scope, dsc_node *logits, const char *path, bool all, dsc_model **model)
{
    *model = dsc_compile(dsc_softmax_cross_entropy(logits, dsc_labels(scope, CLASSES)),
                         &(dsc_compile_options){ .batch = 2 });
    return dsc_model_read_keras_weights(*model, path, all);
}

static void depthwise_kernels_are_read_under_both_names(void **state)
{
    const char *path = directory_path(*state, "keras.h5");
    static const char *const one[] = { "dw" };
    for (int version = 2; version <= 3; version++) {
        const struct weight weights[] = {
            { "dw", version == 2 ? "dw/depthwise_kernel:0" : "dw/kernel", 4, { 3, 3, 2, 2 }, 5 },
            { "dw", "dw/bias", 1, { 4 }, 1 },
        };
        write_file(path, one, 1, weights, 2, (struct style){ false, false, false });
        for (size_t groups = 1; groups <= 2;
             groups++) { /* the kernel of a grey image is not a depthwise one */
            dsc_scope *scope = dsc_scope_open(NULL);
            dsc_model *model;
            dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 4, 4, groups } });
            x = dsc_flatten(dsc_conv2d(x, 4, .groups = groups, .name = "dw"));
            const dsc_status status =
                read_into(scope, dsc_dense(x, CLASSES, .name = "last"), path, false, &model);
            if (groups == 2) {
                assert_string_equal(dsc_scope_message(scope), "");
                assert_slice(model, "dw/weights", 5);
            } else if (version == 3) {
                assert_int_equal(status, DSC_ERROR_MISMATCH);
                assert_non_null(
                    strstr(dsc_scope_message(scope), "'dw/weights' expected 3x3x1x4, found 3x3x2x2"));
            }
            dsc_scope_close(&scope);
        }
    }
}

/* Keras keeps their kernels as (height, width, filters, channels), which is the order here, so that no value
   moves. */
static void transposed_convolutions_are_read_as_they_are(void **state)
{
    const char *path = directory_path(*state, "keras.h5");
    static const char *const both[] = { "up", "grow" };
    static const struct weight weights[] = { { "up", "up/kernel:0", 4, { 2, 2, 3, 5 }, 5 },
                                             { "up", "up/bias:0", 1, { 3 }, 1 },
                                             { "grow", "grow/kernel:0", 3, { 3, 1, 3 }, 7 },
                                             { "grow", "grow/bias:0", 1, { 1 }, 2 } };
    write_file(path, both, 2, weights, 4, (struct style){ false, false, false });
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model;
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 4, 3, 5 } });
    x = dsc_conv2d_transposed(x, 3, .kernel = { 2, 2 }, .stride = { 2, 2 }, .name = "up");
    x = dsc_conv1d_transposed(dsc_reshape(x, 8 * 6, 3), 1, .kernel = 3, .name = "grow");
    if (read_into(scope, dsc_dense(dsc_flatten(x), CLASSES, .name = "last"), path, false, &model) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    assert_slice(model, "up/weights", 5);
    assert_slice(model, "up/bias", 1);
    assert_slice(model, "grow/weights", 7);
    assert_slice(model, "grow/bias", 2);
    dsc_scope_close(&scope);
}

/* A bidirectional layer of 2 units and a dense one, as ours and, with last of another name, as an inner one.
 */
static dsc_node *bidirectional(dsc_scope *scope, const char *last)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 5, INPUTS } });
    x = dsc_recurrent(x, 2, .cell = DSC_RECURRENT_LSTM, .bidirectional = true, .name = "bi");
    return dsc_dense(x, CLASSES, .name = last);
}

static void layers_in_layers_are_read_by_their_inner_names(void **state)
{
    const char *path = directory_path(*state, "keras.h5");
    static const char *const both[] = { "bi", "inner" };
    static const struct weight weights[] = {
        { "bi", "bi/forward_lstm/lstm_cell/kernel", 2, { INPUTS, 8 }, 10 },
        { "bi", "bi/forward_lstm/lstm_cell/recurrent_kernel", 2, { 2, 8 }, 20 },
        { "bi", "bi/forward_lstm/lstm_cell/bias", 1, { 8 }, 30 },
        { "bi", "bi/backward_lstm/lstm_cell/kernel", 2, { INPUTS, 8 }, 40 },
        { "bi", "bi/backward_lstm/lstm_cell/recurrent_kernel", 2, { 2, 8 }, 50 },
        { "bi", "bi/backward_lstm/lstm_cell/bias", 1, { 8 }, 60 },
        { "inner", "inner/last/kernel", 2, { 4, CLASSES }, 70 },
        { "inner", "last/bias:0", 1, { CLASSES }, 80 }, /* version 2 leaves the outer name out */
    };
    write_file(path, both, 2, weights, 8, (struct style){ true, false, true });
    static const char *const names[] = { "last", "inner/last" };
    for (int i = 0; i < 2; i++) {
        dsc_scope *scope = dsc_scope_open(NULL);
        dsc_model *model;
        if (read_into(scope, bidirectional(scope, names[i]), path, true, &model) != DSC_OK)
            fail_msg("%s", dsc_scope_message(scope));
        assert_slice(model, "bi/forward/weights", 10);
        assert_slice(model, "bi/forward/bias", 30);
        assert_slice(model, "bi/backward/recurrent_weights", 50);
        assert_slice(model, i ? "inner/last/weights" : "last/weights", 70);
        assert_slice(model, i ? "inner/last/bias" : "last/bias", 80);
        dsc_scope_close(&scope);
    }
}

static void separable_convolutions_are_called_so(void **state)
{
    const char *path = directory_path(*state, "keras.h5");
    static const char *const one[] = { "sep" };
    static const struct weight weights[] = {
        { "sep", "sep/depthwise_kernel", 4, { 3, 3, 2, 1 }, 5 },
        { "sep", "sep/pointwise_kernel", 4, { 1, 1, 2, 4 }, 1 },
    };
    write_file(path, one, 1, weights, 2, (struct style){ false, false, false });
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model;
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 4, 4, 2 } });
    x = dsc_flatten(dsc_conv2d(x, 2, .groups = 2, .no_bias = true, .name = "sep"));
    assert_int_equal(read_into(scope, dsc_dense(x, CLASSES), path, false, &model), DSC_ERROR_MISMATCH);
    assert_non_null(strstr(dsc_scope_message(scope), "'sep/pointwise_kernel' of the file is of a separable"));
    dsc_scope_close(&scope);
}

/* The layer's name beside its weights by number, as version 3 writes ".weights.h5". */
static void put_name(hid_t file, const char *vars, const char *name)
{
    const hid_t links = path_creation(), space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    const hid_t group = H5Lexists(file, vars, H5P_DEFAULT) > 0
                            ? H5Gopen2(file, vars, H5P_DEFAULT)
                            : H5Gcreate2(file, vars, links, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t attribute = H5Acreate2(group, "name", type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, &name) >= 0);
    H5Aclose(attribute);
    H5Gclose(group);
    H5Tclose(type);
    H5Sclose(space);
    H5Pclose(links);
}

static void write_numbered(const char *path, bool named)
{
    static const struct weight weights[] = {
        { "layers/bidirectional/forward_layer/cell/vars", "0", 2, { INPUTS, 8 }, 10 },
        { "layers/bidirectional/forward_layer/cell/vars", "1", 2, { 2, 8 }, 20 },
        { "layers/bidirectional/forward_layer/cell/vars", "2", 1, { 8 }, 30 },
        { "layers/bidirectional/backward_layer/cell/vars", "0", 2, { INPUTS, 8 }, 40 },
        { "layers/bidirectional/backward_layer/cell/vars", "1", 2, { 2, 8 }, 50 },
        { "layers/bidirectional/backward_layer/cell/vars", "2", 1, { 8 }, 60 },
        { "layers/sequential/layers/dense/vars", "0", 2, { 4, CLASSES }, 70 },
        { "layers/sequential/layers/dense/vars", "1", 1, { CLASSES }, 80 },
        { "layers/dropout/seed_generator/vars", "0", 1, { 2 }, 0 },
        { "optimizer/vars", "0", 1, { 1 }, 0 },
    };
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++)
        put_weight(file, &weights[i]);
    put_name(file, "vars", "functional");
    if (named) {
        put_name(file, "layers/bidirectional/vars", "bi");
        put_name(file, "layers/bidirectional/forward_layer/vars", "forward_lstm");
        put_name(file, "layers/bidirectional/forward_layer/cell/vars", "lstm_cell");
        put_name(file, "layers/bidirectional/backward_layer/vars", "backward_lstm");
        put_name(file, "layers/sequential/vars", "inner");
        put_name(file, "layers/sequential/layers/dense/vars", "last");
    }
    H5Fclose(file);
}

static void expect_numbered(const char *path)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model;
    if (read_into(scope, bidirectional(scope, "last"), path, true, &model) != DSC_OK)
        fail_msg("%s", dsc_scope_message(scope));
    assert_slice(model, "bi/forward/weights", 10);
    assert_slice(model, "bi/forward/recurrent_weights", 20);
    assert_slice(model, "bi/backward/bias", 60);
    assert_slice(model, "last/weights", 70);
    assert_slice(model, "last/bias", 80);
    dsc_scope_close(&scope);
}

static void weights_by_number_find_their_layers(void **state)
{
    const char *path = directory_path(*state, "model.weights.h5");
    write_numbered(path, true);
    expect_numbered(path);
    write_numbered(path, false); /* without names the groups are the layers */
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_model *model;
    assert_int_equal(read_into(scope, bidirectional(scope, "dense"), path, false, &model), DSC_OK);
    assert_slice(model, "dense/weights", 70);
    assert_int_equal(dsc_model_read_keras_weights(model, path, true), DSC_ERROR_MISMATCH);
    assert_non_null(
        strstr(dsc_scope_message(scope), "weights for layer 'bidirectional/backward_layer/cell'"));
    dsc_scope_close(&scope);
}

static void archives_of_version_3_are_read_and_damaged_ones_refused(void **state)
{
    static unsigned char plain[1 << 17], zip[1 << 18];
    const char *path = directory_path(*state, "model.keras");
    write_numbered(path, true);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes file = dsc_file_read(scope, path, sizeof plain);
    assert_non_null(file.data);
    for (int deflated = 0; deflated < 2; deflated++) {
        const size_t size = zip_pack(zip, "model.weights.h5", file.data, file.size, deflated);
        directory_put_bytes(*state, "model.keras", zip, size);
        expect_numbered(path);
        for (size_t cut = 0; cut < size; cut += cut < 60 || cut + 120 > size ? 1 : 509) {
            dsc_scope *own = dsc_scope_open(NULL);
            dsc_model *model;
            directory_put_bytes(*state, "model.keras", zip, cut);
            assert_int_equal(read_into(own, bidirectional(own, "last"), path, true, &model),
                             DSC_ERROR_FORMAT);
            dsc_scope_close(&own);
        }
        for (size_t at = 0; at < size; at += at < 60 || at + 120 > size ? 1 : 509) { /* good or refused */
            dsc_scope *own = dsc_scope_open(NULL);
            dsc_model *model;
            zip[at] ^= 0x81;
            directory_put_bytes(*state, "model.keras", zip, size);
            read_into(own, bidirectional(own, "last"), path, true, &model);
            zip[at] ^= 0x81;
            dsc_scope_close(&own);
        }
        zip[300] ^= 1;
        directory_put_bytes(*state, "model.keras", zip, size);
        dsc_model *model;
        dsc_scope *own = dsc_scope_open(NULL);
        assert_int_equal(read_into(own, bidirectional(own, "last"), path, true, &model), DSC_ERROR_FORMAT);
        assert_non_null(strstr(dsc_scope_message(own), "is not a whole zip archive"));
        dsc_scope_close(&own);
    }
    directory_put_bytes(*state, "model.keras", zip, zip_pack(zip, "train.csv", file.data, file.size, false));
    dsc_model *model;
    assert_int_equal(read_into(scope, bidirectional(scope, "last"), path, true, &model), DSC_ERROR_FORMAT);
    assert_non_null(strstr(dsc_scope_message(scope), "is a zip archive without the file 'model.weights.h5'"));
    dsc_scope_close(&scope);
}

static void a_file_without_the_layout_is_refused(void **state)
{
    const char *path = directory_path(*state, "plain.h5");
    H5Fclose(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_int_equal(dsc_model_read_keras_weights(make(scope, DSC_DTYPE_F32), path, false), DSC_ERROR_FORMAT);
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
    assert_int_equal(dsc_model_read_keras_weights(make(scope, DSC_DTYPE_F32), path, false), DSC_ERROR_FORMAT);
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
        cmocka_unit_test_setup_teardown(depthwise_kernels_are_read_under_both_names, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(layers_in_layers_are_read_by_their_inner_names, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(transposed_convolutions_are_read_as_they_are, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(separable_convolutions_are_called_so, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(weights_by_number_find_their_layers, directory_make,
                                        directory_remove),
        cmocka_unit_test_setup_teardown(archives_of_version_3_are_read_and_damaged_ones_refused,
                                        directory_make, directory_remove),
        cmocka_unit_test_setup_teardown(a_file_without_the_layout_is_refused, directory_make,
                                        directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
