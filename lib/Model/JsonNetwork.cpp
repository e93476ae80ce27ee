// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Networks of the JSON spelling: layers, and the items that are not layers.

#include "JsonReader.h"
#include "TextParser.h"
#include <algorithm>

using namespace descent::model;

/// An item of a network that is no layer: the key that says so, and those that
/// may stand beside it.
struct descent::model::ItemForm {
  std::string_view key;
  Stage::Kind kind;
  std::vector<std::string> required;
  std::vector<std::string> optional;
};

namespace {

const std::vector<std::string> modifiers = {"of", "as", "name"};

const std::vector<ItemForm> forms = {
    {"param", Stage::Kind::Param, {"shape"}, {"dtype", "init", "frozen"}},
    {"state", Stage::Kind::State, {"shape"}, {"dtype", "init"}},
    {"update", Stage::Kind::Update, {"to"}, {}},
    {"accumulate", Stage::Kind::Accumulate, {"to"}, {}},
    {"const", Stage::Kind::Constant, {"to"}, {}},
    {"instance", Stage::Kind::Instance, {"of"}, {}},
    {"if", Stage::Kind::If, {"then"}, {"else", "name", "as"}},
    {"repeat", Stage::Kind::Repeat, {"network"}, {"name", "as"}},
    {"for", Stage::Kind::For, {"in", "network"}, {}},
    {"require", Stage::Kind::Require, {"message"}, {}},
    {"return", Stage::Kind::Return, {}, {}},
};

bool contains(const std::vector<std::string> &list, const std::string &key) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

bool namesSomething(Stage::Kind kind) {
  return kind != Stage::Kind::If && kind != Stage::Kind::Repeat &&
         kind != Stage::Kind::Require && kind != Stage::Kind::Return;
}

} // namespace

bool JsonReader::readNetwork(const JsonValue &value,
                             std::vector<Stage> &stages) {
  size_t before = diagnostics.numErrors();
  if (!value.isArray())
    wrongKind(value, "an array of layers");
  for (const JsonValue &item : value.items)
    readItem(item, stages);
  return diagnostics.numErrors() == before;
}

void JsonReader::readItem(const JsonValue &value, std::vector<Stage> &stages) {
  if (value.isObject()) {
    if (value.find("value"))
      return readValue(value, stages);
    for (const ItemForm &form : forms)
      if (value.find(form.key))
        return readDeclared(value, form, stages);
  }
  readLayer(value, stages);
}

/// A name, or an array of names.
bool JsonReader::readNames(const JsonValue &value,
                           std::vector<Identifier> &names,
                           std::string_view what) {
  auto add = [&](const JsonValue &name) {
    if (!name.isString())
      wrongKind(name, "a name");
    else if (Identifier result = readIdentifier(name.text, name.location, what);
             !result.empty())
      names.push_back(std::move(result));
  };
  size_t before = diagnostics.numErrors();
  if (value.isArray() && value.items.empty())
    error(value.location, "the list of names is empty");
  else if (value.isArray())
    std::for_each(value.items.begin(), value.items.end(), add);
  else
    add(value);
  return diagnostics.numErrors() == before;
}

/// `{ "value": "expression", "as": "name" }`; the expression may be a pipeline.
void JsonReader::readValue(const JsonValue &value, std::vector<Stage> &stages) {
  const JsonMember *given = value.find("value");
  std::vector<Stage> parts;
  if (given->value.isString()) {
    Location begin = given->value.location;
    begin.column += !given->value.escaped;
    if (!parsePipeline(given->value.text, begin, !given->value.escaped,
                       diagnostics, parts))
      return;
  } else if (std::optional<Expr> expr = readExpr(given->value)) {
    parts.emplace_back().value = std::move(*expr);
    parts.back().location = given->value.location;
  } else {
    return;
  }
  for (const JsonMember &part : value.members) {
    if (part.key == "as") {
      readNames(part.value, parts.back().as, "a value");
    } else if (part.key == "name" && part.value.isString()) {
      parts.front().path = {part.value.text, part.value.location};
    } else if (part.key == "name") {
      wrongKind(part.value, "a name");
    } else if (part.key != "value") {
      unknownKey(part, "a value", {"value", "as", "name"});
    }
  }
  for (Stage &part : parts)
    stages.push_back(std::move(part));
}

void JsonReader::readDeclared(const JsonValue &value, const ItemForm &form,
                              std::vector<Stage> &stages) {
  size_t before = diagnostics.numErrors();
  std::string key(form.key);
  const JsonMember &main = *value.find(form.key);
  Stage stage;
  stage.kind = form.kind;
  stage.location = main.location;
  if (form.kind == Stage::Kind::Param || form.kind == Stage::Kind::State) {
    stage.dtype = {"f32", main.location};
    stage.value.kind = Expr::Kind::Integer;
    stage.value.location = main.location;
  }
  stage.takesPrevious = form.kind == Stage::Kind::Repeat;
  if (form.kind == Stage::Kind::Return) {
    std::vector<Stage> result;
    if (readReturns(main, result))
      stage = std::move(result.front());
  } else if (!namesSomething(form.kind)) {
    if (std::optional<Expr> expr = readExpr(main.value))
      stage.value = std::move(*expr);
  } else if (!main.value.isString()) {
    wrongKind(main.value, "a name");
  } else if (form.kind == Stage::Kind::Update) {
    stage.name = {main.value.text, main.value.location};
  } else {
    stage.name = readIdentifier(main.value.text, main.value.location,
                                "what it is called");
    if (form.kind == Stage::Kind::Instance ||
        form.kind == Stage::Kind::Constant || form.kind == Stage::Kind::For)
      callables.addValue(main.value.text);
  }
  for (const std::string &required : form.required)
    if (!value.find(required))
      error(main.location, quote(key) + " has no " + quote(required));
  for (const JsonMember &part : value.members) {
    if (part.key == form.key)
      continue;
    if (contains(form.required, part.key) || contains(form.optional, part.key))
      readPart(part, stage);
    else {
      std::vector<std::string> known = form.required;
      known.insert(known.end(), form.optional.begin(), form.optional.end());
      unknownKey(part, quote(key), known);
    }
  }
  if (diagnostics.numErrors() == before)
    stages.push_back(std::move(stage));
}

