// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration of the `schedule` dialect and the checks of its attributes.

#include "descent/Dialect/Schedule/Schedule.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace descent::schedule;

#include "descent/Dialect/Schedule/ScheduleDialect.cpp.inc"
#include "descent/Dialect/Schedule/ScheduleEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "descent/Dialect/Schedule/ScheduleAttrs.cpp.inc"

void ScheduleDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "descent/Dialect/Schedule/ScheduleAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "descent/Dialect/Schedule/ScheduleOps.cpp.inc"
      >();
}

LogicalResult PlaceAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                FlatSymbolRefAttr, int64_t offset,
                                int64_t size) {
  if (offset < 0 || offset % kElementBytes != 0)
    return emitError()
           << "a place's offset is a multiple of 4 and not negative, got "
           << offset;
  if (size <= 0 || size % kElementBytes != 0)
    return emitError() << "a place's size is a multiple of 4 and positive, got "
                       << size;
  return success();
}

int64_t descent::schedule::byteSize(Type tensor) {
  auto type = cast<ShapedType>(tensor);
  // i1 takes a word.
  int64_t bytes = type.getElementType().isInteger(1)
                      ? kElementBytes
                      : type.getElementTypeBitWidth() / 8;
  return llvm::alignTo(type.getNumElements() * bytes, kElementBytes);
}
