/* json.h - JSON text, and objects of jansson that belong to scopes (internal). */
#ifndef DESCENT_BASE_JSON_H
#define DESCENT_BASE_JSON_H

#include <jansson.h>

#include <descent/scope.h>

/* Hands a value to the scope; NULL, which jansson gives when memory is out, fails it. */
json_t *dsci_json_own(dsc_scope *scope, json_t *json);

/* Reads a text, in which no key may stand twice; the caller owns the value. NULL: it is no JSON, and *error
   (may be NULL) says why; or memory was out, which fails the scope: damage and shortage are never taken for
   each other. A text of NULL gives NULL. */
json_t *dsci_json_read(dsc_scope *scope, const char *text, json_error_t *error);
json_t *dsci_json_read_bytes(dsc_scope *scope, const void *bytes, size_t size, json_error_t *error);

#endif
