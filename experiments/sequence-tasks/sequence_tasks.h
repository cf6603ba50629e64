/* sequence_tasks.h - the cases of the sequence-tasks experiment. */
#ifndef SEQUENCE_TASKS_H
#define SEQUENCE_TASKS_H

#include <descent.h>

extern const dsc_case sequence_tasks_copy, sequence_tasks_reverse, sequence_tasks_addition,
    sequence_tasks_adding, sequence_tasks_copy_memory, sequence_tasks_gradients;

#endif
