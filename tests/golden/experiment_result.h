/* experiment_result.h - a finished run of one case of an experiment, in a temporary file. */
#ifndef GOLDEN_EXPERIMENT_RESULT_H
#define GOLDEN_EXPERIMENT_RESULT_H

#include <stdlib.h>
#include <unistd.h>

#include <descent.h>

#include "test.h"

struct result {
    dsc_scope *scope;
    dsc_record *record;
    char path[64];
};

static inline struct result result_of(const dsc_experiment *experiment, const dsc_plan_options *options)
{
    struct result result = { .scope = dsc_scope_open(NULL), .path = "/tmp/descent-golden-XXXXXX" };
    const int file = mkstemp(result.path);
    assert_true(file >= 0);
    close(file);
    unlink(result.path);
    dsc_plan *plan = dsc_plan_make(result.scope, experiment, options);
    result.record = dsc_run(result.scope, plan, &(dsc_run_options){ .out = result.path }).record;
    if (dsc_scope_status(result.scope) != DSC_OK)
        fail_msg("%s: %s", options->case_name ? options->case_name : "", dsc_scope_message(result.scope));
    assert_true(dsc_record_complete(result.record));
    return result;
}

static inline void close_result(struct result *result)
{
    unlink(result->path);
    dsc_scope_close(&result->scope);
}

static inline const dsc_record_axis *axis(const struct result *result, size_t i)
{
    return &dsc_record_describe(result->record)->axes[i];
}

/* All values of an output. */
static inline const dsc_record_output *all(const struct result *result, const char *output)
{
    const dsc_record_output *found = dsc_record_output_find(result->record, output);
    assert_non_null(found);
    return found;
}

#endif
