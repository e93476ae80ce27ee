// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions over any number of spatial axes, and the windows they are made
// of.

#include "Shapes.h"
#include "Tables.h"
#include <algorithm>

using namespace descent::model;

namespace {

/// Reports operands that are not images [N, C, spatial...] and kernels of as
/// many axes.
bool expectImages(Inference &op) {
  if (!op.expectFloat(0) || !op.expectFloat(1))
    return false;
  const TensorType &x = op.operand(0), &w = op.operand(1);
  static const char *const layouts[] = {"N,C,L", "N,C,H,W", "N,C,D,H,W"};
  bool isUsual = w.rank() >= 3 && w.rank() <= 5;
  std::string layout = isUsual ? layouts[w.rank() - 3] : "N,C,...";
  if (w.rank() < 3)
    return op.error("expected a kernel of at least 3 dimensions, got " +
                    op.describe(1));
  if (x.rank() != w.rank())
    return op.error("expected " + std::to_string(w.rank()) + " dimensions (" +
                    layout + ") as the kernel has, got " + op.describe(0));
  if (x.batchAxis > 0)
    return op.error("expected the batch as first axis (" + layout +
                    "), got it as axis " + std::to_string(x.batchAxis) +
                    " of " + op.describe(0));
  if (w.batchAxis >= 0)
    return op.error("a kernel has no batch axis, got it as axis " +
                    std::to_string(w.batchAxis) + " of " + op.describe(1));
  return true;
}

/// Reports groups that do not divide the channels of x and axis `axis` of w.
bool expectGroups(Inference &op, int64_t axis) {
  int64_t groups = op.attributes().integer("groups");
  for (auto [i, at] : {std::pair<size_t, int64_t>{0, 1}, {1, axis}}) {
    int64_t size = op.operand(i).shape[at];
    if (size % groups)
      return op.error("groups", "groups " + std::to_string(groups) +
                                    " does not divide the " +
                                    std::to_string(size) +
                                    (i ? " filters of " : " channels of ") +
                                    op.describe(i));
  }
  return true;
}

bool inferConvolution(Inference &op) {
  if (!expectImages(op) || !expectGroups(op, 0))
    return false;
  const TensorType &x = op.operand(0), &w = op.operand(1);
  int64_t groups = op.attributes().integer("groups");
  if (w.shape[1] != x.shape[1] / groups)
    return op.error("expected a kernel of " +
                    std::to_string(x.shape[1] / groups) +
                    " channels (those of the input over the groups) for " +
                    op.describe(0) + ", got " + op.describe(1));
  size_t count = x.rank() - 2;
  auto stride = expandList(op, "stride", count);
  auto low = expandList(op, "pad_low", count);
  auto high = expandList(op, "pad_high", count);
  auto dilation = expandList(op, "dilation", count);
  if (!stride || !low || !high || !dilation)
    return false;
  TensorType type{*promoteOperands(op), {x.shape[0], w.shape[0]}, x.batchAxis};
  for (size_t i = 0; i < count; ++i) {
    std::optional<int64_t> size =
        countPositions(op,
                       {x.shape[2 + i], w.shape[2 + i], (*stride)[i], (*low)[i],
                        (*high)[i], (*dilation)[i]},
                       nameOfSide(i, count));
    if (!size)
      return false;
    type.shape.push_back(*size);
  }
  return give(op, std::move(type));
}

bool inferConvolutionTranspose(Inference &op) {
  if (!expectImages(op) || !expectGroups(op, 0))
    return false;
  const TensorType &x = op.operand(0), &w = op.operand(1);
  if (w.shape[0] != x.shape[1])
    return op.error("expected a kernel of " + std::to_string(x.shape[1]) +
                    " input channels on its first axis for " + op.describe(0) +
                    ", got " + op.describe(1));
  size_t count = x.rank() - 2;
  auto stride = expandList(op, "stride", count);
  auto pad = expandList(op, "pad", count);
  auto outputPad = expandList(op, "output_pad", count);
  auto dilation = expandList(op, "dilation", count);
  if (!stride || !pad || !outputPad || !dilation)
    return false;
  int64_t channels = 0;
  if (__builtin_mul_overflow(w.shape[1], op.attributes().integer("groups"),
                             &channels))
    channels = maxInteger;
  TensorType type{*promoteOperands(op), {x.shape[0], channels}, x.batchAxis};
  for (size_t i = 0; i < count; ++i) {
    std::string side = nameOfSide(i, count);
    if ((*outputPad)[i] >= std::max((*stride)[i], (*dilation)[i]))
      return op.error("output_pad", "the output pad of the " + side + ", " +
                                        std::to_string((*outputPad)[i]) +
                                        ", must be less than its stride or "
                                        "its dilation");
    int64_t size = (x.shape[2 + i] - 1) * (*stride)[i] - 2 * (*pad)[i] +
                   (*dilation)[i] * (w.shape[2 + i] - 1) + (*outputPad)[i] + 1;
    if (size < 1)
      return op.error(
          "pad", "the pad " + std::to_string((*pad)[i]) + " of the " + side +
                     " leaves nothing of the result of " + op.describe(0));
    type.shape.push_back(size);
  }
  return give(op, std::move(type));
}

bool inferWindows(Inference &op) {
  if (!op.normalizeAxes("axes") || !expectNoneIsBatch(op, "axes"))
    return false;
  std::vector<int64_t> axes = op.attributes().list("axes");
  if (axes.empty() || !std::is_sorted(axes.begin(), axes.end()))
    return op.error("axes", "the axes of 'windows' must increase, and there "
                            "must be one");
  auto kernel = expandList(op, "kernel", axes.size());
  auto stride = expandList(op, "stride", axes.size());
  auto dilation = expandList(op, "dilation", axes.size());
  if (!kernel || !stride || !dilation)
    return false;
  TensorType type = op.operand(0);
  for (size_t i = 0; i < axes.size(); ++i) {
    int64_t &size = type.shape[axes[i]];
    int64_t extent = (*dilation)[i] * ((*kernel)[i] - 1) + 1;
    if (extent > size)
      return op.error("kernel",
                      "a window of " + std::to_string((*kernel)[i]) +
                          ((*dilation)[i] > 1
                               ? ", dilated to " + std::to_string(extent) + ","
                               : "") +
                          " is larger than axis " + std::to_string(axes[i]) +
                          " of " + op.describe(0));
    size = (size - extent) / (*stride)[i] + 1;
    type.shape.push_back((*kernel)[i]);
  }
  return give(op, std::move(type));
}

AttrSpec stride() {
  return numbers("stride", 1, atLeastOne, "step of the kernel along each axis");
}

AttrSpec dilation() {
  return numbers("dilation", 1, atLeastOne,
                 "distance of the kernel's taps along each axis");
}

AttrSpec groups() {
  return attribute("groups", AttrKind::Int, int64_t(1), atLeastOne,
                   "independent groups of channels");
}

} // namespace

