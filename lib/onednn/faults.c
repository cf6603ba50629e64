/* faults.c - oneDNN's implementations that compute wrong numbers, and of what: one table, which holds for
 * every version, instruction set and machine; and those that signals must not interrupt.
 *
 * Found by comparing oneDNN 2.6.3, 3.2 and 3.13 with plain loops over small integers, which are exact in both
 * types, over some ten thousand random shapes at every instruction set; tests/unit/onednn_numbers.c goes on
 * doing so. Inner products were right everywhere, and so was `x64:gemm:jit`.
 */
#include "onednn/onednn.h"

#include <string.h>

/* --- Conditions. space[0] are rows, the last are columns. --- */

static size_t channels_of_group(const dsci_primitive_spec *s)
{
    return s->in / (s->groups ? s->groups : 1);
}

static bool rows_are_dilated(const dsci_primitive_spec *s)
{
    return s->space[0].dilation > 1 && channels_of_group(s) % 16 != 0;
}

static bool image_is_narrower_than_a_step(const dsci_primitive_spec *s)
{
    const size_t columns = s->spatial - 1;
    return s->space[columns].src < s->space[columns].stride;
}

static bool rows_are_skipped(const dsci_primitive_spec *s)
{
    return s->space[0].stride > s->space[0].kernel;
}

static bool filters_are_odd(const dsci_primitive_spec *s)
{
    return s->out % 2 != 0;
}

static bool channels_are_odd(const dsci_primitive_spec *s)
{
    return channels_of_group(s) % 2 != 0;
}

static bool many_channels_are_odd(const dsci_primitive_spec *s)
{
    return channels_are_odd(s) && channels_of_group(s) > 16;
}

static bool few_channels_are_strided(const dsci_primitive_spec *s)
{
    size_t stride = 1;
    for (size_t i = 0; i < s->spatial; i++)
        stride *= s->space[i].stride;
    return stride > 1 && channels_of_group(s) < 16;
}

/* --- The table: convolutions --- */

typedef struct fault {
    dsci_direction direction;
    bool fp32;                             /* else bfloat16 */
    const char *begins, *contains, *lacks; /* of the implementation's name; NULL: anything */
    bool (*of)(const dsci_primitive_spec *spec);
    bool slow; /* what oneDNN has left is slow */
} fault;

static const fault faults[] = {
    /* jit:avx512_core_amx_bf16 of more than 32 channels: all that were tried, 2.6.3; jit_bf16:avx512_core and
       _bf16, 2.6.3 to 3.13, where the output is wider than 28: wrong by up to 1e36, other bits on other
       numbers of threads. */
    { DSCI_BACKWARD_WEIGHTS, .begins = "jit", .of = rows_are_dilated, .slow = true },
    /* Sums over scratch memory that nobody wrote, 2.6.3 to 3.13. */
    { DSCI_BACKWARD_WEIGHTS, .begins = "jit", .of = image_is_narrower_than_a_step, .slow = true },
    { DSCI_BACKWARD_WEIGHTS, .begins = "brgconv_bwd_w", .of = image_is_narrower_than_a_step, .slow = true },
    /* jit_bf16_1x1: right numbers, but what it copies of src begins 16 channels a pixel into its scratch
       memory and ends beyond it, 2.6.3 to 3.13. */
    { DSCI_BACKWARD_WEIGHTS, .begins = "jit", .contains = "1x1", .of = few_channels_are_strided },
    /* The same in single precision, 8 channels a pixel, 2.6.3. */
    { DSCI_BACKWARD_WEIGHTS, .fp32 = true, .begins = "jit_1x1:avx2", .of = few_channels_are_strided },
    /* jit_bf16_1x1:avx512_core_bf16: sums over pairs of filters, and of channels, of which the last is half a
       pair, 2.6.3. */
    { DSCI_BACKWARD_DATA, .begins = "jit_bf16_1x1", .of = filters_are_odd },
    { DSCI_FORWARD, .begins = "jit_bf16_1x1", .of = channels_are_odd },
    /* brgconv:avx512_core_amx_bf16 writes beyond its memory, 2.6.3; other shapes are wrong in 3.13. */
    { DSCI_FORWARD, .begins = "brg", .contains = "amx", .of = rows_are_skipped },
    /* brgconv:avx512_core_bf16 takes the channels in blocks where weights are large, and with the last
       channel of the last pixel what follows it in memory: NaN if that is one, 2.6.3 and 3.2. */
    { DSCI_FORWARD, .begins = "brgconv:", .lacks = "amx", .of = many_channels_are_odd },
};

enum { FAULTS = sizeof faults / sizeof faults[0] };

static bool begins(const char *name, const char *with)
{
    return !with || strncmp(name, with, strlen(with)) == 0;
}

static bool is_of(const fault *f, const dsci_primitive_spec *spec)
{
    return spec->bf16 != f->fp32 && spec->spatial > 0 && spec->direction == f->direction && f->of(spec);
}

bool dsci_onednn_is_right(const char *implementation, const dsci_primitive_spec *spec)
{
    for (const fault *f = faults; f < faults + FAULTS; f++)
        if (is_of(f, spec) && begins(implementation, f->begins) &&
            (!f->contains || strstr(implementation, f->contains)) &&
            (!f->lacks || !strstr(implementation, f->lacks)))
            return false;
    return true;
}

/* Kernels of single-precision products that copy what they read into memory from malloc() have the stack
 * pointer point there meanwhile, and the frame of a signal's handler overwrites what lies before that memory:
 * oneDNN's issue 4845, in all versions up to 3.11. Where the stack itself is large enough for the copies, and
 * in bfloat16, the implementation of that name does no such thing. */
bool dsci_onednn_leaves_stack(const char *implementation)
{
    return strstr(implementation, "gemm:jit") != NULL;
}

bool dsci_onednn_is_slow(const dsci_primitive_spec *spec)
{
    for (const fault *f = faults; f < faults + FAULTS; f++)
        if (f->slow && is_of(f, spec))
            return true;
    return false;
}
