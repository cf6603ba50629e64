/* layer_names.c - names of layers: automatic ones, those that no file holds, and networks of several inputs.
 *
 * Automatic names are counted over each input, in the order of creation. Where layers over several inputs
 * meet, the inputs' names become one list: automatic ones that are there twice are counted on.
 */
#include <string.h>

#include <descent/text.h>

#include "base/scope.h"
#include "graph/network.h"

/* A name that was made. */
struct label {
    struct label *older;
    const char *kind, *name;
    dsci_op_id id;
    size_t number;
};

struct dsci_names {
    dsci_names *joined; /* what it is part of, or NULL */
    size_t made[DSCI_OP_COUNT];
    struct label *labels; /* the newest first */
    dsci_node *nodes;     /* the newest first: all that was made over the input */
    bool settled;         /* a model has been made of it: what is named keeps its name */
};

dsci_names *dsci_names_make(dsc_scope *scope)
{
    return dsc_scope_alloc(scope, 1, sizeof(dsci_names));
}

static dsci_names *whole(dsci_names *names)
{
    while (names->joined)
        names = names->joined;
    return names;
}

void dsci_names_add(dsc_scope *scope, dsci_names *names, dsci_node *node)
{
    names = whole(names);
    node->made = dsci_scope_number(scope);
    node->older = names->nodes;
    names->nodes = node;
}

void dsci_names_add_named(dsc_scope *scope, dsci_names *names, dsci_node *node)
{
    dsci_names_add(scope, names, node);
    whole(names)->made[node->op->id]++;
}

void dsci_names_settle(dsci_names *names)
{
    whole(names)->settled = true;
}

/* --- Names that are given --- */

enum { MOST_BYTES = 200 }; /* of a layer; what it has is called "layer/weights" */

/* A name is a path in a model's file. */
const char *dsci_name_problem(const char *name)
{
    if (*name == '\0')
        return "a name, found an empty one";
    uint32_t code;
    for (size_t i = 0, bytes; name[i]; i += bytes) {
        bytes = dsc_utf8_read(name + i, &code);
        if (bytes == 0 || dsc_utf8_controls(code))
            return "a name in UTF-8 without control characters";
    }
    for (const char *part = name;; part++) {
        const size_t length = strcspn(part, "/");
        if (length == 0)
            return "a name without a slash at an end or two in a row";
        if (strspn(part, ".") == length && length <= 2)
            return "a name that is not \".\" or \"..\" between slashes";
        part += length;
        if (*part == '\0')
            return NULL;
    }
}

bool dsci_name_check(dsc_scope *scope, const char *kind, const char *name)
{
    const char *problem = strlen(name) > MOST_BYTES ? "a name of at most 200 bytes" : dsci_name_problem(name);
    if (!problem)
        return true;
    char shown[64] = "";
    for (size_t i = 0; i + 1 < sizeof shown && name[i]; i++)
        shown[i] = (char)(name[i] >= 0x20 && name[i] < 0x7f ? name[i] : '?');
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "%s '%s': expected %s; set another .name", kind, shown,
                   problem);
    return false;
}

/* --- Names over several inputs --- */

/* What is behind a layer in a name: "" for the layer's own, "/weights"; NULL in that of another layer. */
static const char *behind(const char *name, const char *layer)
{
    const size_t length = strlen(layer);
    const bool own = strncmp(name, layer, length) == 0 && (name[length] == '\0' || name[length] == '/');
    return own ? name + length : NULL;
}

static bool has(const dsci_names *names, const char *layer)
{
    for (const dsci_node *node = names->nodes; node; node = node->older)
        if (behind(node->name, layer))
            return true;
    for (const struct label *label = names->labels; label; label = label->older)
        if (strcmp(label->name, layer) == 0)
            return true;
    return false;
}

static void rename_node(dsc_scope *scope, const dsci_names *names, const bool *twice, const size_t *made,
                        dsci_node *node)
{
    for (const struct label *label = names->labels; label; label = label->older) {
        const char *rest = twice[label->id] ? behind(node->name, label->name) : NULL;
        if (!rest)
            continue;
        node->name = dsc_scope_format(scope, "%s%zu%s", label->kind, label->number + made[label->id], rest);
        return;
    }
}

/* Counts automatic names of the kinds of which one is in both lists on from those of the first. */
static void rename_twins(dsc_scope *scope, const dsci_names *first, dsci_names *second)
{
    bool twice[DSCI_OP_COUNT] = { false }, any = false;
    for (const struct label *label = second->labels; label; label = label->older)
        if (!twice[label->id] && has(first, label->name))
            any = twice[label->id] = true;
    for (dsci_node *node = any ? second->nodes : NULL; node && dsc_scope_status(scope) == DSC_OK;
         node = node->older)
        rename_node(scope, second, twice, first->made, node);
    for (struct label *label = any ? second->labels : NULL; label; label = label->older)
        if (twice[label->id]) {
            label->number += first->made[label->id];
            label->name = dsc_scope_format(scope, "%s%zu", label->kind, label->number);
        }
}

static void append(dsci_names *first, dsci_names *second)
{
    struct label **label = &second->labels;
    for (; *label; label = &(*label)->older)
        if ((*label)->number > first->made[(*label)->id])
            first->made[(*label)->id] = (*label)->number;
    *label = first->labels;
    first->labels = second->labels;
    dsci_node **node = &second->nodes;
    while (*node)
        node = &(*node)->older;
    *node = first->nodes;
    first->nodes = second->nodes;
    second->joined = first;
}

/* Automatic names that both have are changed in the second, or in the first if only the second is settled. */
static void join(dsc_scope *scope, dsci_names *a, dsci_names *b)
{
    dsci_names *first = whole(a), *second = whole(b);
    if (first == second || (!second->labels && !second->settled))
        return;
    if (second->settled && !first->settled) {
        first = second;
        second = whole(a);
    }
    if (!second->settled)
        rename_twins(scope, first, second);
    append(first, second);
}

/* --- Names that are made --- */

const char *dsci_layer_name_over(dsc_node *const *inputs, size_t count, dsci_op_id id, const char *kind,
                                 const char *requested)
{
    dsc_node *x = inputs[0];
    if (!x || dsc_scope_status(x->scope) != DSC_OK)
        return NULL;
    for (size_t i = 1; i < count; i++)
        if (inputs[i] && inputs[i]->scope == x->scope)
            join(x->scope, x->names, inputs[i]->names);
    dsci_names *names = whole(x->names);
    const size_t number = ++names->made[id];
    if (requested)
        return dsci_name_check(x->scope, "layer", requested) ? dsc_scope_copy(x->scope, requested) : NULL;
    const char *name = dsc_scope_format(x->scope, "%s%zu", kind, number);
    struct label *label = name ? dsc_scope_alloc(x->scope, 1, sizeof *label) : NULL;
    if (!label)
        return NULL;
    *label = (struct label){ .older = names->labels, .kind = kind, .name = name, .id = id, .number = number };
    names->labels = label;
    return name;
}

const char *dsci_layer_name(dsc_node *x, dsci_op_id id, const char *kind, const char *requested)
{
    return dsci_layer_name_over(&x, 1, id, kind, requested);
}
