// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The words of the text spelling; see Lexer.h.

#include "Lexer.h"
#include "Expression.h"
#include <algorithm>
#include <charconv>
#include <utility>

using namespace descent::model;

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool isNamePart(char c) { return isNameStart(c) || isDigit(c); }

/// A bound on memory; models have thousands.
constexpr size_t maxTokens = 1000000;

/// Longer ones first.
constexpr std::string_view symbols[] = {
    "|>", "=>", "==", "!=", "<=", ">=", "<<", ">>", "**", "+", "-",
    "*",  "/",  "%",  "@",  "<",  ">",  "&",  "|",  "^",  "~", "(",
    ")",  "[",  "]",  "{",  "}",  ",",  ":",  ";",  "=",  "."};

class Lexer {
public:
  Lexer(std::string_view text, const TextOrigin &origin,
        DiagnosticEngine &diagnostics)
      : text(text), origin(origin), diagnostics(diagnostics) {}

  std::optional<std::vector<Token>> run();

private:
  Location locate(size_t offset) const {
    if (origin.isSource)
      return diagnostics.locate(origin.begin.file, offset);
    Location result = origin.begin;
    if (origin.exact)
      result.column += offset;
    return result;
  }
  void error(size_t offset, std::string message) {
    diagnostics.error(locate(offset), std::move(message));
    ++numErrors;
  }

  void skipSpace();
  void readNumber(Token &token);
  void readString(Token &token);
  void readEscape(Token &token);
  void appendCodePoint(std::string &out, uint32_t code);

  std::string_view text;
  const TextOrigin &origin;
  DiagnosticEngine &diagnostics;
  size_t at = 0;
  size_t numErrors = 0;
  bool startsLine = true;
  std::string doc;
};

void Lexer::skipSpace() {
  while (at < text.size()) {
    char c = text[at];
    if (c == '\n') {
      startsLine = true;
    } else if (c == '/' && text.substr(at, 2) == "//") {
      size_t end = std::min(text.find('\n', at), text.size());
      std::string_view line = text.substr(at, end - at);
      if (line.starts_with("///") && !line.starts_with("////")) {
        line.remove_prefix(3);
        if (line.starts_with(' '))
          line.remove_prefix(1);
        doc += std::string(line) + "\n";
      } else {
        doc.clear();
      }
      at = end;
      continue;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return;
    }
    ++at;
  }
}

void Lexer::readNumber(Token &token) {
  std::string digits;
  auto takeDigits = [&] {
    while (at < text.size() &&
           (isDigit(text[at]) ||
            (text[at] == '_' && at + 1 < text.size() && isDigit(text[at + 1]))))
      if (char c = text[at++]; c != '_')
        digits += c;
  };
  bool isFloat = false;
  takeDigits();
  if (at < text.size() && text[at] == '.' &&
      (at + 1 == text.size() || text[at + 1] != '.')) {
    isFloat = true;
    digits += text[at++];
    takeDigits();
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    size_t next = at + 1;
    if (next < text.size() && (text[next] == '+' || text[next] == '-'))
      ++next;
    if (next < text.size() && isDigit(text[next])) {
      isFloat = true;
      digits += text.substr(at, next - at);
      at = next;
      takeDigits();
    }
  }
  token.text = text.substr(token.begin, at - token.begin);
  const char *last = digits.data() + digits.size();
  // from_chars takes no plus sign in front, and there is none here.
  auto [end, problem] = std::from_chars(digits.data(), last, token.number);
  if (problem == std::errc::result_out_of_range)
    return error(token.begin, "the number is out of range");
  if (problem != std::errc() || end != last)
    return error(token.begin, "expected a number, got " + quote(digits));
  auto [integerEnd, integerProblem] =
      std::from_chars(digits.data(), last, token.integer);
  // An integer too large for 64 bits is a float, as in JSON.
  bool isInteger =
      !isFloat && integerProblem == std::errc() && integerEnd == last;
  token.kind = isInteger ? Token::Kind::Integer : Token::Kind::Float;
  if (!isInteger)
    token.integer = 0;
  if (at < text.size() && isNamePart(text[at]))
    error(at, "expected an operator after the number, got " +
                  quote(text.substr(at, 1)));
}

void Lexer::appendCodePoint(std::string &out, uint32_t code) {
  if (code < 0x80) {
    out += char(code);
  } else if (code < 0x800) {
    out += char(0xc0 | code >> 6);
    out += char(0x80 | (code & 0x3f));
  } else {
    out += char(0xe0 | code >> 12);
    out += char(0x80 | (code >> 6 & 0x3f));
    out += char(0x80 | (code & 0x3f));
  }
}

