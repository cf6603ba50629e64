/* cases.h - for every op with a gradient, the networks it is checked in. A new op needs a line in a file of
 * cases: an array of them, listed in cases.c.
 */
#ifndef DESCENT_TESTS_CASES_H
#define DESCENT_TESTS_CASES_H

#include <descent/nn.h>
#include <descent/rng.h>

#include "graph/model.h"

/* The sizes that a network of a case is made of. The first variant of a case has the smallest of each, the
 * second the largest, the others random ones. */
struct draw {
    uint64_t seed;
    uint32_t variant, next;
};

/* low..high, both included. */
static inline size_t draw_size(struct draw *draw, size_t low, size_t high)
{
    const uint32_t at = draw->next++;
    if (draw->variant < 2)
        return draw->variant == 0 ? low : high;
    return low + (size_t)dsc_rng_below(dsc_rng_make(draw->seed, DSC_STREAM_DATA), draw->variant, at,
                                       high - low + 1);
}

/* What the loss of a case is given beside labels. */
enum target_values {
    TARGETS_NORMAL = 0,
    TARGETS_UNIT,        /* between 0 and 1 */
    TARGETS_DISTRIBUTION /* positive, with sum 1 over the last dimension */
};

struct gradient_case {
    const char *name;
    const char *op; /* the op it is there for, by its name in the table of ops */
    /* The network up to its loss; layers with parameters lie below the op, so that its gradient is seen. */
    dsc_node *(*loss)(dsc_scope *scope, struct draw *draw);
    enum target_values targets;
    double tolerance; /* of single precision, in units of the usual one; 0: 1 */
};

struct gradient_suite {
    const struct gradient_case *cases;
    size_t count;
};

extern const struct gradient_suite *const gradient_suites[];
extern const size_t gradient_suite_count;

enum { CASE_VARIANTS = 7 };

/* A case's network for a variant, compiled; the batch is 1 in the first variant. */
dsc_model *make_case(dsc_scope *scope, const struct gradient_case *c, uint32_t variant, dsc_engine engine,
                     dsc_dtype dtype);

/* Has the plan read random examples, the same for every type. In the scope. */
void bind_random(dsc_scope *scope, dsci_execution *plan, enum target_values targets, uint64_t seed);

/* Runs body for every case c and variant v of all suites. */
#define EACH_CASE(body)                                                                                      \
    for (size_t suite = 0; suite < gradient_suite_count; suite++)                                            \
        for (size_t index = 0; index < gradient_suites[suite]->count; index++)                               \
            for (uint32_t v = 0; v < CASE_VARIANTS; v++) {                                                   \
                const struct gradient_case *c = &gradient_suites[suite]->cases[index];                       \
                body;                                                                                        \
            }

/* --- What the files of cases share --- */

static inline dsc_node *case_vector(dsc_scope *scope, struct draw *draw)
{
    return dsc_input(scope, &(dsc_input_spec){ .shape = { draw_size(draw, 1, 40) } });
}

/* Squared loss of a dense layer over x. */
static inline dsc_node *squared_head(dsc_node *x, dsc_scope *scope, struct draw *draw)
{
    const size_t outputs = draw_size(draw, 1, 10);
    return dsc_squared_loss(dsc_dense(x, outputs),
                            dsc_targets(scope, &(dsc_input_spec){ .shape = { outputs } }));
}

static inline dsc_node *classifier_head(dsc_node *x, dsc_scope *scope, struct draw *draw)
{
    const size_t classes = draw_size(draw, 1, 10);
    return dsc_softmax_cross_entropy(dsc_dense(x, classes), dsc_labels(scope, classes));
}

#endif
