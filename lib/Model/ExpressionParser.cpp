// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expressions of the text spelling, also those in strings of the JSON one.

#include "Expression.h"
#include "TextParser.h"
#include <algorithm>
#include <array>
#include <utility>

using namespace descent::model;

namespace {

/// Binary operators by how strongly they bind, the weakest first. `not` binds
/// between `and` and the comparisons.
constexpr int comparisonLevel = 2;
const std::array<std::vector<std::string_view>, 9> levels = {{
    {"or"},
    {"and"},
    {"==", "!=", "<", "<=", ">", ">="},
    {"|"},
    {"xor", "^"},
    {"&"},
    {"<<", ">>"},
    {"+", "-"},
    {"*", "/", "%", "@"},
}};

Expr makeExpr(Expr::Kind kind, Location location) {
  Expr result;
  result.kind = kind;
  result.location = location;
  return result;
}

} // namespace

bool TextParser::countOperator(Location location) {
  if (++numOperators <= maxOperators)
    return true;
  fail(location, "an expression may have at most " +
                     std::to_string(maxOperators) + " operators");
  return false;
}

Expr TextParser::makeBinary(std::string op, Location location, Expr left,
                            Expr right) {
  Expr result = makeExpr(Expr::Kind::Binary, location);
  result.op = std::move(op);
  result.operands.push_back(std::move(left));
  result.operands.push_back(std::move(right));
  return result;
}

std::optional<Expr> TextParser::parseExpr() {
  Nesting nesting(*this);
  if (tooDeep())
    return std::nullopt;
  // The bound is for each expression on its own, however it is nested.
  int outer = std::exchange(numOperators, 0);
  std::optional<Expr> result = peek().isName("if") ? parseIf() : parseBinary(0);
  numOperators = outer;
  return result;
}

std::optional<Expr> TextParser::parseSole() {
  std::optional<Expr> result = parseExpr();
  if (result && peek().is("|>"))
    return fail("a pipeline cannot stand here: put it in parentheses, as in "
                "(x |> f), or give its value a name before");
  return result;
}

std::optional<Expr> TextParser::parseIf() {
  Expr result = makeExpr(Expr::Kind::If, next().location);
  for (std::string_view word : {"then", "else", ""}) {
    std::optional<Expr> part = parseExpr();
    if (!part)
      return std::nullopt;
    result.operands.push_back(std::move(*part));
    if (!word.empty() && !takeName(word))
      return fail("expected '" + std::string(word) + "' of 'if', got " +
                  describe(peek()));
  }
  return result;
}

std::optional<Expr> TextParser::parseBinary(int level) {
  if (level == comparisonLevel && peek().isName("not"))
    return parseNot();
  if (level == int(levels.size()))
    return parseUnary();
  std::optional<Expr> left = parseBinary(level + 1);
  while (left) {
    const Token &token = peek();
    bool isOperator =
        token.kind == Token::Kind::Symbol || token.kind == Token::Kind::Name;
    if (!isOperator || std::find(levels[level].begin(), levels[level].end(),
                                 token.text) == levels[level].end())
      return left;
    std::string op = token.text == "xor" ? "^" : token.text;
    Location location = next().location;
    if (!countOperator(location))
      return std::nullopt;
    std::optional<Expr> right = parseBinary(level + 1);
    if (!right)
      return std::nullopt;
    left = makeBinary(std::move(op), location, std::move(*left),
                      std::move(*right));
    if (level == comparisonLevel) {
      const auto &same = levels[level];
      if (peek().kind == Token::Kind::Symbol &&
          std::find(same.begin(), same.end(), peek().text) != same.end())
        return fail("comparisons are not chained: write a < b and b < c");
      return left;
    }
  }
  return left;
}

std::optional<Expr> TextParser::parseNot() {
  Nesting nesting(*this);
  if (tooDeep())
    return std::nullopt;
  Expr result = makeExpr(Expr::Kind::Unary, next().location);
  result.op = "not";
  std::optional<Expr> operand = parseBinary(comparisonLevel);
  if (!operand)
    return std::nullopt;
  result.operands.push_back(std::move(*operand));
  return result;
}

std::optional<Expr> TextParser::parseUnary() {
  if (!peek().is("-") && !peek().is("~"))
    return parsePower();
  Nesting nesting(*this);
  if (tooDeep())
    return std::nullopt;
  Expr result = makeExpr(Expr::Kind::Unary, peek().location);
  result.op = next().text;
  std::optional<Expr> operand = parseUnary();
  if (!operand)
    return std::nullopt;
  result.operands.push_back(std::move(*operand));
  return result;
}

