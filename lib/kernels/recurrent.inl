/* recurrent.inl - the gates of recurrent cells and their gradients, element by element (part of body.inl).
 * gates of kernels.h has the equations. */
#ifndef DESCENT_KERNELS_RECURRENT_INL
#define DESCENT_KERNELS_RECURRENT_INL

/* Gradients through a sigmoid and a tanh by their output y. */
ALWAYS_INLINE vec gate_back(vec diff, vec y)
{
    return vec_mul(diff, vec_mul(y, vec_sub(vec_set(1.0f), y)));
}

ALWAYS_INLINE vec candidate_back(vec diff, vec y)
{
    return vec_mul(diff, vec_sub(vec_set(1.0f), vec_mul(y, y)));
}

#define GATE(k)        load_lanes(z + (k)*n + i, count)
#define SET_GATE(k, x) store_lanes(z + (k)*n + i, count, x)
#define SET_DIFF(k, x) store_lanes(dz + (k)*n + i, count, x)
#define AT(p)          load_lanes((p) + i, count)
#define SET(p, x)      store_lanes((p) + i, count, x)

ALWAYS_INLINE void lstm_row(const dsci_gates_step *s, float *z, const float *c_before, float *c, float *h,
                            size_t i, size_t count)
{
    const size_t n = s->units;
    const float *p = s->peephole;
    const vec before = AT(c_before);
    vec in = GATE(0), forget = GATE(1), out = GATE(3);
    if (p) {
        in = vec_fma(AT(p), before, in);
        forget = vec_fma(AT(p + n), before, forget);
    }
    in = vec_sigmoid(in);
    forget = vec_sigmoid(forget);
    const vec candidate = vec_tanh(GATE(2)), cell = vec_fma(forget, before, vec_mul(in, candidate));
    out = vec_sigmoid(p ? vec_fma(AT(p + 2 * n), cell, out) : out);
    SET_GATE(0, in);
    SET_GATE(1, forget);
    SET_GATE(2, candidate);
    SET_GATE(3, out);
    SET(c, cell);
    SET(h, vec_mul(out, vec_tanh(cell)));
}

ALWAYS_INLINE void lstm_row_back(const dsci_gates_step *s, const float *z, const float *c_before,
                                 const float *c, const float *dh, float *dc, float *dz, size_t i,
                                 size_t count)
{
    const size_t n = s->units;
    const float *p = s->peephole;
    const vec squashed = vec_tanh(AT(c)), out = GATE(3), in = GATE(0), forget = GATE(1), candidate = GATE(2);
    const vec d_out = gate_back(vec_mul(AT(dh), squashed), out);
    vec d = vec_add(AT(dc), candidate_back(vec_mul(AT(dh), out), squashed));
    if (p)
        d = vec_fma(d_out, AT(p + 2 * n), d);
    const vec d_in = gate_back(vec_mul(d, candidate), in);
    const vec d_forget = gate_back(vec_mul(d, AT(c_before)), forget);
    SET_DIFF(0, d_in);
    SET_DIFF(1, d_forget);
    SET_DIFF(2, candidate_back(vec_mul(d, in), candidate));
    SET_DIFF(3, d_out);
    d = vec_mul(d, forget);
    if (p)
        d = vec_fma(d_forget, AT(p + n), vec_fma(d_in, AT(p), d));
    SET(dc, d);
}

ALWAYS_INLINE void gru_reset_row(const dsci_gates_step *s, float *z, const float *before, float *reset,
                                 size_t i, size_t count)
{
    const size_t n = s->units;
    const vec gate = vec_sigmoid(GATE(1));
    SET_GATE(0, vec_sigmoid(GATE(0)));
    SET_GATE(1, gate);
    if (reset)
        SET(reset, vec_mul(gate, AT(before)));
}

