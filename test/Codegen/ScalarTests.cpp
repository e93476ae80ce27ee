// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar functions on the device against the host's, over wide ranges and at
// the points where they go wrong.

#include "KernelHarness.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/APFloat.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstdlib>
#include <functional>
#include <random>

using namespace mlir;
using namespace descent;
using namespace descent::test;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Runs operations that compute %y from %v and, if there are two, %w at all
/// elements of `operands`.
std::vector<double> evaluate(const std::string &body,
                             const std::vector<std::vector<double>> &operands,
                             const std::string &type = "f32",
                             std::string resultType = "") {
  MLIRContext context;
  registerDialects(context);
  if (resultType.empty())
    resultType = type;
  std::string tensor = "tensor<" + std::to_string(operands[0].size()) + "x";
  std::string declarations, reads, names, types, accesses, arguments;
  interpreter::Environment inputs;
  for (auto [i, values] : llvm::enumerate(operands)) {
    std::string name = "x" + std::to_string(i), comma = i ? ", " : "";
    declarations += "descent.input @" + name + " : " + tensor + type + ">\n";
    reads += "  %" + name + " = descent.read @" + name + " : " + tensor + type +
             ">\n";
    names += comma + "%" + name;
    types += comma + tensor + type + ">";
    accesses += comma + "#descent.access<(d0) -> (d0)>";
    arguments += comma + (i ? "%w: " : "%v: ") + type;
    interpreter::Tensor input(
        {int64_t(values.size())},
        interpreter::elementOf(parseType(type, &context)));
    input.values = values;
    inputs[name] = input;
  }
  std::string text =
      declarations + "descent.entry @e {\n" + reads +
      "  %r = descent.kernel [" + std::to_string(operands[0].size()) +
      "] reduce [] by [] map() [] { descent.yield }\n"
      "    finish(" +
      names + " : " + types + ") [" + accesses + "] {\n    ^bb0(" + arguments +
      "):\n      " + body + "\n      descent.yield %y : " + resultType +
      "\n    } : " + tensor + resultType +
      ">\n  descent.output \"r\", %r : " + tensor + resultType + ">\n}\n";
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return {};
  EntryOp entry = *module->getOps<EntryOp>().begin();
  schedule::KernelOp kernel = makeScheduleKernel(entry, Layout::separate);
  CompiledKernel compiled = compile(kernel, *findProfile("lavapipe"));
  Buffers buffers = makeBuffers(entry, kernel, inputs);
  runKernel(compiled, buffers);
  return readResults(entry, kernel, buffers).begin()->second.values;
}

/// `count` numbers of both signs, evenly spread over magnitudes from `low` to
/// `high`, and the numbers at which functions are special.
std::vector<double> spread(double low, double high, int count,
                           bool isDouble = false) {
  std::vector<double> numbers = {0.0,  -0.0,      1.0,        -1.0, 0.5,
                                 2.0,  3.0,       -2.5,       -3.0, kNan,
                                 1e30, kInfinity, -kInfinity, 1e-30};
  numbers.push_back(std::nextafter(1.0f, 0.0f));
  numbers.push_back(std::nextafter(1.0f, 2.0f));
  for (int i = 0; i < count; ++i) {
    // By logarithms: the quotient of the limits may be infinite.
    double x = std::exp(std::log(low) +
                        (std::log(high) - std::log(low)) * i / (count - 1));
    numbers.push_back(x);
    numbers.push_back(-x);
  }
  if (!isDouble)
    for (double &number : numbers)
      number = float(number);
  return numbers;
}

/// Compares with exact values: by how much the worst result is off, relative to
/// it. NaN must be NaN, infinity infinity; results below `absolute` count as
/// zero.
void expectClose(const std::vector<double> &results,
                 const std::vector<std::vector<double>> &operands,
                 const std::function<double(double, double)> &exact,
                 double bound, double absolute, double largest) {
  ASSERT_EQ(results.size(), operands[0].size());
  double worst = 0;
  size_t worstAt = 0;
  auto at = [&](size_t i) {
    std::string text = "at ";
    for (const auto &values : operands)
      text += std::to_string(values[i]) + " (" +
              std::to_string(std::log2(std::fabs(values[i]))) + ") ";
    return text;
  };
  for (size_t i = 0; i < results.size(); ++i) {
    double value =
        exact(operands[0][i], operands.size() > 1 ? operands[1][i] : 0);
    if (std::isnan(value) || std::isnan(results[i])) {
      EXPECT_EQ(std::isnan(results[i]), std::isnan(value))
          << at(i) << "where it is " << value << ", got " << results[i];
      continue;
    }
    if (std::fabs(value) > largest * (1 + bound)) {
      EXPECT_EQ(results[i], std::copysign(kInfinity, value)) << at(i);
      continue;
    }
    if (std::fabs(value) > largest * (1 - bound) && std::isinf(results[i]))
      continue;
    double error =
        std::max(0.0, std::fabs(results[i] - value) - absolute) /
        std::max(std::fabs(value), std::numeric_limits<double>::min());
    if (!(error <= worst)) {
      worst = error;
      worstAt = i;
    }
  }
  EXPECT_LE(worst, bound) << "relative, " << at(worstAt) << "got "
                          << results[worstAt];
  if (std::getenv("DESCENT_SHOW_ERRORS"))
    std::printf("             worst relative error %.2g\n", worst);
}

