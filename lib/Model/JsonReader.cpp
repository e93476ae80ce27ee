// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the JSON spelling to the syntax tree. The registry decides what a bare
// value means.

#include "Expression.h"
#include "Json.h"
#include "descent/Model/Load.h"
#include "descent/Model/Registry.h"
#include <algorithm>

using namespace descent::model;

namespace {

/// The version of the model language, the value of the key "descent".
constexpr int64_t languageVersion = 1;

const std::vector<std::string> modifiers = {"of", "as", "name"};

std::string withArticle(std::string_view noun) {
  return (noun.starts_with('o') ? "an " : "a ") + std::string(noun);
}

class Reader {
public:
  Reader(uint32_t file, DiagnosticEngine &diagnostics)
      : file(file), diagnostics(diagnostics) {}

  std::optional<Model> run();

private:
  Diagnostic &error(Location location, std::string message) {
    return diagnostics.error(location, std::move(message));
  }
  /// "`what` is an object, got a string"
  void wrongKind(const JsonValue &value, std::string_view expected) {
    error(value.location, "expected " + std::string(expected) + ", got " +
                              std::string(value.describe()));
  }

  bool readVersion(const JsonValue &root);
  Identifier readName(const std::string &text, Location location,
                      std::string_view what);
  std::optional<Expr> readExpr(const JsonValue &value);
  std::vector<Expr> readOperands(const JsonValue &value);

  const OpSpec *findOp(const std::string &name, Location location,
                       Category category);
  bool readCallValue(const JsonValue &value, const OpSpec &op, bool inNetwork,
                     Call &call);
  std::optional<Call> readCall(const JsonValue &value, Category category);

  void readConstants(const JsonValue &value);
  void readInputs(const JsonValue &value);
  void readNetwork(const JsonValue &value);
  void readLayer(const JsonValue &value);
  const JsonMember *findLayerOp(const JsonValue &value);
  void readResults(const JsonValue &value, Category category,
                   std::vector<ResultDecl> &results);
  void readTrain(const JsonValue &value);

