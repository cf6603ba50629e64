/* loss.h - what losses have in common. */
#ifndef DESCENT_OPS_LOSS_H
#define DESCENT_OPS_LOSS_H

#include "ops/op.h"

/* Whether in[0] has scores for each label of in[1], one a class; if binary is allowed and there are two
   classes, one in all will do. Else it fails the scope. */
bool dsci_expect_labels(const dsci_context *context, const dsci_node *node, bool binary);

/* Whether in[1], targets or the values of a layer, has as many as in[0] has outputs; else it fails the scope.
 */
bool dsci_expect_targets(const dsci_context *context, const dsci_node *node);

/* What a loss makes: the mean over what counts, how much counts, and in training the gradient. */
enum { DSCI_LOSS_MEAN, DSCI_LOSS_WEIGHT, DSCI_LOSS_GRADIENT };

/* Adds the outputs of a loss but the gradient; for infer functions. */
bool dsci_loss_outputs(const dsci_context *context, dsci_node *node);

/* The gradient function of losses: has them make the gradient of the first input. */
void dsci_loss_gradient(dsci_graph *graph, dsci_node *node);

/* The same for a loss of the difference of its inputs, for both of them. */
void dsci_difference_gradient(dsci_graph *graph, dsci_node *node);

/* What an example has that counts, each weighing 1 if there are no weights: labels, targets, of KL rows of
   targets, of a mean an example alone. */
double dsci_loss_terms(const dsci_node *node);

/* Puts the mean of a sum over terms that weigh so much together (0 if nothing counts), and the weight in
   examples. */
void dsci_loss_put(const dsci_operands *o, double sum, double weight);

/* Whether labels 0 and 1 have a single score. */
bool dsci_is_binary(const dsci_node *node);

/* The last dimension of the targets' examples. */
size_t dsci_loss_columns(const dsci_node *node);

/* Whether threads should share a loss: it is so large, and there are shards. */
bool dsci_loss_is_large(const dsci_node *node);

#endif
