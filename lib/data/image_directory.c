/* image_directory.c - labelled images from a directory with a folder for each class. */
#include <descent/data.h>

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <descent/file.h>

enum { NAMES = 1 << 24 }; /* most entries of a directory */

struct names {
    size_t count;
    const char **items;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Paths of a directory's entries in the order of their bytes: its folders, or its files. Hidden ones are left
   out. */
static struct names read_names(dsc_scope *work, const char *directory, bool folders)
{
    struct names names = { 0 };
    DIR *stream = opendir(directory);
    if (!stream) {
        const int error = errno;
        char text[128];
        dsc_scope_fail(work, DSC_ERROR_FILE, "cannot read the directory '%s': %s; check the name", directory,
                       strerror_r(error, text, sizeof text));
        return names;
    }
    size_t capacity = 0;
    for (const struct dirent *entry; dsc_scope_status(work) == DSC_OK && (entry = readdir(stream)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        const char *path = dsc_path_join(work, directory, entry->d_name);
        if (!path || is_directory(path) != folders)
            continue;
        if (names.count == capacity) {
            const char **old = names.items;
            capacity = capacity ? 2 * capacity : 64;
            names.items = capacity > NAMES ? NULL : dsc_scope_alloc(work, capacity, sizeof *names.items);
            if (!names.items) {
                dsc_scope_fail(work, DSC_ERROR_MEMORY, "'%s' has too many entries", directory);
                break;
            }
            if (names.count)
                memcpy(names.items, old, names.count * sizeof *names.items);
        }
        names.items[names.count++] = path;
    }
    closedir(stream);
    if (dsc_scope_status(work) != DSC_OK)
        return (struct names){ 0 };
    if (names.count)
        qsort(names.items, names.count, sizeof *names.items, by_name);
    return names;
}

/* Value of one pixel's channel c of wanted ones: grey is copied to all; colours become grey by the luma of
   ITU-R BT.601. */
static double channel_of(const float *pixel, size_t channels, size_t wanted, size_t c)
{
    if (channels == wanted)
        return (double)pixel[c];
    if (channels == 1)
        return (double)pixel[0];
    return 0.299 * (double)pixel[0] + 0.587 * (double)pixel[1] + 0.114 * (double)pixel[2];
}

static void read_one(dsc_scope *work, const char *path, const dsc_dataset *data, double *x)
{
    dsc_scope *own = dsc_scope_open(NULL);
    const dsc_image whole = dsc_image_read(own, path);
    const dsc_image image = dsc_image_resize(own, &whole, data->height, data->width);
    dsc_scope_adopt_error(work, own);
    for (size_t i = 0; image.data && i < data->height * data->width; i++)
        for (size_t c = 0; c < data->channels; c++)
            x[i * data->channels + c] =
                channel_of(image.data + i * image.channels, image.channels, data->channels, c);
    dsc_scope_close(&own);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Lists every class's files; *files has one list a class. */
static size_t list_files(dsc_scope *work, const struct names *classes, struct names *files)
{
    size_t count = 0;
    for (size_t c = 0; c < classes->count && dsc_scope_status(work) == DSC_OK; c++) {
        files[c] = read_names(work, classes->items[c], false);
        if (files[c].count == 0)
            dsc_scope_fail(work, DSC_ERROR_FORMAT, "'%s' has no images; remove the folder or fill it",
                           classes->items[c]);
        count += files[c].count;
    }
    return count;
}

static dsc_dataset allocate(dsc_scope *scope, dsc_scope *work, const char *directory,
                            const struct names *classes, dsc_dataset like)
{
    dsc_dataset data = like;
    const char **names = dsc_scope_alloc(scope, classes->count, sizeof *names);
    data.name = dsc_scope_copy(scope, directory);
    data.x = data.count > SIZE_MAX / data.features
                 ? NULL
                 : dsc_scope_alloc(scope, data.count * data.features, sizeof *data.x);
    data.labels = dsc_scope_alloc(scope, data.count, sizeof *data.labels);
    if (!data.x || !data.labels || !names) {
        dsc_scope_fail(work, DSC_ERROR_MEMORY, "'%s': %zu images of %zu values are too many", directory,
                       data.count, data.features);
        return (dsc_dataset){ 0 };
    }
    for (size_t c = 0; c < classes->count; c++)
        names[c] = dsc_scope_copy(scope, last_part(classes->items[c]));
    data.class_names = names;
    return data;
}

static dsc_dataset read_all(dsc_scope *scope, dsc_scope *work, const char *directory, dsc_dataset like)
{
    const struct names classes = read_names(work, directory, true);
    if (classes.count < 2)
        dsc_scope_fail(work, DSC_ERROR_FORMAT,
                       "'%s' has %zu folders; expected one with images for each of at least two classes",
                       directory, classes.count);
    struct names *files = dsc_scope_alloc(work, classes.count, sizeof *files);
    like.classes = classes.count;
    like.count = files ? list_files(work, &classes, files) : 0;
    if (!files || dsc_scope_status(work) != DSC_OK)
        return (dsc_dataset){ 0 };
    const dsc_dataset data = allocate(scope, work, directory, &classes, like);
    size_t example = 0;
    for (size_t c = 0; data.x && c < classes.count; c++)
        for (size_t i = 0; i < files[c].count && dsc_scope_status(work) == DSC_OK; i++, example++) {
            read_one(work, files[c].items[i], &data, data.x + example * data.features);
            data.labels[example] = (int32_t)c;
        }
    return dsc_scope_status(work) == DSC_OK ? data : (dsc_dataset){ 0 };
}

dsc_dataset dsc_image_directory(dsc_scope *scope, const char *directory, size_t height, size_t width,
                                size_t channels)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return (dsc_dataset){ 0 };
    if (height == 0 || width == 0 || (channels != 1 && channels != 3) || width > (SIZE_MAX >> 8) / height) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                       "images of '%s' to be brought to %zu x %zu x %zu; expected a height and width of at "
                       "least 1 and 1 or 3 channels",
                       directory, height, width, channels);
        return (dsc_dataset){ 0 };
    }
    dsc_scope *work = dsc_scope_open(NULL);
    const dsc_dataset data = read_all(
        scope, work, directory,
        (dsc_dataset){
            .height = height, .width = width, .channels = channels, .features = height * width * channels });
    dsc_scope_adopt_error(scope, work);
    dsc_scope_close(&work);
    return data;
}
