// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statements of a model in the text spelling.

#include "TextParser.h"
#include "Expression.h"
#include "descent/Model/Load.h"
#include <algorithm>

using namespace descent::model;

namespace {

/// Words that cannot be names of values, since expressions use them.
const std::vector<std::string> statements = {
    "model",  "const",       "input",  "module",    "function", "loss",
    "metric", "initializer", "output", "optimizer", "train",    "entry",
    "param",  "frozen",      "state",  "update",    "instance", "if",
    "repeat", "for",         "require"};

/// Those that stand neither in a body nor in an entry.
const std::vector<std::string> fileStatements = {
    "model",  "input",       "module", "function",
    "metric", "initializer", "train",  "entry"};

bool contains(const std::vector<std::string> &list, const std::string &word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

} // namespace

bool descent::model::isReservedName(std::string_view text) {
  return text == "batch" || text == "training" || isKeyword(text);
}

std::nullopt_t TextParser::fail(Location location, std::string message) {
  diagnostics.error(location, std::move(message));
  return std::nullopt;
}

bool TextParser::tooDeep() {
  if (depth <= maxDepth)
    return false;
  fail("nested deeper than " + std::to_string(maxDepth) + " levels");
  return true;
}

bool TextParser::take(std::string_view symbol) {
  if (!peek().is(symbol))
    return false;
  next();
  return true;
}

bool TextParser::takeName(std::string_view name) {
  if (!peek().isName(name))
    return false;
  next();
  return true;
}

bool TextParser::expect(std::string_view symbol, std::string_view where) {
  if (take(symbol))
    return true;
  fail("expected " + quote(symbol) + " of " + std::string(where) + ", got " +
       describe(peek()));
  return false;
}

std::optional<Identifier> TextParser::parseName(std::string_view what) {
  const Token &token = peek();
  if (token.kind != Token::Kind::Name)
    return fail("expected the name of " + std::string(what) + ", got " +
                describe(token));
  if (isReservedName(token.text))
    return fail(quote(token.text) + " is reserved and cannot name " +
                std::string(what));
  next();
  return Identifier{token.text, token.location};
}

/// Names and numbers joined by dots, as one word without spaces.
size_t TextParser::findPathEnd(size_t from) const {
  auto isPart = [&](size_t i) {
    return tokens[i].kind == Token::Kind::Name ||
           tokens[i].kind == Token::Kind::Integer;
  };
  if (!isPart(from))
    return from;
  size_t i = from + 1;
  for (; i + 1 < tokens.size(); ++i) {
    if (tokens[i].begin != tokens[i - 1].end)
      return i;
    // `.0` behind a name is read as a number.
    bool isDigits =
        tokens[i].kind == Token::Kind::Float &&
        tokens[i].text.starts_with('.') &&
        tokens[i].text.find_first_not_of("0123456789", 1) == std::string::npos;
    if (isDigits)
      continue;
    if (!tokens[i].is(".") || !isPart(i + 1) ||
        tokens[i + 1].begin != tokens[i].end)
      return i;
    ++i;
  }
  return i;
}

/// `encoder.0.conv1`, or any path as a string.
std::optional<Identifier> TextParser::parsePath(std::string_view what) {
  const Token &first = peek();
  Identifier result{"", first.location};
  if (first.kind == Token::Kind::String) {
    result.text = next().text;
    return result;
  }
  size_t end = findPathEnd(at);
  if (end == at)
    return fail("expected the path of " + std::string(what) + ", got " +
                describe(first));
  while (at < end)
    result.text += next().text;
  return result;
}

size_t TextParser::findClosing(size_t from) const {
  int open = 0;
  for (size_t i = from; i + 1 < tokens.size(); ++i) {
    const Token &token = tokens[i];
    open += token.is("(") || token.is("[") || token.is("{");
    open -= token.is(")") || token.is("]") || token.is("}");
    if (open == 0)
      return i + 1;
  }
  return tokens.size() - 1;
}

/// Whether a line begins here that reads like a statement, misspelt or not: two
/// names in a row stand nowhere else.
bool TextParser::isStatementAhead() const {
  const Token &token = peek(), &second = peek(1);
  if (token.kind != Token::Kind::Name || !token.startsLine)
    return false;
  if (contains(statements, token.text) || second.is("="))
    return true;
  return second.kind == Token::Kind::Name && !second.startsLine &&
         !isKeyword(token.text) && !isKeyword(second.text);
}

/// Whether a statement begins here that stands in no body: then the body that
/// is being read has lost its brace.
bool TextParser::isFileStatementAhead() const {
  return peek().startsLine && peek(1).kind == Token::Kind::Name &&
         contains(fileStatements, peek().text);
}

/// Goes on with the next line that begins a statement, or within a body with
/// its end.
void TextParser::recover(bool inBody) {
  for (int open = 0; peek().kind != Token::Kind::End; next()) {
    bool isEnd = inBody && (peek().is("}") || peek().is(";"));
    if (open <= 0 && (isEnd || isStatementAhead()))
      return;
    open += peek().is("{");
    open -= peek().is("}");
  }
}

Model TextParser::parseModel(uint32_t file) {
  Model model;
  model.file = file;
  model.isText = true;
  model.name = {"model", {file, 0, 0}};
  while (peek().kind != Token::Kind::End &&
         diagnostics.numErrors() < DiagnosticEngine::maxErrors) {
    if (take(";"))
      continue;
    size_t before = at;
    depth = numOperators = 0;
    if (parseStatement(model))
      continue;
    if (at == before)
      next();
    recover(/*inBody=*/false);
  }
  return model;
}

bool TextParser::parseStatement(Model &model) {
  if (isDefinitionAhead()) {
    std::optional<Definition> definition = parseDefinition();
    if (definition)
      model.definitions.push_back(std::move(*definition));
    return definition.has_value();
  }
  if (peek().kind != Token::Kind::Name || isAssignmentAhead() || isLabelAhead())
    return parseStage(model.network);
  const std::string &word = peek().text;
  if (word == "model")
    return parseModelName(model);
  if (word == "const")
    return parseConstants(model.constants);
  if (word == "input")
    return parseInput(model);
  if (word == "loss")
    return parseLoss(model.losses);
  if (word == "metric")
    return parseMetric(model);
  if (word == "output") {
    if (!model.outputs)
      model.outputs.emplace();
    return parseOutput(*model.outputs);
  }
  if (word == "optimizer")
    return parseOptimizer(model.optimizers);
  if (word == "train")
    return parseTrain(model);
  if (word == "entry")
    return parseEntry(model);
  // A name that begins a line and is followed by another one is a misspelt
  // statement.
  if (peek(1).kind == Token::Kind::Name && !peek(1).startsLine &&
      !contains(statements, word)) {
    fail("unknown statement " + quote(word) + didYouMean(word, statements));
    return false;
  }
  return parseStage(model.network);
}

bool TextParser::parseModelName(Model &model) {
  next();
  if (peek().kind != Token::Kind::String) {
    fail("expected the name of the model as a string, got " + describe(peek()));
    return false;
  }
  const Token &token = next();
  model.name = {token.text, token.location};
  return true;
}

bool TextParser::parseConstants(std::vector<ConstantDecl> &constants) {
  next();
  do {
    std::optional<Identifier> name = parseName("a constant");
    if (!name || !expect("=", "a constant"))
      return false;
    std::optional<Expr> value = parseSole();
    if (!value)
      return false;
    constants.push_back({std::move(*name), std::move(*value)});
  } while (take(","));
  return true;
}

/// `input name : f32[sizes] in [0, n)`
bool TextParser::parseInput(Model &model) {
  next();
  InputDecl input;
  std::optional<Identifier> name = parseName("an input");
  if (!name || !expect(":", "an input"))
    return false;
  std::optional<Identifier> dtype = parseName("an element type");
  if (!dtype)
    return false;
  input.name = std::move(*name);
  input.dtype = std::move(*dtype);
  if (!peek().is("[")) {
    fail("expected the sizes, as in f32[batch, 4], got " + describe(peek()));
    return false;
  }
  std::optional<Expr> shape = parseList();
  if (!shape)
    return false;
  input.shape = std::move(*shape);
  if (takeName("in")) {
    Expr range;
    range.kind = Expr::Kind::List;
    range.location = peek().location;
    if (!expect("[", "a range"))
      return false;
    std::optional<Expr> low = parseExpr();
    if (!low || !expect(",", "a range"))
      return false;
    std::optional<Expr> high = parseExpr();
    if (!high || !expect(")", "a range, whose end is not in it"))
      return false;
    range.operands.push_back(std::move(*low));
    range.operands.push_back(std::move(*high));
    input.range = std::move(range);
  }
  model.inputs.push_back(std::move(input));
  return true;
}

/// `metric name = expr`, or `metric call`, which is called like its op.
bool TextParser::parseMetric(Model &model) {
  next();
  ResultDecl metric;
  if (isAssignmentAhead()) {
    std::optional<Identifier> name = parseName("a metric");
    if (!name || !expect("=", "a metric"))
      return false;
    metric.name = std::move(*name);
  }
  Location location = peek().location;
  std::optional<Expr> value = parseSole();
  if (!value)
    return false;
  if (metric.name.empty()) {
    if (value->kind != Expr::Kind::Call ||
        value->operands[0].kind != Expr::Kind::Name) {
      fail(location, "a metric that is no call has a name: metric name = ...");
      return false;
    }
    metric.name = {value->operands[0].name, location};
  }
  metric.value = std::move(*value);
  model.metrics.push_back(std::move(metric));
  return true;
}

/// `output name = expr`, or `output name`, a value by its own name.
bool TextParser::parseOutput(std::vector<ResultDecl> &outputs) {
  next();
  ResultDecl output;
  std::optional<Identifier> name = parseName("an output");
  if (!name)
    return false;
  output.name = std::move(*name);
  if (take("=")) {
    std::optional<Expr> value = parseSole();
    if (!value)
      return false;
    output.value = std::move(*value);
  } else {
    output.value.kind = Expr::Kind::Name;
    output.value.name = output.name.text;
    output.value.location = output.name.location;
  }
  outputs.push_back(std::move(output));
  return true;
}

/// `loss expr`; several are added up.
bool TextParser::parseLoss(std::vector<Expr> &losses) {
  next();
  std::optional<Expr> loss = parseSole();
  if (!loss)
    return false;
  losses.push_back(std::move(*loss));
  return true;
}

bool TextParser::parseOptimizer(std::vector<OptimizerDecl> &optimizers) {
  next();
  OptimizerDecl optimizer;
  std::optional<Expr> value = parseSole();
  if (!value)
    return false;
  optimizer.value = std::move(*value);
  if (takeName("over"))
    do {
      std::optional<Identifier> path = parsePath("layers");
      if (!path)
        return false;
      optimizer.over.push_back(std::move(*path));
    } while (take(","));
  optimizers.push_back(std::move(optimizer));
  return true;
}

bool TextParser::parseTrain(Model &model) {
  next();
  do {
    const Token &key = peek();
    if (key.kind != Token::Kind::Name) {
      fail("expected a key of 'train', as in train batch: 32, got " +
           describe(key));
      return false;
    }
    Argument argument;
    argument.key = {key.text, key.location};
    next();
    if (!expect(":", "'train'"))
      return false;
    std::optional<Expr> value = parseExpr();
    if (!value)
      return false;
    argument.value = std::move(*value);
    model.train.push_back(std::move(argument));
  } while (take(","));
  return true;
}

/// `entry name: batch 1, seq 1 { statements }`
bool TextParser::parseEntry(Model &model) {
  next();
  EntryDecl entry;
  std::optional<Identifier> name = parseName("an entry");
  if (!name)
    return false;
  entry.name = std::move(*name);
  if (take(":"))
    do {
      const Token &key = peek();
      if (key.kind != Token::Kind::Name) {
        fail(
            "expected a constant or 'batch' and its value in this entry, got " +
            describe(key));
        return false;
      }
      Argument argument;
      argument.key = {key.text, key.location};
      next();
      std::optional<Expr> value = parseExpr();
      if (!value)
        return false;
      argument.value = std::move(*value);
      entry.overrides.push_back(std::move(argument));
    } while (take(","));
  if (peek().is("{") && !parseEntryBody(entry))
    return false;
  model.entries.push_back(std::move(entry));
  return true;
}

bool TextParser::parseEntryBody(EntryDecl &entry) {
  Nesting nesting(*this);
  Location open = next().location;
  return parseMembers(open, [&] {
    bool isStage = peek().kind != Token::Kind::Name || isAssignmentAhead() ||
                   isLabelAhead();
    if (!isStage && peek().text == "output")
      return parseOutput(entry.outputs);
    if (!isStage && peek().text == "optimizer")
      return parseOptimizer(entry.optimizers);
    if (!isStage && peek().text == "loss")
      return parseLoss(entry.losses);
    return parseStage(entry.body);
  });
}

/// What stands before `}`, each read by `parse`. After an error it goes on with
/// the next one; false if there was any.
bool TextParser::parseMembers(Location open,
                              const std::function<bool()> &parse) {
  bool isSound = true;
  while (!take("}")) {
    if (peek().kind == Token::Kind::End) {
      // An error may have hidden the brace.
      if (isSound)
        fail(open, "the '{' is not closed");
      return false;
    }
    if (take(";"))
      continue;
    size_t before = at;
    if (parse())
      continue;
    isSound = false;
    if (at == before)
      next();
    recover(/*inBody=*/true);
    if (isFileStatementAhead() ||
        diagnostics.numErrors() >= DiagnosticEngine::maxErrors)
      return false;
  }
  return isSound;
}

std::optional<Model> descent::model::readText(uint32_t file,
                                              DiagnosticEngine &diagnostics) {
  size_t before = diagnostics.numErrors();
  std::optional<std::vector<Token>> tokens =
      tokenize(diagnostics.text(file), {{file, 1, 1}, true, true}, diagnostics);
  if (!tokens)
    return std::nullopt;
  Model model = TextParser(std::move(*tokens), diagnostics).parseModel(file);
  if (diagnostics.numErrors() != before)
    return std::nullopt;
  return model;
}
