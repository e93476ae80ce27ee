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
  EXPECT_EQ(model.network[0].call.op.location, (Location{0, 4, 16}));
  EXPECT_EQ(model.network[1].call.op.location, (Location{0, 4, 26}));
  EXPECT_EQ(model.network[1].as.location, (Location{0, 4, 44}));
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
  const std::vector<Layer> &network = read.model->network;
  EXPECT_EQ(network[0].call.attributes[0].key.text, "units");
  EXPECT_TRUE(network[0].takesPrevious);
  EXPECT_EQ(network[1].call.attributes[0].key.text, "kernel");
  EXPECT_EQ(network[1].call.attributes[0].value.kind, Expr::Kind::List);
  EXPECT_EQ(network[2].call.operands.size(), 2u);
  EXPECT_FALSE(network[2].takesPrevious);
  EXPECT_EQ(network[3].call.attributes[0].key.text, "axis");
  EXPECT_EQ(network[3].call.operands.size(), 2u);
  EXPECT_EQ(network[4].call.attributes[0].value.name, "axis");
  EXPECT_TRUE(network[5].call.attributes.empty());
  EXPECT_EQ(read.model->loss->operands.size(), 2u);
  const std::vector<ResultDecl> &outputs = *read.model->outputs;
  EXPECT_EQ(outputs[0].call->operands[0].name, "x");
  EXPECT_EQ(outputs[1].call->attributes[0].key.text, "axis");
  EXPECT_FALSE(outputs[2].call);
  EXPECT_EQ(outputs[2].reference.name, "x");
  EXPECT_EQ(read.model->optimizer->attributes[0].key.text, "lr");
}

TEST(Reader, BindsOperatorsAsUsual) {
  Read read("{ \"descent\": 1, \"inputs\": {}, \"constants\": { \"a\": "
            "\"1 + 2 * -3 - (4 - 5)\" } }");
  ASSERT_TRUE(read.model) << read.diagnostics.render();
  const Expr &minus = read.model->constants[0].value;
  EXPECT_EQ(minus.op, '-');
  EXPECT_EQ(minus.operands[0].op, '+');
  EXPECT_EQ(minus.operands[0].operands[1].op, '*');
  EXPECT_EQ(minus.operands[0].operands[1].operands[1].kind, Expr::Kind::Unary);
  EXPECT_EQ(minus.operands[1].op, '-');
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
