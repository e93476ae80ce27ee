// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Losses: what PyTorch computes with `reduction="mean"`, over the valid rows.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

/// Logits [N, C, d1, ...] and labels [N, d1, ...]: the mean of the
/// cross-entropy over all labels.
static Mean buildSoftmaxCrossEntropy(const Use &use) {
  Value logits = use.operands[0];
  int64_t rank = shapeOf(logits).size();
  if (rank > 2) {
    auto classesLast = dimsExcept(rank, {1});
    classesLast.push_back(1);
    logits = use.b.create<TransposeOp>(use.loc, logits, classesLast);
  }
  Value perLabel =
      use.b.create<SoftmaxCrossEntropyOp>(use.loc, logits, use.operands[1]);
  return meanOf(use.b, use.loc, perLabel, use.operandTypes[1]->batchAxis);
}

/// The mean of (x - y)^2 over all elements.
static Mean buildMse(const Use &use) {
  Value difference =
      use.b.create<SubOp>(use.loc, use.operands[0], use.operands[1]);
  Value squares = use.b.create<MulOp>(use.loc, difference, difference);
  return meanOf(use.b, use.loc, squares, batchAxisOf(use));
}

void addLossBuilders(BuilderTable &table) {
  table.losses["softmax_cross_entropy"] = buildSoftmaxCrossEntropy;
  table.losses["mse"] = buildMse;
}

} // namespace descent::import
