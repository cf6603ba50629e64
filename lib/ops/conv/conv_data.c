/* conv_data.c - the gradient of a convolution's input by our kernels: that of the output times the
 * flipped weights gives the gradients of the windows, which are added up in the image. An element is a sum
 * over rows of the output, then over their pixels, whatever the tiles and parts.
 *
 * Parts are shards of the batch; of a small one some examples, or a band of one's rows, and some channels.
 */
#include <string.h>

#include "ops/conv/conv_native.h"
#include "ops/conv/conv_pixels.h"

static bool holds(const dsci_range *rows, size_t y)
{
    return y >= rows->first && y < rows->first + rows->count;
}

/* Adds one window's gradient to the image, where it lies inside, in these rows. */
static void scatter_window(const dsci_kernels *kernels, const dsci_conv_shape *s, float *image,
                           const dsci_range *rows, const dsci_conv_pixel *p, const float *tile)
{
    const size_t channels = s->channels / s->groups;
    for (size_t ky = 0; ky < s->window.kernel[0]; ky++)
        for (size_t kx = 0; kx < s->window.kernel[1]; kx++, tile += channels) {
            size_t y, x;
            if (dsci_window_source(&s->window, 0, p->y, ky, s->src[0], &y) && holds(rows, y) &&
                dsci_window_source(&s->window, 1, p->x, kx, s->src[1], &x))
                kernels->add_rows(image + (y * s->src[1] + x) * s->channels, 0, tile, 0, 1, channels);
        }
}

/* Adds the window gradients of `count` pixels of the output to the images that start at `images`, but only in
   the given rows of each image. A row of the output meets a row of the image with one row of the window, so
   an element's sum goes over the output's rows, then over their pixels, however the pixels are cut.
 */
static void scatter_tile(const dsci_kernels *kernels, const dsci_conv_shape *s, float *images,
                         const dsci_range *rows, size_t first_pixel, size_t count, const float *tile)
{
    const dsci_window *w = &s->window;
    const size_t depth = dsci_conv_depth(s), channels = s->channels / s->groups, columns = w->kernel[1];
    dsci_conv_pixel p = dsci_conv_pixel_at(s, first_pixel);
    const bool whole = dsci_conv_whole_columns(s) == columns;
    for (size_t done = 0, run; done < count; done += run, tile += run * depth) {
        float *image = images + p.example * s->src[0] * s->src[1] * s->channels;
        run = whole ? dsci_conv_run_inside(s, &p, count - done) : 0;
        if (run == 0) {
            scatter_window(kernels, s, image, rows, &p, tile);
            run = 1;
            dsci_conv_skip(s, &p, 1);
            continue;
        }
        const size_t x = p.x * w->stride[1] - w->before[1];
        for (size_t ky = 0; ky < w->kernel[0]; ky++) {
            size_t y;
            if (dsci_window_source(w, 0, p.y, ky, s->src[0], &y) && holds(rows, y))
                kernels->add_rows(image + (y * s->src[1] + x) * s->channels, w->stride[1] * s->channels,
                                  tile + ky * columns * channels, depth, run, columns * channels);
        }
        dsci_conv_skip(s, &p, run);
    }
}

/* How the gradient of the input is computed. Usually the rows of the windows go one after the other, for a
   slice of the channels at a time: a part that makes a band of the image then leaves out the rows of windows
   that lie outside its band. Narrow windows, whose rows would make too small products, go as a whole. */
struct data_plan {
    bool narrow;
    size_t slice;         /* channels of a group at a time */
    size_t channel_parts; /* parts of a small batch: by channels, */
    dsci_conv_cut cut;    /* and by examples and bands */
    size_t width;         /* elements of a window at a time */
    size_t tile;          /* pixels at a time */
};

static bool is_narrow(const dsci_conv_shape *s)
{
    return s->window.kernel[1] * (s->channels / s->groups) < dsci_limits.window_rows.narrow_row;
}

