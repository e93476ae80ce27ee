// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The sections of a file in the JSON spelling.

#include "JsonReader.h"
#include "descent/Model/Load.h"
#include <algorithm>

using namespace descent::model;

namespace {

/// The version of the model language, the value of the key "descent".
constexpr int64_t languageVersion = 1;

const std::vector<std::string> sections = {
    "descent",   "name",    "constants", "inputs",  "modules",
    "functions", "network", "loss",      "metrics", "outputs",
    "optimizer", "train",   "entries"};

const std::vector<std::string> entryKeys = {
    "batch", "set", "training", "network", "outputs", "loss", "optimizer"};

const std::vector<Category> lossCategories = {Category::Loss, Category::Op,
                                              Category::Layer};
const std::vector<Category> metricCategories = {
    Category::Metric, Category::Loss, Category::Op, Category::Layer};
const std::vector<Category> outputCategories = {Category::Layer, Category::Op};

} // namespace

void JsonReader::wrongKind(const JsonValue &value, std::string_view expected) {
  error(value.location, "expected " + std::string(expected) + ", got " +
                            std::string(value.describe()));
}

void JsonReader::unknownKey(const JsonMember &member, std::string_view where,
                            const std::vector<std::string> &known) {
  error(member.location, "unknown key " + quote(member.key) + " in " +
                             std::string(where) +
                             didYouMean(member.key, known));
}

