/* update_double.inl - the rules in double (part of optimizer.c): plain loops over one chunk, w the
   parameters, g the gradient, a, b, c the rule's vectors. They define what the kernels of single precision
   compute. */
static double sign(double x)
{
    return (x > 0) - (x < 0);
}

/* g = scale clip(g) + l1 sign(w), clip to -most..most. */
static void shape(const double *w, double *g, size_t n, double scale, double most, double l1)
{
    for (size_t i = 0; i < n; i++) {
        const double x = g[i] > most ? most : g[i] < -most ? -most : g[i];
        g[i] = scale * x + l1 * sign(w[i]);
    }
}

static void shrink(double *w, size_t n, double by)
{
    for (size_t i = 0; i < n; i++)
        w[i] *= 1 - by;
}

static void update(const struct dsci_update_step *s, double *w, const double *gradient, double *a, double *b,
                   double *c, size_t n)
{
    const double lr = s->lr, mu = s->momentum, b1 = s->beta1, b2 = s->beta2;
    const double eps = s->epsilon, wd = s->coupled, size = s->step_size;
    const double root = s->root_correction, one = 1;
    for (size_t i = 0; i < n; i++) {
        const double g = gradient[i] + wd * w[i];
        switch (s->kind) {
        case DSC_OPTIMIZER_MOMENTUM:
        case DSC_OPTIMIZER_NESTEROV:
            if (s->sutskever) {
                a[i] = mu * a[i] - lr * g;
                w[i] += s->kind == DSC_OPTIMIZER_NESTEROV ? mu * a[i] - lr * g : a[i];
            } else {
                a[i] = mu * a[i] + g;
                w[i] -= lr * (s->kind == DSC_OPTIMIZER_NESTEROV ? g + mu * a[i] : a[i]);
            }
            break;
        case DSC_OPTIMIZER_ADAGRAD:
            a[i] += g * g;
            w[i] -= lr * g / (sqrt(a[i]) + eps);
            break;
        case DSC_OPTIMIZER_RMSPROP: {
            a[i] = b2 * a[i] + (one - b2) * g * g;
            double variance = a[i];
            if (s->centered) {
                b[i] = b2 * b[i] + (one - b2) * g;
                variance -= b[i] * b[i];
                variance = 0 > variance ? 0 : variance; /* rounding may take it below */
            }
            const double step = g / (sqrt(variance) + eps);
            if (c)
                c[i] = mu * c[i] + step;
            w[i] -= lr * (c ? c[i] : step);
            break;
        }
        case DSC_OPTIMIZER_ADADELTA: {
            a[i] = b2 * a[i] + (one - b2) * g * g;
            const double step = sqrt(b[i] + eps) / sqrt(a[i] + eps) * g;
            b[i] = b2 * b[i] + (one - b2) * step * step;
            w[i] -= lr * step;
            break;
        }
        case DSC_OPTIMIZER_ADAM:
        case DSC_OPTIMIZER_ADAMW:
        case DSC_OPTIMIZER_AMSGRAD: {
            a[i] = b1 * a[i] + (one - b1) * g;
            b[i] = b2 * b[i] + (one - b2) * g * g;
            double second = b[i];
            if (s->kind == DSC_OPTIMIZER_AMSGRAD)
                second = c[i] = c[i] > second ? c[i] : second;
            w[i] -= size * a[i] / (sqrt(second) * root + eps);
            break;
        }
        case DSC_OPTIMIZER_ADAMAX: {
            const double most = b2 * b[i], now = fabs(g) + eps;
            a[i] = b1 * a[i] + (one - b1) * g;
            b[i] = most > now ? most : now;
            w[i] -= size * a[i] / b[i];
            break;
        }
        case DSC_OPTIMIZER_NADAM:
            a[i] = b1 * a[i] + (one - b1) * g;
            b[i] = b2 * b[i] + (one - b2) * g * g;
            w[i] -= (s->nadam_gradient * g + size * a[i]) / (sqrt(b[i]) * root + eps);
            break;
        case DSC_OPTIMIZER_RPROP: {
            const double agreement = sign(g) * sign(a[i]);
            double step = b[i] * (agreement > 0 ? 1.2 : agreement < 0 ? 0.5 : one);
            step = step < 1e-6 ? 1e-6 : step > 50 ? 50 : step;
            b[i] = step;
            a[i] = agreement < 0 ? 0 : g;
            w[i] -= sign(a[i]) * step;
            break;
        }
        case DSC_OPTIMIZER_DELTA_BAR_DELTA: {
            const double agreement = sign(g) * sign(a[i]);
            double gain = agreement > 0 ? b[i] + 0.05 : agreement < 0 ? b[i] * 0.95 : b[i];
            gain = gain < 0.1 ? 0.1 : gain > 10 ? 10 : gain;
            b[i] = gain;
            a[i] = (one - b1) * g + b1 * a[i];
            if (c)
                c[i] = mu * c[i] + gain * g;
            w[i] -= lr * (c ? c[i] : gain * g);
            break;
        }
        case DSC_OPTIMIZER_SGD:
        case DSC_OPTIMIZER_COUNT: w[i] -= lr * g; break;
        }
    }
}

/* The columns first..first + count - 1 (at most COLUMNS) of w (rows x units) are scaled back to the norm. */
static void bound(double *w, size_t rows, size_t units, size_t first, size_t count, double norm)
{
    double sums[COLUMNS] = { 0 };
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < count; j++)
            sums[j] += w[r * units + first + j] * w[r * units + first + j];
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < count; j++)
            if (sums[j] > norm * norm)
                w[r * units + first + j] *= norm / sqrt(sums[j]);
}
