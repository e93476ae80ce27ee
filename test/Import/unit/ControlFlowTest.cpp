// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scans and custom functions.

#include "Graphs.h"
#include "descent/Interpreter/Philox.h"
#include "descent/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"

using namespace descent;
using namespace descent::test;

/// Those of a scan of one sequence.
static Attrs loopAttributes(int64_t states, int64_t axis,
                            bool reversed = false) {
  return {{"states", states},
          {"sequences", int64_t(1)},
          {"axis", axis},
          {"reversed", reversed}};
}

/// h = h * w + x over axis 1 of x [2, 3]: the states are stacked, w is
/// captured.
static ValueRef accumulate(Graph &graph, ValueRef h, ValueRef x, ValueRef w,
                           bool reversed) {
  BodyWriter step;
  auto state = step.argument(f32({2})), slice = step.argument(f32({2})),
       factor = step.argument(f32({}));
  auto scaled = step.writer.op("mul", {state, factor}, f32({2}));
  auto next = step.writer.op("add", {scaled, slice}, f32({2}));
  return graph.op(
      "scan", std::vector{h, x, w}, std::vector{f32({2, 3}), f32({2})},
      loopAttributes(1, 1, reversed), std::vector{step.finish({next, next})});
}

TEST(ImportControlFlow, ScanGoesAlongAnAxisInBothDirections) {
  for (bool reversed : {false, true}) {
    Graph graph;
    auto h = graph.input("h", f32({2}), {100, 200});
    auto x = graph.input("x", f32({2, 3}), {1, 2, 3, 4, 5, 6});
    auto w = graph.input("w", f32({}), {10});
    auto scan = accumulate(graph, h, x, w, reversed);
    graph.output("stacked", scan);
    graph.output("last", {scan.node, 1});
    ASSERT_TRUE(graph.import());
    Environment outputs = graph.run();
    if (!reversed) {
      EXPECT_EQ(outputs["stacked"].values,
                (Numbers{1001, 10012, 100123, 2004, 20045, 200456}));
      EXPECT_EQ(outputs["last"].values, (Numbers{100123, 200456}));
    } else {
      EXPECT_EQ(outputs["stacked"].values,
                (Numbers{100321, 10032, 1003, 200654, 20065, 2006}));
      EXPECT_EQ(outputs["last"].values, (Numbers{100321, 200654}));
    }
  }
}

TEST(ImportControlFlow, ScanHasGradients) {
  Graph graph;
  auto h = graph.parameter("h", f32({2})),
       x = graph.parameter("x", f32({2, 3}));
  auto w = graph.parameter("w", f32({}));
  graph.checkGradients(accumulate(graph, h, x, w, false));
}

TEST(ImportControlFlow, RandomBitsDifferByIteration) {
  // An inner scan of 2 in an outer one of 3: six draws of 2 elements.
  BodyWriter inner;
  inner.argument(f32({}));
  auto bits =
      inner.writer.op("random_bits", {}, i32({2}), {{"stream", int64_t(0)}});
  BodyWriter outer;
  outer.argument(f32({}));
  auto zeros = outer.writer.op("full", {}, f32({2}), {{"value", 0.0}});
  auto rows =
      outer.writer.op("scan", {zeros}, std::vector{i32({2, 2})},
                      loopAttributes(0, 0), std::vector{inner.finish({bits})});
  Graph graph;
  auto x = graph.input("x", f32({3}));
  auto all = graph.op("scan", std::vector{x}, std::vector{i32({3, 2, 2})},
                      loopAttributes(0, 0), std::vector{outer.finish({rows})});
  Tensor tensor = graph.evaluate(all, {.step = 5, .seedLow = 1});
  ASSERT_EQ(tensor.values.size(), 12u);
  for (uint32_t i = 0; i < 12; ++i)
    EXPECT_EQ(tensor.values[i],
              interpreter::philox4x32({i, 5, 0, 0}, {1, 0})[0] & 0x7FFFFFFF)
        << i;
}

