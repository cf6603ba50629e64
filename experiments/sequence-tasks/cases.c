/* cases.c - what recurrent networks remember, and what attention spares them. */
#include "sequence_tasks.h"

static const dsc_case *const cases[] = { &sequence_tasks_copy,
                                         &sequence_tasks_reverse,
                                         &sequence_tasks_addition,
                                         &sequence_tasks_adding,
                                         &sequence_tasks_copy_memory,
                                         &sequence_tasks_gradients,
                                         NULL };

const dsc_experiment sequence_tasks_experiment = {
    .name = "sequence-tasks",
    .summary = "Sequences into sequences with and without attention, and gradients over distance",
    .reference =
        "Sutskever, Vinyals and Le 2014; Bahdanau, Cho and Bengio 2015; Pascanu, Mikolov and Bengio 2013",
    .cases = cases,
    .version = "1",
};
