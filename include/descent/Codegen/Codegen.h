// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `codegen` dialect in C++: the strategy attribute.

#ifndef DESCENT_CODEGEN_CODEGEN_H
#define DESCENT_CODEGEN_CODEGEN_H

#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"

#include "descent/Codegen/CodegenDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "descent/Codegen/CodegenAttrs.h.inc"

#endif // DESCENT_CODEGEN_CODEGEN_H
