// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See MergedKernel.h.

#include "MergedKernel.h"
#include "descent/Dialect/Descent/Descent.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace descent::codegen {

using schedule::Binding;
using schedule::BindingAccess;
using schedule::OperandAttr;
using schedule::PlaceAttr;

/// Calls `visit` with every tensor of a launch: its operand, its type, and how
/// it is used.
static void
forEachTensor(const LaunchAndKernel &launch,
              function_ref<void(OperandAttr, Type, BindingAccess)> visit) {
  schedule::KernelOp kernel = launch.second;
  Block &block = kernel.getBlock();
  for (BlockArgument argument : block.getArguments())
    visit(kernel.getRead(argument.getArgNumber()), argument.getType(),
          BindingAccess::read);
  for (auto [i, value] : llvm::enumerate(block.getTerminator()->getOperands()))
    visit(kernel.getWrite(i), value.getType(), BindingAccess::write);
}

std::optional<SmallVector<Binding>>
bindTogether(ArrayRef<LaunchAndKernel> launches, int64_t maxBindings,
             int64_t maxRange) {
  SmallVector<schedule::TensorUse> uses;
  for (const LaunchAndKernel &entry : launches)
    forEachTensor(
        entry, [&](OperandAttr operand, Type type, BindingAccess access) {
          schedule::LaunchOp launch = entry.first;
          uses.push_back(
              {launch.getOperandRange(entry.second, operand, type), access});
        });
  std::optional<Binding> tooLarge;
  return schedule::assignBindings(uses, maxBindings, maxRange, tooLarge);
}

/// Where an operand of a launch lies in the bindings.
static OperandAttr rebind(const LaunchAndKernel &entry, OperandAttr operand,
                          Type type, ArrayRef<Binding> bindings) {
  schedule::LaunchOp launch = entry.first;
  PlaceAttr range = launch.getOperandRange(entry.second, operand, type),
            start = launch.getOperandPlace(operand, type, /*iteration=*/0);
  const auto *binding = llvm::find_if(
      bindings, [&](const Binding &other) { return other.covers(range); });
  assert(binding != bindings.end() && "bindings cover all uses");
  return OperandAttr::get(operand.getContext(), binding - bindings.begin(),
                          (start.getOffset() - binding->begin) /
                              schedule::elementBytes(type),
                          operand.getStride(), operand.getAlternating());
}

schedule::KernelOp buildMerged(OpBuilder &builder, StringRef name,
                               ArrayRef<LaunchAndKernel> launches,
                               ArrayRef<Binding> bindings) {
  MLIRContext *context = builder.getContext();
  SmallVector<Location> locations;
  SmallVector<Attribute> accesses, reads, writes, strategies;
  IntegerAttr iterations;
  for (const Binding &binding : bindings)
    accesses.push_back(schedule::BindingAccessAttr::get(
        context, schedule::BindingAccess(binding.access)));
  auto body = std::make_unique<Block>();
  OpBuilder inBody(context);
  inBody.setInsertionPointToStart(body.get());
  SmallVector<Value> results;
  for (const LaunchAndKernel &entry : launches) {
    schedule::KernelOp kernel = entry.second;
    locations.push_back(kernel.getLoc());
    if (kernel.getIterationsAttr())
      iterations = kernel.getIterationsAttr();
    forEachTensor(entry,
                  [&](OperandAttr operand, Type type, BindingAccess access) {
                    (access == BindingAccess::read ? reads : writes)
                        .push_back(rebind(entry, operand, type, bindings));
                  });
    IRMapping mapping;
    for (BlockArgument argument : kernel.getBlock().getArguments())
      mapping.map(argument,
                  body->addArgument(argument.getType(), argument.getLoc()));
    for (auto [i, part] : llvm::enumerate(kernel.getParts())) {
      llvm::append_range(results, inBody.clone(*part, mapping)->getResults());
      strategies.push_back(kernel.getPartStrategy(i));
    }
  }
  Location loc = FusedLoc::get(context, locations);
  inBody.create<schedule::ReturnOp>(loc, results);
  auto merged = builder.create<schedule::KernelOp>(
      loc, builder.getStringAttr(name), builder.getArrayAttr(accesses),
      builder.getArrayAttr(reads), builder.getArrayAttr(writes),
      /*strategy=*/Attribute(), iterations);
  merged.getBody().push_back(body.release());
  merged.setPartStrategies(strategies);
  return merged;
}

} // namespace descent::codegen
