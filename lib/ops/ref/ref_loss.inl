/* ref_loss.inl - the definition of the losses over REAL; included once a type by ref.c. Everything is
 * computed in double; gradients are rounded once. */

/* Rows of scores that have a label each: examples, or the steps of all sequences. */
static size_t LOCAL(label_rows)(const dsci_node *node, size_t *classes)
{
    *classes = node->in[0]->elements / node->in[1]->elements;
    return node->in[1]->elements;
}

static double LOCAL(log_sum_exp)(const REAL *row, size_t classes)
{
    double largest = (double)row[0], sum = 0;
    for (size_t c = 1; c < classes; c++)
        largest = (double)row[c] > largest ? (double)row[c] : largest;
    for (size_t c = 0; c < classes; c++)
        sum += exp((double)row[c] - largest);
    return largest + log(sum);
}

/* Mean of -log softmax(logits)[label]; diff_logits = (softmax - one_hot) / rows. */
void NAME(softmax_cross_entropy)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *logits = o->in[0];
    const int32_t *labels = o->in[1];
    REAL *diff_logits = o->out[DSCI_LOSS_GRADIENT];
    size_t classes;
    const size_t rows = LOCAL(label_rows)(o->node, &classes);
    double total = 0;
    for (size_t r = 0; r < rows; r++) {
        const REAL *row = logits + r * classes;
        const size_t label = (size_t)labels[r];
        double largest = (double)row[0], sum = 0;
        for (size_t c = 1; c < classes; c++)
            largest = (double)row[c] > largest ? (double)row[c] : largest;
        for (size_t c = 0; c < classes; c++)
            sum += exp((double)row[c] - largest);
        total += log(sum) - ((double)row[label] - largest);
        for (size_t c = 0; diff_logits && c < classes; c++) {
            const double probability = exp((double)row[c] - largest) / sum;
            diff_logits[r * classes + c] = (REAL)((probability - (c == label)) / (double)rows);
        }
    }
    dsci_loss_put(o, total, (double)rows);
}

/* Mean of (src - target)^2 over the targets that are not NaN; diff_src = 2 (src - target) / how many these
 * are. */
void NAME(squared_loss)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0], *target = o->in[1];
    REAL *diff_src = o->out[DSCI_LOSS_GRADIENT];
    const size_t n = o->node->in[0]->elements;
    double total = 0, known = 0;
    for (size_t i = 0; i < n; i++)
        known += !isnan(target[i]);
    for (size_t i = 0; i < n; i++) {
        const double error = isnan(target[i]) ? 0 : (double)src[i] - (double)target[i];
        total += error * error;
        if (diff_src)
            diff_src[i] = known > 0 ? (REAL)(2 * error / known) : 0;
    }
    dsci_loss_put(o, total, known);
}

/* Mean of src over batch and elements; diff_src = 1 / how many these are. */
void NAME(mean_loss)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *src = o->in[0];
    REAL *diff_src = o->out[DSCI_LOSS_GRADIENT];
    const size_t n = o->node->in[0]->elements;
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += (double)src[i];
    for (size_t i = 0; diff_src && i < n; i++)
        diff_src[i] = (REAL)(1 / (double)n);
    dsci_loss_put(o, total / (double)n * (double)o->node->batch, (double)o->node->batch);
}

/* The loss of a row whose targets are (1 - s) one_hot + s / classes, a class weighing weight[c] (NULL: 1) and
 * its gradient times scale: of -sum_c targets[c] weight[c] log p[c], p the softmax of the row, or the row
 * itself the log p. */
static double LOCAL(cross_entropy)(REAL *diff, const REAL *row, size_t classes, size_t label,
                                   const dsci_node *node, double scale)
{
    const double *weight = node->attributes.loss.class_weights;
    const double s = node->attributes.loss.smoothing;
    const bool softmax = node->attributes.loss.kind == DSCI_LABEL_SOFTMAX;
    const double shift = softmax ? LOCAL(log_sum_exp)(row, classes) : 0;
    double loss = 0, mass = 0;
    for (size_t c = 0; c < classes; c++) {
        const double target = ((c == label ? 1 - s : 0) + s / (double)classes) * (weight ? weight[c] : 1);
        loss += target > 0 ? target * (shift - (double)row[c]) : 0;
        mass += target;
    }
    for (size_t c = 0; diff && c < classes; c++) {
        const double target = ((c == label ? 1 - s : 0) + s / (double)classes) * (weight ? weight[c] : 1);
        diff[c] = (REAL)(scale * ((softmax ? mass * exp((double)row[c] - shift) : 0) - target));
    }
    return loss;
}

/* max(0, 1 - y x) of one output; of several the mean of max(0, 1 - x[label] + x[c]) over c != label, divided
 * by classes. */
static double LOCAL(hinge)(REAL *diff, const REAL *row, size_t classes, size_t label, double weight,
                           double scale)
{
    double loss = 0, pulls = 0;
    if (classes == 1) {
        const double y = label ? 1 : -1, short_of = 1 - y * (double)row[0];
        if (diff)
            diff[0] = short_of <= 0 ? 0 : (REAL)(-y * weight * scale);
        return short_of <= 0 ? 0 : weight * short_of;
    }
    for (size_t c = 0; c < classes; c++) {
        const double short_of = 1 - (double)row[label] + (double)row[c];
        const double pull = c == label || short_of <= 0 ? 0 : weight / (double)classes;
        loss += pull > 0 ? pull * short_of : 0;
        pulls += pull;
        if (diff)
            diff[c] = (REAL)(pull * scale);
    }
    if (diff)
        diff[label] = (REAL)(-pulls * scale);
    return loss;
}

