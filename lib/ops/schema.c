/* schema.c - whether what a node is applied to is what its op takes. */
#include "ops/op.h"

/* Whether there is a value for each column of the weights. */
static bool is_bias(const dsci_tensor *bias, const dsci_tensor *weights)
{
    return bias->producer->op == &dsci_op_parameter && bias->shape.rank == 1 && weights->shape.rank > 0 &&
           bias->shape.dim[0] == weights->shape.dim[weights->shape.rank - 1];
}

static bool fits(char letter, const dsci_tensor *input)
{
    const dsci_op *op = input->producer->op;
    switch (letter) {
    case 'p': return op == &dsci_op_parameter;
    case 's': return op == &dsci_op_state;
    case 'l': return op == &dsci_op_labels;
    case 'y': return op == &dsci_op_targets || fits('x', input);
    case 'o': return op->loss && input == input->producer->out[0];
    case 't': return op == &dsci_op_tokens;
    case 'a': return input->type != DSCI_I32 || op != &dsci_op_labels;
    case 'n': return op == &dsci_op_tokens || op == &dsci_op_labels;
    case 'r': return input->type == DSCI_F32;
    case 'i': return input->type == DSCI_I32 && op != &dsci_op_labels && op != &dsci_op_tokens;
    default: return input->type == DSCI_F32 && (op == &dsci_op_input || !op->leaf);
    }
}

char dsci_op_schema_letter(const dsci_op_schema *schema, size_t i)
{
    const char *letter = schema->inputs;
    while (i-- > 0 && *letter && letter[1] != '+')
        letter++;
    return *letter;
}

bool dsci_op_schema_fits(const dsci_op_schema *schema, dsci_tensor *const *inputs, size_t count)
{
    if (count < schema->least)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char letter = dsci_op_schema_letter(schema, i);
        if (letter == 'b' ? i == 0 || !is_bias(inputs[i], inputs[i - 1])
                          : !letter || !fits(letter, inputs[i]))
            return false;
    }
    return true;
}
