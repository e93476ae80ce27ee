// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions, and that rows of the batch which do not count change nothing.

#include "Graphs.h"
#include <cmath>

using namespace descent;
using namespace descent::test;

static Numbers reduce(const std::string &name, Ints axes, bool keepdims,
                      TensorType result, Numbers x = {1, 2, 3, 4, 5, 6}) {
  Graph graph;
  auto value = graph.input("x", f32({2, 3}), x);
  Tensor tensor = graph.evaluate(graph.op(
      name, {value}, result, {{"axes", axes}, {"keepdims", keepdims}}));
  EXPECT_EQ(Ints(tensor.shape.begin(), tensor.shape.end()), result.shape);
  return tensor.values;
}

TEST(ImportReductions, OverAxes) {
  EXPECT_EQ(reduce("sum", {1}, false, f32({2})), (Numbers{6, 15}));
  EXPECT_EQ(reduce("sum", {-2}, true, f32({1, 3})), (Numbers{5, 7, 9}));
  EXPECT_EQ(reduce("sum", {}, false, f32({})), Numbers{21});
  EXPECT_EQ(reduce("prod", {0}, false, f32({3})), (Numbers{4, 10, 18}));
  EXPECT_EQ(reduce("amax", {0, 1}, true, f32({1, 1})), Numbers{6});
  EXPECT_EQ(reduce("amax", {1}, false, f32({2}), {-1, -5, -3, -2, -9, -4}),
            (Numbers{-1, -2}));
}

TEST(ImportReductions, OfIntegersAndScalars) {
  Graph graph;
  auto x = graph.input("x", i32({3}), {-7, -2, -5});
  EXPECT_EQ(graph
                .evaluate(graph.op("amax", {x}, i32({}),
                                   {{"axes", Ints{}}, {"keepdims", false}}))
                .values,
            Numbers{-2});
  Graph scalar;
  auto y = scalar.input("x", f32({}), {3});
  EXPECT_EQ(scalar
                .evaluate(scalar.op("sum", {y}, f32({}),
                                    {{"axes", Ints{}}, {"keepdims", false}}))
                .values,
            Numbers{3});
}

TEST(ImportReductions, LeaveOutRowsThatDoNotCount) {
  auto reduceBatch = [](const std::string &name, Ints axes, TensorType result) {
    Graph graph;
    auto x = graph.input("x", f32({2, 3}, 1), {-1, -2, 50, -3, -4, 60});
    return graph
        .evaluate(
            graph.op(name, {x}, result, {{"axes", axes}, {"keepdims", false}}),
            {.valid = 2})
        .values;
  };
  EXPECT_EQ(reduceBatch("sum", {1}, f32({2})), (Numbers{-3, -7}));
  EXPECT_EQ(reduceBatch("sum", {}, f32({})), Numbers{-10});
  EXPECT_EQ(reduceBatch("prod", {1}, f32({2})), (Numbers{2, 12}));
  EXPECT_EQ(reduceBatch("amax", {0, 1}, f32({})), Numbers{-1});
  // Along another axis nothing is left out.
  EXPECT_EQ(reduceBatch("sum", {0}, f32({3}, 0)), (Numbers{-4, -6, 110}));
}

TEST(ImportReductions, OfIntegersOverTheBatch) {
  Graph graph;
  auto x = graph.input("x", i32({3}, 0), {-7, -2, 5});
  EXPECT_EQ(graph
                .evaluate(graph.op("amax", {x}, i32({}),
                                   {{"axes", Ints{0}}, {"keepdims", false}}),
                          {.valid = 1})
                .values,
            Numbers{-7});
}

TEST(ImportReductions, CountIsAConstantButForTheBatch) {
  auto count = [](int batchAxis, Ints axes) {
    Graph graph;
    auto x = graph.input("x", f32({4, 3, 5}, batchAxis));
    return graph
        .evaluate(graph.op("count", {x}, f32({}), {{"axes", axes}}),
                  {.valid = 2})
        .values;
  };
  EXPECT_EQ(count(-1, {}), Numbers{60});
  EXPECT_EQ(count(-1, {1}), Numbers{3});
  EXPECT_EQ(count(0, {}), Numbers{30});
  EXPECT_EQ(count(0, {0}), Numbers{2});
  EXPECT_EQ(count(0, {1, 2}), Numbers{15});
}

TEST(ImportReductions, MaximumAndItsIndexWithinSeveralAxes) {
  Graph graph;
  auto x =
      graph.input("x", f32({2, 2, 3}), {0, 9, 2, 3, 4, 9, 6, 5, 4, 3, 2, 1});
  auto max = graph.op("max_with_index", {x},
                      std::vector<TensorType>{f32({2}), i32({2})},
                      Attrs{{"axes", Ints{1, 2}}});
  graph.output("values", max);
  graph.output("index", {max.node, 1});
  ASSERT_TRUE(graph.import());
  Environment outputs = graph.run();
  EXPECT_EQ(outputs["values"].values, (Numbers{9, 6}));
  EXPECT_EQ(outputs["index"].values, (Numbers{1, 0}));
  EXPECT_EQ(outputs["index"].element, Element::I32);
}

TEST(ImportReductions, HaveGradients) {
  for (const char *name : {"sum", "prod", "amax"}) {
    SCOPED_TRACE(name);
    Graph graph;
    auto x = graph.parameter("w", f32({3, 4}));
    graph.checkGradients(graph.op(name, {x}, f32({3, 1}),
                                  {{"axes", Ints{-1}}, {"keepdims", true}}));
  }
}
