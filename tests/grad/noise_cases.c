/* noise_cases.c - dropout's relatives: a step's gradient is that of what the step drew. */
#include "cases.h"

static dsc_node *sequence(dsc_scope *scope, struct draw *draw)
{
    const size_t steps = draw_size(draw, 1, 7);
    return dsc_conv1d(dsc_input(scope, &(dsc_input_spec){ .shape = { steps, draw_size(draw, 1, 4) } }),
                      draw_size(draw, 1, 9), .kernel = 1);
}

static dsc_node *channel_dropout(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_channel_dropout(dsc_tanh(sequence(scope, draw)), 0.4);
    return squared_head(dsc_channel_dropout(h, 0.1), scope, draw);
}

static dsc_node *gaussian_dropout(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_dense(dsc_gaussian_dropout(case_vector(scope, draw), 0.2), draw_size(draw, 1, 33));
    return squared_head(dsc_gaussian_dropout(dsc_tanh(h), 0.3), scope, draw);
}

static dsc_node *alpha_dropout(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_dense(dsc_alpha_dropout(case_vector(scope, draw), 0.1), draw_size(draw, 1, 33));
    return squared_head(dsc_alpha_dropout(dsc_tanh(h), 0.4), scope, draw);
}

static dsc_node *gaussian_noise(dsc_scope *scope, struct draw *draw)
{
    dsc_node *h = dsc_dense(dsc_gaussian_noise(case_vector(scope, draw), 0.5), draw_size(draw, 1, 33));
    return classifier_head(dsc_gaussian_noise(dsc_tanh(h), 0.2), scope, draw);
}

static const struct gradient_case cases[] = {
    { .name = "channel dropout", .op = "channel_dropout", .loss = channel_dropout },
    { .name = "gaussian dropout", .op = "gaussian_dropout", .loss = gaussian_dropout },
    { .name = "alpha dropout", .op = "alpha_dropout", .loss = alpha_dropout },
    { .name = "gaussian noise", .op = "gaussian_noise", .loss = gaussian_noise },
};
const struct gradient_suite noise_cases = { cases, sizeof cases / sizeof cases[0] };
