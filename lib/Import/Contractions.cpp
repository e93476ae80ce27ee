// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products with sums, in Einstein's notation; see Contractions.h.

#include "Contractions.h"

using namespace mlir;

namespace descent::import {

static size_t placeOf(ArrayRef<int64_t> labels, int64_t label) {
  return llvm::find(labels, label) - labels.begin();
}

int64_t Labelled::extent(int64_t label) const {
  return shapeOf(value)[placeOf(labels, label)];
}

static void remove(Labelled &x, ArrayRef<int64_t> dims) {
  for (int64_t dim : llvm::reverse(dims))
    x.labels.erase(x.labels.begin() + dim);
}

/// Sums over the labels of `x` that are needed nowhere else.
static void sumLoneLabels(OpBuilder &b, Location loc, Labelled &x,
                          const Labelled &other, ArrayRef<int64_t> result) {
  SmallVector<int64_t> dims;
  for (auto [dim, label] : llvm::enumerate(x.labels))
    if (!other.has(label) && !llvm::is_contained(result, label))
      dims.push_back(dim);
  if (dims.empty())
    return;
  x.value = b.create<ReduceSumOp>(loc, x.value, dims);
  remove(x, dims);
}

/// Takes away the dimensions of size 1 that are repeated to fit `other`.
static void dropRepeated(OpBuilder &b, Location loc, Labelled &x,
                         const Labelled &other) {
  SmallVector<int64_t> dims;
  for (auto [dim, label] : llvm::enumerate(x.labels))
    if (other.has(label) && x.extent(label) == 1 && other.extent(label) != 1)
      dims.push_back(dim);
  x.value = dropDims(b, loc, x.value, dims);
  remove(x, dims);
}

/// Reads through transpositions, so that a derivative has the layout of what
/// was transposed.
static void absorbTranspose(Labelled &x) {
  while (auto transpose = x.value.getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> labels(x.labels.size());
    for (auto [dim, from] : llvm::enumerate(transpose.getPermutation()))
      labels[from] = x.labels[dim];
    x = {transpose.getOperand(), labels};
  }
}

/// `x` with the dimensions that `labels` name, in their order.
static Value spread(OpBuilder &b, Location loc, const Labelled &x,
                    ArrayRef<int64_t> labels, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> permutation, dims;
  for (auto [dim, label] : llvm::enumerate(labels))
    if (x.has(label)) {
      permutation.push_back(placeOf(x.labels, label));
      dims.push_back(dim);
    }
  return broadcastTo(b, loc, permute(b, loc, x.value, permutation), shape,
                     dims);
}

Value contract(OpBuilder &b, Location loc, Labelled lhs, Labelled rhs,
               ArrayRef<int64_t> labels) {
  dropRepeated(b, loc, lhs, rhs);
  dropRepeated(b, loc, rhs, lhs);
  sumLoneLabels(b, loc, lhs, rhs, labels);
  sumLoneLabels(b, loc, rhs, lhs, labels);
  SmallVector<int64_t> shape;
  for (int64_t label : labels)
    shape.push_back(lhs.has(label) ? lhs.extent(label) : rhs.extent(label));
  bool sums = llvm::any_of(lhs.labels, [&](int64_t label) {
    return !llvm::is_contained(labels, label);
  });
  if (!sums) {
    Value x = spread(b, loc, lhs, labels, shape);
    Value y = spread(b, loc, rhs, labels, shape);
    return b.create<MulOp>(loc, x, y);
  }
  absorbTranspose(lhs);
  absorbTranspose(rhs);
  return b.create<ContractOp>(loc, tensorType(shape, elementOf(lhs.value)),
                              lhs.value, rhs.value, lhs.labels, rhs.labels,
                              labels);
}

} // namespace descent::import
