/* patterns.h - patterns of names, in which stars stand for any text. */
#ifndef DESCENT_BASE_PATTERNS_H
#define DESCENT_BASE_PATTERNS_H

#include <stdbool.h>

#include <descent/scope.h>
#include <descent/value.h>

/* Whether a name fits a pattern in which stars stand for any text. */
bool dsci_pattern_matches(const char *pattern, const char *name);

/* Fails for a pattern that matches none of count parameters ("layer/parameter"), with the one that was
   probably meant; what says whose pattern it is, for example "optimizer: expected group 0". */
dsc_status dsci_fail_unmatched(dsc_scope *scope, const char *what, const char *pattern, size_t count,
                               dsc_name_at_fn *name_at, const void *user);

#endif
