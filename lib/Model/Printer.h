// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expressions and stages as text: what both printers are made of.

#ifndef DESCENT_LIB_MODEL_PRINTER_H
#define DESCENT_LIB_MODEL_PRINTER_H

#include "descent/Model/Ast.h"

namespace descent::model {

/// A space in flat text at which a line may be broken.
constexpr char softSpace = '\x01';

/// `text` on one line, or inside a string of the JSON spelling.
std::string flatten(std::string text);

/// The shortest decimal number that reads back as `value`, with a point or an
/// exponent.
std::string printNumber(double value);

/// A string with its quotes and escapes, the same in both spellings.
std::string printString(std::string_view text);

/// A path as it stands before `:`, in quotes where a part is no name.
std::string printPath(std::string_view path);

/// An expression of the text spelling, with soft spaces.
std::string printExpr(const Expr &expr);

/// What stands behind `|>`: a call of what takes the value before it.
std::string printLink(const Stage &stage);

/// The type and default of a parameter: `int >= 1 = 3`; empty if it has none.
std::string printParameterType(const ParameterDecl &parameter);

/// `(x: tensor, n: int = 1)`
std::string printParameters(const std::vector<ParameterDecl> &parameters);

/// What one statement of a body is made of.
struct Statement {
  /// The stages of a pipeline, or the one that is none.
  std::vector<const Stage *> stages;
  bool isPipeline = false;
  /// The pipeline's value is returned.
  bool isReturn = false;
  /// The first stage takes a value too: the statement begins with `|>`.
  bool startsWithLink = false;
  /// A statement that begins with `|>` follows and is not part of this one.
  bool needsSemicolon = false;
};

/// Groups stages into statements that read back as the same stages.
std::vector<Statement> groupStages(const std::vector<Stage> &stages);

/// `a = `, `return ` or nothing.
std::string printPrefix(const Statement &statement);

/// A pipeline's parts, as `x`, `|> f(1)`, `|> g`; one or two for a stage.
std::vector<std::string> printParts(const Statement &statement);

/// Whether a stage of a pipeline is `repeat` or `if`, which have bodies.
bool hasBlock(const Stage &stage);

/// `path: repeat n`, `if c`, `for i in e`: what stands before the body.
std::string printBlockHead(const Stage &stage);

/// The first link where it is an expression of its own, or no pipeline.
/// `isFirst`: of its statement.
std::string printStage(const Stage &stage, bool isFirst);

/// `{ ... }` on one line, with soft spaces.
std::string printFlatBody(const std::vector<Stage> &stages);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_PRINTER_H