TEST(ImportControlFlow, MaskedReductionsInTheBodyCaptureValid) {
  BodyWriter step;
  auto slice = step.argument(f32({3}, 0));
  auto sum = step.writer.op("sum", {slice}, f32({1}),
                            {{"axes", Ints{}}, {"keepdims", true}});
  Graph graph;
  auto x = graph.input("x", f32({3, 2}, 0), {1, 2, 3, 4, 50, 60});
  auto sums = graph.op("scan", std::vector{x}, std::vector{f32({1, 2})},
                       loopAttributes(0, 1), std::vector{step.finish({sum})});
  EXPECT_EQ(graph.evaluate(sums, {.valid = 2}).values, (Numbers{4, 6}));
}

/// cube(x) = x^3 whose derivative is said to be `factor` x^2.
static ValueRef cube(Graph &graph, ValueRef x, double factor) {
  TensorType type = f32({3});
  BodyWriter forward;
  auto a = forward.argument(type);
  auto square = forward.writer.op("mul", {a, a}, type);
  auto result = forward.writer.op("mul", {square, a}, type);
  BodyWriter vjp;
  auto operand = vjp.argument(type);
  vjp.argument(type); // the result
  auto cotangent = vjp.argument(type);
  auto three = vjp.writer.op("full", {}, f32({}), {{"value", factor}});
  auto squared = vjp.writer.op("mul", {operand, operand}, type);
  auto scaled = vjp.writer.op("mul", {squared, three}, type);
  auto given = vjp.writer.op("mul", {scaled, cotangent}, type);
  std::vector<model::Body> bodies;
  bodies.push_back(forward.finish({result}));
  bodies.push_back(vjp.finish({given}));
  return graph.op("custom", std::vector{x}, std::vector{type}, Attrs{},
                  std::move(bodies));
}

TEST(ImportControlFlow, CustomFunctionsHaveTheirDerivative) {
  Graph graph;
  auto x = graph.input("x", f32({3}), {1, 2, 3});
  auto y = cube(graph, x, 5);
  graph.output("y", y);
  graph.output("gradient", graph.op("grad", {y, x}, f32({3})));
  ASSERT_TRUE(graph.import());
  mlir::PassManager passes(&graph.context);
  passes.nest<EntryOp>().addPass(createAutodiffPass());
  ASSERT_TRUE(mlir::succeeded(passes.run(*graph.module)));
  Environment outputs = graph.run();
  EXPECT_EQ(outputs["y"].values, (Numbers{1, 8, 27}));
  EXPECT_EQ(outputs["gradient"].values, (Numbers{5, 20, 45}));
}

TEST(ImportControlFlow, CustomFunctionsMayDrawAndReadControlWords) {
  // Both bodies ask for what lies outside: it becomes operands.
  TensorType type = f32({2});
  BodyWriter forward;
  auto a = forward.argument(type);
  auto rows = forward.writer.op("step", {}, i32({}));
  auto result = forward.writer.op("mul", {a, rows}, type);
  BodyWriter vjp;
  vjp.argument(type);
  vjp.argument(type);
  auto cotangent = vjp.argument(type);
  auto bits =
      vjp.writer.op("random_bits", {}, i32({2}), {{"stream", int64_t(0)}});
  auto step = vjp.writer.op("step", {}, i32({}));
  auto zero = vjp.writer.op(
      "mul", {bits, vjp.writer.op("full", {}, i32({}), {{"value", 0.0}})},
      i32({2}));
  auto factor = vjp.writer.op("add", {zero, step}, i32({2}));
  auto given = vjp.writer.op("mul", {cotangent, factor}, type);
  std::vector<model::Body> bodies;
  bodies.push_back(forward.finish({result}));
  bodies.push_back(vjp.finish({given}));
  Graph graph;
  auto x = graph.input("x", type, {2, 3});
  auto y = graph.op("custom", std::vector{x}, std::vector{type}, Attrs{},
                    std::move(bodies));
  graph.output("y", y);
  graph.output("gradient", graph.op("grad", {y, x}, type));
  ASSERT_TRUE(graph.import());
  mlir::PassManager passes(&graph.context);
  passes.nest<EntryOp>().addPass(createAutodiffPass());
  ASSERT_TRUE(mlir::succeeded(passes.run(*graph.module)));
  Environment outputs = graph.run({.step = 4});
  EXPECT_EQ(outputs["y"].values, (Numbers{8, 12}));
  EXPECT_EQ(outputs["gradient"].values, (Numbers{4, 4}));
}
