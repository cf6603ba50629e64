/* documents.h - texts with a class each, such as reviews that are positive or negative.
 *
 *     const dsc_documents *reviews =
 *         dsc_documents_read_lines(scope, "train.tsv.gz", &(dsc_documents_options){ .fields = 4 });
 *     for (size_t i = 0; i < reviews->count; i++)
 *         printf("%d %s\n", reviews->labels[i], reviews->texts[i]);
 *
 * Files may be compressed by gzip. Texts are checked and kept in UTF-8, whatever the encoding of the file.
 */
#ifndef DESCENT_DOCUMENTS_H
#define DESCENT_DOCUMENTS_H

#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>

/* How the bytes of a file stand for characters. */
typedef enum dsc_encoding {
    DSC_ENCODING_UTF8 = 0,
    DSC_ENCODING_WINDOWS_1252, /* its five bytes without a character (81, 8d, 8f, 90, 9d) are refused */
    DSC_ENCODING_ISO_8859_1
} dsc_encoding;

enum { DSC_MOST_CLASSES = 1000 };

typedef struct dsc_documents {
    const char *name; /* of the file or folder that they were read from, for messages */
    size_t count;
    const char *const *texts; /* of each, in UTF-8, ended by a zero byte; "" of an empty one */
    const int32_t *labels;    /* 0..classes-1 */
    size_t classes;           /* 1 + the largest label, or as many as there are folders */
} dsc_documents;

/* Zeros mean the defaults. */
typedef struct dsc_documents_options {
    dsc_encoding encoding;
    size_t fields;     /* of a line, at least 2: the first is the label, a number below DSC_MOST_CLASSES; the
                          last, in which separators are characters like others, is the text. 0: all of the
                          line is the text */
    char separator;    /* between the fields; 0: a tab */
    int32_t label;     /* of every document, where lines have no label */
    size_t most_bytes; /* of a file, unpacked, that are taken; 0: 4 GiB */
} dsc_documents_options;

/* Reads a document from every line of a file that is not blank, in its order. A carriage return before a line
   feed belongs to the line end; a mark of UTF-8 at the beginning is passed over. options may be NULL. Errors
   name the line, and the byte in it, counted from 1: bytes that are not of the encoding, zero bytes, fields
   that are missing, a label that is none (DSC_ERROR_FORMAT); a file without documents (DSC_ERROR_FORMAT), one
   that cannot be read (DSC_ERROR_FILE) or is larger than most_bytes; out of memory. NULL after one. */
DSC_API const dsc_documents *dsc_documents_read_lines(dsc_scope *scope, const char *path,
                                                      const dsc_documents_options *options);

/* Reads a document from every file in folders of a directory, whose names are given by a list that NULL ends:
   the folder's place in it is the label. Files follow one another in the order of the bytes of their names;
   those whose name begins with a dot, and folders, are left out. Of the options the encoding and most_bytes
   (of one file) count. Errors as above, with the file's name. */
DSC_API const dsc_documents *dsc_documents_read_folders(dsc_scope *scope, const char *directory,
                                                        const char *const *folders,
                                                        const dsc_documents_options *options);

/* All documents of a list, one after the other: pointers to the same texts. NULL in the list fails. */
DSC_API const dsc_documents *dsc_documents_join(dsc_scope *scope, const dsc_documents *const *list,
                                                size_t count);

#endif
