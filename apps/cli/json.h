/* json.h - JSON on stdout, of values that are whole or known to be lost. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <descent/scope.h>

/* From now on it is noted when jansson gets no memory: the values that are built then lack something, which
   the calls that build them need not look for one by one. */
void cli_json_watch(void);

/* JSON on stdout, indented or on one line, in ASCII, reals with 17 digits. Takes over the value; NULL fails
   the scope, and so does what cli_json_check() finds. */
struct json_t;
void cli_json_print(dsc_scope *scope, struct json_t *json);
void cli_json_print_line(dsc_scope *scope, struct json_t *json);
/* Fails the scope if jansson got no memory for a value since cli_terminal_open(): what was read or built may
   lack something. To be asked before it is written to a file; cli_finish() asks, too. */
dsc_status cli_json_check(dsc_scope *scope);
struct json_t *cli_json_number(double value); /* null if it is not finite */

#endif
