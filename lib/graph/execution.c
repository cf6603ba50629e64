/* execution.c - making a plan out of a network, and running it. */
#include <stdatomic.h>
#include <string.h>

#include <descent/clock.h>
#include <descent/cpu.h>

#include "graph/model.h"
#include "graph/passes.h"
#include "ops/loss.h"
#include "ops/touched_rows.h"

static const dsc_slice *slice_of(const dsc_slice *slices, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (slices[i].name == name)
            return &slices[i];
    return NULL;
}

/* Inputs are told apart by their names; what is expected may be read by several losses. */
static void settle_input(const dsc_model *model, dsci_execution *plan, dsci_tensor *tensor)
{
    const char *name = tensor->producer->name;
    for (size_t i = 0; i < plan->input_count; i++)
        if (strcmp(plan->inputs[i]->producer->name, name) == 0) {
            dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                           "expected inputs of different names, found two that are called '%s'; set .name",
                           name);
            return;
        }
    plan->inputs[plan->input_count++] = tensor;
}

/* Has a gradient that a batch of tokens makes alone keep a list of its rows, one for all of the model's
 * plans. */
static void settle_rows(const dsc_model *model, const dsc_slice *slice, dsci_tensor *diff)
{
    dsci_node *node = diff->producer;
    const bool rows = node->op == &dsci_op_embedding_backward || node->op == &dsci_op_gather_backward;
    if (!rows || node->implementation->engine != DSC_ENGINE_NATIVE)
        return;
    dsci_touched_rows **touched = &model->touched[slice - model->slices];
    if (!*touched)
        *touched =
            dsci_touched_rows_make(model->scope, diff->shape.dim[0], diff->elements / diff->shape.dim[0]);
    node->touched = *touched;
}

/* Gives parameters, their gradients and state their places in the model's vectors, and external tensors
 * theirs. */
static void settle_leaf(const dsc_model *model, dsci_execution *plan, const dsci_node *node)
{
    const size_t size = dsci_type_size(dsci_model_master_type(model));
    dsci_tensor *tensor = node->out[0];
    const dsc_slice *slice = NULL;
    tensor->storage = DSCI_STORAGE_EXTERNAL;
    switch (node->op->id) {
    case DSCI_OP_CONSTANT: tensor->storage = DSCI_STORAGE_CONSTANT; return;
    case DSCI_OP_INPUT:
    case DSCI_OP_TOKENS: settle_input(model, plan, tensor); return;
    case DSCI_OP_STATE:
        slice = slice_of(model->state_slices, model->state_count, node->name);
        tensor->storage = DSCI_STORAGE_STATE;
        break;
    case DSCI_OP_PARAMETER:
        slice = slice_of(model->slices, model->slice_count, node->name);
        tensor->storage = DSCI_STORAGE_PARAMETERS;
        break;
    default: plan->expected[plan->expected_count++] = tensor; return;
    }
    tensor->offset = slice ? slice->offset * size : 0;
    if (!tensor->diff)
        return;
    if (tensor->diff->storage != DSCI_STORAGE_ARENA)
        dsc_scope_fail(model->scope, DSC_ERROR_UNSUPPORTED,
                       "parameter '%s': its gradient is another tensor's too", node->name);
    tensor->diff->storage = DSCI_STORAGE_GRADIENTS;
    tensor->diff->offset = tensor->offset;
    if (slice && node->op == &dsci_op_parameter)
        settle_rows(model, slice, tensor->diff);
}

static void settle(const dsc_model *model, dsci_execution *plan)
{
    plan->inputs = dsc_scope_alloc(model->scope, plan->graph.count, sizeof(dsci_tensor *));
    plan->expected = dsc_scope_alloc(model->scope, plan->graph.count, sizeof(dsci_tensor *));
    for (size_t i = 0; plan->inputs && plan->expected && i < plan->graph.count; i++)
        if (plan->graph.nodes[i]->op->leaf)
            settle_leaf(model, plan, plan->graph.nodes[i]);
    for (size_t i = 0; i < plan->input_count; i++)
        if (plan->inputs[i]->diff)
            plan->inputs[i]->diff->result = true;
}

