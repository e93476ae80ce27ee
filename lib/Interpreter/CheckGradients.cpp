// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Directional finite differences of a model's losses; see CheckGradients.h.

#include "descent/Interpreter/CheckGradients.h"
#include "Directions.h"
#include "descent/Interpreter/Interpreter.h"
#include "descent/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace descent::interpreter {

namespace {

/// A value that a gradient is taken to: a state or input, or an offset that is
/// added to a value in between.
struct Target {
  /// The state or input, the output that the gradient is, and what messages
  /// call it.
  std::string name, gradientOutput, label;
  bool isOffset = false;
  Type type;
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

/// An input of zeros, which is added to a value.
void addOffset(ModuleOp module, Value value, StringRef name) {
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  Location loc = value.getLoc();
  builder.create<InputOp>(loc, name, cast<RankedTensorType>(value.getType()),
                          IntegerAttr(), DenseI64ArrayAttr());
  builder.setInsertionPointAfterValue(value);
  Value offset = builder.create<ReadOp>(loc, value.getType(), name);
  auto sum =
      builder.create<AddOp>(loc, value.getType(), ValueRange{value, offset});
  value.replaceAllUsesExcept(sum, sum);
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
  for (auto [i, value] : llvm::enumerate(gradient.getWrt())) {
    auto read = value.getDefiningOp<ReadOp>();
    std::string name =
        read ? read.getSymbol().str() : "check.offset." + std::to_string(i);
    if (!targets)
      continue;
    std::string slope = "gradient." + name;
    output(slope, gradient.getGradients()[i]);
    targets->push_back({name, slope,
                        read ? name
                             : "value " + std::to_string(i) + " of gradient " +
                                   std::to_string(index),
                        !read, value.getType()});
  }
  // The loss alone depends on offsets; the gradient is that at offset zero.
  if (!targets)
    for (auto [i, value] :
         llvm::enumerate(SmallVector<Value>(gradient.getWrt())))
      if (!value.getDefiningOp<ReadOp>())
        addOffset(*clone, value, "check.offset." + std::to_string(i));
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

/// The values that entries run on.
struct Values {
  Environment inputs, state;
  ControlWords control;

  std::vector<double> &of(const std::string &name) {
    auto found = state.find(name);
    return found != state.end() ? found->second.values : inputs.at(name).values;
  }

  FailureOr<Environment> run(ModuleOp module, StringRef entryName,
                             StoppedGradients *stopped) const {
    FailureOr<EntryOp> entry = findEntry(module, entryName);
    if (failed(entry))
      return failure();
    Environment unchanged = state;
    return interpretEntry(*entry, inputs, unchanged, control, stopped);
  }
};

LogicalResult check(Prepared &prepared, Values &values,
                    const CheckGradientsOptions &options, raw_ostream &os,
                    GradientReport &report) {
  StoppedGradients stopped;
  auto evaluate = [&]() -> FailureOr<double> {
    auto outputs = values.run(*prepared.lossOnly, options.entry, &stopped);
    stopped.replay();
    if (failed(outputs))
      return failure();
    return outputs->at(lossOutput).values[0];
  };
  for (const Target &target : prepared.targets)
    if (target.isOffset)
      values.inputs[target.name] = Tensor(target.type);
  auto outputs = values.run(*prepared.withGradient, options.entry, nullptr);
  FailureOr<double> loss = evaluate();
  if (failed(outputs) || failed(loss))
    return failure();
  for (const Target &target : prepared.targets)
    if (failed(compareDirections({target.label, target.gradientOutput,
                                  values.of(target.name), evaluate},
                                 *loss,
                                 outputs->at(target.gradientOutput).values,
                                 options, os, report)))
      return failure();
  return success();
}

/// Checks the gradients of an entry, which has some.
LogicalResult checkEntry(ModuleOp module, EntryOp entry,
                         const CheckGradientsOptions &options, raw_ostream &os,
                         GradientReport &report) {
  CheckGradientsOptions entryOptions = options;
  entryOptions.entry = entry.getSymName().str();
  Values values{
      makeInputs(module, options.seed), makeState(module, options.seed), {}};
  values.control.valid = static_cast<int32_t>(batchSize(module));
  auto gradients = entry.getBody().front().getOps<GradientOp>();
  unsigned count = std::distance(gradients.begin(), gradients.end());
  for (unsigned index = 0; index < count; ++index) {
    FailureOr<Prepared> prepared = prepare(module, entryOptions.entry, index);
    if (failed(prepared) ||
        failed(check(*prepared, values, entryOptions, os, report)))
      return failure();
  }
  return success();
}

bool hasGradients(EntryOp entry) {
  return !entry.getBody().front().getOps<GradientOp>().empty();
}

} // namespace

LogicalResult checkGradients(ModuleOp module,
                             const CheckGradientsOptions &options,
                             raw_ostream &os) {
  FailureOr<EntryOp> entry = findEntry(module, options.entry);
  if (failed(entry))
    return failure();
  if (!hasGradients(*entry))
    return entry->emitError("has no gradient to check");
  GradientReport report;
  if (failed(checkEntry(module, *entry, options, os, report)))
    return failure();
  return success(report.wrong == 0);
}

LogicalResult checkAllGradients(ModuleOp module,
                                const CheckGradientsOptions &options,
                                raw_ostream &os, GradientReport &report) {
  for (auto entry : module.getOps<EntryOp>()) {
    if (!hasGradients(entry))
      continue;
    os << "entry '" << entry.getSymName() << "'\n";
    if (failed(checkEntry(module, entry, options, os, report)))
      return failure();
  }
  if (failed(checkCustoms(module, options, os, report)))
    return failure();
  if (report.checked == 0)
    return module.emitError("has no gradient and no custom function to check");
  os << report.checked << " derivatives checked, " << report.wrong
     << " wrong; furthest off is " << report.worst
     << llvm::format(": %.3g of what is allowed\n", report.worstExcess);
  return success(report.wrong == 0);
}

} // namespace descent::interpreter
