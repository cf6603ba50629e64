/* A record keeps what was put in, its file gives it back and opens in Python, and what cannot be right is
 * refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <descent/file.h>
#include <descent/record.h>

#include "record/hdf5.h"
#include "record/internal.h"
#include "test.h"

static const double widths[] = { 2, 8, 300 }, noises[] = { 0, 0.15 }, seeds[] = { 1, 2 },
                    epochs[] = { 1, 10, 100, 500 };

static const dsc_record_axis axes[] = {
    { .name = "width",
      .units = "1",
      .long_name = "units in each hidden layer",
      .integer = true,
      .count = 3,
      .values = widths },
    { .name = "label_noise",
      .units = "1",
      .long_name = "fraction of redrawn labels",
      .count = 2,
      .values = noises },
    { .name = "seed", .long_name = "random seed", .integer = true, .count = 2, .values = seeds },
    { .name = "epoch",
      .units = "1",
      .long_name = "passes over the data",
      .integer = true,
      .count = 4,
      .values = epochs },
};

static const dsc_record_output outputs[] = {
    { .name = "test_error",
      .units = "1",
      .long_name = "fraction of test examples classified wrong",
      .rank = 3,
      .axes = { 0, 1, 2 } },
    { .name = "test_loss",
      .units = "nat",
      .long_name = "mean cross-entropy",
      .rank = 4,
      .axes = { 0, 1, 2, 3 } },
};

static const dsc_record_spec spec = { .experiment = "double-descent",
                                      .title = "Test error peaks",
                                      .reference = "Belkin et al., PNAS 2019",
                                      .readme = "µ-notes",
                                      .recipe = "{\"a\":1}",
                                      .figures = "[]",
                                      .axes = axes,
                                      .axis_count = 4,
                                      .cell_axes = 3,
                                      .outputs = outputs,
                                      .output_count = 2,
                                      .deterministic = true };

/* A record with cell 5 done, cell 7 failed, a summary and some provenance. */
static dsc_record *sample(dsc_scope *scope)
{
    dsc_record *record = dsc_record_make(scope, &spec);
    assert_non_null(record);
    *dsc_record_cell_at(record, 5) =
        (dsc_record_cell){ .hash = UINT64_C(0xfedcba9876543210), .seconds = 0.5, .status = DSC_CELL_DONE };
    size_t count;
    for (size_t i = 0; i < 2; i++) {
        double *values =
            dsc_record_cell_values(record, dsc_record_output_find(record, outputs[i].name), 5, &count);
        assert_int_equal(count, i == 0 ? 1 : 4);
        for (size_t k = 0; k < count; k++)
            values[k] = 0.1 * (double)(k + 1);
    }
    assert_int_equal(dsc_record_cell_fail(record, 7, 0.25, "loss is not finite"), DSC_OK);
    double medians[] = { 0.5, 0.25, NAN, 1, 2, 3 };
    assert_int_equal(dsc_record_summary_set(record, &(dsc_record_output){ .name = "test_error_median",
                                                                          .rank = 2,
                                                                          .axes = { 0, 1 },
                                                                          .count = 6,
                                                                          .values = medians }),
                     DSC_OK);
    assert_int_equal(dsc_record_provenance_set(record, "cpu", "first"), DSC_OK);
    assert_int_equal(dsc_record_provenance_set(record, "commit", "0123"), DSC_OK);
    assert_int_equal(dsc_record_provenance_set(record, "cpu", "second"), DSC_OK);
    return record;
}

static const char *temporary(dsc_scope *scope, const char *name)
{
    return dsc_scope_format(scope, "record-%d-%s", (int)getpid(), name);
}

static void cells_have_coordinates(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = dsc_record_make(scope, &spec);
    assert_int_equal(dsc_record_cells(record), 12);
    size_t index[DSC_RECORD_MAX_AXES];
    dsc_record_cell_index(record, 7, index);
    assert_int_equal(index[0], 1);
    assert_int_equal(index[1], 1);
    assert_int_equal(index[2], 1);
    assert_null(dsc_record_cell_at(record, 12));
    assert_true(isnan(dsc_record_output_find(record, "test_loss")->values[47]));
    assert_null(dsc_record_output_find(record, "cell_hash"));
    assert_false(dsc_record_complete(record));
    for (size_t i = 0; i < 12; i++)
        dsc_record_cell_at(record, i)->status = DSC_CELL_DONE;
    assert_true(dsc_record_complete(record));
    dsc_scope_close(&scope);
}