void Lexer::readEscape(Token &token) {
  size_t begin = at++;
  char c = at < text.size() ? text[at++] : 0;
  static constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
  if (size_t i = from.find(c); c && i != from.npos) {
    token.text += to[i];
    return;
  }
  uint32_t code = 0;
  const char *first = text.data() + std::min(at, text.size());
  const char *last = text.data() + std::min(at + 4, text.size());
  if (c == 'u' && last - first == 4) {
    auto [end, problem] = std::from_chars(first, last, code, 16);
    bool isSurrogate = code >= 0xd800 && code < 0xe000;
    if (problem == std::errc() && end == last && !isSurrogate) {
      at += 4;
      return appendCodePoint(token.text, code);
    }
  }
  error(begin,
        "unknown escape in a string: expected \\\", \\\\, \\/, \\b, \\f, "
        "\\n, \\r, \\t or \\u and four hexadecimal digits");
}

/// Whether a text is UTF-8: no stray, missing or overlong bytes, no surrogates.
static bool isUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    auto byte = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
    unsigned char first = byte(i++);
    if (first < 0x80)
      continue;
    int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || i + more > text.size())
      return false;
    uint32_t code = first & (0x3f >> more);
    for (int k = 0; k < more; ++k) {
      if ((byte(i) & 0xc0) != 0x80)
        return false;
      code = code << 6 | (byte(i++) & 0x3f);
    }
    if ((more == 2 && code < 0x800) || (code >= 0xd800 && code < 0xe000) ||
        (more == 3 && (code < 0x10000 || code > 0x10ffff)))
      return false;
  }
  return true;
}

void Lexer::readString(Token &token) {
  token.kind = Token::Kind::String;
  ++at;
  while (at < text.size() && text[at] != '"' && text[at] != '\n') {
    if (text[at] == '\\')
      readEscape(token);
    else
      token.text += text[at++];
  }
  if (at >= text.size() || text[at] != '"')
    return error(token.begin, "the string does not end on its line");
  ++at;
  if (!isUtf8(token.text))
    error(token.begin, "the string is no UTF-8");
}

std::optional<std::vector<Token>> Lexer::run() {
  std::vector<Token> tokens;
  while (numErrors < DiagnosticEngine::maxErrors) {
    skipSpace();
    Token token;
    token.begin = at;
    token.location = locate(at);
    token.startsLine = std::exchange(startsLine, false);
    token.doc = std::exchange(doc, {});
    if (at >= text.size()) {
      if (numErrors)
        return std::nullopt;
      token.end = at;
      token.text =
          origin.isSource ? "the end of the file" : "the end of the expression";
      tokens.push_back(std::move(token));
      return tokens;
    }
    char c = text[at];
    if (isNameStart(c)) {
      token.kind = Token::Kind::Name;
      while (at < text.size() && isNamePart(text[at]))
        ++at;
      token.text = text.substr(token.begin, at - token.begin);
    } else if (isDigit(c) ||
               (c == '.' && at + 1 < text.size() && isDigit(text[at + 1]))) {
      readNumber(token);
    } else if (c == '"') {
      readString(token);
    } else {
      token.kind = Token::Kind::Symbol;
      for (std::string_view symbol : symbols)
        if (text.substr(at).starts_with(symbol)) {
          token.text = symbol;
          break;
        }
      if (token.text.empty())
        error(at, "unexpected character " + quote(text.substr(at, 1)));
      at += std::max<size_t>(token.text.size(), 1);
    }
    token.end = at;
    if (tokens.size() == maxTokens) {
      error(token.begin,
            "the model has more than " + std::to_string(maxTokens) + " words");
      break;
    }
    tokens.push_back(std::move(token));
  }
  return std::nullopt;
}

} // namespace

std::optional<std::vector<Token>>
descent::model::tokenize(std::string_view text, const TextOrigin &origin,
                         DiagnosticEngine &diagnostics) {
  return Lexer(text, origin, diagnostics).run();
}

bool descent::model::isKeyword(std::string_view text) {
  static constexpr std::string_view keywords[] = {
      "true", "false", "none", "if",  "then", "else",   "and",
      "or",   "not",   "xor",  "for", "in",   "return", "vjp"};
  return std::find(std::begin(keywords), std::end(keywords), text) !=
         std::end(keywords);
}

std::string descent::model::describe(const Token &token) {
  switch (token.kind) {
  case Token::Kind::End:
    return token.text;
  case Token::Kind::Name:
  case Token::Kind::Symbol:
    return quote(token.text);
  case Token::Kind::String:
    return "a string";
  case Token::Kind::Integer:
  case Token::Kind::Float:
    return "a number";
  }
  return "";
}
