// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the text spelling to the syntax tree: pipelines, paths, definitions, and
// text that is cut off.

#include "ModelTest.h"
#include "SameTree.h"

using namespace descent::model;

namespace {

Model parse(const std::string &text) {
  DiagnosticEngine diagnostics;
  std::optional<Model> model =
      readText(diagnostics.addSource("m.descent", text), diagnostics);
  EXPECT_TRUE(model) << diagnostics.render();
  return model ? std::move(*model) : Model{};
}

/// Whether two networks are written alike.
bool alike(const std::string &a, const std::string &b) {
  return same(parse(a).network, parse(b).network);
}

TEST(TextParser, KnowsWhereThingsStand) {
  Model model = parse("model \"m\"\nconst a = 1 + 2\n"
                      "x = y\n  |> enc.0: dense(a)\n");
  EXPECT_EQ(model.name.location, (Location{0, 1, 7}));
  EXPECT_EQ(model.constants[0].value.location, (Location{0, 2, 13}));
  const Stage &stage = model.network[0];
  EXPECT_EQ(stage.as[0].location, (Location{0, 3, 1}));
  EXPECT_EQ(stage.path.location, (Location{0, 4, 6}));
  EXPECT_EQ(stage.value.operands[0].location, (Location{0, 4, 13}));
}

TEST(TextParser, MakesAStageOfEveryLink) {
  std::vector<Stage> network = parse("y = x |> dense(3) |> relu\n").network;
  ASSERT_EQ(network.size(), 2u);
  EXPECT_FALSE(network[0].takesPrevious);
  EXPECT_EQ(network[0].value.arguments.size(), 2u);
  EXPECT_TRUE(network[0].as.empty());
  EXPECT_TRUE(network[1].takesPrevious);
  EXPECT_TRUE(network[1].value.arguments.empty());
  EXPECT_EQ(network[1].as[0].text, "y");
}

TEST(TextParser, ReadsAsWritten) {
  EXPECT_TRUE(alike("x |> f(1)", "f(x, 1)"));
  EXPECT_TRUE(alike("x |> p.0: f", "p.0: f(x)"));
  EXPECT_TRUE(alike("x |> p.0: f", "\"p.0\": f(x)"));
  EXPECT_TRUE(alike("x |> f |> g", "f(x) |> g()"));
  EXPECT_TRUE(alike("x |> f |> g", "f(x)\n  |> g"));
  EXPECT_FALSE(alike("x |> f", "(x);\n|> f"));
  EXPECT_FALSE(alike("a = x |> f |> g", "a = x |> f;\n|> g"));
  EXPECT_TRUE(alike("a = 1 + 2 * 3 ** 2", "a = (1 + (2 * (3 ** 2)))"));
  EXPECT_TRUE(alike("a = -2 ** 2", "a = -(2 ** 2)"));
  EXPECT_TRUE(alike("a = 2 ** 3 ** 4", "a = 2 ** (3 ** 4)"));
  EXPECT_TRUE(alike("a = not b == c and d", "a = (not (b == c)) and d"));
  EXPECT_TRUE(alike("a = b | c ^ d & e << 1", "a = b | (c ^ (d & (e << 1)))"));
  EXPECT_TRUE(alike("a = 1_000 + .5", "a = 1000 + 0.5"));
  EXPECT_FALSE(alike("a = f\n(x)", "a = f(x)"));
  EXPECT_TRUE(alike("if c { a = 1 } else if d { a = 2 }",
                    "if c { a = 1 } else { if d { a = 2 } }"));
}

TEST(TextParser, ReadsPipelinesInParentheses) {
  EXPECT_TRUE(alike("a = (x |> f) + x", "a = f(x) + x"));
  EXPECT_TRUE(alike("a = (x + 1 |> f(2) |> g) * 3", "a = g(f(x + 1, 2)) * 3"));
  EXPECT_TRUE(alike("a = h((x |> f), y)", "a = h(f(x), y)"));
  EXPECT_TRUE(alike("(x |> f) |> g", "x |> f |> g"));
  EXPECT_TRUE(alike("a = 1 + (x |> repeat 2 { |> f })",
                    "a = 1 + { |> repeat 2 { |> f } }(x)"));
  Model model = parse("loss (x |> f)\noutput y = (x |> f)\n");
  EXPECT_TRUE(same(model.losses.at(0), model.outputs->at(0).value));
}

TEST(TextParser, BoundsOperatorsOfEachLink) {
  std::string text = "module m(x: tensor) {\n";
  for (int i = 0; i < 300; ++i)
    text += "  |> f(1)\n";
  EXPECT_EQ(parse(text + "}\n").definitions.at(0).body.size(), 300u);
}

TEST(TextParser, LetsReturnGiveWhatAPipelineGives) {
  auto body = [](const std::string &text) {
    return parse("module m(x: tensor) {" + text + "}").definitions[0].body;
  };
  EXPECT_TRUE(same(body("return x |> f |> g"), body("f(x) |> g; return")));
  EXPECT_TRUE(same(body("return |> f"), body("|> f; return")));
  EXPECT_FALSE(same(body("return f(x)"), body("f(x); return")));
}

TEST(TextParser, TellsDefinitionsFromUses) {
  Model model = parse("loss far(a: tensor) = mean(a)\nloss far(x)\n"
                      "metric seen(a: tensor) { return a }\nmetric seen(x)\n");
  ASSERT_EQ(model.definitions.size(), 2u);
  EXPECT_EQ(model.definitions[0].kind, Definition::Kind::Loss);
  EXPECT_EQ(model.definitions[1].kind, Definition::Kind::Metric);
  EXPECT_EQ(model.losses.size(), 1u);
  EXPECT_EQ(model.metrics[0].name.text, "seen");
}

TEST(TextParser, KeepsDocumentation) {
  Model model = parse("// nothing\n/// One.\n///  Two.\nmodule m() { }\n"
                      "/// lost\n// line\nmodule n() { }\n");
  EXPECT_EQ(model.definitions[0].doc, "One.\n Two.\n");
  EXPECT_EQ(model.definitions[1].doc, "");
}

TEST(TextParser, SurvivesEveryPrefixAndEveryFlippedByte) {
  const std::string text =
      "const n = 2 ** -1\ninput x : f32[batch, 8] in [0, n)\n"
      "module b(x: tensor, k: int >= 1 = 3) { return x |> dense(k) }\n"
      "y = x[0, 1:n] |> p.0: b(k: [1, \"a\\n\"]) |> repeat n { |> relu }\n"
      "entry e: batch 1 { output y }\n";
  auto read = [](const std::string &text) {
    DiagnosticEngine diagnostics;
    bool isRead =
        readText(diagnostics.addSource("m", text), diagnostics).has_value();
    EXPECT_NE(isRead, diagnostics.hasErrors()) << text;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    read(text.substr(0, i));
    for (char c : {'"', '{', ']', '\\', '\0', '\xff', '9', '|', '\n'}) {
      std::string changed = text;
      changed[i] = c;
      read(changed);
    }
  }
}

} // namespace
