/* schema.h - what a file says of a node: its attributes by name, with the values they may have, and what it
 * is applied to. A network that comes from a file is checked by this table before shapes are inferred.
 */
#ifndef DESCENT_OPS_SCHEMA_H
#define DESCENT_OPS_SCHEMA_H

#include "ops/ops.h"

typedef enum dsci_field_kind {
    DSCI_FIELD_SIZE = 0, /* size_t */
    DSCI_FIELD_INT,      /* int, or an enumeration */
    DSCI_FIELD_BOOL,
    DSCI_FIELD_REAL,       /* double */
    DSCI_FIELD_ACTIVATION, /* by name */
    DSCI_FIELD_SHAPE,      /* dsci_shape of an example or of a parameter */
    DSCI_FIELD_REALS       /* const double *, or NULL: as many as the labels have classes */
} dsci_field_kind;

typedef struct dsci_field {
    const char *name;
    dsci_field_kind kind;
    size_t offset;    /* in dsci_attributes */
    size_t count;     /* of values one after the other; 0: 1 */
    double low, high; /* of numbers, both included */
} dsci_field;

/* An op that a network can be built of. */
typedef struct dsci_op_schema {
    const dsci_op *op;
    /* A letter for each input: x activations, i integers made from tokens, t tokens, l labels, y targets, p a
       parameter, b a bias: a parameter of a value for each column of the parameter before it, s state, a any
       but labels. "+": more like the last. */
    const char *inputs;
    size_t least;             /* inputs that must be there; those after them may be left out */
    const dsci_field *fields; /* ended by name NULL */
} dsci_op_schema;

/* The schema of an op; NULL if it is none that a network is built of. By its name: the same. */
const dsci_op_schema *dsci_op_schema_of(const dsci_op *op);
const dsci_op_schema *dsci_op_schema_named(const char *name);

/* Whether the inputs are what the schema says. */
bool dsci_op_schema_fits(const dsci_op_schema *schema, dsci_tensor *const *inputs, size_t count);

#endif
