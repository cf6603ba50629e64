/* mlp.c - the multilayer perceptron. */
#include <descent/models.h>

dsc_node *dsc_mlp(dsc_scope *scope, const dsc_mlp_spec *spec)
{
    if (!spec) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "mlp: expected its sizes, found no specification");
        return NULL;
    }
    const dsc_init bias_init = spec->init == DSC_INIT_DEFAULT ? DSC_INIT_DEFAULT : DSC_INIT_ZEROS;
    dsc_node *(*activation)(dsc_node *) = spec->activation ? spec->activation : dsc_relu;
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { spec->inputs } });
    for (const size_t *units = spec->hidden; units && *units; units++)
        x = activation(dsc_dense(x, *units, .weights_init = spec->init, .bias_init = bias_init));
    return dsc_dense(x, spec->outputs, .weights_init = spec->init, .bias_init = bias_init);
}
