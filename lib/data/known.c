/* known.c - the data sets that Descent knows, and where their files are. */
#include <descent/data.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <descent/file.h>
#include <descent/hash.h>

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

/* The binary version; digests of its files are not published. */
static const dsc_known_file cifar_files[] = {
    { "data_batch_1.bin", 30730000, NULL }, { "data_batch_2.bin", 30730000, NULL },
    { "data_batch_3.bin", 30730000, NULL }, { "data_batch_4.bin", 30730000, NULL },
    { "data_batch_5.bin", 30730000, NULL }, { "test_batch.bin", 30730000, NULL },
};

static const dsc_known_file cifar_first_files[] = {
    { "data_batch_1_first4000.bin.gz", 11349652,
      "d32c18318de59292af92f571821e2570d0ce4d63cf4b3de2570ee51bf268ee72" },
};

#define FILES(array) array, sizeof array / sizeof array[0]

static const dsc_known_data known_data[] = {
    { "mnist1d", "ten classes of one-dimensional signals, 40 points (Greydanus and Kobak 2024)", "generated",
      NULL, 0, NULL, 0 },
    { "islr-spline", "20 points of figures 10.20 and 10.21 in An Introduction to Statistical Learning",
      "embedded", NULL, 0, NULL, 0 },
    { "mnist", "70,000 handwritten digits, 28 x 28 (LeCun, Cortes and Burges 1998)",
      "yann.lecun.com/exdb/mnist", FILES(mnist_files), NULL, 0 },
    { "fashion-mnist", "70,000 pictures of clothing, 28 x 28 (Xiao, Rasul and Vollgraf 2017)",
      "github.com/zalandoresearch/fashion-mnist", FILES(fashion_files), NULL, 0 },
    { "cifar-10",
      "60,000 photographs, 32 x 32 in colour (Krizhevsky 2009); or the first 4,000, of which 3,200 train and "
      "800 test",
      "cs.toronto.edu/~kriz/cifar.html", FILES(cifar_files), FILES(cifar_first_files) },
};

const dsc_known_data *dsc_known_data_list(size_t *count)
{
    *count = sizeof known_data / sizeof known_data[0];
    return known_data;
}

const dsc_known_data *dsc_known_data_find(const char *name)
{
    for (size_t i = 0; i < sizeof known_data / sizeof known_data[0]; i++)
        if (strcmp(known_data[i].name, name) == 0)
            return &known_data[i];
    return NULL;
}

static bool has_digest(const dsc_known_file *files, size_t count, const char *sha256)
{
    for (size_t i = 0; i < count; i++)
        if (files[i].sha256 && strcmp(files[i].sha256, sha256) == 0)
            return true;
    return false;
}

const dsc_known_data *dsc_known_data_of_file(const char *sha256)
{
    for (size_t i = 0; i < sizeof known_data / sizeof known_data[0]; i++)
        if (has_digest(known_data[i].files, known_data[i].file_count, sha256) ||
            has_digest(known_data[i].others, known_data[i].other_count, sha256))
            return &known_data[i];
    return NULL;
}

dsc_status dsc_known_data_check(dsc_scope *scope, const dsc_known_data *known, const char *path,
                                const char *sha256)
{
    const dsc_known_data *owner =
        dsc_scope_status(scope) == DSC_OK && sha256 ? dsc_known_data_of_file(sha256) : NULL;
    if (owner && strcmp(owner->name, known->name) != 0)
        dsc_scope_fail(scope, DSC_ERROR_MISMATCH,
                       "%s is a file of data set '%s', not of '%s': ask for that, or name another directory",
                       path, owner->name, known->name);
    return dsc_scope_status(scope);
}

/* The path if the file exists under its name, or packed or unpacked with ".gz" or without; else NULL. */
static const char *existing(dsc_scope *scope, const char *directory, const char *name)
{
    char *path = dsc_path_join(scope, directory, name);
    if (!path || dsc_file_exists(path))
        return path;
    const size_t length = strlen(path);
    if (length > 3 && strcmp(path + length - 3, ".gz") == 0)
        path[length - 3] = 0;
    else
        path = dsc_scope_format(scope, "%s.gz", path);
    return path && dsc_file_exists(path) ? path : NULL;
}

