// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shapes, names, parameters, constants and the command line.

#include "ModelTest.h"
#include <cmath>

using namespace descent::model;

namespace {

using Shape = std::vector<int64_t>;

/// The shape of the last layer's value.
Shape shapeOf(const std::string &layers,
              const std::string &input = "[\"batch\", 8]") {
  CheckedModel model = mustLoad(withLayers(layers, input));
  return model.nodes.empty() ? Shape() : model.nodes.back().type.shape;
}

const char *const image = "[\"batch\", 4, 9, 11]";

TEST(Check, ComputesShapesAsPyTorchDoes) {
  EXPECT_EQ(shapeOf("{ \"dense\": 3 }"), Shape({4, 3}));
  EXPECT_EQ(shapeOf("{ \"dense\": 3 }", image), Shape({4, 4, 9, 3}));
  EXPECT_EQ(shapeOf(R"({ "conv2d": { "filters": 6, "kernel": 3 } })", image),
            Shape({4, 6, 7, 9}));
  EXPECT_EQ(
      shapeOf(
          R"({ "conv2d": { "filters": 6, "kernel": [3, 5], "pad": [0, 2], "stride": 2, "dilation": [2, 1], "groups": 2 } })",
          image),
      Shape({4, 6, 3, 6}));
  EXPECT_EQ(shapeOf("{ \"max_pool2d\": 2 }", image), Shape({4, 4, 4, 5}));
  EXPECT_EQ(
      shapeOf(
          R"({ "max_pool2d": { "kernel": 3, "stride": 2, "pad": 1, "dilation": 2 } })",
          image),
      Shape({4, 4, 4, 5}));
  EXPECT_EQ(
      shapeOf(
          R"({ "avg_pool2d": { "kernel": [3, 2], "stride": 1, "pad": 1 } })",
          image),
      Shape({4, 4, 9, 12}));
  EXPECT_EQ(shapeOf("\"flatten\"", image), Shape({4, 396}));
  EXPECT_EQ(shapeOf("{ \"flatten\": -2 }", image), Shape({4, 4, 99}));
  EXPECT_EQ(shapeOf("{ \"flatten\": 0 }", "[3, 5]"), Shape({15}));
  EXPECT_EQ(shapeOf("{ \"flatten\": 0 }", "[\"batch\"]"), Shape({4}));
  EXPECT_EQ(shapeOf(R"({ "reshape": ["batch", 11, -1] })", image),
            Shape({4, 11, 36}));
  EXPECT_EQ(shapeOf(R"({ "reshape": [-1] })", "[3, 5]"), Shape({15}));
  EXPECT_EQ(shapeOf(R"({ "concat": ["x", "x", "x"] })", image),
            Shape({4, 12, 9, 11}));
  EXPECT_EQ(shapeOf(R"({ "concat": { "axis": -1 }, "of": ["x", "x"] })", image),
            Shape({4, 4, 9, 22}));
  EXPECT_EQ(shapeOf(R"({ "add": ["x", "x", "x"] })", image),
            Shape({4, 4, 9, 11}));
  EXPECT_EQ(shapeOf("{ \"argmax\": 1 }", image), Shape({4, 9, 11}));
  for (const char *op :
       {"relu", "leaky_relu", "tanh", "sigmoid", "sin", "softmax", "dropout"})
    EXPECT_EQ(shapeOf("\"" + std::string(op) + "\"", image),
              Shape({4, 4, 9, 11}))
        << op;
}

TEST(Check, FollowsTheBatchAxis) {
  CheckedModel model = mustLoad(withLayers(
      R"({ "argmax": { "axis": 0 }, "as": "a" }, { "dense": { "units": 2 }, "of": "x" })",
      "[3, \"batch\", 5]"));
  EXPECT_EQ(model.nodes[0].type.batchAxis, 1);
  EXPECT_EQ(model.nodes[1].type, (TensorType{DType::I32, {4, 5}, 0}));
  EXPECT_EQ(model.nodes[2].type.batchAxis, 1);
  EXPECT_EQ(model.batch, 4);
  EXPECT_FALSE(mustLoad(withLayers("\"relu\"", "[3]")).batch);
}

TEST(Check, NamesParametersAndInitializesThemAsPyTorchDoes) {
  CheckedModel model = mustLoad(withLayers(
      R"({ "conv2d": { "filters": 6, "kernel": [3, 5], "groups": 2 } }, "relu", { "flatten": 1, "as": "flat" },
         { "dense": { "units": 2, "bias": false } }, { "dense": 3, "name": "net.head" })",
      image));
  const Node &conv = model.nodes[1];
  ASSERT_EQ(conv.parameters.size(), 2u);
  EXPECT_EQ(conv.parameters[0].name, "0.weight");
  EXPECT_EQ(conv.parameters[0].shape, Shape({6, 2, 3, 5}));
  EXPECT_EQ(conv.parameters[0].init.kind, Initializer::Kind::Uniform);
  EXPECT_EQ(conv.parameters[0].init.b, 1 / std::sqrt(30.0));
  EXPECT_EQ(conv.parameters[0].init.a, -1 / std::sqrt(30.0));
  EXPECT_EQ(conv.parameters[1].name, "0.bias");
  EXPECT_EQ(conv.parameters[1].shape, Shape({6}));
  EXPECT_EQ(conv.parameters[1].init.b, 1 / std::sqrt(30.0));
  const Node &noBias = model.nodes[4];
  ASSERT_EQ(noBias.parameters.size(), 1u);
  EXPECT_EQ(noBias.parameters[0].name, "3.weight");
  EXPECT_EQ(noBias.parameters[0].shape, Shape({2, 6 * 7 * 7}));
  EXPECT_EQ(model.nodes[5].parameters[0].name, "net.head.weight");
  EXPECT_EQ(model.nodes[5].parameters[1].name, "net.head.bias");
  // `as` names the value, not the path.
  EXPECT_EQ(model.nodes[3].path, "2");
  EXPECT_EQ(model.nodes[3].valueName, "flat");
}

