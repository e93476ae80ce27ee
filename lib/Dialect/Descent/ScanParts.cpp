// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Taking scans apart and building them; see ScanParts.h.

#include "ScanParts.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace descent {

ScanParts::ScanParts(ScanOp scan)
    : source(&scan.getBodyBlock()),
      count(static_cast<int64_t>(scan.getCount())),
      reversed(scan.getReversed()), stacked(scan.getStackedValues()) {
  for (auto [init, argument, next] : llvm::zip_equal(
           scan.getInits(), scan.getCarriedArguments(), scan.getNextValues()))
    carries.push_back({init, argument, next});
  for (auto [operand, argument] :
       llvm::zip_equal(scan.getSequences(), scan.getSliceArguments()))
    sequences.push_back({operand, argument});
  for (auto [operand, argument] :
       llvm::zip_equal(scan.getCaptures(), scan.getCaptureArguments()))
    captures.push_back({operand, argument});
}

DenseSet<Value> ScanParts::arguments() const {
  DenseSet<Value> result;
  for (const Carry &carry : carries)
    result.insert(carry.argument);
  for (const Input &input : sequences)
    result.insert(input.argument);
  for (const Input &input : captures)
    result.insert(input.argument);
  return result;
}

Cone::Cone(ValueRange roots, const DenseSet<Value> &arguments) {
  SmallVector<Value> open(roots);
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (!values.insert(value).second || arguments.contains(value))
      continue;
    Operation *op = value.getDefiningOp();
    if (op && operations.insert(op).second)
      llvm::append_range(open, op->getOperands());
  }
}

ScanOp ScanParts::build(OpBuilder &builder, Location loc) const {
  SmallVector<Value> returned;
  for (const Carry &carry : carries)
    returned.push_back(carry.next);
  llvm::append_range(returned, stacked);
  Cone cone(returned, arguments());

  auto *body = new Block;
  IRMapping mapping;
  auto addArgument = [&](Value argument, Type type) {
    Value added = body->addArgument(type, argument.getLoc());
    if (!mapping.contains(argument))
      mapping.map(argument, added);
  };
  SmallVector<Value> inits, sequenceOperands, captureOperands;
  for (const Carry &carry : carries) {
    inits.push_back(carry.init);
    addArgument(carry.argument, carry.argument.getType());
  }
  auto addInputs = [&](ArrayRef<Input> inputs, SmallVector<Value> &operands) {
    for (const Input &input : inputs) {
      if (!cone.values.contains(input.argument) ||
          mapping.contains(input.argument))
        continue;
      operands.push_back(input.operand);
      addArgument(input.argument, input.argument.getType());
    }
  };
  addInputs(sequences, sequenceOperands);
  addInputs(captures, captureOperands);

  OpBuilder inner(builder.getContext());
  inner.setInsertionPointToEnd(body);
  for (Operation &op : *source)
    if (cone.operations.contains(&op)) {
      Operation *clone = inner.cloneWithoutRegions(op);
      for (OpOperand &operand : clone->getOpOperands())
        operand.set(mapping.lookup(operand.get()));
      for (auto [region, copy] :
           llvm::zip_equal(op.getRegions(), clone->getRegions()))
        region.cloneInto(&copy, mapping);
      for (auto [result, copy] :
           llvm::zip_equal(op.getResults(), clone->getResults()))
        if (!mapping.contains(result)) // unless it is an argument
          mapping.map(result, copy);
    }
  inner.create<ReturnOp>(loc, llvm::map_to_vector(returned, [&](Value value) {
                           return mapping.lookup(value);
                         }));
  return builder.create<ScanOp>(loc, count, reversed, inits, sequenceOperands,
                                captureOperands, body);
}

bool isCheap(Operation *op) {
  if (op->getNumRegions() > 0)
    return false;
  if (op->getNumOperands() == 0 || isa<ViewOpInterface, StopGradientOp>(op))
    return true;
  auto loops = dyn_cast<LoopNestOpInterface>(op);
  return loops && loops.getCombiners().empty();
}

bool canStack(Value value, int64_t count) {
  Type type = value.getType();
  // A bool in memory is a byte.
  int64_t bytes =
      llvm::divideCeil(getElementTypeOrSelf(type).getIntOrFloatBitWidth(), 8);
  return countElements(type) <= maxTensorBytes / bytes / count;
}

} // namespace descent
