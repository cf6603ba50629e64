/* conditions.c - load, steal, governor, turbo. */
#include "conditions.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <descent/clock.h>

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

bench_times bench_times_now(void)
{
    enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };
    bench_times t = { NAN, NAN, NAN, NAN, dsc_clock_seconds() };
    const double tick = (double)sysconf(_SC_CLK_TCK);
    FILE *file = fopen("/proc/stat", "r");
    double v[FIELDS];
    if (file && fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &v[USER], &v[NICE], &v[SYSTEM], &v[IDLE],
                       &v[IOWAIT], &v[IRQ], &v[SOFTIRQ], &v[STEAL]) == FIELDS) {
        t.busy = (v[USER] + v[NICE] + v[SYSTEM] + v[IRQ] + v[SOFTIRQ]) / tick;
        t.stolen = v[STEAL] / tick;
        t.all = t.busy + t.stolen + (v[IDLE] + v[IOWAIT]) / tick;
    }
    if (file)
        fclose(file);
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        t.own = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    return t;
}

const char *bench_system_text(dsc_scope *scope, const char *path)
{
    char text[64] = "";
    FILE *file = fopen(path, "r");
    const int error = errno;
    if (file && !fgets(text, sizeof text, file))
        text[0] = '\0';
    if (file)
        fclose(file);
    text[strcspn(text, "\n")] = '\0';
    if (*text)
        return dsc_scope_copy(scope, text);
    return dsc_scope_format(scope, "cannot be read (%s: %s)", path, file ? "empty" : strerror(error));
}

static const char *turbo(dsc_scope *scope)
{
    const char *intel = bench_system_text(scope, "/sys/devices/system/cpu/intel_pstate/no_turbo");
    if (intel && (strcmp(intel, "0") == 0 || strcmp(intel, "1") == 0))
        return *intel == '0' ? "on" : "off";
    const char *boost = bench_system_text(scope, "/sys/devices/system/cpu/cpufreq/boost");
    if (boost && (strcmp(boost, "0") == 0 || strcmp(boost, "1") == 0))
        return *boost == '1' ? "on" : "off";
    return boost;
}

bench_conditions bench_conditions_begin(dsc_scope *scope)
{
    bench_conditions c = { .steal = NAN, .others = NAN, .counters = "" };
    if (getloadavg(&c.load, 1) != 1)
        c.load = NAN;
    c.governor = bench_system_text(scope, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    c.turbo = turbo(scope);
    dsc_clock_utc(c.begun);
    return c;
}

/* The system counts in ticks: what is less than one of them is no one's. */
void bench_conditions_end(bench_conditions *conditions, const bench_times *before, const bench_times *after)
{
    const double all = after->all - before->all, elapsed = after->clock - before->clock;
    if (all > 0)
        conditions->steal = (after->stolen - before->stolen) / all;
    if (elapsed > 0)
        conditions->others = fmax(0, ((after->busy - before->busy) - (after->own - before->own)) / elapsed);
    if (isnan(before->busy) || isnan(before->own) || isnan(after->busy) || isnan(after->own))
        conditions->others = NAN;
}
