# Targets for people: format, tidy, update-symbols.

file(GLOB_RECURSE sources CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/lib/*.[ch]" "${PROJECT_SOURCE_DIR}/lib/*.inl" "${PROJECT_SOURCE_DIR}/apps/*.[ch]"
  "${PROJECT_SOURCE_DIR}/experiments/*.[ch]" "${PROJECT_SOURCE_DIR}/tests/*.[ch]")

# descent_tool(TARGET NAME COMMENT ARGUMENTS...): a target that runs one of clang's tools, of the version that the
# configuration files are written for.
function(descent_tool target name comment)
  find_program(${target}_PROGRAM NAMES ${name}-14)
  mark_as_advanced(${target}_PROGRAM)
  if(${target}_PROGRAM)
    add_custom_target(${target} COMMAND "${${target}_PROGRAM}" ${ARGN}
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" COMMENT "${comment}" VERBATIM)
  endif()
endfunction()

descent_tool(format clang-format "Formatting every C file" -i ${sources})
descent_tool(tidy run-clang-tidy "Checking every compiled file with clang-tidy"
  -quiet -p "${PROJECT_BINARY_DIR}" "^${PROJECT_SOURCE_DIR}/(lib|apps|experiments|tests)/")

add_custom_target(update-symbols
  COMMAND sh "${PROJECT_SOURCE_DIR}/tests/symbols/exported.sh" --update "$<TARGET_FILE:descent>"
          "${PROJECT_SOURCE_DIR}/lib/descent.symbols"
  DEPENDS descent COMMENT "Listing what the shared library exports in lib/descent.symbols" VERBATIM)

# docs/gallery.md and its pictures, from the quick presets of all experiments.
add_custom_target(gallery
  COMMAND python3 "${PROJECT_SOURCE_DIR}/docs/gallery.py" "${PROJECT_BINARY_DIR}/bin" "${PROJECT_BINARY_DIR}/gallery"
  DEPENDS descent_command
  COMMENT "Running the quick presets for docs/gallery.md"
  VERBATIM)
