/* generation.h - what differs between the generations of oneDNN's C interface: descriptions of memory are
 * structures in 2.x and objects in 3.x, which has no descriptors of operations. onednn2.c or onednn3.c is
 * compiled, whichever fits the version that was found.
 */
#ifndef DESCENT_ONEDNN_GENERATION_H
#define DESCENT_ONEDNN_GENERATION_H

#include <stdbool.h>

#include <dnnl.h>

#include "onednn/onednn.h"

/* How numbers lie in memory, in the order of dimensions that oneDNN writes: channels before space. */
typedef struct dsci_memory_layout {
    int rank;
    dnnl_dims_t dims, strides;
    dnnl_data_type_t type;
    bool any;                         /* oneDNN chooses the strides */
    const_dnnl_primitive_desc_t like; /* not NULL: as the weights of this one */
    int like_argument;
} dsci_memory_layout;

typedef struct dsci_problem {
    bool convolution; /* else an inner product */
    dsci_direction direction;
    dsci_memory_layout src, weights, bias, dst; /* or their gradients; bias of rank 0: none */
    dnnl_dims_t strides, dilations, pad_low, pad_high;
} dsci_problem;

/* The first of oneDNN's implementations that computes the spec right; its first one without a spec. hint: the
   descriptor of the forward primitive that a backward one belongs to. */
dnnl_status_t dsci_describe(dnnl_primitive_desc_t *descriptor, const dsci_problem *problem,
                            const dsci_primitive_spec *spec, dnnl_engine_t engine,
                            const_dnnl_primitive_attr_t attributes, const_dnnl_primitive_desc_t hint);

/* Whether a descriptor's implementation may run: dsci_onednn_is_right(); without a spec any may. */
bool dsci_is_acceptable(const_dnnl_primitive_desc_t descriptor, const dsci_primitive_spec *spec);

/* A reorder between plain memory and an argument of another primitive, of the block of dims that starts at
 * plain_offsets in the plain memory and at offsets in the argument. */
dnnl_status_t dsci_describe_reorder(dnnl_primitive_desc_t *descriptor, const dsci_memory_layout *plain,
                                    const_dnnl_primitive_desc_t other, int argument, bool to_plain,
                                    const dnnl_dims_t dims, const dnnl_dims_t plain_offsets,
                                    const dnnl_dims_t offsets, dnnl_engine_t engine,
                                    const_dnnl_primitive_attr_t attributes);

/* Whether an argument of a primitive lies like the plain memory. */
bool dsci_is_plain(const_dnnl_primitive_desc_t descriptor, int argument, const dsci_memory_layout *plain);

dnnl_status_t dsci_append_eltwise(dnnl_post_ops_t post_ops, dnnl_alg_kind_t algorithm);

#endif