static struct data_plan data_plan_of(const dsci_node *node, const dsci_conv_shape *s)
{
    const size_t channels = s->channels / s->groups, row = s->window.kernel[1] * channels;
    const size_t height = s->src[0], reach = s->window.kernel[0] * s->window.dilation[0];
    struct data_plan plan = { .narrow = is_narrow(s), .slice = channels, .channel_parts = 1 };
    if (row > dsci_limits.window_rows.most_row && channels > dsci_limits.window_rows.channels &&
        s->groups == 1)
        plan.slice = dsci_limits.window_rows.channels;
    plan.width = plan.narrow ? dsci_conv_depth(s) : s->window.kernel[1] * plan.slice;
    plan.tile = dsci_conv_tile_of(dsci_limits.window_rows.tile_floats / plan.width);
    /* A narrow band computes all windows that reach it: it must be high. */
    const size_t rows = plan.narrow ? height / (4 * reach) : height / 2;
    plan.cut = dsci_conv_cut_of(node, rows ? rows : 1, height * s->src[1]);
    if (plan.cut.by_batch || plan.slice == channels)
        return plan;
    plan.channel_parts = dsci_least(dsci_ceiling(channels, plan.slice), DSCI_MOST_PARTS / 2);
    plan.cut.bands = 1;
    if (dsci_conv_pixels(s) < dsci_limits.window_rows.least_pixels * plan.cut.groups)
        plan.cut = (dsci_conv_cut){ .examples = s->batch, .groups = 1, .bands = 1 };
    return plan;
}

/* The gradients of `columns` elements of the windows of `pixels` pixels: the output's gradient times as many
   columns of the transposed weights. */
static dsci_gemm row_problem(const dsci_conv_shape *s, size_t pixels, size_t columns)
{
    return (dsci_gemm){ .m = pixels,
                        .n = columns,
                        .k = s->filters / s->groups,
                        .lda = s->filters,
                        .ldb = dsci_conv_depth(s),
                        .ldc = columns };
}

/* Weights of each group as (filters, depth): what the output's gradients are multiplied by. */
static void book_transposed(const dsci_conv_shape *s, dsci_booking *booking)
{
    booking->prepared_bytes = s->filters * dsci_conv_depth(s) * sizeof(float);
    booking->prepare_parts = dsci_least(
        s->filters * dsci_conv_depth(s) / dsci_limits.window_rows.transposed_floats + 1, DSCI_MOST_PARTS);
}

/* Part p of prepare: some of the filters. */
void dsci_conv_data_transpose(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const size_t parts = o->node->booking.prepare_parts;
    const dsci_range filters = dsci_piece(s.filters, part.index, parts ? parts : 1);
    const float *weights = o->in[1];
    float *transposed = o->prepared;
    const size_t depth = dsci_conv_depth(&s);
    for (size_t start = 0; start < depth; start += DSCI_LANES) /* whole cache lines of what is written */
        for (size_t f = filters.first; f < filters.first + filters.count; f++)
            for (size_t d = start; d < dsci_least(start + DSCI_LANES, depth); d++)
                transposed[f * depth + d] = weights[d * s.filters + f];
}

/* --- Windows of one pixel: a product --- */

/* The gradient of a tile of pixels: that of the output times the transposed weights. */
static dsci_gemm pixels_problem(const dsci_conv_shape *s, size_t pixels)
{
    return (dsci_gemm){ .m = pixels,
                        .n = dsci_conv_depth(s),
                        .k = s->filters / s->groups,
                        .lda = s->filters,
                        .ldb = dsci_conv_depth(s),
                        .ldc = s->channels };
}

bool dsci_conv_data_gemm_supports(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return dsci_conv_is_pointwise(&s);
}

dsc_status dsci_conv_data_gemm_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const dsci_gemm problem = pixels_problem(&s, dsci_conv_tile_pixels(&s));
    book_transposed(&s, booking);
    booking->worker_bytes = dsci_gemm_workspace(&problem) * sizeof(float);
    dsci_conv_book_product(node, booking, s.filters / s.groups, s.channels / s.groups);
    return DSC_OK;
}

void dsci_conv_data_gemm_run(const dsci_operands *o, dsci_part part)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const size_t group_filters = s.filters / s.groups, channels = s.channels / s.groups;
    const dsci_conv_block block = dsci_conv_block_of(o, &s, group_filters, channels, part.index);
    const float *diff_dst = o->in[0], *transposed = o->prepared;
    for (size_t done = 0, count; done < block.pixels.count; done += count) {
        const size_t first = block.pixels.first + done;
        count = dsci_least(dsci_conv_tile_pixels(&s), block.pixels.count - done);
        for (size_t g = 0; g < s.groups; g++) {
            dsci_gemm problem = pixels_problem(&s, count);
            problem.n = block.columns.count;
            problem.a = diff_dst + first * s.filters + g * group_filters;
            problem.b = transposed + g * group_filters * channels + block.columns.first;
            problem.c = (float *)o->out[0] + first * s.channels + g * channels + block.columns.first;
            problem.workspace = part.workspace;
            o->kernels->gemm(&problem);
        }
    }
}

