/* recurrent_cases.c - embeddings and recurrent layers of every cell, with all that can be added to them. */
#include "cases.h"

static dsc_node *sequence(dsc_scope *scope, struct draw *draw)
{
    const size_t steps = draw_size(draw, 1, 6), features = draw_size(draw, 1, 9);
    return dsc_recurrent(dsc_input(scope, &(dsc_input_spec){ .shape = { steps, features } }),
                         draw_size(draw, 1, 5), .sequence = true, .name = "below");
}

static dsc_node *words(dsc_scope *scope, struct draw *draw)
{
    return dsc_tokens(scope, &(dsc_tokens_spec){ .steps = draw_size(draw, 1, 7), .vocabulary = 4 });
}

#define LAYER(function, ...)                                                                                 \
    static dsc_node *function(dsc_scope *scope, struct draw *draw)                                           \
    {                                                                                                        \
        dsc_node *x = sequence(scope, draw);                                                                 \
        return squared_head(dsc_recurrent(x, draw_size(draw, 1, 19), __VA_ARGS__), scope, draw);             \
    }

LAYER(elman, .cell = DSC_RECURRENT_TANH)
LAYER(elman_relu, .cell = DSC_RECURRENT_RELU, .sequence = true)
LAYER(jordan, .cell = DSC_RECURRENT_JORDAN, .outputs = draw_size(draw, 1, 7), .sequence = true)
LAYER(lstm, .cell = DSC_RECURRENT_LSTM)
LAYER(lstm_sequence, .cell = DSC_RECURRENT_LSTM, .sequence = true, .reverse = true, .two_biases = true)
LAYER(lstm_peephole, .cell = DSC_RECURRENT_LSTM, .peephole = true, .forget_bias = 1)
LAYER(gru, .cell = DSC_RECURRENT_GRU)
LAYER(gru_sequence, .cell = DSC_RECURRENT_GRU, .sequence = true, .reverse = true)
LAYER(gru_lbr, .cell = DSC_RECURRENT_GRU_LBR)
LAYER(gru_lbr_sequence, .cell = DSC_RECURRENT_GRU_LBR, .sequence = true)
LAYER(bidirectional, .cell = DSC_RECURRENT_LSTM, .bidirectional = true, .sequence = true)
LAYER(stacked, .cell = DSC_RECURRENT_GRU_LBR, .layers = 2, .dropout = 0.3, .bidirectional = true)

/* Sequences of several lengths, in each direction; token 0 is padding. */
static dsc_node *masked(dsc_scope *scope, struct draw *draw, dsc_recurrent_cell cell, bool all, bool both)
{
    dsc_node *tokens = words(scope, draw);
    dsc_node *x = dsc_embedding(tokens, draw_size(draw, 1, 9), .padding = 1);
    return squared_head(dsc_recurrent(x, draw_size(draw, 1, 17), .cell = cell, .sequence = all,
                                      .bidirectional = both, .lengths = dsc_lengths(tokens, 0)),
                        scope, draw);
}

static dsc_node *masked_elman(dsc_scope *scope, struct draw *draw)
{
    return masked(scope, draw, DSC_RECURRENT_TANH, true, false);
}

static dsc_node *masked_lstm(dsc_scope *scope, struct draw *draw)
{
    return masked(scope, draw, DSC_RECURRENT_LSTM, false, true);
}

static dsc_node *masked_gru(dsc_scope *scope, struct draw *draw)
{
    return masked(scope, draw, DSC_RECURRENT_GRU, true, true);
}

static dsc_node *masked_gru_lbr(dsc_scope *scope, struct draw *draw)
{
    return masked(scope, draw, DSC_RECURRENT_GRU_LBR, false, false);
}

/* An encoder of which the final state alone is used, as the initial state of a decoder. */
static dsc_node *handed_over(dsc_scope *scope, struct draw *draw, dsc_recurrent_cell cell)
{
    dsc_node *x = sequence(scope, draw);
    const size_t units = draw_size(draw, 1, 18);
    dsc_node *encoder = dsc_recurrent(x, units, .cell = cell);
    return squared_head(dsc_recurrent(x, units, .cell = cell, .initial = dsc_final_state(encoder)), scope,
                        draw);
}

static dsc_node *lstm_initial(dsc_scope *scope, struct draw *draw)
{
    return handed_over(scope, draw, DSC_RECURRENT_LSTM);
}

static dsc_node *gru_initial(dsc_scope *scope, struct draw *draw)
{
    return handed_over(scope, draw, DSC_RECURRENT_GRU);
}

static dsc_node *jordan_initial(dsc_scope *scope, struct draw *draw)
{
    return handed_over(scope, draw, DSC_RECURRENT_JORDAN);
}

static dsc_node *embedding(dsc_scope *scope, struct draw *draw)
{
    return squared_head(dsc_embedding(words(scope, draw), draw_size(draw, 1, 20), .padding = 2), scope, draw);
}

#define CASE(of_name, function)                                                                              \
    {                                                                                                        \
        .name = of_name, .op = "recurrent", .loss = function, .tolerance = 16                                \
    }

static const struct gradient_case cases[] = {
    CASE("elman", elman),
    CASE("elman relu", elman_relu),
    CASE("jordan", jordan),
    CASE("lstm", lstm),
    CASE("lstm, all outputs, backwards, two biases", lstm_sequence),
    CASE("lstm with peepholes", lstm_peephole),
    CASE("gru", gru),
    CASE("gru, all outputs, backwards", gru_sequence),
    CASE("gru, linear before reset", gru_lbr),
    CASE("gru, linear before reset, all outputs", gru_lbr_sequence),
    CASE("stacked, both directions", stacked),
    CASE("elman, several lengths", masked_elman),
    CASE("lstm, several lengths", masked_lstm),
    CASE("gru, several lengths", masked_gru),
    CASE("gru, linear before reset, several lengths", masked_gru_lbr),
    CASE("lstm, initial state", lstm_initial),
    CASE("gru, initial state", gru_initial),
    CASE("jordan, initial state", jordan_initial),
    CASE("both directions", bidirectional),
    { .name = "embedding", .op = "embedding", .loss = embedding, .tolerance = 16 },
};
const struct gradient_suite recurrent_cases = { cases, sizeof cases / sizeof cases[0] };
