// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What entries hold: metrics, states, optimizers, sizes of their own, and the
// ops with bodies.

#include "ModelTest.h"

using namespace descent::model;

namespace {

using Names = std::vector<std::string>;
using Shape = std::vector<int64_t>;

const char *const head = "input x : f32[batch, 8]\ninput y : f32[batch, 1]\n"
                         "train batch: 4\n";

std::string model(const std::string &text) { return head + text + "\n"; }

Names namesOf(const std::vector<Output> &outputs) {
  Names names;
  for (const Output &output : outputs)
    names.push_back(output.name);
  return names;
}
Names namesOf(const std::vector<Update> &updates) {
  Names names;
  for (const Update &update : updates)
    names.push_back(update.state);
  return names;
}

TEST(Entries, AreTrainEvalMetricsPredict) {
  CheckedModel m = mustElaborate(model(
      "p = x |> dense(1)\nloss mse(p, y)\nmetric mean_error = mean(p - y)\n"
      "optimizer sgd(0.1)"));
  ASSERT_EQ(m.entries.size(), 4u);
  EXPECT_EQ(m.entries[0].name, "train");
  EXPECT_TRUE(m.entries[0].training);
  EXPECT_EQ(namesOf(m.entries[0].outputs), Names({"loss"}));
  ASSERT_EQ(m.entries[0].optimizations.size(), 1u);
  EXPECT_EQ(m.entries[0].optimizations[0].parameters,
            Names({"0.weight", "0.bias"}));
  EXPECT_EQ(m.entries[1].name, "eval");
  EXPECT_FALSE(m.entries[1].training);
  EXPECT_EQ(namesOf(m.entries[1].updates),
            Names({"metric.loss.sum", "metric.loss.count",
                   "metric.mean_error.sum", "metric.mean_error.count"}));
  EXPECT_EQ(m.entries[2].name, "metrics");
  EXPECT_EQ(namesOf(m.entries[2].outputs), Names({"loss", "mean_error"}));
  for (const Node &node : m.entries[2].nodes)
    EXPECT_NE(node.kind, Node::Kind::Input);
  EXPECT_EQ(m.entries[3].name, "predict");
  EXPECT_EQ(namesOf(m.entries[3].outputs), Names({"p"}));
  // Nothing that is not needed: no y in predict.
  for (const Node &node : m.entries[3].nodes)
    EXPECT_NE(node.path, "y");
  EXPECT_EQ(m.batch, 4);
}

TEST(Entries, KeepTheSlotsOfMetrics) {
  CheckedModel m = mustElaborate(
      model("metric spread(a: tensor, b: tensor) {\n"
            "  accumulate squares = sum((a - b) ** 2.0, [0])\n"
            "  accumulate n = count(b)\n  return sqrt(squares / n)\n}\n"
            "p = x |> dense(1)\nloss mse(p, y)\nmetric spread(p, y)\n"
            "metric twice = 2 * spread(p, y)"));
  EXPECT_EQ(
      stateNames(m, State::Role::Metric),
      Names({"metric.loss.sum", "metric.loss.count", "metric.spread.squares",
             "metric.spread.n", "metric.twice.squares", "metric.twice.n"}));
  EXPECT_EQ(m.state("metric.spread.squares")->type.shape, Shape({1}));
  const Entry &metrics = *m.entry("metrics");
  EXPECT_EQ(namesOf(metrics.outputs), Names({"loss", "spread", "twice"}));
  EXPECT_EQ(metrics.type(metrics.outputs[1].value).shape, Shape({1}));
  EXPECT_NE(textErrors(model("metric bad(a: tensor) {\n"
                             "  accumulate n = count(a)\n"
                             "  return n * mean(a)\n}\nloss mean(x)\n"
                             "metric bad(x)"))
                .find("depends on its accumulators alone"),
            std::string::npos);
  EXPECT_NE(textErrors(model("metric bad(a: tensor) {\n"
                             "  accumulate n = a\n  return n\n}\n"
                             "loss mean(x)\nmetric bad(x)"))
                .find("has the batch axis"),
            std::string::npos);
}

TEST(Entries, UpdateStates) {
  CheckedModel m = mustElaborate(model(
      "module counter(x: tensor) {\n  state steps : i32[] = 0\n"
      "  if training { update steps = steps + 1 }\n  return x\n}\n"
      "p = x |> counter |> dense(1)\nloss mse(p, y)\noptimizer sgd(0.1)"));
  EXPECT_EQ(stateNames(m, State::Role::Buffer), Names({"0.steps"}));
  EXPECT_EQ(namesOf(m.entry("train")->updates), Names({"0.steps"}));
  EXPECT_EQ(namesOf(m.entry("predict")->updates), Names());
  EXPECT_NE(textErrors(model("state s : f32[] = 0\nupdate s = s + 1\n"
                             "update s = s + 2\nx |> relu"))
                .find("'s' is updated twice"),
            std::string::npos);
  EXPECT_NE(textErrors(model("state s : f32[2] = 0\nupdate s = mean(x, [0])\n"
                             "x |> relu"))
                .find("'s' is f32[2], and cannot become"),
            std::string::npos);
}

TEST(Entries, UpdateStatesOfLayersByPath) {
  const std::string counter =
      "module counter(x: tensor) { state n : i32[] = -2147483648; return x + "
      "cast(n, f32) }\n";
  CheckedModel m = mustElaborate(
      model(counter + "module wrapper(x: tensor) {\n  y = inner: counter(x)\n"
                      "  update inner.n = -2147483648\n  return y\n}\n"
                      "instance c = counter()\np = x |> c |> out: wrapper\n"
                      "update c.n = 7\n"));
  EXPECT_EQ(stateNames(m, State::Role::Buffer), Names({"c.n", "out.inner.n"}));
  EXPECT_EQ(namesOf(m.entry("predict")->updates),
            Names({"out.inner.n", "c.n"}));
  EXPECT_EQ(m.state("c.n")->init.a, -0x1p31);
  CheckedModel json = mustLoad(R"JSON({ "descent": 1,
    "inputs": { "x": { "shape": ["batch", 8] } },
    "modules": { "counter": { "params": { "x": "tensor" }, "network": [
      { "state": "n", "shape": [], "dtype": "i32", "init": -2147483648 } ],
      "returns": "x + cast(n, f32)" } },
    "network": [ { "counter": {}, "name": "c" }, { "update": "c.n", "to": 7 } ],
    "train": { "batch": 4 } })JSON");
  EXPECT_EQ(namesOf(json.entry("predict")->updates), Names({"c.n"}));
  EXPECT_EQ(json.state("c.n")->init.a, -0x1p31);
}

