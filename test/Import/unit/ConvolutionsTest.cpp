// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions, transposed ones and windows against plain loops.

#include "Graphs.h"

using namespace descent;
using namespace descent::test;

namespace {

/// The sizes of a convolution over any number of dimensions.
struct Sizes {
  int64_t batch, channels, filters, groups;
  Ints extent, kernel, stride, low, high, dilation;

  size_t spatial() const { return extent.size(); }
  Ints positions() const {
    Ints result;
    for (size_t i = 0; i < spatial(); ++i)
      result.push_back(
          (extent[i] + low[i] + high[i] - dilation[i] * (kernel[i] - 1) - 1) /
              stride[i] +
          1);
    return result;
  }
};

Ints join(std::initializer_list<int64_t> leading, const Ints &rest) {
  Ints result(leading);
  result.insert(result.end(), rest.begin(), rest.end());
  return result;
}

double &at(Tensor &tensor, const Ints &index) {
  int64_t position = 0;
  for (size_t i = 0; i < index.size(); ++i)
    position = position * tensor.shape[i] + index[i];
  return tensor.values[position];
}

/// Calls `visit(position, tap, where)` for every tap of every window that lies
/// within the extent.
template <typename Visit> void forEachTap(const Sizes &s, Visit visit) {
  interpreter::forEachPoint(s.positions(), [&](llvm::ArrayRef<int64_t> at) {
    Ints position(at.begin(), at.end());
    return interpreter::forEachPoint(
        s.kernel, [&](llvm::ArrayRef<int64_t> tapRef) {
          Ints tap(tapRef.begin(), tapRef.end()), where;
          bool inside = true;
          for (size_t i = 0; i < s.spatial(); ++i) {
            where.push_back(position[i] * s.stride[i] + tap[i] * s.dilation[i] -
                            s.low[i]);
            inside &= where[i] >= 0 && where[i] < s.extent[i];
          }
          if (inside)
            visit(position, tap, where);
          return true;
        });
  });
}

Tensor convolve(const Sizes &s, Tensor x, Tensor w) {
  Tensor y(join({s.batch, s.filters}, s.positions()), Element::F32);
  int64_t perGroup = s.channels / s.groups;
  forEachTap(s, [&](const Ints &position, const Ints &tap, const Ints &where) {
    for (int64_t n = 0; n < s.batch; ++n)
      for (int64_t o = 0; o < s.filters; ++o)
        for (int64_t c = 0; c < perGroup; ++c)
          at(y, join({n, o}, position)) +=
              at(x,
                 join({n, o / (s.filters / s.groups) * perGroup + c}, where)) *
              at(w, join({o, c}, tap));
  });
  return y;
}

void compareConvolution(const Sizes &s) {
  Graph graph;
  TensorType xType = f32(join({s.batch, s.channels}, s.extent));
  TensorType wType = f32(join({s.filters, s.channels / s.groups}, s.kernel));
  auto x = graph.input("x", xType);
  auto w = graph.parameter("w", wType);
  Tensor actual = graph.evaluate(graph.op(
      "convolution", {x, w}, f32(join({s.batch, s.filters}, s.positions())),
      {{"stride", s.stride},
       {"pad_low", s.low},
       {"pad_high", s.high},
       {"dilation", s.dilation},
       {"groups", s.groups}}));
  expectNear(actual, convolve(s, graph.inputs["x"], graph.state["w"]).values,
             1e-10);
}

} // namespace

TEST(ImportConvolutions, OfOneToThreeDimensions) {
  compareConvolution({2, 3, 4, 1, {7}, {3}, {2}, {1}, {2}, {1}});
  compareConvolution(
      {2, 3, 4, 1, {5, 6}, {3, 2}, {1, 2}, {1, 0}, {0, 1}, {1, 2}});
  compareConvolution({1,
                      2,
                      2,
                      1,
                      {4, 3, 5},
                      {2, 2, 3},
                      {1, 1, 2},
                      {0, 1, 1},
                      {0, 0, 1},
                      {1, 1, 1}});
}

TEST(ImportConvolutions, GroupsAndDepthwise) {
  compareConvolution(
      {2, 6, 4, 2, {5, 6}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}});
  compareConvolution(
      {2, 3, 6, 3, {5, 6}, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}});
}

TEST(ImportConvolutions, DisjointAndPointwiseWindows) {
  compareConvolution(
      {2, 3, 4, 1, {5, 6}, {2, 3}, {2, 3}, {0, 0}, {0, 0}, {1, 1}});
  compareConvolution(
      {2, 3, 4, 1, {5, 6}, {1, 1}, {1, 1}, {0, 0}, {0, 0}, {1, 1}});
  compareConvolution(
      {2, 3, 4, 1, {5, 6}, {1, 1}, {3, 2}, {0, 0}, {0, 0}, {1, 1}});
}

