/* parallel.c - threads of our own where one that cannot be started must do no harm. */
#include "base/parallel.h"

#include <pthread.h>
#include <stdlib.h>

struct worker {
    pthread_t thread;
    int index;
    dsci_parallel_fn *work;
    void *user;
};

static void *run_worker(void *argument)
{
    const struct worker *worker = argument;
    worker->work(worker->user, worker->index);
    return NULL;
}

/* Returns how many threads ran. */
static int run(int threads, dsci_parallel_fn *work, void *user)
{
    struct worker *workers = threads > 1 ? calloc((size_t)threads, sizeof *workers) : NULL;
    int started = 1;
    for (; workers && started < threads; started++) {
        workers[started] = (struct worker){ .index = started, .work = work, .user = user };
        if (pthread_create(&workers[started].thread, NULL, run_worker, &workers[started]) != 0)
            break;
    }
    work(user, 0);
    for (int i = 1; workers && i < started; i++)
        pthread_join(workers[i].thread, NULL);
    free(workers);
    return started;
}

void dsci_parallel_run(int threads, dsci_parallel_fn *work, void *user)
{
    run(threads, work, user);
}

/* The first to come is the caller, when all that can be are started; the others wait for it. */
static void wait_for_all(void *user, int index)
{
    pthread_mutex_t *started = user;
    if (index > 0)
        pthread_mutex_lock(started);
    pthread_mutex_unlock(started);
}

int dsci_parallel_available(int threads)
{
    pthread_mutex_t started = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&started);
    const int available = run(threads, wait_for_all, &started);
    pthread_mutex_destroy(&started);
    return available;
}
