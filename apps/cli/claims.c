/* claims.c - what sources say beside what a results file holds, as a table and as JSON. */
#include <math.h>

#include <jansson.h>

#include "json.h"
#include "results.h"
#include "table.h"
#include "terminal.h"

const char *cli_verdict_text(dsc_verdict verdict)
{
    static const char *const texts[] = { "cannot be told", "agrees", "does not agree" };
    return texts[verdict];
}

/* "The error peaks at the threshold: 54.2 %, N = 3 (expected 52.5 to 57 %; Belkin et al. 2019)" */
static const char *claim_text(dsc_scope *scope, const dsc_claims *group, const dsc_claim *claim,
                              const dsc_claim_result *result)
{
    const char *found = result->verdict == DSC_VERDICT_UNTOLD ? result->reason : result->number;
    return dsc_scope_format(scope, "%s: %s (expected %s; %s)", claim->text, found, result->expected,
                            group->source);
}

void cli_claims_print(dsc_scope *scope, const cli_terminal *terminal, dsc_record *record,
                      const dsc_claims *claims, bool all)
{
    cli_table *table = cli_table_make(scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
    size_t untold = 0;
    for (const dsc_claims *group = claims; group && group->source; group++)
        for (const dsc_claim *claim = group->claims; claim->text; claim++) {
            const dsc_claim_result result = dsc_claim_check(scope, record, claim);
            const bool hidden = result.verdict == DSC_VERDICT_UNTOLD && !all;
            untold += hidden;
            if (!hidden)
                cli_table_row(table, (const char *[]){ cli_verdict_text(result.verdict),
                                                       claim_text(scope, group, claim, &result) });
        }
    if (untold)
        cli_table_row(table,
                      (const char *[]){ cli_verdict_text(DSC_VERDICT_UNTOLD),
                                        dsc_scope_format(scope, "%zu more: descent show says why", untold) });
    cli_heading(terminal, "Claims of the sources");
    cli_table_print(table, terminal, 2);
}

static json_t *claim_json(dsc_scope *scope, dsc_record *record, const dsc_claims *group,
                          const dsc_claim *claim)
{
    const dsc_claim_result result = dsc_claim_check(scope, record, claim);
    const dsc_interval *m = &result.measured;
    const char *setting = claim->setting ? claim->setting : group->setting;
    return json_pack("{s:s, s:s, s:s?, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "claim", claim->text,
                     "source", group->source, "setting", setting, "expected", result.expected, "measured",
                     result.number, "verdict", cli_verdict_text(result.verdict), "reason", result.reason,
                     "median", cli_json_number(m->n ? m->median : (double)NAN), "low",
                     cli_json_number(result.has_interval ? m->low : (double)NAN), "high",
                     cli_json_number(result.has_interval ? m->high : (double)NAN), "n", (json_int_t)m->n);
}

json_t *cli_claims_json(dsc_scope *scope, dsc_record *record, const dsc_claims *claims)
{
    json_t *list = json_array();
    for (const dsc_claims *group = claims; group && group->source; group++)
        for (const dsc_claim *claim = group->claims; claim->text; claim++)
            json_array_append_new(list, claim_json(scope, record, group, claim));
    return list;
}