TEST(ImportConvolutions, OneNumberStandsForAllDimensions) {
  Graph graph;
  auto x = graph.input("x", f32({1, 1, 4, 4}));
  auto w = graph.parameter("w", f32({1, 1, 3, 3}));
  Tensor actual =
      graph.evaluate(graph.op("convolution", {x, w}, f32({1, 1, 4, 4}),
                              {{"stride", Ints{1}},
                               {"pad_low", Ints{1}},
                               {"pad_high", Ints{1}},
                               {"dilation", Ints{1}},
                               {"groups", int64_t(1)}}));
  Sizes s{1, 1, 1, 1, {4, 4}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
  expectNear(actual, convolve(s, graph.inputs["x"], graph.state["w"]).values);
}

/// A transposed convolution adds to where the convolution it is the adjoint of
/// reads.
static void compareTransposed(const Sizes &s, Ints outputPad) {
  Ints in = s.positions();
  TensorType xType = f32(join({s.batch, s.filters}, in));
  TensorType wType = f32(join({s.filters, s.channels / s.groups}, s.kernel));
  TensorType yType = f32(join({s.batch, s.channels}, s.extent));
  Attrs attributes = {{"stride", s.stride},
                      {"pad", s.low},
                      {"output_pad", outputPad},
                      {"dilation", s.dilation},
                      {"groups", s.groups}};
  Graph graph;
  auto x = graph.input("x", xType);
  auto w = graph.parameter("w", wType);
  Tensor actual = graph.evaluate(
      graph.op("convolution_transpose", {x, w}, yType, attributes));
  Tensor expected(yType.shape, Element::F32);
  Tensor input = graph.inputs["x"], weight = graph.state["w"];
  int64_t perGroup = s.channels / s.groups;
  forEachTap(s, [&](const Ints &position, const Ints &tap, const Ints &where) {
    for (int64_t n = 0; n < s.batch; ++n)
      for (int64_t f = 0; f < s.filters; ++f)
        for (int64_t c = 0; c < perGroup; ++c)
          at(expected,
             join({n, f / (s.filters / s.groups) * perGroup + c}, where)) +=
              at(input, join({n, f}, position)) * at(weight, join({f, c}, tap));
  });
  expectNear(actual, expected.values, 1e-10);

  Graph gradient;
  auto a = gradient.parameter("x", xType), b = gradient.parameter("w", wType);
  gradient.checkGradients(
      gradient.op("convolution_transpose", {a, b}, yType, attributes));
}

TEST(ImportConvolutions, Transposed) {
  // Extents are those of the result: (in - 1) stride - 2 pad +
  // dilation (kernel - 1) + output pad + 1.
  compareTransposed({2, 3, 4, 1, {7}, {3}, {2}, {1}, {1}, {1}}, {0});
  compareTransposed({2, 3, 4, 1, {8}, {3}, {2}, {1}, {1}, {1}}, {1});
  compareTransposed(
      {1, 4, 6, 2, {6, 7}, {2, 3}, {1, 2}, {0, 1}, {0, 1}, {1, 1}}, {0, 0});
  compareTransposed({1, 1, 1, 1, {6}, {2}, {1}, {0}, {0}, {3}}, {0});
}

TEST(ImportConvolutions, OutputPadBehindTheLastWindow) {
  Graph graph;
  auto x = graph.input("x", f32({1, 1, 2}), {1, 2});
  auto w = graph.input("w", f32({1, 1, 2}), {10, 1});
  // Stride 1 and dilation 3 allow an output pad of 2.
  Tensor y =
      graph.evaluate(graph.op("convolution_transpose", {x, w}, f32({1, 1, 7}),
                              {{"stride", Ints{1}},
                               {"pad", Ints{0}},
                               {"output_pad", Ints{2}},
                               {"dilation", Ints{3}},
                               {"groups", int64_t(1)}}));
  EXPECT_EQ(y.values, (Numbers{10, 20, 0, 1, 2, 0, 0}));
}

TEST(ImportConvolutions, HaveGradients) {
  Graph graph;
  auto x = graph.parameter("x", f32({2, 4, 5}));
  auto w = graph.parameter("w", f32({6, 2, 3}));
  graph.checkGradients(graph.op("convolution", {x, w}, f32({2, 6, 3}),
                                {{"stride", Ints{2}},
                                 {"pad_low", Ints{1}},
                                 {"pad_high", Ints{1}},
                                 {"dilation", Ints{1}},
                                 {"groups", int64_t(2)}}));
}

TEST(ImportConvolutions, WindowsOverAnyAxes) {
  Graph graph;
  auto x = graph.input("x", f32({2, 5, 3}));
  Tensor y = graph.evaluate(graph.op("windows", {x}, f32({2, 2, 3, 3}),
                                     {{"axes", Ints{1}},
                                      {"kernel", Ints{3}},
                                      {"stride", Ints{2}},
                                      {"dilation", Ints{1}}}));
  Tensor input = graph.inputs["x"];
  for (int64_t n = 0; n < 2; ++n)
    for (int64_t o = 0; o < 2; ++o)
      for (int64_t c = 0; c < 3; ++c)
        for (int64_t k = 0; k < 3; ++k)
          EXPECT_EQ(at(y, {n, o, c, k}), at(input, {n, o * 2 + k, c}));

  Graph disjoint;
  auto z = disjoint.input("x", f32({5, 2, 4}));
  Tensor w = disjoint.evaluate(disjoint.op("windows", {z}, f32({2, 2, 2, 2, 2}),
                                           {{"axes", Ints{0, 2}},
                                            {"kernel", Ints{2, 2}},
                                            {"stride", Ints{2, 2}},
                                            {"dilation", Ints{1}}}));
  input = disjoint.inputs["x"];
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t j = 0; j < 2; ++j)
        for (int64_t k = 0; k < 2; ++k)
          for (int64_t l = 0; l < 2; ++l)
            EXPECT_EQ(at(w, {i, c, j, k, l}),
                      at(input, {i * 2 + k, c, j * 2 + l}));
  EXPECT_EQ(disjoint.text().find("descent.window"), std::string::npos);
}
