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

/// The transient that `result` of `kernel` can be written over: one of the same
/// size and element type, of which the kernel reads only the element that it
/// writes, and which nothing else reads in this phase or later. In a loop it is
/// one of the same iteration.
static Buffer *findReusable(EntryMemory &memory, OpResult result,
                            function_ref<bool(Buffer *)> isReadLater) {
  Operation *kernel = result.getOwner();
  Slice own = memory.locate(result);
  for (OpOperand &candidate : kernel->getOpOperands()) {
    Slice place = memory.locate(candidate.get());
    Operation *maker = resolvePiece(candidate.get()).root.getDefiningOp();
    if (!maker || maker->getBlock() != kernel->getBlock() ||
        place.buffer->kind != Buffer::Kind::Transient ||
        place.buffer->isOfLoop || place.offset != 0 ||
        place.elements != place.buffer->elements ||
        place.elements != own.elements ||
        getElementTypeOrSelf(candidate.get()) != getElementTypeOrSelf(result))
      continue;
    if (isReadLater(place.buffer))
      continue;
    bool safe = llvm::all_of(kernel->getOpOperands(), [&](OpOperand &operand) {
      Slice read = memory.locate(operand.get());
      return read.buffer != place.buffer ||
             readsOwnElement(result, operand.getOperandNumber(), read, place);
    });
    // A result that was already put there would be overwritten.
    bool taken = llvm::any_of(kernel->getResults(), [&](Value value) {
      return memory.locate(value).buffer == place.buffer;
    });
    if (safe && !taken)
      return place.buffer;
  }
  return nullptr;
}

void schedule::reuseOperands(EntryMemory &memory, const KernelOrder &order,
                             ArrayRef<unsigned> phases) {
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
      readers[reused].append(readers[own]);
      if (outputs.contains(own))
        outputs.insert(reused);
    }
  }
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
