// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What gradients are asked for with, what stops them, and composites.

#include "Graphs.h"
#include "descent/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include <cmath>

using namespace descent;
using namespace descent::test;

/// Expands the gradients of a simplified module, as the compiler does.
static void differentiate(Graph &graph) {
  mlir::PassManager passes(&graph.context);
  mlir::OpPassManager &entry = passes.nest<EntryOp>();
  entry.addPass(mlir::createCanonicalizerPass());
  entry.addPass(mlir::createCSEPass());
  entry.addPass(createAutodiffPass());
  EXPECT_TRUE(mlir::succeeded(passes.run(*graph.module)));
}

TEST(ImportGradients, OfTheSumOfRowsThatCount) {
  Graph graph;
  auto x = graph.input("x", f32({3, 2}, 0), {1, 2, 3, 4, 5, 6});
  auto y = graph.op("mul", {x, x}, f32({3, 2}, 0));
  auto gradient = graph.op("grad", {y, x}, f32({3, 2}, 0));
  expectNear(graph.evaluate(gradient, {.valid = 2}), {2, 4, 6, 8, 0, 0}, 1e-6);
}

TEST(ImportGradients, ToSeveralValues) {
  Graph graph;
  auto x = graph.input("x", f32({2}), {2, 3});
  auto y = graph.input("y", f32({2}), {5, 7});
  auto product = graph.op("mul", {x, y}, f32({2}));
  auto gradients =
      graph.op("grad", {product, x, y}, std::vector{f32({2}), f32({2})});
  graph.output("x", gradients);
  graph.output("y", {gradients.node, 1});
  ASSERT_TRUE(graph.import());
  Environment outputs = graph.run();
  expectNear(outputs["x"], {5, 7}, 1e-6);
  expectNear(outputs["y"], {2, 3}, 1e-6);
}

TEST(ImportGradients, ToAnotherNameOfAValueIsNotToTheValue) {
  // alias = x; y = x * alias: dy/dalias is x, not 2 x.
  Graph graph;
  auto x = graph.input("x", f32({2}), {2, 3});
  auto alias = graph.op("reshape", {x}, f32({2}), {{"shape", Ints{2}}});
  auto y = graph.op("mul", {x, alias}, f32({2}));
  graph.output("gradient", graph.op("grad", {y, alias}, f32({2})));
  ASSERT_TRUE(graph.import());
  differentiate(graph);
  expectNear(graph.run()["gradient"], {2, 3});
}

TEST(ImportGradients, ToOneOfTwoEqualValuesIsNotToBoth) {
  Graph graph;
  auto x = graph.input("x", f32({2}), {2, 3});
  auto first = graph.op("mul", {x, x}, f32({2}));
  auto second = graph.op("mul", {x, x}, f32({2}));
  auto y = graph.op("mul", {first, second}, f32({2}));
  graph.output("gradient", graph.op("grad", {y, first}, f32({2})));
  ASSERT_TRUE(graph.import());
  differentiate(graph);
  expectNear(graph.run()["gradient"], {4, 9});
}

TEST(ImportGradients, CanBeDifferentiated) {
  // The gradient of sum(x^3) is 3 x^2.
  Graph graph;
  auto x = graph.parameter("x", f32({3}));
  auto square = graph.op("mul", {x, x}, f32({3}));
  auto cube = graph.op("mul", {square, x}, f32({3}));
  graph.checkGradients(graph.op("grad", {cube, x}, f32({3})));
}

TEST(ImportGradients, ToHalvesAreRefused) {
  Graph graph;
  auto x = graph.input("x", f16({2}));
  graph.path = "2.penalty";
  graph.output("result", graph.op("grad", {x, x}, f16({2})));
  EXPECT_FALSE(graph.import(/*expectErrors=*/true));
  EXPECT_NE(graph.errors.find("element type 'f16' cannot be taken; cast it to "
                              "f32"),
            std::string::npos)
      << graph.errors;
}

TEST(ImportGradients, StopAtStopGradient) {
  Graph graph;
  auto x = graph.input("x", f32({2}), {2, 3});
  auto stopped = graph.op("stop_gradient", {x}, f32({2}));
  auto y = graph.op("mul", {x, stopped}, f32({2}));
  graph.output("gradient", graph.op("grad", {y, x}, f32({2})));
  ASSERT_TRUE(graph.import());
  differentiate(graph);
  expectNear(graph.run()["gradient"], {2, 3});
}

TEST(ImportGradients, StopAtIntegers) {
  // Nothing flows through an integer, as in PyTorch: the gradient is zero.
  Graph graph;
  auto x = graph.parameter("x", f32({2}));
  auto whole = graph.op("cast", {x}, i32({2}));
  auto back = graph.op("cast", {whole}, f32({2}));
  graph.output("gradient", graph.op("grad", {back, x}, f32({2})));
  ASSERT_TRUE(graph.import());
  differentiate(graph);
  EXPECT_EQ(graph.run()["gradient"].values, (Numbers{0, 0}));
}

TEST(ImportGradients, SoftmaxAndCrossEntropy) {
  Graph graph;
  auto logits = graph.parameter("z", f32({2, 3, 2}));
  auto label = graph.op("iota", {}, i32({2, 2}), {{"axis", int64_t(0)}});
  auto rows = graph.op("cross_entropy_rows", {logits, label}, f32({2, 2}));
  graph.checkGradients(rows);
  graph.output("rows", rows);
  ASSERT_TRUE(graph.import());
  const Numbers z = graph.state["z"].values;
  Tensor actual = graph.run()["rows"];
  for (int n = 0; n < 2; ++n)
    for (int d = 0; d < 2; ++d) {
      double sum = 0;
      for (int c = 0; c < 3; ++c)
        sum += std::exp(z[n * 6 + c * 2 + d]);
      EXPECT_NEAR(actual.values[n * 2 + d],
                  std::log(sum) - z[n * 6 + n * 2 + d], 1e-12);
    }

  Graph soft;
  auto x = soft.input("x", f32({2, 2}), {0, std::log(3), 1, 1});
  expectNear(soft.evaluate(
                 soft.op("softmax", {x}, f32({2, 2}), {{"axis", int64_t(-1)}})),
             {0.25, 0.75, 0.5, 0.5});
}