TEST(Entries, WarnOfParametersWithoutAGradient) {
  DiagnosticEngine diagnostics;
  std::optional<CheckedModel> m = loadText(
      model("h = x |> enc: dense(4)\nz = x |> off: dense(4)\n"
            "q = x |> gate: dense(4)\n"
            "p = dense(h * stop_gradient(z), 1) + cast(argmax(q), f32)[:, none]"
            "\nloss mse(p, y)\noptimizer sgd(0.1)"),
      diagnostics);
  ASSERT_TRUE(m) << diagnostics.render();
  ASSERT_EQ(diagnostics.warnings().size(), 2u) << diagnostics.render();
  const Diagnostic &warning = diagnostics.warnings()[0];
  EXPECT_EQ(warning.message,
            "'gate.weight' is not trained: the loss depends on it only through "
            "'argmax', which has no gradient");
  EXPECT_EQ(warning.location, (Location{0, 9, 11}));
  ASSERT_EQ(warning.notes.size(), 1u);
  EXPECT_EQ(warning.notes[0].location, (Location{0, 7, 43}));
  EXPECT_NE(diagnostics.render().find("warning: 'gate.bias'"),
            std::string::npos);
}

TEST(Entries, ChooseParametersOfOptimizers) {
  CheckedModel m = mustElaborate(
      model("h = x |> enc: dense(4) |> relu\nfrozen param bias : f32[1] = 0\n"
            "q = head: dense(h, 1)\np = q + bias\nloss mse(p, y)\n"
            "optimizer sgd(0.1) over enc\noptimizer adam over head.weight"));
  const Entry &train = *m.entry("train");
  ASSERT_EQ(train.optimizations.size(), 2u);
  EXPECT_EQ(train.optimizations[0].parameters,
            Names({"enc.weight", "enc.bias"}));
  EXPECT_EQ(train.optimizations[1].parameters, Names({"head.weight"}));
  EXPECT_EQ(train.optimizations[1].group, 1);
  EXPECT_TRUE(m.state("bias")->frozen);
  EXPECT_NE(textErrors(model("p = x |> dense(1)\nloss mse(p, y)\n"
                             "optimizer sgd(0.1)\noptimizer adam"))
                .find("two optimizers update '0.weight'"),
            std::string::npos);
  EXPECT_NE(textErrors(model("p = x |> dense(1)\nloss mse(p, y)\n"
                             "optimizer sgd(0.1) over encoder"))
                .find("the loss depends on no parameter of 'encoder'"),
            std::string::npos);
  EXPECT_NE(textErrors(model("p = x |> dense(1)\n"
                             "loss mse(stop_gradient(p), y)\n"
                             "optimizer sgd(0.1)"))
                .find("there is nothing to train"),
            std::string::npos);
}

