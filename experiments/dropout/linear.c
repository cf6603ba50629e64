/* linear.c - what dropout of the inputs does to linear least squares, exactly.
 *
 * With a mask R whose elements are 1 with probability p, independent of each other,
 *     E ||y - (R * X) w||^2 = ||y - p X w||^2 + p (1 - p) w' D w,     D = diag(X'X)
 * (Srivastava et al. 2014, section 9.1; Baldi and Sadowski 2013). The penalty p (1 - p) is largest at p =
 * 1/2, which is often read as "dropout is most effective at p = 1/2". But p also shrinks what w does: in the
 * weights u = p w that predict, or with inverted dropout from the start, E ||y - (R * X / p) u||^2 = ||y - X
 * u||^2 + (1 - p) / p u' D u, and the penalty only grows as p falls: dropout is ridge regression on columns
 * of equal length, of ridge (1 - p) / p. Gaussian noise N(1, (1 - p) / p) on the inputs has the same two
 * moments, so the same objective.
 *
 * Each formula stands beside an enumeration of all masks, a Monte Carlo mean and a network trained with the
 * library's dropout layer. */
#include "dropout.h"

#include <math.h>

struct linear_hyperparameters {
    int64_t n, features, draws, steps;
    double signal, noise, keep;
};

enum { MOST_FEATURES = 14 };

static const dsc_param params[] = {
    DSC_PARAM_INTEGER(struct linear_hyperparameters, n, "100", 4, 10000, "examples"),
    DSC_PARAM_INTEGER(struct linear_hyperparameters, features, "8", 1, MOST_FEATURES,
                      "features; all 2^features masks of an example are enumerated"),
    DSC_PARAM_REAL(struct linear_hyperparameters, signal, "1", 0, 1e6,
                   "squared norm of the true coefficients"),
    DSC_PARAM_REAL(struct linear_hyperparameters, noise, "4", 0, 1e6, "variance of the noise in y"),
    DSC_PARAM_INTEGER(struct linear_hyperparameters, draws, "2000", 2, 10000000,
                      "masks of all examples drawn for the Monte Carlo means"),
    DSC_PARAM_INTEGER(struct linear_hyperparameters, steps, "20000", 2, 100000000,
                      "gradient steps, each on all examples with fresh masks; the second half is averaged"),
    { 0 },
};

static const dsc_axis axes[] = {
    { .param =
          DSC_PARAM_REAL(struct linear_hyperparameters, keep, "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1", 0.01,
                         1, "probability p that an input is kept (a dropout layer's rate is 1 - p)"),
      .units = "1",
      .long_name = "probability p of keeping" },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "unscaled_loss", "1", "expected squared error under dropout, unscaled weights, by the formula", NULL },
    { "unscaled_residual", "1", "the same over all masks, relative difference", NULL },
    { "unscaled_monte_carlo", "1", "the same, mean over drawn masks", NULL },
    { "unscaled_error", "1", "standard error of unscaled_monte_carlo", NULL },
    { "effective_loss", "1", "expected squared error under inverted dropout, by the formula", NULL },
    { "effective_residual", "1", "the same over all masks, relative difference", NULL },
    { "effective_monte_carlo", "1", "the same, mean over drawn masks", NULL },
    { "effective_error", "1", "standard error of effective_monte_carlo", NULL },
    { "gaussian_monte_carlo", "1", "the same for Gaussian noise of variance (1 - p) / p", NULL },
    { "gaussian_error", "1", "standard error of gaussian_monte_carlo", NULL },
    { "gradient_residual", "1",
      "expected gradient over all masks against the formula's, relative, unscaled weights", NULL },
    { "unscaled_penalty", "1", "p (1 - p): penalty over w'Dw at fixed unscaled weights", NULL },
    { "unscaled_penalty_measured", "1", "the same from the Monte Carlo mean", NULL },
    { "effective_penalty", "1", "(1 - p) / p: penalty over u'Du at fixed effective weights", NULL },
    { "effective_penalty_measured", "1", "the same from the Monte Carlo mean", NULL },
    { "norm", "1", "size of the minimiser's effective weights, sqrt(u'Du / n), closed form", NULL },
    { "unscaled_norm", "1", "size of the minimiser's unscaled weights w = u / p", NULL },
    { "norm_trained", "1", "size of the effective weights that training with a dropout layer gives", NULL },
    { "distance", "1", "distance of trained from closed-form weights, relative", NULL },
    { "excess_risk", "1", "excess risk of the minimiser", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "keep=0.1,0.3,0.5,0.7,0.9,1 seeds=5 draws=1000 steps=5000", "seconds" },
    { "default", "seeds=20", "20 seeds: seconds" },
    { "paper", "keep=0.05..1 step 0.05 seeds=50 draws=10000 steps=100000", "50 seeds: a minute" },
    { 0 },
};

