/* oneDNN's convolutions and inner products beside plain loops, over random extents, at every instruction set
 * that it can be held back to. Operands are small integers, so that products and sums are exact in both
 * types. All memory that oneDNN gets lies between canaries, and what it should not read is NaN. Signals
 * arrive meanwhile: their handlers must find the thread's stack.
 *
 *     onednn_numbers [COUNT [SEED]]   # so many shapes in each direction and type, at the instruction set in
 * use
 */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <descent/clock.h>
#include <descent/cpu.h>
#include <descent/rng.h>

#include "onednn/onednn.h"
#include "test.h"

enum { SHAPES = 120, CANARY = 1 << 14, NAN_BYTE = 0xFF };
static const double MOST_PRODUCTS = 1e6;

/* --- Shapes --- */

struct draw {
    dsc_rng rng;
    uint32_t shape;
    uint64_t next;
};

static size_t pick(struct draw *draw, size_t low, size_t high)
{
    return low + (size_t)dsc_rng_below(draw->rng, draw->shape, draw->next++, high - low + 1);
}

/* A kernel that fits into the padded image. */
static void pick_dimension(struct draw *draw, dsci_primitive_spec *spec, size_t d, size_t most)
{
    const size_t kernel = pick(draw, 1, 2) == 1 ? pick(draw, 1, 3) : pick(draw, 1, 7);
    const size_t dilation = pick(draw, 1, 3) == 1 ? pick(draw, 2, 4) : 1;
    const size_t reach = (kernel - 1) * dilation + 1,
                 pad = pick(draw, 0, 2) == 0 ? pick(draw, 0, 4) : reach / 2;
    const size_t least = reach > 2 * pad ? reach - 2 * pad : 1;
    const size_t src = least > most ? least : pick(draw, least, most);
    const size_t stride = pick(draw, 1, 2) == 1 ? 1 : pick(draw, 1, 5);
    spec->space[d].kernel = kernel;
    spec->space[d].dilation = dilation;
    spec->space[d].pad = pad;
    spec->space[d].src = src;
    spec->space[d].stride = stride;
    spec->space[d].dst = (src + 2 * pad - reach) / stride + 1;
}

static void pick_channels(struct draw *draw, dsci_primitive_spec *spec, size_t most)
{
    const size_t kind = pick(draw, 0, 5);
    spec->groups = kind == 0 ? pick(draw, 2, 4) : kind == 1 ? pick(draw, 2, most) : 1;
    spec->in = spec->groups * (kind == 1 ? 1 : pick(draw, 1, most / spec->groups));
    spec->out = spec->groups * (kind == 1 ? 1 : pick(draw, 1, most / spec->groups));
}

static double products(const dsci_primitive_spec *s)
{
    double count = (double)s->batch * (double)s->out * (double)s->in / (double)s->groups;
    for (size_t d = 0; d < s->spatial; d++)
        count *= (double)(s->space[d].dst * s->space[d].kernel);
    return count;
}

static void pick_convolution(struct draw *draw, dsci_primitive_spec *spec)
{
    enum { ANY, DILATED, NARROW, SINGLE_PIXELS, KINDS };
    const size_t kind = pick(draw, ANY, KINDS - 1);
    spec->spatial = 2;
    do {
        spec->batch = pick(draw, 1, 3);
        pick_channels(draw, spec, pick(draw, 0, 3) == 0 ? 100 : 48);
        pick_dimension(draw, spec, 0, 16);
        pick_dimension(draw, spec, 1, kind == NARROW ? 3 : 64);
        for (size_t d = 0; kind == SINGLE_PIXELS && d < 2; d++) {
            spec->space[d].kernel = 1;
            spec->space[d].pad = 0;
            spec->space[d].dst = (spec->space[d].src - 1) / spec->space[d].stride + 1;
        }
    } while (products(spec) > MOST_PRODUCTS ||
             (kind == DILATED && (spec->space[0].dilation == 1 || spec->space[1].dst < 28)));
}

/* Now and then one of its extents is long: what oneDNN's single-precision products pack for more than 84
 * steps or 252 is in memory that they allocate. */
