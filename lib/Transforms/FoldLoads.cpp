// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See FoldLoads.h.

#include "FoldLoads.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace descent;

namespace {

/// The indices of one load in the operand of the view that it reads.
class Place {
public:
  Place(LoadOp load, ArrayRef<int64_t> domain)
      : load(load), domain(domain), b(load) {}

  SmallVector<Value> through(AffineMap map, ArrayRef<int64_t> operandShape) {
    auto shape = cast<RankedTensorType>(load.getTensor().getType()).getShape();
    SmallVector<Value> indices;
    for (auto [expr, extent] : llvm::zip(map.getResults(), operandShape)) {
      // The load clamps, to the same extent.
      auto dim = dyn_cast<AffineDimExpr>(expr);
      if (dim && shape[dim.getPosition()] == extent)
        indices.push_back(load.getIndices()[dim.getPosition()]);
      else
        indices.push_back(emit(expr));
    }
    return indices;
  }

private:
  LoadOp load;
  ArrayRef<int64_t> domain;
  OpBuilder b;

  Value emit(AffineExpr expr) {
    if (std::optional<AffineExpr> known = ofIteration(expr))
      return b.create<IndexOp>(
          load.getLoc(), b.getI32Type(),
          AffineMap::get(domain.size(), 0, simplifyExpr(*known, domain)));
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      return clamp(dim.getPosition());
    auto binary = cast<AffineBinaryOpExpr>(expr);
    Value lhs = emit(binary.getLHS()), rhs = emit(binary.getRHS());
    if (expr.getKind() == AffineExprKind::Add)
      return b.create<AddOp>(load.getLoc(), lhs.getType(),
                             ValueRange{lhs, rhs});
    // Nothing here is negative: of such numbers, quotients and remainders are
    // the affine ones.
    if (expr.getKind() == AffineExprKind::FloorDiv)
      return b.create<DivOp>(load.getLoc(), lhs, rhs);
    if (expr.getKind() == AffineExprKind::Mod)
      return b.create<RemOp>(load.getLoc(), lhs, rhs);
    return b.create<MulOp>(load.getLoc(), lhs, rhs);
  }

  /// The expression in dimensions of the iteration, if it is one.
  std::optional<AffineExpr> ofIteration(AffineExpr expr) {
    SmallVector<AffineExpr> dims;
    for (Value index : load.getIndices()) {
      auto op = index.getDefiningOp<IndexOp>();
      if (!op && expr.isFunctionOfDim(dims.size()))
        return std::nullopt;
      dims.push_back(op ? op.getMap().getResult(0)
                        : getAffineConstantExpr(0, load.getContext()));
    }
    return expr.replaceDims(dims);
  }

  /// An index within the view.
  Value clamp(unsigned dim) {
    auto type = cast<RankedTensorType>(load.getTensor().getType());
    auto number = [&](int64_t value) {
      return b.create<ConstantOp>(load.getLoc(), b.getI32IntegerAttr(value));
    };
    Value index = load.getIndices()[dim];
    index = b.create<MaximumOp>(load.getLoc(), index, number(0));
    return b.create<MinimumOp>(load.getLoc(), index,
                               number(type.getDimSize(dim) - 1));
  }
};

} // namespace

bool descent::foldLoads(KernelOp kernel, unsigned number,
                        ViewOpInterface view) {
  AccessAttr access = view.getAccess();
  if (!access.isUnguarded())
    return false;
  bool inMap = number < kernel.getInputs().size();
  Block &block = inMap ? kernel.getMapBlock() : kernel.getFinishBlock();
  BlockArgument argument = block.getArgument(
      inMap ? number
            : number - kernel.getInputs().size() + kernel.getNumCombined());
  auto loads = llvm::map_to_vector(
      argument.getUsers(), [](Operation *user) { return cast<LoadOp>(user); });
  SmallVector<int64_t> domain = kernel.getDomain();
  auto type = cast<RankedTensorType>(view->getOperand(0).getType());
  for (LoadOp load : loads) {
    SmallVector<Value> indices =
        Place(load, inMap ? ArrayRef(domain) : kernel.getParallel())
            .through(access.getMap(), type.getShape());
    load.getIndicesMutable().assign(indices);
  }
  argument.setType(type);
  kernel->setOperand(number, view->getOperand(0));
  return true;
}
