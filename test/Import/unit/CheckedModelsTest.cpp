// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Entries made of checked graphs: states, inputs, updates, optimizers.

#include "Graphs.h"

using namespace descent;
using namespace descent::test;

static model::Optimization sgd(ValueRef loss, int64_t group,
                               std::vector<std::string> parameters) {
  model::Optimization result;
  result.op = &opCalled("sgd");
  result.group = group;
  result.loss = loss;
  result.parameters = std::move(parameters);
  result.attributes.set("lr", 0.5);
  for (const char *name : {"momentum", "dampening", "weight_decay"})
    result.attributes.set(name, 0.0);
  result.attributes.set("nesterov", false);
  return result;
}

static ValueRef sumOfSquares(Graph &graph, ValueRef x) {
  const TensorType &type = graph.entry().type(x);
  return graph.op("sum", {graph.op("mul", {x, x}, TensorType(type))}, f32({}),
                  {{"axes", Ints{}}, {"keepdims", false}});
}

TEST(ImportModels, StatesHaveRolesAndInitializers) {
  using Kind = model::Initializer::Kind;
  Graph graph;
  graph.parameter("weight", f32({3, 2}));
  graph.parameter("mean", f32({2}));
  graph.parameter("count", i32({}));
  auto &states = graph.model.states;
  states[0].init = {Kind::Orthogonal, 2, 0};
  states[1].init = {Kind::TruncatedNormal, 1, 0.5};
  states[1].role = model::State::Role::Buffer;
  states[2].init = {Kind::Constant, 4, 0};
  states[2].role = model::State::Role::Buffer;
  ASSERT_TRUE(graph.import());
  std::string text = graph.text();
  for (const char *line :
       {"descent.state @weight : tensor<3x2xf32>  parameter <orthogonal, 2.",
        "descent.state @mean : tensor<2xf32>  buffer <truncated_normal, 1.",
        "descent.state @count : tensor<i32>  buffer <constant, 4."})
    EXPECT_NE(text.find(line), std::string::npos) << line << '\n' << text;
  const Numbers &w = graph.state["weight"].values;
  EXPECT_NEAR(w[0] * w[0] + w[2] * w[2] + w[4] * w[4], 4, 1e-12);
  EXPECT_NEAR(w[0] * w[1] + w[2] * w[3] + w[4] * w[5], 0, 1e-12);
}

TEST(ImportModels, UpdatesWriteStates) {
  Graph graph;
  auto count = graph.parameter("count", f32({}));
  graph.model.states[0].role = model::State::Role::Buffer;
  graph.model.states[0].init = {model::Initializer::Kind::Constant, 2, 0};
  auto one = graph.op("full", {}, f32({}), {{"value", 1.0}});
  graph.entry().updates.push_back(
      {"count", graph.op("add", {count, one}, f32({})), {}});
  ASSERT_TRUE(graph.import());
  graph.run();
  graph.run();
  EXPECT_EQ(graph.state["count"].values, Numbers{4});
}

TEST(ImportModels, OptimizersHaveGroupsAndLossesOfTheirOwn) {
  Graph graph;
  auto a = graph.parameter("a", f32({2})), b = graph.parameter("b", f32({2}));
  graph.parameter("frozen", f32({2}));
  auto first = sumOfSquares(graph, a), second = sumOfSquares(graph, b);
  graph.entry().optimizations.push_back(sgd(first, 0, {"a"}));
  graph.entry().optimizations.push_back(sgd(second, 1, {"b"}));
  graph.output("loss", first);
  ASSERT_TRUE(graph.import());
  Environment before = graph.state;
  graph.run({.step = 1});
  // The gradient is 2 x, the rate 1/2: both become zero.
  expectNear(graph.state["a"], {0, 0}, 1e-6);
  expectNear(graph.state["b"], {0, 0}, 1e-6);
  EXPECT_EQ(graph.state["frozen"].values, before["frozen"].values);
  std::string text = graph.text();
  EXPECT_NE(text.find("descent.optimize 0"), std::string::npos);
  EXPECT_NE(text.find("descent.optimize 1"), std::string::npos);
}

