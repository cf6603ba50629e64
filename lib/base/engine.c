/* engine.c - names of engines. */
#include <descent/engine.h>

#include <string.h>

static const char *const names[] = {
    [DSC_ENGINE_AUTO] = "auto",
    [DSC_ENGINE_NATIVE] = "native",
    [DSC_ENGINE_ONEDNN] = "onednn",
    [DSC_ENGINE_REF] = "ref",
};

const char *dsc_engine_name(dsc_engine engine)
{
    const unsigned i = (unsigned)engine;
    return i < sizeof names / sizeof names[0] ? names[i] : "unknown";
}

dsc_engine dsc_engine_parse(dsc_scope *scope, const char *name)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_ENGINE_AUTO;
    for (unsigned i = 0; name && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return (dsc_engine)i;
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown engine '%s': expected auto, native, onednn or ref",
                   name ? name : "");
    return DSC_ENGINE_AUTO;
}
