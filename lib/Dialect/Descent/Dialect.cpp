// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration of the `descent` dialect, its attributes' syntax and its type
// helpers.

#include "descent/Dialect/Descent/ViewAlgebra.h"
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

/// Parses `[d0 - 1, d0 mod 2 == 0]`: expressions that are not negative, or
/// zero. Not an affine_set, whose `>=` MLIR takes for the end of the attribute.
static ParseResult parseGuard(AsmParser &parser, unsigned numDims,
                              IntegerSet &guard) {
  MLIRContext *context = parser.getContext();
  SmallVector<std::string> names;
  for (unsigned i = 0; i < numDims; ++i)
    names.push_back("d" + std::to_string(i));
  SmallVector<std::pair<StringRef, AffineExpr>> dims;
  for (auto [i, name] : llvm::enumerate(names))
    dims.push_back({name, getAffineDimExpr(i, context)});
  SmallVector<AffineExpr> constraints;
  SmallVector<bool> equalities;
  auto parseConstraint = [&]() -> ParseResult {
    int64_t zero = 0;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseAffineExpr(dims, constraints.emplace_back()))
      return failure();
    equalities.push_back(succeeded(parser.parseOptionalEqual()));
    if (equalities.back() && (parser.parseEqual() || parser.parseInteger(zero)))
      return failure();
    if (zero != 0)
      return parser.emitError(loc, "expected a comparison with 0");
    return success();
  };
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     parseConstraint))
    return failure();
  if (constraints.empty())
    return parser.emitError(loc, "expected a constraint after 'if'");
  guard = IntegerSet::get(numDims, 0, constraints, equalities);
  return success();
}

Attribute AccessAttr::parse(AsmParser &parser, Type) {
  AffineMap map;
  IntegerSet guard;
  TypedAttr fill;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess())
    return {};
  if (succeeded(parser.parseOptionalKeyword("whole"))) {
    if (parser.parseGreater())
      return {};
    return wholeAccess(parser.getContext());
  }
  if (parser.parseAffineMap(map))
    return {};
  if (map.getNumSymbols() != 0) {
    parser.emitError(loc, "an access has no symbols");
    return {};
  }
  if (succeeded(parser.parseOptionalKeyword("if"))) {
    Attribute value;
    if (parseGuard(parser, map.getNumDims(), guard) ||
        parser.parseKeyword("else") || parser.parseAttribute(value))
      return {};
    if (!llvm::isa<FloatAttr, IntegerAttr>(value)) {
      parser.emitError(loc, "expected a number after 'else'");
      return {};
    }
    fill = llvm::cast<TypedAttr>(value);
  }
  if (parser.parseGreater())
    return {};
  return AccessAttr::get(parser.getContext(), map, guard, fill);
}

void AccessAttr::print(AsmPrinter &printer) const {
  raw_ostream &os = printer.getStream();
  if (isWhole(*this)) {
    os << "<whole>";
    return;
  }
  os << "<";
  getMap().print(os);
  if (getGuard()) {
    os << " if [";
    llvm::interleaveComma(
        llvm::zip(getGuard().getConstraints(), getGuard().getEqFlags()), os,
        [&](auto constraint) {
          os << std::get<0>(constraint)
             << (std::get<1>(constraint) ? " == 0" : "");
        });
    os << "] else ";
    printer.printAttribute(getFill());
  }
  os << ">";
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
