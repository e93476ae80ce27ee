// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Directional finite differences of a model's losses; see CheckGradients.h.

#include "descent/Interpreter/CheckGradients.h"
#include "descent/Interpreter/Interpreter.h"
#include "descent/Transforms/Passes.h"
#include "llvm/Support/Format.h"
#include <cmath>

using namespace mlir;

namespace descent::interpreter {

namespace {

/// A value that a gradient is taken to, by the state or input that holds it.
struct Target {
  std::string name, gradientOutput;
};

/// One descent.gradient: the entry that computes its loss and gradients, and
/// the one that computes its loss alone.
struct Prepared {
  OwningOpRef<ModuleOp> withGradient, lossOnly;
  std::vector<Target> targets;
};

constexpr const char *lossOutput = "loss";

void eraseDeadOperations(Block &block) {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(block.getOperations())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// Leaves of the entry what its `index`-th gradient's loss, and with `targets`
/// its gradients, depend on, with gradients expanded.
FailureOr<OwningOpRef<ModuleOp>> isolate(ModuleOp module, StringRef entryName,
                                         unsigned index,
                                         std::vector<Target> *targets) {
  OwningOpRef<ModuleOp> clone = module.clone();
  FailureOr<EntryOp> entry = findEntry(*clone, entryName);
  if (failed(entry))
    return failure();
  Block &body = entry->getBody().front();
  auto gradient = *std::next(body.getOps<GradientOp>().begin(), index);
  for (Operation &op : llvm::make_early_inc_range(body))
    if (isa<OutputOp, WriteOp, OptimizeOp>(op))
      op.erase();
  OpBuilder builder = OpBuilder::atBlockEnd(&body);
  auto output = [&](StringRef name, Value value) {
    builder.create<OutputOp>(gradient.getLoc(), builder.getStringAttr(name),
                             value, IntegerAttr());
  };
  output(lossOutput, gradient.getLoss());
  if (targets)
    for (auto [value, slope] :
         llvm::zip_equal(gradient.getWrt(), gradient.getGradients()))
      if (auto read = value.getDefiningOp<ReadOp>()) {
        std::string name = "gradient." + read.getSymbol().str();
        output(name, slope);
        targets->push_back({read.getSymbol().str(), name});
      }
  eraseDeadOperations(body);
  PassManager passes(clone->getContext());
  passes.addNestedPass<EntryOp>(createAutodiffPass());
  if (failed(passes.run(*clone)))
    return failure();
  eraseDeadOperations(body);
  return clone;
}

FailureOr<Prepared> prepare(ModuleOp module, StringRef entry, unsigned index) {
  Prepared result;
  auto withGradient = isolate(module, entry, index, &result.targets);
  auto lossOnly = isolate(module, entry, index, nullptr);
  if (failed(withGradient) || failed(lossOnly))
    return failure();
  result.withGradient = std::move(*withGradient);
  result.lossOnly = std::move(*lossOnly);
  return result;
}

double dot(const std::vector<double> &a, const std::vector<double> &b) {
  double sum = 0;
  for (auto [x, y] : llvm::zip_equal(a, b))
    sum += x * y;
  return sum;
}

/// The values that entries run on.
struct Values {
  Environment inputs, state;
  ControlWords control;

  std::vector<double> &of(const std::string &name) {
    auto found = state.find(name);
    return found != state.end() ? found->second.values : inputs.at(name).values;
  }

  FailureOr<Environment> run(ModuleOp module, StringRef entryName) const {
    FailureOr<EntryOp> entry = findEntry(module, entryName);
    if (failed(entry))
      return failure();
    Environment unchanged = state;
    return interpretEntry(*entry, inputs, unchanged, control);
  }
};

class Check {
public:
  Check(Prepared &prepared, Values &values,
        const CheckGradientsOptions &options, raw_ostream &os)
      : prepared(prepared), values(values), options(options), os(os) {}

  LogicalResult run() {
    auto outputs = values.run(*prepared.withGradient, options.entry);
    if (failed(outputs))
      return failure();
    double loss = outputs->at(lossOutput).values[0];
    bool allAgree = true;
    for (const Target &target : prepared.targets) {
      const auto &gradient = outputs->at(target.gradientOutput).values;
      double length = std::sqrt(dot(gradient, gradient));
      // What the gradient has in a random direction, and the rounding error of
      // the difference.
      double typical = length / std::sqrt(double(gradient.size()));
      double noise = 1e-14 * std::fabs(loss) / options.step;
      for (int i = 0; i <= options.directions; ++i) {
        if (i == 0 && length == 0)
          continue;
        std::vector<double> direction =
            i == 0 ? gradient
                   : randomNormal(options.seed + i, target.gradientOutput,
                                  static_cast<int64_t>(gradient.size()));
        double scale = 1 / std::sqrt(dot(direction, direction));
        for (double &value : direction)
          value *= scale;
        double expected = dot(gradient, direction);
        FailureOr<double> found = differenceAlong(target.name, direction);
        if (failed(found))
          return failure();
        double allowed =
            options.tolerance * std::max(std::fabs(*found), typical) + noise;
        bool agree = std::fabs(*found - expected) <= allowed;
        allAgree &= agree;
        os << (agree ? "ok    " : "WRONG ") << target.name
           << llvm::format(": gradient %.9g, finite difference %.9g\n",
                           expected, *found);
      }
    }
    return success(allAgree);
  }

private:
  /// The central difference of the loss along a direction.
  FailureOr<double> differenceAlong(const std::string &name,
                                    const std::vector<double> &direction) {
    std::vector<double> &tensor = values.of(name);
    const std::vector<double> before = tensor;
    double difference = 0;
    for (double sign : {1.0, -1.0}) {
      for (auto [element, start, slope] :
           llvm::zip_equal(tensor, before, direction))
        element = start + sign * options.step * slope;
      auto outputs = values.run(*prepared.lossOnly, options.entry);
      tensor = before;
      if (failed(outputs))
        return failure();
      difference += sign * outputs->at(lossOutput).values[0];
    }
    return difference / (2 * options.step);
  }

  Prepared &prepared;
  Values &values;
  const CheckGradientsOptions &options;
  raw_ostream &os;
};

} // namespace

LogicalResult checkGradients(ModuleOp module,
                             const CheckGradientsOptions &options,
                             raw_ostream &os) {
  FailureOr<EntryOp> entry = findEntry(module, options.entry);
  if (failed(entry))
    return failure();
  auto gradients = entry->getBody().front().getOps<GradientOp>();
  if (gradients.empty())
    return entry->emitError("has no gradient to check");
  Values values{
      makeInputs(module, options.seed), makeState(module, options.seed), {}};
  values.control.valid = static_cast<int32_t>(batchSize(module));
  bool allAgree = true;
  unsigned count = std::distance(gradients.begin(), gradients.end());
  for (unsigned index = 0; index < count; ++index) {
    FailureOr<Prepared> prepared = prepare(module, options.entry, index);
    if (failed(prepared))
      return failure();
    allAgree &= succeeded(Check(*prepared, values, options, os).run());
  }
  return success(allAgree);
}

} // namespace descent::interpreter
