/* optimizer.h - update rules, schedules of the learning rate, regularisation of parameters. */
#ifndef DESCENT_OPTIMIZER_H
#define DESCENT_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>

/* Update rules. g is the gradient, clipped, with the regularisers' added; t counts from 1;
   m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t). All memory starts at 0 unless said otherwise. Each is
   PyTorch's, defaults included, unless it says where that differs. */
typedef enum dsc_optimizer_kind {
    /* w -= lr g (Robbins and Monro 1951). lr 0.01; PyTorch 0.001. */
    DSC_OPTIMIZER_SGD = 0,
    /* v = mu v + g; w -= lr v (Polyak 1964). sutskever: v = mu v - lr g; w += v (Sutskever et al. 2013), the
       same while the rate is constant; PyTorch has the first alone. mu 0.9, lr 0.01; PyTorch 0 and 0.001,
       here and below. */
    DSC_OPTIMIZER_MOMENTUM,
    /* v as before; w -= lr (g + mu v) (Nesterov 1983). sutskever: w += mu v - lr g. In both w is the point
       w' + mu v' that Sutskever et al. (2013) look ahead to, where they take the gradient, and not their w';
       PyTorch has the first alone. */
    DSC_OPTIMIZER_NESTEROV,
    /* m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w -= lr m^ / (sqrt(v^) + eps) (Kingma and
       Ba 2015, algorithm 1). lr 0.001, beta 0.9 and 0.999, eps 1e-8. */
    DSC_OPTIMIZER_ADAM,
    /* v += g^2; w -= lr g / (sqrt(v) + eps) (Duchi et al. 2011). lr 0.01, eps 1e-10. PyTorch's lr_decay is
       the schedule INVERSE_TIME. */
    DSC_OPTIMIZER_ADAGRAD,
    /* v = beta2 v + (1 - beta2) g^2; w -= lr g / (sqrt(v) + eps) (Tieleman and Hinton 2012, with beta2 0.9;
       0.99 is PyTorch's). centered: v - mean(g)^2 under the root (Graves 2013; not below 0, which PyTorch
       leaves to rounding); momentum: u = mu u + g / (...); w -= lr u. lr 0.01, eps 1e-8. */
    DSC_OPTIMIZER_RMSPROP,
    /* v as before; s = g sqrt(d + eps) / sqrt(v + eps); d = beta2 d + (1 - beta2) s^2; w -= lr s (Zeiler
       2012, who has no lr and beta2 0.95; 0.9 is PyTorch's). lr 1, eps 1e-6. */
    DSC_OPTIMIZER_ADADELTA,
    /* m as Adam's; u = max(beta2 u, |g| + eps); w -= lr m^ / u (Kingma and Ba 2015, algorithm 2, without eps,
       which is PyTorch's). lr 0.002. */
    DSC_OPTIMIZER_ADAMAX,
    /* mu_t = beta1 (1 - 0.96^(t / 250) / 2), P_t the product of mu_1 to mu_t;
       w -= lr (mu_(t+1) m / (1 - P_(t+1)) + (1 - mu_t) g / (1 - P_t)) / (sqrt(v^) + eps) (Dozat 2016). lr
       0.002. PyTorch keeps P in single precision. */
    DSC_OPTIMIZER_NADAM,
    /* Adam with the largest v so far, divided by 1 - beta2^t (Reddi et al. 2018, who correct neither m nor v;
       the corrections are PyTorch's). */
    DSC_OPTIMIZER_AMSGRAD,
    /* Adam after w *= 1 - lr weight_decay (Loshchilov and Hutter 2019, whose decay follows the schedule but
       not lr itself; PyTorch's as here). weight_decay 0; PyTorch 0.01. */
    DSC_OPTIMIZER_ADAMW,
    /* Steps of each weight, from lr: times 1.2 if g keeps its sign, 0.5 if not, within 1e-6..50; w -= sign(g)
       step, none after a change of sign, which the next step does not count as one (Riedmiller and Braun
       1993, without going back). lr 0.01, read at the start only: no schedule changes the steps. */
    DSC_OPTIMIZER_RPROP,
    /* d = (1 - beta1) g + beta1 d; the gain of each weight, from 1: + 0.05 if g has the sign of the last d,
       times 0.95 if the other, within 0.1..10; w -= lr gain g (Jacobs 1988, who adapts the rate itself; gains
       and bounds are those of Hinton's lectures, 2012). momentum: u = mu u + gain g; w -= lr u. lr 0.01,
       beta1 0.7. Not in PyTorch. */
    DSC_OPTIMIZER_DELTA_BAR_DELTA,
    DSC_OPTIMIZER_COUNT
} dsc_optimizer_kind;

typedef enum dsc_schedule_kind {
    DSC_SCHEDULE_CONSTANT = 0,
    DSC_SCHEDULE_STEPWISE,     /* lr factor^floor(t / period) */
    DSC_SCHEDULE_EXPONENTIAL,  /* lr factor^t */
    DSC_SCHEDULE_INVERSE_TIME, /* lr / (1 + factor t) */
    DSC_SCHEDULE_COSINE, /* from lr to minimum over period, and stays there (Loshchilov and Hutter 2017) */
    DSC_SCHEDULE_WARM_RESTARTS, /* the same again and again, each factor times as long */
    DSC_SCHEDULE_PLATEAU,       /* times factor when the loss has not fallen for patience epochs */
    DSC_SCHEDULE_TRIANGULAR,    /* between minimum and lr and back in 2 period (Smith 2017) */
    DSC_SCHEDULE_TRIANGULAR2,   /* the same, its height halved each cycle */
    DSC_SCHEDULE_ONE_CYCLE,     /* up and down once over period, with momentum against it (Smith 2018) */
    DSC_SCHEDULE_COUNT
} dsc_schedule_kind;

/* t is the number of steps done, or of epochs with by_epoch. Zeros mean PyTorch's defaults. */
typedef struct dsc_schedule {
    dsc_schedule_kind kind;
    bool by_epoch;
    double factor;
    double period;
    double minimum; /* of the rate */
    double warmup;  /* steps, the first ones, with lr (t + 1) / warmup; then t counts from 0 */
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
   a star stands for any text (".../bias" with a star for the dots). The first group that matches counts;
   a group that has no parameter in the end is an error. */
typedef struct dsc_parameter_group {
    const char *match;
    double lr_factor; /* 0: 1 */
    bool frozen;      /* not trained; .frozen of dsc_compile() also spares the gradient */
    bool no_decay;    /* without weight_decay, l1, l2 and max_norm */
    double weight_decay, l1, l2, max_norm; /* 0: the optimizer's */
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
    double clip_norm, clip_value; /* of the loss's gradient, before regularisers: all of it to this norm
                                     (Pascanu 2013), after each element to this size; 0: not */
    bool centered;                /* RMSPROP: by the variance (Graves 2013) */
    bool sutskever; /* MOMENTUM, NESTEROV: the rate inside the velocity (Sutskever et al. 2013) */
    /* Of an embedding's table, the rows that a batch names get a gradient, and the others 0. SGD and ADAGRAD
       without decay leave those alone anyway, so they are not looked at. Other rules would move them on by
       what they remember; with lazy_rows they don't: rows are updated, decayed and forgotten only in steps
       that name them, and corrections for bias count all steps (LazyAdam of TensorFlow, SparseAdam of
       PyTorch). */
    bool lazy_rows;
    dsc_schedule schedule;
    const dsc_parameter_group *groups; /* group_count of them; they must outlive the optimizer's use */
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