static void pick_inner_product(struct draw *draw, dsci_primitive_spec *spec)
{
    size_t *const extents[] = { &spec->batch, &spec->in, &spec->out, NULL, NULL };
    spec->in = pick(draw, 1, 150);
    spec->out = pick(draw, 1, 150);
    size_t *long_one = extents[pick(draw, 0, 4)];
    if (long_one)
        *long_one = pick(draw, 150, 600);
}

static dsci_primitive_spec pick_spec(struct draw *draw, dsci_direction direction, bool bf16)
{
    dsci_primitive_spec spec = {
        .layer = "drawn", .direction = direction, .bf16 = bf16, .batch = pick(draw, 1, 70), .groups = 1
    };
    if (pick(draw, 0, 5) > 0) {
        pick_convolution(draw, &spec);
        spec.flipped_kernel = direction == DSCI_FORWARD && spec.groups == 1 && pick(draw, 0, 3) == 0;
    } else {
        pick_inner_product(draw, &spec);
        spec.wide_result = direction == DSCI_FORWARD && pick(draw, 0, 1);
        spec.plain_weights = direction == DSCI_BACKWARD_WEIGHTS;
    }
    spec.bias = direction != DSCI_BACKWARD_DATA && pick(draw, 0, 1);
    return spec;
}

static void describe(const dsci_primitive_spec *s, char text[256])
{
    static const char *const directions[] = { "forward", "backward data", "backward weights" };
    int used = snprintf(text, 256, "%s%s %s: batch %zu, %zu groups, %zu to %zu%s%s", directions[s->direction],
                        s->spatial ? "" : " inner product", s->bf16 ? "bf16" : "fp32", s->batch, s->groups,
                        s->in, s->out, s->bias ? ", bias" : "", s->flipped_kernel ? ", turned" : "");
    for (size_t d = 0; d < s->spatial; d++)
        used += snprintf(text + used, 256 - (size_t)used,
                         ", %zu to %zu by %zu (stride %zu, dilation %zu, pad %zu)", s->space[d].src,
                         s->space[d].dst, s->space[d].kernel, s->space[d].stride, s->space[d].dilation,
                         s->space[d].pad);
}

/* --- Plain loops. Images (batch, row, column, channel), weights (kernel row and column, channel of the
 * group, filter): as they lie outside of oneDNN. --- */

struct extents {
    size_t src, dst, kernel, stride, dilation, pad;
};

static struct extents extents_of(const dsci_primitive_spec *s, size_t d)
{
    if (s->spatial == 0)
        return (struct extents){ 1, 1, 1, 1, 1, 0 };
    return (struct extents){ s->space[d].src,    s->space[d].dst,      s->space[d].kernel,
                             s->space[d].stride, s->space[d].dilation, s->space[d].pad };
}

struct sizes {
    size_t src, dst, weights;
};

static struct sizes sizes_of(const dsci_primitive_spec *s)
{
    const struct extents y = extents_of(s, 0), x = extents_of(s, 1);
    return (struct sizes){ .src = s->batch * y.src * x.src * s->in,
                           .dst = s->batch * y.dst * x.dst * s->out,
                           .weights = y.kernel * x.kernel * s->in / s->groups * s->out };
}

/* One position of the kernel at one pixel of dst. */
static void multiply(const dsci_primitive_spec *s, float *src, float *weights, float *dst)
{
    const size_t in = s->in / s->groups, out = s->out / s->groups;
    for (size_t g = 0; g < s->groups; g++)
        for (size_t i = 0; i < in; i++) {
            float *pixel = src + g * in + i, *row = weights + i * s->out + g * out, *to = dst + g * out;
            for (size_t o = 0; o < out; o++)
                if (s->direction == DSCI_FORWARD)
                    to[o] += *pixel * row[o];
                else if (s->direction == DSCI_BACKWARD_DATA)
                    *pixel += to[o] * row[o];
                else
                    row[o] += *pixel * to[o];
        }
}

static void multiply_window(const dsci_primitive_spec *s, size_t image, size_t at, float *src, float *weights,
                            float *dst)
{
    const struct extents y = extents_of(s, 0), x = extents_of(s, 1);
    const size_t row = at / x.dst, column = at % x.dst;
    for (size_t k = 0; k < y.kernel * x.kernel; k++) {
        const size_t from_y = row * y.stride + k / x.kernel * y.dilation - y.pad;
        const size_t from_x = column * x.stride + k % x.kernel * x.dilation - x.pad;
        if (from_y < y.src && from_x < x.src) /* negative ones are large */
            multiply(s, src + ((image * y.src + from_y) * x.src + from_x) * s->in,
                     weights + k * (s->in / s->groups) * s->out, dst + (image * y.dst * x.dst + at) * s->out);
    }
}

