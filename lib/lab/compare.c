/* compare.c - bit for bit: a file with a second computation, a file with a file. */
#include <math.h>
#include <string.h>

#include <descent/linalg.h>

#include "lab/results.h"
#include "lab/sweep.h"

enum { DIFFERENCES_MAX = 1000 };

struct comparer {
    dsc_scope *scope;
    const dsc_run_options *options;
    dsc_record *record;
    dsc_comparison result;
    dsc_difference *differences;
};

static bool start(dsc_scope *scope, dsc_record *record, struct comparer *comparer)
{
    *comparer = (struct comparer){ .scope = scope, .record = record };
    comparer->differences = dsc_scope_alloc(scope, DIFFERENCES_MAX, sizeof *comparer->differences);
    comparer->result.differences = comparer->differences;
    return comparer->differences != NULL;
}

/* A NaN is a NaN, whatever its bits. */
static uint64_t bits_of(double value)
{
    uint64_t bits;
    if (isnan(value))
        value = (double)NAN;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* "width=47 seed=2", and the point of the inner axes if the output has any. */
static const char *where(dsc_scope *scope, const dsc_record *record, size_t cell,
                         const dsc_record_output *output, size_t point)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    size_t index[DSC_RECORD_MAX_AXES];
    dsc_record_cell_index(record, cell, index);
    const size_t rank = output ? output->rank : spec->cell_axes;
    for (size_t i = rank; i-- > spec->cell_axes;) {
        index[i] = point % spec->axes[output->axes[i]].count;
        point /= spec->axes[output->axes[i]].count;
    }
    const char *text = "";
    for (size_t i = 0; i < rank && text; i++) {
        const dsc_record_axis *axis = &spec->axes[output ? output->axes[i] : i];
        text = dsc_scope_format(scope, "%s%s%s=%s", text, i ? " " : "", axis->name,
                                dsc_record_axis_text(scope, axis, index[i], 15));
    }
    return text;
}

/* Keeps a difference, behind those of its own cell and the cells before it: cells come in the order in which
 * they were finished. */
static void add(struct comparer *comparer, size_t cell, const dsc_record_output *output, size_t point,
                dsc_difference difference)
{
    if (comparer->result.count == DIFFERENCES_MAX)
        return;
    difference.cell = cell;
    difference.where = where(comparer->scope, comparer->record, cell, output, point);
    size_t i = comparer->result.count++;
    for (; i > 0 && comparer->differences[i - 1].cell > cell; i--)
        comparer->differences[i] = comparer->differences[i - 1];
    comparer->differences[i] = difference;
}

/* Compares a cell with a second one: its values in the order of the outputs, its hash. */
static void compare_cell(struct comparer *comparer, size_t cell, uint64_t hash, const double *values)
{
    const dsc_record_spec *spec = dsc_record_describe(comparer->record);
    const uint64_t expected_hash = dsc_record_cell_at(comparer->record, cell)->hash;
    bool differs = expected_hash != hash;
    comparer->result.cells++;
    if (differs)
        add(comparer, cell, NULL, 0,
            (dsc_difference){ .output = "cell_hash",
                              .expected = (double)expected_hash,
                              .found = (double)hash,
                              .expected_bits = expected_hash,
                              .found_bits = hash });
    for (size_t i = 0; i < spec->output_count; i++) {
        size_t count;
        const double *expected = dsc_record_cell_values(comparer->record, &spec->outputs[i], cell, &count);
        for (size_t k = 0; k < count; k++, values++) {
            if (bits_of(expected[k]) == bits_of(*values))
                continue;
            differs = true;
            add(comparer, cell, &spec->outputs[i], k,
                (dsc_difference){ .output = spec->outputs[i].name,
                                  .expected = expected[k],
                                  .found = *values,
                                  .expected_bits = bits_of(expected[k]),
                                  .found_bits = bits_of(*values) });
        }
    }
    comparer->result.different += differs;
}

/* Compares a computed cell. One that failed this time has no bits to compare: nothing is proved. */
static void take(void *user, size_t cell, const struct dsci_outcome *outcome)
{
    struct comparer *comparer = user;
    if (outcome->status == DSC_CELL_DONE)
        compare_cell(comparer, cell, outcome->hash, outcome->values);
    else
        dsc_scope_fail(comparer->scope, outcome->error,
                       "nothing is proved: the cell %s cannot be computed again: %s",
                       where(comparer->scope, comparer->record, cell, NULL, 0), outcome->message);
}

/* Called when cells are still at work long after they were told to stop: nothing has been verified, and the
   program ends without waiting for them. */
static void end_without_cells(void *user)
{
    const struct comparer *comparer = user;
    comparer->options->overdue(comparer->options->overdue_user, NULL);
}

/* The finished cells, or `sample` of them evenly spread from the first to the last. */
static size_t *list_cells(dsc_scope *scope, dsc_record *record, size_t sample, size_t *count)
{
    const size_t all = dsc_record_cells(record);
    size_t *cells = dsc_scope_alloc(scope, all, sizeof *cells), done = 0;
    for (size_t i = 0; cells && i < all; i++)
        if (dsc_record_cell_at(record, i)->status == DSC_CELL_DONE)
            cells[done++] = i;
    *count = sample == 0 || sample > done ? done : sample;
    for (size_t i = 0; cells && *count < done && i < *count; i++)
        cells[i] = cells[*count > 1 ? i * (done - 1) / (*count - 1) : done / 2];
    return cells;
}

