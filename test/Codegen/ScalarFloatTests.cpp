// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions and conversions of doubles and of floats of 16 bits on the device
// against the host's.

#include "ScalarHarness.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/APFloat.h"
#include <cmath>

using namespace mlir;
using namespace descent;
using namespace descent::test;

namespace {

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

} // namespace
