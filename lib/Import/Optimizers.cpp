// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers: the rule that `descent.optimize` carries.

#include "Builders.h"

using namespace mlir;

namespace descent::import {

static FloatAttr number(MLIRContext *context,
                        const model::Attributes &attributes, StringRef name) {
  return FloatAttr::get(Float64Type::get(context), attributes.number(name));
}

static Attribute buildSgd(MLIRContext *context,
                          const model::Attributes &attributes) {
  return SgdAttr::get(context, number(context, attributes, "lr"),
                      number(context, attributes, "momentum"),
                      number(context, attributes, "dampening"),
                      number(context, attributes, "weight_decay"),
                      attributes.flag("nesterov"));
}

static Attribute buildAdam(MLIRContext *context,
                           const model::Attributes &attributes) {
  return AdamAttr::get(context, number(context, attributes, "lr"),
                       number(context, attributes, "beta1"),
                       number(context, attributes, "beta2"),
                       number(context, attributes, "eps"),
                       number(context, attributes, "weight_decay"));
}

void addOptimizerBuilders(BuilderTable &table) {
  table.optimizers["sgd"] = buildSgd;
  table.optimizers["adam"] = buildAdam;
}

} // namespace descent::import
