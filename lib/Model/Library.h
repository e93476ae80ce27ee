// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The definitions of lib/Model/Library: part of the binary, read once.

#ifndef DESCENT_LIB_MODEL_LIBRARY_H
#define DESCENT_LIB_MODEL_LIBRARY_H

#include "descent/Model/Ast.h"
#include "descent/Model/Registry.h"

namespace descent::model {

/// The initializers that are not written in the language.
std::vector<OpSpec> initializers();

/// These, and the entries of the registry that are written in the language, in
/// the order of the files (by name) and of the definitions in them. Definitions
/// whose name begins with `_` are the library's own and have none.
std::vector<OpSpec> libraryEntries();

/// The library's definition of that name, or null; those that begin with `_`
/// too.
const Definition *libraryDefinition(std::string_view name);

/// The specification of a definition, which outlives it.
OpSpec specify(const Definition &definition);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_LIBRARY_H
