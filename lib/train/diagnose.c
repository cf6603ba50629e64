/* diagnose.c - where a value that is not finite came from. */
#include <string.h>

#include "train/fit.h"

/* An infinity or a NaN has all bits of its exponent set: adding 1 to the exponent then carries into the sign
   bit, which is looked at once, after all values. Integer operations, which compilers turn into vector
   instructions, since training looks through all parameters after each epoch. */
#define ALL_FINITE(name, word, ones)                                                                         \
    static bool name(const void *values, size_t n)                                                           \
    {                                                                                                        \
        const word one = (word)((ones) & (~(ones) + 1));                                                     \
        word carries = 0;                                                                                    \
        for (size_t i = 0; i < n; i++) {                                                                     \
            word bits;                                                                                       \
            memcpy(&bits, (const char *)values + i * sizeof bits, sizeof bits);                              \
            carries = (word)(carries | ((bits & (ones)) + one));                                             \
        }                                                                                                    \
        return carries >> (8 * sizeof carries - 1) == 0;                                                     \
    }
ALL_FINITE(all_finite_bf16, uint16_t, UINT16_C(0x7f80))
ALL_FINITE(all_finite_f32, uint32_t, UINT32_C(0x7f800000))
ALL_FINITE(all_finite_f64, uint64_t, UINT64_C(0x7ff0000000000000))

static bool all_finite(dsci_type type, const void *values, size_t n)
{
    switch (type) {
    case DSCI_F32: return all_finite_f32(values, n);
    case DSCI_F64: return all_finite_f64(values, n);
    case DSCI_BF16: return all_finite_bf16(values, n);
    case DSCI_I32: break;
    }
    return true;
}

static const char *in_slices(dsc_scope *scope, const dsc_model *model, const char *kind,
                             const dsc_slice *slices, size_t count, const void *vector)
{
    const dsci_type type = dsci_model_master_type(model);
    for (size_t i = 0; i < count; i++)
        if (!all_finite(type, (const char *)vector + slices[i].offset * dsci_type_size(type),
                        slices[i].count))
            return dsc_scope_format(scope, "%s '%s'", kind, slices[i].name);
    return NULL;
}

static const char *in_inputs(dsc_scope *scope, const dsci_execution *plan)
{
    for (size_t i = 0; i < plan->input_count; i++)
        if (!all_finite(plan->inputs[i]->type, plan->inputs[i]->bound, plan->inputs[i]->elements))
            return dsc_scope_format(scope, "input '%s'", plan->inputs[i]->producer->name);
    for (size_t i = 0; i < plan->expected_count; i++)
        if (!all_finite(plan->expected[i]->type, plan->expected[i]->bound, plan->expected[i]->elements))
            return dsc_scope_format(scope, "'%s'", plan->expected[i]->producer->name);
    return NULL;
}

static bool made_finite(const dsci_step *step)
{
    const dsci_node *node = step->operands->node;
    for (size_t i = 0; i < node->output_count; i++)
        if (!all_finite(node->out[i]->type, step->operands->out[i], node->out[i]->elements))
            return false;
    return true;
}

/* The first layer whose output or gradient is not finite; NULL if there is none. Each is looked at as soon as
   it has been computed, since later nodes may use the same memory. */
static const char *in_layers(dsc_scope *scope, const dsci_execution *plan)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const dsci_step *step = &plan->steps[i];
        for (size_t part = 0; part < step->phase->parts; part++)
            step->run(step->operands, (dsci_part){ part, plan->workspaces[0] });
        if (step->phase->last && !made_finite(step))
            return dsc_scope_format(scope, "%s of layer '%s'",
                                    step->operands->node->backward ? "the gradient" : "the output",
                                    step->operands->node->name);
    }
    return NULL;
}

static const char *in_parameters(dsc_scope *scope, const dsc_model *model)
{
    return in_slices(scope, model, "parameter", model->slices, model->slice_count, model->parameters);
}

static const char *in_state(dsc_scope *scope, const dsc_model *model)
{
    return in_slices(scope, model, "state", model->state_slices, model->state_count, model->state);
}

const char *dsci_find_not_finite(dsc_scope *scope, const dsc_model *model, dsci_execution *plan)
{
    const char *found = in_inputs(scope, plan);
    if (!found)
        found = in_parameters(scope, model);
    if (!found)
        found = in_layers(scope, plan);
    if (!found)
        found = in_state(scope, model);
    return found ? found : "the loss alone";
}

const char *dsci_find_not_finite_learned(dsc_scope *scope, const dsc_model *model)
{
    const char *found = in_parameters(scope, model);
    if (!found)
        return in_state(scope, model);
    const char *gradient =
        in_slices(scope, model, "parameter", model->slices, model->slice_count, model->gradients);
    return gradient && strcmp(gradient, found) == 0
               ? dsc_scope_format(scope, "%s, whose gradient was not finite", found)
               : found;
}