TEST(Entries, AddUpLosses) {
  const std::string network = "p = x |> dense(1)\n",
                    rest = "\noptimizer sgd(0.1)\n"
                           "entry tune { loss mean(p) optimizer sgd(0.1) }";
  CheckedModel one =
      mustElaborate(model(network + "loss mse(p, y) + 0.5 * mae(p, y)" + rest));
  CheckedModel two = mustElaborate(
      model(network + "loss mse(p, y)\nloss 0.5 * mae(p, y)" + rest));
  EXPECT_EQ(canonical(one), canonical(two));
  CheckedModel json = mustLoad(R"JSON({ "descent": 1,
    "inputs": { "x": { "shape": ["batch", 8] }, "y": { "shape": ["batch", 1] } },
    "network": [ { "dense": 1, "of": "x", "as": "p" } ],
    "loss": [ { "mse": ["p", "y"] }, "0.5 * mae(p, y)" ],
    "optimizer": { "sgd": 0.1 }, "train": { "batch": 4 },
    "entries": { "tune": { "loss": [ { "mean": "p" } ],
      "optimizer": { "sgd": 0.1 } } } })JSON");
  EXPECT_EQ(canonical(json), canonical(two));
}

TEST(Entries, HaveSizesOfTheirOwn) {
  CheckedModel m = mustElaborate(model(
      "const scale = 1.0\np = x |> out: dense(1) |> dropout(0.5)\n"
      "loss mse(p, y)\noptimizer sgd(0.1)\n"
      "entry one: batch 1, scale 2.0 { output q = p * scale }\n"
      "entry noisy: training true\n"
      "entry tune: batch 2 { loss mean(p)\n optimizer adam over out.bias }"));
  ASSERT_EQ(m.entries.size(), 7u);
  const Entry &one = *m.entry("one");
  EXPECT_EQ(one.type(one.outputs[0].value).shape, Shape({1, 1}));
  EXPECT_EQ(namesOf(one.outputs), Names({"q"}));
  EXPECT_FALSE(one.training);
  EXPECT_EQ(nodesOf(m, "one", "random_bits").size(), 0u);
  EXPECT_EQ(nodesOf(m, "noisy", "random_bits").size(), 1u);
  EXPECT_EQ(namesOf(m.entry("noisy")->outputs), Names({"p"}));
  const Entry &tune = *m.entry("tune");
  EXPECT_TRUE(tune.training);
  ASSERT_EQ(tune.optimizations.size(), 1u);
  EXPECT_EQ(tune.optimizations[0].parameters, Names({"out.bias"}));
  EXPECT_EQ(tune.optimizations[0].group, 1);
  EXPECT_NE(textErrors(model("const n = 1\nx |> dense(n)\nentry two: n 2"))
                .find("'0.weight' must be the same in every entry: it is "
                      "f32[2, 8] in 'two', and f32[1, 8] in 'predict'"),
            std::string::npos);
  EXPECT_NE(textErrors(model("x |> relu\nentry predict: batch 1"))
                .find("'predict' is an entry of every model"),
            std::string::npos);
}

TEST(Entries, NumberRandomDrawsBeforeDropping) {
  CheckedModel m = mustElaborate(
      model("unused = dropout(x, 0.5)\np = x |> dropout(0.5) |> dense(1)\n"
            "loss mse(p, y)\noptimizer sgd(0.1)"));
  std::vector<const Node *> draws = nodesOf(m, "train", "random_bits");
  ASSERT_EQ(draws.size(), 1u);
  EXPECT_EQ(draws[0]->attributes.integer("stream"), 1);
}

TEST(Entries, InferRangesOfIndices) {
  CheckedModel m =
      mustElaborate("input x : f32[batch, 8]\ninput l : i32[batch]\n"
                    "input i : i32[batch] in [0, 3)\ntrain batch: 4\n"
                    "p = x |> dense(5)\nloss softmax_cross_entropy(p, "
                    "l)\noutput q = i + 1\n");
  EXPECT_EQ(m.inputs[1].high, 5);
  EXPECT_EQ(m.inputs[2].low, 0);
  EXPECT_EQ(m.inputs[2].high, 3);
}

