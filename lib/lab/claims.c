/* claims.c - what sources say, held against a results file. */
#include "lab/claims.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/value.h>

#include "base/json.h"

/* ---- what a claim needs ---- */

static bool has_value(const json_t *value, const char *text)
{
    double number;
    if (json_is_string(value))
        return strcmp(json_string_value(value), text) == 0;
    return json_is_number(value) && dsc_parse_real(text, &number) &&
           dsci_same_number(json_number_value(value), number);
}

static bool has_data(const json_t *recipe, const char *name)
{
    const char *file;
    json_t *digest;
    json_object_foreach(json_object_get(recipe, "data"), file, digest)
    {
        if (strncmp(file, name, strlen(name)) == 0 && file[strlen(name)] == '/')
            return true;
    }
    return false;
}

/* Whether the axis has each of "9,47,300"; what it lacks is the reason. */
static bool axis_has(dsci_check *check, const dsc_record_axis *axis, const dsci_condition *need)
{
    for (size_t i = 0; i < need->count; i++) {
        const dsci_condition one = { .count = 1, .alternatives = &need->alternatives[i] };
        if (dsci_where_places(check->scope, axis, &one).count == 0)
            return dsci_check_refuse(check, dsc_scope_format(check->scope, "not run at %s %s", axis->name,
                                                             need->alternatives[i].text));
    }
    return true;
}

static bool need_is_met(dsci_check *check, const json_t *recipe, const dsci_condition *need)
{
    if (strcmp(need->axis, "data") == 0)
        return has_data(recipe, need->text) ||
               dsci_check_refuse(check,
                                 dsc_scope_format(check->scope, "not run on the files of %s", need->text));
    const dsc_record_axis *axis = dsci_check_axis(check, need->axis);
    if (axis)
        return axis_has(check, axis, need);
    const json_t *value = json_object_get(json_object_get(recipe, "parameters"), need->axis);
    if (!value)
        value = json_object_get(recipe, need->axis);
    if (has_value(value, need->text))
        return true;
    char *found = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)) : NULL;
    dsci_check_refuse(check, value && !found
                                 ? NULL
                                 : dsc_scope_format(check->scope, "%s is %.60s here, the claim is about %s",
                                                    need->axis, found ? found : "not set", need->text));
    free(found);
    return false;
}

bool dsci_check_needs(dsci_check *check)
{
    dsci_where needs;
    const char *wrong = dsci_where_read(check->scope, check->claim->needs, &needs);
    json_t *recipe = dsci_json_read(check->scope, check->spec->recipe, NULL);
    bool met = wrong ? dsci_check_refuse(check, wrong) : true;
    for (size_t i = 0; met && i < needs.count; i++)
        met = need_is_met(check, recipe, &needs.conditions[i]);
    json_decref(recipe);
    if (dsc_scope_status(check->scope) != DSC_OK)
        return dsci_check_refuse(check, NULL);
    return met;
}

/* ---- words ---- */

static const char *units_text(dsc_scope *scope, const dsc_claim *claim)
{
    return claim->units ? dsc_scope_format(scope, " %s", claim->units) : "";
}

static const char *number_text(dsc_scope *scope, const dsc_claim *claim, const dsc_claim_result *result)
{
    const dsc_interval *m = &result->measured;
    const char *units = units_text(scope, claim);
    if (m->n == 0)
        return "";
    if (!result->has_interval)
        return dsc_scope_format(scope, "%s%s, N = %zu", dsc_number_text(scope, m->median, 4), units, m->n);
    if (claim->standard_errors != 0)
        return dsc_scope_format(scope, "%s \u00b1 %.2g%s (standard error), N = %zu",
                                dsc_number_text(scope, m->mean, 4), m->standard_error, units, m->n);
    if (m->n < DSC_INTERVAL_LEAST)
        return dsc_scope_format(scope, "%s%s, range %s to %s, N = %zu", dsc_number_text(scope, m->median, 4),
                                units, dsc_number_text(scope, m->low, 4), dsc_number_text(scope, m->high, 4),
                                m->n);
    return dsc_scope_format(scope, "%s [%s, %s]%s, N = %zu", dsc_number_text(scope, m->median, 4),
                            dsc_number_text(scope, m->low, 4), dsc_number_text(scope, m->high, 4), units,
                            m->n);
}

static const char *band_text(dsc_scope *scope, const dsc_claim *claim)
{
    const char *units = units_text(scope, claim);
    if (!isfinite(claim->low) && !isfinite(claim->high))
        return "any";
    if (!isfinite(claim->low))
        return dsc_scope_format(scope, "at most %s%s", dsc_number_text(scope, claim->high, 4), units);
    if (!isfinite(claim->high))
        return dsc_scope_format(scope, "at least %s%s", dsc_number_text(scope, claim->low, 4), units);
    if (claim->low < claim->high)
        return dsc_scope_format(scope, "%s to %s%s", dsc_number_text(scope, claim->low, 6),
                                dsc_number_text(scope, claim->high, 6), units);
    return dsc_scope_format(scope, "%s%s", dsc_number_text(scope, claim->low, 6), units);
}

static const char *expected_text(dsc_scope *scope, const dsc_claim *claim)
{
    const char *band = band_text(scope, claim);
    if (claim->standard_errors != 0)
        band = dsc_scope_format(scope, "%s, %s %g standard errors", band,
                                claim->standard_errors > 0 ? "give or take" : "clear of it by",
                                fabs(claim->standard_errors));
    return claim->expected ? dsc_scope_format(scope, "%s (agrees: %s)", claim->expected, band) : band;
}

static bool is_inside(const dsc_claim *claim, const dsc_claim_result *result)
{
    const double slack =
        claim->standard_errors != 0 ? claim->standard_errors * result->measured.standard_error : 0;
    const double value = claim->standard_errors != 0 ? result->measured.mean : result->measured.median;
    return value >= claim->low - slack && value <= claim->high + slack;
}

dsc_claim_result dsc_claim_check(dsc_scope *scope, dsc_record *record, const dsc_claim *claim)
{
    dsci_check check = {
        .scope = scope, .record = record, .spec = dsc_record_describe(record), .claim = claim
    };
    dsc_claim_result result = { .number = "", .expected = expected_text(scope, claim), .reason = "" };
    const bool told = dsci_check_needs(&check) && dsci_check_measure(&check, &result.measured);
    result.has_interval = result.measured.n > 1 && !isnan(result.measured.low);
    result.number = number_text(scope, claim, &result);
    if (told)
        result.verdict = is_inside(claim, &result) ? DSC_VERDICT_AGREES : DSC_VERDICT_DIFFERS;
    else
        result.reason = check.reason ? check.reason : "out of memory";
    return result;
}

const dsc_claims *dsc_claims_of(dsc_scope *scope, const dsc_experiment *experiment, const dsc_record *record)
{
    const char *text = dsc_record_describe(record)->recipe;
    json_t *recipe = dsci_json_read(scope, text, NULL);
    const char *name = json_string_value(json_object_get(recipe, "case"));
    const dsc_claims *claims = NULL;
    for (size_t i = 0; name && experiment && experiment->cases[i]; i++)
        if (strcmp(experiment->cases[i]->name, name) == 0)
            claims = experiment->cases[i]->claims;
    json_decref(recipe);
    return claims && claims->source ? claims : NULL;
}