static void compute(const dsci_primitive_spec *s, float *src, float *weights, float *bias, float *dst)
{
    const size_t pixels = extents_of(s, 0).dst * extents_of(s, 1).dst;
    for (size_t image = 0; image < s->batch; image++)
        for (size_t at = 0; at < pixels; at++) {
            float *to = dst + (image * pixels + at) * s->out;
            for (size_t o = 0; s->bias && o < s->out; o++)
                if (s->direction == DSCI_FORWARD)
                    to[o] += bias[o];
                else
                    bias[o] += to[o];
            multiply_window(s, image, at, src, weights, dst);
        }
}

/* --- Memory between canaries --- */

struct guarded {
    const char *name;
    unsigned char *whole, *start;
    size_t bytes;
};

static struct guarded guard(const char *name, size_t bytes)
{
    const size_t all = (2 * CANARY + bytes + 63) / 64 * 64;
    struct guarded g = { .name = name, .whole = aligned_alloc(64, all), .bytes = bytes };
    assert_non_null(g.whole);
    memset(g.whole, NAN_BYTE, all);
    g.start = g.whole + CANARY;
    return g;
}

static bool release(struct guarded *g, const char *what)
{
    bool whole = true;
    for (size_t i = 0; i < CANARY; i++)
        whole = whole && g->whole[i] == NAN_BYTE && g->start[g->bytes + i] == NAN_BYTE;
    free(g->whole);
    if (!whole)
        printf("%s: writes beyond %s\n", what, g->name);
    return whole;
}

static void put(struct guarded *to, const float *values, size_t count, bool bf16)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        if (bf16)
            memcpy(to->start + 2 * i, &(uint16_t){ (uint16_t)(bits >> 16) }, 2);
        else
            memcpy(to->start + 4 * i, &bits, 4);
    }
}

static float take(const struct guarded *from, size_t i, bool bf16)
{
    uint32_t bits = 0;
    uint16_t half;
    if (bf16) {
        memcpy(&half, from->start + 2 * i, 2);
        bits = (uint32_t)half << 16;
    } else {
        memcpy(&bits, from->start + 4 * i, 4);
    }
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static bool expect(const struct guarded *found, const float *exact, size_t count, bool bf16, const char *what)
{
    size_t wrong = 0, first = 0;
    for (size_t i = 0; i < count; i++) {
        const double error = fabs((double)take(found, i, bf16) - (double)exact[i]);
        if (!(error <= (bf16 ? fabs((double)exact[i]) / 256 : 0))) {
            first = wrong++ == 0 ? i : first;
        }
    }
    if (wrong)
        printf("%s: %zu of %zu values of %s are wrong, the first %g for %g\n", what, wrong, count,
               found->name, (double)take(found, first, bf16), (double)exact[first]);
    return wrong == 0;
}

/* --- One primitive --- */

struct memory {
    struct guarded src, weights, plain, bias, dst, scratch, reorder_scratch;
};

/* Weights as oneDNN's side of the reorder wants them: turned ones (kernel, out, in), from the other end. */
static void put_weights(struct guarded *to, const dsci_primitive_spec *s, const float *weights, size_t count)
{
    float *turned = calloc(count, sizeof *turned);
    assert_non_null(turned);
    const size_t kernel = count / (s->in * s->out);
    for (size_t k = 0; s->flipped_kernel && k < kernel; k++)
        for (size_t i = 0; i < s->in; i++)
            for (size_t o = 0; o < s->out; o++)
                turned[((kernel - 1 - k) * s->out + o) * s->in + i] = weights[(k * s->in + i) * s->out + o];
    put(to, s->flipped_kernel ? turned : weights, count, false);
    free(turned);
}

static void reorder(dsc_scope *scope, const dsci_primitive *primitive, const dsci_primitive_spec *s,
                    const void *from, const void *to)
{
    const size_t parts = s->flipped_kernel ? s->space[0].kernel * s->space[1].kernel : 1;
    for (size_t part = 0; part < parts; part++) {
        const dsci_primitive *reorder = dsci_reorder_make(scope, primitive, part, parts, 1);
        assert_non_null(reorder);
        struct guarded scratch = guard("scratch of the reorder", dsci_primitive_scratch_bytes(reorder));
        const dsci_primitive_operands operands = { .src = from, .dst = to, .scratch = scratch.start };
        dsci_primitive_run(reorder, 0, &operands);
        assert_true(release(&scratch, dsci_primitive_name(reorder)));
    }
}

/* --- Signals --- */

static volatile sig_atomic_t ticks;
static char running[384]; /* the primitive that a signal meets */
static struct {
    char *start;
    size_t bytes;
} stack;

/* A handler's frame lies below the stack pointer of what was interrupted: where that is no stack it has
   destroyed other memory by now. */
static void tick(int number)
{
    (void)number;
    ticks++;
    if ((size_t)((char *)__builtin_frame_address(0) - stack.start) < stack.bytes)
        return;
    static const char what[] = ": a signal's handler was not given the thread's stack\n";
    const bool told =
        write(STDOUT_FILENO, running, strlen(running)) > 0 && write(STDOUT_FILENO, what, sizeof what - 1) > 0;
    _exit(told ? 1 : 2);
}

/* From now on a signal every tenth of a millisecond. */
static void begin_ticks(void)
{
    pthread_attr_t attributes;
    void *start;
    assert_int_equal(pthread_getattr_np(pthread_self(), &attributes), 0);
    assert_int_equal(pthread_attr_getstack(&attributes, &start, &stack.bytes), 0);
    stack.start = start;
    pthread_attr_destroy(&attributes);
    const struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };
    const struct itimerval interval = { .it_interval.tv_usec = 100, .it_value.tv_usec = 100 };
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &interval, NULL), 0);
}

