// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Metrics: what a batch adds to their accumulators, and how these end.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

/// The first slot divided by the second.
static Value buildRatio(OpBuilder &b, Location loc, ValueRange slots) {
  return Mean{slots[0], slots[1]}.value(b, loc);
}

/// How often the largest of logits [N, C, d1, ...] is that of the label in
/// [N, d1, ...].
static SmallVector<Value> buildAccuracy(const Use &use) {
  OpBuilder &b = use.b;
  Value logits = use.operands[0], labels = use.operands[1];
  auto max = b.create<MaxWithIndexOp>(use.loc, logits, ArrayRef<int64_t>{1});
  Value correct =
      b.create<CompareOp>(use.loc, Predicate::eq, max.getIndices(), labels);
  Value ones = b.create<CastOp>(
      use.loc, tensorType(shapeOf(labels), b.getF32Type()), correct);
  Mean mean = meanOf(b, use.loc, ones, use.operandTypes[1]->batchAxis);
  return {mean.total, mean.count};
}

void addMetricBuilders(BuilderTable &table) {
  table.metrics["accuracy"] = {{"correct", "count"}, buildAccuracy, buildRatio};
}

} // namespace descent::import
