// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The words of the text spelling.

#ifndef DESCENT_LIB_MODEL_LEXER_H
#define DESCENT_LIB_MODEL_LEXER_H

#include "descent/Model/Ast.h"

namespace descent::model {

struct Token {
  enum class Kind { End, Name, Integer, Float, String, Symbol };

  Kind kind = Kind::End;
  Location location;
  std::string text; ///< as it is written; String: what it holds
  std::string doc;  ///< `///` lines before it
  int64_t integer = 0;
  double number = 0;
  size_t begin = 0, end = 0; ///< bytes of the source
  bool startsLine = false;   ///< the first on its line

  bool is(std::string_view symbol) const {
    return kind == Kind::Symbol && text == symbol;
  }
  bool isName(std::string_view name) const {
    return kind == Kind::Name && text == name;
  }
};

/// Where a text stands: a whole source, or a string of one.
struct TextOrigin {
  Location begin;
  /// Of a string whose bytes follow `begin` in the source one by one; otherwise
  /// everything is located at `begin`.
  bool exact = true;
  /// Of a whole source: its offsets are those of the source.
  bool isSource = false;
};

/// Splits `text` into tokens, the last of which is the End. None after an
/// error.
std::optional<std::vector<Token>> tokenize(std::string_view text,
                                           const TextOrigin &origin,
                                           DiagnosticEngine &diagnostics);

/// Whether expressions use the word `text`, so that it is no name.
bool isKeyword(std::string_view text);

/// A token as messages show it.
std::string describe(const Token &token);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_LEXER_H
