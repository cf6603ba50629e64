/* cases.c - word vectors: what models and their settings are worth. */
#include "word_vectors_experiment.h"

#define FIELD(field, default_value, low, high, text)                                                         \
    DSC_PARAM_INTEGER(struct hyperparameters, field, default_value, low, high, text)

#define DATASET                                                                                              \
    DSC_PARAM_CHOICE(struct hyperparameters, dataset, "auto", "auto|planted|" WIKI,                          \
                     "text; auto: Wikipedia if --data DIR has it, else one that is made up")
#define DIMENSION FIELD(dimension, "50", 1, 10000, "numbers of a vector")
#define WINDOW    FIELD(window, "5", 1, 1000, "largest distance of a context word")
#define NEGATIVES FIELD(negatives, "5", 1, 1000, "negative samples a pair")
#define WORDS     FIELD(words, "0", 0, 1e12, "of the text, its first; 0: all, of the made-up one 400,000")
#define SAMPLE                                                                                               \
    DSC_PARAM_REAL(struct hyperparameters, sample, "0.001", 0, 1,                                            \
                   "words more frequent than this share are thinned out; 0: none")
#define BLOCKS                                                                                               \
    FIELD(blocks, "0", 0, 65535, "blocks that start from the same vectors; 0: the library's choice")
#define BLOCK_WORDS FIELD(block_words, "0", 0, 1e6, "words of a block; 0: the library's choice")
#define COMMON                                                                                               \
    FIELD(passes, "5", 1, 1000, "passes over the text"),                                                     \
        FIELD(least, "5", 1, 1e9, "occurrences of a word, else it is left out; of Wikipedia"),               \
        FIELD(data_seed, "1", 0, 4294967295, "seed of the made-up text")
#define END                                                                                                  \
    {                                                                                                        \
        0                                                                                                    \
    }

static const dsc_param models_params[] = { DATASET, DIMENSION, WINDOW,      NEGATIVES, WORDS,
                                           SAMPLE,  BLOCKS,    BLOCK_WORDS, COMMON,    END };
static const dsc_param window_params[] = { DATASET, DIMENSION,   NEGATIVES, WORDS, SAMPLE,
                                           BLOCKS,  BLOCK_WORDS, COMMON,    END };
static const dsc_param dimensions_params[] = { DATASET, WINDOW,      NEGATIVES, WORDS, SAMPLE,
                                               BLOCKS,  BLOCK_WORDS, COMMON,    END };
static const dsc_param size_params[] = { DATASET, DIMENSION,   WINDOW, NEGATIVES, SAMPLE,
                                         BLOCKS,  BLOCK_WORDS, COMMON, END };
static const dsc_param negatives_params[] = { DATASET, DIMENSION,   WINDOW, WORDS, SAMPLE,
                                              BLOCKS,  BLOCK_WORDS, COMMON, END };
static const dsc_param subsampling_params[] = { DATASET, DIMENSION,   WINDOW, NEGATIVES, WORDS,
                                                BLOCKS,  BLOCK_WORDS, COMMON, END };
static const dsc_param blocks_params[] = {
    DATASET, DIMENSION, WINDOW, NEGATIVES, WORDS, SAMPLE, COMMON, END
};

#define AXIS(field, list, low, high, text)                                                                   \
    {                                                                                                        \
        .param = FIELD(field, list, low, high, text), .units = "1", .long_name = text                        \
    }
#define MODEL(list)                                                                                          \
    {                                                                                                        \
        .param = { .name = "model",                                                                          \
                   .kind = DSC_KIND_INTEGER,                                                                 \
                   .offset = DSC_FIELD(struct hyperparameters, model, int64_t),                              \
                   .value = list,                                                                            \
                   .choices = MODELS,                                                                        \
                   .help = "model; -ns: negative sampling, -hs: hierarchical softmax" },                     \
        .units = "1", .long_name = "model"                                                                   \
    }
#define LAST                                                                                                 \
    {                                                                                                        \
        .param = { 0 }                                                                                       \
    }

#define INNER_AXIS(axis_name, list, values, text)                                                            \
    {                                                                                                        \
        .param = { .name = axis_name,                                                                        \
                   .kind = DSC_KIND_INTEGER,                                                                 \
                   .value = values,                                                                          \
                   .choices = list,                                                                          \
                   .help = text },                                                                           \
        .units = "1", .long_name = text, .inner = true, .fixed = true                                        \
    }
/* All of them, as a list. */
#define SECTION_VALUES                                                                                       \
    "common-capitals,capitals,currencies,cities,family,adverbs,opposites,comparatives,superlatives,participles,nationalities,past-tenses,plurals,verb-plurals,a-b,c-d,e-f,g-h"
#define PLACE_VALUES                                                                                         \
    "greece,athens,germany,berlin,spain,madrid,italy,rome,france,paris,russia,moscow,japan,tokyo,china,beijing,england,london,egypt,cairo,a1,b1,a2,b2,a3,b3,a4,b4,a5,b5,a6,b6,a7,b7,a8,b8,a9,b9,a10,b10"
