# What `cmake --install` puts beside the programs: headers, the Python module and find_package(symc).
# The program looks for ../lib/libSymcCompiler.so, so that an installed tree can be moved.
include(CMakePackageConfigHelpers)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/symc DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

set(SYMC_INSTALL_PYTHON lib/python3/dist-packages)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/python/symc DESTINATION ${SYMC_INSTALL_PYTHON} PATTERN __pycache__ EXCLUDE)

set(SYMC_INSTALL_CMAKE lib/cmake/symc)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/symcConfig.cmake.in ${PROJECT_BINARY_DIR}/symcConfig.cmake
  INSTALL_DESTINATION ${SYMC_INSTALL_CMAKE}
  PATH_VARS CMAKE_INSTALL_BINDIR CMAKE_INSTALL_INCLUDEDIR SYMC_INSTALL_PYTHON)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/symcConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/symcConfig.cmake ${PROJECT_BINARY_DIR}/symcConfigVersion.cmake
        DESTINATION ${SYMC_INSTALL_CMAKE})
