// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expressions as text, with no more parentheses than reading them back needs.

#include "Expression.h"
#include "Printer.h"
#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>

using namespace descent::model;

namespace {

/// How strongly what an expression is made of binds; see ExpressionParser.cpp.
enum Level : int {
  anyLevel = 0, ///< `if`, functions
  notLevel = 2,
  unaryLevel = 9,
  powerLevel = 10,
  postfixLevel = 11,
};

int binaryLevel(std::string_view op) {
  static constexpr std::pair<std::string_view, int> levels[] = {
      {"or", 0}, {"and", 1}, {"==", 2}, {"!=", 2}, {"<", 2},
      {"<=", 2}, {">", 2},   {">=", 2}, {"|", 3},  {"^", 4},
      {"&", 5},  {"<<", 6},  {">>", 6}, {"+", 7},  {"-", 7},
      {"*", 8},  {"/", 8},   {"%", 8},  {"@", 8},  {"**", 10}};
  for (const auto &[name, level] : levels)
    if (name == op)
      return level;
  return anyLevel;
}

std::string print(const Expr &expr, int level);

std::string inParentheses(std::string text, bool needed) {
  return needed ? "(" + std::move(text) + ")" : text;
}

std::string join(const std::vector<Expr> &items, size_t from) {
  std::string result;
  for (size_t i = from; i < items.size(); ++i)
    result += (i == from ? "" : std::string(",") + softSpace) +
              print(items[i], anyLevel);
  return result;
}

std::string printArguments(const std::vector<Argument> &arguments) {
  std::string result;
  for (const Argument &argument : arguments) {
    if (!result.empty())
      result += std::string(",") + softSpace;
    if (!argument.key.empty())
      result += argument.key.text + ": ";
    result += print(argument.value, anyLevel);
  }
  return "(" + result + ")";
}

std::string printLambda(const Lambda &lambda) {
  if (!lambda.hasParameters)
    return printFlatBody(lambda.body);
  std::string result = printParameters(lambda.parameters) + " =>" + softSpace;
  if (lambda.body.size() == 1 && !lambda.body[0].takesPrevious)
    return result + print(lambda.body[0].value, anyLevel);
  return result + printFlatBody(lambda.body);
}

/// `first:end:step`, each left out where there is none.
std::string printSlice(const Expr &slice) {
  auto part = [&](size_t i) {
    const Expr &value = slice.operands[i];
    return value.kind == Expr::Kind::None ? "" : print(value, anyLevel);
  };
  std::string result = part(0) + ":" + part(1);
  std::string step = part(2);
  return step.empty() ? result : result + ":" + step;
}

std::string printIndex(const Expr &expr) {
  std::string result;
  for (size_t i = 1; i < expr.operands.size(); ++i) {
    const Expr &item = expr.operands[i];
    if (i > 1)
      result += std::string(",") + softSpace;
    result += item.kind == Expr::Kind::Slice ? printSlice(item)
                                             : print(item, anyLevel);
  }
  return print(expr.operands[0], postfixLevel) + "[" + result + "]";
}

std::string printBinary(const Expr &expr, int level) {
  const Expr &left = expr.operands[0], &right = expr.operands[1];
  int own = binaryLevel(expr.op);
  std::string text;
  if (expr.op == "**") {
    text = print(left, postfixLevel) + " ** " + print(right, unaryLevel);
  } else {
    // To the left, and comparisons not at all.
    bool isComparison = own == notLevel;
    text = print(left, own + isComparison) + " " + expr.op + softSpace +
           print(right, own + 1);
  }
  return inParentheses(std::move(text), own < level);
}

std::string printInteger(int64_t value) {
  // Its digits are not those of an integer.
  if (value == std::numeric_limits<int64_t>::min())
    return "(" + std::to_string(value + 1) + " - 1)";
  return std::to_string(value);
}

std::string print(const Expr &expr, int level) {
  switch (expr.kind) {
  case Expr::Kind::None:
    return "none";
  case Expr::Kind::Integer:
    return inParentheses(printInteger(expr.integer),
                         expr.integer < 0 && level > unaryLevel);
  case Expr::Kind::Float:
    return inParentheses(printNumber(expr.number),
                         expr.number < 0 && level > unaryLevel);
  case Expr::Kind::Bool:
    return expr.integer ? "true" : "false";
  case Expr::Kind::String:
    return printString(expr.name);
  case Expr::Kind::Name:
    return expr.name;
  case Expr::Kind::List:
    return "[" + join(expr.operands, 0) + "]";
  case Expr::Kind::Unary: {
    bool isNot = expr.op == "not";
    int own = isNot ? notLevel : unaryLevel;
    std::string operand = print(expr.operands[0], own);
    return inParentheses(expr.op + (isNot ? " " : "") + operand, own < level);
  }
  case Expr::Kind::Binary:
    return printBinary(expr, level);
  case Expr::Kind::If: {
    std::string text = "if " + print(expr.operands[0], anyLevel) + " then " +
                       print(expr.operands[1], anyLevel) + softSpace + "else " +
                       print(expr.operands[2], anyLevel);
    return inParentheses(std::move(text), level > anyLevel);
  }
  case Expr::Kind::Call:
    return print(expr.operands[0], postfixLevel) +
           printArguments(expr.arguments);
  case Expr::Kind::Index:
    return printIndex(expr);
  case Expr::Kind::Slice:
    return printSlice(expr);
  case Expr::Kind::Lambda:
    return inParentheses(printLambda(*expr.lambda),
                         expr.lambda->hasParameters && level > anyLevel);
  }
  return "";
}

} // namespace

