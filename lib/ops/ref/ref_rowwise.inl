/* ref_rowwise.inl - the definition of functions of the last dimension over REAL; included once a type by
 * ref.c. */

static size_t LOCAL(columns)(const dsci_tensor *x)
{
    return x->shape.dim[x->shape.rank - 1];
}

/* The logarithm of the sum of a row's exponentials. */
static double LOCAL(log_sum)(const REAL *row, size_t columns)
{
    double largest = (double)row[0], sum = 0;
    for (size_t c = 1; c < columns; c++)
        largest = (double)row[c] > largest ? (double)row[c] : largest;
    for (size_t c = 0; c < columns; c++)
        sum += exp((double)row[c] - largest);
    return largest + log(sum);
}

static void LOCAL(log_probabilities)(const dsci_operands *o, bool exponential)
{
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    const size_t columns = LOCAL(columns)(o->node->in[0]);
    for (size_t start = 0; start < o->node->in[0]->elements; start += columns) {
        const double log_sum = LOCAL(log_sum)(src + start, columns);
        for (size_t c = start; c < start + columns; c++) {
            const double value = (double)src[c] - log_sum;
            dst[c] = (REAL)(exponential ? exp(value) : value);
        }
    }
}

void NAME(softmax)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    LOCAL(log_probabilities)(o, true);
}

void NAME(log_softmax)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    LOCAL(log_probabilities)(o, false);
}

/* diff_src = dst (diff_dst - sum diff_dst dst). */
void NAME(softmax_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *diff_dst = o->in[0], *dst = o->in[1];
    REAL *diff_src = o->out[0];
    const size_t columns = LOCAL(columns)(o->node->in[0]);
    for (size_t start = 0; start < o->node->in[0]->elements; start += columns) {
        double sum = 0;
        for (size_t c = start; c < start + columns; c++)
            sum += (double)diff_dst[c] * (double)dst[c];
        for (size_t c = start; c < start + columns; c++)
            diff_src[c] = (REAL)((double)dst[c] * ((double)diff_dst[c] - sum));
    }
}

/* diff_src = diff_dst - exp(dst) sum diff_dst. */
void NAME(log_softmax_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *diff_dst = o->in[0], *dst = o->in[1];
    REAL *diff_src = o->out[0];
    const size_t columns = LOCAL(columns)(o->node->in[0]);
    for (size_t start = 0; start < o->node->in[0]->elements; start += columns) {
        double sum = 0;
        for (size_t c = start; c < start + columns; c++)
            sum += (double)diff_dst[c];
        for (size_t c = start; c < start + columns; c++)
            diff_src[c] = (REAL)((double)diff_dst[c] - exp((double)dst[c]) * sum);
    }
}

/* The largest of each group of neighbouring channels, the first of equal ones; NaN, if one is. */
static size_t LOCAL(largest)(const REAL *group, size_t pieces)
{
    size_t best = 0;
    for (size_t i = 1; i < pieces; i++)
        best = group[i] <= group[best] || isnan(group[best]) ? best : i;
    return best;
}

void NAME(maxout)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    const size_t pieces = o->node->attributes.pieces;
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        dst[i] = src[i * pieces + LOCAL(largest)(src + i * pieces, pieces)];
}

void NAME(maxout_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *diff_dst = o->in[0], *src = o->in[1];
    REAL *diff_src = o->out[0];
    const size_t pieces = o->node->attributes.pieces;
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_src[i] = 0;
    for (size_t i = 0; i < o->node->in[0]->elements; i++)
        diff_src[i * pieces + LOCAL(largest)(src + i * pieces, pieces)] = diff_dst[i];
}

/* dst = scale (x - mean) / sqrt(variance + epsilon) + shift over the last dimension. saved: mean, inverse
 * deviation and an unused number of each row. */
void NAME(layer_norm)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const bool scale = o->node->attributes.layer_norm.scale, shift = o->node->attributes.layer_norm.shift;
    const REAL *src = o->in[0], *gamma = scale ? o->in[1] : NULL, *beta = shift ? o->in[scale ? 2 : 1] : NULL;
    REAL *dst = o->out[0], *saved = o->out[1];
    const size_t columns = LOCAL(columns)(o->node->in[0]), rows = o->node->in[0]->elements / columns;
    for (size_t r = 0; r < rows; r++) {
        const REAL *row = src + r * columns;
        double mean = 0, variance = 0;
        for (size_t c = 0; c < columns; c++)
            mean += (double)row[c] / (double)columns;
        for (size_t c = 0; c < columns; c++)
            variance += ((double)row[c] - mean) * ((double)row[c] - mean) / (double)columns;
        const double inverse = 1 / sqrt(variance + o->node->attributes.layer_norm.epsilon);
        for (size_t c = 0; c < columns; c++)
            dst[r * columns + c] = (REAL)(((double)row[c] - mean) * inverse * (gamma ? (double)gamma[c] : 1) +
                                          (beta ? (double)beta[c] : 0));
        if (saved) {
            saved[3 * r] = (REAL)mean;
            saved[3 * r + 1] = (REAL)inverse;
            saved[3 * r + 2] = 0;
        }
    }
}

void NAME(layer_norm_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const bool scale = o->node->attributes.layer_norm.scale, shift = o->node->attributes.layer_norm.shift;
    const REAL *diff_dst = o->in[0], *src = o->in[1], *saved = o->in[2], *gamma = scale ? o->in[3] : NULL;
    REAL *diff_src = o->out[0], *diff_scale = scale ? o->out[1] : NULL,
         *diff_shift = shift ? o->out[scale ? 2 : 1] : NULL;
    const size_t columns = LOCAL(columns)(o->node->in[1]), rows = o->node->in[1]->elements / columns;
    for (size_t c = 0; c < columns; c++) {
        double product = 0, sum = 0;
        for (size_t r = 0; r < rows; r++) {
            const size_t i = r * columns + c;
            product +=
                (double)diff_dst[i] * ((double)src[i] - (double)saved[3 * r]) * (double)saved[3 * r + 1];
            sum += (double)diff_dst[i];
        }
        if (diff_scale)
            diff_scale[c] = (REAL)product;
        if (diff_shift)
            diff_shift[c] = (REAL)sum;
    }
    for (size_t r = 0; r < rows; r++) {
        const double mean = (double)saved[3 * r], inverse = (double)saved[3 * r + 1];
        double sum = 0, product = 0;
        for (size_t c = 0; c < columns; c++) {
            const double g = (double)diff_dst[r * columns + c] * (gamma ? (double)gamma[c] : 1);
            sum += g / (double)columns;
            product += g * ((double)src[r * columns + c] - mean) * inverse / (double)columns;
        }
        for (size_t c = 0; c < columns; c++) {
            const double g = (double)diff_dst[r * columns + c] * (gamma ? (double)gamma[c] : 1);
            const double normal = ((double)src[r * columns + c] - mean) * inverse;
            diff_src[r * columns + c] = (REAL)(inverse * (g - sum - normal * product));
        }
    }
}
