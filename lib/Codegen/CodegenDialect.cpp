// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration of the `codegen` dialect and the checks of the strategy
// attribute.

#include "descent/Codegen/Codegen.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace descent::codegen;

#include "descent/Codegen/CodegenDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "descent/Codegen/CodegenAttrs.cpp.inc"

void CodegenDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "descent/Codegen/CodegenAttrs.cpp.inc"
      >();
}

LogicalResult StrategyAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   ArrayRef<int64_t> lanes,
                                   ArrayRef<int64_t> tile,
                                   ArrayRef<int64_t> run,
                                   ArrayRef<int64_t> unroll) {
  if (lanes.size() != tile.size() || lanes.size() != run.size())
    return emitError() << "expected as many entries in 'tile' (" << tile.size()
                       << ") and 'run' (" << run.size() << ") as in 'lanes' ("
                       << lanes.size() << ")";
  for (ArrayRef<int64_t> numbers : {lanes, tile, run, unroll})
    if (llvm::any_of(numbers, [](int64_t number) { return number < 1; }))
      return emitError() << "expected positive numbers in a strategy";
  for (auto [t, r] : llvm::zip(tile, run))
    if (t % r != 0)
      return emitError() << "a run of " << r << " does not divide a tile of "
                         << t;
  return success();
}

int64_t StrategyAttr::getWorkgroupSize() const {
  return ShapedType::getNumElements(getLanes());
}
int64_t StrategyAttr::getTileSize() const {
  return ShapedType::getNumElements(getTile());
}
