// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A recursive-descent parser of expressions: `+ -` bind less than `* / %`, and
// those less than unary minus.

#include "Expression.h"
#include <charconv>
#include <cmath>

using namespace descent::model;

namespace {

/// Parentheses and minus signs may be nested this deep, and an expression may
/// have this many operators: both bound the depth of the tree.
constexpr int maxDepth = 64;
constexpr int maxOperators = 200;

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool isNamePart(char c) { return isNameStart(c) || isDigit(c); }

class Parser {
public:
  Parser(std::string_view text, Location begin, bool exact,
         DiagnosticEngine &diagnostics)
      : text(text), begin(begin), exact(exact), diagnostics(diagnostics) {}

  std::optional<Expr> run() {
    std::optional<Expr> result = sum();
    if (result && peek())
      return fail("expected an operator or the end of the expression, got " +
                  token());
    return result;
  }

private:
  Location here() const {
    Location result = begin;
    if (exact)
      result.column += at;
    return result;
  }

  std::nullopt_t fail(std::string message) {
    diagnostics.error(here(), std::move(message));
    return std::nullopt;
  }

  /// The next character that is not a space, or 0 at the end.
  char peek() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t'))
      ++at;
    return at < text.size() ? text[at] : 0;
  }

  std::string token() {
    return peek() ? quote(text.substr(at, 1)) : "the end of the expression";
  }

  std::optional<Expr> chain(std::string_view operators,
                            std::optional<Expr> (Parser::*operand)()) {
    std::optional<Expr> left = (this->*operand)();
    while (left && peek() && operators.find(peek()) != operators.npos) {
      if (++numOperators > maxOperators)
        return fail("an expression may have at most " +
                    std::to_string(maxOperators) + " operators");
      Expr binary;
      binary.kind = Expr::Kind::Binary;
      binary.location = here();
      binary.op = text[at++];
      std::optional<Expr> right = (this->*operand)();
      if (!right)
        return std::nullopt;
      binary.operands.push_back(std::move(*left));
      binary.operands.push_back(std::move(*right));
      left = std::move(binary);
    }
    return left;
  }

  std::optional<Expr> sum() { return chain("+-", &Parser::product); }
  std::optional<Expr> product() { return chain("*/%", &Parser::factor); }

  std::optional<Expr> factor() {
    if (peek() != '-' && peek() != '(')
      return primary();
    if (++depth > maxDepth)
      return fail("nested deeper than " + std::to_string(maxDepth) + " levels");
    Location location = here();
    bool isMinus = text[at++] == '-';
    std::optional<Expr> inner = isMinus ? factor() : sum();
    --depth;
    if (!inner)
      return std::nullopt;
    if (isMinus) {
      Expr result;
      result.kind = Expr::Kind::Unary;
      result.location = location;
      result.op = '-';
      result.operands.push_back(std::move(*inner));
      return result;
    }
    if (peek() != ')')
      return fail("expected ')', got " + token());
    ++at;
    return inner;
  }

  std::optional<Expr> primary() {
    char next = peek();
    Expr result;
    result.location = here();
    if (isNameStart(next)) {
      size_t start = at;
      while (at < text.size() && isNamePart(text[at]))
        ++at;
      result.name = text.substr(start, at - start);
      result.kind = Expr::Kind::Name;
      if (result.name == "true" || result.name == "false") {
        result.kind = Expr::Kind::Bool;
        result.integer = result.name == "true";
      }
      return result;
    }
    if (isDigit(next) || next == '.')
      return number(std::move(result));
    return fail("expected a number, a name or '(', got " + token());
  }

  std::optional<Expr> number(Expr result) {
    const char *first = text.data() + at, *last = text.data() + text.size();
    auto [end, error] = std::from_chars(first, last, result.number);
    if (error == std::errc::result_out_of_range)
      return fail("the number is out of range");
    if (error != std::errc())
      return fail("expected a number, got " + token());
    int64_t integer = 0;
    auto [integerEnd, integerError] = std::from_chars(first, last, integer);
    bool isInteger = integerError == std::errc() && integerEnd == end;
    result.kind = isInteger ? Expr::Kind::Integer : Expr::Kind::Float;
    result.integer = isInteger ? integer : 0;
    if (end != last && isNamePart(*end)) {
      at = end - text.data();
      return fail("expected an operator after the number, got " + token());
    }
    at = end - text.data();
    return result;
  }

  std::string_view text;
  Location begin;
  bool exact;
  DiagnosticEngine &diagnostics;
  size_t at = 0;
  int depth = 0;
  int numOperators = 0;
};

} // namespace

std::string descent::model::quote(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 2);
  result += '\'';
  result += text;
  result += '\'';
  return result;
}

bool descent::model::isIdentifier(std::string_view text) {
  if (text.empty() || !isNameStart(text[0]))
    return false;
  for (char c : text)
    if (!isNamePart(c))
      return false;
  return true;
}

std::optional<Expr>
descent::model::parseExpression(std::string_view text, Location begin,
                                bool exact, DiagnosticEngine &diagnostics) {
  return Parser(text, begin, exact, diagnostics).run();
}
