/* sequences.c - ready-made networks for sequences. */
#include <descent/models.h>

dsc_node *dsc_sequence_classifier(dsc_scope *scope, const dsc_sequence_network_spec *spec)
{
    dsc_node *x =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = spec->steps, .vocabulary = spec->vocabulary });
    x = dsc_embedding(x, spec->embedding ? spec->embedding : 128);
    x = dsc_recurrent(x, spec->units ? spec->units : 128, .cell = spec->cell);
    return dsc_dense(x, spec->classes);
}