/* One problem: X, y and what follows from them at one p. */
struct problem {
    size_t n, features;
    double *x, *y;
    double *lengths; /* D: squared lengths of the columns */
    double keep;
};

/* The scale of a feature: columns of unequal length show that the penalty is by D, not by the identity. */
static double feature_scale(size_t j)
{
    return 0.5 * (double)(1 + j % 4);
}

static struct problem draw_problem(dsc_cell *cell, double **truth)
{
    const struct linear_hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    dsc_dataset data = dsc_teacher(scope,
                                   &(dsc_teacher_options){ .seed = dsc_cell_seed(cell),
                                                           .count = (size_t)k->n,
                                                           .features = (size_t)k->features,
                                                           .signal = k->signal,
                                                           .noise = k->noise },
                                   truth);
    struct problem p = { .n = data.count,
                         .features = data.features,
                         .x = data.x,
                         .y = data.y,
                         .lengths = dsc_scope_alloc(scope, data.features, sizeof(double)),
                         .keep = k->keep };
    for (size_t i = 0; p.lengths && dsc_scope_status(scope) == DSC_OK && i < p.n * p.features; i++) {
        const size_t j = i % p.features;
        data.x[i] *= feature_scale(j);
        p.lengths[j] += data.x[i] * data.x[i];
    }
    return p;
}

/* ||y - factor X w||^2 */
static double squared_error(const struct problem *p, const double *w, double factor)
{
    double sum = 0;
    for (size_t i = 0; i < p->n; i++) {
        double residual = p->y[i];
        for (size_t j = 0; j < p->features; j++)
            residual -= factor * p->x[i * p->features + j] * w[j];
        sum += residual * residual;
    }
    return sum;
}

/* w'Dw */
static double squared_size(const struct problem *p, const double *w)
{
    double sum = 0;
    for (size_t j = 0; j < p->features; j++)
        sum += p->lengths[j] * w[j] * w[j];
    return sum;
}

/* Expectations over all masks of ||y - factor (R * X) w||^2 and of its gradient in w: examples are
   independent, so 2^d masks of each are all. */
static double enumerate(const struct problem *p, const double *w, double factor, double *gradient)
{
    const size_t d = p->features;
    double loss = 0;
    for (size_t j = 0; j < d; j++)
        gradient[j] = 0;
    for (size_t mask = 0; mask < (size_t)1 << d; mask++) {
        double probability = 1;
        for (size_t j = 0; j < d; j++)
            probability *= mask >> j & 1 ? p->keep : 1 - p->keep;
        for (size_t i = 0; i < p->n; i++) {
            const double *row = p->x + i * d;
            double residual = p->y[i];
            for (size_t j = 0; j < d; j++)
                residual -= mask >> j & 1 ? factor * row[j] * w[j] : 0;
            loss += probability * residual * residual;
            for (size_t j = 0; j < d; j++)
                gradient[j] -= mask >> j & 1 ? 2 * factor * probability * residual * row[j] : 0;
        }
    }
    return loss;
}

/* The gradient of the formula: -2 p X'(y - p X w) + 2 p (1 - p) D w; the largest difference to `gradient`,
   relative to its largest element. */
static double gradient_residual(const struct problem *p, const double *w, const double *gradient)
{
    double largest = 0, difference = 0;
    for (size_t j = 0; j < p->features; j++) {
        double formula = 2 * p->keep * (1 - p->keep) * p->lengths[j] * w[j];
        for (size_t i = 0; i < p->n; i++) {
            double residual = p->y[i];
            for (size_t l = 0; l < p->features; l++)
                residual -= p->keep * p->x[i * p->features + l] * w[l];
            formula -= 2 * p->keep * residual * p->x[i * p->features + j];
        }
        largest = fmax(largest, fabs(formula));
        difference = fmax(difference, fabs(formula - gradient[j]));
    }
    return difference / largest;
}

