// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Integers and booleans on the device against the host's.

#include "ScalarHarness.h"

using namespace descent::test;

namespace {

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
