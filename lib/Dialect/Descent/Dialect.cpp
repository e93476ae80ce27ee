// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration of the `descent` dialect, its attributes' syntax and its type
// helpers.

#include "descent/Dialect/Descent/Descent.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace descent;

#include "descent/Dialect/Descent/DescentDialect.cpp.inc"
#include "descent/Dialect/Descent/DescentEnums.cpp.inc"
#include "descent/Dialect/Descent/DescentInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "descent/Dialect/Descent/DescentAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "descent/Dialect/Descent/DescentOps.cpp.inc"

void DescentDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "descent/Dialect/Descent/DescentAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "descent/Dialect/Descent/DescentOps.cpp.inc"
      >();
}

Operation *DescentDialect::materializeConstant(OpBuilder &builder,
                                               Attribute value, Type type,
                                               Location loc) {
  auto typed = dyn_cast<TypedAttr>(value);
  if (!typed || typed.getType() != type)
    return nullptr;
  return builder.create<ConstantOp>(loc, typed);
}

//===----------------------------------------------------------------------===//
// #descent.access
//===----------------------------------------------------------------------===//

Attribute AccessAttr::parse(AsmParser &parser, Type) {
  AffineMap map;
  IntegerSet guard;
  TypedAttr fill;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseAffineMap(map))
    return {};
  if (succeeded(parser.parseOptionalKeyword("if"))) {
    Attribute value;
    if (parser.parseIntegerSet(guard) || parser.parseKeyword("else") ||
        parser.parseAttribute(value))
      return {};
    fill = llvm::dyn_cast<TypedAttr>(value);
    if (!fill) {
      parser.emitError(loc, "expected a number after 'else'");
      return {};
    }
    if (guard.getNumDims() != map.getNumDims()) {
      parser.emitError(loc, "expected map and guard over the same dimensions");
      return {};
    }
  }
  if (map.getNumSymbols() != 0 || (guard && guard.getNumSymbols() != 0)) {
    parser.emitError(loc, "an access has no symbols");
    return {};
  }
  if (parser.parseGreater())
    return {};
  return AccessAttr::get(parser.getContext(), map, guard, fill);
}

void AccessAttr::print(AsmPrinter &printer) const {
  printer << "<";
  getMap().print(printer.getStream());
  if (getGuard()) {
    printer << " if ";
    getGuard().print(printer.getStream());
    printer << " else ";
    printer.printAttribute(getFill());
  }
  printer << ">";
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

namespace descent {

Type withElementType(Type type, Type element) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return RankedTensorType::get(tensor.getShape(), element);
  return element;
}

int64_t countElements(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? shaped.getNumElements() : 1;
}

RankedTensorType tensorType(ArrayRef<int64_t> shape, Type element) {
  return RankedTensorType::get(shape, element);
}

} // namespace descent
