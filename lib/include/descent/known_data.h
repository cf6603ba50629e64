/* known_data.h - data sets that Descent knows: their names, files and digests, and where they are. */
#ifndef DESCENT_KNOWN_DATA_H
#define DESCENT_KNOWN_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/data.h>
#include <descent/export.h>
#include <descent/scope.h>
#include <descent/status.h>

/* A data set that Descent knows: what `descent data` lists, checks and exports. */
typedef struct dsc_known_file {
    const char *name; /* file name inside the directory */
    uint64_t size;
    const char *sha256;     /* 64 hexadecimal digits; NULL: the size alone is known */
    uint64_t unpacked_size; /* of a name that ends in ".gz", what is in it; else 0 */
    const char *unpacked_sha256;
} dsc_known_file;

typedef struct dsc_known_data {
    const char *name;            /* "mnist1d", "mnist", "fashion-mnist" */
    const char *title;           /* as people write it: "MNIST-1D", "Fashion-MNIST" */
    const char *summary;         /* one line */
    const char *origin;          /* "generated", "embedded", or where the files come from */
    const dsc_known_file *files; /* NULL: none needed */
    size_t file_count;
    const dsc_known_file *others; /* files that stand in for `files`, all of them; NULL: none do */
    size_t other_count;
    const char *const *folders;     /* that the files may be in, ended by NULL; NULL: no files */
    const char *inner;              /* one more folder that they may be in, there or anywhere; NULL: none */
    size_t classes;                 /* 0: none */
    const char *const *class_names; /* classes of them; NULL: their numbers */
    /* Reads its files in a directory; NULL: they hold no examples, but a text (or there are none).
       dsc_data_read() calls it. */
    dsc_split (*read)(dsc_scope *scope, const char *directory);
} dsc_known_data;

/* The table of them; *count entries. */
DSC_API const dsc_known_data *dsc_known_data_list(size_t *count);

/* The data set of that name; NULL if there is none. */
DSC_API const dsc_known_data *dsc_known_data_find(const char *name);

/* True if a file of this SHA-256, in 64 hexadecimal digits, is the known one, packed or unpacked. */
DSC_API bool dsc_known_file_has(const dsc_known_file *file, const char *sha256);

/* The data set that a file is of, by its SHA-256 in 64 hexadecimal digits; NULL if none is known to have it.
 */
DSC_API const dsc_known_data *dsc_known_data_of_file(const char *sha256);

/* Fails the scope with DSC_ERROR_MISMATCH if a file of that digest is another data set's: MNIST's and
   Fashion-MNIST's have the same names. Files that nobody knows may be one's own. */
DSC_API dsc_status dsc_known_data_check(dsc_scope *scope, const dsc_known_data *known, const char *path,
                                        const char *sha256);

/* Which of some data sets, named in a list ended by NULL, a directory has the files of, by their names. Files
   whose names two sets share are told apart by the digest of the last one, or else by their folder's name.
   Fails the scope, naming them, if there is none (DSC_ERROR_FILE) or several (DSC_ERROR_ARGUMENT). *found is
   then where they are, as dsc_data_directory() says. */
DSC_API const dsc_known_data *dsc_data_recognize(dsc_scope *scope, const char *const *names,
                                                 const char *directory, const char **found);

/* The data set that a parameter of an experiment chooses: by name, or, if that is "auto", the one of names
   (ended by NULL) whose files *directory has, which then is where they are. NULL, and nothing is read from
   files, if generated is chosen, the name of what is made without any, or if "auto" finds no directory given.
   Fails the scope as dsc_data_recognize() and dsc_data_directory() do. */
DSC_API const dsc_known_data *dsc_data_choose(dsc_scope *scope, const char *chosen, const char *generated,
                                              const char *const *names, const char **directory);

/* Where a data set's files are: directory itself if it holds them, else its folder that is called as the set
   ("mnist", "MNIST", "FashionMNIST", ...), or in either the set's inner folder ("raw" as torchvision makes
   it, "cifar-10-batches-bin" as it is published). directory NULL means $DESCENT_DATA. Fails the scope, saying
   what was looked for and where, if there is none. "" for a data set without files. Of a data set with two
   sets of files either will do. */
DSC_API const char *dsc_data_directory(dsc_scope *scope, const dsc_known_data *known, const char *directory);

/* Which of a data set's files a directory holds: files, or if it lacks one of them others. *count of them. */
DSC_API const dsc_known_file *dsc_data_files(const dsc_known_data *known, const char *directory,
                                             size_t *count);

/* Reads a data set of images from its directory, as dsc_data_directory() found it. */
DSC_API dsc_split dsc_data_read(dsc_scope *scope, const dsc_known_data *known, const char *directory);

/* The path of one of a data set's files, as it is read: the first that exists of directory/name, the
   same with or without ".gz" or with a dot ("train-images.idx3-ubyte"), and a folder of the file's name with
   it inside. Fails the scope if none does. For digests (dsc_sha256_file) and a run's provenance. */
DSC_API const char *dsc_data_file(dsc_scope *scope, const char *directory, const char *name);

#endif
