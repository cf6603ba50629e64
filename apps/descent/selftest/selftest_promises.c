/* selftest_promises.c - the same bits on any number of threads, after a kill, and as published: a short
 * experiment with the native engine on generated data. */
#include "selftest.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <descent/clock.h>
#include <descent/file.h>
#include <descent/hash.h>
#include <descent/rng.h>
#include <descent/study.h>

/* --- Threads --- */

enum { COUNT = 45, BATCH = 19, SIDE = 9, CHANNELS = 3, STEPS = 13, VOCABULARY = 50, CLASSES = 7, SEED = 9 };

static dsc_node *images(dsc_scope *scope)
{
    dsc_node *h = dsc_input(scope, &(dsc_input_spec){ .shape = { SIDE, SIDE, CHANNELS } });
    h = dsc_relu(dsc_batch_norm(dsc_conv2d(h, 18, .padding = DSC_PADDING_SAME, .no_bias = true)));
    h = dsc_max_pool(dsc_conv2d(h, 33, .stride = { 2 }, .pad = { 1, 1 }));
    return dsc_dense(dsc_dropout(dsc_tanh(dsc_dense(h, 41)), 0.2), CLASSES);
}

static dsc_node *sequences(dsc_scope *scope)
{
    dsc_node *h = dsc_tokens(scope, &(dsc_tokens_spec){ .steps = STEPS, .vocabulary = VOCABULARY });
    h = dsc_recurrent(dsc_embedding(h, 20), 35, .cell = DSC_RECURRENT_LSTM, .sequence = true);
    return dsc_dense(dsc_recurrent(h, 17, .cell = DSC_RECURRENT_GRU_LBR, .bidirectional = true), CLASSES);
}

static dsc_examples make_examples(dsc_scope *scope)
{
    const dsc_rng rng = dsc_rng_make(SEED, DSC_STREAM_DATA);
    const size_t features = (size_t)SIDE * SIDE * CHANNELS;
    float *x = dsc_scope_alloc(scope, COUNT * features, sizeof *x);
    int32_t *words = dsc_scope_alloc(scope, (size_t)COUNT * STEPS, sizeof *words);
    int32_t *labels = dsc_scope_alloc(scope, COUNT, sizeof *labels);
    if (!x || !words || !labels)
        return (dsc_examples){ 0 };
    dsc_rng_fill_normal_f32(rng, 0, 0, 1, x, COUNT * features);
    for (size_t i = 0; i < (size_t)COUNT * STEPS; i++)
        words[i] = (int32_t)dsc_rng_below(rng, 1, i, VOCABULARY);
    for (size_t i = 0; i < COUNT; i++)
        labels[i] = (int32_t)dsc_rng_below(rng, 2, i, CLASSES);
    return (dsc_examples){ .count = COUNT,
                           .columns = { { "input", features, .f32 = x },
                                        { "tokens", STEPS, .i32 = words },
                                        { "labels", 1, .i32 = labels } } };
}

/* The hash of the trained parameters; 0 if the scope fails. */
static uint64_t train_on(dsc_scope *scope, dsc_node *(*logits)(dsc_scope *), int threads)
{
    const dsc_examples examples = make_examples(scope);
    dsc_node *loss = dsc_softmax_cross_entropy(logits(scope), dsc_labels(scope, CLASSES));
    dsc_model *model =
        dsc_compile(loss, &(dsc_compile_options){
                              .batch = BATCH, .engine = DSC_ENGINE_NATIVE, .threads = threads, .shard = 4 });
    if (!model)
        return 0;
    dsc_fit(model, &examples, &(dsc_fit_options){ .optimizer = { .kind = DSC_OPTIMIZER_ADAM }, .epochs = 2 });
    return dsc_scope_status(scope) == DSC_OK ? dsc_model_hash(model) : 0;
}

