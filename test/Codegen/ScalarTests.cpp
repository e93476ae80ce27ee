// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar functions on the device against the host's, over wide ranges and at
// the points where they go wrong.

#include "ScalarHarness.h"
#include <cmath>

using namespace descent::test;

namespace {

class ScalarFunction : public testing::TestWithParam<Function> {};

TEST_P(ScalarFunction, AgreesWithTheHost) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  const Function &function = GetParam();
  std::vector<std::vector<double>> numbers = {
      spread(function.low, function.high, 100000)};
  expectClose(
      evaluate(function.text, numbers), numbers,
      [&](double x, double) { return function.exact(x); }, function.bound,
      function.absolute, std::numeric_limits<float>::max());
}

std::string unary(const std::string &op) {
  return "%y = descent." + op + " %v : f32";
}
std::string withConstant(const std::string &number, const std::string &op) {
  return "%o = descent.constant " + number + " : f32\n%y = descent." + op +
         " : f32";
}

// Bounds are relative; 6e-8 is half a unit in the last place.
INSTANTIATE_TEST_SUITE_P(
    Functions, ScalarFunction,
    testing::Values(
        Function{"Exp", unary("exp"), 1e-30, 120,
                 [](double x) { return std::exp(x); }, 2.5e-7},
        Function{"Expm1", unary("expm1"), 1e-37, 120,
                 [](double x) { return std::expm1(x); }, 2.5e-7},
        Function{"Log", unary("log"), 1.2e-38, 3e38,
                 [](double x) { return std::log(x); }, 2.5e-7},
        Function{"LogNearOne",
                 "%o = descent.constant 1.0 : f32\n"
                 "%u = descent.add %o, %v : f32\n%y = descent.log %u : f32",
                 1e-6, 0.9,
                 [](double x) { return std::log(double(1.0f + float(x))); },
                 2.5e-7},
        Function{"Log1p", unary("log1p"), 1e-37, 3e38,
                 [](double x) { return std::log1p(x); }, 4e-7},
        Function{"Sqrt", unary("sqrt"), 1.2e-38, 3e38,
                 [](double x) { return std::sqrt(x); }, 2.5e-7},
        Function{"Tanh", unary("tanh"), 1e-37, 100,
                 [](double x) { return std::tanh(x); }, 2.5e-7},
        Function{"Sigmoid", unary("sigmoid"), 1e-6, 120,
                 [](double x) { return 1 / (1 + std::exp(-x)); }, 4e-7},
        Function{"Sin", unary("sin"), 1e-37, 3e38,
                 [](double x) { return std::sin(x); }, 4e-7},
        Function{"Cos", unary("cos"), 1e-37, 3e38,
                 [](double x) { return std::cos(x); }, 4e-7},
        Function{"SinOfHundreds", unary("sin"), 1, 1e5,
                 [](double x) { return std::sin(x); }, 4e-7},
        Function{"CosOfHundreds", unary("cos"), 1, 1e5,
                 [](double x) { return std::cos(x); }, 4e-7},
        Function{"Atan", unary("atan"), 1e-37, 3e38,
                 [](double x) { return std::atan(x); }, 2.5e-7},
        Function{"Erf", unary("erf"), 1e-37, 10,
                 [](double x) { return std::erf(x); }, 2.5e-7},
        Function{"Floor", unary("floor"), 1e-3, 1e9,
                 [](double x) { return std::floor(x); }, 0},
        Function{"Ceil", unary("ceil"), 1e-3, 1e9,
                 [](double x) { return std::ceil(x); }, 0},
        Function{"Round", unary("round"), 1e-3, 1e9,
                 [](double x) { return std::nearbyint(x); }, 0},
        Function{"Reciprocal", withConstant("1.0", "div %o, %v"), 1e-37, 1e37,
                 [](double x) { return 1 / x; }, 2.5e-7},
        Function{"Quotient", withConstant("3.0", "div %v, %o"), 1e-36, 1e37,
                 [](double x) { return x / 3; }, 2.5e-7},
        Function{"Neg", unary("neg"), 1e-37, 1e37, [](double x) { return -x; },
                 0},
        Function{"Abs", unary("abs"), 1e-37, 1e37,
                 [](double x) { return std::fabs(x); }, 0},
        Function{"LeakyRelu", "%y = descent.leaky_relu %v, 0.25 : f32", 1e-36,
                 1e37, [](double x) { return x <= 0 ? 0.25 * x : x; }, 0},
        Function{"Relu", "%y = descent.leaky_relu %v, 0.0 : f32", 1e-37, 1e37,
                 [](double x) { return x <= 0 ? 0 : x; }, 0},
        Function{"Maximum", withConstant("1.0", "maximum %v, %o"), 1e-3, 1e3,
                 [](double x) { return std::isnan(x) ? x : std::max(x, 1.0); },
                 0},
        Function{
            "MaximumOfNumber", withConstant("1.0", "maximum %o, %v"), 1e-3, 1e3,
            [](double x) { return std::isnan(x) ? x : std::max(x, 1.0); }, 0},
        Function{"Minimum", withConstant("1.0", "minimum %v, %o"), 1e-3, 1e3,
                 [](double x) { return std::isnan(x) ? x : std::min(x, 1.0); },
                 0}),
    [](const auto &info) { return info.param.name; });

