// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constants, positions, random bits, and what the runtime says.

#include "Graphs.h"
#include "descent/Interpreter/Philox.h"

using namespace descent;
using namespace descent::test;

TEST(ImportSources, FullOfAnyType) {
  auto full = [](TensorType type, AttrValue value) {
    Graph graph;
    return graph.evaluate(graph.op("full", {}, type, {{"value", value}}))
        .values;
  };
  EXPECT_EQ(full(f32({2}), 0.5), (Numbers{0.5, 0.5}));
  EXPECT_EQ(full(f32({}), int64_t(3)), Numbers{3});
  EXPECT_EQ(full(i32({2}), -7.0), (Numbers{-7, -7}));
  EXPECT_EQ(full(u32({1}), 4294967295.0), Numbers{4294967295.0});
  EXPECT_EQ(full(boolean({1}), true), Numbers{1});
  EXPECT_EQ(full(f16({1}), 0.25), Numbers{0.25});
}

TEST(ImportSources, IotaCountsAlongAnAxis) {
  Graph graph;
  EXPECT_EQ(
      graph.evaluate(graph.op("iota", {}, i32({2, 3}), {{"axis", int64_t(-1)}}))
          .values,
      (Numbers{0, 1, 2, 0, 1, 2}));
}

TEST(ImportSources, ControlWords) {
  Graph graph;
  graph.output("step", graph.op("step", {}, i32({})));
  graph.output("rows", graph.op("valid_rows", {}, f32({})));
  graph.input("x", f32({4, 2}, 0));
  ASSERT_TRUE(graph.import());
  Environment outputs = graph.run({.step = 7, .valid = 3});
  EXPECT_EQ(outputs["step"].values, Numbers{7});
  EXPECT_EQ(outputs["rows"].values, Numbers{3});
}

TEST(ImportSources, WithoutABatchOneRowCounts) {
  Graph graph;
  EXPECT_EQ(graph.evaluate(graph.op("valid_rows", {}, f32({}))).values,
            Numbers{1});
}

TEST(ImportSources, RandomBitsDependOnSeedStepUseAndPosition) {
  Graph graph;
  for (int64_t stream : {0, 1})
    graph.output(stream ? "b" : "a", graph.op("random_bits", {}, i32({2, 2}),
                                              {{"stream", stream}}));
  ASSERT_TRUE(graph.import());
  Environment outputs = graph.run({.step = 3, .seedLow = 11, .seedHigh = 13});
  for (uint32_t stream : {0, 1})
    for (uint32_t i = 0; i < 4; ++i)
      EXPECT_EQ(outputs[stream ? "b" : "a"].values[i],
                interpreter::philox4x32({i, 3, stream, 0}, {11, 13})[0] &
                    0x7FFFFFFF)
          << stream << ' ' << i;
}
