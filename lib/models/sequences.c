/* sequences.c - ready-made networks for sequences. */
#include <descent/models.h>

dsc_node *dsc_sequence_classifier(dsc_scope *scope, const dsc_sequence_network_spec *spec)
{
    dsc_node *x =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = spec->steps, .vocabulary = spec->vocabulary });
    x = dsc_embedding(x, spec->embedding ? spec->embedding : 128);
    x = dsc_recurrent(x, spec->units ? spec->units : 128, .cell = spec->cell,
                      .bidirectional = spec->bidirectional);
    return dsc_dense(x, spec->classes);
}

dsc_node *dsc_text_convolutions(dsc_node *x, size_t filters)
{
    enum { WIDTHS = 3, FIRST = 3 };
    dsc_node *largest[WIDTHS];
    for (size_t w = 0; w < WIDTHS; w++)
        largest[w] = dsc_global_max_pool(dsc_relu(dsc_conv1d(x, filters, .kernel = FIRST + w)));
    return dsc_concat_with(largest, WIDTHS, 0);
}

dsc_node *dsc_text_cnn(dsc_scope *scope, const dsc_text_cnn_spec *spec)
{
    dsc_node *x =
        dsc_tokens(scope, &(dsc_tokens_spec){ .steps = spec->steps, .vocabulary = spec->vocabulary });
    x = dsc_embedding(x, spec->embedding ? spec->embedding : 300);
    x = dsc_text_convolutions(x, spec->filters ? spec->filters : 100);
    return dsc_dense(dsc_dropout(x, 0.5), spec->classes);
}
