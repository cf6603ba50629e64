/* claims.c - what sources say of word vectors, and lecture notes. */
#include <math.h>

#include "word_vectors_experiment.h"

#define PLANTED "dataset=planted"
#define AS_ORIGINAL(dimensions)                                                                              \
    "data=wiki-text dimension=" dimensions " window=5 negatives=5 sample=0.0001 passes=5 words=0"

#define PLANTED_FOUND(sentence, name)                                                                        \
    {                                                                                                        \
        .text = sentence " finds more than 90 % of the planted analogies", .needs = PLANTED,                 \
        .measured = { .output = "analogies", .where = "model=" name }, .scale = 100, .units = "%",           \
        .low = 90, .high = INFINITY                                                                          \
    }

/* A score that the original reaches, less half a point. */
#define REACHED(sentence, name, score, reached, factor, unit, lowest)                                        \
    {                                                                                                        \
        .text = sentence, .expected = "at least " reached ", less half a point",                             \
        .needs = AS_ORIGINAL("200"), .measured = { .output = score, .where = "model=" name },                \
        .scale = factor, .units = unit, .low = lowest, .high = INFINITY                                      \
    }

#define ABOVE(sentence, score, higher, lower)                                                                \
    {                                                                                                        \
        .text = sentence, .needs = "data=wiki-text",                                                         \
        .measured = { .output = score, .where = "model=" higher },                                           \
        .against = { .output = score, .where = "model=" lower }, .scale = 100, .units = "points", .low = 0,  \
        .high = INFINITY, .standard_errors = -2, .seeds = 3                                                  \
    }

#define LEARNS(sentence, name)                                                                               \
    {                                                                                                        \
        .text = sentence, .measured = { .output = "loss", .where = "model=" name },                          \
        .against = { .output = "loss_at_first", .where = "model=" name }, .units = "nat", .low = -INFINITY,  \
        .high = 0                                                                                            \
    }

const dsc_claims models_claims[] = {
    { .source = "The made-up text",
      .setting = "roles and fillers stand among words that tell them",
      .claims = DSC_CLAIMS(PLANTED_FOUND("CBOW with negative sampling", "cbow-ns"),
                           PLANTED_FOUND("CBOW with hierarchical softmax", "cbow-hs"),
                           PLANTED_FOUND("Skip-gram with negative sampling", "sg-ns"),
                           PLANTED_FOUND("Skip-gram with hierarchical softmax", "sg-hs")) },
    { .source = "word2vec.c, mended so that all passes are trained",
      .setting = "the same text and settings, single runs on two threads",
      .claims = DSC_CLAIMS(REACHED("Analogies of skip-gram with negative sampling", "sg-ns", "analogies",
                                   "25.87 %", 100, "%", 25.37),
                           REACHED("Analogies of CBOW with negative sampling", "cbow-ns", "analogies",
                                   "26.41 %", 100, "%", 25.91),
                           REACHED("Analogies of skip-gram with hierarchical softmax", "sg-hs", "analogies",
                                   "31.14 %", 100, "%", 30.64),
                           REACHED("Analogies of CBOW with hierarchical softmax", "cbow-hs", "analogies",
                                   "24.00 %", 100, "%", 23.5),
                           REACHED("WordSim-353 of skip-gram with negative sampling", "sg-ns", "wordsim",
                                   "0.633", 1, NULL, 0.628),
                           REACHED("WordSim-353 of CBOW with negative sampling", "cbow-ns", "wordsim",
                                   "0.644", 1, NULL, 0.639),
                           REACHED("WordSim-353 of skip-gram with hierarchical softmax", "sg-hs", "wordsim",
                                   "0.674", 1, NULL, 0.669),
                           REACHED("WordSim-353 of CBOW with hierarchical softmax", "cbow-hs", "wordsim",
                                   "0.650", 1, NULL, 0.645)) },
    { .source = "Levy, Goldberg and Dagan 2015, table 5",
      .setting = "1.5 billion words of Wikipedia, window 5; here 10 million: the order alone is compared",
      .claims = DSC_CLAIMS(
          ABOVE("Skip-gram answers more analogies than singular values", "analogies", "sg-ns", "svd"),
          ABOVE("GloVe answers more analogies than singular values", "analogies", "glove", "svd"),
          ABOVE("Singular values are nearer to MEN than skip-gram", "men", "svd", "sg-ns"),
          ABOVE("Skip-gram is nearer to MEN than GloVe", "men", "sg-ns", "glove")) },
    { .source = "lecture notes: word vectors hold relations, and take less memory than counts",
      .claims =
          DSC_CLAIMS({ .text = "Analogies are answered far more often than by chance (less than 1 in 100)",
                       .measured = { .output = "analogies", .where = "model=sg-ns" },
                       .scale = 100,
                       .units = "%",
                       .low = 10,
                       .high = INFINITY },
                     { .text = "Vectors take less memory than the counts of the same text that are not 0",
                       .measured = { .output = "vector_bytes", .where = "model=sg-ns" },
                       .against = { .output = "count_bytes", .where = "model=sg-ns" },
                       .relation = DSC_RELATION_RATIO,
                       .low = 0,
                       .high = 1 }) },
    { .source = "lecture notes: word2vec and GloVe are variants of PCA",
      .setting = "a slip: both are factorizations, but PCA is the one of centred values by least squares; "
                 "the optimum of skip-gram is w . c = PMI - log k (Levy and Goldberg 2014)",
      .claims = DSC_CLAIMS(
          { .text = "w . c of skip-gram goes along with mutual information, each pair by its count",
            .measured = { .output = "pmi_correlation", .where = "model=sg-ns" },
            .low = 0.5,
            .high = 1 },
          { .text = "It does with all pairs alike, however rare",
            .measured = { .output = "pmi_correlation_alike", .where = "model=sg-ns" },
            .low = 0.5,
            .high = 1 }) },
    { .source =
          "lecture notes: CBOW predicts a word from its neighbours, skip-gram the neighbours from a word",
      .setting = "the loss of what each predicts, last pass less the first",
      .claims = DSC_CLAIMS(LEARNS("CBOW learns to predict a word from its neighbours", "cbow-ns"),
                           LEARNS("Skip-gram learns to predict a neighbour from a word", "sg-ns")) },
    { .source = NULL },
};

