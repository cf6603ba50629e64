/* json.c - JSON text, and objects of jansson that belong to scopes. */
#include "base/json.h"

#include <string.h>

static void free_json(void *json)
{
    json_decref(json);
}

json_t *dsci_json_own(dsc_scope *scope, json_t *json)
{
    if (json && dsc_scope_defer(scope, free_json, json) == DSC_OK)
        return json;
    if (dsc_scope_status(scope) == DSC_OK)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not make JSON");
    return NULL;
}

json_t *dsci_json_read_bytes(dsc_scope *scope, const void *bytes, size_t size, json_error_t *error)
{
    json_error_t unused;
    error = error ? error : &unused;
    *error = (json_error_t){ 0 };
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    json_t *json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, error);
    if (json)
        return json;
    /* A string that jansson has no memory for is an invalid one in its message. Memory that is short for the
       text as a whole shows in a copy of it, memory that was short for a moment in a second reading. */
    json_t *copy = json_stringn_nocheck(bytes, size);
    if (copy)
        json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, error);
    if (!copy || (!json && (error->text[0] == '\0' || json_error_code(error) == json_error_out_of_memory)))
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "out of memory: could not read %zu bytes of JSON", size);
    json_decref(copy);
    return json;
}

json_t *dsci_json_read(dsc_scope *scope, const char *text, json_error_t *error)
{
    return text ? dsci_json_read_bytes(scope, text, strlen(text), error) : NULL;
}
