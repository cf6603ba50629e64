/* Analogy questions against plain loops in double; the same answers for any number of threads and at every
 * instruction-set level. */
#include <math.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/rng.h>
#include <descent/text.h>
#include <descent/word_vectors.h>

#include "directory.h"
#include "test.h"

enum { WORDS = 700, DIMENSION = 37, QUESTIONS = 900, SECTIONS = 7 };

/* Words "w0", "w1", ...; some twice, once with a capital letter. */
static dsc_word_vectors random_vectors(dsc_scope *scope)
{
    const dsc_rng rng = dsc_rng_make(3, DSC_STREAM_SAMPLING);
    const char **words = dsc_scope_alloc(scope, WORDS, sizeof *words);
    float *values = dsc_scope_alloc(scope, WORDS * DIMENSION, sizeof *values);
    for (size_t i = 0; i < WORDS; i++)
        words[i] = dsc_scope_format(scope, i % 10 == 9 ? "W%zu" : "w%zu", i % 10 == 9 ? i - 9 : i);
    for (size_t i = 0; i < WORDS * DIMENSION; i++)
        values[i] = (float)dsc_rng_below(rng, 0, i, 2001) / 1000 - 1;
    memset(values + 5 * DIMENSION, 0, DIMENSION * sizeof *values); /* a word without a direction */
    return (dsc_word_vectors){ .count = WORDS, .dimension = DIMENSION, .words = words, .vectors = values };
}

/* Rows that questions are made of. */
static size_t draw(size_t question, size_t i)
{
    return dsc_rng_below(dsc_rng_make(4, DSC_STREAM_SAMPLING), (uint32_t)question, i, WORDS);
}

static double cosine(const dsc_word_vectors *v, size_t i, size_t j)
{
    const float *x = v->vectors + i * DIMENSION, *y = v->vectors + j * DIMENSION;
    double xx = 0, yy = 0, xy = 0;
    for (size_t d = 0; d < DIMENSION; d++) {
        xx += (double)x[d] * (double)x[d];
        yy += (double)y[d] * (double)y[d];
        xy += (double)x[d] * (double)y[d];
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

static size_t answer(const dsc_word_vectors *v, const size_t rows[3], bool multiply)
{
    size_t best = SIZE_MAX;
    double most = -INFINITY;
    for (size_t d = 0; d < WORDS; d++) {
        const double a = cosine(v, d, rows[0]), b = cosine(v, d, rows[1]), c = cosine(v, d, rows[2]);
        const double score = multiply ? (b + 1) / 2 * ((c + 1) / 2) / ((a + 1) / 2 + 0.001) : b - a + c;
        if (d != rows[0] && d != rows[1] && d != rows[2] && score > most) {
            most = score;
            best = d;
        }
    }
    return best;
}

/* The row of the word without regard to letters' case: that of its first spelling. */
static size_t first_row(size_t row)
{
    return row % 10 == 9 ? row - 9 : row;
}

static void answers_are_those_of_plain_loops(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_word_vectors vectors = random_vectors(scope);
    dsc_text *text = dsc_text_open(scope);
    size_t add = 0, mul = 0;
    for (size_t q = 0; q < QUESTIONS; q++) {
        size_t rows[3];
        if (q % (QUESTIONS / SECTIONS + 1) == 0)
            dsc_text_format(text, ": section %zu\n", q);
        for (size_t i = 0; i < 3; i++)
            rows[i] = first_row(draw(q, i));
        const size_t sum = answer(&vectors, rows, false), product = answer(&vectors, rows, true);
        const size_t d = q % 3 == 0 ? sum : q % 3 == 1 ? product : draw(q, 3);
        add += first_row(d) == first_row(sum);
        mul += first_row(d) == first_row(product);
        dsc_text_format(text, "w%zu W%zu w%zu %s\n", rows[0], rows[1], rows[2], vectors.words[d]);
    }
    assert_true(add > QUESTIONS / 3 && mul > QUESTIONS / 3 && add < QUESTIONS && mul != add);
    directory_put(*state, "questions", dsc_text_string(text));
    for (int level = DSC_ISA_SCALAR; level <= (int)dsc_isa_detected(); level++)
        for (int threads = 1; threads <= 8; threads += threads == 3 ? 5 : 1) {
            assert_int_equal(dsc_isa_select(scope, (dsc_isa)level), DSC_OK);
            const dsc_analogies *found =
                dsc_word_analogies(scope, &vectors, directory_path(*state, "questions"),
                                   &(dsc_word_test_options){ .threads = threads });
            assert_string_equal(dsc_scope_message(scope), "");
            assert_int_equal(found->section_count, SECTIONS);
            assert_int_equal(found->total.asked, QUESTIONS);
            assert_int_equal(found->total.add, add);
            assert_int_equal(found->total.mul, mul);
            assert_int_equal(found->semantic.asked + found->syntactic.asked, QUESTIONS);
            assert_int_equal(found->syntactic.questions, QUESTIONS - 5 * (QUESTIONS / SECTIONS + 1));
        }
    dsc_isa_select(scope, DSC_ISA_AUTO);
    dsc_scope_close(&scope);
}

static void words_take_part_by_limit_and_case(void **state)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_word_vectors vectors = random_vectors(scope);
    directory_put(*state, "questions", "w1 w2 w3 w4\nw1 w2 w3 W4\n\nw1 w2 w3 w20\n:  x y \nw1 w2 w3 w699\n");
    const char *path = directory_path(*state, "questions");
    const dsc_analogies *all = dsc_word_analogies(scope, &vectors, path, NULL);
    assert_int_equal(all->total.asked, 3);
    assert_int_equal(all->total.questions, 4);
    assert_string_equal(all->names[1], "x y");
    const dsc_analogies *few =
        dsc_word_analogies(scope, &vectors, path, &(dsc_word_test_options){ .limit = 20 });
    assert_int_equal(few->total.asked, 2);
    const dsc_analogies *exact =
        dsc_word_analogies(scope, &vectors, path, &(dsc_word_test_options){ .exact_case = true });
    assert_int_equal(exact->total.asked, 2);
    assert_null(dsc_word_analogies(scope, &vectors, directory_path(*state, "none"), NULL));
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_FILE);
    dsc_scope_close(&scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_those_of_plain_loops),
        cmocka_unit_test(words_take_part_by_limit_and_case),
    };
    return cmocka_run_group_tests(tests, directory_make, directory_remove);
}
