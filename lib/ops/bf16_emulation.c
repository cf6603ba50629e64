/* bf16_emulation.c - bfloat16 by the native kernels in single precision. Where those go shard by shard, so
 * does this; else one thread does all parts: it is there to run everywhere, not to be fast.
 */
#include "ops/bf16_emulation.h"

typedef struct widened {
    const dsci_implementation *inner;
    dsci_node node; /* as the inner implementation sees it, in single precision */
    dsci_tensor tensors[DSCI_MAX_INPUTS + DSCI_MAX_OUTPUTS];
    size_t in[DSCI_MAX_INPUTS],
        out[DSCI_MAX_OUTPUTS]; /* floats into the scratch memory; NONE: not converted */
    size_t scratch;            /* likewise of the inner implementation's own */
    bool by_batch;
} widened;

static const size_t NONE = SIZE_MAX;

static const dsci_implementation *native(const dsci_node *node)
{
    const dsci_implementation *i = node->op->implementations;
    while (i->run &&
           !(i->engine == DSC_ENGINE_NATIVE && i->type == DSCI_F32 && (!i->supports || i->supports(node))))
        i++;
    return i;
}

/* Gives the tensor's image single precision, and room in the scratch memory if it had not. */
static dsci_tensor *widen(dsci_tensor *image, const dsci_tensor *tensor, size_t *offset, size_t *floats)
{
    *image = *tensor;
    *offset = NONE;
    if (tensor->type != DSCI_BF16)
        return image;
    image->type = DSCI_F32;
    *offset = *floats;
    *floats += dsci_vector_floats(tensor->elements);
    return image;
}

/* Whether it converts what all shards read. */
static bool converts_unbatched(const widened *w, const dsci_node *node)
{
    for (size_t i = 0; i < node->input_count; i++)
        if (w->in[i] != NONE && node->in[i]->unbatched)
            return true;
    return false;
}

dsc_status dsci_bf16_emulation_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    widened *w = dsc_scope_alloc(scope, 1, sizeof *w);
    if (!w)
        return dsc_scope_status(scope);
    w->inner = native(node);
    w->node = *node;
    w->node.implementation = w->inner;
    w->node.real = DSCI_F32;
    size_t floats = 0;
    dsci_tensor *image = w->tensors;
    for (size_t i = 0; i < node->input_count; i++)
        w->node.in[i] = widen(image++, node->in[i], &w->in[i], &floats);
    for (size_t i = 0; i < node->output_count; i++)
        w->node.out[i] = widen(image++, node->out[i], &w->out[i], &floats);
    dsci_booking *inner = &w->node.booking;
    *inner = (dsci_booking){ 0 };
    if (w->inner->book && w->inner->book(scope, &w->node, inner) != DSC_OK)
        return dsc_scope_status(scope);
    inner->parts = inner->parts ? inner->parts : 1;
    w->scratch = floats;
    w->by_batch =
        inner->by_batch && !inner->pack_parts && !inner->finish_parts && !converts_unbatched(w, node);
    *booking = *inner;
    booking->by_batch = w->by_batch;
    booking->parts = w->by_batch ? inner->parts : 1;
    booking->pack_parts = booking->finish_parts = 0;
    booking->finish_by_batch = false;
    booking->scratch_bytes = floats * sizeof(float) + inner->scratch_bytes;
    node->state = w;
    return DSC_OK;
}

const char *dsci_bf16_emulation_describe(const dsci_node *node)
{
    (void)node;
    return "widened";
}

/* What the inner implementation computes with. */
static dsci_operands inner_operands(const widened *w, const dsci_operands *o)
{
    dsci_operands inner = *o;
    inner.node = &w->node;
    inner.state = w->node.state;
    inner.scratch = w->node.booking.scratch_bytes ? (float *)o->scratch + w->scratch : NULL;
    for (size_t i = 0; i < w->node.input_count; i++)
        if (w->in[i] != NONE)
            inner.in[i] = (float *)o->scratch + w->in[i];
    for (size_t i = 0; i < w->node.output_count; i++)
        if (w->out[i] != NONE)
            inner.out[i] = (float *)o->scratch + w->out[i];
    return inner;
}

void dsci_bf16_emulation_prepare(const dsci_operands *o, dsci_part part)
{
    const widened *w = o->state;
    dsci_operands inner = *o;
    inner.node = &w->node;
    inner.state = w->node.state;
    if (w->inner->prepare)
        w->inner->prepare(&inner, part);
}

static dsci_range converted(const widened *w, const dsci_tensor *tensor, size_t part)
{
    return w->by_batch ? dsci_shard_elements(&w->node, tensor, part) : (dsci_range){ 0, tensor->elements };
}

static void run_parts(dsci_step_fn *step, const dsci_operands *inner, size_t parts, void *workspace)
{
    for (size_t p = 0; p < parts; p++)
        step(inner, (dsci_part){ p, workspace });
}

/* One phase after the other, as the schedule would. */
static void run_all(const widened *w, const dsci_operands *inner, void *workspace)
{
    const dsci_booking *b = &w->node.booking;
    if (w->inner->pack && b->pack_parts)
        run_parts(w->inner->pack, inner, b->pack_parts, workspace);
    run_parts(w->inner->run, inner, b->parts, workspace);
    if (w->inner->finish && b->finish_parts)
        run_parts(w->inner->finish, inner, b->finish_parts, workspace);
}

void dsci_bf16_emulation_run(const dsci_operands *o, dsci_part part)
{
    const widened *w = o->state;
    const dsci_operands inner = inner_operands(w, o);
    for (size_t i = 0; i < w->node.input_count; i++) {
        if (w->in[i] == NONE)
            continue;
        const dsci_range r = converted(w, w->node.in[i], part.index);
        const dsci_bf16 *src = o->in[i];
        o->kernels->from_bf16((float *)o->scratch + w->in[i] + r.first, src + r.first, r.count);
    }
    if (w->by_batch)
        w->inner->run(&inner, part);
    else
        run_all(w, &inner, part.workspace);
    for (size_t i = 0; i < w->node.output_count; i++) {
        if (w->out[i] == NONE)
            continue;
        const dsci_range r = converted(w, w->node.out[i], part.index);
        dsci_bf16 *dst = o->out[i];
        o->kernels->to_bf16(dst + r.first, (const float *)o->scratch + w->out[i] + r.first, r.count);
    }
}
