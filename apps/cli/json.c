/* json.c - JSON for programs. */
#include "json.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <jansson.h>
#include <stdio.h>

static atomic_bool is_lost;

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    if (!memory)
        is_lost = true;
    return memory;
}

void cli_json_watch(void)
{
    json_set_alloc_funcs(allocate, free);
}

dsc_status cli_json_check(dsc_scope *scope)
{
    if (is_lost)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory for a value of JSON");
    return dsc_scope_status(scope);
}

json_t *cli_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* JSON_ENSURE_ASCII leaves one character that a terminal would obey. */
static int write_ascii(const char *bytes, size_t count, void *unused)
{
    (void)unused;
    for (size_t i = 0; i < count; i++)
        if (bytes[i] == 0x7f)
            fputs("\\u007f", stdout);
        else
            putchar(bytes[i]);
    return 0;
}

static void print(dsc_scope *scope, json_t *json, size_t layout)
{
    const size_t flags = layout | JSON_REAL_PRECISION(17) | JSON_ENSURE_ASCII;
    if (cli_json_check(scope) == DSC_OK) {
        if (!json)
            dsc_scope_fail(scope, DSC_ERROR_FORMAT, "a text cannot be written as JSON: it is not UTF-8");
        else if (json_dump_callback(json, write_ascii, NULL, flags) == 0)
            putchar('\n');
        else
            dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory while writing JSON");
    }
    json_decref(json);
}

void cli_json_print(dsc_scope *scope, json_t *json)
{
    print(scope, json, JSON_INDENT(2));
}

void cli_json_print_line(dsc_scope *scope, json_t *json)
{
    print(scope, json, 0);
}