#define SECTION INNER_AXIS("section", SECTIONS, SECTION_VALUES, "section of the analogies")

static const dsc_axis models_axes[] = { MODEL("cbow-ns,cbow-hs,sg-ns,sg-hs,svd,glove"), SECTION, LAST };
static const dsc_axis window_axes[] = {
    MODEL("cbow-ns,sg-ns"), AXIS(window, "1,2,5,10", 1, 1000, "largest distance of a context word"), SECTION,
    LAST
};
static const dsc_axis dimensions_axes[] = {
    MODEL("cbow-ns,sg-ns"), AXIS(dimension, "5,10,20,50,100", 1, 10000, "numbers of a vector"), SECTION, LAST
};
static const dsc_axis size_axes[] = {
    MODEL("cbow-ns,sg-ns"), AXIS(words, "50000,100000,200000,400000", 1000, 1e12, "words of the text"),
    SECTION, LAST
};
static const dsc_axis negatives_axes[] = { MODEL("cbow-ns,sg-ns"),
                                           AXIS(negatives, "1,2,5,15", 1, 1000, "negative samples a pair"),
                                           SECTION, LAST };
static const dsc_axis subsampling_axes[] = {
    MODEL("cbow-ns,sg-ns"),
    { .param = DSC_PARAM_REAL(struct hyperparameters, sample, "0.0001,0.001,0.01,1", 1e-9, 1,
                              "share of the text from which on a word is thinned out; 1: none is"),
      .units = "1",
      .long_name = "share from which on a word is thinned out" },
    SECTION,
    LAST
};
static const dsc_axis blocks_axes[] = {
    MODEL("sg-ns"), AXIS(blocks, "1,16,64", 1, 65535, "blocks that start from the same vectors"),
    AXIS(block_words, "64,256", 1, 1e6, "words of a block"), SECTION, LAST
};
static const dsc_axis map_axes[] = { MODEL("sg-ns"),
                                     INNER_AXIS("word", PLACES, PLACE_VALUES, "word of the map"), LAST };

static const dsc_output outputs[] = {
    { "analogies", "1", "share of analogies that are answered right (3CosAdd)", NULL },
    { "analogies_mul", "1", "the same by 3CosMul", NULL },
    { "semantic", "1", "share of semantic analogies (3CosAdd)", NULL },
    { "syntactic", "1", "share of syntactic analogies (3CosAdd)", NULL },
    { "asked", "1", "analogies that were asked", NULL },
    { "section_analogies", "1", "share of the analogies of a section (3CosAdd)", "section" },
    { "wordsim", "1", "rank correlation with WordSim-353", NULL },
    { "simlex", "1", "rank correlation with SimLex-999", NULL },
    { "men", "1", "rank correlation with MEN", NULL },
    { "loss_at_first", "nat", "mean loss of a prediction in the first pass", NULL },
    { "loss", "nat", "mean loss of a prediction in the last pass", NULL },
    { "vector_bytes", "byte", "memory of the vectors", NULL },
    { "count_bytes", "byte", "memory of the counts that are not 0, 8 bytes each", NULL },
    { "pmi_correlation", "1",
      "correlation of w . c with pointwise mutual information where it is positive, pairs by their counts",
      NULL },
    { "pmi_correlation_alike", "1", "the same with all pairs alike", NULL },

    END,
};

static const dsc_output map_outputs[] = {
    { "first", "1", "along the first principal component", "word" },
    { "second", "1", "along the second principal component", "word" },
    { "explained", "1", "share of the variance along both", NULL },
    { "parallel", "1", "mean cosine between the steps of two pairs", NULL },
    END,
};

/* Of a text whose size is known before it is read. */
static dsc_cost cost(dsc_scope *scope, const dsc_plan *plan, const void *hyperparameters)
{
    (void)scope;
    const struct hyperparameters *k = hyperparameters;
    const bool wiki = dsc_plan_data(plan) != NULL;
    const double all = wiki ? 1e7 : 4e5, words = k->words > 0 ? (double)k->words : all;
    const double width = (double)k->dimension, predictions = k->model == SG_NS || k->model == SG_HS
                                                                 ? (double)k->window + 1
                                                                 : 1 + ((double)k->window + 1) / 6;
    const double tables = k->model == SVD || k->model == GLOVE || k->model == SG_NS ? words * 200 : 0;
    return (dsc_cost){ .flops =
                           words * (double)k->passes * predictions * 6 * width * (double)(k->negatives + 1),
                       .bytes = (wiki ? 5.2e4 : 800) * width * 12 + words * 8 + tables };
}

#define PAPER     "dataset=" WIKI " passes=5"
#define WITH_DATA "Wikipedia (--data DIR)"
#define PRESETS(name, small, large)                                                                          \
    static const dsc_preset name##_presets[] = {                                                             \
        { "quick", small " words=120000 seeds=1", "the made-up text: seconds" },                             \
        { "default", "seeds=5", "the made-up text: minutes" },                                               \
        { "paper", PAPER " seeds=3 " large, WITH_DATA ": hours" },                                           \
        { 0 },                                                                                               \
    }

