/* ref_recurrent.inl - the definition of recurrent layers over REAL; included once a type by ref.c, with TANH
 * the C library's, and by recurrent_jordan.c. */

static REAL LOCAL(logistic)(REAL x)
{
    return (REAL)(1 / (1 + exp(-(double)x)));
}

static REAL LOCAL(hyperbolic)(REAL x)
{
    return (REAL)TANH(x);
}

static REAL LOCAL(times_column)(const REAL *row, const REAL *matrix, size_t rows, size_t columns,
                                size_t column)
{
    REAL sum = 0;
    for (size_t i = 0; i < rows; i++)
        sum += row[i] * matrix[i * columns + column];
    return sum;
}

/* One step of one example: from x and the state (values) to gates, cells and the new state h. c: before; c +
   units: after. */
static void LOCAL(recurrent_step)(const dsci_operands *o, const dsci_recurrent *r, const REAL *values,
                                  REAL *z, REAL *c, REAL *h)
{
    const REAL *w = dsci_role(o, DSCI_ROLE_WEIGHTS), *u = dsci_role(o, DSCI_ROLE_RECURRENT);
    const REAL *b = dsci_role(o, DSCI_ROLE_BIAS), *rb = dsci_role(o, DSCI_ROLE_RECURRENT_BIAS);
    const REAL *p = dsci_role(o, DSCI_ROLE_PEEPHOLE), *before = values + r->features;
    const size_t n = r->units, lbr = r->cell == DSCI_CELL_GRU_LBR, reset = r->cell == DSCI_CELL_GRU;
    for (size_t g = 0; g < r->gates; g++) {
        const REAL by_x = (b ? b[g] : 0) + LOCAL(times_column)(values, w, r->features, r->gates, g);
        z[g] = by_x + (rb && !(lbr && g >= 2 * n) ? rb[g] : 0);
        if (lbr && g >= 2 * n)
            z[g + n] = (rb ? rb[g] : 0) + LOCAL(times_column)(before, u, r->state, r->gates, g);
        else if (!(reset && g >= 2 * n))
            z[g] += LOCAL(times_column)(before, u, r->state, r->gates, g);
    }
    if (r->cell == DSCI_CELL_LSTM) {
        for (size_t j = 0; j < n; j++) {
            REAL *i = z + j, *f = i + n, *candidate = f + n, *out = candidate + n;
            *i = LOCAL(logistic)(*i + (p ? p[j] * c[j] : 0));
            *f = LOCAL(logistic)(*f + (p ? p[n + j] * c[j] : 0));
            *candidate = LOCAL(hyperbolic)(*candidate);
            c[n + j] = *f * c[j] + *i * *candidate;
            *out = LOCAL(logistic)(*out + (p ? p[2 * n + j] * c[n + j] : 0));
            h[j] = *out * LOCAL(hyperbolic)(c[n + j]);
        }
        return;
    }
    if (reset || lbr) {
        for (size_t j = 0; j < 2 * n; j++)
            z[j] = LOCAL(logistic)(z[j]);
        for (size_t j = 0; reset && j < n; j++)
            c[n + j] = z[n + j] * before[j];
        for (size_t j = 0; j < n; j++) {
            const REAL by_state =
                lbr ? z[n + j] * z[3 * n + j] : LOCAL(times_column)(c + n, u, n, r->gates, 2 * n + j);
            z[2 * n + j] = LOCAL(hyperbolic)(z[2 * n + j] + by_state);
            h[j] = z[j] * before[j] + (1 - z[j]) * z[2 * n + j];
        }
        return;
    }
    for (size_t j = 0; j < n; j++) {
        z[j] = r->cell == DSCI_CELL_RELU ? (z[j] <= 0 ? 0 : z[j]) : LOCAL(hyperbolic)(z[j]);
        if (r->cell != DSCI_CELL_JORDAN)
            h[j] = z[j];
    }
    if (r->cell == DSCI_CELL_JORDAN) {
        const REAL *v = dsci_role(o, DSCI_ROLE_OUTPUT_WEIGHTS), *k = dsci_role(o, DSCI_ROLE_OUTPUT_BIAS);
        for (size_t j = 0; j < r->state; j++)
            h[j] = (k ? k[j] : 0) + LOCAL(times_column)(z, v, n, r->state, j);
    }
}