std::string descent::model::flatten(std::string text) {
  std::replace(text.begin(), text.end(), softSpace, ' ');
  return text;
}

std::string descent::model::printNumber(double value) {
  char buffer[32];
  auto [end, problem] = std::to_chars(buffer, std::end(buffer), value);
  std::string text(buffer, end);
  // 1e-4 and not 1e-04.
  size_t exponent = text.find('e');
  if (exponent != text.npos && text[exponent + 2] == '0')
    text.erase(exponent + 2, 1);
  return text.find_first_of(".en") == text.npos ? text + ".0" : text;
}

std::string descent::model::printString(std::string_view text) {
  static constexpr std::string_view from = "\"\\\b\f\n\r\t", to = "\"\\bfnrt";
  std::string result = "\"";
  for (char c : text) {
    if (size_t i = from.find(c); i != from.npos) {
      result += '\\';
      result += to[i];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      static constexpr char digits[] = "0123456789abcdef";
      result += "\\u00";
      result += digits[c >> 4];
      result += digits[c & 15];
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string descent::model::printPath(std::string_view path) {
  std::string_view rest = path;
  bool arePartsNames = true;
  while (arePartsNames) {
    size_t dot = rest.find('.');
    arePartsNames = isIdentifier(rest.substr(0, dot));
    if (dot == rest.npos)
      break;
    rest.remove_prefix(dot + 1);
  }
  return arePartsNames ? std::string(path) : printString(path);
}

std::string descent::model::printExpr(const Expr &expr) {
  return print(expr, anyLevel);
}

std::string descent::model::printLink(const Stage &stage) {
  const Expr &value = stage.value;
  if (value.kind != Expr::Kind::Call)
    return print(value, postfixLevel);
  const Expr &callee = value.operands[0];
  // Only a name, a body or parentheses stand behind `|>`.
  bool isPlain =
      callee.kind == Expr::Kind::Name || callee.kind == Expr::Kind::Lambda;
  std::string text = isPlain ? print(callee, postfixLevel)
                             : "(" + print(callee, anyLevel) + ")";
  bool isWord = callee.kind == Expr::Kind::Name && callee.name == "repeat";
  if (value.arguments.empty() && !isWord && callee.kind != Expr::Kind::Call)
    return text;
  return text + printArguments(value.arguments);
}

std::string descent::model::printParameterType(const ParameterDecl &parameter) {
  const ParameterType &type = parameter.type;
  std::string text = type.name.text;
  if (!type.enumerators.empty()) {
    text += "(";
    for (const Identifier &enumerator : type.enumerators)
      text +=
          (&enumerator == &type.enumerators[0] ? "" : ", ") + enumerator.text;
    text += ")";
  }
  if (type.count)
    text += "(" + print(*type.count, anyLevel) + ")";
  if (type.high)
    text += std::string(" in ") + (type.openLow ? "(" : "[") +
            (type.low ? print(*type.low, unaryLevel) : "-1e308") + ", " +
            print(*type.high, unaryLevel) + (type.openHigh ? ")" : "]");
  else if (type.low)
    text += (type.openLow ? " > " : " >= ") + print(*type.low, unaryLevel);
  if (parameter.defaultValue)
    text += (text.empty() ? "= " : " = ") +
            print(*parameter.defaultValue, anyLevel);
  return text;
}

std::string
descent::model::printParameters(const std::vector<ParameterDecl> &parameters) {
  std::string result;
  for (const ParameterDecl &parameter : parameters) {
    if (!result.empty())
      result += std::string(",") + softSpace;
    result += parameter.name.text;
    std::string type = printParameterType(parameter);
    if (!type.empty())
      result += (parameter.type.name.empty() ? " " : ": ") + type;
  }
  return "(" + result + ")";
}
