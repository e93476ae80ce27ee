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
  return outputType(mustLoad(withLayers(layers, input))).shape;
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
  const char *const middle = "[3, \"batch\", 5]";
  CheckedModel model =
      mustLoad(withLayers(R"({ "argmax": { "axis": 0 } })", middle));
  EXPECT_EQ(model.inputs[0].type.batchAxis, 1);
  EXPECT_EQ(outputType(model), (TensorType{DType::I32, {4, 5}, 0}));
  EXPECT_EQ(
      outputType(mustLoad(withLayers(R"({ "dense": 2 })", middle))).batchAxis,
      1);
  EXPECT_EQ(model.batch, 4);
  EXPECT_FALSE(mustLoad(withLayers("\"relu\"", "[3]")).batch);
}

TEST(Check, NamesParametersAndInitializesThemAsPyTorchDoes) {
  CheckedModel model = mustLoad(withLayers(
      R"({ "conv2d": { "filters": 6, "kernel": [3, 5], "groups": 2 } }, "relu", { "flatten": 1, "as": "flat" },
         { "dense": { "units": 2, "bias": false } }, { "dense": 3, "name": "net.head" })",
      image));
  ASSERT_EQ(parameterNames(model),
            std::vector<std::string>({"0.weight", "0.bias", "3.weight",
                                      "net.head.weight", "net.head.bias"}));
  const State &conv = model.states[0];
  EXPECT_EQ(conv.type.shape, Shape({6, 2, 3, 5}));
  EXPECT_EQ(conv.init.kind, Initializer::Kind::Uniform);
  EXPECT_EQ(conv.init.b, 1 / std::sqrt(30.0));
  EXPECT_EQ(conv.init.a, -1 / std::sqrt(30.0));
  EXPECT_EQ(model.states[1].type.shape, Shape({6}));
  EXPECT_EQ(model.states[1].init.b, 1 / std::sqrt(30.0));
  EXPECT_EQ(model.states[2].type.shape, Shape({2, 6 * 7 * 7}));
  // `as` names the value, not the path; nodes say which layer they are of.
  EXPECT_EQ(nodesOf(model, "predict", "convolution")[0]->path, "0.conv2d");
  EXPECT_EQ(nodesOf(model, "predict", "matmul")[1]->path, "net.head.dense");
}

TEST(Check, ConnectsLayers) {
  CheckedModel model = mustLoad(withLayers(
      R"({ "relu": {}, "as": "a" }, "tanh", { "sub": ["a", "x"], "as": "b" }, { "concat": ["b", "a"] })"));
  const Entry &predict = *model.entry("predict");
  ASSERT_EQ(predict.nodes.size(), 4u); // nothing needs the tanh
  using Refs = std::vector<ValueRef>;
  EXPECT_EQ(predict.nodes[1].operands, Refs({{0, 0}}));
  EXPECT_EQ(predict.nodes[2].operands, Refs({{1, 0}, {0, 0}}));
  EXPECT_EQ(predict.nodes[3].operands, Refs({{2, 0}, {1, 0}}));
  ASSERT_EQ(predict.outputs.size(), 1u);
  EXPECT_EQ(predict.outputs[0].name, "output");
  EXPECT_EQ(predict.outputs[0].value, (ValueRef{3, 0}));
}

/// The units of a dense layer whose size is `expr`.
int64_t evaluate(const std::string &expr, const LoadOptions &options = {}) {
  CheckedModel model = mustLoad(
      R"({ "descent": 1, "constants": { "c": "a * b", "a": 6, "b": 3, "f": 0.5 }, "inputs": { "x": { "shape": [2] } },
           "network": [ { "dense": ")" +
          expr + "\" } ] }",
      options);
  return outputType(model).shape[0];
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
      R"({ "descent": 1, "constants": { "p": "0.5 / 2" }, "inputs": { "x": { "shape": [2] } }, "network": [ { "leaky_relu": "p" }, { "leaky_relu": 2 } ] })");
  std::vector<const Node *> layers = nodesOf(model, "predict", "leaky_relu");
  EXPECT_EQ(layers.at(0)->attributes.number("slope"), 0.25);
  EXPECT_EQ(layers.at(1)->attributes.number("slope"), 2.0);
}

TEST(Check, CompletesAttributes) {
  CheckedModel model = mustLoad(withLayers(
      R"({ "conv2d": { "filters": 2, "kernel": [3, 2] } }, { "softmax": -1 })",
      image));
  const Attributes &conv =
      nodesOf(model, "predict", "convolution").at(0)->attributes;
  EXPECT_EQ(conv.list("stride"), Shape({1, 1}));
  EXPECT_EQ(conv.list("pad_low"), Shape({0, 0}));
  EXPECT_EQ(conv.integer("groups"), 1);
  EXPECT_EQ(
      nodesOf(model, "predict", "softmax").at(0)->attributes.integer("axis"),
      3);
}

TEST(Check, ChoosesTheBatch) {
  std::string text = withLayers("\"relu\"");
  EXPECT_EQ(mustLoad(text).batch, 4);
  EXPECT_EQ(mustLoad(text, {{}, 9}).batch, 9);
  EXPECT_EQ(mustLoad(text, {{}, 9}).inputs.at(0).type.shape, Shape({9, 8}));
}

TEST(Check, ReadsAdamsBetas) {
  auto adam = [](const std::string &attributes) {
    return mustLoad(
               R"({ "descent": 1, "inputs": { "x": { "shape": [2, 3] } }, "network": [ { "dense": 3, "as": "y" } ],
                          "loss": { "mse": ["y", "x"] }, "optimizer": { "adam": {)" +
               attributes + "} } }")
        .entry("train")
        ->optimizations.at(0);
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
  EXPECT_EQ(model.inputs[0].high, 0);
  EXPECT_EQ(model.inputs[1].low, 0);
  EXPECT_EQ(model.inputs[1].high, 5);
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
