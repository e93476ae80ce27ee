// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluation at compile time, scopes, and what layers are called by.

#include "ModelTest.h"
#include <cmath>

using namespace descent::model;

namespace {

using Names = std::vector<std::string>;
using Shape = std::vector<int64_t>;

/// The model of these statements over x : f32[batch = 4, 8].
std::string over(const std::string &text) {
  return "input x : f32[batch, 8]\ntrain batch: 4\n" + text + "\n";
}

/// The value of an integer expression: the units of a layer.
int64_t integer(const std::string &expr) {
  return outputType(mustElaborate(over("x |> dense(" + expr + ")")))
      .shape.back();
}

/// The value of a number: what a constant tensor is filled with.
double number(const std::string &expr) {
  CheckedModel model = mustElaborate(over("full([1], " + expr + ") + 0 * x"));
  for (const Node *node : nodesOf(model, "predict", "full"))
    if (node->types[0].shape == Shape{1})
      return node->attributes.number("value");
  ADD_FAILURE() << expr;
  return 0;
}

TEST(Elaboration, ComputesIntegersAsC) {
  EXPECT_EQ(integer("2 + 3 * 4"), 14);
  EXPECT_EQ(integer("7 / 2"), 3);
  EXPECT_EQ(integer("10 + -7 / 2"), 7);
  EXPECT_EQ(integer("10 + -7 % 4"), 7);
  EXPECT_EQ(integer("2 ** 5"), 32);
  EXPECT_EQ(integer("2 ** 3 ** 2"), 512);
  EXPECT_EQ(integer("(1 << 4) | 3"), 19);
  EXPECT_EQ(integer("if 2 < 3 and not (1 == 2) then 5 else 6"), 5);
  EXPECT_EQ(integer("if \"a\" + \"b\" == \"ab\" then 5 else 6"), 5);
  EXPECT_EQ(integer("maximum(3, 8 / 2)"), 4);
  EXPECT_EQ(integer("int(floor(7.9))"), 7);
}

TEST(Elaboration, ComputesNumbersInDouble) {
  EXPECT_EQ(number("7 / 2.0"), 3.5);
  EXPECT_EQ(number("sqrt(2)"), std::sqrt(2.0));
  EXPECT_EQ(number("exp(1.5) - log(2)"), std::exp(1.5) - std::log(2.0));
  EXPECT_EQ(number("2 ** -1"), 0.5);
  EXPECT_EQ(number("cos(pi)"), -1.0);
  // A function of the library is computed as well.
  EXPECT_EQ(number("square(3) + reciprocal(4.0)"), 9.25);
}

TEST(Elaboration, ComputesLists) {
  EXPECT_EQ(integer("len([1, 2] + [3])"), 3);
  EXPECT_EQ(integer("[5, 6, 7][-1]"), 7);
  EXPECT_EQ(integer("total([5, 6, 7][1:])"), 13);
  EXPECT_EQ(integer("prod_of(range(1, 5))"), 24);
  EXPECT_EQ(integer("max_of(map(range(4), (i) => i * (3 - i) + 1))"), 3);
  EXPECT_EQ(integer("fold([1, 2, 3], 0, (a, b) => 10 * a + b)"), 123);
  EXPECT_EQ(integer("total(range(10, 0, -3)[::-1])"), 22);
  EXPECT_EQ(integer("len([0] * 4)"), 4);
  EXPECT_EQ(integer("5 + len(range(1, 0)) + len(range(0, 1, -1))"), 5);
  // Beyond what doubles tell apart, and what 64 bits have between them.
  EXPECT_EQ(integer("len(range(2 ** 53, 2 ** 53 + 1))"), 1);
  EXPECT_EQ(integer("5 + len(range(0, -2 ** 62))"), 5);
  EXPECT_EQ(integer("range(-9 * 10 ** 18, 9 * 10 ** 18, 6 * 10 ** 18)[2] / 10 "
                    "** 18"),
            3);
}

TEST(Elaboration, KnowsShapes) {
  EXPECT_EQ(integer("size(x, -1) + rank(x)"), 10);
  EXPECT_EQ(integer("shape(x)[1]"), 8);
  EXPECT_EQ(integer("if dtype(x) == \"f32\" then 1 else 2"), 1);
  EXPECT_EQ(integer("batch_axis(x) + 1"), 1);
  // The batch keeps being it in a shape, and not in arithmetic.
  EXPECT_EQ(integer("batch * 2"), 8);
  TensorType kept =
      outputType(mustElaborate(over("reshape(x, [shape(x)[0], 2, 4])")));
  EXPECT_EQ(kept.shape, Shape({4, 2, 4}));
  EXPECT_EQ(kept.batchAxis, 0);
  EXPECT_EQ(outputType(mustElaborate(over("zeros([3, batch]) + 1"))).batchAxis,
            1);
}

TEST(Elaboration, IndexesTensors) {
  auto indexed = [](const std::string &index) {
    return outputType(mustElaborate("input x : f32[batch, 6, 7]\n"
                                    "train batch: 4\nx[" +
                                    index + "]\n"))
        .shape;
  };
  EXPECT_EQ(indexed(":"), Shape({4, 6, 7}));
  EXPECT_EQ(indexed(":, 2"), Shape({4, 7}));
  EXPECT_EQ(indexed(":, -1, 1:4"), Shape({4, 3}));
  EXPECT_EQ(indexed(":, ::2, none"), Shape({4, 3, 1, 7}));
  EXPECT_EQ(indexed(":, ::-1"), Shape({4, 6, 7}));
  EXPECT_EQ(indexed(":, 4:1:-2"), Shape({4, 2, 7}));
  EXPECT_NE(textErrors(over("x[:, 8]")).find("index 8 is out of range"),
            std::string::npos);
  EXPECT_NE(textErrors(over("x[:, 3:3]")).find("is empty"), std::string::npos);
}

TEST(Elaboration, MakesConstantsOfTheOthersDtype) {
  CheckedModel model = mustElaborate(
      "input i : i32[batch]\ntrain batch: 2\noutput a = cast(i, f64) * 2\n"
      "output b = i + 1\noutput c = where(i > 0, 1.5, 0)\n");
  EXPECT_EQ(outputType(model, "a").dtype, DType::F64);
  EXPECT_EQ(outputType(model, "b").dtype, DType::I32);
  EXPECT_EQ(outputType(model, "c").dtype, DType::F32);
  EXPECT_NE(textErrors("input i : i32[2]\ni + 0.5\n")
                .find("cannot be combined with integers"),
            std::string::npos);
}

TEST(Elaboration, NamesLayersAsPyTorchDoes) {
  EXPECT_EQ(parameterNames(mustElaborate(
                over("h = x |> dense(4) |> relu |> head: dense(3)"))),
            Names({"0.weight", "0.bias", "head.weight", "head.bias"}));
  // Of definitions: the path of the layer, then of its members.
  EXPECT_EQ(
      parameterNames(mustElaborate(
          over("module block(x: tensor) {\n  h = x |> dense(4) |> relu\n"
               "  return out: dense(h, 4)\n}\nx |> block |> enc: block"))),
      Names({"0.0.weight", "0.0.bias", "0.out.weight", "0.out.bias",
             "enc.0.weight", "enc.0.bias", "enc.out.weight", "enc.out.bias"}));
  // A parameter is called like its module; at the top by its own name alone.
  EXPECT_EQ(parameterNames(mustElaborate(
                over("module scale(x: tensor) {\n"
                     "  param gain : f32[size(x, 1)] = 1\n"
                     "  return x * gain\n}\n"
                     "param shift : f32[8] = 0\ny = x + shift\ny |> scale"))),
            Names({"shift", "1.gain"}));
}

TEST(Elaboration, NamesNestedCalls) {
  EXPECT_EQ(parameterNames(
                mustElaborate(over("y = dense(x, 3) + dense(dense(x, 2), 3)"))),
            Names({"0.0.weight", "0.0.bias", "0.1.weight", "0.1.bias",
                   "0.2.weight", "0.2.bias"}));
}

TEST(Elaboration, RepeatsLayers) {
  EXPECT_EQ(parameterNames(mustElaborate(
                over("x |> repeat 2 { |> dense(8) |> relu } |> dense(1)"))),
            Names({"0.0.0.weight", "0.0.0.bias", "0.1.0.weight", "0.1.0.bias",
                   "1.weight", "1.bias"}));
  EXPECT_EQ(
      parameterNames(mustElaborate(over("x |> repeat 2 { |> dense(8) }"))),
      Names({"0.0.weight", "0.0.bias", "0.1.weight", "0.1.bias"}));
  EXPECT_EQ(parameterNames(mustElaborate(
                over("h = x |> relu\nfor n in [5, 6] {\n  h = dense(h, n)\n}\n"
                     "output h"))),
            Names({"1.0.weight", "1.0.bias", "1.1.weight", "1.1.bias"}));
}

TEST(Elaboration, ChoosesAtCompileTime) {
  std::string text =
      "const deep = true\nh = x |> dense(8)\nif deep {\n  h |> dense(7)\n"
      "} else {\n  h |> dense(6)\n}\n";
  EXPECT_EQ(parameterNames(mustElaborate(over(text))),
            Names({"0.weight", "0.bias", "1.0.weight", "1.0.bias"}));
  EXPECT_EQ(
      outputType(mustElaborate(over(text), {{{"deep", "false"}}, {}})).shape,
      Shape({4, 6}));
  EXPECT_NE(textErrors(over("if x > 0 { x |> relu }"))
                .find("must be known at compile time"),
            std::string::npos);
}

TEST(Elaboration, SharesByInstance) {
  CheckedModel model = mustElaborate(
      over("instance enc = dense(8)\na = enc(x)\nb = enc(a)\nb |> dense(2)"));
  EXPECT_EQ(parameterNames(model),
            Names({"enc.weight", "enc.bias", "3.weight", "3.bias"}));
  EXPECT_EQ(nodesOf(model, "predict", "matmul").size(), 3u);
  EXPECT_NE(textErrors(over("instance enc = dense(4)\na = enc(x)\nb = enc(a)"))
                .find("'enc.weight' is shared by calls for which it has "
                      "different shapes"),
            std::string::npos);
}

TEST(Elaboration, CallsFunctionsAndLambdas) {
  EXPECT_EQ(parameterNames(mustElaborate(
                over("module wrap(x: tensor, f: function) = f(x)\n"
                     "x |> wrap({ |> dense(4) |> relu |> dense(8) })\n"
                     "|> wrap((y) => y + dense(y, 8))"))),
            Names({"0.0.weight", "0.0.bias", "0.2.weight", "0.2.bias",
                   "1.0.weight", "1.0.bias"}));
  EXPECT_EQ(
      parameterNames(mustElaborate(over("x |> residual({ |> dense(8) })"))),
      Names({"0.0.weight", "0.0.bias"}));
  // A lambda sees where it was written.
  EXPECT_EQ(integer("map([1, 2], (i) => map([10], (j) => i * j)[0])[1]"), 20);
}

TEST(Elaboration, BindsArguments) {
  const std::string f =
      "function f(x: tensor, y: tensor = none, n: int >= 1 = 2, m: int = n, "
      "mode: enum(add, keep) = add) =\n"
      "  if y == none then reshape(x, [shape(x)[0], n, m, 8 / n / m]) else "
      "x + y\n";
  EXPECT_EQ(outputType(mustElaborate(over(f + "f(x)"))).shape,
            Shape({4, 2, 2, 2}));
  EXPECT_EQ(outputType(mustElaborate(over(f + "x |> f(4, 1)"))).shape,
            Shape({4, 4, 1, 2}));
  EXPECT_EQ(outputType(mustElaborate(over(f + "f(x, x, mode: keep)"))).shape,
            Shape({4, 8}));
  EXPECT_NE(textErrors(over(f + "f(x, n: 0)"))
                .find("'n' of 'f' must be at least 1, got 0"),
            std::string::npos);
  EXPECT_NE(textErrors(over(f + "f(x, mode: ad)")).find("did you mean 'add'?"),
            std::string::npos);
  EXPECT_NE(
      textErrors(over(f + "f(x, k: 1)")).find("unknown attribute 'k' of 'f'"),
      std::string::npos);
  EXPECT_NE(textErrors(over(f + "f()")).find("'f' takes 1 to 2 values"),
            std::string::npos);
}

TEST(Elaboration, KeepsScopesApart) {
  // A body sees the file's constants and definitions, and no other's names.
  EXPECT_EQ(outputType(mustElaborate(over("const c = 3\n"
                                          "function g(x: tensor) = dense_(x)\n"
                                          "function dense_(x: tensor) = x[:, "
                                          "0:c]\ng(x)")))
                .shape,
            Shape({4, 3}));
  EXPECT_NE(textErrors(over("function g(y: tensor) = y + x\ng(x)"))
                .find("undefined value 'x'"),
            std::string::npos);
  EXPECT_NE(textErrors(over("function relu(y: tensor) = y\nrelu(x)"))
                .find("'relu' is part of the language already"),
            std::string::npos);
  EXPECT_NE(textErrors(over("_heads(x, 2)")).find("unknown layer '_heads'"),
            std::string::npos);
  EXPECT_NE(textErrors(over("a = relu(x)\na = relu(a)"))
                .find("'a' is the name of a value already"),
            std::string::npos);
  // A value may be called like an op that is still called.
  EXPECT_EQ(
      outputType(mustElaborate(over("sum = relu(x)\nsum(sum, [1])"))).shape,
      Shape({4}));
}

TEST(Elaboration, ForbidsStatesInFunctions) {
  EXPECT_NE(textErrors(over("function f(x: tensor) = dense(x, 3)\nf(x)"))
                .find("functions own no parameters"),
            std::string::npos);
}

TEST(Elaboration, TellsWhereAnErrorIsFrom) {
  EXPECT_EQ(textErrors(over("module block(x: tensor, n: int) {\n"
                            "  x |> dense(n - 2)\n}\nx |> block(2)")),
            "m.descent:4:16: error: 'units' of 'dense' must be at least 1, "
            "got 0\n  x |> dense(n - 2)\n               ^\n"
            "m.descent:6:6: note: in 'block' called here\nx |> block(2)\n"
            "     ^\n");
  // In the library it is the call in the user's file.
  std::string errors =
      textErrors(over("function f(x: tensor) = flatten(x, 0)\nf(x)"));
  EXPECT_NE(errors.find("m.descent:3:25: error: flattening from axis 0 would "
                        "merge the batch axis"),
            std::string::npos)
      << errors;
  EXPECT_NE(errors.find("from input 'x' at m.descent:1:7"), std::string::npos);
  EXPECT_NE(errors.find("note: in 'f' called here"), std::string::npos);
  EXPECT_NE(textErrors(over("require size(x, 1) == 9, \"{size(x, 1)} of {x} "
                            "is not {[9, true]}\""))
                .find("error: 8 of [4, 8] from input 'x' at m.descent:1:7 is "
                      "not [9, true]"),
            std::string::npos);
}

TEST(Elaboration, BoundsRecursion) {
  EXPECT_NE(textErrors(over("function f(n: int) = f(n + 1)\nx |> dense(f(1))"))
                .find("calls are nested deeper than 64"),
            std::string::npos);
  EXPECT_EQ(parameterNames(mustElaborate(over(
                "function fact(n: int) = if n == 0 then 1 else n * fact(n - 1)"
                "\nx |> dense(fact(4))"))),
            Names({"0.weight", "0.bias"}));
}

} // namespace
