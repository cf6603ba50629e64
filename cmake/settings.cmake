# Language, flags and output folders that every target shares.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O3 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g3")

option(DESCENT_WERROR "Treat warnings as errors" OFF)

# What every one of our targets is compiled with. Contraction would fuse multiply-adds where the source does not say so
# and break the numerics contract.
add_library(descent_flags INTERFACE)
target_compile_definitions(descent_flags INTERFACE _GNU_SOURCE)
target_compile_options(descent_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion
  -ffp-contract=off -fno-math-errno
  $<$<BOOL:${DESCENT_WERROR}>:-Werror>)
target_link_libraries(descent_flags INTERFACE m)