/* Until a signal has come, if that takes no longer than it should. */
static void run_until_tick(const dsci_primitive *primitive, const dsci_primitive_operands *operands)
{
    const sig_atomic_t before = ticks;
    const double end = dsc_clock_seconds() + 0.01;
    do
        dsci_primitive_run(primitive, 0, operands);
    while (ticks == before && dsc_clock_seconds() < end);
}

static void run(dsc_scope *scope, const dsci_primitive *primitive, const dsci_primitive_spec *s,
                const struct memory *m)
{
    const bool gradient = s->direction == DSCI_BACKWARD_WEIGHTS, plain = dsci_primitive_is_plain(primitive);
    if (!gradient)
        reorder(scope, primitive, s, m->plain.start, m->weights.start);
    const dsci_primitive_operands operands = { .src = m->src.start,
                                               .weights =
                                                   gradient && plain ? m->plain.start : m->weights.start,
                                               .bias = m->bias.start,
                                               .dst = m->dst.start,
                                               .scratch = m->scratch.start };
    run_until_tick(primitive, &operands);
    if (gradient && !plain)
        reorder(scope, primitive, s, m->weights.start, m->plain.start);
}

static float *integers(struct draw *draw, size_t count, bool zero)
{
    float *values = calloc(count + 1, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; !zero && i < count; i++)
        values[i] = (float)pick(draw, 0, 4) - 2;
    return values;
}

