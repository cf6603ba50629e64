/* bf16_emulation.h - bfloat16 on processors without it: the native implementation in single precision,
 * between conversions of what it reads and writes.
 */
#ifndef DESCENT_OPS_BF16_EMULATION_H
#define DESCENT_OPS_BF16_EMULATION_H

#include "ops/op.h"

dsc_status dsci_bf16_emulation_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsci_step_fn dsci_bf16_emulation_prepare, dsci_bf16_emulation_run;
const char *dsci_bf16_emulation_describe(const dsci_node *node);

/* Of an op that has a native implementation in fp32. */
#define DSCI_WIDENED                                                                                         \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = DSCI_BF16, .book = dsci_bf16_emulation_book,                    \
        .run = dsci_bf16_emulation_run, .describe = dsci_bf16_emulation_describe                             \
    }
/* Of one that also prepares. */
#define DSCI_WIDENED_PREPARED                                                                                \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = DSCI_BF16, .book = dsci_bf16_emulation_book,                    \
        .prepare = dsci_bf16_emulation_prepare, .run = dsci_bf16_emulation_run,                              \
        .describe = dsci_bf16_emulation_describe                                                             \
    }

#endif
