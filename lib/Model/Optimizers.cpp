// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The optimizers, and the checks of those of their attributes that depend on
// each other.

#include "Inference.h"
#include "Primitives/Tables.h"

using namespace descent::model;

namespace {

bool inferSgd(Inference &op) {
  Attributes &attributes = op.attributes();
  if (!attributes.flag("nesterov"))
    return true;
  if (attributes.number("momentum") == 0)
    return op.error("nesterov", "Nesterov's momentum needs 'momentum' above 0");
  if (attributes.number("dampening") != 0)
    return op.error("nesterov", "Nesterov's momentum needs 'dampening' 0");
  return true;
}

bool inferAdam(Inference &op) {
  Attributes &attributes = op.attributes();
  if (op.given("betas")) {
    for (std::string_view name : {"beta1", "beta2"})
      if (op.given(name))
        return op.error(name, quote(name) + " is given twice: by 'betas' too");
    const auto &betas = std::get<std::vector<double>>(attributes.get("betas"));
    double beta1 = betas[0], beta2 = betas[1];
    attributes.set("beta1", beta1);
    attributes.set("beta2", beta2);
  }
  attributes.erase("betas");
  return true;
}

AttrSpec weightDecay() {
  return attribute("weight_decay", AttrKind::Float, 0.0, notNegative,
                   "times the parameter is added to its gradient");
}

} // namespace

std::vector<OpSpec> descent::model::optimizers() {
  return {
      {.name = "sgd",
       .category = Category::Optimizer,
       .doc = "Stochastic gradient descent.",
       .reference = "torch.optim.SGD",
       .attributes = {required("lr", AttrKind::Float, positive,
                               "learning rate"),
                      attribute("momentum", AttrKind::Float, 0.0, fraction,
                                "part of the last step that is kept"),
                      attribute("nesterov", AttrKind::Bool, false, anyNumber,
                                "Nesterov's momentum"),
                      attribute("dampening", AttrKind::Float, 0.0, notNegative,
                                "part of the gradient that momentum leaves "
                                "out"),
                      weightDecay()},
       .infer = inferSgd},
      {.name = "adam",
       .category = Category::Optimizer,
       .doc = "Adam (Kingma and Ba 2015) with coupled weight decay.",
       .reference = "torch.optim.Adam",
       .attributes = {attribute("lr", AttrKind::Float, 1e-3, positive,
                                "learning rate"),
                      attribute("beta1", AttrKind::Float, 0.9, fraction,
                                "decay of the first moment"),
                      attribute("beta2", AttrKind::Float, 0.999, fraction,
                                "decay of the second moment"),
                      {.name = "betas",
                       .kind = AttrKind::Floats,
                       .count = 2,
                       .range = fraction,
                       .doc = "beta1 and beta2 as PyTorch writes them"},
                      attribute("eps", AttrKind::Float, 1e-8, positive,
                                "added to the root of the second moment"),
                      weightDecay()},
       .infer = inferAdam},
  };
}
