// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How long transients live, and which results take over the memory of an
// operand.

#include "Order.h"

using namespace mlir;
using namespace descent;
using namespace descent::schedule;

/// The entry's transients that the host reads after the run.
static llvm::SmallPtrSet<Buffer *, 8> getOutputBuffers(EntryMemory &memory) {
  llvm::SmallPtrSet<Buffer *, 8> outputs;
  for (auto output : memory.getEntry().getBody().getOps<descent::OutputOp>())
    outputs.insert(memory.locate(output.getValue()).buffer);
  return outputs;
}

bool schedule::canTakeOver(EntryMemory &memory, OpResult result,
                           unsigned operand) {
  Operation *kernel = result.getOwner();
  Value candidate = kernel->getOperand(operand);
  Slice own = memory.locate(result), place = memory.locate(candidate);
  Operation *maker = resolvePiece(candidate).root.getDefiningOp();
  if (!maker || maker->getBlock() != kernel->getBlock() ||
      place.buffer->kind != Buffer::Kind::Transient || place.buffer->isOfLoop ||
      place.offset != 0 || place.elements != place.buffer->elements ||
      place.elements != own.elements ||
      getElementTypeOrSelf(candidate) != getElementTypeOrSelf(result))
    return false;
  return llvm::all_of(kernel->getOpOperands(), [&](OpOperand &other) {
    Slice read = memory.locate(other.get());
    return read.buffer != place.buffer ||
           readsOwnElement(result, other.getOperandNumber(), read, place);
  });
}

/// The transient that `result` of `kernel` can be written over: nothing else
/// reads it in this phase or later, and no other result is there already.
static Buffer *findReusable(EntryMemory &memory, OpResult result,
                            function_ref<bool(Buffer *)> isReadLater) {
  Operation *kernel = result.getOwner();
  for (OpOperand &candidate : kernel->getOpOperands()) {
    Buffer *buffer = memory.locate(candidate.get()).buffer;
    if (buffer->kind != Buffer::Kind::Transient || isReadLater(buffer) ||
        !canTakeOver(memory, result, candidate.getOperandNumber()))
      continue;
    bool taken = llvm::any_of(kernel->getResults(), [&](Value value) {
      return memory.locate(value).buffer == buffer;
    });
    if (!taken)
      return buffer;
  }
  return nullptr;
}

SmallVector<Buffer *> schedule::reuseOperands(EntryMemory &memory,
                                              const KernelOrder &order,
                                              ArrayRef<unsigned> phases) {
  SmallVector<Buffer *> replaced;
  llvm::SmallPtrSet<Buffer *, 8> outputs = getOutputBuffers(memory);
  llvm::DenseMap<Buffer *, SmallVector<unsigned>>
      readers; // positions of kernels
  for (auto [position, kernel] : llvm::enumerate(order.kernels))
    for (Value operand : kernel->getOperands())
      readers[memory.locate(operand).buffer].push_back(position);
  for (const KernelOrder::Loop &loop : order.loops)
    for (Value operand : loop.loop->getOperands())
      readers[memory.locate(operand).buffer].push_back(loop.last);
  for (unsigned position = 0; position < order.kernels.size(); ++position) {
    auto isReadLater = [&](Buffer *buffer) {
      return outputs.contains(buffer) ||
             llvm::any_of(readers[buffer], [&](unsigned other) {
               return other != position && phases[other] >= phases[position];
             });
    };
    Operation *kernel = order.kernels[position];
    for (OpResult result : kernel->getResults()) {
      Buffer *own = memory.locate(result).buffer;
      if (own->kind != Buffer::Kind::Transient || own->isOfLoop)
        continue;
      Buffer *reused = findReusable(memory, result, isReadLater);
      if (!reused)
        continue;
      own->replacement = reused;
      replaced.push_back(own);
      readers[reused].append(readers[own]);
      if (outputs.contains(own))
        outputs.insert(reused);
    }
  }
  return replaced;
}

SmallVector<Buffer *> schedule::computeLifetimes(EntryMemory &memory,
                                                 const KernelOrder &order,
                                                 ArrayRef<unsigned> phases) {
  llvm::SmallPtrSet<Buffer *, 32> seen;
  SmallVector<Buffer *> transients;
  auto use = [&](Value value, unsigned phase) {
    Buffer *buffer = memory.locate(value).buffer;
    if (buffer->kind != Buffer::Kind::Transient)
      return;
    if (seen.insert(buffer).second) {
      transients.push_back(buffer);
      buffer->firstPhase = buffer->lastPhase = phase;
    }
    buffer->firstPhase = std::min(buffer->firstPhase, phase);
    buffer->lastPhase = std::max(buffer->lastPhase, phase);
  };
  for (auto [kernel, phase] : llvm::zip(order.kernels, phases)) {
    for (Value operand : kernel->getOperands())
      use(operand, phase);
    for (Value result : kernel->getResults())
      use(result, phase);
  }
  for (auto [loop, first, last] : order.loops) {
    SmallVector<Value> values(loop->getOperands());
    llvm::append_range(values, loop->getResults());
    llvm::append_range(values, loop.getBody().getArguments());
    for (Value value : values) {
      use(value, phases[first]);
      use(value, phases[last]);
    }
  }
  for (auto output : memory.getEntry().getBody().getOps<descent::OutputOp>())
    use(output.getValue(), phases.empty() ? 0 : phases.back());
  return transients;
}