static void a_file_gives_back_the_record(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *written = sample(scope);
    const char *path = temporary(scope, "back.h5");
    assert_int_equal(dsc_record_write(scope, written, path), DSC_OK);
    dsc_record *record = dsc_record_read(scope, path);
    assert_string_equal(dsc_scope_message(scope), "");
    const dsc_record_spec *read = dsc_record_describe(record);
    assert_string_equal(read->readme, "µ-notes");
    assert_string_equal(read->recipe, spec.recipe);
    assert_true(read->deterministic);
    assert_int_equal(read->cell_axes, 3);
    assert_int_equal(read->axis_count, 4);
    assert_true(read->axes[0].integer);
    assert_false(read->axes[1].integer);
    assert_true(read->axes[1].values[1] == 0.15);
    assert_string_equal(read->axes[3].long_name, "passes over the data");
    assert_int_equal(dsc_record_cell_at(record, 5)->hash, UINT64_C(0xfedcba9876543210));
    assert_int_equal(dsc_record_cell_at(record, 7)->status, DSC_CELL_FAILED);
    assert_string_equal(dsc_record_cell_at(record, 7)->message, "loss is not finite");
    for (size_t i = 0; i < 2; i++)
        assert_memory_equal(dsc_record_output_find(record, outputs[i].name)->values,
                            dsc_record_output_find(written, outputs[i].name)->values,
                            8 * read->outputs[i].count);
    const dsc_record_output *median = dsc_record_summary_find(record, "test_error_median");
    assert_int_equal(median->count, 6);
    assert_true(isnan(median->values[2]) && median->values[5] == 3);
    assert_int_equal(dsc_record_provenance_count(record), 2);
    assert_string_equal(dsc_record_provenance_get(record, "cpu"), "second");
    assert_null(dsc_record_provenance_get(record, "nothing"));
    remove(path);
    dsc_scope_close(&scope);
}

static void the_same_record_gives_the_same_bytes(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes first = dsci_record_image(scope, sample(scope));
    const dsc_bytes second = dsci_record_image(scope, sample(scope));
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    dsc_scope_close(&scope);
}

static void long_texts_and_many_values_fit(void **state)
{
    (void)state;
    enum { TEXT = 300000, VALUES = 300000 };
    dsc_scope *scope = dsc_scope_open(NULL);
    char *recipe = dsc_scope_alloc(scope, TEXT + 1, 1);
    memset(recipe, 'r', TEXT);
    double *points = dsc_scope_alloc(scope, VALUES, sizeof *points);
    for (size_t i = 0; i < VALUES; i++)
        points[i] = (double)i;
    const dsc_record_axis axis = { .name = "x", .integer = true, .count = VALUES, .values = points };
    const dsc_record_output output = { .name = "y", .rank = 1, .axes = { 0 } };
    dsc_record *record = dsc_record_make(scope, &(dsc_record_spec){ .recipe = recipe,
                                                                    .axes = &axis,
                                                                    .axis_count = 1,
                                                                    .cell_axes = 1,
                                                                    .outputs = &output,
                                                                    .output_count = 1 });
    dsc_record_output_find(record, "y")->values[VALUES - 1] = 42;
    const char *path = temporary(scope, "long.h5");
    assert_int_equal(dsc_record_write(scope, record, path), DSC_OK);
    dsc_record *read = dsc_record_read(scope, path);
    assert_string_equal(dsc_scope_message(scope), "");
    assert_string_equal(dsc_record_describe(read)->recipe, recipe);
    assert_true(dsc_record_output_find(read, "y")->values[VALUES - 1] == 42);
    remove(path);
    dsc_scope_close(&scope);
}

static void refused(dsc_record_spec wrong, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_record_make(scope, &wrong));
    if (!strstr(dsc_scope_message(scope), message))
        fail_msg("expected '%s' in '%s'", message, dsc_scope_message(scope));
    dsc_scope_close(&scope);
}

static void impossible_records_are_refused(void **state)
{
    (void)state;
    const size_t huge = 100000000;
    dsc_record_axis own[4];
    dsc_record_output own_outputs[2];
    memcpy(own, axes, sizeof own);
    memcpy(own_outputs, outputs, sizeof own_outputs);
    dsc_record_spec wrong = spec;
    wrong.axes = own;
    wrong.outputs = own_outputs;
    own[1].name = "two words";
    refused(wrong, "axis 'two words': a name is");
    own[1].name = "width";
    refused(wrong, "'width': the name is already taken");
    own[1].name = "cell_hash";
    refused(wrong, "'cell_hash': the name is already taken");
    own[1].name = NULL;
    refused(wrong, "axis ''");
    own[1] = axes[1];
    own[0].count = 0;
    refused(wrong, "axis 'width': 0 values");
    own[0].count = huge + 1;
    refused(wrong, "axis 'width': 100000001 values");
    own[0] = axes[0];
    own_outputs[0].axes[1] = 3;
    refused(wrong, "its first axes must be the 3 cell axes");
    own_outputs[0] = outputs[0];
    wrong.cell_axes = 0;
    refused(wrong, "at least one of them of cells");
    wrong.cell_axes = 5;
    refused(wrong, "at least one of them of cells");
    wrong.cell_axes = 3;
    wrong.axis_count = 9;
    refused(wrong, "expected 1..8 axes");
}

