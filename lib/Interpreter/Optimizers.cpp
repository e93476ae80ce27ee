// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// descent.optimize before it is expanded: the rules' formulas, on states that
// exist only in the environment.

#include "Evaluation.h"
#include <cmath>

using namespace mlir;

namespace descent::interpreter {

namespace {

constexpr const char *divergedName = "status.diverged";

/// What the update of one parameter works on.
struct Update {
  const Tensor &parameter, &gradient;
  double rate;
  /// Number of this update, from 1.
  double count;
  /// The tensor of a slot as it was (zero at first), to be changed in place.
  llvm::function_ref<Tensor &(StringRef slot)> slot;
};

double number(FloatAttr attribute) { return attribute.getValueAsDouble(); }

/// torch.optim.SGD.
void apply(SgdAttr rule, const Update &update, Tensor &result) {
  double momentum = number(rule.getMomentum());
  Tensor *velocity = momentum != 0 ? &update.slot("momentum_buffer") : nullptr;
  for (int64_t i = 0; i < result.size(); ++i) {
    double p = update.parameter.values[i];
    double g = update.gradient.values[i] + number(rule.getWeightDecay()) * p;
    double direction = g;
    if (velocity) {
      double &v = velocity->values[i];
      v = update.count == 1
              ? g
              : momentum * v + (1 - number(rule.getDampening())) * g;
      direction = rule.getNesterov() ? g + momentum * v : v;
    }
    result.values[i] = p - update.rate * number(rule.getLr()) * direction;
  }
}

/// torch.optim.Adam; Kingma and Ba 2015, algorithm 1.
void apply(AdamAttr rule, const Update &update, Tensor &result) {
  double beta1 = number(rule.getBeta1()), beta2 = number(rule.getBeta2());
  Tensor &mean = update.slot("exp_avg"), &square = update.slot("exp_avg_sq");
  double correction1 = 1 - std::pow(beta1, update.count);
  double correction2 = 1 - std::pow(beta2, update.count);
  for (int64_t i = 0; i < result.size(); ++i) {
    double p = update.parameter.values[i];
    double g = update.gradient.values[i] + number(rule.getWeightDecay()) * p;
    double &m = mean.values[i], &v = square.values[i];
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    double divisor =
        std::sqrt(v) / std::sqrt(correction2) + number(rule.getEps());
    result.values[i] =
        p - update.rate * number(rule.getLr()) / correction1 * m / divisor;
  }
}

bool allFinite(TensorPointers tensors) {
  return llvm::all_of(tensors, [](const Tensor *tensor) {
    return llvm::all_of(tensor->values,
                        [](double value) { return std::isfinite(value); });
  });
}

} // namespace

/// A state as the entry found it, or zeros.
static Tensor stateOr(const Frame &frame, const std::string &name,
                      const Tensor &zeros) {
  auto found = frame.state.find(name);
  return found == frame.state.end() ? zeros : found->second;
}

/// Takes back what the optimizers of the entry have written.
static void revert(OptimizeOp last, Frame &frame) {
  for (auto optimize : last->getBlock()->getOps<OptimizeOp>()) {
    std::string prefix = "optim." + std::to_string(optimize.getGroup()) + ".";
    for (auto symbol : optimize.getParameters().getAsRange<FlatSymbolRefAttr>())
      frame.writes.erase(symbol.getValue().str());
    std::erase_if(frame.writes, [&](const auto &write) {
      return StringRef(write.first).starts_with(prefix);
    });
  }
}

static FailureOr<Tensors>
evaluateOptimize(Operation *op, TensorPointers operands, Frame &frame) {
  auto optimize = cast<OptimizeOp>(op);
  // The optimizers of an entry step together or not at all: each sees what
  // those before it have latched, and takes back what they did.
  Tensor diverged = stateOr(frame, divergedName, Tensor({}, Element::I32));
  if (auto latched = frame.writes.find(divergedName);
      latched != frame.writes.end())
    diverged = latched->second;
  if (diverged.values[0] == 0 && !allFinite(operands))
    diverged.values[0] = frame.control.step;
  frame.writes[divergedName] = diverged;
  if (diverged.values[0] != 0) {
    revert(optimize, frame);
    return Tensors{};
  }

  std::string prefix = "optim." + std::to_string(optimize.getGroup()) + ".";
  Tensor count = stateOr(frame, prefix + "updates", Tensor({}, Element::I32));
  ++count.values[0];
  frame.writes[prefix + "updates"] = count;
  for (auto [symbol, gradient] :
       llvm::zip_equal(optimize.getParameters().getAsRange<FlatSymbolRefAttr>(),
                       operands.drop_front())) {
    std::string name = symbol.getValue().str();
    auto parameter = frame.state.find(name);
    if (parameter == frame.state.end())
      return op->emitError("interpreter: no value was given for '")
             << name << "'";
    auto slot = [&](StringRef slot) -> Tensor & {
      std::string slotName = prefix + slot.str() + "." + name;
      Tensor zeros(gradient->shape, parameter->second.element);
      return frame.writes[slotName] = stateOr(frame, slotName, zeros);
    };
    Update update{parameter->second, *gradient, frame.control.lrScale,
                  count.values[0], slot};
    Tensor result = parameter->second;
    llvm::TypeSwitch<Attribute>(optimize.getRule())
        .Case<SgdAttr, AdamAttr>(
            [&](auto rule) { apply(rule, update, result); });
    frame.writes[name] = std::move(result);
  }
  return Tensors{};
}

void addOptimizerEvaluators(EvaluatorTable &table) {
  table[OptimizeOp::getOperationName()] = evaluateOptimize;
}

} // namespace descent::interpreter
