// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Multiplies tables before rows of them are gathered; see Passes.td.

#include "descent/Dialect/Descent/Math.h"
#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_MULTIPLYTABLESPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// The value that is repeated along all dimensions but `dims`.
static std::pair<Value, SmallVector<int64_t>> unrepeated(Value value) {
  if (auto broadcast = value.getDefiningOp<BroadcastOp>())
    return {broadcast.getOperand(), llvm::to_vector(broadcast.getDims())};
  return {value, llvm::to_vector(llvm::seq<int64_t>(0, shapeOf(value).size()))};
}

namespace {

/// One factor of a product as rows that are gathered from a table.
class GatheredFactor {
public:
  GatheredFactor(ContractOp op, bool isLeft)
      : op(op), isLeft(isLeft),
        gather((isLeft ? op.getLhs() : op.getRhs()).getDefiningOp<GatherOp>()),
        labels(isLeft ? op.getLhsLabels() : op.getRhsLabels()),
        otherLabels(isLeft ? op.getRhsLabels() : op.getLhsLabels()) {
    if (!gather)
      return;
    std::tie(table, tableDims) = unrepeated(gather.getOperand());
    std::tie(indices, rowDims) = unrepeated(gather.getIndices());
  }

  /// Whether every row is one of the table, and the product treats rows alike.
  bool matches() const {
    if (!gather)
      return false;
    int64_t axis = gather.getAxis();
    for (int64_t dim = 0; dim < int64_t(labels.size()); ++dim) {
      bool isRow = llvm::is_contained(rowDims, dim);
      if (llvm::is_contained(tableDims, dim) != (!isRow || dim == axis))
        return false;
      if (isRow && (!llvm::is_contained(op.getResultLabels(), labels[dim]) ||
                    llvm::is_contained(otherLabels, labels[dim])))
        return false;
    }
    return llvm::is_contained(rowDims, axis);
  }

  /// Whether the table has at most half as many rows as are gathered, and not
  /// many more than a row has elements: the gradient of the table may have to
  /// look at all rows for each entry.
  bool pays() const {
    int64_t rows = countElements(indices.getType());
    int64_t entries = shapeOf(gather.getOperand())[gather.getAxis()];
    int64_t summed = 1;
    for (auto [label, extent] : llvm::zip(labels, shapeOf(gather)))
      if (!llvm::is_contained(op.getResultLabels(), label))
        summed *= extent;
    return summed > 1 && 2 * entries <= rows && entries <= 4 * summed;
  }

  /// The product as rows that are gathered from the product of the table.
  Value build(OpBuilder &b) const {
    Location loc = op.getLoc();
    int64_t axisLabel = labels[gather.getAxis()];
    SmallVector<int64_t> tableLabels, rowLabels, features;
    for (int64_t dim : tableDims)
      tableLabels.push_back(labels[dim]);
    for (int64_t dim : rowDims)
      rowLabels.push_back(labels[dim]);
    SmallVector<int64_t> order{axisLabel};
    int64_t numFeatures = 1;
    for (auto [label, extent] :
         llvm::zip(op.getResultLabels(), op.getType().getShape()))
      if (!llvm::is_contained(rowLabels, label)) {
        order.push_back(label);
        features.push_back(extent);
        numFeatures *= extent;
      }
    Value product = isLeft
                        ? b.create<ContractOp>(loc, table, tableLabels,
                                               op.getRhs(), otherLabels, order)
                        : b.create<ContractOp>(loc, op.getLhs(), otherLabels,
                                               table, tableLabels, order);
    int64_t rows = countElements(indices.getType());
    SmallVector<int64_t> flat{shapeOf(product)[0], numFeatures};
    Value places = broadcastTo(b, loc, reshapeTo(b, loc, indices, {rows}),
                               {rows, numFeatures}, {0});
    Value gathered = b.create<GatherOp>(
        gather.getLoc(), reshapeTo(b, loc, product, flat), places, 0);
    // Rows in front, in the order of the indices; then as the product has it.
    SmallVector<int64_t> shape(shapeOf(indices)), permutation;
    llvm::append_range(shape, features);
    SmallVector<int64_t> found(rowLabels);
    llvm::append_range(found, ArrayRef(order).drop_front());
    for (int64_t label : op.getResultLabels())
      permutation.push_back(llvm::find(found, label) - found.begin());
    Value result = reshapeTo(b, loc, gathered, shape);
    return llvm::is_sorted(permutation)
               ? result
               : b.create<TransposeOp>(loc, result, permutation);
  }

private:
  mutable ContractOp op;
  bool isLeft;
  mutable GatherOp gather;
  ArrayRef<int64_t> labels, otherLabels;
  /// The table and the indices without repetitions, and along which dimensions
  /// of the factor they differ.
  Value table, indices;
  SmallVector<int64_t> tableDims, rowDims;
};

struct MultiplyTablesPass
    : descent::impl::MultiplyTablesPassBase<MultiplyTablesPass> {
  using MultiplyTablesPassBase::MultiplyTablesPassBase;

  void runOnOperation() override {
    SmallVector<ContractOp> products;
    getOperation().walk([&](ContractOp op) { products.push_back(op); });
    for (ContractOp op : products)
      for (bool isLeft : {true, false}) {
        GatheredFactor factor(op, isLeft);
        if (!factor.matches() || !factor.pays())
          continue;
        OpBuilder b(op);
        op.replaceAllUsesWith(factor.build(b));
        op.erase();
        break;
      }
  }
};

} // namespace
