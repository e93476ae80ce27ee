// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signatures, and the registry's entries for definitions of the library.

#include "Signature.h"
#include "Expression.h"
#include "Library.h"
#include <deque>

using namespace descent::model;

std::vector<std::string> Signature::attributeNames() const {
  std::vector<std::string> result;
  for (const Parameter &parameter : parameters)
    if (parameter.form == Parameter::Form::Attribute)
      result.emplace_back(parameter.name);
  return result;
}

const Parameter *Signature::find(std::string_view name) const {
  for (const Parameter &parameter : parameters)
    if (parameter.name == name)
      return &parameter;
  return nullptr;
}

Signature descent::model::makeSignature(const OpSpec &op) {
  Signature signature{op.name, {}};
  for (size_t i = 0; i < op.operands.size(); ++i) {
    const OperandSpec &operand = op.operands[i];
    bool isLast = i + 1 == op.operands.size();
    signature.parameters.push_back({operand.name,
                                    op.variadic && isLast
                                        ? Parameter::Form::Tensors
                                        : Parameter::Form::Tensor,
                                    operand.optional,
                                    {},
                                    nullptr});
  }
  for (const AttrSpec &spec : op.attributes)
    signature.parameters.push_back(
        {spec.name, Parameter::Form::Attribute, false, spec, nullptr});
  return signature;
}

std::optional<AttrKind> descent::model::parseAttrKind(std::string_view name) {
  static const std::pair<std::string_view, AttrKind> kinds[] = {
      {"", AttrKind::Any},        {"any", AttrKind::Any},
      {"int", AttrKind::Int},     {"ints", AttrKind::Ints},
      {"float", AttrKind::Float}, {"floats", AttrKind::Floats},
      {"bool", AttrKind::Bool},   {"string", AttrKind::String},
      {"shape", AttrKind::Shape}, {"dtype", AttrKind::DType},
      {"init", AttrKind::Init},   {"function", AttrKind::Function},
      {"enum", AttrKind::Enum},
  };
  for (const auto &[known, kind] : kinds)
    if (known == name)
      return kind;
  return std::nullopt;
}

namespace {

/// The value of a literal, as a default of the documentation.
AttrValue literal(const Expr &expr, AttrKind kind) {
  switch (expr.kind) {
  case Expr::Kind::Integer:
    if (kind == AttrKind::Float)
      return double(expr.integer);
    if (kind == AttrKind::Ints || kind == AttrKind::Shape)
      return std::vector<int64_t>{expr.integer};
    if (kind == AttrKind::Floats)
      return std::vector<double>{double(expr.integer)};
    return expr.integer;
  case Expr::Kind::Float:
    if (kind == AttrKind::Floats)
      return std::vector<double>{expr.number};
    return expr.number;
  case Expr::Kind::Bool:
    return expr.integer != 0;
  case Expr::Kind::String:
    return expr.name;
  case Expr::Kind::Name:
    if (kind == AttrKind::Enum || kind == AttrKind::DType)
      return expr.name;
    return {};
  case Expr::Kind::Unary: {
    AttrValue value = literal(expr.operands[0], kind);
    if (int64_t *integer = std::get_if<int64_t>(&value))
      return -*integer;
    if (double *number = std::get_if<double>(&value))
      return -*number;
    return {};
  }
  case Expr::Kind::List: {
    std::vector<int64_t> integers;
    std::vector<double> numbers;
    for (const Expr &item : expr.operands) {
      AttrValue value = literal(item, AttrKind::Any);
      if (const int64_t *integer = std::get_if<int64_t>(&value)) {
        integers.push_back(*integer);
        numbers.push_back(double(*integer));
      } else if (const double *number = std::get_if<double>(&value)) {
        numbers.push_back(*number);
      } else {
        return {};
      }
    }
    if (kind == AttrKind::Floats || integers.size() != numbers.size())
      return numbers;
    return integers;
  }
  default:
    return {};
  }
}

/// Bounds of the library's types are literals.
struct LiteralBounds : BoundEvaluator {
  std::optional<double> number(const Expr &expr) override {
    AttrValue value = literal(expr, AttrKind::Float);
    if (const double *number = std::get_if<double>(&value))
      return *number;
    return std::nullopt;
  }
  void error(Location, std::string) override {}
};

AttrSpec makeSpec(const ParameterDecl &decl, AttrKind kind,
                  BoundEvaluator &evaluator) {
  const ParameterType &type = decl.type;
  AttrSpec spec;
  spec.name = decl.name.text;
  spec.kind = kind;
  spec.required = !decl.defaultValue;
  if (type.count)
    spec.count = int(evaluator.number(*type.count).value_or(0));
  if (type.low)
    spec.range.low = evaluator.number(*type.low).value_or(spec.range.low);
  if (type.high)
    spec.range.high = evaluator.number(*type.high).value_or(spec.range.high);
  spec.range.openLow = type.openLow;
  spec.range.openHigh = type.openHigh;
  for (const Identifier &enumerator : type.enumerators)
    spec.enumerators.push_back(enumerator.text);
  if (!decl.defaultValue)
    return spec;
  const Expr &value = *decl.defaultValue;
  if (value.kind == Expr::Kind::Name && kind != AttrKind::Enum &&
      kind != AttrKind::DType)
    spec.defaultFrom = value.name;
  else
    spec.defaultValue = literal(value, kind);
  if (auto *list = std::get_if<std::vector<int64_t>>(&spec.defaultValue);
      list && list->size() == 1 && spec.count > 1)
    list->resize(spec.count, list->front());
  return spec;
}

} // namespace

