#!/bin/sh
# The library opens and reads no file with the HDF5 library, which believes whatever a file says.
# usage: imported.sh LIBRARY
set -eu
if names=$(nm -D --undefined-only "$1" | grep -E '\<H5(Fopen|F?is_hdf5|Dopen|Dread|Aopen|Aread|Gopen|Oopen|Literate|Lvisit)'); then
    printf 'read by the HDF5 library instead of lib/record/hdf5_file.h:\n%s\n' "$names"
    exit 1
fi
