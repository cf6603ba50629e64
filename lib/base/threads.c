/* threads.c - how many threads to use, and why. */
#include "base/threads.h"

#include <ctype.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <descent/value.h>

#include "base/cgroup.h"

enum { PATH_BYTES = 4096, LIST_BYTES = 16384, MOST_THREADS = 1 << 20 };

bool dsci_text_read(const char *path, char *text, size_t size)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    size_t used = 0;
    ssize_t got = 0;
    while (used < size - 1 && (got = read(file, text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(file);
    return got >= 0;
}

static bool has(const dsci_processors *set, unsigned processor)
{
    return (set->words[processor / 64] >> processor % 64 & 1) != 0;
}

static void add(dsci_processors *set, unsigned processor)
{
    set->words[processor / 64] |= UINT64_C(1) << processor % 64;
}

static int size_of(const dsci_processors *set)
{
    int size = 0;
    for (size_t i = 0; i < sizeof set->words / sizeof set->words[0]; i++)
        size += __builtin_popcountll(set->words[i]);
    return size;
}

bool dsci_processors_parse(const char *text, dsci_processors *set)
{
    while (isdigit((unsigned char)*text)) {
        char *end;
        const unsigned long first = strtoul(text, &end, 10);
        unsigned long last = first;
        if (*end == '-' && isdigit((unsigned char)end[1]))
            last = strtoul(end + 1, &end, 10);
        if (last < first || last >= DSCI_MOST_PROCESSORS)
            return false;
        for (unsigned long i = first; i <= last; i++)
            add(set, (unsigned)i);
        if (*end != ',')
            return *end == '\0' || *end == '\n';
        text = end + 1;
    }
    return false;
}

static bool read_list(const char *path, dsci_processors *set)
{
    char text[LIST_BYTES];
    return dsci_text_read(path, text, sizeof text) && dsci_processors_parse(text, set);
}

/* A core goes by the lowest of the processors that share it. One whose siblings are unknown is a core of its
 * own. */
static unsigned core_of(const char *root, unsigned processor)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", root,
             processor);
    dsci_processors siblings = { 0 };
    if (read_list(path, &siblings))
        for (unsigned i = 0; i < processor; i++)
            if (has(&siblings, i))
                return i;
    return processor;
}

static int count_cores(const char *root, const dsci_processors *set)
{
    dsci_processors cores = { 0 };
    for (unsigned i = 0; i < DSCI_MOST_PROCESSORS; i++)
        if (has(set, i))
            add(&cores, core_of(root, i));
    return size_of(&cores);
}

static bool read_online(const char *root, dsci_processors *set)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/online", root);
    return read_list(path, set) && size_of(set) > 0;
}

static bool read_affinity(dsci_processors *set)
{
    return sched_getaffinity(0, sizeof *set, (cpu_set_t *)set->words) == 0 && size_of(set) > 0;
}

void dsci_cores_count(int *logical, int *physical)
{
    dsci_processors online = { 0 };
    if (!read_online("", &online) && !read_affinity(&online))
        add(&online, 0);
    *logical = size_of(&online);
    *physical = count_cores("", &online);
}

/* A positive whole number from the environment; 0 if it is missing or not one. */
static int variable(const char *text)
{
    int64_t value;
    return text && dsc_parse_integer(text, &value) && value > 0 && value <= MOST_THREADS ? (int)value : 0;
}

/* The first of the numbers of OMP_NUM_THREADS, "4" or "4,2", which are for levels of nesting. */
static int openmp_threads(const char *text)
{
    char first[16];
    const size_t length = text ? strcspn(text, ",") : sizeof first;
    if (length >= sizeof first)
        return 0;
    memcpy(first, text, length);
    first[length] = '\0';
    return variable(first);
}

dsc_thread_choice dsci_threads_choose_on(int requested, const dsci_machine *machine)
{
    dsci_processors online = { 0 };
    if (!read_online(machine->root, &online))
        online = *machine->affinity;
    const int per_task = variable(machine->slurm_cpus_per_task);
    dsc_thread_choice choice = {
        .online = size_of(&online),
        .affinity = size_of(machine->affinity),
        .cgroup_quota = dsci_cgroup_quota(machine->root),
        .slurm = per_task ? per_task : variable(machine->slurm_cpus_on_node),
        .openmp = openmp_threads(machine->omp_num_threads),
        .physical = count_cores(machine->root, machine->affinity),
    };
    char *const reason = choice.reason;
    const size_t size = sizeof choice.reason;
    if (requested > 0) {
        choice.count = requested;
        snprintf(reason, size, "%d: as requested", requested);
        return choice;
    }
    choice.count = choice.physical;
    snprintf(reason, size, "%d: physical cores in the affinity mask (%d of %d processors)", choice.physical,
             choice.affinity, choice.online);
    if (choice.slurm > 0 && choice.slurm < choice.count) {
        choice.count = choice.slurm;
        snprintf(reason, size, "%d: %s", choice.slurm,
                 per_task ? "SLURM_CPUS_PER_TASK" : "SLURM_CPUS_ON_NODE");
    }
    if (choice.openmp > 0 && choice.openmp < choice.count) {
        choice.count = choice.openmp;
        snprintf(reason, size, "%d: OMP_NUM_THREADS", choice.count);
    }
    /* More threads than whole processors would be stopped by turns in the middle of their work. */
    if (choice.cgroup_quota > 0 && choice.cgroup_quota < choice.count) {
        choice.count = choice.cgroup_quota < 1 ? 1 : (int)choice.cgroup_quota;
        snprintf(reason, size, "%d: quota of the control group (%.2f processors)", choice.count,
                 choice.cgroup_quota);
    }
    return choice;
}

dsc_thread_choice dsc_threads_choose(int requested)
{
    dsci_processors affinity = { 0 };
    if (!read_affinity(&affinity))
        add(&affinity, 0);
    return dsci_threads_choose_on(requested, &(dsci_machine){
                                                 .root = "",
                                                 .affinity = &affinity,
                                                 .slurm_cpus_per_task = getenv("SLURM_CPUS_PER_TASK"),
                                                 .slurm_cpus_on_node = getenv("SLURM_CPUS_ON_NODE"),
                                                 .omp_num_threads = getenv("OMP_NUM_THREADS"),
                                             });
}