void NAME(recurrent)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_recurrent r = dsci_recurrent_of(o->node);
    const REAL *x = o->in[0], *initial = dsci_role(o, DSCI_ROLE_INITIAL);
    REAL *state = (REAL *)dsci_role(o, DSCI_ROLE_STATE), *dst = o->out[0], *final = o->out[1];
    const int32_t *lengths = dsci_role(o, DSCI_ROLE_LENGTHS);
    REAL *values = o->out[2], *gates = values + dsci_values_size(&r), *cells = gates + dsci_gates_size(&r);
    const size_t n = r.units;
    for (size_t e = 0; e < r.batch; e++) {
        REAL *h = final + e * r.carried, *c = cells + e * (r.steps + 1) * n;
        for (size_t j = 0; j < r.carried; j++)
            h[j] = initial ? initial[e * r.carried + j] : state ? state[e * r.carried + j] : 0;
        for (size_t j = 0; r.cell == DSCI_CELL_LSTM && j < n; j++)
            c[j] = h[n + j];
        for (size_t s = 0; s < r.steps; s++) {
            const size_t t = dsci_step_read(&r, s), row = e * r.steps + s;
            const bool valid = dsci_step_valid(lengths, e, t);
            REAL *at = values + row * r.ld_values;
            for (size_t j = 0; j < r.features; j++)
                at[j] = x[(e * r.steps + t) * r.features + j];
            for (size_t j = 0; j < r.state; j++)
                at[r.features + j] = h[j];
            REAL *cell = dsci_has_cells(&r) ? c + s * n : NULL;
            if (valid)
                LOCAL(recurrent_step)(o, &r, at, gates + row * r.ld_gates, cell, h);
            for (size_t j = 0; !valid && cell && j < n; j++)
                cell[n + j] = r.cell == DSCI_CELL_LSTM ? cell[j] : 0;
            for (size_t j = 0; !valid && j < r.width; j++)
                gates[row * r.ld_gates + j] = 0;
            for (size_t j = 0; r.sequence && j < r.state; j++)
                dst[(e * r.steps + t) * r.state + j] = valid ? h[j] : 0;
        }
        for (size_t j = 0; r.cell == DSCI_CELL_LSTM && j < n; j++)
            h[n + j] = c[r.steps * n + j];
        for (size_t j = 0; !r.sequence && j < r.state; j++)
            dst[e * r.state + j] = h[j];
        for (size_t j = 0; state && o->node->attributes.recurrent.moves_state && j < r.carried; j++)
            state[e * r.carried + j] = h[j];
    }
}

/* The gradients of the gates dz of one step from that of its state, dh; the part of the gradient of the state
   before it that does not come through the gates goes to before, dc becomes that of the cell before it. */
