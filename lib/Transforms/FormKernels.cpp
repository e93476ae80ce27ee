// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which kernels to fuse; see Passes.td. The mechanisms are in KernelFusion.h.

#include "KernelBlocks.h"
#include "KernelFusion.h"
#include "descent/Dialect/Descent/ViewAlgebra.h"
#include "descent/Transforms/Passes.h"

namespace descent {
#define GEN_PASS_DEF_FORMKERNELSPASS
#include "descent/Transforms/Passes.h.inc"
} // namespace descent

using namespace mlir;
using namespace descent;

//===----------------------------------------------------------------------===//
// What things cost, in loads of one element
//===----------------------------------------------------------------------===//

static constexpr double storeCost = 2, arithmeticCost = 0.1,
                        transcendentalCost = 1, randomCost = 3;
/// How many points of a reduction's register tile share a loaded element,
/// about.
static constexpr double sharing = 8;

static int64_t product(ArrayRef<int64_t> extents) {
  int64_t result = 1;
  for (int64_t extent : extents)
    result *= extent;
  return result;
}

/// The cost of computing one point of an elementwise kernel: its loads (small
/// operands stay in caches and registers) and its arithmetic.
static double pointCost(KernelOp kernel) {
  double points = product(kernel.getParallel()), cost = 0;
  for (auto [i, input] : llvm::enumerate(kernel.getFinishInputs()))
    if (!isWhole(kernel.getFinishAccess(i))) // whose loads are in the body
      cost += std::min(1.0, countElements(input.getType()) / points);
  for (Operation &op : kernel.getFinishBlock())
    cost +=
        isa<LoadOp>(op)     ? 1
        : isa<PhiloxOp>(op) ? randomCost
        : isa<ExpOp, LogOp, SinOp, CosOp, TanhOp, SigmoidOp, DivOp, SqrtOp>(op)
            ? transcendentalCost
            : arithmeticCost;
  return cost;
}

/// How often a use evaluates each element of what it reads.
static double evaluations(OpOperand &use, int64_t elements) {
  auto consumer = cast<KernelOp>(use.getOwner());
  bool map = use.getOperandNumber() < consumer.getInputs().size();
  double times = static_cast<double>(product(consumer.getParallel())) *
                 (map ? product(consumer.getReduction()) : 1) / elements;
  return times <= 1 ? times : 1 + (times - 1) / (map ? sharing : 1);
}

/// Whether it is better to compute a kernel's results in all their readers than
/// to store them.
static bool paysToInline(KernelOp producer, ArrayRef<OpOperand *> uses) {
  int64_t points = product(producer.getParallel());
  double point = pointCost(producer),
         stored = point + storeCost * producer->getNumResults(), inlined = 0;
  for (OpOperand *use : uses) {
    double times = evaluations(*use, points);
    inlined += times * point;
    stored += times;
  }
  return inlined <= stored;
}

static unsigned countTensors(KernelOp kernel) {
  llvm::SmallPtrSet<Value, 16> tensors(kernel->operand_begin(),
                                       kernel->operand_end());
  return tensors.size() + kernel->getNumResults();
}