static void check_threads(dsc_selftest *test, const char *name, dsc_node *(*logits)(dsc_scope *))
{
    dsc_selftest_row row = {
        .group = DSC_SELFTEST_PROMISES, .name = name, .over = "1, 2, 3 threads", .error = NAN
    };
    uint64_t first = 0;
    bool equal = true;
    for (int threads = 1; threads <= 3 && !row.message; threads++) {
        dsc_scope *scope = dsc_scope_open(&(dsc_scope_options){ .seed = SEED });
        const uint64_t hash = train_on(scope, logits, threads);
        first = threads == 1 ? hash : first;
        equal = equal && hash == first;
        if (dsc_scope_status(scope) != DSC_OK)
            row.message = dsc_scope_copy(test->scope, dsc_scope_message(scope));
        dsc_scope_close(&scope);
    }
    row.passed = equal && !row.message;
    row.bits = row.passed ? dsc_selftest_hash_text(test->scope, first) : NULL;
    dsc_selftest_add(test, &row);
}

void dsc_selftest_threads(dsc_selftest *test)
{
    check_threads(test, "convolutional network", images);
    check_threads(test, "recurrent network", sequences);
}

/* --- The short experiment: three small networks on generated data, a cell each and seed --- */

enum { POSITIONS = 40, DIGITS = 10, SAMPLES = 1000 };
enum network { PERCEPTRON = 0, CONVOLUTIONAL, RECURRENT };

struct hyperparameters {
    int64_t network, epochs;
};
static const dsc_param params[] = {
    DSC_PARAM_INTEGER(struct hyperparameters, epochs, "4", 1, 1000, "passes over the training set"), { 0 }
};
static const dsc_axis axes[] = { { .param = { .name = "network",
                                              .kind = DSC_KIND_INTEGER,
                                              .offset = DSC_FIELD(struct hyperparameters, network, int64_t),
                                              .value = "perceptron,convolutional,recurrent",
                                              .choices = "perceptron|convolutional|recurrent",
                                              .help = "what is trained" },
                                   .units = "1",
                                   .long_name = "network" },
                                 { .param = { 0 } } };
static const dsc_output outputs[] = {
    { "test_error", "1", "fraction of test examples in the wrong class", NULL },
    { "train_loss", "1", "mean cross-entropy of the training examples", NULL },
    { 0 }
};

static dsc_node *logits_of(dsc_scope *scope, int64_t network)
{
    dsc_node *x = dsc_input(scope, &(dsc_input_spec){ .shape = { POSITIONS } });
    if (network == PERCEPTRON)
        return dsc_dense(dsc_dropout(dsc_relu(dsc_dense(x, 100)), 0.2), DIGITS);
    x = dsc_reshape(x, POSITIONS, 1);
    if (network == RECURRENT)
        return dsc_dense(dsc_recurrent(x, 12, .cell = DSC_RECURRENT_LSTM), DIGITS);
    x = dsc_max_pool(dsc_relu(dsc_batch_norm(dsc_conv1d(x, 16, .kernel = 5, .pad = 2))), .window = { 2 });
    return dsc_dense(dsc_tanh(dsc_conv1d(x, 16, .stride = 2)), DIGITS);
}

static void run_cell(dsc_cell *cell)
{
    const struct hyperparameters *hyperparameters = dsc_cell_hyperparameters(cell);
    dsc_scope *scope = dsc_cell_scope(cell);
    const dsc_split data = dsc_mnist1d(scope, &(dsc_mnist1d_options){ .samples = SAMPLES, .seed = 42 });
    const dsc_examples train = dsc_examples_from(scope, &data.train),
                       test = dsc_examples_from(scope, &data.test);
    dsc_node *loss =
        dsc_softmax_cross_entropy(logits_of(scope, hyperparameters->network), dsc_labels(scope, DIGITS));
    const dsc_cell_training training = { .compile = { .batch = 40 },
                                         .fit = { .optimizer = { .kind = DSC_OPTIMIZER_ADAM, .lr = 0.01 },
                                                  .epochs = (size_t)hyperparameters->epochs },
                                         .hashed = DSC_CELL_HASHED_NOTHING /* but the model's hash */ };
    dsc_model *model = dsc_cell_train(cell, loss, &train, &training);
    dsc_put(cell, "test_error", dsc_evaluate(model, &test).error_rate);
    dsc_put(cell, "train_loss", dsc_evaluate(model, &train).loss);
    const uint64_t parameters = dsc_scope_status(scope) == DSC_OK ? dsc_model_hash(model) : 0;
    dsc_cell_hash(cell, &parameters, sizeof parameters);
}