static void LOCAL(recurrent_step_back)(const dsci_operands *o, const dsci_recurrent *r, const REAL *values,
                                       const REAL *z, const REAL *c, REAL *dz, const REAL *dh, REAL *before,
                                       REAL *dc)
{
    const REAL *u = dsci_role(o, DSCI_ROLE_RECURRENT), *p = dsci_role(o, DSCI_ROLE_PEEPHOLE);
    const REAL *h = values + r->features;
    const size_t n = r->units;
    for (size_t j = 0; j < r->state; j++)
        before[j] = 0;
    if (r->cell == DSCI_CELL_LSTM) {
        for (size_t j = 0; j < n; j++) {
            const REAL i = z[j], f = z[n + j], candidate = z[2 * n + j], out = z[3 * n + j];
            const REAL squashed = LOCAL(hyperbolic)(c[n + j]);
            dz[3 * n + j] = dh[j] * squashed * (out * (1 - out));
            REAL d = dc[j] + dh[j] * out * (1 - squashed * squashed);
            if (p)
                d += dz[3 * n + j] * p[2 * n + j];
            dz[j] = d * candidate * (i * (1 - i));
            dz[n + j] = d * c[j] * (f * (1 - f));
            dz[2 * n + j] = d * i * (1 - candidate * candidate);
            dc[j] = d * f + (p ? dz[j] * p[j] + dz[n + j] * p[n + j] : 0);
        }
    } else if (r->cell == DSCI_CELL_GRU || r->cell == DSCI_CELL_GRU_LBR) {
        for (size_t j = 0; j < n; j++) {
            const REAL update = z[j], candidate = z[2 * n + j];
            dz[j] = dh[j] * (h[j] - candidate) * (update * (1 - update));
            dz[2 * n + j] = dh[j] * (1 - update) * (1 - candidate * candidate);
            before[j] = dh[j] * update;
        }
        for (size_t j = 0; j < n; j++) {
            const REAL gate = z[n + j];
            REAL through = r->cell == DSCI_CELL_GRU ? h[j] : z[3 * n + j];
            REAL d = dz[2 * n + j];
            if (r->cell == DSCI_CELL_GRU) {
                d = 0;
                for (size_t g = 0; g < n; g++)
                    d += dz[2 * n + g] * u[j * r->gates + 2 * n + g];
                before[j] += d * gate;
            } else {
                dz[3 * n + j] = d * gate;
            }
            dz[n + j] = d * through * (gate * (1 - gate));
        }
    } else {
        const REAL *v = dsci_role(o, DSCI_ROLE_OUTPUT_WEIGHTS);
        for (size_t j = 0; j < n; j++) {
            REAL d = v ? 0 : dh[j];
            for (size_t k = 0; v && k < r->state; k++)
                d += dh[k] * v[j * r->state + k];
            dz[j] = r->cell == DSCI_CELL_RELU ? (z[j] > 0 ? d : 0) : d * (1 - z[j] * z[j]);
        }
        for (size_t k = 0; v && k < r->state; k++)
            dz[n + k] = dh[k];
    }
    const size_t through = r->cell == DSCI_CELL_GRU ? 2 * n : r->gates;
    for (size_t j = 0; j < r->state; j++)
        for (size_t g = 0; g < through; g++)
            before[j] += dz[dsci_recurrent_column(r, g)] * u[j * r->gates + g];
}

void NAME(recurrent_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_recurrent r = dsci_recurrent_of(o->node);
    size_t at = dsci_role_count(o->node);
    const REAL *values = o->in[at++], *gates = values + dsci_values_size(&r);
    const REAL *cells = gates + dsci_gates_size(&r), *w = dsci_role(o, DSCI_ROLE_WEIGHTS);
    const REAL *diff = o->node->attributes.recurrent.output_diff ? o->in[at++] : NULL;
    const REAL *diff_final = o->node->attributes.recurrent.final_diff ? o->in[at] : NULL;
    const int32_t *lengths = dsci_role(o, DSCI_ROLE_LENGTHS);
    const bool by_x = o->node->attributes.recurrent.x_diff,
               by_state = o->node->attributes.recurrent.initial_diff;
    REAL *dz = o->out[0], *dx = by_x ? o->out[1] : NULL, *initial = by_state ? o->out[1 + by_x] : NULL;
    const size_t n = r.units;
    for (size_t e = 0; e < r.batch; e++) {
        REAL *dh = dz + dsci_gates_size(&r) + e * 2 * (r.state + n), *before = dh + r.state;
        REAL *dc = before + r.state;
        for (size_t j = 0; j < r.state; j++)
            dh[j] = (diff_final ? diff_final[e * r.carried + j] : 0) +
                    (diff && !r.sequence ? diff[e * r.state + j] : 0);
        for (size_t j = 0; j < n; j++)
            dc[j] = diff_final && r.cell == DSCI_CELL_LSTM ? diff_final[e * r.carried + n + j] : 0;
        for (size_t s = r.steps; s-- > 0;) {
            const size_t t = dsci_step_read(&r, s), row = e * r.steps + s;
            REAL *d = dz + row * r.ld_gates;
            const bool valid = dsci_step_valid(lengths, e, t);
            for (size_t j = 0; j < r.width; j++)
                d[j] = 0;
            if (valid) {
                for (size_t j = 0; diff && r.sequence && j < r.state; j++)
                    dh[j] += diff[(e * r.steps + t) * r.state + j];
                LOCAL(recurrent_step_back)
                (o, &r, values + row * r.ld_values, gates + row * r.ld_gates,
                 dsci_has_cells(&r) ? cells + (e * (r.steps + 1) + s) * n : NULL, d, dh, before, dc);
                for (size_t j = 0; j < r.state; j++)
                    dh[j] = before[j];
            }
            for (size_t i = 0; dx && i < r.features; i++) {
                REAL sum = 0;
                for (size_t g = 0; g < r.gates; g++)
                    sum += d[g] * w[i * r.gates + g];
                dx[(e * r.steps + t) * r.features + i] = sum;
            }
            for (size_t j = 0; dsci_step_cut(&r, s) && j < r.state; j++)
                dh[j] = 0;
            for (size_t j = 0; dsci_step_cut(&r, s) && j < n; j++)
                dc[j] = 0;
        }
        for (size_t j = 0; initial && j < r.carried; j++)
            initial[e * r.carried + j] = j < r.state ? dh[j] : dc[j - n];
    }
}

