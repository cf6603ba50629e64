/* descent.h - the whole public interface. */
#ifndef DESCENT_H
#define DESCENT_H

#include <descent/activation.h>
#include <descent/bench.h>
#include <descent/build.h>
#include <descent/characters.h>
#include <descent/claim.h>
#include <descent/clock.h>
#include <descent/cooccurrence.h>
#include <descent/corpus.h>
#include <descent/cpu.h>
#include <descent/data.h>
#include <descent/embed.h>
#include <descent/engine.h>
#include <descent/examples.h>
#include <descent/experiment.h>
#include <descent/export.h>
#include <descent/factorization.h>
#include <descent/figure.h>
#include <descent/file.h>
#include <descent/graph.h>
#include <descent/hash.h>
#include <descent/image.h>
#include <descent/known_data.h>
#include <descent/lab.h>
#include <descent/linalg.h>
#include <descent/minimize.h>
#include <descent/models.h>
#include <descent/nn.h>
#include <descent/ops.h>
#include <descent/optimizer.h>
#include <descent/peak.h>
#include <descent/record.h>
#include <descent/rng.h>
#include <descent/scope.h>
#include <descent/statistics.h>
#include <descent/status.h>
#include <descent/study.h>
#include <descent/tensor.h>
#include <descent/text.h>
#include <descent/train.h>
#include <descent/value.h>
#include <descent/vocabulary.h>
#include <descent/word_vectors.h>

#endif
