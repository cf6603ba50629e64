/* gradients.c - how much the last output of a recurrent network depends on an input some steps before it, as
 * the norm of the gradient: vanishing and exploding (Bengio et al. 1994; Pascanu et al. 2013). Of a linear
 * network whose recurrent matrix is rho times an orthogonal one it is rho to the power of the distance,
 * exactly. */
#include "sequence_tasks.h"

#include <math.h>
#include <string.h>

struct hyperparameters {
    int64_t network, steps, units;
    double rho, forget_bias;
};

enum network { LINEAR, TANH, IRNN, LSTM, PEEPHOLE, GRU };

static const dsc_param params[] = {
    DSC_PARAM_INTEGER(struct hyperparameters, steps, "60", 2, 1000, "steps of the sequence"),
    DSC_PARAM_INTEGER(struct hyperparameters, units, "32", 1, 256, "units, and features of each step"),
    DSC_PARAM_REAL(struct hyperparameters, forget_bias, "1", -10, 10,
                   "added to the initial bias of an LSTM's forget gate"),
    { 0 },
};

static size_t distances(const void *hyperparameters, double *values, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    size_t count = 0;
    for (; count < (size_t)k->steps && count < capacity; count++)
        values[count] = (double)count;
    return count;
}

static const dsc_axis axes[] = {
    { .param = { .name = "network",
                 .kind = DSC_KIND_INTEGER,
                 .offset = DSC_FIELD(struct hyperparameters, network, int64_t),
                 .value = "linear,tanh,irnn,lstm,lstm-peephole,gru",
                 .choices = "linear|tanh|irnn|lstm|lstm-peephole|gru",
                 .help =
                     "which network, with initial parameters; irnn: ReLU and the identity (Le et al. 2015)" },
      .units = "1",
      .long_name = "network" },
    { .param = { .name = "rho",
                 .kind = DSC_KIND_REAL,
                 .offset = DSC_FIELD(struct hyperparameters, rho, double),
                 .value = "0.9,1,1.1",
                 .min = 0.01,
                 .max = 10,
                 .help =
                     "the recurrent matrix is that times an orthogonal one (of irnn: times the identity)" },
      .units = "1",
      .long_name = "rho" },
    { .param = { .name = "distance",
                 .kind = DSC_KIND_INTEGER,
                 .value = "0",
                 .min = 0,
                 .max = 999,
                 .help = "steps between an input and the last output (set steps)" },
      .units = "1",
      .long_name = "steps between input and output",
      .inner = true,
      .derive = distances },
    { .param = { 0 } },
};

static const dsc_output outputs[] = {
    { "gradient_norm", "1", "norm of the gradient by an input over that by the last one", "distance" },
    { "law", "1", "rho to the power of the distance", "distance" },
    { "law_error", "1", "largest relative distance of the linear network's norms from the law", NULL },
    { 0 },
};

static const dsc_preset presets[] = {
    { "quick", "seeds=2", "2 seeds: seconds" },
    { "default", "seeds=5", "5 seeds: seconds" },
    { 0 },
};

/* h = W h + x, step after step from the engine's products. */
static dsc_node *linear_network(dsc_scope *scope, const struct hyperparameters *k, dsc_node *x)
{
    const size_t units = (size_t)k->units;
    dsc_node *w = dsc_parameter(scope, &(dsc_parameter_spec){ .shape = { units, units }, .name = "w" });
    dsc_node *h = dsc_slice_of(x, 0, 0, 1);
    for (size_t t = 1; t < (size_t)k->steps; t++)
        h = dsc_add(dsc_matmul(h, w), dsc_slice_of(x, 0, t, 1));
    return h;
}

static dsc_node *network(dsc_scope *scope, const struct hyperparameters *k, dsc_node *x)
{
    static const dsc_recurrent_cell cells[] = { [TANH] = DSC_RECURRENT_TANH,
                                                [IRNN] = DSC_RECURRENT_RELU,
                                                [LSTM] = DSC_RECURRENT_LSTM,
                                                [PEEPHOLE] = DSC_RECURRENT_LSTM,
                                                [GRU] = DSC_RECURRENT_GRU };
    if (k->network == LINEAR)
        return linear_network(scope, k, x);
    return dsc_recurrent(x, (size_t)k->units, .cell = cells[k->network], .peephole = k->network == PEEPHOLE,
                         .forget_bias = k->network == LSTM || k->network == PEEPHOLE ? k->forget_bias : 0);
}

