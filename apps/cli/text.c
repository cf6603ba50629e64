/* text.c - numbers for people. */
#include <math.h>

#include <descent/value.h>

#include "terminal.h"

const char *cli_number(dsc_scope *scope, double value)
{
    if (isnan(value))
        return "-";
    const double size = fabs(value);
    if (value == floor(value) || isinf(value))
        return dsc_number_text(scope, value, 3);
    if (size >= 1e-3 && size < 1e6)
        return dsc_scope_format(scope, "%.*f", size < 1 ? 4 : size < 10 ? 3 : size < 100 ? 2 : 1, value);
    return dsc_scope_format(scope, "%.2e", value);
}

const char *cli_bytes_text(dsc_scope *scope, double bytes)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
    size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        bytes /= 1024;
    const int decimals = unit == 0 || bytes >= 100 || bytes == floor(bytes) ? 0 : bytes >= 10 ? 1 : 2;
    return dsc_scope_format(scope, "%.*f %s", decimals, bytes, units[unit]);
}

const char *cli_si_text(dsc_scope *scope, double value)
{
    static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
    size_t prefix = 0;
    for (; value >= 999.5 && prefix + 1 < sizeof prefixes / sizeof prefixes[0]; prefix++)
        value /= 1000;
    return dsc_scope_format(scope, "%.3g %s", value, prefixes[prefix]);
}
