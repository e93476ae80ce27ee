// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules and functions of the JSON spelling.

#include "JsonReader.h"
#include "TextParser.h"

using namespace descent::model;

namespace {

const std::vector<std::string> definitionKeys = {"doc",     "kind",    "params",
                                                 "network", "returns", "vjp"};

std::optional<Definition::Kind> parseKind(std::string_view text) {
  if (text == "function")
    return Definition::Kind::Function;
  if (text == "loss")
    return Definition::Kind::Loss;
  if (text == "metric")
    return Definition::Kind::Metric;
  if (text == "initializer")
    return Definition::Kind::Initializer;
  return std::nullopt;
}

Expr noneAt(Location location) {
  Expr result;
  result.location = location;
  return result;
}

} // namespace

/// Reads what calls need to know: names and parameters.
void JsonReader::readSignatures(const JsonValue &value, bool areModules) {
  if (!value.isObject())
    return wrongKind(value, areModules ? "an object of modules"
                                       : "an object of functions");
  for (const JsonMember &member : value.members) {
    Definition definition;
    definition.kind =
        areModules ? Definition::Kind::Module : Definition::Kind::Function;
    definition.name =
        readIdentifier(member.key, member.location, "a definition");
    if (!member.value.isObject()) {
      wrongKind(member.value, "{ \"params\": {...}, \"network\": [...] }");
      continue;
    }
    for (const JsonMember &part : member.value.members) {
      if (part.key == "params") {
        readParameters(part.value, definition.parameters);
      } else if (part.key == "doc") {
        if (part.value.isString())
          definition.doc = part.value.text + "\n";
        else
          wrongKind(part.value, "a description");
      } else if (part.key == "kind" && !areModules) {
        std::optional<Definition::Kind> kind = parseKind(part.value.text);
        if (kind)
          definition.kind = *kind;
        else
          wrongKind(part.value, "\"function\", \"loss\", \"metric\" or "
                                "\"initializer\"");
      } else if (part.key != "network" && part.key != "returns" &&
                 part.key != "vjp") {
        unknownKey(part, areModules ? "a module" : "a function",
                   definitionKeys);
      }
    }
    for (const ParameterDecl &parameter : definition.parameters)
      callables.addValue(parameter.name.text);
    if (!definition.name.empty())
      callables.add(definition);
    model.definitions.push_back(std::move(definition));
    definitionSources.push_back(&member);
  }
}

bool JsonReader::readParameters(const JsonValue &value,
                                std::vector<ParameterDecl> &parameters) {
  if (!value.isObject()) {
    wrongKind(value, "an object of parameters");
    return false;
  }
  for (const JsonMember &member : value.members) {
    ParameterDecl parameter;
    if (readParameter(member, parameter))
      parameters.push_back(std::move(parameter));
  }
  return true;
}

bool JsonReader::readType(const JsonValue &value, ParameterType &type) {
  if (!value.isString()) {
    wrongKind(value, "the type of a parameter");
    return false;
  }
  Location begin = value.location;
  begin.column += !value.escaped;
  std::optional<ParameterType> result =
      parseType(value.text, begin, !value.escaped, diagnostics);
  if (result)
    type = std::move(*result);
  return result.has_value();
}

/// `"name": "int >= 1"`, or an object with the type, the default and bounds.
bool JsonReader::readParameter(const JsonMember &member,
                               ParameterDecl &parameter) {
  size_t before = diagnostics.numErrors();
  parameter.name = readIdentifier(member.key, member.location, "a parameter");
  const JsonValue &value = member.value;
  if (value.isString())
    return readType(value, parameter.type) && !parameter.name.empty();
  if (!value.isObject()) {
    wrongKind(value, "the type of a parameter, or { \"type\": \"int\", "
                     "\"default\": 1 }");
    return false;
  }
  std::optional<Expr> low, high;
  for (const JsonMember &part : value.members) {
    if (part.key == "type")
      readType(part.value, parameter.type);
    else if (part.key == "default")
      parameter.defaultValue = part.value.kind == JsonValue::Kind::Null
                                   ? noneAt(part.value.location)
                                   : readExpr(part.value);
    else if (part.key == "min")
      low = readExpr(part.value);
    else if (part.key == "max")
      high = readExpr(part.value);
    else
      unknownKey(part, "a parameter", {"type", "default", "min", "max"});
  }
  if (low)
    parameter.type.low = std::move(low);
  if (high)
    parameter.type.high = std::move(high);
  return diagnostics.numErrors() == before;
}

/// `"returns": expr`; of null, what the last layer gives.
bool JsonReader::readReturns(const JsonMember &member,
                             std::vector<Stage> &body) {
  Stage stage;
  stage.kind = Stage::Kind::Return;
  stage.location = member.location;
  if (member.value.kind == JsonValue::Kind::Null) {
    stage.takesPrevious = true;
  } else {
    std::optional<Expr> value = readExpr(member.value);
    if (!value)
      return false;
    stage.location = value->location;
    stage.value = std::move(*value);
  }
  body.push_back(std::move(stage));
  return true;
}

bool JsonReader::readVjp(const JsonValue &value, Definition &definition) {
  if (!value.isObject()) {
    wrongKind(value, "{ \"cotangents\": [...], \"returns\": [...] }");
    return false;
  }
  definition.vjp.emplace();
  const JsonMember *returns = nullptr;
  for (const JsonMember &part : value.members) {
    if (part.key == "cotangents") {
      if (!readNames(part.value, definition.cotangents, "a cotangent"))
        return false;
    } else if (part.key == "network") {
      readNetwork(part.value, *definition.vjp);
    } else if (part.key == "returns") {
      returns = &part;
    } else {
      unknownKey(part, "'vjp'", {"cotangents", "network", "returns"});
    }
  }
  if (definition.cotangents.empty()) {
    error(value.location, "'vjp' has no 'cotangents'");
    return false;
  }
  return !returns || readReturns(*returns, *definition.vjp);
}

void JsonReader::readBody(Definition &definition, const JsonMember &source) {
  const JsonMember *returns = nullptr;
  const JsonMember *vjp = nullptr;
  for (const JsonMember &part : source.value.members) {
    if (part.key == "network")
      readNetwork(part.value, definition.body);
    else if (part.key == "returns")
      returns = &part;
    else if (part.key == "vjp")
      vjp = &part;
  }
  if (returns)
    readReturns(*returns, definition.body);
  if (!source.value.find("network") && !returns)
    error(source.location, quote(source.key) + " has neither 'network' nor "
                                               "'returns'");
  if (vjp && definition.kind != Definition::Kind::Function)
    error(vjp->location, "only a function has a derivative of its own");
  else if (vjp)
    readVjp(vjp->value, definition);
}