/// What stands beside the key of an item.
void JsonReader::readPart(const JsonMember &part, Stage &stage) {
  const std::string &key = part.key;
  const JsonValue &value = part.value;
  auto readInto = [&](Expr &target) {
    if (std::optional<Expr> expr = readExpr(value))
      target = std::move(*expr);
  };
  if (key == "shape") {
    if (value.isArray())
      return readInto(stage.shape);
    wrongKind(value, "an array of sizes");
  } else if (key == "dtype" || key == "name") {
    if (!value.isString())
      return wrongKind(value, key == "name" ? "a name" : "\"f32\" or \"i32\"");
    (key == "name" ? stage.path : stage.dtype) = {value.text, value.location};
  } else if (key == "frozen") {
    if (value.kind != JsonValue::Kind::Bool)
      return wrongKind(value, "true or false");
    stage.frozen = value.boolean;
  } else if (key == "message") {
    if (!value.isString())
      return wrongKind(value, "a message");
    stage.message = value.text;
  } else if (key == "of") {
    // An instance: what is bound, as in { "encoder": { "width": 64 } }.
    if (!value.isObject())
      return readInto(stage.value);
    if (std::optional<Expr> call = readResult(value, {Category::Layer}))
      stage.value = std::move(*call);
  } else if (key == "then" || key == "network") {
    readNetwork(value, stage.body);
  } else if (key == "else") {
    readNetwork(value, stage.otherwise);
  } else if (key == "as") {
    readNames(value, stage.as, "a value");
  } else {
    readInto(stage.value); // "init", "to" and "in"
  }
}

/// The member of a layer that says which op it is: the one key that is no
/// modifier.
const JsonMember *JsonReader::findLayerOp(const JsonValue &value) {
  std::vector<const JsonMember *> known, unknown;
  for (const JsonMember &member : value.members)
    if (!contains(modifiers, member.key))
      (callables.find(member.key) ? known : unknown).push_back(&member);
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
    findCallable(unknown[0]->key, unknown[0]->location,
                 {Category::Layer, Category::Op});
    return nullptr;
  }
  const std::string &op = known[0]->key;
  for (const JsonMember *member : unknown) {
    std::string message = "unknown key " + quote(member->key) + " in a layer";
    if (contains(callables.find(op)->attributes, member->key))
      message += ": it is an attribute of " + quote(op) + ", so write { \"" +
                 op + "\": { \"" + member->key + "\": ... } }";
    else
      message += didYouMean(member->key, modifiers);
    error(member->location, message);
  }
  return unknown.empty() ? known[0] : nullptr;
}

/// "as" and "name".
void JsonReader::readLayerKeys(const JsonValue &value, Stage &stage) {
  for (const JsonMember &part : value.members) {
    if (part.key == "as") {
      readNames(part.value, stage.as, "a value");
    } else if (part.key == "name") {
      if (part.value.isString())
        stage.path = {part.value.text, part.value.location};
      else
        wrongKind(part.value, "a name");
    }
  }
}

void JsonReader::readLayer(const JsonValue &value, std::vector<Stage> &stages) {
  Stage stage;
  stage.location = value.location;
  std::vector<Argument> operands, attributes;
  const CallableShape *shape = nullptr;
  const std::vector<Category> categories = {Category::Layer, Category::Op};
  if (value.isString()) {
    shape = findCallable(value.text, value.location, categories);
    stage.value = makeCall(value.text, value.location);
  } else if (value.isObject()) {
    const JsonMember *member = findLayerOp(value);
    if (member) {
      shape = findCallable(member->key, member->location, categories);
      stage.location = member->location;
      stage.value = makeCall(member->key, member->location);
    }
    if (shape)
      readCallValue(member->value, *shape, Place::Network, operands,
                    attributes);
    if (const JsonMember *of = value.find("of")) {
      if (!operands.empty())
        error(of->location, "the values of " + quote(shape ? shape->name : "") +
                                " are given twice: behind its name and "
                                "by 'of'");
      else if (of->value.isString() || of->value.isArray())
        readOperands(of->value, operands);
      else
        wrongKind(of->value, "the name of a value or an array of names");
      if (of->value.isArray() && of->value.items.empty())
        error(of->value.location, "the list of values is empty");
    }
    readLayerKeys(value, stage);
  } else {
    wrongKind(value, "a layer: \"relu\" or { \"dense\": 10 }");
  }
  if (!shape)
    return;
  // What takes no values makes them: it has nothing before it.
  stage.takesPrevious = operands.empty() && shape->numOperands > 0;
  stage.value.arguments = std::move(operands);
  for (Argument &attribute : attributes)
    stage.value.arguments.push_back(std::move(attribute));
  stages.push_back(std::move(stage));
}
