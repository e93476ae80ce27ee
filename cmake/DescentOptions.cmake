# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Compiler flags of the whole project, and the one function that adds a plain library.
add_compile_options(-Wall -Wextra -Wno-unused-parameter -fvisibility-inlines-hidden -fPIC)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overflows in the inlined concatenation of std::string that are not there (GCC bug 105651).
  add_compile_options(-Wno-restrict -Wno-stringop-overflow)
endif()

# descent_add_library(NAME sources... [DEPENDS targets...] [LINK libs...]): a static library.
function(descent_add_library name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${arg_LINK})
  if(arg_DEPENDS)
    add_dependencies(${name} ${arg_DEPENDS})
  endif()
endfunction()
