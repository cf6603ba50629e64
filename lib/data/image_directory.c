/* image_directory.c - labelled images from a directory with a folder for each class. */
#include <descent/image.h>

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <descent/file.h>

#include "data/image_file.h"

enum { NAMES = 1 << 24 }; /* most entries of a data set's directories */

struct names {
    size_t count, capacity;
    const char **items;
};

/* What the walk through the folders has found. */
struct walk {
    dsc_scope *work;
    size_t entries;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_names(struct names *names)
{
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, by_name);
}

static void add_name(dsc_scope *work, struct names *names, const char *path)
{
    if (names->count == names->capacity) {
        const char **old = names->items;
        names->capacity = names->capacity ? 2 * names->capacity : 64;
        names->items = dsc_scope_alloc(work, names->capacity, sizeof *names->items);
        if (!names->items)
            return;
        if (names->count)
            memcpy(names->items, old, names->count * sizeof *names->items);
    }
    names->items[names->count++] = path;
}

static void fail_directory(dsc_scope *work, const char *path)
{
    const int error = errno;
    char text[128];
    dsc_scope_fail(work, DSC_ERROR_FILE,
                   "cannot read '%s': %s; check the name, or remove it from the data set", path,
                   strerror_r(error, text, sizeof text));
}

/* Adds an entry of a directory as a file or a folder; a link counts as what it points to. */
static void sort_entry(struct walk *walk, const char *path, struct names *folders, struct names *files)
{
    struct stat info;
    if (stat(path, &info) != 0)
        fail_directory(walk->work, path);
    else if (S_ISDIR(info.st_mode))
        add_name(walk->work, folders, path);
    else if (S_ISREG(info.st_mode))
        add_name(walk->work, files, path);
    else
        dsc_scope_fail(walk->work, DSC_ERROR_FILE,
                       "'%s' is neither a file nor a folder; remove it from the data set", path);
    if (++walk->entries > NAMES)
        dsc_scope_fail(walk->work, DSC_ERROR_FORMAT,
                       "'%s' is one entry more than the %d that a data set may have", path, (int)NAMES);
}

/* Appends the paths of a directory's folders and files; hidden ones are left out. */
static void read_entries(struct walk *walk, const char *directory, struct names *folders, struct names *files)
{
    DIR *stream = opendir(directory);
    if (!stream) {
        fail_directory(walk->work, directory);
        return;
    }
    for (const struct dirent *entry;
         dsc_scope_status(walk->work) == DSC_OK && (entry = readdir(stream)) != NULL;) {
        const char *path = *entry->d_name == '.' ? NULL : dsc_path_join(walk->work, directory, entry->d_name);
        if (path)
            sort_entry(walk, path, folders, files);
    }
    closedir(stream);
}

/* The folders that a folder lies in, up to the class's. */
struct ancestor {
    const struct ancestor *above;
    dev_t device;
    ino_t number;
};

/* Appends a folder's files, and those of the folders in it. */
static void collect_files(struct walk *walk, const char *folder, const struct ancestor *above,
                          struct names *files)
{
    struct stat info;
    if (dsc_scope_status(walk->work) != DSC_OK)
        return;
    if (stat(folder, &info) != 0) {
        fail_directory(walk->work, folder);
        return;
    }
    for (const struct ancestor *a = above; a; a = a->above)
        if (a->device == info.st_dev && a->number == info.st_ino) {
            dsc_scope_fail(walk->work, DSC_ERROR_FILE,
                           "'%s' leads back to a folder that it lies in; remove this link", folder);
            return;
        }
    const struct ancestor here = { above, info.st_dev, info.st_ino };
    struct names folders = { 0 };
    read_entries(walk, folder, &folders, files);
    for (size_t i = 0; i < folders.count; i++)
        collect_files(walk, folders.items[i], &here, files);
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
static size_t list_files(struct walk *walk, const struct names *classes, struct names *files)
{
    size_t count = 0;
    for (size_t c = 0; c < classes->count && dsc_scope_status(walk->work) == DSC_OK; c++) {
        collect_files(walk, classes->items[c], NULL, &files[c]);
        sort_names(&files[c]);
        if (files[c].count == 0)
            dsc_scope_fail(walk->work, DSC_ERROR_FORMAT, "'%s' has no images; remove the folder or fill it",
                           classes->items[c]);
        count += files[c].count;
    }
    return count;
}

/* An image outside of every class's folder would be left out. */
static void refuse_images(dsc_scope *work, const struct names *files)
{
    for (size_t i = 0; i < files->count && dsc_scope_status(work) == DSC_OK; i++)
        if (dsci_image_is_at(work, files->items[i]))
            dsc_scope_fail(work, DSC_ERROR_FORMAT,
                           "'%s' is an image beside the folders of the classes; move it into one of them",
                           files->items[i]);
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
    struct walk walk = { .work = work };
    struct names classes = { 0 }, beside = { 0 };
    read_entries(&walk, directory, &classes, &beside);
    sort_names(&classes);
    sort_names(&beside);
    if (classes.count < 2)
        dsc_scope_fail(work, DSC_ERROR_FORMAT,
                       "'%s' has %zu folders; expected one with images for each of at least two classes",
                       directory, classes.count);
    refuse_images(work, &beside);
    struct names *files = dsc_scope_alloc(work, classes.count, sizeof *files);
    like.classes = classes.count;
    like.count = files ? list_files(&walk, &classes, files) : 0;
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