struct mean {
    double mean, error;
};

/* The mean of the loss over drawn noise, and its standard error. Gaussian: N(1, (1 - p) / p) instead of
 * masks. */
static struct mean draw(const struct problem *p, const double *w, double factor, size_t draws, dsc_rng rng,
                        bool gaussian)
{
    const double deviation = sqrt((1 - p->keep) / p->keep);
    double sum = 0, squares = 0, shift = NAN;
    for (size_t s = 0; s < draws; s++) {
        double loss = 0;
        for (size_t i = 0; i < p->n; i++) {
            double residual = p->y[i];
            for (size_t j = 0; j < p->features; j++) {
                const size_t at = i * p->features + j;
                const double noise = gaussian ? 1 + deviation * dsc_rng_normal(rng, (uint32_t)s, at)
                                              : factor * (dsc_rng_uniform(rng, (uint32_t)s, at) < p->keep);
                residual -= noise * p->x[at] * w[j];
            }
            loss += residual * residual;
        }
        shift = s == 0 ? loss : shift;
        sum += loss - shift;
        squares += (loss - shift) * (loss - shift);
    }
    const double n = (double)draws;
    return (struct mean){ shift + sum / n, sqrt(fmax(squares - sum * sum / n, 0) / (n - 1) / n) };
}

/* argmin ||y - X u||^2 + ridge u'Du: ridge regression on columns of length 1. */
static double *minimiser(dsc_scope *scope, const struct problem *p, double ridge)
{
    dsc_matrix z = dsc_matrix_make(scope, p->n, p->features);
    for (size_t i = 0; z.data && i < p->n * p->features; i++)
        z.data[i] = p->x[i] / sqrt(p->lengths[i % p->features]);
    const dsc_least_squares_result fit = dsc_least_squares(scope, z, (dsc_matrix){ p->n, 1, p->y },
                                                           &(dsc_least_squares_options){ .ridge = ridge });
    for (size_t j = 0; fit.weights.data && j < p->features; j++)
        fit.weights.data[j] /= sqrt(p->lengths[j]);
    return fit.weights.data;
}

/* The second half of a training's weights, summed up. */
struct averaging {
    double *sums;
    size_t features, steps, count;
};

static void average(dsc_cell *cell, dsc_model *model, size_t step, void *user)
{
    (void)cell;
    struct averaging *a = user;
    const float *weights = dsc_model_parameters(model, NULL);
    if (2 * step <= a->steps)
        return;
    for (size_t j = 0; j < a->features; j++)
        a->sums[j] += weights[j];
    a->count++;
}

/* Weights that gradient descent with fresh masks in every step leaves, averaged (Polyak and Juditsky 1992): a
   linear unit behind the library's dropout layer. NULL if it was stopped or failed. */
static double *train(dsc_cell *cell, const struct problem *p)
{
    const struct linear_hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { p->features } });
    dsc_node *y = dsc_dense(dsc_dropout(x, 1 - p->keep), 1, .no_bias = true, .weights_init = DSC_INIT_ZEROS);
    dsc_node *loss = dsc_squared_loss(y, dsc_targets(scope, &(dsc_input_spec){ .shape = { 1 } }));
    struct averaging a = { .sums = dsc_scope_alloc(scope, p->features, sizeof(double)),
                           .features = p->features,
                           .steps = (size_t)k->steps };
    double trace = 0;
    for (size_t j = 0; j < p->features; j++)
        trace += p->lengths[j] / (double)p->n;
    const dsc_examples examples = { .count = p->n,
                                    .columns = { { "input", p->features,
                                                   .f32 = dsc_to_f32(scope, p->x, p->n * p->features) },
                                                 { "targets", 1, .f32 = dsc_to_f32(scope, p->y, p->n) } } };
    const dsc_cell_training training = { .compile = { .batch = p->n },
                                         .fit = { .optimizer = { .kind = DSC_OPTIMIZER_SGD,
                                                                 .lr = 0.5 * p->keep / trace },
                                                  .epochs = a.steps,
                                                  .fixed_order = true },
                                         .measure = average,
                                         .user = &a,
                                         .progress = 0.5,
                                         .progress_share = 0.5,
                                         .hashed = DSC_CELL_HASHED_NOTHING /* but their mean */ };
    if (!dsc_cell_train(cell, loss, &examples, &training))
        return NULL;
    for (size_t j = 0; j < p->features; j++)
        a.sums[j] /= (double)a.count;
    return a.sums;
}