static void too_many_cells_are_refused(void **state)
{
    (void)state;
    enum { POINTS = 4000 };
    static double points[POINTS];
    const dsc_record_axis wide[] = { { .name = "a", .count = POINTS, .values = points },
                                     { .name = "b", .count = POINTS, .values = points },
                                     { .name = "c", .count = POINTS, .values = points },
                                     { .name = "d", .count = POINTS, .values = points },
                                     { .name = "e", .count = POINTS, .values = points },
                                     { .name = "f", .count = POINTS, .values = points } };
    for (size_t count = 2; count <= 6; count++)
        refused((dsc_record_spec){ .axes = wide, .axis_count = count, .cell_axes = count },
                "the axes span more than 10000000 cells");
}

static void expect_unreadable(const char *path, const char *message)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_null(dsc_record_read(scope, path));
    if (!strstr(dsc_scope_message(scope), message))
        fail_msg("expected '%s' in '%s'", message, dsc_scope_message(scope));
    dsc_scope_close(&scope);
}

static void foreign_and_damaged_files_are_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *path = temporary(scope, "foreign.h5");
    expect_unreadable(path, path);
    assert_int_equal(dsc_file_replace(scope, path, "width,error\n", 12), DSC_OK);
    expect_unreadable(path, "expected HDF5, found 12 bytes that begin with 0x77696474");
    assert_int_equal(dsc_file_replace(scope, path, "<!doctype html>\n", 16), DSC_OK);
    expect_unreadable(path, "expected HDF5, found a web page (HTML) in place of the file: download");
    const double x[] = { 1, 2 };
    const dsc_array array = { .name = "x", .rank = 1, .shape = { 2 }, .real = x };
    assert_int_equal(dsc_arrays_write(scope, path, &array, 1, NULL, 0), DSC_OK);
    expect_unreadable(path, "is an HDF5 file of another program, or damaged, not a results file");
    const dsc_bytes image = dsci_record_image(scope, sample(scope));
    for (size_t size = 0; size < image.size; size += 1 + image.size / 50) {
        assert_int_equal(dsc_file_replace(scope, path, image.data, size), DSC_OK);
        expect_unreadable(path, path);
    }
    remove(path);
    dsc_scope_close(&scope);
}

static void files_of_another_schema_cannot_be_read(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL), *reading = dsc_scope_open(NULL);
    const char *path = temporary(scope, "newer.h5");
    const struct dsci_hdf5 before = dsci_hdf5_enter();
    const hid_t file = dsci_hdf5_create(scope);
    dsci_hdf5_put_text(scope, file, "experiment", "toy");
    dsci_hdf5_put_integer(scope, file, "schema_version", DSCI_RECORD_SCHEMA + 1);
    const dsc_bytes image = dsci_hdf5_finish(scope, file);
    dsci_hdf5_leave(before);
    assert_int_equal(dsc_file_replace(scope, path, image.data, image.size), DSC_OK);
    assert_null(dsc_record_read(reading, path));
    assert_int_equal(dsc_scope_status(reading), DSC_ERROR_UNSUPPORTED);
    assert_non_null(strstr(dsc_scope_message(reading), "use the version that wrote it, a newer one"));
    remove(path);
    dsc_scope_close(&reading);
    dsc_scope_close(&scope);
}

