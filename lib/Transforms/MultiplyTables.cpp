// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Multiplies tables before rows of them are gathered; see Passes.td.

#include "descent/Dialect/Descent/Math.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
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
      : op(op), isLeft(isLeft), factor(isLeft ? op.getLhs() : op.getRhs()),
        labels(isLeft ? op.getLhsLabels() : op.getRhsLabels()),
        otherLabels(isLeft ? op.getRhsLabels() : op.getLhsLabels()) {
    auto reshape = factor.getDefiningOp<ReshapeOp>();
    gather =
        (reshape ? reshape.getOperand() : factor).getDefiningOp<GatherOp>();
    if (gather)
      isGathered = reshape ? readRows() : readDimensions();
  }

  /// Whether every row is one of the table, and the product treats rows alike.
  bool matches() const {
    return isGathered && llvm::all_of(rowDims, [&](int64_t dim) {
             return llvm::is_contained(op.getResultLabels(), labels[dim]) &&
                    !llvm::is_contained(otherLabels, labels[dim]);
           });
  }

  /// Whether the table has at most half as many rows as are gathered, and not
  /// many more than a row has elements: the gradient of the table may have to
  /// look at all rows for each entry.
  bool pays() const {
    int64_t entries = shapeOf(table)[axis], summed = 1;
    for (auto [label, extent] : llvm::zip(labels, shapeOf(factor)))
      if (!llvm::is_contained(op.getResultLabels(), label))
        summed *= extent;
    return summed > 1 && 2 * entries <= countRows() && entries <= 4 * summed;
  }

  /// The product as rows that are gathered from the product of the table.
  Value build(OpBuilder &b) const {
    Location loc = op.getLoc();
    // A label for the entries that nothing else has.
    int64_t entryLabel = 0;
    for (ArrayRef<int64_t> all : {labels, otherLabels})
      for (int64_t label : all)
        entryLabel = std::max(entryLabel, label + 1);
    SmallVector<int64_t> tableLabels, rowLabels, order{entryLabel}, features;
    for (int64_t dim : featureDims)
      tableLabels.push_back(labels[dim]);
    tableLabels.insert(tableLabels.begin() + axis, entryLabel);
    for (int64_t dim : rowDims)
      rowLabels.push_back(labels[dim]);
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
    SmallVector<int64_t> flat{shapeOf(product)[0], numFeatures};
    Value places =
        broadcastTo(b, loc, indicesOfRows(b), {countRows(), numFeatures}, {0});
    Value gathered = b.create<GatherOp>(
        gather.getLoc(), reshapeTo(b, loc, product, flat), places, 0);
    // Rows in front; then as the product has it.
    SmallVector<int64_t> shape, permutation, found(rowLabels);
    for (int64_t dim : rowDims)
      shape.push_back(shapeOf(factor)[dim]);
    llvm::append_range(shape, features);
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
  Value factor;
  ArrayRef<int64_t> labels, otherLabels;
  mutable GatherOp gather;
  bool isGathered = false;
  Value table;
  /// The table's dimension of entries.
  int64_t axis = 0;
  /// The dimensions of the factor: those of the rows, and in the order of the
  /// table those of what it has for an entry.
  SmallVector<int64_t> rowDims, featureDims;

  int64_t countRows() const {
    int64_t rows = 1;
    for (int64_t dim : rowDims)
      rows *= shapeOf(factor)[dim];
    return rows;
  }

  /// The factor is what is gathered, of a table that may be repeated along the
  /// dimensions of rows.
  bool readDimensions() {
    SmallVector<int64_t> tableDims;
    std::tie(table, tableDims) = unrepeated(gather.getOperand());
    int64_t along = gather.getAxis();
    for (auto [i, dim] : llvm::enumerate(tableDims))
      if (dim == along)
        axis = i;
      else
        featureDims.push_back(dim);
    rowDims = dimsExcept(shapeOf(factor).size(), featureDims);
    return llvm::is_contained(tableDims, along) &&
           llvm::none_of(featureDims, [&](int64_t dim) {
             return variesAlong(gather.getIndices(), dim);
           });
  }

  /// The factor has more dimensions of rows than what is gathered.
  bool readRows() {
    ArrayRef<int64_t> gathered = shapeOf(gather), shape = shapeOf(factor);
    size_t numFeatures = gathered.size() - 1;
    if (gather.getAxis() != 0 || shape.size() <= numFeatures ||
        shape.take_back(numFeatures) != gathered.drop_front())
      return false;
    table = gather.getOperand();
    int64_t numRows = shape.size() - numFeatures;
    rowDims = llvm::to_vector(llvm::seq<int64_t>(0, numRows));
    featureDims = llvm::to_vector(
        llvm::seq<int64_t>(numRows, static_cast<int64_t>(shape.size())));
    return llvm::none_of(
        llvm::seq<int64_t>(1, static_cast<int64_t>(gathered.size())),
        [&](int64_t dim) { return variesAlong(gather.getIndices(), dim); });
  }

  /// One index a row.
  Value indicesOfRows(OpBuilder &b) const {
    Value indices = gather.getIndices();
    auto [source, dims] = unrepeated(indices);
    if (countElements(source.getType()) == countRows())
      return reshapeTo(b, gather.getLoc(), source, {countRows()});
    SmallVector<int64_t> sizes(shapeOf(indices)), offsets(sizes.size(), 0);
    bool isFlat = shapeOf(gather).size() != shapeOf(factor).size();
    for (int64_t dim = 0; dim < int64_t(sizes.size()); ++dim)
      if (isFlat ? dim > 0 : llvm::is_contained(featureDims, dim))
        sizes[dim] = 1;
    return reshapeTo(b, gather.getLoc(),
                     sliceOf(b, gather.getLoc(), indices, offsets, sizes),
                     {countRows()});
  }

  /// Whether the elements of a value, seen through views, can differ along a
  /// dimension.
  static bool variesAlong(Value value, int64_t dim) {
    ArrayRef<int64_t> shape = shapeOf(value);
    auto access = AccessAttr::get(
        AffineMap::getMultiDimIdentityMap(shape.size(), value.getContext()));
    while (auto view = value.getDefiningOp<ViewOpInterface>()) {
      auto composed = composeAccess(access, view.getAccess(), shape);
      if (!composed || !composed->isUnguarded())
        break;
      access = simplifyAccess(*composed, shape);
      value = view->getOperand(0);
    }
    return access.getMap().isFunctionOfDim(dim);
  }
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
