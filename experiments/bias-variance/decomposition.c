/* decomposition.c - the formulas, example by example. */
#include "decomposition.h"

#include <math.h>

/* The outputs of one model for one example. */
static const double *model_at(const replicates *r, size_t model, size_t example)
{
    return r->values + (model * r->examples + example) * r->outputs;
}

static double square(double x)
{
    return x * x;
}

/* Adds what one output of one example gives. */
static void add_squared(squared_decomposition *d, const replicates *r, size_t example, size_t output,
                        double target)
{
    const double sets = (double)r->sets, inits = (double)r->inits;
    double mean = 0;
    for (size_t m = 0; m < r->sets * r->inits; m++)
        mean += model_at(r, m, example)[output];
    mean /= sets * inits;
    double error = 0, variance = 0, within = 0, between = 0;
    for (size_t s = 0; s < r->sets; s++) {
        double set_mean = 0;
        for (size_t i = 0; i < r->inits; i++)
            set_mean += model_at(r, s * r->inits + i, example)[output];
        set_mean /= inits;
        between += square(set_mean - mean);
        for (size_t i = 0; i < r->inits; i++) {
            const double value = model_at(r, s * r->inits + i, example)[output];
            error += square(value - target);
            variance += square(value - mean);
            within += square(value - set_mean);
        }
    }
    d->error += error / (sets * inits);
    d->plugin_bias += square(mean - target);
    d->plugin_variance += variance / (sets * inits);
    d->plugin_optimization += within / (sets * inits);
    d->plugin_sampling += between / sets;
}

/* Unbiased estimates of a balanced design with random sets and random models within them. */
static void estimate(squared_decomposition *d, const replicates *r)
{
    const double sets = (double)r->sets, inits = (double)r->inits;
    const double between = r->sets > 1 ? d->plugin_sampling * sets / (sets - 1) : (double)NAN;
    d->bias = d->plugin_bias - between / sets;
    if (r->inits == 1) {
        d->variance = between;
        d->optimization = d->sampling = (double)NAN;
        return;
    }
    d->optimization = d->plugin_optimization * inits / (inits - 1);
    d->sampling = between - d->optimization / inits;
    d->variance = d->optimization + d->sampling;
}

squared_decomposition decompose_squared(const replicates *r, const double *targets)
{
    squared_decomposition d = { 0 };
    for (size_t e = 0; e < r->examples; e++)
        for (size_t o = 0; o < r->outputs; o++)
            add_squared(&d, r, e, o, targets[e * r->outputs + o]);
    const double examples = (double)r->examples;
    d.error /= examples;
    d.plugin_bias /= examples;
    d.plugin_variance /= examples;
    d.plugin_optimization /= examples;
    d.plugin_sampling /= examples;
    d.residual = d.error - d.plugin_bias - d.plugin_variance;
    d.total_residual = d.plugin_variance - d.plugin_optimization - d.plugin_sampling;
    estimate(&d, r);
    return d;
}

/* Expected squared distance of a one-hot label from values. */
static double label_distance(const double *probabilities, const double *values, size_t classes)
{
    double sum = 0;
    for (size_t label = 0; label < classes; label++)
        for (size_t c = 0; c < classes; c++)
            sum += probabilities[label] * square((label == c) - values[c]);
    return sum;
}

class_decomposition decompose_classes(const replicates *r, const double *probabilities)
{
    class_decomposition d = { .squared = decompose_squared(r, probabilities) };
    const size_t models = r->sets * r->inits;
    double error = 0;
    for (size_t e = 0; e < r->examples; e++) {
        const double *p = probabilities + e * r->outputs;
        d.noise += label_distance(p, p, r->outputs);
        for (size_t m = 0; m < models; m++)
            error += label_distance(p, model_at(r, m, e), r->outputs);
    }
    d.noise /= (double)r->examples;
    d.squared.error = error / (double)(r->examples * models);
    d.squared.residual = d.squared.error - d.noise - d.squared.plugin_bias - d.squared.plugin_variance;
    return d;
}

static size_t largest(const double *values, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (values[i] > values[best])
            best = i;
    return best;
}

static size_t votes_for(const replicates *r, size_t example, size_t class)
{
    size_t votes = 0;
    for (size_t m = 0; m < r->sets * r->inits; m++)
        votes += largest(model_at(r, m, example), r->outputs) == class;
    return votes;
}

/* The most frequent prediction, of equals the first. */
static size_t main_prediction(const replicates *r, size_t example, size_t *votes)
{
    size_t main = 0;
    *votes = 0;
    for (size_t c = 0; c < r->outputs; c++) {
        const size_t of_class = votes_for(r, example, c);
        if (of_class > *votes) {
            main = c;
            *votes = of_class;
        }
    }
    return main;
}