/// The tensors that `first` and `second`, which may read its results, have
/// together: those that both read once, and of the results that only `second`
/// reads none.
static unsigned countTogether(KernelOp first, KernelOp second) {
  llvm::SmallPtrSet<Value, 16> tensors(first->operand_begin(),
                                       first->operand_end());
  for (Value operand : second->getOperands())
    if (kernelResult(operand).kernel != first)
      tensors.insert(operand);
  llvm::SmallPtrSet<Value, 4> kept;
  for (OpOperand *use : usesThroughReshapes(first))
    if (use->getOwner() != second) {
      Value result = use->get();
      while (auto reshape = result.getDefiningOp<ReshapeOp>())
        result = reshape.getOperand();
      kept.insert(result);
    }
  return tensors.size() + kept.size() + second->getNumResults();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

struct FormKernelsPass : descent::impl::FormKernelsPassBase<FormKernelsPass> {
  using FormKernelsPassBase::FormKernelsPassBase;

  void runOnOperation() override {
    for (Block *block : getKernelBlocks(getOperation()))
      form(*block);
  }

  void form(Block &block) {
    // Epilogues of reductions first: once a bias and an activation follow a sum
    // in registers, there is nothing left to inline elsewhere.
    while (mergeSums(block) || absorbOne(block, /*epilogues=*/true) ||
           inlineOne(block) || absorbOne(block, /*epilogues=*/false) ||
           joinOne(block))
      ;
  }

  /// Inlines the first kernel in program order for which it pays.
  bool inlineOne(Block &block) {
    for (auto producer : block.getOps<KernelOp>()) {
      if (!producer.isElementwise())
        continue;
      auto uses = usesThroughReshapes(producer);
      if (uses.empty() || llvm::any_of(uses, [](OpOperand *use) {
            return !isa<KernelOp>(use->getOwner());
          }))
        continue;
      if (paysToInline(producer, uses) && inlineEverywhere(producer, uses))
        return true;
    }
    return false;
  }

  bool inlineEverywhere(KernelOp producer, ArrayRef<OpOperand *> uses) {
    llvm::SetVector<Operation *> consumers;
    for (OpOperand *use : uses)
      consumers.insert(use->getOwner());
    SmallVector<std::pair<Operation *, KernelOp>> replacements;
    bool legal = true;
    for (Operation *consumer : consumers) {
      KernelOp fused = inlineProducer(cast<KernelOp>(consumer), producer);
      legal &= fused && countTensors(fused) <= maxTensors;
      if (fused)
        replacements.push_back({consumer, fused});
    }
    for (auto [consumer, fused] : replacements) {
      if (legal)
        consumer->replaceAllUsesWith(fused);
      (legal ? consumer : fused.getOperation())->erase();
    }
    if (legal)
      eraseWithReshapes(producer);
    return legal;
  }

  static void eraseWithReshapes(Operation *op) {
    for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
      eraseWithReshapes(user);
    op->erase();
  }

  /// Lets a kernel absorb the first elementwise kernel in program order that it
  /// can. An epilogue is one that leaves nothing of a reduction's own results
  /// to be stored.
  bool absorbOne(Block &block, bool epilogues) {
    for (auto consumer : block.getOps<KernelOp>()) {
      if (!consumer.isElementwise())
        continue;
      for (Value input : consumer.getFinishInputs()) {
        KernelOp producer = kernelResult(input).kernel;
        if (!producer || !canAbsorb(producer, consumer) ||
            countTogether(producer, consumer) > maxTensors)
          continue;
        if (epilogues &&
            (producer.isElementwise() || !readsAlone(consumer, producer)))
          continue;
        absorbConsumer(producer, consumer);
        return true;
      }
    }
    return false;
  }

  static bool readsAlone(KernelOp consumer, KernelOp producer) {
    return llvm::all_of(usesThroughReshapes(producer), [&](OpOperand *use) {
      return use->getOwner() == consumer;
    });
  }

  /// Makes one reduction of the first sum in program order that is only read,
  /// whole or through views, by another sum.
  bool mergeSums(Block &block) {
    for (auto inner : block.getOps<KernelOp>()) {
      auto uses = usesThroughReshapes(inner);
      auto outer = uses.size() == 1
                       ? dyn_cast<KernelOp>(uses.front()->getOwner())
                       : KernelOp();
      if (outer && canMergeSums(inner, outer)) {
        mergeSum(inner, outer);
        return true;
      }
    }
    return false;
  }

  /// Joins the first two elementwise kernels in program order that read an
  /// element of a large tensor at the same point.
  bool joinOne(Block &block) {
    for (auto first : block.getOps<KernelOp>())
      for (Value input : first.getFinishInputs())
        for (Operation *user : input.getUsers()) {
          auto second = dyn_cast<KernelOp>(user);
          if (second && first->isBeforeInBlock(second) &&
              canJoin(first, second, input) &&
              countTogether(first, second) <= maxTensors) {
            joinSiblings(first, second);
            return true;
          }
        }
    return false;
  }
};

} // namespace
