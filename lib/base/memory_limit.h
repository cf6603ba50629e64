/* memory_limit.h - how much memory a process can use, as a function of what limits it. */
#ifndef DESCENT_BASE_MEMORY_LIMIT_H
#define DESCENT_BASE_MEMORY_LIMIT_H

#include <descent/cpu.h>

/* In bytes: of the machine, of the control groups, of the process; the last two are 0 without a limit. */
dsc_memory dsci_memory_choose(double physical, double cgroup, double process);

#endif