/* The loss in one kind of weights: by the formula, over all masks, and drawn. */
static void put_loss(dsc_cell *cell, const struct problem *p, const double *w, bool inverted,
                     double *gradient)
{
    const struct linear_hyperparameters *k = dsc_cell_hyperparameters(cell);
    const char *kind = inverted ? "effective" : "unscaled";
    dsc_scope *scope = dsc_cell_scope(cell);
    const double keep = p->keep, factor = inverted ? 1 / keep : 1;
    const double error = squared_error(p, w, factor * keep), size = squared_size(p, w);
    const double penalty = factor * factor * keep * (1 - keep);
    const double formula = error + penalty * size;
    const double all = enumerate(p, w, factor, gradient);
    const struct mean drawn = draw(p, w, factor, (size_t)k->draws,
                                   dsc_rng_make(dsc_cell_seed(cell) + inverted, DSC_STREAM_DROPOUT), false);
    dsc_put(cell, dsc_scope_format(scope, "%s_loss", kind), formula);
    dsc_put(cell, dsc_scope_format(scope, "%s_residual", kind), fabs(all - formula) / formula);
    dsc_put(cell, dsc_scope_format(scope, "%s_monte_carlo", kind), drawn.mean);
    dsc_put(cell, dsc_scope_format(scope, "%s_error", kind), drawn.error);
    dsc_put(cell, dsc_scope_format(scope, "%s_penalty", kind), penalty);
    dsc_put(cell, dsc_scope_format(scope, "%s_penalty_measured", kind), (drawn.mean - error) / size);
}

static double excess_risk(const struct problem *p, const double *u, const double *truth)
{
    double sum = 0;
    for (size_t j = 0; j < p->features; j++) {
        const double difference = feature_scale(j) * u[j] - truth[j];
        sum += difference * difference;
    }
    return sum;
}

static void put_minimiser(dsc_cell *cell, const struct problem *p, const double *u, const double *trained,
                          const double *truth)
{
    const double n = (double)p->n, size = squared_size(p, u);
    double distance = 0;
    for (size_t j = 0; j < p->features; j++)
        distance += p->lengths[j] * (trained[j] - u[j]) * (trained[j] - u[j]);
    dsc_put(cell, "norm", sqrt(size / n));
    dsc_put(cell, "unscaled_norm", sqrt(size / n) / p->keep);
    dsc_put(cell, "norm_trained", sqrt(squared_size(p, trained) / n));
    dsc_put(cell, "distance", sqrt(distance / size));
    dsc_put(cell, "excess_risk", excess_risk(p, u, truth));
    dsc_cell_hash(cell, u, p->features * sizeof *u);
    dsc_cell_hash(cell, trained, p->features * sizeof *trained);
}

static void run(dsc_cell *cell)
{
    const struct linear_hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    double *truth = NULL;
    const struct problem p = draw_problem(cell, &truth);
    double *gradient = dsc_scope_alloc(scope, p.features, sizeof *gradient);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    const double *fixed = minimiser(scope, &p, 0); /* the weights at which losses are compared */
    const double *u = minimiser(scope, &p, (1 - k->keep) / k->keep);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    put_loss(cell, &p, fixed, true, gradient);
    put_loss(cell, &p, fixed, false, gradient);
    dsc_put(cell, "gradient_residual", gradient_residual(&p, fixed, gradient));
    const struct mean gaussian =
        draw(&p, fixed, 1, (size_t)k->draws, dsc_rng_make(dsc_cell_seed(cell), DSC_STREAM_NOISE), true);
    dsc_put(cell, "gaussian_monte_carlo", gaussian.mean);
    dsc_put(cell, "gaussian_error", gaussian.error);
    if (!dsc_cell_progress(cell, 0.5))
        return;
    const double *trained = train(cell, &p);
    if (trained)
        put_minimiser(cell, &p, u, trained, truth);
}