struct Function {
  std::string name, text;
  double low, high;
  std::function<double(double)> exact;
  double bound = 5e-7;
  /// Results below this may be wrong by as much.
  double absolute = 1.2e-38;
};

void PrintTo(const Function &function, std::ostream *os) {
  *os << function.text;
}

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

double uniform(std::mt19937 &random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
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

//===----------------------------------------------------------------------===//
// Other floats
//===----------------------------------------------------------------------===//

void expectCloseDoubles(const std::string &body,
                        const std::vector<std::vector<double>> &numbers,
                        const std::function<double(double, double)> &exact,
                        double bound) {
  expectClose(evaluate(body, numbers, "f64"), numbers, exact, bound, 2.3e-308,
              std::numeric_limits<double>::max());
}

class ScalarDouble : public testing::TestWithParam<Function> {};

TEST_P(ScalarDouble, AgreesWithTheHost) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  const Function &function = GetParam();
  expectCloseDoubles(
      "%y = descent." + function.text + " %v : f64",
      {spread(function.low, function.high, 30000, /*isDouble=*/true)},
      [&](double x, double) { return function.exact(x); }, function.bound);
}

INSTANTIATE_TEST_SUITE_P(
    Functions, ScalarDouble,
    testing::Values(Function{"Exp", "exp", 1e-30, 800,
                             [](double x) { return std::exp(x); }, 1e-15},
                    Function{"Expm1", "expm1", 1e-300, 800,
                             [](double x) { return std::expm1(x); }, 1e-15},
                    Function{"Log", "log", 1e-300, 1e300,
                             [](double x) { return std::log(x); }, 1e-15},
                    Function{"Log1p", "log1p", 1e-300, 1e300,
                             [](double x) { return std::log1p(x); }, 1e-15},
                    Function{"Sqrt", "sqrt", 1e-300, 1e300,
                             [](double x) { return std::sqrt(x); }, 1e-15},
                    Function{"Tanh", "tanh", 1e-300, 100,
                             [](double x) { return std::tanh(x); }, 2e-15},
                    Function{"Sigmoid", "sigmoid", 1e-6, 700,
                             [](double x) { return 1 / (1 + std::exp(-x)); },
                             2e-15},
                    Function{"Atan", "atan", 1e-300, 1e300,
                             [](double x) { return std::atan(x); }, 1e-15},
                    Function{"Erf", "erf", 1e-300, 10,
                             [](double x) { return std::erf(x); }, 1e-15},
                    Function{"Round", "round", 1e-3, 1e12,
                             [](double x) { return std::nearbyint(x); }, 0},
                    Function{"Floor", "floor", 1e-3, 1e12,
                             [](double x) { return std::floor(x); }, 0}),
    [](const auto &info) { return info.param.name; });

TEST(Scalars, SinesOfDoubles) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  // Up to where the reduction is exact.
  std::vector<double> numbers = spread(1e-30, 1e8, 30000, /*isDouble=*/true);
  std::erase_if(numbers, [](double x) { return x == 1e30; });
  expectCloseDoubles(
      "%y = descent.sin %v : f64", {numbers},
      [](double x, double) { return std::sin(x); }, 1e-14);
  expectCloseDoubles(
      "%y = descent.cos %v : f64", {numbers},
      [](double x, double) { return std::cos(x); }, 1e-14);
}

TEST(Scalars, PowAndRemOfDoubles) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  std::vector<double> special = spread(0.5, 7, 3, /*isDouble=*/true);
  std::vector<std::vector<double>> numbers(2);
  for (double x : special)
    for (double y : special) {
      numbers[0].push_back(x);
      numbers[1].push_back(y);
    }
  std::mt19937 random(9);
  for (int i = 0; i < 20000; ++i) {
    double x = std::exp(uniform(random, -600, 600));
    numbers[0].push_back(x);
    numbers[1].push_back(uniform(random, -720, 720) / std::log(x));
  }
  expectCloseDoubles(
      "%y = descent.pow %v, %w : f64", numbers,
      [](double x, double y) { return std::pow(x, y); }, 1e-12);
  expectCloseDoubles(
      "%y = descent.rem %v, %w : f64", numbers,
      [](double x, double y) { return std::fmod(x, y); }, 0);
}

