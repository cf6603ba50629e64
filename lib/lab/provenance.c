/* provenance.c - where and how a record is made. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <descent/build.h>
#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/linalg.h>
#include <descent/text.h>

#include "lab/results.h"

static void note(dsc_record *record, const char *name, const char *text)
{
    dsc_record_provenance_set(record, name, text ? text : "");
}

/* As a shell takes it again. */
static const char *command_line(dsc_scope *scope, int argc, char **argv)
{
    const char *line = "";
    for (int i = 0; i < argc && line; i++)
        line = dsc_scope_format(scope, "%s%s%s", line, i ? " " : "", dsc_shell_word(scope, argv[i]));
    return line;
}

static void note_build(dsc_scope *scope, dsc_record *record)
{
    const dsc_build *build = dsc_build_get();
    note(record, "version", build->version);
    note(record, "commit", build->commit);
    note(record, "compiler", build->compiler);
    note(record, "flags", build->flags);
    size_t count;
    const dsc_library *libraries = dsc_libraries(&count);
    const char *list = "";
    for (size_t i = 0; i < count && list; i++)
        list = dsc_scope_format(scope, "%s%s%s %s", list, i ? ", " : "", libraries[i].name,
                                libraries[i].version);
    note(record, "libraries", list);
}

static void note_machine(dsc_scope *scope, dsc_record *record)
{
    const dsc_cpu *cpu = dsc_cpu_get();
    struct utsname name;
    note(record, "cpu", cpu->model);
    note(record, "isa", dsc_isa_name(dsc_isa_effective()));
    note(record, "isa_detected", dsc_isa_name(dsc_isa_detected()));
    note(record, "caches",
         dsc_scope_format(scope, "L1d %zu KiB, L2 %zu KiB, L3 %zu KiB", cpu->l1d_bytes / 1024,
                          cpu->l2_bytes / 1024, cpu->l3_bytes / 1024));
    const dsc_memory memory = dsc_memory_get();
    const char *limit =
        memory.usable < memory.physical ? dsc_scope_format(scope, ", usable %s", memory.reason) : "";
    note(record, "memory", dsc_scope_format(scope, "%.1f GiB%s", memory.physical / 1073741824.0, limit));
    if (uname(&name) == 0)
        note(record, "kernel", dsc_scope_format(scope, "%s %s %s", name.sysname, name.release, name.machine));
}

/* The processors of the affinity mask: "0-3,8". */
static const char *affinity(dsc_scope *scope)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return "unknown";
    const char *list = "";
    for (size_t first = 0; first < CPU_SETSIZE && list; first++) {
        size_t last = first;
        if (!CPU_ISSET(first, &set))
            continue;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set))
            last++;
        list = last > first ? dsc_scope_format(scope, "%s%s%zu-%zu", list, list[0] ? "," : "", first, last)
                            : dsc_scope_format(scope, "%s%s%zu", list, list[0] ? "," : "", first);
        first = last;
    }
    return list;
}

static const char *environment(dsc_scope *scope)
{
    static const char *const prefixes[] = { "OMP_",    "GOMP_", "DESCENT_", "OPENBLAS_",
                                            "ONEDNN_", "DNNL_", "SLURM_" };
    const char *list = "";
    for (char **variable = environ; *variable && list; variable++)
        for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
            if (strncmp(*variable, prefixes[i], strlen(prefixes[i])) == 0 && list)
                list = dsc_scope_format(scope, "%s%s%s", list, list[0] ? "\n" : "", *variable);
    return list;
}

static void note_data(dsc_scope *scope, dsc_record *record, const dsc_plan *plan)
{
    const char *list = "";
    for (const struct dsci_noted_file *data = plan->data.first; data && list; data = data->next)
        list = dsc_scope_format(scope, "%s%s%s  %s", list, list[0] ? "\n" : "", data->sha256, data->name);
    note(record, "data", list);
    if (plan->data_directory)
        note(record, "data_directory", plan->data_directory);
}

/* One line for each run that computed cells: a file may be resumed with another build or on another machine,
   of which the other attributes name the last. */
static void note_run(dsc_scope *scope, dsc_record *record, const dsc_plan *plan, int threads, const char *now)
{
    const char *before = dsc_record_provenance_get(record, "runs");
    const dsc_build *build = dsc_build_get();
    note(record, "runs",
         dsc_scope_format(scope, "%s%s%s  %s, %s, threads %d, %s %.10s%s%s%s", before ? before : "",
                          before ? "\n" : "", now, dsc_cpu_get()->model, dsc_isa_name(dsc_isa_effective()),
                          threads, build->version, build->commit,
                          strstr(build->commit, "-dirty") ? "-dirty" : "",
                          plan->kase->uses_lapack ? ", OpenBLAS core " : "",
                          plan->kase->uses_lapack ? dsc_linalg_core() : ""));
}

