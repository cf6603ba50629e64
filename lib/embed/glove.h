/* glove.h - the order in which GloVe takes the records of a table. */
#ifndef DESCENT_EMBED_GLOVE_H
#define DESCENT_EMBED_GLOVE_H

#include <stddef.h>

#include <descent/factorization.h>

#include "kernels/kernels.h"

/* Records with what they are to be trained to, block by block: block (g, h) holds, in random order, the words
   of group g with the contexts of group h, pairs[starts[g * groups + h]..]. Word w is in group w % groups:
   with words by falling frequency all groups get as many records, about. */
typedef struct dsci_glove_blocks {
    size_t groups;
    uint64_t *starts;        /* groups^2 + 1 */
    dsci_pair_target *pairs; /* in memory or a mapped file */
} dsci_glove_blocks;

/* In the scope; options without zeros. Poisons the scope if memory or the disk is full. */
dsci_glove_blocks dsci_glove_blocks_make(dsc_scope *scope, const dsc_cooccurrences *table,
                                         const dsc_embed_glove_options *options);

/* Which stratum an epoch takes as its first, second, ...: stratum s is blocks (g, (g + s) % groups). */
void dsci_glove_strata(const dsc_embed_glove_options *options, size_t epoch, uint32_t *order);

#endif