static void resolve(const dsc_model *model, const dsci_execution *plan, void *arena)
{
    char *const storages[] = { [DSCI_STORAGE_ARENA] = arena,
                               [DSCI_STORAGE_PARAMETERS] = model->parameters,
                               [DSCI_STORAGE_GRADIENTS] = model->gradients,
                               [DSCI_STORAGE_STATE] = model->state };
    for (size_t i = 0; i < plan->graph.count; i++) {
        const dsci_node *node = plan->graph.nodes[i];
        for (size_t j = 0; j < node->output_count; j++)
            if (node->out[j]->storage != DSCI_STORAGE_EXTERNAL &&
                node->out[j]->storage != DSCI_STORAGE_CONSTANT)
                node->out[j]->data = storages[node->out[j]->storage] + node->out[j]->offset;
        if (node->prepared)
            node->prepared->data = storages[DSCI_STORAGE_ARENA] + node->prepared->offset;
        if (node->scratch)
            node->scratch->data = storages[DSCI_STORAGE_ARENA] + node->scratch->offset;
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

/* Sampling draws other masks than training. */
static const uint64_t SAMPLING_SEED = 0x6a09e667f3bcc909;

static void make_operands(const dsc_model *model, const dsci_execution *plan, const dsci_node *node,
                          dsci_operands *o)
{
    const bool sampling = plan->mode == DSCI_SAMPLING;
    *o = (dsci_operands){ .prepared = node->prepared ? node->prepared->data : NULL,
                          .scratch = node->scratch ? node->scratch->data : NULL,
                          .node = node,
                          .kernels = dsci_kernels_for(DSC_ISA_AUTO),
                          .state = node->state,
                          .step = sampling ? &model->draw : &model->step,
                          .seed = sampling ? model->seed ^ SAMPLING_SEED : model->seed };
    for (size_t j = 0; j < node->input_count; j++) {
        o->in[j] = node->in[j]->data;
        if (node->in[j]->storage == DSCI_STORAGE_EXTERNAL)
            relocate(model->scope, node->in[j], &o->in[j]);
    }
    for (size_t j = 0; j < node->output_count; j++)
        o->out[j] = node->out[j]->data;
}

static void note_loss(const dsc_model *model, dsci_execution *plan, const dsci_node *node)
{
    if (plan->loss_count == DSC_MOST_LOSSES) {
        dsc_scope_fail(model->scope, DSC_ERROR_UNSUPPORTED,
                       "expected at most %d losses in all sums, found more", DSC_MOST_LOSSES);
        return;
    }
    for (size_t i = 0; i < plan->loss_count; i++)
        if (strcmp(plan->losses[i].name, node->name) == 0)
            dsc_scope_fail(model->scope, DSC_ERROR_ARGUMENT,
                           "two losses are called '%s': expected distinct names; set .name of one of them",
                           node->name);
    plan->losses[plan->loss_count++] = (dsci_loss){ .name = node->name,
                                                    .index = node->index,
                                                    .factor = node->loss_factor,
                                                    .mean = node->out[DSCI_LOSS_MEAN]->data,
                                                    .weight = node->out[DSCI_LOSS_WEIGHT]->data };
}

/* Errors are counted by a node that comes after its loss and bears its number. */
static void note_errors(dsci_execution *plan, const dsci_node *node)
{
    for (size_t i = 0; i < plan->loss_count; i++)
        if (plan->losses[i].index == node->index)
            plan->losses[i].errors = node->out[0]->data;
}

static void note_results(const dsc_model *model, dsci_execution *plan, const dsci_tensor *root,
                         const dsci_node *node)
{
    if (node->op->loss && node->op != &dsci_op_loss_sum)
        note_loss(model, plan, node);
    if (node->op == &dsci_op_count_errors)
        note_errors(plan, node);
    for (size_t j = 0; j < node->output_count; j++)
        if (node->out[j] == root)
            plan->result = root->data;
    if (node->op->loss && node == root->producer)
        plan->loss = plan->result;
}

/* One step a phase; the phases of a node share its operands. */
static void make_steps(const dsc_model *model, dsci_execution *plan, const dsci_stage_list *schedule,
                       const dsci_tensor *root)
{
    dsc_scope *scope = model->scope;
    dsci_operands *operands = dsc_scope_alloc(scope, plan->graph.count, sizeof *operands);
    plan->steps = dsc_scope_alloc(scope, schedule->phase_count, sizeof *plan->steps);
    if (!operands || !plan->steps)
        return;
    for (size_t i = 0; i < plan->graph.count; i++) {
        make_operands(model, plan, plan->graph.nodes[i], &operands[i]);
        plan->graph.nodes[i]->position = i;
        note_results(model, plan, root, plan->graph.nodes[i]);
    }
    plan->step_count = schedule->phase_count;
    for (size_t i = 0; i < plan->step_count; i++) {
        const dsci_phase *phase = &schedule->phases[i];
        plan->steps[i] = (dsci_step){ phase->run, &operands[phase->node->position], NULL, phase };
        if (model->options.profile)
            plan->steps[i].seconds =
                dsc_scope_alloc(scope, (size_t)plan->threads * DSCI_SECONDS_STRIDE, sizeof(double));
    }
    plan->stages = schedule->stages;
    plan->stage_count = schedule->stage_count;
}

/* No more threads than a stage has parts. */
static int threads_of(const dsc_model *model, const dsci_stage_list *schedule)
{
    size_t most = 1;
    for (size_t i = 0; i < schedule->stage_count; i++)
        most = schedule->stages[i].parts > most ? schedule->stages[i].parts : most;
    return most < (size_t)model->threads ? (int)most : model->threads;
}

static void make_workspaces(dsc_scope *scope, dsci_execution *plan)
{
    plan->workspaces = dsc_scope_alloc(scope, (size_t)plan->threads, sizeof(void *));
    for (int i = 0; plan->workspaces && i < plan->threads; i++)
        plan->workspaces[i] = dsc_scope_alloc(scope, plan->workspace_bytes, 1);
}

static dsci_execution *plan_make(dsc_model *model, const dsci_tensor *root, size_t batch, dsci_mode mode)
{
    dsc_scope *scope = model->scope;
    dsci_execution *plan = dsc_scope_alloc(scope, 1, sizeof *plan);
    if (!plan)
        return NULL;
    plan->mode = mode;
    plan->batch = batch;
    plan->root = root;
    plan->graph.context = (dsci_context){ .scope = scope,
                                          .real = dsci_model_type(model),
                                          .batch = batch,
                                          .shard_rows = model->shard_rows,
                                          .training = mode == DSCI_TRAINING,
                                          .frozen = model->options.frozen,
                                          .frozen_count = model->options.frozen_count,
                                          .input_gradients = model->options.input_gradients,
                                          .noisy = mode == DSCI_SAMPLING,
                                          .stepwise = mode == DSCI_STEPWISE };
    dsci_tensor *image = dsci_pass_build(&plan->graph, root, model->root);
    if (image)
        dsci_pass_losses(&plan->graph, image);
    if (mode == DSCI_TRAINING)
        dsci_pass_gradients(&plan->graph);
    else
        dsci_pass_measures(&plan->graph);
    if (image)
        image->result = true;
    dsci_pass_fuse(&plan->graph);
    dsci_pass_engines(&plan->graph, model->options.engine);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    settle(model, plan);
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    dsci_stage_list schedule = { .phases = NULL };
    dsci_pass_stages(&plan->graph, &schedule);
    plan->arena_bytes = dsci_pass_memory(&plan->graph, schedule.stage_count);
    plan->workspace_bytes = schedule.worker_bytes;
    plan->threads = threads_of(model, &schedule);
    if (model->outline)
        return dsc_scope_status(scope) == DSC_OK ? plan : NULL;
    void *arena = dsc_scope_alloc(scope, plan->arena_bytes, 1);
    if (!arena)
        return NULL;
    resolve(model, plan, arena);
    make_workspaces(scope, plan);
    make_steps(model, plan, &schedule, image);
    return dsc_scope_status(scope) == DSC_OK ? plan : NULL;
}

dsci_execution *dsci_model_execution_of(dsc_model *model, const dsci_tensor *root, size_t batch,
                                        dsci_mode mode)
{
    dsci_execution **link = &model->plans;
    for (; *link; link = &(*link)->next)
        if ((*link)->batch == batch && (*link)->mode == mode && (*link)->root == root)
            return *link;
    return *link = plan_make(model, root, batch, mode);
}

dsci_execution *dsci_model_execution(dsc_model *model, size_t batch, dsci_mode mode)
{
    return dsci_model_execution_of(model, model->root, batch, mode);
}

void dsci_execution_bind(dsci_tensor *external, const void *data)
{
    if (external->bound == data)
        return;
    external->bound = data;
    for (const dsci_relocation *r = external->relocations; r; r = r->next)
        *r->slot = data;
}

static void run_part(const dsci_execution *plan, const dsci_stage *stage, dsci_part part, int thread)
{
    for (size_t i = 0; i < stage->count; i++) {
        const dsci_step *step = &plan->steps[stage->first + i];
        if (!step->seconds) {
            step->run(step->operands, part);
            continue;
        }
        const double start = dsc_clock_seconds();
        step->run(step->operands, part);
        step->seconds[(size_t)thread * DSCI_SECONDS_STRIDE] += dsc_clock_seconds() - start;
    }
}

static void run_alone(const dsci_execution *plan)
{
    for (size_t i = 0; i < plan->stage_count; i++)
        for (size_t part = 0; part < plan->stages[i].parts; part++)
            run_part(plan, &plan->stages[i], (dsci_part){ part, plan->workspaces[0] }, 0);
}

/* Whoever is free takes the next part: which thread computes it changes no bit. */
static void take_parts(const dsci_execution *plan, dsci_stage *stage, int thread)
{
    for (size_t part = atomic_fetch_add_explicit(&stage->next, 1, memory_order_relaxed); part < stage->parts;
         part = atomic_fetch_add_explicit(&stage->next, 1, memory_order_relaxed))
        run_part(plan, stage, (dsci_part){ part, plan->workspaces[thread] }, thread);
}

/* When all have done with a stage, its counter is made ready for the next run: no thread looks at it again
   before another stage, or the region, has ended. A thread for which there is no workspace only waits. */
static void run_together(const dsci_execution *plan, dsci_region region)
{
    for (size_t i = 0; i < plan->stage_count; i++) {
        dsci_stage *stage = &plan->stages[i];
        if (region.thread < plan->threads)
            take_parts(plan, stage, region.thread);
        dsci_region_wait(region);
        if (region.thread == 0)
            atomic_store_explicit(&stage->next, 0, memory_order_relaxed);
    }
}

void dsci_execution_run_in(dsci_execution *plan, dsci_region region)
{
    const bool timed = region.thread == 0 && plan->step_count > 0 && plan->steps[0].seconds;
    const double start = timed ? dsc_clock_seconds() : 0;
    if (plan->threads > 1 && region.threads > 1) {
        run_together(plan, region);
    } else {
        if (region.thread == 0)
            run_alone(plan);
        dsci_region_wait(region);
    }
    if (region.thread == 0)
        plan->runs++;
    if (timed)
        plan->seconds += dsc_clock_seconds() - start;
}

static void run_in(void *plan, dsci_region region)
{
    dsci_execution_run_in(plan, region);
}

void dsci_execution_run(dsci_execution *plan)
{
    dsci_region_run(plan->threads, run_in, plan);
}

double dsci_execution_flops(const dsci_execution *plan, bool forward_only)
{
    double flops = 0;
    for (size_t i = 0; i < plan->graph.count; i++) {
        const dsci_node *node = plan->graph.nodes[i];
        if (node->op->flops && !(forward_only && node->backward))
            flops += node->op->flops(node);
    }
    return flops;
}
