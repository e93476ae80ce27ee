// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that compute each element of the result from one element of each operand,
// broadcast.

#include "Shapes.h"
#include "Tables.h"

using namespace descent::model;

namespace {

bool inferFloatUnary(Inference &op) {
  return op.expectFloat(0) && give(op, op.operand(0));
}

bool inferNumberUnary(Inference &op) {
  return op.expectNumber(0) && give(op, op.operand(0));
}

bool inferIsFinite(Inference &op) {
  TensorType type = op.operand(0);
  type.dtype = DType::Bool;
  return op.expectFloat(0) && give(op, std::move(type));
}

bool inferCast(Inference &op) {
  TensorType type = op.operand(0);
  type.dtype = *parseDType(op.attributes().enumerator("dtype"));
  return give(op, std::move(type));
}

/// Reports a dtype of the result that the op does not have, by the operands.
bool expectResult(Inference &op, bool isSound, std::string_view expected) {
  if (isSound)
    return true;
  std::string message =
      quote(op.called) + " takes " + std::string(expected) + ", got ";
  for (size_t i = 0; i < op.numOperands(); ++i)
    message += (i ? ", and " : "") +
               std::string(toString(op.operand(i).dtype)) + " " +
               op.describe(i);
  return op.error(message);
}

/// Infers a broadcast result of which `accepts` is true.
bool inferBroadcast(Inference &op, bool (*accepts)(DType),
                    std::string_view expected) {
  std::optional<TensorType> type = broadcastOperands(op);
  return type && expectResult(op, accepts(type->dtype), expected) &&
         give(op, std::move(*type));
}

bool isNumber(DType dtype) { return dtype != DType::Bool; }
bool isBits(DType dtype) { return isInteger(dtype) || dtype == DType::Bool; }

bool inferArithmetic(Inference &op) {
  return inferBroadcast(op, isNumber, "numbers (cast bools first)");
}
bool inferPow(Inference &op) { return inferBroadcast(op, isFloat, "floats"); }
bool inferBits(Inference &op) {
  return inferBroadcast(op, isBits, "integers or bools");
}
bool inferShift(Inference &op) {
  return inferBroadcast(op, isInteger, "integers");
}

bool inferComparison(Inference &op) {
  std::optional<TensorType> type = broadcastOperands(op);
  if (!type)
    return false;
  type->dtype = DType::Bool;
  return give(op, std::move(*type));
}

bool inferBitNot(Inference &op) {
  return expectResult(op, isBits(op.operand(0).dtype), "integers or bools") &&
         give(op, op.operand(0));
}

/// The condition takes part in the shape, and not in the dtype.
bool inferWhere(Inference &op) {
  if (!op.expect(0, DType::Bool))
    return false;
  std::optional<DType> dtype = promoteOperands(op, 1);
  std::optional<TensorType> type = dtype ? broadcastOperands(op) : std::nullopt;
  if (!type)
    return false;
  type->dtype = *dtype;
  return give(op, std::move(*type));
}

OpSpec unary(std::string_view name, std::string_view doc,
             std::string_view reference,
             bool (*infer)(Inference &) = inferFloatUnary) {
  return {.name = name,
          .doc = doc,
          .reference = reference,
          .operands = {{"x", infer == inferNumberUnary ? "numbers" : "floats"}},
          .infer = infer};
}

OpSpec binary(std::string_view name, std::string_view doc,
              std::string_view reference, std::string_view takes,
              bool (*infer)(Inference &)) {
  return {.name = name,
          .doc = doc,
          .reference = reference,
          .operands = {{"a", takes}, {"b", takes}},
          .infer = infer};
}

OpSpec arithmetic(std::string_view name, std::string_view doc,
                  std::string_view reference) {
  return binary(name, doc, reference, "numbers", inferArithmetic);
}

OpSpec comparison(std::string_view name, std::string_view doc,
                  std::string_view reference) {
  return binary(name, doc, reference, "any dtype", inferComparison);
}

std::vector<OpSpec> unaryOps() {
  return {
      unary("neg", "-x; u32 wraps.", "torch.neg", inferNumberUnary),
      unary("abs", "|x|; the derivative at 0 is 0.", "torch.abs",
            inferNumberUnary),
      unary("exp", "e to the x.", "torch.exp"),
      unary("expm1", "e to the x, minus 1, exact to rounding near 0 too.",
            "torch.expm1"),
      unary("log", "Natural logarithm: -inf at 0, NaN below.", "torch.log"),
      unary("log1p",
            "Natural logarithm of 1 + x, exact to rounding near 0 too: -inf "
            "at -1, NaN below.",
            "torch.log1p"),
      unary("sqrt", "Square root; NaN below 0.", "torch.sqrt"),
      unary("sin", "Sine of radians.", "torch.sin"),
      unary("cos", "Cosine of radians.", "torch.cos"),
      unary("tanh", "Hyperbolic tangent.", "torch.tanh"),
      unary("sigmoid", "1 / (1 + exp(-x)).", "torch.sigmoid"),
      unary("atan", "Arctangent, in (-pi/2, pi/2).", "torch.atan"),
      unary("erf",
            "Error function: 2 / sqrt(pi) times the integral of exp(-t^2) "
            "from 0 to x.",
            "torch.erf"),
      unary("floor", "The largest integer not above x; the derivative is 0.",
            "torch.floor"),
      unary("ceil", "The smallest integer not below x; the derivative is 0.",
            "torch.ceil"),
      unary("round",
            "The nearest integer, halves to the even one; the derivative is 0.",
            "torch.round"),
      {.name = "leaky_relu",
       .doc = "x where x > 0, else slope x; NaN stays, and the derivative at 0 "
              "is the slope.",
       .reference = "torch.nn.functional.leaky_relu",
       .operands = {{"x", "floats"}},
       .attributes = {attribute("slope", AttrKind::Float, 0.01, anyNumber,
                                "factor of negative values")},
       .infer = inferFloatUnary},
      unary("is_finite",
            "Whether x is neither infinite nor NaN: bool, without a gradient.",
            "torch.isfinite", inferIsFinite),
      {.name = "cast",
       .doc =
           "The same numbers in another dtype: a float becomes an integer by "
           "rounding towards 0 (NaN 0, what does not fit the nearest that "
           "does), a bool 0 or 1, and bool says whether a number is not 0; "
           "a gradient goes through casts between floats only.",
       .reference = "torch.Tensor.to",
       .operands = {{"x", "any dtype"}},
       .attributes = {required("dtype", AttrKind::DType, anyNumber,
                               "the dtype of the result")},
       .infer = inferCast},
  };
}

std::vector<OpSpec> arithmeticOps() {
  return {
      {.name = "add",
       .doc = "Sum of values, added from the left; integers wrap.",
       .reference = "torch.add",
       .operands = {{"values", "one or more: numbers, broadcast"}},
       .variadic = true,
       .infer = inferArithmetic},
      arithmetic("sub", "a - b; integers wrap.", "torch.sub"),
      arithmetic("mul", "a b; integers wrap.", "torch.mul"),
      arithmetic("div",
                 "a / b; integers truncate towards 0, and a divisor of 0 "
                 "gives 0.",
                 "torch.div"),
      arithmetic("rem",
                 "What a / b, truncated, leaves: it has the sign of a; of "
                 "integers, a divisor of 0 gives 0.",
                 "torch.fmod"),
      binary("pow",
             "a to the power b, as C's pow: of a negative a any b that is not "
             "whole gives NaN, and a^0 is 1.",
             "torch.pow", "floats, one may be integers", inferPow),
      arithmetic("maximum",
                 "The larger one; NaN wins, and a tie gives each side half "
                 "the gradient.",
                 "torch.maximum"),
      arithmetic("minimum",
                 "The smaller one; NaN wins, and a tie gives each side half "
                 "the gradient.",
                 "torch.minimum"),
  };
}

std::vector<OpSpec> logicalOps() {
  return {
      comparison("equal", "a == b: bool, without a gradient; false for NaN.",
                 "torch.eq"),
      comparison("not_equal", "a != b: bool, without a gradient; true for NaN.",
                 "torch.ne"),
      comparison("less", "a < b: bool, without a gradient; false for NaN.",
                 "torch.lt"),
      comparison("less_equal",
                 "a <= b: bool, without a gradient; false for NaN.",
                 "torch.le"),
      comparison("greater", "a > b: bool, without a gradient; false for NaN.",
                 "torch.gt"),
      comparison("greater_equal",
                 "a >= b: bool, without a gradient; false for NaN.",
                 "torch.ge"),
      binary("bit_and", "Bitwise and (of bools: both); no gradient.",
             "torch.bitwise_and", "integers or bools", inferBits),
      binary("bit_or", "Bitwise or (of bools: either); no gradient.",
             "torch.bitwise_or", "integers or bools", inferBits),
      binary("bit_xor",
             "Bitwise exclusive or (of bools: whether they differ); no "
             "gradient.",
             "torch.bitwise_xor", "integers or bools", inferBits),
      {.name = "bit_not",
       .doc = "Every bit inverted (of bools: not); no gradient.",
       .reference = "torch.bitwise_not",
       .operands = {{"x", "integers or bools"}},
       .infer = inferBitNot},
      binary("shift_left", "a shifted left by b mod 32 bits; no gradient.",
             "torch.bitwise_left_shift", "integers", inferShift),
      binary("shift_right",
             "a shifted right by b mod 32 bits: i32 keeps its sign, u32 gets "
             "zeros; no gradient.",
             "torch.bitwise_right_shift", "integers", inferShift),
      {.name = "where",
       .doc = "a where the condition holds, else b; the gradient goes to the "
              "one that is taken.",
       .reference = "torch.where",
       .operands = {{"condition", "bool, broadcast with a and b"},
                    {"a", "any dtype"},
                    {"b", "any dtype"}},
       .infer = inferWhere},
  };
}

} // namespace

std::vector<OpSpec> descent::model::elementwiseOps() {
  std::vector<OpSpec> table = unaryOps();
  for (auto *group : {arithmeticOps, logicalOps})
    for (OpSpec &op : group())
      table.push_back(std::move(op));
  return table;
}
