/* machine.c - where and when rows were measured: what every form of them tells. */
#include "present.h"

#include <math.h>
#include <string.h>

#include <descent/build.h>

#include "terminal.h"

static const char *version_of(const char *library)
{
    size_t count;
    const dsc_library *libraries = dsc_libraries(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(libraries[i].name, library) == 0)
            return libraries[i].version;
    return "none";
}

static const char *known(dsc_scope *scope, const char *format, double value)
{
    return isfinite(value) ? dsc_scope_format(scope, format, value) : "unknown";
}

size_t bench_facts_of(dsc_scope *scope, const bench_results *results, bench_fact facts[BENCH_MAX_FACTS])
{
    const bench_conditions *c = &results->conditions;
    const bench_fact all[] = {
        { "begun", c->begun },
        { "cpu", dsc_cpu_get()->model },
        { "isa", dsc_isa_name(dsc_isa_effective()) },
        { "all_threads", dsc_scope_format(scope, "%d", results->threads) },
        { "precision", dsc_dtype_name(results->dtype) },
        { "version", dsc_build_get()->version },
        { "commit", dsc_build_get()->commit },
        { "onednn", version_of("oneDNN") },
        { "pinned", results->pinned ? "yes" : "no" },
        { "load_before", known(scope, "%.2f", c->load) },
        { "other_processors", known(scope, "%.2f", c->others) },
        { "steal", known(scope, "%.4f", c->steal) },
        { "governor", c->governor },
        { "turbo", c->turbo },
    };
    enum { COUNT = sizeof all / sizeof all[0] };
    _Static_assert((int)COUNT <= (int)BENCH_MAX_FACTS, "room for every fact");
    for (size_t i = 0; i < COUNT; i++)
        facts[i] = (bench_fact){ all[i].name, all[i].text ? all[i].text : "" };
    return COUNT;
}

void bench_print_machine(const cli_terminal *terminal, const bench_results *results)
{
    cli_heading(terminal, "%s, %s, %d thread%s, %s; descent %s (%.10s), oneDNN %s; %s", dsc_cpu_get()->model,
                dsc_isa_name(dsc_isa_effective()), results->threads, results->threads == 1 ? "" : "s",
                dsc_dtype_name(results->dtype), dsc_build_get()->version, dsc_build_get()->commit,
                version_of("oneDNN"), results->conditions.begun);
}
