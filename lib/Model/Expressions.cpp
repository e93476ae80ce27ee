// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluation of expressions.

#include "Attributes.h"
#include "Elaborator.h"

using namespace descent::model;

Value Elaborator::evaluate(const Expr &expr) {
  if (depth >= maxExpressionDepth)
    return error(expr.location, "the expression is nested too deeply");
  if (!spend(1, expr.location))
    return {};
  ++depth;
  Value result = evaluateInner(expr);
  --depth;
  return result;
}

bool Elaborator::spend(size_t amount, Location location) {
  bool couldBefore = work <= maxWork;
  work += amount;
  if (work > maxWork && couldBefore)
    error(location, "the model takes too much work at compile time: is there "
                    "a loop too many, or a list that grows too long?");
  return work <= maxWork;
}

Value Elaborator::evaluateInner(const Expr &expr) {
  switch (expr.kind) {
  case Expr::Kind::None:
    return None{};
  case Expr::Kind::Integer:
    return expr.integer;
  case Expr::Kind::Float:
    return expr.number;
  case Expr::Kind::Bool:
    return expr.integer != 0;
  case Expr::Kind::String:
    return expr.name;
  case Expr::Kind::Name:
    return evaluateName(expr);
  case Expr::Kind::List: {
    List items;
    for (const Expr &item : expr.operands) {
      items.push_back(evaluate(item));
      if (!items.back().isValid())
        return {};
    }
    return items;
  }
  case Expr::Kind::Unary:
    return evaluateUnary(expr);
  case Expr::Kind::Binary: {
    if (expr.op == "and" || expr.op == "or")
      return evaluateLogic(expr);
    Value a = evaluate(expr.operands[0]);
    Value b = evaluate(expr.operands[1]);
    return binary(expr.op, a, b, {expr.location, expr.op});
  }
  case Expr::Kind::If: {
    std::optional<bool> holds = condition(expr.operands[0]);
    if (!holds)
      return {};
    return evaluate(expr.operands[*holds ? 1 : 2]);
  }
  case Expr::Kind::Call:
    return call(expr, nullptr);
  case Expr::Kind::Index:
    return index(evaluate(expr.operands[0]), expr);
  case Expr::Kind::Slice:
    return error(expr.location, "a slice stands in an index only: x[a:b]");
  case Expr::Kind::Lambda:
    return makeLambda(expr);
  }
  return {};
}

std::optional<bool> Elaborator::condition(const Expr &expr) {
  bool before = expectsNumber;
  expectsNumber = false;
  Value value = evaluate(expr);
  expectsNumber = before;
  if (const bool *flag = value.get<bool>())
    return *flag;
  if (value.isTensor())
    error(expr.location,
          "a condition must be known at compile time, and this one is " +
              describe(value) + ": select by where(condition, a, b)");
  else if (value.isValid())
    error(expr.location,
          "a condition is true or false, got " + describe(value));
  return std::nullopt;
}

std::optional<int64_t> Elaborator::evaluateInteger(const Expr &expr) {
  bool before = expectsNumber;
  expectsNumber = true;
  Value value = evaluate(expr);
  expectsNumber = before;
  static const AttrSpec anInteger;
  std::optional<Value> checked = conform(
      anInteger, "", value, expr,
      [&](Location location, std::string message) { error(location, message); },
      expr.location);
  if (!checked)
    return std::nullopt;
  return checked->integer();
}

Value Elaborator::evaluateLogic(const Expr &expr) {
  Value a = evaluate(expr.operands[0]);
  bool isAnd = expr.op == "and";
  if (const bool *flag = a.get<bool>()) {
    if (*flag != isAnd)
      return a;
    Value b = evaluate(expr.operands[1]);
    if (b.is<bool>() || b.isTensor() || !b.isValid())
      return b;
    return error(expr.operands[1].location,
                 quote(expr.op) + " takes bools, got " + describe(b));
  }
  if (!a.isValid())
    return {};
  if (!a.isTensor())
    return error(expr.operands[0].location,
                 quote(expr.op) + " takes bools, got " + describe(a));
  Value b = evaluate(expr.operands[1]);
  if (const bool *flag = b.get<bool>())
    return *flag == isAnd ? a : b;
  return binary(isAnd ? "&" : "|", a, b, {expr.location, expr.op});
}

Value Elaborator::makeLambda(const Expr &expr) {
  Callable callable;
  callable.kind = Callable::Kind::Lambda;
  callable.name = "the function";
  callable.lambda = expr.lambda.get();
  callable.library = frame->library;
  callable.scope = frame->scope;
  callable.frame = frame->id;
  callable.restriction = frame->restriction;
  return &callables.emplace_back(std::move(callable));
}