/* Adds one example. With y the prediction, y* the optimal one and t the label, Domingos's factors are
   c1 = P(y = y*) - P(y != y*) P(y = t | y != y*, t != y*) and c2 = 1 where the main prediction is optimal,
   -P(y = y* | y is not the main one) where it is not. Of several optimal predictions y* is the main one if it
   is among them: what cannot be bettered is not biased. */
static void add_zero_one(zero_one_decomposition *d, const replicates *r, size_t example, const double *p)
{
    const size_t classes = r->outputs, likeliest = largest(p, classes);
    size_t main_votes;
    const size_t main = main_prediction(r, example, &main_votes);
    const size_t optimal = p[main] == p[likeliest] ? main : likeliest;
    const double models = (double)(r->sets * r->inits), noise = 1 - p[optimal];
    double hit = 0, error = 0;
    for (size_t c = 0; c < classes; c++) {
        const double share = (double)votes_for(r, example, c) / models;
        error += share * (1 - p[c]);
        if (c != optimal) /* P(y != y*, y = t | t != y*), summed over y */
            hit += noise > 0 ? share * p[c] / noise : 0;
    }
    const double right = (double)votes_for(r, example, optimal) / models;
    const double variance = 1 - (double)main_votes / models;
    d->error += error;
    d->noise += noise;
    d->noise_effect += (right - hit) * noise;
    d->bias += main != optimal;
    d->variance += variance;
    if (main == optimal)
        d->net_variance += variance;
    else if (variance > 0)
        d->net_variance -= right / variance * variance;
}

zero_one_decomposition decompose_zero_one(const replicates *r, const double *probabilities)
{
    zero_one_decomposition d = { 0 };
    for (size_t e = 0; e < r->examples; e++)
        add_zero_one(&d, r, e, probabilities + e * r->outputs);
    const double examples = (double)r->examples;
    d.error /= examples;
    d.noise /= examples;
    d.noise_effect /= examples;
    d.bias /= examples;
    d.variance /= examples;
    d.net_variance /= examples;
    d.residual = d.error - d.noise_effect - d.bias - d.net_variance;
    return d;
}

/* E log p of a class. */
static double mean_log(const replicates *r, size_t example, size_t class)
{
    double mean = 0;
    for (size_t m = 0; m < r->sets * r->inits; m++)
        mean += model_at(r, m, example)[class];
    return mean / (double)(r->sets * r->inits);
}

/* log of the sum over classes of exp(E log p): at most 0, by Jensen's inequality. */
static double log_normaliser(const replicates *r, size_t example)
{
    double largest_mean = -INFINITY, sum = 0;
    for (size_t c = 0; c < r->outputs; c++) {
        const double mean = mean_log(r, example, c);
        largest_mean = mean > largest_mean ? mean : largest_mean;
    }
    for (size_t c = 0; c < r->outputs; c++)
        sum += exp(mean_log(r, example, c) - largest_mean);
    return largest_mean + log(sum);
}

static void add_cross_entropy(cross_entropy_decomposition *d, const replicates *r, size_t example,
                              const double *p)
{
    const size_t models = r->sets * r->inits;
    const double normaliser = log_normaliser(r, example);
    for (size_t c = 0; c < r->outputs; c++) {
        const double log_main = mean_log(r, example, c) - normaliser, share = exp(log_main);
        double own = 0, from_main = 0;
        for (size_t m = 0; m < models; m++) {
            own -= model_at(r, m, example)[c];
            from_main += log_main - model_at(r, m, example)[c];
        }
        d->error += p[c] > 0 ? p[c] * own / (double)models : 0;
        d->noise -= p[c] > 0 ? p[c] * log(p[c]) : 0;
        d->bias += p[c] > 0 ? p[c] * (log(p[c]) - log_main) : 0;
        d->variance += share > 0 ? share * from_main / (double)models : 0; /* 0 log 0 = 0 */
    }
}

cross_entropy_decomposition decompose_cross_entropy(const replicates *r, const double *probabilities)
{
    cross_entropy_decomposition d = { 0 };
    for (size_t e = 0; e < r->examples; e++)
        add_cross_entropy(&d, r, e, probabilities + e * r->outputs);
    const double examples = (double)r->examples;
    d.error /= examples;
    d.noise /= examples;
    d.bias /= examples;
    d.variance /= examples;
    d.residual = d.error - d.noise - d.bias - d.variance;
    return d;
}
