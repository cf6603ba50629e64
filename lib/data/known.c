/* known.c - the data sets that Descent knows, and where their files are. */
#include <descent/data.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <descent/file.h>

static const dsc_known_file mnist_files[] = {
    { "train-images-idx3-ubyte.gz", 9912422,
      "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609" },
    { "train-labels-idx1-ubyte.gz", 28881,
      "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c" },
    { "t10k-images-idx3-ubyte.gz", 1648877,
      "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6" },
    { "t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6" },
};

static const dsc_known_file fashion_files[] = {
    { "train-images-idx3-ubyte.gz", 26421880,
      "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84" },
    { "train-labels-idx1-ubyte.gz", 29515,
      "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845" },
    { "t10k-images-idx3-ubyte.gz", 4422102,
      "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073" },
    { "t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5" },
};

static const dsc_known_data known_data[] = {
    { "mnist1d", "ten classes of one-dimensional signals, 40 points (Greydanus and Kobak 2024)", "generated",
      NULL, 0 },
    { "islr-spline", "20 points of figures 10.20 and 10.21 in An Introduction to Statistical Learning",
      "embedded", NULL, 0 },
    { "mnist", "70,000 handwritten digits, 28 x 28 (LeCun, Cortes and Burges 1998)",
      "yann.lecun.com/exdb/mnist", mnist_files, sizeof mnist_files / sizeof mnist_files[0] },
    { "fashion-mnist", "70,000 pictures of clothing, 28 x 28 (Xiao, Rasul and Vollgraf 2017)",
      "github.com/zalandoresearch/fashion-mnist", fashion_files,
      sizeof fashion_files / sizeof fashion_files[0] },
};

const dsc_known_data *dsc_known_data_list(size_t *count)
{
    *count = sizeof known_data / sizeof known_data[0];
    return known_data;
}

/* The path if the file exists under its name or, decompressed, without ".gz"; else NULL. */
static const char *existing(dsc_scope *scope, const char *directory, const char *name)
{
    char *path = dsc_path_join(scope, directory, name);
    if (!path || dsc_file_exists(path))
        return path;
    const size_t length = strlen(path);
    if (length > 3 && strcmp(path + length - 3, ".gz") == 0)
        path[length - 3] = 0;
    return dsc_file_exists(path) ? path : NULL;
}

const char *dsc_data_file(dsc_scope *scope, const char *directory, const char *name)
{
    const char *path = existing(scope, directory, name);
    if (!path)
        dsc_scope_fail(scope, DSC_ERROR_FILE, "%s/%s does not exist, with \".gz\" or without", directory,
                       name);
    return path;
}

/* The first of the files that a directory lacks; NULL if it holds them all. */
static const char *first_missing(dsc_scope *scope, const dsc_known_data *known, const char *directory)
{
    for (size_t i = 0; i < known->file_count; i++)
        if (!existing(scope, directory, known->files[i].name))
            return known->files[i].name;
    return NULL;
}

const char *dsc_data_directory(dsc_scope *scope, const dsc_known_data *known, const char *directory)
{
    if (known->file_count == 0)
        return dsc_scope_copy(scope, "");
    if (!directory)
        directory = getenv("DESCENT_DATA");
    if (!directory || !*directory) {
        dsc_scope_fail(
            scope, DSC_ERROR_FILE,
            "data set '%s' is read from %zu files and no directory was given; name theirs with --data DIR or "
            "$DESCENT_DATA",
            known->name, known->file_count);
        return NULL;
    }
    struct stat info;
    if (stat(directory, &info) != 0 || !S_ISDIR(info.st_mode)) {
        dsc_scope_fail(
            scope, DSC_ERROR_FILE,
            "data set '%s': '%s' is not a directory; name that of its %zu files with --data DIR or "
            "$DESCENT_DATA",
            known->name, directory, known->file_count);
        return NULL;
    }
    const char *inside = dsc_path_join(scope, directory, known->name);
    const char *missing = first_missing(scope, known, directory);
    const char *missing_inside = missing && inside ? first_missing(scope, known, inside) : NULL;
    if (missing && missing_inside)
        dsc_scope_fail(
            scope, DSC_ERROR_FILE,
            "data set '%s': %s has no %s, and %s has no %s; name the directory of its %zu files with --data "
            "DIR or $DESCENT_DATA",
            known->name, directory, missing, inside, missing_inside, known->file_count);
    return dsc_scope_status(scope) != DSC_OK ? NULL : missing ? inside : dsc_scope_copy(scope, directory);
}
