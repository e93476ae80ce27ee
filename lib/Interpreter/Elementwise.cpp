// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar semantics of the elementwise operations and of those that only kernel
// bodies use, one entry an operation.

#include "Access.h"
#include "ScalarBody.h"
#include "descent/Interpreter/Philox.h"
#include "llvm/ADT/APFloat.h"
#include <cmath>
#include <functional>

using namespace mlir;

namespace descent::interpreter {

using Operands = ArrayRef<double>;
using Point = ArrayRef<int64_t>;
/// Binds an operation's attributes.
using Factory = ScalarFunction (*)(Operation *);

static bool isFloat(Value value) {
  return interpreter::isFloat(elementOf(value.getType()));
}

/// The 32 bits of an integer, signed or not.
static uint32_t bitsOf(double value) {
  return static_cast<uint32_t>(static_cast<int64_t>(value));
}

/// The number that 32 bits are: a natural one of ui32, two's complement of
/// i32, and of i1 the last bit.
using Wrap = double (*)(int64_t);
static Wrap wrapTo(Type type) {
  switch (elementOf(type)) {
  case Element::UI32:
    return [](int64_t x) -> double { return static_cast<uint32_t>(x); };
  case Element::I1:
    return [](int64_t x) -> double { return x & 1; };
  default:
    return [](int64_t x) -> double {
      return static_cast<int32_t>(static_cast<uint32_t>(x));
    };
  }
}

/// The number that is stored as an element of 16 bits. To f32 nothing is
/// rounded: all arithmetic on f32 is done in f64.
using Round = double (*)(double);
template <typename Semantics> static double roundTo(double x) {
  llvm::APFloat number(x);
  bool inexact;
  number.convert(Semantics::get(), llvm::APFloat::rmNearestTiesToEven,
                 &inexact);
  return number.convertToDouble();
}
struct Half {
  static const llvm::fltSemantics &get() { return llvm::APFloat::IEEEhalf(); }
};
struct Brain {
  static const llvm::fltSemantics &get() { return llvm::APFloat::BFloat(); }
};
static double same(double x) { return x; }
static Round roundingTo(Element element) {
  switch (element) {
  case Element::F16:
    return roundTo<Half>;
  case Element::BF16:
    return roundTo<Brain>;
  default:
    return same;
  }
}

template <double (*function)(double)> static ScalarFunction unary(Operation *) {
  return [](Operands x, Point) { return function(x[0]); };
}

static double negate(double x) { return -x; }
static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

static ScalarFunction leakyRelu(Operation *op) {
  double slope = cast<LeakyReluOp>(op).getSlope().convertToDouble();
  // Without a slope -inf gives 0, where 0 * -inf would give NaN.
  return [slope](Operands x, Point) {
    if (x[0] <= 0 && slope == 0)
      return 0.0;
    return x[0] > 0 ? x[0] : slope * x[0];
  };
}

static ScalarFunction add(Operation *op) {
  if (isFloat(op->getResult(0)))
    return [](Operands x, Point) {
      double sum = x[0];
      for (double value : x.drop_front())
        sum += value;
      return sum;
    };
  Wrap wrap = wrapTo(op->getResult(0).getType());
  return [wrap](Operands x, Point) {
    int64_t sum = 0;
    for (double value : x)
      sum += static_cast<int64_t>(value);
    return wrap(sum);
  };
}

/// One function of two floats and one of two integers, whose result wraps.
template <typename Float, typename Integer>
static ScalarFunction binary(Operation *op, Float onFloats,
                             Integer onIntegers) {
  if (isFloat(op->getResult(0)))
    return [onFloats](Operands x, Point) { return onFloats(x[0], x[1]); };
  Wrap wrap = wrapTo(op->getResult(0).getType());
  return [onIntegers, wrap](Operands x, Point) {
    return wrap(
        onIntegers(static_cast<int64_t>(x[0]), static_cast<int64_t>(x[1])));
  };
}

static ScalarFunction sub(Operation *op) {
  return binary(op, std::minus<double>(), std::minus<int64_t>());
}

static ScalarFunction mul(Operation *op) {
  // Of ui32 the product may not fit 64 bits with a sign; its 32 last bits do
  // not depend on that.
  return binary(op, std::multiplies<double>(), [](int64_t x, int64_t y) {
    return static_cast<int64_t>(static_cast<uint64_t>(x) *
                                static_cast<uint64_t>(y));
  });
}

static ScalarFunction div(Operation *op) {
  return binary(op, std::divides<double>(), [](int64_t x, int64_t y) {
    return y == 0 ? int64_t{0} : x / y;
  });
}

static ScalarFunction rem(Operation *op) {
  return binary(
      op, [](double x, double y) { return std::fmod(x, y); },
      [](int64_t x, int64_t y) { return y == 0 ? int64_t{0} : x % y; });
}

static ScalarFunction power(Operation *) {
  return [](Operands x, Point) { return std::pow(x[0], x[1]); };
}

static ScalarFunction maximum(Operation *) {
  return [](Operands x, Point) {
    return std::isnan(x[0]) || x[0] > x[1] ? x[0] : x[1];
  };
}

static ScalarFunction minimum(Operation *) {
  return [](Operands x, Point) {
    return std::isnan(x[0]) || x[0] < x[1] ? x[0] : x[1];
  };
}

template <typename Function>
static ScalarFunction bitwise(Operation *op, Function function) {
  Wrap wrap = wrapTo(op->getResult(0).getType());
  return [function, wrap](Operands x, Point) {
    return wrap(function(bitsOf(x[0]), bitsOf(x[1])));
  };
}

static ScalarFunction bitwiseAnd(Operation *op) {
  return bitwise(op, std::bit_and<uint32_t>());
}
static ScalarFunction bitwiseOr(Operation *op) {
  return bitwise(op, std::bit_or<uint32_t>());
}
static ScalarFunction bitwiseXor(Operation *op) {
  return bitwise(op, std::bit_xor<uint32_t>());
}

static ScalarFunction shiftLeft(Operation *op) {
  return bitwise(op, [](uint32_t x, uint32_t y) { return x << (y & 31); });
}

static ScalarFunction shiftRight(Operation *op) {
  Wrap wrap = wrapTo(op->getResult(0).getType());
  return [wrap](Operands x, Point) {
    return wrap(static_cast<int64_t>(x[0]) >> (bitsOf(x[1]) & 31));
  };
}

static ScalarFunction compare(Operation *op) {
  switch (cast<CompareOp>(op).getPredicate()) {
  case Predicate::eq:
    return [](Operands x, Point) -> double { return x[0] == x[1]; };
  case Predicate::ne:
    return [](Operands x, Point) -> double { return x[0] != x[1]; };
  case Predicate::lt:
    return [](Operands x, Point) -> double { return x[0] < x[1]; };
  case Predicate::le:
    return [](Operands x, Point) -> double { return x[0] <= x[1]; };
  case Predicate::gt:
    return [](Operands x, Point) -> double { return x[0] > x[1]; };
  case Predicate::ge:
    return [](Operands x, Point) -> double { return x[0] >= x[1]; };
  }
  llvm_unreachable("unknown predicate");
}

static ScalarFunction select(Operation *) {
  return [](Operands x, Point) { return x[0] != 0 ? x[1] : x[2]; };
}

/// A float to an integer rounds towards zero; what does not fit becomes the
/// nearest integer that does, NaN becomes 0.
static double toInteger(double value, double lowest, double highest) {
  if (std::isnan(value))
    return 0;
  return std::clamp(std::trunc(value), lowest, highest);
}

static ScalarFunction castValue(Operation *op) {
  Element to = elementOf(op->getResult(0).getType());
  if (interpreter::isFloat(to)) {
    Round round = roundingTo(to);
    return [round](Operands x, Point) { return round(x[0]); };
  }
  if (!isFloat(op->getOperand(0))) {
    Wrap wrap = wrapTo(op->getResult(0).getType());
    return
        [wrap](Operands x, Point) { return wrap(static_cast<int64_t>(x[0])); };
  }
  if (to == Element::UI32)
    return [](Operands x, Point) { return toInteger(x[0], 0, 4294967295.0); };
  return [](Operands x, Point) {
    return toInteger(x[0], -2147483648.0, 2147483647.0);
  };
}

static ScalarFunction isFinite(Operation *) {
  return [](Operands x, Point) -> double { return std::isfinite(x[0]); };
}

static ScalarFunction philox(Operation *op) {
  uint32_t stream = cast<PhiloxOp>(op).getStream();
  return [stream](Operands x, Point) -> double {
    auto random = philox4x32({bitsOf(x[3]), bitsOf(x[2]), stream, 0},
                             {bitsOf(x[0]), bitsOf(x[1])});
    return random[0] & 0x7FFFFFFF;
  };
}

static ScalarFunction constant(Operation *op) {
  double value = numberOf(cast<ConstantOp>(op).getValue());
  return [value](Operands, Point) { return value; };
}

static ScalarFunction index(Operation *op) {
  PreparedExpr expr(cast<IndexOp>(op).getMap().getResult(0));
  Wrap wrap = wrapTo(op->getResult(0).getType());
  return [expr, wrap](Operands, Point point) { return wrap(expr.at(point)); };
}

static ScalarFunction inBounds(Operation *op) {
  IntegerSet set = cast<InBoundsOp>(op).getSet();
  return
      [set](Operands, Point point) -> double { return contains(set, point); };
}

static const llvm::StringMap<Factory> &factories() {
  static const llvm::StringMap<Factory> table = {
      {NegOp::getOperationName(), unary<negate>},
      {AbsOp::getOperationName(), unary<std::fabs>},
      {ExpOp::getOperationName(), unary<std::exp>},
      {LogOp::getOperationName(), unary<std::log>},
      {SqrtOp::getOperationName(), unary<std::sqrt>},
      {SinOp::getOperationName(), unary<std::sin>},
      {CosOp::getOperationName(), unary<std::cos>},
      {Expm1Op::getOperationName(), unary<std::expm1>},
      {Log1pOp::getOperationName(), unary<std::log1p>},
      {AtanOp::getOperationName(), unary<std::atan>},
      {ErfOp::getOperationName(), unary<std::erf>},
      {FloorOp::getOperationName(), unary<std::floor>},
      {CeilOp::getOperationName(), unary<std::ceil>},
      {RoundOp::getOperationName(), unary<std::nearbyint>},
      {TanhOp::getOperationName(), unary<std::tanh>},
      {SigmoidOp::getOperationName(), unary<sigmoid>},
      {LeakyReluOp::getOperationName(), leakyRelu},
      {AddOp::getOperationName(), add},
      {SubOp::getOperationName(), sub},
      {MulOp::getOperationName(), mul},
      {DivOp::getOperationName(), div},
      {RemOp::getOperationName(), rem},
      {PowOp::getOperationName(), power},
      {MaximumOp::getOperationName(), maximum},
      {MinimumOp::getOperationName(), minimum},
      {AndOp::getOperationName(), bitwiseAnd},
      {OrOp::getOperationName(), bitwiseOr},
      {XorOp::getOperationName(), bitwiseXor},
      {ShlOp::getOperationName(), shiftLeft},
      {ShrOp::getOperationName(), shiftRight},
      {CompareOp::getOperationName(), compare},
      {SelectOp::getOperationName(), select},
      {StopGradientOp::getOperationName(), unary<same>},
      {CastOp::getOperationName(), castValue},
      {IsFiniteOp::getOperationName(), isFinite},
      {PhiloxOp::getOperationName(), philox},
      {ConstantOp::getOperationName(), constant},
      {IndexOp::getOperationName(), index},
      {InBoundsOp::getOperationName(), inBounds},
  };
  return table;
}

ScalarFunction scalarFunction(Operation *op) {
  Factory factory = factories().lookup(op->getName().getStringRef());
  return factory ? factory(op) : ScalarFunction();
}

bool hasScalarFunction(OperationName name) {
  return factories().contains(name.getStringRef());
}

} // namespace descent::interpreter
