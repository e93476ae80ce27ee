// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stages of the text spelling: pipelines, declarations, and what chooses or
// repeats at compile time.

#include "Expression.h"
#include "TextParser.h"
#include <utility>

using namespace descent::model;

/// `path.of.a.layer:` before a link.
bool TextParser::isLabelAhead() const {
  if (peek().kind == Token::Kind::String)
    return peek(1).is(":");
  size_t end = findPathEnd(at);
  return end != at && tokens[end].is(":");
}

/// `name =` or `(a, b) =`
bool TextParser::isAssignmentAhead() const {
  if (peek().kind == Token::Kind::Name)
    return peek(1).is("=");
  if (!peek().is("("))
    return false;
  size_t close = findClosing(at);
  if (!peek(close - at).is("="))
    return false;
  for (size_t i = at + 1; i + 1 < close; ++i)
    if (tokens[i].kind != Token::Kind::Name && !tokens[i].is(","))
      return false;
  return true;
}

std::optional<std::vector<Stage>> TextParser::parseBody() {
  Nesting nesting(*this);
  if (tooDeep())
    return std::nullopt;
  Location open = peek().location;
  if (!expect("{", "a body"))
    return std::nullopt;
  std::vector<Stage> stages;
  if (!parseMembers(open, [&] { return parseStage(stages); }))
    return std::nullopt;
  return stages;
}

bool TextParser::parseStage(std::vector<Stage> &stages) {
  auto add = [&](std::optional<Stage> stage) {
    if (stage)
      stages.push_back(std::move(*stage));
    return stage.has_value();
  };
  if (peek().is("|>"))
    return parseLinks(stages, std::nullopt);
  if (peek().kind != Token::Kind::Name || isAssignmentAhead() || isLabelAhead())
    return parseValueStage(stages);
  const std::string &word = peek().text;
  bool namesSomething = peek(1).kind == Token::Kind::Name;
  if (word == "frozen" && peek(1).isName("param")) {
    next();
    return add(parseDeclaration(Stage::Kind::Param, true));
  }
  if (word == "param" && namesSomething)
    return add(parseDeclaration(Stage::Kind::Param, false));
  if (word == "state" && namesSomething)
    return add(parseDeclaration(Stage::Kind::State, false));
  if (word == "update" &&
      (namesSomething || peek(1).kind == Token::Kind::String))
    return add(parseNamed(Stage::Kind::Update));
  if (word == "accumulate" && namesSomething)
    return add(parseNamed(Stage::Kind::Accumulate));
  if (word == "instance" && namesSomething)
    return add(parseNamed(Stage::Kind::Instance));
  if (word == "const" && namesSomething) {
    std::vector<ConstantDecl> constants;
    Location location = peek().location;
    if (!parseConstants(constants))
      return false;
    for (ConstantDecl &constant : constants) {
      Stage stage;
      stage.kind = Stage::Kind::Constant;
      stage.location = location;
      stage.name = std::move(constant.name);
      stage.value = std::move(constant.value);
      stages.push_back(std::move(stage));
    }
    return true;
  }
  if (word == "if")
    return add(parseIfStage());
  if (word == "for")
    return add(parseFor());
  if (word == "repeat" && !peek(1).is("("))
    return add(parseRepeat());
  if (word == "require") {
    Stage stage;
    stage.kind = Stage::Kind::Require;
    stage.location = next().location;
    std::optional<Expr> condition = parseExpr();
    if (!condition || !expect(",", "'require', before its message"))
      return false;
    if (peek().kind != Token::Kind::String) {
      fail("expected the message of 'require' as a string, got " +
           describe(peek()));
      return false;
    }
    stage.value = std::move(*condition);
    stage.message = next().text;
    stages.push_back(std::move(stage));
    return true;
  }
  if (word == "return")
    return parseReturn(stages);
  return parseValueStage(stages);
}

/// `update name = expr`, and what looks like it.
std::optional<Stage> TextParser::parseNamed(Stage::Kind kind) {
  Stage stage;
  stage.kind = kind;
  stage.location = peek().location;
  std::string word = next().text;
  // A state of a module that is not in this body is called by its path.
  std::optional<Identifier> name = kind == Stage::Kind::Update
                                       ? parsePath("a state")
                                       : parseName("what it is called");
  if (!name || !expect("=", quote(word)))
    return std::nullopt;
  std::optional<Expr> value = parseSole();
  if (!value)
    return std::nullopt;
  stage.name = std::move(*name);
  stage.value = std::move(*value);
  return stage;
}