static const dsc_case only = { .name = "mnist1d",
                               .summary = "Small networks on MNIST-1D",
                               .seeds = 6,
                               .hyperparameters_size = sizeof(struct hyperparameters),
                               .params = params,
                               .axes = axes,
                               .outputs = outputs,
                               .run = run_cell };
static const dsc_experiment experiment = { .name = "selftest",
                                           .summary = "A short experiment",
                                           .cases = (const dsc_case *const[]){ &only, NULL },
                                           .version = "1" };

/* Runs what is missing of the experiment in the file; the number of cells that it held already in *kept. */
static dsc_record *run_into(dsc_scope *scope, const char *path, int threads, size_t *kept)
{
    const dsc_plan *plan =
        dsc_plan_make(scope, &experiment, &(dsc_plan_options){ .engine = DSC_ENGINE_NATIVE });
    const dsc_run_result result =
        dsc_run(scope, plan, &(dsc_run_options){ .out = path, .threads = threads, .write_interval = 0.005 });
    if (dsc_scope_status(scope) == DSC_OK && (result.missing || result.failed))
        dsc_scope_fail(scope, DSC_ERROR_NUMERIC, "%zu cells failed, %zu are missing", result.failed,
                       result.missing);
    *kept = result.kept;
    return dsc_scope_status(scope) == DSC_OK ? result.record : NULL;
}

/* Of all cells' hashes, low byte first. */
static uint64_t hash_of(dsc_scope *scope, dsc_record *record)
{
    dsc_hasher *hasher = dsc_hasher_make(scope);
    for (size_t i = 0; i < dsc_record_cells(record); i++) {
        const uint64_t hash = dsc_record_cell_at(record, i)->hash;
        dsc_hasher_update(hasher, &hash, sizeof hash);
    }
    return dsc_digest_64(dsc_hasher_finish(hasher));
}

/* --- Kill and resume --- */

static size_t cells_done(const char *path)
{
    size_t done = 0;
    dsc_scope *scope = dsc_file_exists(path) ? dsc_scope_open(NULL) : NULL;
    dsc_record *record = scope ? dsc_record_read(scope, path) : NULL;
    for (size_t i = 0; record && i < dsc_record_cells(record); i++)
        done += dsc_record_cell_at(record, i)->status == DSC_CELL_DONE;
    dsc_scope_close(&scope);
    return done;
}

/* A process that runs the experiment and does not outlive this one. */
static pid_t start_run(const char *path)
{
    const pid_t parent = getpid(), child = fork();
    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    size_t kept;
    dsc_scope *scope = getppid() == parent ? dsc_scope_open(NULL) : NULL;
    _exit(scope && run_into(scope, path, 1, &kept) ? 0 : 1);
}

