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

Environment makeState(ModuleOp module, uint64_t seed) {
  Environment result;
  for (auto state : module.getOps<StateOp>()) {
    Tensor tensor(state.getType());
    Numbers numbers(seed, state.getSymName());
    double a = state.getInit().getA().getValueAsDouble();
    double b = state.getInit().getB().getValueAsDouble();
    for (double &value : tensor.values)
      switch (state.getInit().getKind()) {
      case InitKind::constant:
        value = a;
        break;
      case InitKind::uniform:
        value = a + (b - a) * numbers.uniform();
        break;
      case InitKind::normal:
        value = a + b * numbers.normal();
        break;
      }
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
