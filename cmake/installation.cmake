# What `cmake --install` puts where: programs, shared libraries with their public headers, the CMake package `descent`
# (targets descent::NAME) and the pkg-config files. The tree may be moved after the installation. Programs that are linked
# by pkg-config's words find the libraries wherever they lie, without ldconfig; a distribution, whose libraries the loader
# finds, leaves that out as it does everywhere: -D CMAKE_SKIP_INSTALL_RPATH=ON (or by hand, --define-variable=rpath=).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(DESCENT_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/descent")
file(RELATIVE_PATH programs_to_libraries "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")
set(CMAKE_INSTALL_RPATH "$ORIGIN/${programs_to_libraries};$ORIGIN")

if(CMAKE_SKIP_INSTALL_RPATH OR CMAKE_SKIP_RPATH)
  set(PC_RPATH "")
else()
  set(PC_RPATH "-Wl,-rpath,\${libdir}")
endif()

# descent_install_library(TARGET NAME SUMMARY [REQUIRES...]): installs a shared library as descent::NAME with the headers
# in the caller's include/ folder. Users see its public headers and nothing that it is made of. REQUIRES: pkg-config
# names of ours that its headers need.
function(descent_install_library target name summary)
  add_library(descent::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  target_include_directories(${target} PUBLIC
    "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  install(TARGETS ${target} EXPORT descent LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

  get_target_property(PC_LIBRARY ${target} OUTPUT_NAME)
  if(NOT PC_LIBRARY)
    set(PC_LIBRARY ${target})
  endif()
  set(PC_SUMMARY "${summary}")
  string(JOIN ", " PC_REQUIRES ${ARGN})
  file(RELATIVE_PATH PC_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/library.pc.in" "${PROJECT_BINARY_DIR}/${PC_LIBRARY}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${PC_LIBRARY}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()

# descent_install_program(TARGET)
function(descent_install_program target)
  install(TARGETS ${target} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endfunction()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/descentConfig.cmake.in" descentConfig.cmake
  INSTALL_DESTINATION "${DESCENT_PACKAGE_DIR}")
write_basic_package_version_file(descentConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/descentConfig.cmake" "${PROJECT_BINARY_DIR}/descentConfigVersion.cmake"
  DESTINATION "${DESCENT_PACKAGE_DIR}")
install(EXPORT descent NAMESPACE descent:: FILE descentTargets.cmake DESTINATION "${DESCENT_PACKAGE_DIR}")
install(FILES LICENSE README.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
