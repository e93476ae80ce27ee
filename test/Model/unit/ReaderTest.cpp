// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From JSON to the syntax tree: positions, what bare values mean, and text that
// is not a model.

#include "ModelTest.h"

using namespace descent::model;

namespace {

struct Read {
  DiagnosticEngine diagnostics;
  std::optional<Model> model;

  explicit Read(const std::string &text) {
    uint32_t file = diagnostics.addSource("m", text);
    model = readJson(file, diagnostics);
  }
};

TEST(Reader, KnowsWhereThingsStand) {
  Read read("{ \"descent\": 1,\n"
            "  \"constants\": { \"width\" : 12 , \"half\": \"width / 2\" },\n"
            "  \"inputs\": { \"x\": { \"shape\": [ \"batch\",8, -1 ] } },\n"
            "  \"network\": [ \"relu\", { \"dense\": 3, \"as\": \"y\" } ] }");
  ASSERT_TRUE(read.model) << read.diagnostics.render();
  const Model &model = *read.model;
  EXPECT_EQ(model.constants[0].name.location, (Location{0, 2, 18}));
  EXPECT_EQ(model.constants[0].value.location, (Location{0, 2, 28}));
  // Inside a string: the operator of the division, and its left side.
  EXPECT_EQ(model.constants[1].value.location, (Location{0, 2, 48}));
  EXPECT_EQ(model.constants[1].value.operands[0].location,
            (Location{0, 2, 42}));
  EXPECT_EQ(model.inputs[0].name.location, (Location{0, 3, 15}));
  const std::vector<Expr> &shape = model.inputs[0].shape.operands;
  EXPECT_EQ(shape[0].location, (Location{0, 3, 34}));
  EXPECT_EQ(shape[1].location, (Location{0, 3, 41}));
  EXPECT_EQ(shape[2].location, (Location{0, 3, 44}));
  EXPECT_EQ(model.network[0].value.location, (Location{0, 4, 16}));
  EXPECT_EQ(model.network[1].value.location, (Location{0, 4, 26}));
  EXPECT_EQ(model.network[1].as[0].location, (Location{0, 4, 44}));
}

TEST(Reader, PlacesStringsWithEscapesAtTheirStart) {
  Read read(
      R"({ "descent": 1, "constants": { "a": "1 \u002b 2" }, "inputs": {} })");
  ASSERT_TRUE(read.model) << read.diagnostics.render();
  EXPECT_EQ(read.model->constants[0].value.location, (Location{0, 1, 37}));
}

TEST(Reader, ReadsWhatBareValuesMean) {
  Read read(R"({ "descent": 1, "inputs": { "x": { "shape": [2] } },
    "network": [ { "dense": 10 }, { "max_pool2d": [2, 3] }, { "add": ["a", "b"] },
                 { "concat": 2, "of": ["a", "b"] }, { "softmax": "axis" }, "relu" ],
    "loss": { "mse": { "args": ["x", "x"] } },
    "outputs": { "a": { "argmax": "x" }, "b": { "softmax": { "args": "x", "axis": 1 } }, "c": "x" },
    "optimizer": { "sgd": 0.5 } })");
  ASSERT_TRUE(read.model) << read.diagnostics.render();
  const std::vector<Stage> &network = read.model->network;
  auto arguments = [&](size_t i) { return network[i].value.arguments; };
  // The first attribute, behind the one value that the layer takes.
  ASSERT_EQ(arguments(0).size(), 1u);
  EXPECT_TRUE(arguments(0)[0].key.empty());
  EXPECT_EQ(arguments(0)[0].value.integer, 10);
  EXPECT_TRUE(network[0].takesPrevious);
  EXPECT_EQ(arguments(1)[0].value.kind, Expr::Kind::List);
  EXPECT_EQ(arguments(2).size(), 2u);
  EXPECT_FALSE(network[2].takesPrevious);
  // Where any number of values may stand, it needs its name.
  ASSERT_EQ(arguments(3).size(), 3u);
  EXPECT_EQ(arguments(3)[2].key.text, "axis");
  EXPECT_EQ(arguments(4)[0].value.name, "axis");
  EXPECT_TRUE(arguments(5).empty());
  EXPECT_EQ(read.model->losses.at(0).arguments.size(), 2u);
  const std::vector<ResultDecl> &outputs = *read.model->outputs;
  EXPECT_EQ(outputs[0].value.arguments[0].value.name, "x");
  EXPECT_EQ(outputs[1].value.arguments[1].key.text, "axis");
  EXPECT_TRUE(outputs[2].value.isName("x"));
  ASSERT_EQ(read.model->optimizers.size(), 1u);
  EXPECT_EQ(read.model->optimizers[0].value.arguments[0].value.number, 0.5);
}

