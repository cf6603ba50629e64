/* schema.h - what a file says of a node: its attributes by name, with the values they may have, and what it
 * is applied to. A network that comes from a file is checked by this table before shapes are inferred.
 */
#ifndef DESCENT_OPS_SCHEMA_H
#define DESCENT_OPS_SCHEMA_H

#include "ops/node.h"

typedef enum dsci_field_kind {
    DSCI_FIELD_SIZE = 0, /* size_t */
    DSCI_FIELD_INT,      /* int, or an enumeration */
    DSCI_FIELD_BOOL,
    DSCI_FIELD_FLAG,       /* bool, which files leave out where it is false */
    DSCI_FIELD_REAL,       /* double */
    DSCI_FIELD_ACTIVATION, /* by name */
    DSCI_FIELD_SHAPE,      /* dsci_shape of an example or of a parameter */
    DSCI_FIELD_REALS /* const double *, or NULL: as many as the labels among the inputs have classes, without
                        labels as there are inputs */
} dsci_field_kind;

typedef struct dsci_field {
    const char *name;
    dsci_field_kind kind;
    size_t offset;    /* in dsci_attributes */
    size_t count;     /* of values one after the other; 0: 1 */
    double low, high; /* of numbers, both included */
} dsci_field;

/* The place of an attribute. */
#define DSCI_AT(member) offsetof(dsci_attributes, member)

/* The fields of a window. */
#define DSCI_WINDOW_FIELDS(window)                                                                           \
    { "kernel", DSCI_FIELD_SIZE, DSCI_AT(window.kernel), 2, 1, 0x1p20 },                                     \
        { "stride", DSCI_FIELD_SIZE, DSCI_AT(window.stride), 2, 1, 0x1p20 },                                 \
        { "dilation", DSCI_FIELD_SIZE, DSCI_AT(window.dilation), 2, 1, 0x1p20 },                             \
        { "before", DSCI_FIELD_SIZE, DSCI_AT(window.before), 2, 0, 0x1p20 },                                 \
    {                                                                                                        \
        "after", DSCI_FIELD_SIZE, DSCI_AT(window.after), 2, 0, 0x1p20                                        \
    }

typedef struct dsci_op_schema {
    /* A letter for each input: x activations, r any real values, n integers from outside, i integers made
       from tokens, t tokens, l labels, y targets or activations, o losses, p a parameter, b a bias: a
       parameter of a value for each column of the parameter before it, s state, a any but labels. "+": more
       like the last. NULL: networks are not built of the op.
     */
    const char *inputs;
    size_t least;             /* inputs that must be there; those after them may be left out */
    const dsci_field *fields; /* ended by name NULL; NULL: none */
} dsci_op_schema;

/* The letter of input i. */
char dsci_op_schema_letter(const dsci_op_schema *schema, size_t i);

/* Whether the inputs are what the schema says. */
bool dsci_op_schema_fits(const dsci_op_schema *schema, dsci_tensor *const *inputs, size_t count);

#endif