/* h = o + u (h' - o). */
ALWAYS_INLINE void gru_row(const dsci_gates_step *s, float *z, const float *before, float *h, size_t i,
                           size_t count, int linear)
{
    const size_t n = s->units;
    const vec candidate = vec_tanh(linear ? vec_fma(GATE(1), GATE(3), GATE(2)) : GATE(2));
    SET_GATE(2, candidate);
    SET(h, vec_fma(GATE(0), vec_sub(AT(before), candidate), candidate));
}

ALWAYS_INLINE void gru_row_back(const dsci_gates_step *s, const float *z, const float *before,
                                const float *dh, float *dh_before, float *dz, size_t i, size_t count,
                                int linear)
{
    const size_t n = s->units;
    const vec update = GATE(0), candidate = GATE(2), diff = AT(dh);
    const vec d = candidate_back(vec_mul(diff, vec_sub(vec_set(1.0f), update)), candidate);
    SET_DIFF(0, gate_back(vec_mul(diff, vec_sub(AT(before), candidate)), update));
    SET_DIFF(2, d);
    SET(dh_before, vec_mul(diff, update));
    if (!linear)
        return;
    SET_DIFF(1, gate_back(vec_mul(d, GATE(3)), GATE(1)));
    SET_DIFF(3, vec_mul(d, GATE(1)));
}

/* From the gradient of the reset state to those of the reset gate and of the state before. */
ALWAYS_INLINE void gru_reset_row_back(const dsci_gates_step *s, const float *z, const float *before,
                                      const float *d_reset, float *dh_before, float *dz, size_t i,
                                      size_t count)
{
    const size_t n = s->units;
    const vec d = AT(d_reset), gate = GATE(1);
    SET_DIFF(1, gate_back(vec_mul(d, AT(before)), gate));
    SET(dh_before, vec_fma(d, gate, AT(dh_before)));
}

#undef GATE
#undef SET_GATE
#undef SET_DIFF
#undef AT
#undef SET

#define EACH_ROW(...)                                                                                        \
    for (size_t row = 0; row < s->rows; row++) {                                                             \
        float *const z = s->z + row * s->ld_gates, *const h = s->h ? s->h + row * n : NULL;                  \
        const float *const before = s->before ? s->before + row * s->ld_before : NULL;                       \
        float *const c = s->c ? s->c + row * n : NULL;                                                       \
        const float *const c_before = s->c_before ? s->c_before + row * n : NULL;                            \
        float *const dz = s->dz ? s->dz + row * s->ld_gates : NULL;                                          \
        float *const dc = s->dc ? s->dc + row * n : NULL;                                                    \
        float *const dh_before = s->dh_before ? s->dh_before + row * n : NULL;                               \
        (void)h, (void)before, (void)c, (void)c_before, (void)dz, (void)dc, (void)dh_before;                 \
        EACH_VECTOR(n, __VA_ARGS__);                                                                         \
    }                                                                                                        \
    break

static void gates(dsci_gates_phase phase, const dsci_gates_step *s)
{
    const size_t n = s->units;
    switch (phase) {
    case DSCI_GATES_LSTM: EACH_ROW(lstm_row(s, z, c_before, c, h, i, count));
    case DSCI_GATES_LSTM_BACK: EACH_ROW(lstm_row_back(s, z, c_before, c, h, dc, dz, i, count));
    case DSCI_GATES_GRU_RESET: EACH_ROW(gru_reset_row(s, z, before, c, i, count));
    case DSCI_GATES_GRU: EACH_ROW(gru_row(s, z, before, h, i, count, 0));
    case DSCI_GATES_GRU_LINEAR: EACH_ROW(gru_row(s, z, before, h, i, count, 1));
    case DSCI_GATES_GRU_BACK: EACH_ROW(gru_row_back(s, z, before, h, dh_before, dz, i, count, 0));
    case DSCI_GATES_GRU_LINEAR_BACK: EACH_ROW(gru_row_back(s, z, before, h, dh_before, dz, i, count, 1));
    case DSCI_GATES_GRU_RESET_BACK: EACH_ROW(gru_reset_row_back(s, z, before, dc, dh_before, dz, i, count));
    default: break;
    }
}

#undef EACH_ROW

#endif
