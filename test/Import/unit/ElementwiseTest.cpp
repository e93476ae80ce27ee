// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise ops: values, broadcasting, and what they are computed in.

#include "Graphs.h"
#include <cmath>

using namespace descent;
using namespace descent::test;

static Numbers unary(const std::string &name, const Numbers &x,
                     const Attrs &attributes = {}) {
  Graph graph;
  TensorType type = f32({int64_t(x.size())});
  auto result = graph.op(name, {graph.input("x", type, x)}, type, attributes);
  return graph.evaluate(result).values;
}

TEST(ImportElementwise, FunctionsOfOneFloat) {
  struct Case {
    const char *name;
    double (*function)(double);
  } cases[] = {{"neg", [](double x) { return -x; }},
               {"abs", [](double x) { return std::abs(x); }},
               {"exp", [](double x) { return std::exp(x); }},
               {"expm1", [](double x) { return std::expm1(x); }},
               {"log", [](double x) { return std::log(x); }},
               {"log1p", [](double x) { return std::log1p(x); }},
               {"sqrt", [](double x) { return std::sqrt(x); }},
               {"sin", [](double x) { return std::sin(x); }},
               {"cos", [](double x) { return std::cos(x); }},
               {"tanh", [](double x) { return std::tanh(x); }},
               {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
               {"atan", [](double x) { return std::atan(x); }},
               {"erf", [](double x) { return std::erf(x); }},
               {"floor", [](double x) { return std::floor(x); }},
               {"ceil", [](double x) { return std::ceil(x); }},
               {"round", [](double x) { return std::nearbyint(x); }}};
  const Numbers x = {0.25, 1.5, 2.5, 0.75};
  for (const Case &test : cases) {
    Numbers actual = unary(test.name, x);
    ASSERT_EQ(actual.size(), x.size());
    for (size_t i = 0; i < x.size(); ++i)
      EXPECT_NEAR(actual[i], test.function(x[i]), 1e-12)
          << test.name << ' ' << x[i];
  }
}

TEST(ImportElementwise, LeakyReluOfAnySlope) {
  for (double slope : {0.25, 0.0, -0.5, 1.0, 2.0})
    EXPECT_EQ(unary("leaky_relu", {-2, 0, 3}, {{"slope", slope}}),
              (Numbers{-2 * slope, 0, 3}))
        << slope;
}

TEST(ImportElementwise, IntegersHaveSigns) {
  Graph graph;
  auto x = graph.input("x", i32({3}), {-3, 0, 4});
  EXPECT_EQ(graph.evaluate(graph.op("neg", {x}, i32({3}))).values,
            (Numbers{3, 0, -4}));
  Graph other;
  auto y = other.input("x", i32({3}), {-3, 0, 4});
  EXPECT_EQ(other.evaluate(other.op("abs", {y}, i32({3}))).values,
            (Numbers{3, 0, 4}));
}

TEST(ImportElementwise, OperandsAreBroadcast) {
  Graph graph;
  auto x = graph.input("x", f32({2, 1, 3}), {1, 2, 3, 4, 5, 6});
  auto y = graph.input("y", f32({2, 1}), {10, 20});
  auto scalar = graph.op("full", {}, f32({}), {{"value", 100.0}});
  auto sum = graph.op("add", {x, y, scalar}, f32({2, 2, 3}));
  EXPECT_EQ(
      graph.evaluate(sum).values,
      (Numbers{111, 112, 113, 121, 122, 123, 114, 115, 116, 124, 125, 126}));
  // A constant is not repeated but made in the result's shape.
  EXPECT_EQ(graph.text().find("dims = []"), std::string::npos);
  EXPECT_NE(graph.text().find("dense<1.000000e+02> : tensor<2x2x3xf32>"),
            std::string::npos)
      << graph.text();
}

static Numbers binary(const std::string &name, DType dtype, Numbers a,
                      Numbers b) {
  Graph graph;
  TensorType type{dtype, {int64_t(a.size())}};
  auto x = graph.input("a", type, a), y = graph.input("b", type, b);
  return graph.evaluate(graph.op(name, {x, y}, type)).values;
}

TEST(ImportElementwise, FunctionsOfTwoNumbers) {
  EXPECT_EQ(binary("sub", DType::F32, {5, 1}, {2, 4}), (Numbers{3, -3}));
  EXPECT_EQ(binary("mul", DType::I32, {5, -3}, {2, 4}), (Numbers{10, -12}));
  EXPECT_EQ(binary("div", DType::F32, {5, 1}, {2, 4}), (Numbers{2.5, 0.25}));
  EXPECT_EQ(binary("div", DType::I32, {-5, 1}, {2, 0}), (Numbers{-2, 0}));
  EXPECT_EQ(binary("rem", DType::I32, {-5, 7}, {3, 4}), (Numbers{-2, 3}));
  EXPECT_EQ(binary("pow", DType::F32, {2, 9}, {3, 0.5}), (Numbers{8, 3}));
  EXPECT_EQ(binary("maximum", DType::F32, {2, 9}, {3, 5}), (Numbers{3, 9}));
  EXPECT_EQ(binary("minimum", DType::I32, {2, 9}, {3, 5}), (Numbers{2, 5}));
  EXPECT_EQ(binary("bit_and", DType::I32, {6, -1}, {3, 9}), (Numbers{2, 9}));
  EXPECT_EQ(binary("bit_or", DType::I32, {6, 0}, {3, 9}), (Numbers{7, 9}));
  EXPECT_EQ(binary("bit_xor", DType::Bool, {1, 1}, {1, 0}), (Numbers{0, 1}));
  EXPECT_EQ(binary("shift_left", DType::I32, {3, 1}, {2, 0}), (Numbers{12, 1}));
  EXPECT_EQ(binary("shift_right", DType::I32, {-8, 9}, {1, 3}),
            (Numbers{-4, 1}));
}

TEST(ImportElementwise, NotInvertsBits) {
  for (auto [dtype, x, expected] :
       {std::tuple{DType::I32, Numbers{0, 5}, Numbers{-1, -6}},
        std::tuple{DType::U32, Numbers{0, 5}, Numbers{0xFFFFFFFF, 0xFFFFFFFA}},
        std::tuple{DType::Bool, Numbers{0, 1}, Numbers{1, 0}}}) {
    Graph graph;
    TensorType type{dtype, {2}};
    auto result = graph.op("bit_not", {graph.input("x", type, x)}, type);
    EXPECT_EQ(graph.evaluate(result).values, expected);
  }
}

TEST(ImportElementwise, ComparisonsOfMixedTypes) {
  Graph graph;
  auto x = graph.input("x", i32({3}), {1, 2, 3});
  auto half = graph.op("full", {}, f32({}), {{"value", 2.5}});
  Tensor less = graph.evaluate(graph.op("less", {x, half}, boolean({3})));
  EXPECT_EQ(less.values, (Numbers{1, 1, 0}));
  EXPECT_EQ(less.element, Element::I1);

  Graph flags;
  auto a = flags.input("a", boolean({4}), {0, 0, 1, 1});
  auto b = flags.input("b", boolean({4}), {0, 1, 0, 1});
  EXPECT_EQ(flags.evaluate(flags.op("equal", {a, b}, boolean({4}))).values,
            (Numbers{1, 0, 0, 1}));
}

TEST(ImportElementwise, WhereChoosesAnyType) {
  Graph graph;
  auto condition = graph.input("c", boolean({2, 1}), {1, 0});
  auto x = graph.input("x", f32({2}), {1, 2});
  auto y = graph.input("y", i32({}), {7});
  EXPECT_EQ(
      graph.evaluate(graph.op("where", {condition, x, y}, f32({2, 2}))).values,
      (Numbers{1, 2, 7, 7}));

  Graph flags;
  auto c = flags.input("c", boolean({4}), {1, 1, 0, 0});
  auto a = flags.input("a", boolean({4}), {0, 1, 0, 1});
  auto b = flags.input("b", boolean({4}), {1, 0, 0, 1});
  EXPECT_EQ(flags.evaluate(flags.op("where", {c, a, b}, boolean({4}))).values,
            (Numbers{0, 1, 0, 1}));
}

TEST(ImportElementwise, Casts) {
  auto cast = [](TensorType from, Numbers x, DType to) {
    Graph graph;
    auto value = graph.input("x", from, x);
    return graph.evaluate(
        graph.op("cast", {value}, TensorType{to, from.shape}));
  };
  EXPECT_EQ(cast(f32({4}), {-1.5, 0, 0.25, 7}, DType::I32).values,
            (Numbers{-1, 0, 0, 7}));
  EXPECT_EQ(cast(f32({3}), {-1.5, 0, 0.25}, DType::Bool).values,
            (Numbers{1, 0, 1}));
  EXPECT_EQ(cast(f16({3}), {-1.5, 0, 0.25}, DType::Bool).values,
            (Numbers{1, 0, 1}));
  EXPECT_EQ(cast(boolean({2}), {1, 0}, DType::F32).values, (Numbers{1, 0}));
  Tensor rounded = cast(f32({1}), {1.0 / 3}, DType::F16);
  EXPECT_EQ(rounded.element, Element::F16);
  EXPECT_EQ(rounded.values, Numbers{0.333251953125});
}

TEST(ImportElementwise, HalvesAreComputedInFloats) {
  Graph graph;
  auto x = graph.input("x", f16({2}), {0.5, 2});
  auto y = graph.input("y", f16({}), {3});
  Tensor product = graph.evaluate(graph.op("mul", {x, y}, f16({2})));
  EXPECT_EQ(product.element, Element::F16);
  EXPECT_EQ(product.values, (Numbers{1.5, 6}));
  EXPECT_NE(graph.text().find("descent.mul"), std::string::npos);
  EXPECT_EQ(graph.text().find("descent.mul %0, %1 : tensor<2xf16>"),
            std::string::npos);
}
