/* json.h - values of JSON that are whole or known to be lost, private to apps/cli. */
#ifndef JSON_H
#define JSON_H

#include <descent/cli.h>

/* From now on it is noted when jansson gets no memory: the values that are built then lack something, which
   the calls that build them need not look for one by one. */
void dsci_json_watch(void);

#endif