  uint32_t file;
  DiagnosticEngine &diagnostics;
  Model model;
};

bool Reader::readVersion(const JsonValue &root) {
  const JsonMember *version = root.find("descent");
  if (!version) {
    error(root.location, "the key 'descent' is missing: a model file says "
                         "\"descent\": 1, the version of the language");
    return false;
  }
  if (version->value.kind == JsonValue::Kind::Integer &&
      version->value.integer == languageVersion)
    return true;
  if (version->value.kind == JsonValue::Kind::Integer)
    error(version->value.location,
          "version " + std::to_string(version->value.integer) +
              " of the model language is not known: this compiler reads "
              "version " +
              std::to_string(languageVersion));
  else
    wrongKind(version->value, "the version of the model language, 1");
  return false;
}

Identifier Reader::readName(const std::string &text, Location location,
                            std::string_view what) {
  if (!isIdentifier(text)) {
    error(location, quote(text) + " cannot name " + std::string(what) +
                        ": a name is a letter or _, then letters, digits "
                        "and _");
    return {"", location};
  }
  if (text == "batch" || text == "true" || text == "false") {
    error(location,
          quote(text) + " is reserved and cannot name " + std::string(what));
    return {"", location};
  }
  return {text, location};
}

std::optional<Expr> Reader::readExpr(const JsonValue &value) {
  Expr result;
  result.location = value.location;
  switch (value.kind) {
  case JsonValue::Kind::Bool:
    result.kind = Expr::Kind::Bool;
    result.integer = value.boolean;
    return result;
  case JsonValue::Kind::Integer:
    result.kind = Expr::Kind::Integer;
    result.integer = value.integer;
    return result;
  case JsonValue::Kind::Float:
    result.kind = Expr::Kind::Float;
    result.number = value.number;
    return result;
  case JsonValue::Kind::String: {
    Location begin = value.location;
    begin.column += !value.escaped;
    return parseExpression(value.text, begin, !value.escaped, diagnostics);
  }
  case JsonValue::Kind::Array:
    result.kind = Expr::Kind::List;
    for (const JsonValue &item : value.items) {
      std::optional<Expr> expr = readExpr(item);
      if (!expr)
        return std::nullopt;
      result.operands.push_back(std::move(*expr));
    }
    return result;
  case JsonValue::Kind::Null:
  case JsonValue::Kind::Object:
    break;
  }
  wrongKind(value, "a number, a name or an expression");
  return std::nullopt;
}

std::vector<Expr> Reader::readOperands(const JsonValue &value) {
  std::optional<Expr> expr = readExpr(value);
  if (!expr)
    return {};
  if (expr->kind == Expr::Kind::List)
    return std::move(expr->operands);
  std::vector<Expr> result;
  result.push_back(std::move(*expr));
  return result;
}

const OpSpec *Reader::findOp(const std::string &name, Location location,
                             Category category) {
  const OpSpec *op = lookup(name);
  if (op && op->category == category)
    return op;
  std::string expected(toString(category));
  if (op) {
    error(location, quote(name) + " is " + withArticle(toString(op->category)) +
                        ", and " + withArticle(expected) + " is expected here");
    return nullptr;
  }
  std::vector<std::string> names;
  for (const OpSpec &candidate : registry())
    if (candidate.category == category)
      names.emplace_back(candidate.name);
  error(location,
        "unknown " + expected + " " + quote(name) + didYouMean(name, names));
  return nullptr;
}

/// Reads what stands behind the op's key. In a network the value that an op
/// with one operand takes comes from outside, so a bare value is its first
/// attribute; elsewhere it is the operand.
bool Reader::readCallValue(const JsonValue &value, const OpSpec &op,
                           bool inNetwork, Call &call) {
  size_t before = diagnostics.numErrors();
  if (value.isObject()) {
    for (const JsonMember &member : value.members) {
      if (member.key == "args") {
        call.operands = readOperands(member.value);
        if (call.operands.empty() && diagnostics.numErrors() == before)
          error(member.value.location, "'args' is empty");
        continue;
      }
      if (std::optional<Expr> expr = readExpr(member.value))
        call.attributes.push_back(
            {{member.key, member.location}, std::move(*expr)});
    }
    return diagnostics.numErrors() == before;
  }
  bool takesValues =
      inNetwork ? op.operands.size() > 1 || op.variadic : !op.operands.empty();
  if (takesValues && (value.isArray() || value.isString())) {
    call.operands = readOperands(value);
    if (call.operands.empty() && diagnostics.numErrors() == before)
      error(value.location, "the list of values is empty");
    return diagnostics.numErrors() == before;
  }
  std::string got = ", got " + std::string(value.describe());
  std::string problem;
  if (takesValues && op.attributes.empty())
    problem = "expected the values of " + quote(op.name) + got;
  else if (op.attributes.empty())
    problem = quote(op.name) + " has no attributes" + got + ": write \"" +
              std::string(op.name) + "\" alone";
  else if (value.kind == JsonValue::Kind::Null)
    problem = "expected the attributes of " + quote(op.name) + got;
  if (!problem.empty()) {
    error(value.location, problem);
    return false;
  }
  std::optional<Expr> expr = readExpr(value);
  if (expr)
    call.attributes.push_back(
        {{std::string(op.attributes[0].name), value.location},
         std::move(*expr)});
  return expr.has_value();
}

/// Reads `{"op": ...}` or `"op"`.
std::optional<Call> Reader::readCall(const JsonValue &value,
                                     Category category) {
  Call call;
  if (value.isString()) {
    call.op = {value.text, value.location};
    if (!findOp(value.text, value.location, category))
      return std::nullopt;
    return call;
  }
  if (!value.isObject() || value.members.size() != 1) {
    std::string expected =
        "expected { \"<" + std::string(toString(category)) + ">\": ... }";
    if (!value.isObject())
      error(value.location,
            expected + ", got " + std::string(value.describe()));
    else
      error(value.members.empty() ? value.location : value.members[1].location,
            expected + " with one key, got " +
                std::to_string(value.members.size()));
    return std::nullopt;
  }
  const JsonMember &member = value.members[0];
  call.op = {member.key, member.location};
  const OpSpec *op = findOp(member.key, member.location, category);
  if (!op || !readCallValue(member.value, *op, /*inNetwork=*/false, call))
    return std::nullopt;
  return call;
}

void Reader::readConstants(const JsonValue &value) {
  if (!value.isObject())
    return wrongKind(value, "an object of constants");
  for (const JsonMember &member : value.members) {
    Identifier name = readName(member.key, member.location, "a constant");
    std::optional<Expr> expr = readExpr(member.value);
    if (!name.empty() && expr)
      model.constants.push_back({std::move(name), std::move(*expr)});
  }
}

void Reader::readInputs(const JsonValue &value) {
  if (!value.isObject())
    return wrongKind(value, "an object of inputs");
  for (const JsonMember &member : value.members) {
    InputDecl input;
    input.name = readName(member.key, member.location, "an input");
    input.dtype = {"f32", member.location};
    if (!member.value.isObject()) {
      wrongKind(member.value, "{ \"shape\": [...], \"dtype\": \"f32\" }");
      continue;
    }
    bool hasShape = false;
    for (const JsonMember &part : member.value.members) {
      if (part.key == "shape" && part.value.isArray()) {
        std::optional<Expr> shape = readExpr(part.value);
        hasShape = true;
        if (shape)
          input.shape = std::move(*shape);
        else
          input.name.text.clear();
      } else if (part.key == "shape") {
        wrongKind(part.value, "an array of sizes");
        hasShape = true;
        input.name.text.clear();
      } else if (part.key == "dtype" && part.value.isString()) {
        input.dtype = {part.value.text, part.value.location};
      } else if (part.key == "dtype") {
        wrongKind(part.value, "\"f32\" or \"i32\"");
      } else {
        error(part.location, "unknown key " + quote(part.key) + " in an input" +
                                 didYouMean(part.key, {"shape", "dtype"}));
      }
    }
    if (!hasShape)
      error(member.location, "input " + quote(member.key) + " has no 'shape'");
    else if (!input.name.empty())
      model.inputs.push_back(std::move(input));
  }
}

/// The member of a layer that says which op it is: the one key that is no
/// modifier.
const JsonMember *Reader::findLayerOp(const JsonValue &value) {
  std::vector<const JsonMember *> known, unknown;
  for (const JsonMember &member : value.members)
    if (std::find(modifiers.begin(), modifiers.end(), member.key) ==
        modifiers.end())
      (lookup(member.key) ? known : unknown).push_back(&member);
  if (known.empty() && unknown.empty()) {
    error(value.location, "a layer names its op: { \"dense\": 10 }");
    return nullptr;
  }
  if (known.size() > 1) {
    error(known[1]->location, "a layer is one op, got " + quote(known[0]->key) +
                                  " and " + quote(known[1]->key));
    return nullptr;
  }
  if (known.empty() && unknown.size() == 1)
    return unknown[0];
  if (known.empty()) {
    findOp(unknown[0]->key, unknown[0]->location, Category::Layer);
    return nullptr;
  }
  for (const JsonMember *member : unknown) {
    std::string message = "unknown key " + quote(member->key) + " in a layer";
    if (lookup(known[0]->key)->attribute(member->key))
      message += ": it is an attribute of " + quote(known[0]->key) +
                 ", so write { \"" + known[0]->key + "\": { \"" + member->key +
                 "\": ... } }";
    else
      message += didYouMean(member->key, modifiers);
    error(member->location, message);
  }
  return unknown.empty() ? known[0] : nullptr;
}

void Reader::readLayer(const JsonValue &value) {
  Layer layer;
  layer.takesPrevious = true;
  if (value.isString()) {
    layer.call.op = {value.text, value.location};
    findOp(value.text, value.location, Category::Layer);
  } else if (value.isObject()) {
    const JsonMember *member = findLayerOp(value);
    const OpSpec *op =
        member ? findOp(member->key, member->location, Category::Layer)
               : nullptr;
    if (op) {
      layer.call.op = {member->key, member->location};
      readCallValue(member->value, *op, /*inNetwork=*/true, layer.call);
    }
    for (const JsonMember &part : value.members) {
      if (part.key == "of") {
        if (!layer.call.operands.empty())
          error(part.location, "the values of " + quote(layer.call.op.text) +
                                   " are given twice: behind its name and "
                                   "by 'of'");
        else if (part.value.isString() || part.value.isArray())
          layer.call.operands = readOperands(part.value);
        else
          wrongKind(part.value, "the name of a value or an array of names");
        if (part.value.isArray() && part.value.items.empty())
          error(part.value.location, "the list of values is empty");
      } else if (part.key == "as" || part.key == "name") {
        if (!part.value.isString())
          wrongKind(part.value, "a name");
        else if (part.key == "name")
          layer.name = {part.value.text, part.value.location};
        else
          layer.as = readName(part.value.text, part.value.location, "a value");
      }
    }
  } else {
    wrongKind(value, "a layer: \"relu\" or { \"dense\": 10 }");
  }
  layer.takesPrevious = layer.call.operands.empty();
  model.network.push_back(std::move(layer));
}

void Reader::readNetwork(const JsonValue &value) {
  if (!value.isArray())
    return wrongKind(value, "an array of layers");
  for (const JsonValue &item : value.items)
    readLayer(item);
}

void Reader::readResults(const JsonValue &value, Category category,
                         std::vector<ResultDecl> &results) {
  bool isOutput = category == Category::Layer;
  if (!value.isObject())
    return wrongKind(value, isOutput ? "an object of outputs"
                                     : "an object of metrics");
  for (const JsonMember &member : value.members) {
    ResultDecl result;
    result.name = readName(member.key, member.location,
                           isOutput ? "an output" : "a metric");
    if (isOutput && member.value.isString()) {
      std::optional<Expr> expr = readExpr(member.value);
      if (!expr)
        continue;
      result.reference = std::move(*expr);
    } else {
      result.call = readCall(member.value, category);
      if (!result.call)
        continue;
    }
    if (!result.name.empty())
      results.push_back(std::move(result));
  }
}

void Reader::readTrain(const JsonValue &value) {
  if (!value.isObject())
    return wrongKind(value, "an object of training defaults");
  for (const JsonMember &member : value.members)
    if (std::optional<Expr> expr = readExpr(member.value))
      model.train.push_back({{member.key, member.location}, std::move(*expr)});
}

std::optional<Model> Reader::run() {
  size_t before = diagnostics.numErrors();
  std::optional<JsonValue> root = parseJson(file, diagnostics);
  if (!root)
    return std::nullopt;
  if (!root->isObject()) {
    wrongKind(*root, "a model: { \"descent\": 1, ... }");
    return std::nullopt;
  }
  if (!readVersion(*root))
    return std::nullopt;
  model.file = file;
  model.name = {"model", root->location};
  static const std::vector<std::string> keys = {
      "descent", "name",    "constants", "inputs",    "network",
      "loss",    "metrics", "outputs",   "optimizer", "train"};
  for (const JsonMember &member : root->members) {
    const std::string &key = member.key;
    const JsonValue &value = member.value;
    if (key == "name" && !value.isString())
      wrongKind(value, "the name of the model");
    else if (key == "name" && value.text.empty())
      error(value.location, "the name of the model is empty");
    else if (key == "name")
      model.name = {value.text, value.location};
    else if (key == "constants")
      readConstants(value);
    else if (key == "inputs")
      readInputs(value);
    else if (key == "network")
      readNetwork(value);
    else if (key == "loss")
      model.loss = readCall(value, Category::Loss);
    else if (key == "metrics")
      readResults(value, Category::Metric, model.metrics);
    else if (key == "outputs")
      readResults(value, Category::Layer, model.outputs.emplace());
    else if (key == "optimizer")
      model.optimizer = readCall(value, Category::Optimizer);
    else if (key == "train")
      readTrain(value);
    else if (key != "descent")
      error(member.location, "unknown key " + quote(key) + " in a model" +
                                 didYouMean(key, keys));
  }
  if (!root->find("inputs"))
    error(root->location, "the model has no 'inputs'");
  if (diagnostics.numErrors() != before)
    return std::nullopt;
  return std::move(model);
}

} // namespace

std::optional<Model> descent::model::readJson(uint32_t file,
                                              DiagnosticEngine &diagnostics) {
  return Reader(file, diagnostics).run();
}