/* Recurrent matrices (units, gates units): a random orthogonal one for each gate, times rho; of irnn the
   identity. In double precision, so that the law can be seen to 1e-10. */
static void set_recurrent(dsc_scope *scope, const struct hyperparameters *k, dsc_model *model)
{
    const dsc_slice *slices;
    const size_t count = dsc_model_slices(model, &slices), units = (size_t)k->units;
    double *parameters = dsc_model_parameters(model, NULL);
    const dsc_rng rng = dsc_rng_make(dsc_scope_seed(scope), DSC_STREAM_INIT);
    for (size_t s = 0; parameters && s < count; s++) {
        const bool recurrent =
            strcmp(slices[s].name, "w") == 0 || strstr(slices[s].name, "recurrent_weights") != NULL;
        const size_t gates = recurrent ? slices[s].shape[1] / units : 0;
        for (size_t g = 0; g < gates; g++) {
            dsc_matrix q = dsc_matrix_make(scope, units, units);
            if (!q.data)
                return;
            dsc_rng_fill_normal(rng, (uint32_t)(1000 + g), 0, 1, q.data, units * units);
            dsc_orthonormalize(scope, q, NULL, 1);
            for (size_t i = 0; i < units * units; i++) {
                const double one = i / units == i % units ? 1 : 0;
                parameters[slices[s].offset + i / units * gates * units + g * units + i % units] =
                    k->rho * (k->network == IRNN ? one : q.data[i]);
            }
        }
    }
}

static void put_norms(dsc_cell *cell, const double *gradient)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    const size_t units = (size_t)k->units, steps = (size_t)k->steps;
    size_t count;
    const double *axis = dsc_cell_axis(cell, "distance", &count);
    double last = 0, worst = 0;
    for (size_t i = 0; i < units; i++)
        last += gradient[(steps - 1) * units + i] * gradient[(steps - 1) * units + i];
    for (size_t d = 0; d < count; d++) {
        const double *at = gradient + (steps - 1 - (size_t)axis[d]) * units;
        double sum = 0, law = 1;
        for (size_t i = 0; i < units; i++)
            sum += at[i] * at[i];
        for (size_t i = 0; i < (size_t)axis[d]; i++)
            law *= k->rho;
        const double norm = sqrt(sum / last);
        worst = fmax(worst, fabs(norm / law - 1));
        dsc_put_at(cell, "gradient_norm", d, norm);
        dsc_put_at(cell, "law", d, law);
    }
    dsc_put(cell, "law_error", k->network == LINEAR ? worst : NAN);
}

static void run(dsc_cell *cell)
{
    const struct hyperparameters *k = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const size_t units = (size_t)k->units, steps = (size_t)k->steps, count = steps * units;
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { steps, units } });
    dsc_node *v = dsc_input(scope, &(dsc_input_spec){ .shape = { units }, .name = "direction" });
    dsc_node *loss = dsc_sum(dsc_multiply(dsc_flatten(network(scope, k, x)), v));
    dsc_model *model = dsc_compile(
        loss,
        &(dsc_compile_options){ .dtype = DSC_DTYPE_F64, .engine = DSC_ENGINE_REF, .input_gradients = true });
    if (!model)
        return;
    set_recurrent(scope, k, model);
    float *values = dsc_scope_alloc(scope, count + units, sizeof *values);
    if (!values)
        return;
    dsc_rng_fill_normal_f32(dsc_rng_make(dsc_cell_seed(cell), DSC_STREAM_DATA), 0, 0, 1, values,
                            count + units);
    const dsc_examples examples = { .count = 1,
                                    .columns = { { "input", count, .f32 = values },
                                                 { "direction", units, .f32 = values + count } } };
    dsc_trainer *trainer =
        dsc_trainer_make(model, &(dsc_optimizer){ .kind = DSC_OPTIMIZER_SGD, .lr = 1e-30 }, &examples);
    dsc_trainer_step(trainer, 0);
    const double *gradient = dsc_model_input_gradient(model, x, NULL);
    if (gradient && dsc_scope_status(scope) == DSC_OK) {
        put_norms(cell, gradient);
        dsc_cell_hash(cell, gradient, count * sizeof *gradient);
    }
}

