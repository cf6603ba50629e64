/* figures.c - what the cases draw. */
#include <math.h>
#include <string.h>

#include "sentiment.h"

static void add_published(dsc_series *series, double (*published)(const model_spec *), const char *label)
{
    *series = (dsc_series){ .label = label, .style = DSC_SERIES_PUBLISHED };
    for (size_t i = 0; i < MODEL_COUNT; i++)
        if (isfinite(published(&models[i]))) {
            series->reference_x[series->reference_count] = (double)i;
            series->reference_y[series->reference_count++] = published(&models[i]);
        }
}

static double of_documents(const model_spec *model)
{
    return model->published_documents;
}

static double of_sentences(const model_spec *model)
{
    return model->published_sentences;
}

static size_t figures_of(dsc_figure *figures, size_t capacity)
{
    if (capacity < 3)
        return 0;
    figures[0] = (dsc_figure){
        .name = "accuracy",
        .title = "Accuracy of models, 95 % interval by the number of test documents",
        .x = "model",
        .x_label = "model",
        .y_label = "test accuracy (%)",
        .y_scale = 100,
        .series = { { .output = "accuracy",
                      .label = "test accuracy",
                      .where = "examples=last",
                      .low = "accuracy_low",
                      .high = "accuracy_high" } },
    };
    figures[1] = (dsc_figure){
        .name = "size",
        .title = "Accuracy over the number of training documents",
        .x = "examples",
        .x_label = "training documents",
        .y_label = "test accuracy (%)",
        .y_scale = 100,
        .log_x = true,
        .by = "model",
        .series = { { .output = "accuracy",
                      .label = "test accuracy",
                      .where = "model=nb-2,nbsvm-2,logistic,tfidf-2,average,lstm,cnn" } },
    };
    figures[2] = (dsc_figure){
        .name = "curves",
        .title = "Test accuracy of networks while they learn",
        .x = "epoch",
        .x_label = "epoch",
        .y_label = "test accuracy (%)",
        .y_scale = 100,
        .by = "model",
        .series = { { .output = "curve_accuracy",
                      .label = "test accuracy",
                      .where = "examples=last model=mlp,average,rnn,lstm,bilstm,gru,cnn" } },
    };
    return 3;
}

size_t documents_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    const size_t count = figures_of(figures, capacity);
    if (count && strcmp(k->dataset, "imdb") == 0)
        add_published(&figures[0].series[1], of_documents, "published");
    return count;
}

size_t sentences_figures(const void *hyperparameters, dsc_figure *figures, size_t capacity)
{
    const struct hyperparameters *k = hyperparameters;
    const size_t count = figures_of(figures, capacity);
    if (count && strcmp(k->dataset, "rt-polarity") == 0)
        add_published(&figures[0].series[1], of_sentences, "published");
    return count;
}
