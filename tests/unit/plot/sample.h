/* sample.h - a record whose figures the tests draw. */
#ifndef DESCENT_TESTS_UNIT_PLOT_SAMPLE_H
#define DESCENT_TESTS_UNIT_PLOT_SAMPLE_H

#include <descent/record.h>

static const double sample_sizes[] = { 5.71, 5.72, 5.73 };

/* Methods "a%", "second" and "third" by three sizes, an output of first, first + step, ... over both, and two
   over the methods alone. NULL if memory is out. */
static inline dsc_record *sample_record(dsc_scope *scope, double first, double step)
{
    static const double places[] = { 0, 1, 2 };
    const dsc_record_axis axes[] = {
        { .name = "method",
          .units = "1",
          .long_name = "method",
          .integer = true,
          .count = 3,
          .values = places,
          .names = "a%|second|third" },
        { .name = "size", .units = "1", .long_name = "size", .count = 3, .values = sample_sizes },
    };
    const dsc_record_output outputs[] = {
        { .name = "value", .units = "1", .long_name = "value", .rank = 2, .axes = { 0, 1 } },
        { .name = "intensity", .units = "1", .long_name = "intensity", .rank = 1, .axes = { 0 } },
        { .name = "rate", .units = "1", .long_name = "rate", .rank = 1, .axes = { 0 } },
    };
    dsc_record *record = dsc_record_make(scope, &(dsc_record_spec){ .experiment = "e",
                                                                    .title = "t",
                                                                    .reference = "r",
                                                                    .readme = "",
                                                                    .recipe = "{}",
                                                                    .axes = axes,
                                                                    .axis_count = 2,
                                                                    .cell_axes = 1,
                                                                    .outputs = outputs,
                                                                    .output_count = 3 });
    for (size_t i = 0; record && i < 9; i++)
        dsc_record_output_find(record, "value")->values[i] = first + step * (double)i;
    for (size_t i = 0; record && i < 3; i++) {
        dsc_record_output_find(record, "intensity")->values[i] = sample_sizes[i];
        dsc_record_output_find(record, "rate")->values[i] = sample_sizes[i];
    }
    return record;
}

#endif
