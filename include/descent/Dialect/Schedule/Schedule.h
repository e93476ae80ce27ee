// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `schedule` dialect in C++: attributes, operations and the constants of
// the memory model.

#ifndef DESCENT_DIALECT_SCHEDULE_SCHEDULE_H
#define DESCENT_DIALECT_SCHEDULE_SCHEDULE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace descent {
class KernelOp;
} // namespace descent

#include "descent/Dialect/Schedule/ScheduleDialect.h.inc"
#include "descent/Dialect/Schedule/ScheduleEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "descent/Dialect/Schedule/ScheduleAttrs.h.inc"

#define GET_OP_CLASSES
#include "descent/Dialect/Schedule/ScheduleOps.h.inc"

namespace descent::schedule {

/// Places and bindings are whole words of this many bytes.
inline constexpr int64_t kWordBytes = 4;

/// Bindings and places of inputs and states start at multiples of this many
/// bytes: the largest minStorageBufferOffsetAlignment that Vulkan allows a
/// device to ask for.
inline constexpr int64_t kPlaceAlignment = 256;

/// The size of the runtime's control words in bytes.
inline constexpr int64_t kControlBytes = 256;

/// The bytes of an element of a tensor: those of its type, and a word for i1.
int64_t elementBytes(mlir::Type tensor);

/// The bytes of a tensor of static shape.
int64_t byteSize(mlir::Type tensor);

/// The bytes of a place that holds a tensor: whole words.
int64_t placeSize(mlir::Type tensor);

} // namespace descent::schedule

#endif // DESCENT_DIALECT_SCHEDULE_SCHEDULE_H