#define BLOCKS_SCORE(sentence, rounds, words, given, lowest, highest)                                        \
    {                                                                                                        \
        .text = sentence, .expected = given, .needs = AS_ORIGINAL("100"),                                    \
        .measured = { .output = "analogies", .where = "model=sg-ns blocks=" rounds " block_words=" words },  \
        .scale = 100, .units = "%", .low = lowest, .high = highest                                           \
    }

const dsc_claims blocks_claims[] = {
    { .source = "A study of blocks beside word2vec.c",
      .setting = "Wikipedia, skip-gram, 100 dimensions, sums of all changes; single runs, ± 1 point",
      .claims = DSC_CLAIMS(
          BLOCKS_SCORE("Analogies with 16 blocks of 256 words", "16", "256", "28.3 %, ± 1", 27.3, 29.3),
          BLOCKS_SCORE("Analogies with 64 blocks of 64 words", "64", "64", "27.7 %, ± 1", 26.7, 28.7)) },
    { .source = NULL },
};

const dsc_claims size_claims[] = {
    { .source = "Mikolov et al. 2013, arXiv 1301.3781, table 2",
      .setting = "more words give better vectors",
      .claims = DSC_CLAIMS({ .text = "CBOW answers more analogies of a larger text, by at least a point",
                             .measured = { "analogies", "model=cbow-ns", DSC_STATISTIC_RISE },
                             .scale = 100,
                             .units = "points",
                             .low = 1,
                             .high = INFINITY },
                           { .text = "A larger text never costs CBOW more than a point",
                             .measured = { "analogies", "model=cbow-ns", DSC_STATISTIC_FALL },
                             .scale = 100,
                             .units = "points",
                             .low = 0,
                             .high = 1 }) },
    { .source = NULL },
};

const dsc_claims map_claims[] = {
    { .source = "Mikolov et al. 2013, arXiv 1310.4546, figure 2",
      .setting = "countries and capitals; in the made-up text two roles of ten fillers",
      .claims = DSC_CLAIMS({ .text = "The steps from one word of a pair to the other are alike",
                             .expected = "they point one way",
                             .measured = { .output = "parallel", .where = NULL },
                             .low = 0.2,
                             .high = 1 }) },
    { .source = NULL },
};
