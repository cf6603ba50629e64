/* train.c - `descent embed -train`: word2vec's program with its flags, and the same bits every time. */
#include "embed.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <descent/clock.h>
#include <descent/corpus.h>
#include <descent/embed.h>
#include <descent/file.h>
#include <descent/record.h>
#include <descent/text.h>
#include <descent/vocabulary.h>

#include "json.h"
#include "progress.h"
#include "train.h"

static const double CHECKPOINT_SECONDS = 60; /* between checkpoints, more if writing takes long */
static const double REPORT_SECONDS = 0.25;   /* of training between looks at the clock and the signals */
static const uint64_t FIRST_WORDS = 20000;   /* that are trained before the first of them */

/* A training at work. */
typedef struct training {
    dsc_call *call;
    const embed_training *wanted;
    const char *checkpoint, *hdf5; /* paths */
    const dsc_vocabulary *vocabulary;
    dsc_embedding *embedding;
    cli_progress_view view;
    volatile int *stop;
    double start;          /* on the clock */
    uint64_t words_before; /* that a checkpoint brought */
} training;

/* --- Files --- */

/* Vectors are written over, as word2vec's are; other things that took long to compute are not. */
static void spare(dsc_scope *scope, const char *path)
{
    dsc_file_spare(scope, path, DSC_FILE_VECTORS);
    dsc_file_check_writable(scope, path);
}

static void check_files(training *job)
{
    dsc_scope *scope = job->call->scope;
    const embed_training *t = job->wanted;
    if (t->save_vocab)
        spare(scope, t->save_vocab);
    if (!t->output)
        return;
    job->checkpoint = dsc_scope_format(scope, "%s.checkpoint", t->output);
    job->hdf5 = dsc_scope_format(scope, "%s.h5", t->output);
    if (!job->checkpoint || !job->hdf5)
        return;
    spare(scope, t->output);
    spare(scope, job->hdf5);
    dsc_file_check_writable(scope, job->checkpoint);
}

/* --- The text --- */

static void print_text(const training *job, double seconds)
{
    const dsc_vocabulary *v = job->vocabulary;
    cli_terminal *terminal = &job->call->terminal;
    cli_say(terminal, CLI_TONE_NOTE, "vocabulary: %zu words, %" PRIu64 " occurrences (%.1f s)", v->count,
            v->total, seconds);
    if (v->dropped > 0)
        cli_say(terminal, CLI_TONE_NOTE,
                "left out: %" PRIu64 " words that occur less than %" PRId64 " times, %" PRIu64 " occurrences",
                v->dropped, job->wanted->min_count, v->dropped_total);
    if (v->forgotten > 0)
        cli_say(terminal, CLI_TONE_WARNING,
                "the table of words was full: %" PRIu64
                " rare words were forgotten while counting, and counts may be too small by up to %" PRIu64,
                v->forgotten, v->most_undercount);
    embed_say_mended(terminal, job->wanted->train, &v->mended);
}

static void count_words(training *job)
{
    dsc_scope *scope = job->call->scope;
    const embed_training *t = job->wanted;
    const double start = dsc_clock_seconds();
    const dsc_vocabulary_options options = { .min_count = (uint64_t)t->min_count, .threads = t->threads };
    job->vocabulary = t->read_vocab ? dsc_vocabulary_read(scope, t->read_vocab, &options)
                                    : dsc_vocabulary_count(scope, t->train, &options);
    if (!job->vocabulary)
        return;
    print_text(job, dsc_clock_seconds() - start);
    if ((uint64_t)t->classes > job->vocabulary->count)
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "-classes %" PRId64 ": expected at most %zu, the words that there are", t->classes,
                       job->vocabulary->count);
    if (t->save_vocab)
        dsc_vocabulary_write(scope, job->vocabulary, t->save_vocab);
}

/* --- Training --- */

static void show_progress(training *job)
{
    const dsc_embed_progress p = dsc_embed_progress_of(job->embedding);
    const double elapsed = dsc_clock_seconds() - job->start;
    const double speed = (double)(p.words - job->words_before) / elapsed;
    char note[96];
    snprintf(note, sizeof note, "  %.2f M words/s  loss %.4f  rate %.5f", speed * 1e-6, p.loss, p.rate);
    job->view.note = note;
    cli_progress_show(&job->view, &(dsc_progress){ .cells = (size_t)p.all_words,
                                                   .done = (size_t)p.words,
                                                   .elapsed = elapsed,
                                                   .remaining = (double)(p.all_words - p.words) / speed });
    job->view.note = NULL;
}

static bool is_done(const training *job)
{
    const dsc_embed_progress p = dsc_embed_progress_of(job->embedding);
    return p.words == p.all_words;
}

/* To the end, or to where someone asks to stop; a checkpoint now and then. */
static void train(training *job)
{
    double saved = job->start, least_pause = CHECKPOINT_SECONDS;
    uint64_t words = FIRST_WORDS;
    while (!is_done(job) && !*job->stop) {
        const double begin = dsc_clock_seconds();
        if (dsc_embed_train(job->embedding, words) != DSC_OK)
            return;
        const double now = dsc_clock_seconds();
        words = (uint64_t)fmax((double)words * fmin(2, REPORT_SECONDS / fmax(now - begin, 1e-3)), 1);
        show_progress(job);
        if (now - saved > least_pause && dsc_embed_save(job->embedding, job->checkpoint) == DSC_OK) {
            saved = dsc_clock_seconds();
            least_pause = fmax(CHECKPOINT_SECONDS, 20 * (saved - now));
        }
    }
}

