// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions over any number of dimensions, as products over views. Weights
// have PyTorch's layout.

#include "Builders.h"
#include "Contractions.h"
#include "Windows.h"

using namespace mlir;

namespace descent::import {

using Values = SmallVector<Value>;

namespace {
/// Labels of the dimensions: samples, groups, channels of x and of the result
/// in a group; then the positions, then the elements of the kernel.
enum Label : int64_t { N, G, C, O, Spatial };

/// What both convolutions are made of.
struct Convolution {
  int64_t spatial; ///< how many dimensions
  int64_t groups;
  Value x, weight;
  WindowSpec windows;
  SmallVector<int64_t> positionLabels, kernelLabels;

  explicit Convolution(const Use &use)
      : spatial(use.operandTypes[0]->rank() - 2),
        groups(use.attributes().integer("groups")),
        x(use.operand(0, use.resultElement())),
        weight(use.operand(1, use.resultElement())) {
    ArrayRef<int64_t> kernel = shapeOf(weight).drop_front(2);
    windows.size.assign(kernel.begin(), kernel.end());
    windows.stride = use.list("stride", spatial);
    windows.dilation = use.list("dilation", spatial);
    for (int64_t i = 0; i < spatial; ++i) {
      positionLabels.push_back(Spatial + i);
      kernelLabels.push_back(Spatial + spatial + i);
    }
  }

  /// The labels of a tensor; without groups there is no dimension for them.
  SmallVector<int64_t> labels(std::initializer_list<int64_t> leading,
                              ArrayRef<int64_t> first,
                              ArrayRef<int64_t> second = {}) const {
    SmallVector<int64_t> result;
    for (int64_t label : leading)
      if (label != G || groups > 1)
        result.push_back(label);
    llvm::append_range(result, first);
    llvm::append_range(result, second);
    return result;
  }

  /// `value` with the groups split off from dimension `dim`.
  Value split(const Use &use, Value value, int64_t dim) const {
    if (groups == 1)
      return value;
    SmallVector<int64_t> shape(shapeOf(value));
    shape[dim] /= groups;
    shape.insert(shape.begin() + dim, groups);
    return reshapeTo(use.b, use.loc, value, shape);
  }

  /// Windows over the dimensions from `first` on.
  WindowSpec windowsFrom(int64_t first) const {
    WindowSpec result = windows;
    result.dims = llvm::to_vector(llvm::seq<int64_t>(first, first + spatial));
    return result;
  }
};
} // namespace

/// x [N, C, S...] padded with zeros, as far as the last window reaches.
static Value padSpatial(const Use &use, const Convolution &convolution) {
  Value x = convolution.x;
  ArrayRef<int64_t> shape = shapeOf(x);
  SmallVector<int64_t> padLow = use.list("pad_low", convolution.spatial);
  SmallVector<int64_t> low(shape.size(), 0), high(shape.size(), 0);
  const WindowSpec &windows = convolution.windows;
  bool pads = false;
  for (int64_t i = 0; i < convolution.spatial; ++i) {
    int64_t reach =
        (use.resultShape()[2 + i] - 1) * windows.stride[i] + windows.reach(i);
    low[2 + i] = padLow[i];
    high[2 + i] = std::max<int64_t>(0, reach - padLow[i] - shape[2 + i]);
    pads |= low[2 + i] > 0 || high[2 + i] > 0;
  }
  if (!pads)
    return x;
  return use.b.create<PadOp>(use.loc, x, low, high, PadMode::zero);
}

/// The windows of x [N, G, C/G, P..., K...] with the weight [G, O/G, C/G,
/// K...].
static Values buildConvolution(const Use &use) {
  Convolution c(use);
  Value x = c.split(use, padSpatial(use, c), 1);
  Value weight = c.split(use, c.weight, 0);
  Value windows =
      slidingWindows(use.b, use.loc, x, c.windowsFrom(c.groups > 1 ? 3 : 2));
  Value product =
      contract(use.b, use.loc,
               {windows, c.labels({N, G, C}, c.positionLabels, c.kernelLabels)},
               {weight, c.labels({G, O, C}, c.kernelLabels)},
               c.labels({N, G, O}, c.positionLabels));
  return {reshapeTo(use.b, use.loc, product, use.resultShape())};
}

/// The adjoint of a convolution in its first operand: x [N, G, C/G, P...] with
/// the weight [G, C/G, O/G, K...] gives windows, whose elements are added to
/// where they belong.
static Values buildConvolutionTranspose(const Use &use) {
  Convolution c(use);
  Value x = c.split(use, c.x, 1);
  Value weight = c.split(use, c.weight, 0);
  Value windows =
      contract(use.b, use.loc, {x, c.labels({N, G, C}, c.positionLabels)},
               {weight, c.labels({G, C, O}, c.kernelLabels)},
               c.labels({N, G, O}, c.positionLabels, c.kernelLabels));
  Value sum =
      sumOfWindows(use.b, use.loc, windows, c.windowsFrom(c.groups > 1 ? 3 : 2),
                   use.list("pad", c.spatial), use.resultShape().drop_front(2));
  return {reshapeTo(use.b, use.loc, sum, use.resultShape())};
}

void addConvolutionBuilders(BuilderTable &table) {
  table.ops["convolution"] = buildConvolution;
  table.ops["convolution_transpose"] = buildConvolutionTranspose;
}

} // namespace descent::import