TEST(Reader, ReadsWhatIsNoLayer) {
  Read read(
      R"json({ "descent": 1, "inputs": { "x": { "shape": [2], "dtype": "i32", "range": [0, 5] } },
    "modules": { "block": { "params": { "x": "tensor", "n": { "type": "int >= 1", "default": 3 } },
                            "network": [ { "dense": "n", "of": "x" }, "relu" ] } },
    "functions": { "twice": { "params": { "x": "tensor" }, "returns": "x * 2",
                              "vjp": { "cotangents": ["g"], "returns": ["g * 2"] } } },
    "network": [ { "param": "w", "shape": [2], "init": "normal(0, 0.1)", "frozen": true },
                 { "value": "x * w |> relu", "as": ["a", "b"] }, { "instance": "enc", "of": { "block": { "n": 4 } } },
                 { "enc": {} }, { "if": "training", "then": ["relu"], "else": ["tanh"] },
                 { "repeat": 3, "network": [ { "block": {} } ], "as": "y" }, { "update": "w", "to": "y" },
                 { "residual": [ "relu", { "dense": 2 } ] }, { "require": "1 < 2", "message": "no {x}" } ],
    "optimizer": [ { "adam": {}, "over": ["enc", "5.0"] }, "sgd" ],
    "entries": { "one": { "batch": 1, "set": { "n": 2 }, "outputs": { "o": "y + 1" } } } })json");
  ASSERT_TRUE(read.model) << read.diagnostics.render();
  const Model &model = *read.model;
  EXPECT_EQ(model.inputs[0].range->operands[1].integer, 5);
  ASSERT_EQ(model.definitions.size(), 2u);
  const ParameterDecl &n = model.definitions[0].parameters[1];
  EXPECT_EQ(n.type.name.text, "int");
  EXPECT_EQ(n.type.low->integer, 1);
  EXPECT_EQ(n.defaultValue->integer, 3);
  EXPECT_EQ(model.definitions[1].cotangents[0].text, "g");
  EXPECT_EQ(model.definitions[1].vjp->front().value.kind, Expr::Kind::List);
  std::vector<Stage::Kind> kinds;
  for (const Stage &stage : model.network)
    kinds.push_back(stage.kind);
  using Kind = Stage::Kind;
  EXPECT_EQ(kinds,
            (std::vector{Kind::Param, Kind::Value, Kind::Value, Kind::Instance,
                         Kind::Value, Kind::If, Kind::Repeat, Kind::Update,
                         Kind::Value, Kind::Require}));
  EXPECT_TRUE(model.network[0].frozen);
  EXPECT_EQ(model.network[2].as.size(), 2u);
  EXPECT_EQ(model.network[6].as[0].text, "y");
  EXPECT_EQ(model.network[8].value.arguments[0].value.lambda->body.size(), 2u);
  EXPECT_EQ(model.optimizers[0].over[1].text, "5.0");
  EXPECT_EQ(model.entries[0].overrides[1].key.text, "n");
}

TEST(Reader, BindsOperatorsAsUsual) {
  Read read("{ \"descent\": 1, \"inputs\": {}, \"constants\": { \"a\": "
            "\"1 + 2 * -3 - (4 - 5)\" } }");
  ASSERT_TRUE(read.model) << read.diagnostics.render();
  const Expr &minus = read.model->constants[0].value;
  EXPECT_EQ(minus.op, "-");
  EXPECT_EQ(minus.operands[0].op, "+");
  EXPECT_EQ(minus.operands[0].operands[1].op, "*");
  EXPECT_EQ(minus.operands[0].operands[1].operands[1].kind, Expr::Kind::Unary);
  EXPECT_EQ(minus.operands[1].op, "-");
}

TEST(Reader, BoundsExpressions) {
  std::string deep(100, '('), chain;
  for (int i = 0; i < 300; ++i)
    chain += "1+";
  EXPECT_NE(errorsOf(withLayers("{ \"dense\": \"" + deep + "\" }"))
                .find("nested deeper than 64"),
            std::string::npos);
  EXPECT_NE(errorsOf(withLayers("{ \"dense\": \"" + chain + "1\" }"))
                .find("at most 200 operators"),
            std::string::npos);
}

TEST(Reader, SkipsAByteOrderMark) {
  EXPECT_EQ(errorsOf("\xef\xbb\xbf" + withLayers("\"relu\"")), "");
}

TEST(Reader, SurvivesEveryPrefixAndEveryFlippedByte) {
  std::string text = withLayers(
      R"({ "conv2d": { "filters": "2*c", "kernel": [3, 1] }, "of": "x" }, "relu")");
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_NE(errorsOf(text.substr(0, i)), "") << i;
    for (char c : {'"', '{', ']', '\\', '\0', '\xff', '9'}) {
      std::string changed = text;
      changed[i] = c;
      errorsOf(changed);
    }
  }
}

} // namespace