/* Whether oneDNN computes the drawn primitive right, and within its memory. */
static bool is_right(struct draw *draw, dsci_direction direction, bool bf16)
{
    char what[256], named[384];
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsci_primitive_spec s = pick_spec(draw, direction, bf16);
    describe(&s, what);
    const dsci_primitive *primitive = dsci_primitive_make(scope, &s);
    if (!primitive)
        fail_msg("%s: %s", what, dsc_scope_message(scope));
    snprintf(named, sizeof named, "%s, %s", what, dsci_primitive_name(primitive));
    memcpy(running, named, sizeof running);
    const struct sizes n = sizes_of(&s);
    float *src = integers(draw, n.src, direction == DSCI_BACKWARD_DATA),
          *weights = integers(draw, n.weights, direction == DSCI_BACKWARD_WEIGHTS),
          *bias = integers(draw, s.out, direction == DSCI_BACKWARD_WEIGHTS),
          *dst = integers(draw, n.dst, direction == DSCI_FORWARD);
    const bool narrow_dst = bf16 && !s.wide_result;
    struct memory m = {
        .src = guard("src", n.src * (bf16 ? 2 : 4)),
        .weights = guard("weights in oneDNN's format", dsci_primitive_weights_bytes(primitive)),
        .plain = guard("weights", n.weights * 4),
        .bias = guard("bias", s.out * 4),
        .dst = guard("dst", n.dst * (narrow_dst ? 2 : 4)),
        .scratch = guard("scratch", dsci_primitive_scratch_bytes(primitive)),
    };
    if (direction != DSCI_BACKWARD_DATA)
        put(&m.src, src, n.src, bf16);
    if (direction != DSCI_BACKWARD_WEIGHTS) {
        put_weights(&m.plain, &s, weights, n.weights);
        put(&m.bias, bias, s.out, false);
    }
    if (direction != DSCI_FORWARD)
        put(&m.dst, dst, n.dst, bf16);
    run(scope, primitive, &s, &m);
    compute(&s, src, weights, bias, dst);
    bool right = direction == DSCI_FORWARD         ? expect(&m.dst, dst, n.dst, narrow_dst, named)
                 : direction == DSCI_BACKWARD_DATA ? expect(&m.src, src, n.src, bf16, named)
                                                   : expect(&m.plain, weights, n.weights, false, named);
    if (direction == DSCI_BACKWARD_WEIGHTS && s.bias)
        right = expect(&m.bias, bias, s.out, false, named) && right;
    struct guarded *all[] = { &m.src, &m.weights, &m.plain, &m.bias, &m.dst, &m.scratch };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        right = release(all[i], named) && right;
    free(src);
    free(weights);
    free(bias);
    free(dst);
    dsc_scope_close(&scope);
    return right;
}

/* How many of so many shapes in each direction and type are wrong. */
static size_t count_wrong(uint32_t shapes, uint64_t seed)
{
    size_t wrong = 0;
    begin_ticks();
    for (dsci_direction d = DSCI_FORWARD; d <= DSCI_BACKWARD_WEIGHTS; d++)
        for (int bf16 = 0; bf16 <= (int)dsci_onednn_has_bf16(); bf16++)
            for (uint32_t i = 0; i < shapes; i++) {
                struct draw draw = { .rng = dsc_rng_make(seed, DSC_STREAM_DATA), .shape = i };
                wrong += !is_right(&draw, d, bf16);
            }
    return wrong;
}

/* --- This program in another environment --- */

enum { LINE = 512 };

/* Runs it with the words; its status, and what it prints, up to a line's length. */
static int run_again(const char *environment, const char *words, char printed[LINE])
{
    char program[512], command[1024];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    assert_true(length > 0);
    program[length] = '\0';
    snprintf(command, sizeof command,
             "env -u ONEDNN_MAX_CPU_ISA -u DNNL_MAX_CPU_ISA -u DESCENT_ISA %s '%s' %s", environment, program,
             words);
    FILE *child = popen(command, "r"); /* NOLINT(cert-env33-c): our own path */
    assert_non_null(child);
    printed[fread(printed, 1, LINE - 1, child)] = '\0';
    while (fgetc(child) != EOF) {}
    return pclose(child);
}

static void numbers_are_right_at(const char *isa)
{
    char environment[64], words[16], printed[LINE];
    snprintf(environment, sizeof environment, "ONEDNN_MAX_CPU_ISA=%s", isa);
    snprintf(words, sizeof words, "%d", SHAPES);
    if (run_again(environment, words, printed) != 0)
        fail_msg("oneDNN held back to %s: %s", isa, printed);
}

static void numbers_are_right_at_every_instruction_set(void **state)
{
    (void)state;
    const dsc_cpu *cpu = dsc_cpu_get();
    numbers_are_right_at("SSE41");
    if (cpu->avx2)
        numbers_are_right_at("AVX2");
    if (cpu->avx512)
        numbers_are_right_at("AVX512_CORE");
    if (cpu->avx512_bf16)
        numbers_are_right_at("AVX512_CORE_BF16");
    if (cpu->amx_bf16)
        numbers_are_right_at("AVX512_CORE_AMX");
    numbers_are_right_at("ALL");
}

