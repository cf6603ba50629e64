/* threads.h - how many threads a machine allows, as a function of its files and variables. */
#ifndef DESCENT_BASE_THREADS_H
#define DESCENT_BASE_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#include <descent/cpu.h>

enum { DSCI_MOST_PROCESSORS = 8192 }; /* what Linux can be built for on x86-64 */

/* A set of processor numbers, laid out as the kernel's affinity masks are. */
typedef struct dsci_processors {
    uint64_t words[DSCI_MOST_PROCESSORS / 64];
} dsci_processors;

/* What the choice depends on. Tests describe machines of their own. */
typedef struct dsci_machine {
    const char *root;                /* what stands before /sys and /proc: "" or a directory */
    const dsci_processors *affinity; /* processors that this process may run on */
    const char *slurm_cpus_per_task; /* variables as they are set, or NULL */
    const char *slurm_cpus_on_node;
    const char *omp_num_threads;
} dsci_machine;

dsc_thread_choice dsci_threads_choose_on(int requested, const dsci_machine *machine);

/* Processors that are online, and cores among them; at least 1. */
void dsci_cores_count(int *logical, int *physical);

/* Reads a list such as "0-3,8,10-11" (sysfs). False on anything else; what was read up to there stays in the
 * set. */
bool dsci_processors_parse(const char *text, dsci_processors *set);

/* Reads a small text file, NUL-terminated and cut at size - 1 bytes. False if it cannot be read. */
bool dsci_text_read(const char *path, char *text, size_t size);

#endif