static void note_threads(dsc_scope *scope, dsc_record *record, const dsc_thread_choice *threads)
{
    note(record, "threads", dsc_scope_format(scope, "%d", threads->count));
    note(record, "threads_reason", threads->reason);
    note(record, "affinity", affinity(scope));
    note(record, "environment", environment(scope));
}

void dsc_provenance_note(dsc_record *record, int threads, int argc, char **argv)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_thread_choice choice = dsc_threads_choose(threads);
    char now[24];
    dsc_clock_utc(now);
    const bool resumed = dsc_record_provenance_get(record, "start") != NULL;
    note(record, resumed ? "resumed" : "start", now);
    note(record, "end", "");
    note(record, "command", command_line(scope, argc, argv));
    note_build(scope, record);
    note_machine(scope, record);
    note_threads(scope, record, &choice);
    dsc_scope_close(&scope);
}

void dsci_provenance_note_run(dsc_record *record, const dsc_plan *plan, const dsc_run_options *options)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    char now[24];
    dsc_clock_utc(now);
    dsc_provenance_note(record, options->threads, options->argc, options->argv);
    note_run(scope, record, plan, dsc_threads_choose(options->threads).count, now);
    note_data(scope, record, plan);
    if (options->shards > 1)
        dsci_provenance_add_lines(record, "shards",
                                  dsc_scope_format(scope, "%d/%d", options->shard, options->shards));
    if (plan->kase->uses_lapack) {
        note(record, "lapack_core", dsc_linalg_core());
        note(record, "lapack_config", dsc_linalg_config());
    }
    dsc_scope_close(&scope);
}

dsc_isa dsci_provenance_onednn_level(const dsc_record *record)
{
    const char *used = dsc_record_provenance_get(record, "implementations");
    const char *name = dsc_record_provenance_get(record, "isa");
    for (dsc_isa level = DSC_ISA_SCALAR; used && name && strstr(used, ": onednn") && level <= DSC_ISA_AVX512;
         level++)
        if (strcmp(name, dsc_isa_name(level)) == 0)
            return level;
    return DSC_ISA_AUTO;
}

void dsci_provenance_keep_level(dsc_scope *scope, const dsc_record *record, const dsc_run_options *options)
{
    const dsc_isa level = dsci_provenance_onednn_level(record);
    const char *asked = getenv("DESCENT_ISA");
    if (level == DSC_ISA_AUTO || level == dsc_isa_effective())
        return;
    if (options->isa == DSC_ISA_AUTO && !(asked && *asked) && level <= dsc_isa_detected())
        dsc_isa_select(scope, level);
    else
        dsc_scope_log(scope, DSC_LOG_WARNING,
                      "'%s' holds numbers that oneDNN computed at level %s; at level %s it gives other bits",
                      options->out ? options->out : "the record", dsc_isa_name(level),
                      dsc_isa_name(dsc_isa_effective()));
}

static bool has_line(const char *text, const char *line, size_t length)
{
    for (; text; text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL)
        if (strcspn(text, "\n") == length && strncmp(text, line, length) == 0)
            return true;
    return false;
}

/* The bytes of the sorted lines in text that come before the line. */
static size_t place_of(const char *text, const char *line, size_t length)
{
    const char *at = text;
    while (*at && strncmp(at, line, length) < 0) {
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return (size_t)(at - text);
}

void dsci_provenance_add_lines(dsc_record *record, const char *name, const char *lines)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    for (const char *line = lines; line && *line;) {
        const size_t length = strcspn(line, "\n");
        const char *text = dsc_record_provenance_get(record, name);
        if (length > 0 && !has_line(text, line, length)) {
            const size_t place = text ? place_of(text, line, length) : 0;
            const char *rest = text ? text + place : "";
            const bool after = place > 0 && text[place - 1] != '\n';
            note(record, name,
                 dsc_scope_format(scope, "%.*s%s%.*s%s%s", (int)place, text ? text : "", after ? "\n" : "",
                                  (int)length, line, *rest ? "\n" : "", rest));
        }
        line += length + (line[length] == '\n');
    }
    dsc_scope_close(&scope);
}
