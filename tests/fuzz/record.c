/* Whatever bytes a results file holds, reading it gives a record that can be used or a clear error.
 *
 * HDF5 1.10 itself is not proof against every damaged structure; what it cannot bear (damaged heaps) is found
 * before it is given the file, see lib/record/hdf5.c. FUZZ_INPUTS=N tries N inputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <descent/record.h>

#include "directory.h"
#include "mutate.h"
#include "record/internal.h"

/* What HDF5 loses when it gives up on a damaged file is not ours to free. */
DSC_API const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\n";
}

static size_t read_well, refused;

static void use(dsc_record *record)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    double sum = 0;
    for (size_t i = 0; i < dsc_record_cells(record); i++) {
        size_t index[DSC_RECORD_MAX_AXES], count;
        dsc_record_cell_index(record, i, index);
        for (size_t a = 0; a < spec->cell_axes; a++)
            assert_true(index[a] < spec->axes[a].count);
        for (size_t o = 0; o < spec->output_count; o++) {
            const double *values = dsc_record_cell_values(record, &spec->outputs[o], i, &count);
            for (size_t k = 0; k < count; k++)
                sum += values[k];
        }
        const dsc_record_cell *cell = dsc_record_cell_at(record, i);
        assert_true((cell->status == DSC_CELL_FAILED) == (cell->message != NULL));
    }
    for (size_t i = 0; i < dsc_record_provenance_count(record); i++) {
        const char *name, *text;
        dsc_record_provenance_at(record, i, &name, &text);
        sum += (double)(strlen(name) + strlen(text));
    }
    assert_true(sum == sum || sum != sum);
}

static void read_one(void *user, const unsigned char *data, size_t size)
{
    directory_put_bytes(user, "x.h5", data, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = dsc_record_read(scope, directory_path(user, "x.h5"));
    if (record) {
        assert_int_equal(dsc_scope_status(scope), DSC_OK);
        use(record);
        read_well++;
    } else {
        assert_int_not_equal(dsc_scope_status(scope), DSC_OK);
        assert_true(strlen(dsc_scope_message(scope)) > 10);
        refused++;
    }
    dsc_scope_close(&scope);
}

static dsc_bytes sample(dsc_scope *scope)
{
    const double widths[] = { 2, 8 }, seeds[] = { 1, 2 }, epochs[] = { 1, 10, 100 };
    const dsc_record_axis axes[] = { { .name = "width", .integer = true, .count = 2, .values = widths },
                                     { .name = "seed", .integer = true, .count = 2, .values = seeds },
                                     { .name = "epoch", .count = 3, .values = epochs } };
    const dsc_record_output outputs[] = { { .name = "error", .rank = 2, .axes = { 0, 1 } },
                                          { .name = "loss", .rank = 3, .axes = { 0, 1, 2 } } };
    dsc_record *record = dsc_record_make(scope, &(dsc_record_spec){ .experiment = "toys",
                                                                    .axes = axes,
                                                                    .axis_count = 3,
                                                                    .cell_axes = 2,
                                                                    .outputs = outputs,
                                                                    .output_count = 2 });
    double medians[] = { 1, 2 };
    dsc_record_cell_at(record, 0)->status = DSC_CELL_DONE;
    dsc_record_cell_fail(record, 1, 1, "diverged");
    dsc_record_provenance_set(record, "cpu", "one");
    dsc_record_summary_set(
        record, &(dsc_record_output){ .name = "error_median", .rank = 1, .count = 2, .values = medians });
    return dsci_record_image(scope, record);
}

static void damaged_files_never_crash(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes image = sample(scope);
    assert_non_null(image.data);
    const char *inputs = getenv("FUZZ_INPUTS");
    mutate_run(&(mutate_options){ .seed = 1,
                                  .inputs = inputs ? (size_t)atol(inputs) : 4000,
                                  .seconds = inputs ? 1e9 : 20 },
               &(mutate_seed){ image.data, image.size }, 1, read_one, *state);
    print_message("%zu inputs were read, %zu refused\n", read_well, refused);
    assert_true(read_well > 0 && refused > 0);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(damaged_files_never_crash, directory_make, directory_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