const char *dsci_conv_data_gemm_describe(const dsci_node *node)
{
    (void)node;
    return "gemm";
}

/* --- Windows: products that are added up in the image --- */

/* What a part computes: the gradient of some rows of some examples, of some channels of each group. */
struct data_part {
    dsci_range examples, rows, channels;
};

static struct data_part data_part_of(const dsci_operands *o, const dsci_conv_shape *s,
                                     const struct data_plan *plan, size_t part)
{
    const size_t channels = s->channels / s->groups;
    if (o->node->booking.by_batch)
        return (struct data_part){ dsci_shard(o->node, part), { 0, s->src[0] }, { 0, channels } };
    const size_t band = part / plan->channel_parts;
    const size_t example = band / plan->cut.bands * plan->cut.examples;
    return (struct data_part){
        .examples = { example, dsci_least(plan->cut.examples, s->batch - example) },
        .rows = dsci_piece(s->src[0], band % plan->cut.bands, plan->cut.bands),
        .channels = dsci_whole_panels(channels, plan->slice, part % plan->channel_parts, plan->channel_parts),
    };
}

/* Zeros where the part adds up its gradient: sums start from +0. */
static void clear_part(const dsci_conv_shape *s, const struct data_part *part, float *diff_src)
{
    const size_t row = s->src[1] * s->channels, pixels = part->rows.count * s->src[1];
    for (size_t e = part->examples.first; e < part->examples.first + part->examples.count; e++) {
        float *band = diff_src + (e * s->src[0] + part->rows.first) * row;
        if (s->groups > 1 || part->channels.count == s->channels)
            memset(band, 0, pixels * s->channels * sizeof *band);
        else
            for (size_t p = 0; p < pixels; p++)
                memset(band + p * s->channels + part->channels.first, 0, part->channels.count * sizeof *band);
    }
}

/* Rows of the output whose windows meet one of these rows of the image with their row ky. */
static dsci_range rows_reaching(const dsci_conv_shape *s, size_t ky, const dsci_range *rows)
{
    const dsci_window *w = &s->window;
    const size_t offset = ky * w->dilation[0], low = rows->first + w->before[0];
    const size_t high = low + rows->count; /* in the padded image */
    const size_t first = low > offset ? dsci_ceiling(low - offset, w->stride[0]) : 0;
    const size_t last = high > offset ? dsci_ceiling(high - offset, w->stride[0]) : 0;
    const size_t begin = dsci_least(first, s->dst[0]);
    return (dsci_range){ begin, dsci_least(last, s->dst[0]) - begin };
}

/* Adds a run of pixels' gradients of a row of the windows to a row of an image: `slice` channels from where
   the row starts. */
static void add_run(const dsci_kernels *kernels, const dsci_conv_shape *s, float *row,
                    const dsci_conv_pixel *p, size_t run, size_t slice, const float *tile)
{
    const dsci_window *w = &s->window;
    const size_t width = w->kernel[1] * slice, step = w->stride[1] * s->channels;
    float *at = row + (p->x * w->stride[1] - w->before[1]) * s->channels;
    if (slice == s->channels && w->dilation[1] == 1)
        kernels->add_rows(at, step, tile, width, run, width);
    else
        for (size_t i = 0; i < run; i++, at += step, tile += width)
            kernels->add_rows(at, w->dilation[1] * s->channels, tile, slice, w->kernel[1], slice);
}

/* Adds a row of one window that lies partly outside the image: its elements inside. */
static void add_edge(const dsci_kernels *kernels, const dsci_conv_shape *s, float *row,
                     const dsci_conv_pixel *p, size_t slice, const float *tile)
{
    size_t x;
    for (size_t kx = 0; kx < s->window.kernel[1]; kx++)
        if (dsci_window_source(&s->window, 1, p->x, kx, s->src[1], &x))
            kernels->add_rows(row + x * s->channels, 0, tile + kx * slice, 0, 1, slice);
}