bool JsonReader::readVersion(const JsonValue &root) {
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

void JsonReader::readName(const JsonValue &value) {
  if (!value.isString())
    wrongKind(value, "the name of the model");
  else if (value.text.empty())
    error(value.location, "the name of the model is empty");
  else
    model.name = {value.text, value.location};
}

void JsonReader::readConstants(const JsonValue &value) {
  if (!value.isObject())
    return wrongKind(value, "an object of constants");
  for (const JsonMember &member : value.members) {
    Identifier name = readIdentifier(member.key, member.location, "a constant");
    std::optional<Expr> expr = readExpr(member.value);
    if (name.empty() || !expr)
      continue;
    if (expr->kind == Expr::Kind::Lambda)
      callables.addValue(name.text);
    model.constants.push_back({std::move(name), std::move(*expr)});
  }
}

void JsonReader::readInputs(const JsonValue &value) {
  if (!value.isObject())
    return wrongKind(value, "an object of inputs");
  for (const JsonMember &member : value.members)
    readInput(member);
}

void JsonReader::readInput(const JsonMember &member) {
  size_t before = diagnostics.numErrors();
  InputDecl input;
  input.name = readIdentifier(member.key, member.location, "an input");
  input.dtype = {"f32", member.location};
  if (!member.value.isObject())
    return wrongKind(member.value, "{ \"shape\": [...], \"dtype\": \"f32\" }");
  for (const JsonMember &part : member.value.members) {
    if (part.key == "shape" && part.value.isArray()) {
      if (std::optional<Expr> shape = readExpr(part.value))
        input.shape = std::move(*shape);
    } else if (part.key == "shape") {
      wrongKind(part.value, "an array of sizes");
    } else if (part.key == "dtype" && part.value.isString()) {
      input.dtype = {part.value.text, part.value.location};
    } else if (part.key == "dtype") {
      wrongKind(part.value, "\"f32\" or \"i32\"");
    } else if (part.key == "range") {
      if (!part.value.isArray() || part.value.items.size() != 2)
        wrongKind(part.value, "the range [low, high) as an array of two");
      else
        input.range = readExpr(part.value);
    } else {
      unknownKey(part, "an input", {"shape", "dtype", "range"});
    }
  }
  if (!member.value.find("shape"))
    error(member.location, "input " + quote(member.key) + " has no 'shape'");
  if (diagnostics.numErrors() == before)
    model.inputs.push_back(std::move(input));
}

void JsonReader::readResults(const JsonValue &value, bool isOutput,
                             std::vector<ResultDecl> &results) {
  if (!value.isObject())
    return wrongKind(value, isOutput ? "an object of outputs"
                                     : "an object of metrics");
  for (const JsonMember &member : value.members) {
    ResultDecl result;
    result.name = readIdentifier(member.key, member.location,
                                 isOutput ? "an output" : "a metric");
    std::optional<Expr> expr = readResult(
        member.value, isOutput ? outputCategories : metricCategories);
    if (!expr || result.name.empty())
      continue;
    result.value = std::move(*expr);
    results.push_back(std::move(result));
  }
}

/// One loss, or an array of those that are added up.
void JsonReader::readLosses(const JsonValue &value, std::vector<Expr> &losses) {
  auto add = [&](const JsonValue &item) {
    if (std::optional<Expr> loss = readResult(item, lossCategories))
      losses.push_back(std::move(*loss));
  };
  if (!value.isArray())
    return add(value);
  if (value.items.empty())
    error(value.location, "the list of losses is empty");
  std::for_each(value.items.begin(), value.items.end(), add);
}

/// One optimizer, or an array of them.
void JsonReader::readOptimizers(const JsonValue &value,
                                std::vector<OptimizerDecl> &optimizers) {
  if (!value.isArray())
    return readOptimizer(value, optimizers);
  if (value.items.empty())
    error(value.location, "the list of optimizers is empty");
  for (const JsonValue &item : value.items)
    readOptimizer(item, optimizers);
}

/// `"adam"`, or `{ "adam": {...}, "over": ["encoder"] }`.
void JsonReader::readOptimizer(const JsonValue &value,
                               std::vector<OptimizerDecl> &optimizers) {
  OptimizerDecl optimizer;
  if (value.isString()) {
    std::optional<Expr> expr = readText(value);
    if (!expr ||
        (expr->kind == Expr::Kind::Name &&
         !findCallable(value.text, value.location, {Category::Optimizer})))
      return;
    optimizer.value = std::move(*expr);
    optimizers.push_back(std::move(optimizer));
    return;
  }
  JsonValue call = value;
  std::erase_if(call.members,
                [](const JsonMember &member) { return member.key == "over"; });
  std::optional<Expr> expr;
  if (const JsonMember *given = call.find("value");
      given && call.members.size() == 1)
    expr = readExpr(given->value);
  else
    expr = readResult(call, {Category::Optimizer});
  if (const JsonMember *over = value.find("over")) {
    auto add = [&](const JsonValue &path) {
      if (path.isString())
        optimizer.over.push_back({path.text, path.location});
      else
        wrongKind(path, "the path of layers");
    };
    if (over->value.isArray())
      std::for_each(over->value.items.begin(), over->value.items.end(), add);
    else
      add(over->value);
  }
  if (!expr)
    return;
  optimizer.value = std::move(*expr);
  optimizers.push_back(std::move(optimizer));
}

void JsonReader::readTrain(const JsonValue &value) {
  if (!value.isObject())
    return wrongKind(value, "an object of training defaults");
  for (const JsonMember &member : value.members)
    if (std::optional<Expr> expr = readExpr(member.value))
      model.train.push_back({{member.key, member.location}, std::move(*expr)});
}

void JsonReader::readEntries(const JsonValue &value) {
  if (!value.isObject())
    return wrongKind(value, "an object of entries");
  for (const JsonMember &member : value.members)
    readEntry(member);
}

void JsonReader::readEntry(const JsonMember &member) {
  EntryDecl entry;
  entry.name = readIdentifier(member.key, member.location, "an entry");
  if (!member.value.isObject())
    return wrongKind(member.value, "an entry: { \"batch\": 1, ... }");
  auto override = [&](const JsonMember &part) {
    if (std::optional<Expr> expr = readExpr(part.value))
      entry.overrides.push_back({{part.key, part.location}, std::move(*expr)});
  };
  for (const JsonMember &part : member.value.members) {
    const JsonValue &value = part.value;
    if (part.key == "batch" || part.key == "training")
      override(part);
    else if (part.key == "set" && value.isObject())
      std::for_each(value.members.begin(), value.members.end(), override);
    else if (part.key == "set")
      wrongKind(value, "an object of constants");
    else if (part.key == "network")
      readNetwork(value, entry.body);
    else if (part.key == "outputs")
      readResults(value, /*isOutput=*/true, entry.outputs);
    else if (part.key == "loss")
      readLosses(value, entry.losses);
    else if (part.key == "optimizer")
      readOptimizers(value, entry.optimizers);
    else
      unknownKey(part, "an entry", entryKeys);
  }
  model.entries.push_back(std::move(entry));
}

bool JsonReader::readSection(const JsonMember &member) {
  const std::string &key = member.key;
  const JsonValue &value = member.value;
  if (key == "name")
    readName(value);
  else if (key == "constants")
    readConstants(value);
  else if (key == "inputs")
    readInputs(value);
  else if (key == "network")
    readNetwork(value, model.network);
  else if (key == "loss")
    readLosses(value, model.losses);
  else if (key == "metrics")
    readResults(value, /*isOutput=*/false, model.metrics);
  else if (key == "outputs")
    readResults(value, /*isOutput=*/true, model.outputs.emplace());
  else if (key == "optimizer")
    readOptimizers(value, model.optimizers);
  else if (key == "train")
    readTrain(value);
  else if (key == "entries")
    readEntries(value);
  else
    return key == "descent" || key == "modules" || key == "functions";
  return true;
}

std::optional<Model> JsonReader::run() {
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
  // Calls need the definitions' signatures, and may stand before them.
  for (const char *key : {"modules", "functions"})
    if (const JsonMember *member = root->find(key))
      readSignatures(member->value, std::string_view(key) == "modules");
  for (size_t i = 0; i < definitionSources.size(); ++i)
    readBody(model.definitions[i], *definitionSources[i]);
  for (const JsonMember &member : root->members)
    if (!readSection(member))
      unknownKey(member, "a model", sections);
  if (!root->find("inputs"))
    error(root->location, "the model has no 'inputs'");
  if (diagnostics.numErrors() != before)
    return std::nullopt;
  return std::move(model);
}

std::optional<Model> descent::model::readJson(uint32_t file,
                                              DiagnosticEngine &diagnostics) {
  return JsonReader(file, diagnostics).run();
}
