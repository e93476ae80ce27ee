// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers that rearrange, join or choose elements.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

/// flatten and reshape: the checker has computed the shape.
static Value buildReshape(const Use &use) {
  return reshapeTo(use.b, use.loc, use.operands[0], use.resultShape());
}

static Value buildConcat(const Use &use) {
  return use.b.create<ConcatOp>(use.loc, use.operands,
                                use.attributes().integer("axis"));
}

static Value buildArgmax(const Use &use) {
  auto max = use.b.create<MaxWithIndexOp>(
      use.loc, use.operands[0],
      ArrayRef<int64_t>{use.attributes().integer("axis")});
  return max.getIndices();
}

void addShapeBuilders(BuilderTable &table) {
  table.layers["flatten"] = buildReshape;
  table.layers["reshape"] = buildReshape;
  table.layers["concat"] = buildConcat;
  table.layers["argmax"] = buildArgmax;
}

} // namespace descent::import