/* What two sides say about the libraries that bits depend on beyond the recipe; NULL if the same or unknown.
 */
static const char *lapack_note(dsc_scope *scope, const char *expected, const char *found)
{
    if (!expected || !found || strcmp(expected, found) == 0)
        return NULL;
    return dsc_scope_format(
        scope,
        "the numbers went through LAPACK, on OpenBLAS core '%s' first and '%s' now: only on one core "
        "type are they the same bits (--isa chooses it: avx512 SkylakeX, avx2 Haswell, scalar Prescott)",
        expected, found);
}

static const char *onednn_note(dsc_scope *scope, dsc_isa expected, dsc_isa found)
{
    if (expected == DSC_ISA_AUTO || found == DSC_ISA_AUTO || expected == found)
        return NULL;
    return dsc_scope_format(scope,
                            "oneDNN computed some of the numbers, at level %s first and %s now: only at one "
                            "level are they the same bits (--isa chooses it)",
                            dsc_isa_name(expected), dsc_isa_name(found));
}

static const char *both_notes(dsc_scope *scope, const char *a, const char *b)
{
    return a && b ? dsc_scope_format(scope, "%s; %s", a, b) : a ? a : b;
}

dsc_comparison dsc_verify(dsc_scope *scope, const dsc_plan *plan, dsc_record *record, size_t sample,
                          const dsc_run_options *options)
{
    struct comparer comparer = { .record = record };
    if (!plan || !record ||
        dsci_plan_check(scope, plan, record, options->out ? options->out : "the record") != DSC_OK ||
        !start(scope, record, &comparer))
        return comparer.result;
    size_t count;
    const size_t *cells = list_cells(scope, record, sample, &count);
    if (cells && count == 0) {
        dsc_scope_fail(scope, DSC_ERROR_FORMAT,
                       "'%s' has no finished cell: there is nothing to verify; run its command first",
                       options->out ? options->out : "the record");
        return comparer.result;
    }
    dsci_provenance_keep_level(scope, record, options); /* before a cell's network is looked at */
    if (dsci_team_check(scope, plan, options, cells, count) != DSC_OK)
        return comparer.result;
    comparer.options = options;
    const struct dsci_sweep sweep = { .plan = plan,
                                      .shared = dsci_sweep_prepare(scope, plan),
                                      .cells = cells,
                                      .count = count,
                                      .options = options,
                                      .user = &comparer,
                                      .take = take,
                                      .overdue = options->overdue ? end_without_cells : NULL };
    if (dsc_scope_status(scope) != DSC_OK)
        return comparer.result;
    const bool reached = dsci_sweep_run(scope, &sweep);
    comparer.result.missing = count - comparer.result.cells;
    const char *core = plan->kase->uses_lapack ? dsc_linalg_core() : NULL;
    comparer.result.note =
        both_notes(scope, lapack_note(scope, dsc_record_provenance_get(record, "lapack_core"), core),
                   onednn_note(scope, dsci_provenance_onednn_level(record), dsc_isa_effective()));
    if (!reached)
        dsc_scope_fail(scope, DSC_STOPPED, "stopped after %zu of %zu cells: nothing is proved",
                       comparer.result.cells, count);
    return comparer.result;
}

static const double *pack_values(dsc_record *record, size_t cell, double *values)
{
    const dsc_record_spec *spec = dsc_record_describe(record);
    double *next = values;
    for (size_t i = 0; i < spec->output_count; i++) {
        size_t count;
        const double *from = dsc_record_cell_values(record, &spec->outputs[i], cell, &count);
        memcpy(next, from, count * sizeof *next);
        next += count;
    }
    return values;
}

dsc_comparison dsc_diff(dsc_scope *scope, dsc_record *a, dsc_record *b)
{
    struct comparer comparer = { .record = a };
    if (!a || !b || dsc_scope_status(scope) != DSC_OK ||
        dsci_results_same_recipe(scope, a, "the first file", b, "the second file") != DSC_OK ||
        !start(scope, a, &comparer))
        return comparer.result;
    const dsc_record_spec *spec = dsc_record_describe(a);
    size_t per_cell = 0;
    for (size_t i = 0; i < spec->output_count; i++)
        per_cell += spec->outputs[i].count / dsc_record_cells(a);
    double *values = dsc_scope_alloc(scope, per_cell, sizeof *values);
    for (size_t i = 0; values && i < dsc_record_cells(a); i++) {
        const bool in_a = dsc_record_cell_at(a, i)->status == DSC_CELL_DONE;
        const bool in_b = dsc_record_cell_at(b, i)->status == DSC_CELL_DONE;
        if (in_a && in_b)
            compare_cell(&comparer, i, dsc_record_cell_at(b, i)->hash, pack_values(b, i, values));
        else
            comparer.result.missing += in_a != in_b;
    }
    comparer.result.note =
        both_notes(scope,
                   lapack_note(scope, dsc_record_provenance_get(a, "lapack_core"),
                               dsc_record_provenance_get(b, "lapack_core")),
                   onednn_note(scope, dsci_provenance_onednn_level(a), dsci_provenance_onednn_level(b)));
    return comparer.result;
}
