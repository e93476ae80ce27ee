// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hashes, random numbers, shuffles and initial values: known answers and
// distributions.
#include "core/Numbers.h"
#include "TestBundle.h"
#include "core/Initialize.h"
#include "core/Philox.h"
#include "core/Sha256.h"
#include "train/Sampler.h"

#include <cmath>
#include <cstring>
#include <numeric>

namespace descent::runtime {
namespace {

std::string hashOf(const std::string &text) {
  return sha256(std::as_bytes(std::span(text)));
}

TEST(Sha256, KnownAnswers) { // FIPS 180-4 examples, and a length on each side
                             // of the padding's edge
  EXPECT_EQ(hashOf(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hashOf("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hashOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hashOf(std::string(55, 'a')),
            "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  EXPECT_EQ(hashOf(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Philox,
     KnownAnswers) { // Random123's kat_vectors for philox4x32 with 10 rounds
  using Words = std::array<uint32_t, 4>;
  EXPECT_EQ(philox({0, 0, 0, 0}, 0),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, ~uint64_t(0)),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                   0x299f31d0a4093822),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, BelowIsUniform) {
  PhiloxSequence random(3, Stream::Bench);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i)
    ++counts[random.below(7)];
  for (int count : counts)
    EXPECT_NEAR(count, 10000, 500);
}

uint16_t bitsOf(DType dtype, double number) {
  uint16_t bits;
  storeNumber(reinterpret_cast<std::byte *>(&bits), dtype, number);
  return bits;
}

TEST(Numbers, RoundToHalves) { // IEEE 754 binary16
  const std::pair<double, uint16_t> known[] = {{0, 0},
                                               {-0.0, 0x8000},
                                               {1, 0x3c00},
                                               {-2, 0xc000},
                                               {65504, 0x7bff},
                                               {65519.99, 0x7bff},
                                               {65520, 0x7c00},
                                               {1e300, 0x7c00},
                                               {0x1p-14, 0x0400},
                                               {0x1p-24, 0x0001},
                                               {0x1p-25, 0x0000},
                                               {0x1.8p-24, 0x0002},
                                               {1 + 0x1p-11, 0x3c00},
                                               {1 + 0x1.8p-10, 0x3c02},
                                               {1 + 0x1p-11 + 0x1p-40, 0x3c01}};
  for (auto [number, bits] : known)
    EXPECT_EQ(bitsOf(DType::F16, number), bits) << number;
}

TEST(Numbers, RoundToBrainFloats) {
  const std::pair<double, uint16_t> known[] = {
      {1, 0x3f80},          {-3.140625, 0xc049},
      {1 + 0x1p-8, 0x3f80}, {1 + 0x1.8p-7, 0x3f82},
      {0x1p-133, 0x0001},   {0x1.ffp127, 0x7f80},
      {0x1.fep127, 0x7f7f}};
  for (auto [number, bits] : known)
    EXPECT_EQ(bitsOf(DType::BF16, number), bits) << number;
}

TEST(Numbers, WidenedHalvesRoundToThemselves) {
  for (DType dtype : {DType::F16, DType::BF16})
    for (uint32_t i = 0; i < 0x10000; ++i) {
      uint16_t bits = uint16_t(i);
      double number =
          loadNumber(reinterpret_cast<const std::byte *>(&bits), dtype);
      if (!std::isnan(number))
        EXPECT_EQ(bitsOf(dtype, number), bits) << number;
    }
}

TEST(Numbers, OtherTypes) {
  std::byte element[8];
  storeNumber(element, DType::F64, 0.1);
  EXPECT_EQ(loadNumber(element, DType::F64), 0.1);
  storeNumber(element, DType::F32, 0.1);
  EXPECT_EQ(loadNumber(element, DType::F32), double(0.1f));
  storeNumber(element, DType::U32, 4294967295.0);
  EXPECT_EQ(loadNumber(element, DType::U32), 4294967295.0);
  EXPECT_EQ(loadNumber(element, DType::I32), -1);
  EXPECT_TRUE(canHold(DType::U32, 4294967295.0));
  EXPECT_FALSE(canHold(DType::I32, 4294967295.0));
  EXPECT_TRUE(canHold(DType::I32, -2147483648.0));
  EXPECT_FALSE(canHold(DType::I32, -2147483649.0));
  EXPECT_FALSE(canHold(DType::I32, 2147483648.0));
  EXPECT_FALSE(canHold(DType::U32, -1));
  EXPECT_FALSE(canHold(DType::I32, 0.5));
  EXPECT_TRUE(canHold(DType::F16, 65504));
  EXPECT_FALSE(canHold(DType::F16, 1e5));
  EXPECT_TRUE(canHold(DType::BF16, 1e5));
  EXPECT_FALSE(canHold(DType::F32, 1e39));
  EXPECT_TRUE(canHold(DType::F64, 1e39));
}

TEST(Initialize, TypesRoundTheSameDraws) {
  Program program;
  Initializer normal{Initializer::Kind::Normal, 0, 1};
  program.states = {
      {{"w", DType::F64, {5, 7}, {}, {}}, Role::Parameter, normal}};
  auto exact = initialState(program, 0, 3);
  ASSERT_EQ(exact.size(), 35 * 8u);
  for (DType dtype : {DType::F32, DType::F16, DType::BF16}) {
    program.states[0].tensor.dtype = dtype;
    auto rounded = initialState(program, 0, 3);
    uint64_t size = sizeOf(dtype);
    ASSERT_EQ(rounded.size(), 35 * size);
    for (uint64_t i = 0; i < 35; ++i) {
      std::byte expected[8];
      storeNumber(expected, dtype, loadNumber(&exact[8 * i], DType::F64));
      EXPECT_EQ(std::memcmp(&rounded[size * i], expected, size), 0) << i;
    }
  }
}

TEST(Sampler, IsADeterministicPermutation) {
  auto order = epochOrder(1000, 7, 3, true);
  EXPECT_EQ(order, epochOrder(1000, 7, 3, true));
  EXPECT_NE(order, epochOrder(1000, 7, 4, true));
  EXPECT_NE(order, epochOrder(1000, 8, 3, true));
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, epochOrder(1000, 7, 3, false));
  EXPECT_EQ(epochOrder(4, 0, 0, false), (std::vector<uint32_t>{0, 1, 2, 3}));
}

/// The values of a lone state.
std::vector<float> initialized(Shape shape, Initializer init, uint64_t seed) {
  Program program;
  State state;
  state.tensor.shape = std::move(shape);
  state.init = init;
  program.states = {state};
  Bytes bytes = initialState(program, 0, seed);
  std::vector<float> floats(bytes.size() / 4);
  std::memcpy(floats.data(), bytes.data(), bytes.size());
  return floats;
}

TEST(Initialize, FollowsTheManifest) {
  Program program;
  State state;
  state.tensor.shape = {100000};
  state.init = {Initializer::Kind::Normal, 1.0, 0.5};
  program.states = {state, state};
  program.states[1].init = {Initializer::Kind::Uniform, -2.0, 3.0};
  auto values = [&](unsigned index, uint64_t seed) {
    Bytes bytes = initialState(program, index, seed);
    std::vector<float> floats(bytes.size() / 4);
    std::memcpy(floats.data(), bytes.data(), bytes.size());
    return floats;
  };
  std::vector<float> normal = values(0, 5), uniform = values(1, 5);
  double mean = std::accumulate(normal.begin(), normal.end(), 0.0) / 1e5,
         variance = 0;
  for (float value : normal)
    variance += (value - mean) * (value - mean) / 1e5;
  EXPECT_NEAR(mean, 1, 0.01);
  EXPECT_NEAR(std::sqrt(variance), 0.5, 0.01);
  EXPECT_NEAR(std::accumulate(uniform.begin(), uniform.end(), 0.0) / 1e5, 0.5,
              0.02);
  EXPECT_GE(*std::min_element(uniform.begin(), uniform.end()), -2);
  EXPECT_LE(*std::max_element(uniform.begin(), uniform.end()), 3);
  EXPECT_NE(values(1, 6), uniform);
  EXPECT_EQ(values(1, 5), uniform);
}

TEST(Initialize, TruncatedNormalEndsAtTwoDeviations) {
  auto values =
      initialized({100000}, {Initializer::Kind::TruncatedNormal, 1.0, 0.5}, 5);
  double mean = std::accumulate(values.begin(), values.end(), 0.0) / 1e5,
         variance = 0, within = 0;
  for (float value : values) {
    variance += (value - mean) * (value - mean) / 1e5;
    within += std::abs(value - 1) < 0.5;
  }
  EXPECT_NEAR(mean, 1, 0.01);
  // 1 - 4 phi(2) / (2 Phi(2) - 1), and (2 Phi(1) - 1) / (2 Phi(2) - 1).
  EXPECT_NEAR(variance, 0.25 * 0.7737413, 0.002);
  EXPECT_NEAR(within / 1e5, 0.7152328, 0.01);
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*low, 0);
  EXPECT_LT(*low, 0.01);
  EXPECT_LE(*high, 2);
  EXPECT_GT(*high, 1.99);
}

TEST(Initialize, OrthogonalRowsOrColumns) {
  for (Shape shape : {Shape{5, 3, 4}, Shape{20, 6}, Shape{8, 8}}) {
    auto values = initialized(shape, {Initializer::Kind::Orthogonal, 3.0}, 5);
    size_t rows = size_t(shape[0]), columns = values.size() / rows;
    size_t count = std::min(rows, columns), length = std::max(rows, columns);
    auto at = [&](size_t i, size_t k) {
      return rows <= columns ? values[i * columns + k]
                             : values[k * columns + i];
    };
    for (size_t i = 0; i < count; ++i)
      for (size_t j = 0; j <= i; ++j) {
        double product = 0;
        for (size_t k = 0; k < length; ++k)
          product += double(at(i, k)) * at(j, k);
        EXPECT_NEAR(product, i == j ? 9 : 0, 1e-5) << i << ' ' << j;
      }
  }
}

TEST(Initialize, IdentityIsAtTheCentreOfKernels) {
  EXPECT_EQ(initialized({2, 3}, {Initializer::Kind::Identity, 2.0}, 5),
            (std::vector<float>{2, 0, 0, 0, 2, 0}));
  std::vector<float> expected(2 * 2 * 3 * 2, 0.f);
  // [i, i, 1, 1]
  expected[0 * 12 + 0 * 6 + 1 * 2 + 1] = 1;
  expected[1 * 12 + 1 * 6 + 1 * 2 + 1] = 1;
  EXPECT_EQ(initialized({2, 2, 3, 2}, {Initializer::Kind::Identity, 1.0}, 5),
            expected);
}

} // namespace
} // namespace descent::runtime