TEST(Scans, AreGraphsOfTheirArguments) {
  CheckedModel m = mustElaborate(
      "input x : f32[batch, 5, 8]\ntrain batch: 4\nparam w : f32[8, 8] = 0\n"
      "(stacked, last) = scan((h, s) => [[tanh(matmul(h, w) + s)], [h, s]], "
      "[x], [zeros([batch, 8])])\n"
      "output a = stacked[0]\noutput b = last[0]\n");
  std::vector<const Node *> scans = nodesOf(m, "predict", "scan");
  ASSERT_EQ(scans.size(), 1u);
  const Node &scan = *scans[0];
  EXPECT_EQ(scan.attributes.integer("states"), 1);
  EXPECT_EQ(scan.attributes.integer("sequences"), 1);
  // The state, the sequence, and the weight that the step uses.
  ASSERT_EQ(scan.operands.size(), 3u);
  const Body &body = scan.bodies.at(0);
  EXPECT_EQ(body.numArguments, 3u);
  for (uint32_t i = 0; i < 3; ++i)
    EXPECT_EQ(body.nodes[i].kind, Node::Kind::Argument);
  EXPECT_EQ(body.nodes[1].type().shape, Shape({4, 8}));
  EXPECT_EQ(body.nodes[2].type().shape, Shape({8, 8}));
  EXPECT_EQ(body.results.size(), 3u);
  ASSERT_EQ(scan.types.size(), 3u);
  EXPECT_EQ(scan.types[0].shape, Shape({4, 5, 8}));
  EXPECT_EQ(scan.types[0].batchAxis, 0);
  EXPECT_EQ(scan.types[2].shape, Shape({4, 8}));
  EXPECT_NE(textErrors("input x : f32[batch, 5, 8]\ntrain batch: 4\n"
                       "scan((h, s) => [[h[:, 0:2]], []], [x], "
                       "[zeros([batch, 8])])[1][0]\n")
                .find("keeps the types of its states"),
            std::string::npos);
}

TEST(Gradients, AreNodes) {
  CheckedModel m = mustElaborate(
      model("p = x |> dense(4) |> tanh\ng = grad(sum(p), x)\n"
            "(a, b) = grad(sum(p * g[:, 0:4]), p, x)\noutput a\noutput b"));
  std::vector<const Node *> grads = nodesOf(m, "predict", "grad");
  ASSERT_EQ(grads.size(), 2u);
  EXPECT_EQ(grads[0]->types.size(), 1u);
  EXPECT_EQ(grads[0]->types[0].shape, Shape({4, 8}));
  ASSERT_EQ(grads[1]->types.size(), 2u);
  EXPECT_EQ(grads[1]->types[0].shape, Shape({4, 4}));
  EXPECT_EQ(outputType(m, "b").batchAxis, 0);
}

TEST(Customs, HaveBodies) {
  CheckedModel m = mustElaborate(
      model("function f(a: tensor, b: tensor, n: int = 2) = a * b * n\n"
            "  vjp (g) = [g * b * n, none]\nf(x, x[:, 0:1])"));
  std::vector<const Node *> customs = nodesOf(m, "predict", "custom");
  ASSERT_EQ(customs.size(), 1u);
  const Node &custom = *customs[0];
  ASSERT_EQ(custom.bodies.size(), 2u);
  EXPECT_EQ(custom.operands.size(), 2u);
  EXPECT_EQ(custom.bodies[0].numArguments, 2u);
  EXPECT_EQ(custom.bodies[0].results.size(), 1u);
  // The operands, the result, its cotangent.
  EXPECT_EQ(custom.bodies[1].numArguments, 4u);
  ASSERT_EQ(custom.bodies[1].results.size(), 2u);
  const Node &zeros = custom.bodies[1].nodes[custom.bodies[1].results[1].node];
  EXPECT_EQ(zeros.op->name, "full");
  EXPECT_EQ(zeros.type().shape, Shape({4, 1}));
  // A number in the place of a tensor has a cotangent that is not needed, and
  // a tensor in that of a number is none of the attributes.
  for (const char *call : {"f(x, 2.0)", "f(2.0, x)"}) {
    CheckedModel one =
        mustElaborate(model("function f(a: tensor, b: tensor) = a * b\n"
                            "  vjp (g) = [g * b, g * a]\n" +
                            std::string(call)));
    std::vector<const Node *> nodes = nodesOf(one, "predict", "custom");
    ASSERT_EQ(nodes.size(), 1u);
    EXPECT_EQ(nodes[0]->operands.size(), 1u);
    ASSERT_EQ(nodes[0]->bodies.at(1).results.size(), 1u);
    // g times the number.
    const Body &vjp = nodes[0]->bodies[1];
    EXPECT_EQ(vjp.nodes[vjp.results[0].node].op->name, "mul");
  }
  EXPECT_NE(textErrors(model("function f(a: tensors) = a[0]\n"
                             "  vjp (g) = [g]\nf(x)"))
                .find("takes tensors one by one: 'a' is a list of them"),
            std::string::npos);
  // Functions that are each other's derivative end.
  EXPECT_EQ(
      nodesOf(mustElaborate(model("sinh(x)")), "predict", "custom").size(), 1u);
  EXPECT_NE(textErrors(model("function f(a: tensor) = a vjp (g) = [g, g]\n"
                             "f(x)"))
                .find("gives 2 cotangents, and there are 1 tensors"),
            std::string::npos);
}

} // namespace
