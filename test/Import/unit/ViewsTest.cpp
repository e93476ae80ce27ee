// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Views, padding and indexing.

#include "Graphs.h"

using namespace descent;
using namespace descent::test;

/// Builds one op on values 0, 1, 2, ... of a shape.
static Numbers view(const std::string &name, Ints from, Ints to,
                    const Attrs &attributes) {
  Graph graph;
  int64_t count = f32(from).numElements();
  Numbers values(count);
  std::iota(values.begin(), values.end(), 0);
  auto x = graph.input("x", f32(from), values);
  return graph.evaluate(graph.op(name, {x}, f32(to), attributes)).values;
}

TEST(ImportViews, Rearrangements) {
  EXPECT_EQ(view("reshape", {2, 3}, {3, 2}, {{"shape", Ints{3, 2}}}),
            (Numbers{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(view("permute", {2, 3}, {3, 2}, {{"axes", Ints{-1, 0}}}),
            (Numbers{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(view("broadcast_to", {2, 1}, {2, 2, 3}, {{"shape", Ints{2, 2, 3}}}),
            (Numbers{0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(view("reverse", {2, 3}, {2, 3}, {{"axes", Ints{-1, 0}}}),
            (Numbers{5, 4, 3, 2, 1, 0}));
}

TEST(ImportViews, SlicesInBothDirections) {
  auto slice = [](int64_t start, int64_t step, int64_t count) {
    return view("slice", {7}, {count},
                {{"axis", int64_t(0)}, {"start", start}, {"step", step}});
  };
  EXPECT_EQ(slice(2, 1, 3), (Numbers{2, 3, 4}));
  EXPECT_EQ(slice(1, 3, 2), (Numbers{1, 4}));
  EXPECT_EQ(slice(-3, 1, 2), (Numbers{4, 5}));
  EXPECT_EQ(slice(5, -2, 3), (Numbers{5, 3, 1}));
  EXPECT_EQ(slice(-1, -1, 7), (Numbers{6, 5, 4, 3, 2, 1, 0}));
}

TEST(ImportViews, ConcatJoinsAlongAnyAxis) {
  Graph graph;
  auto x = graph.input("x", f32({2, 1}), {1, 2});
  auto y = graph.input("y", f32({2, 2}), {3, 4, 5, 6});
  EXPECT_EQ(graph
                .evaluate(graph.op("concat", {x, y}, f32({2, 3}),
                                   {{"axis", int64_t(-1)}}))
                .values,
            (Numbers{1, 3, 4, 2, 5, 6}));
}

TEST(ImportViews, PadModes) {
  auto pad = [](const char *mode) {
    return view(
        "pad", {3}, {6},
        {{"low", Ints{1}}, {"high", Ints{2}}, {"mode", std::string(mode)}});
  };
  EXPECT_EQ(pad("zero"), (Numbers{0, 0, 1, 2, 0, 0}));
  EXPECT_EQ(pad("lowest"), (Numbers{-INFINITY, 0, 1, 2, -INFINITY, -INFINITY}));
  EXPECT_EQ(pad("edge"), (Numbers{0, 0, 1, 2, 2, 2}));
  EXPECT_EQ(pad("reflect"), (Numbers{1, 0, 1, 2, 1, 0}));
  EXPECT_EQ(pad("circular"), (Numbers{2, 0, 1, 2, 0, 1}));
}

TEST(ImportViews, PadOfSeveralAxesFillsCorners) {
  auto pad = [](const char *mode) {
    return view("pad", {2, 2}, {3, 3},
                {{"low", Ints{1, 0}},
                 {"high", Ints{0, 1}},
                 {"mode", std::string(mode)}});
  };
  EXPECT_EQ(pad("edge"), (Numbers{0, 1, 1, 0, 1, 1, 2, 3, 3}));
  EXPECT_EQ(pad("reflect"), (Numbers{2, 3, 2, 0, 1, 0, 2, 3, 2}));
  EXPECT_EQ(pad("circular"), (Numbers{2, 3, 2, 0, 1, 0, 2, 3, 2}));
}

TEST(ImportViews, PadsHaveGradients) {
  for (const char *mode : {"zero", "edge", "reflect", "circular"}) {
    SCOPED_TRACE(mode);
    Graph graph;
    auto x = graph.parameter("x", f32({3, 4}));
    graph.checkGradients(graph.op("pad", {x}, f32({5, 6}),
                                  {{"low", Ints{1, 2}},
                                   {"high", Ints{1, 0}},
                                   {"mode", std::string(mode)}}));
  }
}

TEST(ImportIndexing, GatherReadsWhereTheIndexSays) {
  Graph graph;
  auto x = graph.input("x", f32({3, 2}), {0, 1, 2, 3, 4, 5});
  auto index = graph.input("i", i32({4, 2}), {2, 0, 1, 1, 0, 2, 2, 2});
  EXPECT_EQ(graph
                .evaluate(graph.op("gather", {x, index}, f32({4, 2}),
                                   {{"axis", int64_t(0)}}))
                .values,
            (Numbers{4, 1, 2, 3, 0, 5, 4, 5}));
  // Other axes of the index may be shorter.
  Graph narrow;
  auto y = narrow.input("x", f32({3, 2}), {0, 1, 2, 3, 4, 5});
  auto at = narrow.input("i", i32({2, 1}), {2, 1});
  EXPECT_EQ(narrow
                .evaluate(narrow.op("gather", {y, at}, f32({2, 1}),
                                    {{"axis", int64_t(-2)}}))
                .values,
            (Numbers{4, 2}));
}

TEST(ImportIndexing, GatherReadsRepeatedTablesAsTheyAre) {
  // A table [3, 2] repeated along a dimension in the middle, read along each of
  // its own.
  for (int64_t axis : {0, 2}) {
    Graph graph;
    auto x = graph.parameter("x", f32({3, 2}));
    auto y = graph.input("y", f32({3, 2}), {0, 1, 2, 3, 4, 5});
    std::vector<int64_t> shape{3, 4, 2};
    int64_t extent = shape[axis];
    shape[axis] = 5;
    Numbers indices, expected;
    for (int64_t a = 0; a < shape[0]; ++a)
      for (int64_t b = 0; b < shape[1]; ++b)
        for (int64_t c = 0; c < shape[2]; ++c) {
          int64_t index = (7 * a + 3 * b + 2 * c + b * b) % extent;
          indices.push_back(index);
          expected.push_back(axis == 0 ? 2 * index + c : 2 * a + index);
        }
    auto index = graph.input("i", i32(shape), indices);
    auto gather = [&](model::ValueRef table) {
      auto apart = graph.op("reshape", {table}, f32({3, 1, 2}),
                            {{"shape", Ints{3, 1, 2}}});
      auto wide = graph.op("broadcast_to", {apart}, f32({3, 4, 2}),
                           {{"shape", Ints{3, 4, 2}}});
      return graph.op("gather", {wide, index}, f32(shape), {{"axis", axis}});
    };
    EXPECT_EQ(graph.evaluate(gather(y)).values, expected);
    graph.checkGradients(gather(x));
  }
}

TEST(ImportIndexing, ScatterAddSumsWhereTheIndexSays) {
  auto scatter = [](int batchAxis) {
    Graph graph;
    auto x = graph.input("x", f32({4}, batchAxis), {1, 2, 3, 4});
    auto index = graph.input("i", i32({4}, batchAxis), {1, 1, 0, 1});
    return graph
        .evaluate(graph.op("scatter_add", {x, index}, f32({3}),
                           {{"axis", int64_t(0)}, {"extent", int64_t(3)}}),
                  {.valid = 3})
        .values;
  };
  EXPECT_EQ(scatter(-1), (Numbers{3, 7, 0}));
  EXPECT_EQ(scatter(0), (Numbers{3, 3, 0}));
}

TEST(ImportIndexing, HaveGradients) {
  Graph graph;
  auto x = graph.parameter("x", f32({3, 2}));
  auto index = graph.op("iota", {}, i32({2, 2}),
                        {{"shape", Ints{2, 2}}, {"axis", int64_t(0)}});
  graph.checkGradients(
      graph.op("gather", {x, index}, f32({2, 2}), {{"axis", int64_t(0)}}));
}
