/* tensor.h - types, shapes and tensors. A tensor is written once and never changed. Everything lives in a
 * scope; functions that cannot go on leave their error there and return NULL or false.
 */
#ifndef DESCENT_OPS_TENSOR_H
#define DESCENT_OPS_TENSOR_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/scope.h>
#include <descent/tensor.h>

#include "base/sizes.h"

enum { DSCI_MAX_RANK = DSC_MAX_RANK + 1 /* the batch and the dimensions of an example */ };

typedef struct dsci_node dsci_node;
typedef struct dsci_tensor dsci_tensor;

typedef enum dsci_type { DSCI_F32 = 0, DSCI_F64, DSCI_I32, DSCI_BF16 } dsci_type;

size_t dsci_type_size(dsci_type type);
const char *dsci_type_name(dsci_type type);

/* The type of the parameters, and of their gradients, of a network whose activations are of type real. */
static inline dsci_type dsci_master_type(dsci_type real)
{
    return real == DSCI_BF16 ? DSCI_F32 : real;
}

/* Row-major. The first dimension is the batch, except in unbatched tensors; rank 0 is a scalar. */
typedef struct dsci_shape {
    size_t rank, dim[DSCI_MAX_RANK];
} dsci_shape;

/* The number of elements, at most the largest that fits into memory as doubles; 0 if there are none or too
 * many. */
size_t dsci_shape_elements(const dsci_shape *shape);

/* A batch of examples of that shape. */
dsci_shape dsci_shape_batched(size_t batch, const dsci_shape *example);

/* "32x40", or "scalar". Returns text. */
const char *dsci_shape_text(const dsci_shape *shape, char text[128]);

/* Where a tensor's memory is. */
typedef enum dsci_storage {
    DSCI_STORAGE_ARENA = 0, /* in the plan's arena, while it is needed */
    DSCI_STORAGE_PARAMETERS,
    DSCI_STORAGE_GRADIENTS,
    DSCI_STORAGE_STATE,    /* what a model learns without a gradient: the only inputs that an op may write */
    DSCI_STORAGE_CONSTANT, /* its node's own */
    DSCI_STORAGE_EXTERNAL  /* the caller's: bound before a run */
} dsci_storage;

/* A place that holds the address of an external tensor. */
typedef struct dsci_relocation {
    struct dsci_relocation *next;
    const void **slot;
} dsci_relocation;

struct dsci_tensor {
    dsci_type type;
    dsci_shape shape;
    size_t elements;
    dsci_node *producer;
    dsci_storage storage;
    bool unbatched;      /* the same for all examples, as parameters are: its shape has no batch */
    bool needs_gradient; /* it depends on a parameter */
    dsci_tensor *diff;   /* the gradient of the loss with respect to it, as far as it has been summed */
    size_t uses;         /* how many node inputs read it */
    size_t first, last;  /* the stages that write it and that read it last */
    const dsci_node *last_reader; /* of those that read it, the last in the plan's order */
    bool result;                  /* a caller reads it after the run */
    size_t offset;                /* bytes from the start of its storage */
    dsci_tensor *shares;          /* whose arena memory it takes over, or NULL */
    void *data;                   /* resolved address, unless it is external */
    const void *bound;            /* external: where it is read */
    dsci_relocation *relocations;
    dsci_tensor *image; /* its copy in the plan that is being built, else NULL */
};

static inline size_t dsci_tensor_bytes(const dsci_tensor *tensor)
{
    return tensor->elements * dsci_type_size(tensor->type);
}

/* The dimensions of an example, or of an unbatched tensor. */
dsci_shape dsci_tensor_example(const dsci_tensor *tensor);

/* Examples in a batched tensor, and elements of each. */
static inline size_t dsci_tensor_rows(const dsci_tensor *tensor)
{
    return tensor->shape.dim[0];
}

static inline size_t dsci_tensor_cols(const dsci_tensor *tensor)
{
    return tensor->elements / tensor->shape.dim[0];
}

#endif