std::vector<OpSpec> descent::model::convolutionOps() {
  return {
      {.name = "convolution",
       .doc = "Convolution (cross-correlation) over the axes behind the "
              "second: a size becomes (in + pad_low + pad_high - dilation "
              "(kernel - 1) - 1) / stride + 1, rounded down.",
       .reference = "torch.nn.functional.conv2d",
       .operands = {{"x", "floats [N,C,spatial...]"},
                    {"w", "floats [O,C/groups,kernel...]"}},
       .attributes = {stride(),
                      numbers("pad_low", 0, notNegative,
                              "zeros before each spatial axis"),
                      numbers("pad_high", 0, notNegative,
                              "zeros behind each spatial axis"),
                      dilation(), groups()},
       .infer = inferConvolution},
      {.name = "convolution_transpose",
       .doc = "The adjoint of a convolution: a size becomes (in - 1) stride - "
              "2 pad + dilation (kernel - 1) + output_pad + 1.",
       .reference = "torch.nn.functional.conv_transpose2d",
       .operands = {{"x", "floats [N,C,spatial...]"},
                    {"w", "floats [C,O/groups,kernel...]"}},
       .attributes = {stride(),
                      numbers("pad", 0, notNegative,
                              "left out of the result on each side"),
                      numbers("output_pad", 0, notNegative,
                              "added behind each axis of the result, less than "
                              "the stride or the dilation"),
                      dilation(), groups()},
       .infer = inferConvolutionTranspose},
      {.name = "windows",
       .doc = "All windows along axes: there each axis becomes the positions, "
              "and the elements of the windows follow as new last axes, in the "
              "order of `axes`; windows that do not fit are dropped.",
       .reference = "torch.Tensor.unfold",
       .operands = {{"x", "any dtype"}},
       .attributes = {required("axes", AttrKind::Ints, anyNumber,
                               "the axes, increasing"),
                      required("kernel", AttrKind::Ints, atLeastOne,
                               "size of the window along each axis"),
                      numbers("stride", 1, atLeastOne,
                              "step of the window along each axis"),
                      numbers("dilation", 1, atLeastOne,
                              "distance of the window's elements along each "
                              "axis")},
       .infer = inferWindows},
  };
}
