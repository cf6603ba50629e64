# The libraries Descent stands on. A missing required one stops with the name of its Debian package.

find_package(PkgConfig QUIET)

function(descent_missing what package)
  message(FATAL_ERROR "${what} was not found. Install it with: apt-get install ${package}\n"
                      "(./quickstart installs everything that is missing.)")
endfunction()

find_package(OpenMP COMPONENTS C QUIET)
if(NOT OpenMP_C_FOUND)
  descent_missing("OpenMP" "gcc (libgomp) or, for clang, libomp-14-dev")
endif()

find_package(HDF5 COMPONENTS C HL QUIET)
if(NOT HDF5_FOUND)
  descent_missing("HDF5" libhdf5-dev)
endif()
add_library(descent_hdf5 INTERFACE)
target_include_directories(descent_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_link_libraries(descent_hdf5 INTERFACE ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES})

# descent_require(NAME MODULE PACKAGE): an imported target descent_NAME from pkg-config.
function(descent_require name module package)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(NOT ${name}_FOUND)
    descent_missing("${module}" ${package})
  endif()
  add_library(descent_${name} INTERFACE)
  target_link_libraries(descent_${name} INTERFACE PkgConfig::${name})
  set(${name}_VERSION "${${name}_VERSION}" PARENT_SCOPE)
endfunction()

if(NOT PKG_CONFIG_FOUND)
  descent_missing("pkg-config" pkg-config)
endif()
descent_require(jansson jansson libjansson-dev)
descent_require(sleef sleef libsleef-dev)
descent_require(crypto libcrypto libssl-dev)
descent_require(zlib zlib zlib1g-dev)

# OpenBLAS is opened at run time (lib/linalg/blas.c). The build only notes where the variant for OpenMP is: the one
# with threads of its own gets in OpenMP's way.
find_library(OPENBLAS_LIBRARY NAMES libopenblas.so.0 PATH_SUFFIXES openblas-openmp)
if(NOT OPENBLAS_LIBRARY)
  descent_missing("OpenBLAS" libopenblas0-openmp)
endif()
file(REAL_PATH "${OPENBLAS_LIBRARY}" openblas_file)
string(REGEX MATCH "[0-9]+(\\.[0-9]+)+" openblas_VERSION "${openblas_file}")

find_path(RANDOM123_INCLUDE Random123/philox.h)
if(NOT RANDOM123_INCLUDE)
  descent_missing("Random123" librandom123-dev)
endif()
add_library(descent_random123 INTERFACE)
target_include_directories(descent_random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE})

# Debian's CMake package of oneDNN asks for OpenCL, which a CPU build does not need: look for the files themselves.
find_path(DNNL_INCLUDE dnnl.h)
find_library(DNNL_LIBRARY dnnl)
if(NOT DNNL_INCLUDE OR NOT DNNL_LIBRARY)
  descent_missing("oneDNN" libdnnl-dev)
endif()
add_library(descent_dnnl INTERFACE)
target_include_directories(descent_dnnl SYSTEM INTERFACE ${DNNL_INCLUDE})
target_link_libraries(descent_dnnl INTERFACE ${DNNL_LIBRARY})

find_program(GNUPLOT gnuplot)