/* Adds a tile of gradients of the windows' row ky to the images that start at `images`. */
static void scatter_rows(const dsci_kernels *kernels, const dsci_conv_shape *s, float *images, size_t ky,
                         dsci_range pixels, size_t slice, const float *tile)
{
    dsci_conv_pixel p = dsci_conv_pixel_at(s, pixels.first);
    const size_t row_floats = s->src[1] * s->channels;
    for (size_t done = 0, run; done < pixels.count; done += run, tile += run * s->window.kernel[1] * slice) {
        const size_t inside = dsci_conv_run_inside(s, &p, pixels.count - done);
        size_t y;
        run = inside ? inside : 1;
        if (dsci_window_source(&s->window, 0, p.y, ky, s->src[0], &y)) {
            float *row = images + (p.example * s->src[0] + y) * row_floats;
            if (inside)
                add_run(kernels, s, row, &p, run, slice, tile);
            else
                add_edge(kernels, s, row, &p, slice, tile);
        }
        dsci_conv_skip(s, &p, run);
    }
}

/* The examples and the group that a part is at: where their gradients and weights start. */
struct data_place {
    const float *diff_dst, *transposed;
    float *diff_src;
    size_t examples;
    float *workspace;
};

/* Computes the gradients of row ky of the windows of some pixels and adds them to the image. Of a slice of
   the channels the product is made for each column of the window by itself, as its weights lie apart. */
static void add_window_row(const dsci_operands *o, const dsci_conv_shape *s, const struct data_plan *plan,
                           const struct data_place *at, size_t ky, dsci_range pixels, dsci_range slice)
{
    const size_t channels = s->channels / s->groups, kernel = s->window.kernel[1];
    const size_t pieces = slice.count == channels ? 1 : kernel;
    const float *weights = at->transposed + ky * kernel * channels + slice.first;
    dsci_gemm problem = row_problem(s, pixels.count, kernel * slice.count);
    problem.a = at->diff_dst + pixels.first * s->filters;
    problem.workspace = at->workspace + dsci_vector_floats(plan->tile * kernel * plan->slice);
    problem.n /= pieces;
    for (size_t i = 0; i < pieces; i++) {
        problem.b = weights + i * channels;
        problem.c = at->workspace + i * slice.count;
        o->kernels->gemm(&problem);
    }
    scatter_rows(o->kernels, s, at->diff_src + slice.first, ky, pixels, slice.count, at->workspace);
}

/* The pixels of the output whose windows' row ky may lie in the part's rows of the image. Where a tile holds
   several examples, which are then whole, that is all of them. */
static dsci_range pixels_reaching(const dsci_conv_shape *s, const struct data_place *at, size_t ky,
                                  const dsci_range *rows)
{
    if (at->examples > 1)
        return (dsci_range){ 0, at->examples * s->dst[0] * s->dst[1] };
    const dsci_range reaching = rows_reaching(s, ky, rows);
    return (dsci_range){ reaching.first * s->dst[1], reaching.count * s->dst[1] };
}

/* An element of the image is a sum over rows of the output in increasing order: it meets them with rows of
   the window from the last to the first. */
static void add_rows_of_windows(const dsci_operands *o, const dsci_conv_shape *s,
                                const struct data_plan *plan, const struct data_place *at,
                                const struct data_part *part)
{
    const size_t all = at->examples * s->dst[0] * s->dst[1];
    const size_t channels_end = part->channels.first + part->channels.count;
    for (size_t channel = part->channels.first; channel < channels_end; channel += plan->slice) {
        const dsci_range slice = { channel, dsci_least(plan->slice, channels_end - channel) };
        for (size_t done = 0; done < all; done += plan->tile)
            for (size_t ky = s->window.kernel[0]; ky-- > 0;) {
                const dsci_range reaching = pixels_reaching(s, at, ky, &part->rows);
                const size_t first = reaching.first > done ? reaching.first : done;
                const size_t end = dsci_least(reaching.first + reaching.count, done + plan->tile);
                if (first < end)
                    add_window_row(o, s, plan, at, ky, (dsci_range){ first, end - first }, slice);
            }
    }
}

/* Computes the gradients of whole windows; of those that reach beyond the part's rows, only the rows inside
   are added. */
