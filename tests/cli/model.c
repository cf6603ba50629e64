/* model.c - model FILE: a model after a step of training; model FILE CHECKPOINT: and the checkpoint of that.
 */
#include <stdio.h>

#include <descent.h>

int main(int argc, char **argv)
{
    static const float x[] = { 1, 2, 3, 4, 5, 6 };
    static const int32_t labels[] = { 0, 1 };
    dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = 1 });
    const dsc_examples data = { .count = 2,
                                .columns = { { "input", 3, .f32 = x }, { "labels", 1, .i32 = labels } } };
    dsc_node *input = dsc_input(scope, &(dsc_input_spec){ .shape = { 3 } });
    dsc_node *logits = dsc_dense(dsc_relu(dsc_dense(input, 4)), 2);
    dsc_node *loss = dsc_softmax_cross_entropy(logits, dsc_labels(scope, 2));
    dsc_model *model = dsc_compile(loss, &(dsc_compile_options){ .batch = 2, .engine = DSC_ENGINE_NATIVE });
    const dsc_fit_options options = { .optimizer = { .kind = DSC_OPTIMIZER_SGD, .lr = 0.1 },
                                      .epochs = 1,
                                      .checkpoint = argc > 2 ? argv[2] : NULL };
    dsc_fit(model, &data, &options);
    if (argc > 1)
        dsc_model_save(model, argv[1]);
    const int status = argc > 1 && dsc_scope_status(scope) == DSC_OK ? 0 : 1;
    if (status)
        fprintf(stderr, "model: %s\n", dsc_scope_message(scope));
    dsc_scope_close(&scope);
    return status;
}