//===----------------------------------------------------------------------===//
// Functions of two numbers
//===----------------------------------------------------------------------===//

/// Every pair of special numbers, and random pairs: the first of both signs and
/// any size, the second from `second`.
std::vector<std::vector<double>>
pairs(const std::function<double(std::mt19937 &)> &first,
      const std::function<double(std::mt19937 &, double)> &second, int count) {
  std::vector<std::vector<double>> result(2);
  std::vector<double> special = spread(0.5, 7, 3);
  for (double x : special)
    for (double y : special) {
      result[0].push_back(x);
      result[1].push_back(y);
    }
  std::mt19937 random(7);
  for (int i = 0; i < count; ++i) {
    double x = float(first(random));
    result[0].push_back(x);
    result[1].push_back(float(second(random, x)));
  }
  return result;
}

TEST(Scalars, PowOverItsWholeRange) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  auto check = [](const std::vector<std::vector<double>> &numbers) {
    expectClose(
        evaluate("%y = descent.pow %v, %w : f32", numbers), numbers,
        [](double x, double y) { return std::pow(x, y); }, 1.5e-6, 1.2e-38,
        std::numeric_limits<float>::max());
  };
  // Exponents such that the results fill the range, and go beyond.
  check(pairs(
      [](std::mt19937 &random) { return std::exp(uniform(random, -87, 88)); },
      [](std::mt19937 &random, double x) {
        return uniform(random, -90, 90) / std::log(x);
      },
      200000));
  check(pairs([](std::mt19937 &random) { return uniform(random, 0.4, 2.5); },
              [](std::mt19937 &random, double x) {
                return uniform(random, -90, 90) / std::log(x);
              },
              200000));
  // Whole exponents of numbers of both signs.
  check(pairs([](std::mt19937 &random) { return uniform(random, -5, 5); },
              [](std::mt19937 &random, double) {
                return std::round(uniform(random, -30, 30));
              },
              50000));
}

TEST(Scalars, RemIsExact) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  auto numbers = pairs(
      [](std::mt19937 &random) {
        return std::copysign(std::exp(uniform(random, -80, 88)),
                             uniform(random, -1, 1));
      },
      [](std::mt19937 &random, double x) {
        return x * std::exp(uniform(random, -40, 5)) *
               std::copysign(1, uniform(random, -1, 1));
      },
      100000);
  expectClose(
      evaluate("%y = descent.rem %v, %w : f32", numbers), numbers,
      [](double x, double y) { return std::fmod(x, y); }, 0, 1.2e-38,
      std::numeric_limits<float>::max());
}

TEST(Scalars, ComparisonsKnowNan) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  std::vector<double> numbers = {0, 1, -1, kInfinity, -kInfinity, kNan};
  auto compare = [&](std::string predicate) {
    return evaluate("%o = descent.constant 0.0 : f32\n%y = descent.compare " +
                        predicate + " %v, %o : f32",
                    {numbers}, "f32", "i1");
  };
  EXPECT_EQ(compare("eq"), (std::vector<double>{1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(compare("ne"), (std::vector<double>{0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(compare("lt"), (std::vector<double>{0, 0, 1, 0, 1, 0}));
  EXPECT_EQ(compare("le"), (std::vector<double>{1, 0, 1, 0, 1, 0}));
  EXPECT_EQ(compare("gt"), (std::vector<double>{0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(compare("ge"), (std::vector<double>{1, 1, 0, 1, 0, 0}));
}

TEST(Scalars, FiniteByBits) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  EXPECT_EQ(evaluate("%y = descent.is_finite %v : f32",
                     {{0, 1e-40f, 3e38f, kInfinity, -kInfinity, kNan}}, "f32",
                     "i1"),
            (std::vector<double>{1, 1, 1, 0, 0, 0}));
}

TEST(Scalars, CastRoundsTowardsZero) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  std::vector<double> numbers = {0.9f,  -0.9f,     1.5f,       -1.5f,
                                 1e6f,  -1e6f,     3e9f,       -3e9f,
                                 1e20f, kInfinity, -kInfinity, kNan};
  EXPECT_EQ(
      evaluate("%y = descent.cast %v : f32 to i32", {numbers}, "f32", "i32"),
      (std::vector<double>{0, 0, 1, -1, 1e6, -1e6, 2147483647, -2147483648.0,
                           2147483647, 2147483647, -2147483648.0, 0}));
  EXPECT_EQ(
      evaluate("%y = descent.cast %v : f32 to ui32", {numbers}, "f32", "ui32"),
      (std::vector<double>{0, 0, 1, 0, 1e6, 0, 3e9, 0, 4294967295, 4294967295,
                           0, 0}));
}

} // namespace
