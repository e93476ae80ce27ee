// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stages as statements: which of them make one pipeline, and how each is
// written so that the same stages are read back.

#include "Printer.h"
#include <algorithm>

using namespace descent::model;

namespace {

/// Words that would begin another statement than an expression.
constexpr std::string_view statementWords[] = {
    "model",  "const",  "input",     "module", "function",  "loss",
    "metric", "output", "optimizer", "train",  "entry",     "initializer",
    "param",  "frozen", "state",     "update", "instance",  "if",
    "repeat", "for",    "require",   "return", "accumulate"};

/// Whether a stage continues a pipeline.
bool isLink(const Stage &stage) {
  switch (stage.kind) {
  case Stage::Kind::Value:
    return stage.takesPrevious;
  case Stage::Kind::Repeat:
    return true;
  case Stage::Kind::If:
    return !stage.path.empty();
  default:
    return false;
  }
}

bool isPipelineStage(const Stage &stage) {
  return stage.kind == Stage::Kind::Value || isLink(stage);
}

/// A name alone before a link would be read as the link's first value.
bool isBareName(const Stage &stage) {
  return stage.kind == Stage::Kind::Value && !stage.takesPrevious &&
         stage.path.empty() && stage.value.kind == Expr::Kind::Name;
}

/// A call of something by name whose first value is a name: `f(x, ...)`.
bool takesName(const Stage &stage) {
  const Expr &value = stage.value;
  return stage.kind == Stage::Kind::Value && !stage.takesPrevious &&
         value.kind == Expr::Kind::Call &&
         value.operands[0].kind == Expr::Kind::Name &&
         !value.arguments.empty() && value.arguments[0].key.empty() &&
         value.arguments[0].value.kind == Expr::Kind::Name &&
         std::find(std::begin(statementWords), std::end(statementWords),
                   value.arguments[0].value.name) == std::end(statementWords);
}

std::string withPath(const Stage &stage, std::string text) {
  return stage.path.empty() ? text : printPath(stage.path.text) + ": " + text;
}

/// An expression where a statement is expected.
std::string guard(std::string text) {
  size_t end = 0;
  while (end < text.size() &&
         (isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
    ++end;
  std::string_view word = std::string_view(text).substr(0, end);
  bool isWord = std::find(std::begin(statementWords), std::end(statementWords),
                          word) != std::end(statementWords);
  // An operator would continue the line before, and a brace open its body.
  if (isWord || text.starts_with('-') || text.starts_with('{'))
    return "(" + text + ")";
  return text;
}

std::string printDeclaration(const Stage &stage) {
  std::string text = stage.kind == Stage::Kind::State ? "state "
                     : stage.frozen                   ? "frozen param "
                                                      : "param ";
  return text + stage.name.text + " : " + stage.dtype.text +
         printExpr(stage.shape) + " = " + printExpr(stage.value);
}

} // namespace

std::vector<std::string>
descent::model::printParts(const Statement &statement) {
  std::vector<std::string> result;
  const Stage &first = *statement.stages.front();
  bool isPlain = printPrefix(statement).empty();
  for (const Stage *stage : statement.stages) {
    bool isFirst = stage == &first;
    bool isLinkHere = !isFirst || statement.startsWithLink;
    // Before other links `f(x, 1)` reads better as `x |> f(1)`.
    if (isFirst && statement.stages.size() > 1 && takesName(first)) {
      Stage link = first;
      result.push_back(link.value.arguments.front().value.name);
      link.value.arguments.erase(link.value.arguments.begin());
      link.takesPrevious = true;
      result.push_back("|> " + printStage(link, false));
      continue;
    }
    result.push_back((isLinkHere ? "|> " : "") +
                     printStage(*stage, isFirst && isPlain));
  }
  return result;
}

bool descent::model::hasBlock(const Stage &stage) {
  return stage.kind == Stage::Kind::Repeat || stage.kind == Stage::Kind::If ||
         stage.kind == Stage::Kind::For;
}

std::vector<Statement>
descent::model::groupStages(const std::vector<Stage> &stages) {
  std::vector<Statement> result;
  for (size_t i = 0; i < stages.size();) {
    Statement statement;
    statement.stages = {&stages[i]};
    statement.isPipeline = isPipelineStage(stages[i]);
    statement.startsWithLink = statement.isPipeline && isLink(stages[i]);
    ++i;
    while (statement.isPipeline && i < stages.size() && isLink(stages[i]) &&
           statement.stages.back()->as.empty() &&
           !(isBareName(*statement.stages.back()) &&
             stages[i].kind == Stage::Kind::Value))
      statement.stages.push_back(&stages[i++]);
    const Stage &last = *statement.stages.back();
    // `return f(x)` is the value of the return itself.
    bool isOneValue = statement.stages.size() == 1 &&
                      !statement.startsWithLink && last.path.empty();
    if (statement.isPipeline && i < stages.size() &&
        stages[i].kind == Stage::Kind::Return && stages[i].takesPrevious &&
        last.as.empty() && !isOneValue) {
      statement.isReturn = true;
      ++i;
    }
    bool mayContinue = statement.isPipeline || last.kind == Stage::Kind::Return;
    if (i < stages.size()) {
      bool isBareReturn =
          last.kind == Stage::Kind::Return && last.takesPrevious;
      statement.needsSemicolon =
          isBareReturn || (mayContinue && isLink(stages[i]));
    }
    result.push_back(std::move(statement));
  }
  return result;
}

std::string descent::model::printPrefix(const Statement &statement) {
  if (statement.isReturn)
    return "return ";
  const std::vector<Identifier> &names = statement.stages.back()->as;
  if (names.empty())
    return "";
  if (names.size() == 1)
    return names[0].text + " = ";
  std::string result = "(";
  for (const Identifier &name : names)
    result += (&name == &names[0] ? "" : ", ") + name.text;
  return result + ") = ";
}

std::string descent::model::printBlockHead(const Stage &stage) {
  if (stage.kind == Stage::Kind::If)
    return withPath(stage, "if " + printExpr(stage.value));
  if (stage.kind == Stage::Kind::Repeat)
    return withPath(stage, "repeat " + printExpr(stage.value));
  return "for " + stage.name.text + " in " + printExpr(stage.value);
}

std::string descent::model::printStage(const Stage &stage, bool isFirst) {
  std::string name = stage.name.text;
  switch (stage.kind) {
  case Stage::Kind::Value: {
    if (stage.takesPrevious)
      return withPath(stage, printLink(stage));
    std::string text = withPath(stage, printExpr(stage.value));
    return isFirst && stage.path.empty() ? guard(text) : text;
  }
  case Stage::Kind::Param:
  case Stage::Kind::State:
    return printDeclaration(stage);
  case Stage::Kind::Update:
    return "update " + printPath(name) + " = " + printExpr(stage.value);
  case Stage::Kind::Constant:
    return "const " + name + " = " + printExpr(stage.value);
  case Stage::Kind::Instance:
    return "instance " + name + " = " + printExpr(stage.value);
  case Stage::Kind::Accumulate:
    return "accumulate " + name + " = " + printExpr(stage.value);
  case Stage::Kind::Require:
    return "require " + printExpr(stage.value) + "," + softSpace +
           printString(stage.message);
  case Stage::Kind::Return:
    return stage.takesPrevious ? "return" : "return " + printExpr(stage.value);
  case Stage::Kind::If:
  case Stage::Kind::Repeat:
  case Stage::Kind::For: {
    std::string text = printBlockHead(stage) + " " + printFlatBody(stage.body);
    if (!stage.otherwise.empty())
      text += " else " + printFlatBody(stage.otherwise);
    return text;
  }
  }
  return "";
}

std::string descent::model::printFlatBody(const std::vector<Stage> &stages) {
  if (stages.empty())
    return "{ }";
  std::string result;
  for (const Statement &statement : groupStages(stages)) {
    if (!result.empty())
      result += std::string(";") + softSpace;
    result += printPrefix(statement);
    bool isFirst = true;
    for (const std::string &part : printParts(statement)) {
      if (!isFirst)
        result += softSpace;
      result += part;
      isFirst = false;
    }
  }
  return std::string("{") + softSpace + result + softSpace + "}";
}
