/* ref_window.inl - the definition of convolution and pooling over REAL; included once a type by ref.c. */

/* Walks over the products of a convolution: for every output its window's elements (row, column, channel of
 * the group) that lie inside the image. src, dst and weight are indices. */
#define EACH_PRODUCT(s, statement)                                                                           \
    do {                                                                                                     \
        const size_t group_channels = (s).channels / (s).groups, group_filters = (s).filters / (s).groups;   \
        for (size_t b = 0; b < (s).batch; b++)                                                               \
            for (size_t oy = 0; oy < (s).dst[0]; oy++)                                                       \
                for (size_t ox = 0; ox < (s).dst[1]; ox++)                                                   \
                    for (size_t f = 0; f < (s).filters; f++)                                                 \
                        for (size_t ky = 0; ky < (s).window.kernel[0]; ky++)                                 \
                            for (size_t kx = 0; kx < (s).window.kernel[1]; kx++) {                           \
                                size_t y, x;                                                                 \
                                if (!dsci_window_source(&(s).window, 0, oy, ky, (s).src[0], &y) ||           \
                                    !dsci_window_source(&(s).window, 1, ox, kx, (s).src[1], &x))             \
                                    continue;                                                                \
                                for (size_t c = 0; c < group_channels; c++) {                                \
                                    const size_t src =                                                       \
                                        ((b * (s).src[0] + y) * (s).src[1] + x) * (s).channels +             \
                                        f / group_filters * group_channels + c;                              \
                                    const size_t dst =                                                       \
                                        ((b * (s).dst[0] + oy) * (s).dst[1] + ox) * (s).filters + f;         \
                                    const size_t weight =                                                    \
                                        ((ky * (s).window.kernel[1] + kx) * group_channels + c) *            \
                                            (s).filters +                                                    \
                                        f;                                                                   \
                                    statement;                                                               \
                                }                                                                            \
                            }                                                                                \
    } while (0)

/* dst = activation(src * weights + bias). */
void NAME(conv)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const REAL *image = o->in[0], *weights = o->in[1], *bias = o->in[2];
    REAL *out = o->out[0];
    const size_t elements = o->node->out[0]->elements;
    for (size_t i = 0; i < elements; i++)
        out[i] = bias ? bias[i % s.filters] : 0;
    EACH_PRODUCT(s, out[dst] += image[src] * weights[weight]);
    for (size_t i = 0; i < elements; i++)
        out[i] = LOCAL(activate)(o->node->attributes.conv.activation, 0, out[i]);
}

void NAME(conv_backward_data)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const REAL *diff_dst = o->in[0], *weights = o->in[1];
    REAL *diff_src = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_src[i] = 0;
    EACH_PRODUCT(s, diff_src[src] += diff_dst[dst] * weights[weight]);
}

void NAME(conv_backward_weights)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const REAL *image = o->in[0], *diff_dst = o->in[1];
    REAL *diff_weights = o->out[0], *diff_bias = o->out[1];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_weights[i] = 0;
    EACH_PRODUCT(s, diff_weights[weight] += image[src] * diff_dst[dst]);
    for (size_t f = 0; diff_bias && f < s.filters; f++)
        diff_bias[f] = 0;
    for (size_t i = 0; diff_bias && i < o->node->in[1]->elements; i++)
        diff_bias[i % s.filters] += diff_dst[i];
}

#undef EACH_PRODUCT

/* Runs a statement for every output of a pooling and every element (y, x) of its window that lies inside the
 * image, after `begin` and before `end`. src and dst are indices. */
