/* analogies.c - answers to analogy questions.
 *
 * cos(d, b - a + c) orders d as cos(d, b) - cos(d, a) + cos(d, c) does, and 3CosMul takes the same three
 * cosines. So the cosines of the words that are in some question with all words are computed once, by
 * products of matrices for a few columns (words d) at a time, and a question only adds and compares: a tenth
 * of the arithmetic of a product for each question. Threads share the columns; the best answer is a maximum,
 * which no order of comparing changes.
 */
#include <math.h>
#include <string.h>

#include <descent/cpu.h>

#include "base/region.h"
#include "base/sizes.h"
#include "embed/questions.h"
#include "embed/unit.h"
#include "kernels/kernels.h"

enum {
    LIMIT = 30000,        /* as compute-accuracy is called by its authors */
    COLUMNS = 128,        /* words d at a time: the cosines of the thousand words in questions stay in L2 */
    SEMANTIC_SECTIONS = 5 /* as compute-accuracy has it */
};
static const float EPSILON = 0.001f;

/* The best answer so far. */
typedef struct best {
    float score;
    size_t row; /* SIZE_MAX: none */
} best;

enum { ADD, MUL, MEASURES };

/* The scores of a question for some columns from those of its words. */
typedef struct operands {
    const float *a, *b, *c;
} operands;

static float score_at(int measure, operands o, size_t i)
{
    return measure == ADD ? (o.b[i] - o.a[i]) + o.c[i] : (o.b[i] * o.c[i]) * o.a[i];
}

struct evaluation {
    const dsc_word_vectors *vectors;
    const dsci_questions *questions;
    size_t limit;     /* words d */
    const float *all; /* unit rows (limit, dimension) */
    float *asked;     /* those of the words in questions (asked_count, dimension) */
    size_t asked_count;
    size_t *place; /* of a row among them */
    const dsci_kernels *kernels;
    size_t worker_floats;
    float *space;  /* of each thread: cosines, shifted ones, reciprocals (asked_count, COLUMNS), workspace */
    best *answers; /* (threads, questions, MEASURES) */
};

/* The largest score of COLUMNS columns; 16 in flight, so that compilers use vectors. */
static float largest(int measure, operands o)
{
    float lanes[DSCI_LANES];
    for (size_t l = 0; l < DSCI_LANES; l++)
        lanes[l] = -INFINITY;
    for (size_t i = 0; i < COLUMNS; i += DSCI_LANES)
        for (size_t l = 0; l < DSCI_LANES; l++) {
            const float score = score_at(measure, o, i + l);
            lanes[l] = score > lanes[l] ? score : lanes[l];
        }
    float most = lanes[0];
    for (size_t l = 1; l < DSCI_LANES; l++)
        most = lanes[l] > most ? lanes[l] : most;
    return most;
}

/* Compares one by one the columns that are no words of the question. */
static void compare_each(int measure, operands o, const dsci_question *q, size_t first, size_t count,
                         best *answer)
{
    for (size_t i = 0; i < count; i++) {
        const size_t row = first + i;
        const float score = score_at(measure, o, i);
        if (score > answer->score && row != q->a && row != q->b && row != q->c)
            *answer = (best){ score, row };
    }
}

static bool is_within(size_t row, size_t first, size_t count)
{
    return row >= first && row - first < count;
}

/* All questions for some columns; most blocks hold no better answer than there is. */
static void ask(const struct evaluation *e, const float *space, size_t first, size_t count, best *answers)
{
    const size_t floats = e->asked_count * COLUMNS;
    const float *cosines = space, *shifted = space + floats, *reciprocals = space + 2 * floats;
    for (size_t i = 0; i < e->questions->count; i++, answers += MEASURES) {
        const dsci_question *q = &e->questions->items[i];
        const size_t a = e->place[q->a] * COLUMNS, b = e->place[q->b] * COLUMNS, c = e->place[q->c] * COLUMNS;
        const operands o[MEASURES] = { [ADD] = { cosines + a, cosines + b, cosines + c },
                                       [MUL] = { reciprocals + a, shifted + b, shifted + c } };
        const bool special = count < COLUMNS || is_within(q->a, first, count) ||
                             is_within(q->b, first, count) || is_within(q->c, first, count);
        for (int m = 0; m < MEASURES; m++)
            if (special || largest(m, o[m]) > answers[m].score)
                compare_each(m, o[m], q, first, count, &answers[m]);
    }
}

static dsci_gemm product_of(const struct evaluation *e, float *space, size_t first, size_t count)
{
    return (dsci_gemm){ .m = e->asked_count,
                        .n = count,
                        .k = e->vectors->dimension,
                        .a = e->asked,
                        .b = e->all + first * e->vectors->dimension,
                        .c = space,
                        .lda = e->vectors->dimension,
                        .ldb = e->vectors->dimension,
                        .ldc = COLUMNS,
                        .transpose_b = 1,
                        .workspace = space + 3 * e->asked_count * COLUMNS };
}

static void evaluate(void *user, dsci_region region)
{
    const struct evaluation *e = user;
    const size_t blocks = dsci_ceiling(e->limit, COLUMNS), floats = e->asked_count * COLUMNS;
    float *space = e->space + (size_t)region.thread * e->worker_floats;
    best *answers = e->answers + (size_t)region.thread * e->questions->count * MEASURES;
    for (size_t block = dsci_region_begin(region, blocks); block < dsci_region_end(region, blocks); block++) {
        const size_t first = block * COLUMNS, count = dsci_least(COLUMNS, e->limit - first);
        const dsci_gemm product = product_of(e, space, first, count);
        e->kernels->gemm(&product);
        for (size_t i = 0; i < floats; i++) {
            space[floats + i] = (space[i] + 1) * 0.5f;
            space[2 * floats + i] = 1 / (space[floats + i] + EPSILON);
        }
        ask(e, space, first, count, answers);
    }
}