/* dst (m, columns) = sum over rows of a's m columns times b's. */
static void LOCAL(outer_sums)(REAL *dst, const REAL *a, size_t m, size_t lda, const REAL *b, size_t n,
                              size_t ldb, size_t rows, size_t ld)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            REAL sum = 0;
            for (size_t k = 0; k < rows; k++)
                sum += (a ? a[k * lda + i] : 1) * b[k * ldb + j];
            dst[i * ld + j] = sum;
        }
}

void NAME(recurrent_backward_weights)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_recurrent r = dsci_recurrent_of(o->node);
    const size_t at = dsci_role_count(o->node), n = r.units, rows = r.batch * r.steps;
    const REAL *values = o->in[at], *gates = values + dsci_values_size(&r);
    const REAL *cells = gates + dsci_gates_size(&r), *dz = o->in[at + 1];
    REAL *w = dsci_role_diff(o, DSCI_ROLE_WEIGHTS), *u = dsci_role_diff(o, DSCI_ROLE_RECURRENT);
    REAL *b = dsci_role_diff(o, DSCI_ROLE_BIAS), *rb = dsci_role_diff(o, DSCI_ROLE_RECURRENT_BIAS);
    REAL *p = dsci_role_diff(o, DSCI_ROLE_PEEPHOLE), *v = dsci_role_diff(o, DSCI_ROLE_OUTPUT_WEIGHTS);
    REAL *k = dsci_role_diff(o, DSCI_ROLE_OUTPUT_BIAS);
    LOCAL(outer_sums)(w, values, r.features, r.ld_values, dz, r.gates, r.ld_gates, rows, r.gates);
    for (size_t g = 0; g < r.gates; g += n) {
        const REAL *column = dz + dsci_recurrent_column(&r, g);
        if (r.cell == DSCI_CELL_GRU && g == 2 * n)
            for (size_t e = 0; e < r.batch; e++)
                for (size_t i = 0; i < n; i++)
                    for (size_t j = 0; j < n; j++) {
                        REAL sum = e ? u[i * r.gates + g + j] : 0;
                        for (size_t s = 0; s < r.steps; s++)
                            sum += cells[(e * (r.steps + 1) + s + 1) * n + i] *
                                   column[(e * r.steps + s) * r.ld_gates + j];
                        u[i * r.gates + g + j] = sum;
                    }
        else
            LOCAL(outer_sums)
        (u + g, values + r.features, r.state, r.ld_values, column, n, r.ld_gates, rows, r.gates);
        if (b)
            LOCAL(outer_sums)(b + g, NULL, 1, 0, dz + g, n, r.ld_gates, rows, r.gates);
        if (rb)
            LOCAL(outer_sums)(rb + g, NULL, 1, 0, column, n, r.ld_gates, rows, r.gates);
    }
    if (v)
        LOCAL(outer_sums)(v, gates, n, r.ld_gates, dz + n, r.state, r.ld_gates, rows, r.state);
    if (k)
        LOCAL(outer_sums)(k, NULL, 1, 0, dz + n, r.state, r.ld_gates, rows, r.state);
    for (size_t g = 0; p && g < 3; g++)
        for (size_t j = 0; j < n; j++) {
            REAL sum = 0;
            for (size_t e = 0; e < r.batch; e++)
                for (size_t s = 0; s < r.steps; s++)
                    sum += cells[(e * (r.steps + 1) + s + (g == 2)) * n + j] *
                           dz[(e * r.steps + s) * r.ld_gates + (g == 2 ? 3 : g) * n + j];
            p[g * n + j] = sum;
        }
}
