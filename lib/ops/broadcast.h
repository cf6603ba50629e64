/* broadcast.h - how tensors of different shapes go together, as NumPy has it: dimensions are compared from
 * the last; one of 1, or one that is missing, is repeated. The batch stands before the dimensions of the
 * longer example, and what is unbatched is repeated along it.
 */
#ifndef DESCENT_OPS_BROADCAST_H
#define DESCENT_OPS_BROADCAST_H

#include "ops/op.h"

/* How two tensors lie under what they make together: its dimensions, neighbours merged where both tensors
   allow it, and the elements of each tensor from one index to the next; 0: it is repeated. */
typedef struct dsci_broadcast {
    size_t rank, dim[DSCI_MAX_RANK];
    size_t step[2][DSCI_MAX_RANK];
} dsci_broadcast;

/* The shape that in[0] and in[1] make together, the last `inner` dimensions of each left out; false, and the
   scope fails, if they do not fit. */
bool dsci_broadcast_infer(const dsci_context *context, const dsci_node *node, size_t inner,
                          dsci_shape *shape);

/* Of in[0] and in[1] over the shape that they make, likewise; their steps are in elements. Not merged. */
dsci_broadcast dsci_broadcast_of(const dsci_node *node, const dsci_shape *shape, size_t inner);
void dsci_broadcast_merge(dsci_broadcast *broadcast);

/* The dimensions of a tensor without the last `inner`, under those of a result of that rank: the batch first,
   the example's at the end, ones between. */
void dsci_broadcast_align(const dsci_tensor *tensor, size_t inner, bool batched, size_t rank, size_t *dim);

/* Where the two tensors are at an index of the result, counted in row-major order over the first `rank`
   dimensions. */
void dsci_broadcast_at(const dsci_broadcast *broadcast, size_t rank, size_t index, size_t at[2]);

/* The gradient of a tensor that was repeated: diff, summed over what was repeated. */
dsci_tensor *dsci_broadcast_sum(dsci_graph *graph, const dsci_tensor *tensor, dsci_tensor *diff);

#endif
