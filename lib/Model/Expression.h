// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names and arithmetic as text.

#ifndef DESCENT_LIB_MODEL_EXPRESSION_H
#define DESCENT_LIB_MODEL_EXPRESSION_H

#include "descent/Model/Ast.h"

namespace descent::model {

/// A name as messages show it: 'name'.
std::string quote(std::string_view text);

/// Whether `text` is a name: a letter or `_`, then letters, digits and `_`.
bool isIdentifier(std::string_view text);

/// Whether the language uses the name `text` itself, so that no value can have
/// it.
bool isReservedName(std::string_view text);

/// Parses `text` as an expression. `begin` is where its first byte stands; with
/// `exact` the bytes after it follow in the source one by one, otherwise
/// everything is located at `begin`. None after an error.
std::optional<Expr> parseExpression(std::string_view text, Location begin,
                                    bool exact, DiagnosticEngine &diagnostics);

/// Parses `text` as the type of a parameter, with its bounds.
std::optional<ParameterType> parseType(std::string_view text, Location begin,
                                       bool exact,
                                       DiagnosticEngine &diagnostics);

/// Parses `text` as a pipeline, which may begin with `|>`, and adds its stages.
bool parsePipeline(std::string_view text, Location begin, bool exact,
                   DiagnosticEngine &diagnostics, std::vector<Stage> &stages);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_EXPRESSION_H