static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope, (void)plan;
    const struct hyperparameters *k = hyperparameters;
    const double units = (double)k->units, steps = (double)k->steps;
    return (dsc_cost){ .flops = 100 * steps * units * units, .bytes = 100 * (steps * units + units * units) };
}

static size_t figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    (void)hyperparameters;
    if (capacity < 1)
        return 0;
    figures[0] = (dsc_figure){
        .name = "gradients",
        .title = "How much the last output depends on an input before it",
        .x = "distance",
        .x_label = "steps between input and output",
        .y_label = "norm of the gradient / that of the last input",
        .log_y = true,
        .panels = "network",
        .by = "rho",
        .series = { { .output = "gradient_norm", .label = "measured" },
                    { .output = "law",
                      .label = "rho^distance",
                      .style = DSC_SERIES_THEORY,
                      .where = "network=linear" } },
    };
    return 1;
}

static const dsc_claims claims[] = {
    { .source = "Exact: |(rho Q)^d v| = rho^d |v| for an orthogonal Q",
      .setting = "a linear recurrent network in double precision",
      .claims = DSC_CLAIMS(
          { .text = "The gradient's norm is rho to the power of the distance: largest relative error",
            .expected = "0",
            .measured = { .output = "law_error",
                          .where = "network=linear",
                          .statistic = DSC_STATISTIC_MAXIMUM },
            .low = 0,
            .high = 1e-10 }) },
    { .source = "lecture notes: an LSTM keeps what a recurrent network forgets, peepholes and GRU do as well",
      .setting =
          "here: initial parameters, forget bias 1, rho 0.9, gradient norm at 50 steps over that of tanh",
      .claims = DSC_CLAIMS(
          { .text = "An LSTM's gradient reaches further back than that of a tanh network",
            .expected = "more than 1",
            .needs = "forget_bias=1",
            .measured = { .output = "gradient_norm", .where = "network=lstm rho=0.9 distance=50" },
            .against = { .output = "gradient_norm", .where = "network=tanh rho=0.9 distance=50" },
            .relation = DSC_RELATION_RATIO,
            .standard_errors = -2,
            .low = 1,
            .high = INFINITY,
            .seeds = 5 },
          { .text = "So does that of an LSTM with peepholes",
            .expected = "more than 1",
            .needs = "forget_bias=1",
            .measured = { .output = "gradient_norm", .where = "network=lstm-peephole rho=0.9 distance=50" },
            .against = { .output = "gradient_norm", .where = "network=tanh rho=0.9 distance=50" },
            .relation = DSC_RELATION_RATIO,
            .standard_errors = -2,
            .low = 1,
            .high = INFINITY,
            .seeds = 5 },
          { .text = "So does that of a GRU",
            .expected = "more than 1",
            .measured = { .output = "gradient_norm", .where = "network=gru rho=0.9 distance=50" },
            .against = { .output = "gradient_norm", .where = "network=tanh rho=0.9 distance=50" },
            .relation = DSC_RELATION_RATIO,
            .standard_errors = -2,
            .low = 1,
            .high = INFINITY,
            .seeds = 5 }) },
    { .source = NULL },
};

const dsc_case sequence_tasks_gradients = {
    .name = "gradients",
    .summary = "The gradient's norm over distance, beside the exact law of a linear network",
    .reference = "Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and Bengio 2013",
    .hyperparameters_size = sizeof(struct hyperparameters),
    .params = params,
    .axes = axes,
    .outputs = outputs,
    .presets = presets,
    .seeds = 5,
    .uses_lapack = true,
    .run = run,
    .cost = cost,
    .figures = figures,
    .claims = claims,
};