const char *dsc_data_file(dsc_scope *scope, const char *directory, const char *name)
{
    const char *path = existing(scope, directory, name);
    if (!path)
        dsc_scope_fail(scope, DSC_ERROR_FILE, "%s/%s does not exist, with \".gz\" or without", directory,
                       name);
    return path;
}

/* The first of some files that a directory lacks; NULL if it holds them all. */
static const char *first_of(dsc_scope *scope, const dsc_known_file *files, size_t count,
                            const char *directory)
{
    for (size_t i = 0; i < count; i++)
        if (!existing(scope, directory, files[i].name))
            return files[i].name;
    return NULL;
}

/* The first of the files that a directory lacks; NULL if it holds them all, or the others. */
static const char *first_missing(dsc_scope *scope, const dsc_known_data *known, const char *directory)
{
    const char *missing = first_of(scope, known->files, known->file_count, directory);
    if (missing && known->others && !first_of(scope, known->others, known->other_count, directory))
        return NULL;
    return missing;
}

const dsc_known_file *dsc_data_files(const dsc_known_data *known, const char *directory, size_t *count)
{
    dsc_scope *work = dsc_scope_open(NULL);
    const bool others = known->others && first_of(work, known->files, known->file_count, directory);
    dsc_scope_close(&work);
    *count = others ? known->other_count : known->file_count;
    return others ? known->others : known->files;
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

/* How sure it is that a directory has a data set: 0 not, 1 files of its names, 2 the last of them by its
   digest too. */
static int resemblance(const dsc_known_data *known, const char *directory)
{
    dsc_scope *own = dsc_scope_open(NULL);
    const char *found = known ? dsc_data_directory(own, known, directory) : NULL;
    int sure = 0;
    if (found && known->file_count > 0) {
        size_t count;
        const dsc_known_file *files = dsc_data_files(known, found, &count);
        const dsc_known_file *last = &files[count - 1];
        char hex[65];
        uint64_t size;
        dsc_digest_hex(dsc_sha256_file(own, dsc_data_file(own, found, last->name), &size), hex);
        sure = dsc_scope_status(own) != DSC_OK ? 0 : last->sha256 && strcmp(hex, last->sha256) == 0 ? 2 : 1;
    }
    dsc_scope_close(&own);
    return sure;
}

static const char *list_names(dsc_scope *scope, const char *const *names)
{
    const char *text = "";
    for (size_t i = 0; names[i] && text; i++)
        text = dsc_scope_format(scope, "%s%s%s", text, i == 0 ? "" : names[i + 1] ? ", " : " and ", names[i]);
    return text;
}

const dsc_known_data *dsc_data_recognize(dsc_scope *scope, const char *const *names, const char *directory,
                                         const char **found)
{
    for (int sure = 2; sure > 0; sure--)
        for (size_t i = 0; names[i]; i++) {
            const dsc_known_data *known = dsc_known_data_find(names[i]);
            if (resemblance(known, directory) < sure)
                continue;
            *found = dsc_data_directory(scope, known, directory);
            return *found ? known : NULL;
        }
    dsc_scope_fail(scope, DSC_ERROR_FILE,
                   "'%s' has the files of none of %s; `descent data check` tells what they are called",
                   directory ? directory : "", list_names(scope, names));
    return NULL;
}

const dsc_known_data *dsc_data_choose(dsc_scope *scope, const char *chosen, const char *generated,
                                      const char *const *names, const char **directory)
{
    const bool any = strcmp(chosen, "auto") == 0;
    if (strcmp(chosen, generated) == 0 || (any && !*directory))
        return NULL;
    if (any)
        return dsc_data_recognize(scope, names, *directory, directory);
    const dsc_known_data *known = dsc_known_data_find(chosen);
    if (!known) {
        dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "unknown data set '%s'; `descent data list` names them",
                       chosen);
        return NULL;
    }
    *directory = dsc_data_directory(scope, known, *directory);
    return *directory ? known : NULL;
}

dsc_split dsc_data_read(dsc_scope *scope, const dsc_known_data *known, const char *directory)
{
    if (known->files == mnist_files || known->files == fashion_files)
        return dsc_idx_directory(scope, directory);
    if (known->files == cifar_files)
        return dsc_cifar10_directory(scope, directory);
    dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "data set '%s' is %s: it is not read from files", known->name,
                   known->origin);
    return (dsc_split){ 0 };
}
