/* execution.c - making a plan out of a network, and running it. */
#include "graph/model.h"
#include "graph/passes.h"

/* Gives parameters, gradients and external tensors their homes; parameters come in the slices' order. */
static void settle(const dsc_model *model, dsci_plan *plan)
{
    const size_t size = dsci_type_size(dsci_model_type(model));
    size_t parameter = 0;
    for (size_t i = 0; i < plan->graph.count; i++) {
        const dsci_node *node = plan->graph.nodes[i];
        if (!node->op->source)
            continue;
        dsci_tensor *tensor = node->out[0];
        tensor->home = DSCI_HOME_EXTERNAL;
        if (node->op == &dsci_op_input) {
            plan->input = tensor;
            plan->input_count++;
        } else if (node->op != &dsci_op_parameter) {
            plan->expected = tensor;
        } else {
            tensor->home = DSCI_HOME_PARAMETERS;
            tensor->offset = model->slices[parameter++].offset * size;
            if (!tensor->diff)
                continue;
            if (tensor->diff->home != DSCI_HOME_ARENA)
                dsc_scope_fail(model->scope, DSC_ERROR_UNSUPPORTED,
                               "parameter '%s': its gradient is another parameter's too", node->name);
            tensor->diff->home = DSCI_HOME_GRADIENTS;
            tensor->diff->offset = tensor->offset;
        }
    }
}

static void resolve(const dsc_model *model, const dsci_plan *plan, void *arena)
{
    char *const homes[] = { [DSCI_HOME_ARENA] = arena,
                            [DSCI_HOME_PARAMETERS] = model->parameters,
                            [DSCI_HOME_GRADIENTS] = model->gradients };
    for (size_t i = 0; i < plan->graph.count; i++) {
        const dsci_node *node = plan->graph.nodes[i];
        for (size_t j = 0; j < node->output_count; j++)
            if (node->out[j]->home != DSCI_HOME_EXTERNAL)
                node->out[j]->data = homes[node->out[j]->home] + node->out[j]->offset;
        if (node->scratch)
            node->scratch->data = homes[DSCI_HOME_ARENA] + node->scratch->offset;
    }
}

/* Has binding the tensor fill in the slot. */
static void relocate(dsc_scope *scope, dsci_tensor *external, const void **slot)
{
    dsci_relocation *relocation = dsc_scope_alloc(scope, 1, sizeof *relocation);
    if (!relocation)
        return;
    *relocation = (dsci_relocation){ .next = external->relocations, .slot = slot };
    external->relocations = relocation;
}

static void make_steps(const dsc_model *model, dsci_plan *plan)
{
    dsc_scope *scope = model->scope;
    dsci_operands *operands = dsc_scope_alloc(scope, plan->graph.count, sizeof *operands);
    plan->steps = dsc_scope_alloc(scope, plan->graph.count, sizeof *plan->steps);
    if (!operands || !plan->steps)
        return;
    for (size_t i = 0; i < plan->graph.count; i++) {
        const dsci_node *node = plan->graph.nodes[i];
        if (node->op->source)
            continue;
        dsci_operands *o = &operands[plan->step_count];
        *o = (dsci_operands){ .scratch = node->scratch ? node->scratch->data : NULL,
                              .node = node,
                              .kernels = dsci_kernels_for(DSC_ISA_AUTO),
                              .state = node->state,
                              .step = &model->step,
                              .seed = model->seed };
        for (size_t j = 0; j < node->input_count; j++) {
            o->in[j] = node->in[j]->data;
            if (node->in[j]->home == DSCI_HOME_EXTERNAL)
                relocate(scope, node->in[j], &o->in[j]);
        }
        for (size_t j = 0; j < node->output_count; j++)
            o->out[j] = node->out[j]->data;
        plan->steps[plan->step_count++] = (dsci_step){ node->implementation->run, o };
        if (node->op->loss)
            plan->loss = node->out[0]->data;
        if (node->op == &dsci_op_count_errors)
            plan->errors = node->out[0]->data;
    }
}

static dsci_plan *plan_make(dsc_model *model, size_t batch, dsci_mode mode)
{
    dsc_scope *scope = model->scope;
    dsci_plan *plan = dsc_scope_alloc(scope, 1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->mode = mode;
    plan->batch = batch;
    plan->graph.setting = (dsci_setting){
        .scope = scope, .real = dsci_model_type(model), .batch = batch, .training = mode == DSCI_TRAINING
    };
    dsci_pass_build(&plan->graph, model->loss);
    if (mode == DSCI_TRAINING)
        dsci_pass_gradients(&plan->graph);
    else
        dsci_pass_measures(&plan->graph);
    dsci_pass_fuse(&plan->graph);
    dsci_pass_engines(&plan->graph, model->options.engine);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    settle(model, plan);
    plan->arena_bytes = dsci_pass_memory(&plan->graph);
    void *arena = dsc_scope_alloc(scope, plan->arena_bytes, 1);
    if (!arena)
        return NULL;
    resolve(model, plan, arena);
    make_steps(model, plan);
    return dsc_scope_status(scope) == DSC_OK ? plan : NULL;
}

dsci_plan *dsci_model_plan(dsc_model *model, size_t batch, dsci_mode mode)
{
    dsci_plan **link = &model->plans;
    for (; *link; link = &(*link)->next)
        if ((*link)->batch == batch && (*link)->mode == mode)
            return *link;
    return *link = plan_make(model, batch, mode);
}

void dsci_plan_bind(dsci_tensor *external, const void *data)
{
    if (external->bound == data)
        return;
    external->bound = data;
    for (const dsci_relocation *r = external->relocations; r; r = r->next)
        *r->slot = data;
}

void dsci_plan_run(const dsci_plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++)
        plan->steps[i].run(plan->steps[i].operands);
}

double dsci_plan_flops(const dsci_plan *plan, bool forward_only)
{
    double flops = 0;
    for (size_t i = 0; i < plan->graph.count; i++) {
        const dsci_node *node = plan->graph.nodes[i];
        if (node->op->flops && !(forward_only && node->backward))
            flops += node->op->flops(node);
    }
    return flops;
}
