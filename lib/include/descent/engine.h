/* engine.h - which implementation computes an op. */
#ifndef DESCENT_ENGINE_H
#define DESCENT_ENGINE_H

#include <descent/export.h>
#include <descent/scope.h>

typedef enum dsc_engine {
    DSC_ENGINE_AUTO = 0, /* a fixed rule by op, type and shape */
    DSC_ENGINE_NATIVE,   /* our kernels: the same bits on every x86-64 level */
    DSC_ENGINE_ONEDNN,   /* oneDNN's primitives: the same bits on one instruction set and version */
    DSC_ENGINE_REF       /* plain loops: the definition of each op */
} dsc_engine;

DSC_API const char *dsc_engine_name(dsc_engine engine); /* "auto", "native", "onednn", "ref" */

/* Finds an engine by name; an unknown name fails the scope. */
DSC_API dsc_engine dsc_engine_parse(dsc_scope *scope, const char *name);

#endif
