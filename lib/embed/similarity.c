/* similarity.c - judgements of similarity and cosines, compared by their ranks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <descent/cpu.h>
#include <descent/file.h>
#include <descent/value.h>
#include <descent/word_vectors.h>

#include "base/file.h"
#include "base/sizes.h"
#include "embed/word_index.h"
#include "kernels/kernels.h"

static const size_t FILE_BYTES_MAX = (size_t)1 << 30;

struct comparison {
    dsc_scope *scope;
    const char *path;
    const dsc_word_vectors *vectors;
    const dsci_word_index *index;
    const dsci_kernels *kernels;
    double *judged, *cosines; /* of the pairs that were found */
    bool begun;               /* a line that is no comment has been read */
    dsc_similarity result;
};

/* ---- ranks ---- */

typedef struct ranked {
    double value;
    size_t place;
} ranked;

static int by_value(const void *a, const void *b)
{
    const double x = ((const ranked *)a)->value, y = ((const ranked *)b)->value;
    return (x > y) - (x < y);
}

/* Values become their ranks, equal ones the mean of theirs. */
static void rank(double *values, size_t count, ranked *space)
{
    for (size_t i = 0; i < count; i++)
        space[i] = (ranked){ values[i], i };
    qsort(space, count, sizeof *space, by_value);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && space[end].value == space[first].value;)
            end++;
        for (size_t i = first; i < end; i++)
            values[space[i].place] = (double)(first + end - 1) / 2;
    }
}

/* Pearson's correlation of ranks; NaN if one side has no variance. */
static double correlation(const double *x, const double *y, size_t count)
{
    const double mean = ((double)count - 1) / 2; /* of any ranks */
    double xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mean) * (x[i] - mean);
        yy += (y[i] - mean) * (y[i] - mean);
        xy += (x[i] - mean) * (y[i] - mean);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

/* ---- the file ---- */

static double cosine(const struct comparison *c, size_t a, size_t b)
{
    const size_t dimension = c->vectors->dimension;
    const float *x = c->vectors->vectors + a * dimension, *y = c->vectors->vectors + b * dimension;
    const double lengths = sqrt(c->kernels->dot(x, x, dimension)) * sqrt(c->kernels->dot(y, y, dimension));
    return lengths > 0 ? c->kernels->dot(x, y, dimension) / lengths : 0;
}

/* The next field of a line, without the blanks around it; NULL if there is none. */
static char *next_field(char **rest, const char *separators)
{
    char *field = *rest + strspn(*rest, " ");
    if (!*field)
        return NULL;
    char *end = field + strcspn(field, separators);
    *rest = *end ? end + 1 : end;
    while (end > field && end[-1] == ' ')
        end--;
    *end = '\0';
    return field;
}

static void read_line(struct comparison *c, char *line, size_t number)
{
    line[strcspn(line, "\r")] = '\0';
    if (line[strspn(line, " \t")] == '\0' || *line == '#')
        return;
    const char *separators = strchr(line, '\t') ? "\t" : strchr(line, ',') ? "," : " ";
    char *rest = line;
    const char *a = next_field(&rest, separators), *b = next_field(&rest, separators),
               *score = next_field(&rest, separators);
    double judged = 0;
    if (!score || !dsc_parse_real(score, &judged)) {
        if (c->begun || !score)
            dsc_scope_fail(c->scope, DSC_ERROR_FORMAT,
                           "'%s': line %zu: expected two words and a number with tabs, commas or blanks "
                           "between them",
                           c->path, number);
        c->begun = true;
        return; /* a head */
    }
    c->begun = true;
    const size_t first = dsci_word_index_find(c->index, a), second = dsci_word_index_find(c->index, b);
    c->result.pairs++;
    if (first == SIZE_MAX || second == SIZE_MAX)
        return;
    c->judged[c->result.found] = judged;
    c->cosines[c->result.found++] = cosine(c, first, second);
}

static void read_pairs(struct comparison *c, dsc_scope *own)
{
    const dsc_bytes text = dsci_text_unmarked(dsc_file_read(own, c->path, FILE_BYTES_MAX));
    size_t lines = 1, number = 0;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    c->judged = dsc_scope_alloc(own, lines, sizeof *c->judged);
    c->cosines = dsc_scope_alloc(own, lines, sizeof *c->cosines);
    ranked *space = dsc_scope_alloc(own, lines, sizeof *space);
    if (!c->judged || !c->cosines || !space)
        return;
    char *at = (char *)text.data, *end = at + text.size;
    while (at < end && dsc_scope_status(c->scope) == DSC_OK) {
        char *feed = memchr(at, '\n', (size_t)(end - at));
        if (feed)
            *feed = '\0';
        read_line(c, at, ++number);
        at = feed ? feed + 1 : end;
    }
    if (c->result.pairs == 0)
        dsc_scope_fail(c->scope, DSC_ERROR_FORMAT,
                       "'%s' has no pairs: expected lines of two words and a number", c->path);
    rank(c->judged, c->result.found, space);
    rank(c->cosines, c->result.found, space);
    c->result.spearman = correlation(c->judged, c->cosines, c->result.found);
}

dsc_similarity dsc_word_similarity(dsc_scope *scope, const dsc_word_vectors *vectors, const char *path,
                                   const dsc_word_test_options *options)
{
    const dsc_word_test_options o = options ? *options : (dsc_word_test_options){ 0 };
    const dsc_similarity none = { .spearman = NAN };
    if (!vectors || dsc_scope_status(scope) != DSC_OK)
        return none;
    const size_t limit = o.limit ? dsci_least(o.limit, vectors->count) : vectors->count;
    dsc_scope *own = dsc_scope_open_within(scope, 0);
    const dsci_word_index index = dsci_word_index_make(own, vectors->words, limit, !o.exact_case);
    struct comparison c = { .scope = scope,
                            .path = path,
                            .vectors = vectors,
                            .index = &index,
                            .kernels = dsci_kernels_for(DSC_ISA_AUTO),
                            .result = none };
    const unsigned mode = dsc_float_mode_enter();
    if (index.slots)
        read_pairs(&c, own);
    dsc_float_mode_leave(mode);
    dsc_scope_adopt_error(scope, own);
    dsc_scope_close(&own);
    return dsc_scope_status(scope) == DSC_OK ? c.result : none;
}