TEST(Check, ConnectsLayers) {
  CheckedModel model = mustLoad(withLayers(
      R"({ "dense": 8, "as": "a" }, "relu", { "add": ["a", "x"], "as": "b" }, { "concat": ["b", "a"] })"));
  EXPECT_EQ(model.nodes[1].operands, std::vector<NodeRef>({0}));
  EXPECT_EQ(model.nodes[2].operands, std::vector<NodeRef>({1}));
  EXPECT_EQ(model.nodes[3].operands, std::vector<NodeRef>({1, 0}));
  EXPECT_EQ(model.nodes[4].operands, std::vector<NodeRef>({3, 1}));
  ASSERT_EQ(model.outputs.size(), 1u);
  EXPECT_EQ(model.outputs[0].name, "output");
  EXPECT_EQ(model.outputs[0].node, 4u);
}

/// The units of a dense layer whose size is `expr`.
int64_t evaluate(const std::string &expr, const LoadOptions &options = {}) {
  CheckedModel model = mustLoad(
      R"({ "descent": 1, "constants": { "c": "a * b", "a": 6, "b": 3, "f": 0.5 }, "inputs": { "x": { "shape": [2] } },
           "network": [ { "dense": ")" +
          expr + "\" } ] }",
      options);
  return model.nodes.empty() ? 0 : model.nodes.back().type.shape[0];
}

TEST(Check, EvaluatesConstants) {
  EXPECT_EQ(evaluate("2*c"), 36);
  EXPECT_EQ(evaluate("a + b * 2 - 1"), 11);
  EXPECT_EQ(evaluate("(a + b) * 2"), 18);
  EXPECT_EQ(evaluate("7 / 2"), 3);
  EXPECT_EQ(evaluate("10 + -7 / 2"), 7);
  EXPECT_EQ(evaluate("10 + -7 % 4"), 7);
  EXPECT_EQ(evaluate(" - -a "), 6);
  EXPECT_EQ(evaluate("c", {{{"a", "10"}}, {}}), 30);
  EXPECT_EQ(evaluate("c", {{{"a", "b + 1"}}, {}}), 12);
  EXPECT_EQ(evaluate("c", {{{"a", "10"}, {"a", "11"}}, {}}), 33);
}

TEST(Check, TakesFloatsWhereFloatsBelong) {
  CheckedModel model = mustLoad(
      R"({ "descent": 1, "constants": { "p": "0.5 / 2" }, "inputs": { "x": { "shape": [2] } }, "network": [ { "dropout": "p" }, { "leaky_relu": 2 } ] })");
  EXPECT_EQ(model.nodes[1].attributes.number("p"), 0.25);
  EXPECT_EQ(model.nodes[2].attributes.number("slope"), 2.0);
}

TEST(Check, CompletesAttributes) {
  CheckedModel model = mustLoad(
      withLayers(R"({ "max_pool2d": [3, 2] }, { "softmax": -1 })", image));
  const Attributes &pool = model.nodes[1].attributes;
  EXPECT_EQ(pool.pair("kernel"), (std::array<int64_t, 2>{3, 2}));
  EXPECT_EQ(pool.pair("stride"), (std::array<int64_t, 2>{3, 2}));
  EXPECT_EQ(pool.pair("pad"), (std::array<int64_t, 2>{0, 0}));
  EXPECT_EQ(model.nodes[2].attributes.integer("axis"), 3);
}

TEST(Check, ChoosesTheBatch) {
  std::string text = withLayers("\"relu\"");
  EXPECT_EQ(mustLoad(text).batch, 4);
  EXPECT_EQ(mustLoad(text, {{}, 9}).batch, 9);
  EXPECT_EQ(mustLoad(text, {{}, 9}).nodes[0].type.shape, Shape({9, 8}));
}

TEST(Check, ReadsAdamsBetas) {
  auto adam = [](const std::string &attributes) {
    return *mustLoad(
                R"({ "descent": 1, "inputs": { "x": { "shape": [2, 3] } }, "network": [ { "dense": 3, "as": "y" } ],
                          "loss": { "mse": ["y", "x"] }, "optimizer": { "adam": {)" +
                attributes + "} } }")
                .optimizer;
  };
  EXPECT_EQ(adam("").attributes.number("beta1"), 0.9);
  EXPECT_EQ(adam("").attributes.number("beta2"), 0.999);
  EXPECT_EQ(adam("\"betas\": [0.5, 0.25]").attributes.number("beta1"), 0.5);
  EXPECT_EQ(adam("\"betas\": [0.5, 0.25]").attributes.number("beta2"), 0.25);
  EXPECT_EQ(adam("\"beta2\": 0.125").attributes.number("beta2"), 0.125);
  EXPECT_FALSE(adam("").attributes.has("betas"));
}

TEST(Check, KnowsTheClassesOfLabels) {
  CheckedModel model = mustLoad(
      R"({ "descent": 1, "inputs": { "x": { "shape": ["batch", 5, 2] }, "l": { "shape": ["batch", 2], "dtype": "i32" } },
           "network": [ { "relu": {}, "of": "x", "as": "y" } ], "loss": { "softmax_cross_entropy": ["y", "l"] }, "train": { "batch": 3 } })");
  EXPECT_EQ(model.nodes[0].classes, 0);
  EXPECT_EQ(model.nodes[1].classes, 5);
  EXPECT_EQ(model.nodes[*model.loss].type.rank(), 0);
}

TEST(Check, BoundsTheDepthOfConstants) {
  std::string text =
      R"({ "descent": 1, "inputs": { "x": { "shape": [2] } }, "network": [ "relu" ], "constants": { "a0": 1)";
  for (int i = 9999; i > 0; --i)
    text +=
        ", \"a" + std::to_string(i) + "\": \"a" + std::to_string(i - 1) + "\"";
  EXPECT_NE(errorsOf(text + "} }").find("nested too deeply"),
            std::string::npos);
}

TEST(Check, DependentsOfAnUnsoundLayerAreNotReported) {
  std::string errors = errorsOf(withLayers(
      R"({ "dense": 0, "as": "a" }, "relu", { "conv2d": { "filters": 2, "kernel": 3 } }, { "dense": -1, "of": "a" })"));
  EXPECT_NE(errors.find("got 0"), std::string::npos);
  EXPECT_NE(errors.find("got -1"), std::string::npos);
  EXPECT_EQ(errors.find("4 dimensions"), std::string::npos);
}

} // namespace
