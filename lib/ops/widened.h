/* widened.h - bfloat16 on processors without it: the native implementation in single precision, between
 * conversions of what it reads and writes.
 */
#ifndef DESCENT_OPS_WIDENED_H
#define DESCENT_OPS_WIDENED_H

#include "ops/ops.h"

dsc_status dsci_widened_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking);
dsci_step_fn dsci_widened_prepare, dsci_widened_run;
const char *dsci_widened_describe(const dsci_node *node);

/* Of an op that has a native implementation in fp32. */
#define DSCI_WIDENED                                                                                         \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = DSCI_BF16, .book = dsci_widened_book, .run = dsci_widened_run,  \
        .describe = dsci_widened_describe                                                                    \
    }
/* Of one that also prepares. */
#define DSCI_WIDENED_PREPARED                                                                                \
    {                                                                                                        \
        .engine = DSC_ENGINE_NATIVE, .type = DSCI_BF16, .book = dsci_widened_book,                           \
        .prepare = dsci_widened_prepare, .run = dsci_widened_run, .describe = dsci_widened_describe          \
    }

#endif
