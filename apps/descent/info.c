/* info.c - `descent info`: the machine and the build, as Descent sees them. */
#include "command.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include <descent/build.h>

#include "json.h"
#include "options.h"
#include "table.h"
#include "terminal.h"

struct arguments {
    bool json;
};

static const cli_option options[] = {
    CLI_OPTION("json", NULL, offsetof(struct arguments, json), cli_option_flag, "print JSON"),
    CLI_OPTION_END,
};

struct feature {
    const char *name;
    bool there;
};
enum { FEATURE_COUNT = 6 };

static void list_features(const dsc_cpu *cpu, struct feature features[FEATURE_COUNT])
{
    const struct feature all[FEATURE_COUNT] = {
        { "fma", cpu->fma },           { "avx2", cpu->avx2 },
        { "avx512", cpu->avx512 },     { "avx512_bf16", cpu->avx512_bf16 },
        { "amx_bf16", cpu->amx_bf16 }, { "amx_int8", cpu->amx_int8 }
    };
    memcpy(features, all, sizeof all);
}

static json_t *cpu_json(const dsc_cpu *cpu)
{
    struct feature features[FEATURE_COUNT];
    json_t *flags = json_object();
    list_features(cpu, features);
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        json_object_set_new(flags, features[i].name, json_boolean(features[i].there));
    return json_pack("{s:s, s:i, s:i, s:I, s:I, s:I, s:o}", "model", cpu->model, "logical", cpu->logical,
                     "physical", cpu->physical, "l1d_bytes", (json_int_t)cpu->l1d_bytes, "l2_bytes",
                     (json_int_t)cpu->l2_bytes, "l3_bytes", (json_int_t)cpu->l3_bytes, "features", flags);
}

static void print_json(dsc_call *call, const dsc_thread_choice *threads)
{
    const dsc_build *build = dsc_build_get();
    const dsc_memory memory = dsc_memory_get();
    json_t *libraries = json_object();
    size_t count = 0;
    const dsc_library *library = dsc_libraries(&count);
    for (size_t i = 0; i < count; i++)
        json_object_set_new(libraries, library[i].name, json_string(library[i].version));
    cli_json_print(
        call->scope,
        json_pack(
            "{s:s, s:s, s:s, s:s, s:o, s:{s:s, s:s}, s:{s:i, s:s, s:i, s:i, s:f, s:i, s:i, s:i}, s:f, s:f, s:o}",
            "version", build->version, "commit", build->commit, "compiler", build->compiler, "flags",
            build->flags, "cpu", cpu_json(dsc_cpu_get()), "isa", "detected", dsc_isa_name(dsc_isa_detected()),
            "effective", dsc_isa_name(dsc_isa_effective()), "threads", "count", threads->count, "reason",
            threads->reason, "online", threads->online, "affinity", threads->affinity, "cgroup_quota",
            threads->cgroup_quota, "slurm", threads->slurm, "omp_num_threads", threads->openmp, "physical",
            threads->physical, "memory_bytes", memory.physical, "memory_usable_bytes", memory.usable,
            "libraries", libraries));
}

static const char *features_text(dsc_scope *scope, const dsc_cpu *cpu)
{
    struct feature features[FEATURE_COUNT];
    const char *text = "";
    list_features(cpu, features);
    for (size_t i = 0; i < FEATURE_COUNT && text; i++)
        if (features[i].there)
            text = dsc_scope_format(scope, "%s%s%s", text, *text ? " " : "", features[i].name);
    return text && *text ? text : "none of those that Descent uses";
}

static const char *cache_text(dsc_scope *scope, size_t bytes)
{
    return bytes ? cli_bytes_text(scope, (double)bytes) : "unknown";
}

static void print_machine(dsc_call *call, const dsc_thread_choice *threads)
{
    dsc_scope *scope = call->scope;
    const dsc_cpu *cpu = dsc_cpu_get();
    const dsc_memory memory = dsc_memory_get();
    const char *const rows[][2] = {
        { "processor", cpu->model },
        { "cores", dsc_scope_format(scope, "%d, %d processors", cpu->physical, cpu->logical) },
        { "features", features_text(scope, cpu) },
        { "caches", dsc_scope_format(scope, "L1d %s, L2 %s, L3 %s", cache_text(scope, cpu->l1d_bytes),
                                     cache_text(scope, cpu->l2_bytes), cache_text(scope, cpu->l3_bytes)) },
        { "memory", cli_bytes_text(scope, memory.physical) },
        { "  usable", memory.reason },
        { "isa", dsc_scope_format(scope, "%s in use, %s detected", dsc_isa_name(dsc_isa_effective()),
                                  dsc_isa_name(dsc_isa_detected())) },
        { "threads", threads->reason },
        { "  online", dsc_scope_format(scope, "%d", threads->online) },
        { "  affinity",
          dsc_scope_format(scope, "%d allowed, %d cores among them", threads->affinity, threads->physical) },
        { "  cgroup", threads->cgroup_quota > 0
                          ? dsc_scope_format(scope, "%.3g processors", threads->cgroup_quota)
                          : "no limit" },
        { "  slurm", threads->slurm ? dsc_scope_format(scope, "%d", threads->slurm) : "not under Slurm" },
        { "  openmp", threads->openmp ? dsc_scope_format(scope, "OMP_NUM_THREADS %d", threads->openmp)
                                      : "OMP_NUM_THREADS not set" },
        { "  rule",
          "cores allowed, or fewer by Slurm, OMP_NUM_THREADS or the control group; --threads N is taken as it is" },
    };
    cli_table *table = cli_table_make(scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cli_table_row(table, rows[i]);
    cli_heading(&call->terminal, "Machine");
    cli_table_print(table, &call->terminal, 2);
}

static void print_build(dsc_call *call)
{
    const dsc_build *build = dsc_build_get();
    const char *const rows[][2] = { { "version", build->version },
                                    { "commit", build->commit },
                                    { "compiler", build->compiler },
                                    { "flags", build->flags } };
    cli_table *table = cli_table_make(call->scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cli_table_row(table, rows[i]);
    cli_heading(&call->terminal, "\nBuild");
    cli_table_print(table, &call->terminal, 2);

    size_t count = 0;
    const dsc_library *library = dsc_libraries(&count);
    cli_table *libraries = cli_table_make(call->scope, (const cli_table_column[]){ { 0 }, { 0 } }, 2, 1);
    for (size_t i = 0; i < count; i++)
        cli_table_row(libraries, (const char *[]){ library[i].name, library[i].version });
    cli_heading(&call->terminal, "\nLibraries");
    cli_table_print(libraries, &call->terminal, 2);
}

static dsc_exit info(dsc_call *call)
{
    struct arguments arguments = { 0 };
    dsc_call_read(call, &dsc_verb_info, &arguments, 0, 0);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    if (dsc_isa_select(call->scope, DSC_ISA_AUTO) != DSC_OK)
        return DSC_EXIT_GOOD; /* cli_finish() reports the scope's error */
    const dsc_thread_choice threads = dsc_threads_choose(0);
    if (arguments.json) {
        print_json(call, &threads);
    } else {
        print_machine(call, &threads);
        print_build(call);
    }
    return DSC_EXIT_GOOD;
}

const dsc_verb dsc_verb_info = {
    .name = "info",
    .words = "",
    .summary = "machine, choice of threads and why, build, libraries",
    .options = options,
    .run = info,
    .examples = "  descent info\n"
                "  descent info --json\n",
};
