# The libraries Descent stands on. A missing required one stops with the name of its Debian package; what was found, and
# what is off without an optional one, goes into the summary.

# descent_found(NAME VERSION [OFF...]): a line of the summary; OFF says what the build lacks.
function(descent_found name version)
  string(JOIN " " off ${ARGN})
  if(off)
    set_property(GLOBAL APPEND PROPERTY DESCENT_SUMMARY "${name}|not found|${off}")
  else()
    set_property(GLOBAL APPEND PROPERTY DESCENT_SUMMARY "${name}|${version}|")
  endif()
endfunction()

function(descent_missing what package)
  message(FATAL_ERROR "${what} was not found. Install it with: apt-get install ${package}\n"
                      "(./quickstart installs everything that is missing.)")
endfunction()

find_package(OpenMP COMPONENTS C QUIET)
if(NOT OpenMP_C_FOUND)
  descent_missing("OpenMP" "gcc (libgomp) or, for clang, libomp-14-dev")
endif()
descent_found(OpenMP "${OpenMP_C_VERSION}")

find_package(HDF5 COMPONENTS C HL QUIET)
if(NOT HDF5_FOUND)
  descent_missing("HDF5" libhdf5-dev)
endif()
add_library(descent_hdf5 INTERFACE)
target_include_directories(descent_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_link_libraries(descent_hdf5 INTERFACE ${HDF5_C_HL_LIBRARIES} ${HDF5_C_LIBRARIES})
descent_found(HDF5 "${HDF5_VERSION}")

find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
  descent_missing("pkg-config" pkg-config)
endif()

# descent_require(NAME MODULE PACKAGE): an interface library descent_NAME from pkg-config.
function(descent_require name module package)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(NOT ${name}_FOUND)
    descent_missing("${module}" ${package})
  endif()
  add_library(descent_${name} INTERFACE)
  target_link_libraries(descent_${name} INTERFACE PkgConfig::${name})
  set(${name}_VERSION "${${name}_VERSION}" PARENT_SCOPE)
  descent_found(${module} "${${name}_VERSION}")
endfunction()

descent_require(jansson jansson libjansson-dev)
descent_require(sleef sleef libsleef-dev)
descent_require(crypto libcrypto libssl-dev)
descent_require(zlib zlib zlib1g-dev)
descent_require(png libpng libpng-dev)
descent_require(jpeg libjpeg libjpeg62-turbo-dev)

# OpenBLAS is opened at run time (lib/linalg/blas.c). The build only notes where the variant for OpenMP is: the one
# with threads of its own gets in OpenMP's way.
find_library(OPENBLAS_LIBRARY NAMES libopenblas.so.0 PATH_SUFFIXES openblas-openmp)
if(NOT OPENBLAS_LIBRARY)
  descent_missing("OpenBLAS" libopenblas0-openmp)
endif()
file(REAL_PATH "${OPENBLAS_LIBRARY}" openblas_file)
string(REGEX MATCH "[0-9]+(\\.[0-9]+)+" openblas_VERSION "${openblas_file}")

# A header-only library that does not carry its version.
find_path(RANDOM123_INCLUDE Random123/philox.h)
mark_as_advanced(RANDOM123_INCLUDE)
if(NOT RANDOM123_INCLUDE)
  descent_missing("Random123" librandom123-dev)
endif()
add_library(descent_random123 INTERFACE)
target_include_directories(descent_random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE})
descent_found(Random123 "${RANDOM123_INCLUDE}")

# Debian's CMake package of oneDNN asks for OpenCL, which a CPU build does not need: look for the files themselves.
find_path(DNNL_INCLUDE dnnl.h)
find_library(DNNL_LIBRARY dnnl)
mark_as_advanced(DNNL_INCLUDE DNNL_LIBRARY)
if(NOT DNNL_INCLUDE OR NOT DNNL_LIBRARY)
  descent_missing("oneDNN" libdnnl-dev)
endif()
add_library(descent_dnnl INTERFACE)
target_include_directories(descent_dnnl SYSTEM INTERFACE ${DNNL_INCLUDE})
target_link_libraries(descent_dnnl INTERFACE ${DNNL_LIBRARY})
file(STRINGS "${DNNL_INCLUDE}/oneapi/dnnl/dnnl_version.h" numbers REGEX "define DNNL_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX MATCHALL "[0-9]+" numbers "${numbers}")
list(JOIN numbers "." DNNL_VERSION)
descent_found(oneDNN "${DNNL_VERSION}")

# Run, not linked.
find_program(GNUPLOT gnuplot)
mark_as_advanced(GNUPLOT)
if(GNUPLOT)
  execute_process(COMMAND "${GNUPLOT}" --version OUTPUT_VARIABLE version ERROR_QUIET)
  string(REGEX MATCH "[0-9]+[.][0-9]+( patchlevel [0-9]+)?" version "${version}")
  descent_found(gnuplot "${version}")
else()
  descent_found(gnuplot "" "pictures (scripts, data and text plots remain); package gnuplot-nox")
endif()
find_package(Python3 COMPONENTS Interpreter QUIET)
if(Python3_FOUND)
  descent_found(Python "${Python3_VERSION}")
else()
  descent_found(Python "" "the tests that read results from Python; package python3")
endif()