/// `param name : f32[sizes] = init`; without an initializer, zeros.
std::optional<Stage> TextParser::parseDeclaration(Stage::Kind kind,
                                                  bool frozen) {
  Stage stage;
  stage.kind = kind;
  stage.frozen = frozen;
  stage.location = peek().location;
  std::string word = next().text;
  std::optional<Identifier> name = parseName("what it is called");
  if (!name || !expect(":", quote(word)))
    return std::nullopt;
  stage.name = std::move(*name);
  std::optional<Identifier> dtype = parseName("an element type");
  if (!dtype)
    return std::nullopt;
  stage.dtype = std::move(*dtype);
  if (!peek().is("["))
    return fail("expected the sizes, as in f32[10, 4], got " +
                describe(peek()));
  std::optional<Expr> shape = parseList();
  if (!shape)
    return std::nullopt;
  stage.shape = std::move(*shape);
  if (!take("=")) {
    stage.value.kind = Expr::Kind::Integer;
    stage.value.location = stage.location;
    return stage;
  }
  std::optional<Expr> value = parseSole();
  if (!value)
    return std::nullopt;
  stage.value = std::move(*value);
  return stage;
}

std::optional<Stage> TextParser::parseIfStage() {
  Stage stage;
  stage.kind = Stage::Kind::If;
  stage.location = next().location;
  std::optional<Expr> condition = parseExpr();
  if (!condition)
    return std::nullopt;
  stage.value = std::move(*condition);
  std::optional<std::vector<Stage>> body = parseBody();
  if (!body)
    return std::nullopt;
  stage.body = std::move(*body);
  if (!takeName("else"))
    return stage;
  if (peek().isName("if")) {
    Nesting nesting(*this);
    if (tooDeep())
      return std::nullopt;
    std::optional<Stage> otherwise = parseIfStage();
    if (!otherwise)
      return std::nullopt;
    stage.otherwise.push_back(std::move(*otherwise));
    return stage;
  }
  std::optional<std::vector<Stage>> otherwise = parseBody();
  if (!otherwise)
    return std::nullopt;
  stage.otherwise = std::move(*otherwise);
  return stage;
}

std::optional<Stage> TextParser::parseRepeat() {
  Stage stage;
  stage.kind = Stage::Kind::Repeat;
  stage.takesPrevious = true;
  stage.location = next().location;
  std::optional<Expr> count = parseExpr();
  if (!count)
    return std::nullopt;
  std::optional<std::vector<Stage>> body = parseBody();
  if (!body)
    return std::nullopt;
  stage.value = std::move(*count);
  stage.body = std::move(*body);
  return stage;
}

std::optional<Stage> TextParser::parseFor() {
  Stage stage;
  stage.kind = Stage::Kind::For;
  stage.location = next().location;
  std::optional<Identifier> name = parseName("the variable of 'for'");
  if (!name)
    return std::nullopt;
  stage.name = std::move(*name);
  if (!takeName("in"))
    return fail("expected 'in' of 'for', got " + describe(peek()));
  std::optional<Expr> list = parseExpr();
  if (!list)
    return std::nullopt;
  std::optional<std::vector<Stage>> body = parseBody();
  if (!body)
    return std::nullopt;
  stage.value = std::move(*list);
  stage.body = std::move(*body);
  return stage;
}

/// `return expr`, or `return` and a pipeline, whose stages come before it;
/// alone, what the stage before it gives.
bool TextParser::parseReturn(std::vector<Stage> &stages) {
  Stage stage;
  stage.kind = Stage::Kind::Return;
  stage.location = next().location;
  size_t before = stages.size();
  bool isAlone = peek().is("}") || peek().is(";");
  if (!isAlone && !parseValueStage(stages))
    return false;
  if (stages.size() == before + 1 && !stages.back().takesPrevious &&
      stages.back().path.empty() && stages.back().as.empty() &&
      stages.back().kind == Stage::Kind::Value) {
    stage.location = stages.back().location;
    stage.value = std::move(stages.back().value);
    stages.pop_back();
  } else {
    stage.takesPrevious = true;
  }
  stages.push_back(std::move(stage));
  return true;
}

