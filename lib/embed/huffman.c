/* huffman.c - the binary tree of hierarchical softmax. */
#include "embed/trainer.h"

#include <string.h>

/* Leaves 0..n - 1 are the words 1..n; inner nodes follow as they are made, the root last. */
typedef struct forest {
    uint64_t *weight;
    size_t *parent;
    uint8_t *turn;
    size_t leaves, nodes;
} forest;

/* The next lightest: leaves from the rarest word on, inner nodes as they were made, both by rising weight. */
static size_t take_lightest(const forest *f, size_t *leaves_left, size_t *next_inner)
{
    const bool inner = *next_inner < f->nodes;
    if (*leaves_left > 0 && (!inner || f->weight[*leaves_left - 1] <= f->weight[*next_inner]))
        return --*leaves_left;
    return (*next_inner)++;
}

static void join(forest *f)
{
    size_t leaves_left = f->leaves, next_inner = f->leaves;
    for (f->nodes = f->leaves; f->nodes + 1 < 2 * f->leaves; f->nodes++) {
        const size_t a = take_lightest(f, &leaves_left, &next_inner);
        const size_t b = take_lightest(f, &leaves_left, &next_inner);
        f->weight[f->nodes] = f->weight[a] + f->weight[b];
        f->parent[a] = f->parent[b] = f->nodes;
        f->turn[b] = 1;
    }
}

static size_t depth_of(const forest *f, size_t leaf)
{
    size_t depth = 0;
    for (size_t node = leaf; node + 1 < f->nodes; node = f->parent[node])
        depth++;
    return depth;
}

/* From the root down, written from its end. */
static void write_way(const forest *f, size_t leaf, size_t end, dsci_tree *tree)
{
    for (size_t node = leaf; node + 1 < f->nodes; node = f->parent[node]) {
        end--;
        tree->nodes[end] = (uint32_t)(f->parent[node] - f->leaves);
        tree->turns[end] = f->turn[node];
    }
}

/* Word 0, the end of a line, is never predicted and has no way. */
void dsci_tree_make(dsc_scope *scope, const uint64_t *counts, size_t count, dsci_tree *tree)
{
    const size_t leaves = count - 1;
    forest f = { .leaves = leaves };
    f.weight = dsc_scope_alloc(scope, 2 * leaves, sizeof *f.weight);
    f.parent = dsc_scope_alloc(scope, 2 * leaves, sizeof *f.parent);
    f.turn = dsc_scope_alloc(scope, 2 * leaves, sizeof *f.turn);
    tree->first = dsc_scope_alloc(scope, count + 1, sizeof *tree->first);
    if (dsc_scope_status(scope) != DSC_OK)
        return;
    memcpy(f.weight, counts + 1, leaves * sizeof *f.weight);
    join(&f);
    for (size_t w = 1; w < count; w++) {
        const size_t depth = depth_of(&f, w - 1);
        tree->first[w + 1] = tree->first[w] + depth;
        tree->longest = depth > tree->longest ? depth : tree->longest;
    }
    tree->nodes = dsc_scope_alloc(scope, tree->first[count] + 1, sizeof *tree->nodes);
    tree->turns = dsc_scope_alloc(scope, tree->first[count] + 1, sizeof *tree->turns);
    if (tree->nodes && tree->turns)
        for (size_t w = 1; w < count; w++)
            write_way(&f, w - 1, tree->first[w + 1], tree);
}
