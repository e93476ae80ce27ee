// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the JSON spelling to the syntax tree. Signatures decide what a bare
// value means: those of the registry, and those of the file's own definitions.

#ifndef DESCENT_LIB_MODEL_JSONREADER_H
#define DESCENT_LIB_MODEL_JSONREADER_H

#include "Expression.h"
#include "Json.h"
#include "descent/Model/Registry.h"
#include <unordered_map>

namespace descent::model {

/// What the reader knows of something that can be called.
struct CallableShape {
  std::string name;
  Category category = Category::Op;
  size_t numOperands = 0;
  size_t numRequired = 0; ///< of them, those that are not optional
  bool variadic = false;
  std::vector<std::string> attributes;
  std::vector<bool> isFunction; ///< of each attribute: it takes a body
};

/// The shapes of everything that one file can call.
class CallableTable {
public:
  /// The entry of the registry or of the file, or null.
  const CallableShape *find(const std::string &name);
  void add(const Definition &definition);
  /// A value that may be called: an instance, a parameter. What it takes is
  /// not known.
  void addValue(const std::string &name);
  std::vector<std::string> names(const std::vector<Category> &categories) const;

private:
  std::unordered_map<std::string, CallableShape> shapes;
};

struct ItemForm;

class JsonReader {
public:
  JsonReader(uint32_t file, DiagnosticEngine &diagnostics)
      : file(file), diagnostics(diagnostics) {}

  std::optional<Model> run();

private:
  /// Which of several meanings a bare value has.
  enum class Place { Network, Result };

  Diagnostic &error(Location location, std::string message) {
    return diagnostics.error(location, std::move(message));
  }
  /// "expected `what`, got a string"
  void wrongKind(const JsonValue &value, std::string_view expected);
  void unknownKey(const JsonMember &member, std::string_view where,
                  const std::vector<std::string> &known);

  // The file (JsonReader.cpp)
  bool readVersion(const JsonValue &root);
  bool readSection(const JsonMember &member);
  void readName(const JsonValue &value);
  void readConstants(const JsonValue &value);
  void readInputs(const JsonValue &value);
  void readInput(const JsonMember &member);
  void readResults(const JsonValue &value, bool isOutput,
                   std::vector<ResultDecl> &results);
  void readLosses(const JsonValue &value, std::vector<Expr> &losses);
  void readOptimizers(const JsonValue &value,
                      std::vector<OptimizerDecl> &optimizers);
  void readOptimizer(const JsonValue &value,
                     std::vector<OptimizerDecl> &optimizers);
  void readTrain(const JsonValue &value);
  void readEntries(const JsonValue &value);
  void readEntry(const JsonMember &member);

  // Expressions and calls (JsonCalls.cpp)
  Identifier readIdentifier(const std::string &text, Location location,
                            std::string_view what);
  std::optional<Expr> readExpr(const JsonValue &value);
  std::optional<Expr> readText(const JsonValue &value);
  std::optional<Expr> readLambda(const JsonValue &value);
  std::optional<Expr> readAttribute(const JsonValue &value, bool isFunction);
  bool readOperands(const JsonValue &value, std::vector<Argument> &operands);
  const CallableShape *findCallable(const std::string &name, Location location,
                                    const std::vector<Category> &categories);
  bool readCallValue(const JsonValue &value, const CallableShape &shape,
                     Place place, std::vector<Argument> &operands,
                     std::vector<Argument> &attributes);
  std::optional<Expr> readCall(const JsonMember &member,
                               const std::vector<Category> &categories);
  /// `{"op": ...}` or an expression.
  std::optional<Expr> readResult(const JsonValue &value,
                                 const std::vector<Category> &categories);
  Expr makeCall(const std::string &name, Location location);

  // Networks (JsonNetwork.cpp)
  bool readNetwork(const JsonValue &value, std::vector<Stage> &stages);
  void readItem(const JsonValue &value, std::vector<Stage> &stages);
  void readLayer(const JsonValue &value, std::vector<Stage> &stages);
  const JsonMember *findLayerOp(const JsonValue &value);
  void readLayerKeys(const JsonValue &value, Stage &stage);
  bool readNames(const JsonValue &value, std::vector<Identifier> &names,
                 std::string_view what);
  void readValue(const JsonValue &value, std::vector<Stage> &stages);
  void readDeclared(const JsonValue &value, const ItemForm &form,
                    std::vector<Stage> &stages);
  void readPart(const JsonMember &part, Stage &stage);

  // Definitions (JsonDefinitions.cpp)
  void readSignatures(const JsonValue &value, bool areModules);
  void readBody(Definition &definition, const JsonMember &source);
  bool readParameters(const JsonValue &value,
                      std::vector<ParameterDecl> &parameters);
  bool readParameter(const JsonMember &member, ParameterDecl &parameter);
  bool readType(const JsonValue &value, ParameterType &type);
  bool readReturns(const JsonMember &member, std::vector<Stage> &body);
  bool readVjp(const JsonValue &value, Definition &definition);

  uint32_t file;
  DiagnosticEngine &diagnostics;
  Model model;
  CallableTable callables;
  /// What model.definitions were read from, for their bodies.
  std::vector<const JsonMember *> definitionSources;
};

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_JSONREADER_H