static void begin(training *job)
{
    dsc_scope *scope = job->call->scope;
    const embed_training *t = job->wanted;
    const dsc_corpus *corpus =
        dsc_corpus_read(scope, t->train, job->vocabulary, &(dsc_corpus_options){ .threads = t->threads });
    const dsc_embed_options options = embed_options_of(t);
    job->embedding = corpus ? dsc_embed_open(scope, job->vocabulary, corpus, &options) : NULL;
    if (job->embedding && dsc_file_exists(job->checkpoint) &&
        dsc_embed_restore(job->embedding, job->checkpoint) == DSC_OK)
        cli_say(&job->call->terminal, CLI_TONE_NOTE, "going on from '%s'", job->checkpoint);
}

/* --- Results --- */

static char *recipe_of(const training *job)
{
    const embed_training *t = job->wanted;
    const dsc_embed_options o = dsc_embed_options_of(job->embedding);
    json_t *json = json_pack(
        "{s:s, s:I, s:b, s:s, s:I, s:I, s:I, s:b, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:f, s:b}", "train",
        t->train, "min-count", (json_int_t)t->min_count, "cbow", o.model == DSC_EMBED_CBOW, "context",
        embed_context_name(o.context), "size", (json_int_t)o.dimension, "window", (json_int_t)o.window,
        "negative", (json_int_t)o.negatives, "hs", o.hierarchical_softmax, "sample", t->sample, "alpha",
        o.rate, "iter", (json_int_t)o.passes, "seed", (json_int_t)o.seed, "blocks", (json_int_t)o.blocks,
        "block-words", (json_int_t)o.block_words, "shared-windows", (json_int_t)o.shared_windows,
        "most-deltas", o.most_deltas, "deterministic", !o.racy);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    return text;
}

/* A line a word: the word and the number of its class, as word2vec's -classes. */
static dsc_status write_classes(const training *job, const dsc_word_vectors *vectors)
{
    dsc_scope *scope = job->call->scope;
    const embed_training *t = job->wanted;
    const dsc_word_classes_options options = { .classes = (size_t)t->classes, .threads = t->threads };
    const uint32_t *classes = dsc_word_vectors_classes(scope, vectors, &options);
    dsc_text *text = dsc_text_open(scope);
    for (size_t w = 0; classes && w < vectors->count; w++)
        dsc_text_format(text, "%s %" PRIu32 "\n", vectors->words[w], classes[w]);
    return dsc_text_string(text)
               ? dsc_file_replace(scope, t->output, dsc_text_string(text), dsc_text_length(text))
               : dsc_scope_status(scope);
}

/* What -output asks for. */
static dsc_status write_output(const training *job, const dsc_word_vectors *vectors)
{
    const embed_training *t = job->wanted;
    if (t->classes > 0)
        return write_classes(job, vectors);
    return dsc_word_vectors_write(job->call->scope, vectors, t->output,
                                  t->binary ? DSC_VECTORS_BINARY : DSC_VECTORS_TEXT);
}

static void write_results(training *job)
{
    dsc_scope *scope = job->call->scope;
    const embed_training *t = job->wanted;
    const dsc_word_vectors *vectors = dsc_embed_vectors(scope, job->embedding);
    char *recipe = recipe_of(job);
    if (vectors && !recipe)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "no memory for the recipe");
    dsc_word_vectors_notes notes = { .recipe = recipe,
                                     .objective = "mean negative log-likelihood of a pair, nats" };
    notes.losses = dsc_embed_losses(job->embedding, &notes.passes);
    if (vectors && recipe && write_output(job, vectors) == DSC_OK &&
        dsc_word_vectors_write_hdf5(scope, vectors, job->hdf5, &notes) == DSC_OK) {
        unlink(job->checkpoint);
        if (t->classes > 0)
            cli_print("%s: the classes of %zu words; %s has their vectors\n", t->output, vectors->count,
                      job->hdf5);
        else
            cli_print("%s: %zu words of %zu numbers; %s has them with counts, recipe and losses\n", t->output,
                      vectors->count, vectors->dimension, job->hdf5);
    }
    free(recipe);
}

static dsc_exit run_training(training *job)
{
    dsc_scope *scope = job->call->scope;
    begin(job);
    if (!job->embedding || dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    job->start = dsc_clock_seconds();
    job->words_before = dsc_embed_progress_of(job->embedding).words;
    train(job);
    cli_progress_end(&job->view);
    if (dsc_scope_status(scope) != DSC_OK)
        return DSC_EXIT_FAILED;
    if (!is_done(job)) {
        dsc_embed_save(job->embedding, job->checkpoint);
        if (dsc_scope_status(scope) == DSC_OK)
            cli_say(&job->call->terminal, CLI_TONE_WARNING, "stopped: the same command goes on from '%s'",
                    job->checkpoint);
        return dsc_scope_status(scope) == DSC_OK ? DSC_EXIT_STOPPED : DSC_EXIT_FAILED;
    }
    write_results(job);
    return DSC_EXIT_GOOD;
}

dsc_exit embed_train(dsc_call *call)
{
    embed_training wanted = embed_training_default;
    dsc_call_read(call, &dsc_verb_embed, &wanted, 0, 0);
    if (dsc_scope_status(call->scope) != DSC_OK || !embed_training_check(call->scope, &wanted))
        return DSC_EXIT_USAGE;
    call->terminal.quiet = call->terminal.quiet || wanted.debug == 0;
    training job = { .call = call,
                     .wanted = &wanted,
                     .view = { .terminal = &call->terminal, .title = "words", .unit = "words" },
                     .stop = cli_signals_catch() };
    check_files(&job);
    if (dsc_scope_status(call->scope) != DSC_OK)
        return DSC_EXIT_USAGE;
    count_words(&job);
    if (dsc_scope_status(call->scope) != DSC_OK || !wanted.output)
        return DSC_EXIT_GOOD;
    return run_training(&job);
}
