/* summary.c - medians over the seeds as a table. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <descent/statistics.h>

#include "results.h"
#include "table.h"
#include "terminal.h"

/* What is tabulated: a row is a point of the cell axes other than the seed, and of the first inner axis whose
   values have names; a column is an output of one number or along one inner axis. Matrices and pictures are
   left to the figures. */
struct layout {
    dsc_record *record;
    const dsc_record_spec *spec;
    const dsc_record_output **outputs;
    size_t output_count;
    size_t seed_axis;                 /* index of the seed axis; cell_axes: none */
    size_t named;                     /* index of the inner axis with names; axis_count: none */
    size_t keys[DSC_RECORD_MAX_AXES]; /* the axes of the rows */
    size_t key_count, rows, seeds;
};

static bool is_tabulated(const struct layout *layout, const dsc_record_output *output)
{
    return output && output->rank <= layout->spec->cell_axes + 1;
}

static void select_outputs(dsc_scope *scope, struct layout *layout)
{
    layout->outputs = dsc_scope_alloc(scope, layout->spec->output_count, sizeof *layout->outputs);
    for (size_t i = 0; layout->outputs && i < layout->spec->output_count; i++) {
        const dsc_record_output *output =
            dsc_record_output_find(layout->record, layout->spec->outputs[i].name);
        if (is_tabulated(layout, output))
            layout->outputs[layout->output_count++] = output;
    }
}

/* The first inner axis with names that an output runs along; the number of axes if there is none. */
static size_t named_axis(const struct layout *layout)
{
    size_t found = layout->spec->axis_count;
    for (size_t i = 0; i < layout->output_count; i++) {
        const size_t axis = layout->outputs[i]->axes[layout->outputs[i]->rank - 1];
        if (axis >= layout->spec->cell_axes && axis < found && layout->spec->axes[axis].names)
            found = axis;
    }
    return found;
}

static struct layout layout_of(dsc_scope *scope, dsc_record *record)
{
    struct layout layout = { .record = record, .spec = dsc_record_describe(record), .rows = 1, .seeds = 1 };
    select_outputs(scope, &layout);
    layout.seed_axis = layout.spec->cell_axes;
    for (size_t i = 0; i < layout.spec->cell_axes; i++) {
        if (strcmp(layout.spec->axes[i].name, "seed") == 0) {
            layout.seed_axis = i;
            layout.seeds = layout.spec->axes[i].count;
        } else {
            layout.keys[layout.key_count++] = i;
            layout.rows *= layout.spec->axes[i].count;
        }
    }
    layout.named = named_axis(&layout);
    if (layout.named < layout.spec->axis_count) {
        layout.keys[layout.key_count++] = layout.named;
        layout.rows *= layout.spec->axes[layout.named].count;
    }
    return layout;
}

/* The row-major cell number of a row and a seed. */
static size_t cell_of(const struct layout *layout, size_t row, size_t seed)
{
    size_t index[DSC_RECORD_MAX_AXES] = { 0 }, cell = 0;
    for (size_t k = layout->key_count; k-- > 0;) {
        const size_t count = layout->spec->axes[layout->keys[k]].count;
        index[layout->keys[k]] = row % count; /* of an inner axis: not read below */
        row /= count;
    }
    if (layout->seed_axis < layout->spec->cell_axes)
        index[layout->seed_axis] = seed;
    for (size_t i = 0; i < layout->spec->cell_axes; i++)
        cell = cell * layout->spec->axes[i].count + index[i];
    return cell;
}

static const char *key_text(dsc_scope *scope, const struct layout *layout, size_t key, size_t row)
{
    size_t below = 1;
    for (size_t k = key + 1; k < layout->key_count; k++)
        below *= layout->spec->axes[layout->keys[k]].count;
    const dsc_record_axis *axis = &layout->spec->axes[layout->keys[key]];
    return dsc_record_axis_text(scope, axis, row / below % axis->count, 6);
}

/* What the seeds say of an output's value in the row; along an inner axis without rows its last one.
 */
static dsc_interval summary_of(dsc_scope *scope, const struct layout *layout, const dsc_record_output *output,
                               size_t row)
{
    double *values = dsc_scope_alloc(scope, layout->seeds, sizeof *values);
    const bool has_rows =
        layout->named < layout->spec->axis_count && output->axes[output->rank - 1] == layout->named;
    const size_t in_row = has_rows ? row % layout->spec->axes[layout->named].count : SIZE_MAX;
    for (size_t seed = 0; values && seed < layout->seeds; seed++) {
        size_t count = 0;
        const double *block =
            dsc_record_cell_values(layout->record, output, cell_of(layout, row, seed), &count);
        values[seed] = block && count ? block[in_row < count ? in_row : count - 1] : (double)NAN;
    }
    return dsc_summarize(values, values ? layout->seeds : 0);
}

static cli_table *empty_table(dsc_scope *scope, const struct layout *layout)
{
    const size_t count = layout->key_count + layout->output_count;
    cli_table_column *columns = dsc_scope_alloc(scope, count, sizeof *columns);
    if (!columns)
        return NULL;
    for (size_t i = 0; i < layout->key_count; i++)
        columns[i] = (cli_table_column){ .title = layout->spec->axes[layout->keys[i]].name,
                                         .number = !layout->spec->axes[layout->keys[i]].names };
    for (size_t i = 0; i < layout->output_count; i++)
        columns[layout->key_count + i] =
            (cli_table_column){ .title = layout->outputs[i]->name, .number = true };
    return cli_table_make(scope, columns, count, layout->key_count);
}

