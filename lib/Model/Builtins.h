// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of the language that compute at compile time.

#ifndef DESCENT_LIB_MODEL_BUILTINS_H
#define DESCENT_LIB_MODEL_BUILTINS_H

#include "Value.h"

namespace descent::model {

struct BuiltinEntry {
  std::string_view name;
  Callable::Builtin function;
  size_t minArguments, maxArguments;
};

/// The builtin of that name, or null.
const BuiltinEntry *findBuiltin(std::string_view name);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_BUILTINS_H
