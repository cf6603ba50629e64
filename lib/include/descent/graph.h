/* graph.h - networks as static graphs: build, compile once, run many times.
 *
 *     dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { 40 } });
 *     dsc_node *h = dsc_relu(dsc_dense(x, 32));
 *     dsc_node *loss = dsc_softmax_cross_entropy(dsc_dense(h, 10), dsc_labels(scope, 10));
 *     dsc_model *model = dsc_compile(loss, &(dsc_compile_options){ .batch = 32 });
 *
 * Shapes are written for one example; the batch is the first dimension of every tensor and is set when the
 * graph is compiled. Nodes belong to the scope of their input. A node made from a poisoned one is poisoned.
 */
#ifndef DESCENT_GRAPH_H
#define DESCENT_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/engine.h>
#include <descent/export.h>
#include <descent/scope.h>
#include <descent/tensor.h>

typedef struct dsc_node dsc_node;
typedef struct dsc_model dsc_model;

/* Real values from outside: of every example, in the shape of one, ended by the first 0; or unbatched, an
   array of that shape which is the same for all examples (an image, the features of a graph's nodes), for
   layers that take such. Training reads them from the examples' column of this name (examples.h), so the
   inputs of a network have different ones. */
typedef struct dsc_input_spec {
    size_t shape[DSC_MAX_RANK];
    const char *name; /* NULL: "input"; of targets: "targets" */
    bool unbatched;   /* not of targets */
} dsc_input_spec;
DSC_API dsc_node *dsc_input(dsc_scope *scope, const dsc_input_spec *spec);

/* Integers in 0..vocabulary-1: words, characters. */
typedef struct dsc_tokens_spec {
    size_t steps, vocabulary;
    const char *name; /* NULL: "tokens" */
    bool unbatched;   /* steps of them, the same for all examples */
} dsc_tokens_spec;
DSC_API dsc_node *dsc_tokens(dsc_scope *scope, const dsc_tokens_spec *spec);

/* The shape of one example of a node's values; returns its rank, 0 for a poisoned node or a scalar. */
DSC_API size_t dsc_node_shape(const dsc_node *node, size_t shape[DSC_MAX_RANK]);

/* The integer class labels that a loss compares with: one per example, or one for each of its steps, in
   0..classes-1. dsc_labels(scope, 10), dsc_labels(scope, 10, .steps = 5, .name = "tags"). Several losses may
   read the same column. */
typedef struct dsc_labels_spec {
    size_t classes;
    size_t steps;     /* of a sequence; 0: one label an example */
    const char *name; /* NULL: "labels" */
} dsc_labels_spec;
DSC_API dsc_node *dsc_labels_with(dsc_scope *scope, const dsc_labels_spec *spec);
#define dsc_labels(scope, ...) dsc_labels_with((scope), &(dsc_labels_spec){ .classes = __VA_ARGS__ })

/* Real targets of a loss, as many per example as shape says. */
DSC_API dsc_node *dsc_targets(dsc_scope *scope, const dsc_input_spec *spec);

/* Passes of compilation, in order: build and infer shapes, append gradients, fuse, choose engines, plan
   memory. */
typedef struct dsc_compile_options {
    size_t batch;      /* examples per training step; 0: 1 */
    dsc_engine engine; /* for every op; where oneDNN has no primitive, ONEDNN runs NATIVE; other gaps fail */
    dsc_dtype dtype;
    bool inference; /* no gradients: root is any node */
    /* Patterns of names, as in dsc_parameter_group, of the parameters that are not trained: no gradient of
       them is computed, and what only it would need is not either. Their gradients stay 0. A pattern that
       matches nothing is an error. frozen_count of them. */
    const char *const *frozen;
    size_t frozen_count;
    bool input_gradients; /* gradients of real-valued inputs, too: dsc_model_input_gradient() */
    int threads;          /* of a step: results do not depend on it. 0: all, but 1 inside a parallel region */
    size_t shard;         /* examples that a thread takes at a time: part of the recipe. 0: by a fixed rule */
    bool profile;         /* measure the time of each step */
} dsc_compile_options;

/* Compiles what root depends on into a model in root's scope: for training a loss, a weighted sum of losses,
   or a node of one value, whose mean over the batch is then the loss; for inference any node. Parameters are
   initialised from the scope's seed. Returns NULL if anything failed. */
DSC_API dsc_model *dsc_compile(dsc_node *root, const dsc_compile_options *options);

/* The losses of a model: as many as its root is the sum of, 1 or none. */
enum { DSC_MOST_LOSSES = 12 };

/* All parameters, and all gradients, are one flat vector each (padding between slices stays zero). */
typedef struct dsc_slice {
    const char *name; /* "dense1/weights" */
    size_t offset, count;
    size_t shape[DSC_MAX_RANK];
    bool frozen; /* not trained */
} dsc_slice;
DSC_API size_t dsc_model_slices(const dsc_model *model, const dsc_slice **slices);
DSC_API size_t dsc_model_parameter_count(const dsc_model *model);
/* float, or double with DSC_DTYPE_F64; *elements (may be NULL) is the number with padding. */
DSC_API void *dsc_model_parameters(dsc_model *model, size_t *elements);
DSC_API void *dsc_model_gradients(dsc_model *model, size_t *elements);
/* The gradient of the loss by an input in the last step on a full batch (dsc_trainer_step()), as large as the
   input's batch; the model's until the next step. With "*" frozen a step changes no parameter. NULL, and the
   model's scope fails, if the model was compiled without .input_gradients, or the loss does not depend on
   that node or it is no real-valued input. */
DSC_API const void *dsc_model_input_gradient(dsc_model *model, const dsc_node *input, size_t *elements);

/* Running statistics and other values that training changes without a gradient: one flat vector, too. */
DSC_API size_t dsc_model_state_slices(const dsc_model *model, const dsc_slice **slices);
DSC_API void *dsc_model_state(dsc_model *model, size_t *elements);

/* The node of the model's network that bears that name, for dsc_predict(); NULL, and the model's scope fails,
   if there is none. */
DSC_API dsc_node *dsc_model_node(dsc_model *model, const char *name);

/* The engine and implementation of each op, time, arithmetic rate and share of peak (flop/s of all threads
   used; 0: not known) of the training steps since the model was compiled with .profile, as a table of text,
   in the scope. */
DSC_API const char *dsc_model_profile(dsc_scope *scope, const dsc_model *model, double peak);

/* Which engine and implementation computes each kind of op, a line for each that occurs, sorted; for a
   results file. In the scope. */
DSC_API const char *dsc_model_implementations(dsc_scope *scope, const dsc_model *model);

/* What the passes made (nodes, shapes, engines, memory, flops) as a table of text, in the scope. */
DSC_API const char *dsc_model_describe(dsc_scope *scope, const dsc_model *model);

/* Floating-point operations of one training step, of one forward pass, at the compiled batch. */
DSC_API double dsc_model_step_flops(const dsc_model *model);
DSC_API double dsc_model_forward_flops(const dsc_model *model);

#endif