/// `a ** b`, which binds to the right, and stronger than a minus before it.
std::optional<Expr> TextParser::parsePower() {
  std::optional<Expr> base = parsePostfix();
  if (!base || !peek().is("**"))
    return base;
  Location location = next().location;
  Nesting nesting(*this);
  if (tooDeep() || !countOperator(location))
    return std::nullopt;
  std::optional<Expr> exponent = parseUnary();
  if (!exponent)
    return std::nullopt;
  return makeBinary("**", location, std::move(*base), std::move(*exponent));
}

std::optional<Expr> TextParser::parsePostfix() {
  std::optional<Expr> result = parsePrimary();
  while (result && !peek().startsLine) {
    bool isCall = peek().is("("), isIndex = peek().is("[");
    if (!isCall && !isIndex)
      return result;
    if (!countOperator(peek().location))
      return std::nullopt;
    result = isCall ? parseCall(std::move(*result))
                    : parseSubscript(std::move(*result));
  }
  return result;
}

std::optional<std::vector<Argument>> TextParser::parseArguments() {
  std::vector<Argument> result;
  Location open = next().location;
  while (!take(")")) {
    if (peek().kind == Token::Kind::End)
      return fail(open, "the '(' is not closed");
    Argument argument;
    if (peek().kind == Token::Kind::Name && peek(1).is(":")) {
      argument.key = {peek().text, peek().location};
      next();
      next();
    }
    std::optional<Expr> value = parseExpr();
    if (!value)
      return std::nullopt;
    argument.value = std::move(*value);
    result.push_back(std::move(argument));
    if (!peek().is(")") && !take(","))
      return fail("expected ',' or ')' in the arguments, got " +
                  describe(peek()));
  }
  return result;
}

std::optional<Expr> TextParser::parseCall(Expr callee) {
  Expr result = makeExpr(Expr::Kind::Call, callee.location);
  std::optional<std::vector<Argument>> arguments = parseArguments();
  if (!arguments)
    return std::nullopt;
  result.operands.push_back(std::move(callee));
  result.arguments = std::move(*arguments);
  return result;
}

/// An index, or `first:end:step`.
std::optional<Expr> TextParser::parseIndexItem() {
  Expr slice = makeExpr(Expr::Kind::Slice, peek().location);
  for (int part = 0; part < 3; ++part) {
    Expr value = makeExpr(Expr::Kind::None, peek().location);
    if (!peek().is(":") && !peek().is(",") && !peek().is("]")) {
      std::optional<Expr> given = parseExpr();
      if (!given)
        return std::nullopt;
      value = std::move(*given);
    }
    slice.operands.push_back(std::move(value));
    if (part < 2 && take(":"))
      continue;
    if (part == 0) {
      if (slice.operands[0].kind == Expr::Kind::None &&
          !tokens[at ? at - 1 : 0].isName("none"))
        return fail("expected an index, got " + describe(peek()));
      return std::move(slice.operands[0]);
    }
    break;
  }
  while (slice.operands.size() < 3)
    slice.operands.push_back(makeExpr(Expr::Kind::None, slice.location));
  return slice;
}

std::optional<Expr> TextParser::parseSubscript(Expr base) {
  Expr result = makeExpr(Expr::Kind::Index, base.location);
  result.operands.push_back(std::move(base));
  Location open = next().location;
  do {
    if (peek().kind == Token::Kind::End)
      return fail(open, "the '[' is not closed");
    std::optional<Expr> item = parseIndexItem();
    if (!item)
      return std::nullopt;
    result.operands.push_back(std::move(*item));
  } while (take(","));
  if (!expect("]", "an index"))
    return std::nullopt;
  return result;
}

std::optional<Expr> TextParser::parseList() {
  Expr result = makeExpr(Expr::Kind::List, peek().location);
  Location open = next().location;
  while (!take("]")) {
    if (peek().kind == Token::Kind::End)
      return fail(open, "the '[' is not closed");
    std::optional<Expr> item = parseExpr();
    if (!item)
      return std::nullopt;
    result.operands.push_back(std::move(*item));
    if (!peek().is("]") && !take(","))
      return fail("expected ',' or ']' in a list, got " + describe(peek()));
  }
  return result;
}

bool TextParser::isLambdaAhead() const {
  return peek().is("(") && peek(findClosing(at) - at).is("=>");
}

