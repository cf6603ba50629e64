/* questions.h - analogy questions of a file, as rows of vectors. */
#ifndef DESCENT_EMBED_QUESTIONS_H
#define DESCENT_EMBED_QUESTIONS_H

#include <stdint.h>

#include <descent/word_vectors.h>

#include "embed/word_index.h"

/* a is to b as c is to d: rows of vectors, d the expected answer. */
typedef struct dsci_question {
    size_t a, b, c, d;
    size_t section;
} dsci_question;

typedef struct dsci_questions {
    dsci_question *items; /* whose words are all there */
    size_t count;
    const char **names;          /* of the sections */
    dsc_analogy_score *sections; /* `questions` and `asked` are set */
    size_t section_count;
} dsci_questions;

/* Everything is in the scope; a line of another form fails it. */
dsci_questions dsci_questions_read(dsc_scope *scope, const char *path, const dsci_word_index *index);

#endif
