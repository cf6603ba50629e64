/* attention.c - steps of one sequence that look at all steps of another. */
#include <descent/models.h>

/* v . tanh(W q + b + U m) for each pair of steps, from (targets, units) and (sources, units). */
static dsc_node *additive_scores(dsc_node *queries, dsc_node *memory, size_t units)
{
    size_t q_shape[DSC_MAX_RANK], m_shape[DSC_MAX_RANK];
    dsc_node_shape(queries, q_shape);
    dsc_node_shape(memory, m_shape);
    dsc_node *q = dsc_reshape(dsc_dense(queries, units, .per_step = true), q_shape[0], 1, units);
    dsc_node *m =
        dsc_reshape(dsc_dense(memory, units, .per_step = true, .no_bias = true), 1, m_shape[0], units);
    dsc_node *scores = dsc_dense(dsc_tanh(dsc_add(q, m)), 1, .per_step = true, .no_bias = true);
    return dsc_reshape(scores, q_shape[0], m_shape[0]);
}

dsc_attended dsc_attention(dsc_scope *scope, const dsc_attention_spec *spec)
{
    size_t shape[DSC_MAX_RANK];
    dsc_attended attended = { 0 };
    if (dsc_scope_status(scope) != DSC_OK || !spec->queries || !spec->memory)
        return attended;
    const size_t q_rank = dsc_node_shape(spec->queries, shape), m_rank = dsc_node_shape(spec->memory, shape);
    if (q_rank != 2 || m_rank != 2) {
        dsc_scope_fail(scope, DSC_ERROR_SHAPE,
                       "attention: expected queries (targets, features) and a memory (sources, features), "
                       "found %zu and %zu dimensions; use dsc_reshape()",
                       q_rank, m_rank);
        return attended;
    }
    dsc_node *scores = spec->additive_units
                           ? additive_scores(spec->queries, spec->memory, spec->additive_units)
                           : dsc_matmul(spec->queries, spec->memory, .transpose_b = true);
    attended.shares = dsc_softmax(scores);
    attended.context = dsc_matmul(attended.shares, spec->memory);
    return attended;
}
