/* stream.h - the bytes of a file in pieces, unpacked on the way: no more of it in memory than one piece. */
#ifndef DESCENT_BASE_STREAM_H
#define DESCENT_BASE_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/scope.h>

typedef struct dsci_stream dsci_stream;

/* Takes over an open file (file.h), to be read from its beginning; -1 is accepted. A file that begins with
   the gzip magic is decompressed; members that follow one another are joined, zeros between and behind them
   skipped. path is for messages, and is to outlive the stream. NULL, the file closed and the scope poisoned
   if memory is out or the first bytes cannot be read. */
dsci_stream *dsci_stream_open(dsc_scope *scope, int file, const char *path);

/* Whether the file is compressed. */
bool dsci_stream_packed(const dsci_stream *stream);

/* Fills data with the next size bytes, or with as many as there are. Fewer than size: the end, or an error,
   which poisons the scope: truncated or corrupt gzip, foreign bytes behind it (DSC_ERROR_FORMAT), a file that
   cannot be read (DSC_ERROR_FILE). */
size_t dsci_stream_read(dsci_stream *stream, void *data, size_t size);

/* Closes the file; NULL is accepted. */
void dsci_stream_close(dsci_stream *stream);

#endif
