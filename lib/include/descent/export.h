/* export.h - what the shared library shows: symbols are hidden unless they are marked. */
#ifndef DESCENT_EXPORT_H
#define DESCENT_EXPORT_H

#if defined(__GNUC__)
#define DSC_API __attribute__((visibility("default")))
#define DSC_PRINTF(format_index, first_argument) \
    __attribute__((format(printf, format_index, first_argument)))
#else
#define DSC_API
#define DSC_PRINTF(format_index, first_argument)
#endif

#endif
