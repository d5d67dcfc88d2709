# How symc's own targets are compiled. Two kinds: those that use MLIR (symc_add_mlir_library) and those that must not
# (the runtime and what `symc train` needs), which see no LLVM include path at all.

set(SYMC_SANITIZE "" CACHE STRING "Sanitizers for everything that is built, e.g. address;undefined")
if(SYMC_SANITIZE)
  string(REPLACE ";" "," SYMC_SANITIZE_FLAGS "${SYMC_SANITIZE}")
  add_compile_options(-fsanitize=${SYMC_SANITIZE_FLAGS} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SYMC_SANITIZE_FLAGS})
endif()
add_compile_options(-Wall -Wextra -Wno-unused-parameter)
# Objects that do not hold the place they were built in make ccache and reproducible builds work.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)

# symc_mlir_options(target): a target that includes headers of MLIR and of the dialects. They dominate the compile time: one
# precompiled header serves all, programs too, which are therefore as position independent as the libraries are.
function(symc_mlir_options target)
  target_include_directories(${target} SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS} ${LLD_INCLUDE_DIRS})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR})
  target_compile_options(${target} PRIVATE ${SYMC_LLVM_DEFINITIONS} -fno-exceptions -fPIC -fpch-instantiate-templates)
  add_dependencies(${target} SymIncGen KernelIncGen)
  if(NOT target STREQUAL "SymcPch")
    target_precompile_headers(${target} REUSE_FROM SymcPch)
  endif()
endfunction()

# symc_add_passes(Stage): classes, options, registration and documentation of the passes in this folder's Passes.td.
function(symc_add_passes stage)
  list(TRANSFORM MLIR_INCLUDE_DIRS PREPEND -I OUTPUT_VARIABLE includes)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${stage} ${includes})
  add_custom_target(Symc${stage}PassGen DEPENDS ${TABLEGEN_OUTPUT})
  add_dependencies(SymIncGen Symc${stage}PassGen)
  add_custom_target(Symc${stage}PassDocs
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/docs/passes
    COMMAND ${MLIR_TABLEGEN_EXE} -gen-pass-doc ${includes} ${CMAKE_CURRENT_SOURCE_DIR}/Passes.td
            -o ${PROJECT_BINARY_DIR}/docs/passes/${stage}.md)
  add_dependencies(docs Symc${stage}PassDocs)
endfunction()

# symc_add_mlir_library(Name sources... USES targets...): an object library that becomes part of libSymcCompiler.so and
# symc-opt, and the targets whose headers it includes: test/Tools/layers.py holds it to them.
function(symc_add_mlir_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES")
  add_library(${name} OBJECT ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${arg_USES})
  symc_mlir_options(${name})
  set_property(GLOBAL APPEND PROPERTY SYMC_MLIR_LIBRARIES ${name})
endfunction()
