// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar functions on the device against the host's, over wide ranges and at
// the points where they go wrong.

#include "KernelHarness.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>
#include <functional>

using namespace mlir;
using namespace descent;
using namespace descent::test;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Runs one operation, `descent.<op> %x : f32`, on all numbers.
std::vector<float> evaluate(const std::string &op,
                            const std::vector<float> &numbers,
                            StringRef type = "f32") {
  MLIRContext context;
  registerDialects(context);
  std::string tensor = "tensor<" + std::to_string(numbers.size()) + "x";
  std::string text = "descent.input @x : " + tensor + "f32>\n" +
                     "descent.entry @e {\n"
                     "  %x = descent.read @x : " +
                     tensor + "f32>\n" + "  %r = descent.kernel [" +
                     std::to_string(numbers.size()) +
                     "] reduce [] by [] map() [] { descent.yield }\n"
                     "    finish(%x : " +
                     tensor +
                     "f32>) "
                     "[#descent.access<(d0) -> (d0)>] {\n"
                     "    ^bb0(%v: f32):\n"
                     "      " +
                     op + "\n" + "      descent.yield %y : " + type.str() +
                     "\n" + "    } : " + tensor + type.str() + ">\n" +
                     "  descent.output \"r\", %r : " + tensor + type.str() +
                     ">\n}\n";
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return {};
  EntryOp entry = *module->getOps<EntryOp>().begin();
  schedule::KernelOp kernel = makeScheduleKernel(entry, Layout::separate);
  CompiledKernel compiled = compile(kernel, *findProfile("lavapipe"));
  interpreter::Environment inputs;
  interpreter::Tensor x({int64_t(numbers.size())}, interpreter::Element::F32);
  std::copy(numbers.begin(), numbers.end(), x.values.begin());
  inputs["x"] = x;
  Buffers buffers = makeBuffers(entry, kernel, inputs);
  runKernel(compiled, buffers);
  interpreter::Tensor result =
      readResults(entry, kernel, buffers).begin()->second;
  return std::vector<float>(result.values.begin(), result.values.end());
}

/// `count` numbers of both signs, evenly spread over magnitudes from `low` to
/// `high`.
std::vector<float> spread(double low, double high, int count) {
  std::vector<float> numbers;
  for (int i = 0; i < count; ++i) {
    float x = float(low * std::pow(high / low, double(i) / (count - 1)));
    numbers.push_back(x);
    numbers.push_back(-x);
  }
  return numbers;
}

struct Function {
  std::string name, text;
  double low, high;
  std::function<double(double)> exact;
  /// Results below this may be wrong by as much.
  double absolute = 0;
};

class ScalarFunction : public testing::TestWithParam<Function> {};

TEST_P(ScalarFunction, AgreesWithTheHost) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  const Function &function = GetParam();
  std::vector<float> numbers = spread(function.low, function.high, 20000);
  for (float special :
       {0.0f, 1.0f, -1.0f, 0.5f, 2.0f, kInfinity, -kInfinity, kNan,
        std::nextafter(1.0f, 0.0f), std::nextafter(1.0f, 2.0f)})
    numbers.push_back(special);
  std::vector<float> results = evaluate(function.text, numbers);
  ASSERT_EQ(results.size(), numbers.size());
  double worst = 0;
  float worstAt = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    double exact = function.exact(numbers[i]);
    if (std::isnan(exact)) {
      EXPECT_TRUE(std::isnan(results[i])) << "at " << numbers[i];
      continue;
    }
    if (std::fabs(exact) > std::numeric_limits<float>::max()) {
      EXPECT_EQ(results[i], std::copysign(kInfinity, float(exact)))
          << "at " << numbers[i];
      continue;
    }
    double error = std::max(0.0, std::fabs(results[i] - exact) -
                                     std::max(function.absolute, 1e-37)) /
                   std::max(std::fabs(exact), 1e-300);
    if (!(error <= worst)) {
      worst = error;
      worstAt = numbers[i];
    }
  }
  EXPECT_LE(worst, 4e-6) << "relative, at " << worstAt;
}

