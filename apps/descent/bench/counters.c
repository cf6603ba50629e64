/* counters.c - instructions and cycles by perf_event_open(2), of user code alone. */
#include "conditions.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The counters of a thread: instructions follow cycles, both at once or neither. */
struct thread_counters {
    int cycles, instructions;
    int error;
};

/* What is read of a group: the kernel's PERF_FORMAT_GROUP with the time that it was counted. */
struct group_values {
    uint64_t count, running, values[2];
};

static int open_counter(uint64_t event, int group)
{
    struct perf_event_attr attributes = { .type = PERF_TYPE_HARDWARE,
                                          .size = sizeof attributes,
                                          .config = event,
                                          .disabled = group < 0,
                                          .exclude_kernel = 1,
                                          .exclude_hv = 1,
                                          .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_RUNNING };
    return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, group, PERF_FLAG_FD_CLOEXEC);
}

static struct thread_counters open_counters(void)
{
    struct thread_counters c = { .cycles = open_counter(PERF_COUNT_HW_CPU_CYCLES, -1), .instructions = -1 };
    if (c.cycles >= 0)
        c.instructions = open_counter(PERF_COUNT_HW_INSTRUCTIONS, c.cycles);
    c.error = c.instructions < 0 ? errno : 0;
    return c;
}

static void close_counters(const struct thread_counters *counters, int threads)
{
    for (int t = 0; t < threads; t++) {
        if (counters[t].instructions >= 0)
            close(counters[t].instructions);
        if (counters[t].cycles >= 0)
            close(counters[t].cycles);
    }
}

static const char *refusal(dsc_scope *scope, int error)
{
    if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV)
        return dsc_scope_format(scope, "the processor or its virtual machine has no such counters (%s)",
                                strerror(error));
    return dsc_scope_format(scope, "%s (perf_event_paranoid is %s)", strerror(error),
                            bench_system_text(scope, "/proc/sys/kernel/perf_event_paranoid"));
}

static void switch_all(const struct thread_counters *counters, int threads, unsigned long request)
{
    for (int t = 0; t < threads; t++)
        ioctl(counters[t].cycles, request, PERF_IOC_FLAG_GROUP);
}

static bool read_all(const struct thread_counters *counters, int threads, bench_counts *counts)
{
    *counts = (bench_counts){ 0 };
    for (int t = 0; t < threads; t++) {
        struct group_values v;
        if (read(counters[t].cycles, &v, sizeof v) != (ssize_t)sizeof v || v.count != 2)
            return false;
        counts->cycles += (double)v.values[0];
        counts->instructions += (double)v.values[1];
        counts->seconds += 1e-9 * (double)v.running;
    }
    return counts->cycles > 0 && counts->seconds > 0;
}

/* A thread counts itself: only its own file descriptors follow it. */
const char *bench_count(dsc_scope *scope, int threads, void (*work)(const void *user), const void *user,
                        bench_counts *counts)
{
    struct thread_counters *counters = dsc_scope_alloc(scope, (size_t)threads, sizeof *counters);
    if (!counters)
        return "out of memory";
#pragma omp parallel num_threads(threads)
    counters[omp_get_thread_num()] = open_counters();
    int error = 0;
    for (int t = 0; t < threads; t++)
        error = error ? error : counters[t].error;
    const char *reason = error ? refusal(scope, error) : NULL;
    if (!error) {
        switch_all(counters, threads, PERF_EVENT_IOC_ENABLE);
        work(user);
        switch_all(counters, threads, PERF_EVENT_IOC_DISABLE);
        if (!read_all(counters, threads, counts))
            reason = "the counters stood still";
    }
    close_counters(counters, threads);
    return reason;
}
