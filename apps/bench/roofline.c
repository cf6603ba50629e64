#include "present.h"
const char *bench_roofline(dsc_scope *scope, const bench_results *results)
{
    (void)results;
    return dsc_scope_copy(scope, "[]");
}