static void files_of_other_kinds_are_named(void **state)
{
    (void)state;
    static const struct {
        dsc_attribute mark;
        dsc_file_kind kind;
        const char *message;
    } cases[] = {
        { { "format", "descent model 1" }, DSC_FILE_MODEL, "is a model, not a results file: `descent show`" },
        { { "format", "descent model 2" }, DSC_FILE_MODEL, "is a model" },
        { { "format", "descent checkpoint 1" }, DSC_FILE_CHECKPOINT, "is a checkpoint of a training" },
        { { "format", "descent data 1" }, DSC_FILE_DATA, "is data of `descent data export`" },
        { { "format", "descent vectors 1" },
          DSC_FILE_VECTORS,
          "is word vectors, not a results file: `descent embed`" },
        { { "format", "of somebody else" }, DSC_FILE_OTHER, "an HDF5 file of another program" },
        { { "keras_version", "2.15.0" }, DSC_FILE_KERAS, "is a file of Keras" },
    };
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *path = temporary(scope, "kind.h5");
    const double x[] = { 1, 2 };
    const dsc_array array = { .name = "x", .rank = 1, .shape = { 2 }, .real = x };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(dsc_arrays_write(scope, path, &array, 1, &cases[i].mark, 1), DSC_OK);
        assert_int_equal(dsc_file_kind_of(scope, path), cases[i].kind);
        expect_unreadable(path, cases[i].message);
    }
    size_t count = 0;
    const dsc_array *arrays = dsc_arrays_list(scope, path, &count);
    assert_int_equal(count, 1);
    assert_string_equal(arrays[0].name, "x");
    assert_int_equal(arrays[0].rank, 1);
    assert_int_equal(arrays[0].shape[0], 2);
    assert_int_equal(dsc_record_write(scope, sample(scope), path), DSC_OK);
    assert_int_equal(dsc_file_kind_of(scope, path), DSC_FILE_RESULTS);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    remove(path);
    dsc_scope_close(&scope);
}

/* xarray with both of its engines, and h5py. */
static const char python_check[] =
    "import sys, numpy, h5py, xarray\n"
    "path = sys.argv[1]\n"
    "for engine in 'h5netcdf', 'netcdf4':\n"
    "    with xarray.open_dataset(path, engine=engine) as d:\n"
    "        assert d['test_loss'].dims == ('width', 'label_noise', 'seed', 'epoch'), d\n"
    "        assert d['cell_hash'].dims == ('width', 'label_noise', 'seed'), d\n"
    "        assert list(d['width'].values) == [2, 8, 300] and d['width'].dtype.kind == 'i', d\n"
    "        assert float(d['test_error'].sel(width=8, label_noise=0.0, seed=2)) == 0.1, d\n"
    "        assert numpy.isnan(d['test_error'].sel(width=8, label_noise=0.15, seed=2)), d\n"
    "        assert int(d['cell_hash'].sel(width=8, label_noise=0.0, seed=2)) == 0xfedcba9876543210, d\n"
    "        assert d['test_loss'].attrs['units'] == 'nat', d\n"
    "        m = d['cell_message'].values[1, 1, 1]\n"
    "        m = m.decode() if isinstance(m, bytes) else str(m)\n"
    "        assert m == 'loss is not finite', m\n"
    "        assert d.attrs['experiment'] == 'double-descent' and d.attrs['readme'] == '\\u00b5-notes', d\n"
    "    with xarray.open_dataset(path, engine=engine, group='summary') as d:\n"
    "        assert d['test_error_median'].dims == ('width', 'label_noise'), d\n"
    "        assert float(d['test_error_median'][0, 1]) == 0.25, d\n"
    "with h5py.File(path) as f:\n"
    "    assert f.attrs['experiment'] == 'double-descent' and f.attrs['complete'] == 0\n"
    "    assert f['provenance'].attrs['cpu'] == 'second'\n"
    "    assert [x.keys() for x in f['test_error'].dims] == [['width'], ['label_noise'], ['seed']]\n";

static int run(const char *const *arguments)
{
    const pid_t child = fork();
    if (child == 0) {
        execvp(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void python_opens_the_file(void **state)
{
    (void)state;
    if (run((const char *const[]){
            "python3", "-c",
            "try:\n import h5py, xarray, h5netcdf, netCDF4\nexcept ImportError as e:\n print(e)\n exit(1)",
            NULL }) != 0) {
        print_message("skipped: python3 with h5py, xarray, h5netcdf and netCDF4 is not here\n");
        skip();
    }
    dsc_scope *scope = dsc_scope_open(NULL);
    const char *path = temporary(scope, "python.h5");
    assert_int_equal(dsc_record_write(scope, sample(scope), path), DSC_OK);
    assert_int_equal(run((const char *const[]){ "python3", "-c", python_check, path, NULL }), 0);
    remove(path);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_have_coordinates),
        cmocka_unit_test(a_file_gives_back_the_record),
        cmocka_unit_test(the_same_record_gives_the_same_bytes),
        cmocka_unit_test(long_texts_and_many_values_fit),
        cmocka_unit_test(impossible_records_are_refused),
        cmocka_unit_test(too_many_cells_are_refused),
        cmocka_unit_test(foreign_and_damaged_files_are_refused),
        cmocka_unit_test(files_of_another_schema_cannot_be_read),
        cmocka_unit_test(files_of_other_kinds_are_named),
        cmocka_unit_test(python_opens_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
