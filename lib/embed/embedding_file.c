/* embedding_file.c - a training of word vectors in a file: it goes on to the same bits as one that was never
 * stopped.
 */
#include <math.h>
#include <string.h>

#include <descent/file.h>
#include <descent/hash.h>
#include <descent/text.h>

#include "embed/trainer.h"
#include "record/container.h"

static const char FORMAT[] = "descent checkpoint of word vectors 1";

/* Everything that the bits depend on, a line each. Threads are not among it. */
static const char *write_recipe(dsc_scope *scope, const dsc_embedding *e)
{
    const dsc_embed_options *o = &e->options;
    char digest[65];
    dsc_text *text = dsc_text_open(scope);
    dsc_text_format(text, "model=%d context=%d\ndimension=%zu\nwindow=%zu\nnegatives=%zu\n", (int)o->model,
                    (int)o->context, o->dimension, o->window, o->negatives);
    dsc_text_format(text, "hierarchical_softmax=%d\nsample=%.17g\nrate=%.17g\npasses=%zu\nseed=%llu\n",
                    o->hierarchical_softmax, o->sample, o->rate, o->passes, (unsigned long long)o->seed);
    dsc_text_format(text, "blocks=%zu\nblock_words=%zu\nshared_windows=%zu\nmost_deltas=%.17g\nracy=%d\n",
                    o->blocks, o->block_words, o->shared_windows, o->most_deltas, o->racy);
    dsc_text_format(
        text, "vocabulary=%zu %s\n", e->vocabulary->count,
        dsc_digest_hex(
            dsc_sha256(e->vocabulary->counts, e->vocabulary->count * sizeof *e->vocabulary->counts), digest));
    dsc_text_format(
        text, "text=%llu %s\n", (unsigned long long)e->corpus->count,
        dsc_digest_hex(dsc_sha256(e->corpus->ids, (size_t)e->corpus->count * sizeof *e->corpus->ids),
                       digest));
    return dsc_text_string(text);
}

/* The text is read once for its digest, at the first use. */
static const char *recipe_of(dsc_embedding *e)
{
    if (!e->recipe)
        e->recipe = write_recipe(e->scope, e);
    return e->recipe;
}

enum { PROGRESS = 4, ARRAYS = 3 };

/* Everything that changes as training goes on, but for the losses of passes that are not done. */
static size_t list(const dsc_embedding *e, dsci_container_array arrays[ARRAYS], const double *progress)
{
    const size_t passes = e->pass;
    arrays[0] = (dsci_container_array){
        .name = "progress", .type = DSCI_ELEMENT_F64, .rank = 1, .shape = { PROGRESS }, .data = progress
    };
    arrays[1] = (dsci_container_array){ .name = "rows",
                                        .type = DSCI_ELEMENT_F32,
                                        .rank = 2,
                                        .shape = { e->rows.count, e->rows.stride },
                                        .data = e->rows.data };
    arrays[2] = (dsci_container_array){
        .name = "losses", .type = DSCI_ELEMENT_F64, .rank = 1, .shape = { passes }, .data = e->losses
    };
    return passes > 0 ? 3 : 2;
}

dsc_status dsc_embed_save(dsc_embedding *e, const char *path)
{
    if (!e || dsc_scope_status(e->scope) != DSC_OK)
        return e ? dsc_scope_status(e->scope) : DSC_ERROR_ARGUMENT;
    const double progress[PROGRESS] = { (double)e->pass, (double)e->position, e->loss, e->pairs };
    dsci_container_array arrays[ARRAYS];
    const char *recipe = recipe_of(e);
    const dsc_attribute texts[] = { { "format", FORMAT }, { "recipe", recipe } };
    dsc_scope *local = dsc_scope_open(NULL);
    if (recipe)
        dsci_container_write(local, path, arrays, list(e, arrays, progress), texts, 2);
    const dsc_status status = dsc_scope_adopt_error(e->scope, local);
    dsc_scope_close(&local);
    return status;
}

static bool is_sound(dsc_scope *local, const dsc_embedding *e, const char *path, const double p[PROGRESS])
{
    const bool sound = dsci_is_count(p[0], (double)e->options.passes) &&
                       dsci_is_count(p[1], (double)e->corpus->count) && isfinite(p[2]) && isfinite(p[3]);
    if (!sound)
        dsc_scope_fail(local, DSC_ERROR_FORMAT, "'%s' is damaged: its progress is not a training's", path);
    return sound;
}

/* Nothing of the training changes before all of the file is read and good. */
static void read_contents(dsc_scope *local, const dsci_container *container, dsc_embedding *e,
                          const char *path)
{
    double progress[PROGRESS];
    dsci_container_array arrays[ARRAYS];
    list(e, arrays, progress);
    if (dsci_container_read(container, &arrays[0], progress) != DSC_OK || !is_sound(local, e, path, progress))
        return;
    const size_t passes = (size_t)progress[0], values = e->rows.count * e->rows.stride;
    arrays[2].shape[0] = passes;
    float *rows = dsc_scope_alloc(local, values, sizeof *rows);
    double *losses = dsc_scope_alloc(local, passes + 1, sizeof *losses);
    if (!rows || !losses || dsci_container_read(container, &arrays[1], rows) != DSC_OK ||
        (passes > 0 && dsci_container_read(container, &arrays[2], losses) != DSC_OK))
        return;
    memcpy(e->rows.data, rows, values * sizeof *rows);
    memcpy(e->losses, losses, passes * sizeof *losses);
    e->pass = passes;
    e->position = (uint64_t)progress[1];
    e->loss = progress[2];
    e->pairs = progress[3];
}

dsc_status dsc_embed_restore(dsc_embedding *e, const char *path)
{
    if (!e || dsc_scope_status(e->scope) != DSC_OK)
        return e ? dsc_scope_status(e->scope) : DSC_ERROR_ARGUMENT;
    dsc_scope *local = dsc_scope_open(NULL);
    const char *recipe = recipe_of(e);
    const dsci_container *container = recipe ? dsci_container_open(local, path) : NULL;
    if (container && dsci_container_expect(container, DSC_FILE_CHECKPOINT) == DSC_OK) {
        if (strcmp(dsci_container_text(container, "", "format"), FORMAT) != 0)
            dsc_scope_fail(
                local, DSC_ERROR_FORMAT,
                "'%s' is not a checkpoint of word vectors of this version: expected the attribute format '%s'",
                path, FORMAT);
        else if (dsci_container_expect_recipe(container, recipe) == DSC_OK)
            read_contents(local, container, e, path);
    }
    const dsc_status status = dsc_scope_adopt_error(e->scope, local);
    dsc_scope_close(&local);
    return status;
}
