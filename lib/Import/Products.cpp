// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers around a matrix product: dense and convolution. Weights have
// PyTorch's layout.

#include "Builders.h"
#include "Windows.h"

using namespace mlir;

namespace descent::import {

/// Adds a vector along dimension `dim`, if the layer has one.
static Value addBias(const Use &use, Value value, int64_t dim) {
  Value bias = use.parameter("bias");
  if (!bias)
    return value;
  Value wide = broadcastTo(use.b, use.loc, bias, shapeOf(value), {dim});
  return use.b.create<AddOp>(use.loc, value.getType(), ValueRange{value, wide});
}

/// y[..., o] = sum over i of x[..., i] weight[o, i] + bias[o].
static Value buildDense(const Use &use) {
  Value x = use.operands[0];
  int64_t rank = shapeOf(x).size();
  auto xLabels = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  SmallVector<int64_t> labels(xLabels);
  labels.back() = rank;
  Value product =
      use.b.create<ContractOp>(use.loc, x, xLabels, use.parameter("weight"),
                               ArrayRef<int64_t>{rank, rank - 1}, labels);
  return addBias(use, product, rank - 1);
}

/// A convolution as a product over a view: the windows of x [N, G, IC/G, OH,
/// OW, KH, KW] with the weight [G, OC/G, IC/G, KH, KW]. Without groups G is
/// left out.
static Value buildConv2d(const Use &use) {
  OpBuilder &b = use.b;
  const model::Attributes &attributes = use.attributes();
  Value x = use.operands[0], weight = use.parameter("weight");
  SmallVector<int64_t> in(shapeOf(x)), filter(shapeOf(weight));
  ArrayRef<int64_t> out = use.resultShape();
  int64_t groups = attributes.integer("groups");
  WindowSpec spec;
  spec.size = {filter[2], filter[3]};
  spec.stride = attributes.pair("stride");
  spec.dilation = attributes.pair("dilation");
  spec.padLow = attributes.pair("pad");
  spec.positions = {out[2], out[3]};
  spec.fill =
      attributes.enumerator("pad_mode") == "edge" ? Fill::edge : Fill::zero;

  enum : int64_t { N, G, IC, OH, OW, KH, KW, OC };
  SmallVector<int64_t> xLabels{N, IC, OH, OW, KH, KW};
  SmallVector<int64_t> weightLabels{OC, IC, KH, KW};
  SmallVector<int64_t> labels{N, OC, OH, OW};
  if (groups > 1) {
    x = reshapeTo(b, use.loc, x, {in[0], groups, in[1] / groups, in[2], in[3]});
    weight = reshapeTo(
        b, use.loc, weight,
        {groups, filter[0] / groups, filter[1], filter[2], filter[3]});
    xLabels.insert(xLabels.begin() + 1, G);
    weightLabels.insert(weightLabels.begin(), G);
    labels.insert(labels.begin() + 1, G);
  }
  Value windows = slidingWindows(b, use.loc, x, spec);
  Value product = b.create<ContractOp>(use.loc, windows, xLabels, weight,
                                       weightLabels, labels);
  return addBias(use, reshapeTo(b, use.loc, product, out), 1);
}

void addProductBuilders(BuilderTable &table) {
  table.layers["dense"] = buildDense;
  table.layers["conv2d"] = buildConv2d;
}

} // namespace descent::import
