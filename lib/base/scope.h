/* scope.h - what the library keeps of a scope beside its public face. */
#ifndef DESCENT_BASE_SCOPE_H
#define DESCENT_BASE_SCOPE_H

#include <stddef.h>

#include <descent/scope.h>

/* 1, 2, ...: another number at every call. */
size_t dsci_scope_number(dsc_scope *scope);

#endif