TEST(Scalars, CastsOfDoubles) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  std::vector<double> numbers = {0.1, -3.75, 1e300, kInfinity, kNan, 16777217};
  std::vector<double> singles =
      evaluate("%y = descent.cast %v : f64 to f32", {numbers}, "f64", "f32");
  for (size_t i = 0; i < numbers.size(); ++i)
    EXPECT_TRUE(singles[i] == float(numbers[i]) || std::isnan(numbers[i]));
  EXPECT_EQ(
      evaluate("%y = descent.cast %v : f64 to i32", {numbers}, "f64", "i32"),
      (std::vector<double>{0, -3, 2147483647, 2147483647, 0, 16777217}));
  EXPECT_EQ(
      evaluate("%y = descent.cast %v : f32 to f64", {{0.1f, -3}}, "f32", "f64"),
      (std::vector<double>{double(0.1f), -3}));
  EXPECT_EQ(evaluate("%y = descent.cast %v : ui32 to f64", {{4294967295}},
                     "ui32", "f64"),
            (std::vector<double>{4294967295}));
}

/// Every number of a narrow type becomes itself, and f32 around and between
/// them round to the nearest, halves to even.
void checkNarrow(const std::string &type, const llvm::fltSemantics &semantics) {
  std::vector<double> exact, others, rounded;
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    double number =
        llvm::APFloat(semantics, llvm::APInt(16, bits)).convertToDouble();
    // The device may take what is not normal in f32 for zero.
    if (number != 0 && std::fabs(number) < 1.2e-38)
      continue;
    exact.push_back(number);
  }
  std::vector<double> widened = evaluate(
      "%y = descent.cast %v : " + type + " to f32", {exact}, type, "f32");
  ASSERT_EQ(widened.size(), exact.size());
  for (size_t i = 0; i < exact.size(); ++i)
    ASSERT_TRUE(widened[i] == exact[i] ||
                (std::isnan(widened[i]) && std::isnan(exact[i])))
        << exact[i] << " became " << widened[i];
  for (size_t i = 0; i + 1 < exact.size(); ++i) {
    double middle = (exact[i] + exact[i + 1]) / 2;
    for (double x : {exact[i], middle, double(std::nextafterf(middle, 1e38f)),
                     double(std::nextafterf(middle, -1e38f))}) {
      if (x != 0 && std::fabs(x) < 1.2e-38)
        continue;
      llvm::APFloat number(float(x) + 0.0);
      bool inexact;
      number.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &inexact);
      others.push_back(float(x));
      rounded.push_back(number.convertToDouble());
    }
  }
  std::vector<double> narrowed =
      evaluate("%y = descent.cast %v : f32 to " + type, {others}, "f32", type);
  ASSERT_EQ(narrowed.size(), rounded.size());
  for (size_t i = 0; i < others.size(); ++i)
    ASSERT_TRUE(narrowed[i] == rounded[i] ||
                (std::isnan(narrowed[i]) && std::isnan(rounded[i])) ||
                std::fabs(rounded[i]) < 1.2e-38)
        << others[i] << " became " << narrowed[i] << ", not " << rounded[i];
}

TEST(Scalars, HalvesAreStoredAndRounded) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  checkNarrow("f16", llvm::APFloat::IEEEhalf());
}

TEST(Scalars, BrainFloatsAreStoredAndRounded) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  checkNarrow("bf16", llvm::APFloat::BFloat());
}

