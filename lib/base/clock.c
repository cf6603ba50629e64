/* clock.c - time, read and written. */
#include <descent/clock.h>

#include <math.h>
#include <stdio.h>
#include <time.h>

enum { TEXT_BYTES = 24 };

double dsc_clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void dsc_clock_utc(char text[TEXT_BYTES])
{
    const time_t now = time(NULL);
    struct tm parts;
    if (!gmtime_r(&now, &parts) || strftime(text, TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(text, TEXT_BYTES, "unknown");
}

/* The limits lie where the smaller unit would be rounded up to a whole larger one. */
const char *dsc_clock_duration(double seconds, char text[TEXT_BYTES])
{
    const double most = 1e12; /* its hours fit in an unsigned */
    if (!(seconds >= 0 && seconds < most)) {
        snprintf(text, TEXT_BYTES, "unknown");
    } else if (seconds < 0.9995) {
        snprintf(text, TEXT_BYTES, "%.0f ms", seconds * 1e3);
    } else if (seconds < 59.95) {
        snprintf(text, TEXT_BYTES, "%.1f s", seconds);
    } else if (seconds < 3599.5) {
        const unsigned whole = (unsigned)lround(seconds);
        snprintf(text, TEXT_BYTES, "%u min %02u s", whole / 60, whole % 60);
    } else {
        const unsigned long minutes = (unsigned long)lround(seconds / 60);
        snprintf(text, TEXT_BYTES, "%u h %02u min", (unsigned)(minutes / 60), (unsigned)(minutes % 60));
    }
    return text;
}
