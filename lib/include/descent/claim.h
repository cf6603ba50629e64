/* claim.h - what sources say that an experiment should show, and whether a results file agrees. */
#ifndef DESCENT_CLAIM_H
#define DESCENT_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/record.h>
#include <descent/scope.h>
#include <descent/statistics.h>

/* What is made of the points of an output that `where` leaves, of each seed by itself. An axis of several
   such points is needed, and no second one, by those that go along it. */
typedef enum dsc_statistic {
    DSC_STATISTIC_MEAN = 0, /* of one point: its value */
    DSC_STATISTIC_MINIMUM,
    DSC_STATISTIC_MAXIMUM,
    DSC_STATISTIC_MAGNITUDE, /* the largest absolute value */
    DSC_STATISTIC_RANGE,     /* largest less smallest */
    DSC_STATISTIC_ARGMIN,    /* the axis value where it is smallest, the first of several */
    DSC_STATISTIC_ARGMAX,
    DSC_STATISTIC_RISE,           /* the largest increase from one point to any later one; 0: nowhere */
    DSC_STATISTIC_FALL,           /* the same of decreases */
    DSC_STATISTIC_CHOSEN_MINIMUM, /* the value at the point where the mean of the other seeds is smallest: the
                                     smallest of a seed's own values is below the others' by chance alone */
    DSC_STATISTIC_CHOSEN_MAXIMUM,
    DSC_STATISTIC_DEVIATION /* with a claim's against: the largest |mean over seeds of the difference| of the
                               points, in its standard errors; over all seeds at once */
} dsc_statistic;

/* A number that each seed of a results file gives. where chooses the points, in the language of a figure's
   series (figure.h): "label_noise=0.15 width=36..80 epoch=last". Along an axis without a condition all its
   values are meant. Rises and falls go from the smallest value up, however the list was typed. */
typedef struct dsc_term {
    const char *output; /* NULL: no term */
    const char *where;  /* NULL: all points */
    dsc_statistic statistic;
} dsc_term;

typedef enum dsc_relation { DSC_RELATION_DIFFERENCE = 0, DSC_RELATION_RATIO } dsc_relation;

/* What a source says that an experiment should show, and when a measurement agrees with it. The measured
   number is the term (less, or divided by, a second one, seed by seed) times scale; of it the median over the
   seeds lies in low..high (-INFINITY, INFINITY: no bound) where the claim holds. */
typedef struct dsc_claim {
    const char *text;     /* a sentence: "The test error peaks where training just fits" */
    const char *setting;  /* where it differs from its group's; NULL: that */
    const char *expected; /* what the source gives, as a person would say it ("54 %"); NULL: low..high */
    /* Parameters (and axes that must have all of some values) without which nothing can be told:
       "epochs=500 width=9,47,300"; data=NAME needs files called NAME/... by --data. NULL: none. */
    const char *needs;
    dsc_term measured, against;
    dsc_relation relation;
    double scale;      /* 0: 1 */
    const char *units; /* behind numbers: "%", "points"; NULL: none */
    double low, high;
    /* Not 0: the mean over the seeds is compared instead, and may lie outside by this number of standard
       errors; negative: it must lie inside by that number. */
    double standard_errors;
    bool pooled;   /* statistics of the seeds' medians, point by point, instead of each seed's statistic */
    int64_t seeds; /* fewer can't tell; 0: 1 */
} dsc_claim;

/* Claims of one source. A table of them ends with an entry without a source. */
typedef struct dsc_claims {
    const char *source;      /* who says so */
    const char *setting;     /* what the source measured it on, for readers */
    const dsc_claim *claims; /* ended by one without text */
} dsc_claims;
/* The list of a group: DSC_CLAIMS({ .text = ... }, { .text = ... }). */
#define DSC_CLAIMS(...)                                                                                      \
    (const dsc_claim[])                                                                                      \
    {                                                                                                        \
        __VA_ARGS__,                                                                                         \
        {                                                                                                    \
            .text = NULL                                                                                     \
        }                                                                                                    \
    }

typedef enum dsc_verdict {
    DSC_VERDICT_UNTOLD = 0, /* another setting, values missing, too few seeds: reason says which */
    DSC_VERDICT_AGREES,
    DSC_VERDICT_DIFFERS
} dsc_verdict;

typedef struct dsc_claim_result {
    dsc_verdict verdict;
    dsc_interval measured; /* over the seeds, scale applied; n is 0 when untold for want of values */
    bool has_interval;     /* low, high and standard_error are known: several seeds, not pooled */
    const char *number;    /* the measured number as it is shown: "54.2 [53.1, 55.9] %, N = 6"; "" if none */
    const char *expected;  /* likewise: "54 % (52.5 to 57 agrees)" */
    const char *reason;    /* of UNTOLD; else "" */
} dsc_claim_result;

/* Holds a claim against a results file. What the file lacks is a reason, never an error. Texts in the scope.
 */
DSC_API dsc_claim_result dsc_claim_check(dsc_scope *scope, dsc_record *record, const dsc_claim *claim);

/* Of a claim that the record can tell about: which values of the record's axis of this index a table must not
   leave out, those that the claim names and those where its extremes lie. Sets their flags, one for each
   value of the axis, and clears none; a claim that can't be told sets none. */
DSC_API void dsc_claim_values(dsc_scope *scope, dsc_record *record, const dsc_claim *claim, size_t axis,
                              bool *about);

#endif