/* The implementation's name of a convolution has one of the words. */
static void expect_name(const char *environment, const char *word)
{
    char printed[LINE];
    assert_int_equal(run_again(environment, "name", printed), 0);
    if (!strstr(printed, word))
        fail_msg("%s: expected an implementation of %s, found %s", environment, word, printed);
}

static void the_level_holds_onednn_back(void **state)
{
    (void)state;
    expect_name("DESCENT_ISA=scalar", ":sse41");
    expect_name("DESCENT_ISA=scalar ONEDNN_MAX_CPU_ISA=AVX2", ":sse41");
    if (!dsc_cpu_get()->avx2)
        skip();
    expect_name("DESCENT_ISA=avx2", ":avx2");
    expect_name("DESCENT_ISA=avx2 ONEDNN_MAX_CPU_ISA=ALL", ":avx2");
    expect_name("DESCENT_ISA=avx2 ONEDNN_MAX_CPU_ISA= DNNL_MAX_CPU_ISA=avx512_core", ":avx2");
    if (!dsc_cpu_get()->avx512)
        skip();
    expect_name("DESCENT_ISA=avx512", "avx512");
    expect_name("DESCENT_ISA=auto", "avx512");
}

static void the_environment_holds_onednn_back_further(void **state)
{
    (void)state;
    if (!dsc_cpu_get()->avx2)
        skip();
    expect_name("DESCENT_ISA=avx2 ONEDNN_MAX_CPU_ISA=SSE41", ":sse41");
    expect_name("DESCENT_ISA=avx2 DNNL_MAX_CPU_ISA=sse41", ":sse41");
    expect_name("ONEDNN_MAX_CPU_ISA=AVX2", ":avx2");
}

static const dsci_primitive_spec usual = {
    .layer = "usual",
    .batch = 2,
    .in = 32,
    .out = 32,
    .spatial = 2,
    .space = { { 8, 3, 8, 1, 1, 1 }, { 8, 3, 8, 1, 1, 1 } },
};

/* What ran is what is recorded: no level but the one that oneDNN began with. */
static void a_later_change_of_the_level_is_refused(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    assert_non_null(dsci_primitive_make(scope, &usual));
    const dsc_isa level = dsc_isa_effective();
    if (level == DSC_ISA_SCALAR)
        skip();
    assert_int_equal(dsc_isa_select(scope, DSC_ISA_SCALAR), DSC_OK);
    assert_null(dsci_primitive_make(scope, &usual));
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_UNSUPPORTED);
    assert_non_null(strstr(dsc_scope_message(scope), "keeps the level of its first use"));
    dsc_scope_close(&scope);
    scope = dsc_scope_open(NULL);
    assert_int_equal(dsc_isa_select(scope, level), DSC_OK);
    assert_non_null(dsci_primitive_make(scope, &usual));
    dsc_scope_close(&scope);
}

/* The first implementation is in oneDNN's cache when it is passed over the second time. */
static void cached_implementations_are_passed_over(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    dsci_primitive_spec spec = usual;
    spec.direction = DSCI_BACKWARD_WEIGHTS;
    spec.bf16 = true;
    spec.in = 40;
    spec.space[0].dilation = spec.space[0].pad = 2;
    for (int i = 0; dsci_onednn_has_bf16() && i < 3; i++) {
        const dsci_primitive *primitive = dsci_primitive_make(scope, &spec);
        assert_non_null(primitive);
        assert_true(dsci_onednn_is_right(dsci_primitive_name(primitive), &spec));
    }
    dsc_scope_close(&scope);
}

static int print_name(void)
{
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsci_primitive *primitive = dsci_primitive_make(scope, &usual);
    printf("%s\n", primitive ? dsci_primitive_name(primitive) : dsc_scope_message(scope));
    dsc_scope_close(&scope);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "name") == 0)
        return print_name();
    if (argc > 1)
        return count_wrong((uint32_t)strtoul(argv[1], NULL, 10),
                           argc > 2 ? strtoull(argv[2], NULL, 10) : 1) != 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_right_at_every_instruction_set),
        cmocka_unit_test(the_level_holds_onednn_back),
        cmocka_unit_test(the_environment_holds_onednn_back_further),
        cmocka_unit_test(cached_implementations_are_passed_over),
        cmocka_unit_test(a_later_change_of_the_level_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
