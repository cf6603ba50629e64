/* tensor.h - shapes and element types, the words in which ops and graphs speak. */
#ifndef DESCENT_TENSOR_H
#define DESCENT_TENSOR_H

#include <descent/export.h>
#include <descent/scope.h>

enum { DSC_MAX_RANK = 6 };

typedef enum dsc_dtype {
    DSC_DTYPE_F32 = 0,
    DSC_DTYPE_F64, /* reference engine only */
    DSC_DTYPE_BF16 /* activations and products in bfloat16, sums, parameters and optimizer in single precision
                    */
} dsc_dtype;
DSC_API const char *dsc_dtype_name(dsc_dtype dtype); /* "fp32", "fp64", "bf16" */
/* Finds a type by name; an unknown name fails the scope. */
DSC_API dsc_dtype dsc_dtype_parse(dsc_scope *scope, const char *name);

#endif
