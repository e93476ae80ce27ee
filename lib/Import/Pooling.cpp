// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pools over the two spatial dimensions of [N, C, H, W].

#include "Builders.h"
#include "Windows.h"

using namespace mlir;

namespace descent::import {

static WindowSpec poolWindows(const Use &use, Fill fill) {
  const model::Attributes &attributes = use.attributes();
  ArrayRef<int64_t> out = use.resultShape();
  WindowSpec spec;
  spec.size = attributes.pair("kernel");
  spec.stride = attributes.pair("stride");
  spec.dilation = attributes.has("dilation") ? attributes.pair("dilation")
                                             : std::array<int64_t, 2>{1, 1};
  spec.padLow = attributes.pair("pad");
  spec.positions = {out[2], out[3]};
  spec.fill = fill;
  return spec;
}

static Value buildMaxPool2d(const Use &use) {
  WindowSpec spec = poolWindows(use, Fill::lowest);
  Value windows = slidingWindows(use.b, use.loc, use.operands[0], spec);
  auto max =
      use.b.create<MaxWithIndexOp>(use.loc, windows, ArrayRef<int64_t>{4, 5});
  return max.getValues();
}

namespace {
/// Floating-point expressions of one tensor type.
struct Expressions {
  OpBuilder &b;
  Location loc;
  RankedTensorType type;

  Value constant(double value) { return constantLike(b, loc, type, value); }
  Value add(Value x, double y) {
    return b.create<AddOp>(loc, type, ValueRange{x, constant(y)});
  }
  Value atMost(Value x, double y) {
    return b.create<MinimumOp>(loc, x, constant(y));
  }
  Value atLeast(Value x, double y) {
    return b.create<MaximumOp>(loc, x, constant(y));
  }
};
} // namespace

/// How many elements of dimension `dim` of an extent count in the mean of each
/// window: those within the padded extent, or within the extent itself. As
/// PyTorch's avg_pool2d, what ceil mode adds past the padding never counts.
static Value countedAlong(Expressions e, int64_t dim, int64_t extent,
                          int64_t size, int64_t stride, int64_t pad,
                          bool includePad) {
  Value position =
      e.b.create<IotaOp>(e.loc, tensorType(e.type.getShape(), e.b.getI32Type()),
                         e.b.getI64IntegerAttr(dim));
  Value start = e.b.create<MulOp>(
      e.loc, e.b.create<CastOp>(e.loc, e.type, position), e.constant(stride));
  start = e.add(start, -pad);
  Value end = e.add(start, size);
  if (includePad) {
    end = e.atMost(end, extent + pad);
  } else {
    end = e.atMost(end, extent);
    start = e.atLeast(start, 0);
  }
  return e.b.create<SubOp>(e.loc, end, start);
}

static Value buildAvgPool2d(const Use &use) {
  OpBuilder &b = use.b;
  WindowSpec spec = poolWindows(use, Fill::zero);
  bool includePad = use.attributes().flag("count_include_pad");
  ArrayRef<int64_t> in = shapeOf(use.operands[0]);
  Value windows = slidingWindows(b, use.loc, use.operands[0], spec);
  Value sum = b.create<ReduceSumOp>(use.loc, windows, ArrayRef<int64_t>{4, 5});
  auto type = cast<RankedTensorType>(sum.getType());

  bool uniform = true;
  for (int d = 0; d < 2; ++d) {
    int64_t reach = (spec.positions[d] - 1) * spec.stride[d] + spec.size[d];
    int64_t pad = spec.padLow[d];
    uniform &= reach <= in[2 + d] + (includePad ? 2 * pad : pad) &&
               (includePad || pad == 0);
  }
  if (uniform)
    return b.create<MulOp>(
        use.loc, sum,
        constantLike(b, use.loc, type, 1.0 / (spec.size[0] * spec.size[1])));

  Expressions e{b, use.loc, type};
  Value counts[2];
  for (int d = 0; d < 2; ++d)
    counts[d] = countedAlong(e, 2 + d, in[2 + d], spec.size[d], spec.stride[d],
                             spec.padLow[d], includePad);
  Value count = b.create<MulOp>(use.loc, counts[0], counts[1]);
  return b.create<DivOp>(use.loc, sum, count);
}

void addPoolingBuilders(BuilderTable &table) {
  table.layers["max_pool2d"] = buildMaxPool2d;
  table.layers["avg_pool2d"] = buildAvgPool2d;
}

} // namespace descent::import
