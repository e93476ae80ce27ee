// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `descent` dialect in C++: attributes, interfaces, operations and their
// small helpers.

#ifndef DESCENT_DIALECT_DESCENT_DESCENT_H
#define DESCENT_DIALECT_DESCENT_DESCENT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/IntegerSet.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "descent/Dialect/Descent/DescentDialect.h.inc"
#include "descent/Dialect/Descent/DescentEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "descent/Dialect/Descent/DescentAttrs.h.inc"

#include "descent/Dialect/Descent/DescentInterfaces.h.inc"

namespace descent {

/// A scalar's or tensor's type with another element type.
mlir::Type withElementType(mlir::Type type, mlir::Type element);

/// The number of elements; 1 for a scalar.
int64_t countElements(mlir::Type type);

/// The most bytes of one tensor in memory: what Vulkan lets every device bind
/// at least.
inline constexpr int64_t maxTensorBytes = 128 << 20;

/// The 1-D, or general, tensor type of static `shape`.
mlir::RankedTensorType tensorType(llvm::ArrayRef<int64_t> shape,
                                  mlir::Type element);

/// The access that reads element d0, d1, ... of a tensor of `rank` in an
/// iteration space of `dims` dimensions.
AccessAttr identityAccess(mlir::MLIRContext *context, unsigned rank);

/// Implements LoopNestOpInterface for elementwise operations on tensors.
template <typename ConcreteOp>
class ElementwiseLoops
    : public mlir::OpTrait::TraitBase<ConcreteOp, ElementwiseLoops> {
public:
  void getIterationDomain(llvm::SmallVectorImpl<int64_t> &parallel,
                          llvm::SmallVectorImpl<int64_t> &) {
    auto type = llvm::cast<mlir::RankedTensorType>(
        this->getOperation()->getResult(0).getType());
    parallel.append(type.getShape().begin(), type.getShape().end());
  }
  AccessAttr getOperandAccess(unsigned operand) {
    auto type = llvm::cast<mlir::RankedTensorType>(
        this->getOperation()->getOperand(operand).getType());
    return identityAccess(type.getContext(), type.getRank());
  }
  llvm::SmallVector<mlir::Value> buildScalarBody(mlir::OpBuilder &builder,
                                                 mlir::ValueRange operands) {
    mlir::Operation *op = this->getOperation();
    mlir::OperationState state(op->getLoc(), op->getName());
    state.addOperands(operands);
    state.addAttributes(op->getDiscardableAttrDictionary().getValue());
    state.propertiesAttr = op->getPropertiesAsAttribute();
    for (mlir::Type type : op->getResultTypes())
      state.addTypes(mlir::getElementTypeOrSelf(type));
    return llvm::to_vector_of<mlir::Value>(builder.create(state)->getResults());
  }
};

} // namespace descent

#define GET_OP_CLASSES
#include "descent/Dialect/Descent/DescentOps.h.inc"

#endif // DESCENT_DIALECT_DESCENT_DESCENT_H
