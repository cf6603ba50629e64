/* spare.c - what took long to compute is not written over by what is made in seconds. */
#include "command.h"

#include <descent/file.h>
#include <descent/record.h>

dsc_status dsc_file_spare(dsc_scope *scope, const char *out, dsc_file_kind own_kind)
{
    dsc_scope *own = dsc_scope_open(NULL); /* what can't be read is nothing to spare */
    const dsc_file_kind kind = dsc_file_exists(out) ? dsc_file_kind_of(own, out) : DSC_FILE_OTHER;
    dsc_scope_close(&own);
    if (kind == DSC_FILE_OTHER || kind == DSC_FILE_DATA || kind == own_kind)
        return dsc_scope_status(scope);
    return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "'%s' is %s: choose another --out, or delete the file",
                          out, dsc_file_kind_name(kind));
}
