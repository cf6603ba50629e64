/* stream.c - the four loops of STREAM (McCalpin 1995) as plain C with OpenMP, beside which `descent bench
 * memory` is held. It stands alone: nothing of Descent is in it.
 *
 *     stream [--threads N] [--time SECONDS] [--on-request]
 *
 * prints a line of JSON: seconds of a run of each loop (the median and the best of the repeats), bytes and
 * arrays.
 * --on-request measures once for each line that is read. Each array is four times the last cache, as STREAM's
 * rules ask for, and bytes are counted as STREAM counts them: a store is no load before.
 */
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOPS = 4, REPEATS = 11 };
static const char *const names[LOOPS] = { "copy", "scale", "add", "triad" };
static const double arrays_moved[LOOPS] = { 2, 2, 3, 3 };

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* sysconf() tells the last cache of the whole host; /sys that of this machine. */
static size_t array_elements(void)
{
    long kilobytes = 0;
    FILE *file = fopen("/sys/devices/system/cpu/cpu0/cache/index3/size", "r");
    if (file && fscanf(file, "%ldK", &kilobytes) != 1)
        kilobytes = 0;
    if (file)
        fclose(file);
    return (size_t)(kilobytes > 0 ? kilobytes : 32L << 10) * 1024 * 4 / sizeof(double);
}

static void run_loop(int loop, double *restrict a, double *restrict b, double *restrict c, size_t n)
{
    const double s = 3;
    switch (loop) {
    case 0:
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < n; i++)
            c[i] = a[i];
        break;
    case 1:
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < n; i++)
            b[i] = s * c[i];
        break;
    case 2:
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < n; i++)
            c[i] = a[i] + b[i];
        break;
    default:
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < n; i++)
            a[i] = b[i] + s * c[i];
    }
}

static int compare(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

/* The loops follow one another in each repeat, as in STREAM. */
static void measure(double *a, double *b, double *c, size_t n, double time)
{
    double seconds[LOOPS][REPEATS];
    const double start = seconds_now();
    int repeats = 0;
    for (int loop = 0; loop < LOOPS; loop++) /* never timed */
        run_loop(loop, a, b, c, n);
    for (; repeats < REPEATS && (repeats < 3 || seconds_now() - start < time); repeats++)
        for (int loop = 0; loop < LOOPS; loop++) {
            const double before = seconds_now();
            run_loop(loop, a, b, c, n);
            seconds[loop][repeats] = seconds_now() - before;
        }
    printf("{\"peer\": \"STREAM's loops\", \"threads\": %d, \"array_bytes\": %zu, \"rows\": {",
           omp_get_max_threads(), n * sizeof(double));
    for (int loop = 0; loop < LOOPS; loop++) {
        qsort(seconds[loop], (size_t)repeats, sizeof(double), compare);
        printf("%s\"memory/%s/DRAM\": {\"seconds\": %.9g, \"best\": %.9g, \"bytes\": %.0f}", loop ? ", " : "",
               names[loop], seconds[loop][repeats / 2], seconds[loop][0],
               arrays_moved[loop] * (double)n * sizeof(double));
    }
    printf("}}\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bool on_request = false;
    double time = 2;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--on-request") == 0)
            on_request = true;
        else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc && atoi(argv[i + 1]) > 0)
            omp_set_num_threads(atoi(argv[++i]));
        else if (strcmp(argv[i], "--time") == 0 && i + 1 < argc)
            time = atof(argv[++i]);
        else {
            fprintf(stderr, "usage: stream [--threads N] [--time SECONDS] [--on-request]\n");
            return 2;
        }
    }
    const size_t n = array_elements();
    double *a = aligned_alloc(4096, n * sizeof *a), *b = aligned_alloc(4096, n * sizeof *b),
           *c = aligned_alloc(4096, n * sizeof *c);
    if (!a || !b || !c) {
        fprintf(stderr, "stream: out of memory for three arrays of %zu bytes\n", n * sizeof *a);
        return 3;
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
        a[i] = 1;
        b[i] = 2;
        c[i] = 0;
    }
    char line[64];
    if (!on_request)
        measure(a, b, c, n, time);
    while (on_request && fgets(line, sizeof line, stdin))
        measure(a, b, c, n, time);
    free(a);
    free(b);
    free(c);
    return 0;
}
