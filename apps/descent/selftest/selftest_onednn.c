/* selftest_onednn.c - oneDNN's convolutions at each instruction set that it can be held back to: a machine on
 * which it computes wrong numbers says so. oneDNN is held back once in a process, so each has one of its own.
 */
#include "selftest.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <descent/cpu.h>

static const dsc_dtype types[] = { DSC_DTYPE_F32, DSC_DTYPE_BF16 };
enum { TYPES = sizeof types / sizeof types[0] };

/* An instruction set by oneDNN's name of it; NULL: oneDNN takes what it finds. */
struct isa {
    const char *name;
    dsc_isa level;
    bool here, bf16;
};

enum { MOST_ISAS = 6 };

/* Those of this processor up to the level in use. */
static size_t list_isas(struct isa list[MOST_ISAS])
{
    const dsc_cpu *cpu = dsc_cpu_get();
    const struct isa all[MOST_ISAS] = {
        { "SSE41", DSC_ISA_SCALAR, true, false },
        { "AVX2", DSC_ISA_AVX2, true, false },
        { "AVX512_CORE", DSC_ISA_AVX512, true, true },
        { "AVX512_CORE_BF16", DSC_ISA_AVX512, cpu->avx512_bf16, true },
        { "AVX512_CORE_AMX", DSC_ISA_AVX512, cpu->amx_bf16, true },
        { NULL, DSC_ISA_SCALAR, true, dsc_isa_effective() == DSC_ISA_AVX512 },
    };
    size_t count = 0;
    for (size_t i = 0; i < MOST_ISAS; i++)
        if (all[i].here && all[i].level <= dsc_isa_effective())
            list[count++] = all[i];
    return count;
}

size_t dsc_selftest_onednn_count(void)
{
    struct isa isas[MOST_ISAS];
    const size_t count = list_isas(isas);
    size_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += isas[i].bf16 ? TYPES : 1;
    return rows;
}

/* What a process finds. */
struct found {
    double error[TYPES];
    char message[256]; /* "": none */
};

struct process {
    pid_t id;
    int from; /* where its struct found can be read */
};

static void measure(const dsc_selftest_convolutions *references, const struct isa *isa, struct found *found)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    if (isa->name)
        setenv("ONEDNN_MAX_CPU_ISA", isa->name, 1);
    for (size_t t = 0; t < (isa->bf16 ? TYPES : 1); t++)
        found->error[t] = dsc_selftest_convolutions_error(scope, references, types[t]);
    strncpy(found->message, dsc_scope_message(scope), sizeof found->message - 1);
    dsc_scope_close(&scope);
}

static struct process start(const dsc_selftest_convolutions *references, const struct isa *isa)
{
    int ends[2];
    if (pipe(ends) != 0)
        return (struct process){ -1, -1 };
    const pid_t parent = getpid(), child = fork();
    if (child == 0) {
        struct found found = { .message = "" };
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            measure(references, isa, &found);
        _exit(write(ends[1], &found, sizeof found) != sizeof found);
    }
    close(ends[1]);
    return (struct process){ child, ends[0] };
}

/* Waits for it. */
static void finish(dsc_scope *scope, struct process process, struct found *found)
{
    int status = 0;
    const bool told = process.id > 0 && read(process.from, found, sizeof *found) == (ssize_t)sizeof *found;
    close(process.from);
    if (process.id > 0)
        waitpid(process.id, &status, 0);
    if (told)
        return;
    const char *why = process.id <= 0       ? "the process could not be started"
                      : WIFSIGNALED(status) ? dsc_scope_format(scope, "the process ended by signal %d (%s)",
                                                               WTERMSIG(status), strsignal(WTERMSIG(status)))
                                            : "the process told nothing";
    *found = (struct found){ .error = { NAN, NAN } };
    strncpy(found->message, why ? why : "", sizeof found->message - 1);
}

static void add_rows(dsc_selftest *test, const struct isa *isa, const struct found *found)
{
    for (size_t t = 0; t < (isa->bf16 ? TYPES : 1); t++) {
        const double allowed = dsc_selftest_convolutions_allowed(types[t]);
        const dsc_selftest_row row = {
            .group = DSC_SELFTEST_ONEDNN,
            .name = dsc_dtype_name(types[t]),
            .over = isa->name ? isa->name : "what it finds",
            .error = found->message[0] ? NAN : found->error[t],
            .allowed = allowed,
            .message = found->message[0] ? dsc_scope_copy(test->scope, found->message) : NULL,
            .passed = !found->message[0] && found->error[t] <= allowed,
        };
        dsc_selftest_add(test, &row);
    }
}

void dsc_selftest_onednn(dsc_selftest *test)
{
    struct isa isas[MOST_ISAS];
    struct process processes[MOST_ISAS];
    const size_t count = list_isas(isas);
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_selftest_convolutions *references = dsc_selftest_convolutions_make(scope);
    for (size_t i = 0; references && i < count; i++)
        processes[i] = start(references, &isas[i]);
    for (size_t i = 0; i < count; i++) {
        struct found found = { .message = "" };
        if (references)
            finish(scope, processes[i], &found);
        else
            strncpy(found.message, dsc_scope_message(scope), sizeof found.message - 1);
        add_rows(test, &isas[i], &found);
    }
    dsc_scope_close(&scope);
}