/* The sum of the rows' losses over the sum of their weights; rows with the ignored label have none. */
void NAME(label_loss)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *scores = o->in[0];
    const int32_t *labels = o->in[1];
    REAL *diff = o->out[DSCI_LOSS_GRADIENT];
    const double *class_weights = o->node->attributes.loss.class_weights;
    const size_t ignore = o->node->attributes.loss.ignore;
    size_t classes;
    const size_t rows = LOCAL(label_rows)(o->node, &classes);
    double total = 0, weights = 0;
    for (size_t r = 0; r < rows; r++)
        if ((size_t)labels[r] + 1 != ignore)
            weights += class_weights ? class_weights[labels[r]] : 1;
    const double scale = weights > 0 ? 1 / weights : 0;
    for (size_t r = 0; r < rows; r++) {
        const size_t label = (size_t)labels[r];
        const REAL *row = scores + r * classes;
        REAL *diff_row = diff ? diff + r * classes : NULL;
        if (label + 1 == ignore)
            for (size_t c = 0; diff && c < classes; c++)
                diff_row[c] = 0;
        else if (o->node->attributes.loss.kind == DSCI_LABEL_HINGE)
            total +=
                LOCAL(hinge)(diff_row, row, classes, label, class_weights ? class_weights[label] : 1, scale);
        else
            total += LOCAL(cross_entropy)(diff_row, row, classes, label, o->node, scale);
    }
    dsci_loss_put(o, total, weights);
}

/* The loss of an element, its derivative by x, and what it weighs in the mean. */
static double LOCAL(element_loss)(const dsci_node *node, double x, double t, double *slope, double *weight)
{
    const double e = x - t, delta = node->attributes.loss.delta;
    const double *w = node->attributes.loss.weights;
    *weight = 1;
    switch (node->attributes.loss.kind) {
    case DSCI_TARGET_ABSOLUTE: *slope = e > 0 ? 1 : e < 0 ? -1 : e; return fabs(e);
    case DSCI_TARGET_HUBER:
        *slope = e > delta ? delta : e < -delta ? -delta : e;
        return fabs(e) <= delta ? e * e / 2 : delta * (fabs(e) - delta / 2);
    case DSCI_TARGET_BINARY:
        *weight = w[0] * (1 - t) + w[1] * t;
        *slope = w[0] * (1 - t) / (1 + exp(-x)) - w[1] * t / (1 + exp(x));
        return w[0] * (1 - t) * softplus(x) + w[1] * t * softplus(-x);
    case DSCI_TARGET_KL: *slope = -t; return t > 0 ? t * (log(t) - x) : 0;
    default: *slope = 2 * e; return e * e;
    }
}

/* The sum of the elements' losses over that of their weights; of KL over the rows with a target that counts.
 * A target that is NaN counts for nothing. */
void NAME(target_loss)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const dsci_node *node = o->node;
    const REAL *src = o->in[0], *target = o->in[1];
    REAL *diff = o->out[DSCI_LOSS_GRADIENT];
    const bool kl = node->attributes.loss.kind == DSCI_TARGET_KL;
    const size_t n = node->in[0]->elements, columns = dsci_loss_columns(node);
    const double smoothing = node->attributes.loss.smoothing;
    const double floor = smoothing / (kl ? (double)columns : 2);
    double total = 0, weights = 0, slope, weight;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0, counts = 0; i < n; i++) {
            const bool masked = isnan(target[i]);
            const double t = (1 - smoothing) * (double)target[i] + floor;
            const double value = masked ? 0 : LOCAL(element_loss)(node, (double)src[i], t, &slope, &weight);
            if (pass == 1) {
                total += value;
                if (diff)
                    diff[i] = masked || !(weights > 0) ? 0 : (REAL)(slope / weights);
                continue;
            }
            counts += !masked;
            if (!kl)
                weights += masked ? 0 : weight;
            else if ((i + 1) % columns == 0) {
                weights += counts > 0;
                counts = 0;
            }
        }
    dsci_loss_put(o, total, weights);
}

/* errors[0]: how many rows have their largest entry (the first of equals) elsewhere than the label says, of
 * a single entry: a sign other than the label's; a row with a NaN has none. errors[1]: of how many. */
void NAME(count_errors)(const dsci_operands *o, dsci_part part)
{
    (void)part;
    const REAL *scores = o->in[0];
    const int32_t *labels = o->in[1];
    double *errors = o->out[0];
    size_t classes;
    const size_t rows = LOCAL(label_rows)(o->node, &classes);
    const bool binary = dsci_is_binary(o->node);
    errors[0] = errors[1] = 0;
    for (size_t r = 0; r < rows; r++) {
        const REAL *row = scores + r * classes;
        size_t best = binary && row[0] > 0;
        if ((size_t)labels[r] + 1 == o->node->attributes.loss.ignore)
            continue;
        bool known = !isnan(row[0]);
        for (size_t c = 1; c < classes; c++) {
            known = known && !isnan(row[c]);
            if (row[c] > row[best])
                best = c;
        }
        errors[0] += !known || best != (size_t)labels[r];
        errors[1]++;
    }
}
