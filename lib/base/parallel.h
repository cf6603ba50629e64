/* parallel.h - threads that may be fewer than were asked for: work that is shared among whoever comes. */
#ifndef DESCENT_BASE_PARALLEL_H
#define DESCENT_BASE_PARALLEL_H

/* OpenMP ends the process when a thread cannot be started (a limit on processes, on memory). Whatever holds
   results that are not in a file yet uses these threads instead. */
typedef void dsci_parallel_fn(void *user, int index);

/* Calls work(user, i) for i = 0 on the calling thread and for 1..threads-1 on threads of their own, as far as
   those can be started; the work takes its parts from a common counter. */
void dsci_parallel_run(int threads, dsci_parallel_fn *work, void *user);

/* How many threads can run at the same time, up to the number asked for, the calling one among them: it
   starts them to see. */
int dsci_parallel_available(int threads);

#endif
