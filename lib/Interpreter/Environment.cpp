// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Made-up inputs and initial states, by Philox from a seed and a name.

#include "descent/Interpreter/Interpreter.h"
#include "descent/Interpreter/Philox.h"
#include "llvm/Support/xxhash.h"
#include <cmath>
#include <numbers>

using namespace mlir;

namespace descent::interpreter {

namespace {

/// Numbers one after another, of a seed and a name.
class Numbers {
public:
  Numbers(uint64_t seed, StringRef name)
      : seed(seed), stream(llvm::xxh3_64bits(name)) {}

  /// Uniform in [0, 1) with 53 bits.
  double uniform() {
    auto words = philox4x32(
        {static_cast<uint32_t>(position), static_cast<uint32_t>(position >> 32),
         static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
        {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
    ++position;
    uint64_t bits = uint64_t{words[0]} << 32 | words[1];
    return static_cast<double>(bits >> 11) * 0x1p-53;
  }

  /// Normal of mean 0 and deviation 1 (Box and Muller 1958).
  double normal() {
    double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

private:
  uint64_t seed, stream, position = 0;
};

} // namespace

std::vector<double> randomNormal(uint64_t seed, StringRef name, int64_t size) {
  Numbers numbers(seed, name);
  std::vector<double> result(size);
  for (double &value : result)
    value = numbers.normal();
  return result;
}

Environment makeInputs(ModuleOp module, uint64_t seed) {
  Environment result;
  for (auto input : module.getOps<InputOp>()) {
    Tensor tensor(input.getType());
    Numbers numbers(seed, input.getSymName());
    int64_t low = 0, high = 2;
    if (auto range = input.getRange()) {
      low = (*range)[0];
      high = (*range)[1];
    }
    for (double &value : tensor.values)
      value = isFloat(tensor.element)
                  ? numbers.normal()
                  : low + std::floor(numbers.uniform() *
                                     static_cast<double>(high - low));
    result[input.getSymName().str()] = std::move(tensor);
  }
  return result;
}

/// Normal numbers made orthonormal by Gram and Schmidt: the rows of a matrix
/// [count, length], or its columns if `transposed`.
static std::vector<double> orthonormal(Numbers &numbers, int64_t count,
                                       int64_t length, bool transposed) {
  std::vector<double> result(count * length);
  auto at = [&](int64_t i, int64_t k) -> double & {
    return transposed ? result[k * count + i] : result[i * length + k];
  };
  auto dot = [&](int64_t i, int64_t j) {
    double sum = 0;
    for (int64_t k = 0; k < length; ++k)
      sum += at(i, k) * at(j, k);
    return sum;
  };
  for (double &value : result)
    value = numbers.normal();
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < i; ++j) {
      double share = dot(i, j);
      for (int64_t k = 0; k < length; ++k)
        at(i, k) -= share * at(j, k);
    }
    double norm = std::sqrt(dot(i, i));
    for (int64_t k = 0; k < length; ++k)
      at(i, k) /= norm;
  }
  return result;
}

/// Whether the first two indices of an element are equal and all others at the
/// centre of their axes.
static bool isOnDiagonal(ArrayRef<int64_t> shape, int64_t position) {
  SmallVector<int64_t> index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0; position /= shape[dim])
    index[dim] = position % shape[dim];
  for (size_t dim = 2; dim < shape.size(); ++dim)
    if (index[dim] != shape[dim] / 2)
      return false;
  return shape.size() >= 2 && index[0] == index[1];
}

static void initialize(Tensor &tensor, InitAttr init, Numbers &numbers) {
  double a = init.getA().getValueAsDouble();
  double b = init.getB().getValueAsDouble();
  auto fill = [&](auto next) {
    for (double &value : tensor.values)
      value = next();
  };
  switch (init.getKind()) {
  case InitKind::constant:
    return fill([&] { return a; });
  case InitKind::uniform:
    return fill([&] { return a + (b - a) * numbers.uniform(); });
  case InitKind::normal:
    return fill([&] { return a + b * numbers.normal(); });
  case InitKind::truncated_normal:
    return fill([&] {
      double value = numbers.normal();
      while (std::abs(value) > 2)
        value = numbers.normal();
      return a + b * value;
    });
  case InitKind::orthogonal: {
    int64_t rows = tensor.shape.empty() ? 1 : tensor.shape.front();
    int64_t columns = tensor.size() / rows;
    tensor.values = orthonormal(numbers, std::min(rows, columns),
                                std::max(rows, columns), rows > columns);
    for (double &value : tensor.values)
      value *= a;
    return;
  }
  case InitKind::identity:
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.values[i] = isOnDiagonal(tensor.shape, i) ? a : 0;
    return;
  }
}

Environment makeState(ModuleOp module, uint64_t seed) {
  Environment result;
  for (auto state : module.getOps<StateOp>()) {
    Tensor tensor(state.getType());
    Numbers numbers(seed, state.getSymName());
    initialize(tensor, state.getInit(), numbers);
    result[state.getSymName().str()] = std::move(tensor);
  }
  return result;
}

int64_t batchSize(ModuleOp module) {
  for (auto input : module.getOps<InputOp>())
    if (auto axis = input.getBatchAxis())
      return cast<ShapedType>(input.getType()).getDimSize(*axis);
  return 1;
}

} // namespace descent::interpreter
