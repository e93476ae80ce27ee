// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules, functions, losses, metrics and initializers of the text spelling.

#include "Expression.h"
#include "TextParser.h"
#include <algorithm>

using namespace descent::model;

namespace {

const std::vector<std::string> typeNames = {
    "tensor", "tensors", "int",   "ints", "float",    "floats", "bool",
    "string", "shape",   "dtype", "init", "function", "any",    "enum"};

std::optional<Definition::Kind> definitionKind(const Token &token) {
  if (token.isName("module"))
    return Definition::Kind::Module;
  if (token.isName("function"))
    return Definition::Kind::Function;
  if (token.isName("loss"))
    return Definition::Kind::Loss;
  if (token.isName("metric"))
    return Definition::Kind::Metric;
  if (token.isName("initializer"))
    return Definition::Kind::Initializer;
  return std::nullopt;
}

} // namespace

/// `module name(`; of a loss or metric, which may also be a use, with a body
/// behind the parentheses.
bool TextParser::isDefinitionAhead() const {
  std::optional<Definition::Kind> kind = definitionKind(peek());
  if (!kind || peek(1).kind != Token::Kind::Name || !peek(2).is("("))
    return false;
  if (*kind != Definition::Kind::Loss && *kind != Definition::Kind::Metric)
    return true;
  const Token &behind = peek(findClosing(at + 2) - at);
  return behind.is("=") || behind.is("{");
}

std::optional<Definition> TextParser::parseDefinition() {
  Definition result;
  result.kind = *definitionKind(peek());
  result.doc = next().doc;
  std::optional<Identifier> name = parseName("a definition");
  if (!name)
    return std::nullopt;
  result.name = std::move(*name);
  std::optional<std::vector<ParameterDecl>> parameters = parseParameters();
  if (!parameters)
    return std::nullopt;
  result.parameters = std::move(*parameters);
  std::optional<std::vector<Stage>> body = parseDefinitionBody();
  if (!body)
    return std::nullopt;
  result.body = std::move(*body);
  if (!peek().isName("vjp"))
    return result;
  Location location = next().location;
  if (result.kind != Definition::Kind::Function)
    return fail(location, "only a function has a derivative of its own");
  if (!expect("(", "'vjp'"))
    return std::nullopt;
  do {
    std::optional<Identifier> cotangent = parseName("a cotangent");
    if (!cotangent)
      return std::nullopt;
    result.cotangents.push_back(std::move(*cotangent));
  } while (take(","));
  if (!expect(")", "'vjp'"))
    return std::nullopt;
  result.vjp = parseDefinitionBody();
  if (!result.vjp)
    return std::nullopt;
  return result;
}

std::optional<std::vector<Stage>> TextParser::parseDefinitionBody() {
  if (peek().is("{"))
    return parseBody();
  if (!peek().is("="))
    return fail("expected '=' and an expression, or a body in braces, got " +
                describe(peek()));
  // `= x |> f` is `{ return x |> f }`.
  std::vector<Stage> body;
  if (!parseReturn(body))
    return std::nullopt;
  return body;
}

std::optional<std::vector<ParameterDecl>> TextParser::parseParameters() {
  Location open = peek().location;
  if (!expect("(", "the parameters"))
    return std::nullopt;
  std::vector<ParameterDecl> result;
  while (!take(")")) {
    if (peek().kind == Token::Kind::End)
      return fail(open, "the '(' is not closed");
    std::optional<ParameterDecl> parameter = parseParameter();
    if (!parameter)
      return std::nullopt;
    result.push_back(std::move(*parameter));
    if (!peek().is(")") && !take(","))
      return fail("expected ',' or ')' in the parameters, got " +
                  describe(peek()));
  }
  return result;
}

std::optional<ParameterDecl> TextParser::parseParameter() {
  ParameterDecl result;
  std::optional<Identifier> name = parseName("a parameter");
  if (!name)
    return std::nullopt;
  result.name = std::move(*name);
  if (take(":") && !parseParameterType(result.type))
    return std::nullopt;
  if (take("=")) {
    result.defaultValue = parseExpr();
    if (!result.defaultValue)
      return std::nullopt;
  }
  return result;
}

bool TextParser::parseParameterType(ParameterType &type) {
  const Token &token = peek();
  if (token.kind != Token::Kind::Name ||
      std::find(typeNames.begin(), typeNames.end(), token.text) ==
          typeNames.end()) {
    fail("expected the type of a parameter, got " + describe(token) +
         (token.kind == Token::Kind::Name ? didYouMean(token.text, typeNames)
                                          : ""));
    return false;
  }
  type.name = {token.text, token.location};
  next();
  if (type.name.text == "enum") {
    if (!expect("(", "'enum'"))
      return false;
    do {
      // Any word: `none` is a common enumerator.
      const Token &word = peek();
      if (word.kind != Token::Kind::Name) {
        fail("expected an enumerator, got " + describe(word));
        return false;
      }
      type.enumerators.push_back({word.text, word.location});
      next();
    } while (take(","));
    if (!expect(")", "'enum'"))
      return false;
  } else if ((type.name.text == "ints" || type.name.text == "floats") &&
             take("(")) {
    type.count = parseExpr();
    if (!type.count || !expect(")", quote(type.name.text)))
      return false;
  }
  return parseBounds(type);
}

/// `>= 1`, `> 0`, `in [0, 1)`
bool TextParser::parseBounds(ParameterType &type) {
  if (peek().is(">=") || peek().is(">")) {
    type.openLow = next().text == ">";
    type.low = parseUnary();
    return type.low.has_value();
  }
  if (!takeName("in"))
    return true;
  type.openLow = peek().is("(");
  if (!take("(") && !expect("[", "bounds"))
    return false;
  type.low = parseUnary();
  if (!type.low || !expect(",", "bounds"))
    return false;
  type.high = parseUnary();
  if (!type.high)
    return false;
  type.openHigh = peek().is(")");
  return take(")") || expect("]", "bounds");
}

std::optional<ParameterType> TextParser::parseOnlyType() {
  ParameterType type;
  if (!parseParameterType(type))
    return std::nullopt;
  if (peek().kind != Token::Kind::End)
    return fail("expected the end of the type, got " + describe(peek()));
  return type;
}

std::optional<ParameterType>
descent::model::parseType(std::string_view text, Location begin, bool exact,
                          DiagnosticEngine &diagnostics) {
  std::optional<std::vector<Token>> tokens =
      tokenize(text, {begin, exact, false}, diagnostics);
  if (!tokens)
    return std::nullopt;
  return TextParser(std::move(*tokens), diagnostics).parseOnlyType();
}
