// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration of the `schedule` dialect and the checks of its attributes.

#include "descent/Dialect/Schedule/Schedule.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/TypeUtilities.h"
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
  // Half a word is the smallest element.
  if (offset < 0 || offset % 2 != 0)
    return emitError() << "a place's offset is even and not negative, got "
                       << offset;
  if (size <= 0 || size % 2 != 0)
    return emitError() << "a place's size is even and positive, got " << size;
  return success();
}

int64_t descent::schedule::elementBytes(Type tensor) {
  Type element = getElementTypeOrSelf(tensor);
  return element.isInteger(1) ? kWordBytes
                              : element.getIntOrFloatBitWidth() / 8;
}

int64_t descent::schedule::byteSize(Type tensor) {
  return cast<ShapedType>(tensor).getNumElements() * elementBytes(tensor);
}

int64_t descent::schedule::placeSize(Type tensor) {
  return llvm::alignTo(byteSize(tensor), kWordBytes);
}
