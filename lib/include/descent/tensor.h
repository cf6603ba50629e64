/* tensor.h - shapes and element types, the words in which ops and graphs speak. */
#ifndef DESCENT_TENSOR_H
#define DESCENT_TENSOR_H

enum { DSC_MAX_RANK = 6 };

typedef enum dsc_dtype { DSC_F32 = 0, DSC_F64 } dsc_dtype; /* DSC_F64: reference engine only */

#endif
