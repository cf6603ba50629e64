/* Whatever bytes a results file holds, reading it gives a record that can be used or a clear error. */
#include "fuzz/target.h"

#include <descent/record.h>

#include "directory.h"
#include "record/internal.h"

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

static bool read_record(const char *directory, const unsigned char *data, size_t size)
{
    directory_put_bytes(directory, "x.h5", data, size);
    dsc_scope *scope = dsc_scope_open(NULL);
    dsc_record *record = dsc_record_read(scope, directory_path(directory, "x.h5"));
    assert_true((record != NULL) == (dsc_scope_status(scope) == DSC_OK));
    if (record)
        use(record);
    else
        assert_true(strlen(dsc_scope_message(scope)) > 10);
    dsc_scope_close(&scope);
    return record;
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

static void records(const char *directory, fuzz_seed_fn *seed, void *user)
{
    (void)directory;
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_bytes image = sample(scope);
    assert_non_null(image.data);
    seed(user, image.data, image.size);
    dsc_scope_close(&scope);
}

const fuzz_target fuzz_subject = { .seeds = records, .read = read_record, .inputs = 4000, .seconds = 20 };