Signature descent::model::makeSignature(const Definition &definition,
                                        BoundEvaluator &evaluator) {
  Signature signature{definition.name.text, {}};
  for (const ParameterDecl &decl : definition.parameters) {
    Parameter parameter;
    parameter.name = decl.name.text;
    if (decl.defaultValue)
      parameter.defaultExpr = &*decl.defaultValue;
    const std::string &type = decl.type.name.text;
    if (type == "tensor" || type == "tensors") {
      parameter.form =
          type == "tensor" ? Parameter::Form::Tensor : Parameter::Form::Tensors;
      parameter.optional = decl.defaultValue.has_value();
    } else if (std::optional<AttrKind> kind = parseAttrKind(type)) {
      parameter.spec = makeSpec(decl, *kind, evaluator);
    } else {
      evaluator.error(
          decl.type.name.location,
          "unknown type " + quote(type) +
              didYouMean(type, {"tensor", "tensors", "int", "ints", "float",
                                "floats", "bool", "string", "shape", "dtype",
                                "init", "function", "any", "enum"}));
    }
    signature.parameters.push_back(std::move(parameter));
  }
  return signature;
}

OpSpec descent::model::specify(const Definition &definition) {
  static const Category categories[] = {Category::Layer, Category::Op,
                                        Category::Loss, Category::Metric,
                                        Category::Initializer};
  LiteralBounds bounds;
  OpSpec spec;
  spec.name = definition.name.text;
  spec.category = categories[int(definition.kind)];
  spec.definition = &definition;
  for (Parameter &parameter : makeSignature(definition, bounds).parameters) {
    if (parameter.form == Parameter::Form::Attribute) {
      spec.attributes.push_back(std::move(parameter.spec));
      continue;
    }
    spec.variadic |= parameter.form == Parameter::Form::Tensors;
    spec.operands.push_back({parameter.name, {}, parameter.optional});
  }
  // The documentation: what it is, then `reference:`, then the parameters.
  auto doc = [&](std::string_view name) -> std::string_view * {
    if (name == "reference")
      return &spec.reference;
    for (OperandSpec &operand : spec.operands)
      if (operand.name == name)
        return &operand.doc;
    for (AttrSpec &attribute : spec.attributes)
      if (attribute.name == name)
        return &attribute.doc;
    return nullptr;
  };
  std::string_view text = definition.doc;
  bool inDescription = true;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    size_t colon = line.find(": ");
    std::string_view *target =
        colon == std::string_view::npos ? nullptr : doc(line.substr(0, colon));
    if (target) {
      *target = line.substr(colon + 2);
      inDescription = false;
    } else if (inDescription) {
      spec.doc = std::string_view(
          definition.doc.data(),
          size_t(line.data() + line.size() - definition.doc.data()));
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return spec;
}
