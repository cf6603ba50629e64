/* ref_noise.inl - the definition of dropout's relatives over REAL; included once a type by ref.c. */

void NAME(channel_dropout)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    const dsci_dropout mask = dsci_dropout_of(o);
    const dsci_shape *shape = &o->node->out[0]->shape;
    const size_t channels = shape->dim[shape->rank - 1], cols = dsci_tensor_cols(o->node->out[0]);
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        dst[i] =
            src[i] *
            (dsci_dropout_keeps(&mask, i / cols * channels + i % channels) ? (REAL)mask.inverse_keep : 0);
}

void NAME(gaussian_dropout)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    const double deviation = dsci_noise_factor_deviation(o->node->attributes.rate);
    for (size_t i = 0; i < o->node->out[0]->elements; i++) {
        double normal;
        dsci_noise_normals(o, i, 1, &normal);
        dst[i] = src[i] * (REAL)(1 + deviation * normal);
    }
}

void NAME(gaussian_noise)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    for (size_t i = 0; i < o->node->out[0]->elements; i++) {
        double normal;
        dsci_noise_normals(o, i, 1, &normal);
        dst[i] = src[i] + (REAL)(o->node->attributes.deviation * normal);
    }
}

void NAME(alpha_dropout)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *dst = o->out[0];
    const dsci_dropout mask = dsci_dropout_of(o);
    const dsci_alpha_dropout alpha = dsci_alpha_dropout_of(o->node->attributes.rate);
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        dst[i] = dsci_dropout_keeps(&mask, i) ? src[i] * (REAL)alpha.scale + (REAL)alpha.shift
                                              : (REAL)alpha.dropped;
}

/* diff_src = scale diff_dst where the element was kept. */
void NAME(alpha_dropout_backward)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *diff_dst = o->in[0];
    REAL *diff_src = o->out[0];
    const dsci_dropout mask = dsci_dropout_of(o);
    const REAL scale = (REAL)dsci_alpha_dropout_of(o->node->attributes.rate).scale;
    for (size_t i = 0; i < o->node->out[0]->elements; i++)
        diff_src[i] = diff_dst[i] * (dsci_dropout_keeps(&mask, i) ? scale : 0);
}
