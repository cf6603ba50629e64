/* memory_limit.c - how much memory this process can use. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <descent/cpu.h>

#include "base/cgroup.h"

/* A limit of this process; 0: none. */
static double process_limit(void)
{
    static const int resources[] = { RLIMIT_AS, RLIMIT_DATA };
    double smallest = 0;
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
        struct rlimit limit;
        if (getrlimit((__rlimit_resource_t)resources[i], &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
            continue;
        if (smallest <= 0 || (double)limit.rlim_cur < smallest)
            smallest = (double)limit.rlim_cur;
    }
    return smallest;
}

dsc_memory dsc_memory_get(void)
{
    const double gib = 1024.0 * 1024 * 1024;
    dsc_memory memory = { .physical = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE),
                          .cgroup = dsci_cgroup_memory(""),
                          .process = process_limit() };
    const char *reason = "memory of the machine";
    memory.usable = memory.physical;
    if (memory.cgroup > 0 && memory.cgroup < memory.usable) {
        memory.usable = memory.cgroup;
        reason = "limit of the control group";
    }
    if (memory.process > 0 && memory.process < memory.usable) {
        memory.usable = memory.process;
        reason = "limit of the process (ulimit -v or -d)";
    }
    snprintf(memory.reason, sizeof memory.reason, "%.1f GiB: %s", memory.usable / gib, reason);
    return memory;
}
