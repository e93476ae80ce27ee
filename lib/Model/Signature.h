// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a call may be given: of primitive ops from the registry, of definitions
// from their parameters.

#ifndef DESCENT_LIB_MODEL_SIGNATURE_H
#define DESCENT_LIB_MODEL_SIGNATURE_H

#include "descent/Model/Ast.h"
#include "descent/Model/Registry.h"
#include <deque>

namespace descent::model {

struct Parameter {
  enum class Form { Tensor, Tensors, Attribute };
  std::string_view name;
  Form form = Form::Attribute;
  bool optional = false; ///< Tensor: may be left out, and is `none` then
  AttrSpec spec;         ///< Attribute
  const Expr *defaultExpr = nullptr;
};

struct Signature {
  std::string_view name;
  std::vector<Parameter> parameters;
  std::vector<std::string> attributeNames() const;
  const Parameter *find(std::string_view name) const;
};

/// The kind of attribute that a type's name means; none if there is no such.
std::optional<AttrKind> parseAttrKind(std::string_view name);

/// Of a primitive op, an optimizer or an initializer.
Signature makeSignature(const OpSpec &op);

/// Computes a bound of a parameter's type.
struct BoundEvaluator {
  virtual ~BoundEvaluator() = default;
  virtual std::optional<double> number(const Expr &expr) = 0;
  virtual void error(Location location, std::string message) = 0;
};

Signature makeSignature(const Definition &definition,
                        BoundEvaluator &evaluator);

} // namespace descent::model

#endif // DESCENT_LIB_MODEL_SIGNATURE_H
