/* tensor.c - types and shapes: their names and sizes. */
#include "ops/tensor.h"

#include <stdio.h>
#include <string.h>

size_t dsci_type_size(dsci_type type)
{
    static const size_t sizes[] = {
        [DSCI_F32] = sizeof(float), [DSCI_F64] = sizeof(double), [DSCI_I32] = 4, [DSCI_BF16] = 2
    };
    return sizes[type];
}

const char *dsci_type_name(dsci_type type)
{
    static const char *const names[] = {
        [DSCI_F32] = "f32", [DSCI_F64] = "f64", [DSCI_I32] = "i32", [DSCI_BF16] = "bf16"
    };
    return names[type];
}

static const char *const dtype_names[] = {
    [DSC_DTYPE_F32] = "fp32", [DSC_DTYPE_F64] = "fp64", [DSC_DTYPE_BF16] = "bf16"
};

const char *dsc_dtype_name(dsc_dtype dtype)
{
    return (unsigned)dtype <= DSC_DTYPE_BF16 ? dtype_names[dtype] : "unknown";
}

dsc_dtype dsc_dtype_parse(dsc_scope *scope, const char *name)
{
    for (unsigned i = 0; name && i <= DSC_DTYPE_BF16; i++)
        if (strcmp(name, dtype_names[i]) == 0)
            return (dsc_dtype)i;
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown precision '%s': expected fp32, fp64 or bf16",
                   name ? name : "");
    return DSC_DTYPE_F32;
}

size_t dsci_shape_elements(const dsci_shape *shape)
{
    const size_t limit = (size_t)PTRDIFF_MAX / sizeof(double) / 2;
    size_t elements = 1;
    for (size_t i = 0; i < shape->rank; i++) {
        if (shape->dim[i] == 0 || elements > limit / shape->dim[i])
            return 0;
        elements *= shape->dim[i];
    }
    return elements;
}

dsci_shape dsci_shape_batched(size_t batch, const dsci_shape *example)
{
    dsci_shape shape = { .rank = example->rank + 1, .dim = { batch } };
    for (size_t i = 0; i < example->rank; i++)
        shape.dim[i + 1] = example->dim[i];
    return shape;
}

dsci_shape dsci_tensor_example(const dsci_tensor *tensor)
{
    if (tensor->unbatched)
        return tensor->shape;
    dsci_shape shape = { .rank = tensor->shape.rank - 1 };
    for (size_t i = 0; i < shape.rank; i++)
        shape.dim[i] = tensor->shape.dim[i + 1];
    return shape;
}

const char *dsci_shape_text(const dsci_shape *shape, char text[128])
{
    size_t length = shape->rank == 0 ? (size_t)snprintf(text, 128, "scalar") : 0;
    for (size_t i = 0; i < shape->rank && length < 100; i++)
        length += (size_t)snprintf(text + length, 128 - length, i ? "x%zu" : "%zu", shape->dim[i]);
    return text;
}
