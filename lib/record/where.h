/* where.h - the language in which figures and claims choose points of a record (internal).

   A text such as "label_noise=0.15 width=36..80 epoch=last" is a list of conditions with blanks between them,
   at most one for an axis; along an axis without a condition every value is meant.

     where        [condition {" " condition}]
     condition    AXIS "=" alternative {"," alternative}
     alternative  NAME             the value of that name; "*" once in it stands for any text
                  NUMBER           the value itself, if no value of the axis has this name
                  [LOW] ".." [HIGH]  the values between two numbers, LOW the smaller, both included; one of
   them may be left out "last"           the largest value

   A word without an equals sign goes on with the condition before it, because names may have blanks in them
   ("row=gemm/square fp32"). Numbers agree to nine digits. */
#ifndef DESCENT_RECORD_WHERE_H
#define DESCENT_RECORD_WHERE_H

#include <descent/record.h>

typedef enum dsci_alternative_kind {
    DSCI_ONE_VALUE,
    DSCI_VALUE_RANGE,
    DSCI_LARGEST_VALUE
} dsci_alternative_kind;

typedef struct dsci_alternative {
    dsci_alternative_kind kind;
    const char *text; /* as it was written */
    double low, high; /* of a range; infinite where an end was left out */
} dsci_alternative;

typedef struct dsci_condition {
    const char *axis, *text; /* "width", "9,47,36..80" */
    size_t count;
    dsci_alternative *alternatives;
} dsci_condition;

typedef struct dsci_where {
    size_t count;
    dsci_condition *conditions;
} dsci_where;

/* Places on an axis: indices into its values. */
typedef struct dsci_places {
    const dsci_condition *condition; /* that chose them; NULL: none did, they are all */
    size_t count;
    size_t *at; /* by increasing value, however the axis was typed */
} dsci_places;

/* Reads a text into the scope; NULL is the empty text. Returns what is wrong with it, for the end of a
   message, in the scope; NULL: nothing. */
const char *dsci_where_read(dsc_scope *scope, const char *text, dsci_where *where);

/* The condition on an axis; NULL if there is none. */
const dsci_condition *dsci_where_find(const dsci_where *where, const char *axis);

/* The places that a condition leaves on an axis, maybe none; NULL leaves all. at is NULL when memory is out.
 */
dsci_places dsci_where_places(dsc_scope *scope, const dsc_record_axis *axis, const dsci_condition *condition);

/* The places that a text's conditions leave on each axis of a record: places[0..axis_count-1]. Returns what
   is wrong, for the end of a message, in the scope: an axis that the record lacks, a text on an axis of
   numbers. */
const char *dsci_where_choose(dsc_scope *scope, const dsc_record_spec *spec, const dsci_where *where,
                              dsci_places places[DSC_RECORD_MAX_AXES]);

/* The place whose value is nearest to a number, the first of several; 0 if the axis has none. */
size_t dsci_axis_nearest(const dsc_record_axis *axis, double value);

/* Whether two numbers agree to nine digits. False if b is infinite or not a number. */
bool dsci_same_number(double a, double b);

#endif
