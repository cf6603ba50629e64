/* claims.h - a claim at work on a results file: its points, and the number that is made of them (internal).
 */
#ifndef DESCENT_LAB_CLAIMS_H
#define DESCENT_LAB_CLAIMS_H

#include <descent/lab.h>

#include "record/where.h"

typedef struct dsci_check {
    dsc_scope *scope;
    dsc_record *record;
    const dsc_record_spec *spec;
    const dsc_claim *claim;
    const char *reason; /* the first thing that keeps the claim from being told; NULL: nothing yet */
} dsci_check;

/* Notes why the claim can't be told (NULL: memory is out). Always false. */
bool dsci_check_refuse(dsci_check *check, const char *reason);

/* The axis of this name; NULL if the record has none. */
const dsc_record_axis *dsci_check_axis(const dsci_check *check, const char *name);

/* Whether the record has what the claim needs. */
bool dsci_check_needs(dsci_check *check);

/* The points of a term: offsets into the output's values of the first seed. */
typedef struct dsci_points {
    const dsc_record_output *output;
    size_t seeds, stride; /* the seeds' values of a point are stride apart */
    size_t count;
    size_t *offsets;
    const double *along; /* values of the one axis with several points; NULL: none or several axes */
} dsci_points;

bool dsci_points_select(dsci_check *check, const dsc_term *term, dsci_points *points);
double dsci_points_value(const dsci_points *points, size_t point, size_t seed);

/* The seeds' finite values of a point, less those of other points if b is not NULL. */
dsc_interval dsci_points_over_seeds(const dsci_check *check, const dsci_points *a, const dsci_points *b,
                                    size_t point);

/* The claim's number over the seeds, scale applied. */
bool dsci_check_measure(dsci_check *check, dsc_interval *result);

/* The places among values of what a statistic tells of, a largest or a smallest one or both ends of a range;
   returns how many, at most two. */
size_t dsci_statistic_places(dsc_statistic statistic, const double *values, size_t count, size_t places[2]);

#endif