PRESETS(models, "passes=5", "dimension=200 sample=0.0001");
PRESETS(window, "window=1,2,5", "dimension=200 sample=0.0001 window=1,2,5,10,15");
PRESETS(dimensions, "dimension=5,20,50", "dimension=25,50,100,200,400 sample=0.0001");
PRESETS(negatives, "negatives=1,5", "dimension=200 sample=0.0001 negatives=1,2,5,10,25");
PRESETS(subsampling, "sample=0.001,1", "dimension=200 sample=0.00001,0.0001,0.001,1");
PRESETS(blocks, "blocks=1,64 block_words=64",
        "dimension=100 sample=0.0001 blocks=1,16,32,64 block_words=64,128,256");
/* One seed: the axes of each are its own, and their medians no map. */
static const dsc_preset map_presets[] = {
    { "quick", "passes=5 words=120000 seeds=1", "the made-up text: seconds" },
    { "default", "seeds=1", "the made-up text: seconds" },
    { "paper", PAPER " seeds=1 dimension=200 sample=0.0001", WITH_DATA ": minutes" },
    { 0 },
};
static const dsc_preset size_presets[] = {
    { "quick", "words=60000,120000 seeds=1", "the made-up text: seconds" },
    { "default", "seeds=5", "the made-up text: minutes" },
    { "paper", PAPER " seeds=3 dimension=200 sample=0.0001 words=625000,1250000,2500000,5000000,10000000",
      WITH_DATA ": an hour" },
    { 0 },
};

#define CASE(identifier, case_name, text, source, sources_claims)                                            \
    static const dsc_case word_vectors_##identifier = { .name = case_name,                                   \
                                                        .summary = text,                                     \
                                                        .reference = source,                                 \
                                                        .hyperparameters_size =                              \
                                                            sizeof(struct hyperparameters),                  \
                                                        .params = identifier##_params,                       \
                                                        .axes = identifier##_axes,                           \
                                                        .outputs = outputs,                                  \
                                                        .presets = identifier##_presets,                     \
                                                        .seeds = 5,                                          \
                                                        .uses_data = true,                                   \
                                                        .data_choice = "dataset",                            \
                                                        .identify = identify,                                \
                                                        .prepare = prepare,                                  \
                                                        .run = run_scores,                                   \
                                                        .cost = cost,                                        \
                                                        .uses_lapack = true,                                 \
                                                        .figures = identifier##_figures,                     \
                                                        .claims = sources_claims }

CASE(models, "models", "CBOW and skip-gram, negative sampling and hierarchical softmax, SVD and GloVe",
     "Mikolov et al. 2013; Levy, Goldberg and Dagan 2015", models_claims);
CASE(window, "window", "Analogies over the window", "Levy, Goldberg and Dagan 2015", NULL);
CASE(dimensions, "dimensions", "Analogies over the dimension of the vectors",
     "Mikolov et al. 2013, arXiv 1301.3781, table 2", NULL);
CASE(size, "corpus-size", "Analogies over the size of the text",
     "Mikolov et al. 2013, arXiv 1301.3781, table 2", size_claims);
CASE(negatives, "negatives", "Analogies over the number of negative samples",
     "Mikolov et al. 2013, arXiv 1310.4546, table 1", NULL);
CASE(subsampling, "subsampling", "Analogies over the thinning of frequent words",
     "Mikolov et al. 2013, arXiv 1310.4546, table 1", NULL);
CASE(blocks, "blocks", "Analogies over the blocks that make training reproducible",
     "word2vec; the accuracy that blocks cost", blocks_claims);

static const dsc_case word_vectors_map = { .name = "map",
                                           .summary = "Pairs of words on two principal components",
                                           .reference = "Mikolov et al. 2013, arXiv 1310.4546, figure 2",
                                           .hyperparameters_size = sizeof(struct hyperparameters),
                                           .params = models_params,
                                           .axes = map_axes,
                                           .outputs = map_outputs,
                                           .presets = map_presets,
                                           .seeds = 5,
                                           .uses_data = true,
                                           .data_choice = "dataset",
                                           .prepare = prepare,
                                           .identify = identify,
                                           .run = run_map,
                                           .cost = cost,
                                           .uses_lapack = true,
                                           .figures = map_figures,
                                           .claims = map_claims };

static const dsc_case *const cases[] = {
    &word_vectors_models, &word_vectors_window,    &word_vectors_dimensions,
    &word_vectors_size,   &word_vectors_negatives, &word_vectors_subsampling,
    &word_vectors_blocks, &word_vectors_map,       NULL
};

const dsc_experiment word_vectors_experiment = {
    .name = "word-vectors",
    .summary = "Word vectors: models and their settings, by analogies and similarities",
    .reference = "Mikolov et al. 2013, arXiv 1301.3781 and 1310.4546; Levy, Goldberg and Dagan, TACL 2015",
    .cases = cases,
    .version = "1",
};
