/* optimizer.h - update rules, schedules of the learning rate, regularisation of parameters. */
#ifndef DESCENT_OPTIMIZER_H
#define DESCENT_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>

/* Update rules. g is the gradient, with the regularisers' added; t counts from 1. */
typedef enum dsc_optimizer_kind {
    DSC_SGD = 0,
    DSC_MOMENTUM,
    DSC_NESTEROV,
    DSC_ADAM,
    DSC_ADAGRAD,
    DSC_RMSPROP,
    DSC_ADADELTA,
    DSC_ADAMAX,
    DSC_NADAM,
    DSC_AMSGRAD,
    DSC_ADAMW,
    DSC_RPROP,
    DSC_DELTA_BAR_DELTA,
    DSC_OPTIMIZER_COUNT
} dsc_optimizer_kind;

typedef enum dsc_schedule_kind {
    DSC_CONSTANT = 0,
    DSC_STEPWISE,      /* lr factor^floor(t / period) */
    DSC_EXPONENTIAL,   /* lr factor^t */
    DSC_INVERSE_TIME,  /* lr / (1 + factor t) */
    DSC_COSINE,        /* from lr to minimum over period (Loshchilov and Hutter 2017) */
    DSC_WARM_RESTARTS, /* the same again and again, each factor times as long */
    DSC_PLATEAU,       /* times factor when the loss has not fallen for patience epochs */
    DSC_TRIANGULAR,    /* between minimum and lr and back in 2 period (Smith 2017) */
    DSC_TRIANGULAR2,   /* the same, its height halved each cycle */
    DSC_ONE_CYCLE,     /* up and down once over period, with momentum against it (Smith 2018) */
    DSC_SCHEDULE_COUNT
} dsc_schedule_kind;

/* t is the number of steps done, or of epochs with by_epoch. Zeros mean PyTorch's defaults. */
typedef struct dsc_schedule {
    dsc_schedule_kind kind;
    bool by_epoch;
    double factor;
    double period;
    double minimum; /* of the rate */
    double warmup;  /* from 0 to lr in so many steps before everything else */
    /* PLATEAU */
    size_t patience, cooldown;
    double threshold; /* relative */
    /* ONE_CYCLE */
    double rise; /* share of the period in which the rate grows; 0: 0.3 */
    double divide,
        divide_at_end; /* it starts at lr / divide, ends at its start / divide_at_end; 0: 25, 1e4 */
    double momentum_low, momentum_high; /* 0: 0.85, 0.95 */
} dsc_schedule;

/* Settings of some parameters that differ from the others': of those whose name matches the pattern, in which
 * stands for any text ("* /bias" without the blank). The first group that matches counts. */
typedef struct dsc_parameter_group {
    const char *match;
    double lr_factor;                      /* 0: 1 */
    bool frozen;                           /* not trained */
    bool no_decay;                         /* without weight_decay, l1, l2 and max_norm */
    double weight_decay, l1, l2, max_norm; /* 0: the optimiser's */
} dsc_parameter_group;

typedef struct dsc_optimizer {
    dsc_optimizer_kind kind;
    double lr;           /* 0: the rule's default */
    double momentum;     /* 0: 0.9 for MOMENTUM and NESTEROV */
    double beta1, beta2; /* 0: the rule's default; the decay of RMSPROP and ADADELTA is beta2 */
    double epsilon;      /* 0: the rule's default */
    double
        weight_decay; /* SGD's, ADAM's ...: g + weight_decay w (PyTorch's weight_decay). ADAMW: decoupled */
    double l1, l2;    /* of the loss: + l1 |w| + l2 / 2 w^2; both: elastic net */
    double decoupled_decay; /* w -= lr decoupled_decay w, whatever the rule (Loshchilov and Hutter 2019) */
    double max_norm; /* the weights into a unit (a column, a filter) are scaled back to this norm after each
                        update (Srebro; Srivastava et al. 2014); 0: not. Biases are left alone */
    double clip_norm,
        clip_value; /* of the gradient: all of it to this norm (Pascanu 2013); each element; 0: not */
    bool centered;  /* RMSPROP: by the variance (Graves 2013) */
    bool sutskever; /* MOMENTUM, NESTEROV: the rate inside the velocity (Sutskever et al. 2013) */
    dsc_schedule schedule;
    const dsc_parameter_group *groups; /* group_count of them; they must outlive the optimiser's use */
    size_t group_count;
} dsc_optimizer;

DSC_API const char *dsc_optimizer_name(dsc_optimizer_kind kind); /* "adam" */
DSC_API dsc_optimizer_kind dsc_optimizer_parse(dsc_scope *scope, const char *name);
DSC_API const char *dsc_schedule_name(dsc_schedule_kind kind);
DSC_API dsc_schedule_kind dsc_schedule_parse(dsc_scope *scope, const char *name);

/* The rate at a step (from 0) and epoch (from 0), and its momentum (NAN: unchanged); of PLATEAU: before any.
 */
DSC_API double dsc_schedule_rate(const dsc_schedule *schedule, double lr, uint64_t step, uint64_t epoch);
DSC_API double dsc_schedule_momentum(const dsc_schedule *schedule, uint64_t step, uint64_t epoch);

#endif
