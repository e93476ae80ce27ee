// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The initializers of the bundle format.
#include "core/Initialize.h"
#include "core/Numbers.h"
#include "core/Philox.h"

#include <cmath>
#include <numbers>

namespace descent::runtime {
namespace {

/// The random numbers of a state, by element.
struct Draw {
  unsigned index;
  uint64_t seed;

  std::array<double, 2> uniform(uint64_t i) const {
    auto words = philox(
        {uint32_t(i), uint32_t(i >> 32), index, uint32_t(Stream::Initializer)},
        seed);
    return {(words[0] + 0.5) * 0x1p-32, (words[1] + 0.5) * 0x1p-32};
  }
  double normal(uint64_t i) const {
    auto [u0, u1] = uniform(i);
    return std::sqrt(-2 * std::log(u0)) * std::cos(2 * std::numbers::pi * u1);
  }
};

/// The normal distribution function.
double distribution(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

/// The standard normal number in [-2, 2] that a number in (0, 1) stands for:
/// Newton's method on the distribution function, which is convex below zero and
/// concave above, so that it comes from the side of zero.
double truncatedNormal(double u) {
  double low = distribution(-2), target = low + (1 - 2 * low) * u, x = 0;
  for (int step = 0; step < 20; ++step) {
    double density =
        std::exp(-x * x / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    double change = (target - distribution(x)) / density;
    x += change;
    if (std::abs(change) < 1e-15)
      break;
  }
  return x;
}

/// A matrix of normal numbers, made orthonormal by Gram and Schmidt: its rows,
/// or its columns if it has more rows than columns. Twice is enough (Giraud et
/// al. 2005).
std::vector<double> orthogonal(const Draw &draw, uint64_t rows,
                               uint64_t columns) {
  uint64_t count = std::min(rows, columns), length = std::max(rows, columns);
  std::vector<double> vectors(count * length);
  auto position = [&](uint64_t i, uint64_t k) {
    return rows <= columns ? i * columns + k : k * columns + i;
  };
  auto dot = [&](const double *a, const double *b) {
    double sum = 0;
    for (uint64_t k = 0; k < length; ++k)
      sum += a[k] * b[k];
    return sum;
  };
  for (uint64_t i = 0; i < count; ++i) {
    double *vector = &vectors[i * length];
    for (uint64_t k = 0; k < length; ++k)
      vector[k] = draw.normal(position(i, k));
    for (int pass = 0; pass < 2; ++pass)
      for (uint64_t j = 0; j < i; ++j) {
        const double *other = &vectors[j * length];
        double share = dot(vector, other);
        for (uint64_t k = 0; k < length; ++k)
          vector[k] -= share * other[k];
      }
    double norm = std::sqrt(dot(vector, vector));
    for (uint64_t k = 0; k < length; ++k)
      vector[k] /= norm;
  }
  std::vector<double> matrix(vectors.size());
  for (uint64_t i = 0; i < count; ++i)
    for (uint64_t k = 0; k < length; ++k)
      matrix[position(i, k)] = vectors[i * length + k];
  return matrix;
}

/// Whether the first two indices of an element are equal, and every other one
/// at the centre of its axis.
bool isOnDiagonal(const Shape &shape, uint64_t element) {
  uint64_t leading[2] = {0, 0};
  for (size_t axis = shape.size(); axis-- > 0;) {
    uint64_t extent = uint64_t(shape[axis]), index = element % extent;
    element /= extent;
    if (axis < 2)
      leading[axis] = index;
    else if (index != extent / 2)
      return false;
  }
  return leading[0] == leading[1];
}

} // namespace

std::vector<std::byte> initialState(const Program &program, unsigned index,
                                    uint64_t seed) {
  const State &state = program.states[index];
  const Initializer &init = state.init;
  const Shape &shape = state.tensor.shape;
  Draw draw{index, seed};
  std::vector<double> matrix;
  if (init.kind == Initializer::Kind::Orthogonal)
    matrix = orthogonal(draw, uint64_t(shape[0]),
                        state.tensor.elements() / uint64_t(shape[0]));
  auto value = [&](uint64_t i) {
    switch (init.kind) {
    case Initializer::Kind::Constant:
      return init.first;
    case Initializer::Kind::Uniform:
      return init.first + (init.second - init.first) * draw.uniform(i)[0];
    case Initializer::Kind::Normal:
      return init.first + init.second * draw.normal(i);
    case Initializer::Kind::TruncatedNormal:
      return init.first + init.second * truncatedNormal(draw.uniform(i)[0]);
    case Initializer::Kind::Orthogonal:
      return init.first * matrix[i];
    case Initializer::Kind::Identity:
      return isOnDiagonal(shape, i) ? init.first : 0;
    }
    return 0.0;
  };
  std::vector<std::byte> bytes(state.tensor.bytes());
  uint64_t size = sizeOf(state.tensor.dtype);
  for (uint64_t i = 0; i < state.tensor.elements(); ++i)
    storeNumber(bytes.data() + i * size, state.tensor.dtype, value(i));
  return bytes;
}

} // namespace descent::runtime