INSTANTIATE_TEST_SUITE_P(
    Functions, ScalarFunction,
    testing::Values(
        Function{"Exp", "%y = descent.exp %v : f32", 1e-6, 88,
                 [](double x) { return std::exp(x); }},
        Function{"Log", "%y = descent.log %v : f32", 1.2e-38, 3e38,
                 [](double x) { return std::log(x); }},
        Function{"LogNearOne",
                 "%o = descent.constant 1.0 : f32\n"
                 "%w = descent.add %o, %v : f32\n%y = descent.log %w : f32",
                 1e-6, 0.9,
                 [](double x) { return std::log(double(1.0f + float(x))); }},
        Function{"Sqrt", "%y = descent.sqrt %v : f32", 1.2e-38, 3e38,
                 [](double x) { return std::sqrt(x); }},
        Function{"Tanh", "%y = descent.tanh %v : f32", 1e-20, 100,
                 [](double x) { return std::tanh(x); }},
        Function{"Sigmoid", "%y = descent.sigmoid %v : f32", 1e-6, 80,
                 [](double x) { return 1 / (1 + std::exp(-x)); }},
        Function{"Sin", "%y = descent.sin %v : f32", 1e-10, 1000,
                 [](double x) { return std::sin(x); }, 1e-6},
        Function{"Cos", "%y = descent.cos %v : f32", 1e-10, 1000,
                 [](double x) { return std::cos(x); }, 1e-6},
        Function{"Reciprocal",
                 "%o = descent.constant 1.0 : f32\n"
                 "%y = descent.div %o, %v : f32",
                 1e-37, 1e37, [](double x) { return 1 / x; }},
        Function{"Quotient",
                 "%o = descent.constant 3.0 : f32\n"
                 "%y = descent.div %v, %o : f32",
                 1e-36, 1e37, [](double x) { return x / 3; }},
        Function{"Neg", "%y = descent.neg %v : f32", 1e-37, 1e37,
                 [](double x) { return -x; }},
        Function{"Abs", "%y = descent.abs %v : f32", 1e-37, 1e37,
                 [](double x) { return std::fabs(x); }},
        Function{"LeakyRelu", "%y = descent.leaky_relu %v, 0.25 : f32", 1e-36,
                 1e37, [](double x) { return x <= 0 ? 0.25 * x : x; }},
        Function{"Relu", "%y = descent.leaky_relu %v, 0.0 : f32", 1e-37, 1e37,
                 [](double x) { return x <= 0 ? 0 : x; }},
        Function{"Maximum",
                 "%o = descent.constant 1.0 : f32\n"
                 "%y = descent.maximum %v, %o : f32",
                 1e-3, 1e3,
                 [](double x) { return std::isnan(x) ? x : std::max(x, 1.0); }},
        Function{"MaximumOfNumber",
                 "%o = descent.constant 1.0 : f32\n"
                 "%y = descent.maximum %o, %v : f32",
                 1e-3, 1e3,
                 [](double x) { return std::isnan(x) ? x : std::max(x, 1.0); }},
        Function{
            "Minimum",
            "%o = descent.constant 1.0 : f32\n"
            "%y = descent.minimum %v, %o : f32",
            1e-3, 1e3,
            [](double x) { return std::isnan(x) ? x : std::min(x, 1.0); }}),
    [](const auto &info) { return info.param.name; });

TEST(Scalars, ComparisonsKnowNan) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  std::vector<float> numbers = {0, 1, -1, kInfinity, -kInfinity, kNan};
  auto compare = [&](std::string predicate) {
    return evaluate("%o = descent.constant 0.0 : f32\n%y = descent.compare " +
                        predicate + " %v, %o : f32",
                    numbers, "i1");
  };
  EXPECT_EQ(compare("eq"), (std::vector<float>{1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(compare("ne"), (std::vector<float>{0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(compare("lt"), (std::vector<float>{0, 0, 1, 0, 1, 0}));
  EXPECT_EQ(compare("le"), (std::vector<float>{1, 0, 1, 0, 1, 0}));
  EXPECT_EQ(compare("gt"), (std::vector<float>{0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(compare("ge"), (std::vector<float>{1, 1, 0, 1, 0, 0}));
}

TEST(Scalars, FiniteByBits) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  EXPECT_EQ(evaluate("%y = descent.is_finite %v : f32",
                     {0, 1e-40f, 3e38f, kInfinity, -kInfinity, kNan}, "i1"),
            (std::vector<float>{1, 1, 1, 0, 0, 0}));
}

TEST(Scalars, CastRoundsTowardsZero) {
  if (deviceName().empty())
    GTEST_SKIP() << "there is no Vulkan device";
  EXPECT_EQ(evaluate("%y = descent.cast %v : f32 to i32",
                     {0.9f, -0.9f, 1.5f, -1.5f, 1e6f, -1e6f}, "i32"),
            (std::vector<float>{0, 0, 1, -1, 1e6f, -1e6f}));
}

} // namespace
