// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every model and every file of the library, printed in both spellings, reads
// back as the same tree.

#include "ModelTest.h"
#include "SameTree.h"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace descent::model;
namespace fs = std::filesystem;

namespace {

const fs::path source = DESCENT_SOURCE_DIR;

std::string readFile(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<Model> parse(const std::string &text, bool isJson) {
  DiagnosticEngine diagnostics;
  uint32_t file = diagnostics.addSource("printed", text);
  std::optional<Model> model =
      isJson ? readJson(file, diagnostics) : readText(file, diagnostics);
  EXPECT_TRUE(model) << diagnostics.render() << text;
  return model;
}

/// Reads `text` back from both of its printed forms.
void expectSame(const std::string &text, bool isJson) {
  std::optional<Model> model = parse(text, isJson);
  ASSERT_TRUE(model);
  std::string printed = printText(*model), json = printJson(*model);
  std::optional<Model> fromText = parse(printed, false);
  std::optional<Model> fromJson = parse(json, true);
  ASSERT_TRUE(fromText && fromJson);
  EXPECT_EQ(difference(*model, *fromText), "") << printed;
  EXPECT_EQ(difference(*model, *fromJson), "") << json;
  EXPECT_EQ(printText(*fromText), printed);
  EXPECT_EQ(printJson(*fromJson), json);
}

std::vector<std::string> filesOf(const fs::path &folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".json" ||
        entry.path().extension() == ".descent")
      names.push_back((fs::relative(entry.path(), source)).string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string testName(const testing::TestParamInfo<std::string> &info) {
  std::string name = info.param;
  for (char &c : name)
    if (!isalnum(static_cast<unsigned char>(c)))
      c = '_';
  return name;
}

class Printed : public testing::TestWithParam<std::string> {};

TEST_P(Printed, ReadsBackAsTheSameTree) {
  expectSame(readFile(source / GetParam()), GetParam().ends_with(".json"));
}

INSTANTIATE_TEST_SUITE_P(Models, Printed,
                         testing::ValuesIn(filesOf(source / "models")),
                         testName);
INSTANTIATE_TEST_SUITE_P(Library, Printed,
                         testing::ValuesIn(filesOf(source / "lib" / "Model" /
                                                   "Library")),
                         testName);

class AnySpelling : public testing::TestWithParam<std::string> {};

TEST_P(AnySpelling, DoesNotMatterToTheNetwork) {
  DiagnosticEngine diagnostics;
  std::optional<Model> model =
      readModel((source / GetParam()).string(), diagnostics);
  ASSERT_TRUE(model) << diagnostics.render();
  std::optional<CheckedModel> checked = check(*model, {}, diagnostics);
  ASSERT_TRUE(checked) << diagnostics.render();
  for (const std::string &text : {printText(*model), printJson(*model)}) {
    DiagnosticEngine again;
    std::optional<CheckedModel> other = loadModelText("model", text, {}, again);
    ASSERT_TRUE(other) << again.render() << text;
    EXPECT_EQ(canonical(*checked), canonical(*other)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, AnySpelling,
                         testing::ValuesIn(filesOf(source / "models")),
                         testName);

/// Every character that has to be escaped, the one of code zero too.
TEST(Spelling, KeepsControlCharacters) {
  std::string text = "model \"a";
  for (char c = 0; c < 0x20; ++c)
    if (c != '\n')
      text += c;
  text += "\"\ninput x : f32[2]\noutput y = x\n";
  expectSame(text, /*isJson=*/false);
}

/// What the models do not have.
TEST(Spelling, TwinsAreTheSameNetwork) {
  size_t numTwins = 0;
  for (const std::string &name : filesOf(source / "models")) {
    fs::path twin = (source / name).replace_extension(".descent");
    if (!name.ends_with(".json") || !fs::exists(twin))
      continue;
    DiagnosticEngine diagnostics;
    std::optional<CheckedModel> json =
        loadModel((source / name).string(), {}, diagnostics);
    std::optional<CheckedModel> text =
        loadModel(twin.string(), {}, diagnostics);
    ASSERT_TRUE(json && text) << diagnostics.render();
    EXPECT_EQ(canonical(*json), canonical(*text)) << name;
    ++numTwins;
  }
  EXPECT_GE(numTwins, 5u);
}

TEST(Printer, KeepsEveryKindOfStage) {
  expectSame(R"(model "all \"kinds\"\n\u0001"
const n = 3, f = (x) => x + 1, g = { |> relu |> tanh }
input x : f32[batch, 8]
input k : i32[batch] in [-2, n)
/// Doubles.
///
///  Indented.
module twice(a: tensor, b: tensor = none, n: int >= 1 = 2, p: float in (0, 1] = 0.5, sizes: ints(2) in [1, 9) = n,
    mode: enum(none, edge) = "none", f: function = (x, y: int = 2) => x * y, u = 3, v) {
  frozen param w : f32[n, -1] = constant(0.5)
  state s : i32[] = 0
  require n > 2 or not (u == 1), "n is {n}\tnot \\ 2"
  if n == 2 { c = a } else if n == 3 { return a; } else { c = -a }
  for i in range(n) { |> relu }
  |> tanh
  repeat 2 { |> one: relu |> tanh; |> sin }
  update "deep.0.s" = s + 1
  return
}
function half(x: tensor) = x / 2 vjp (g) = g / 2
function third(x: tensor) { y = x / 3; return y |> relu } vjp (g, h) { return [g / 3] }
loss far(a: tensor) = mean(a)
metric seen(a: tensor) { accumulate total = sum(a); return total }
initializer small(scale: float = 1e-3) = normal(0, scale)
instance enc = twice(n: 4)
state count : f32[n] = 0
y = x
x |> enc |> relu |> "0.deep.1": dense(4, bias: false)
|> relu
(p, q) = |> split(2)
-p |> tanh;
p
|> sin
z = repeat_it: dense(q, 3) |> blocks.deep: repeat n { |> relu } |> (if n == 1 then relu else tanh)
w = p |> half |> branch: if n > 2 { |> relu } else { |> tanh }
for i in [1, 2] { r = i * x[0, -1:2:n, :, none, ::2] }
(if n == 2 then p else q) |> relu
(param)
|> ((x) => x + 1) |> { |> relu } |> repeat(3) |> f(1)()
if n > 2 { |> relu }
update count = count + 1
m = (1 - (2 - 3) - 4) * -(-2) ** 2 ** -1 + 5 % (6 / 7) @ (8 < 9 and not true or 1 ^ 2 & 3 | ~4 << 2 >> 1)
n1 = (x |> relu) + (y |> tanh |> repeat 2 { |> sin } |> if n == 1 { |> cos } |> f(1))
loss far(m) + 1e20 * 0.1
loss 0.5 * far(m)
metric seen(m)
metric other = 1
output y
output e = m
optimizer adam over enc, "a.0"
optimizer sgd(0.1, momentum: 0.5) over enc
train batch: 4, epochs: n
entry one
entry two: batch 1, n 2, training true { v = x |> relu; output v; loss mean(v) loss far(v) optimizer sgd(0.1) }
)",
             false);
}

TEST(Printer, KeepsEveryKindOfItem) {
  expectSame(R"JSON({ "descent": 1, "name": "items",
  "constants": { "a": -1, "b": -2.5, "c": [1, "a"], "d": 1e300, "e": 1.0, "f": -9223372036854775807 },
  "inputs": { "x": { "shape": ["batch", 4] }, "k": { "shape": [], "dtype": "i32", "range": [0, "a + 1"] } },
  "modules": { "block": { "doc": "A block.", "params": { "x": "tensor", "n": { "type": "int", "default": 1, "min": 1, "max": 9 },
      "body": "function", "any": {} },
    "network": [ { "dense": "n" }, { "residual": [ "relu", { "dense": 3 } ] }, { "if": "n > 1", "then": [ "relu" ], "else": [ "tanh" ], "name": "1" } ],
    "returns": null } },
  "functions": { "f": { "params": { "x": "tensor" }, "returns": "x * 2", "vjp": { "cotangents": ["g"], "returns": ["2 * g"] } },
    "l": { "kind": "loss", "params": { "x": "tensor" }, "returns": "mean(x)" } },
  "network": [ { "instance": "enc", "of": { "block": { "n": 2, "body": { "network": [ "relu" ] } } } },
    { "dense": 3, "of": "x", "as": "h", "name": "0.first" }, "relu", { "add": ["h", "x"] }, { "concat": { "axis": 1 }, "of": ["h", "x"], "as": "i" },
    { "f": {}, "of": "i" }, { "relu": {}, "as": "j" }, "tanh", { "value": "|> dense(3, bias: false)", "as": ["k1", "k2"] },
    { "repeat": 2, "network": [ "relu" ], "as": "r", "name": "blocks" }, { "for": "i", "in": [1, 2], "network": [ "relu" ] },
    { "param": "w", "shape": [2, "a"], "init": "constant(1.0)", "frozen": true }, { "state": "s", "shape": [] }, { "update": "s", "to": "s + 1" },
    { "require": "a > 1", "message": "no \"way\"" }, { "value": 3 }, { "value": "x + 1", "as": "y", "name": "0" }, "relu",
    { "residual": { "body": { "network": [ "relu" ] } } }, { "reshape": ["batch", -1] }, { "multi_head_attention": 4 }, { "multi_head_attention": { "heads": 2 }, "of": ["x", "h"] } ],
  "loss": [ "mean(x) + l(x)", { "l": "x" }, "0.5 * mean(x)" ],
  "metrics": { "m": { "l": "x" } },
  "outputs": { "x": "x", "o": { "softmax": { "args": "x", "axis": 0 } }, "p": { "argmax": "x" } },
  "optimizer": [ { "sgd": 0.1, "over": ["enc"] }, "adam", { "adam": { "lr": 1e-3 } } ],
  "train": { "batch": 4 },
  "entries": { "one": { "batch": 1, "set": { "a": 3 }, "training": true, "network": [ "relu" ], "outputs": { "q": "x" }, "loss": [ { "l": "x" }, "mean(x)" ],
    "optimizer": { "sgd": 0.1 } }, "two": {} } })JSON",
             true);
}

TEST(Printer, BreaksLongLines) {
  std::string text = "x = ";
  for (int i = 0; i < 40; ++i)
    text += "a" + std::to_string(1000 + i) + " + ";
  std::optional<Model> model = parse(text + "f([1, 2, 3])\n", false);
  ASSERT_TRUE(model);
  for (const std::string &printed : {printText(*model), printJson(*model)}) {
    if (printed.starts_with("{"))
      continue; // a string cannot be broken
    std::istringstream lines(printed);
    for (std::string line; std::getline(lines, line);)
      EXPECT_LE(line.size(), 100u) << line;
  }
}

} // namespace
