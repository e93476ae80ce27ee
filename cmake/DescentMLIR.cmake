# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# LLVM and MLIR 19: found by the distribution's paths, linked as shared libraries only, one precompiled header for all.
find_package(MLIR 19.1 REQUIRED CONFIG HINTS /usr/lib/llvm-19/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)
include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
separate_arguments(DESCENT_LLVM_DEFINITIONS NATIVE_COMMAND ${LLVM_DEFINITIONS})
add_definitions(${DESCENT_LLVM_DEFINITIONS})

add_library(DescentPCH STATIC ${CMAKE_SOURCE_DIR}/lib/Pch.cpp)
target_precompile_headers(DescentPCH PRIVATE ${CMAKE_SOURCE_DIR}/lib/Pch.h)

# descent_add_mlir_library(NAME sources... [DEPENDS ...] [LINK ...]): a static library that uses MLIR.
# The shared MLIR and LLVM libraries are linked once, by way of this target's interface.
function(descent_add_mlir_library name)
  descent_add_library(${name} ${ARGN})
  target_precompile_headers(${name} REUSE_FROM DescentPCH)
  target_link_libraries(${name} PUBLIC MLIR LLVM)
  add_dependencies(${name} DescentHeaders)
endfunction()
