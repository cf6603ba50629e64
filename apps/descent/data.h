/* data.h - what the parts of `descent data` share. */
#ifndef DATA_H
#define DATA_H
#include "command.h"

#include <descent/file.h>
#include <descent/known_data.h>

#include "options.h"

struct data_arguments {
    const char *data, *out;
    cli_settings settings;
    bool json;
};

/* A data set by name; an unknown one fails the scope with the nearest. */
const dsc_known_data *data_find(dsc_scope *scope, const char *name);

/* `descent data export NAME --out FILE.h5` */
dsc_exit data_export(dsc_call *call, const struct data_arguments *arguments, const char *name);

#endif
