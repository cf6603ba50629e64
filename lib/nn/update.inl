/* update.inl - the rules for one type: REAL, ROOT, ABSOLUTE and RULE(name) are set by optimizer.c. Plain loops over
   one chunk: w the parameters, g the gradient, a, b, c the rule's vectors. Each is written with the operations
   of IEEE 754 alone, so it has the same bits on every machine. */

static REAL RULE(sign)(REAL x)
{
    return (REAL)((x > 0) - (x < 0));
}

/* g = scale clip(g) + l1 sign(w), sign(0) = 0. */
static void RULE(shape)(const REAL *w, REAL *g, size_t n, double scale, double clip, double l1)
{
    const REAL s = (REAL)scale, most = (REAL)clip, penalty = (REAL)l1;
    for (size_t i = 0; i < n; i++) {
        REAL x = g[i];
        if (most > 0)
            x = x > most ? most : x < -most ? -most : x;
        g[i] = s * x + penalty * RULE(sign)(w[i]);
    }
}

static void RULE(shrink)(REAL *w, size_t n, double by)
{
    const REAL keep = (REAL)(1 - by);
    for (size_t i = 0; i < n; i++)
        w[i] *= keep;
}

static void RULE(update)(const struct step *s, REAL *w, const REAL *gradient, REAL *a, REAL *b, REAL *c, size_t n)
{
    const REAL lr = (REAL)s->lr, mu = (REAL)s->momentum, b1 = (REAL)s->beta1, b2 = (REAL)s->beta2;
    const REAL eps = (REAL)s->epsilon, wd = (REAL)s->coupled, size = (REAL)s->step_size;
    const REAL root = (REAL)s->root_correction, one = 1;
    for (size_t i = 0; i < n; i++) {
        const REAL g = gradient[i] + wd * w[i];
        switch (s->kind) {
        case DSC_MOMENTUM:
        case DSC_NESTEROV:
            if (s->sutskever) {
                a[i] = mu * a[i] - lr * g;
                w[i] += s->kind == DSC_NESTEROV ? mu * a[i] - lr * g : a[i];
            } else {
                a[i] = mu * a[i] + g;
                w[i] -= lr * (s->kind == DSC_NESTEROV ? g + mu * a[i] : a[i]);
            }
            break;
        case DSC_ADAGRAD:
            a[i] += g * g;
            w[i] -= lr * g / (ROOT(a[i]) + eps);
            break;
        case DSC_RMSPROP: {
            a[i] = b2 * a[i] + (one - b2) * g * g;
            REAL variance = a[i];
            if (s->centered) {
                b[i] = b2 * b[i] + (one - b2) * g;
                variance -= b[i] * b[i];
                variance = variance > 0 ? variance : 0; /* rounding may take it below */
            }
            const REAL step = g / (ROOT(variance) + eps);
            if (c)
                c[i] = mu * c[i] + step;
            w[i] -= lr * (c ? c[i] : step);
            break;
        }
        case DSC_ADADELTA: {
            a[i] = b2 * a[i] + (one - b2) * g * g;
            const REAL step = ROOT(b[i] + eps) / ROOT(a[i] + eps) * g;
            b[i] = b2 * b[i] + (one - b2) * step * step;
            w[i] -= lr * step;
            break;
        }
        case DSC_ADAM:
        case DSC_ADAMW:
        case DSC_AMSGRAD: {
            a[i] = b1 * a[i] + (one - b1) * g;
            b[i] = b2 * b[i] + (one - b2) * g * g;
            REAL second = b[i];
            if (s->kind == DSC_AMSGRAD)
                second = c[i] = second > c[i] ? second : c[i];
            w[i] -= size * a[i] / (ROOT(second) * root + eps);
            break;
        }
        case DSC_ADAMAX: {
            const REAL most = b2 * b[i], now = ABSOLUTE(g) + eps;
            a[i] = b1 * a[i] + (one - b1) * g;
            b[i] = most > now ? most : now;
            w[i] -= size * a[i] / b[i];
            break;
        }
        case DSC_NADAM:
            a[i] = b1 * a[i] + (one - b1) * g;
            b[i] = b2 * b[i] + (one - b2) * g * g;
            w[i] -= ((REAL)s->nadam_gradient * g + size * a[i]) / (ROOT(b[i]) * root + eps);
            break;
        case DSC_RPROP: {
            const REAL agreement = RULE(sign)(g) * RULE(sign)(a[i]);
            REAL step = b[i] * (agreement > 0 ? (REAL)1.2 : agreement < 0 ? (REAL)0.5 : one);
            step = step < (REAL)1e-6 ? (REAL)1e-6 : step > 50 ? 50 : step;
            b[i] = step;
            a[i] = agreement < 0 ? 0 : g;
            w[i] -= RULE(sign)(a[i]) * step;
            break;
        }
        case DSC_DELTA_BAR_DELTA: {
            const REAL agreement = RULE(sign)(g) * RULE(sign)(a[i]);
            REAL gain = agreement > 0 ? b[i] + (REAL)0.05 : agreement < 0 ? b[i] * (REAL)0.95 : b[i];
            gain = gain < (REAL)0.1 ? (REAL)0.1 : gain > 10 ? 10 : gain;
            b[i] = gain;
            a[i] = (one - b1) * g + b1 * a[i];
            if (c)
                c[i] = mu * c[i] + gain * g;
            w[i] -= lr * (c ? c[i] : gain * g);
            break;
        }
        case DSC_SGD:
        case DSC_OPTIMIZER_COUNT:
            w[i] -= lr * g;
            break;
        }
    }
}

/* The columns first..first + count - 1 of a slice (rows x units) are scaled back to the norm. */
static void RULE(bound_columns)(REAL *w, size_t rows, size_t units, size_t first, size_t count, double norm)
{
    double sums[COLUMNS] = { 0 };
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < count; j++) {
            const double x = (double)w[r * units + first + j];
            sums[j] += x * x;
        }
    for (size_t j = 0; j < count; j++)
        if (sums[j] > norm * norm) {
            const REAL keep = (REAL)(norm / sqrt(sums[j]));
            for (size_t r = 0; r < rows; r++)
                w[r * units + first + j] *= keep;
        }
}

static double RULE(penalty)(const REAL *w, size_t n, double l1, double l2)
{
    double absolute = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        absolute += fabs((double)w[i]);
        square += (double)w[i] * (double)w[i];
    }
    return l1 * absolute + l2 / 2 * square;
}
