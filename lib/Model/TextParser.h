// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The recursive-descent parser of the text spelling; docs/language.md has the
// grammar.

#ifndef DESCENT_LIB_MODEL_TEXTPARSER_H
#define DESCENT_LIB_MODEL_TEXTPARSER_H

#include "Lexer.h"
#include <functional>

namespace descent::model {

/// Parses one list of tokens. What fails returns none, after an error;
/// statements go on with the next one.
class TextParser {
public:
  TextParser(std::vector<Token> tokens, DiagnosticEngine &diagnostics)
      : tokens(std::move(tokens)), diagnostics(diagnostics) {}

  /// All tokens as one expression.
  std::optional<Expr> parseOnlyExpression();
  std::optional<ParameterType> parseOnlyType();
  bool parseOnlyPipeline(std::vector<Stage> &stages);
  /// All tokens as a model; what of it is sound.
  Model parseModel(uint32_t file);

private:
  /// Bodies, parentheses and unary operators may be nested this deep together,
  /// and an expression may have this many operators: both bound recursion over
  /// the tree.
  static constexpr int maxDepth = 64;
  static constexpr int maxOperators = 200;

  struct Nesting {
    TextParser &parser;
    explicit Nesting(TextParser &parser) : parser(parser) { ++parser.depth; }
    ~Nesting() { --parser.depth; }
  };

  // Tokens (TextParser.cpp)
  const Token &peek(size_t ahead = 0) const {
    return tokens[std::min(at + ahead, tokens.size() - 1)];
  }
  const Token &next() { return tokens[at + 1 < tokens.size() ? at++ : at]; }
  bool take(std::string_view symbol);
  bool takeName(std::string_view name);
  bool expect(std::string_view symbol, std::string_view where);
  std::nullopt_t fail(std::string message) {
    return fail(peek().location, std::move(message));
  }
  std::nullopt_t fail(Location location, std::string message);
  bool tooDeep();
  std::optional<Identifier> parseName(std::string_view what);
  std::optional<Identifier> parsePath(std::string_view what);
  /// The index of the token behind the path at `from`, or `from`.
  size_t findPathEnd(size_t from) const;
  /// The index of the token behind the bracket that closes the one at `from`.
  size_t findClosing(size_t from) const;

  // Expressions (ExpressionParser.cpp)
  std::optional<Expr> parseExpr();
  /// An expression where no pipeline can stand.
  std::optional<Expr> parseSole();
  std::optional<Expr> parseIf();
  std::optional<Expr> parseBinary(int level);
  std::optional<Expr> parseNot();
  std::optional<Expr> parseUnary();
  std::optional<Expr> parsePower();
  std::optional<Expr> parsePostfix();
  std::optional<Expr> parseInnerPipeline();
  std::optional<Expr> parsePrimary();
  std::optional<Expr> parseList();
  std::optional<Expr> parseLambda();
  std::optional<Expr> parseBlockLambda();
  std::optional<Expr> parseSubscript(Expr base);
  std::optional<Expr> parseIndexItem();
  std::optional<std::vector<Argument>> parseArguments();
  std::optional<Expr> parseCall(Expr callee);
  bool isLambdaAhead() const;
  Expr makeBinary(std::string op, Location location, Expr left, Expr right);
  bool countOperator(Location location);

  // Bodies (BodyParser.cpp)
  /// `{ stages }`
  std::optional<std::vector<Stage>> parseBody();
  /// One stage, or all of a pipeline.
  bool parseStage(std::vector<Stage> &stages);
  bool parseValueStage(std::vector<Stage> &stages);
  /// `|> link |> link`, after `stages` has what the first link takes.
  bool parseLinks(std::vector<Stage> &stages, std::optional<Expr> operand);
  std::optional<Stage> parseLink();
  std::optional<Stage> parseDeclaration(Stage::Kind kind, bool frozen);
  std::optional<Stage> parseIfStage();
  std::optional<Stage> parseRepeat();
  std::optional<Stage> parseFor();
  bool parseReturn(std::vector<Stage> &stages);
  std::optional<Stage> parseNamed(Stage::Kind kind);
  bool isLabelAhead() const;
  bool isAssignmentAhead() const;

  // Statements and definitions (TextParser.cpp, DefinitionParser.cpp)
  bool parseStatement(Model &model);
  void recover(bool inBody);
  bool isStatementAhead() const;
  bool isFileStatementAhead() const;
  bool parseMembers(Location open, const std::function<bool()> &parse);
  bool parseModelName(Model &model);
  bool parseConstants(std::vector<ConstantDecl> &constants);
  bool parseInput(Model &model);
  bool parseMetric(Model &model);
  bool parseOutput(std::vector<ResultDecl> &outputs);
  bool parseLoss(std::vector<Expr> &losses);
  bool parseOptimizer(std::vector<OptimizerDecl> &optimizers);
  bool parseTrain(Model &model);
  bool parseEntry(Model &model);
  bool parseEntryBody(EntryDecl &entry);
  bool isDefinitionAhead() const;
  std::optional<Definition> parseDefinition();
  std::optional<std::vector<ParameterDecl>> parseParameters();
  std::optional<ParameterDecl> parseParameter();
  bool parseParameterType(ParameterType &type);
  bool parseBounds(ParameterType &type);
  /// `= expr`, or a body in braces.
  std::optional<std::vector<Stage>> parseDefinitionBody();

  std::vector<Token> tokens;
  DiagnosticEngine &diagnostics;
  size_t at = 0;
  int depth = 0;
  int numOperators = 0;
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_TEXTPARSER_H
