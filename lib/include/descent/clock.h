/* clock.h - time. */
#ifndef DESCENT_CLOCK_H
#define DESCENT_CLOCK_H

#include <stddef.h>

#include <descent/export.h>

/* Seconds of a monotonic clock with an arbitrary origin. */
DSC_API double dsc_clock_seconds(void);

/* The wall clock as ISO 8601 in UTC ("2026-11-21T04:05:06Z"). */
DSC_API void dsc_clock_utc(char text[24]);

/* A duration for people: "850 ms", "12.3 s", "4 min 05 s", "3 h 12 min". Returns text. */
DSC_API const char *dsc_clock_duration(double seconds, char text[24]);

#endif