static void add_whole_windows(const dsci_operands *o, const dsci_conv_shape *s, const struct data_plan *plan,
                              const struct data_place *at, const struct data_part *part)
{
    const size_t depth = dsci_conv_depth(s), pixels = s->dst[0] * s->dst[1];
    const dsci_range low = rows_reaching(s, s->window.kernel[0] - 1, &part->rows);
    const dsci_range high = rows_reaching(s, 0, &part->rows);
    const size_t first = at->examples > 1 ? 0 : low.first * s->dst[1];
    const size_t end = at->examples > 1 ? at->examples * pixels : (high.first + high.count) * s->dst[1];
    for (size_t done = first, count; done < end; done += count) {
        count = dsci_least(plan->tile, end - done);
        dsci_gemm problem = row_problem(s, count, depth);
        problem.a = at->diff_dst + done * s->filters;
        problem.b = at->transposed;
        problem.c = at->workspace;
        problem.workspace = at->workspace + dsci_vector_floats(plan->tile * depth);
        o->kernels->gemm(&problem);
        scatter_tile(o->kernels, s, at->diff_src, &part->rows, done, count, at->workspace);
    }
}

typedef void add_fn(const dsci_operands *o, const dsci_conv_shape *s, const struct data_plan *plan,
                    const struct data_place *at, const struct data_part *part);

/* Runs a part: examples one after the other, or, where images are so small that several fill a tile,
 * together. */
static void run(const dsci_operands *o, dsci_part part, add_fn *add)
{
    const dsci_conv_shape s = dsci_conv_shape_of(o->node);
    const struct data_plan plan = data_plan_of(o->node, &s);
    const struct data_part own = data_part_of(o, &s, &plan, part.index);
    const size_t group_filters = s.filters / s.groups, end = own.examples.first + own.examples.count;
    const size_t dst_example = s.dst[0] * s.dst[1] * s.filters;
    const size_t src_example = s.src[0] * s.src[1] * s.channels;
    const size_t together = own.rows.count == s.src[0] && s.dst[0] * s.dst[1] < plan.tile ? s.batch : 1;
    struct data_place at = { .workspace = part.workspace };
    clear_part(&s, &own, o->out[0]);
    for (size_t e = own.examples.first; e < end; e += at.examples)
        for (size_t g = 0; g < s.groups; g++) {
            at.examples = dsci_least(together, end - e);
            at.diff_dst = (const float *)o->in[0] + e * dst_example + g * group_filters;
            at.transposed = (const float *)o->prepared + g * group_filters * dsci_conv_depth(&s);
            at.diff_src = (float *)o->out[0] + e * src_example + g * (s.channels / s.groups);
            add(o, &s, &plan, &at, &own);
        }
}

/* In the workspace: a tile of gradients of windows, or of rows of them, then what the product needs. */
static void book(const dsci_node *node, dsci_booking *booking)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    const struct data_plan plan = data_plan_of(node, &s);
    const dsci_gemm problem = row_problem(&s, plan.tile, plan.width);
    book_transposed(&s, booking);
    booking->worker_bytes =
        (dsci_vector_floats(plan.tile * plan.width) + dsci_gemm_workspace(&problem)) * sizeof(float);
    booking->by_batch = plan.cut.by_batch;
    booking->parts =
        plan.cut.by_batch ? dsci_shards(node) : plan.channel_parts * plan.cut.groups * plan.cut.bands;
}

bool dsci_conv_data_windows_supports(const dsci_node *node)
{
    const dsci_conv_shape s = dsci_conv_shape_of(node);
    return is_narrow(&s);
}

dsc_status dsci_conv_data_windows_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    book(node, booking);
    return DSC_OK;
}

void dsci_conv_data_windows_run(const dsci_operands *o, dsci_part part)
{
    run(o, part, add_whole_windows);
}

const char *dsci_conv_data_windows_describe(const dsci_node *node)
{
    (void)node;
    return "gemm + col2im";
}

bool dsci_conv_data_rows_supports(const dsci_node *node)
{
    (void)node;
    return true;
}

dsc_status dsci_conv_data_rows_book(dsc_scope *scope, dsci_node *node, dsci_booking *booking)
{
    (void)scope;
    book(node, booking);
    return DSC_OK;
}

void dsci_conv_data_rows_run(const dsci_operands *o, dsci_part part)
{
    run(o, part, add_rows_of_windows);
}

const char *dsci_conv_data_rows_describe(const dsci_node *node)
{
    (void)node;
    return "gemm + col2im by window rows";
}