TEST(Scalars, KernelsNameTheFeaturesTheyNeed) {
  auto features = [](const std::string &type) {
    MLIRContext context;
    registerDialects(context);
    std::string tensor = "tensor<4x" + type + ">";
    auto module = parseSourceString<ModuleOp>(
        "descent.input @x : " + tensor + "\ndescent.entry @e {\n" +
            "%x = descent.read @x : " + tensor +
            "\n%r = descent.kernel [4] reduce [] by [] map() [] { "
            "descent.yield } finish(%x : " +
            tensor + ") [#descent.access<(d0) -> (d0)>] {\n^bb0(%v: " + type +
            "):\ndescent.yield %v : " + type + "\n} : " + tensor +
            "\ndescent.output \"r\", %r : " + tensor + "\n}",
        &context);
    EntryOp entry = *module->getOps<EntryOp>().begin();
    CompiledKernel kernel = compile(makeScheduleKernel(entry, Layout::separate),
                                    *findProfile("portable"));
    return std::vector<std::string>(kernel.features.begin(),
                                    kernel.features.end());
  };
  using Names = std::vector<std::string>;
  for (std::string type : {"f32", "i32", "ui32", "i1"})
    EXPECT_EQ(features(type), Names()) << type;
  EXPECT_EQ(features("f64"), Names{"shaderFloat64"});
  EXPECT_EQ(features("f16"), Names{"storageBuffer16BitAccess"});
  EXPECT_EQ(features("bf16"), Names{"storageBuffer16BitAccess"});
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

struct IntegerFunction {
  std::string op;
  /// Of i32 and of ui32, on numbers in 64 bits; the result is wrapped.
  std::function<int64_t(int64_t, int64_t)> exact;
};

class ScalarInteger : public testing::TestWithParam<IntegerFunction> {};

TEST_P(ScalarInteger, AgreesWithTheHost) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  std::mt19937 random(3);
  for (bool isUnsigned : {false, true}) {
    auto wrap = [&](int64_t x) -> double {
      return isUnsigned ? double(uint32_t(x)) : double(int32_t(uint32_t(x)));
    };
    std::vector<double> special;
    for (int64_t x : {0ll, 1ll, -1ll, 2ll, 7ll, -7ll, 31ll, 32ll, 33ll,
                      0x7fffffffll, 0x80000000ll, 0x80000001ll, 65536ll})
      special.push_back(wrap(x));
    std::vector<std::vector<double>> numbers(2);
    for (double x : special)
      for (double y : special) {
        numbers[0].push_back(x);
        numbers[1].push_back(y);
      }
    for (int i = 0; i < 5000; ++i) {
      numbers[0].push_back(wrap(random() >> (random() % 32)));
      numbers[1].push_back(wrap(-int64_t(random() >> (random() % 32))));
    }
    std::string type = isUnsigned ? "ui32" : "i32";
    std::vector<double> results = evaluate(
        "%y = descent." + GetParam().op + " %v, %w : " + type, numbers, type);
    ASSERT_EQ(results.size(), numbers[0].size());
    for (size_t i = 0; i < results.size(); ++i)
      ASSERT_EQ(results[i], wrap(GetParam().exact(int64_t(numbers[0][i]),
                                                  int64_t(numbers[1][i]))))
          << GetParam().op << " of " << type << " " << numbers[0][i] << " and "
          << numbers[1][i];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Functions, ScalarInteger,
    testing::Values(
        IntegerFunction{"add", [](int64_t x, int64_t y) { return x + y; }},
        IntegerFunction{"sub", [](int64_t x, int64_t y) { return x - y; }},
        IntegerFunction{"mul",
                        [](int64_t x, int64_t y) {
                          return int64_t(uint64_t(x) * uint64_t(y));
                        }},
        IntegerFunction{
            "div", [](int64_t x, int64_t y) { return y == 0 ? 0 : x / y; }},
        IntegerFunction{
            "rem", [](int64_t x, int64_t y) { return y == 0 ? 0 : x % y; }},
        IntegerFunction{"maximum",
                        [](int64_t x, int64_t y) { return std::max(x, y); }},
        IntegerFunction{"minimum",
                        [](int64_t x, int64_t y) { return std::min(x, y); }},
        IntegerFunction{"and", [](int64_t x, int64_t y) { return x & y; }},
        IntegerFunction{"or", [](int64_t x, int64_t y) { return x | y; }},
        IntegerFunction{"xor", [](int64_t x, int64_t y) { return x ^ y; }},
        IntegerFunction{"shl",
                        [](int64_t x, int64_t y) { return x << (y & 31); }},
        IntegerFunction{"shr",
                        [](int64_t x, int64_t y) { return x >> (y & 31); }}),
    [](const auto &info) { return info.param.op; });

TEST(Scalars, IntegersCompareByTheirSign) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  std::vector<std::vector<double>> numbers = {{1, 1, 2}, {4294967295, 0, 2}};
  EXPECT_EQ(
      evaluate("%y = descent.compare lt %v, %w : ui32", numbers, "ui32", "i1"),
      (std::vector<double>{1, 0, 0}));
  numbers[1][0] = -1;
  EXPECT_EQ(
      evaluate("%y = descent.compare lt %v, %w : i32", numbers, "i32", "i1"),
      (std::vector<double>{0, 0, 0}));
}

TEST(Scalars, BooleansAreStoredAsWords) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  std::vector<std::vector<double>> numbers = {{0, 0, 1, 1, 1}, {0, 1, 0, 1, 1}};
  for (auto [op, expected] :
       {std::pair("and", std::vector<double>{0, 0, 0, 1, 1}),
        std::pair("or", std::vector<double>{0, 1, 1, 1, 1}),
        std::pair("xor", std::vector<double>{0, 1, 1, 0, 0})})
    EXPECT_EQ(evaluate("%y = descent." + std::string(op) + " %v, %w : i1",
                       numbers, "i1"),
              expected);
}

} // namespace
