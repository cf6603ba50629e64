/* export.h - what the shared library shows: symbols are hidden unless they are marked. */
#ifndef DESCENT_EXPORT_H
#define DESCENT_EXPORT_H

#ifdef __cplusplus
#define DSC_EXTERN extern "C"
#else
#define DSC_EXTERN
#endif

#if defined(__GNUC__)
#define DSC_API                                  DSC_EXTERN __attribute__((visibility("default")))
#define DSC_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
#else
#define DSC_API DSC_EXTERN
#define DSC_PRINTF(format_index, first_argument)
#endif

#endif