TEST(ImportModels, HalvesAreNotTrained) {
  Graph graph;
  auto a = graph.parameter("a", f16({2}));
  auto wide = graph.op("cast", {a}, f32({2}));
  graph.entry().optimizations.push_back(
      sgd(sumOfSquares(graph, wide), 0, {"a"}));
  EXPECT_FALSE(graph.import(/*expectErrors=*/true));
  EXPECT_NE(graph.errors.find("parameter 'a' of element type 'f16' cannot be "
                              "trained; declare it as f32"),
            std::string::npos)
      << graph.errors;
}

TEST(ImportModels, EntriesMayHaveInputsInSizesOfTheirOwn) {
  Graph graph;
  auto x = graph.input("x", f32({4, 2}, 0));
  graph.model.inputs[0].low = 0;
  graph.output("x", x);
  model::Entry &other = graph.model.entries.emplace_back();
  other.name = "generate";
  GraphWriter writer{other.nodes, ""};
  auto one = writer.leaf(model::Node::Kind::Input, "x", f32({1, 2}, 0));
  other.outputs.push_back({"y", one, {}});
  ASSERT_TRUE(graph.import());
  auto symbol = graph.module->lookupSymbol<InputOp>("generate.x");
  ASSERT_TRUE(symbol);
  EXPECT_EQ(symbol.getBatchAxis(), 0u);
  auto entry = interpreter::findEntry(*graph.module, "generate");
  ASSERT_TRUE(mlir::succeeded(entry));
  auto outputs =
      interpreter::interpretEntry(*entry, graph.inputs, graph.state, {});
  ASSERT_TRUE(mlir::succeeded(outputs));
  EXPECT_EQ((*outputs)["y"].values, graph.inputs["generate.x"].values);
}

TEST(ImportModels, AccumulatorsAreThereForEntriesThatUseThem) {
  Graph graph;
  auto sum = graph.parameter("metric.loss.sum", f32({}));
  graph.model.states[0].role = model::State::Role::Metric;
  graph.output("loss", sum);
  model::Entry &other = graph.model.entries.emplace_back();
  other.name = "other";
  ASSERT_TRUE(graph.import());
  EXPECT_TRUE(graph.module->lookupSymbol("metric.loss.sum"));
  auto module = importModel(graph.model, graph.context, {{"other"}});
  ASSERT_TRUE(module);
  EXPECT_FALSE(module->lookupSymbol("metric.loss.sum"));
  EXPECT_FALSE(module->lookupSymbol("predict"));
}

TEST(ImportModels, NamesMustDiffer) {
  Graph graph;
  graph.input("weight", f32({2}));
  graph.parameter("weight", f32({2}));
  EXPECT_FALSE(graph.import(/*expectErrors=*/true));
  EXPECT_EQ(graph.errors,
            "state 'weight' has the name of an input; call it otherwise\n");
}

TEST(ImportModels, OperationsHaveTheLocationsOfTheirLayers) {
  Graph graph;
  auto x = graph.input("x", f32({2}));
  graph.path = "2.softplus";
  auto y = graph.op("exp", {x}, f32({2}));
  graph.entry().nodes[y.node].location = {0, 12, 5};
  graph.output("y", y);
  ASSERT_TRUE(graph.import());
  graph.module->walk([](ExpOp op) {
    auto name = mlir::dyn_cast<mlir::NameLoc>(op.getLoc());
    ASSERT_TRUE(name);
    EXPECT_EQ(name.getName(), "2.softplus");
    auto place = mlir::dyn_cast<mlir::FileLineColLoc>(name.getChildLoc());
    ASSERT_TRUE(place);
    EXPECT_EQ(place.getFilename(), "model.json");
    EXPECT_EQ(place.getLine(), 12u);
  });
}