#define EACH_WINDOW(s, begin, statement, end)                                                                \
    do {                                                                                                     \
        for (size_t dst = 0; dst < (s).batch * (s).dst[0] * (s).dst[1] * (s).channels; dst++) {              \
            const size_t c = dst % (s).channels, pixel = dst / (s).channels;                                 \
            const size_t b = pixel / ((s).dst[0] * (s).dst[1]);                                              \
            const dsci_pool_window w =                                                                       \
                dsci_pool_window_of(&(s), pixel / (s).dst[1] % (s).dst[0], pixel % (s).dst[1]);              \
            begin;                                                                                           \
            for (size_t k = 0; k < w.rows * w.columns; k++) {                                                \
                const size_t position = w.first + k / w.columns * w.row_step + k % w.columns;                \
                const size_t src = (b * (s).src[0] * (s).src[1] + position) * (s).channels + c;              \
                statement;                                                                                   \
            }                                                                                                \
            end;                                                                                             \
        }                                                                                                    \
    } while (0)

/* The largest, the first of equals; NaN if there is one. */
void NAME(max_pool)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_pool_shape s = dsci_pool_shape_of(o->node);
    const REAL *image = o->in[0];
    REAL *out = o->out[0];
    int32_t *positions = o->out[1];
    EACH_WINDOW(
        s, size_t best = 0; size_t at = 0,
                            if (k == 0 || (!(image[src] <= image[best]) && !isnan(image[best]))) {
                                best = src;
                                at = position;
                            },
                            out[dst] = image[best];
        if (positions) positions[dst] = (int32_t)at);
}

void NAME(max_pool_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_pool_shape s = dsci_pool_shape_of(o->node);
    const REAL *diff_dst = o->in[0];
    const int32_t *positions = o->in[1];
    REAL *diff_src = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_src[i] = 0;
    EACH_WINDOW(s, , if (position == (size_t)positions[dst]) diff_src[src] += diff_dst[dst], );
}

void NAME(average_pool)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_pool_shape s = dsci_pool_shape_of(o->node);
    const REAL *image = o->in[0];
    REAL *out = o->out[0];
    EACH_WINDOW(s, REAL sum = 0, sum += image[src], out[dst] = sum / (REAL)dsci_pool_divisor(&s, &w));
}

void NAME(average_pool_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_pool_shape s = dsci_pool_shape_of(o->node);
    const REAL *diff_dst = o->in[0];
    REAL *diff_src = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_src[i] = 0;
    EACH_WINDOW(s, , diff_src[src] += diff_dst[dst] / (REAL)dsci_pool_divisor(&s, &w), );
}

#undef EACH_WINDOW

/* Runs body for every element of dst and the up to four pixels of src that it is made of, element `from` with
   that weight. */
#define EACH_TERM(body)                                                                                      \
    do {                                                                                                     \
        const dsci_upsample_shape s = dsci_upsample_shape_of(o->node);                                       \
        for (size_t to = 0; to < s.batch * s.dst[0] * s.dst[1] * s.channels; to++) {                         \
            const size_t channel = to % s.channels, pixel = to / s.channels, line = pixel / s.dst[1];        \
            const dsci_upsample_place y = dsci_upsample_place_of(&s, 0, line % s.dst[0]);                    \
            const dsci_upsample_place x = dsci_upsample_place_of(&s, 1, pixel % s.dst[1]);                   \
            for (size_t k = 0; k < 4; k++) {                                                                 \
                const REAL down = (REAL)(k / 2 ? y.part : 1 - y.part);                                       \
                const REAL weight = down * (REAL)(k % 2 ? x.part : 1 - x.part);                              \
                const size_t row = line / s.dst[0] * s.src[0] + (k / 2 ? y.high : y.low);                    \
                const size_t from = (row * s.src[1] + (k % 2 ? x.high : x.low)) * s.channels + channel;      \
                if (weight > 0) {                                                                            \
                    body;                                                                                    \
                }                                                                                            \
            }                                                                                                \
        }                                                                                                    \
    } while (0)

void NAME(upsample)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        dst[i] = 0;
    EACH_TERM(dst[to] += weight * src[from]);
}

void NAME(upsample_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *diff_dst = o->in[0];
    REAL *diff_src = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_src[i] = 0;
    EACH_TERM(diff_src[from] += weight * diff_dst[to]);
}

#undef EACH_TERM
