/* ref.h - the reference engine: plain loops, written once and compiled for float and for double. They define
 * what the ops compute.
 */
#ifndef DESCENT_OPS_REF_H
#define DESCENT_OPS_REF_H

#include "ops/op.h"

#define DSCI_OP(ID, name) dsci_step_fn dsci_ref_##name##_f32, dsci_ref_##name##_f64;
#define DSCI_OP_NO_LOOPS(ID, name)
#include "ops/ops.def"

/* The two entries that end an op's list of implementations. */
#define DSCI_REF_IMPLEMENTATIONS(name)                                                                       \
    { .engine = DSC_ENGINE_REF, .type = DSCI_F32, .run = dsci_ref_##name##_f32 },                            \
    {                                                                                                        \
        .engine = DSC_ENGINE_REF, .type = DSCI_F64, .run = dsci_ref_##name##_f64                             \
    }

#endif