/* Which rows are shown: the last axis is thinned alike for every point of the others. */
struct selection {
    size_t length, shown; /* of the last axis */
    size_t *places;       /* shown of them, increasing */
    size_t count;         /* rows */
};

/* Flags about `room` places, evenly spread with both ends. */
static void spread(bool *flags, size_t length, size_t room)
{
    for (size_t i = 0; i < room; i++)
        flags[room > 1 ? i * (length - 1) / (room - 1) : 0] = true;
}

/* limit: about how many rows are shown, beside those that claims and marks are about; 0: all. */
static struct selection select_rows(dsc_scope *scope, const struct layout *layout, const dsc_claims *claims,
                                    size_t limit)
{
    struct selection selection = { .length = 1 };
    const size_t last = layout->key_count ? layout->keys[layout->key_count - 1] : 0;
    if (layout->key_count)
        selection.length = layout->spec->axes[last].count;
    const size_t outer = layout->rows / selection.length;
    const size_t room = limit > outer ? limit / outer : 1;
    bool *flags = dsc_scope_alloc(scope, selection.length, sizeof *flags);
    selection.places = dsc_scope_alloc(scope, selection.length, sizeof *selection.places);
    if (!flags || !selection.places)
        return selection;
    spread(flags, selection.length, limit && room < selection.length ? room : selection.length);
    for (const dsc_claims *group = claims; layout->key_count && group && group->source; group++)
        for (const dsc_claim *claim = group->claims; claim->text; claim++)
            dsc_claim_values(scope, layout->record, claim, last, flags);
    if (layout->key_count)
        dsc_mark_values(scope, layout->record, last, flags);
    for (size_t i = 0; i < selection.length; i++)
        if (flags[i])
            selection.places[selection.shown++] = i;
    selection.count = outer * selection.shown;
    return selection;
}

static size_t selected_row(const struct selection *selection, size_t i)
{
    return i / selection->shown * selection->length + selection->places[i % selection->shown];
}

/* ", at epoch 500": where outputs along inner axes are shown. */
static const char *inner_text(dsc_scope *scope, const struct layout *layout)
{
    const dsc_record_spec *spec = layout->spec;
    const char *text = "";
    for (size_t axis = spec->cell_axes; axis < spec->axis_count && text; axis++)
        for (size_t i = 0; axis != layout->named && i < layout->output_count; i++) {
            const dsc_record_output *output = layout->outputs[i];
            if (output->axes[output->rank - 1] != axis)
                continue;
            text = dsc_scope_format(
                scope, "%s%s %s %s", text, *text ? "," : ", at", spec->axes[axis].name,
                dsc_record_axis_text(scope, &spec->axes[axis], spec->axes[axis].count - 1, 6));
            break;
        }
    return text ? text : "";
}

/* "median of 3 seeds"; fewer where cells failed, are missing or gave no number. */
static const char *seeds_text(dsc_scope *scope, const struct layout *layout, size_t n_low, size_t n_high)
{
    if (layout->seed_axis == layout->spec->cell_axes)
        return "without seeds";
    if (layout->seeds == 1)
        return "one seed";
    if (n_high == 0)
        return dsc_scope_format(scope, "no number yet of %zu seeds", layout->seeds);
    return n_low == n_high ? dsc_scope_format(scope, "median of %zu seeds", n_high)
                           : dsc_scope_format(scope, "median of %zu to %zu seeds", n_low, n_high);
}

const cli_table *cli_summary_table(dsc_scope *scope, dsc_record *record, const dsc_claims *claims,
                                   size_t limit, const char **heading)
{
    const struct layout layout = layout_of(scope, record);
    const size_t columns = layout.key_count + layout.output_count;
    const struct selection selection = select_rows(scope, &layout, claims, limit);
    cli_table *table = empty_table(scope, &layout);
    const char **texts = dsc_scope_alloc(scope, columns, sizeof *texts);
    size_t n_low = SIZE_MAX, n_high = 0; /* seeds of a number */
    for (size_t i = 0; texts && i < selection.count; i++) {
        const size_t row = selected_row(&selection, i);
        for (size_t k = 0; k < layout.key_count; k++)
            texts[k] = key_text(scope, &layout, k, row);
        for (size_t o = 0; o < layout.output_count; o++) {
            const dsc_interval of_seeds = summary_of(scope, &layout, layout.outputs[o], row);
            texts[layout.key_count + o] = cli_number(scope, of_seeds.median);
            n_low = of_seeds.n > 0 && of_seeds.n < n_low ? of_seeds.n : n_low;
            n_high = of_seeds.n > n_high ? of_seeds.n : n_high;
        }
        cli_table_row(table, texts);
    }
    const char *seeds = seeds_text(scope, &layout, n_low, n_high);
    const char *inner = inner_text(scope, &layout);
    const char *left_out =
        selection.count < layout.rows
            ? dsc_scope_format(scope, ", %zu of %zu rows left out (descent show --all has them)",
                               layout.rows - selection.count, layout.rows)
            : "";
    *heading = dsc_scope_format(scope, "%s%s%s", seeds, inner, left_out);
    return table;
}

void cli_summary_print(dsc_scope *scope, const cli_terminal *terminal, dsc_record *record,
                       const dsc_claims *claims, size_t limit)
{
    const char *heading = NULL;
    const cli_table *table = cli_summary_table(scope, record, claims, limit, &heading);
    cli_heading(terminal, "%s", heading ? heading : "");
    cli_table_print(table, terminal, 2);
}
