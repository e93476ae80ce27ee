// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elements of tensors as numbers of the host.
#include "core/Numbers.h"

#include <cmath>
#include <cstring>

namespace descent::runtime {
namespace {

/// A float of 16 bits: how many of them are the fraction, and the exponent of
/// the smallest normal number.
struct Narrow {
  int fraction, lowest;

  uint16_t infinity() const { return uint16_t(0x7fff >> fraction << fraction); }

  uint16_t round(double number) const {
    uint16_t sign = std::signbit(number) ? 0x8000 : 0;
    double magnitude = std::abs(number);
    if (std::isnan(number))
      return uint16_t(sign | infinity() | 1 << (fraction - 1));
    if (std::isinf(number))
      return uint16_t(sign | infinity());
    int exponent = magnitude == 0 ? lowest : std::ilogb(magnitude);
    exponent = std::max(exponent, lowest);
    // In units of the last place; a carry goes into the exponent's bits.
    double units = std::nearbyint(std::ldexp(magnitude, fraction - exponent));
    double bits = std::ldexp(exponent - lowest, fraction) + units;
    return uint16_t(sign | uint16_t(std::min<double>(bits, infinity())));
  }

  double widen(uint16_t bits) const {
    int magnitude = bits & 0x7fff, exponent = magnitude >> fraction;
    int units = magnitude & ((1 << fraction) - 1);
    double number;
    if (magnitude >= infinity())
      number = units ? NAN : INFINITY;
    else if (exponent == 0)
      number = std::ldexp(units, lowest - fraction);
    else
      number =
          std::ldexp(units + (1 << fraction), lowest - fraction + exponent - 1);
    return bits & 0x8000 ? -number : number;
  }
};

constexpr Narrow half{10, -14}, brain{7, -126};

template <typename Number> void put(std::byte *to, Number number) {
  std::memcpy(to, &number, sizeof number);
}

template <typename Number> Number get(const std::byte *from) {
  Number number;
  std::memcpy(&number, from, sizeof number);
  return number;
}

} // namespace

void storeNumber(std::byte *to, DType dtype, double number) {
  switch (dtype) {
  case DType::F32:
    return put(to, float(number));
  case DType::I32:
    return put(to, int32_t(number));
  case DType::F64:
    return put(to, number);
  case DType::F16:
    return put(to, half.round(number));
  case DType::BF16:
    return put(to, brain.round(number));
  case DType::U32:
    return put(to, uint32_t(number));
  }
}

double loadNumber(const std::byte *from, DType dtype) {
  switch (dtype) {
  case DType::F32:
    return double(get<float>(from));
  case DType::I32:
    return get<int32_t>(from);
  case DType::F64:
    return get<double>(from);
  case DType::F16:
    return half.widen(get<uint16_t>(from));
  case DType::BF16:
    return brain.widen(get<uint16_t>(from));
  case DType::U32:
    return get<uint32_t>(from);
  }
  return 0;
}

bool canHold(DType dtype, double number) {
  if (dtype == DType::I32)
    return number == std::trunc(number) && number >= INT32_MIN &&
           number <= INT32_MAX;
  if (dtype == DType::U32)
    return number == std::trunc(number) && number >= 0 && number <= UINT32_MAX;
  std::byte element[8];
  storeNumber(element, dtype, number);
  return std::isfinite(loadNumber(element, dtype));
}

} // namespace descent::runtime