/// `(x, h) => expr`
std::optional<Expr> TextParser::parseLambda() {
  auto lambda = std::make_shared<Lambda>();
  lambda->location = peek().location;
  lambda->hasParameters = true;
  std::optional<std::vector<ParameterDecl>> parameters = parseParameters();
  if (!parameters || !expect("=>", "a function"))
    return std::nullopt;
  lambda->parameters = std::move(*parameters);
  std::optional<Expr> value = parseExpr();
  if (!value)
    return std::nullopt;
  Stage result;
  result.kind = Stage::Kind::Return;
  result.location = value->location;
  result.value = std::move(*value);
  lambda->body.push_back(std::move(result));
  Expr expr = makeExpr(Expr::Kind::Lambda, lambda->location);
  expr.lambda = std::move(lambda);
  return expr;
}

/// `{ |> link |> link }`
std::optional<Expr> TextParser::parseBlockLambda() {
  auto lambda = std::make_shared<Lambda>();
  lambda->location = peek().location;
  std::optional<std::vector<Stage>> body = parseBody();
  if (!body)
    return std::nullopt;
  lambda->body = std::move(*body);
  Expr expr = makeExpr(Expr::Kind::Lambda, lambda->location);
  expr.lambda = std::move(lambda);
  return expr;
}

/// `expr |> link |> link` within parentheses: `x |> f(a)` is the call f(x, a),
/// so that there is one tree for both, and a block the call of a body.
std::optional<Expr> TextParser::parseInnerPipeline() {
  std::optional<Expr> result = parseExpr();
  while (result && peek().is("|>")) {
    if (!countOperator(next().location))
      return std::nullopt;
    if (isLabelAhead())
      return fail("a layer within an expression has no name of its own: give "
                  "the pipeline a name before, as in y = x |> name: f, and "
                  "use that");
    std::optional<Stage> link = parseLink();
    if (!link)
      return std::nullopt;
    Expr call;
    if (link->kind == Stage::Kind::Value) {
      call = std::move(link->value);
    } else {
      call = makeExpr(Expr::Kind::Call, link->location);
      auto body = std::make_shared<Lambda>();
      body->location = link->location;
      body->body.push_back(std::move(*link));
      call.operands.push_back(makeExpr(Expr::Kind::Lambda, body->location));
      call.operands.back().lambda = std::move(body);
    }
    Argument argument;
    argument.value = std::move(*result);
    call.arguments.insert(call.arguments.begin(), std::move(argument));
    result = std::move(call);
  }
  return result;
}

std::optional<Expr> TextParser::parsePrimary() {
  const Token &token = peek();
  Expr result;
  result.location = token.location;
  switch (token.kind) {
  case Token::Kind::Integer:
    result.kind = Expr::Kind::Integer;
    result.integer = token.integer;
    result.number = token.number;
    next();
    return result;
  case Token::Kind::Float:
    result.kind = Expr::Kind::Float;
    result.number = token.number;
    next();
    return result;
  case Token::Kind::String:
    result.kind = Expr::Kind::String;
    result.name = token.text;
    next();
    return result;
  case Token::Kind::Name:
    if (token.text == "true" || token.text == "false") {
      result.kind = Expr::Kind::Bool;
      result.integer = token.text == "true";
    } else if (token.text == "none") {
      result.kind = Expr::Kind::None;
    } else if (isKeyword(token.text)) {
      break;
    } else {
      result.kind = Expr::Kind::Name;
      result.name = token.text;
    }
    next();
    return result;
  case Token::Kind::Symbol: {
    if (token.text == "[")
      return parseList();
    if (token.text == "{")
      return parseBlockLambda();
    if (token.text != "(")
      break;
    if (isLambdaAhead())
      return parseLambda();
    next();
    std::optional<Expr> inner = parseInnerPipeline();
    if (!inner || !expect(")", "an expression"))
      return std::nullopt;
    return inner;
  }
  case Token::Kind::End:
    break;
  }
  return fail("expected a number, a name or '(', got " + describe(token));
}

std::optional<Expr> TextParser::parseOnlyExpression() {
  std::optional<Expr> result = parseExpr();
  if (result && peek().kind != Token::Kind::End)
    return fail("expected an operator or the end of the expression, got " +
                describe(peek()));
  return result;
}

std::string descent::model::quote(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 2);
  result += '\'';
  result += text;
  result += '\'';
  return result;
}

bool descent::model::isIdentifier(std::string_view text) {
  auto isLetter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !isLetter(text[0]))
    return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return isLetter(c) || (c >= '0' && c <= '9');
  });
}

std::optional<Expr>
descent::model::parseExpression(std::string_view text, Location begin,
                                bool exact, DiagnosticEngine &diagnostics) {
  std::optional<std::vector<Token>> tokens =
      tokenize(text, {begin, exact, false}, diagnostics);
  if (!tokens)
    return std::nullopt;
  return TextParser(std::move(*tokens), diagnostics).parseOnlyExpression();
}
