// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The element types of the dialect as code generation sees them.
//
// | element   | in a register         | in memory             |
// | f32, f64  | itself                | itself                |
// | i32, ui32 | i32                   | i32                   |
// | i1        | i1                    | i32, 0 or 1           |
// | f16, bf16 | i32, its bits         | i16, its bits         |

#ifndef DESCENT_CODEGEN_ELEMENTTYPES_H
#define DESCENT_CODEGEN_ELEMENTTYPES_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace descent::codegen {

mlir::Type registerType(mlir::Type element);
mlir::Type storageType(mlir::Type element);

/// A constant of an element type as one of the register's type.
mlir::TypedAttr registerConstant(mlir::TypedAttr value);

/// A loaded value in a register, and what a register's value is stored as.
mlir::Value fromStorage(mlir::ImplicitLocOpBuilder &b, mlir::Value stored,
                        mlir::Type element);
mlir::Value toStorage(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                      mlir::Type element);

/// The same of several elements at once, whose integers of 16 bits are taken
/// out of vectors and put into them as ones of 32: without optional features
/// they may only be loaded, stored and converted.
mlir::Value vectorFromStorage(mlir::ImplicitLocOpBuilder &b, mlir::Value stored,
                              mlir::Type element);
mlir::Value vectorToStorage(mlir::ImplicitLocOpBuilder &b,
                            llvm::ArrayRef<mlir::Value> values,
                            mlir::Type element);

/// An f32 rounded to f16 or bf16, as its bits, and the f32 that such bits are.
mlir::Value narrow(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                   mlir::Type element);
mlir::Value widen(mlir::ImplicitLocOpBuilder &b, mlir::Value bits,
                  mlir::Type element);

} // namespace descent::codegen

#endif // DESCENT_CODEGEN_ELEMENTTYPES_H