/// `[names =] [path:] expr |> link |> ...`
bool TextParser::parseValueStage(std::vector<Stage> &stages) {
  std::vector<Identifier> names;
  if (isAssignmentAhead()) {
    bool isList = take("(");
    do {
      std::optional<Identifier> name = parseName("a value");
      if (!name)
        return false;
      names.push_back(std::move(*name));
    } while (isList && take(","));
    if ((isList && !expect(")", "the names")) || !expect("=", "the names"))
      return false;
  }
  // A pipeline that goes on with the value before it.
  if (peek().is("|>")) {
    if (!parseLinks(stages, std::nullopt))
      return false;
    if (!names.empty())
      stages.back().as = std::move(names);
    return true;
  }
  std::optional<Expr> operand;
  if (peek().isName("repeat") && !peek(1).is("(")) {
    fail("'repeat' takes a value: write x |> repeat n { ... }");
    return false;
  }
  Stage first;
  first.location = peek().location;
  if (isLabelAhead()) {
    std::optional<Identifier> path = parsePath("a layer");
    if (!path || !expect(":", "the path of a layer"))
      return false;
    first.path = std::move(*path);
  }
  std::optional<Expr> value = parseExpr();
  if (!value)
    return false;
  // A name alone is what the first link takes.
  bool isOperand =
      value->kind == Expr::Kind::Name && first.path.empty() && peek().is("|>");
  if (isOperand) {
    operand = std::move(*value);
  } else {
    first.value = std::move(*value);
    stages.push_back(std::move(first));
  }
  if (peek().is("|>") && !parseLinks(stages, std::move(operand)))
    return false;
  if (!names.empty())
    stages.back().as = std::move(names);
  return true;
}

bool TextParser::parseLinks(std::vector<Stage> &stages,
                            std::optional<Expr> operand) {
  while (take("|>")) {
    std::optional<Stage> link = parseLink();
    if (!link)
      return false;
    if (operand) {
      if (link->kind == Stage::Kind::Value) {
        Argument argument;
        argument.value = std::move(*operand);
        auto &arguments = link->value.arguments;
        arguments.insert(arguments.begin(), std::move(argument));
        link->takesPrevious = false;
      } else {
        // A repeat has no place for an operand: the value before it has.
        Stage first;
        first.location = operand->location;
        first.value = std::move(*operand);
        stages.push_back(std::move(first));
      }
      operand.reset();
    }
    stages.push_back(std::move(*link));
  }
  return true;
}

/// What stands behind `|>`: a call without its first argument.
std::optional<Stage> TextParser::parseLink() {
  Identifier path;
  if (isLabelAhead()) {
    std::optional<Identifier> label = parsePath("a layer");
    if (!label || !expect(":", "the path of a layer"))
      return std::nullopt;
    path = std::move(*label);
  }
  std::optional<Stage> stage;
  if (peek().isName("repeat") && !peek(1).is("(")) {
    stage = parseRepeat();
  } else if (peek().isName("if")) {
    stage = parseIfStage();
  } else {
    Location location = peek().location;
    if (peek().kind != Token::Kind::Name && !peek().is("{") && !peek().is("("))
      return fail("expected a layer behind '|>', got " + describe(peek()));
    // The bound on operators is for each link on its own.
    int outer = std::exchange(numOperators, 0);
    std::optional<Expr> value = parsePostfix();
    numOperators = outer;
    if (!value)
      return std::nullopt;
    stage.emplace();
    stage->location = location;
    stage->takesPrevious = true;
    if (value->kind != Expr::Kind::Call) {
      Expr call;
      call.kind = Expr::Kind::Call;
      call.location = value->location;
      call.operands.push_back(std::move(*value));
      value = std::move(call);
    }
    stage->value = std::move(*value);
  }
  if (stage)
    stage->path = std::move(path);
  return stage;
}

bool TextParser::parseOnlyPipeline(std::vector<Stage> &stages) {
  if (peek().is("|>") ? !parseLinks(stages, std::nullopt)
                      : !parseValueStage(stages))
    return false;
  if (peek().kind == Token::Kind::End)
    return true;
  fail("expected '|>' or the end of the value, got " + describe(peek()));
  return false;
}

bool descent::model::parsePipeline(std::string_view text, Location begin,
                                   bool exact, DiagnosticEngine &diagnostics,
                                   std::vector<Stage> &stages) {
  std::optional<std::vector<Token>> tokens =
      tokenize(text, {begin, exact, false}, diagnostics);
  return tokens &&
         TextParser(std::move(*tokens), diagnostics).parseOnlyPipeline(stages);
}