/* Random numbers cost about a hundred operations each. */
static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    const struct linear_hyperparameters *k = hyperparameters;
    const double elements = (double)k->n * (double)k->features;
    return (dsc_cost){ .flops = elements * (300 * (double)k->draws + 8 * pow(2, (double)k->features) +
                                            60 * (double)k->steps),
                       .bytes = 100 * (double)k->n * (double)k->features + 1e6 };
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 2)
        return 0;
    figures[0] = (dsc_figure){
        .name = "penalty",
        .title = "The penalty that dropout puts on a linear unit's weights",
        .x = "keep",
        .x_label = "probability p that an input is kept",
        .y_label = "penalty / w'Dw",
        .log_y = true,
        .y_min = 0.02,
        .y_max = 20,
        .series = { { .output = "unscaled_penalty_measured", .label = "unscaled weights w, drawn masks" },
                    { .output = "effective_penalty_measured",
                      .label = "effective weights u = p w, drawn masks" },
                    { .output = "unscaled_penalty",
                      .label = "p (1 - p), largest at 1/2",
                      .style = DSC_SERIES_THEORY },
                    { .output = "effective_penalty",
                      .label = "(1 - p) / p, falls everywhere",
                      .style = DSC_SERIES_THEORY } },
    };
    figures[1] = (dsc_figure){
        .name = "weights",
        .title = "The weights that dropout leaves, and what they are worth",
        .x = "keep",
        .x_label = "probability p that an input is kept",
        .y_label = "size of weights, excess risk",
        .series = { { .output = "norm_trained", .label = "size of u, trained with a dropout layer" },
                    { .output = "excess_risk", .label = "excess risk of u" },
                    { .output = "norm", .label = "size of u, closed form", .style = DSC_SERIES_THEORY } },
    };
    return 2;
}

#define THEORY "Srivastava et al. 2014, section 9.1; Baldi and Sadowski 2013"

static const dsc_claims claims[] = {
    { .source = THEORY,
      .setting = "linear least squares; largest relative difference",
      .claims = DSC_CLAIMS(
          { .text = "The expected loss under dropout is a penalised loss: over all masks, unscaled weights",
            .measured = { .output = "unscaled_residual", .statistic = DSC_STATISTIC_MAXIMUM },
            .low = 0,
            .high = 1e-12 },
          { .text = "The same in effective weights",
            .measured = { .output = "effective_residual", .statistic = DSC_STATISTIC_MAXIMUM },
            .low = 0,
            .high = 1e-12 },
          { .text = "Its gradient is the penalised loss's",
            .measured = { .output = "gradient_residual", .statistic = DSC_STATISTIC_MAXIMUM },
            .low = 0,
            .high = 1e-12 },
          { .text = "Means over drawn masks agree with the formula",
            .setting = "linear least squares; largest deviation in standard errors",
            .measured = { .output = "effective_monte_carlo", .statistic = DSC_STATISTIC_DEVIATION },
            .against = { .output = "effective_loss" },
            .low = 0,
            .high = 4,
            .seeds = 5 }) },
    { .source = "Srivastava et al. 2014, section 10",
      .setting = "linear least squares; largest deviation in standard errors",
      .claims =
          DSC_CLAIMS({ .text = "Gaussian noise of variance (1 - p) / p has the same expected loss",
                       .measured = { .output = "gaussian_monte_carlo", .statistic = DSC_STATISTIC_DEVIATION },
                       .against = { .output = "effective_loss" },
                       .low = 0,
                       .high = 4,
                       .seeds = 5 }) },
    { .source = THEORY,
      .setting = "p (1 - p)",
      .claims = DSC_CLAIMS({ .text = "The penalty on unscaled weights is largest at p = 1/2",
                             .needs = "keep=0.5",
                             .measured = { .output = "unscaled_penalty", .statistic = DSC_STATISTIC_ARGMAX },
                             .low = 0.5,
                             .high = 0.5 }) },
    { .source = "follows from the same formula with u = p w",
      .setting = "(1 - p) / p; largest rise",
      .claims = DSC_CLAIMS(
          { .text =
                "The penalty on the weights that predict falls from the smallest p to p = 1: a half is not special",
            .measured = { .output = "effective_penalty", .statistic = DSC_STATISTIC_RISE },
            .low = 0,
            .high = 0 }) },
    { .source = NULL },
};

const dsc_case dropout_linear = {
    .name = "linear",
    .summary = "Dropout in linear least squares: an exact penalty, over the probability of keeping",
    .reference = "Srivastava et al., JMLR 15, 2014, section 9.1; Baldi and Sadowski, NIPS 2013",
    .hyperparameters_size = sizeof(struct linear_hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 20,
    .uses_lapack = true,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};