/* Of equal scores the first row. */
static best better(best one, best other)
{
    const bool second = other.score > one.score || (other.score == one.score && other.row < one.row);
    return second ? other : one;
}

static void count_right(const struct evaluation *e, int threads, const dsci_word_index *index)
{
    const size_t answers = e->questions->count * MEASURES;
    for (size_t i = 0; i < e->questions->count; i++) {
        const dsci_question *q = &e->questions->items[i];
        dsc_analogy_score *section = &e->questions->sections[q->section];
        for (size_t m = 0; m < MEASURES; m++) {
            best answer = e->answers[i * MEASURES + m];
            for (size_t t = 1; t < (size_t)threads; t++)
                answer = better(answer, e->answers[t * answers + i * MEASURES + m]);
            /* A word in letters of another case is the same word. */
            const bool right =
                answer.row != SIZE_MAX && dsci_word_index_find(index, e->vectors->words[answer.row]) == q->d;
            *(m == ADD ? &section->add : &section->mul) += right;
        }
    }
}

/* The unit rows of the words a, b, c of the questions, each once. */
static void gather(struct evaluation *e)
{
    const size_t dimension = e->vectors->dimension;
    for (size_t i = 0; i < e->limit; i++)
        e->place[i] = SIZE_MAX;
    for (size_t i = 0; i < e->questions->count; i++) {
        const dsci_question *q = &e->questions->items[i];
        const size_t rows[3] = { q->a, q->b, q->c };
        for (size_t j = 0; j < 3; j++)
            if (e->place[rows[j]] == SIZE_MAX)
                e->place[rows[j]] = e->asked_count++;
    }
    for (size_t i = 0; e->asked && i < e->limit; i++)
        if (e->place[i] != SIZE_MAX)
            memcpy(e->asked + e->place[i] * dimension, e->all + i * dimension, dimension * sizeof(float));
}

/* False, and an error, if memory is out. */
static bool prepare(dsc_scope *own, struct evaluation *e, int threads)
{
    const size_t dimension = e->vectors->dimension, most = dsci_least(e->limit, 3 * e->questions->count);
    float *all = dsc_scope_alloc(own, e->limit, dimension * sizeof *all);
    e->place = dsc_scope_alloc(own, e->limit, sizeof *e->place);
    e->asked = dsc_scope_alloc(own, most, dimension * sizeof *e->asked);
    if (!all || !e->place || !e->asked)
        return false;
    e->all = all;
    const unsigned mode = dsc_float_mode_enter();
    dsci_unit_rows(all, e->vectors->vectors, e->limit, dimension);
    dsc_float_mode_leave(mode);
    gather(e);
    const dsci_gemm product = product_of(e, NULL, 0, COLUMNS);
    e->worker_floats =
        3 * e->asked_count * COLUMNS + dsci_round_up(dsci_gemm_workspace(&product), DSCI_LANES);
    e->space = dsc_scope_alloc(own, (size_t)threads, e->worker_floats * sizeof *e->space);
    const size_t answers = (size_t)threads * e->questions->count * MEASURES;
    e->answers = dsc_scope_alloc(own, answers, sizeof *e->answers);
    for (size_t i = 0; e->answers && i < answers; i++)
        e->answers[i] = (best){ -INFINITY, SIZE_MAX };
    return e->space && e->answers;
}

static void add_score(dsc_analogy_score *sum, const dsc_analogy_score *section)
{
    sum->questions += section->questions;
    sum->asked += section->asked;
    sum->add += section->add;
    sum->mul += section->mul;
}

static dsc_analogies *summary_of(dsc_scope *scope, const dsci_questions *questions)
{
    dsc_analogies *result = dsc_scope_alloc(scope, 1, sizeof *result);
    if (!result)
        return NULL;
    *result = (dsc_analogies){ .names = questions->names,
                               .sections = questions->sections,
                               .section_count = questions->section_count };
    for (size_t i = 0; i < questions->section_count; i++) {
        add_score(i < SEMANTIC_SECTIONS ? &result->semantic : &result->syntactic, &questions->sections[i]);
        add_score(&result->total, &questions->sections[i]);
    }
    return result;
}

const dsc_analogies *dsc_word_analogies(dsc_scope *scope, const dsc_word_vectors *vectors, const char *path,
                                        const dsc_word_test_options *options)
{
    const dsc_word_test_options o = options ? *options : (dsc_word_test_options){ 0 };
    if (!vectors || dsc_scope_status(scope) != DSC_OK)
        return NULL;
    const size_t limit = dsci_least(o.limit ? o.limit : LIMIT, vectors->count);
    const int threads = dsc_threads_choose(o.threads).count;
    dsc_scope *own = dsc_scope_open_within(scope, 0);
    const dsci_word_index index = dsci_word_index_make(own, vectors->words, limit, !o.exact_case);
    const dsci_questions questions =
        index.slots ? dsci_questions_read(scope, path, &index) : (dsci_questions){ 0 };
    struct evaluation e = {
        .vectors = vectors, .questions = &questions, .limit = limit, .kernels = dsci_kernels_for(DSC_ISA_AUTO)
    };
    if (questions.count && dsc_scope_status(scope) == DSC_OK && prepare(own, &e, threads)) {
        dsci_region_run(threads, evaluate, &e);
        count_right(&e, threads, &index);
    }
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
    return dsc_scope_status(scope) == DSC_OK ? summary_of(scope, &questions) : NULL;
}