/* Kills the run as soon as its file holds `least` cells. False if it could not be started, or ended first. */
static bool kill_run(dsc_scope *scope, const char *path, size_t least)
{
    enum { LONGEST = 60 }; /* seconds */
    const double begun = dsc_clock_seconds();
    const pid_t child = start_run(path);
    if (child < 0) {
        dsc_scope_fail(scope, DSC_ERROR_FILE, "cannot start a process: %s", strerror(errno));
        return false;
    }
    int status = 0;
    pid_t ended = 0;
    while (ended == 0 && cells_done(path) < least && dsc_clock_seconds() - begun < LONGEST) {
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
        ended = waitpid(child, &status, WNOHANG);
    }
    if (ended == 0) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* The undisturbed run. Returns its hash, or NULL. */
static const char *add_calm(dsc_selftest *test, dsc_scope *scope, const char *path)
{
    size_t kept = 0;
    dsc_record *record = run_into(scope, path, 1, &kept);
    const char *bits = record ? dsc_selftest_hash_text(test->scope, hash_of(scope, record)) : NULL;
    const dsc_selftest_row row = {
        .group = DSC_SELFTEST_PROMISES,
        .name = "short experiment",
        .over = strcmp(test->expected, DSC_SELFTEST_HASH) == 0 ? "here, as published" : "here, as expected",
        .error = NAN,
        .bits = bits,
        .expected = test->expected,
        .message = record ? NULL : dsc_scope_copy(test->scope, dsc_scope_message(scope)),
        .passed = bits && strcmp(bits, test->expected) == 0,
    };
    dsc_selftest_add(test, &row);
    return bits;
}

static void add_resumed(dsc_selftest *test, dsc_scope *scope, const char *path, size_t kills,
                        const char *calm)
{
    const bool was_killed = kills > 0 && cells_done(path) > 0;
    size_t kept = 0;
    dsc_record *record = run_into(scope, path, 2, &kept);
    const char *bits = record ? dsc_selftest_hash_text(test->scope, hash_of(scope, record)) : NULL;
    const char *message = NULL;
    if (dsc_scope_status(scope) != DSC_OK)
        message = dsc_scope_copy(test->scope, dsc_scope_message(scope));
    else if (!was_killed)
        message = "the run ended before it could be killed: run the selftest again";
    const dsc_selftest_row row = {
        .group = DSC_SELFTEST_PROMISES,
        .name = "killed and resumed",
        .over = dsc_scope_format(test->scope, "%zu kills, %zu of %zu cells kept", kills, kept,
                                 record ? dsc_record_cells(record) : 0),
        .error = NAN,
        .bits = bits,
        .expected = calm,
        .message = message,
        .passed = bits && calm && !message && strcmp(bits, calm) == 0,
    };
    dsc_selftest_add(test, &row);
}

/* The kills come first: a process that has used threads is not one to fork. */
static void run_both(dsc_selftest *test, dsc_scope *scope, const char *killed, const char *calm)
{
    static const size_t moments[] = { 2, 6 };
    size_t kills = 0;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++)
        kills += kill_run(scope, killed, moments[i]);
    add_resumed(test, scope, killed, kills, add_calm(test, scope, calm));
}

/* A directory of the run's own, in the scope; NULL if there is none. */
static const char *make_directory(dsc_scope *scope)
{
    const char *parent = getenv("TMPDIR");
    char *path = dsc_scope_format(scope, "%s/descent-selftest.XXXXXX", parent && *parent ? parent : "/tmp");
    if (!path || mkdtemp(path))
        return path;
    dsc_scope_fail(scope, DSC_ERROR_FILE, "%s: %s; set TMPDIR to a directory that can be written", path,
                   strerror(errno));
    return NULL;
}

static void remove_file(const char *path)
{
    char partial[4096];
    unlink(path);
    if (snprintf(partial, sizeof partial, "%s.partial", path) < (int)sizeof partial)
        unlink(partial);
}

void dsc_selftest_experiment(dsc_selftest *test)
{
    const char *directory = make_directory(test->scope);
    const char *killed = dsc_path_join(test->scope, directory, "killed.h5");
    const char *calm = dsc_path_join(test->scope, directory, "calm.h5");
    dsc_scope *scope = dsc_scope_open(NULL);
    if (directory && killed && calm) {
        run_both(test, scope, killed, calm);
        remove_file(killed);
        remove_file(calm);
        rmdir(directory);
    }
    dsc_scope_close(&scope);
}
