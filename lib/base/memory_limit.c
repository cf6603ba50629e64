/* memory_limit.c - how much memory this process can use. */
#include "base/memory_limit.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

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

dsc_memory dsci_memory_choose(double physical, double cgroup, double process)
{
    const double gib = 1024.0 * 1024 * 1024;
    dsc_memory memory = { .usable = physical, .physical = physical, .cgroup = cgroup, .process = process };
    const char *reason = "memory of the machine";
    if (cgroup > 0 && cgroup < memory.usable) {
        memory.usable = cgroup;
        reason = "limit of the control group";
    }
    if (process > 0 && process < memory.usable) {
        memory.usable = process;
        reason = "limit of the process (ulimit -v or -d)";
    }
    snprintf(memory.reason, sizeof memory.reason, "%.1f GiB: %s", memory.usable / gib, reason);
    return memory;
}

dsc_memory dsc_memory_get(void)
{
    const double physical = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    return dsci_memory_choose(physical, dsci_cgroup_memory(""), process_limit());
}
