// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar semantics of the elementwise operations and of those that only kernel
// bodies use, one entry an operation.

#include "Access.h"
#include "ScalarBody.h"
#include "descent/Interpreter/Philox.h"
#include <cmath>

using namespace mlir;

namespace descent::interpreter {

using Operands = ArrayRef<double>;
using Point = ArrayRef<int64_t>;
/// Binds an operation's attributes.
using Factory = ScalarFunction (*)(Operation *);

static bool isFloat(Value value) {
  return elementOf(value.getType()) == Element::F32;
}

/// Two's complement of 32 bits.
static double wrap(int64_t value) {
  return static_cast<int32_t>(static_cast<uint32_t>(value));
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
  return [](Operands x, Point) {
    int64_t sum = 0;
    for (double value : x)
      sum += static_cast<int64_t>(value);
    return wrap(sum);
  };
}

static ScalarFunction sub(Operation *op) {
  if (isFloat(op->getResult(0)))
    return [](Operands x, Point) { return x[0] - x[1]; };
  return [](Operands x, Point) {
    return wrap(static_cast<int64_t>(x[0]) - static_cast<int64_t>(x[1]));
  };
}

static ScalarFunction mul(Operation *op) {
  if (isFloat(op->getResult(0)))
    return [](Operands x, Point) { return x[0] * x[1]; };
  return [](Operands x, Point) {
    return wrap(static_cast<int64_t>(x[0]) * static_cast<int64_t>(x[1]));
  };
}

static ScalarFunction div(Operation *) {
  return [](Operands x, Point) { return x[0] / x[1]; };
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

static ScalarFunction bitwiseAnd(Operation *) {
  return [](Operands x, Point) -> double {
    return static_cast<int32_t>(x[0]) & static_cast<int32_t>(x[1]);
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

/// f32 to i32 rounds towards zero; what does not fit becomes the nearest
/// integer that does, NaN becomes 0.
static double toInteger(double value) {
  if (std::isnan(value))
    return 0;
  return std::clamp(std::trunc(value), -2147483648.0, 2147483647.0);
}

static ScalarFunction castValue(Operation *op) {
  if (isFloat(op->getOperand(0)) && !isFloat(op->getResult(0)))
    return unary<toInteger>(op);
  return [](Operands x, Point) { return x[0]; };
}

static ScalarFunction isFinite(Operation *) {
  return [](Operands x, Point) -> double { return std::isfinite(x[0]); };
}

static ScalarFunction philox(Operation *op) {
  uint32_t stream = cast<PhiloxOp>(op).getStream();
  return [stream](Operands x, Point) -> double {
    auto word = [&](unsigned i) {
      return static_cast<uint32_t>(static_cast<int64_t>(x[i]));
    };
    auto random = philox4x32({word(3), word(2), stream, 0}, {word(0), word(1)});
    return random[0] & 0x7FFFFFFF;
  };
}

static ScalarFunction constant(Operation *op) {
  double value = numberOf(cast<ConstantOp>(op).getValue());
  return [value](Operands, Point) { return value; };
}

static ScalarFunction index(Operation *op) {
  PreparedExpr expr(cast<IndexOp>(op).getMap().getResult(0));
  return [expr](Operands, Point point) { return wrap(expr.at(point)); };
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
      {TanhOp::getOperationName(), unary<std::tanh>},
      {SigmoidOp::getOperationName(), unary<sigmoid>},
      {LeakyReluOp::getOperationName(), leakyRelu},
      {AddOp::getOperationName(), add},
      {SubOp::getOperationName(), sub},
      {MulOp::getOperationName(), mul},
      {DivOp::getOperationName(), div},
      {MaximumOp::getOperationName(), maximum},
      {MinimumOp::getOperationName(), minimum},
      {AndOp::getOperationName(), bitwiseAnd},
      {CompareOp::getOperationName(), compare},
      {SelectOp::getOperationName(), select},
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
